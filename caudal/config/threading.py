"""``tf.config.threading``: how many threads programs use; 0 means as many as there are cores."""

from __future__ import annotations

import operator
import os

from caudal.errors import DTypeError, InvalidArgumentError
from caudal.namespaces import strict

__all__ = [
    "get_inter_op_parallelism_threads",
    "get_intra_op_parallelism_threads",
    "set_inter_op_parallelism_threads",
    "set_intra_op_parallelism_threads",
]

_threads = {"intra": 0, "inter": 0}


def _set(kind: str, num_threads: int) -> None:
    try:
        number = operator.index(num_threads)
    except TypeError as error:
        raise DTypeError(
            "set_{kind}_op_parallelism_threads: expected an integer, received {received!r}.",
            kind=kind,
            received=num_threads,
        ) from error
    if number < 0:
        raise InvalidArgumentError(
            "set_{kind}_op_parallelism_threads: expected 0 or more, received {received}.",
            kind=kind,
            received=number,
        )
    _threads[kind] = number
    if kind == "intra":
        if number:
            os.environ["CAUDAL_THREADS"] = str(number)
        else:
            os.environ.pop("CAUDAL_THREADS", None)


def get_intra_op_parallelism_threads() -> int:
    """Threads that share one program."""
    return _threads["intra"]


def set_intra_op_parallelism_threads(num_threads: int) -> None:
    """Threads that share one program; the results are the same bits with any number.

    Call it before the first program runs.
    """
    _set("intra", num_threads)


def get_inter_op_parallelism_threads() -> int:
    """What `set_inter_op_parallelism_threads` was given."""
    return _threads["inter"]


def set_inter_op_parallelism_threads(num_threads: int) -> None:
    """Remembered: a program's ops run one after another, each on all threads."""
    _set("inter", num_threads)


__getattr__ = strict(__name__)
