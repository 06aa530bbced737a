"""Conv3D: the convolution over volumes."""

from __future__ import annotations

from caudal.keras.layers.conv import Conv


class Conv3D(Conv):
    """A convolution (cross-correlation) over volumes.

    Input ``(batch, depth, rows, columns, channels)``; with padding="valid" an
    extent n becomes ``(n - k) // stride + 1``, with "same" ``ceil(n / stride)``.
    """

    _rank = 3
