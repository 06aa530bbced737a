"""California housing: 20640 house prices of 1990."""

from __future__ import annotations

from caudal.errors import InvalidArgumentError
from caudal.keras.datasets import cache
from caudal.keras.datasets.housing import Split, read_xy, split

SHA256 = "1a2e3a52e0398de6463aebe6f4a8da34fb21fbb6b934cf88c3425e766f2a1a6f"
SMALL = 600


def load_data(
    version: str = "large",
    path: str = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> Split:
    """8 attributes and the median house price (dollars) of 20640 districts.

    Args:
        version: "large", or "small" for the first 600 districts.
        path: the file's name in the cache folder.
        test_split: the test part, 0 to 1.
        seed: of the shuffle.

    Raises:
        InvalidArgumentError: another version, or ``test_split`` outside of [0, 1).
        UnavailableError: not in the cache and not to be had from the network.
    """
    if version not in ("large", "small"):
        raise InvalidArgumentError(
            "california_housing.load_data: expected version 'large' or 'small', received "
            "{received!r}.",
            received=version,
        )
    x, y = cache.load(path, read_xy, cache.ORIGIN + "california_housing.npz", SHA256)
    rows = SMALL if version == "small" else len(x)
    return split(x[:rows], y[:rows], test_split, seed)
