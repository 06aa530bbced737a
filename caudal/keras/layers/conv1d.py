"""Conv1D: the convolution over sequences."""

from __future__ import annotations

from caudal.keras.layers.conv import Conv


class Conv1D(Conv):
    """A convolution (cross-correlation) over sequences.

    Input ``(batch, steps, channels)``; with padding="valid" n steps become
    ``(n - k) // stride + 1``, with "same" ``ceil(n / stride)``; "causal" pads on
    the left only, so that no output sees the future.
    """

    _rank = 1
