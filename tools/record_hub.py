"""Records small modules with real TensorFlow and TensorFlow Hub, for tests/hub.

    pip install --no-deps --target FOLDER tf-keras tensorflow-hub "setuptools<81"
    PYTHONPATH=FOLDER python tools/record_hub.py

with a Python that has TensorFlow 2.21 and Keras 3.15. Each ``NAME.tar.gz`` is a module as the
pages of TensorFlow Hub send it; ``golden.npz`` has what real ``hub.load`` and ``hub.KerasLayer``
(with tf_keras) make of them: inputs, outputs, losses and weights after training steps.
"""

import io
import os
import pathlib
import shutil
import sys
import tarfile
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf
import tensorflow_hub as hub
import tf_keras

HERE = pathlib.Path(__file__).parent.parent / "tests" / "hub"
WORDS = ["good", "bad", "film", "a", "the", "very", "not", "so", "cafe", "é"]
rng = np.random.default_rng(11)
golden = {}


def numbers(*shape):
    return rng.normal(size=shape).astype("float32")


def pack(name, write):
    """The folder that ``write`` fills as a tar whose bytes are the same each time."""
    with tempfile.TemporaryDirectory() as folder:
        write(folder)
        shutil.rmtree(f"{folder}/debug", ignore_errors=True)
        (pathlib.Path(folder) / "fingerprint.pb").unlink(missing_ok=True)

        def plain(info):
            info.mode = 0o755 if info.isdir() else 0o644
            info.mtime, info.uname, info.gname = 0, "", ""
            return info

        with tarfile.open(HERE / f"{name}.tar.gz", "w:gz") as tar:
            tar.add(folder, ".", filter=plain)
    size = (HERE / f"{name}.tar.gz").stat().st_size
    print(name, size)
    if size > 100_000:
        sys.exit(f"{name}: too large")
    target = pathlib.Path(tempfile.mkdtemp()) / name
    with tarfile.open(HERE / f"{name}.tar.gz") as tar:
        tar.extractall(target, filter="data")
    return str(target)


# --- a picture classifier that is fine-tuned --------------------------------------------------


class Mobile(tf.train.Checkpoint):
    """Depthwise blocks with batch normalisation, as the exporters of pictures' models write them:
    ``training`` chooses the function, ``batch_norm_momentum`` is a tensor with a default."""

    def __init__(self):
        super().__init__()
        self.made, self.frozen = [], []
        self.stem = self.weight("stem", numbers(3, 3, 3, 4) * 0.3)
        self.depth = self.weight("depth", numbers(3, 3, 4, 1) * 0.3)
        self.point = self.weight("point", numbers(1, 1, 4, 6) * 0.3)
        self.norms = [self.norm("n0", 4), self.norm("n1", 4), self.norm("n2", 6)]
        self.variables = self.made + self.frozen
        self.trainable_variables = list(self.made)
        kernels = [self.stem, self.point]
        self.regularization_losses = [self.decay(kernel) for kernel in kernels]

    def weight(self, name, value):
        self.made.append(tf.Variable(value, name=name))
        return self.made[-1]

    def norm(self, name, size):
        gamma = self.weight(f"{name}/gamma", 1 + numbers(size) * 0.1)
        beta = self.weight(f"{name}/beta", numbers(size) * 0.1)
        mean = tf.Variable(numbers(size) * 0.1, name=f"{name}/mean", trainable=False)
        variance = tf.Variable(1 + 0.1 * abs(numbers(size)), name=f"{name}/var", trainable=False)
        self.frozen += [mean, variance]
        return [gamma, beta, mean, variance]

    def decay(self, kernel):
        return tf.function(lambda: 1e-2 * tf.nn.l2_loss(kernel), input_signature=[])

    def normalized(self, x, norm, training, momentum):
        gamma, beta, mean, variance = norm
        if training:
            x, new_mean, new_variance = tf.compat.v1.nn.fused_batch_norm(
                x, gamma, beta, epsilon=1e-3, is_training=True
            )
            mean.assign_sub((mean - new_mean) * (1 - momentum))
            variance.assign_sub((variance - new_variance) * (1 - momentum))
            return tf.nn.relu6(x)
        found = tf.compat.v1.nn.fused_batch_norm(
            x, gamma, beta, mean, variance, epsilon=1e-3, is_training=False
        )
        return tf.nn.relu6(found[0])

    @tf.function
    def __call__(self, inputs, training=False, batch_norm_momentum=0.9):
        # A name scope and an inner function, as they are found in exported models.
        with tf.name_scope("mobile"):
            return self.features(inputs, training, batch_norm_momentum)

    @tf.function
    def features(self, inputs, training, momentum):
        first, second, third = self.norms
        x = tf.nn.conv2d(inputs * 2.0 - 1.0, self.stem, 2, "SAME")
        x = self.normalized(x, first, training, momentum)
        x = tf.nn.depthwise_conv2d(x, self.depth, [1, 1, 1, 1], "SAME")
        x = self.normalized(x, second, training, momentum)
        x = self.normalized(tf.nn.conv2d(x, self.point, 1, "SAME"), third, training, momentum)
        return tf.reduce_mean(x, [1, 2])


