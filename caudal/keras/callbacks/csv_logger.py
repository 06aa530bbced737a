"""CSVLogger: the logs of every epoch in a file."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable
from typing import IO, Any

import numpy as np

from caudal.keras.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes ``epoch`` and every log, one line an epoch.

    separator: between two values.
    append: go on in an existing file, with its header.
    """

    def __init__(
        self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False
    ) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._file: IO[str] | None = None
        self._with_header = True

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Open the file."""
        self.keys = None
        self._with_header = True
        if self.append and os.path.exists(self.filename):
            with open(self.filename, encoding="utf-8") as existing:
                self._with_header = not existing.readline().strip()
        mode = "a" if self.append else "w"
        self._file = open(self.filename, mode, newline="", encoding="utf-8")  # noqa: SIM115

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write a line; metrics that this epoch lacks are NA."""
        if self._file is None:
            return
        logs = logs or {}
        first = self.keys is None
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                # Validation may come in later epochs only: keep its columns.
                self.keys += [f"val_{key}" for key in self.keys]
        writer = csv.DictWriter(self._file, ["epoch", *self.keys], delimiter=self.sep)
        if first and self._with_header:
            writer.writeheader()
        row: dict[str, Any] = {"epoch": epoch}
        row.update((key, _cell(logs.get(key, "NA"))) for key in self.keys)
        writer.writerow(row)
        self._file.flush()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _cell(value: Any) -> Any:
    if isinstance(value, str) or np.ndim(value) == 0:
        return value
    if isinstance(value, Iterable):
        return f'"[{", ".join(map(str, value))}]"'
    return value
