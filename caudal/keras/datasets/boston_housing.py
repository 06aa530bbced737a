"""Boston housing: 506 house prices of 1978."""

from __future__ import annotations

from caudal.keras.datasets import cache
from caudal.keras.datasets.housing import Split, read_xy, split

SHA256 = "f553886a1f8d56431e820c5b82552d9d95cfcb96d1e678153f8839538947dff5"


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Split:
    """13 attributes and the price (1000 dollars) of 506 towns, split and shuffled as by Keras.

    One attribute encodes race: use the set for nothing but the study of such faults.

    Args:
        path: the file's name in the cache folder.
        test_split: the test part, 0 to 1.
        seed: of the shuffle.

    Raises:
        InvalidArgumentError: ``test_split`` is outside of [0, 1).
        UnavailableError: not in the cache and not to be had from the network.
    """
    x, y = cache.load(path, read_xy, cache.ORIGIN + "boston_housing.npz", SHA256)
    return split(x, y, test_split, seed)
