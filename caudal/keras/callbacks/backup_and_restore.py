"""BackupAndRestore: a training that is killed goes on where its last backup was made."""

from __future__ import annotations

import glob
import os
import warnings
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning, DataLossError, InvalidArgumentError
from caudal.io.durable import remove, replace, sync_folder
from caudal.keras.callbacks.callback import Callback, Logs
from caudal.keras.callbacks.progbar_logger import ProgbarLogger
from caudal.keras.training import plain_data

_LATEST, _BEFORE = "latest.weights.h5", "previous.weights.h5"


class BackupAndRestore(Callback):
    """Save the whole state of `fit` to ``backup_dir``; the next `fit` goes on from there.

    The same program, started again after it was killed, ends with the same weights, bit for bit:
    the backup holds weights, optimizer, metrics, random states (of the layers, of
    ``tf.random``, ``numpy.random`` and ``random``), the plain attributes of all other callbacks
    (best value, patience, history), epoch, batch, and the place in the data. Generators are read
    through to their place; what a map function keeps for itself is not known.

    save_freq: "epoch", or a number of batches.
    double_checkpoint: keep the backup before the last one, too.
    delete_checkpoint: delete the backup when `fit` is through.

    Of several callbacks, whatever their order, this one is called last.
    """

    works_last = True

    def __init__(
        self,
        backup_dir: Any,
        save_freq: Any = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
        save_before_preemption: bool = False,
    ) -> None:
        super().__init__()
        if backup_dir is None or not os.fspath(backup_dir):
            raise InvalidArgumentError("Empty `backup_dir` argument passed")
        whole = isinstance(save_freq, int) and not isinstance(save_freq, bool) and save_freq >= 1
        if save_freq != "epoch" and not whole:
            raise InvalidArgumentError(
                "Invalid value for argument `save_freq`. Received: save_freq={value!r}. Expected "
                "either 'epoch' or a positive integer value.",
                value=save_freq,
            )
        if save_before_preemption:
            raise InvalidArgumentError(
                "BackupAndRestore: save_before_preemption=True is for clusters and not supported."
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self.others: list[Any] = []
        self._baseline: list[dict[str, Any]] = []
        self._pending: tuple[str, dict[str, Any]] | None = None
        self._batches = 0
        self._last_batch = -1

    def overrides_batch_hooks(self, mode: str) -> bool:
        """Batches matter only where they are counted."""
        return mode == "train" and self.save_freq != "epoch"

    def _path(self, name: str = _LATEST) -> str:
        return os.path.join(self.backup_dir, name)

    # --- hooks --------------------------------------------------------------------------------

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Go on with what an earlier run has left."""
        self._baseline = [plain_data.attributes(one) for one in self._watched()]
        self._batches, self._last_batch = 0, -1
        self._sweep()
        self._pending = self._read()
        if self._pending is None:
            return
        state = self._pending[1]
        self.model._training.position.resumed = state["epoch"]
        if not state["batch"]:
            self._apply()

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Go on within an epoch, when what begins it is done."""
        self._last_batch = -1
        if self._pending is not None:
            self._last_batch = self._pending[1]["batch"] - 1
            self._apply()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Save every ``save_freq`` batches."""
        if self.save_freq == "epoch":
            return
        self._batches += batch - self._last_batch
        self._last_batch = batch
        if self._batches >= self.save_freq:
            self._batches = 0
            self._save(self.model._training.position.epoch, batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Save after an epoch."""
        if self.save_freq == "epoch":
            self._save(epoch + 1, 0)

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Delete the backup."""
        if not self.delete_checkpoint:
            return
        for name in (_LATEST, _BEFORE):
            remove(self._path(name))
        if os.path.isdir(self.backup_dir) and not os.listdir(self.backup_dir):
            os.rmdir(self.backup_dir)
            sync_folder(os.path.dirname(os.path.abspath(self.backup_dir)))

    def _sweep(self) -> None:
        """Removes what a killed run had begun to write."""
        for name in (_LATEST, _BEFORE):
            for path in glob.glob(glob.escape(self._path(f".{name}.")) + "*.tmp"):
                remove(path)

    # --- the state ----------------------------------------------------------------------------

    def _watched(self) -> list[Any]:
        return [one for one in self.others if not isinstance(one, ProgbarLogger)]

    def _save(self, epoch: int, batch: int) -> None:
        from caudal.keras.saving.backup_file import write_backup

        model = self.model
        state = {
            "epoch": epoch,
            "batch": batch,
            "batches": self._batches,
            "position": model._training.position.state(batch),
            "variables": [variable.numpy() for variable in _beside_weights(model)],
            "stop_training": bool(model.stop_training),
            "callbacks": [
                [type(one).__name__, _changes(one, before)]
                for one, before in zip(self._watched(), self._baseline, strict=True)
            ],
        }
        if self.double_checkpoint and os.path.exists(self._path()):
            replace(self._path(), self._path(_BEFORE))
        write_backup(self._path(), model, state)

    def _read(self) -> tuple[str, dict[str, Any]] | None:
        """The latest backup that can be read."""
        from caudal.keras.saving.backup_file import read_backup

        paths = [self._path(name) for name in (_LATEST, _BEFORE)]
        paths = [path for path in paths if os.path.isfile(path)]
        for path in paths:
            try:
                return path, read_backup(path)
            except DataLossError as error:
                if path == paths[-1]:
                    raise
                warnings.warn(
                    f"BackupAndRestore: {error} The backup before it is taken.",
                    CaudalWarning,
                    stacklevel=2,
                )
        return None

    def _apply(self) -> None:
        from caudal.keras.saving.backup_file import read_backup_weights

        assert self._pending is not None
        path, state = self._pending
        self._pending = None
        model = self.model
        model._training.position.go_to(state["position"], state["epoch"], state["batch"])
        read_backup_weights(path, model)
        variables = _beside_weights(model)
        if len(variables) != len(state["variables"]):
            raise InvalidArgumentError(
                "BackupAndRestore: the backup in {path!r} holds {received} states of metrics and "
                "random numbers, the model has {expected}. It is of another program: delete it.",
                path=path,
                received=len(state["variables"]),
                expected=len(variables),
            )
        for variable, value in zip(variables, state["variables"], strict=True):
            variable.assign(np.asarray(value, variable.dtype.np_dtype))
        model.stop_training = state["stop_training"]
        self._batches = state["batches"]
        self._restore_callbacks(state["callbacks"])

    def _restore_callbacks(self, states: list[Any]) -> None:
        watched = self._watched()
        names = [type(one).__name__ for one in watched]
        if names != [name for name, _ in states]:
            warnings.warn(
                f"BackupAndRestore: the callbacks are {names}, in the backup they are "
                f"{[name for name, _ in states]}; their states are not restored.",
                CaudalWarning,
                stacklevel=2,
            )
            return
        for one, (_, changes) in zip(watched, states, strict=True):
            for name, value in changes.items():
                setattr(one, name, value)


def _changes(callback: Any, before: dict[str, Any]) -> dict[str, Any]:
    """The plain attributes that are not what they were when training began."""
    now = plain_data.attributes(callback)
    return {name: value for name, value in now.items() if not _equal(value, before.get(name, now))}


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return type(a) is type(b) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, list | tuple) and type(a) is type(b):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    return type(a) is type(b) and bool(a == b)


def _beside_weights(model: Any) -> list[Any]:
    """The states that no file of weights has: of metrics, and of layers' random numbers."""
    found = [variable for metric in model.metrics for variable in metric.variables]
    for layer in model._flatten_layers():
        found += [seed.state for seed in layer._seed_generators]
        found += [variable for metric in layer._metrics for variable in metric.variables]
    return list({id(variable): variable for variable in found}.values())
