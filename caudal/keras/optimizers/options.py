"""What all optimizers take by name, with the defaults."""

from __future__ import annotations

from typing import Any

OPTIONS: dict[str, Any] = {
    "weight_decay": None,
    "clipnorm": None,
    "clipvalue": None,
    "global_clipnorm": None,
    "use_ema": False,
    "ema_momentum": 0.99,
    "ema_overwrite_frequency": None,
    "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}
COMMON = {**OPTIONS, "name": None}
"""What every optimizer takes behind its own arguments."""
UNDECAYED = {name: default for name, default in COMMON.items() if name != "weight_decay"}
"""The same for those whose own arguments say how weights decay."""
