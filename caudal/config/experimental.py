"""``tf.config.experimental``: older spellings, and settings that a CPU has nothing to do for."""

from __future__ import annotations

from typing import Any

from caudal.config.devices import (
    LogicalDeviceConfiguration as VirtualDeviceConfiguration,
)
from caudal.config.devices import (
    get_logical_device_configuration as get_virtual_device_configuration,
)
from caudal.config.devices import (
    get_visible_devices,
    list_logical_devices,
    list_physical_devices,
    set_visible_devices,
)
from caudal.config.devices import (
    set_logical_device_configuration as set_virtual_device_configuration,
)
from caudal.errors import InvalidArgumentError
from caudal.namespaces import strict

__all__ = [
    "VirtualDeviceConfiguration",
    "enable_op_determinism",
    "enable_tensor_float_32_execution",
    "get_device_details",
    "get_memory_growth",
    "get_memory_info",
    "get_synchronous_execution",
    "get_virtual_device_configuration",
    "get_visible_devices",
    "list_logical_devices",
    "list_physical_devices",
    "set_memory_growth",
    "set_synchronous_execution",
    "set_virtual_device_configuration",
    "set_visible_devices",
    "tensor_float_32_execution_enabled",
]

_growth: dict[Any, bool] = {}
_tensor_float = [True]


def _known(what: str, device: Any) -> None:
    if device not in list_physical_devices():
        raise InvalidArgumentError(
            "{what}: expected a device of list_physical_devices(), received {received!r}.",
            what=what,
            received=device,
        )


def set_memory_growth(device: Any, enable: bool) -> None:
    """Remembered, and without effect: memory always grows as a program needs it."""
    _known("set_memory_growth", device)
    _growth[device] = bool(enable)


def get_memory_growth(device: Any) -> bool:
    """What `set_memory_growth` was given."""
    _known("get_memory_growth", device)
    return _growth.get(device, True)


def get_memory_info(device: str) -> dict[str, int]:
    """The resident memory of this process, now and at its peak, in bytes."""
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            current = int(file.read().split()[1]) * resource.getpagesize()
    except OSError:
        current = peak
    return {"current": current, "peak": peak}


def get_device_details(device: Any) -> dict[str, Any]:
    """Nothing beyond the name: it tells of GPUs."""
    _known("get_device_details", device)
    return {}


def enable_op_determinism() -> None:
    """Nothing to do: the same bits come out at every run and any number of threads."""


def get_synchronous_execution() -> bool:
    """True: an op is done when its call returns."""
    return True


def set_synchronous_execution(enable: bool | None) -> None:
    """Accepted; an op is always done when its call returns."""


def enable_tensor_float_32_execution(enabled: bool) -> None:
    """Remembered; a CPU has no TensorFloat-32."""
    _tensor_float[0] = bool(enabled)


def tensor_float_32_execution_enabled() -> bool:
    """What `enable_tensor_float_32_execution` was given."""
    return _tensor_float[0]


__getattr__ = strict(__name__)
