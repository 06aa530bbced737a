"""What StringLookup and IntegerLookup share: a vocabulary, and the index of each token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from caudal.errors import FailedPreconditionError, InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras.layers import encodings
from caudal.ops.words import Lookup
from caudal.sparse.tensor import from_dense
from caudal.strings.fingerprint import fingerprint64
from caudal.strings.siphash import siphash

MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class Vocabulary:
    """Tokens by index: the mask's, those for unknown tokens, then the vocabulary."""

    def __init__(self, mask: Any, unknown: Any, unknowns: int, most: int | None) -> None:
        self.mask, self.unknown, self.unknowns, self.most = mask, unknown, unknowns, most
        # Of several indices for unknown tokens, which one; None goes by the remainder.
        self.bucket: Callable[[Any], int] | None = None
        self.salt: list[int] | None = None
        self.inverted = False
        self.tokens: list[Any] = []
        self.weights: Any = None
        self._index: dict[Any, int] = {}

    @property
    def first(self) -> int:
        """The index of the first token of the vocabulary."""
        return self.unknowns + (self.mask is not None)

    def __len__(self) -> int:
        return self.first + len(self.tokens)

    def all(self) -> list[Any]:
        """Every token by its index."""
        start = [] if self.mask is None else [self.mask]
        return [*start, *[self.unknown] * self.unknowns, *self.tokens]

    def set(self, tokens: Sequence[Any], layer: str) -> None:
        """Takes a vocabulary, with or without the special tokens in front."""
        found = list(tokens)
        special = self.all()[: self.first]
        if special and found[: len(special)] == special:
            found = found[len(special) :]
        # The unknown token is what an inverted lookup gives; elsewhere it is a token like others.
        reserved = (self.mask, self.unknown) if self.inverted else (self.mask,)
        repeated = [token for token, count in Counter(found).items() if count > 1]
        if repeated or any(token in reserved for token in found if special):
            raise InvalidArgumentError(
                "{layer}: the vocabulary must hold each token once, and special tokens only in "
                "front; received {tokens!r}.",
                layer=layer,
                tokens=repeated or found[:10],
            )
        if self.most is not None and self.first + len(found) > self.most:
            raise InvalidArgumentError(
                "{layer}: {count} tokens with the special ones are more than max_tokens={most}.",
                layer=layer,
                count=self.first + len(found),
                most=self.most,
            )
        self.tokens = found
        self._index = {token: self.first + i for i, token in enumerate(found)}

    def learn(self, counts: Counter[Any], layer: str) -> None:
        """The most frequent tokens; of equally frequent ones the later in order."""
        for special in (self.mask, self.unknown):
            counts.pop(special, None)
        ranked = sorted(counts, key=lambda token: (counts[token], token), reverse=True)
        room = None if self.most is None else max(self.most - self.first, 0)
        self.set(ranked[:room], layer)

    def index(self, token: Any, layer: str) -> int:
        """The index of a token; of an unknown one by its remainder, or its hash."""
        found = self._index.get(token)
        if found is not None:
            return found
        start = 0 if self.mask is None else 1
        if start and token == self.mask:
            return 0
        if self.unknowns == 0:
            raise InvalidArgumentError(
                "{layer}: the token {token!r} is not in the vocabulary, and num_oov_indices=0 "
                "leaves no index for it.",
                layer=layer,
                token=token,
            )
        if self.unknowns == 1:
            return start
        if self.bucket is None:
            return int(start + token % self.unknowns)
        return start + self.bucket(token) % self.unknowns

    def lookup(self) -> Lookup:
        """The same for graphs, texts in UTF-8."""
        start = 0 if self.mask is None else 1
        mask = None if self.mask is None else _plain(self.mask)
        tokens = tuple(map(_plain, self.tokens))
        salt = None if self.salt is None else (self.salt[0], self.salt[1])
        return Lookup(
            tokens,
            self.first,
            mask,
            start,
            self.unknowns,
            _plain(self.unknown),
            self.bucket is not None,
            salt,
        )

    def learn_weights(self, documents: Iterable[Iterable[Any]], layer: str) -> None:
        """``log(1 + n / (1 + d))`` for each token, d of n documents having it."""
        held: Counter[Any] = Counter()
        total = 0
        for document in documents:
            held.update(set(document))
            total += 1
        self.weigh([np.log(1 + total / (1 + held[token])) for token in self.tokens], layer)

    def weigh(self, weights: Any, layer: str) -> None:
        """Takes a weight for each token; unknown tokens get the mean."""
        found = np.asarray(weights, "float32")
        if found.shape != (len(self.tokens),):
            raise InvalidArgumentError(
                "{layer}: `idf_weights` must be one number for each of the {count} tokens, "
                "received shape {shape}.",
                layer=layer,
                count=len(self.tokens),
                shape=found.shape,
            )
        front = np.full(self.first, found.mean() if found.size else 0.0, "float32")
        self.weights = np.concatenate([front, found])


def check_unknowns(layer: str, count: Any) -> None:
    """Raise unless this may be the number of indices for unknown tokens."""
    if not isinstance(count, int) or count < 0:
        raise InvalidArgumentError(
            "{layer}: `num_oov_indices` must be an integer from 0 on, received {count}.",
            layer=layer,
            count=count,
        )


def hashed_bucket(salt: list[int] | None) -> Callable[[Any], int]:
    """A token's hash: TensorFlow's fast one of its text, or the strong one with a salt."""
    if salt is None:
        return lambda token: fingerprint64(str(token).encode())
    return lambda token: siphash(str(token).encode(), (salt[0], salt[1]))


def _plain(token: Any) -> Any:
    return token.encode() if isinstance(token, str) else int(token)


def vectors(
    ids: Any, mode: str, words: Vocabulary, padded: bool, layer: str, sparse: bool = False
) -> Any:
    """Indices as `output_mode` wants them: int64, or float32 for "tf_idf"."""
    if not encodings.is_ahead(ids):
        ids = convert_to_tensor(np.asarray(ids, "int64"))
    if mode == "int":
        return ids
    width = words.most if padded and words.most is not None else len(words)
    if mode != "tf_idf":
        return encodings.encode(ids, mode, width, "int64", sparse=sparse)
    found = weighted(encodings.encode(ids, "count", width, "float32"), words, layer)
    return from_dense(found) if sparse else found


def weighted(counts: Any, words: Vocabulary, layer: str) -> Any:
    """How often each token is there, times its weight."""
    if words.weights is None:
        raise FailedPreconditionError(
            "{layer}: output_mode='tf_idf' needs idf_weights, or adapt().", layer=layer
        )
    return counts * np.pad(words.weights, (0, int(counts.shape[-1]) - len(words.weights)))
