"""Errors of Python while a configuration is read mean that the file is no good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from caudal.errors import CaudalError, ResourceExhaustedError
from caudal.keras.saving.hdf5 import damaged


@contextmanager
def blaming(file: str, member: str) -> Iterator[None]:
    """Turns Python's own errors inside into one that names the file and its member.

    >>> with blaming("m.keras", "config.json"):
    ...     {}["layers"]
    Traceback (most recent call last):
    ...
    caudal.keras.saving.hdf5._Damaged: m.keras: member 'config.json' cannot be read: KeyError: ...

    Raises:
        DataLossError: as above.
        ResourceExhaustedError: there is not as much memory as the member asks for.
    """
    try:
        yield
    except CaudalError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise damaged(file, member, f"{type(error).__name__}: {error}") from error
    except RecursionError as error:
        raise damaged(file, member, "it is nested too deeply") from error
    except MemoryError as error:
        raise ResourceExhaustedError(
            "{file}: member {member!r} asks for more memory than there is.",
            file=file,
            member=member,
        ) from error
