"""Embedding: a learned vector for each integer."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import math, nn
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype
from caudal.keras import constraints, initializers, regularizers
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.layers.arguments import positive
from caudal.keras.layers.low_rank import great_weight
from caudal.keras.layers.quantizable import EXTRAS, Quantizable
from caudal.keras.quantizers.layout import Layout
from caudal.ragged.tensor import RaggedTensor


class Embedding(Quantizable):
    """Rows of a table: input ``(batch, ...)`` of integers, output ``(batch, ..., output_dim)``.

    mask_zero: 0 is padding; recurrent layers behind skip its steps.
    """

    _config_names: tuple[str, ...] = (
        "input_dim",
        "output_dim",
        "embeddings_initializer",
        "embeddings_regularizer",
        "activity_regularizer",
        "embeddings_constraint",
        "mask_zero",
        "quantization_config",
    )
    carries_ragged = True
    _great = "embeddings"
    _modes = ("int8", "int4")
    embeddings = great_weight("embeddings")
    # Ids stay integers on their way through a Sequential model that begins here.
    _expected_input_dtype = "int32"

    @shares(EXTRAS)
    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        length = kwargs.pop("input_length", None)
        if length is not None and "input_shape" not in kwargs:
            kwargs["input_shape"] = (length,)
        quantization = self._take_extras(kwargs)
        super().__init__(**kwargs)
        self.input_dim = positive(input_dim, "input_dim", "Embedding")
        self.output_dim = positive(output_dim, "output_dim", "Embedding")
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = self.supports_masking = mask_zero
        self.autocast = False
        self.quantization_config = quantization
        if weights is not None:
            self.build(None)
            self.set_weights(weights if isinstance(weights, list) else [np.asarray(weights)])

    def build(self, input_shape: Any = None) -> None:
        """Makes the table."""
        if not self._build_quantized(*self._tables()):
            self.embeddings = self.add_weight(
                shape=(self.input_dim, self.output_dim),
                initializer=self.embeddings_initializer,
                name="embeddings",
                regularizer=self.embeddings_regularizer,
                constraint=self.embeddings_constraint,
            )
        self._enable_wanted_lora()

    def _tables(self) -> tuple[Layout, ...]:
        """How the table is kept when it is quantized: one scale for each row."""
        shape = (self.input_dim, self.output_dim)
        return (Layout("embeddings", shape, (1,), (0,), shape[:1], shape, grouped=1),)

    def get_build_config(self) -> dict[str, Any] | None:
        """The input's shape, which the table does not need."""
        found = super().get_build_config()
        return {"shapes_dict": {}} if found is None and self.built else found

    def call(self, inputs: Any) -> Any:
        """The rows; of ragged integers, divided as they are."""
        if isinstance(inputs, RaggedTensor):
            return inputs.with_flat_values(self.call(inputs.flat_values))
        ids = convert_to_tensor(inputs)
        if not ids.dtype.is_integer:
            from caudal import ops

            ids = ops.cast(ids, dtype=as_dtype("int32"))
        if not self._is_quantized:
            return nn.embedding_lookup(convert_to_tensor(self.embeddings), ids)
        return self._quantized_rows(ids)

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """With ``mask_zero``, False where the integer is 0; else a ragged input's."""
        if self.mask_zero:
            return math.not_equal(convert_to_tensor(inputs), 0)
        return mask if self.sees_ragged else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape and ``output_dim``."""
        return (*input_shape, self.output_dim)
