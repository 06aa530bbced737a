"""Strategies of several hosts, and of hardware that Caudal does not drive: errors that say so."""

from __future__ import annotations

import json
import os
from typing import Any

from caudal.distribute.strategy import MirroredStrategy
from caudal.errors import InvalidArgumentError, UnimplementedError

_ONE_HOST = "Caudal computes on one host: use tf.distribute.MirroredStrategy()."


class MultiWorkerMirroredStrategy(MirroredStrategy):
    """Without a cluster (no TF_CONFIG, or one with a single worker): a `MirroredStrategy`.

    Raises:
        UnimplementedError: TF_CONFIG names several workers.
    """

    def __init__(self, cluster_resolver: Any = None, communication_options: Any = None) -> None:
        workers = _workers()
        if cluster_resolver is not None or workers > 1:
            raise UnimplementedError(
                "MultiWorkerMirroredStrategy: {workers} workers. {advice}",
                workers=workers if workers > 1 else "a cluster of",
                advice=_ONE_HOST,
            )
        super().__init__()


def _workers() -> int:
    text = os.environ.get("TF_CONFIG", "")
    try:
        cluster = json.loads(text).get("cluster", {}) if text else {}
        return sum(len(hosts) for hosts in cluster.values())
    except (ValueError, AttributeError, TypeError) as error:
        raise InvalidArgumentError(
            "TF_CONFIG: expected JSON with a cluster, received {text!r}.", text=text
        ) from error


class _Missing:
    """A class that is there to say what to use instead."""

    _name = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise UnimplementedError(
            "{name} is not in Caudal. {advice}", name=self._name, advice=_ONE_HOST
        )


def _missing(name: str) -> type[Any]:
    short = name.rpartition(".")[2]
    doc = f"Not in Caudal, which computes on one host: raises an error.\n\nStands for ``{name}``."
    return type(short, (_Missing,), {"_name": name, "__doc__": doc, "__module__": __name__})


ParameterServerStrategy = _missing("tf.distribute.ParameterServerStrategy")
TPUStrategy = _missing("tf.distribute.TPUStrategy")
Server = _missing("tf.distribute.Server")
ClusterCoordinator = _missing("tf.distribute.coordinator.ClusterCoordinator")
PreemptionCheckpointHandler = _missing("tf.distribute.experimental.PreemptionCheckpointHandler")
ClusterResolver = _missing("tf.distribute.cluster_resolver.ClusterResolver")
GCEClusterResolver = _missing("tf.distribute.cluster_resolver.GCEClusterResolver")
KubernetesClusterResolver = _missing("tf.distribute.cluster_resolver.KubernetesClusterResolver")
SimpleClusterResolver = _missing("tf.distribute.cluster_resolver.SimpleClusterResolver")
SlurmClusterResolver = _missing("tf.distribute.cluster_resolver.SlurmClusterResolver")
TFConfigClusterResolver = _missing("tf.distribute.cluster_resolver.TFConfigClusterResolver")
TPUClusterResolver = _missing("tf.distribute.cluster_resolver.TPUClusterResolver")
UnionResolver = _missing("tf.distribute.cluster_resolver.UnionResolver")
