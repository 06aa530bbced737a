"""Functions with control flow on tensors, and the arguments they are called with.

``tf`` is set by whoever imports this: TensorFlow to record, Caudal to test.
"""

tf = None


def collatz(n):
    steps = 0
    while n != 1:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps


def newton(x):
    guess = x
    while tf.abs(guess * guess - x) > 1e-3 * x:
        guess = 0.5 * (guess + x / guess)
    return guess


def fibonacci(n):
    numbers = tf.TensorArray(tf.int32, size=10)
    a, b = 0, 1
    for i in tf.range(10):
        numbers = numbers.write(i, a)
        a, b = b, a + b
        if a > n:
            b = 0
    return numbers.stack()


def growing(x):
    numbers = tf.TensorArray(tf.float32, size=0, dynamic_size=True)
    for i in tf.range(5):
        numbers = numbers.write(i, x * tf.cast(i, tf.float32))
    return numbers.stack()


def sign(x):
    if x > 0:
        return 1
    elif x < 0:
        return -1
    else:
        return 0


def early_return(x):
    if x > 10.0:
        return x
    y = x * 2.0
    if y > 10.0:
        return y
    y += 1.0
    return y * 3.0


def nested_if(x, y):
    if x > 0:
        z = x
        if y > 0:
            z = z + y
        else:
            z = z - y
    else:
        z = -x
    return z


def break_in_for(x):
    total = 0
    for i in tf.range(10):
        if total > x:
            break
        total += i
    return total


def continue_in_for(x):
    total = 0
    for i in tf.range(12):
        if i % x == 0:
            continue
        total += i
    return total


def break_and_continue(x):
    count = 0
    i = 0
    while i < 20:
        i += 1
        if i % 3 == x:
            continue
        if i > 15:
            break
        count += i
    return count, i


def nested_loops(x):
    total = 0
    for i in tf.range(3):
        j = 0
        while j < i + x:
            if j == 2:
                break
            total += i * 10 + j
            j += 1
    return total


def over_rows(x):
    total = tf.zeros([2])
    for row in x:
        if tf.reduce_sum(row) > 3.0:
            total += row
    return total


def over_many_rows(x):
    total = tf.zeros([])
    best = -1.0
    for value in tf.linspace(x, 10.0, 12):
        total += value
        if value > best:
            best = value
    return total, best


def python_range(n):
    total = 0
    for i in range(4):
        if n > i:
            total += i
    return total


def tensor_range(n):
    total = 0
    for i in range(n):
        total += i * i
    return total


def range_of_three(start, limit, delta):
    total = 0
    last = -1
    for i in tf.range(start, limit, delta):
        total += i
        last = i
    return total, last


def logical(x):
    a = x > 0 and x < 5
    b = x > 3 or x < -3
    c = not a
    return a, b, c


def chained(x):
    return 0 < x < 5, 0 <= x <= 5 < 6


def conditional_expression(x):
    y = x if x > 0.0 else -x
    return y * (2.0 if y > 3.0 else 3.0)


def dead_variable(x):
    if x > 0:
        temporary = x * 2
        y = temporary + 1
    else:
        y = x
    return y


def loop_variable_defined_inside(n):
    i = 0
    while i < n:
        y = i * 2
        i += 1
    return y


def target_after_loop(n):
    for i in tf.range(n):
        n = i + n
    return i


def structures(x):
    d = {"a": x, "b": (x, x * 2)}
    if x > 0:
        d = {"a": x + 1, "b": (x, x)}
    pair = d["b"]
    return d["a"], pair[0] + pair[1]


def element(x):
    d = {"a": 0, "b": x}
    if x > 0:
        d["a"] = x * 5
    return d["a"] + d["b"]


class Box:
    value = 0


def attribute(x):
    box = Box()
    box.value = x
    if x > 2:
        box.value = x * 10
    while box.value < 8:
        box.value = box.value + 3
    return box.value


def python_condition(x, flag=True):
    if flag:
        y = x + 1
    if flag and x.shape.rank == 0:
        y = y * 2
    names = []
    for name in ["a", "b"]:
        if name == "b":
            break
        names.append(name)
    return y + len(names)


def clamp(x, low, high):
    if x < low:
        return low
    return high if x > high else x


def calls(x):
    smallest = clamp(x, 0, 5)
    doubled = (lambda v: v * 2 if v > 2 else v)(smallest)

    def inner(v):
        if v > 5:
            return v - 5
        return v

    return smallest, doubled, inner(doubled)


def recursive(x, depth=3):
    if depth == 0:
        return x
    if x > 10:
        x = x - 3
    else:
        x = x * 2
    return recursive(x, depth - 1)


def in_try(x):
    try:
        if x > 0:
            y = x
        else:
            y = -x
    finally:
        y = y + 1
    return y


def in_with(x):
    with tf.name_scope("scope"):
        if x > 0:
            return x * 3
        return x * 5


def walrus(x):
    if (y := x * 2) > 4:
        y = y - 1
    return y


def list_of_tensors(x):
    parts = [x, x * 2]
    if x > 0:
        parts = [part + 1 for part in parts]
    return parts[0] * parts[1]


def gradient_in_branch(x):
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = x * x if x > 0 else -x
        if y > 4.0:
            y = y * 3.0
    return y, tape.gradient(y, x)


def early_return_in_loop(x):
    if x > 0:
        for i in tf.range(20):
            x = x + i
    while x > 7:
        x = x - 7
    return x


def accumulate_matrix(x):
    product = tf.eye(2)
    n = 0
    while tf.reduce_max(product) < 50.0:
        product = product @ x
        n += 1
    return product, n


