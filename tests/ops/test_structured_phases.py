"""Convolutions of data with gaps, rewritten without them, against the convolution itself."""

import itertools

import numpy as np
import pytest

from caudal import ops
from caudal.passes.narrow import few_filters
from caudal.passes.phases import without_gaps

RNG = np.random.default_rng(0)


def check(x, w, groups=1, **geometry):
    params = {"strides": (1,) * (x.ndim - 2), "groups": groups, **geometry}
    expected = ops.conv(x, w, **params)
    actual = without_gaps(x, w, **params)
    assert actual.shape == expected.shape
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("gap", "window", "low", "high"),
    list(itertools.product((2, 3), (1, 2, 3, 5), (0, 1, 2, 4), (0, 1, 3))),
)
def test_one_axis(gap, window, low, high):
    x, w = RNG.normal(size=(2, 4, 3)), RNG.normal(size=(window, 3, 2))
    check(x, w, padding=((low, high),), lhs_dilation=(gap,), rhs_dilation=(1,))


def test_two_axes_with_groups():
    x, w = RNG.normal(size=(2, 4, 3, 4)), RNG.normal(size=(3, 4, 2, 6))
    geometry = {"padding": ((2, 1), (1, 2)), "rhs_dilation": (1, 1)}
    check(x, w, groups=2, lhs_dilation=(2, 3), **geometry)


def test_an_axis_without_gaps_keeps_its_dilated_kernel():
    x, w = RNG.normal(size=(1, 4, 7, 2)), RNG.normal(size=(3, 3, 2, 5))
    check(x, w, padding=((2, 2), (1, 0)), lhs_dilation=(2, 1), rhs_dilation=(1, 2))


def test_three_axes():
    x, w = RNG.normal(size=(1, 3, 2, 3, 2)), RNG.normal(size=(2, 3, 1, 2, 3))
    geometry = {"padding": ((1, 1), (2, 2), (0, 0)), "rhs_dilation": (1, 1, 1)}
    check(x, w, lhs_dilation=(2, 2, 2), **geometry)


@pytest.mark.parametrize(
    "params",
    [
        {"strides": (1,), "lhs_dilation": (1,), "rhs_dilation": (1,)},
        {"strides": (2,), "lhs_dilation": (2,), "rhs_dilation": (1,)},
        {"strides": (1,), "lhs_dilation": (2,), "rhs_dilation": (2,)},
    ],
)
def test_where_it_does_not_apply_it_says_so(params):
    x, w = np.zeros((1, 4, 1)), np.zeros((2, 1, 1))
    assert without_gaps(x, w, padding=((0, 0),), groups=1, **params) is None


@pytest.mark.parametrize("filters", [1, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_few_filters(filters, dilation):
    x, w = RNG.normal(size=(2, 5, 6, 12)), RNG.normal(size=(3, 2, 12, filters))
    params = {
        "strides": (1, 1),
        "padding": ((1, 2), (0, 1)),
        "lhs_dilation": (1, 1),
        "rhs_dilation": (1, dilation),
        "groups": 1,
    }
    expected = ops.conv(x, w, **params)
    np.testing.assert_allclose(few_filters(x, w, **params), expected, rtol=1e-12, atol=1e-12)
    line = {name: value[:1] for name, value in params.items() if name != "groups"}
    x, w = x[:, :, 0], w[:, 0]
    expected = ops.conv(x, w, groups=1, **line)
    actual = few_filters(x, w, groups=1, **line)
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


def test_many_filters_are_left_alone():
    x, w = np.zeros((1, 5, 16)), np.zeros((2, 16, 8))
    params = {"strides": (1,), "padding": ((0, 0),), "lhs_dilation": (1,), "rhs_dilation": (1,)}
    assert few_filters(x, w, groups=1, **params) is None
    half = x.astype(np.float16), w[..., :1].astype(np.float16)
    assert few_filters(*half, groups=1, **params) is None
