"""``keras.ops.linalg``: norms, inverses, solutions, decompositions."""

from caudal.keras import ops
from caudal.namespaces import lazy

_PLACES = {
    name: place
    for name, place in ops._PLACES.items()
    if place.partition(":")[0].rpartition(".")[2] == "matrices" or name == "norm"
}

__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras.ops.linalg")
