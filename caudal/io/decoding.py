"""From bytes to tensors: raw numbers, CSV, base64, compressed data, serialized tensors."""

from __future__ import annotations

import base64
import binascii
import csv
import gzip
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from caudal.array.arguments import as_tensor, dims, static
from caudal.errors import CaudalError, DataLossError, InvalidArgumentError
from caudal.framework import Tensor, convert_to_tensor
from caudal.io import wire
from caudal.ir.dtypes import ALL, as_dtype
from caudal.strings.arguments import each, known, objects, string_of, strings_of

Array = np.ndarray[Any, Any]
_BY_NUMBER = {dtype.as_datatype_enum: dtype for dtype in ALL}


def decode_raw(
    input_bytes: Any,
    out_type: Any,
    little_endian: bool = True,
    fixed_length: int | None = None,
    name: str | None = None,
) -> Tensor:
    """The numbers that strings hold byte by byte, in one more axis.

    ``fixed_length``: the bytes used of each string; shorter ones are filled with zeros.

    >>> decode_raw(b"ab", "uint8").numpy().tolist()
    [97, 98]
    """
    array = strings_of("decode_raw", input_bytes)
    kind = as_dtype(out_type)
    texts = list(array.reshape(-1))
    if fixed_length is not None:
        texts = [text[:fixed_length].ljust(fixed_length, b"\0") for text in texts]
    sizes = {len(text) for text in texts} or {0}
    size = sizes.pop()
    if sizes or size % kind.size:
        raise InvalidArgumentError(
            "decode_raw: expected strings of one length that is a multiple of {width}, the size "
            "of {dtype}, received lengths {sizes}.",
            width=kind.size,
            dtype=kind.name,
            sizes=sorted({size, *sizes}),
        )
    stored = kind.np_dtype if little_endian else kind.np_dtype.newbyteorder(">")
    found = np.frombuffer(b"".join(texts), stored).astype(kind.np_dtype)
    return convert_to_tensor(found.reshape(*array.shape, size // kind.size))


# --- CSV ------------------------------------------------------------------------------------------


def _cells(text: bytes, delimiter: str, quotes: bool) -> list[str]:
    line = text.decode("utf-8", "surrogateescape")
    if not quotes:
        return line.split(delimiter)
    rows = list(csv.reader([line], delimiter=delimiter, strict=True))
    return rows[0] if rows else [""]


def _number(cell: str, kind: Any, column: int, row: int) -> Any:
    if kind.name == "string":
        return cell.encode("utf-8", "surrogateescape")
    try:
        value = int(cell) if kind.is_integer else float(cell)
        if kind.is_integer and not kind.min <= value <= kind.max:
            raise ValueError
    except ValueError as error:
        raise InvalidArgumentError(
            "Field {column} in record {row} is not a valid {dtype}: {cell}",
            column=column,
            row=row,
            dtype=kind.name,
            cell=cell,
        ) from error
    return value


def decode_csv(
    records: Any,
    record_defaults: Any,
    field_delim: str = ",",
    use_quote_delim: bool = True,
    na_value: str = "",
    select_cols: Sequence[int] | None = None,
    name: str | None = None,
) -> list[Tensor]:
    """The columns of CSV records, each a tensor of the records' shape.

    ``record_defaults``: a value per column, which also gives its dtype (float32, float64, int32,
    int64 or string); an empty tensor of a dtype says that the column must be there.
    """
    array = strings_of("decode_csv", records)
    defaults = [known("decode_csv: record_defaults", value) for value in record_defaults]
    for place, default in enumerate(defaults):
        if default.dtype.name not in ("float32", "float64", "int32", "int64", "string"):
            raise InvalidArgumentError(
                "decode_csv: expected defaults of float32, float64, int32, int64 or string, "
                "received {dtype} for column {place}.",
                dtype=default.dtype.name,
                place=place,
            )
    columns: list[list[Any]] = [[] for _ in defaults]
    for row, text in enumerate(array.reshape(-1)):
        try:
            cells = _cells(text, field_delim, use_quote_delim)
        except csv.Error as error:
            raise InvalidArgumentError(
                "decode_csv: record {row}: {reason}.", row=row, reason=str(error)
            ) from error
        if select_cols is not None:
            cells = [cells[c] for c in select_cols if c < len(cells)]
        if len(cells) != len(defaults):
            raise InvalidArgumentError(
                "Expect {wanted} fields but have {received} in record {row}",
                wanted=len(defaults),
                received=len(cells),
                row=row,
            )
        for place, (cell, default) in enumerate(zip(cells, defaults, strict=True)):
            columns[place].append(_cell(cell, default, place, row, na_value))
    return [
        _column(values, default.dtype, array.shape)
        for values, default in zip(columns, defaults, strict=True)
    ]


def _cell(cell: str, default: Tensor, column: int, row: int, na_value: str) -> Any:
    if cell and cell != na_value:
        return _number(cell, default.dtype, column, row)
    stored = static(default, "decode_csv").reshape(-1)
    if not stored.size:
        raise InvalidArgumentError(
            "Field {column} is required but missing in record {row}!", column=column, row=row
        )
    return stored[0]


def _column(values: list[Any], kind: Any, shape: tuple[int, ...]) -> Tensor:
    if kind.name == "string":
        return objects(values, shape)
    return convert_to_tensor(np.asarray(values, kind.np_dtype).reshape(shape))


# --- base64, compression --------------------------------------------------------------------------


def encode_base64(input: Any, pad: bool = False, name: str | None = None) -> Tensor:
    """Strings in web-safe base64."""

    def encode(text: bytes) -> bytes:
        found = base64.urlsafe_b64encode(text)
        return found if pad else found.rstrip(b"=")

    return each("encode_base64", input, encode)


def decode_base64(input: Any, name: str | None = None) -> Tensor:
    """Web-safe base64, padded or not, as the bytes it stands for."""

    def decode(text: bytes) -> bytes:
        bare = text.rstrip(b"=")
        try:
            if b"+" in bare or b"/" in bare:
                raise ValueError("web-safe base64 has - and _ for + and /")
            whole = bare + b"=" * (-len(bare) % 4)
            return base64.b64decode(whole, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise InvalidArgumentError(
                "decode_base64: invalid base64: {reason}.", reason=str(error)
            ) from error

    return each("decode_base64", input, decode)


def decode_compressed(bytes: Any, compression_type: str = "", name: str | None = None) -> Tensor:
    """Strings that were compressed: ``compression_type`` is "", "ZLIB" or "GZIP"."""
    change: dict[str, Any] = {
        "": lambda data: data,
        "ZLIB": zlib.decompress,
        "GZIP": gzip.decompress,
    }
    if compression_type not in change:
        raise InvalidArgumentError(
            "decode_compressed: expected '', 'ZLIB' or 'GZIP', received {received!r}.",
            received=compression_type,
        )

    def expand(data: Any) -> Any:
        try:
            return change[compression_type](data)
        except (OSError, EOFError, zlib.error) as error:
            raise DataLossError(
                "decode_compressed: {count} bytes are no {kind} data: {reason}.",
                count=len(data),
                kind=compression_type,
                reason=str(error),
            ) from error

    return each("decode_compressed", bytes, expand)


# --- TensorProto ----------------------------------------------------------------------------------


def serialize_tensor(tensor: Any, name: str | None = None) -> Tensor:
    """A tensor as the bytes of a TensorProto."""
    return objects([tensor_bytes("serialize_tensor", tensor)], ())


def tensor_bytes(what: str, tensor: Any, content: bool = False) -> bytes:
    """The bytes of a TensorProto; with ``content`` strings stand in it as one piece too."""
    x = known(what, as_tensor(tensor))
    extents = b"".join(wire.field(2, wire.number_field(1, n) if n else b"") for n in dims(x))
    found = wire.number_field(1, int(x.dtype.as_datatype_enum)) + wire.field(2, extents)
    if x.dtype.name == "string":
        texts = strings_of(what, x).reshape(-1)
        if content:
            whole = wire.packed(map(len, texts)) + b"".join(texts)
            return found + (wire.field(4, whole) if whole else b"")
        found += b"".join(wire.field(8, text) for text in texts)
    else:
        data = np.ascontiguousarray(x.numpy()).tobytes()
        found += wire.field(4, data) if data else b""
    return found


def parse_tensor(serialized: Any, out_type: Any, name: str | None = None) -> Tensor:
    """The tensor of a TensorProto's bytes; its dtype must be ``out_type``.

    Raises:
        InvalidArgumentError: another dtype.
        DataLossError: the bytes are damaged.
    """
    data = string_of("parse_tensor", serialized)
    number, shape, content = 0, [], b""
    texts: list[bytes] = []
    for key, _, value in wire.fields(data):
        if key == 1 and isinstance(value, int):
            number = value
        elif key == 2 and isinstance(value, bytes):
            shape = _extents(value)
        elif key == 4 and isinstance(value, bytes):
            content = value
        elif key == 8 and isinstance(value, bytes):
            texts.append(value)
    kind, wanted = _BY_NUMBER.get(number), as_dtype(out_type)
    if kind is not wanted:
        raise InvalidArgumentError(
            "parse_tensor: expected a tensor of {wanted}, the bytes hold {received}.",
            wanted=wanted.name,
            received=kind.name if kind else f"dtype number {number}",
        )
    count = int(np.prod(shape, dtype=object)) if shape else 1
    if kind.name == "string":
        if content and not texts:
            texts = _strings_in(content, count)
        if len(texts) != count:
            raise _short(count, len(texts))
        return objects(texts, tuple(shape))
    if len(content) != count * kind.size:
        raise _short(count * kind.size, len(content))
    return convert_to_tensor(np.frombuffer(content, kind.np_dtype).reshape(shape).copy())


def _strings_in(content: bytes, count: int) -> list[bytes]:
    """Strings in one piece: their lengths, then their bytes."""
    lengths, at = [], 0
    # Every length takes a byte, so that a false count cannot take more time than there are bytes.
    for _ in range(min(count, len(content))):
        length, at = wire.read_varint(content, at)
        lengths.append(length)
    if at + sum(lengths) != len(content):
        raise _short(at + sum(lengths), len(content))
    found = []
    for length in lengths:
        found.append(content[at : at + length])
        at += length
    return found


def _short(wanted: int, received: int) -> CaudalError:
    return DataLossError(
        "parse_tensor: expected {wanted} bytes or strings of content, received {received}.",
        wanted=wanted,
        received=received,
    )


def _extents(data: bytes) -> list[int]:
    shape = []
    for key, _, dim in wire.fields(data):
        if key == 2 and isinstance(dim, bytes):
            sizes = [v for k, _, v in wire.fields(dim) if k == 1 and isinstance(v, int)]
            shape.append(sizes[-1] if sizes else 0)
    return shape
