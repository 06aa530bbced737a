"""What importlib.metadata is told about `tensorflow` and `keras`."""

from __future__ import annotations

import os
from importlib.metadata import Distribution
from pathlib import Path

from caudal.compat.names import VERSIONS


class AliasDistribution(Distribution):
    """A distribution that consists of a name and a version."""

    def __init__(self, name: str) -> None:
        self._text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {VERSIONS[name]}\n"

    def read_text(self, filename: str) -> str | None:
        """The metadata; there is no other file."""
        return self._text if filename == "METADATA" else None

    def locate_file(self, path: str | os.PathLike[str]) -> Path:
        """Where a file would be."""
        return Path(__file__).parent / path
