"""Texts, tables of words and serialized examples: these need values, so they run op by op."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from caudal import strings
from caudal.array.arguments import as_tensor, dims, static, static_ints
from caudal.errors import (
    DataLossError,
    FailedPreconditionError,
    PermissionDeniedError,
    ResourceExhaustedError,
    UnimplementedError,
)
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import float32, string
from caudal.saved_model.assets import Asset
from caudal.saved_model.registry import reads
from caudal.strings.arguments import known, objects, strings_of

Array = np.ndarray[Any, Any]


@reads("StringLower", eager=True)
def _lower(call: Any, x: Any) -> Any:
    return strings.lower(x, encoding=call.text("encoding", ""))


@reads("StringUpper", eager=True)
def _upper(call: Any, x: Any) -> Any:
    return strings.upper(x, encoding=call.text("encoding", ""))


@reads("StringStrip", eager=True)
def _strip(call: Any, x: Any) -> Any:
    return strings.strip(x)


@reads("StringLength", eager=True)
def _length(call: Any, x: Any) -> Any:
    return strings.length(x, unit=call.text("unit", "BYTE"))


@reads("StringJoin", eager=True)
def _join(call: Any, *inputs: Any) -> Any:
    return strings.join(list(inputs), separator=call.text("separator", ""))


@reads("ReduceJoin", eager=True)
def _reduce_join(call: Any, x: Any, axes: Any) -> Any:
    separator = call.text("separator", "")
    keep = bool(call.get("keep_dims", False))
    return strings.reduce_join(x, list(static_ints(axes, call.op)), keep, separator)


@reads("StaticRegexReplace", eager=True)
def _static_regex_replace(call: Any, x: Any) -> Any:
    return _regex_replace(call, x, call["pattern"], call["rewrite"])


@reads("RegexReplace", eager=True)
def _regex_replace(call: Any, x: Any, pattern: Any, rewrite: Any) -> Any:
    every = bool(call.get("replace_global", True))
    return strings.regex_replace(x, pattern, rewrite, replace_global=every)


@reads("StaticRegexFullMatch", eager=True)
def _static_regex_full_match(call: Any, x: Any) -> Any:
    return strings.regex_full_match(x, call["pattern"])


@reads("RegexFullMatch", eager=True)
def _regex_full_match(call: Any, x: Any, pattern: Any) -> Any:
    return strings.regex_full_match(x, pattern)


@reads("StringToHashBucketFast", eager=True)
def _hash_bucket(call: Any, x: Any) -> Any:
    return strings.to_hash_bucket_fast(x, call["num_buckets"])


@reads("StringToNumber", eager=True)
def _to_number(call: Any, x: Any) -> Any:
    return strings.to_number(x, call.get("out_type", float32))


@reads("AsString", eager=True)
def _as_string(call: Any, x: Any) -> Any:
    return strings.as_string(
        x,
        precision=call.get("precision", -1),
        scientific=bool(call.get("scientific", False)),
        shortest=bool(call.get("shortest", False)),
        width=call.get("width", -1),
        fill=call.text("fill", ""),
    )


@reads("Substr", eager=True)
def _substr(call: Any, x: Any, pos: Any, length: Any) -> Any:
    return strings.substr(x, pos, length, unit=call.text("unit", "BYTE"))


@reads("StringSplitV2", outputs=("indices", "values", "shape"), eager=True)
def _split(call: Any, x: Any, separator: Any) -> Any:
    """The parts of a vector of texts, as a sparse matrix."""
    array = strings_of(call.op, x)
    glue = bytes(as_tensor(separator).numpy()) or None
    return by_rows([text.split(glue, call.get("maxsplit", -1)) for text in array.reshape(-1)])


def by_rows(rows: list[list[bytes]]) -> tuple[Any, Any, Any]:
    """Rows of texts as the parts of a sparse matrix."""
    parts = list(itertools.chain.from_iterable(rows))
    lengths = np.asarray(list(map(len, rows)), np.int64)
    row_ids = np.repeat(np.arange(len(rows)), lengths)
    columns = np.arange(len(parts)) - (np.cumsum(lengths) - lengths)[row_ids]
    indices = np.stack([row_ids, columns], 1).astype(np.int64)
    shape = np.asarray([len(rows), lengths.max(initial=0)], np.int64)
    return convert_to_tensor(indices), objects(parts, (len(parts),)), convert_to_tensor(shape)


@reads("RaggedTensorToTensor", outputs=("result",), eager=True)
def _ragged_to_tensor(call: Any, shape: Any, values: Any, default: Any, *partitions: Any) -> Any:
    """Rows of different lengths in a matrix, cut or filled with the default."""
    kinds = [bytes(kind).decode() for kind in call["row_partition_types"]]
    flat = known(call.op, values).numpy()
    lengths = _row_lengths(kinds, [static(part, call.op) for part in partitions])
    wanted = [int(extent) for extent in static(shape, call.op).reshape(-1)]
    wanted = wanted or [-1] * (1 + np.ndim(flat))
    rows = len(lengths) if wanted[0] < 0 else wanted[0]
    width = max(lengths, default=0) if wanted[1] < 0 else wanted[1]
    inner = np.shape(flat)[1:]
    if rows * width * int(np.prod(inner, dtype=np.int64)) > 1 << 28:
        raise ResourceExhaustedError(
            "RaggedTensorToTensor: a matrix of {rows} rows of {width} is refused.",
            rows=rows,
            width=width,
        )
    found = np.empty((rows, width, *inner), np.asarray(flat).dtype)
    found[...] = np.asarray(known(call.op, default).numpy())
    starts = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    for row, length in enumerate(lengths[:rows]):
        count = min(int(length), width)
        found[row, :count] = flat[starts[row] : starts[row] + count]
    return convert_to_tensor(found)


def _row_lengths(kinds: list[str], parts: list[Array]) -> list[int]:
    if kinds == ["ROW_SPLITS"]:
        return [int(n) for n in np.diff(parts[0])]
    if kinds == ["FIRST_DIM_SIZE", "VALUE_ROWIDS"]:
        counts = np.bincount(parts[1].astype(np.int64), minlength=int(parts[0]))
        return [int(n) for n in counts]
    raise UnimplementedError("RaggedTensorToTensor: rows given by {kinds}.", kinds=kinds)


# --- tables -----------------------------------------------------------------------------------


class Table:
    """Keys and their values, filled by the graph."""

    def __init__(self, key_dtype: Any, value_dtype: Any) -> None:
        self.key_dtype = key_dtype
        self.value_dtype = value_dtype
        self.entries: dict[Any, Any] = {}

    def fill(self, keys: Any, values: Any, replace: bool = True) -> None:
        """Takes pairs in; ``replace`` forgets what was there."""
        names = _listed(keys, self.key_dtype)
        found = _listed(values, self.value_dtype)
        if len(names) != len(found):
            raise DataLossError(
                "A table has {keys} keys and {values} values.", keys=len(names), values=len(found)
            )
        if replace:
            self.entries = {}
        self.entries.update(zip(names, found, strict=True))

    def find(self, keys: Any, default: Any) -> Any:
        """The values of keys; the default for those that are not there."""
        fallback = np.asarray(known("lookup", default).numpy()).reshape(-1)[0]
        names = _listed(keys, self.key_dtype)
        found = list(map(self.entries.get, names, itertools.repeat(fallback)))
        return _tensor(found, self.value_dtype, dims(as_tensor(keys)))


def _listed(values: Any, dtype: Any) -> list[Any]:
    array = values if isinstance(values, np.ndarray) else known("table", values).numpy()
    found: list[Any] = np.asarray(array).reshape(-1).tolist()
    return found


def _tensor(values: list[Any], dtype: Any, shape: tuple[int, ...]) -> Any:
    if dtype is string:
        return objects(values, shape)
    return convert_to_tensor(np.asarray(values, dtype.np_dtype).reshape(shape))


def _table(value: Any) -> Table:
    if not isinstance(value, Table):
        raise FailedPreconditionError("A table of the graph was not made.")
    return value


@reads("HashTable", "HashTableV2", "MutableHashTable", "MutableHashTableV2", eager=True)
def _hash_table(call: Any) -> Any:
    name = call.text("shared_name", "") or call.name
    found = Table(call["key_dtype"], call["value_dtype"])
    return call.resources.setdefault(f"table {name}", found)


@reads("AnonymousHashTable", "AnonymousMutableHashTable", eager=True)
def _anonymous_table(call: Any) -> Any:
    return Table(call["key_dtype"], call["value_dtype"])


@reads("LookupTableFind", "LookupTableFindV2", eager=True)
def _find(call: Any, table: Any, keys: Any, default: Any) -> Any:
    return _table(table).find(keys, default)


@reads("LookupTableImportV2", "InitializeTable", "InitializeTableV2", eager=True)
def _import(call: Any, table: Any, keys: Any, values: Any) -> Any:
    _table(table).fill(keys, values)
    return ()


@reads("LookupTableInsertV2", eager=True)
def _insert(call: Any, table: Any, keys: Any, values: Any) -> Any:
    _table(table).fill(keys, values, replace=False)
    return ()


@reads("LookupTableSize", "LookupTableSizeV2", eager=True)
def _size(call: Any, table: Any) -> Any:
    return convert_to_tensor(np.int64(len(_table(table).entries)))


@reads("LookupTableExport", "LookupTableExportV2", outputs=("keys", "values"), eager=True)
def _export(call: Any, table: Any) -> Any:
    one = _table(table)
    shape = (len(one.entries),)
    keys = _tensor(list(one.entries), one.key_dtype, shape)
    return keys, _tensor(list(one.entries.values()), one.value_dtype, shape)


_WHOLE_LINE, _LINE_NUMBER = -2, -1
_MOST_VOCABULARY = 1 << 30


@reads("InitializeTableFromTextFile", "InitializeTableFromTextFileV2", eager=True)
def _import_file(call: Any, table: Any, file: Any) -> Any:
    """A vocabulary in the model's own folder."""
    if not isinstance(file, Asset):
        raise PermissionDeniedError(
            "The table {name!r} wants to read a file that is no asset of the model.",
            name=call.name,
        )
    with open(file.path, "rb") as opened:
        data = opened.read(_MOST_VOCABULARY + 1)
    if len(data) > _MOST_VOCABULARY:
        raise ResourceExhaustedError("{path}: a vocabulary of over 1 GB.", path=file.path)
    lines = data.splitlines()[int(call.get("offset", 0)) :]
    most = int(call.get("vocab_size", -1))
    if most >= 0:
        lines = lines[:most]
    one = _table(table)
    delimiter = bytes(call.get("delimiter", b"\t"))

    def column(number: int, dtype: Any) -> Array:
        if number == _LINE_NUMBER:
            return np.arange(len(lines))
        try:
            parts = lines
            if number != _WHOLE_LINE:
                parts = [line.split(delimiter)[number] for line in lines]
            if dtype is string:
                found = np.empty(len(parts), object)
                found[:] = parts
                return found
            return np.asarray([float(part) for part in parts]).astype(dtype.np_dtype)
        except (IndexError, ValueError) as error:
            raise DataLossError(
                "{path}: a line has no column {number} of {dtype}.",
                path=file.path,
                number=number,
                dtype=dtype.name,
            ) from error

    one.fill(
        column(int(call["key_index"]), one.key_dtype),
        column(int(call["value_index"]), one.value_dtype),
    )
    return ()


