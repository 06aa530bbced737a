"""Devices in a grid, and which axis of a tensor goes along which axis of the grid."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import numpy as np

from caudal.config.devices import list_logical_devices
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import convert_to_tensor
from caudal.keras.engine.keras_tensor import KerasTensor

_TYPES = ("cpu", "gpu", "tpu")


def list_devices(device_type: str | None = None) -> list[str]:
    """The devices of a type, "cpu" by default: "cpu:0" and so on.

    >>> list_devices()[0]
    'cpu:0'

    Raises:
        InvalidArgumentError: the type is none of "cpu", "gpu" and "tpu".
    """
    kind = "cpu" if device_type is None else str(device_type).lower()
    if kind not in _TYPES:
        raise InvalidArgumentError(
            "list_devices: `device_type` must be one of {known}, received {device_type!r}.",
            known=_TYPES,
            device_type=device_type,
        )
    return [f"{kind}:{i}" for i in range(len(list_logical_devices(kind.upper())))]


def get_device_count(device_type: str | None = None) -> int:
    """How many devices `list_devices` gives."""
    return len(list_devices(device_type))


class DeviceMesh:
    """Devices in a grid whose axes have names.

    shape: the extents, as (4, 2). devices: as many as the grid has places; `list_devices` by
    default.

    >>> DeviceMesh((2,), ["batch"], ["cpu:0", "cpu:1"]).devices.tolist()
    ['cpu:0', 'cpu:1']

    Raises:
        InvalidArgumentError: the parts do not fit one another.
    """

    def __init__(self, shape: Any, axis_names: Sequence[str], devices: Any = None) -> None:
        if not shape or not axis_names:
            raise InvalidArgumentError(
                "DeviceMesh: `shape` and `axis_names` cannot be empty. Received: shape={shape}, "
                "axis_names={names}",
                shape=shape,
                names=axis_names,
            )
        if len(shape) != len(axis_names):
            raise InvalidArgumentError(
                "DeviceMesh: `shape` and `axis_names` should have the same size. Received: "
                "shape={shape}, axis_names={names}",
                shape=shape,
                names=axis_names,
            )
        array = np.array(list_devices() if devices is None else devices)
        if math.prod(shape) != array.size:
            raise InvalidArgumentError(
                "DeviceMesh: `shape` has {count} places, but there are {size} `devices`. "
                "Received: shape={shape}",
                count=math.prod(shape),
                size=array.size,
                shape=shape,
            )
        self._shape, self._axis_names = shape, axis_names
        self._devices = np.reshape(array, shape)

    @property
    def shape(self) -> Any:
        """The extents of the grid."""
        return self._shape

    @property
    def axis_names(self) -> Sequence[str]:
        """The names of its axes."""
        return self._axis_names

    @property
    def devices(self) -> np.ndarray[Any, Any]:
        """The devices' names in the grid."""
        return self._devices

    def extent(self, name: str) -> int:
        """How many devices are along an axis."""
        return int(self._shape[list(self._axis_names).index(name)])

    def __repr__(self) -> str:
        return f"<DeviceMesh shape={self.shape}, axis_names={self.axis_names}>"


