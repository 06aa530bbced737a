"""TensorBoard: losses, metrics and weights in event files."""

from __future__ import annotations

import json
import os
import time
import warnings
from typing import Any

import numpy as np

from caudal import summary
from caudal.errors import CaudalWarning, InvalidArgumentError, UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.keras.callbacks.callback import Callback, Logs


class TensorBoard(Callback):
    """Writes events to ``log_dir/train`` and ``log_dir/validation``, for TensorBoard to show.

    Metrics of an epoch are ``epoch_loss`` and so on; those of batches ``batch_loss``; those of an
    evaluation ``evaluation_loss_vs_iterations``.

    Args:
        log_dir: a folder that no other callback writes to.
        histogram_freq: every how many epochs to write histograms of the weights; 0 for never.
        write_graph: whether to write the model's configuration, which is shown as a graph.
        write_images: with the histograms, also the weights as pictures.
        write_steps_per_second: also how many steps were made a second.
        update_freq: 'epoch', 'batch', or every how many batches to write the batch's metrics.
        profile_batch: there is no profiler: anything but 0 warns.
        embeddings_freq, embeddings_metadata: not supported.
    """

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        if update_freq not in ("epoch", "batch") and not isinstance(update_freq, int):
            raise InvalidArgumentError(
                "TensorBoard: expected update_freq 'epoch', 'batch' or an integer, "
                "received {received!r}.",
                received=update_freq,
            )
        if embeddings_freq or embeddings_metadata:
            raise UnimplementedError(
                "TensorBoard: embeddings_freq and embeddings_metadata are not implemented; write "
                "the table with numpy.savetxt and load it into the projector by hand."
            )
        if profile_batch:
            message = "TensorBoard: there is no profiler; profile_batch has no effect."
            warnings.warn(CaudalWarning(message), stacklevel=2)
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self._writers: dict[str, Any] = {}
        self._step = self._epoch_step = 0
        self._epoch_started = self._batch_started = 0.0

    def overrides_batch_hooks(self, mode: str) -> bool:
        """Only for training, and only if batches are written."""
        return mode == "train" and self.update_freq != "epoch"

    def _writer(self, part: str) -> Any:
        if part not in self._writers:
            folder = os.path.join(self.log_dir, part)
            self._writers[part] = summary.create_file_writer(folder)
        return self._writers[part]

    def _write(self, part: str, values: dict[str, Any], step: int) -> None:
        if not values:
            return
        with self._writer(part).as_default(step):
            for name, value in values.items():
                summary.scalar(name, np.float32(value))

    # --- hooks ----------------------------------------------------------------------------------

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Write the model's configuration."""
        self._step = int(self.model.optimizer.iterations) if self.model.optimizer else 0
        if not self.write_graph:
            return
        try:
            config = self.model.to_json()
        except (TypeError, ValueError, NotImplementedError):
            return  # a subclassed model without a configuration has no graph to show
        about = _Metadata("graph_keras_model", b"1")
        with self._writer("train").as_default(0):
            summary.write("keras", convert_to_tensor(json.dumps(json.loads(config))), 0, about)

    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None:
        """Start the clock."""
        self._epoch_step, self._epoch_started = self._iterations(), time.time()

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Start the clock."""
        self._step += 1
        self._batch_started = time.time()

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Write the metrics of the batch, every so many."""
        if self.update_freq == "epoch" or self._step % self.update_freq:
            return
        values: dict[str, Any] = {}
        if self.write_steps_per_second:
            elapsed = max(time.time() - self._batch_started, 1e-9)
            values["batch_steps_per_second"] = 1.0 / elapsed
        values.update((f"batch_{name}", value) for name, value in (logs or {}).items())
        self._write("train", values, self._step)

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write the metrics of the epoch, and the weights every so many epochs."""
        logs = logs or {}
        train = {k: v for k, v in logs.items() if not k.startswith("val_")}
        validation = {k[4:]: v for k, v in logs.items() if k.startswith("val_")}
        if "learning_rate" not in train and self.model.optimizer is not None:
            train["learning_rate"] = float(self.model.optimizer.learning_rate)
        values = {f"epoch_{name}": value for name, value in train.items()}
        if self.write_steps_per_second:
            elapsed = max(time.time() - self._epoch_started, 1e-9)
            values["epoch_steps_per_second"] = (self._iterations() - self._epoch_step) / elapsed
        self._write("train", values, epoch)
        self._write("validation", {f"epoch_{k}": v for k, v in validation.items()}, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)

    def on_test_end(self, logs: Logs | None = None) -> None:
        """Write the metrics of an evaluation against the number of updates so far."""
        if self.model.optimizer is None:
            return
        values = {f"evaluation_{k}_vs_iterations": v for k, v in (logs or {}).items()}
        self._write("validation", values, self._iterations())

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Close the files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    # --- weights --------------------------------------------------------------------------------

    def _iterations(self) -> int:
        return int(self.model.optimizer.iterations)

    def _write_weights(self, epoch: int) -> None:
        with self._writer("train").as_default(epoch):
            for layer in self.model.layers:
                for weight in layer.weights:
                    summary.histogram(f"{weight.path}/histogram", weight)
                    picture = _picture(weight.numpy()) if self.write_images else None
                    if picture is not None:
                        summary.image(f"{weight.path}/image", picture)


class _Metadata:
    """A SummaryMetadata message."""

    def __init__(self, plugin: str, content: bytes) -> None:
        from caudal.summary import events

        self._bytes = events.metadata(plugin, content)

    def SerializeToString(self) -> bytes:
        """Its bytes."""
        return self._bytes


def _picture(weight: np.ndarray[Any, Any]) -> np.ndarray[Any, Any] | None:
    """A weight as grey pictures [count, height, width, 1], if it has one to three axes."""
    values = np.squeeze(weight)
    if values.ndim == 1:
        return values.reshape(1, -1, 1, 1)
    if values.ndim == 2:
        # Lying, rather than standing.
        wide = values.T if values.shape[0] > values.shape[1] else values
        return wide[None, :, :, None]
    if values.ndim == 3:
        return np.transpose(values, (2, 0, 1))[..., None]
    return None
