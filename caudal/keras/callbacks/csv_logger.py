"""CSVLogger: the logs of every epoch in a file."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from typing import Any

import numpy as np

from caudal.io.durable import write_whole
from caudal.keras.callbacks.callback import Callback, Logs


class CSVLogger(Callback):
    """Writes ``epoch`` and every log, one line an epoch. The file is whole at any time.

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
        self._text = ""

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Begin a text, or go on with that of the file."""
        self.keys = None
        self._text = ""
        if self.append and os.path.exists(self.filename):
            with open(self.filename, newline="", encoding="utf-8") as existing:
                self._text = existing.read()

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Write a line; metrics that this epoch lacks are NA."""
        logs = logs or {}
        first = self.keys is None
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(key.startswith("val_") for key in self.keys):
                # Validation may come in later epochs only: keep its columns.
                self.keys += [f"val_{key}" for key in self.keys]
        lines = io.StringIO(newline="")
        writer = csv.DictWriter(lines, ["epoch", *self.keys], delimiter=self.sep)
        if first and not self._text.strip():
            self._text = ""
            writer.writeheader()
        row: dict[str, Any] = {"epoch": epoch}
        row.update((key, _cell(logs.get(key, "NA"))) for key in self.keys)
        writer.writerow(row)
        self._text += lines.getvalue()
        self._write()

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Leave a file also where there was no epoch."""
        self._write()

    def _write(self) -> None:
        write_whole(self.filename, self._text.encode())


def _cell(value: Any) -> Any:
    if isinstance(value, str) or np.ndim(value) == 0:
        return value
    if isinstance(value, Iterable):
        return f'"[{", ".join(map(str, value))}]"'
    return value
