"""keras.backend, against golden_backend.json; ``k(tf)`` is the module under test."""

import numpy as np

rng = np.random.default_rng(5)


def k(tf):
    return tf.keras.backend


X = rng.normal(size=(2, 3)).astype("float32").round(3)
Y = rng.normal(size=(2, 3)).astype("float32").round(3)
W = rng.normal(size=(3, 4)).astype("float32").round(3)
P = rng.uniform(0.05, 0.95, (2, 3)).astype("float32").round(3)
T = np.array([[0, 1, 0], [1, 0, 0]], "float32")
S = rng.normal(size=(2, 3, 4)).astype("float32").round(3)
R = rng.normal(size=(2, 4, 5)).astype("float32").round(3)
IMAGE = rng.normal(size=(2, 5, 6, 2)).astype("float32").round(2)
KERNEL = rng.normal(size=(3, 2, 2, 3)).astype("float32").round(2)
KERNEL_T = rng.normal(size=(3, 3, 4, 2)).astype("float32").round(2)
DEPTH = rng.normal(size=(3, 3, 2, 2)).astype("float32").round(2)
POINT = rng.normal(size=(1, 1, 4, 3)).astype("float32").round(2)
VOLUME = rng.normal(size=(1, 4, 4, 4, 2)).astype("float32").round(2)
KERNEL3 = rng.normal(size=(2, 2, 2, 2, 3)).astype("float32").round(2)
KERNEL1 = rng.normal(size=(2, 4, 3)).astype("float32").round(2)
B = np.array([[True, False, True], [False, False, True]])
LABELS = np.array([2, 0], "int32")
U = rng.normal(size=(4, 2)).astype("float32").round(3)


def step(tf):
    def run(x, states):
        h = tf.tanh(tf.matmul(x, U) + states[0])
        return h, [h]

    return run


