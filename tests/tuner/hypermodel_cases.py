"""Hypermodels with some values, as KerasTuner builds them too."""

SMALL = {"input_shape": (32, 32, 3), "classes": 4}
MODELS = {
    "resnet": ("HyperResNet", SMALL, {}),
    "resnet v1": ("HyperResNet", SMALL, {"version": "v1", "conv3_depth": 8, "pooling": "max"}),
    "resnet next": ("HyperResNet", {**SMALL, "include_top": False}, {"version": "next"}),
    "xception": ("HyperXception", SMALL, {"num_dense_layers": 2}),
    "xception selu": (
        "HyperXception",
        SMALL,
        {"activation": "selu", "pooling": "flatten", "sep_num_filters": 128, "dropout_rate": 0.0},
    ),
    "augmentation": ("HyperImageAugment", {"input_shape": (32, 32, 3)}, {"augment_layers": 2}),
    "fixed augmentation": (
        "HyperImageAugment",
        {"input_shape": (32, 32, 3), "augment_layers": 0, "rotate": [0.2, 0.3], "contrast": None},
        {"factor_translate_x": 0.1},
    ),
}


def built(kt, name):
    """What a hypermodel asks for, and the size of its model."""
    kind, arguments, values = MODELS[name]
    hp = kt.HyperParameters()
    hp.values.update(values)
    model = getattr(kt.applications, kind)(**arguments).build(hp)
    space = [[one.name, one.get_config()] for one in hp.space]
    return model, {
        "space": space,
        "weights": model.count_params(),
        "output": list(model.output_shape),
        "tensors": len(model.weights),
        "name": model.name,
    }
