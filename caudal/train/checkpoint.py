"""``tf.train.Checkpoint``: objects and all that they lead to, saved and restored."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError, NotFoundError
from caudal.framework import Variable, init_scope, inside_function
from caudal.train.bundle import BundleReader, write_bundle
from caudal.train.object_graph import GRAPH_KEY, decode, encode, graph_of
from caudal.train.restoring import Restoration, adopt, attached
from caudal.train.state_file import CheckpointState, write_state
from caudal.train.status import InitializationOnlyStatus, LoadStatus, NameBasedStatus
from caudal.train.trackable import children, is_trackable

_COUNTER = "save_counter"


class CheckpointOptions:
    """Options of `Checkpoint.save` and `Checkpoint.restore`; those for devices have no meaning."""

    def __init__(
        self,
        experimental_io_device: str | None = None,
        experimental_enable_async_checkpoint: bool = False,
        experimental_write_callbacks: Any = None,
        enable_async: bool = False,
        experimental_skip_slot_variables: bool = False,
        experimental_sharding_callback: Any = None,
    ) -> None:
        if experimental_sharding_callback is not None:
            raise InvalidArgumentError(
                "CheckpointOptions: experimental_sharding_callback is not supported; a checkpoint "
                "is one shard."
            )
        self.experimental_io_device = experimental_io_device
        self.experimental_enable_async_checkpoint = experimental_enable_async_checkpoint
        self.experimental_write_callbacks = list(experimental_write_callbacks or ())
        self.enable_async = enable_async
        self.experimental_skip_slot_variables = experimental_skip_slot_variables


class Checkpoint:
    """Groups objects by name, to be written to and read from TensorFlow's checkpoint files.

    Objects are variables, `tf.Module`, Keras layers, models and optimizers, lists and dicts of
    them, other checkpoints. What they lead to by attributes is saved with them. Values are matched
    by these names when they are restored; objects that are made after `restore` get theirs then.

    root: an object whose parts stand at the top, without a name of their own.

    >>> import tempfile
    >>> step = Variable(3)
    >>> path = Checkpoint(step=step).save(tempfile.mkdtemp() + "/run")
    >>> _ = step.assign(0)
    >>> _ = Checkpoint(step=step).restore(path).assert_consumed()
    >>> int(step)
    3
    """

    def __init__(self, root: Any = None, **kwargs: Any) -> None:
        if root is not None and not is_trackable(root):
            raise _not_trackable("root", root)
        object.__setattr__(self, "_root", root)
        for name, value in kwargs.items():
            setattr(self, name, value)
            if not is_trackable(value) and not isinstance(value, list | tuple | dict):
                raise _not_trackable(name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        adopt(self, value)
        attached(self)

    def _named(self) -> dict[str, Any]:
        """The attributes that were given."""
        own = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        found = {name: value for name, value in own.items() if is_trackable(value)}
        root = vars(self)["_root"]
        return found if root is None else {**found, "root": root}

    def _top(self) -> tuple[Any, dict[str, Any]]:
        root = vars(self)["_root"]
        return (self, {}) if root is None else (root, self._named())

    def _make_counter(self) -> Variable:
        counter = vars(self).get(_COUNTER)
        if counter is None:
            with init_scope():
                counter = Variable(np.int64(0), trainable=False, name=_COUNTER)
            object.__setattr__(self, _COUNTER, counter)
        assert isinstance(counter, Variable)
        return counter

    # --- writing ------------------------------------------------------------------------------

    def write(self, file_prefix: Any, options: CheckpointOptions | None = None) -> str:
        """Writes the values to ``FILE_PREFIX.index`` and ``FILE_PREFIX.data-...``.

        An older checkpoint of that name is whole until the new one is. Gives the prefix.
        """
        prefix = _prefix("write", file_prefix)
        if inside_function():
            raise FailedPreconditionError(
                "Checkpoint.write: files cannot be written inside a tf.function."
            )
        nodes, leaves = graph_of(*self._top())
        graph = np.empty((), object)
        graph[()] = encode(nodes)
        write_bundle(prefix, [*_read_all(leaves), (GRAPH_KEY, graph)])
        for callback in options.experimental_write_callbacks if options is not None else ():
            callback(prefix)
        return prefix

    def save(self, file_prefix: Any, options: CheckpointOptions | None = None) -> str:
        """Writes ``FILE_PREFIX-N``, N counting the saves, and notes it as the folder's latest."""
        counter = self._make_counter()
        counter.assign_add(np.int64(1))
        path = f"{_prefix('save', file_prefix)}-{int(counter.numpy())}"
        try:
            self.write(path, options)
        except BaseException:
            counter.assign_sub(np.int64(1))
            raise
        folder = os.path.dirname(path) or "."
        write_state(folder, CheckpointState(path, [path]))
        return path

    # --- reading ------------------------------------------------------------------------------

    def read(self, save_path: Any, options: CheckpointOptions | None = None) -> Any:
        """Puts the values of what `write` wrote into the objects; gives a status.

        Raises:
            NotFoundError: there is no such checkpoint.
            ShapeError, InvalidArgumentError: a variable does not fit; nothing was changed.
            DataLossError: the files are damaged.
        """
        path = _prefix("read", save_path)
        reader = open_checkpoint(path)
        top, named = self._top()
        if GRAPH_KEY not in reader:
            return NameBasedStatus(reader, top, named)
        data: bytes = reader.read(GRAPH_KEY).item()
        restoration = Restoration(reader, decode(data, reader.file), top, named)
        restoration.run()
        return LoadStatus(restoration)

    def restore(self, save_path: Any, options: CheckpointOptions | None = None) -> Any:
        """Puts the values of what `save` wrote into the objects; gives a status.

        ``save_path`` may be None, as `tf.train.latest_checkpoint` gives it: nothing is restored.
        """
        if save_path is None:
            return InitializationOnlyStatus()
        self._make_counter()
        return self.read(save_path, options)

    def sync(self) -> None:
        """Nothing to wait for: checkpoints are on the disk when `save` returns."""


@children.register(Checkpoint)
def _(value: Checkpoint) -> dict[str, Any]:
    return value._named()


def _read_all(leaves: list[Any]) -> Any:
    return ((key, one.read()) for key, one in leaves)


def _prefix(method: str, value: Any) -> str:
    if hasattr(value, "numpy"):
        value = value.numpy()
    try:
        return os.fsdecode(value)
    except TypeError as error:
        raise InvalidArgumentError(
            "Checkpoint.{method}: expected a path, received {received!r}.",
            method=method,
            received=value,
        ) from error


def _not_trackable(name: str, value: Any) -> InvalidArgumentError:
    return InvalidArgumentError(
        "`Checkpoint` was expecting {name} to be a trackable object (a variable, tf.Module, Keras "
        "object, or a list or dict of them), got {value!r}.",
        name=name,
        value=value,
    )


def open_checkpoint(path: str) -> BundleReader:
    """A checkpoint's files.

    Raises:
        NotFoundError: there are none; says what is in the folder.
    """
    try:
        return BundleReader(path)
    except NotFoundError as error:
        hint = "Please double-check that the path is correct. You may be missing the checkpoint "
        raise NotFoundError(
            "Error when restoring from checkpoint or SavedModel at {path}: {reason} {hint}",
            path=path,
            reason=error,
            hint=f"{hint}suffix (e.g. the '-1' in 'path/to/ckpt-1').",
        ) from error
