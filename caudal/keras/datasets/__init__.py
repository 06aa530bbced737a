"""`keras.datasets`: the classic data sets, from Keras's cache folder or the network.

One file a data set; ``cache`` finds, checks and downloads files; ``unpickle`` reads the two
formats that are Python pickles without running anything in them; ``words`` is what the two text
sets share. ``digits`` ships inside the package and needs no network.
"""

from caudal.keras.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    digits,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "digits",
    "fashion_mnist",
    "imdb",
    "mnist",
    "reuters",
]
