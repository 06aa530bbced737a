"""Looking words up in a graph: a search among sorted hashes, without tables that need a start.

A token is where its hash stands among those of the vocabulary, if the token there is the same:
such a graph has no resources, so that it can be called from any function and by any server.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from caudal import strings
from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.ir.dtypes import bool_, int32, int64, string
from caudal.ops.words import Cut, Lookup
from caudal.saved_model.registry import reads, writes
from caudal.strings.arguments import known, objects, strings_of
from caudal.strings.fingerprint import fingerprint64

_BUCKETS = (1 << 63) - 1
# No text of a vocabulary has it; splitting at it gives characters.
_BETWEEN = b"\x00"


@writes("words")
def _write_words(w: Any, node: Any, x: Any) -> Any:
    rule = node.params["rule"]
    return _WAYS[rule.way](w, node, x, rule)


def _texts(values: Any) -> Any:
    found = np.empty(len(values), object)
    found[:] = values
    return found


def _text(value: bytes) -> Any:
    found = np.empty((), object)
    found[()] = value
    return found


# --- one token --------------------------------------------------------------------------------


def _ids(w: Any, node: Any, x: Any, rule: Any) -> Any:
    flat = w.reshape(x, (-1,))
    return w.reshape(_found(w, node, flat, rule.lookup), node.shape)


def _found(w: Any, node: Any, flat: Any, lookup: Lookup) -> Any:
    """The indices of a vector of tokens."""
    if not lookup.count:
        raise w.unwritable(node, "with num_oov_indices=0, which raises for unknown tokens,")
    texts = flat.dtype is string
    keys = [fingerprint64(t) % _BUCKETS if texts else t for t in lookup.tokens]
    if len(set(keys)) != len(keys):
        raise w.unwritable(node, "of two tokens with one hash")
    order = np.argsort(np.asarray(keys, np.int64), kind="stable")
    tokens = [lookup.tokens[i] for i in order]
    code = _hash(w, flat, _BUCKETS, None) if texts else w.cast(flat, int64)
    line = w.reshape(w.const(np.asarray(keys, np.int64)[order]), (1, len(keys)))
    place = w.node("LowerBound", line, w.reshape(code, (1, -1)), dtype=int32)
    last = w.const(np.int32(len(keys) - 1))
    place = w.node("Minimum", w.reshape(place, (-1,)), last)
    zero = w.const(np.int32(0))
    there = w.const(_texts(tokens)) if texts else w.const(np.asarray(tokens, np.int64))
    sought = flat if texts else code
    same = w.node("Equal", w.node("GatherV2", there, place, zero), sought, dtype=bool_)
    index = w.node("GatherV2", w.const(order.astype(np.int64) + lookup.first), place, zero)
    found = w.node("SelectV2", same, index, _unknown(w, sought, lookup), dtype=int64)
    if lookup.mask is None:
        return found
    mask = w.const(_text(lookup.mask) if texts else np.int64(lookup.mask))
    masked = w.node("Equal", sought, mask, dtype=bool_)
    return w.node("SelectV2", masked, w.const(np.int64(0)), found, dtype=int64)


def _unknown(w: Any, tokens: Any, lookup: Lookup) -> Any:
    """The indices of unknown tokens: one, or by their remainder or hash."""
    start = w.const(np.int64(lookup.start))
    if lookup.count == 1:
        return start
    if lookup.hashed:
        texts = tokens if tokens.dtype is string else w.node("AsString", tokens, dtype=string)
        return w.node("AddV2", _hash(w, texts, lookup.count, lookup.salt), start)
    return w.node("AddV2", w.node("FloorMod", tokens, w.const(np.int64(lookup.count))), start)


def _hash(w: Any, texts: Any, count: int, salt: Any) -> Any:
    if salt is None:
        return w.node("StringToHashBucketFast", texts, dtype=int64, num_buckets=count)
    return w.node("StringToHashBucketStrong", texts, dtype=int64, num_buckets=count, key=list(salt))


def _tokens(w: Any, node: Any, ids: Any, rule: Any) -> Any:
    """Indices back to tokens; those out of range are unknown."""
    lookup: Lookup = rule.lookup
    front = [lookup.unknown] * lookup.count
    every = [*([] if lookup.mask is None else [lookup.mask]), *front, *lookup.tokens]
    zero = w.const(np.int64(0))
    ids = w.cast(ids, int64)
    last = w.const(np.int64(len(every) - 1))
    inside = w.node("Minimum", w.node("Maximum", ids, zero), last)
    valid = w.node("Equal", inside, ids, dtype=bool_)
    texts = node.dtype is string
    table = w.const(_texts(every)) if texts else w.const(np.asarray(every, np.int64))
    found = w.node("GatherV2", table, inside, w.const(np.int32(0)))
    unknown = w.const(_text(lookup.unknown) if texts else np.int64(lookup.unknown))
    return w.node("SelectV2", valid, found, unknown, dtype=node.dtype)


def _buckets(w: Any, node: Any, x: Any, rule: Any) -> Any:
    buckets = rule.buckets
    texts = x if x.dtype is string else w.node("AsString", x, dtype=string)
    found = _hash(w, texts, buckets.count, buckets.salt)
    if buckets.start:
        found = w.node("AddV2", found, w.const(np.int64(buckets.start)))
    if buckets.mask is None:
        return found
    masked = w.node("Equal", texts, w.const(_text(buckets.mask)), dtype=bool_)
    return w.node("SelectV2", masked, w.const(np.int64(0)), found, dtype=int64)


# --- whole texts ------------------------------------------------------------------------------


def _cut(w: Any, texts: Any, cut: Cut) -> tuple[Any, Any]:
    """The words of a vector of texts, and where each text's begin."""
    if cut.lower:
        texts = w.node("StringLower", texts, encoding="")
    if cut.without is not None:
        texts = _replaced(w, texts, cut.without, b"")
    blank = b""
    if cut.split == "character":
        apart = _replaced(w, texts, b"(?s)(.)", rb"\1" + _BETWEEN)
        texts, blank = _replaced(w, apart, _BETWEEN + b"$", b""), _BETWEEN
    outputs = ("indices", "values", "shape")
    separator = w.const(_text(blank))
    places, words, shape = w.nodes(
        "StringSplitV2", outputs, (int64, string, int64), texts, separator
    )
    zero, one = w.const(np.int32(0)), w.const(np.int32(1))
    rows = w.reshape(w.node("GatherV2", places, zero, one), (1, -1))
    count = w.node("GatherV2", shape, zero, zero)
    ends = w.node("AddV2", count, w.const(np.int64(1)))
    line = w.node("Range", w.const(np.int64(0)), ends, w.const(np.int64(1)))
    starts = w.node("LowerBound", rows, w.reshape(line, (1, -1)), dtype=int64)
    starts = w.reshape(starts, (-1,))
    if cut.ngrams is None:
        return words, starts
    name = w.bare(
        "StringNGrams",
        [words.text, starts.text],
        separator=" ",
        ngram_widths=list(cut.ngrams),
        left_pad="",
        right_pad="",
        pad_width=0,
        preserve_short_sequences=False,
        Tsplits=int64,
    )
    return type(words)(f"{name}:ngrams:0", string), type(words)(f"{name}:ngrams_splits:0", int64)


