"""``Trial``: one combination of values, what it measured, and how it ended."""

from __future__ import annotations

import uuid
from typing import Any

from caudal.errors import DataLossError
from caudal.namespaces import strict
from caudal.tuner.engine.hyperparameters import HyperParameters
from caudal.tuner.engine.metrics_tracking import MetricsTracker
from caudal.tuner.engine.stateful import Stateful, read_json

__all__ = ["Trial", "TrialStatus", "generate_trial_id"]


class TrialStatus:
    """What a trial can be.

    RUNNING: to be run. IDLE: wait, the oracle needs others' results. STOPPED: the search is over.
    COMPLETED: it has a score. INVALID: it went wrong and may be tried again. FAILED: it will not.
    """

    RUNNING = "RUNNING"
    IDLE = "IDLE"
    INVALID = "INVALID"
    STOPPED = "STOPPED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class Trial(Stateful):
    """Hyperparameters with values, metrics, ``score`` and ``status``.

    message: the traceback of a trial that went wrong.
    """

    def __init__(
        self,
        hyperparameters: HyperParameters,
        trial_id: str | None = None,
        status: str = TrialStatus.RUNNING,
        message: str | None = None,
    ) -> None:
        self.hyperparameters = hyperparameters
        self.trial_id = generate_trial_id() if trial_id is None else trial_id
        self.metrics = MetricsTracker()
        self.score: float | None = None
        self.best_step: int | None = 0
        self.status = status
        self.message = message

    def summary(self) -> None:
        """Prints the trial: number, values, score, and what went wrong."""
        print(f"Trial {self.trial_id} summary")
        print("Hyperparameters:")
        self.display_hyperparameters()
        if self.score is not None:
            print(f"Score: {self.score}")
        if self.message is not None:
            print(self.message)

    def display_hyperparameters(self) -> None:
        """Prints the values, a line each."""
        for name, value in self.hyperparameters.values.items():
            print(f"{name}: {value}")
        if not self.hyperparameters.values:
            print("default configuration")

    def get_state(self) -> dict[str, Any]:
        """The trial, fit for JSON."""
        return {
            "trial_id": self.trial_id,
            "hyperparameters": self.hyperparameters.get_config(),
            "metrics": self.metrics.get_config(),
            "score": self.score,
            "best_step": self.best_step,
            "status": self.status,
            "message": self.message,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        """Becomes what `get_state` gave."""
        self.trial_id = state["trial_id"]
        self.hyperparameters = HyperParameters.from_config(state["hyperparameters"])
        self.metrics = MetricsTracker.from_config(state["metrics"])
        self.score, self.best_step = state["score"], state["best_step"]
        self.status, self.message = state["status"], state["message"]

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> Trial:
        """The trial that `get_state` described."""
        made = cls(HyperParameters(), trial_id="")
        made.set_state(state)
        return made

    @classmethod
    def load(cls, fname: Any) -> Trial:
        """The trial of a file.

        Raises:
            DataLossError: the file does not describe one.
        """
        try:
            return cls.from_state(read_json(fname))
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise DataLossError(
                "{path!r} is damaged: expected a trial ({reason!r}).",
                path=str(fname),
                reason=error,
            ) from error

    def __repr__(self) -> str:
        return f"<Trial {self.trial_id} {self.status}, score {self.score}>"


def generate_trial_id() -> str:
    """A new identifier that nobody has."""
    return uuid.uuid4().hex


__getattr__ = strict(__name__, label="keras_tuner.engine.trial")
