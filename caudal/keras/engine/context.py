"""What the outermost call tells the layers inside it: training or not."""

from __future__ import annotations

import threading
from typing import Any


class CallContext(threading.local):
    """The present call: its outermost layer and whether it trains."""

    def __init__(self) -> None:
        self.entry: Any = None
        self.training: Any = None


call_context = CallContext()