def mobile():
    module = Mobile()
    picture = tf.TensorSpec((None, 16, 16, 3), tf.float32)
    momentum = tf.TensorSpec((), tf.float32)
    for training in (True, False):
        module.__call__.get_concrete_function(picture, training, momentum)
        module.__call__.get_concrete_function(picture, training)
    serve = module.__call__.get_concrete_function(picture, False)
    folder = pack("mobile", lambda to: tf.saved_model.save(module, to, signatures=serve))
    x, y = rng.random((8, 16, 16, 3)).astype("float32"), numbers(8, 2)
    head = numbers(6, 2)
    golden["mobile/x"], golden["mobile/y"], golden["mobile/head"] = x, y, head
    golden["mobile/features"] = hub.load(folder)(x).numpy()
    golden["mobile/training"] = hub.load(folder)(x, training=True).numpy()
    for name, trainable in (("frozen", False), ("trained", True)):
        layer = hub.KerasLayer(
            folder, trainable=trainable, arguments={"batch_norm_momentum": 0.8}, name="m"
        )
        model = tf_keras.Sequential([layer, tf_keras.layers.Dense(2)])
        model.build((None, 16, 16, 3))
        model.layers[-1].set_weights([head, np.zeros(2, "float32")])
        model.compile(tf_keras.optimizers.SGD(0.1), "mse")
        losses = [model.train_on_batch(x, y) for _ in range(3)]
        golden[f"mobile/{name}/losses"] = np.asarray(losses)
        golden[f"mobile/{name}/predictions"] = model.predict(x, verbose=0)
        golden[f"mobile/{name}/counts"] = np.asarray(
            [len(model.trainable_weights), len(model.non_trainable_weights)]
        )
        for i, weight in enumerate(layer.resolved_object.variables):
            golden[f"mobile/{name}/weight{i}"] = weight.numpy()


# --- a picture classifier of Keras 2 ----------------------------------------------------------


