"""``tf.distribute.experimental``."""

from caudal.distribute import coordinator, partitioners
from caudal.distribute.clusters import (
    MultiWorkerMirroredStrategy,
    ParameterServerStrategy,
    PreemptionCheckpointHandler,
    TPUStrategy,
)
from caudal.distribute.options import CommunicationImplementation, CommunicationOptions
from caudal.distribute.strategy import CentralStorageStrategy, ValueContext
from caudal.namespaces import strict

CollectiveCommunication = CommunicationImplementation
CollectiveHints = CommunicationOptions

__all__ = [
    "CentralStorageStrategy",
    "CollectiveCommunication",
    "CollectiveHints",
    "CommunicationImplementation",
    "CommunicationOptions",
    "MultiWorkerMirroredStrategy",
    "ParameterServerStrategy",
    "PreemptionCheckpointHandler",
    "TPUStrategy",
    "ValueContext",
    "coordinator",
    "partitioners",
]

__getattr__ = strict(__name__)
