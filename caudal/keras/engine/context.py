"""What the outermost call tells the layers inside it: training or not, dtypes of variables."""

from __future__ import annotations

import threading
from typing import Any


class CallContext(threading.local):
    """The present call: its outermost layer, whether it trains, and how it reads variables.

    ``variables``: the dtype that float variables are read in; None or False: their own.
    """

    def __init__(self) -> None:
        self.entry: Any = None
        self.training: Any = None
        self.variables: Any = None


call_context = CallContext()
