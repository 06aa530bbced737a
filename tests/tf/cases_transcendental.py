"""Expressions over Bessel functions, integrals, Sobol's sequence; golden_transcendental.json."""

import numpy as np

rng = np.random.default_rng(23)
NEAR = rng.uniform(0.05, 8, (4, 5)).astype("float32").round(3)
WIDE = np.concatenate([NEAR.ravel() * 10, [0.0, 2.0, 4.0, 25.0, 30.0]]).astype("float32")
A = rng.uniform(0.2, 5, (3, 4)).astype("float32").round(2)
B = rng.uniform(0.2, 5, (3, 1)).astype("float32").round(2)
P = rng.uniform(0.05, 0.95, (3, 4)).astype("float32").round(2)

_SPECIAL = (
    "bessel_i0 bessel_i0e bessel_i1 bessel_i1e bessel_j0 bessel_j1 bessel_k0 bessel_k0e bessel_k1 "
    "bessel_k1e bessel_y0 bessel_y1 dawsn expint fresnel_cos fresnel_sin spence"
).split()
CASES = [f"tf.math.special.{name}({x})" for name in _SPECIAL for x in ("NEAR", "np.float64(WIDE)")]
CASES += [f"tf.math.special.{name}(tf.constant([-2.5, -0.3]))" for name in _SPECIAL]
CASES += [
    "tf.math.bessel_i0(NEAR)",
    "tf.math.bessel_i1e(NEAR)",
    "tf.math.betainc(A, np.repeat(B, 4, 1), P)",
    "tf.math.betainc([0.0, -1.0, 2.0, 2.0, 2.0], [1.0] * 5, [0.5, 0.5, 1.5, 0.0, 1.0])",
    "tf.math.sobol_sample(5, 7)",
    "tf.math.sobol_sample(40, 9, skip=11, dtype=tf.float64)",
    "tf.math.approx_max_k(A, 2)",
]
GRADIENTS = [(f"tf.math.special.{name}(x)", "NEAR") for name in _SPECIAL]
GRADIENTS += [
    ("tf.math.betainc(A, np.repeat(B, 4, 1), x)", "P"),
    ("tf.math.approx_max_k(x, 2)[0]", "A"),
    ("tf.math.special.bessel_i1(x)", "[0.0, 1.0]"),
]