CASES = [
    *[
        f"k(tf).{name}(tf.constant(X))"
        for name in (
            "abs cos exp round sigmoid sign sin square tanh sqrt softmax softplus softsign elu "
            "relu hard_sigmoid flatten batch_flatten transpose shape identity_or_x ones_like "
            "zeros_like argmax argmin expand_dims l2_normalize stop_gradient"
        ).split()
        if name != "identity_or_x"
    ],
    *[
        f"k(tf).{name}(tf.constant(X), axis={axis}, keepdims={keep})"
        for name in "sum prod max min mean var std".split()
        for axis, keep in ((None, False), (1, True), ([0, 1], False), (-1, False))
    ],
    *[f"k(tf).{name}(tf.constant(B), axis=1)" for name in ("any", "all", "mean")],
    *[
        f"k(tf).{name}(tf.constant(X), tf.constant(Y))"
        for name in (
            "equal not_equal greater greater_equal less less_equal maximum minimum"
        ).split()
    ],
    "k(tf).pow(tf.constant(P), 2.5)",
    "k(tf).clip(tf.constant(X), -0.5, 0.5)",
    "k(tf).clip(tf.constant(X), None, 0.5)",
    "k(tf).clip(tf.constant(X), 0.5, -0.5)",
    "k(tf).log(tf.constant(P))",
    "k(tf).cast(tf.constant(X), 'int32')",
    "k(tf).cast_to_floatx(np.array([1, 2]))",
    "k(tf).cumsum(tf.constant(X))",
    "k(tf).cumprod(tf.constant(X), axis=1)",
    "k(tf).reshape(tf.constant(X), (3, 2))",
    "k(tf).squeeze(tf.constant(X[:1]), 0)",
    "k(tf).permute_dimensions(tf.constant(S), (2, 0, 1))",
    "k(tf).concatenate([tf.constant(X), tf.constant(Y)])",
    "k(tf).concatenate([tf.constant(X), tf.constant(Y)], axis=0)",
    "k(tf).stack([tf.constant(X), tf.constant(Y)], axis=1)",
    "k(tf).reverse(tf.constant(X), 1)",
    "k(tf).repeat(tf.constant(X), 3)",
    "k(tf).repeat_elements(tf.constant(X), 2, 1)",
    "k(tf).tile(tf.constant(X), [2, 1])",
    "k(tf).gather(tf.constant(X), tf.constant([1, 0, 1]))",
    "k(tf).one_hot(tf.constant(LABELS), 4)",
    "k(tf).dot(tf.constant(X), tf.constant(W))",
    "k(tf).dot(tf.constant(S), tf.constant(R))",
    "k(tf).batch_dot(tf.constant(X), tf.constant(Y))",
    "k(tf).batch_dot(tf.constant(X), tf.constant(Y), axes=1)",
    "k(tf).batch_dot(tf.constant(S), tf.constant(R))",
    "k(tf).batch_dot(tf.constant(S), tf.constant(R), axes=(2, 1))",
    "k(tf).batch_dot(tf.constant(S), tf.constant(S), axes=1)",
    "k(tf).batch_dot(tf.constant(X), tf.constant(S), axes=(1, 1))",
    "k(tf).batch_dot(tf.constant(S), tf.constant(X), axes=[1, 1])",
    "k(tf).constant([1, 2])",
    "k(tf).arange(5)",
    "k(tf).arange(2, 9, 3, dtype='float32')",
    "k(tf).relu(tf.constant(X), alpha=0.1, max_value=0.5, threshold=0.1)",
    "k(tf).elu(tf.constant(X), 0.3)",
    "k(tf).softmax(tf.constant(X), axis=0)",
    "k(tf).in_top_k(tf.constant(X), tf.constant(LABELS), 2)",
    "k(tf).batch_normalization(tf.constant(X), X[0], P[0], Y[0], Y[1])",
    "k(tf).bias_add(tf.constant(X), Y[0])",
    "k(tf).bias_add(tf.constant(IMAGE), np.float32([1, 2]))",
    "k(tf).bias_add(tf.constant(IMAGE), np.float32([1, 2, 3, 4, 5]), data_format='channels_first')",
    "k(tf).bias_add(tf.constant(S), S[1])",
    "k(tf).binary_crossentropy(tf.constant(T), tf.constant(P))",
    "k(tf).binary_crossentropy(tf.constant(T), tf.constant(X), from_logits=True)",
    "k(tf).binary_focal_crossentropy(tf.constant(T), tf.constant(P))",
    "k(tf).binary_focal_crossentropy(tf.constant(T), tf.constant(X), True, 0.3, 1.5, True)",
    "k(tf).categorical_crossentropy(tf.constant(T), tf.constant(P))",
    "k(tf).categorical_crossentropy(tf.constant(T), tf.constant(X), from_logits=True)",
    "k(tf).categorical_focal_crossentropy(tf.constant(T), tf.constant(P))",
    "k(tf).categorical_focal_crossentropy(tf.constant(T), tf.constant(X), 0.4, 1.5, True)",
    "k(tf).sparse_categorical_crossentropy(tf.constant(LABELS), tf.constant(P))",
    "k(tf).sparse_categorical_crossentropy(tf.constant(LABELS), tf.constant(X), True)",
    *[
        f"k(tf).conv1d(tf.constant(S), tf.constant(KERNEL1), padding={p!r}, dilation_rate={d})"
        for p in ("valid", "same", "causal")
        for d in (1, 2)
    ],
    "k(tf).conv2d(tf.constant(IMAGE), tf.constant(KERNEL))",
    "k(tf).conv2d(tf.constant(IMAGE), tf.constant(KERNEL), (2, 1), 'same')",
    "k(tf).conv3d(tf.constant(VOLUME), tf.constant(KERNEL3), (2, 1, 1))",
    "k(tf).conv2d_transpose(tf.constant(IMAGE), tf.constant(KERNEL_T), (2, 10, 12, 4), (2, 2), "
    "'same')",
    "k(tf).depthwise_conv2d(tf.constant(IMAGE), tf.constant(DEPTH), padding='same')",
    "k(tf).separable_conv2d(tf.constant(IMAGE), tf.constant(DEPTH), tf.constant(POINT))",
    "k(tf).pool2d(tf.constant(IMAGE), (2, 2))",
    "k(tf).pool2d(tf.constant(IMAGE), (2, 2), (2, 2), 'same', pool_mode='avg')",
    "k(tf).pool3d(tf.constant(VOLUME), (2, 2, 2), (2, 2, 2))",
    "k(tf).temporal_padding(tf.constant(S), (2, 1))",
    "k(tf).spatial_2d_padding(tf.constant(IMAGE), ((1, 0), (2, 1)))",
    "k(tf).spatial_2d_padding(tf.constant(IMAGE), ((1, 0), (2, 1)), 'channels_first')",
    "k(tf).spatial_3d_padding(tf.constant(VOLUME))",
    "k(tf).resize_images(tf.constant(IMAGE), 2, 3, 'channels_last')",
    "k(tf).resize_images(tf.constant(IMAGE), 2, 2, 'channels_last', 'bilinear')",
    "k(tf).resize_images(tf.constant(IMAGE), 2, 2, 'channels_first')",
    "k(tf).resize_volumes(tf.constant(VOLUME), 1, 2, 2, 'channels_last')",
    "k(tf).switch(tf.constant(True), lambda: tf.constant(X), lambda: tf.constant(Y))",
    "k(tf).switch(tf.constant(B), tf.constant(X), tf.constant(Y))",
    "k(tf).map_fn(lambda x: x * 2.0, tf.constant(X))",
    "k(tf).foldl(lambda a, x: a - x, tf.constant(X))",
    "k(tf).foldr(lambda a, x: a - x, tf.constant(X))",
    "k(tf).rnn(step(tf), tf.constant(S), [tf.zeros((2, 2))])",
    "k(tf).rnn(step(tf), tf.constant(S), [tf.zeros((2, 2))], go_backwards=True, "
    "return_all_outputs=False)",
    "k(tf).rnn(step(tf), tf.constant(S), [tf.zeros((2, 2))], mask=tf.constant(B))",
    "k(tf).get_value(k(tf).variable([1, 2]))",
    "k(tf).get_value(k(tf).ones((2, 3)))",
    "k(tf).get_value(k(tf).zeros((2,), dtype='int32'))",
    "k(tf).get_value(k(tf).eye(3))",
    "k(tf).batch_get_value([k(tf).variable(1.5), k(tf).variable([2])])",
    "k(tf).moving_average_update(k(tf).variable(X), Y, 0.9).numpy()",
    "k(tf).update_add(k(tf).variable(X), Y).numpy()",
    "k(tf).eval(k(tf).constant(X) * 2.0)",
    "np.array(k(tf).int_shape(k(tf).variable(X)))",
    "np.array([k(tf).ndim(k(tf).variable(X)), k(tf).count_params(k(tf).variable(X))])",
    "np.array([k(tf).dtype(k(tf).variable(X)) == 'float32', k(tf).is_float_dtype('float16'), "
    "k(tf).is_int_dtype('uint8')])",
]
GRADIENTS = [
    ("k(tf).batch_dot(x, tf.constant(R))", "S"),
    ("k(tf).binary_crossentropy(tf.constant(T), x)", "P"),
    ("k(tf).rnn(step(tf), x, [tf.zeros((2, 2))], mask=tf.constant(B))[1]", "S"),
    ("k(tf).hard_sigmoid(x)", "X"),
]
