"""Where the weights trained on ImageNet lie: names, addresses and sums of Keras's files."""

from __future__ import annotations

from typing import Any, NamedTuple

from caudal.errors import UnavailableError
from caudal.keras.utils.get_file import get_file

HOME = "https://storage.googleapis.com/tensorflow/keras-applications/"


class WeightFile(NamedTuple):
    """One file: its name in the cache folder, its address, and its sum where Keras gives one."""

    name: str
    origin: str
    sum: str | None = None


class Files(NamedTuple):
    """A network's files, with and without the layers that classify."""

    top: WeightFile
    bare: WeightFile


def kernels(
    folder: str,
    stem: str,
    sums: tuple[str | None, str | None],
    endings: tuple[str, str] | None = None,
) -> Files:
    """The files ``{stem}{ending}`` in a folder of Keras's.

    endings: by default those of most of them.
    """
    usual = (
        "_weights_tf_dim_ordering_tf_kernels.h5",
        "_weights_tf_dim_ordering_tf_kernels_notop.h5",
    )
    origin = folder if "://" in folder else f"{HOME}{folder}/"
    names = [stem + ending for ending in endings or usual]
    pair = (WeightFile(n, origin + n, one) for n, one in zip(names, sums, strict=True))
    return Files(*pair)


def load_imagenet(model: Any, label: str, file: WeightFile) -> None:
    """Loads one of Keras's files, from ``~/.keras/models`` or the network.

    Raises:
        UnavailableError: neither there nor to be had; the message says where to put it.
    """
    try:
        path = get_file(file.name, file.origin, file_hash=file.sum, cache_subdir="models")
    except UnavailableError as error:
        raise UnavailableError(
            "{label}(weights='imagenet'): {reason} Or give weights=None (random weights), or the "
            "path of a weights file.",
            label=label,
            reason=str(error),
        ) from error
    model.load_weights(path)
