"""``tf.train.Example`` and its parts, with the bytes of TensorFlow's protocol buffers.

`SerializeToString` writes maps in the order of their keys: the bytes that protocol buffers give
with ``deterministic=True``. Unknown fields are skipped while reading.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import numpy as np

from caudal.errors import DataLossError, DTypeError, InvalidArgumentError
from caudal.io import wire


class Message:
    """What all messages share: bytes, equality, copies."""

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The message's bytes."""
        raise NotImplementedError

    def ParseFromString(self, serialized: bytes) -> int:
        """Replaces the content by that of the bytes; gives their number."""
        self.Clear()
        return self.MergeFromString(serialized)

    def MergeFromString(self, serialized: bytes) -> int:
        """Adds the content of the bytes."""
        if hasattr(serialized, "numpy"):
            serialized = serialized.numpy()
        if not isinstance(serialized, bytes | bytearray | memoryview):
            raise DTypeError(
                "{kind}.FromString: expected bytes, received {received}.",
                kind=type(self).__name__,
                received=type(serialized).__name__,
            )
        data = bytes(serialized)
        for number, kind, value in wire.fields(data):
            self._take(number, kind, value)
        return len(data)

    def _take(self, number: int, kind: int, value: Any) -> None:
        raise NotImplementedError

    @classmethod
    def FromString(cls, serialized: bytes) -> Any:
        """The message of some bytes.

        Raises:
            DataLossError: they are no such message.
        """
        message = cls()
        message.ParseFromString(serialized)
        return message

    def Clear(self) -> None:
        """Empties the message."""
        type(self).__init__(self)

    def CopyFrom(self, other: Any) -> None:
        """Replaces the content by another message's."""
        self.ParseFromString(other.SerializeToString())

    def ByteSize(self) -> int:
        """The number of bytes."""
        return len(self.SerializeToString())

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self.SerializeToString() == other.SerializeToString()

    __hash__ = None  # type: ignore[assignment]

    def lines(self) -> list[str]:
        """The text format, line by line."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return "".join(line + "\n" for line in self.lines())


def block(name: str, inner: list[str]) -> list[str]:
    """A message in the text format, with its lines inside."""
    return [f"{name} {{", *("  " + line for line in inner), "}"]


class _List(Message):
    """A list of values of one kind."""

    _what: ClassVar[str] = ""

    def __init__(self, value: Iterable[Any] = ()) -> None:
        self.value: list[Any] = [self._checked(entry) for entry in value]

    def _checked(self, entry: Any) -> Any:
        raise NotImplementedError

    def _refuse(self, entry: Any) -> DTypeError:
        return DTypeError(
            "{kind}: expected {what}, received {received!r} ({type}).",
            kind=type(self).__name__,
            what=self._what,
            received=entry,
            type=type(entry).__name__,
        )

    def lines(self) -> list[str]:
        """One line a value."""
        return [f"value: {self._shown(entry)}" for entry in self.value]

    def _shown(self, entry: Any) -> str:
        return str(entry)


class BytesList(_List):
    """A list of bytes.

    >>> BytesList(value=[b"a"]).SerializeToString()
    b'\\n\\x01a'
    """

    _what = "bytes"

    def _checked(self, entry: Any) -> bytes:
        if not isinstance(entry, bytes):
            raise self._refuse(entry)
        return bytes(entry)

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The list's bytes."""
        return b"".join(wire.field(1, self._checked(entry)) for entry in self.value)

    def _take(self, number: int, kind: int, value: Any) -> None:
        if number == 1 and kind == wire.BYTES:
            self.value.append(value)

    def _shown(self, entry: Any) -> str:
        text = "".join(
            chr(byte) if 32 <= byte < 127 and byte not in b"\\\"'" else f"\\{byte:03o}"
            for byte in entry
        )
        return f'"{text}"'


class FloatList(_List):
    """A list of float32 numbers."""

    _what = "a real number"

    def _checked(self, entry: Any) -> float:
        if isinstance(entry, str | bytes) or not hasattr(entry, "__float__"):
            raise self._refuse(entry)
        with np.errstate(over="ignore"):
            return float(np.float32(float(entry)))

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The list's bytes: one packed field."""
        if not self.value:
            return b""
        numbers = [self._checked(entry) for entry in self.value]
        return wire.field(1, np.asarray(numbers, "<f4").tobytes())

    def _take(self, number: int, kind: int, value: Any) -> None:
        if number == 1 and kind in (wire.BYTES, wire.FIXED32):
            self.value.extend(wire.floats(value))

    def _shown(self, entry: Any) -> str:
        short = np.format_float_positional(np.float32(entry), trim="-")
        return str(short)


class Int64List(_List):
    """A list of 64-bit integers."""

    _what = "an integer"

    def _checked(self, entry: Any) -> int:
        if not isinstance(entry, int | np.integer | np.bool_):
            raise self._refuse(entry)
        if not -(2**63) <= int(entry) < 2**63:
            raise InvalidArgumentError(
                "Int64List: expected integers of 64 bits, received {received}.", received=entry
            )
        return int(entry)

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The list's bytes: one packed field."""
        numbers = [self._checked(entry) for entry in self.value]
        return wire.field(1, wire.packed(numbers)) if numbers else b""

    def _take(self, number: int, kind: int, value: Any) -> None:
        if number == 1 and kind == wire.BYTES:
            self.value.extend(wire.varints(value))
        elif number == 1 and kind == wire.VARINT:
            self.value.append(wire.signed(value))


