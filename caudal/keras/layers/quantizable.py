"""Layers whose great weights can become small integers: `quantize`, its variables, its files."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.keras import ops as k
from caudal.keras.engine.layer_policy import no_quantize
from caudal.keras.engine.policy import get_policy
from caudal.keras.engine.serialization import deserialize_keras_object, is_builtin
from caudal.keras.layers import calibrated_sums, float8_sums
from caudal.keras.layers.low_rank import LORA, LowRank
from caudal.keras.quantizers.abs_max import AbsMaxQuantizer
from caudal.keras.quantizers.configs import QuantizationConfig, resolve, resolve_for
from caudal.keras.quantizers.groups import dequantize_with_sz_map
from caudal.keras.quantizers.int4 import unpack_int4
from caudal.keras.quantizers.layout import Layout

EXTRAS = {**LORA, "quantization_config": None}
"""What these layers' constructors take behind their own arguments."""
_ENDINGS = ("_scale", "_zero")


class Quantizable(LowRank):
    """A layer that says how its weights are laid out and gets `quantize` for it."""

    _modes: tuple[str, ...] = ("int8", "int4", "float8")
    _layouts: tuple[Layout, ...] = ()
    """Set by `build`; the first is of the great weight."""
    quantization_config: Any = None
    inputs_quantizer: Any = None
    _is_quantized = False
    _block: int | None = None
    _observer: Any = None
    """Is shown what comes in while GPTQ or AWQ look at data."""
    _zero_name = "kernel_zero"
    is_gptq_calibrated = False
    is_awq_calibrated = False

    def _take_extras(self, kwargs: dict[str, Any]) -> Any:
        """``lora_rank``, ``lora_alpha`` and ``quantization_config``, out of ``kwargs``."""
        self._take_lora(kwargs)
        config = deserialize_keras_object(kwargs.pop("quantization_config", None))
        return None if config is None else resolve(None, config)

    def _place(self, name: str) -> str:
        """The attribute that holds a variable."""
        return "_" + name if name == self._great else name

    def _stored(self, name: str) -> Any:
        return self.__dict__.get(self._place(name))

    # --- making -------------------------------------------------------------------------------

    def _build_quantized(self, *layouts: Layout) -> bool:
        """Notes the layouts; makes what the policy asks for. Whether the weights are made, too."""
        self._layouts = layouts
        mode = self.quantization_mode
        if mode is None:
            return False
        self._make_quantized(mode, self.quantization_config)
        return mode != "float8"

    def _make_quantized(self, mode: str, config: Any) -> None:
        """The variables of a mode, with no values yet."""
        if mode not in self._modes:
            raise self._no_mode(mode)
        self._is_quantized = True
        if mode == "float8":
            float8_sums.make_scales(self)
            return
        if mode in calibrated_sums.MODES:
            calibrated_sums.make(self, mode, config)
            return
        self.inputs_quantizer = QuantizationConfig.activation_quantizer_or_default(
            config, self._default_activation(mode)
        )
        self._block = self._block_size(config) if mode == "int4" else None
        for layout in self._layouts:
            four = mode == "int4"
            self._hold(layout.name, layout.packed_shape if four else layout.shape, "int8")
            scale = layout.scale_shape4(self._block) if four else layout.scale_shape
            self._hold(layout.name + "_scale", scale, None, "ones")
            if self._block is not None:
                self._hold(layout.name + "_zero", scale, "int8")
        if self._block is not None:
            count = self._layouts[0].flat[self._layouts[0].grouped]
            self._hold("g_idx", (count,), "float32")
            self.g_idx.assign(np.arange(count, dtype="float32") // self._block)

    def quantized_build(self, input_shape: Any, mode: str, config: Any = None) -> None:
        """Makes the variables of a mode, with no values yet; `build` comes before.

        Raises:
            UnimplementedError: the layer has no such mode.
        """
        self._make_quantized(mode, config)

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """The computation with quantized weights.

        Raises:
            UnimplementedError: the layer is not quantized.
        """
        if not self._is_quantized:
            raise self._no_mode(self.quantization_mode)
        return self.call(*args, **kwargs)

    def _no_mode(self, mode: Any) -> UnimplementedError:
        return UnimplementedError(
            "{cls}: Invalid quantization mode. Expected one of {modes}. Received: "
            "quantization_mode={mode!r}",
            cls=type(self).__name__,
            modes=self._modes,
            mode=mode,
        )

    def _hold(self, name: str, shape: Any, dtype: Any, start: str = "zeros") -> None:
        made = self.add_weight(
            name=name, shape=shape, dtype=dtype, initializer=start, trainable=False
        )
        setattr(self, self._place(name), made)

    def _default_activation(self, mode: str) -> Any:
        return AbsMaxQuantizer() if mode == "int8" else None

    def _block_size(self, config: Any) -> int | None:
        """Of the config, or else of the policy; None for one scale a channel."""
        held = config if hasattr(config, "block_size") else self._own_policy
        block = getattr(held, "block_size", None)
        return None if block == -1 else block

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Makes the great weights small integers with scales, or trains in float8.

        mode: "int8", "int4" or "float8"; or a config of `keras.quantizers`. type_check: False
        quantizes a subclass of yours as well. With "gptq" and "awq" the layer keeps its floats
        until `Model.quantize` has shown it data.

        Raises:
            InvalidArgumentError: the layer is not built or quantized already; a bad mode.
            UnimplementedError: the layer has no such mode, or is a subclass of yours.
        """
        config = resolve_for(self, mode, config)
        if type_check and not is_builtin(type(self)):
            raise no_quantize(self)
        mode = config.mode
        values = self._quantized(config) if mode in ("int8", "int4") else {}
        if mode in calibrated_sums.MODES and mode in self._modes:
            calibrated_sums.matrix_shape(self)
        for layout in self._layouts if values else ():
            delattr(self, self._place(layout.name))
        self.quantization_config = config
        self._make_quantized(mode, config)
        for name, value in values.items():
            self._stored(name).assign(value)
        policy = self._own_policy
        if policy.quantization_mode is None:
            block = -1 if self._block is None else self._block
            kind = f"int4/{block}" if mode == "int4" else mode
            if mode in calibrated_sums.MODES:
                kind = config.dtype_policy_string()
            self.dtype_policy = get_policy(f"{kind}_from_{policy.name}")

    def _quantized(self, config: Any) -> dict[str, Any]:
        """The values of all weights under a config, by name."""
        block = self._block_size(config) if config.mode == "int4" else None
        found: dict[str, Any] = {}
        for layout in self._layouts:
            weight = self._stored(layout.name)
            found.update(_values(layout, weight, config.mode, config.weight_quantizer, block))
        return found

    # --- reading ------------------------------------------------------------------------------

    def _floats(self, layout: Layout) -> Any:
        """A quantized weight as floats, without the low-rank product."""
        values, scale, zero, groups = (
            None if variable is None else convert_to_tensor(variable)
            for variable in (
                self._stored(layout.name),
                self._stored(layout.name + "_scale"),
                self._stored(layout.name + "_zero"),
                self._stored("g_idx"),
            )
        )
        if self.quantization_mode == "int8":
            return layout.dequantize8(values, scale, self.compute_dtype)
        return layout.dequantize4(values, scale, zero, groups, self.compute_dtype)

    def _quantized_rows(self, ids: Any) -> Any:
        """Rows of a quantized table as floats, with their part of the low-rank product."""
        names = (self._great, f"{self._great}_scale", f"{self._great}_zero")
        values, scale, zero = (
            None if self._stored(name) is None else k.take(self._stored(name), ids, axis=0)
            for name in names
        )
        if self.quantization_mode == "int4":
            values = unpack_int4(values, self._layouts[0].shape[1], axis=-1)
        if zero is None:
            rows = k.divide(k.cast(values, self.compute_dtype), k.expand_dims(scale, -1))
        else:
            rows = dequantize_with_sz_map(values, scale, zero, self.g_idx)
        if self.lora_enabled:
            rows = k.add(rows, k.take(self._low_rank_product(), ids, axis=0))
        return k.cast(rows, self.compute_dtype)

    def _great_weight(self) -> Any:
        weight = self._stored(self._great)
        if self.quantization_mode in calibrated_sums.MODES and calibrated_sums.is_calibrated(self):
            return calibrated_sums.integers(self)
        if weight is None or self.quantization_mode not in ("int8", "int4"):
            return super()._great_weight()
        if self.quantization_mode == "int4":
            layout = self._layouts[0]
            weight = k.reshape(layout.unpack(convert_to_tensor(weight)), layout.shape)
        if not self.lora_enabled:
            return weight
        return k.cast(k.add(weight, self._low_rank_product()), self.compute_dtype)

    def _great_shape(self) -> tuple[int, ...]:
        return self._layouts[0].shape if self._is_quantized else super()._great_shape()

    # --- files --------------------------------------------------------------------------------

    def _stored_names(self) -> list[str]:
        """The variables in the order of files."""
        if self.quantization_mode in calibrated_sums.MODES:
            return [name for name in calibrated_sums.STORED if self._stored(name) is not None]
        if self.quantization_mode == "float8":
            names = [self._great, "bias", *float8_sums.NAMES]
            return [name for name in names if self._stored(name) is not None]
        names = []
        for place, layout in enumerate(self._layouts):
            names.append(layout.name)
            if place == 0:
                names.append("bias")
            names += [layout.name + ending for ending in _ENDINGS]
            if place == 0:
                names.append("g_idx")
        return [name for name in names if self._stored(name) is not None]

    def _stored_variables(self) -> list[Any]:
        if not self._is_quantized:
            return super()._stored_variables()
        return [self._stored(name) for name in self._stored_names()]

    def _loaded(self) -> None:
        super()._loaded()
        if self.quantization_mode in calibrated_sums.MODES:
            # Only what saw data is ever saved.
            setattr(self, f"is_{self.quantization_mode}_calibrated", True)

    def save_own_variables(self, store: Any) -> None:
        """Writes the variables; the low-rank product is added to the weight.

        Raises:
            FailedPreconditionError: GPTQ or AWQ has seen no data, so that there is nothing to keep.
        """
        if self.quantization_mode in calibrated_sums.MODES:
            calibrated_sums.check_calibrated(self)
        if not (self.lora_enabled and self.quantization_mode in ("int8", "int4")):
            super().save_own_variables(store)
            return
        layout = self._layouts[0]
        merged = k.add(self._floats(layout), self._low_rank_product())
        values = _values(layout, merged, self.quantization_mode, None, self._block)
        for place, name in enumerate(self._stored_names()):
            store[str(place)] = values.get(name, self._stored(name)).numpy()


def _values(
    layout: Layout, weight: Any, mode: Any, quantizer: Any, block: int | None
) -> dict[str, Any]:
    weight = convert_to_tensor(weight)
    if mode == "int8":
        found = layout.quantize8(weight, quantizer)
    else:
        found = layout.quantize4(weight, quantizer, block)
    return {layout.name + ending: value for ending, value in found.items()}