def keras2():
    """What ``model.save("folder")`` of Keras 2 writes: nested layers and functions, keras_api."""
    layers = tf_keras.layers
    tf_keras.utils.set_random_seed(3)
    inputs = tf_keras.Input((12, 12, 3))
    x = layers.Conv2D(4, 3, strides=2, use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(6.0)(x)
    x = layers.SeparableConv2D(5, 3, padding="same")(x)
    x = layers.Dropout(0.5)(layers.GlobalAveragePooling2D()(x))
    decay = tf_keras.regularizers.L2(0.01)
    model = tf_keras.Model(inputs, layers.Dense(3, kernel_regularizer=decay)(x))
    folder = pack("keras2", lambda to: model.save(to, save_format="tf", include_optimizer=False))
    x = rng.random((4, 12, 12, 3)).astype("float32")
    golden["keras2/x"] = x
    layer = hub.KerasLayer(folder, trainable=True)
    golden["keras2/y"] = layer(x).numpy()
    golden["keras2/losses"] = np.asarray([float(loss) for loss in layer.losses])
    golden["keras2/counts"] = np.asarray(
        [len(layer.trainable_weights), len(layer.non_trainable_weights)]
    )


def keras3():
    """What ``model.export`` of Keras 3 writes: an endpoint and a signature, nothing to call."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh")])
    folder = pack("keras3", lambda to: model.export(to, verbose=False))
    x = numbers(5, 4)
    golden["keras3/x"] = x
    key = next(iter(hub.load(folder).signatures["serving_default"].structured_outputs))
    layer = hub.KerasLayer(folder, signature="serving_default", output_key=key)
    golden["keras3/y"], golden["keras3/key"] = layer(x).numpy(), np.asarray(key)


# --- texts ------------------------------------------------------------------------------------


class Texts(tf.train.Checkpoint):
    """A text embedding with a table of words in a file, as nnlm and gnews-swivel are made."""

    def __init__(self, vocabulary):
        super().__init__()
        self.embeddings = tf.Variable(numbers(len(WORDS) + 2, 5), name="embeddings")
        self.variables = [self.embeddings]
        self.trainable_variables = [self.embeddings]
        entries = tf.lookup.TextFileInitializer(
            vocabulary,
            tf.string,
            tf.lookup.TextFileIndex.WHOLE_LINE,
            tf.int64,
            tf.lookup.TextFileIndex.LINE_NUMBER,
        )
        self.table = tf.lookup.StaticVocabularyTable(entries, num_oov_buckets=2)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def __call__(self, sentences):
        plain = tf.strings.regex_replace(sentences, r"\pP", "")
        tokens = tf.strings.split(tf.strings.lower(plain), " ").to_sparse()
        tokens, _ = tf.sparse.fill_empty_rows(tokens, tf.constant(""))
        ids = tf.SparseTensor(tokens.indices, self.table.lookup(tokens.values), tokens.dense_shape)
        return tf.nn.safe_embedding_lookup_sparse(self.embeddings, ids, None, combiner="sqrtn")


SENTENCES = ["A very good film!", "", "not so bad, not so good", "unknown words, CAFE", "é film"]


def texts():
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "tokens.txt"
        path.write_text("\n".join(WORDS) + "\n", encoding="utf-8")
        target = pack("texts", lambda to: tf.saved_model.save(Texts(str(path)), to))
    x = np.asarray(SENTENCES, object)
    y = np.asarray([1, 0, 1, 0, 1], "float32")
    golden["texts/y"] = hub.load(target)(tf.constant(x)).numpy()
    head = numbers(5, 1)
    golden["texts/head"], golden["texts/labels"] = head, y
    layer = hub.KerasLayer(target, input_shape=[], dtype=tf.string, trainable=True)
    model = tf_keras.Sequential([layer, tf_keras.layers.Dense(1, activation="sigmoid")])
    model.layers[-1].set_weights([head, np.zeros(1, "float32")])
    model.compile(tf_keras.optimizers.SGD(0.5), "binary_crossentropy")
    losses = [model.train_on_batch(tf.constant(x), y) for _ in range(3)]
    golden["texts/losses"] = np.asarray(losses)
    golden["texts/embeddings"] = layer.resolved_object.embeddings.numpy()
    golden["texts/predictions"] = model.predict(tf.constant(x), verbose=0)


class Sentences(tf.train.Checkpoint):
    """Words and pairs of words, hashed into an embedding of several parts, as encoders are made."""

    def __init__(self):
        super().__init__()
        self.parts = [tf.Variable(numbers(rows, 4), name=f"part{rows}") for rows in (9, 8, 8)]
        self.kernel = tf.Variable(numbers(4, 6), name="kernel")
        self.variables = [*self.parts, self.kernel]
        self.trainable_variables = self.variables

    def embedded(self, words, combiner):
        places = words.to_sparse()
        ids = tf.strings.to_hash_bucket_fast(places.values, 25)
        table = tf.SparseTensor(places.indices, ids, places.dense_shape)
        lookup = tf.compat.v1.nn.safe_embedding_lookup_sparse
        return lookup(self.parts, table, combiner=combiner, partition_strategy="mod")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def __call__(self, sentences):
        apart = tf.strings.regex_replace(tf.strings.lower(sentences), r"([^\w\s])", r" \1 ")
        words = tf.strings.split(tf.strings.strip(apart))
        pairs = tf.strings.ngrams(words, 2)
        total = self.embedded(words, "sqrtn") + self.embedded(pairs, "mean")
        return tf.math.l2_normalize(tf.nn.relu(total @ self.kernel), 1)


def sentences():
    folder = pack("sentences", lambda to: tf.saved_model.save(Sentences(), to))
    texts = tf.constant(np.asarray(SENTENCES, object))
    golden["sentences/y"] = hub.load(folder)(texts).numpy()
    module = hub.load(folder)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(module(texts) ** 3)
    for i, slope in enumerate(tape.gradient(loss, module.trainable_variables)):
        golden[f"sentences/slope{i}"] = tf.convert_to_tensor(slope).numpy()


# --- the rest ---------------------------------------------------------------------------------


class Several(tf.train.Checkpoint):
    """Two inputs, a dict of outputs, a counter that each call moves, dropout."""

    def __init__(self):
        super().__init__()
        self.calls = tf.Variable(0, dtype=tf.int64, name="calls", trainable=False)
        self.scale = tf.Variable(2.0, name="scale")
        self.variables = [self.scale, self.calls]
        self.trainable_variables = [self.scale]

    @tf.function
    def __call__(self, inputs, training=False):
        self.calls.assign_add(1)
        total = inputs["a"] * self.scale + inputs["b"]
        if training:
            total = tf.nn.dropout(total, 0.5)
        return {"default": total, "mean": tf.reduce_mean(total, -1)}


def several():
    module = Several()
    one = tf.TensorSpec((None, 3), tf.float32)
    for training in (True, False):
        module.__call__.get_concrete_function({"a": one, "b": one}, training)

    @tf.function(input_signature=[one, one])
    def both(a, b):
        return {"sum": a + b, "scaled": (a - b) * module.scale}

    folder = pack("several", lambda to: tf.saved_model.save(module, to, signatures={"both": both}))
    a, b = numbers(2, 3), numbers(2, 3)
    golden["several/a"], golden["several/b"] = a, b
    for key, value in hub.load(folder)({"a": a, "b": b}).items():
        golden[f"several/{key}"] = value.numpy()
    signed = hub.load(folder).signatures["both"]
    for key, value in signed(a=tf.constant(a), b=tf.constant(b)).items():
        golden[f"several/both/{key}"] = value.numpy()


class Sparse(tf.train.Checkpoint):
    """The ops on parts of sparse and ragged tensors, one by one."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 2], tf.int64),
            tf.TensorSpec([None], tf.float32),
            tf.TensorSpec([2], tf.int64),
            tf.TensorSpec([None], tf.string),
        ]
    )
    def __call__(self, indices, values, shape, texts):
        raw = tf.raw_ops
        parts = {"indices": indices, "values": values}
        table = tf.reshape(tf.range(12.0), (6, 2)) * 0.5
        ids, rows = tf.constant([0, 0, 2, 2, 2]), tf.constant([1, 4, 0, 0, 5])
        both = {"indices": [indices] * 2, "values": [values] * 2, "shapes": [shape] * 2}
        folded = {"data": table, "indices": rows, "segment_ids": ids}
        splits = tf.constant([[0, 2, 2, 3], [0, 1, 4, 6]], tf.int64)
        found = {
            "fill": raw.SparseFillEmptyRows(**parts, dense_shape=shape, default_value=-1.0),
            "mixed": raw.SparseFillEmptyRows(
                indices=indices[::-1],
                values=values,
                dense_shape=shape + 2,
                default_value=-1.0,
            ),
            "reshape": raw.SparseReshape(
                input_indices=indices, input_shape=shape, new_shape=tf.constant([3, -1], tf.int64)
            ),
            "reorder": raw.SparseReorder(
                input_indices=indices[::-1], input_values=values[::-1], input_shape=shape
            ),
            "dense": raw.SparseToDense(
                sparse_indices=indices,
                output_shape=shape,
                sparse_values=values,
                default_value=-2.0,
            ),
            "matmul": raw.SparseTensorDenseMatMul(
                a_indices=indices, a_values=values, a_shape=shape, b=tf.ones((3, 2))
            ),
            "slice": raw.SparseSlice(
                **parts,
                shape=shape,
                start=tf.constant([1, 0], tf.int64),
                size=tf.constant([3, 2], tf.int64),
            ),
            "concat": raw.SparseConcat(**both, concat_dim=1),
            "ragged": raw.RaggedTensorToSparse(
                rt_nested_splits=list(tf.unstack(splits)), rt_dense_values=tf.range(6.0)
            ),
            "split": raw.StringSplit(input=texts, delimiter=" -"),
            "letters": raw.StringSplit(input=texts, delimiter="", skip_empty=False),
            "whole": raw.StringSplit(input=texts, delimiter="-", skip_empty=False),
        }
        for fold in ("Sum", "Mean", "SqrtN"):
            found[fold] = getattr(raw, f"SparseSegment{fold}")(**folded)
            known = getattr(raw, f"SparseSegment{fold}WithNumSegments")
            found[f"{fold}4"] = known(**folded, num_segments=4)
        return spread(found)


