"""Strategies of one host: what is called once is computed once by each replica."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from caudal.array import movement
from caudal.array.arguments import as_tensor
from caudal.config.devices import list_logical_devices
from caudal.distribute.inputs import DistributedDataset, InputContext
from caudal.distribute.values import ReduceOp, along, folded, local_values, regroup, select
from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.framework import nest, replicas


class _Present(threading.local):
    def __init__(self) -> None:
        self.strategies: list[Strategy] = []
        self.contexts: list[ReplicaContext] = []


_present = _Present()


class StrategyExtended:
    """What libraries ask of a strategy."""

    def __init__(self, strategy: Strategy, devices: Sequence[str]) -> None:
        self._strategy = strategy
        self.worker_devices = self.parameter_devices = tuple(devices)
        self.experimental_require_static_shapes = False

    def reduce_to(self, reduce_op: Any, value: Any, destinations: Any, options: Any = None) -> Any:
        """`Strategy.reduce` without an axis."""
        return self._strategy.reduce(reduce_op, value, axis=None)

    def variable_created_in_scope(self, v: Any) -> bool:
        """Always true: all replicas see all variables."""
        return True


class Strategy:
    """The base, and the strategy outside of all scopes: one replica.

    >>> strategy = get_strategy()
    >>> strategy.num_replicas_in_sync
    1
    """

    def __init__(self, extended: Any = None) -> None:
        devices = extended if isinstance(extended, list) else [list_logical_devices("CPU")[0].name]
        self._extended = StrategyExtended(self, devices)

    @property
    def extended(self) -> StrategyExtended:
        """For libraries: the devices, and lower functions."""
        return self._extended

    @property
    def num_replicas_in_sync(self) -> int:
        """How many replicas compute a step together."""
        return len(self._extended.worker_devices)

    @property
    def cluster_resolver(self) -> None:
        """None: there is no cluster."""

    @contextmanager
    def scope(self) -> Iterator[Strategy]:
        """Makes it the present strategy; models and variables of all replicas are made inside."""
        _present.strategies.append(self)
        try:
            yield self
        finally:
            _present.strategies.pop()

    def run(
        self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None
    ) -> Any:
        """``fn(*args, **kwargs)`` by each replica, with its part of per-replica arguments.

        Returns:
            its result; per-replica values if there are several replicas.
        """
        kwargs = kwargs or {}
        count = self.num_replicas_in_sync

        def part(number: int) -> Callable[[], Any]:
            def call() -> Any:
                _present.strategies.append(self)
                _present.contexts.append(ReplicaContext(self, number))
                try:
                    return fn(*select(tuple(args), number), **select(kwargs, number))
                finally:
                    _present.contexts.pop()
                    _present.strategies.pop()

            return call

        if count == 1:
            return part(0)()
        return regroup(replicas.run([part(number) for number in range(count)]))

    def reduce(self, reduce_op: Any, value: Any, axis: int | None) -> Any:
        """The sum or mean of the replicas' values, and over an axis if it is given."""
        op = ReduceOp.of(reduce_op)
        if nest.is_nested(value):
            return nest.map_structure(lambda leaf: self.reduce(op, leaf, axis), value)
        values = local_values(value, self.num_replicas_in_sync)
        return folded(op, values) if axis is None else along(op, values, axis)

    def gather(self, value: Any, axis: int) -> Any:
        """The replicas' values one after another along an axis."""
        values = [as_tensor(v) for v in local_values(value, self.num_replicas_in_sync)]
        return values[0] if len(values) == 1 else movement.concat(values, axis)

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The value of each replica."""
        return local_values(value, 1)

    def experimental_distribute_dataset(
        self, dataset: Any, options: Any = None
    ) -> DistributedDataset:
        """The batches of a data set, each divided among the replicas."""
        return DistributedDataset(dataset, self.num_replicas_in_sync, whole=True)

    def distribute_datasets_from_function(
        self, dataset_fn: Callable[[InputContext], Any], options: Any = None
    ) -> DistributedDataset:
        """A data set made for an `InputContext`; each of its batches is for one replica."""
        count = self.num_replicas_in_sync
        made = dataset_fn(InputContext(num_replicas_in_sync=count))
        return DistributedDataset(made, count, whole=False)

    experimental_distribute_datasets_from_function = distribute_datasets_from_function

    def experimental_distribute_values_from_function(self, value_fn: Callable[..., Any]) -> Any:
        """A value for each replica, from a `ValueContext`."""
        count = self.num_replicas_in_sync
        return regroup([value_fn(ValueContext(number, count)) for number in range(count)])

    def group(self, value: Any, name: str | None = None) -> None:
        """Nothing to do: what was asked for is done."""

    def unwrap(self, value: Any) -> tuple[Any, ...]:
        """The value of each replica."""
        return local_values(value, 1)

    def configure(self, *args: Any, **kwargs: Any) -> None:
        """Nothing to do: there are no sessions to configure."""


class MirroredStrategy(Strategy):
    """One replica for each device: by default each of the CPU's logical devices.

    Replicas of one step run one after another on all cores, so that more of them are not faster.
    """

    def __init__(self, devices: Any = None, cross_device_ops: Any = None) -> None:
        names = devices
        if devices is None:
            names = [device.name for device in list_logical_devices("CPU")]
        names = [names] if isinstance(names, str) else [str(name) for name in names]
        if not names or len(set(names)) != len(names):
            raise InvalidArgumentError(
                "MirroredStrategy: expected different devices, received {devices}.", devices=names
            )
        super().__init__(names)


class OneDeviceStrategy(Strategy):
    """One replica."""

    def __init__(self, device: str) -> None:
        super().__init__([str(device)])


class CentralStorageStrategy(Strategy):
    """One replica for each compute device; variables are one for all, as always here."""

    def __init__(self, compute_devices: Any = None, parameter_device: Any = None) -> None:
        super().__init__([str(name) for name in compute_devices] if compute_devices else None)


class ValueContext:
    """Which replica a value is for."""

    def __init__(self, replica_id_in_sync_group: int = 0, num_replicas_in_sync: int = 1) -> None:
        self.replica_id_in_sync_group = replica_id_in_sync_group
        self.num_replicas_in_sync = num_replicas_in_sync


class ReplicaContext:
    """The replica that is being computed: inside `Strategy.run`."""

    def __init__(self, strategy: Strategy, replica_id_in_sync_group: int) -> None:
        self.strategy = strategy
        self.replica_id_in_sync_group = replica_id_in_sync_group

    @property
    def num_replicas_in_sync(self) -> int:
        """How many there are."""
        return self.strategy.num_replicas_in_sync

    @property
    def devices(self) -> tuple[str, ...]:
        """The name of its device."""
        return (self.strategy.extended.worker_devices[self.replica_id_in_sync_group],)

    def merge_call(self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """``merge_fn(strategy, *args)`` once, with the per-replica values of all replicas."""
        kwargs = kwargs or {}
        replica = replicas.current()
        if replica is None:
            return merge_fn(self.strategy, *args, **kwargs)
        keys = list(kwargs)

        def merged(*columns: list[Any]) -> Any:
            values = [regroup(column) for column in columns]
            named = dict(zip(keys, values[len(args) :], strict=True))
            return merge_fn(self.strategy, *values[: len(args)], **named)

        return select(
            replica.merge_call(merged, (*args, *kwargs.values())), self.replica_id_in_sync_group
        )

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """The sum or mean of all replicas' values, for each of them."""
        return self.merge_call(lambda s, v: s.reduce(reduce_op, v, axis=None), (value,))

    def all_gather(self, value: Any, axis: int, options: Any = None) -> Any:
        """All replicas' values one after another along an axis, for each of them."""
        return self.merge_call(lambda s, v: s.gather(v, axis), (value,))


# --- the present one --------------------------------------------------------------------------

_default: list[Strategy] = []


def get_strategy() -> Strategy:
    """The strategy whose scope (or replica) this is, or that of one replica."""
    if _present.strategies:
        return _present.strategies[-1]
    if not _default:
        _default.append(Strategy())
    return _default[0]


def has_strategy() -> bool:
    """Whether this is the scope of a strategy."""
    return bool(_present.strategies)


def in_cross_replica_context() -> bool:
    """Whether this is a strategy's scope, outside of `Strategy.run`."""
    return has_strategy() and not _present.contexts


def get_replica_context() -> ReplicaContext | None:
    """The replica that is being computed; None in a scope outside of `Strategy.run`."""
    if _present.contexts:
        return _present.contexts[-1]
    return None if has_strategy() else ReplicaContext(get_strategy(), 0)


def experimental_set_strategy(strategy: Strategy | None) -> None:
    """Makes it the present strategy from here on; None ends that."""
    if strategy is None:
        _present.strategies.clear()
        return
    if _present.strategies:
        raise FailedPreconditionError(
            "experimental_set_strategy: a strategy's scope is open; call it outside."
        )
    _present.strategies.append(strategy)
