"""What a layer's `quantize` takes: a mode, with quantizers and numbers."""

from __future__ import annotations

from typing import Any

from caudal.errors import FailedPreconditionError, InvalidArgumentError, UnimplementedError
from caudal.keras.engine.policy import QUANTIZATION_MODES
from caudal.keras.engine.serialization import deserialize_keras_object, serialize_keras_object
from caudal.keras.quantizers.abs_max import AbsMaxQuantizer


class QuantizationConfig:
    """The base class: the quantizers of weights and of what comes in.

    weight_quantizer: None for the layer's own. activation_quantizer: None leaves the inputs float.
    """

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = None) -> None:
        self.weight_quantizer = weight_quantizer
        self.activation_quantizer = activation_quantizer

    @property
    def mode(self) -> str:
        """ "int8", "int4" or "float8"; a subclass gives it."""
        raise UnimplementedError(
            "{cls}: a subclass of QuantizationConfig must define the property `mode`.",
            cls=type(self).__name__,
        )

    def get_config(self) -> dict[str, Any]:
        """Both quantizers, serialized."""
        return {
            "weight_quantizer": serialize_keras_object(self.weight_quantizer),
            "activation_quantizer": serialize_keras_object(self.activation_quantizer),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The config of a configuration."""
        quantizers = ("weight_quantizer", "activation_quantizer")
        made = {name: deserialize_keras_object(config.get(name)) for name in quantizers}
        return cls(**{**config, **made})

    @staticmethod
    def weight_quantizer_or_default(config: Any, default: Any) -> Any:
        """The config's weight quantizer, if there is one."""
        found = None if config is None else config.weight_quantizer
        return default if found is None else found

    @staticmethod
    def activation_quantizer_or_default(config: Any, default: Any) -> Any:
        """The config's quantizer of activations, None included; without a config the default."""
        return default if config is None else config.activation_quantizer


def _check_weights(cls: str, quantizer: Any, value_range: tuple[int, int] | None) -> None:
    if quantizer is None:
        return
    if value_range is not None and tuple(quantizer.value_range) != value_range:
        raise InvalidArgumentError(
            "{cls} requires a `weight_quantizer` with value_range={expected}. Received: "
            "value_range={received}",
            cls=cls,
            expected=value_range,
            received=quantizer.value_range,
        )
    if quantizer.output_dtype != "int8":
        raise InvalidArgumentError(
            "{cls} requires a `weight_quantizer` with output_dtype='int8'. Received: "
            "output_dtype={received!r}",
            cls=cls,
            received=quantizer.output_dtype,
        )


class Int8QuantizationConfig(QuantizationConfig):
    """Weights as int8; inputs too, by default by an `AbsMaxQuantizer` over the last axis.

    >>> Int8QuantizationConfig(activation_quantizer=None).mode
    'int8'

    Raises:
        InvalidArgumentError: the weight quantizer does not make int8.
    """

    def __init__(self, weight_quantizer: Any = None, activation_quantizer: Any = "default") -> None:
        if isinstance(activation_quantizer, str) and activation_quantizer == "default":
            activation_quantizer = AbsMaxQuantizer()
        super().__init__(weight_quantizer, activation_quantizer)
        _check_weights("Int8QuantizationConfig", weight_quantizer, None)

    @property
    def mode(self) -> str:
        """ "int8"."""
        return "int8"


class Int4QuantizationConfig(QuantizationConfig):
    """Weights in four bits; the inputs stay float by default.

    block_size: how many rows share a scale and a zero point; None or -1: one scale a channel.

    >>> Int4QuantizationConfig(block_size=32).block_size
    32

    Raises:
        InvalidArgumentError: a bad ``block_size``; quantizers together with blocks.
    """

    def __init__(
        self,
        weight_quantizer: Any = None,
        activation_quantizer: Any = "default",
        block_size: int | None = 128,
    ) -> None:
        if isinstance(activation_quantizer, str) and activation_quantizer == "default":
            activation_quantizer = None
        super().__init__(weight_quantizer, activation_quantizer)
        good = block_size is None or hasattr(block_size, "__index__")
        if not good or (block_size is not None and block_size != -1 and block_size <= 0):
            raise InvalidArgumentError(
                "Int4QuantizationConfig: `block_size` must be None, -1, or a positive integer. "
                "Received: block_size={block_size!r}",
                block_size=block_size,
            )
        self.block_size = block_size
        own = weight_quantizer is not None or activation_quantizer is not None
        if own and block_size not in (None, -1):
            raise InvalidArgumentError(
                "Int4QuantizationConfig: blocks take no quantizers of your own; give "
                "`block_size=None` as well. Received: block_size={block_size}",
                block_size=block_size,
            )
        _check_weights("Int4QuantizationConfig", weight_quantizer, (-8, 7))

    @property
    def mode(self) -> str:
        """ "int4"."""
        return "int4"

    def get_config(self) -> dict[str, Any]:
        """Both quantizers and the size of blocks."""
        return {**super().get_config(), "block_size": self.block_size}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The config of a configuration; without a size there are no blocks."""
        return super().from_config({"block_size": None, **config})


class Float8QuantizationConfig(QuantizationConfig):
    """Training with products of float8 values; nothing can be chosen."""

    def __init__(self) -> None:
        super().__init__(None, None)

    @property
    def mode(self) -> str:
        """ "float8"."""
        return "float8"

    def get_config(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The config."""
        return cls()


_DEFAULTS: dict[str, Any] = {
    "int8": Int8QuantizationConfig,
    "int4": Int4QuantizationConfig,
    "float8": Float8QuantizationConfig,
}


def resolve(mode: Any, config: Any) -> Any:
    """The config that the two arguments of `quantize` mean.

    Raises:
        InvalidArgumentError: neither, an unknown mode, or two that contradict each other; "gptq"
            or "awq" without a config.
    """
    if isinstance(config, str):
        mode, config = config, None
    if mode is not None and mode not in QUANTIZATION_MODES:
        raise InvalidArgumentError(
            "Invalid quantization mode. Expected one of {modes}. Received: mode={mode!r}",
            modes=QUANTIZATION_MODES,
            mode=mode,
        )
    if config is None:
        if mode is None:
            raise InvalidArgumentError("You must provide either `mode` or `config` to `quantize`.")
        if mode not in _DEFAULTS:
            raise InvalidArgumentError(
                "For {mode}, you must pass an instance of keras.quantizers.{mode}Config in the "
                "`config` argument: it has the data to calibrate with.",
                mode=mode.upper(),
            )
        return _DEFAULTS[mode]()
    if not isinstance(config, QuantizationConfig):
        raise InvalidArgumentError(
            "Argument `config` must be an instance of `QuantizationConfig`. Received: "
            "config={config!r}",
            config=config,
        )
    if mode is not None and config.mode != mode:
        raise InvalidArgumentError(
            "Contradictory arguments: mode={mode!r} but config.mode={found!r}",
            mode=mode,
            found=config.mode,
        )
    return config


def resolve_for(layer: Any, mode: Any, config: Any) -> Any:
    """`resolve`, for a layer that can be quantized now.

    Raises:
        InvalidArgumentError: it is not built, or is quantized already; float16 with int8.
    """
    config = resolve(mode, config)
    if not getattr(layer, "built", True):
        raise _NotNow(
            "Cannot quantize a layer that isn't yet built. Layer {name!r} (of type {cls}) is not "
            "built yet: call it or build() it first.",
            name=layer.name,
            cls=type(layer).__name__,
        )
    if getattr(layer, "_is_quantized", False):
        raise _NotNow(
            "Layer {name!r} is already quantized with dtype_policy={policy!r}. Received: "
            "mode={mode!r}",
            name=layer.name,
            policy=layer.dtype_policy.name,
            mode=config.mode,
        )
    if config.mode == "int8" and layer.compute_dtype == "float16":
        raise InvalidArgumentError(
            "Quantization mode='int8' doesn't work well with compute_dtype='float16'. Use "
            "another dtype policy, such as 'mixed_bfloat16', for layer {name!r}.",
            name=layer.name,
        )
    return config


class _NotNow(FailedPreconditionError, ValueError):
    """Keras raises a ValueError."""
