"""ReversibleEmbedding: an embedding whose table also turns vectors back into scores of integers."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine import masks
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.layers.dense import to_compute_dtype
from caudal.keras.layers.embedding import Embedding
from caudal.keras.quantizers.abs_max import AbsMaxQuantizer
from caudal.keras.quantizers.layout import Layout
from caudal.linalg import matmul


class ReversibleEmbedding(Embedding):
    """An `Embedding` that, called with ``reverse=True``, projects back on ``input_dim`` scores.

    Forwards ``(batch, ...)`` integers become ``(batch, ..., output_dim)``; in reverse
    ``(batch, ..., output_dim)`` becomes ``(batch, ..., input_dim)``, by the transposed table or,
    with ``tie_weights=False``, by weights of its own. reverse_dtype: the dtype of that product.
    logit_soft_cap: a bound, ``cap * tanh(scores / cap)``. Press and Wolf, "Using the Output
    Embedding to Improve Language Models", 2016.

    >>> import numpy as np
    >>> layer = ReversibleEmbedding(10, 4)
    >>> layer(layer(np.array([[1, 2]])), reverse=True).shape
    TensorShape([1, 2, 10])
    """

    _config_names = (*Embedding._config_names, "tie_weights", "reverse_dtype", "logit_soft_cap")

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        reverse_dtype: Any = None,
        logit_soft_cap: float | None = None,
        **kwargs: Any,
    ) -> None:
        # Read by `build`, which a constructor with weights calls.
        self.tie_weights = bool(tie_weights)
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer=embeddings_initializer,
            embeddings_regularizer=embeddings_regularizer,
            embeddings_constraint=embeddings_constraint,
            mask_zero=mask_zero,
            **kwargs,
        )
        self.reverse_dtype = None if reverse_dtype is None else as_dtype(reverse_dtype).name
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape: Any = None) -> None:
        """Makes the table, and the weights of the way back if they are not the table's."""
        super().build(input_shape)
        if not self.tie_weights and not self._is_quantized:
            self.reverse_embeddings = self.add_weight(
                name="reverse_embeddings",
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
            )

    def _tables(self) -> tuple[Layout, ...]:
        found = super()._tables()
        if self.tie_weights:
            return found
        shape = (self.output_dim, self.input_dim)
        back = Layout("reverse_embeddings", shape, (0,), (1,), shape[1:], shape, packed=0)
        return (*found, back)

    def _default_activation(self, mode: str) -> Any:
        return AbsMaxQuantizer(axis=-1)

    def call(self, inputs: Any, reverse: bool = False) -> Any:
        """The rows of the table, or in reverse the scores."""
        if reverse:
            return self._scores(inputs)
        result = super().call(inputs)
        if self.mask_zero:
            masks.set_mask(result, super().compute_mask(inputs))
        return result

    def _scores(self, inputs: Any) -> Any:
        if self._is_quantized:
            scores = self._quantized_scores(to_compute_dtype(inputs, str(self.compute_dtype)))
        else:
            table = self.embeddings if self.tie_weights else self.reverse_embeddings
            dtype = self.reverse_dtype or str(self.compute_dtype)
            x, weights = to_compute_dtype(inputs, dtype), to_compute_dtype(table, dtype)
            scores = matmul(x, weights, transpose_b=self.tie_weights)
        cap = self.logit_soft_cap
        return scores if cap is None else ops.tanh(scores / cap) * cap

    def _quantized_scores(self, x: Any) -> Any:
        scale: Any = None
        weight_scale: Any = 1.0
        layout = self._layouts[-1]
        whole = self.quantization_mode == "int8" and self.inputs_quantizer is not None
        # Integers are summed as int32; floats where a zero point or float inputs come in.
        dtype = "int32" if whole else str(self.compute_dtype)
        if self.inputs_quantizer is not None:
            x, scale = self.inputs_quantizer(x)
            x = to_compute_dtype(x, dtype)
        if whole:
            weights = to_compute_dtype(self._stored(layout.name), dtype)
            weight_scale = convert_to_tensor(self._stored(layout.name + "_scale"))
        else:
            weights = self._floats(layout)
        scores = matmul(x, weights, transpose_b=self.tie_weights)
        scores = to_compute_dtype(scores, str(self.compute_dtype))
        if scale is None:
            return scores
        return scores / (to_compute_dtype(scale, scores.dtype.name) * weight_scale)

    def compute_mask(self, inputs: Any, mask: Any = None) -> None:
        """None: `call` puts the mask on what it looks up; scores have none."""

    def compute_output_shape(self, input_shape: Any, reverse: bool = False) -> Any:
        """Ending in ``output_dim``, in reverse in ``input_dim``."""
        if reverse:
            return (*input_shape[:-1], self.input_dim)
        return (*input_shape, self.output_dim)

    def compute_output_spec(self, inputs: Any, reverse: bool = False) -> Any:
        """The output for symbolic inputs."""
        dtype = (reverse and self.reverse_dtype) or self.compute_dtype
        return KerasTensor(self.compute_output_shape(tuple(inputs.shape), reverse), dtype)

    def _stored_variables(self) -> list[Any]:
        """What files hold: with LoRA the table, and the weights of the way back."""
        found = super()._stored_variables()
        if self.lora_enabled and not self.tie_weights and not self._is_quantized:
            found.append(self.reverse_embeddings)
        return found