# --- examples ---------------------------------------------------------------------------------


def _example_sizes(node: Any) -> list[int]:
    """How many tensors each output of ParseExample has."""
    attributes = node.attr
    sparse = attributes["Nsparse"].i if node.op == "ParseExample" else attributes["num_sparse"].i
    dense = len(attributes["Tdense"].list.type)
    return [int(sparse)] * 3 + [dense]


@reads(
    "ParseExample",
    "ParseExampleV2",
    outputs=("sparse_indices", "sparse_values", "sparse_shapes", "dense_values"),
    eager=True,
)
def _parse_example(call: Any, serialized: Any, names: Any, *rest: Any) -> Any:
    from caudal.io.features import FixedLenFeature, VarLenFeature
    from caudal.io.parsing import parse_example

    dense_shapes = call.get("dense_shapes", [])
    kinds = call.get("sparse_types", [])
    if call.op == "ParseExampleV2":
        sparse_keys, dense_keys, ragged, *defaults = rest
        if dims(as_tensor(ragged))[0]:
            raise UnimplementedError("ParseExampleV2: ragged features are not read.")
        sparse = [bytes(key).decode() for key in strings_of(call.op, sparse_keys)]
        dense = [bytes(key).decode() for key in strings_of(call.op, dense_keys)]
    else:
        count = int(call.get("Nsparse", 0))
        texts = [
            bytes(as_tensor(key).numpy()).decode() for key in rest[: count + len(dense_shapes)]
        ]
        sparse, dense = texts[:count], texts[count:]
        defaults = list(rest[count + len(dense_shapes) :])
    features: dict[str, Any] = {
        key: VarLenFeature(kind) for key, kind in zip(sparse, kinds, strict=True)
    }
    for key, shape, default in zip(dense, dense_shapes, defaults, strict=True):
        if shape.dims is None or None in shape.dims:
            raise UnimplementedError(
                "ParseExample: the feature {key!r} has an open shape.", key=key
            )
        given = default.numpy() if dims(default) != (0,) else None
        features[key] = FixedLenFeature(shape.dims, default.dtype, given)
    found = parse_example(serialized, features)
    parts = [found[key] for key in sparse]
    return (
        *(part.indices for part in parts),
        *(part.values for part in parts),
        *(convert_to_tensor(part.dense_shape) for part in parts),
        *(found[key] for key in dense),
    )


SIZES = {"ParseExample": _example_sizes, "ParseExampleV2": _example_sizes}
"""Ops whose outputs are lists: how many tensors each holds, by the node."""
