"""Policies of layers whose weights are quantized: the way of it, and the policy before."""

from __future__ import annotations

from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.keras.engine.policy import (
    QUANTIZATION_MODES,
    DTypePolicy,
    DTypePolicyMap,
    FloatDTypePolicy,
    dtype_policy,
    parse_name,
)


class QuantizedDTypePolicy(DTypePolicy):
    """The policy of a quantized layer: ``mode`` ("int8" …) over the policy ``source_name``.

    >>> QuantizedDTypePolicy("int8", "float32").name
    'int8_from_float32'
    """

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        source = dtype_policy().name if source_name is None else source_name
        self._compute_dtype, self._variable_dtype = parse_name(source)
        if mode not in QUANTIZATION_MODES:
            raise InvalidArgumentError(
                "Invalid quantization mode. Expected one of {modes}. Received: mode={mode!r}",
                modes=QUANTIZATION_MODES,
                mode=mode,
            )
        if mode == "int8" and self._compute_dtype == "float16":
            raise InvalidArgumentError(
                "Quantization mode='{mode}' doesn't work well with compute_dtype='float16'.",
                mode=mode,
            )
        self._name = f"{mode}_from_{source}"
        self._source_name = source
        self.quantization_mode = mode

    def get_config(self) -> dict[str, Any]:
        """Mode and source."""
        return {"mode": self.quantization_mode, "source_name": self._source_name}


class QuantizedFloat8DTypePolicy(QuantizedDTypePolicy):
    """The policy of float8 training; ``amax_history_length``: over how many steps scales look."""

    default_amax_history_length = 1024

    def __init__(
        self, mode: str, source_name: str | None = None, amax_history_length: int = 1024
    ) -> None:
        super().__init__(mode, source_name)
        if not isinstance(amax_history_length, int):
            raise DTypeError(
                "`amax_history_length` must be an integer. Received: amax_history_length={value!r}",
                value=amax_history_length,
            )
        self.amax_history_length = amax_history_length

    def get_config(self) -> dict[str, Any]:
        """Mode, source and length."""
        return {**super().get_config(), "amax_history_length": self.amax_history_length}


class _SizedPolicy(QuantizedDTypePolicy):
    """A policy whose mode carries numbers, as in "gptq/4/128"."""

    _fields: tuple[str, ...] = ()
    _mode = ""
    _bits: tuple[int, ...] = ()

    def __init__(self, mode: str, source_name: str | None = None) -> None:
        parts = str(mode).split("/")
        names = "/".join([self._mode, *(f"<{field}>" for field in self._fields)])
        good = len(parts) == len(self._fields) + 1 and parts[0] == self._mode
        try:
            numbers = [int(part) for part in parts[1:]]
        except ValueError:
            good = False
        if not good:
            raise InvalidArgumentError(
                "Invalid mode for {cls}. Expected format '{expected}' with integers, but got "
                "'{mode}'.",
                cls=type(self).__name__,
                expected=names,
                mode=mode,
            )
        for field, number in zip(self._fields, numbers, strict=True):
            allowed = number in self._bits if field == "weight_bits" else number > 0 or number == -1
            if not allowed:
                raise InvalidArgumentError(
                    "Invalid {field} in mode. Supported values are {known}, but got {number} from "
                    "'{mode}'.",
                    field=field,
                    known=self._bits if field == "weight_bits" else "-1 or a positive integer",
                    number=number,
                    mode=mode,
                )
            setattr(self, field, number)
        super().__init__(parts[0], source_name)
        self.mode, self._sized_mode = parts[0], mode
        self._name = f"{mode}_from_{source_name}"

    def get_config(self) -> dict[str, Any]:
        """The mode with its numbers, and the source."""
        return {**super().get_config(), "mode": self._sized_mode}


class Int4DTypePolicy(_SizedPolicy):
    """The policy of "int4/<block_size>"; -1 for one scale per channel."""

    _mode, _fields = "int4", ("block_size",)


class GPTQDTypePolicy(_SizedPolicy):
    """The policy of "gptq/<weight_bits>/<group_size>". Frantar and others, 2022."""

    _mode, _fields, _bits = "gptq", ("weight_bits", "group_size"), (2, 3, 4, 8)


class AWQDTypePolicy(_SizedPolicy):
    """The policy of "awq/<weight_bits>/<group_size>". Lin and others, 2023."""

    _mode, _fields, _bits = "awq", ("weight_bits", "group_size"), (4,)


CLASSES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        DTypePolicy,
        FloatDTypePolicy,
        DTypePolicyMap,
        QuantizedDTypePolicy,
        QuantizedFloat8DTypePolicy,
        Int4DTypePolicy,
        GPTQDTypePolicy,
        AWQDTypePolicy,
    )
}


def from_name(name: str) -> Any:
    """The quantized policy that a name such as "int8_from_float32" means."""
    mode, middle, source = name.partition("_from_")
    if not middle:
        raise InvalidArgumentError(
            "Cannot interpret the dtype policy {name!r}: expected '<mode>_from_<policy>'.",
            name=name,
        )
    kind: Any = {
        "int8": QuantizedDTypePolicy,
        "float8": QuantizedFloat8DTypePolicy,
        "gptq": GPTQDTypePolicy,
        "awq": AWQDTypePolicy,
        "int4": Int4DTypePolicy if "/" in mode else QuantizedDTypePolicy,
    }.get(mode.partition("/")[0])
    if kind is None:
        raise InvalidArgumentError(
            "Cannot interpret the dtype policy {name!r}: expected a mode of {modes}.",
            name=name,
            modes=QUANTIZATION_MODES,
        )
    return kind(mode, source)
