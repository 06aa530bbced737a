"""TextVectorization: texts as indices of their words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from caudal.errors import InvalidArgumentError
from caudal.framework import convert_to_tensor
from caudal.keras.layers import arguments, encodings, text_rules, words_ahead
from caudal.keras.layers.index_lookup import Vocabulary, vectors
from caudal.keras.layers.lookup_layer import LookupLayer
from caudal.keras.layers.string_lookup import StringLookup
from caudal.ragged.factory import lists
from caudal.ragged.tensor import RaggedTensor


class TextVectorization(LookupLayer):
    """Texts, cleaned and split into words, as indices: 0 for padding, 1 for unknown words.

    output_mode: "int" (as long as the longest text of the batch, or ``output_sequence_length``; a
    RaggedTensor, at most so long, with ``ragged``),
    "multi_hot", "count", "tf_idf". The work is done on the host: apply the layer to arrays, or
    within ``Dataset.map``.

    >>> layer = TextVectorization(vocabulary=["so", "long"])
    >>> layer(["So long, and", "so"]).numpy().tolist()
    [[2, 3, 1], [2, 0, 0]]
    """

    _expected_input_dtype = "string"
    _config_names = (
        "max_tokens",
        "standardize",
        "split",
        "ngrams",
        "output_mode",
        "output_sequence_length",
        "pad_to_max_tokens",
        "sparse",
        "ragged",
        "encoding",
    )

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: Any = "lower_and_strip_punctuation",
        split: Any = "whitespace",
        ngrams: Any = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if ragged and output_mode != "int":
            raise InvalidArgumentError(
                "TextVectorization: `ragged` needs output_mode='int', received {mode!r}.",
                mode=output_mode,
            )
        self.ragged = bool(ragged)
        encodings.check_mode(
            "TextVectorization", output_mode, ("int", "one_hot", "multi_hot", "count", "tf_idf")
        )
        self.standardize = text_rules.check_rule("standardize", standardize, text_rules.STANDARDS)
        self.split = text_rules.check_rule("split", split, text_rules.SPLITS)
        self.ngrams, self._sizes = ngrams, text_rules.gram_sizes(ngrams)
        if output_sequence_length is not None:
            kind = "TextVectorization"
            arguments.positive(output_sequence_length, "output_sequence_length", kind)
            if output_mode != "int":
                raise InvalidArgumentError(
                    "TextVectorization: `output_sequence_length` needs output_mode='int', "
                    "received {mode!r}.",
                    mode=output_mode,
                )
        self.output_sequence_length, self.encoding = output_sequence_length, encoding
        words = Vocabulary("" if output_mode == "int" else None, "[UNK]", 1, max_tokens)
        self._setup(words, vocabulary, idf_weights, output_mode, False, pad_to_max_tokens, sparse)
        if output_mode == "tf_idf":
            # Keras's files have the weights once more under this attribute.
            self._lookup_layer = StringLookup(output_mode="tf_idf", name="string_lookup")
            self._lookup_layer._words = words

    def _token(self, value: Any) -> str:
        return value.decode(self.encoding) if isinstance(value, bytes) else str(value)

    def _texts(self, batch: Any) -> list[list[str]]:
        """The words of each text, of a batch of shape (n,), (n, 1) or ()."""
        array = np.asarray(batch, object)
        if array.ndim > 2 or (array.ndim == 2 and array.shape[1] != 1):
            raise InvalidArgumentError(
                "TextVectorization: expected texts of shape (n,) or (n, 1), received {shape}.",
                shape=array.shape,
            )
        texts = [self._token(value) for value in array.ravel().tolist()]
        rows = text_rules.divided(text_rules.standardized(texts, self.standardize), self.split)
        return [text_rules.grams(row, self._sizes) for row in rows]

    def _documents(self, batches: Iterable[Any]) -> Iterator[list[Any]]:
        for batch in batches:
            yield from self._texts(batch)

    def adapt(  # type: ignore[override]
        self, data: Any, batch_size: int | None = None, steps: int | None = None
    ) -> None:
        """Makes the vocabulary of an array or a data set, of ``steps`` batches if that is given.

        batch_size: accepted; an array is read as a whole, as in Keras.
        """
        super().adapt(data, steps)

    def call(self, inputs: Any) -> Any:
        """The indices, or vectors of them."""
        if isinstance(inputs, RaggedTensor):
            return self._of_words(inputs)
        if encodings.is_ahead(inputs):
            return words_ahead.vectorized(self, inputs)
        values = encodings.host("TextVectorization", inputs)
        return self._result([self._ids(row) for row in self._texts(values)], values.ndim == 0)

    def _of_words(self, words: Any) -> Any:
        """Of texts that are divided already, with split=None."""
        if self.split is not None:
            raise InvalidArgumentError("TextVectorization: a RaggedTensor needs split=None.")
        divided = [[self._token(word) for word in row] for row in words.to_list()]
        plain = [text_rules.standardized(row, self.standardize) for row in divided]
        return self._result([self._ids(text_rules.grams(row, self._sizes)) for row in plain], False)

    def _ids(self, words: list[str]) -> list[int]:
        return [self._words.index(word, "TextVectorization") for word in words]

    def _result(self, rows: list[list[int]], alone: bool) -> Any:
        if self.output_mode != "int":
            # Places past a text's end are -1, which is nobody's index.
            ids = text_rules.padded(rows, max(map(len, rows), default=0) or 1, -1)
            kind, padded = "TextVectorization", self.pad_to_max_tokens
            ids = ids[0] if alone else ids
            return vectors(ids, self.output_mode, self._words, padded, kind, self.sparse)
        if self.ragged and not alone:
            return lists([row[: self.output_sequence_length] for row in rows], "int64")
        ids = text_rules.padded(rows, self.output_sequence_length, 0)
        return convert_to_tensor(ids[0] if alone else ids)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """(batch, length), the length None if it depends on the texts."""
        if self.output_mode == "int":
            return (input_shape[0], self.output_sequence_length)
        width = super().compute_output_shape((None, 2))[-1]
        return (input_shape[0], *((None,) if self.output_mode == "one_hot" else ()), width)
