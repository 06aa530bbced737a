"""What a trial returned, as metrics: a float, a dict, a History, or a list of these."""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import Any

import numpy as np

from caudal.errors import did_you_mean
from caudal.keras.callbacks import History
from caudal.tuner.engine.objective import DefaultObjective, Objective
from caudal.tuner.errors import FatalTypeError, FatalValueError


def metrics_of(results: Any, objective: Objective, source: str) -> dict[str, float]:
    """A trial's metrics; those of several executions are averaged.

    A History counts with its best epoch.

    Raises:
        FatalTypeError: ``source`` returned something else, or what an objective is needed for.
        FatalValueError: the objective is not among the metrics.
    """
    if isinstance(results, list):
        every = [metrics_of(one, objective, source) for one in results]
        gathered: defaultdict[str, list[float]] = defaultdict(list)
        for one in every:
            for name, value in one.items():
                gathered[name].append(value)
        return {name: float(np.mean(values)) for name, values in gathered.items()}
    if isinstance(results, int | float | np.number):
        return {objective.name: float(results)}
    if results is None or not isinstance(results, dict | History):
        raise FatalTypeError(
            "{source}: expected a float, a dict of metrics, a History or a list of these to be "
            "returned, received {results!r}.",
            source=source,
            results=results,
        )
    if isinstance(results, History):
        return _epochs(results, objective, source)[best_step(results, objective, source)]
    return _with_objective(results, objective, source)


def best_step(results: Any, objective: Objective, source: str) -> int:
    """The index of a History's best epoch, averaged over executions; 0 of anything else."""
    if isinstance(results, list):
        found = [best_step(one, objective, source) for one in results]
        return int(statistics.mean(found)) if found else 0
    if not isinstance(results, History):
        return 0
    best = 0
    epochs = _epochs(results, objective, source)
    for epoch, logs in enumerate(epochs):
        if objective.better_than(logs[objective.name], epochs[best][objective.name]):
            best = epoch
    return best


def _epochs(history: Any, objective: Objective, source: str) -> list[dict[str, float]]:
    """A History's logs, epoch by epoch, with the objective in each."""
    count = max(map(len, history.history.values()), default=0)
    if not count:
        raise FatalValueError(
            "{source}: fit trained no epoch, so there is no {name!r}. Check epochs and "
            "initial_epoch.",
            source=source,
            name=objective.name,
        )
    epochs: list[dict[str, float]] = [{} for _ in range(count)]
    for name, values in history.history.items():
        for epoch, value in enumerate(values):
            epochs[epoch][name] = value
    # Validation may not be done at every epoch: those without the objective cannot be best.
    whole = [logs for logs in epochs if objective.has_value(logs)] or epochs[-1:]
    return [_with_objective(logs, objective, source) for logs in whole]


def _with_objective(logs: dict[str, Any], objective: Objective, source: str) -> dict[str, Any]:
    if objective.name in logs:
        return logs
    lacking = objective.missing(logs)
    if not lacking:
        return {**logs, objective.name: objective.get_value(logs)}
    if isinstance(objective, DefaultObjective):
        raise FatalTypeError(
            "{source}: without an objective one float must be returned, received {found}. Name "
            "the metric: objective='val_loss'.",
            source=source,
            found=", ".join(map(str, logs)) or "nothing",
        )
    raise FatalValueError(
        "{source}: the objective {lacking} is not among the metrics {found}.{hint} Measure it: "
        "compile(metrics=[...]), search(validation_data=...).",
        source=source,
        lacking=", ".join(map(repr, lacking)),
        found=", ".join(map(str, logs)) or "(none)",
        hint=did_you_mean(lacking[0], [str(name) for name in logs]),
    )