def sparse():
    folder = pack("sparse", lambda to: tf.saved_model.save(Sparse(), to))
    inputs = {
        "indices": np.asarray([[0, 0], [0, 2], [1, 1], [3, 1]], "int64"),
        "values": np.asarray([1.5, 2.0, -3.0, 4.0], "float32"),
        "shape": np.asarray([4, 3], "int64"),
    }
    texts = np.asarray(["a b-c", "", " --d "], object)
    golden.update({f"sparse/in/{name}": value for name, value in inputs.items()})
    found = hub.load(folder)(*map(tf.constant, [*inputs.values(), texts]))
    keep("sparse", found)


class Detection(tf.train.Checkpoint):
    """Ops of detectors, of sounds and of characters, one by one."""

    @tf.function(
        input_signature=[
            tf.TensorSpec([6, 4], tf.float32),
            tf.TensorSpec([6], tf.float32),
            tf.TensorSpec([2, 8, 8, 1], tf.float32),
            tf.TensorSpec([None], tf.string),
        ]
    )
    def __call__(self, boxes, scores, pictures, texts):
        raw = tf.raw_ops
        both = {"boxes": boxes, "scores": scores, "max_output_size": 4}
        limits = {"iou_threshold": 0.4, "score_threshold": 0.15}
        utf8 = {"input": texts, "input_encoding": "UTF-8"}
        classes = tf.stack([scores, scores[::-1]], 1)[None]
        crops = {"image": pictures, "boxes": boxes[:3], "box_ind": [0, 1, 1], "crop_size": [3, 5]}
        rows = tf.reshape(pictures, (4, 32))
        found = {
            "first": raw.NonMaxSuppression(**both, iou_threshold=0.4),
            "v2": raw.NonMaxSuppressionV2(**both, iou_threshold=0.4),
            "v3": raw.NonMaxSuppressionV3(**both, **limits),
            "v4": raw.NonMaxSuppressionV4(**both, **limits, pad_to_max_output_size=True),
            "v5": raw.NonMaxSuppressionV5(
                **both, **limits, soft_nms_sigma=0.3, pad_to_max_output_size=True
            ),
            "hard": raw.NonMaxSuppressionV5(**both, **limits, soft_nms_sigma=0.0),
            "combined": raw.CombinedNonMaxSuppression(
                boxes=boxes[None, :, None],
                scores=classes,
                max_output_size_per_class=3,
                max_total_size=5,
                **limits,
                clip_boxes=False,
            ),
            "crops": raw.CropAndResize(**crops, extrapolation_value=-1.0),
            "near": raw.CropAndResize(**crops, method="nearest"),
            "png": raw.DecodePng(contents=self.file, channels=3),
            "picture": raw.DecodeImage(contents=self.file, channels=1),
            "rfft": raw.RFFT(input=rows, fft_length=[16]),
            "irfft": raw.IRFFT(input=tf.cast(rows, tf.complex64), fft_length=[20]),
            "transcode": raw.UnicodeTranscode(**utf8, output_encoding="UTF-16-BE"),
            "points": raw.UnicodeDecode(**utf8, Tsplits=tf.int32),
            "places": raw.UnicodeDecodeWithOffsets(**utf8),
            "rest": raw.ListDiff(x=[3, 1, 4, 1, 5], y=[1, 9], out_idx=tf.int64),
        }
        return spread(found)


