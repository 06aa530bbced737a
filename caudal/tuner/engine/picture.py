"""A search as a picture: scores over trials, and what values they had. Needs matplotlib."""

from __future__ import annotations

import io
import os
from typing import Any

from caudal.errors import FailedPreconditionError, InvalidArgumentError, MissingModuleError
from caudal.io.durable import write_whole
from caudal.tuner.engine.choices import Boolean, Choice, Fixed
from caudal.tuner.engine.hyperparameter import HyperParameter
from caudal.tuner.engine.oracle import Oracle
from caudal.tuner.engine.trial import Trial, TrialStatus

_KINDS = ("pdf", "png", "svg")
_PAPER = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 0.5}
_LETTERS: dict[str, Any] = {"fontsize": 8, "ha": "left", "va": "center", "bbox": _PAPER}


def draw_search(oracle: Oracle, to_file: Any = None) -> Any:
    """A matplotlib Figure of a search, also written to a png, svg or pdf file.

    Above, each trial's score and the best so far; below, a line for each trial through the values
    of its hyperparameters to its score. Every axis is in the scale in which values are drawn.

    Raises:
        MissingModuleError: matplotlib is not installed.
        FailedPreconditionError: no trial has a score yet.
        InvalidArgumentError: a file of another kind.
    """
    kind = "" if to_file is None else os.path.splitext(os.fspath(to_file))[1][1:].lower()
    if to_file is not None and kind not in _KINDS:
        raise InvalidArgumentError(
            "plot: to_file must end in {known}, received {received!r}.",
            known=", ".join("." + one for one in _KINDS),
            received=str(to_file),
        )
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingModuleError(
            "plot needs matplotlib: pip install 'caudal[plot]'. ({reason})", reason=error
        ) from error
    ended = [oracle.trials[key] for key in oracle.start_order]
    scored = [t for t in ended if t.status == TrialStatus.COMPLETED and t.score is not None]
    if not scored:
        raise FailedPreconditionError("plot: no trial has a score yet. Call search() first.")
    shown = searched(oracle, scored)
    figure = Figure(figsize=(max(7.0, 1.3 * len(shown) + 3), 7.5), layout="constrained")
    above, below = figure.subplots(2, 1)
    _scores(above, oracle, scored)
    _lines(below, oracle, scored, shown)
    if to_file is not None:
        data = io.BytesIO()
        figure.savefig(data, format=kind)
        write_whole(to_file, data.getvalue())
    return figure


def searched(oracle: Oracle, trials: list[Trial]) -> list[HyperParameter]:
    """The hyperparameters that a picture shows: one of each name, nothing fixed or of Hyperband."""
    named: dict[str, HyperParameter] = {}
    for hp in oracle.hyperparameters.space:
        used = any(hp.name in trial.hyperparameters.values for trial in trials)
        if used and not isinstance(hp, Fixed):
            named.setdefault(hp.name, hp)
    return list(named.values())


def _scores(axes: Any, oracle: Oracle, trials: list[Trial]) -> None:
    numbers = [oracle.start_order.index(trial.trial_id) + 1 for trial in trials]
    scores = [trial.score or 0.0 for trial in trials]
    pick = max if oracle.objective.direction == "max" else min
    best = [pick(scores[: i + 1]) for i in range(len(scores))]
    axes.plot(numbers, scores, "o", label="trial")
    axes.step(numbers, best, where="post", label="best so far")
    axes.set_xlabel("trial")
    axes.set_ylabel(oracle.objective.name)
    axes.legend()


def _lines(axes: Any, oracle: Oracle, trials: list[Trial], shown: list[HyperParameter]) -> None:
    scores = [trial.score or 0.0 for trial in trials]
    low, high = min(scores), max(scores)
    best = oracle.get_best_trials()[0]
    for trial, score in zip(trials, scores, strict=True):
        place = (score - low) / (high - low) if high > low else 0.5
        heights = [height(hp, trial.hyperparameters.values) for hp in shown]
        style = {"linewidth": 2.5, "zorder": 3} if trial is best else {"alpha": 0.6}
        # A value that does not count in this trial leaves a gap.
        axes.plot(range(len(shown) + 1), [*heights, place], color=_colour(place), **style)
    for at, hp in enumerate(shown):
        axes.axvline(at, color="0.6", linewidth=0.8)
        for place, text in _marks(hp):
            axes.annotate(text, (at, place), **_LETTERS)
    axes.axvline(len(shown), color="0.3")
    for place, value in ((0.0, low), (1.0, high)):
        axes.annotate(f" {value:.4g}", (len(shown), place), **_LETTERS)
    axes.set_xticks(range(len(shown) + 1), [*(hp.name for hp in shown), oracle.objective.name])
    axes.tick_params(axis="x", rotation=20)
    axes.set_yticks([])
    axes.set_ylim(-0.08, 1.08)


def height(hp: HyperParameter, values: dict[str, Any]) -> float:
    """Where a value stands on its axis, from 0 to 1; NaN where there is none."""
    if hp.name not in values:
        return float("nan")
    try:
        return hp.value_to_prob(values[hp.name])
    except ValueError:  # of another hyperparameter of that name
        return float("nan")


def _marks(hp: HyperParameter) -> list[tuple[float, str]]:
    """What is written on an axis: every choice, or both ends and the middle."""
    if isinstance(hp, Choice | Boolean):
        return [(hp.value_to_prob(value), f" {value}") for value in hp.values]
    found = {hp.prob_to_value(prob) for prob in (0.0, 0.5, 0.999999)}
    return [(hp.value_to_prob(value), f" {value:.3g}") for value in sorted(found)]


def _colour(place: float) -> Any:
    from matplotlib import colormaps

    return colormaps["viridis"](place)
