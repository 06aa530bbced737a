"""Initializers scaled by the number of inputs and outputs: Glorot's, He's and LeCun's."""

from __future__ import annotations

import math
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.initializers.initializer import RandomInitializer, known_shape, to_tensor
from caudal.keras.initializers.random import truncated_normal

# The standard deviation of a standard normal truncated at +-2.
_TRUNCATED = 0.87962566103423978


def compute_fans(
    shape: tuple[int, ...], input_axes: Any = None, output_axes: Any = None
) -> tuple[int, int]:
    """How many inputs and outputs a weight of that shape connects.

    >>> compute_fans((3, 3, 8, 16))
    (72, 144)
    """
    if input_axes is not None or output_axes is not None:
        rank = len(shape)
        inputs = [axis % rank for axis in input_axes or ()]
        outputs = [axis % rank for axis in output_axes or ()]
        field = math.prod(n for axis, n in enumerate(shape) if axis not in (*inputs, *outputs))
        fan_in = math.prod(shape[axis] for axis in inputs) * field
        return int(fan_in), int(math.prod(shape[axis] for axis in outputs) * field)
    if not shape:
        return 1, 1
    if len(shape) == 1:
        return shape[0], shape[0]
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


class VarianceScaling(RandomInitializer):
    """Numbers whose variance is ``scale / n``.

    mode: what n is: "fan_in", "fan_out", or "fan_avg", their mean. distribution:
    "truncated_normal" (or "normal"), "untruncated_normal" or "uniform".
    """

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        input_axes: Any = None,
        output_axes: Any = None,
    ) -> None:
        if scale <= 0:
            raise InvalidArgumentError(
                "VarianceScaling: `scale` must be positive, received scale={scale}.", scale=scale
            )
        distribution = str(distribution).lower()
        distribution = "truncated_normal" if distribution == "normal" else distribution
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise InvalidArgumentError(
                "VarianceScaling: `mode` must be 'fan_in', 'fan_out' or 'fan_avg', "
                "received {mode!r}.",
                mode=mode,
            )
        if distribution not in ("truncated_normal", "untruncated_normal", "uniform"):
            raise InvalidArgumentError(
                "VarianceScaling: `distribution` must be 'truncated_normal', "
                "'untruncated_normal' or 'uniform', received {distribution!r}.",
                distribution=distribution,
            )
        self.scale, self.mode, self.distribution = scale, mode, distribution
        self.input_axes, self.output_axes = input_axes, output_axes
        super().__init__(seed)

    def __call__(self, shape: Any, dtype: Any = None, **kwargs: Any) -> Any:
        """A tensor of that shape."""
        extents = known_shape(shape)
        fan_in, fan_out = compute_fans(extents, self.input_axes, self.output_axes)
        fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        variance = self.scale / max(1.0, fan)
        generator = self.generator()
        if self.distribution == "uniform":
            limit = math.sqrt(3.0 * variance)
            return to_tensor(generator.uniform(-limit, limit, extents), dtype)
        if self.distribution == "untruncated_normal":
            return to_tensor(generator.standard_normal(extents) * math.sqrt(variance), dtype)
        stddev = math.sqrt(variance) / _TRUNCATED
        return to_tensor(truncated_normal(generator, extents) * stddev, dtype)

    def get_config(self) -> dict[str, Any]:
        """All arguments."""
        return {
            "scale": self.scale,
            "mode": self.mode,
            "distribution": self.distribution,
            "seed": self._seed_config(),
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class _Preset(VarianceScaling):
    """A VarianceScaling whose scale, mode and distribution are fixed by its class."""

    _fixed: tuple[float, str, str]

    def __init__(self, seed: Any = None, input_axes: Any = None, output_axes: Any = None) -> None:
        super().__init__(*self._fixed, seed, input_axes, output_axes)

    def get_config(self) -> dict[str, Any]:
        """The seed and the axes."""
        return {
            "seed": self._seed_config(),
            "input_axes": self.input_axes,
            "output_axes": self.output_axes,
        }


class GlorotUniform(_Preset):
    """Uniform within sqrt(6 / (fan_in + fan_out)): Keras's default for kernels.

    Glorot and Bengio, "Understanding the difficulty of training deep networks", 2010.
    """

    _fixed = (1.0, "fan_avg", "uniform")


class GlorotNormal(_Preset):
    """Truncated normal with variance 2 / (fan_in + fan_out)."""

    _fixed = (1.0, "fan_avg", "truncated_normal")


class HeUniform(_Preset):
    """Uniform within sqrt(6 / fan_in).

    He and others, "Delving deep into rectifiers", 2015.
    """

    _fixed = (2.0, "fan_in", "uniform")


class HeNormal(_Preset):
    """Truncated normal with variance 2 / fan_in."""

    _fixed = (2.0, "fan_in", "truncated_normal")


class LecunUniform(_Preset):
    """Uniform within sqrt(3 / fan_in)."""

    _fixed = (1.0, "fan_in", "uniform")


class LecunNormal(_Preset):
    """Truncated normal with variance 1 / fan_in."""

    _fixed = (1.0, "fan_in", "truncated_normal")
