"""``keras.ops.numpy``: the functions that NumPy has too."""

from caudal.keras import ops
from caudal.namespaces import lazy

_PLACES = {
    name: place
    for name, place in ops._PLACES.items()
    if place.partition(":")[0].rpartition(".")[2]
    in "creation elementwise numbers products reductions selection shapes signals".split()
    or name in ("array", "slogdet", "vectorize", "view")
} | {name: f"caudal.keras.ops:{name}" for name in ("ndim", "size")}

__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras.ops.numpy")
