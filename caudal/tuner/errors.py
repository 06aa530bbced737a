"""``keras_tuner.errors``: what a trial raises to say how the search is to take it.

    FailedTrialError            this trial failed, do not try it again
    FatalError                  the search cannot go on
    ├── FatalValueError (ValueError)
    ├── FatalTypeError (TypeError)
    └── FatalRuntimeError (RuntimeError)

Any other exception inside a trial makes the trial invalid: it is tried again as often as
``max_retries_per_trial`` says, and then counts as failed.
"""

from __future__ import annotations

from caudal.errors import CaudalError

__all__ = [
    "FailedTrialError",
    "FatalError",
    "FatalRuntimeError",
    "FatalTypeError",
    "FatalValueError",
]


class FailedTrialError(CaudalError):
    """Raise it inside a trial that is not worth a second try: a model that is too large."""


class FatalError(CaudalError):
    """Raise it inside a trial to end the whole search."""


class FatalValueError(FatalError, ValueError):
    """The search cannot go on: a value is wrong."""


class FatalTypeError(FatalError, TypeError):
    """The search cannot go on: something is of the wrong kind."""


class FatalRuntimeError(FatalError, RuntimeError):
    """The search cannot go on: too many trials failed one after the other."""
