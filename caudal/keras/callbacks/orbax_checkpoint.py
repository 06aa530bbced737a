"""OrbaxCheckpoint: not in Caudal; it says what to use."""

from __future__ import annotations

from typing import Any

from caudal.errors import UnimplementedError
from caudal.keras.callbacks.callback import Callback


class OrbaxCheckpoint(Callback):
    """Keras's callback for JAX's checkpoint library.

    Raises:
        UnimplementedError: always, with what to use.
    """

    def __init__(self, directory: Any = None, **kwargs: Any) -> None:
        raise UnimplementedError(
            "OrbaxCheckpoint writes checkpoints with JAX's orbax, which Caudal does not use. Use "
            "keras.callbacks.ModelCheckpoint({path!r}), or BackupAndRestore to go on after an "
            "interruption.",
            path=f"{directory or 'folder'}/model.keras",
        )
