"""tf.signal's cosine transforms and tf.quantization, against golden_surface.json."""

import numpy as np

rng = np.random.default_rng(2)
X = rng.normal(size=(2, 8)).astype("float32").round(3)
WAVE = rng.normal(size=(2, 64)).astype("float32").round(3)
LOW = np.array([-1.0, 0.2, -0.3, -2.0, 0.0, -0.5, -1.0, -0.1], "float32")
HIGH = np.array([1.0, 0.9, 0.4, -0.5, 1.5, 0.5, 2.0, 0.3], "float32")
LOGITS = rng.normal(size=(3, 6, 5)).astype("float32").round(3)
PATHS = np.array([[1, 2, 2], [3, 1, 4], [2, 2, 1]], "int32")
COUNTS = np.array([3, 2, 1], "int32")
STEPS = np.array([6, 4, 3], "int32")
CHANCES = np.exp(LOGITS) / np.exp(LOGITS).sum(-1, keepdims=True)

CASES = [
    "tf.nn.ctc_loss(PATHS, LOGITS.transpose(1, 0, 2), COUNTS, STEPS)",
    "tf.nn.ctc_loss(PATHS, LOGITS, COUNTS, STEPS, logits_time_major=False, blank_index=0)",
    "tf.nn.ctc_loss(PATHS - 1, LOGITS, COUNTS, STEPS, False, blank_index=-1)",
    "tf.keras.backend.ctc_batch_cost(tf.constant(PATHS - 1), tf.constant(CHANCES), "
    "tf.constant(STEPS[:, None]), tf.constant(COUNTS[:, None]))",
    *[
        f"tf.signal.{name}(X, type={kind}, norm={norm!r})"
        for name in ("dct", "idct")
        for kind in (1, 2, 3, 4)
        for norm in (None, "ortho")
        if not (kind == 1 and norm)
    ],
    "tf.signal.dct(X, n=5)",
    "tf.signal.dct(X, n=11, norm='ortho')",
    "tf.signal.dct(np.float64(X))",
    "tf.signal.mfccs_from_log_mel_spectrograms(X)",
    *[
        f"tf.signal.mdct(WAVE, 16, {window}, norm={norm!r})"
        for window in ("tf.signal.vorbis_window", "None", "tf.signal.kaiser_bessel_derived_window")
        for norm in (None, "ortho")
    ],
    "tf.signal.mdct(WAVE[:, :60], 16, pad_end=True)",
    *[
        f"tf.signal.inverse_mdct(X.reshape(2, 2, 4), {window}, norm={norm!r})"
        for window in ("tf.signal.vorbis_window", "None")
        for norm in (None, "ortho")
    ],
    "tf.signal.kaiser_bessel_derived_window(12)",
    "tf.signal.inverse_stft(tf.signal.stft(WAVE, 16, 4), 16, 4)",
    "tf.signal.inverse_stft(tf.signal.stft(WAVE, 16, 4), 16, 4, "
    "window_fn=tf.signal.inverse_stft_window_fn(4))",
    "tf.signal.inverse_stft(tf.signal.stft(WAVE, 12, 5, 20), 12, 5, 20, None)",
    *[
        f"tf.quantization.fake_quant_with_min_max_args(X, {low}, {high}, {bits}, {narrow})"
        for low, high in ((-6.0, 6.0), (-0.4, 1.1), (0.2, 1.0), (-1.5, -0.5))
        for bits, narrow in ((8, False), (3, True))
    ],
    "tf.quantization.fake_quant_with_min_max_vars(X, -0.7, 0.9)",
    "tf.quantization.fake_quant_with_min_max_vars_per_channel(X, LOW, HIGH, 4)",
    "tf.quantization.fake_quant_with_min_max_args_gradient(X * 2, X, -0.5, 0.5)",
    "tf.quantization.fake_quant_with_min_max_vars_gradient(X * 2, X, -0.5, 0.5)",
    "tf.quantization.fake_quant_with_min_max_vars_per_channel_gradient(X * 2, X, LOW, HIGH)",
]
GRADIENTS = [
    ("tf.nn.ctc_loss(PATHS, x, COUNTS, STEPS, False)", "LOGITS"),
    ("tf.signal.dct(x, norm='ortho')", "X"),
    ("tf.signal.inverse_mdct(tf.signal.mdct(x, 16))", "WAVE"),
    ("tf.quantization.fake_quant_with_min_max_vars(x, -0.7, 0.9)", "X"),
    ("tf.quantization.fake_quant_with_min_max_vars(X, x, 0.9)", "-0.7"),
    ("tf.quantization.fake_quant_with_min_max_vars_per_channel(X, LOW, x, 4)", "HIGH"),
]