class TensorLayout:
    """For each axis of a tensor the axis of a mesh that divides it, or None.

    >>> mesh = DeviceMesh((2,), ["batch"], ["cpu:0", "cpu:1"])
    >>> TensorLayout(("batch", None), mesh).axes
    ('batch', None)

    Raises:
        InvalidArgumentError: the mesh has no axis of a name.
    """

    def __init__(self, axes: Any, device_mesh: DeviceMesh | None = None) -> None:
        self._axes = tuple(axes)
        self._device_mesh = device_mesh
        self._check()

    @property
    def axes(self) -> tuple[str | None, ...]:
        """The names, in the order of the tensor's axes."""
        return self._axes

    @property
    def device_mesh(self) -> DeviceMesh | None:
        """The mesh; may be set once."""
        return self._device_mesh

    @device_mesh.setter
    def device_mesh(self, device_mesh: DeviceMesh) -> None:
        if self._device_mesh is not None:
            raise InvalidArgumentError(
                "TensorLayout: the device mesh is {mesh} already and cannot be replaced.",
                mesh=self._device_mesh,
            )
        self._device_mesh = device_mesh
        self._check()

    def _check(self) -> None:
        if self._device_mesh is None:
            return
        known = list(self._device_mesh.axis_names)
        unknown = [name for name in self._axes if name is not None and name not in known]
        if unknown:
            raise InvalidArgumentError(
                "TensorLayout: invalid axis names. The mesh has {known}, received {unknown}",
                known=known,
                unknown=unknown,
            )

    def __repr__(self) -> str:
        return f"<TensorLayout axes={self.axes}, device_mesh={self.device_mesh}>"


class LayoutMap(MutableMapping[str, Any]):
    """Layouts by the paths of variables; a key may be a regular expression.

    A tuple of names becomes a `TensorLayout` of the mesh. What no key fits has None.

    >>> layouts = LayoutMap(DeviceMesh((2,), ["model"], ["cpu:0", "cpu:1"]))
    >>> layouts[".*kernel"] = (None, "model")
    >>> layouts["dense/kernel"].axes, layouts["dense/bias"]
    ((None, 'model'), None)
    """

    def __init__(self, device_mesh: DeviceMesh | None) -> None:
        self._layouts: dict[str, TensorLayout] = {}
        self._device_mesh = device_mesh

    @property
    def device_mesh(self) -> DeviceMesh | None:
        """The mesh of layouts that are given as tuples."""
        return self._device_mesh

    def __getitem__(self, key: str) -> Any:
        if key in self._layouts:
            return self._layouts[key]
        found = [pattern for pattern in self._layouts if re.fullmatch(pattern, key)]
        if len(found) > 1:
            raise InvalidArgumentError(
                "LayoutMap: the path {key!r} matches several keys: {found}. Make them exclude "
                "each other.",
                key=key,
                found=found,
            )
        return self._layouts[found[0]] if found else None

    def __setitem__(self, key: str, layout: Any) -> None:
        if key in self._layouts:
            raise InvalidArgumentError(
                "LayoutMap: {key!r} is in it already, with {layout}.",
                key=key,
                layout=self._layouts[key],
            )
        if isinstance(layout, tuple):
            layout = TensorLayout(layout)
        if not isinstance(layout, TensorLayout):
            raise InvalidArgumentError(
                "LayoutMap: expected a TensorLayout or a tuple of axis names, received {layout!r}.",
                layout=layout,
            )
        if layout.device_mesh is None and self._device_mesh is not None:
            layout.device_mesh = self._device_mesh
        self._layouts[key] = layout

    def __delitem__(self, key: str) -> None:
        del self._layouts[key]

    def __len__(self) -> int:
        return len(self._layouts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._layouts)


def distribute_tensor(tensor: Any, layout: TensorLayout) -> Any:
    """The tensor itself, once it is known that the layout fits it: all devices share its memory.

    Raises:
        ShapeError: the layout has another rank, or an axis cannot be divided.
    """
    if isinstance(tensor, KerasTensor):
        return tensor
    tensor = convert_to_tensor(tensor)
    shape, mesh = tuple(tensor.shape), layout.device_mesh
    if len(layout.axes) != len(shape):
        raise ShapeError(
            "distribute_tensor: the layout has {axes} axes, the tensor has shape {shape}.",
            axes=len(layout.axes),
            shape=shape,
        )
    for name, extent in zip(layout.axes, shape, strict=True):
        if name is not None and mesh is not None and int(extent) % mesh.extent(name):
            raise ShapeError(
                "distribute_tensor: an axis of {extent} cannot be divided among the {count} "
                "devices along {name!r}.",
                extent=extent,
                count=mesh.extent(name),
                name=name,
            )
    return tensor
