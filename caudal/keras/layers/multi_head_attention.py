"""MultiHeadAttention: several attentions side by side, each with projections of its own."""

from __future__ import annotations

import string
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.engine import masks
from caudal.keras.engine.shared_arguments import shares
from caudal.keras.layers.arguments import positive
from caudal.keras.layers.attention_masks import check_keys
from caudal.keras.layers.projected_attention import PARTS, ProjectedAttention


class MultiHeadAttention(ProjectedAttention):
    """``softmax(Q K^T / sqrt(key_dim)) V`` for each head, from ``call(query, value, key=value)``.

    query (batch, T, d), value and key (batch, S, e); the output has the query's shape, or ends in
    ``output_shape``. With ``return_attention_scores=True`` also (batch, heads, T, S).
    attention_mask: bool (batch, T, S), True where a key is seen; the inputs' own masks are applied
    as well. use_causal_mask: no position sees a later one. attention_axes: the axes attended over,
    all between batch and features unless given. sliding_window: only positions fewer than so many
    places apart. use_gate: the heads' outputs are multiplied by ``sigmoid`` of a projection of the
    query. Vaswani and others, "Attention Is All You Need", 2017.

    >>> import numpy as np
    >>> layer = MultiHeadAttention(num_heads=2, key_dim=4)
    >>> layer(np.ones((3, 5, 6), "float32"), np.ones((3, 7, 8), "float32")).shape
    TensorShape([3, 5, 6])
    """

    _prefix = ""
    _config_names = (
        *ProjectedAttention._config_names,
        *("num_heads", "key_dim", "value_dim", "dropout", "attention_axes"),
    )

    @shares(PARTS)
    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(dropout, use_bias, sliding_window, flash_attention, **kwargs)
        cls = type(self).__name__
        self.num_heads = positive(num_heads, "num_heads", cls)
        self.key_dim = positive(key_dim, "key_dim", cls)
        self.value_dim = (
            self.key_dim if value_dim is None else positive(value_dim, "value_dim", cls)
        )
        shape = (output_shape,) if isinstance(output_shape, int) else output_shape
        if shape is not None:
            shape = tuple(positive(extent, "output_shape", cls) for extent in _sequence(shape))
        # Not `output_shape`, which means another thing in a model's summary.
        self._output_shape = shape or None
        axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
        self._attention_axes = None if axes is None else _sequence(axes)

    @property
    def attention_axes(self) -> Any:
        """The axes attended over; None before the layer is built, unless given."""
        return self._attention_axes

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {**super().get_config(), "output_shape": self._output_shape}

    def build(  # type: ignore[override]
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> None:
        """Makes the dense layers."""
        key_shape = value_shape if key_shape is None else key_shape
        check_keys(self.name, value_shape, key_shape)
        wide = [self.num_heads, self.key_dim]
        shapes = {"query": query_shape, "key": key_shape, "gate": query_shape, "value": value_shape}
        for role, shape in shapes.items():
            if role == "gate" and not self.use_gate:
                continue
            free = len(shape) - 1
            heads = wide if role in ("query", "key") else [self.num_heads, self.value_dim]
            more = {"activation": "sigmoid"} if role == "gate" else {}
            equation, bias = _projection(free, 1, 2)
            target = [None] * (free - 1) + heads
            self._add_dense(role, equation, target, bias, **more).build(shape)
        rank = len(query_shape) + 1
        axes = self._attention_axes or range(1, rank - 2)
        self._attention_axes = tuple(axis % (rank - 1) for axis in axes)
        self._equations, scores_rank = _attention(rank, self._attention_axes)
        self._add_softmax(tuple(range(scores_rank - len(self._attention_axes), scores_rank)))
        last = list(self._output_shape or query_shape[-1:])
        equation, bias = _projection(rank - 2, 2, len(last))
        output = self._add_dense(
            "output", equation, [None] * (rank - 3) + last, bias, "attention_output"
        )
        output.build((*query_shape[:-1], self.num_heads, self.value_dim))

    def _take_masks(self, query: Any, value: Any, key: Any, query_mask: Any) -> Any:
        # Keras 3.15 takes the query's mask from the tensor alone, and the masks off the inputs.
        found = masks.mask_of(query)
        for tensor in (query, value, key):
            masks.set_mask(tensor, None)
        return found

    def compute_output_shape(
        self, query_shape: Any, value_shape: Any, key_shape: Any = None
    ) -> Any:
        """The query's shape, ending in ``output_shape`` if that was given."""
        check_keys(self.name, value_shape, value_shape if key_shape is None else key_shape)
        return (*query_shape[:-1], *(self._output_shape or query_shape[-1:]))


def _sequence(value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidArgumentError(
            "MultiHeadAttention: `output_shape` and `attention_axes` must be integers, lists or "
            "tuples of them, received {value!r}.",
            value=value,
        )
    return tuple(value)


def _projection(free: int, bound: int, made: int) -> tuple[str, str]:
    """An equation that keeps the first axes, sums over the next ones and makes new ones.

    Returns it with the letters of the new axes.
    """
    letters = string.ascii_lowercase
    kept, summed, new = letters[:free], letters[free : free + bound], letters[free + bound :][:made]
    return f"{kept}{summed},{summed}{new}->{kept}{new}", new


def _attention(rank: int, axes: tuple[int, ...]) -> tuple[tuple[str, str], int]:
    """The equations of scores and of sums for (batch, ..., heads, features) of that rank.

    Keys have letters of their own along the attended axes; with them the rank of the scores.
    """
    query = string.ascii_lowercase[:rank]
    own = dict(zip(axes, string.ascii_lowercase[rank:], strict=False))
    key = "".join(own.get(axis, letter) for axis, letter in enumerate(query))
    batch = "".join(query[axis] for axis in range(rank - 1) if axis not in axes)
    scores = batch + "".join(query[axis] for axis in axes) + "".join(key[axis] for axis in axes)
    return (f"{key},{query}->{scores}", f"{scores},{key}->{query}"), len(scores)
