"""What MultiHeadAttention and GroupQueryAttention share: projections, masks, attention."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras import initializers, regularizers
from caudal.keras.engine import masks
from caudal.keras.engine.layer import Layer
from caudal.keras.layers import attention_masks
from caudal.keras.layers.arguments import positive
from caudal.keras.layers.attention_heads import attend
from caudal.keras.layers.einsum_dense import EinsumDense
from caudal.keras.layers.noise import check_rate
from caudal.keras.layers.weight_arguments import take_weight_arguments

_WEIGHTS = tuple(
    f"{weight}_{kind}"
    for kind in ("initializer", "regularizer", "constraint")
    for weight in ("kernel", "bias")
)


PARTS: dict[str, Any] = {
    "kernel_initializer": "glorot_uniform",
    "bias_initializer": "zeros",
    "kernel_regularizer": None,
    "bias_regularizer": None,
    "activity_regularizer": None,
    "kernel_constraint": None,
    "bias_constraint": None,
    "use_gate": False,
    "seed": None,
}
"""What both classes' constructors take behind their own arguments."""


class ProjectedAttention(Layer):
    """Dense layers for queries, keys and values, attention by heads, and a dense layer behind."""

    _prefix = "_"
    """Before the names of the attributes that hold the dense layers, as Keras's files have them."""
    _config_names: tuple[str, ...] = (*_WEIGHTS, "seed", "sliding_window", "use_bias", "use_gate")
    dropout: float
    _attention_axes: Any = (1,)
    _equations = ("aecd,abcd->acbe", "acbe,aecd->abcd")

    def __init__(
        self,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        cls = type(self).__name__
        self.supports_masking = True
        self.dropout = check_rate(dropout, name="dropout")
        self.use_bias, self.use_gate, self.seed = use_bias, use_gate, seed
        if sliding_window is not None:
            positive(sliding_window, "sliding_window", cls)
        self.sliding_window = sliding_window
        self._flash_attention = bool(flash_attention)
        if flash_attention and dropout:
            raise InvalidArgumentError(
                "{cls}: dropout is not supported with flash attention, received dropout={rate}.",
                cls=cls,
                rate=dropout,
            )
        self._part_regularizer = regularizers.get(activity_regularizer)
        take_weight_arguments(
            self,
            kernel_initializer=kernel_initializer,
            bias_initializer=bias_initializer,
            kernel_regularizer=kernel_regularizer,
            bias_regularizer=bias_regularizer,
            kernel_constraint=kernel_constraint,
            bias_constraint=bias_constraint,
        )

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        regularizer = regularizers.serialize(self._part_regularizer)
        return {**super().get_config(), "activity_regularizer": regularizer}

    # --- layers inside ------------------------------------------------------------------------

    def _add_dense(
        self, role: str, equation: str, shape: Any, bias: str, name: str = "", **more: Any
    ) -> Any:
        given = {key: getattr(self, key) for key in _WEIGHTS}
        for key in ("kernel_initializer", "bias_initializer"):
            # Each layer draws numbers of its own, also from an initializer with a seed.
            given[key] = initializers.get(initializers.serialize(given[key]))
        dense = EinsumDense(
            equation,
            shape,
            bias_axes=bias if self.use_bias else None,
            name=name or role,
            dtype=self.dtype_policy,
            activity_regularizer=self._part_regularizer,
            **given,
            **more,
        )
        setattr(self, f"{self._prefix if role != 'gate' else '_'}{role}_dense", dense)
        return dense

    def _dense(self, role: str) -> Any:
        return getattr(self, f"{self._prefix}{role}_dense")

    def _add_softmax(self, axis: Any) -> None:
        from caudal.keras.layers.dropout import Dropout
        from caudal.keras.layers.softmax import Softmax

        self._softmax = Softmax(axis=axis, dtype=self.dtype_policy)
        self._dropout_layer = Dropout(self.dropout, dtype=self.dtype_policy, seed=self.seed)

    # --- the computation ----------------------------------------------------------------------

    def _take_masks(self, query: Any, value: Any, key: Any, query_mask: Any) -> Any:
        """The query's mask; a place to take the inputs' masks away."""
        return query_mask

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: Any = None,
        use_causal_mask: bool = False,
    ) -> Any:
        """The attended values, with the weights of the keys if ``return_attention_scores``."""
        key = value if key is None else key
        query_mask = self._take_masks(query, value, key, query_mask)
        extents = [int(query.shape[1]), int(value.shape[1])]
        window = self.sliding_window
        mask = attention_masks.together(
            attention_mask,
            attention_masks.as_rows(query_mask),
            attention_masks.as_columns(value_mask),
            attention_masks.as_columns(key_mask),
            attention_masks.by_position(*extents, causal=use_causal_mask, window=window),
        )
        with masks.taken_off(query, value, key):
            gate = self._gate_dense(query) if self.use_gate else None
            q, k, v = (
                self._dense("query")(query),
                self._dense("key")(key),
                self._dense("value")(value),
            )
        found, scores = attend(
            *(self, q, self._shared(k), self._shared(v)), mask, training, return_attention_scores
        )
        output = self._dense("output")(found if gate is None else found * gate)
        return (output, scores) if return_attention_scores else output

    def _shared(self, key: Any) -> Any:
        """Keys or values with as many heads as the queries."""
        return key
