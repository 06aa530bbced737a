"""How gradients would travel between devices: accepted, for there is nothing to travel."""

from __future__ import annotations

import enum
from typing import Any


class CrossDeviceOps:
    """The base of ways to reduce over devices; all give the same sums here."""

    def __init__(self, num_packs: int = 1) -> None:
        self.num_packs = num_packs


class HierarchicalCopyAllReduce(CrossDeviceOps):
    """Accepted by `MirroredStrategy`."""


class NcclAllReduce(CrossDeviceOps):
    """Accepted by `MirroredStrategy`."""


class ReductionToOneDevice(CrossDeviceOps):
    """Accepted by `MirroredStrategy`."""

    def __init__(self, reduce_to_device: Any = None, accumulation_fn: Any = None) -> None:
        super().__init__()
        self.reduce_to_device, self.accumulation_fn = reduce_to_device, accumulation_fn


class CommunicationImplementation(enum.Enum):
    """Ways of communication between workers."""

    AUTO = "AUTO"
    RING = "RING"
    NCCL = "NCCL"


class InputReplicationMode(enum.Enum):
    """How the inputs of workers are divided."""

    PER_WORKER = "PER_WORKER"
    PER_REPLICA = "PER_REPLICA"


class CommunicationOptions:
    """Accepted by `MultiWorkerMirroredStrategy`."""

    def __init__(
        self,
        bytes_per_pack: int = 0,
        timeout_seconds: float | None = None,
        implementation: CommunicationImplementation = CommunicationImplementation.AUTO,
    ) -> None:
        self.bytes_per_pack, self.timeout_seconds = bytes_per_pack, timeout_seconds
        self.implementation = CommunicationImplementation(implementation)
