"""Progbar: Keras's progress line, in a terminal, a notebook and a plain log."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.keras.engine.switches import is_interactive_logging_enabled, say

Values = Sequence[tuple[str, Any]]


class Progbar:
    """Prints how far ``target`` steps have come.

    target: number of steps, or None if unknown.
    width: characters of the bar.
    verbose: 0 silent, 1 a bar, 2 one line at the end.
    interval: least seconds between two redraws.
    stateful_metrics: names of values that are shown as they are, the others being averaged over
        the steps; "all" for every one.
    stateless_metrics: instead, names of values that are averaged; the others are shown as they are.
    unit_name: what a step is called.

    A terminal or notebook sees the line redrawn in place. Any other output (a file, a pipe)
    gets the finished line only, without colours.
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Sequence[str] | str | None = None,
        stateless_metrics: Sequence[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise InvalidArgumentError(
                "Progbar: only one of `stateful_metrics` and `stateless_metrics` may be given."
            )
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = interval
        self.unit_name = unit_name
        self._all_stateful = stateful_metrics == "all" or stateless_metrics is not None
        self.stateless_metrics = set(stateless_metrics or ())
        self.stateful_metrics = set() if self._all_stateful else set(stateful_metrics or ())
        self._totals: dict[str, tuple[float, float]] = {}
        self._latest: dict[str, Any] = {}
        self._seen = 0
        self._start = time.monotonic()
        self._after_first: float | None = None
        self._drawn_at = 0.0
        self._drawn_length = 0
        self._finished = False

    def update(
        self, current: int, values: Values | None = None, finalize: bool | None = None
    ) -> None:
        """Show that ``current`` steps are done; ``values`` are (name, value) pairs.

        Values are averaged over the steps, but those named in ``stateful_metrics`` (or with
        "all", every one) are shown as they are, and so is what the last update gives.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        self._store(current, values or (), finalize)
        now = time.monotonic()
        if current >= 1 and self._after_first is None:
            self._after_first = now
            self._first_step = current
        self._seen = current
        if self.verbose == 1:
            self._draw(current, now, finalize)
        elif self.verbose == 2 and finalize:
            count = self.target if self.target is not None else current
            pace = self._pace(current, now)
            line = (
                f"{current}/{count} - {now - self._start:.0f}s -{_per_unit(pace, self.unit_name)}"
            )
            say(line + self._metrics())

    def add(self, n: int, values: Values | None = None) -> None:
        """Show that ``n`` more steps are done."""
        self.update(self._seen + n, values)

    def leave_line(self) -> None:
        """Go to a new line if one is half drawn."""
        if self._drawn_length:
            sys.stdout.write("\n")
            sys.stdout.flush()
            self._drawn_length = 0

    def _store(self, current: int, values: Values, last: bool) -> None:
        for name, value in values:
            stateless = name in self.stateless_metrics
            if not stateless and (self._all_stateful or name in self.stateful_metrics):
                self._latest[name] = value
                continue
            # Of several values the mean is shown.
            value = float(np.mean(value)) if np.ndim(value) else value
            if last:
                self._totals.pop(name, None)  # the last update gives the whole result, as in Keras
            weight = max(current - self._seen, 1)
            total, count = self._totals.get(name, (0.0, 0.0))
            self._totals[name] = (total + value * weight, count + weight)
            self._latest[name] = self._totals[name][0] / self._totals[name][1]

    def _draw(self, current: int, now: float, finalize: bool) -> None:
        dynamic, coloured = _display()
        interactive = is_interactive_logging_enabled()
        dynamic, coloured = dynamic and interactive, coloured and interactive
        if not finalize and (not dynamic or now - self._drawn_at < self.interval):
            return
        self._drawn_at = now
        pace = self._pace(current, now)
        if finalize or self.target is None:
            clock = now - self._start
        else:
            clock = pace * (self.target - current)
        line = self._bar(current, coloured)
        line += f" {_bold(_clock(clock), coloured)}{_per_unit(pace, self.unit_name)}"
        line += self._metrics()
        if not interactive:
            say(line)
            return
        if dynamic:
            padding = " " * max(self._drawn_length - len(line), 0)
            self._drawn_length = len(line)
            line = "\r" + line + padding
        sys.stdout.write(line + ("\n" if finalize else ""))
        sys.stdout.flush()

    def _bar(self, current: int, coloured: bool) -> str:
        if self.target is None:
            return _bold(f"{current:7d}/Unknown", coloured)
        digits = len(str(self.target))
        done = int(self.width * min(current / self.target, 1.0)) if self.target else self.width
        head = _bold(f"{current:{digits}d}/{self.target}", coloured)
        left, right = "━" * done, "━" * (self.width - done)
        if coloured:
            return f"{head} \x1b[32m{left}\x1b[0m\x1b[37m{right}\x1b[0m"
        return f"{head} {left}{right}"

    def _pace(self, current: int, now: float) -> float:
        # The first step compiles: leave it out as soon as there are others.
        if self._after_first is not None and current > self._first_step:
            return (now - self._after_first) / (current - self._first_step)
        return (now - self._start) / max(current, 1)

    def _metrics(self) -> str:
        return "".join(f" - {name}: {_number(value)}" for name, value in self._latest.items())


def _number(value: Any) -> str:
    try:
        number = float(np.mean(value))
    except (TypeError, ValueError):
        return str(value)
    return f"{number:.4f}" if abs(number) > 1e-3 else f"{number:.4e}"


def _bold(text: str, coloured: bool) -> str:
    return f"\x1b[1m{text}\x1b[0m" if coloured else text


def _display() -> tuple[bool, bool]:
    """Whether the output can be redrawn in place, and whether it understands colours."""
    if "ipykernel" in sys.modules:
        return True, True
    isatty = getattr(sys.stdout, "isatty", None)
    terminal = bool(isatty and isatty())
    return terminal, terminal


def _clock(seconds: float) -> str:
    whole = int(seconds)
    if whole > 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if whole > 60:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole}s"


def _per_unit(seconds: float, unit: str) -> str:
    if seconds >= 1 or seconds == 0:
        return f" {seconds:.0f}s/{unit}"
    if seconds >= 1e-3:
        return f" {seconds * 1e3:.0f}ms/{unit}"
    return f" {seconds * 1e6:.0f}us/{unit}"