def spread(found):
    """Results of several parts by the name and the number of the part."""
    flat = {}
    for name, value in found.items():
        several = list(value) if isinstance(value, tuple) else [value]
        flat.update({f"{name}.{i}": part for i, part in enumerate(several)})
    return flat


def detection():
    module = Detection()
    pixels = rng.integers(0, 256, (4, 5, 1)).astype("uint8")
    module.file = tf.constant(tf.io.encode_png(pixels).numpy())
    folder = pack("detection", lambda to: tf.saved_model.save(module, to))
    corners = np.sort(rng.random((6, 2, 2)).astype("float32"), 1).reshape(6, 4)
    corners[1] = corners[0] + 0.02
    inputs = {
        "boxes": corners,
        "scores": np.asarray([0.9, 0.8, 0.3, 0.1, 0.6, 0.5], "float32"),
        "pictures": rng.random((2, 8, 8, 1)).astype("float32"),
    }
    golden.update({f"detection/in/{name}": value for name, value in inputs.items()})
    keep("detection", hub.load(folder)(*map(tf.constant, [*inputs.values(), CHARACTERS])))


CHARACTERS = np.asarray([b"a\xc3\xa9", b"", b"\xe6\xbc\xa2\xff!"], object)


def keep(name, found):
    for key, value in found.items():
        # golden.npz holds no objects.
        array = value.numpy()
        golden[f"{name}/{key}"] = array.astype("S") if array.dtype == object else array


