"""Files that others may read while they grow: records, logs, texts of `tf.io.gfile`."""

from __future__ import annotations

import contextlib
import os
from typing import Any

from caudal.io.durable import is_device, open_temporary, put_in_place, resolved


class GrowingFile:
    """A new file that gets its name with the first `flush`, or when it is closed.

    Until then an older file of that name stays; from then on what was flushed can be read under
    the name, as TensorFlow's users expect. `close` waits until everything is on the disk. A
    process that is killed leaves the old file, or the new one up to the last flush. What was
    never flushed nor closed comes under its name when the object goes.

    mode: of `open`, beginning with "w". Missing folders are an error, as for `open`.

    Raises:
        OSError: the system refuses.
    """

    def __init__(self, path: str | os.PathLike[str], mode: str = "wb", **options: Any) -> None:
        self._target = resolved(path)
        self._temporary = ""
        folder = os.path.dirname(self._target)
        if os.name == "nt" or is_device(self._target) or not os.path.isdir(folder):
            # Windows does not rename open files.
            self.file: Any = open(self._target, mode, **options)  # noqa: SIM115
            return
        if os.path.exists(self._target):
            # The same refusals as from `open`, now and not with the last byte.
            with open(self._target, "r+b"):
                pass
        handle, self._temporary = open_temporary(self._target)
        self.file = os.fdopen(handle, mode, **options)

    def write(self, data: Any) -> None:
        """Adds to the file."""
        self.file.write(data)

    def flush(self) -> None:
        """Hands what was written to the system; the first time the file gets its name."""
        self.file.flush()
        if self._temporary:
            os.fsync(self.file.fileno())
            temporary, self._temporary = self._temporary, ""
            put_in_place(temporary, self._target)

    def close(self) -> None:
        """Ends the file, which is on the disk then."""
        if self.file.closed:
            return
        try:
            self.flush()
            with contextlib.suppress(OSError):  # A pipe cannot be synced.
                os.fsync(self.file.fileno())
        finally:
            self.file.close()
            if self._temporary:
                os.unlink(self._temporary)

    def __del__(self) -> None:
        if hasattr(self, "file"):
            with contextlib.suppress(OSError):
                self.close()
