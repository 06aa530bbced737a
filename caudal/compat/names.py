"""What a dotted name of TensorFlow, Keras and packages beside them means in Caudal."""

from __future__ import annotations

import importlib
import warnings
from types import ModuleType
from typing import Any

from caudal.errors import CaudalWarning, MissingNameError
from caudal.namespaces import missing

TENSORFLOW_VERSION = "2.21.0"
KERAS_VERSION = "3.15.1"
VERSIONS = {
    "tensorflow": TENSORFLOW_VERSION,
    "keras": KERAS_VERSION,
    "tf-keras": "2.21.0",
    "tensorflow-hub": "0.16.1",
    "keras-tuner": "1.4.8",
}
"""The distributions that a program may ask importlib.metadata for."""

ROOTS = {
    "tensorflow": "caudal",
    "keras": "caudal.keras",
    "tf_keras": "caudal.keras",
    "tensorflow_hub": "caudal.hub",
    "keras_tuner": "caudal.tuner",
    "kerastuner": "caudal.tuner",
}
_SHOWN = {"tensorflow": "tf", "keras": "tf.keras", "tensorflow_hub": "hub"}
"""How users spell the packages, where that is not the name itself."""

_SPELLINGS = {
    "caudal": "tensorflow",
    "caudal.hub": "tensorflow_hub",
    "caudal.tuner": "keras_tuner",
    "tensorflow.python.keras": "keras",
    "tensorflow.compat.v1.keras": "keras",
    "tensorflow.python.lib.io.file_io": "tensorflow.compat.v1.gfile",
    "tensorflow.python.platform.gfile": "tensorflow.compat.v1.gfile",
    "tensorflow.compat.v2": "tensorflow",
    "tensorflow.keras": "keras",
    "tf_keras": "keras",
    "kerastuner": "keras_tuner",
    "keras.api": "keras",
}
"""Other names of the same packages."""

_OLD_LAYERS = (
    "advanced_activations",
    "convolutional",
    "convolutional_recurrent",
    "core",
    "embeddings",
    "experimental",
    "experimental.preprocessing",
    "local",
    "merge",
    "noise",
    "normalization",
    "pooling",
    "recurrent",
    "wrappers",
)
_OLD_UTILS = ("data_utils", "generic_utils", "layer_utils", "np_utils", "vis_utils")
_OLD_ENGINE = (
    "base_layer",
    "functional",
    "input_layer",
    "input_spec",
    "network",
    "sequential",
    "topology",
    "training",
)
_OLD_MODULES = {
    "keras.engine": "keras",
    **{f"keras.engine.{name}": "keras" for name in _OLD_ENGINE},
    "keras.mixed_precision.experimental": "keras.mixed_precision",
    **{f"keras.layers.{name}": "keras.layers" for name in _OLD_LAYERS},
    **{f"keras.utils.{name}": "keras.utils" for name in _OLD_UTILS},
    "keras.optimizers.experimental": "keras.optimizers",
    "keras.optimizers.legacy": "keras.optimizers",
}
"""Modules of Keras 2 that are gone; their contents live on in another one."""

_BETWEEN = ModuleType("python", "What lies above `tensorflow.python.keras`; there is no more.")
_FOLDERS = frozenset(
    f"tensorflow.python{folder}" for folder in ("", ".framework", ".lib", ".lib.io", ".platform")
)
_warned: set[str] = set()


def canonical(dotted: str) -> str:
    """The shortest spelling: beginning with one of the packages.

    >>> canonical("tensorflow.python.keras.layers")
    'keras.layers'
    """
    for spelling in sorted(_SPELLINGS, key=len, reverse=True):
        if dotted == spelling or dotted.startswith(spelling + "."):
            return canonical(_SPELLINGS[spelling] + dotted[len(spelling) :])
    return dotted


def shown(dotted: str) -> str:
    """As users spell it.

    >>> shown("tensorflow.nn.relu"), shown("keras.layers")
    ('tf.nn.relu', 'tf.keras.layers')
    """
    root, _, rest = canonical(dotted).partition(".")
    prefix = _SHOWN.get(root, root)
    return f"{prefix}.{rest}" if rest else prefix


def resolve(dotted: str) -> Any:
    """The object that a dotted name means.

    Raises:
        MissingNameError: Caudal has no such name; the message gives the nearest ones.
    """
    name = canonical(dotted)
    for old in sorted(_OLD_MODULES, key=len, reverse=True):
        if name == old or name.startswith(old + "."):
            _warn_once(old)
            name = _OLD_MODULES[old] + name[len(old) :]
    if name in _FOLDERS:
        return _BETWEEN
    root, *parts = name.split(".")
    if root not in ROOTS:
        raise MissingNameError("{name} is no name of TensorFlow or Keras.", name=dotted)
    value: Any = importlib.import_module(ROOTS[root])
    label = root
    for part in parts:
        value = attribute(value, part, label)
        label = f"{label}.{part}"
    return value


def attribute(owner: Any, name: str, label: str) -> Any:
    """``owner.name``, or an error that lists the nearest names of ``owner``.

    Raises:
        MissingNameError: there is no such name.
    """
    try:
        value = getattr(owner, name)
    except MissingNameError:
        raise
    except AttributeError:
        pass  # an ordinary module or class: say what is near
    else:
        # Caudal's own modules are attributes of their packages too, but no part of the API.
        inner = isinstance(value, ModuleType) and isinstance(owner, ModuleType)
        if not inner or name in public_names(owner):
            return value
    if f"{canonical(label)}.{name}" in _OLD_MODULES:
        return resolve(f"{label}.{name}")
    known = [known for known in public_names(owner) if known != name]
    raise missing(shown(label), name, known)


def public_names(owner: Any) -> list[str]:
    """The names that a module or class offers."""
    listed = getattr(owner, "__all__", None) if isinstance(owner, ModuleType) else None
    return sorted(listed if listed is not None else (n for n in dir(owner) if n[0] != "_"))


def _warn_once(old: str) -> None:
    if old in _warned:
        return
    _warned.add(old)
    warnings.warn(
        CaudalWarning(f"{shown(old)} is gone from Keras: use {shown(_OLD_MODULES[old])}."),
        stacklevel=3,
    )
