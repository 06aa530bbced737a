"""``.weights.h5``: Keras 3's tree of weights, alone or inside a ``.keras`` archive."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import h5py
import numpy as np

from caudal.errors import CaudalWarning, InvalidArgumentError, ShapeError
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.layer_weights import LayerWeights
from caudal.keras.optimizers.optimizer import Optimizer
from caudal.keras.saving.hdf5 import Group, write_array
from caudal.keras.saving.tree import walk

# Keras 2.12 and 2.13 named the layers' folder so.
_OLD_LAYERS = "_layer_checkpoint_dependencies"


class _Written:
    """The dict-like store that ``save_own_variables`` fills."""

    writes_at_once = True

    def __init__(self, group: Any) -> None:
        self._group = group

    def __setitem__(self, key: str, value: Any) -> None:
        array = value.numpy() if hasattr(value, "numpy") else np.asarray(value)
        write_array(self._group, str(key), np.asarray(array))


class Stored:
    """The dict-like store that ``load_own_variables`` reads."""

    def __init__(self, group: Group | None) -> None:
        self._group = group
        self._names = group.keys() if group is not None else []

    def keys(self) -> list[str]:
        """The names inside."""
        return list(self._names)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, key: str) -> bool:
        return key in self._names

    def shape(self, key: str) -> tuple[int, ...]:
        """An array's shape, without reading it."""
        if self._group is None:
            raise KeyError(key)
        return self._group.shape(key)

    def __getitem__(self, key: str) -> np.ndarray[Any, Any]:
        if self._group is None:
            raise KeyError(key)
        return self._group.read(key)

    def fill(self, key: str, variable: Any) -> None:
        """Reads an array into a variable."""
        if self._group is None:
            raise KeyError(key)
        self._group.fill(key, variable)


def write_tree(file: Any, model: Any, with_optimizer: bool = True, skip: Any = ()) -> None:
    """Writes the weights of a model into an open, empty HDF5 file."""
    for path, node in walk(model, skip):
        if isinstance(node, Optimizer) and not with_optimizer:
            continue
        group = file.create_group(f"{path}/vars" if path else "vars")
        group.attrs["name"] = node.name
        node.save_own_variables(_Written(group))


def write_weights(target: Any, model: Any, skip: Any = ()) -> None:
    """The whole file into an open binary file."""
    with h5py.File(target, "w") as file:
        write_tree(file, model, skip=skip)


def read_tree(root: Group, model: Any, skip_mismatch: bool = False, skip: Any = ()) -> None:
    """Sets a model's weights, and its optimizer's state, from a tree.

    Shapes are compared for the whole model first, so that a file that does not fit changes
    nothing.

    Raises:
        InvalidArgumentError: the file has other variables than the model.
        ShapeError: a shape differs.
        DataLossError: the file is damaged.
    """
    found = [(node, _store(root, path)) for path, node in walk(model, skip)]
    if not skip_mismatch:
        for node, store in found:
            check = "load_own_variables"
            if isinstance(node, Layer) and (
                getattr(type(node), check) is LayerWeights.load_own_variables
            ):
                _compare(node, store)
    for node, store in found:
        if isinstance(node, Optimizer):
            read_optimizer(node, store)
            continue
        try:
            node.load_own_variables(store)
        except InvalidArgumentError as error:
            if not skip_mismatch:
                raise
            warnings.warn(f"Layer {node.name!r} is skipped: {error}", CaudalWarning, stacklevel=3)


def _store(root: Group, path: str) -> Stored:
    group = root.group(f"{path}/vars" if path else "vars")
    if group is None and path.startswith("layers/"):
        group = root.group(f"{_OLD_LAYERS}/{path.removeprefix('layers/')}/vars")
    return Stored(group)


def _compare(layer: Any, store: Stored) -> None:
    variables = layer._stored_variables()
    check_count(layer, len(variables), len(store))
    for i, variable in enumerate(variables):
        if store.shape(str(i)) != tuple(variable.shape):
            raise ShapeError(
                "Layer {layer!r}: the file holds shape {received} for the variable {path!r} of "
                "shape {expected}.",
                layer=layer.name,
                received=store.shape(str(i)),
                path=variable.path,
                expected=tuple(variable.shape),
            )


def check_count(layer: Any, expected: int, received: int) -> None:
    """Raises where a layer and a file have different numbers of variables."""
    if expected == received:
        return
    hint = "" if layer.built else " The layer is not built: call the model on data first."
    raise InvalidArgumentError(
        "Layer '{layer}' expected {expected} variables, but received {received} variables during "
        "loading.{hint}",
        layer=layer.name,
        expected=expected,
        received=received,
        hint=hint,
    )


def read_optimizer(optimizer: Any, store: Stored) -> None:
    """An optimizer's state; one that does not fit is left alone, with a warning."""
    variables = optimizer.variables
    if not len(store) or not optimizer.built:
        return
    shapes = [store.shape(str(i)) for i in range(len(store)) if str(i) in store]
    if shapes != [tuple(variable.shape) for variable in variables]:
        warnings.warn(
            f"The state of optimizer {optimizer.name!r} is not loaded: the file has {len(store)} "
            f"variables of other number or shapes than the optimizer's {len(variables)}. It "
            "starts afresh.",
            CaudalWarning,
            stacklevel=4,
        )
        return
    optimizer.load_own_variables(store)
