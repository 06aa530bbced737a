"""`audio_dataset_from_directory`: a dataset of the WAV files below a folder."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.audio.wav import decode_wav
from caudal.errors import DataLossError, InvalidArgumentError, UnimplementedError
from caudal.framework import TensorSpec
from caudal.keras.utils.directory_dataset import directory_dataset

Array = np.ndarray[Any, Any]
_DOING = "audio_dataset_from_directory"


def audio_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    sampling_rate: int | None = None,
    output_sequence_length: int | None = None,
    ragged: bool = False,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    verbose: bool = True,
) -> Any:
    """A `Dataset` of batches of the .wav files below a folder (16-bit PCM).

    Args:
        directory: the folder; with inferred labels it holds one folder per class.
        labels: "inferred" from the folders, a list of numbers (one per file, in the order of
            the sorted paths), or None.
        label_mode: "int", "categorical" (one-hot), "binary" (0.0 or 1.0) or None (no labels).
        class_names: the folders to use, in order; None for all, sorted.
        batch_size: recordings in a batch; None gives single recordings.
        sampling_rate: samples per second that the files must have; Caudal does not resample.
        output_sequence_length: samples of every recording: longer ones are cut, shorter ones
            get zeros. None pads to the longest of the batch.
        ragged: not in Caudal; a batch is padded.
        shuffle: a random order, another one for every pass; else sorted by path.
        seed: of the order.
        validation_split: the share of the files that is for validation.
        subset: "training", "validation", or "both" for a pair of datasets.
        follow_links: go into folders that are links.
        verbose: print how many files were found.

    Returns:
        The dataset, with the attribute ``class_names``: float32 in [-1, 1), of shape
        (batch, samples, channels).

    Raises:
        NotFoundError: no such folder, or no recordings in it.
        InvalidArgumentError: arguments that are wrong or do not go together.
        DataLossError: while iterating, a damaged file; the message names it.
        UnimplementedError: while iterating, a file of another sampling rate.
    """
    if ragged and output_sequence_length is not None:
        raise InvalidArgumentError(
            "{doing}: only one of `ragged` and `output_sequence_length` can be set.", doing=_DOING
        )
    for name, value in (
        ("sampling_rate", sampling_rate),
        ("output_sequence_length", output_sequence_length),
    ):
        if value is not None and (not isinstance(value, int) or value <= 0):
            raise InvalidArgumentError(
                "{doing}: `{name}` should be an integer higher than 0, received {value!r}.",
                doing=_DOING,
                name=name,
                value=value,
            )
    if ragged:
        raise UnimplementedError(
            "{doing}: ragged=True is not in Caudal; the recordings of a batch are padded with "
            "zeros to the longest.",
            doing=_DOING,
        )

    def read(path: str) -> Array:
        return _samples(path, sampling_rate, output_sequence_length)

    return directory_dataset(
        _DOING,
        read,
        TensorSpec((output_sequence_length, None), "float32"),
        (".wav",),
        directory,
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
        padded=output_sequence_length is None,
    )


def _samples(path: str, rate: int | None, length: int | None) -> Array:
    with open(path, "rb") as file:
        data = file.read()
    try:
        decoded = decode_wav(data, desired_samples=-1 if length is None else length)
    except InvalidArgumentError as error:
        raise DataLossError(
            "{doing}: {path!r} cannot be read: {reason}",
            doing=_DOING,
            path=path,
            reason=error.message,
        ) from error
    found = int(decoded.sample_rate)
    if rate is not None and found != rate:
        raise UnimplementedError(
            "{doing}: {path!r} has {found} samples per second, not {rate}, and Caudal does not "
            "resample. Convert the file, or leave sampling_rate out.",
            doing=_DOING,
            path=path,
            found=found,
            rate=rate,
        )
    samples: Array = decoded.audio.numpy()
    return samples
