"""InputSpec: what a layer expects of its inputs, checked before every call."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework.nest import flatten
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine.keras_tensor import Shape, standardize_shape


class InputSpec:
    """The rank, shape, dtype and extents that an input must have.

    shape: extents, None for any. ndim / min_ndim / max_ndim: the number of axes. axes: extents of
    single axes, as ``{-1: 784}``. allow_last_axis_squeeze: accept one axis of extent 1 more or
    less at the end.
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ) -> None:
        self.dtype = None if dtype is None else as_dtype(dtype).name
        self.shape: Shape | None = None if shape is None else standardize_shape(shape)
        self.ndim = ndim if self.shape is None else len(self.shape)
        self.max_ndim, self.min_ndim = max_ndim, min_ndim
        self.axes = {int(axis): extent for axis, extent in (axes or {}).items()}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name, self.optional = name, optional

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {
            "dtype": self.dtype,
            "shape": self.shape,
            "ndim": None if self.shape is not None else self.ndim,
            "max_ndim": self.max_ndim,
            "min_ndim": self.min_ndim,
            "axes": self.axes,
            "optional": self.optional,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> InputSpec:
        """The spec of a configuration."""
        return cls(**config)

    def __repr__(self) -> str:
        fields = {**self.get_config(), "ndim": self.ndim}
        shown = ", ".join(f"{key}={value}" for key, value in fields.items() if value)
        return f"InputSpec({shown})"


def assert_input_compatibility(spec: Any, inputs: Any, layer_name: str) -> None:
    """Checks a layer's first argument against its ``input_spec``.

    Raises:
        ShapeError: the rank or an extent differs; the message names layer, axis and shape.
        InvalidArgumentError: the number of inputs or the dtype differs.
    """
    if not spec:
        return
    specs = flatten(spec)
    values = flatten(inputs) if not isinstance(inputs, dict) else _by_name(inputs, specs)
    if len(values) != len(specs):
        raise InvalidArgumentError(
            'Layer "{layer}" expects {expected} input(s), but it received {received}.',
            layer=layer_name,
            expected=len(specs),
            received=len(values),
        )
    for position, (value, one) in enumerate(zip(values, specs, strict=True)):
        if one is None or (value is None and (one.optional or isinstance(inputs, dict))):
            continue
        shape = getattr(value, "shape", None)
        if shape is None:
            raise InvalidArgumentError(
                "Layer {layer!r}: expected a tensor as input, received {value!r} of type {kind}.",
                layer=layer_name,
                value=value,
                kind=type(value).__name__,
            )
        problem = _problem(one, tuple(shape), value)
        if problem:
            raise ShapeError(
                "Input {position} of layer '{layer}' is incompatible with the layer: {problem}. "
                "Full shape received: {shape}.{hint}",
                position=position,
                layer=layer_name,
                problem=problem,
                shape=tuple(shape),
                hint=_hint(one, tuple(shape)),
            )


def _by_name(inputs: dict[str, Any], specs: list[Any]) -> list[Any]:
    names = [spec.name for spec in specs if spec is not None]
    if set(names) <= set(inputs):
        return [inputs[name] for name in names]
    # A model with named inputs says itself which is missing.
    return [None] * len(specs)


def _problem(spec: InputSpec, shape: Shape, value: Any) -> str:
    rank = len(shape)
    if spec.shape is not None and spec.allow_last_axis_squeeze:
        if shape[-1:] == (1,) and rank == len(spec.shape) + 1:
            return ""
        if spec.shape[-1:] == (1,) and rank == len(spec.shape) - 1:
            return ""
    if spec.ndim is not None and rank != spec.ndim:
        return f"expected ndim={spec.ndim}, found ndim={rank}"
    if spec.max_ndim is not None and rank > spec.max_ndim:
        return f"expected max_ndim={spec.max_ndim}, found ndim={rank}"
    if spec.min_ndim is not None and rank < spec.min_ndim:
        return f"expected min_ndim={spec.min_ndim}, found ndim={rank}"
    if spec.dtype is not None and as_dtype(value.dtype).name != spec.dtype:
        return f"expected dtype={spec.dtype}, found dtype={as_dtype(value.dtype).name}"
    for axis, extent in spec.axes.items():
        if extent is not None and -rank <= axis < rank and shape[axis] not in (extent, None):
            return (
                f"expected axis {axis} of input shape to have value {extent}, "
                f"but received {shape[axis]}"
            )
    if spec.shape is not None:
        for wanted, found in zip(spec.shape, shape, strict=True):
            if wanted is not None and found is not None and wanted != found:
                return f"expected shape={spec.shape}, found shape={shape}"
    return ""


def _hint(spec: InputSpec, shape: Shape) -> str:
    """The usual mistake behind a wrong rank, as a sentence."""
    wanted = spec.ndim or spec.min_ndim
    if wanted is None or len(shape) == wanted:
        return ""
    if len(shape) == wanted - 1:
        if wanted >= 3 and len(shape) >= 3:
            return " Does the axis of channels (x[..., None]) or of the batch (x[None]) miss?"
        return " Does the batch axis miss? For one sample give x[None]."
    return ""
