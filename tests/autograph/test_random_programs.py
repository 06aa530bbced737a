"""Random programs with every kind of jump: Python's result is the oracle."""

import linecache
import random

import pytest

import caudal as tf
from caudal.autograph.conversion import convert


class Program:
    """The text of a function of one integer, from a seed. All numbers stay small."""

    def __init__(self, seed):
        self._random = random.Random(seed)
        self._loops = 0
        lines = ["def f(x):", "    a, b, c, d = x, x + 1, 2, 0", *self._block(1, False)]
        self.text = "\n".join([*lines, "    return (a * 100 + b * 10 + c) % 1000"]) + "\n"

    def _value(self, depth=0):
        kind = self._random.random()
        if kind < 0.5 or depth > 2:
            return self._random.choice(["a", "b", "c", "x"])
        if kind < 0.6:
            return str(self._random.randint(0, 4))
        first, second = self._value(depth + 1), self._value(depth + 1)
        if kind < 0.9:
            return f"({first} {self._random.choice('+-*')} {second}) % 17"
        return f"({first} if {self._test(depth + 1)} else {second})"

    def _test(self, depth=0):
        kind = self._random.random()
        if kind < 0.7 or depth > 2:
            sign = self._random.choice(["<", ">", "==", "!=", "<="])
            return f"{self._value(2)} {sign} {self._value(2)}"
        if kind < 0.9:
            word = self._random.choice(["and", "or"])
            return f"({self._test(depth + 1)} {word} {self._test(depth + 1)})"
        if kind < 0.95:
            return f"not ({self._test(depth + 1)})"
        return f"{self._value(2)} < {self._value(2)} <= {self._value(2)}"

    def _block(self, depth, loop):
        lines = []
        for _ in range(self._random.randint(1, 3)):
            lines += self._statement(depth, loop)
        return lines

    def _branch(self, depth, loop):
        blank = "    " * depth
        lines = [f"{blank}if {self._test()}:", *self._block(depth + 1, loop)]
        if self._random.random() < 0.3:
            lines += [f"{blank}elif {self._test()}:", *self._block(depth + 1, loop)]
        if self._random.random() < 0.5:
            lines += [f"{blank}else:", *self._block(depth + 1, loop)]
        return lines

    def _loop(self, depth, loop):
        blank = "    " * depth
        self._loops += 1
        name = f"n{self._loops}"
        if self._random.random() < 0.4:
            head = [f"{blank}{name} = 0", f"{blank}while {name} < x % 6 and {self._test()}:"]
            return [*head, f"{blank}    {name} += 1", *self._block(depth + 1, True)]
        count = self._random.choice(["3", "x % 5", "11"])
        lines = [f"{blank}for {name} in tf_range({count}):", *self._block(depth + 1, True)]
        if self._random.random() < 0.2:
            lines += [f"{blank}else:", *self._block(depth + 1, loop)]
        return lines

    def _statement(self, depth, loop):
        kind, blank = self._random.random(), "    " * depth
        if kind < 0.45 or depth > 4:
            return [f"{blank}{self._random.choice('abcd')} = {self._value()}"]
        if kind < 0.68:
            return self._branch(depth, loop)
        if kind < 0.88:
            return self._loop(depth, loop)
        jump = self._random.choice(["break", "continue"]) if loop else f"return {self._value()}"
        if kind < 0.97:
            return [f"{blank}if {self._test()}:", f"{blank}    {jump}"]
        return [f"{blank}{jump}"]


def made(seed, numbers):
    """The program's function; ``numbers`` is what its loops run over."""
    text, name = Program(seed).text, f"<random program {seed}>"
    linecache.cache[name] = (len(text), None, text.splitlines(True), name)
    scope = {"tf_range": numbers, "__name__": "user"}
    exec(compile(text, name, "exec"), scope)
    return scope["f"]


@pytest.mark.parametrize("seed", range(150))
def test_converted(seed):
    function = made(seed, range)
    converted = convert(function)
    assert converted is not function
    assert [converted(x) for x in range(8)] == [function(x) for x in range(8)]


@pytest.mark.parametrize("seed", range(1000, 1015))
def test_compiled(seed):
    function = made(seed, range)
    compiled = tf.function(made(seed, tf.range))
    assert [int(compiled(tf.constant(x))) for x in (0, 3, 7)] == [function(x) for x in (0, 3, 7)]
