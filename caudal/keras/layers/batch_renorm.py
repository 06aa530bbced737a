"""Batch renormalization: training normalizes by running statistics, without losing the gradient.

Ioffe, "Batch Renormalization: Towards Reducing Minibatch Dependence in Batch-Normalized Models",
2017. The batch's ``(x - mean) / stddev`` is corrected to ``... * r + d``, with
``r = stddev / running stddev`` and ``d = (mean - running mean) / running stddev`` as constants.
"""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor, stop_gradient
from caudal.keras import numeric as n
from caudal.keras.layers.wide_floats import widen

_BOUNDS = ("rmax", "rmin", "dmax")


def checked_clipping(clipping: Any) -> dict[str, Any]:
    """The bounds of r and d: ``rmax``, ``rmin`` and ``dmax``, each of which may be left out.

    Raises:
        InvalidArgumentError: another key; ``rmax`` below ``rmin``; a negative ``dmax``.
    """
    bounds = dict(clipping or {})
    low, high, most = (bounds.get(name) for name in ("rmin", "rmax", "dmax"))
    good = set(bounds) <= set(_BOUNDS) and not (most is not None and most < 0)
    if not good or (low is not None and high is not None and high < low):
        raise InvalidArgumentError(
            "BatchNormalization: `renorm_clipping` may have the keys {keys}, with rmax >= rmin "
            "and dmax >= 0, received {clipping}.",
            keys=_BOUNDS,
            clipping=clipping,
        )
    return bounds


def add_statistics(layer: Any, shape: tuple[int, ...]) -> None:
    """The running statistics that training looks at, and the standard deviation of inference."""

    def root(extents: Any, dtype: Any = None) -> Any:
        found = layer.moving_variance_initializer(extents, dtype=dtype)
        return ops.sqrt(convert_to_tensor(found))

    starts = {
        "moving_stddev": root,
        "renorm_mean": layer.moving_mean_initializer,
        "renorm_stddev": root,
    }
    for name, start in starts.items():
        weight = layer.add_weight(
            name=name, shape=shape, initializer=start, trainable=False, autocast=False
        )
        setattr(layer, name, weight)


def correction(layer: Any, mean: Any, variance: Any) -> tuple[Any, Any]:
    """(r, d) for a batch; moves all running statistics."""
    bounds, stddev = layer.renorm_clipping, ops.sqrt(variance + layer.epsilon)
    # The running value may be next to nothing at the start.
    running = n.maximum(widen(layer.renorm_stddev), layer.epsilon**0.5)
    r, d = stddev / running, (mean - widen(layer.renorm_mean)) / running
    if bounds.get("rmin") is not None:
        r = n.maximum(r, bounds["rmin"])
    if bounds.get("rmax") is not None:
        r = n.minimum(r, bounds["rmax"])
    if bounds.get("dmax") is not None:
        d = n.minimum(n.maximum(d, -bounds["dmax"]), bounds["dmax"])
    r, d = stop_gradient(r), stop_gradient(d)
    _move(layer.renorm_mean, mean, layer.renorm_momentum)
    _move(layer.renorm_stddev, stddev, layer.renorm_momentum)
    _move(layer.moving_mean, mean, layer.momentum)
    _move(layer.moving_stddev, stddev, layer.momentum)
    squared = widen(layer.moving_stddev) * widen(layer.moving_stddev)
    layer.moving_variance.assign(n.maximum(squared - layer.epsilon, 0.0))
    return r, d


def _move(average: Any, value: Any, momentum: float) -> None:
    average.assign(average * momentum + value * (1.0 - momentum))
