"""``tf.distribute.coordinator``: there are no workers to coordinate."""

from caudal.distribute.clusters import ClusterCoordinator
from caudal.namespaces import strict

__all__ = ["ClusterCoordinator"]

__getattr__ = strict(__name__)
