"""What a search prints: a table when a trial begins, its score when it ends."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import rich.box
import rich.console
import rich.markup
import rich.table

_WIDTH = 18


class Display:
    """Prints an oracle's trials; with ``verbose`` 0 nothing."""

    def __init__(self, oracle: Any, verbose: int = 1) -> None:
        self.oracle = oracle
        self.verbose = verbose
        self.search_start: datetime | None = None
        self.trial_start: dict[str, datetime] = {}
        self.trial_number: dict[str, int] = {}

    def get_state(self) -> dict[str, Any]:
        """When the search and its trials began, fit for JSON."""
        start = self.search_start
        return {
            "search_start": start.isoformat() if start else None,
            "trial_start": {key: at.isoformat() for key, at in self.trial_start.items()},
            "trial_number": dict(self.trial_number),
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` gave."""
        start = state["search_start"]
        self.search_start = datetime.fromisoformat(start) if start else None
        self.trial_start = {
            key: datetime.fromisoformat(at) for key, at in state["trial_start"].items()
        }
        self.trial_number = dict(state["trial_number"])

    def on_trial_begin(self, trial: Any) -> None:
        """Shows the values of a trial beside the best ones so far."""
        now = datetime.now()
        self.trial_start[trial.trial_id] = now
        self.search_start = self.search_start or now
        self.trial_number.setdefault(trial.trial_id, len(self.oracle.trials))
        if self.verbose < 1:
            return
        print(f"\nSearch: trial {self.trial_number[trial.trial_id]} of {self._planned()}\n")
        values = trial.hyperparameters.values
        if not values:
            print("default configuration")
            return
        best = self._best()
        known = best.hyperparameters.values if best is not None else {}
        shown = rich.table.Table(
            "Value", "Best value so far", "Hyperparameter", box=rich.box.ASCII2
        )
        for name, value in values.items():
            before = _short(known[name]) if name in known else "?"
            shown.add_row(*map(rich.markup.escape, (_short(value), before, name)))
        rich.console.Console(highlight=False).print(shown)

    def on_trial_end(self, trial: Any) -> None:
        """Shows how a trial ended, and the best score so far."""
        if self.verbose < 1:
            return
        now = datetime.now()
        number = self.trial_number.get(trial.trial_id, "?")
        spent = _duration(now - self.trial_start.get(trial.trial_id, now))
        objective = self.oracle.objective.name
        score = f", {objective} {_short(trial.score)}" if trial.score is not None else ""
        print(f"Trial {number}: {trial.status.lower()} after {spent}{score}")
        if trial.message:
            print(trial.message.rstrip().rpartition("\n")[2])
        best = self._best()
        if best is not None:
            print(f"Best {objective} so far: {_short(best.score)} (trial {best.trial_id})")
        print(f"Total time: {_duration(now - (self.search_start or now))}")

    def _planned(self) -> str:
        return str(self.oracle.max_trials or "a number that the search decides")

    def _best(self) -> Any:
        found = self.oracle.get_best_trials()
        return found[0] if found and found[0].score is not None else None


def _short(value: Any) -> str:
    """A value in a table: five digits, or the beginning of a text.

    >>> _short(0.123456789), _short("a name that goes on and on")
    ('0.12346', 'a name that goes …')
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.5g}"
    text = str(value)
    return text if len(text) <= _WIDTH else text[: _WIDTH - 1] + "…"


def _duration(spent: timedelta) -> str:
    """Hours, minutes and seconds.

    >>> _duration(timedelta(days=1, seconds=62))
    '24h 01m 02s'
    """
    minutes, seconds = divmod(round(spent.total_seconds()), 60)
    return f"{minutes // 60:02d}h {minutes % 60:02d}m {seconds:02d}s"
