"""Conv2D: the convolution over images."""

from __future__ import annotations

from caudal.keras.layers.conv import Conv


class Conv2D(Conv):
    """A convolution (cross-correlation) over images.

    Input ``(batch, rows, columns, channels)``; with padding="valid" an
    extent n becomes ``(n - k) // stride + 1``, with "same" ``ceil(n / stride)``.
    """

    _rank = 2
