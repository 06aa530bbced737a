"""``tf.train``: checkpoints, and the messages of TFRecord files.

``bundle`` and ``table`` are the files; ``object_graph`` and ``trackable`` say which objects there
are and how they hang together; ``checkpoint``, ``restoring`` and ``status`` save and restore them;
``manager``, ``state_file`` and ``reading`` look after folders of checkpoints. ``averages``,
``coordinator`` and ``cluster``: moving averages of variables, threads, lists of hosts.
"""

from caudal.io.example import BytesList, Example, Feature, Features, FloatList, Int64List
from caudal.io.sequence_example import FeatureList, FeatureLists, SequenceExample
from caudal.namespaces import strict
from caudal.train import experimental
from caudal.train.averages import ExponentialMovingAverage
from caudal.train.checkpoint import Checkpoint, CheckpointOptions
from caudal.train.cluster import ClusterSpec
from caudal.train.coordinator import Coordinator
from caudal.train.manager import CheckpointManager, checkpoints_iterator
from caudal.train.reading import list_variables, load_checkpoint, load_variable
from caudal.train.state_file import get_checkpoint_state, latest_checkpoint

__all__ = [
    "BytesList",
    "Checkpoint",
    "CheckpointManager",
    "CheckpointOptions",
    "ClusterSpec",
    "Coordinator",
    "Example",
    "ExponentialMovingAverage",
    "Feature",
    "FeatureList",
    "FeatureLists",
    "Features",
    "FloatList",
    "Int64List",
    "SequenceExample",
    "checkpoints_iterator",
    "experimental",
    "get_checkpoint_state",
    "latest_checkpoint",
    "list_variables",
    "load_checkpoint",
    "load_variable",
]

__getattr__ = strict(__name__)
