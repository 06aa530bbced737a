"""The recurrent layers whose values are recorded from real Keras (tools/record_keras_recurrent.py).

Each is (name, a function of ``keras.layers`` that makes the layer, options): ``mask`` gives a
mask, ``states`` the sizes of initial states. This file imports neither framework.
"""

import numpy as np

BATCH, TIME, FEATURES = 3, 5, 4
SEEN = np.array([[1, 1, 1, 0, 0], [1, 0, 1, 1, 1], [0, 1, 1, 1, 0]], bool)
MASK = {"mask": True}

CASES = [
    ("simple_rnn", lambda k: k.SimpleRNN(3), {}),
    ("simple_rnn_relu", lambda k: k.SimpleRNN(3, activation="relu", use_bias=False), {}),
    ("simple_rnn_all", lambda k: k.SimpleRNN(3, return_sequences=True, return_state=True), {}),
    ("simple_rnn_back", lambda k: k.SimpleRNN(3, return_sequences=True, go_backwards=True), MASK),
    ("lstm", lambda k: k.LSTM(3), {}),
    ("lstm_all", lambda k: k.LSTM(3, return_sequences=True, return_state=True), {}),
    ("lstm_states", lambda k: k.LSTM(3, return_state=True), {"states": [3, 3]}),
    ("lstm_mask", lambda k: k.LSTM(3, return_sequences=True, return_state=True), MASK),
    ("lstm_mask_last", lambda k: k.LSTM(3), {"mask": True, "states": [3, 3]}),
    ("lstm_mask_zero", lambda k: k.LSTM(3, return_sequences=True, zero_output_for_mask=True), MASK),
    (
        "lstm_other",
        lambda k: k.LSTM(
            2,
            activation="softsign",
            recurrent_activation="hard_sigmoid",
            unit_forget_bias=False,
            go_backwards=True,
            unroll=True,
            kernel_regularizer="l2",
            recurrent_constraint="unit_norm",
        ),
        {},
    ),
    ("gru", lambda k: k.GRU(3), {}),
    ("gru_before", lambda k: k.GRU(3, reset_after=False, return_sequences=True), {}),
    ("gru_no_bias", lambda k: k.GRU(3, use_bias=False), MASK),
    ("gru_states", lambda k: k.GRU(3, return_state=True), {"states": [3]}),
    ("rnn_cell", lambda k: k.RNN(k.GRUCell(3), return_sequences=True), MASK),
    ("rnn_stack", lambda k: k.RNN([k.LSTMCell(2), k.GRUCell(3)], return_state=True), {}),
    ("both", lambda k: k.Bidirectional(k.LSTM(2, return_sequences=True)), {}),
    ("both_mask", lambda k: k.Bidirectional(k.GRU(2, return_sequences=True)), MASK),
    ("both_sum", lambda k: k.Bidirectional(k.SimpleRNN(2), merge_mode="sum"), MASK),
    ("both_ave", lambda k: k.Bidirectional(k.LSTM(2), merge_mode="ave"), {"states": [2] * 4}),
    ("both_mul", lambda k: k.Bidirectional(k.GRU(2, return_state=True), merge_mode="mul"), {}),
    ("both_apart", lambda k: k.Bidirectional(k.LSTM(2), merge_mode=None), {}),
    (
        "both_other",
        lambda k: k.Bidirectional(k.LSTM(2), backward_layer=k.GRU(3, go_backwards=True)),
        {},
    ),
    ("mean", lambda k: k.GlobalAveragePooling1D(), MASK),
    ("each", lambda k: k.TimeDistributed(k.Dense(3, activation="tanh")), {}),
    ("masking", lambda k: k.Masking(0.5), {}),
]
NAMES = [case[0] for case in CASES]


def values(shape: tuple, number: float) -> np.ndarray:
    """Numbers without ties, between -2 and 2."""
    angles = np.arange(int(np.prod(shape))) * 1.37 + 0.7 * number + 0.3
    return (2 * np.sin(angles)).astype("float32").reshape(shape)


def inputs() -> np.ndarray:
    x = values((BATCH, TIME, FEATURES), 0)
    x[1, 2] = 0.5
    return x


def call_arguments(options: dict) -> dict:
    found: dict = {}
    if "states" in options:
        sizes = options["states"]
        found["initial_state"] = [values((BATCH, n), 3 + i) / 2 for i, n in enumerate(sizes)]
    if options.get("mask"):
        found["mask"] = SEEN
    return found


def weight(shape: tuple, number: int) -> np.ndarray:
    return values(shape, 10 + number) / 2


def masked_sequences(k) -> list:
    """Layers whose output carries a mask to the loss."""
    return [
        k.Embedding(9, 4, mask_zero=True),
        k.LSTM(3, return_sequences=True),
        k.Dropout(0.0),
        k.Dense(1),
    ]
