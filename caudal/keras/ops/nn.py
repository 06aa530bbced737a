"""``keras.ops.nn``: the functions of networks."""

from caudal.keras import ops
from caudal.namespaces import lazy

_PLACES = {
    name: place
    for name, place in ops._PLACES.items()
    if place.partition(":")[0].rpartition(".")[2]
    in ("activations", "adaptive", "alignment", "networks", "patches")
    or name in ("moments", "normalize", "polar")
}

__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras.ops.nn")
