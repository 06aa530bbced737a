"""Plain Python programs, which conversion must not change; `PROGRAMS` lists them with arguments."""

import contextlib
import functools

counter = 0
DEFAULT = 5


def global_names(n):
    global counter
    counter = 0
    for i in range(n):
        if i % 2:
            counter += i
    return counter + DEFAULT


def closures(n):
    total = 0

    def add(k):
        nonlocal total
        if k > 1:
            total += k
        return total

    for k in range(n):
        add(k)
    return total, [add(j) for j in range(3)]


def defaults(a, b=2, *rest, c=3, **more):
    if a > b:
        a, b = b, a
    return a, b, rest, c, sorted(more.items())


def unbound_after(n):
    if n > 5:
        value = 1
    try:
        return value
    except UnboundLocalError:
        return "unbound"


def deleted(n):
    value = n
    if n > 1:
        del value
    try:
        return value
    except UnboundLocalError:
        return "gone"


def loop_else(n):
    found = []
    for i in range(n):
        if i == 3:
            found.append("break")
            break
        found.append(i)
    else:
        found.append("else")
    while n > 0:
        n -= 2
        if n == 1:
            break
    else:
        found.append("even")
    return found


def deep_jumps(n):
    for i in range(n):
        for j in range(n):
            if j > i:
                break
            if (i + j) % 3 == 0:
                continue
            if i * j > 6:
                return i, j
        else:
            continue
        if i > 4:
            return "late"
    return "end"


def tries(n):
    log = []
    for i in range(n):
        try:
            if i == 1:
                raise ValueError(i)
            if i == 3:
                return log
            log.append(i)
        except ValueError as error:
            log.append(str(error))
            if n > 100:
                return None
            continue
        else:
            log.append("fine")
        finally:
            log.append("finally")
    return log


def try_else_return(n):
    try:
        if n > 1:
            return "body"
    except ZeroDivisionError:
        return "handler"
    else:
        return "else"
    finally:
        n += 1


@contextlib.contextmanager
def noting(log):
    log.append("in")
    yield len(log)
    log.append("out")


def withs(n):
    log = []
    with noting(log) as first, noting(log):
        if n > first:
            return log
        log.append("body")
    while True:
        with noting(log):
            n += 1
            if n > 3:
                break
    return log


def comprehensions(n):
    i = 100
    squares = [i * i for i in range(n) if i % 2 or i == 0]
    table = {i: (j if j else None) for i in range(n) for j in range(2)}
    if n > 2:
        i = sum(x for x in squares)
    return i, squares, table, {x for x in squares}


