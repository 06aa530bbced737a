import struct
import tempfile
from pathlib import Path

import numpy as np
from programs import raised


def flat(dataset):
    """Elements as arrays named by their place."""
    found = {"count": len(dataset)}
    for i, element in enumerate(dataset.as_numpy_iterator()):
        parts = element if isinstance(element, tuple) else (element,)
        for k, part in enumerate(parts):
            part = np.asarray(part)
            found[f"{i}.{k}"] = part.astype("S") if part.dtype == object else part
            found[f"{i}.{k}.dtype"] = str(part.dtype)
    return found


def named(prefix, found):
    return {f"{prefix}.{key}": value for key, value in found.items()}


def case_timeseries(keras):
    series = keras.utils.timeseries_dataset_from_array
    data, targets = np.arange(20), np.arange(20) * 10
    found = {}
    for i, options in enumerate(
        [
            {},
            {"sequence_stride": 3},
            {"sampling_rate": 2, "batch_size": 3},
            {"start_index": 2, "end_index": 15},
            {"batch_size": None, "sampling_rate": 5},
            {"end_index": 0},
        ]
    ):
        found |= named(i, flat(series(data, targets, 4, **options)))
    rows = np.arange(24, dtype="float32").reshape(8, 3)
    found |= named("rows", flat(series(rows, None, 3, batch_size=4)))
    found |= named("two", flat(series(rows, rows[:4], 2)))
    wrong = [
        {"sampling_rate": 0},
        {"sampling_rate": 20},
        {"sequence_stride": 0},
        {"sequence_stride": 20},
        {"start_index": 20},
        {"start_index": -1},
        {"start_index": 5, "end_index": 4},
        {"end_index": 21},
        {"format": "x"},
    ]
    for options in wrong:
        found[f"wrong{options}"] = raised(series, data, targets, 4, **options)
    return found


def case_shuffled_timeseries(keras):
    series = keras.utils.timeseries_dataset_from_array
    data = np.arange(50)
    found = [x for x, _ in series(data, data, 3, shuffle=True, seed=4, batch_size=None)]
    starts = sorted(int(x[0]) for x in found)
    return {"starts": starts}


def case_split_dataset(keras):
    split = keras.utils.split_dataset
    found = {}
    for i, (data, sizes) in enumerate(
        [
            (np.arange(10), (0.8, None)),
            (np.arange(10), (0.25, 0.25)),
            (np.arange(5), (None, 2)),
            ([np.arange(3), np.arange(3) * 2.0], (1, None)),
            ((np.arange(4), np.arange(8).reshape(4, 2)), (0.5, None)),
            (np.arange(10), (3, 0.3)),
            (np.arange(10), (None, 0.33)),
        ]
    ):
        left, right = split(data, *sizes)
        found |= named(f"{i}.left", flat(left)) | named(f"{i}.right", flat(right))
    series = keras.utils.timeseries_dataset_from_array(np.arange(30), None, 3, batch_size=4)
    left, right = split(series, 0.6)
    found |= named("dataset.left", flat(left)) | named("dataset.right", flat(right))
    left, right = split(np.arange(20), 0.5, shuffle=True, seed=3)
    found |= named("shuffled.left", flat(left)) | named("shuffled.right", flat(right))
    for i, sizes in enumerate([(), (1.5,), (0,), ("x",), (9,), (0.1,), (3, 3), (0.7, 0.7), (-1,)]):
        found[f"wrong{i}"] = raised(split, np.arange(4), *sizes)
    found["wrong data"] = raised(split, 3, 0.5)
    return found


def texts(folder):
    for name in "ab":
        (folder / name).mkdir()
        for i in range(3):
            (folder / name / f"{i}.txt").write_text(f"text {name}é{i}\n second", "utf-8")
    (folder / "a" / "notes.md").write_text("no")


def case_texts(keras):
    found = {}
    with tempfile.TemporaryDirectory() as name:
        texts(Path(name))
        read = keras.utils.text_dataset_from_directory
        for i, options in enumerate(
            [
                {},
                {"max_length": 7},
                {"label_mode": "binary"},
                {"label_mode": "categorical", "batch_size": 4},
                {"label_mode": None},
                {"labels": [0, 1, 2, 0, 1, 2]},
                {"labels": None, "batch_size": None},
                {"class_names": ["b", "a"]},
            ]
        ):
            dataset = read(name, shuffle=False, verbose=False, **options)
            found |= named(i, flat(dataset))
            found[f"{i}.names"] = str(dataset.class_names)
        both = read(name, validation_split=0.4, subset="both", seed=1, shuffle=False)
        found |= named("training", flat(both[0])) | named("validation", flat(both[1]))
        held = read(name, validation_split=0.4, subset="validation", seed=7, verbose=False)
        words = [text for batch, _ in held.as_numpy_iterator() for text in batch]
        found["held"] = sorted(words)
        for i, options in enumerate([{"label_mode": "x"}, {"class_names": ["c"]}, {"labels": [1]}]):
            found[f"wrong{i}"] = raised(read, name, **options)
    return found


def wave(samples, channels=1):
    body = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes()
    form = struct.pack("<HHIIHH", 1, channels, 100, 200 * channels, 2 * channels, 16)
    head = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", len(body))
    return b"RIFF" + struct.pack("<I", len(head) + len(body)) + head + body


def case_sounds(keras):
    found = {}
    with tempfile.TemporaryDirectory() as name:
        for label, count in (("a", 3), ("b", 2)):
            (Path(name) / label).mkdir()
            for i in range(count):
                samples = np.linspace(-1, 1, 10 + 3 * i)
                (Path(name) / label / f"{i}.wav").write_bytes(wave(samples))
        read = keras.utils.audio_dataset_from_directory
        for i, options in enumerate(
            [
                {"batch_size": 2},
                {"batch_size": None},
                {"output_sequence_length": 5},
                {"output_sequence_length": 20, "label_mode": "binary"},
                {"label_mode": None},
            ]
        ):
            found |= named(i, flat(read(name, shuffle=False, verbose=False, **options)))
        for i, options in enumerate(
            [
                {"sampling_rate": 0},
                {"ragged": True, "output_sequence_length": 4},
                {"label_mode": "x"},
            ]
        ):
            found[f"wrong{i}"] = raised(read, name, **options)
    return found
