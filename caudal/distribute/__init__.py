"""``tf.distribute`` on one host: replicas take turns, each with its share of a batch.

``strategy``: the strategies and the replica context. ``values``: values of several replicas.
``inputs``: data sets. ``clusters``: what needs several hosts, and says so.
"""

from caudal.distribute import cluster_resolver, coordinator, experimental
from caudal.distribute.clusters import (
    MultiWorkerMirroredStrategy,
    ParameterServerStrategy,
    Server,
    TPUStrategy,
)
from caudal.distribute.inputs import (
    DistributedDataset,
    DistributedIterator,
    InputContext,
    InputOptions,
    RunOptions,
)
from caudal.distribute.options import (
    CrossDeviceOps,
    HierarchicalCopyAllReduce,
    InputReplicationMode,
    NcclAllReduce,
    ReductionToOneDevice,
)
from caudal.distribute.strategy import (
    MirroredStrategy,
    OneDeviceStrategy,
    ReplicaContext,
    Strategy,
    StrategyExtended,
    experimental_set_strategy,
    get_replica_context,
    get_strategy,
    has_strategy,
    in_cross_replica_context,
)
from caudal.distribute.values import DistributedValues, ReduceOp
from caudal.namespaces import strict

__all__ = [
    "CrossDeviceOps",
    "DistributedDataset",
    "DistributedIterator",
    "DistributedValues",
    "HierarchicalCopyAllReduce",
    "InputContext",
    "InputOptions",
    "InputReplicationMode",
    "MirroredStrategy",
    "MultiWorkerMirroredStrategy",
    "NcclAllReduce",
    "OneDeviceStrategy",
    "ParameterServerStrategy",
    "ReduceOp",
    "ReductionToOneDevice",
    "ReplicaContext",
    "RunOptions",
    "Server",
    "Strategy",
    "StrategyExtended",
    "TPUStrategy",
    "cluster_resolver",
    "coordinator",
    "experimental",
    "experimental_set_strategy",
    "get_replica_context",
    "get_strategy",
    "has_strategy",
    "in_cross_replica_context",
]

__getattr__ = strict(__name__)
