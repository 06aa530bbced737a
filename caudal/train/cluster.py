"""``tf.train.ClusterSpec``: the hosts of a cluster, by job; nothing connects to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from caudal.errors import DTypeError, InvalidArgumentError


class ClusterSpec:
    """Addresses of the tasks of jobs.

    Args:
        cluster: job name -> list of addresses, or -> dictionary of task number to address.

    >>> spec = ClusterSpec({"worker": ["a:1", "b:1"], "ps": {1: "c:1"}})
    >>> spec.jobs, spec.num_tasks("worker"), spec.task_address("ps", 1)
    (['ps', 'worker'], 2, 'c:1')
    """

    def __init__(self, cluster: Any) -> None:
        if isinstance(cluster, ClusterSpec):
            cluster = cluster.as_dict()
        if not isinstance(cluster, Mapping):
            raise DTypeError(
                "ClusterSpec: expected a dictionary of jobs, received {received!r}.",
                received=cluster,
            )
        self._jobs: dict[str, dict[int, str]] = {}
        for job, tasks in cluster.items():
            if isinstance(tasks, str):
                raise DTypeError("ClusterSpec: the tasks of {job!r} must be a list.", job=job)
            numbered = tasks if isinstance(tasks, Mapping) else dict(enumerate(tasks))
            self._jobs[str(job)] = {int(number): str(host) for number, host in numbered.items()}

    def _tasks(self, job_name: str) -> dict[int, str]:
        if job_name not in self._jobs:
            raise InvalidArgumentError("ClusterSpec: no such job: {job!r}.", job=job_name)
        return self._jobs[job_name]

    @property
    def jobs(self) -> list[str]:
        """The names of the jobs."""
        return sorted(self._jobs)

    def as_dict(self) -> dict[str, Any]:
        """Lists of addresses by job; dictionaries where numbers are left out."""
        found: dict[str, Any] = {}
        for job, tasks in self._jobs.items():
            dense = sorted(tasks) == list(range(len(tasks)))
            found[job] = [tasks[number] for number in sorted(tasks)] if dense else dict(tasks)
        return found

    def num_tasks(self, job_name: str) -> int:
        """How many tasks a job has."""
        return len(self._tasks(job_name))

    def task_indices(self, job_name: str) -> list[int]:
        """The numbers of a job's tasks."""
        return sorted(self._tasks(job_name))

    def task_address(self, job_name: str, task_index: int) -> str:
        """The address of a task."""
        tasks = self._tasks(job_name)
        if task_index not in tasks:
            raise InvalidArgumentError(
                "ClusterSpec: the job {job!r} has no task {task}.", job=job_name, task=task_index
            )
        return tasks[task_index]

    def job_tasks(self, job_name: str) -> list[str | None]:
        """The addresses of a job by number; None for numbers left out."""
        tasks = self._tasks(job_name)
        return [tasks.get(number) for number in range(max(tasks, default=-1) + 1)]

    def __bool__(self) -> bool:
        return bool(self._jobs)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ClusterSpec) and self._jobs == other._jobs

    def __hash__(self) -> int:
        return hash(tuple(self.jobs))

    def __repr__(self) -> str:
        return f"ClusterSpec({self.as_dict()!r})"
