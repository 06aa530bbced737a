"""GroupQueryAttention: fewer heads for keys and values than for queries."""

from __future__ import annotations

from typing import Any

from caudal.array import movement
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.layers.arguments import positive
from caudal.keras.layers.attention_masks import check_keys
from caudal.keras.layers.projected_attention import PARTS, ProjectedAttention


class GroupedQueryAttention(ProjectedAttention):
    """Attention whose heads of keys and values serve a group of query heads each.

    As `MultiHeadAttention`, from ``call(query, value, key=value)`` of shapes (batch, T, d) and
    (batch, S, d), with ``num_query_heads`` heads of extent ``head_dim``; ``num_key_value_heads``
    divides them. Ainslie and others, "GQA", 2023.

    >>> import numpy as np
    >>> layer = GroupedQueryAttention(head_dim=4, num_query_heads=4, num_key_value_heads=2)
    >>> layer(np.ones((3, 5, 6), "float32"), np.ones((3, 7, 6), "float32")).shape
    TensorShape([3, 5, 6])
    """

    _config_names = (
        *ProjectedAttention._config_names,
        *("head_dim", "num_query_heads", "num_key_value_heads", "dropout"),
    )
    # Keras exports and writes the class under a shorter name than its own.
    _public_name = "GroupQueryAttention"

    @shares(PARTS)
    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dropout, use_bias, sliding_window, flash_attention, **kwargs)
        self.activity_regularizer = self._part_regularizer
        cls = type(self).__name__
        self.head_dim = positive(head_dim, "head_dim", cls)
        self.num_query_heads = positive(num_query_heads, "num_query_heads", cls)
        self.num_key_value_heads = positive(num_key_value_heads, "num_key_value_heads", cls)
        self.num_repeats, rest = divmod(self.num_query_heads, self.num_key_value_heads)
        if rest:
            raise InvalidArgumentError(
                "`num_query_heads` must be divisible by `num_key_value_heads`, received {queries} "
                "and {keys}.",
                queries=num_query_heads,
                keys=num_key_value_heads,
            )

    def build(  # type: ignore[override]
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> None:
        """Makes the dense layers."""
        key_shape = value_shape if key_shape is None else key_shape
        check_keys(self.name, value_shape, key_shape)
        wide = (None, self.num_query_heads, self.head_dim)
        narrow = (None, self.num_key_value_heads, self.head_dim)
        self._add_dense("query", "bqm,muh->bquh", wide, "uh").build(query_shape)
        self._add_dense("key", "bkm,mvh->bkvh", narrow, "vh").build(key_shape)
        if self.use_gate:
            gate = self._add_dense("gate", "bqm,muh->bquh", wide, "uh", activation="sigmoid")
            gate.build(query_shape)
        self._add_dense("value", "bkm,mvh->bkvh", narrow, "vh").build(value_shape)
        self._add_softmax(-1)
        last = (None, query_shape[-1])
        output = self._add_dense("output", "bquh,uhm->bqm", last, "m", "attention_output")
        output.build((None, *wide))

    def _shared(self, key: Any) -> Any:
        return movement.repeat(key, self.num_repeats, axis=2)

    def compute_output_shape(
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> Any:
        """The query's shape."""
        if query_shape[-1] != value_shape[-1]:
            raise ShapeError(
                "Layer {layer!r}: the last dimension of `query_shape` and `value_shape` must be "
                "equal, received query_shape={query} and value_shape={value}",
                layer=self.name,
                query=tuple(query_shape),
                value=tuple(value_shape),
            )
        check_keys(self.name, value_shape, value_shape if key_shape is None else key_shape)
        return tuple(query_shape)
