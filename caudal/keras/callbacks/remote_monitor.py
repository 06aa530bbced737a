"""RemoteMonitor: the logs of every epoch, sent to a server."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
import warnings
from typing import Any

import numpy as np

from caudal.errors import CaudalWarning
from caudal.keras.callbacks.callback import Callback, Logs

_SECONDS = 10


class RemoteMonitor(Callback):
    """Posts ``{"epoch": ..., "loss": ..., ...}`` to ``root + path`` after every epoch.

    Args:
        root: the server's address.
        path: where events are posted.
        field: the form field that holds the JSON text.
        headers: HTTP headers to send.
        send_as_json: post the JSON itself (application/json) and not a form.

    A server that cannot be reached gives a warning; training goes on.
    """

    def __init__(
        self,
        root: str = "http://localhost:9000",
        path: str = "/publish/epoch/end/",
        field: str = "data",
        headers: dict[str, str] | None = None,
        send_as_json: bool = False,
    ) -> None:
        super().__init__()
        self.root, self.path, self.field = root, path, field
        self.headers, self.send_as_json = headers, send_as_json

    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None:
        """Send the logs."""
        text = json.dumps({"epoch": epoch, **{k: _plain(v) for k, v in (logs or {}).items()}})
        if self.send_as_json:
            body, kind = text, "application/json"
        else:
            body = urllib.parse.urlencode({self.field: text})
            kind = "application/x-www-form-urlencoded"
        request = urllib.request.Request(
            self.root + self.path,
            body.encode(),
            {"Content-Type": kind, **(self.headers or {})},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS):
                pass
        except urllib.error.HTTPError as error:
            error.close()  # The server answered; what it thinks of the logs is its business.
        except OSError as error:
            warnings.warn(
                CaudalWarning(f"Could not reach RemoteMonitor root server at {self.root}: {error}"),
                stacklevel=2,
            )


def _plain(value: Any) -> Any:
    return np.asarray(value).tolist() if hasattr(value, "dtype") else value
