"""The devices that a program may ask for: Caudal has one CPU."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from caudal.errors import CaudalWarning, InvalidArgumentError

_PREFIX = "/job:localhost/replica:0/task:0/device:"


@dataclass(frozen=True)
class PhysicalDevice:
    """A device of the machine."""

    name: str
    device_type: str


@dataclass(frozen=True)
class LogicalDevice:
    """A device that programs run on."""

    name: str
    device_type: str


@dataclass(frozen=True)
class LogicalDeviceConfiguration:
    """How a physical device is divided; Caudal divides none."""

    memory_limit: float | None = None
    experimental_priority: int | None = None
    experimental_device_ordinal: int | None = None


_CPU = PhysicalDevice("/physical_device:CPU:0", "CPU")
_visible: list[PhysicalDevice] = [_CPU]
_parts: dict[PhysicalDevice, list[LogicalDeviceConfiguration]] = {}
_soft = [True]
_warned: set[str] = set()


def list_physical_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The machine's devices, or those of a type.

    >>> list_physical_devices("GPU")
    []
    """
    return [_CPU] if device_type in (None, "CPU") else []


def get_visible_devices(device_type: str | None = None) -> list[PhysicalDevice]:
    """The devices that programs see."""
    return [d for d in _visible if device_type in (None, d.device_type)]


def set_visible_devices(devices: Any, device_type: str | None = None) -> None:
    """Restrict what programs see: the CPU must stay, as it is all there is."""
    wanted = list(devices) if isinstance(devices, list | tuple) else [devices]
    if device_type in (None, "CPU") and _CPU not in wanted:
        if device_type is None and not wanted:
            raise InvalidArgumentError("set_visible_devices: expected the CPU among the devices.")
        if device_type == "CPU":
            raise InvalidArgumentError("set_visible_devices: the CPU cannot be hidden.")
    for entry in wanted:
        if entry != _CPU:
            raise InvalidArgumentError(
                "set_visible_devices: expected devices of list_physical_devices(), received "
                "{received!r}.",
                received=entry,
            )


def _logical(number: int) -> LogicalDevice:
    return LogicalDevice(f"/device:CPU:{number}", "CPU")


def list_logical_devices(device_type: str | None = None) -> list[LogicalDevice]:
    """The devices that programs run on, or those of a type."""
    if device_type not in (None, "CPU"):
        return []
    return [_logical(i) for i in range(len(_parts.get(_CPU, [None])))]


def set_logical_device_configuration(device: Any, logical_devices: Any) -> None:
    """Divide the CPU by name into several logical devices; they share its cores."""
    if device != _CPU:
        raise InvalidArgumentError(
            "set_logical_device_configuration: expected a device of list_physical_devices(), "
            "received {received!r}.",
            received=device,
        )
    _parts[_CPU] = list(logical_devices)


def get_logical_device_configuration(device: Any) -> list[LogicalDeviceConfiguration] | None:
    """What `set_logical_device_configuration` was given."""
    return _parts.get(device)


def get_soft_device_placement() -> bool:
    """Whether a device that is not there is replaced by the CPU."""
    return _soft[0]


def set_soft_device_placement(enabled: bool) -> None:
    """Whether a device that is not there is replaced by the CPU (with one warning)."""
    _soft[0] = bool(enabled)


class DeviceSpec:
    """The parts of a device's name.

    >>> DeviceSpec.from_string("/device:GPU:1").device_index
    1
    """

    def __init__(
        self,
        job: str | None = None,
        replica: int | None = None,
        task: int | None = None,
        device_type: str | None = None,
        device_index: int | None = None,
    ) -> None:
        self.job, self.replica, self.task = job, replica, task
        self.device_type, self.device_index = device_type, device_index

    @classmethod
    def from_string(cls, spec: str) -> DeviceSpec:
        """The parts of a name such as "/job:worker/device:CPU:0", "/CPU:0" or "gpu:1"."""
        found = cls()
        for part in filter(None, spec.split("/")):
            job = re.fullmatch(r"job:(\w+)", part)
            number = re.fullmatch(r"(replica|task):(\d+)", part)
            device = re.fullmatch(r"(?:device:)?([A-Za-z_]+):(\d+|\*)", part)
            if job:
                found.job = job[1]
            elif number:
                setattr(found, number[1], int(number[2]))
            elif device:
                found.device_type = device[1].upper()
                found.device_index = None if device[2] == "*" else int(device[2])
            else:
                raise InvalidArgumentError(
                    "device: expected a name such as '/CPU:0' or '/job:localhost/device:GPU:0', "
                    "received {received!r}.",
                    received=spec,
                )
        return found

    def to_string(self) -> str:
        """The name."""
        text = "" if self.job is None else f"/job:{self.job}"
        text += "" if self.replica is None else f"/replica:{self.replica}"
        text += "" if self.task is None else f"/task:{self.task}"
        if self.device_type is not None:
            index = "*" if self.device_index is None else self.device_index
            text += f"/device:{self.device_type}:{index}"
        return text


@contextlib.contextmanager
def device(device_name: Any) -> Iterator[None]:
    """A block on a device: the CPU is the only one.

    Another one (a GPU) falls back to it with one warning, as TensorFlow's soft placement does.

    Raises:
        InvalidArgumentError: it is no device's name, or soft placement is off and it is not there.
    """
    if device_name is not None:
        _check(device_name)
    yield


def _check(device_name: Any) -> None:
    name = device_name if isinstance(device_name, str) else None
    if isinstance(device_name, LogicalDevice | PhysicalDevice):
        name = device_name.name.replace("physical_device", "device")
    elif isinstance(device_name, DeviceSpec):
        name = device_name.to_string()
    if name is None:
        raise InvalidArgumentError(
            "device: expected a device's name, received {received!r}.", received=device_name
        )
    spec = DeviceSpec.from_string(name)
    if spec.device_type in (None, "CPU"):
        return
    if not _soft[0]:
        raise InvalidArgumentError(
            "device: there is no {name}; the devices are {devices}.",
            name=name,
            devices=[_PREFIX + "CPU:0"],
        )
    if spec.device_type not in _warned:
        _warned.add(str(spec.device_type))
        warnings.warn(
            CaudalWarning(
                f"tf.device({name!r}): there is no {spec.device_type} here, "
                "the block runs on the CPU."
            ),
            stacklevel=4,
        )
