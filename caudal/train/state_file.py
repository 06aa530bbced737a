"""The file ``checkpoint`` of a folder: which checkpoints there are, and which is the latest."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any

from caudal.errors import DataLossError
from caudal.io.durable import write_whole

STATE_FILE = "checkpoint"
_LINE = re.compile(r'\s*(\w+):\s*(?:"((?:[^"\\]|\\.)*)"|([-+.\w]+))\s*$')
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass
class CheckpointState:
    """A folder's checkpoints, oldest first, and the times when they were saved, in seconds."""

    model_checkpoint_path: str = ""
    all_model_checkpoint_paths: list[str] = field(default_factory=list)
    all_model_checkpoint_timestamps: list[float] = field(default_factory=list)
    last_preserved_timestamp: float | None = None

    def __repr__(self) -> str:
        return "".join(line + "\n" for line in self._lines())

    def _lines(self) -> list[str]:
        found = [f'model_checkpoint_path: "{_escaped(self.model_checkpoint_path)}"']
        for path in self.all_model_checkpoint_paths:
            found.append(f'all_model_checkpoint_paths: "{_escaped(path)}"')
        for time in self.all_model_checkpoint_timestamps:
            found.append(f"all_model_checkpoint_timestamps: {time!r}")
        if self.last_preserved_timestamp is not None:
            found.append(f"last_preserved_timestamp: {self.last_preserved_timestamp!r}")
        return found


def _escaped(text: str) -> str:
    return re.sub(r'[\\"]', lambda match: "\\" + match[0], text).replace("\n", "\\n")


def _unescaped(text: str) -> str:
    data = re.sub(
        rb"\\([0-7]{1,3}|.)",
        lambda match: (
            bytes([int(match[1], 8) & 255])
            if match[1][:1].isdigit()
            else _ESCAPES.get(match[1].decode(), match[1].decode("utf-8", "replace")).encode()
        ),
        text.encode(),
    )
    return data.decode("utf-8", "replace")


def write_state(folder: str, state: CheckpointState, name: str | None = None) -> None:
    """Writes the file; paths inside the folder are written relative to it."""
    relative = CheckpointState(
        _relative(folder, state.model_checkpoint_path),
        [_relative(folder, path) for path in state.all_model_checkpoint_paths],
        state.all_model_checkpoint_timestamps,
        state.last_preserved_timestamp,
    )
    write_whole(os.path.join(folder, name or STATE_FILE), repr(relative).encode())


def _relative(folder: str, path: str) -> str:
    """A path as it is written: relative where it lies inside the folder, so that it can move."""
    found = os.path.relpath(os.path.abspath(path), os.path.abspath(folder))
    return os.path.abspath(path) if found.startswith(os.pardir) else found


def read_state(folder: str, name: str | None = None) -> CheckpointState | None:
    """The content of a folder's file, None if there is none; paths lead from here.

    Raises:
        DataLossError: the file is damaged.
    """
    path = os.path.join(folder, name or STATE_FILE)
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read(1 << 24).splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    found = CheckpointState()
    for line in filter(str.strip, lines):
        _take(found, line, path)
    if not found.model_checkpoint_path:
        raise _damaged(path, "it names no checkpoint")

    def here(one: str) -> str:
        return one if os.path.isabs(one) else os.path.join(folder, one)

    found.model_checkpoint_path = here(found.model_checkpoint_path)
    found.all_model_checkpoint_paths = [here(one) for one in found.all_model_checkpoint_paths]
    if found.model_checkpoint_path not in found.all_model_checkpoint_paths:
        found.all_model_checkpoint_paths.append(found.model_checkpoint_path)
    return found


def _take(state: CheckpointState, line: str, path: str) -> None:
    match = _LINE.match(line)
    if match is None:
        raise _damaged(path, f"the line {line[:80]!r}")
    key, text, number = match.groups()
    value: Any = _unescaped(text) if text is not None else _float(number, path)
    if key in ("model_checkpoint_path", "last_preserved_timestamp"):
        setattr(state, key, value)
    elif key in ("all_model_checkpoint_paths", "all_model_checkpoint_timestamps"):
        getattr(state, key).append(value)


def _float(text: str, path: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise _damaged(path, f"the number {text!r}") from error


def _damaged(path: str, reason: str) -> DataLossError:
    return DataLossError("{path}: the file is damaged: {reason}.", path=path, reason=reason)


def get_checkpoint_state(
    checkpoint_dir: Any, latest_filename: str | None = None
) -> CheckpointState | None:
    """What a folder's state file says, None if there is none."""
    return read_state(os.fspath(checkpoint_dir), latest_filename)


def exists(prefix: str) -> bool:
    """Whether there is a checkpoint of that name."""
    return os.path.isfile(f"{prefix}.index")


def latest_checkpoint(checkpoint_dir: Any, latest_filename: str | None = None) -> str | None:
    """The path of the checkpoint that was saved last in a folder, None if there is none.

    >>> latest_checkpoint("no such folder") is None
    True
    """
    state = get_checkpoint_state(checkpoint_dir, latest_filename)
    if state is not None and exists(state.model_checkpoint_path):
        return state.model_checkpoint_path
    return None
