"""RandomHeight: images of a random height."""

from __future__ import annotations

from caudal.keras.layers.random_extent import RandomExtent


class RandomHeight(RandomExtent):
    """Stretches images to a height drawn for the whole batch, while training (Keras 2).

    Input (height, width, channels) or a batch of them, in any dtype; output in the compute dtype.
    factor: a number a, for -a to a, or a pair: 0.2 means up to 20 % more. interpolation: as in
    `tf.image.resize`. Not within a model that is trained: see `RandomExtent`.

    >>> import numpy as np
    >>> images = np.zeros((2, 8, 8, 3), "float32")
    >>> RandomHeight((0.5, 0.5))(images, training=True).shape
    TensorShape([2, 12, 8, 3])
    """

    _axis = -3
