"""Wrong calls of the tf namespace: expression, TensorFlow's class of error, a part of the text."""

REFUSED = [
    ("tf.math.special.spence([1])", "TypeError", "spence: expected a float tensor"),
    ("tf.math.bessel_i0('a')", "TypeError", "bessel_i0"),
    ("tf.math.betainc([1.0, 2.0], [1.0, 2.0, 3.0], 0.5)", "InvalidArgumentError", "broadcast"),
    (
        "tf.math.betainc(tf.constant(1.0), tf.zeros(1, 'float64'), 0.5)",
        "TypeError",
        "one dtype",
    ),
    ("tf.math.sobol_sample(0, 3)", "InvalidArgumentError", "dim from 1 to 40"),
    ("tf.math.sobol_sample(2, 3, skip=-1)", "InvalidArgumentError", "skip"),
    ("tf.math.sobol_sample(2, 3, dtype=tf.int32)", "TypeError", "float32 or float64"),
    ("tf.math.approx_max_k([1.0, 2.0], 3)", "ValueError", "at least k=3"),
    ("tf.math.approx_max_k([1, 2], 1)", "TypeError", "float"),
    ("tf.math.approx_max_k([1.0, 2.0], 1, reduction_dimension=4)", "InvalidArgumentError", "axis"),
]
