"""Vocabularies and weights of tokens where Keras keeps them in its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from caudal.keras.layers.index_lookup import Vocabulary


class VocabularyFiles:
    """Reads and writes them for a layer."""

    _words: Vocabulary
    _stored_weights: Any = None

    def _token(self, value: Any) -> Any:
        raise NotImplementedError

    def save_own_variables(self, store: Any) -> None:
        """The weights of the tokens, where Keras looks for them."""
        if self._words.weights is not None:
            store["idf_weights"] = self._words.weights

    def load_own_variables(self, store: Any) -> None:
        """The weights of the tokens, which Keras keeps beside the vocabulary."""
        if "idf_weights" in store.keys():  # noqa: SIM118 - a store is no dict
            self._stored_weights = np.asarray(store["idf_weights"], "float32")

    def load_assets(self, dir_path: Any) -> None:
        """Takes the vocabulary that Keras keeps in a file; ours is in the configuration."""
        path = Path(dir_path) / "vocabulary.txt"
        if self._words.tokens or not path.is_file():
            return
        lines = path.read_text(encoding="utf-8").split("\n")
        while lines and not lines[-1]:
            lines.pop()
        kind = type(self).__name__
        self._words.set([self._token(line) for line in lines], kind)
        if self._stored_weights is not None:
            first = self._words.first
            kept = self._stored_weights[first : first + len(self._words.tokens)]
            self._words.weigh(kept, kind)
