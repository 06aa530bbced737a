"""`tf.data.Options`: hints to TensorFlow's scheduler, kept but of no effect on results."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError, did_you_mean

AUTOTUNE = -1
"""Lets the runtime choose a number of threads or a buffer size."""


class _Hints:
    """Named attributes with defaults; an unknown name is an error."""

    _defaults: dict[str, Any] = {}

    def __init__(self) -> None:
        self.__dict__.update(
            {name: value() if callable(value) else value for name, value in self._defaults.items()}
        )

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._defaults:
            raise InvalidArgumentError(
                "{kind}: there is no option {name!r}.{hint}",
                kind=type(self).__name__,
                name=name,
                hint=did_you_mean(name, list(self._defaults)),
            )
        self.__dict__[name] = value


class ThreadingOptions(_Hints):
    """How many threads a pipeline may use."""

    _defaults = {"max_intra_op_parallelism": None, "private_threadpool_size": None}


class _AutotuneOptions(_Hints):
    _defaults = {"enabled": None, "cpu_budget": None, "ram_budget": None}


class _DistributeOptions(_Hints):
    _defaults = {"auto_shard_policy": None, "num_devices": None}


class _OptimizationOptions(_Hints):
    _defaults = {
        "apply_default_optimizations": None,
        "filter_fusion": None,
        "filter_parallelization": None,
        "inject_prefetch": None,
        "map_and_batch_fusion": None,
        "map_and_filter_fusion": None,
        "map_fusion": None,
        "map_parallelization": None,
        "noop_elimination": None,
        "parallel_batch": None,
        "shuffle_and_repeat_fusion": None,
    }


class Options(_Hints):
    """TensorFlow's pipeline options; Caudal's pipelines are always deterministic.

    >>> options = Options()
    >>> options.deterministic = True
    """

    _defaults = {
        "autotune": _AutotuneOptions,
        "deterministic": None,
        "experimental_deterministic": None,
        "experimental_distribute": _DistributeOptions,
        "experimental_external_state_policy": None,
        "experimental_optimization": _OptimizationOptions,
        "experimental_slack": None,
        "experimental_symbolic_checkpoint": None,
        "experimental_warm_start": None,
        "dataset_name": None,
        "threading": ThreadingOptions,
    }
