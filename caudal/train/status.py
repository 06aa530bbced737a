"""What `Checkpoint.restore` returns: questions about what was restored."""

from __future__ import annotations

from typing import Any

from caudal.train.bundle import BundleReader
from caudal.train.restoring import Restoration, UnmatchedError
from caudal.train.trackable import leaf, parts


class LoadStatus:
    """Of a checkpoint with a graph of objects."""

    def __init__(self, restoration: Restoration) -> None:
        self.restoration = restoration

    def assert_consumed(self) -> LoadStatus:
        """Everything in the checkpoint was restored, and every object got its value.

        Raises:
            UnmatchedError: something was not.
        """
        self.restoration.run()
        for way, node in self.restoration.unmatched_nodes():
            raise UnmatchedError(
                "Unresolved object in checkpoint {way}: {key} ({name}). No object of the program "
                "stands there; expect_partial() accepts that.",
                way=way,
                key=node.saved[0].key,
                name=node.saved[0].full_name,
            )
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self) -> LoadStatus:
        """Every object of the program got its value.

        Raises:
            UnmatchedError: one did not.
        """
        self.restoration.run()
        found = self.restoration.unmatched_objects()
        if found:
            raise UnmatchedError(
                "Found {count} Python objects that were not bound to checkpointed values, likely "
                "due to changes in the Python program. Showing {shown} of {count} unmatched "
                "objects: {objects}",
                count=len(found),
                shown=min(len(found), 10),
                objects=found[:10],
            )
        return self

    def assert_nontrivial_match(self) -> LoadStatus:
        """At least one value was restored.

        Raises:
            UnmatchedError: none was.
        """
        self.restoration.run()
        if not self.restoration.matched:
            raise UnmatchedError(
                "Nothing except the root object matched a checkpointed value. Typically this "
                "means that the checkpoint does not match the Python program."
            )
        return self

    def expect_partial(self) -> LoadStatus:
        """Says that values may be left over; they are in any case."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Nothing to do: values are restored at once."""

    def initialize_or_restore(self, session: Any = None) -> None:
        """Nothing to do: values are restored at once."""


class InitializationOnlyStatus:
    """Of ``restore(None)``: nothing was restored."""

    def assert_consumed(self) -> Any:
        """Fails always."""
        raise UnmatchedError("No checkpoint specified (save_path=None); nothing is being restored.")

    assert_existing_objects_matched = assert_consumed
    assert_nontrivial_match = assert_consumed

    def expect_partial(self) -> InitializationOnlyStatus:
        """Nothing is expected."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Fails: there is nothing to restore."""
        self.assert_consumed()

    def initialize_or_restore(self, session: Any = None) -> None:
        """Nothing to do: variables have their values from the start."""


class NameBasedStatus:
    """Of a checkpoint of TensorFlow 1: variables are found by their own names."""

    def __init__(self, reader: BundleReader, root: Any, named: dict[str, Any]) -> None:
        self._reader = reader
        self._missing: list[Any] = []
        stack, seen = [root, *named.values()], set()
        plan = []
        while stack:
            value = stack.pop()
            if id(value) in seen:
                continue
            seen.add(id(value))
            target = leaf(value)
            if target is not None:
                if target.full_name in reader:
                    key = target.full_name
                    target.check(key, reader.dtype(key), reader.shape(key))
                    plan.append((key, target))
                elif target.full_name != "save_counter":
                    self._missing.append(value)
            stack += parts(value).values()
        for key, target in plan:
            target.write(reader.read(key))
        self._taken = {key for key, _ in plan}

    def assert_consumed(self) -> NameBasedStatus:
        """Every value has its variable, and every variable its value.

        Raises:
            UnmatchedError: one has not.
        """
        left = [key for key in self._reader.keys() if key not in self._taken]  # noqa: SIM118
        if left:
            raise UnmatchedError("Unresolved names in checkpoint: {names}.", names=left)
        return self.assert_existing_objects_matched()

    def assert_existing_objects_matched(self) -> NameBasedStatus:
        """Every variable of the program got its value.

        Raises:
            UnmatchedError: one did not.
        """
        if self._missing:
            raise UnmatchedError(
                "Some objects had attributes which were not restored: {names}.",
                names=[value.name for value in self._missing],
            )
        return self

    def assert_nontrivial_match(self) -> NameBasedStatus:
        """At least one value was restored.

        Raises:
            UnmatchedError: none was.
        """
        if not self._taken:
            raise UnmatchedError("No variable has the name of a checkpointed value.")
        return self

    def expect_partial(self) -> NameBasedStatus:
        """Says that values may be left over."""
        return self

    def run_restore_ops(self, session: Any = None) -> None:
        """Nothing to do: values are restored at once."""

    def initialize_or_restore(self, session: Any = None) -> None:
        """Nothing to do: values are restored at once."""
