"""Objects whose state is kept in a JSON file."""

from __future__ import annotations

import json
from typing import Any

from caudal.errors import DataLossError, NotFoundError
from caudal.io.durable import write_whole


class Stateful:
    """Something with `get_state` and `set_state`, which `save` and `reload` use."""

    def get_state(self) -> dict[str, Any]:
        """What must outlive the process, fit for JSON."""
        raise NotImplementedError

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` gave."""
        raise NotImplementedError

    def save(self, fname: Any) -> None:
        """Writes the state; the file is there whole or not at all."""
        write_json(fname, self.get_state())

    def reload(self, fname: Any) -> None:
        """Reads the state."""
        self.set_state(read_json(fname))


def write_json(path: Any, value: Any) -> None:
    """Replaces a JSON file."""
    write_whole(path, json.dumps(value, default=_plain).encode())


def read_json(path: Any) -> Any:
    """The content of a JSON file.

    Raises:
        NotFoundError: there is none.
        DataLossError: it holds something else.
    """
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        raise NotFoundError("There is no file {path!r}.", path=str(path)) from None
    except (ValueError, RecursionError) as error:
        raise DataLossError(
            "{path!r} is damaged: expected JSON ({reason}). Move it away, or pass overwrite=True "
            "to begin the search anew.",
            path=str(path),
            reason=error,
        ) from error


def _plain(value: Any) -> Any:
    """NumPy's numbers as Python's."""
    if hasattr(value, "item"):
        return value.item()
    raise TypeError(f"{type(value).__name__} does not fit into JSON")
