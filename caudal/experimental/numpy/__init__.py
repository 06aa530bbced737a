"""``tf.experimental.numpy``: NumPy's functions and dtypes on tensors.

``promotion``: NumPy's dtypes of results. ``functions``: the functions. ``random``: samplers.
"""

from typing import Any

from caudal.errors import did_you_mean
from caudal.experimental.numpy import functions as _functions
from caudal.experimental.numpy import random
from caudal.namespaces import missing as _missing

for _name in _functions.NAMES:
    globals()[_name] = getattr(_functions, _name)

__all__ = [*sorted(set(_functions.NAMES)), "random"]


def __getattr__(name: str) -> Any:
    raise _missing("tf.experimental.numpy", name, __all__, did_you_mean(name, __all__).strip())
