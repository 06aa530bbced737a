import json

import numpy as np
import pytest

from caudal.errors import (
    CaudalWarning,
    DTypeError,
    FailedPreconditionError,
    InvalidArgumentError,
    OutOfRangeError,
)
from caudal.keras.preprocessing import sequence, text

TEXTS = ["The cat sat, on the mat.", "A cat! the dog", ["The", "fox", "a"]]


def fitted(**options):
    tokenizer = text.Tokenizer(**options)
    tokenizer.fit_on_texts(TEXTS)
    return tokenizer


# Expected values were recorded from Keras 3.15.1.


def test_words_are_numbered_by_rank():
    tokenizer = fitted()
    assert tokenizer.word_index == {
        "the": 1,
        "cat": 2,
        "a": 3,
        "sat": 4,
        "on": 5,
        "mat": 6,
        "dog": 7,
        "fox": 8,
    }
    assert dict(tokenizer.word_counts)["the"] == 4
    assert tokenizer.word_docs["the"] == 3
    assert tokenizer.index_docs[1] == 3
    assert tokenizer.document_count == 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [[1, 2, 4, 5, 1, 6], [3, 2, 1, 7], [1, 8, 3], [2]]),
        ({"num_words": 3}, [[1, 2, 1], [2, 1], [1], [2]]),
        ({"oov_token": "<u>"}, [[2, 3, 5, 6, 2, 7], [4, 3, 2, 8], [2, 9, 4], [3, 1]]),
        (
            {"num_words": 4, "oov_token": "<u>"},
            [[2, 3, 1, 1, 2, 1], [1, 3, 2, 1], [2, 1, 1], [3, 1]],
        ),
        ({"lower": False}, [[1, 2, 4, 5, 3, 6], [7, 2, 3, 8], [1, 9, 10], [2]]),
        ({"split": ","}, [[1, 2], [3, 4], [5, 6, 7], []]),
        ({"filters": ""}, [[1, 3, 4, 5, 1, 6], [2, 7, 1, 8], [1, 9, 2], [3]]),
        (
            {"char_level": True, "num_words": 5},
            [[2, 4, 1, 3, 2, 1, 3, 2, 1, 1, 2, 4, 1, 3, 2], [3, 1, 3, 2, 1, 2, 4, 1], [3]]
            + [[3, 2, 1, 3]],
        ),
        ({"analyzer": lambda s: s.split("a")}, [[1, 2, 3, 4], [5, 6], [7, 8, 9], []]),
    ],
)
def test_sequences(options, expected):
    assert fitted(**options).texts_to_sequences([*TEXTS, "cat zebra"]) == expected


def test_texts_again():
    sequences = [[1, 2, 3, 99], [4]]
    assert fitted().sequences_to_texts(sequences) == ["the cat a", "sat"]
    assert fitted(num_words=3).sequences_to_texts(sequences) == ["the cat", ""]
    found = fitted(num_words=4, oov_token="<u>").sequences_to_texts(sequences)
    assert found == ["<u> the cat <u>", "<u>"]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("binary", [0, 1, 1]),
        ("count", [0, 2, 1]),
        ("freq", [0, 2 / 3, 1 / 3]),
        ("tfidf", [0, 0.9475118935396932, 0.6931471805599453]),
    ],
)
def test_matrices(mode, expected):
    found = fitted(num_words=3).texts_to_matrix(["the the cat", "zzz"], mode)
    np.testing.assert_allclose(found, [expected, [0, 0, 0]])
    assert found.dtype == np.float64
    assert fitted().texts_to_matrix(["a"], mode).shape == (1, 9)


def test_numbers_can_be_counted_too():
    tokenizer = text.Tokenizer(num_words=6)
    tokenizer.fit_on_sequences([[1, 2, 2], [3]])
    found = tokenizer.sequences_to_matrix([[1, 2, 2], []], "tfidf")
    np.testing.assert_allclose(found[0], [0, 0.6931471805599453, 1.1736001944781467, 0, 0, 0])


def test_json_round_trip():
    tokenizer = fitted(num_words=5, oov_token="o")
    written = tokenizer.to_json()
    assert json.loads(written)["class_name"] == "Tokenizer"
    again = text.tokenizer_from_json(written)
    assert again.get_config() == tokenizer.get_config()
    assert again.index_word == tokenizer.index_word
    assert again.texts_to_sequences(TEXTS) == tokenizer.texts_to_sequences(TEXTS)
    with pytest.raises(InvalidArgumentError, match="to_json"):
        text.tokenizer_from_json("{}")


