"""What `quantize` takes for ways that look at data first: GPTQ and AWQ."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.quantizers.configs import QuantizationConfig


class CalibratedConfig(QuantizationConfig):
    """The data and the numbers that both ways share.

    dataset: texts, or arrays of token ids. tokenizer: has ``tokenize(text)``, for texts.
    """

    _mode = ""
    _bits: tuple[int, ...] = (4,)
    _counts: tuple[str, ...] = ("num_samples", "sequence_length")
    _names: tuple[str, ...] = ()
    dataset: Any
    tokenizer: Any
    weight_bits: int
    group_size: int
    num_samples: int
    sequence_length: int
    quantization_layer_structure: Any

    def _take(self, **values: Any) -> None:
        """Checks the numbers and keeps everything."""
        cls = type(self).__name__
        if values["weight_bits"] not in self._bits:
            raise InvalidArgumentError(
                "{cls}: unsupported weight_bits {bits!r}. Supported values are {known}.",
                cls=cls,
                bits=values["weight_bits"],
                known=self._bits,
            )
        for name in self._counts:
            if not hasattr(values[name], "__index__") or values[name] <= 0:
                raise InvalidArgumentError(
                    "{cls}: {name} must be a positive integer. Received: {value!r}",
                    cls=cls,
                    name=name,
                    value=values[name],
                )
        size = values["group_size"]
        if not hasattr(size, "__index__") or size < -1 or size == 0:
            raise InvalidArgumentError(
                "{cls}: invalid group_size. Supported values are -1 (one group a channel) or a "
                "positive integer, but got {size!r}.",
                cls=cls,
                size=size,
            )
        for name, value in values.items():
            setattr(self, name, value)

    @property
    def mode(self) -> str:
        """ "gptq" or "awq"."""
        return self._mode

    def dtype_policy_string(self) -> str:
        """The name of the policy's mode: "gptq/<weight_bits>/<group_size>"."""
        return f"{self._mode}/{self.weight_bits}/{self.group_size}"

    def get_config(self) -> dict[str, Any]:
        """The numbers; data and layers are needed once only and stay out."""
        once = dict.fromkeys(("dataset", "tokenizer", "quantization_layer_structure"))
        return {**{name: getattr(self, name) for name in self._names}, **once}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """The config of a configuration."""
        return cls(**config)


class GPTQConfig(CalibratedConfig):
    """Weights of few bits, rounded one input at a time; what follows makes up for each error.

    Frantar and others, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained
    Transformers", 2022. weight_bits: 2, 3, 4 or 8. group_size: so many inputs share a scale, -1:
    all of them. hessian_damping: this share of the mean of the Hessian's diagonal is added to it.
    activation_order: the inputs with the greatest Hessian come first.
    quantization_layer_structure: "pre_block_layers" and "sequential_blocks", lists of layers;
    without it the model's ``get_quantization_layer_structure`` says them.

    >>> GPTQConfig([[1, 2, 3]], len, weight_bits=8, group_size=-1).dtype_policy_string()
    'gptq/8/-1'

    Raises:
        InvalidArgumentError: a number that is none of these.
    """

    _mode, _bits = "gptq", (2, 3, 4, 8)
    _names = (
        "weight_bits",
        "num_samples",
        "per_channel",
        "sequence_length",
        "hessian_damping",
        "group_size",
        "symmetric",
        "activation_order",
        "quantization_layer_structure",
    )
    per_channel: bool
    hessian_damping: float
    symmetric: bool
    activation_order: bool

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        per_channel: bool = True,
        sequence_length: int = 512,
        hessian_damping: float = 0.01,
        group_size: int = 128,
        symmetric: bool = False,
        activation_order: bool = False,
        quantization_layer_structure: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        if not isinstance(hessian_damping, int | float) or not 0 <= hessian_damping <= 1:
            raise InvalidArgumentError(
                "GPTQConfig: hessian_damping must be between 0 and 1. Received: {value!r}",
                value=hessian_damping,
            )
        self._take(
            dataset=dataset,
            tokenizer=tokenizer,
            weight_bits=weight_bits,
            num_samples=num_samples,
            per_channel=per_channel,
            sequence_length=sequence_length,
            hessian_damping=hessian_damping,
            group_size=group_size,
            symmetric=symmetric,
            activation_order=activation_order,
            quantization_layer_structure=quantization_layer_structure,
        )


class AWQConfig(CalibratedConfig):
    """Weights of four bits; those that meet large inputs are made larger first.

    Lin and others, "AWQ: Activation-aware Weight Quantization for LLM Compression and
    Acceleration", 2023. num_grid_points: how many powers of the inputs' size are tried. The rest
    is as in `GPTQConfig`.

    >>> AWQConfig(None, None, group_size=64).get_config()["num_grid_points"]
    20

    Raises:
        InvalidArgumentError: a number that is none of these.
    """

    _mode = "awq"
    _counts = ("num_samples", "sequence_length", "num_grid_points")
    _names = (
        "weight_bits",
        "num_samples",
        "sequence_length",
        "group_size",
        "num_grid_points",
        "quantization_layer_structure",
    )
    num_grid_points: int

    def __init__(
        self,
        dataset: Any,
        tokenizer: Any,
        *,
        weight_bits: int = 4,
        num_samples: int = 128,
        sequence_length: int = 512,
        group_size: int = 128,
        num_grid_points: int = 20,
        quantization_layer_structure: dict[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self._take(
            dataset=dataset,
            tokenizer=tokenizer,
            weight_bits=weight_bits,
            num_samples=num_samples,
            sequence_length=sequence_length,
            group_size=group_size,
            num_grid_points=num_grid_points,
            quantization_layer_structure=quantization_layer_structure,
        )
