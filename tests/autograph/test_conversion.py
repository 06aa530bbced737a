"""Converted functions: Python's meaning, closures, lines, and what is left as it is."""

import functools
import gc
import inspect
import linecache
import logging
import re
import sys
import textwrap
import traceback
import types
import weakref

import numpy as np
import pytest

import caudal as tf
from caudal.autograph import conversion
from caudal.autograph.conversion import convert
from caudal.errors import InvalidArgumentError

from . import programs

CALLS = [(f, x) for f, values in programs.PROGRAMS.items() for x in values]


def outcome(function, argument):
    try:
        return function(argument)
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize(
    ("function", "argument"), CALLS, ids=[f"{f.__name__}-{x}" for f, x in CALLS]
)
def test_plain_python_stays_the_same(function, argument):
    converted = convert(function)
    assert converted.__code__ is not function.__code__
    assert outcome(converted, argument) == outcome(function, argument)


def test_the_closure_is_shared():
    value = 1

    def read():
        return value if value else None

    def write(new):
        nonlocal value
        if new:
            value = new

    convert(write)(5)
    assert value == 5
    assert convert(read)() == 5
    value = 7
    assert convert(read)() == 7


def test_what_a_function_looks_like_is_kept():
    def function(a, b=[], *, c=3):  # noqa: B006
        """Says what."""
        return a if b else c

    function.note = "n"
    made = convert(function)
    assert inspect.signature(made) == inspect.signature(function)
    assert (made.__name__, made.__doc__, made.note) == ("function", "Says what.", "n")
    assert made.__defaults__[0] is function.__defaults__[0]
    assert made.__qualname__ == function.__qualname__


def test_tracebacks_show_the_program():
    def outer(x):
        for _ in tf.range(x.shape[0] + 20):
            if tf.reduce_sum(x) > 0:
                inner(x)
        return x

    def inner(x):
        y = x if x[0] > 0 else -x
        return tf.matmul(y, y)

    with pytest.raises(InvalidArgumentError) as caught:
        tf.function(outer)(tf.constant([1.0, 2.0]))
    frames = [f for f in traceback.extract_tb(caught.value.__traceback__) if f.filename == __file__]
    assert [frame.name for frame in frames[1:]] == ["outer", "outer", "outer", "inner"]
    assert [frame.line for frame in frames[1:]] == [
        "for _ in tf.range(x.shape[0] + 20):",
        "if tf.reduce_sum(x) > 0:",
        "inner(x)",
        "return tf.matmul(y, y)",
    ]


def test_conversion_is_lazy_and_done_once():
    def never(x):
        return x

    def function(x):
        if x is None:
            return never(x)
        return x if x else 0

    first, second = convert(function), convert(function)
    assert first.__code__ is second.__code__
    assert convert(first).__code__ is first.__code__


def test_new_code_goes_with_the_old():
    def make():
        scope = {}
        text = "def f(x):\n    return 1 if x else 2\n"
        name = "<made for a test>"
        linecache.cache[name] = (len(text), None, text.splitlines(True), name)
        exec(compile(text, name, "exec"), scope)
        return scope["f"]

    function = make()
    assert convert(function)(0) == 2
    gone = weakref.ref(function.__code__)
    del function
    gc.collect()
    assert gone() is None


def test_functions_without_source_stay():
    scope = {}
    exec("def f(x):\n    return 1 if x else 2", scope)
    assert convert(scope["f"]) is scope["f"]
    with pytest.raises(InvalidArgumentError, match="source of"):
        tf.autograph.to_code(scope["f"])
    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        tf.function(scope["f"])(tf.constant(1))


@pytest.mark.parametrize(
    "entity", [len, np.mean, textwrap.dedent, dict, tf.reduce_sum, tf.keras.layers.Dense, range]
)
def test_libraries_and_classes_stay(entity):
    assert convert(entity) is entity


def test_callables_of_all_kinds():
    class Callable:
        def __call__(self, x):
            return x if x > 0 else -x

        def method(self, x):
            return x if x > 0 else -x

        @classmethod
        def of_class(cls, x):
            return x if x > 0 else -x

        @staticmethod
        def static(x):
            return x if x > 0 else -x

    made = Callable()
    kinds = [made, made.method, Callable.of_class, made.static, functools.partial(made.static)]
    x = tf.constant(-3)
    for entity in [*kinds, lambda v: v if v > 0 else -v]:
        assert int(tf.function(lambda v, f=entity: f(v))(x)) == 3
        assert int(tf.function(entity)(x)) == 3


def test_two_lambdas_on_a_line():
    pair = (lambda x: x if x > 0 else -x), (lambda x: x + 1 if x > 0 else x - 1)
    results = [int(tf.function(f)(tf.constant(-3))) for f in pair]
    assert results == [3, -4]


def test_do_not_convert():
    @tf.autograph.experimental.do_not_convert
    def plain(x):
        return 1 if x > 0 else 2

    @tf.autograph.experimental.do_not_convert()
    def other(x):
        return plain(x)

    assert plain(5) == 1
    for entity in (plain, other, lambda x: plain(x)):
        with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
            tf.function(entity)(tf.constant(1))
    with pytest.raises(TypeError, match="truth value"):
        tf.function(lambda x: 1 if x > 0 else 2, autograph=False)(tf.constant(1))


def test_code_can_be_read():
    def function(x):
        while x > 0:
            x = x - 1
        return x

    text = tf.autograph.to_code(tf.function(function))
    assert text.startswith("def function(x):")
    assert re.search(r"ag__\.while_stmt\(\w+, \w+, \w+, \w+, \('x',\), None\)", text)
    compile(text, "text", "exec")
    assert "lambda" in tf.autograph.to_code(lambda x: x if x else 1)


def test_trace_prints_while_tracing(capsys):
    f = tf.function(lambda x: tf.autograph.trace("tracing", x.dtype) or x)
    f(tf.constant(1))
    f(tf.constant(2))
    assert capsys.readouterr().out == "tracing <dtype: 'int32'>\n"


def test_print_is_pythons_own(capsys):
    @tf.function
    def f(x):
        print("traced with", x)
        return x

    f(tf.constant(1))
    f(tf.constant(2))
    assert capsys.readouterr().out == 'traced with Tensor("x:0", shape=(), dtype=int32)\n'


def test_a_debugger_sees_the_users_frames():
    seen = []

    def function(x):
        if x > 0:
            frame = sys._getframe()
            seen.append((frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno))
        return x

    convert(function)(1)
    first = function.__code__.co_firstlineno
    assert seen == [("function", __file__, first + 3)]


def test_lists_in_closures_are_appended_to():
    seen = []

    def function(x):
        for i in range(3):
            seen.append(i)
        return x

    assert isinstance(convert(function), types.FunctionType)
    convert(function)(1)
    assert seen == [0, 1, 2]


def test_what_cannot_be_converted_runs_as_it_is(monkeypatch, caplog):
    def broken(*args):
        raise RecursionError("too deep")

    def function(x):
        return x if x else 1

    monkeypatch.setattr(conversion, "rewrite", broken)
    caplog.set_level(logging.WARNING, logger="tensorflow")
    assert convert(function) is function
    assert convert(function) is function
    (record,) = caplog.records
    assert "function' and calls it as it is: RecursionError: too deep" in record.getMessage()
