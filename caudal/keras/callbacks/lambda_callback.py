"""LambdaCallback: a callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean
from caudal.keras.callbacks.callback import Callback

_NAMES = [name for name in vars(Callback) if name.startswith("on_")]


class LambdaCallback(Callback):
    """Each hook given by keyword is called in its place.

    Other functions become methods under the names that they have; a name that begins as those of
    hooks do and is none raises.

    >>> note = LambdaCallback(on_epoch_end=lambda epoch, logs: print(epoch, logs))
    >>> note.on_epoch_end(0, {"loss": 1.0})
    0 {'loss': 1.0}
    """

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **hooks: Callable[..., Any],
    ) -> None:
        super().__init__()
        hooks |= {
            name: value
            for name, value in {
                "on_epoch_begin": on_epoch_begin,
                "on_epoch_end": on_epoch_end,
                "on_train_begin": on_train_begin,
                "on_train_end": on_train_end,
                "on_train_batch_begin": on_train_batch_begin,
                "on_train_batch_end": on_train_batch_end,
            }.items()
            if value is not None
        }
        for name, function in hooks.items():
            if name not in _NAMES and (name.startswith("on_") or not callable(function)):
                raise InvalidArgumentError(
                    "LambdaCallback: unknown hook {name!r}.{hint}",
                    name=name,
                    hint=did_you_mean(name, _NAMES),
                )
            setattr(self, name, function)