def read_by_a_closure(x):
    y = x * 0

    def read():
        return y

    if x > 0:
        y = x + 1
        doubled = x * 2
        y = (lambda v: v + doubled)(y)
    for i in tf.range(12):
        if i == x:
            y = y + 100
    return read()


def several_flags(x):
    found = -1
    tries = 0
    while tries < 20:
        tries += 1
        if tries * tries == x:
            found = tries
            break
        if tries * tries > x:
            if x % 2 == 0:
                break
            found = -2
            continue
        found -= 1
    return found, tries


def swap(x, y):
    if x > y:
        x, y = y, x
    while y > x:
        x, y = x + 1, y - 1
    return x, y


def nested_functions_in_loops(x):
    def step(value, k):
        if k % 2 == 0:
            return value + k
        return value - 1

    for k in tf.range(10):
        x = step(x, k)
    return x


CASES = [
    ("collatz", [(1,), (6,), (27,)]),
    ("newton", [(2.0,), (100.0,)]),
    ("fibonacci", [(100,), (3,)]),
    ("growing", [(2.0,)]),
    ("sign", [(5,), (-5,), (0,)]),
    ("early_return", [(11.0,), (6.0,), (1.0,)]),
    ("nested_if", [(1, 2), (1, -2), (-1, 2)]),
    ("break_in_for", [(5,), (100,), (-1,)]),
    ("continue_in_for", [(2,), (5,)]),
    ("break_and_continue", [(0,), (1,)]),
    ("nested_loops", [(0,), (3,)]),
    ("over_rows", [([[1.0, 1.0], [2.0, 2.0], [0.5, 3.0]],)]),
    ("over_many_rows", [(1.0,), (20.0,)]),
    ("python_range", [(0,), (3,)]),
    ("tensor_range", [(0,), (5,)]),
    ("range_of_three", [(0, 10, 3), (5, 0, -2), (3, 3, 1)]),
    ("logical", [(1,), (4,), (-4,), (0,)]),
    ("chained", [(1,), (5,), (-4,)]),
    ("conditional_expression", [(1.0,), (-4.0,)]),
    ("dead_variable", [(3,), (-3,)]),
    ("loop_variable_defined_inside", [(3,)]),
    ("target_after_loop", [(3,)]),
    ("structures", [(3,), (-3,)]),
    ("element", [(3,), (-3,)]),
    ("attribute", [(1,), (3,)]),
    ("python_condition", [(4,)]),
    ("calls", [(-1,), (2,), (4,), (9,)]),
    ("recursive", [(3,), (20,)]),
    ("in_try", [(3,), (-3,)]),
    ("in_with", [(3,), (-3,)]),
    ("walrus", [(3,), (1,)]),
    ("list_of_tensors", [(3,), (-1,)]),
    ("gradient_in_branch", [(3.0,), (1.0,), (-2.0,), (-5.0,)]),
    ("early_return_in_loop", [(3,), (-3,)]),
    ("read_by_a_closure", [(3,), (-3,)]),
    ("several_flags", [(16,), (15,), (14,), (1000,)]),
    ("swap", [(1, 8), (8, 1)]),
    ("nested_functions_in_loops", [(3,)]),
    ("accumulate_matrix", [([[2.0, 0.0], [1.0, 1.0]],)]),
]


# --- mistakes ---------------------------------------------------------------------------------


def undefined_in_else(x):
    if x > 0:
        y = x
    return y


def undefined_in_main(x):
    if x > 0:
        pass
    else:
        y = x
    return y


def no_return_in_else(x):  # noqa: RET503
    if x > 0:
        return x


def none_in_main(x):
    if x > 0:
        y = None
    else:
        y = x
    return y


def other_dtype(x):
    if x > 0:
        y = 1.5
    else:
        y = 1
    return y


def other_length(x):
    if x > 0:
        y = [x, x]
    else:
        y = [x]
    return y


def dtype_in_loop(x):
    i = 0
    while i < x:
        i = tf.cast(i + 1, tf.float32)
    return i


def shape_in_loop(x):
    i = 0
    z = tf.constant([1])
    while i < x:
        z = tf.concat([z, z], 0)
        i += 1
    return i, z


def integer_condition(x):
    if x:
        return 1
    return 2


def vector_condition(x):
    while x > 0:
        x = x - 1
    return x


def break_in_python_loop(x):
    for i in [1, 2, 3]:
        if x > i:
            break
    return i


def not_of_an_integer(x):
    return not x


def missing_element(x):
    d = {"a": x}
    if x > 0:
        d["b"] = x
    return d["b"]


ERRORS = [
    ("undefined_in_else", (1,), ["'y'", "else"]),
    ("undefined_in_main", (1,), ["'y'", "main"]),
    ("no_return_in_else", (1,), ["return", "else"]),
    ("none_in_main", (1,), ["'y'", "None", "main"]),
    ("other_dtype", (1,), ["'y'", "float32", "int32"]),
    ("other_length", (1,), ["'y'", "structure"]),
    ("dtype_in_loop", (1,), ["'i'", "int32", "float32"]),
    ("shape_in_loop", (1,), ["'z'", "(1,)", "(2,)"]),
    ("integer_condition", (1,), ["condition", "bool", "int32"]),
    ("vector_condition", ([1, 2],), ["condition", "bool", "2"]),
    ("break_in_python_loop", (1,), ["break", "loop"]),
    ("not_of_an_integer", (1,), ["int32", "bool"]),
    ("missing_element", (1,), ["d['b']", "else"]),
]
