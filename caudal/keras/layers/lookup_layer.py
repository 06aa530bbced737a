"""What the lookup layers share: arguments, adapting, configuration."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.framework.composite import Composite
from caudal.io.files import refusal
from caudal.keras.engine.serialization import check_may_open
from caudal.keras.layers import arguments, encodings, words_ahead
from caudal.keras.layers.index_lookup import MODES, Vocabulary, vectors
from caudal.keras.layers.vocabulary_files import VocabularyFiles


class LookupLayer(VocabularyFiles, encodings.DataLayer):
    """Tokens to indices (or, with ``invert``, back); the work is done on the host.

    vocabulary_size: what Keras notes in its files of a layer whose vocabulary is beside them.
    """

    _known_rule: Any = None

    def __init__(self, vocabulary_size: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._expected_size = vocabulary_size

    def _setup(
        self,
        words: Vocabulary,
        vocabulary: Any,
        idf_weights: Any,
        output_mode: str,
        invert: bool,
        pad_to_max_tokens: bool,
        sparse: bool = False,
    ) -> None:
        """Reads the arguments that both layers have."""
        kind = type(self).__name__
        self.output_mode = encodings.check_mode(kind, output_mode, MODES)
        if invert and output_mode != "int":
            raise InvalidArgumentError(
                "{layer}: `invert` needs output_mode='int', received {mode!r}.",
                layer=kind,
                mode=output_mode,
            )
        encodings.check_sparse(kind, sparse, output_mode)
        if words.most is not None and arguments.positive(words.most, "max_tokens", kind) == 1:
            raise InvalidArgumentError("{layer}: `max_tokens` must be above 1.", layer=kind)
        self.sparse, words.inverted = bool(sparse), bool(invert)
        self.invert, self.pad_to_max_tokens = bool(invert), bool(pad_to_max_tokens)
        self.max_tokens, self.num_oov_indices = words.most, words.unknowns
        self._words = words
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    def _token(self, value: Any) -> Any:
        """A token as the vocabulary holds it."""
        return value.decode() if isinstance(value, bytes) else str(value)

    def _documents(self, batches: Iterable[Any]) -> Iterator[list[Any]]:
        """The tokens of each row."""
        for batch in batches:
            rows = batch.reshape(batch.shape[0] if batch.ndim > 1 else 1, -1)
            if batch.ndim < 2 and self.output_mode == "tf_idf":
                rows = batch.reshape(-1, 1)
            for row in rows:
                yield [self._token(value) for value in row.tolist()]

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Makes the vocabulary of the tokens of an array or a data set, most frequent first."""
        documents = list(self._documents(islice(encodings.batches(data), steps)))
        kind = type(self).__name__
        self._words.learn(Counter(token for row in documents for token in row), kind)
        if self.output_mode == "tf_idf":
            self._words.learn_weights(documents, kind)

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Takes the tokens of a list, an array or a text file of one token a line."""
        if isinstance(vocabulary, str | Path):
            vocabulary = self._lines(vocabulary)
        values = np.asarray(convert_to_tensor(vocabulary).numpy()).ravel().tolist()
        kind = type(self).__name__
        self._words.set([self._token(value) for value in values], kind)
        if idf_weights is not None:
            self._words.weigh(idf_weights, kind)
        elif self.output_mode == "tf_idf":
            raise InvalidArgumentError(
                "{layer}: output_mode='tf_idf' with a vocabulary needs `idf_weights`.", layer=kind
            )

    def _lines(self, path: str | Path) -> list[str]:
        check_may_open(type(self).__name__, path)
        try:
            return Path(path).read_text(encoding="utf-8").splitlines()
        except OSError as error:
            raise refusal(path, error) from error
        except ValueError as error:
            raise InvalidArgumentError(
                "{layer}: the vocabulary file {path!r} is not text in UTF-8: {reason}.",
                layer=type(self).__name__,
                path=str(path),
                reason=error,
            ) from error

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens by index."""
        return self._words.all() if include_special_tokens else list(self._words.tokens)

    def vocabulary_size(self) -> int:
        """The number of tokens with the special ones."""
        return len(self._words)

    def _ready(self) -> None:
        if not self._words.tokens:
            raise InvalidArgumentError(
                "{layer}: the vocabulary is empty. Give `vocabulary`, or call adapt() on data.",
                layer=type(self).__name__,
            )

    def call(self, inputs: Any) -> Any:
        """The indices, their vectors, or the tokens."""
        self._ready()
        kind = type(self).__name__
        if isinstance(inputs, Composite):
            # Ragged and sparse tokens give ids in the same places.
            found = self._found(encodings.host(kind, inputs.traced_parts()[0]))
            found = inputs.with_traced_parts([convert_to_tensor(found)])
            if self.output_mode == "int":
                return found
            ids = encodings.host(kind, encodings.filled(found, -1))
        elif encodings.is_ahead(inputs):
            return words_ahead.looked_up(self, inputs)
        else:
            ids = self._found(encodings.host(kind, inputs))
        if self.invert:
            return convert_to_tensor(ids)
        rest = (self._words, self.pad_to_max_tokens, kind, self.sparse)
        return vectors(ids, self.output_mode, *rest)

    def _found(self, values: Any) -> Any:
        """The index of each token, or the token of each index."""
        if self.invert:
            return self._tokens(values)
        kind = type(self).__name__
        flat = [self._words.index(self._token(value), kind) for value in values.ravel().tolist()]
        return np.asarray(flat, "int64").reshape(values.shape)

    def _tokens(self, ids: Any) -> Any:
        """The tokens of indices; an index out of range gives the unknown token."""
        known = self._words.all()
        found = [
            known[i] if 0 <= i < len(known) else self._words.unknown for i in ids.ravel().tolist()
        ]
        shaped = np.empty(ids.shape, object if isinstance(self._words.unknown, str) else "int64")
        shaped.ravel()[:] = found
        return shaped

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the indices or vectors."""
        most = self.max_tokens if self.pad_to_max_tokens else None
        size = len(self._words) if self._words.tokens else self._expected_size
        width = most or size or len(self._words)
        return encodings.encoded_shape(input_shape, self.output_mode, width)

    def compute_output_dtype(self, inputs: Any) -> str:
        """int64, float32 for "tf_idf"; tokens as they are."""
        if self.invert:
            return "string" if isinstance(self._words.unknown, str) else "int64"
        return "float32" if self.output_mode == "tf_idf" else "int64"

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the vocabulary as it is now."""
        words = self._words
        weights = None if words.weights is None else words.weights[words.first :].tolist()
        return {
            **super().get_config(),
            "vocabulary": list(words.tokens) or None,
            "idf_weights": weights,
        }