def old():
    """A module in the format of TensorFlow 1: two graphs, by their tags; one signature."""

    def write(to):
        builder = tf.compat.v1.saved_model.Builder(to + "/module")
        kernel = numbers(4, 3)
        for tags in ([], ["train"]):
            with tf.Graph().as_default(), tf.compat.v1.Session() as session:
                x = tf.compat.v1.placeholder(tf.float32, (None, 4), "x")
                w = tf.compat.v1.get_variable("kernel", initializer=kernel)
                y = tf.tanh(x @ w)
                if tags:
                    y = tf.compat.v1.nn.dropout(y, rate=0.5)
                session.run(tf.compat.v1.global_variables_initializer())
                signatures = {
                    "default": tf.compat.v1.saved_model.predict_signature_def(
                        {"x": x}, {"default": y, "double": y * 2}
                    )
                }
                if tags:
                    builder.add_meta_graph(tags, signature_def_map=signatures)
                else:
                    builder.add_meta_graph_and_variables(session, tags, signatures)
        builder.save()
        for path in pathlib.Path(to, "module").iterdir():
            shutil.move(path, to)
        pathlib.Path(to, "module").rmdir()
        # The format's mark: a message whose one field says that it is a SavedModel.
        pathlib.Path(to, "tfhub_module.pb").write_bytes(b"\x08\x03")

    folder = pack("old", write)
    x = numbers(3, 4)
    golden["old/x"] = x
    golden["old/y"] = hub.KerasLayer(folder)(x).numpy()
    golden["old/double"] = hub.KerasLayer(folder, output_key="double")(x).numpy()


for record in (mobile, keras2, keras3, texts, sentences, several, sparse, detection, old):
    record()
buffer = io.BytesIO()
np.savez_compressed(buffer, **golden)
(HERE / "golden.npz").write_bytes(buffer.getvalue())
print("golden", len(buffer.getvalue()))
