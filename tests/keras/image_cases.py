"""Calls of keras.preprocessing.image whose results are recorded from real Keras.

`results` runs against real Keras and against Caudal; the folder has the pictures of `write`.
"""

import numpy as np
from PIL import Image

PARAMETERS = {
    "rotation": {"theta": 37.0},
    "shift": {"tx": 2.3, "ty": -1.7},
    "far": {"tx": 20.3, "ty": -31.7},
    "shear": {"shear": 25.0},
    "zoom": {"zx": 1.6, "zy": 0.7},
    "all": {"theta": 100.0, "tx": 1.0, "ty": 2.5, "shear": -10, "zx": 2.1, "zy": 2.4},
    "pixels": {"tx": 2, "ty": -3},
}
RANDOM = {
    "rotation_range": 30,
    "width_shift_range": 0.2,
    "height_shift_range": [-1, 2],
    "shear_range": 10,
    "zoom_range": [0.5, 1.2],
    "channel_shift_range": 30,
    "horizontal_flip": True,
    "vertical_flip": True,
    "brightness_range": (0.5, 1.5),
    "rescale": 1 / 255,
}
SHIFTS = (0, 1, 3, 0.5, 1.0, 2.5, [1, 2], [0.1, 0.2])
FILTERS = ("nearest", "bilinear", "bicubic", "lanczos", "box", "hamming")
METHODS = ("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5")
BLURS = ("gaussian", "mitchellcubic")


def picture():
    return np.random.RandomState(1).randint(0, 256, (7, 6, 3)).astype("float32")


def batch():
    return (np.random.RandomState(2).rand(12, 5, 4, 3) * 255).astype("float32")


def write(folder):
    """Ten pictures in three classes, one of each deeper down."""
    random = np.random.RandomState(0)
    for name, count in (("b", 5), ("a", 3), ("c", 2)):
        (folder / name / "sub").mkdir(parents=True)
        for i in range(count):
            pixels = random.randint(0, 256, (7, 9, 3)).astype("uint8")
            Image.fromarray(pixels).save(folder / name / ("sub" if i == 1 else ".") / f"i{i}.png")


def results(image, utils, folder):
    """Name of the case -> array."""
    return {
        **changes(image),
        **statistics(image),
        **batches(image, folder),
        **sizes(image, utils, folder),
        **conversions(image),
    }


def changes(image):
    found = {}
    x, generator = picture(), image.ImageDataGenerator
    for mode in ("nearest", "constant", "reflect", "wrap"):
        for order in (0, 1):
            changer = generator(fill_mode=mode, cval=7.0, interpolation_order=order)
            for name, parameters in PARAMETERS.items():
                found[f"{name}-{mode}-{order}"] = changer.apply_transform(x, parameters)
    found["bytes"] = generator().apply_transform(x.astype("uint8"), {"theta": 30.0})
    found["channels_first"] = generator(data_format="channels_first").apply_transform(
        x.transpose(2, 0, 1),
        {"theta": 30.0, "flip_horizontal": 1, "channel_shift_intensity": 20.0},
    )
    for seed in range(4):
        found[f"random-{seed}"] = generator(**RANDOM).random_transform(x, seed=seed)
    for shift in SHIFTS:
        draw = generator(width_shift_range=shift).get_random_transform
        found[f"shift-{shift}"] = np.array([draw(x.shape, seed=s)["ty"] for s in range(6)], float)
    return found


def statistics(image):
    found = {}
    x, generator = batch(), image.ImageDataGenerator
    one = generator(featurewise_center=True, featurewise_std_normalization=True)
    one.fit(x)
    found["featurewise"] = one.standardize(x[0].copy())
    one = generator(samplewise_center=True, samplewise_std_normalization=True)
    found["samplewise"] = one.standardize(x[0].copy())
    one = generator(zca_whitening=True, featurewise_center=True, rescale=1 / 255)
    one.fit(x)
    found["whitened"] = one.standardize(x[:2].copy())
    one = generator(featurewise_center=True, rotation_range=20)
    one.fit(x, augment=True, rounds=2, seed=3)
    found["augmented"] = one.mean
    return found


def batches(image, folder):
    found = {}
    x, generator = batch(), image.ImageDataGenerator(**RANDOM)
    flow = generator.flow(x, np.arange(12), batch_size=5, seed=9)
    for i in range(4):
        found[f"flow-{i}-x"], found[f"flow-{i}-y"] = next(flow)
    flow = generator.flow_from_directory(folder, target_size=(5, 6), batch_size=4, seed=2)
    for i in range(3):
        found[f"folder-{i}-x"], found[f"folder-{i}-y"] = next(flow)
    for mode in ("grayscale", "rgba"):
        for interpolation in FILTERS:
            flow = image.ImageDataGenerator().flow_from_directory(
                folder,
                target_size=(5, 6),
                batch_size=2,
                shuffle=False,
                color_mode=mode,
                class_mode="sparse",
                interpolation=interpolation,
                keep_aspect_ratio=interpolation == "bicubic",
            )
            found[f"filter-{mode}-{interpolation}"] = next(flow)[0]
    return found


def sizes(image, utils, folder):
    found = {}

    def first(**options):
        dataset = utils.image_dataset_from_directory(
            folder, shuffle=False, batch_size=2, verbose=False, **options
        )
        return [np.asarray(part) for part in next(iter(dataset))]

    for method in (*METHODS, *BLURS):
        for size in ((5, 6), (13, 11), (7, 9)):
            name = f"{method}-{size[0]}x{size[1]}"
            found[f"size-{name}"] = first(image_size=size, interpolation=method)[0]
    for method in METHODS:
        found[f"crop-{method}"] = first(
            image_size=(4, 4), interpolation=method, crop_to_aspect_ratio=True
        )[0]
        found[f"smart-{method}"] = np.asarray(image.smart_resize(picture(), (4, 4), method))
    for mode in ("grayscale", "rgba"):
        options = {"image_size": (9, 8), "color_mode": mode, "pad_to_aspect_ratio": True}
        found[f"pad-{mode}"], found[f"labels-{mode}"] = first(**options, label_mode="categorical")
    found["smart-batch"] = np.asarray(image.smart_resize(batch(), (3, 3)))
    return found


def conversions(image):
    found = {}
    x = picture()
    arrays = {
        "rgb": x,
        "negative": x - 100,
        "gray": x[..., :1],
        "deep": x[..., :1] * 3,
        "rgba": np.concatenate([x, x[..., :1]], -1),
        "constant": np.ones((2, 2, 3)),
    }
    for name, array in arrays.items():
        for scale in (True, False):
            found[f"image-{name}-{scale}"] = np.asarray(image.array_to_img(array, scale=scale))
    return found
