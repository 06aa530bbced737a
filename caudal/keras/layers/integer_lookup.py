"""IntegerLookup: arbitrary integers as indices."""

from __future__ import annotations

from typing import Any

from caudal.errors import InvalidArgumentError, UnimplementedError
from caudal.keras.layers import encodings
from caudal.keras.layers.index_lookup import Vocabulary
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
        "pad_to_max_tokens",
        "vocabulary_dtype",
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
        encodings.refuse_sparse("IntegerLookup", sparse)
        if oov_method != "floormod" or salt is not None:
            raise UnimplementedError(
                "IntegerLookup: oov_method='farmhash' and `salt` are not implemented; use "
                "oov_method='floormod'."
            )
        if not isinstance(num_oov_indices, int) or num_oov_indices < 0:
            raise InvalidArgumentError(
                "IntegerLookup: `num_oov_indices` must be an integer from 0 on, received {count}.",
                count=num_oov_indices,
            )
        self.mask_token, self.oov_token = mask_token, oov_token
        self.vocabulary_dtype = vocabulary_dtype
        mask = mask_token if output_mode == "int" else None
        words = Vocabulary(mask, oov_token, num_oov_indices, max_tokens)
        self._setup(words, vocabulary, idf_weights, output_mode, invert, pad_to_max_tokens)

    def _token(self, value: Any) -> int:
        return int(value)