def test_mistakes():
    with pytest.raises(InvalidArgumentError, match="Did you mean: tfidf"):
        fitted().texts_to_matrix(["a"], "tfid")
    with pytest.raises(FailedPreconditionError, match="num_words"):
        text.Tokenizer().sequences_to_matrix([[1]])
    with pytest.raises(FailedPreconditionError, match="tfidf"):
        text.Tokenizer(num_words=3).sequences_to_matrix([[1]], "tfidf")
    with pytest.raises(InvalidArgumentError, match="numbers of words"):
        fitted().sequences_to_matrix([["a"]])
    with pytest.raises(DTypeError, match="fit_on_texts: expected a list"):
        text.Tokenizer().fit_on_texts(None)
    with pytest.raises(InvalidArgumentError, match="num_words must be"):
        text.Tokenizer(num_words="3")
    with pytest.raises(InvalidArgumentError, match="Did you mean: num_words"):
        text.Tokenizer(num_word=3)
    with pytest.warns(CaudalWarning, match="use num_words"):
        assert text.Tokenizer(nb_words=4).num_words == 4
    with pytest.raises(DTypeError, match="expected text"):
        text.text_to_word_sequence(3)


def test_words_and_hashes():
    assert text.text_to_word_sequence("Hello,World  a-b\tc") == ["hello", "world", "a", "b", "c"]
    assert text.hashing_trick("a b a c", 7, "md5") == [2, 2, 2, 2]
    assert text.hashing_trick("a bb", 10, len) == [2, 3]
    assert text.one_hot("a b a", 5) == [hash(word) % 4 + 1 for word in "aba"]
    with pytest.raises(InvalidArgumentError, match="hash_function"):
        text.hashing_trick("a", 5, "sha")
    with pytest.raises(InvalidArgumentError, match="2 or more"):
        text.one_hot("a", 1)


# --- sequences --------------------------------------------------------------------------------


def test_windows_of_a_series():
    data = np.arange(10)
    windows = sequence.TimeseriesGenerator(
        data, data * 10, length=4, sampling_rate=2, stride=3, batch_size=1, start_index=1
    )
    assert len(windows) == 2
    x, y = windows[0]
    assert (x.tolist(), y.tolist()) == ([[1, 3]], [50])
    x, y = windows[1]
    assert (x.tolist(), y.tolist()) == ([[4, 6]], [80])
    turned = sequence.TimeseriesGenerator(data, data, length=3, reverse=True, end_index=4)
    assert turned[0][0].tolist() == [[2, 1, 0], [3, 2, 1]]
    shuffled = sequence.TimeseriesGenerator(data, data, length=3, shuffle=True, batch_size=20)
    x, y = shuffled[0]
    assert x.shape == (20, 3)
    assert (x[:, -1] + 1 == y).all()
    assert json.loads(windows.to_json())["config"]["start_index"] == 5


def test_wrong_windows():
    with pytest.raises(InvalidArgumentError, match="same length"):
        sequence.TimeseriesGenerator([1, 2], [1], length=1)
    with pytest.raises(InvalidArgumentError, match="no window fits"):
        sequence.TimeseriesGenerator([1, 2], [1, 2], length=2)
    with pytest.raises(InvalidArgumentError, match="batch_size"):
        sequence.TimeseriesGenerator([1, 2], [1, 2], length=1, batch_size=0)
    with pytest.raises(OutOfRangeError, match="no batch 1"):
        sequence.TimeseriesGenerator([1, 2], [1, 2], length=1)[1]


def test_pairs_of_words():
    pairs, labels = sequence.skipgrams([1, 2, 0, 3], 4, window_size=1, negative_samples=0)
    assert sorted(pairs) == [[1, 2], [2, 1]]
    assert labels == [1, 1]
    pairs, labels = sequence.skipgrams([1, 2, 3], 10, negative_samples=2.0, categorical=True)
    assert labels.count([0, 1]) == 6
    assert labels.count([1, 0]) == 12
    table = sequence.make_sampling_table(5)
    np.testing.assert_allclose(table[:3], [0.00315225, 0.00315225, 0.00547597], rtol=1e-5)


def test_pad_sequences_is_the_one_of_utils():
    assert sequence.pad_sequences([[1], [2, 3]]).tolist() == [[0, 1], [2, 3]]
