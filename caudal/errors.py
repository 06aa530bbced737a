"""Every exception and warning that Caudal raises.

    CaudalError
    ├── InvalidArgumentError (ValueError)     a value, shape or argument is wrong
    │   ├── ShapeError                        ... its shape
    │   └── DTypeError (TypeError)            ... its dtype
    │       └── OperatorNotAllowedInGraphError    Python asks a traced tensor for its value
    ├── MissingNameError (AttributeError)     a TensorFlow or Keras name that Caudal lacks
    ├── MissingModuleError (ModuleNotFoundError)  a module of theirs that Caudal lacks
    ├── NotFoundError (LookupError)           a file, layer or variable is not there
    ├── AlreadyExistsError (ValueError)
    ├── OutOfRangeError (IndexError)          past the end of a sequence
    ├── FailedPreconditionError (RuntimeError)  called too early: not built, not compiled
    ├── UnimplementedError (NotImplementedError)  a documented feature that Caudal lacks
    ├── ResourceExhaustedError (MemoryError)
    ├── InternalError (RuntimeError)          a mistake in Caudal: please report it
    └── the rest of TensorFlow's codes

A message is a template and its fields, so that another language can be laid over it::

    InvalidArgumentError("{layer}: expected {expected}, received {received}", layer="dense", ...)
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any


class CaudalError(Exception):
    """Root of the tree; ``template`` and ``fields`` give the parts of the message.

    >>> error = CaudalError("{op}: expected rank {rank}", op="matmul", rank=2)
    >>> str(error)
    'matmul: expected rank 2'
    >>> error.fields["rank"]
    2
    """

    error_code: int | None = None

    def __init__(self, template: str = "", /, **fields: Any) -> None:
        self.template = template
        self.fields = fields
        super().__init__(template.format(**fields) if fields else template)

    @property
    def message(self) -> str:
        """The whole message, as TensorFlow's errors name it."""
        return str(self.args[0])

    if sys.version_info >= (3, 11):

        def __str__(self) -> str:
            # KeyError-like bases would quote the message.
            return self.message

    else:  # Tracebacks of Python 3.10 show no notes: they are part of the text there.
        __notes__: list[str]

        def add_note(self, note: str, /) -> None:
            """Adds a line that tracebacks show below the message, as Python 3.11 does."""
            self.__notes__ = [*getattr(self, "__notes__", ()), note]

        def __str__(self) -> str:
            return "\n".join([self.message, *getattr(self, "__notes__", ())])

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.template, self.fields)


def _rebuild(kind: type[CaudalError], template: str, fields: dict[str, Any]) -> CaudalError:
    return kind(template, **fields)


class InvalidArgumentError(CaudalError, ValueError):
    """A value, a shape or an argument is wrong."""

    error_code = 3


class ShapeError(InvalidArgumentError):
    """A tensor's shape does not fit."""


class DTypeError(InvalidArgumentError, TypeError):
    """A dtype does not fit."""

    error_code = 3


class OperatorNotAllowedInGraphError(DTypeError):
    """Python asks for the truth value of a tensor that only the compiled program will know."""


class MissingNameError(CaudalError, AttributeError):
    """A public name of TensorFlow or Keras that Caudal lacks."""


class MissingModuleError(CaudalError, ModuleNotFoundError):
    """A module of TensorFlow or Keras that Caudal lacks."""


class CancelledError(CaudalError):
    """The operation was cancelled."""

    error_code = 1


class UnknownError(CaudalError):
    """The cause is not known."""

    error_code = 2


class DeadlineExceededError(CaudalError, TimeoutError):
    """It took too long."""

    error_code = 4


class NotFoundError(CaudalError, LookupError):
    """A file, layer, variable or name is not there."""

    error_code = 5


class AlreadyExistsError(CaudalError, ValueError):
    """A name is taken."""

    error_code = 6


class PermissionDeniedError(CaudalError, PermissionError):
    """The caller may not do that."""

    error_code = 7


class ResourceExhaustedError(CaudalError, MemoryError):
    """Memory or another resource is used up."""

    error_code = 8


def no_memory(what: str, error: MemoryError) -> ResourceExhaustedError:
    """The error for an allocation that NumPy refused, in a function or op of a name."""
    return ResourceExhaustedError(
        "{what}: out of memory ({reason}). Use smaller shapes or batches.",
        what=what,
        reason=str(error) or "no reason given",
    )


class FailedPreconditionError(CaudalError, RuntimeError):
    """Called too early: not built, not compiled, not initialised."""

    error_code = 9


class AbortedError(CaudalError):
    """The operation was aborted."""

    error_code = 10


class OutOfRangeError(CaudalError, IndexError):
    """Past the end of a sequence or of a tensor."""

    error_code = 11


class UnimplementedError(CaudalError, NotImplementedError):
    """A documented feature that Caudal lacks."""

    error_code = 12


class InternalError(CaudalError, RuntimeError):
    """A mistake in Caudal itself: please report it."""

    error_code = 13


class UnavailableError(CaudalError):
    """A service cannot be reached."""

    error_code = 14


class DataLossError(CaudalError):
    """A file is damaged."""

    error_code = 15


class CorruptFileError(DataLossError, ValueError):
    """A file is not the one whose sum is known: to Keras a wrong value."""


class UnauthenticatedError(CaudalError):
    """The caller is not known."""

    error_code = 16


OpError = CaudalError
"""The root under TensorFlow's name."""

OK = 0
(
    CANCELLED,
    UNKNOWN,
    INVALID_ARGUMENT,
    DEADLINE_EXCEEDED,
    NOT_FOUND,
    ALREADY_EXISTS,
    PERMISSION_DENIED,
    RESOURCE_EXHAUSTED,
    FAILED_PRECONDITION,
    ABORTED,
    OUT_OF_RANGE,
    UNIMPLEMENTED,
    INTERNAL,
    UNAVAILABLE,
    DATA_LOSS,
    UNAUTHENTICATED,
) = range(1, 17)
"""TensorFlow's error codes, which ``error_code`` of a class is one of."""


class CaudalWarning(UserWarning):
    """Caudal went on, but the program deserves a look."""


def nearest(name: str, known: Sequence[str], count: int = 3) -> list[str]:
    """The names most like ``name``, best first, for "did you mean" hints.

    >>> nearest("acuracy", ["accuracy", "mse", "mae"])
    ['accuracy']
    """
    return get_close_matches(name, list(dict.fromkeys(known)), n=count, cutoff=0.6)


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """A sentence that names the nearest known names, or nothing.

    >>> did_you_mean("acuracy", ["accuracy", "mse"])
    ' Did you mean: accuracy?'
    """
    found = nearest(name, known)
    return f" Did you mean: {', '.join(found)}?" if found else ""
