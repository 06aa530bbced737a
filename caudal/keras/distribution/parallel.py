"""Distributions: how data, and variables, are divided among devices."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, InvalidArgumentError, UnimplementedError
from caudal.keras.distribution.mesh import DeviceMesh, LayoutMap, TensorLayout, list_devices

_BATCH = "batch"
_present: list[Any] = [None]


class Distribution:
    """The base: a mesh, and the name of the axis that divides batches."""

    def __init__(
        self,
        device_mesh: DeviceMesh,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        self._device_mesh = device_mesh
        self._batch_dim_name = batch_dim_name
        self.auto_shard_dataset = auto_shard_dataset

    @property
    def device_mesh(self) -> DeviceMesh:
        """The devices."""
        return self._device_mesh

    @property
    def batch_dim_name(self) -> str | None:
        """The axis of the mesh that divides batches."""
        return self._batch_dim_name

    @property
    def num_processes(self) -> int:
        """1: all devices are in this process."""
        return 1

    @property
    def num_model_replicas(self) -> int:
        """How many parts a batch is divided into; a subclass says so."""
        raise UnimplementedError(
            "{cls} does not define num_model_replicas.", cls=type(self).__name__
        )

    @property
    def data_shard_id(self) -> int:
        """Which part of the data this process reads: 0, the whole."""
        return 0

    def get_data_layout(self, data_shape: Any) -> TensorLayout:
        """The first axis of data is divided."""
        rest = [None] * (len(data_shape) - 1)
        return TensorLayout((self._batch_dim_name, *rest), self._device_mesh)

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        """A variable's layout: its own, or whole on every device."""
        own = getattr(variable, "_layout", None)
        if own is not None:
            return own  # type: ignore[no-any-return]
        return TensorLayout([None] * len(variable.shape), self._device_mesh)

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """The layout of a tensor inside a model; None leaves it."""
        return None

    def distribute_dataset(self, dataset: Any) -> Any:
        """The dataset itself: one process reads all of it."""
        return dataset

    @contextmanager
    def scope(self) -> Iterator[None]:
        """The distribution is the present one while it is open."""
        before = distribution()
        set_distribution(self)
        try:
            yield
        finally:
            set_distribution(before)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} device_mesh={self.device_mesh}>"


class DataParallel(Distribution):
    """Every device has the whole model and a part of each batch.

    Give ``device_mesh``, of one axis, or ``devices``; all devices by default.

    >>> parallel = DataParallel(devices=["cpu:0", "cpu:1"])
    >>> parallel.num_model_replicas, parallel.get_data_layout((8, 3)).axes
    (2, ('batch', None))
    """

    def __init__(
        self,
        device_mesh: DeviceMesh | None = None,
        devices: Any = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        if device_mesh is None:
            found = np.array(list_devices() if devices is None else devices)
            device_mesh = DeviceMesh(found.shape, [_BATCH], found)
        if not isinstance(device_mesh, DeviceMesh):
            raise InvalidArgumentError(
                "DataParallel: `device_mesh` must be a DeviceMesh. Received: device_mesh={mesh!r}",
                mesh=device_mesh,
            )
        super().__init__(device_mesh, device_mesh.axis_names[0], auto_shard_dataset)
        if device_mesh.devices.ndim != 1:
            warnings.warn(
                f"DataParallel: the mesh has {device_mesh.devices.ndim} axes; the first one "
                "divides the batches.",
                CaudalWarning,
                stacklevel=2,
            )

    @property
    def num_model_replicas(self) -> int:
        """One on each device."""
        return int(self.device_mesh.devices.size)


class ModelParallel(Distribution):
    """Variables are divided as well, as a `LayoutMap` says.

    batch_dim_name: the axis of the mesh that divides batches; the first by default.
    """

    def __init__(
        self,
        *,
        layout_map: LayoutMap | None = None,
        batch_dim_name: str | None = None,
        auto_shard_dataset: bool = True,
    ) -> None:
        if not isinstance(layout_map, LayoutMap) or layout_map.device_mesh is None:
            raise InvalidArgumentError(
                "ModelParallel: `layout_map` must be a LayoutMap with a mesh. Received: "
                "layout_map={value!r}",
                value=layout_map,
            )
        mesh = layout_map.device_mesh
        name = mesh.axis_names[0] if batch_dim_name is None else batch_dim_name
        if name not in mesh.axis_names:
            raise InvalidArgumentError(
                "ModelParallel: `batch_dim_name` must be an axis of the mesh, one of {known}. "
                "Received: batch_dim_name={name!r}",
                known=list(mesh.axis_names),
                name=name,
            )
        super().__init__(mesh, name, auto_shard_dataset)
        self._layout_map = layout_map

    @property
    def num_model_replicas(self) -> int:
        """As many as there are devices along the batches' axis."""
        return self.device_mesh.extent(str(self.batch_dim_name))

    def get_variable_layout(self, variable: Any) -> TensorLayout:
        """The variable's own, that of its path, or whole on every device."""
        own = getattr(variable, "_layout", None)
        found = self._layout_map[variable.path] if own is None else own
        return super().get_variable_layout(variable) if found is None else found

    def get_tensor_layout(self, path: str) -> TensorLayout | None:
        """What the map has for the path."""
        found: TensorLayout | None = self._layout_map[path]
        return found


def distribution() -> Any:
    """The present distribution, or None."""
    return _present[0]


def set_distribution(value: Any) -> None:
    """Makes a distribution the present one; None ends it.

    Raises:
        InvalidArgumentError: it is none.
    """
    if value is not None and not isinstance(value, Distribution):
        raise InvalidArgumentError(
            "set_distribution: expected a Distribution such as DataParallel(), or None, received "
            "{value!r}.",
            value=value,
        )
    _present[0] = value


def initialize(
    job_addresses: str | None = None,
    num_processes: int | None = None,
    process_id: int | None = None,
) -> None:
    """Prepares several processes in Keras; here there is one, which needs no preparation.

    The environment's KERAS_DISTRIBUTION_NUM_PROCESSES counts where ``num_processes`` is None.

    Raises:
        UnimplementedError: more than one process is asked for.
    """
    if num_processes is None:
        num_processes = int(os.environ.get("KERAS_DISTRIBUTION_NUM_PROCESSES", "1"))
    if num_processes != 1 or process_id not in (None, 0):
        raise UnimplementedError(
            "keras.distribution.initialize: Caudal trains in one process; received "
            "num_processes={count}, process_id={number}, job_addresses={addresses!r}. Processes "
            "of several hosts work together with tf.distribute.",
            count=num_processes,
            number=process_id,
            addresses=job_addresses,
        )
