"""StringLookup: strings as indices."""

from __future__ import annotations

from typing import Any

from caudal.keras.layers import encodings
from caudal.keras.layers.hashing import checked_salt
from caudal.keras.layers.index_lookup import Vocabulary, check_unknowns, hashed_bucket
from caudal.keras.layers.lookup_layer import LookupLayer


class StringLookup(LookupLayer):
    """The index of each string in a vocabulary; unknown strings share the first index.

    vocabulary: a list, an array or a file; or call `adapt`. output_mode: "int", "one_hot",
    "multi_hot", "count", "tf_idf". invert: strings of indices. Strings are looked up on the
    host: apply the layer to arrays, or within ``Dataset.map``.

    >>> StringLookup(vocabulary=["a", "b"])([["b", "?"]]).numpy().tolist()
    [[2, 0]]
    """

    _expected_input_dtype = "string"
    _config_names = (
        "invert",
        "max_tokens",
        "num_oov_indices",
        "mask_token",
        "oov_token",
        "output_mode",
        "sparse",
        "pad_to_max_tokens",
        "oov_method",
        "salt",
        "encoding",
    )

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        name: str | None = None,
        salt: Any = None,
        *,
        oov_method: str = "floormod",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        # Strings that are unknown are hashed either way.
        encodings.check_mode("StringLookup", oov_method, ("floormod", "farmhash"), "oov_method")
        self.oov_method, self.salt = oov_method, checked_salt("StringLookup", salt)
        check_unknowns("StringLookup", num_oov_indices)
        self.mask_token, self.oov_token, self.encoding = mask_token, oov_token, encoding
        mask = mask_token if output_mode == "int" else None
        words = Vocabulary(mask, oov_token, num_oov_indices, max_tokens)
        words.bucket, words.salt = hashed_bucket(self.salt), self.salt
        if invert:
            self._expected_input_dtype = "int64"
        self._setup(words, vocabulary, idf_weights, output_mode, invert, pad_to_max_tokens, sparse)

    def _token(self, value: Any) -> str:
        return value.decode(self.encoding) if isinstance(value, bytes) else str(value)
