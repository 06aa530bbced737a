"""IntegerLookup: arbitrary integers as indices."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.keras.layers import encodings
from caudal.keras.layers.hashing import checked_salt
from caudal.keras.layers.index_lookup import Vocabulary, check_unknowns, hashed_bucket
from caudal.keras.layers.lookup_layer import LookupLayer


class IntegerLookup(LookupLayer):
    """The index of each integer in a vocabulary; unknown ones go by their remainder.

    vocabulary: a list, an array or a file; or call `adapt`. num_oov_indices: how many indices,
    from the first, unknown integers share. output_mode: "int", "one_hot", "multi_hot", "count",
    "tf_idf". invert: integers of indices. The work is done on the host.

    >>> IntegerLookup(vocabulary=[10, 20])([[20, 7]]).numpy().tolist()
    [[2, 0]]
    """

    _expected_input_dtype = "int64"
    _config_names = (
        "invert",
        "max_tokens",
        "num_oov_indices",
        "mask_token",
        "oov_token",
        "output_mode",
        "sparse",
        "pad_to_max_tokens",
        "vocabulary_dtype",
        "oov_method",
        "salt",
    )

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        encodings.check_mode("IntegerLookup", oov_method, ("floormod", "farmhash"), "oov_method")
        encodings.check_mode("IntegerLookup", vocabulary_dtype, ("int64",), "vocabulary_dtype")
        self.oov_method, self.salt = oov_method, checked_salt("IntegerLookup", salt)
        if salt is not None and oov_method != "farmhash":
            raise InvalidArgumentError(
                "IntegerLookup: `salt` needs oov_method='farmhash', received {method!r}.",
                method=oov_method,
            )
        check_unknowns("IntegerLookup", num_oov_indices)
        self.mask_token, self.oov_token = mask_token, oov_token
        self.vocabulary_dtype = vocabulary_dtype
        mask = mask_token if output_mode == "int" else None
        words = Vocabulary(mask, oov_token, num_oov_indices, max_tokens)
        words.bucket = None if oov_method == "floormod" else hashed_bucket(self.salt)
        words.salt = self.salt
        self._setup(words, vocabulary, idf_weights, output_mode, invert, pad_to_max_tokens, sparse)

    def _token(self, value: Any) -> int:
        return int(value)