def _replaced(w: Any, texts: Any, pattern: bytes, rewrite: bytes) -> Any:
    return w.node(
        "StaticRegexReplace", texts, pattern=pattern, rewrite=rewrite, replace_global=True
    )


def _rows(w: Any, node: Any, texts: Any, rule: Any) -> Any:
    """A row of indices for each text, cut and filled with zeros."""
    words, starts = _cut(w, texts, rule.cut)
    ids = _found(w, node, words, rule.lookup)
    shape = w.cast(w.vector(node.shape), int64)
    name = w.bare(
        "RaggedTensorToTensor",
        [shape.text, ids.text, w.const(np.int64(0)).text, starts.text],
        T=int64,
        Tindex=int64,
        Tshape=int64,
        num_row_partition_tensors=1,
        row_partition_types=["ROW_SPLITS"],
    )
    return type(ids)(f"{name}:result:0", int64)


def _counts(w: Any, node: Any, texts: Any, rule: Any) -> Any:
    """How often each token is in each text."""
    words, starts = _cut(w, texts, rule.cut)
    ids = _found(w, node, words, rule.lookup)
    size, none = w.const(np.int64(node.shape[-1])), w.const(np.zeros(0, np.int64))
    name = w.bare(
        "RaggedBincount",
        [starts.text, ids.text, size.text, none.text],
        Tidx=int64,
        T=int64,
        binary_output=False,
    )
    return type(ids)(f"{name}:output:0", int64)


def _op(w: Any, node: Any, x: Any, rule: Any) -> Any:
    name, attributes = rule.graph
    return w.node(name, x, dtype=node.dtype, **dict(attributes))


_WAYS = {
    "op": _op,
    "ids": _ids,
    "tokens": _tokens,
    "buckets": _buckets,
    "rows": _rows,
    "counts": _counts,
}


# --- reading what is written ------------------------------------------------------------------


@reads("StringToHashBucketStrong", eager=True)
def _read_strong(call: Any, x: Any) -> Any:
    return strings.to_hash_bucket_strong(x, call["num_buckets"], list(call["key"]))


@reads("StringNGrams", outputs=("ngrams", "ngrams_splits"), eager=True)
def _read_ngrams(call: Any, data: Any, splits: Any) -> Any:
    """Runs of words of each row; what pads them is not supported."""
    if call.get("pad_width", 0) or call.get("preserve_short_sequences", False):
        raise InvalidArgumentError("StringNGrams: padded runs are not supported.")
    words, ends = strings_of(call.op, data).reshape(-1), known(call.op, splits).numpy()
    glue, found, counts = bytes(call["separator"]), [], [0]
    for begin, end in itertools.pairwise(ends):
        row = list(words[begin:end])
        for width in call["ngram_widths"]:
            found += [glue.join(row[i : i + width]) for i in range(len(row) - width + 1)]
        counts.append(len(found))
    made = np.asarray(counts, splits.dtype.np_dtype)
    return objects(found, (len(found),)), convert_to_tensor(made)
