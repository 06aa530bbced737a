"""``tf.config``: other hosts; there are none."""

from __future__ import annotations

from typing import Any, NoReturn

from caudal.errors import UnimplementedError

_ADVICE = "Caudal computes on one host: leave the call out, and use tf.distribute.get_strategy()."


def experimental_connect_to_cluster(
    cluster_spec_or_resolver: Any,
    job_name: str = "localhost",
    task_index: int = 0,
    protocol: str | None = None,
    make_master_device_default: bool = True,
    cluster_device_filters: Any = None,
) -> NoReturn:
    """Not in Caudal.

    Raises:
        UnimplementedError: always.
    """
    raise UnimplementedError("tf.config.experimental_connect_to_cluster: {advice}", advice=_ADVICE)


def experimental_connect_to_host(
    remote_host: Any = None, job_name: str = "worker", protocol: str | None = None
) -> NoReturn:
    """Not in Caudal.

    Raises:
        UnimplementedError: always.
    """
    raise UnimplementedError("tf.config.experimental_connect_to_host: {advice}", advice=_ADVICE)
