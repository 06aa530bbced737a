"""keras.ops's matrices, spectra, patches and numbers, against real Keras."""

import numpy as np
import pytest
from case_check import check
from numeric_cases import CASES, NAMES

from caudal import keras
from caudal.errors import CaudalError
from caudal.framework import GradientTape

ops = keras.ops


@pytest.mark.parametrize("case", CASES)
def test_as_keras(case):
    check("numeric", case, CASES[case], rtol=2e-4, atol=2e-5)


def test_functions_of_scalars_broadcast():
    w = NAMES["w"]
    product = ops.vectorize(lambda x, y: x * y + 1)(w, w[:, :1])
    np.testing.assert_allclose(product, w * w[:, :1] + 1, rtol=1e-6)
    sums = ops.vectorize(lambda x: ops.sum(x), signature="(n)->()")(w)
    np.testing.assert_allclose(sums, w.sum(1), rtol=1e-5)
    scaled = ops.vectorize(lambda x, by: x * by, excluded={1})(w, 3.0)
    np.testing.assert_allclose(scaled, w * 3, rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        ops.det,
        ops.inv,
        ops.logdet,
        lambda x: ops.solve(x, x),
        lambda x: ops.qr(x)[1],
        lambda x: ops.svd(x)[1],
        lambda x: ops.rfft(x)[0],
        lambda x: ops.rearrange(x, "a b c -> a (c b)"),
        ops.i0,
        lambda x: ops.adaptive_average_pool(x, 2),
        lambda x: ops.nanmedian(x, axis=1),
    ],
)
def test_symbolic_calls_make_networks(function):
    x = NAMES["p"]
    inputs = keras.Input((3, 3))
    outputs = function(inputs)
    found = keras.Model(inputs, outputs)(x)
    expected = function(x)
    assert outputs.shape == (None, *expected.shape[1:])
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_gradients_go_through():
    x = ops.convert_to_tensor(NAMES["c"])
    with GradientTape() as tape:
        tape.watch(x)
        blocks = ops.unfold(x, 2)
        y = ops.sum(ops.square(blocks)) / 2
    # Each element is counted once for every block that it lies in.
    expected = ops.fold(ops.unfold(x, 2), (5, 6), 2)
    np.testing.assert_allclose(tape.gradient(y, x), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("mode", lambda: ops.qr(NAMES["m"], mode="raw")),
        ("shapes", lambda: ops.solve(NAMES["m"], NAMES["w"])),
        ("tuple of two", lambda: ops.fft(NAMES["t"])),
        ("same shape", lambda: ops.fft2((NAMES["t"], NAMES["s"]))),
        ("fft_length", lambda: ops.stft(NAMES["s"], 8, 2, 4)),
        ("window", lambda: ops.stft(NAMES["s"], 4, 2, 4, "flat")),
        ("window", lambda: ops.stft(NAMES["s"], 4, 2, 4, np.ones(3))),
        ("size 2", lambda: ops.view_as_complex(NAMES["w"])),
        ("does not fit", lambda: ops.unfold(NAMES["c"], 9)),
        ("columns of shape", lambda: ops.fold(NAMES["t"], (5, 6), 2)),
        ("output_size", lambda: ops.adaptive_max_pool(NAMES["q"], 0)),
        ("integers", lambda: ops.gcd(NAMES["v"], NAMES["v"])),
        ("method", lambda: ops.nanquantile(NAMES["n"], 0.5, method="best")),
        ("same axes", lambda: ops.rearrange(NAMES["w"], "a b -> a c")),
        ("extent", lambda: ops.rearrange(NAMES["w"], "(a b) c -> a b c", a=3)),
        ("signature", lambda: ops.vectorize(len, signature="(n),(n)->()")(NAMES["w"])),
    ],
)
def test_bad_input(match, call):
    with pytest.raises(CaudalError, match=match):
        call()


@pytest.mark.parametrize(
    ("match", "call"),
    [
        ("3 axes", lambda: ops.image.rgb_to_hsv(NAMES["w"])),
        ("size", lambda: ops.image.extract_patches(NAMES["q"], 0)),
        ("4 or 5 axes", lambda: ops.image.extract_patches_3d(NAMES["w"], 2)),
        ("exactly two", lambda: ops.image.pad_images(NAMES["q"], 1, 2)),
        (">= 0", lambda: ops.image.pad_images(NAMES["q"], 1, 2, 2, target_width=3)),
        ("kernel_size", lambda: ops.image.gaussian_blur(NAMES["q"], (3, 0))),
        ("fill_mode", lambda: ops.image.map_coordinates(NAMES["w"], NAMES["v"], 1, "odd")),
        ("order", lambda: ops.image.map_coordinates(NAMES["w"], NAMES["v"], 3)),
        ("one row", lambda: ops.image.map_coordinates(NAMES["m"], NAMES["v"], 1)),
    ],
)
def test_bad_pictures(match, call):
    with pytest.raises(CaudalError, match=match):
        call()


def test_reflection_on_both_sides():
    # As in SciPy: ... c b a | a b c | c b a ...; Keras 3.15 on TensorFlow differs below 0.
    x, places = np.float32([1, 2, 4]), np.float32([[-3, -2, -1, 0, 1, 2, 3, 4]])
    found = ops.image.map_coordinates(x, places, 1, "reflect")
    np.testing.assert_array_equal(found, [4, 2, 1, 1, 2, 4, 4, 2])
