"""Settings of the whole process that ``keras.config`` shows: logging, limits of training."""

from __future__ import annotations

import logging
import os
from typing import Any

from caudal.errors import InvalidArgumentError

_switches: dict[str, Any] = {
    "interactive": True,
    "flash": None,
    "max_epochs": None,
    "max_steps_per_epoch": None,
}


def enable_interactive_logging() -> None:
    """Progress and messages are printed (the default)."""
    _switches["interactive"] = True


def disable_interactive_logging() -> None:
    """Progress and messages go to the logger "caudal" instead of being printed."""
    _switches["interactive"] = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress and messages are printed."""
    return bool(_switches["interactive"])


def enable_flash_attention() -> None:
    """Remembered: attention is compiled into fused kernels in any case."""
    _switches["flash"] = None


def disable_flash_attention() -> None:
    """Remembered: it changes nothing."""
    _switches["flash"] = False


def is_flash_attention_enabled() -> bool | None:
    """False if it was switched off, else None: up to the framework."""
    found: bool | None = _switches["flash"]
    return found


def max_epochs() -> int | None:
    """The most epochs that ``fit`` trains, or None. Also from the variable KERAS_MAX_EPOCHS."""
    return _limit("max_epochs")


def set_max_epochs(max_epochs: int | None) -> None:
    """Limits the epochs of every later ``fit``; None for no limit."""
    _set_limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The most batches of an epoch, or None. Also from KERAS_MAX_STEPS_PER_EPOCH."""
    return _limit("max_steps_per_epoch")


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limits the batches of every epoch, evaluation and prediction; None for no limit."""
    _set_limit("max_steps_per_epoch", max_steps_per_epoch)


def _limit(name: str) -> int | None:
    if _switches[name] is None:
        written = os.environ.get(f"KERAS_{name.upper()}", "")
        return int(written) if written.isdecimal() else None
    found: int = _switches[name]
    return found


def _set_limit(name: str, value: Any) -> None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise InvalidArgumentError(
            "set_{name}: expected a positive integer or None, received {value!r}.",
            name=name,
            value=value,
        )
    _switches[name] = value


def limited(value: int | None, limit: int | None) -> int | None:
    """The smaller of two, of which each may be None.

    >>> limited(5, 3), limited(None, 3), limited(5, None)
    (3, 3, 5)
    """
    if value is None or limit is None:
        return limit if value is None else value
    return min(value, limit)


def say(text: str) -> None:
    """Prints a line, or logs it where `disable_interactive_logging` was called."""
    if _switches["interactive"]:
        print(text, flush=True)
    else:
        logging.getLogger("caudal").info(text.strip())
