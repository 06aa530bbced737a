"""Several callbacks behind one set of hooks."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.callbacks.callback import Callback, Logs
from caudal.keras.callbacks.history import History
from caudal.keras.callbacks.progbar_logger import ProgbarLogger

_HOOKS = [name for name in vars(Callback) if name.startswith("on_")]


class CallbackList(Callback):
    """Calls the hooks of its callbacks in order.

    ``add_history`` and ``add_progbar`` put a ``History`` and a ``ProgbarLogger`` in where the
    list has none; ``params`` go to ``set_params``.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Any] = _flatten(callbacks)
        for position, callback in enumerate(self.callbacks):
            _check(position, callback)
        if add_progbar and not any(isinstance(one, ProgbarLogger) for one in self.callbacks):
            self.callbacks.append(ProgbarLogger())
        found = [one for one in self.callbacks if isinstance(one, History)]
        self.history: History | None = found[0] if found else None
        if add_history and not found:
            self.history = History()
            self.callbacks.append(self.history)
        # One that saves what the others have reached must be called after them.
        self.callbacks.sort(key=lambda one: getattr(one, "works_last", False))
        for callback in self.callbacks:
            if getattr(callback, "works_last", False):
                callback.others = [one for one in self.callbacks if one is not callback]
        if model is not None:
            self.set_model(model)
        self.set_params(params)

    def append(self, callback: Any) -> None:
        """Add one more callback at the end."""
        self.callbacks.append(callback)

    def set_model(self, model: Any) -> None:
        """Give every callback the model; ``model.history`` becomes the History."""
        super().set_model(model)
        if self.history is not None:
            model.history = self.history
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: dict[str, Any]) -> None:
        """Give every callback the params."""
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    @contextmanager
    def whole_lines(self) -> Iterator[None]:
        """If the block is left by an error or Ctrl-C, end the progress line that is being drawn."""
        try:
            yield
        except BaseException:
            for callback in self.callbacks:
                if isinstance(callback, ProgbarLogger):
                    callback.leave_line()
            raise

    def wants_batches(self, mode: str) -> bool:
        """Whether any callback has hooks around every batch of "train", "test" or "predict"."""
        return any(
            callback.overrides_batch_hooks(mode)
            for callback in self.callbacks
            if not isinstance(callback, ProgbarLogger)
        )


def _hook(name: str) -> Any:
    arguments = 2 if "batch" in name or "epoch" in name else 1

    def call(self: CallbackList, *args: Any, **kwargs: Any) -> None:
        if len(args) < arguments and kwargs.get("logs") is None:
            # Callbacks may count on a dict.
            kwargs["logs"] = {}
        for callback in self.callbacks:
            getattr(callback, name)(*args, **kwargs)

    call.__signature__ = inspect.signature(getattr(Callback, name))  # type: ignore[attr-defined]
    call.__name__ = name
    call.__doc__ = getattr(Callback, name).__doc__
    return call


for _name in _HOOKS:
    setattr(CallbackList, _name, _hook(_name))


def _flatten(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    if isinstance(callbacks, Iterable) and not isinstance(callbacks, str):
        return [one for part in callbacks for one in _flatten(part)]
    return [callbacks]


def _check(position: int, callback: Any) -> None:
    if isinstance(callback, Callback):
        return
    hint = " Did you forget the parentheses?" if isinstance(callback, type) else ""
    raise InvalidArgumentError(
        "callbacks: expected instances of keras.callbacks.Callback, received at position "
        "{position}: {received!r}.{hint}",
        position=position,
        received=callback,
        hint=hint,
    )


def as_callback_list(callbacks: Any, model: Any, verbose: int, **params: Any) -> CallbackList:
    """The list that a training loop uses: user's callbacks, history, progress bar."""
    if isinstance(callbacks, CallbackList):
        return callbacks
    params["verbose"] = verbose
    return CallbackList(
        callbacks, add_history=True, add_progbar=verbose != 0, model=model, **params
    )


__all__ = ["CallbackList", "Logs", "as_callback_list"]
