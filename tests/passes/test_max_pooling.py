"""Max pooling's gradient: masked by its places, summed before it is put there.

After a ReLU it needs neither what was pooled nor a mask of it; a bias's gradient, which sums it
over the image, needs no more than what each window has.
"""

import itertools

import numpy as np
import pytest

import caudal as tf
from caudal import ops
from caudal.codegen.target import TARGETS, host_target
from caudal.ir import Program, Type
from caudal.ir.dtypes import float32, uint8
from caudal.ir.node import walk
from caudal.ops.leaf import new_input
from caudal.passes import pipeline
from caudal.passes.simplify import simplify
from caudal.runtime.executable import Executable
from caudal.runtime.reference import ReferenceExecutable


@pytest.fixture
def programs(monkeypatch):
    """The programs that are compiled meanwhile."""
    made = []
    original = pipeline.lower
    monkeypatch.setattr(
        pipeline,
        "lower",
        lambda program, target: made.append(original(program, target)) or made[-1],
    )
    return made


@pytest.mark.parametrize("window, strides", [(2, 2), (3, 2), (2, 3)])
def test_the_gradient_through_a_relu_and_a_pooling(window, strides, programs):
    rng = np.random.default_rng(1)
    x = np.floor(rng.normal(size=(2, 9, 8, 3)) * 2).astype(np.float32)  # with ties and zeros
    x[0, 0, 0, 0] = np.nan
    weights = rng.normal(size=(2, 5, 4, 3)).astype(np.float32)

    def gradient(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            pooled = tf.nn.max_pool2d(tf.nn.relu(x), window, strides, "VALID")
            loss = tf.reduce_sum(pooled * weights[:, : pooled.shape[1], : pooled.shape[2]])
        return tape.gradient(loss, x)

    eager = gradient(tf.constant(x)).numpy()
    programs.clear()
    compiled = tf.function(gradient)(tf.constant(x)).numpy()
    np.testing.assert_array_equal(compiled, eager)
    assert (compiled[x < 0] == 0).all()
    masks = [
        node
        for program in programs
        for node in program.nodes()
        if node.op.name == "select" and node.inputs[2].op.name == "window_put"
    ]
    assert programs
    assert not masks


NONE = (0, 0)
SUMS = [
    # window, strides, padding of both image axes; axes summed; whether nothing need be put first
    ((2, 2), (2, 2), (NONE, NONE), (0, 1, 2), True),
    ((2, 2), (2, 2), (NONE, NONE), (1, 2), True),
    ((2, 2), (2, 2), (NONE, NONE), (0, 1, 2, 3), True),
    ((3, 2), (1, 1), (NONE, NONE), (0, 1, 2), True),  # overlapping
    ((2, 3), (3, 5), (NONE, NONE), (0, 1, 2), True),  # elements in no window
    ((3, 3), (2, 2), ((1, 1), (0, 1)), (0, 1, 2), True),
    ((1, 3), (1, 2), (NONE, (1, 0)), (2,), True),  # the other image axis stays as it is
    ((2, 2), (2, 2), (NONE, NONE), (0, 1), False),
    ((2, 2), (2, 2), (NONE, NONE), (3,), False),
    ((1, 1), (2, 1), (NONE, NONE), (0, 2), False),
    ((2, 2), (1, 1), ((2, 0), NONE), (0, 1, 2), False),  # windows of padding only
    ((2, 2), (1, 1), (NONE, (0, 2)), (0, 1, 2), False),
]


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize(("window", "strides", "padding", "axes", "gone"), SUMS)
def test_a_sum_of_what_is_put(window, strides, padding, axes, gone, masked):
    params = {
        "window": (1, *window, 1),
        "strides": (1, *strides, 1),
        "padding": (NONE, *padding, NONE),
    }
    rng = np.random.default_rng(4)
    image = np.floor(rng.normal(size=(3, 9, 10, 5)) * 2).astype("f")
    image[rng.random(image.shape) < 0.03] = np.nan
    x = new_input(Type(float32, image.shape))
    rectified = ops.select(ops.less_equal(x, 0.0), 0.0, x)
    pooled = rectified if masked else x
    place = ops.window_argmax(pooled, **params)
    g = new_input(Type(float32, place.shape))
    put = ops.window_put(place, g, shape=x.shape, **params)
    if masked:
        put = ops.select(ops.less_equal(x, 0.0), 0.0, put)
    program = Program((x, g), (), (ops.reduce_sum(put, axes=axes),), ())
    names = {node.op.name for node in simplify(program).nodes()}
    assert ("window_put" not in names) == gone
    values = rng.integers(-8, 8, size=place.shape).astype("f")  # sums of these are exact
    (expected,) = ReferenceExecutable(program).run([image, values], [])
    for made in (Executable(program), ReferenceExecutable(simplify(program))):
        np.testing.assert_array_equal(made.run([image, values], [])[0], expected)


def test_a_sum_of_what_unknown_places_get_is_left_alone():
    """Only `window_argmax` is known to name an element of each window."""
    params = {"window": (1, 2), "strides": (1, 2), "padding": (NONE, NONE)}
    place, g = new_input(Type(uint8, (3, 4))), new_input(Type(float32, (3, 4)))
    other = {**params, "strides": (1, 1)}
    wide = ops.window_argmax(new_input(Type(float32, (3, 5))), **other)
    for found in (place, wide, ops.select(ops.less_equal(g, 0.0), 7, place)):
        put = ops.window_put(found, g, shape=(3, 8), **params)
        inputs = tuple(node for node in walk((put,)) if node.op.name == "input")
        program = Program(inputs, (), (ops.reduce_sum(put, axes=(0, 1)),), ())
        assert "window_put" in {node.op.name for node in simplify(program).nodes()}


def step_of_a_layer(batch=8, channels=37):
    """What a training step does with a convolution, a ReLU and a pooling: losses and gradients."""
    rng = np.random.default_rng(2)
    image = rng.normal(size=(batch, 20, 22, 3)).astype("f")
    kernel = rng.normal(size=(3, 3, 3, channels)).astype("f")
    bias = rng.normal(size=(channels,)).astype("f")

    def step(image, kernel, bias):
        with tf.GradientTape() as tape:
            tape.watch((kernel, bias))
            hidden = tf.nn.relu(tf.nn.conv2d(image, kernel, 1, "VALID") + bias)
            loss = tf.reduce_sum(tf.square(tf.nn.max_pool2d(hidden, 2, 2, "VALID")))
        return loss, *tape.gradient(loss, (kernel, bias))

    return step, [tf.constant(x) for x in (image, kernel, bias)]


def test_a_layers_step_puts_once_and_sums_windows(programs):
    step, values = step_of_a_layer()
    eager = [x.numpy() for x in step(*values)]
    programs.clear()
    compiled = [x.numpy() for x in tf.function(step)(*values)]
    for a, b in zip(compiled, eager, strict=True):
        assert np.abs(a - b).max() <= 1e-5 * np.abs(b).max()
    (program,) = programs
    counts = [node.op.name for node in program.nodes()]
    assert counts.count("window_put") == counts.count("window_argmax") == 1
    sums = [node for node in program.nodes() if node.op.name == "reduce_sum"]
    assert all(node.inputs[0].op.name != "window_put" for node in sums)


@pytest.mark.parametrize("target", [None, "avx2", "baseline"])
def test_a_layers_step_has_the_same_bits_for_any_number_of_threads(target, monkeypatch):
    if target is not None:
        if host_target().triple != TARGETS[target].triple:
            pytest.skip("the host is no x86-64")
        monkeypatch.setenv("CAUDAL_TARGET", target)
    step, values = step_of_a_layer(batch=32)
    bits = []
    for threads in (1, 2, 3, 7):
        monkeypatch.setenv("CAUDAL_THREADS", str(threads))
        bits.append([x.numpy().tobytes() for x in tf.function(step)(*values)])
    assert all(a == b for a, b in itertools.pairwise(bits))


def test_what_is_put_is_not_looked_for_across_a_transposition():
    """Channels first: a kernel of its own puts along the channels, the next one turns that."""
    params = {"window": (1, 3, 3, 1), "strides": (1, 2, 2, 1), "padding": (NONE,) * 4}
    x = new_input(Type(float32, (2, 20, 9, 11)))
    last = ops.transpose(x, perm=(0, 2, 3, 1))
    pooled, place = ops.window_max(last, **params), ops.window_argmax(last, **params)
    put = ops.window_put(place, pooled * 2.0, shape=last.shape, **params)
    program = Program((x,), (), (ops.transpose(put, perm=(0, 3, 1, 2)),), ())
    for step in pipeline.compile_program(program).steps:
        assert not {"window_put", "transpose"} <= {node.op.name for node in step.kernel.inside}
    values = np.floor(np.random.default_rng(5).normal(size=x.shape) * 3).astype("f")
    (expected,) = ReferenceExecutable(program).run([values], [])
    np.testing.assert_array_equal(Executable(program).run([values], [])[0], expected)
