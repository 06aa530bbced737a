"""Models of words that are written into SavedModels: name -> (model, arrays).

tools/check_saved_models.py lets real TensorFlow serve them.
"""

import numpy as np

import caudal as tf
from caudal import keras
from caudal.keras import layers

TEXTS = ["Hola, mundo!", "adiós MUNDO cruel", "¿Qué tal? árbol ÁRBOL", "", "mundo mundo"]
WORDS = ["mundo", "hola", "árbol", "Árbol", "¿qué"]
GRAMS = [*WORDS, "adiós mundo", "mundo cruel", "hola mundo"]
ASKED = np.array([[text] for text in TEXTS], object)
TOKENS = np.array([["mundo", "hola"], ["nada", ""], ["árbol", "[UNK]"]], object)
NUMBERS = np.array([[10, 5], [20, 30], [-1, 0]], "int64")
WEIGHTS = [1.0, 2.0, 3.0, 4.0, 5.0]


def row(shape, dtype, *stack):
    return keras.Sequential([keras.Input(shape, dtype=dtype), *stack])


def cleaned(x):
    plain = tf.strings.regex_replace(tf.strings.lower(x), "<br />", " ")
    return tf.strings.regex_replace(plain, "[!,?¿]", "")


def texts(*after, **arguments):
    arguments.setdefault("vocabulary", WORDS)
    return lambda: (row((1,), "string", layers.TextVectorization(**arguments), *after), [ASKED])


def tokens(**arguments):
    arguments.setdefault("vocabulary", WORDS)
    return lambda: (row((2,), "string", layers.StringLookup(**arguments)), [TOKENS])


def integers(layer):
    return lambda: (row((2,), "int64", layer()), [NUMBERS])


def hashing(**arguments):
    return lambda: (row((2,), "string", layers.Hashing(7, **arguments)), [TOKENS])


def nested():
    """A model inside, a vocabulary that two inputs share, numbers beside them."""
    shared = layers.TextVectorization(vocabulary=WORDS, output_sequence_length=3)
    inner = keras.Sequential([keras.Input((1,), dtype="string"), shared, layers.Embedding(8, 2)])
    a, b = keras.Input((1,), dtype="string", name="a"), keras.Input((1,), dtype="string", name="b")
    c = keras.Input((2,), name="c")
    flat = layers.Flatten()(layers.Add()([inner(a), inner(b)]))
    model = keras.Model([a, b, c], layers.Dense(2)(layers.Concatenate()([flat, c])))
    return model, [ASKED, ASKED[::-1].copy(), np.ones((5, 2), "float32")]


def there_and_back():
    there = layers.StringLookup(vocabulary=WORDS, mask_token="")
    back = layers.StringLookup(vocabulary=WORDS, mask_token="", invert=True)
    return row((2,), "string", there, back), [TOKENS]


CASES = {
    "texts": texts(layers.Embedding(8, 3), output_sequence_length=4),
    "texts cut": texts(output_sequence_length=2),
    "texts as they are": texts(output_sequence_length=4, standardize=None),
    "texts lower": texts(output_sequence_length=4, standardize="lower"),
    "texts without punctuation": texts(output_sequence_length=4, standardize="strip_punctuation"),
    "texts by a function": texts(output_sequence_length=4, standardize=cleaned),
    "characters": texts(output_sequence_length=30, split="character", vocabulary=list("amáÁ ")),
    "runs of words": texts(output_sequence_length=6, ngrams=2, vocabulary=GRAMS),
    "runs of two and three": texts(output_mode="count", ngrams=(2, 3), vocabulary=GRAMS),
    "bags": texts(output_mode="multi_hot"),
    "bags with room": texts(output_mode="multi_hot", max_tokens=9, pad_to_max_tokens=True),
    "counts": texts(output_mode="count"),
    "weights": texts(output_mode="tf_idf", idf_weights=WEIGHTS),
    "tokens": tokens(),
    "tokens with a mask": tokens(mask_token=""),
    "tokens as vectors": tokens(output_mode="one_hot"),
    "tokens as bags": tokens(output_mode="multi_hot"),
    "tokens and weights": tokens(output_mode="tf_idf", idf_weights=WEIGHTS),
    "tokens, many unknown": tokens(num_oov_indices=3),
    "tokens, many unknown, salted": tokens(num_oov_indices=3, oov_method="farmhash", salt=[1, 2]),
    "there and back": there_and_back,
    "integers": integers(lambda: layers.IntegerLookup(vocabulary=[30, 10, 20])),
    "integers, many unknown": integers(
        lambda: layers.IntegerLookup(vocabulary=[30, 10], num_oov_indices=3, mask_token=0)
    ),
    "integers, unknown by hash": integers(
        lambda: layers.IntegerLookup(vocabulary=[30, 10], num_oov_indices=3, oov_method="farmhash")
    ),
    "integers back": integers(lambda: layers.IntegerLookup(vocabulary=[7, 8], invert=True)),
    "hashes": hashing(),
    "hashes with salt": hashing(salt=[3, 4]),
    "hashes with a mask": hashing(mask_value="hola"),
    "hashes as vectors": hashing(output_mode="one_hot"),
    "hashed integers": integers(lambda: layers.Hashing(5)),
    "nested": nested,
}
