"""``tf.train.SequenceExample``: features of the whole, and lists of features step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from caudal.errors import DTypeError
from caudal.io import wire
from caudal.io.example import Feature, Features, Message, MessageMap, block


class _Steps(list[Feature]):
    """A repeated field of features."""

    def add(self, **fields: Any) -> Feature:
        """Appends a new feature and gives it."""
        self.append(Feature(**fields))
        return self[-1]


class FeatureList(Message):
    """Features one after another, one a step.

    >>> FeatureList(feature=[Feature(), Feature()]).SerializeToString()
    b'\\n\\x00\\n\\x00'
    """

    def __init__(self, feature: Iterable[Feature] = ()) -> None:
        self.feature = _Steps(map(self._checked, feature))

    @staticmethod
    def _checked(entry: Any) -> Feature:
        if not isinstance(entry, Feature):
            raise DTypeError(
                "FeatureList: expected Features, received {received}.",
                received=type(entry).__name__,
            )
        return entry

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The bytes, step by step."""
        return b"".join(
            wire.field(1, self._checked(entry).SerializeToString()) for entry in self.feature
        )

    def _take(self, number: int, kind: int, value: Any) -> None:
        if number == 1 and kind == wire.BYTES:
            self.feature.append(Feature.FromString(value))

    def lines(self) -> list[str]:
        """All steps."""
        return [line for entry in self.feature for line in block("feature", entry.lines())]


class FeatureLists(Message):
    """Feature lists by name."""

    def __init__(self, feature_list: Mapping[str, FeatureList] | None = None) -> None:
        self.feature_list = MessageMap(FeatureList, feature_list)

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The bytes, in the order of the names."""
        return self.feature_list.encoded(1)

    def _take(self, number: int, kind: int, value: Any) -> None:
        if number == 1 and kind == wire.BYTES:
            self.feature_list.take(value)

    def lines(self) -> list[str]:
        """All lists."""
        return self.feature_list.lines("feature_list")


class SequenceExample(Message):
    """One example of a sequence: features of the whole, and features of each step.

    >>> from caudal.io.example import Int64List
    >>> example = SequenceExample()
    >>> step = example.feature_lists.feature_list["word"].feature.add()
    >>> step.int64_list.value.append(7)
    >>> again = SequenceExample.FromString(example.SerializeToString())
    >>> again.feature_lists.feature_list["word"].feature[0].int64_list.value
    [7]
    """

    def __init__(
        self, context: Features | None = None, feature_lists: FeatureLists | None = None
    ) -> None:
        self._given = {"context": context is not None, "feature_lists": feature_lists is not None}
        self.context = Features() if context is None else context
        self.feature_lists = FeatureLists() if feature_lists is None else feature_lists

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The example's bytes."""
        found = b""
        parts = {"context": self.context, "feature_lists": self.feature_lists}
        for number, (name, part) in enumerate(parts.items(), 1):
            inner = part.SerializeToString()
            found += wire.field(number, inner) if inner or self._given[name] else b""
        return found

    def _take(self, number: int, kind: int, value: Any) -> None:
        if kind == wire.BYTES and number in (1, 2):
            name = ("context", "feature_lists")[number - 1]
            self._given[name] = True
            getattr(self, name).MergeFromString(value)

    def lines(self) -> list[str]:
        """The features of the whole, then the lists."""
        found = []
        for name in ("context", "feature_lists"):
            inner = getattr(self, name).lines()
            found += block(name, inner) if inner or self._given[name] else []
        return found