def walrus(n):
    found = []
    while (half := n // 2) > 1 and (n := half):
        found.append(half)
    return found, n


def chained(n):
    calls = []

    def seen(value):
        calls.append(value)
        return value

    return 0 < seen(n) < 5 <= seen(7) != 3, 3 > seen(n) > seen(1), calls


def short_circuit(n):
    calls = []

    def seen(value):
        calls.append(value)
        return value

    a = seen(0) or seen(n) or seen(3)
    b = seen(n) and seen([]) and seen(2)
    return a, b, not seen(n), calls


def matches(value):
    match value:
        case {"kind": kind, **rest} if kind != "x":
            if rest:
                return kind, rest
            result = kind
        case [first, *others]:
            result = first
            for other in others:
                if other > 2:
                    return other
        case int() | float() as number:
            result = number + 1
        case _:
            return "other"
    return result


def generator(n):
    for i in range(n):
        if i % 2:
            yield i


def uses_generator(n):
    found = 0
    for i in generator(n):
        found += i
    return found, list(generator(n))


def doubled(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        result = function(*args, **kwargs)
        if isinstance(result, int):
            return result * 2
        return result

    return wrapper


@doubled
def decorated(n):
    if n > 1:
        return n
    return "small"


def inner_class(n):
    class Local:
        scale = n

        def get(self):
            return self.scale if n > 1 else -1

    return Local().get()


class Base:
    kind = "base"

    def __init__(self, n):
        self.n = n

    def describe(self):
        return f"{self.kind} {self.n}"

    @property
    def large(self):
        if self.n > 2:  # noqa: SIM103
            return True
        return False

    @staticmethod
    def double(n):
        return n * 2 if n > 0 else 0

    @classmethod
    def make(cls, n):
        while n < 3:
            n += 1
        return cls(n)


class Derived(Base):
    kind = "derived"

    def __init__(self, n):
        super().__init__(n)
        self.__secret = 7

    def describe(self):
        if self.n > 1:
            text = super().describe() + "!"
        else:
            text = super().describe()
        for _ in range(2):
            self.__secret += 1
            self.n += 1
        return text, self.__secret, self.__private()

    def __private(self):
        return [self.__secret for _ in range(2)]

    def __call__(self, n):
        if n > self.n:
            return n
        return self.n


def classes(n):
    made = Derived(n)
    return made.describe(), made(5), Derived.make(n).large, Base.double(n), Base(n).describe()


def partials(n):
    larger = functools.partial(max, 3)
    other = functools.partial(defaults, n, c=9)
    return larger(n), other(1), list(map(lambda x: x if x > 1 else -x, range(n)))


def lambdas(n):
    first, second = (lambda x: x + 1 if x > 2 else x), (lambda x: x - 1 if x > 2 else x)
    return first(n), second(n), (lambda *a, k=1, **b: (a, k, b))(n, z=2)


def annotated(n: int) -> int:
    total: int = 0
    unused: int  # noqa: F842
    for i in range(n):
        total += i
        if total > 5:
            small: bool = False
            break
    else:
        small = True
    return total, small


def elements(n):
    table = {"a": 0, "b": [1, 2]}
    place = "a"
    for i in range(n):
        table[place] += i
        if i > 1:
            table["new"] = i
            table["b"][0] = i
    return table


def appends(n):
    found = []
    other = found
    for i in range(n):
        if i % 2:
            found.append(i)
        other.append(-i)
    return found, other is found


def strings(n):
    """A docstring
    with odd lines."""
    text = """
keeps
  its blanks"""
    if n:
        text += f"{n!r:>4}"
    return text


def raising(n):
    if n > 2:
        raise KeyError(n)
    assert n < 1, f"n is {n}"
    return n


def fibonacci(n):
    return n if n < 2 else fibonacci(n - 1) + fibonacci(n - 2)


def imports(n):
    if n > 1:
        import math
        from os import path as where
    else:
        import cmath as math

        where = None
    return math.__name__, where is None


def long_elif(n):
    if n == 0:
        return "zero"
    elif n == 1:
        return "one"
    elif n == 2:
        x = "two"
    elif n == 3:
        return "three"
    else:
        x = "many"
    for i in range(n):
        if i == 4:
            return "four"
    return x


def star_targets(n):
    for first, *rest in [(1, 2, 3), (n, 5)]:  # noqa: B007
        if first == n:
            break
    a = [0, 0]
    for a[1] in range(n):
        pass
    return first, rest, a


def returns_nothing(n):
    if n > 1:
        return
    n += 1


def unreachable(n):
    total = 0
    while n > 0:
        n -= 1
        if n == 2:
            continue
            if total > 1:
                break
        if n == 5:
            return total
            total = 100
        total += n
    return total


PROGRAMS = {
    unreachable: [3, 8],
    global_names: range(5),
    closures: range(4),
    defaults: [1, 5],
    unbound_after: [1, 9],
    deleted: [1, 2],
    loop_else: range(7),
    deep_jumps: range(8),
    tries: range(6),
    try_else_return: [1, 2],
    withs: [0, 1, 5],
    comprehensions: [0, 1, 4],
    walrus: [1, 20],
    chained: [0, 2, 6],
    short_circuit: [0, 2],
    matches: [{"kind": "a"}, {"kind": "b", "z": 1}, {"kind": "x"}, [1, 2], [1, 5], 3, 2.5, "s", []],
    uses_generator: [0, 5],
    decorated: [1, 4],
    inner_class: [1, 4],
    classes: [0, 2, 7],
    partials: [0, 4],
    lambdas: [1, 4],
    annotated: [1, 9],
    elements: [0, 4],
    appends: [0, 4],
    strings: [0, 4],
    raising: [0, 1, 3],
    fibonacci: [1, 8],
    imports: [1, 2],
    long_elif: range(7),
    star_targets: [1, 3],
    returns_nothing: [1, 2],
}
