"""``keras.distribution``: data parallel training on the devices of one host.

Caudal's devices are parts of one processor (`tf.config.set_logical_device_configuration` divides
it) and share its memory. A compiled step is spread over all cores whatever the distribution, and
its numbers are those of the whole batch, bit for bit: a distribution says what belongs where, and
changes no result. ``mesh``: devices and layouts; ``parallel``: distributions.
"""

from __future__ import annotations

from caudal.keras.distribution.mesh import (
    DeviceMesh,
    LayoutMap,
    TensorLayout,
    distribute_tensor,
    get_device_count,
    list_devices,
)
from caudal.keras.distribution.parallel import (
    DataParallel,
    ModelParallel,
    distribution,
    initialize,
    set_distribution,
)
from caudal.namespaces import strict

__all__ = [
    "DataParallel",
    "DeviceMesh",
    "LayoutMap",
    "ModelParallel",
    "TensorLayout",
    "distribute_tensor",
    "distribution",
    "get_device_count",
    "initialize",
    "list_devices",
    "set_distribution",
]

__getattr__ = strict(__name__, label="keras.distribution")
