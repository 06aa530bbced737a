import numpy as np
from programs import raised, values

SHAPES = (("kernel", (4, 3)), ("bias", (3,)), ("cube", (2, 3, 4)), ("embeddings", (5, 2)))


def variables(keras):
    return [
        keras.Variable(values(*shape, start=float(i)), name=name)
        for i, (name, shape) in enumerate(SHAPES)
    ]


def trained(keras, optimizer, steps=3):
    """The variables after each of some steps, then the optimizer's own."""
    found = {}
    own = variables(keras)
    for step in range(steps):
        gradients = [
            values(*shape, start=3.0 * step + i) * 0.3 for i, (_, shape) in enumerate(SHAPES)
        ]
        optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], own)
        for variable in own:
            found[f"{step}.{variable.name}"] = np.array(variable)
    optimizer.finalize_variable_values(own)
    for variable in own:
        found[f"end.{variable.name}"] = np.array(variable)
    for i, variable in enumerate(optimizer.variables):
        found[f"slot{i}"] = np.asarray(variable).astype("float32")
    return found


def several(keras, kind, rows):
    found = {}
    for i, options in enumerate(rows):
        optimizer = getattr(keras.optimizers, kind)(**options)
        found |= {f"{i}.{key}": value for key, value in trained(keras, optimizer).items()}
        config = optimizer.get_config()
        found[f"{i}.config"] = config
        found[f"{i}.again"] = type(optimizer).from_config(config).get_config()
    return found


COMMON = (
    {"learning_rate": 0.1, "weight_decay": 0.05},
    {"learning_rate": 0.1, "clipnorm": 0.2},
    {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.8},
)


def case_adafactor(keras):
    rows = [
        {},
        {"learning_rate": 0.5},
        {"learning_rate": 0.05, "relative_step": False},
        {"learning_rate": 0.1, "beta_2_decay": -0.5, "clip_threshold": 0.3, "epsilon_2": 0.1},
    ]
    return several(keras, "Adafactor", [*rows, *COMMON])


def case_lamb(keras):
    rows = [{}, {"learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3}]
    return several(keras, "Lamb", [*rows, *COMMON])


def case_schedule_free(keras):
    rows = [
        {},
        {"learning_rate": 0.1},
        {"learning_rate": 0.1, "beta_1": 0.7, "beta_2": 0.9, "epsilon": 1e-3},
        {"learning_rate": 0.1, "warmup_steps": 2},
        {"learning_rate": 0.1, "warmup_steps": 10, "weight_decay": 0.1},
    ]
    return several(keras, "ScheduleFreeAdamW", [*rows, *COMMON[:2]])


def case_muon(keras):
    rows = [
        {},
        {"learning_rate": 0.1},
        {"learning_rate": 0.1, "nesterov": False, "rms_rate": None, "ns_steps": 3},
        {"learning_rate": 0.1, "exclude_layers": ["kern"], "exclude_embeddings": False},
        {"learning_rate": 0.1, "adam_lr_ratio": 0.5, "momentum": 0.8, "weight_decay": None},
        {"learning_rate": 0.1, "adam_weight_decay": 0.2, "weight_decay": 0.1},
    ]
    return several(keras, "Muon", [*rows, COMMON[1]])


def case_multi(keras):
    o = keras.optimizers
    mapping = o.OptimizerMap(o.SGD(0.1), {"kern.*": o.Adam(0.2), "cube": o.RMSprop(0.01)})
    optimizer = o.MultiOptimizer(mapping)
    found = trained(keras, optimizer)
    found["config"] = optimizer.get_config()
    found["again"] = o.MultiOptimizer.from_config(optimizer.get_config()).get_config()
    found["count"] = len(optimizer.optimizers)
    chosen = o.MultiOptimizer(lambda v: o.Adam(0.1) if len(v.shape) > 1 else o.SGD(0.2))
    found |= {f"function.{key}": value for key, value in trained(keras, chosen).items()}
    found["wrong default"] = raised(o.OptimizerMap, 3)
    mapping = o.OptimizerMap(o.SGD(0.1))
    mapping["a"] = o.Adam(0.2)
    found["twice"] = raised(mapping.__setitem__, "a", o.Adam(0.2))
    found["keys"] = str(list(mapping))
    found["default"] = type(mapping["other"]).__name__
    return found


def case_clipping_decay_and_averages(keras):
    found = {}
    for kind in ("SGD", "Adam", "RMSprop", "Nadam"):
        rows = [
            {"learning_rate": 0.1, "clipvalue": 0.1},
            {"learning_rate": 0.1, "clipnorm": 0.5},
            {"learning_rate": 0.1, "global_clipnorm": 0.7},
            {"learning_rate": 0.1, "weight_decay": 0.02},
            {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.9},
            {"learning_rate": 0.1, "use_ema": True, "ema_overwrite_frequency": 2},
            {"learning_rate": 0.1, "loss_scale_factor": 4.0},
        ]
        found |= {f"{kind}.{key}": value for key, value in several(keras, kind, rows).items()}
    return found


def case_accumulation(keras):
    found = {}
    for kind, options in (
        ("SGD", {"momentum": 0.9}),
        ("Adam", {"weight_decay": 0.1}),
        ("RMSprop", {"clipnorm": 0.3}),
        ("Adam", {"use_ema": True, "ema_momentum": 0.5}),
    ):
        optimizer = getattr(keras.optimizers, kind)(0.1, gradient_accumulation_steps=2, **options)
        name = f"{kind}{sorted(options)}"
        own = trained(keras, optimizer, steps=5)
        found |= {f"{name}.{key}": v for key, v in own.items() if "slot" not in key}
        found[f"{name}.iterations"] = optimizer.iterations
    found["wrong"] = raised(keras.optimizers.SGD, 0.1, gradient_accumulation_steps=1)
    return found


def case_excluded_from_decay(keras):
    optimizer = keras.optimizers.AdamW(0.1, weight_decay=0.3)
    own = variables(keras)
    optimizer.exclude_from_weight_decay(var_list=[own[0]], var_names=["bias"])
    gradients = [values(*shape) * 0.0 for _, shape in SHAPES]
    optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients], own)
    return {variable.name: variable for variable in own}
