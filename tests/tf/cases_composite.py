"""Expressions over ragged and sparse tensors, sets, tables and examples.

golden_composite.json holds what TensorFlow 2.21 makes of them; "raises" where it refuses.
"""

import os
import tempfile

import numpy as np


def made(tf):
    """The tensors that the expressions are about, of one framework or the other."""
    ragged = tf.ragged.constant
    return {
        "ragged": ragged,
        "RT": tf.RaggedTensor,
        "A": ragged([[1, 2], [], [3]]),
        "B": ragged([[10, 20], [], [30]]),
        "F": ragged([[1.0, 2.5], [], [-3.0], [0.5, 4.0, 7.0]]),
        "N": ragged([[[1, 2], [3]], [], [[4]]]),
        "U": ragged([[[1, 2], [3, 4]], [], [[5, 6]]], ragged_rank=1),
        "W": ragged([["a b", "c"], [], ["d e f"]]),
        "E": ragged([], ragged_rank=1),
        "V": tf.RaggedTensor.from_uniform_row_length(ragged([[1], [2, 3], [], [4]]), 2),
        "ST": tf.sparse.SparseTensor,
        "Index": tf.lookup.TextFileIndex,
        "Lines": tf.lookup.TextFileInitializer,
        "S": tf.sparse.SparseTensor([[0, 1], [1, 0], [1, 2]], [1.0, -2.0, 3.0], [3, 3]),
        "T": tf.sparse.SparseTensor([[0, 1], [2, 2]], [5.0, 0.5], [3, 3]),
        "D": tf.constant([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        "I": tf.sparse.SparseTensor([[0, 0], [0, 1], [2, 0]], [1, 3, 1], [3, 2]),
        "H": tf.sparse.from_dense([["a", ""], ["b", "c"]]),
        "K": tf.constant([["d"], ["e"]]),
        "M": tf.constant([["d"], ["e"], ["f"]]),
        "L": tf.constant([[1.0, 2.0], [3.0, 4.0]]),
        "X": serialized(tf)[:2],
        "Q": serialized(tf)[2:4],
        "io": tf.io,
        "ROW": tf.RaggedTensorSpec([None], tf.int32),
        "RF": tf.io.RaggedFeature,
        "SF": tf.io.SparseFeature,
        "FL": tf.io.FixedLenFeature,
        "VL": tf.io.VarLenFeature,
        "FS": tf.io.FixedLenSequenceFeature,
        "i64": tf.int64,
        "f32": tf.float32,
        "C": tf.sparse.SparseTensor([[0, 0, 1], [0, 1, 2], [1, 0, 0]], [4, 5, 6], [2, 2, 3]),
    }


def mutable(tf, dense=False):
    """What a table says after insertions, replacements and removals."""
    kinds = (tf.string, tf.int64)
    if dense:
        table = tf.lookup.experimental.DenseHashTable(*kinds, -1, empty_key="", deleted_key="$")
    else:
        table = tf.lookup.experimental.MutableHashTable(*kinds, -1)
    found = [table.size()]
    table.insert(["a", "b", "c"], tf.constant([1, 2, 3], tf.int64))
    table.insert(tf.constant(["b"]), tf.constant([20], tf.int64))
    found += [table.size(), table.lookup(tf.constant(["b", "z", "c", "a"]))]
    if not dense:
        found += [table.lookup(tf.constant([["b"], ["z"]]))]
    (table.erase if dense else table.remove)(tf.constant(["a", "nothing"]))
    found.append(table[["a", "c"]])
    if dense:
        return found
    keys, values = table.export()
    order = np.argsort(keys.numpy())
    return [*found, tf.gather(keys, order), tf.gather(values, order)]


def vectors(tf):
    """Tables of vectors, with keys that are vectors too."""
    table = tf.lookup.experimental.DenseHashTable(
        tf.int64, tf.float32, [0.0, -1.0], empty_key=[0, 0], deleted_key=[-1, -1]
    )
    table.insert(tf.constant([[1, 2], [3, 4]], tf.int64), [[1.0, 2.0], [3.0, 4.0]])
    plain = tf.lookup.experimental.MutableHashTable(tf.int64, tf.float32, [0.0, 9.0])
    plain.insert(tf.constant([5, 7], tf.int64), [[1.0, 2.0], [3.0, 4.0]])
    others = plain.lookup(tf.constant([7, 1], tf.int64), [[5.0, 5.0], [6.0, 6.0]])
    keys = tf.constant([[3, 4], [4, 3]], tf.int64)
    return [table.lookup(keys), plain.lookup(tf.constant([7, 1], tf.int64)), others]


def lines(tf, text, *arguments, **options):
    """A static table of a file's lines: the value of some keys."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "words.txt")
        with open(path, "w", newline="") as file:
            file.write(text)
        made = tf.lookup.TextFileInitializer(path, *arguments, **options)
        default = "?" if made.value_dtype == tf.string else -1
        table = tf.lookup.StaticHashTable(made, default)
        keys = ["a", "b", "zz", "c d"] if made.key_dtype == tf.string else [0, 1, 7, 2]
        return [table.size(), table.lookup(tf.constant(keys, made.key_dtype))]


def serialized(tf):
    """Two examples, and two sequence examples, as bytes."""
    train = tf.train

    def integers(*values):
        return train.Feature(int64_list=train.Int64List(value=values))

    def floats(*values):
        return train.Feature(float_list=train.FloatList(value=values))

    def texts(*values):
        return train.Feature(bytes_list=train.BytesList(value=values))

    def steps(*features):
        return train.FeatureList(feature=features)

    one = {
        "v": integers(1, 2, 3, 4),
        "l": integers(2, 0, 2),
        "sp": integers(0, 2, 2, 4),
        "r": integers(0, 0, 1, 3),
        "lim": integers(2, 4),
        "st": integers(0, 1),
        "ix": integers(5, 1),
        "iy": integers(0, 3),
        "f": floats(0.5, 0.25),
        "s": texts(b"x"),
        "o": integers(1, 1),
    }
    two = {
        "v": integers(9),
        "l": integers(1),
        "sp": integers(0, 1),
        "r": integers(0),
        "lim": integers(1),
        "st": integers(0),
        "ix": integers(2),
        "iy": integers(3),
        "f": floats(7.0),
        "o": integers(1),
    }
    first = train.SequenceExample(
        context=train.Features(feature={"n": integers(3), "s": texts(b"x")}),
        feature_lists=train.FeatureLists(
            feature_list={
                "a": steps(integers(1, 2), integers(3), integers()),
                "w": steps(floats(1.0, 2.0), floats(3.0, 4.0)),
                "t": steps(texts(b"p", b"q")),
                "e": steps(),
            }
        ),
    )
    second = train.SequenceExample(
        feature_lists=train.FeatureLists(
            feature_list={"a": steps(integers(7)), "w": steps(floats(5.0, 6.0))}
        )
    )
    examples = [train.Example(features=train.Features(feature=part)) for part in (one, two)]
    examples += [first, second, train.SequenceExample()]
    return [message.SerializeToString(deterministic=True) for message in examples]


def words(tf):
    """A static table of three words."""
    pairs = tf.lookup.KeyValueTensorInitializer(["a", "b", "c"], [1, 2, 3])
    return tf.lookup.StaticHashTable(pairs, -1)


CASES = [
    # made
    "A",
    "F",
    "N",
    "U",
    "W",
    "E",
    "V",
    "repr(A)",
    "repr(F)",
    "repr(N)",
    "repr(U)",
    "repr(W)",
    "repr(E)",
    "repr(V)",
    "repr(ragged([list(range(i % 7)) for i in range(30)]))",
    "repr(RT.from_row_splits(np.arange(2100), [0, 1000, 1050, 2100]))",
    "repr(ragged([[0.1, 1e20], [], [1e-7]]))",
    "repr(ragged([[True], []]))",
    "repr(tf.RaggedTensorSpec([None, None, 3], tf.string, 1, tf.int32))",
    "repr(tf.RaggedTensorSpec.from_value(N))",
    "ragged(5)",
    "ragged([1, 2])",
    "ragged([])",
    "ragged([[]])",
    "ragged([[[]]], dtype=tf.int32)",
    "ragged([[], [[]]])",
    "ragged([1, [2]])",
    "ragged([[1.5], [2]])",
    "ragged([['a'], [1]])",
    "ragged([[[1, 2]], [[3, 4]]], inner_shape=(2,))",
    "ragged([[[1, 2]], [[3, 4]]], ragged_rank=1)",
    "ragged([[[1, 2]], [[3]]], ragged_rank=1)",
    "ragged([[1, 2], [3]], ragged_rank=2)",
    "ragged([[1, 2], [3]], dtype='int64', row_splits_dtype=tf.int32)",
    "ragged(np.arange(4).reshape(2, 2))",
    "ragged([np.array([1, 2]), np.array([3])])",
    "ragged([[], [[], [[]]]], dtype='string')",
    "ragged((((1, 2), ()), ()))",
    "RT.from_row_splits([1, 2, 3], [0, 2, 2, 3])",
    "RT.from_row_splits([1, 2, 3], [0, 2])",
    "RT.from_row_splits([1, 2, 3], [1, 3])",
    "RT.from_row_splits([1, 2, 3], [0, 2, 1, 3])",
    "RT.from_row_splits([[1, 2], [3, 4]], [0, 0, 2])",
    "RT.from_row_splits([], [0])",
    "RT.from_row_splits([1, 2], tf.constant([0, 2]))",
    "RT.from_row_splits(A, [0, 1, 3])",
    "RT.from_row_lengths('a b c'.split(), [1, 0, 2])",
    "RT.from_row_lengths([1, 2], [1])",
    "RT.from_row_lengths([1, 2], [3, -1])",
    "RT.from_row_starts([1, 2, 3], [0, 2, 3])",
    "RT.from_row_limits([1, 2, 3], [0, 2, 3])",
    "RT.from_value_rowids([1, 2, 3], [0, 2, 2])",
    "RT.from_value_rowids([1, 2, 3], [0, 2, 2], nrows=5)",
    "RT.from_value_rowids([1, 2], [1, 0])",
    "RT.from_value_rowids([1, 2], [0, 3], nrows=2)",
    "RT.from_uniform_row_length([1, 2, 3, 4], 2)",
    "RT.from_uniform_row_length([1, 2, 3], 2)",
    "RT.from_uniform_row_length([], 0, nrows=3)",
    "RT.from_nested_row_splits([1, 2, 3], [[0, 1, 2], [0, 2, 3]])",
    "RT.from_nested_row_lengths([1, 2, 3], [[2, 1], [2, 1, 0]])",
    "RT.from_nested_value_rowids([1, 2, 3], [[0, 1], [0, 0, 1]])",
    "RT.from_nested_value_rowids([1, 2, 3], [[0, 1], [0, 0, 1]], [4, 2])",
    "RT.from_tensor([[1, 2], [3, 4]])",
    "RT.from_tensor([[1, 2], [3, 0]], padding=0)",
    "RT.from_tensor([[0, 2], [0, 0]], padding=0)",
    "RT.from_tensor([[1, 2], [3, 4]], lengths=[1, 0])",
    "RT.from_tensor([[1, 2], [3, 4]], lengths=[5, 1])",
    "RT.from_tensor([1, 2])",
    "RT.from_tensor([[[1, 2], [3, 0]], [[0, 0], [4, 5]]], ragged_rank=2)",
    "RT.from_tensor([[[1, 2], [3, 0]], [[0, 0], [4, 5]]], ragged_rank=2, padding=0)",
    "RT.from_tensor([[[1, 2], [0, 0]], [[0, 0], [4, 5]]], padding=[0, 0])",
    "RT.from_tensor([[[1, 2], [3, 0]], [[0, 0], [4, 5]]], lengths=([1, 2], [1, 0, 2]))",
    "RT.from_tensor([[['a', ''], ['b', 'c']]], padding='', ragged_rank=2)",
    "RT.from_sparse(tf.sparse.SparseTensor([[0, 0], [0, 1], [2, 0]], [1, 2, 3], [4, 3]))",
    "RT.from_sparse(tf.sparse.SparseTensor([[0, 1], [2, 0]], [1, 2], [4, 3]))",
    "RT.from_sparse(tf.sparse.SparseTensor([[0]], [1], [4]))",
    # parts
    *[
        f"{name}.{part}"
        for name in "A N U V E".split()
        for part in (
            "shape row_splits nested_row_splits values flat_values ragged_rank uniform_row_length "
            "value_rowids() nested_value_rowids() nrows() row_starts() row_limits() row_lengths() "
            "nested_row_lengths() bounding_shape() to_list() to_sparse() to_tensor()"
        ).split()
    ],
    "N.row_lengths(axis=2)",
    "N.row_lengths(axis=0)",
    "U.row_lengths(axis=2)",
    "A.row_lengths(-1)",
    "N.bounding_shape(axis=[0, 2])",
    "N.bounding_shape(axis=1)",
    "A.bounding_shape(out_type=tf.int32)",
    "A.nrows(out_type=tf.int32)",
    "A.with_values([7, 8, 9])",
    "A.with_values([7, 8])",
    "N.with_flat_values(['a', 'b', 'c', 'd'])",
    "A.with_row_splits_dtype(tf.int32)",
    "N.with_row_splits_dtype(tf.int32)",
    "A + A.with_row_splits_dtype(tf.int32)",
    "N.merge_dims(0, 1)",
    "N.merge_dims(1, 2)",
    "N.merge_dims(0, 2)",
    "U.merge_dims(1, 2)",
    "U.merge_dims(0, 1)",
    "N.merge_dims(1, 1)",
    "V.merge_dims(1, 2)",
    "V.merge_dims(0, 1)",
    "A.to_tensor(-1)",
    "A.to_tensor(shape=[2, None])",
    "A.to_tensor(-1, shape=[None, 1])",
    "A.to_tensor(shape=[4, 4])",
    "U.to_tensor([7, 8])",
    "U.to_tensor(9)",
    "N.to_tensor(0, shape=[None, 3, 1])",
    "W.to_tensor('x')",
    "W.to_tensor()",
    "E.to_tensor()",
    "ragged([[True], []]).to_tensor()",
    "A.numpy()[0]",
    "V.numpy()[1, 1]",
    "ragged([[1], [2]]).numpy()",
    "[row for row in A]",
    "[row for row in N]",
    # indexed
    *[
        f"{name}[{key}]"
        for name in "ANUV"
        for key in (
            "0;-1;1;5;-4;1:;:2;::2;::-1;:-1;tf.newaxis;:, :1;:, 1:;:, ::2;:, ::-1;:, -1:;:, :-1;"
            ":, -2:1;:, 3:0:-1;:, -1::-2;0, 0;0, :1;0, -1;1, 0;...;..., 0;..., :1;..., tf.newaxis;"
            ":, tf.newaxis;:, 0;:, 1;:2, 1:;tf.newaxis, :, 1:;tf.constant(2);"
            "tf.constant(0):tf.constant(2);0:1, 0:1;5:;1:1;:, 0:0"
        ).split(";")
    ],
    *[
        f"{name}[{key}]"
        for name in "NUV"
        for key in (
            "0, 0, 1;0, 1, 0;:, :, 0;:, :, 1:;:, :, ::-1;:, 1:, :1;0, :, :1;2, ..., 0;"
            ":, :, tf.newaxis;"
            "..., 1:, 0;0, 0:, 1:;:, 0, :;:, 1;:, 0, 0"
        ).split(";")
    ],
    "A['x']",
    "A[1.5]",
    "A[0, 0, 0]",
    "A[tf.constant([0, 1])]",
    "A[::0]",
    # elementwise
    "A + B",
    "A * 2",
    "2 - A",
    "A / B",
    "A // 2",
    "B % 7",
    "A ** 2",
    "-A",
    "abs(-A)",
    "A < B",
    "A >= 2",
    "A == A",
    "A != 1",
    "A == None",
    "(A > 1) & (B > 5)",
    "(A > 1) | (B > 10)",
    "(A > 1) ^ (B > 10)",
    "~(A > 1)",
    "F / 2",
    "F ** 0.5",
    "1.0 / F",
    "F // 0.7",
    "A + [1, 2, 3]",
    "A * [[1], [2], [3]]",
    "A + ragged([[10], [20], [30]])",
    "A + tf.constant([[1], [2], [3]])",
    "A + tf.constant([[1]])",
    "A + tf.constant([1])",
    "tf.constant([1]) * A",
    "tf.constant(3) + A",
    "A + F",
    "F + tf.constant(1)",
    "N + tf.constant([[[1]], [[2]], [[3]]])",
    "N + A",
    "N * N",
    "U + N",
    "U + [10, 20]",
    "U * tf.constant([[[1]], [[2]], [[3]]])",
    "U + U[:1, :0]",
    "V + V",
    "V * 3",
    "V + tf.constant([[[1], [2]], [[3], [4]]])",
    "E + E",
    "E + 1.0",
    "ragged([['a'], ['b', 'c']]) + 'x'",
    "ragged([[1.0, 2.0], [3.0]]) + np.array([[1.0], [2.0]])",
    "A[:1] + B",
    "A[tf.newaxis] + N",
    *[
        f"tf.{f}"
        for f in (
            "abs(-A);add(A, B);subtract(A, 1);multiply(A, B);divide(A, B);maximum(A, 2);"
            "minimum(A, B);"
            "exp(F);square(A);sqrt(F + 4.0);sigmoid(F);tanh(F);sin(F);cos(F);floor(F);round(F);"
            "sign(F);"
            "negative(A);equal(A, B);not_equal(A, 1);less(A, B);greater_equal(A, 2);"
            "logical_and(A > 1, B > 1);logical_or(A > 1, B > 1);logical_not(A > 1);"
            "cast(A, tf.float32);"
            "cast(F, 'int32');clip_by_value(A, 2, 3);add_n([A, B, A]);pow(A, 2);identity(A);"
            "zeros_like(F);ones_like(A);zeros_like(A, dtype=tf.float32);stop_gradient(F);"
            "size(A);size(N);size(U);rank(A);rank(U);size(A, out_type=tf.int64);"
            "saturate_cast(A, tf.uint8);"
            "math.log(F + 4.0);math.log1p(F + 4.0);math.rsqrt(F + 4.0);math.floordiv(A, 2);"
            "math.floormod(B, 7);"
            "math.squared_difference(A, B);math.divide_no_nan(F, F);math.is_nan(F / 0.0);"
            "math.ceil(F);"
            "math.erf(F);math.lgamma(F + 5.0);math.logical_xor(A > 1, B > 10);math.reciprocal(F);"
            "math.expm1(F);math.sinh(F);math.xlogy(F + 4.0, F + 5.0);math.atan2(F, F + 9.0);"
            "complex(F, F);math.real(tf.complex(F, F));bitwise.bitwise_and(A, B);bitwise.invert(A);"
            "nn.relu(F);nn.relu6(F);nn.elu(F);nn.selu(F);nn.gelu(F);nn.silu(F);nn.swish(F);"
            "nn.leaky_relu(F);nn.leaky_relu(F, alpha=0.3);nn.softplus(F);nn.softsign(F);"
            "nn.sigmoid(F);"
            "nn.tanh(F);nn.softmax(F);nn.dropout(F, 0.0);is_tensor(A);"
            "one_hot(A, 4);one_hot(A, 3, on_value=5, off_value=2);"
            "where(A > 1, A, B);where(A > 1, A, 0);where(A > 1);where(N > 1);"
            "where([[True], [False], [True]], A, -A);"
            "boolean_mask([[1, 2], [3, 4]], [[True, False], [True, True]]);"
            "reshape(A, [-1]);convert_to_tensor(A);"
            "nn.embedding_lookup(tf.constant([[1.0, 2.0], [3.0, 4.0]]), ragged([[0, 1], [1]]))"
        ).split(";")
    ],
    # reduced
    *[
        f"tf.reduce_{f}({x}, axis={axis}, keepdims={keep})"
        for f in "sum mean max min prod".split()
        for x in "AFNUV"
        for axis in ("None", "0", "1", "-1", "2", "[0, 1]", "[1, 2]", "[0, 2]", "[0, 1, 2]", "[]")
        for keep in (False, True)
        if not (x in "AF" and "2" in axis)
        if not (x == "U" and axis == "None" and keep)
        if not (keep and f in ("max", "prod"))
    ],
    *[
        f"tf.reduce_{f}({x} > 1, axis={axis})"
        for f in ("any", "all")
        for x in "AN"
        for axis in ("None", "0", "1", "-1", "[0, 1]")
    ],
    "tf.math.reduce_variance(F, axis=1)",
    "tf.math.reduce_std(F, axis=1)",
    "tf.math.reduce_std(F)",
    "tf.math.reduce_variance(F, axis=0)",
    "tf.reduce_logsumexp(F, axis=1)",
    "tf.reduce_logsumexp(F)",
    "tf.reduce_sum(E, axis=1)",
    "tf.reduce_sum(A, axis=2)",
    "tf.argmax(F, axis=1)",
    "tf.math.bincount(A)",
    "tf.math.bincount(A, axis=-1)",
    "tf.math.bincount(A, axis=-1, minlength=6)",
    "tf.math.bincount(A, axis=-1, maxlength=3)",
    "tf.math.bincount(A, axis=-1, binary_output=True)",
    "tf.math.bincount(A, weights=ragged([[0.5, 2.0], [], [1.0]]), axis=-1)",
    "tf.reduce_max(F - 9.0, axis=1)",
    # arrays
    "tf.concat([A, B], axis=0)",
    "tf.concat([A, B], axis=1)",
    "tf.concat([A, [[1, 2]]], axis=0)",
    "tf.concat([A, [[1], [2], [3]]], axis=1)",
    "tf.concat([[[1], [2], [3]], A], 1)",
    "tf.concat([A], 0)",
    "tf.concat([N, N], axis=2)",
    "tf.concat([N, N], axis=1)",
    "tf.concat([N, N], axis=-3)",
    "tf.concat([N, U], axis=0)",
    "tf.concat([U, U], axis=2)",
    "tf.concat([U, U], axis=1)",
    "tf.concat([A, N], axis=0)",
    "tf.concat([A, A[:2]], axis=1)",
    "tf.concat([N, N[::-1]], axis=2)",
    "tf.concat([V, V], axis=1)",
    "tf.concat([V, V], axis=0)",
    "tf.concat([V, V], axis=2)",
    "tf.stack([A, B])",
    "tf.stack([A, B], axis=1)",
    "tf.stack([A, B], axis=2)",
    "tf.stack([A, B[:2]])",
    "tf.ragged.stack([[1, 2], [3]])",
    "tf.ragged.stack([A, B[:1]])",
    "tf.ragged.stack([1, 2])",
    "tf.ragged.stack([[1, 2], [3, 4]], axis=1)",
    "tf.ragged.stack([[[1], [2]], [[3, 4]]])",
    "tf.ragged.stack([A, B], axis=1)",
    "tf.ragged.stack([A, B], axis=2)",
    "tf.ragged.stack([A, N])",
    "tf.ragged.stack([[[1]], [[2]]], axis=1)",
    "tf.ragged.stack([['a'], ['b', 'c']])",
    "tf.tile(A, [1, 2])",
    "tf.tile(A, [2, 1])",
    "tf.tile(A, [2, 3])",
    "tf.tile(N, [1, 2, 2])",
    "tf.tile(U, [2, 1, 2])",
    "tf.tile(V, [1, 2, 1])",
    "tf.tile(A, [2])",
    "tf.tile(A, [0, 1])",
    "tf.expand_dims(A, 0)",
    "tf.expand_dims(A, 1)",
    "tf.expand_dims(A, 2)",
    "tf.expand_dims(A, -1)",
    "tf.expand_dims(N, 1)",
    "tf.expand_dims(A, 4)",
    "tf.squeeze(tf.expand_dims(A, 1), [1])",
    "tf.squeeze(tf.expand_dims(A, 0), 0)",
    "tf.squeeze(tf.expand_dims(A, 2), 2)",
    "tf.squeeze(A, 1)",
    "tf.reverse(A, [1])",
    "tf.reverse(A, [0])",
    "tf.reverse(N, [0, 2])",
    "tf.reverse(U, [-1])",
    "tf.split(A, 3)",
    "tf.split(A, [1, 2])",
    "tf.split(A, 2)",
    "tf.split(A, 2, axis=1)",
    "tf.split(U, 2, axis=2)",
    "tf.gather(A, [0, 2, 0])",
    "tf.gather(A, 0)",
    "tf.gather(A, [[0, 1], [2, 2]])",
    "tf.gather(A, [3])",
    "tf.gather([10, 20, 30, 40], A)",
    "tf.gather(N, [2, 0])",
    "tf.gather(N, ragged([[0], [2, 0]]))",
    "tf.gather([[1, 2], [3, 4]], ragged([[0], [1, 0]]))",
    "tf.gather(W, A[:1])",
    "tf.gather(A[::2], ragged([[0, 1], [0]]), batch_dims=1)",
    "tf.gather(A[::2], [[0], [0]], batch_dims=1)",
    "tf.gather([[1, 2], [3, 4]], ragged([[0, 1, 1], [0]]), batch_dims=1)",
    "tf.gather(A[::2], ragged([[5], [0]]), batch_dims=1)",
    "tf.gather(U, [1, 0], axis=2)",
    "tf.gather(N[::2], [0], axis=1)",
    "tf.gather(A[::2], [0, 0], axis=1)",
    "tf.gather(N, ragged([[[1], [0]], [], [[0]]]), batch_dims=2)",
    "tf.gather_nd(A, [[0, 1], [2, 0]])",
    "tf.gather_nd(A, [[0], [2]])",
    "tf.gather_nd(N, [[0, 0], [2, 0]])",
    "tf.gather_nd(U, [[0, 1, 0]])",
    "tf.gather_nd(A, ragged([[[0, 1]], [[2, 0], [0, 0]]], ragged_rank=1))",
    "tf.gather_nd(A, [[0, 5]])",
    "tf.gather_nd(N, [[0], [2]])",
    "repr(tf.shape(N))",
    "repr(tf.shape(A, out_type=tf.int32))",
    "tf.shape(N)[0]",
    "tf.shape(N).static_lengths()",
    "tf.broadcast_to([[1], [2], [3]], tf.shape(A))",
    "tf.broadcast_to(7, tf.shape(N))",
    "repr(tf.experimental.DynamicRaggedShape.from_lengths([2, (1, 2), 3]))",
    "repr(tf.experimental.DynamicRaggedShape.from_lengths([2, 3]))",
    "repr(tf.experimental.DynamicRaggedShape.from_lengths([2, 3, (1, 2, 0, 1, 1, 1)]))",
    # tf.ragged
    "tf.ragged.boolean_mask([1, 2, 3], [True, False, True])",
    "tf.ragged.boolean_mask([[1, 2, 3], [4, 5, 6]], [[True, False, True], [False, False, True]])",
    "tf.ragged.boolean_mask([[1, 2, 3], [4, 5, 6]], [True, False])",
    "tf.ragged.boolean_mask(A, A > 1)",
    "tf.ragged.boolean_mask(A, [True, False, True])",
    "tf.ragged.boolean_mask(N, N > 1)",
    "tf.ragged.boolean_mask(N, ragged([[True, False], [], [True]]))",
    "tf.ragged.boolean_mask(U, ragged([[True, False], [], [True]]))",
    "tf.ragged.boolean_mask(A, [[True]])",
    "tf.ragged.boolean_mask(U, U > 2)",
    "tf.ragged.boolean_mask(A, [1, 0, 1])",
    "tf.ragged.map_flat_values(tf.add, A, 5)",
    "tf.ragged.map_flat_values(tf.add, A, B)",
    "tf.ragged.map_flat_values(tf.add, A, A[::-1])",
    "tf.ragged.map_flat_values(tf.ones_like, N)",
    "tf.ragged.map_flat_values(tf.expand_dims, A, axis=1)",
    "tf.ragged.map_flat_values(lambda x: x[:1], A)",
    "tf.ragged.range(3)",
    "tf.ragged.range([3, 0, 2])",
    "tf.ragged.range([0, 5, 8], [3, 3, 12])",
    "tf.ragged.range([0, 5, 8], [3, 3, 12], 2)",
    "tf.ragged.range([10], [0], [-3])",
    "tf.ragged.range([0.0, 5.0], [1.0, 6.0], 0.3)",
    "tf.ragged.range([3], dtype=tf.int64)",
    "tf.ragged.range([3], row_splits_dtype=tf.int32)",
    "tf.ragged.range([3], [5], 0)",
    "tf.ragged.range([1, 2], [3])",
    "tf.ragged.range(2.5)",
    "tf.ragged.row_splits_to_segment_ids([0, 3, 3, 5])",
    "tf.ragged.row_splits_to_segment_ids(tf.constant([0, 2]))",
    "tf.ragged.row_splits_to_segment_ids([0, 2], out_type=tf.int32)",
    "tf.ragged.segment_ids_to_row_splits([0, 0, 2])",
    "tf.ragged.segment_ids_to_row_splits([0, 2], 5)",
    "tf.ragged.segment_ids_to_row_splits(tf.constant([0, 2]), out_type=tf.int64)",
    "tf.ragged.stack_dynamic_partitions(['a', 'b', 'c'], [1, 0, 1], 2)",
    "tf.ragged.stack_dynamic_partitions(A, [1, 0, 1], 3)",
    "tf.ragged.stack_dynamic_partitions(A, ragged([[1, 0], [], [1]]), 2)",
    "tf.ragged.stack_dynamic_partitions([[1, 2], [3, 4]], [[1, 0], [0, 1]], 2)",
    "tf.ragged.stack_dynamic_partitions([1, 2], [0, 5], 2)",
    *[
        f"tf.ragged.cross{f}"
        for f in (
            "([ragged([['a'], ['b', 'c']]), ragged([['d'], ['e']]), [['f'], ['g']]]);"
            "([ragged([[1], [2, 3]]), ragged([['d'], ['e']])]);([ragged([['a'], ['b', 'c']])]);"
            "([tf.constant([['f'], ['g']]), tf.constant([['f', 'h'], ['g', 'i']])]);"
            "([ragged([['a'], ['b', 'c']]), tf.sparse.from_dense([['d'], ['e']])]);"
            "([ragged([['a']]), ragged([['d'], ['e']])]);([ragged([[1.5]])]);"
            "_hashed([ragged([['a'], ['b', 'c']]), ragged([['d'], ['e']]), K], num_buckets=100);"
            "_hashed([ragged([['a'], ['b', 'c']]), ragged([['d'], ['e']])]);"
            "_hashed([ragged([[1], [2, -3]]), ragged([['d'], ['e' * 40]])]);"
            "_hashed([ragged([[1], [2, 3]]), ragged([['d'], ['e']])], hash_key=7);"
            "_hashed([ragged([[1], [2, 3]])], hash_key=7, num_buckets=10)"
        ).split(";")
    ],
    # tf.sparse
    *[
        f"tf.sparse.{f}"
        for f in (
            "add(S, T);add(S, T, threshold=4.0);"
            "add(S, ST([[0, 1], [1, 2]], [-1.0, 1.0], [3, 3]), threshold=1.0);"
            "add(S, tf.ones([3, 3]));add(tf.ones([3, 3]), S);add(S, C);add(S, tf.ones([2, 3]));"
            "add(S, S);"
            "concat(0, [S, T]);concat(1, [S, T]);concat(-1, [S, T]);"
            "concat(0, [S, ST([[0, 0]], [1.0], [1, 2])]);"
            "concat(0, [S, ST([[0, 0]], [1.0], [1, 2])], expand_nonconcat_dims=True);"
            "concat(1, [C, C]);"
            "concat(0, [H, H]);concat(5, [S, T]);"
            "expand_dims(S);expand_dims(S, 0);expand_dims(S, -2);expand_dims(S, 7);eye(2, 3);"
            "eye(2, dtype=tf.int32);eye(3, 2);"
            "fill_empty_rows(S, 9.0);fill_empty_rows(C, 7);fill_empty_rows(H, 'x');"
            "fill_empty_rows(ST([[3, 1]], [1], [5, 2]), -1);"
            "from_dense([[1, 0], [0, 2]]);from_dense(['', 'a']);to_dense(S);to_dense(H);"
            "to_dense(S, -1.0);"
            "map_values(tf.add, S, 10.0);map_values(tf.add, S, S);map_values(tf.add, S, T);"
            "map_values(lambda x: x[:1], S);"
            "maximum(S, T);minimum(S, T);maximum(S, S);maximum(C, C);maximum(S, C);"
            "reduce_max(S, 1);reduce_max(S);reduce_max(S, 0, keepdims=True);"
            "reduce_max(S, 1, output_is_sparse=True);"
            "reduce_max(S, 1, True, True);reduce_sum(S, 0, keepdims=True);reduce_sum(S, [0, 1]);"
            "reduce_sum(S);"
            "reduce_sum(S, -1, output_is_sparse=True);reduce_sum(C, 1);reduce_sum(C, [0, 2]);"
            "reduce_sum(C, -1, True);"
            "reduce_sum(S, 5);reduce_sum(S, 1);reduce_max(C, [0, 1]);"
            "reset_shape(S);reset_shape(S, [4, 5]);reset_shape(S, [2, 2]);reset_shape(S, [9]);"
            "reset_shape(C);"
            "reshape(S, [9]);reshape(S, [1, -1]);reshape(S, [2, 2]);reshape(C, [3, 4]);"
            "reshape(C, [-1, 2, 1, 3]);"
            "retain(S, [True, False, True]);retain(S, [False] * 3);retain(S, [True]);"
            "slice(S, [0, 1], [2, 2]);slice(S, [1, 0], [5, 5]);slice(C, [0, 1, 0], [2, 1, 3]);"
            "slice(S, [0], [1]);"
            "softmax(S);softmax(tf.cast(C, tf.float32));softmax(ST([[0]], [1.0], [2]));"
            "sparse_dense_matmul(S, D);sparse_dense_matmul(S, D, adjoint_a=True);"
            "sparse_dense_matmul(S, tf.transpose(D), adjoint_b=True);"
            "sparse_dense_matmul(tf.transpose(D), S);"
            "sparse_dense_matmul(D, S, adjoint_a=True);sparse_dense_matmul(S, D[:2]);"
            "sparse_dense_matmul(C, D);"
            "sparse_dense_matmul(tf.cast(S, tf.complex64), tf.cast(D, tf.complex64), True);"
            "split(S, 2, 1);split(sp_input=S, num_split=3, axis=0);split(S, 4, 0);split(C, 2, -1);"
            "to_indicator(I, 5);to_indicator(I, 3);to_indicator(C, 8);to_indicator(S, 3);"
            "transpose(S);transpose(S, [0, 1]);transpose(C, [2, 0, 1]);transpose(C);"
            ""
            "reorder(ST([[1, 2], [0, 1]], [1, 2], [3, 3]));"
            "segment_sum(D, [0, 1, 2, 0], [0, 0, 1, 3]);"
            "segment_mean(D, [0, 1, 2, 0], [0, 0, 1, 3]);"
            "segment_sqrt_n(D, [0, 1, 2, 0], [0, 0, 1, 3]);"
            "segment_sum(D, [0, 1], [0, 2], num_segments=5);"
            "segment_mean(D, [0, 1], [0, 2], num_segments=4);segment_sum(D, [0, 1], [2, 0]);"
            "segment_mean(D, [0, 1], [0, 2], num_segments=2);segment_sum(D, [0, 7], [0, 0]);"
            "bincount(I);bincount(I, axis=-1);bincount([1, 1, 3]);"
            "bincount([[1, 1], [3, 0]], axis=-1);"
            "bincount([[1, 1], [3, 0]], axis=-1, minlength=6);"
            "bincount([[1, 1], [3, 0]], axis=-1, maxlength=2);"
            "bincount([[1, 1], [3, 0]], axis=-1, binary_output=True);"
            "bincount([[1, 1], [3, 0]], axis=0);"
            "bincount([[1, 1], [3, 0]], axis=-1, weights=[[0.5, 1.5], [2.0, 3.0]]);"
            "bincount(A, axis=-1);bincount(A);"
            "bincount(I, weights=ST([[0, 0], [0, 1], [2, 0]], [1.0, 3.0, 1.5], [3, 2]), axis=-1);"
            "bincount([-1]);"
            "sampled_addmm([[0, 1], [1, 0]], [1.0, 2.0], [2, 2], L, L + 4.0);"
            "sampled_addmm([[0, 1], [1, 0]], [1.0, 2.0], [2, 2], L, L + 4.0, beta=0.5, alpha=2.0);"
            "cross([H, K]);cross([H, K], separator='&');"
            "cross([I, M]);"
            "cross([H, H, H]);cross_hashed([H, K]);"
            "cross_hashed([H, K], 50, 3);"
            "cross_hashed([I], num_buckets=50, hash_key=3);cross_hashed([I, M])"
        ).split(";")
    ],
    "S * 2.0",
    "S / tf.constant([[1.0, 2.0, 4.0]])",
    "S * tf.ones([3, 3])",
    "S / 4.0",
    "S * tf.ones([2, 3])",
    "S * tf.ones([1, 3, 3])",
    "C * [[2], [3]]",
    "C * [10, 20, 30]",
    "S.shape",
    "S.dtype.name",
    "S.with_values([1.0, 2.0, 3.0])",
    "S.with_values([1.0])",
    "repr(S)",
    "repr(tf.SparseTensorSpec([None, 3], tf.float32))",
    "repr(tf.SparseTensorSpec.from_value(C))",
    *[
        f"tf.{f}"
        for f in (
            "abs(S);cast(S, tf.int32);size(S);rank(S);shape(S);square(S);identity(S);tanh(S);"
            "math.sign(S);"
            "sqrt(S);negative(S);math.erf(S);is_tensor(S);exp(S);nn.relu(S);reduce_sum(S);"
            "convert_to_tensor(S);"
            "matmul(S, D);transpose(S);math.bincount(I, axis=-1);math.bincount(I)"
        ).split(";")
    ],
    # tf.strings of rows
    *[
        f"tf.strings.{f}"
        for f in (
            "split('a b');split(['a b', 'c', '']);split([['a b'], ['c']]);split(W);"
            "split(tf.constant([], tf.string));"
            "split(['a,b,,c', '', ' x '], ',');split(['a  b ', ' '], ' ');"
            "split('a,b,c', ',', maxsplit=1);split('  a b ', maxsplit=1);"
            "split(['a b', 'c d'], sep=tf.constant(' '));split(N);"
            "bytes_split('abc');bytes_split(['ab', 'c', '']);bytes_split([['ab'], ['c']]);"
            "bytes_split(W);"
            "unicode_decode(['aé', 'b'], 'UTF-8');unicode_decode('aé', 'UTF-8');"
            "unicode_decode(W, 'UTF-8');"
            "unicode_split(['aé', 'b'], 'UTF-8');unicode_split([['a'], ['bc']], 'UTF-8');"
            "unicode_decode_with_offsets(['aé€', 'b'], 'UTF-8');"
            "unicode_decode_with_offsets('aé', 'UTF-8');"
            "unicode_split_with_offsets(['aé€', ''], 'UTF-8');"
            "unicode_split_with_offsets([b'\\x00a\\x00b'], 'UTF-16-BE');"
            "unicode_decode_with_offsets([b'a\\x00b\\xffc', b'\\xe2\\x82'], 'UTF-8');"
            "unicode_decode_with_offsets([b'a\\xffc'], 'UTF-8', errors='ignore');"
            "unicode_decode([b'a\\xffc'], 'UTF-8', 'strict');"
            "unicode_decode([b'a\\x01c'], 'UTF-8', 'replace', 63, True);"
            "unicode_split([b'a\\xffc'], 'UTF-8');"
            "unicode_encode(ragged([[97, 233], [], [98]]), 'UTF-8');"
            "unicode_encode([[97, 233], [98, 99]], 'UTF-16-BE');unicode_encode(N + 96, 'UTF-8');"
            "unicode_encode([97, 98], 'UTF-8');"
            "unicode_script([97, 0x430, 32, 0x4E00, 0x10FFFF, -1, 0x110000, 0x3B1, 0x1F600]);"
            "unicode_script(A + 96);"
            "ngrams(tf.strings.split(['a b c', 'c', '']), 2);"
            "ngrams(tf.strings.split(['a b c', 'c', '']), [1, 2], pad_values='|');"
            "ngrams([['a', 'b', 'c'], ['d', 'e', 'f']], 2);ngrams(['a', 'b'], 3);"
            "ngrams(W, 2, preserve_short_sequences=True);"
            "ngrams(W, 3, pad_values=('<', '>'), padding_width=1);"
            "ngrams([['a'], ['b']], 2);ngrams(tf.strings.split([['a b', 'c']]), 2);"
            "reduce_join(W, axis=-1);reduce_join(W, axis=1, separator='-', keepdims=True);"
            "reduce_join(W, axis=0, separator='-');"
            "reduce_join(W, separator='-');reduce_join(W, axis=[0, 1], separator='-');"
            "reduce_join(W, axis=2);"
            "reduce_join(tf.strings.split(W), axis=2, separator='+');"
            "reduce_join(tf.strings.split(W), axis=1, separator='+');"
            "reduce_join(tf.strings.split(W), axis=0, separator='+');"
            "reduce_join(tf.strings.split(W), axis=[1, 2], separator='+');"
            "reduce_join(tf.strings.split(W), separator='+');"
            "unsorted_segment_join(['a', 'b', 'c', 'd'], [1, 0, 1, 3], 4, '-');"
            "unsorted_segment_join([['a', 'b'], ['c', 'd']], [1, 0], 2);"
            "unsorted_segment_join([['a', 'b'], ['c', 'd']], [[1, 0], [1, 1]], 2);"
            "unsorted_segment_join(['a', 'b'], [0, -1], 2);"
            "unsorted_segment_join(['a', 'b'], [0, 5], 2);format('{} x', W);format('{}', A);"
            "to_hash_bucket(['a', 'hello', '', 'abcdefgh', 'abcdefghi' * 5], 1000000007);"
            "to_hash_bucket(W, 100);"
            "to_hash_bucket_strong(['a', 'hello', '', 'abcdefgh', 'x' * 33], 1000000007, [1, 2]);"
            "to_hash_bucket_strong('a', 1000, [0xFEDCBA9876543210 - 2 ** 64, 2]);"
            "to_hash_bucket_strong('a', 1000, [1]);"
            "to_hash_bucket_fast(W, 100);length(W);lower(W);upper(W);strip(W);substr(W, 0, 1);"
            "regex_replace(W, 'a', 'z');"
            "regex_full_match(W, '[a-c]');as_string(A);as_string(F);join([W, W], '+');"
            "join([W, 'z']);"
            "unicode_transcode(W, 'UTF-8', 'UTF-16-BE')"
        ).split(";")
    ],
    "tf.strings.to_number(tf.strings.as_string(A))",
    # tf.sets
    *[
        f"tf.sets.{f}"
        for f in (
            "difference([[1, 2, 3], [4, 5, 6]], [[2, 9, 9], [4, 5, 7]]);"
            "difference([[1, 2]], [[2]], aminusb=False);"
            "intersection([[1, 2], [3, 4]], ST([[0, 0], [1, 0]], [2, 3], [2, 1]));"
            "union([[1, 2], [3, 4]], [[2], [5]]);"
            "size(I);size(ST([[0, 0], [0, 1], [2, 0]], [1, 1, 3], [3, 2]));"
            "union([['b', 'a']], [['c', 'a']]);union([1, 2], [2]);"
            "intersection([[[1, 2], [3, 4]]], [[[2, 2], [3, 3]]]);union([[1, 2]], [[3], [4]]);"
            "size([[1, 2]]);union([[1.5]], [[2.5]]);"
            "union(ST([[0, 0]], [2], [1, 1]), [[1, 2]]);intersection([[1, 2]], [[3, 4]]);"
            "union(I, I);difference(I, [[1], [2], [3]]);"
            "difference([[1], [2], [3]], I);intersection(I, ST([[0, 1], [2, 0]], [3, 1], [3, 9]));"
            "difference(H, H, validate_indices=False);"
            "union(ST([[0, 1], [0, 0]], [2, 1], [1, 2]), [[1, 2]]);"
            "size(ST([[0, 0, 0], [1, 1, 0]], [5, 6], [2, 2, 2]))"
        ).split(";")
    ],
    # sparse tensors as strings
    *[f"tf.io.serialize_sparse({x})" for x in "SICH"],
    *[f"tf.io.serialize_many_sparse({x})" for x in "SICH"],
    *[
        f"tf.io.deserialize_many_sparse({x}, {kind})"
        for x, kind in (
            ("tf.io.serialize_many_sparse(S)", "tf.float32"),
            ("tf.io.serialize_many_sparse(H)", "tf.string"),
            ("tf.stack([tf.io.serialize_sparse(S), tf.io.serialize_sparse(T)])", "tf.float32"),
            ("tf.io.serialize_many_sparse(S)", "tf.int32"),
            ("tf.io.serialize_many_sparse(C)", "tf.int32, rank=2"),
            ("tf.io.serialize_many_sparse(C)", "tf.int32, rank=3"),
            ("tf.io.serialize_sparse(S)", "tf.float32"),
            ("[['a', 'b', 'c']]", "tf.float32"),
        )
    ],
    # tables
    "mutable(tf)",
    "mutable(tf, dense=True)",
    "vectors(tf)",
    "words(tf).lookup(ragged([['a'], ['b', 'z']]))",
    "words(tf).lookup(H)",
    "tf.sort(words(tf).export()[1])",
    "lines(tf, 'a\\nb\\nc d\\n', tf.string, Index.WHOLE_LINE, tf.int64, Index.LINE_NUMBER)",
    "lines(tf, 'a\\nb\\nc d', tf.string, -2, tf.int64, -1, value_index_offset=10)",
    "lines(tf, 'a\\nb\\nc d', tf.int64, -1, tf.string, -2)",
    "lines(tf, 'a 5\\nb 6\\n', tf.string, 0, tf.int64, 1, delimiter=' ')",
    "lines(tf, '5,a,x\\n1,b,y\\n', tf.int64, 0, tf.string, 2, delimiter=',')",
    "lines(tf, 'a\\t0.5\\nb\\t2\\n', tf.string, 0, tf.float32, 1)",
    "lines(tf, 'a\\nb\\nc d', tf.string, -2, tf.int64, -1, vocab_size=2)",
    "lines(tf, 'a\\nb', tf.string, -2, tf.int64, -1, vocab_size=5)",
    "lines(tf, 'a\\nb', tf.string, 0, tf.int64, 1)",
    "lines(tf, 'a\\na\\n', tf.string, -2, tf.int64, -1)",
    "lines(tf, 'a\\tx\\n', tf.string, 0, tf.int64, 1)",
    "lines(tf, 'a', tf.string, -1, tf.int64, -1)",
    "lines(tf, 'a', tf.string, -3, tf.int64, -1)",
    "lines(tf, 'a', tf.string, -2, tf.int64, -1, delimiter='ab')",
    "tf.lookup.StaticHashTable(Lines('/nowhere', 'string', -2, 'int64', -1), -1)",
    "tf.lookup.experimental.DenseHashTable(tf.string, tf.int64, -1, '', '')",
    "tf.lookup.experimental.DenseHashTable(tf.string, tf.int64, -1, '', '$').insert([''], [1])",
    "tf.lookup.experimental.DenseHashTable(tf.string, tf.int64, -1, '', '$', 3)",
    "tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1).insert([1], [1])",
    "tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1).insert(['a'], [1, 2])",
    "tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1).lookup(tf.constant([1]))",
    # examples
    "serialized(tf)",
    *[f"repr(RF({x}))" for x in ("i64", "i64, 'v', [RF.RowLengths('l'), RF.UniformRowLength(2)]")],
    *[
        f"io.parse_{how}, {{'v': {spec}}})"
        for how in ("single_example(X[0]", "example(X")
        for spec in (
            "RF(i64);RF(i64, value_key='v');RF(i64, 'v', [RF.RowLengths('l')]);"
            "RF(i64, 'v', [RF.UniformRowLength(1)]);"
            "RF(i64, 'v', [RF.ValueRowIds('r')]);RF(i64, 'v', [RF.RowLimits('lim')]);"
            "RF(i64, 'v', [RF.RowStarts('st')]);"
            "RF(i64, 'v', [RF.RowSplits('sp')]);RF(i64, 'v', row_splits_dtype=i64);RF(i64, 'zz');"
            "RF(f32, 'f');"
            "RF(i64, 'v', [RF.UniformRowLength(1), RF.UniformRowLength(1)]);RF(f32, 'v');"
            ""
            "RF(i64, 'v', [RF.RowLengths('l'), RF.UniformRowLength(1)]);"
            "RF(i64, 'v', [RF.UniformRowLength(1), RF.RowLengths('l')]);"
            "SF('ix', 'f', f32, 10);SF('ix', 'f', f32, 10, True);"
            "SF(['ix', 'iy'], 'f', f32, [10, 4]);"
            "SF(['o', 'iy'], 'f', f32, [10, 4]);SF('ix', 'v', i64, 10);SF('ix', 'zz', i64, 10)"
        ).split(";")
        if not (
            how == "example(X" and ("iy" in spec or ("RowLengths('l')]" in spec and "Uni" in spec))
        )
    ],
    *[
        f"io.parse_single_sequence_example(Q[0], {arguments})"
        for arguments in (
            "{'n': FL([], i64), 's': VL(tf.string)}, {'a': VL(i64), 'w': FS([2], f32)};"
            "None, {'a': RF(i64)};"
            "None, {'zz': FS([], i64)};None, {'zz': FS([], i64, allow_missing=True)};"
            "None, {'a': FS([], i64)};None, {'zz': VL(i64)};"
            "{'zz': FL([], i64)}, None;{'zz': FL([], i64, 4)}, None;{'n': FL([], f32)}, None;"
            "{'n': RF(i64)}, {'e': VL(i64)};"
            "None, {'t': VL(tf.string)};None, {'t': RF(tf.string)};None, {'w': FS([2], i64)};"
            "None, None;None, {'a': VL(f32)}"
        ).split(";")
    ],
    *[
        f"io.parse_sequence_example(Q, {arguments})"
        for arguments in (
            "{'n': FL([], i64, 0), 's': VL(tf.string)}, {'a': VL(i64), 'w': FS([2], f32)};"
            "None, {'a': RF(i64), 'e': RF(f32)};"
            "{'n': RF(i64)}, None;None, None;None, {'t': FS([2], tf.string, allow_missing=True)};"
            "None, {'w': RF(f32, row_splits_dtype=i64)};"
            "None, {'e': VL(i64)};None, {'t': RF(tf.string)};{'n': FL([], i64)}, None"
        ).split(";")
    ],
    "io.parse_sequence_example(Q[0], None, {'a': VL(i64)})",
    # tf.map_fn
    "tf.map_fn(lambda v: v + 1, A)",
    "tf.map_fn(lambda v: v + 1, N)",
    "tf.map_fn(tf.reduce_sum, A)",
    "tf.map_fn(tf.reduce_sum, A, fn_output_signature=tf.int32)",
    "tf.map_fn(tf.range, tf.constant([2, 0, 1]), fn_output_signature=ROW)",
    "tf.map_fn(lambda x: x[0] + x[1], (A, tf.constant([10, 20, 30])), fn_output_signature=ROW)",
    "tf.map_fn(lambda v: tf.cast(v, tf.float32), A)",
    "tf.map_fn(lambda v: v[:1], U)",
    "tf.map_fn(lambda v: [tf.size(v), v * 2], A, fn_output_signature=[tf.int32, ROW])",
]

GRADIENTS = [
    ("tf.RaggedTensor.from_row_lengths(x, [2, 0, 1]) * 2.0", [1.0, 2.0, 3.0]),
    ("tf.reduce_sum(tf.RaggedTensor.from_row_lengths(x, [2, 0, 1]) ** 2, axis=1)", [1.0, 2.0, 3.0]),
    ("tf.reduce_mean(tf.RaggedTensor.from_row_lengths(x, [2, 1]) ** 2, axis=1)", [1.0, 2.0, 3.0]),
    ("tf.reduce_max(tf.RaggedTensor.from_row_lengths(x, [2, 1]), axis=1)", [1.0, 2.0, 3.0]),
    ("tf.reduce_prod(tf.RaggedTensor.from_row_lengths(x, [2, 1]), axis=0)", [1.0, 2.0, 3.0]),
    ("tf.RaggedTensor.from_row_lengths(x, [2, 1]).to_tensor()", [1.0, 2.0, 3.0]),
    ("tf.RaggedTensor.from_tensor(x, lengths=[1, 2]) ** 3", [[1.0, 2.0], [3.0, 4.0]]),
    (
        "tf.concat([tf.RaggedTensor.from_row_lengths(x, [2, 1]), [[1.0], [2.0]]], 1) ** 2",
        [1.0, 2.0, 3.0],
    ),
    ("tf.RaggedTensor.from_row_lengths(x, [2, 1])[:, :1] ** 2", [1.0, 2.0, 3.0]),
    ("tf.RaggedTensor.from_row_lengths(x, [2, 1]) * [[5.0], [7.0]]", [1.0, 2.0, 3.0]),
    ("tf.nn.softmax(tf.RaggedTensor.from_row_lengths(x, [2, 1]))", [1.0, 2.0, 3.0]),
    ("tf.gather(x, ragged([[0, 2], [2]]))", [1.0, 2.0, 3.0]),
    ("tf.reduce_logsumexp(tf.RaggedTensor.from_row_lengths(x, [2, 1]), axis=1)", [1.0, 2.0, 3.0]),
    ("tf.sparse.sparse_dense_matmul(ST([[0, 1], [1, 0], [1, 2]], x, [2, 3]), D)", [1.0, 2.0, 3.0]),
    ("tf.sparse.sparse_dense_matmul(S, x)", [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
    ("tf.sparse.sparse_dense_matmul(x, S)", [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
    ("tf.sparse.reduce_sum(ST([[0, 1], [1, 0], [1, 2]], x, [2, 3]), 1)", [1.0, 2.0, 3.0]),
    ("tf.sparse.add(ST([[0, 1], [1, 0]], x, [2, 3]), ST([[0, 1], [0, 2]], x, [2, 3]))", [1.0, 2.0]),
    ("tf.sparse.softmax(ST([[0, 1], [1, 0], [1, 2]], x, [2, 3]))", [1.0, 2.0, 3.0]),
    ("tf.sparse.to_dense(ST([[0, 1], [1, 0]], x, [2, 3])) ** 2", [1.0, 2.0]),
    ("tf.sparse.segment_mean(x, [0, 1, 0], [0, 0, 2])", [[1.0, 2.0], [3.0, 4.0]]),
    ("ST([[0, 1], [1, 0]], x, [2, 3]) * tf.constant([[1.0, 2.0, 3.0]])", [1.0, 2.0]),
]