_KINDS: dict[str, type[_List]] = {
    "bytes_list": BytesList,
    "float_list": FloatList,
    "int64_list": Int64List,
}


class Feature(Message):
    """One of three lists; the others read as empty."""

    def __init__(
        self,
        bytes_list: BytesList | None = None,
        float_list: FloatList | None = None,
        int64_list: Int64List | None = None,
    ) -> None:
        given = {"bytes_list": bytes_list, "float_list": float_list, "int64_list": int64_list}
        self._lists: dict[str, _List] = {name: kind() for name, kind in _KINDS.items()}
        self._chosen: str | None = None
        for name, found in given.items():
            if found is None:
                continue
            if not isinstance(found, _KINDS[name]):
                raise DTypeError(
                    "Feature: expected {name} to be a {kind}, received {received}.",
                    name=name,
                    kind=_KINDS[name].__name__,
                    received=type(found).__name__,
                )
            self._lists[name], self._chosen = found, name

    def WhichOneof(self, oneof_group: str = "kind") -> str | None:
        """The name of the list that is set."""
        if self._chosen is None:
            return next((name for name, found in self._lists.items() if found.value), None)
        return self._chosen

    def HasField(self, field_name: str) -> bool:
        """Whether this list is the one that is set."""
        return self.WhichOneof() == field_name

    @property
    def bytes_list(self) -> BytesList:
        """The list of bytes."""
        return self._lists["bytes_list"]  # type: ignore[return-value]

    @property
    def float_list(self) -> FloatList:
        """The list of floats."""
        return self._lists["float_list"]  # type: ignore[return-value]

    @property
    def int64_list(self) -> Int64List:
        """The list of integers."""
        return self._lists["int64_list"]  # type: ignore[return-value]

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The bytes of the list that is set."""
        name = self.WhichOneof()
        if name is None:
            return b""
        return wire.field(list(_KINDS).index(name) + 1, self._lists[name].SerializeToString())

    def _take(self, number: int, kind: int, value: Any) -> None:
        if 1 <= number <= 3 and kind == wire.BYTES:
            self._chosen = list(_KINDS)[number - 1]
            self._lists[self._chosen].MergeFromString(value)

    def lines(self) -> list[str]:
        """The list that is set."""
        name = self.WhichOneof()
        return [] if name is None else block(name, self._lists[name].lines())


class MessageMap(dict[str, Any]):
    """A map that makes its values when they are first asked for, as protocol buffers do."""

    def __init__(self, kind: type[Message], given: Mapping[str, Any] | None) -> None:
        super().__init__()
        self._kind = kind
        for key, value in (given or {}).items():
            if not isinstance(key, str) or not isinstance(value, kind):
                raise DTypeError(
                    "{kind}s: expected names and {kind}s, received {name!r}: {received}.",
                    kind=kind.__name__,
                    name=key,
                    received=type(value).__name__,
                )
            self[key] = value

    def __missing__(self, key: str) -> Any:
        self[key] = self._kind()
        return self[key]

    def encoded(self, number: int) -> bytes:
        """The map's entries in the order of their keys."""
        return b"".join(
            wire.field(
                number,
                wire.field(1, key.encode()) + wire.field(2, self[key].SerializeToString()),
            )
            for key in sorted(self, key=_place)
        )

    def take(self, data: bytes) -> None:
        """Adds an encoded entry."""
        key, value = "", b""
        for number, kind, part in wire.fields(data):
            if kind == wire.BYTES and isinstance(part, bytes):
                if number == 1:
                    key = _text(part)
                elif number == 2:
                    value = part
        self[key] = self._kind.FromString(value)

    def lines(self, name: str) -> list[str]:
        """The text format of all entries."""
        found = []
        for key in sorted(self):
            found += block(name, [f'key: "{key}"', *block("value", self[key].lines())])
        return found


def _place(key: str) -> tuple[int, ...]:
    """Where a key stands: by its bytes, and before those that it begins with."""
    return (*key.encode(), 256)


def _text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise DataLossError("A feature's name is not UTF-8: {name!r}.", name=data) from error


class Features(Message):
    """Features by name."""

    def __init__(self, feature: Mapping[str, Feature] | None = None) -> None:
        self.feature = MessageMap(Feature, feature)

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The bytes, in the order of the names."""
        return self.feature.encoded(1)

    def _take(self, number: int, kind: int, value: Any) -> None:
        if number == 1 and kind == wire.BYTES:
            self.feature.take(value)

    def lines(self) -> list[str]:
        """All features."""
        return self.feature.lines("feature")


class Example(Message):
    """One example: features by name, each a list of bytes, floats or integers.

    >>> one = Feature(int64_list=Int64List(value=[1]))
    >>> example = Example(features=Features(feature={"label": one}))
    >>> Example.FromString(example.SerializeToString()).features.feature["label"].int64_list.value
    [1]
    """

    def __init__(self, features: Features | None = None) -> None:
        self._present = features is not None
        self.features = Features() if features is None else features

    def SerializeToString(self, deterministic: bool | None = None) -> bytes:
        """The example's bytes."""
        inner = self.features.SerializeToString()
        return wire.field(1, inner) if inner or self._present else b""

    def _take(self, number: int, kind: int, value: Any) -> None:
        if number == 1 and kind == wire.BYTES:
            self._present = True
            self.features.MergeFromString(value)

    def lines(self) -> list[str]:
        """The features."""
        inner = self.features.lines()
        return block("features", inner) if inner or self._present else []
