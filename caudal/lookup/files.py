"""Tables from the lines of text files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from caudal.array.arguments import static
from caudal.errors import (
    DTypeError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
)
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import as_dtype, int64, string
from caudal.strings.numbers import to_number


class TextFileIndex:
    """What of a line is a key or a value, besides the number of a column."""

    WHOLE_LINE: Final = -2
    LINE_NUMBER: Final = -1


class TextFileInitializer:
    r"""Keys and values of the lines of a text file.

    Args:
        filename: the file.
        key_dtype, value_dtype: string or int64, or a float for values.
        key_index, value_index: the column, counted from 0, or a `TextFileIndex`: the whole line
            (string) or its number (int64).
        vocab_size: how many lines are read; all by default.
        delimiter: what stands between columns.
        name: accepted for TensorFlow's sake.
        value_index_offset: added to line numbers that are values.

    Raises:
        NotFoundError: no such file.
        InvalidArgumentError: a line without such a column, too few lines, or not a number.
    """

    def __init__(
        self,
        filename: Any,
        key_dtype: Any,
        key_index: int,
        value_dtype: Any,
        value_index: int,
        vocab_size: int | None = None,
        delimiter: str = "\t",
        name: str | None = None,
        value_index_offset: int = 0,
    ) -> None:
        plain = static(filename, "TextFileInitializer: filename")[()]
        self.filename = plain.decode() if isinstance(plain, bytes) else str(plain)
        self._kinds = as_dtype(key_dtype), as_dtype(value_dtype)
        self._columns = int(key_index), int(value_index)
        self._size, self._offset = vocab_size, int(value_index_offset)
        self._delimiter = delimiter.encode()
        for kind, column in zip(self._kinds, self._columns, strict=True):
            self._check(kind, column)
        if len(self._delimiter) != 1:
            raise InvalidArgumentError(
                "TextFileInitializer: expected a delimiter of one character, received {got!r}.",
                got=delimiter,
            )
        if vocab_size is not None and int(vocab_size) <= 0:
            raise InvalidArgumentError(
                "TextFileInitializer: expected a vocab_size above 0, received {got}.",
                got=vocab_size,
            )

    @staticmethod
    def _check(kind: Any, column: int) -> None:
        if column < TextFileIndex.WHOLE_LINE:
            raise InvalidArgumentError(
                "TextFileInitializer: expected a column from 0 on or a TextFileIndex, received "
                "{column}.",
                column=column,
            )
        if column == TextFileIndex.LINE_NUMBER and kind is not int64:
            raise InvalidArgumentError(
                "TextFileInitializer: line numbers are int64, received {kind}.", kind=kind.name
            )
        if column == TextFileIndex.WHOLE_LINE and not (kind is string or kind.is_integer):
            raise InvalidArgumentError(
                "TextFileInitializer: whole lines are strings or integers, received {kind}.",
                kind=kind.name,
            )
        if not (kind is string or kind.is_integer or kind.is_floating):
            raise DTypeError("TextFileInitializer: {kind} is no dtype of tables.", kind=kind.name)

    @property
    def key_dtype(self) -> Any:
        """The keys' dtype."""
        return self._kinds[0]

    @property
    def value_dtype(self) -> Any:
        """The values' dtype."""
        return self._kinds[1]

    def entries(self) -> dict[Any, Any]:
        """The table; a key with two values is an error."""
        lines = self._lines()
        keys = self._picked(lines, 0)
        values = self._picked(lines, 1)
        if self._columns[1] == TextFileIndex.LINE_NUMBER:
            values = [value + self._offset for value in values]
        found: dict[Any, Any] = {}
        for key, value in zip(keys, values, strict=True):
            if found.setdefault(key, value) != value:
                raise FailedPreconditionError(
                    "{file}: the key {key!r} has the values {first!r} and {second!r}.",
                    file=self.filename,
                    key=key,
                    first=found[key],
                    second=value,
                )
        return found

    def _lines(self) -> list[bytes]:
        try:
            data = Path(self.filename).read_bytes()
        except OSError as error:
            raise NotFoundError(
                "TextFileInitializer: {file} cannot be read: {reason}.",
                file=self.filename,
                reason=error.strerror or str(error),
            ) from error
        lines = data.split(b"\n")
        lines = [line.removesuffix(b"\r") for line in (lines if lines[-1] else lines[:-1])]
        if self._size is not None:
            if len(lines) < int(self._size):
                raise InvalidArgumentError(
                    "TextFileInitializer: Invalid vocab_size in {file}: expected {size} lines but "
                    "got {count}.",
                    file=self.filename,
                    size=int(self._size),
                    count=len(lines),
                )
            lines = lines[: int(self._size)]
        return lines

    def _picked(self, lines: list[bytes], which: int) -> list[Any]:
        column, kind = self._columns[which], self._kinds[which]
        if column == TextFileIndex.LINE_NUMBER:
            return list(range(len(lines)))
        if column == TextFileIndex.WHOLE_LINE:
            texts = lines
        else:
            rows = [line.split(self._delimiter) for line in lines]
            for number, row in enumerate(rows):
                if column >= len(row):
                    raise InvalidArgumentError(
                        "{file}: Invalid number of columns in line {number} ({line!r}): expected "
                        "column {column}, found {count} columns.",
                        file=self.filename,
                        number=number,
                        line=lines[number],
                        column=column,
                        count=len(row),
                    )
            texts = [row[column] for row in rows]
        if kind is string:
            return texts
        numbers: list[Any] = to_number(convert_to_tensor(texts), kind).numpy().tolist()
        return numbers
