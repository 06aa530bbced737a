"""Programs of TensorFlow 1, written for any ``tf.compat.v1``: each gives numbers."""

import collections

import numpy as np

Pair = collections.namedtuple("Pair", "a b")


def linear_regression(tf):
    x, y = tf.placeholder(tf.float32, [None]), tf.placeholder(tf.float32, [None])
    w, b = tf.Variable(0.5, name="weight"), tf.Variable(-0.5, name="bias")
    loss = tf.reduce_mean(tf.square(x * w + b - y))
    train = tf.train.GradientDescentOptimizer(0.05).minimize(loss)
    inputs = np.linspace(-1, 1, 7).astype("float32")
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        for _ in range(20):
            session.run(train, {x: inputs, y: 3 * inputs + 1})
        return session.run([w, b, loss], {x: inputs, y: 3 * inputs + 1})


def perceptron_with_adam(tf):
    rng = np.random.RandomState(0)
    x, y = tf.placeholder(tf.float32, [None, 5]), tf.placeholder(tf.int64, [None])
    with tf.variable_scope("hidden"):
        w = tf.get_variable("w", [5, 4], initializer=tf.constant_initializer(0.1))
        b = tf.get_variable("b", initializer=tf.constant([0.0, 0.1, 0.2, 0.3]))
    v = tf.get_variable("v", initializer=rng.rand(4, 3).astype("float32"))
    logits = tf.matmul(tf.nn.relu(tf.matmul(x, w) + b), v)
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits)
    loss = tf.reduce_mean(losses)
    step = tf.train.get_or_create_global_step()
    train = tf.train.AdamOptimizer(0.05).minimize(loss, global_step=step)
    right = tf.reduce_mean(tf.cast(tf.nn.in_top_k(logits, y, 1), tf.float32))
    feed = {x: rng.rand(12, 5), y: np.arange(12) % 3}
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        seen = [session.run([loss, train], feed)[0] for _ in range(15)]
        return [*seen, session.run(right, feed), session.run(step)]


def momentum_and_a_decaying_rate(tf):
    step = tf.Variable(0, trainable=False)
    rate = tf.train.exponential_decay(0.1, step, 3, 0.5, staircase=True)
    w = tf.Variable([5.0, -3.0])
    train = tf.train.MomentumOptimizer(rate, 0.9).minimize(tf.reduce_sum(w * w), global_step=step)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        rates = []
        for _ in range(7):
            session.run(train)
            rates.append(session.run(rate))
        return [rates, session.run(w), session.run(step)]


def other_optimizers(tf):
    found = []
    for optimizer in (
        tf.train.MomentumOptimizer(0.1, 0.9, use_nesterov=True),
        tf.train.RMSPropOptimizer(0.1, momentum=0.5),
        tf.train.RMSPropOptimizer(0.1, centered=True),
        tf.train.AdagradOptimizer(0.5),
        tf.train.AdadeltaOptimizer(1.0),
        tf.train.FtrlOptimizer(0.5),
    ):
        w = tf.Variable([1.0, -2.0])
        train = optimizer.minimize(tf.reduce_sum(w**2), var_list=[w])
        with tf.Session() as session:
            session.run(tf.global_variables_initializer())
            for _ in range(4):
                session.run(train)
            found.append(session.run(w))
    return found


def restarting(tf):
    w = tf.Variable(1.0)
    train = tf.train.AdamOptimizer(0.1).minimize(w * w)
    with tf.Session() as session:
        found = []
        for _ in range(2):
            session.run(tf.global_variables_initializer())
            for _ in range(3):
                session.run(train)
            found.append(session.run(w))
        return found


def a_loop_until_a_fed_bound(tf):
    n, x = tf.placeholder(tf.int32, []), tf.placeholder(tf.float32, [])
    i, power = tf.while_loop(
        lambda i, p: i < n, lambda i, p: (i + 1, p * x), [tf.constant(0), tf.constant(1.0)]
    )
    with tf.Session() as session:
        return session.run([i, power], {n: 5, x: 2.0}), session.run(power, {n: 3, x: 3.0})


def the_gradient_of_a_loop(tf):
    v = tf.Variable(2.0)
    _, power = tf.while_loop(
        lambda i, p: i < 5, lambda i, p: (i + 1, p * v), [tf.constant(0), tf.constant(1.0)]
    )
    slope = tf.gradients(power, v)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run([power, slope])


def branches(tf):
    x = tf.placeholder(tf.float32, [])
    y = tf.cond(x > 0, lambda: x * 2, lambda: x - 1)
    slope = tf.gradients(y, x)
    with tf.Session() as session:
        return [session.run([y, slope], {x: value}) for value in (3.0, -3.0)]


def gradients_of_gradients(tf):
    x = tf.placeholder(tf.float32, [])
    y = x**3
    first = tf.gradients(y, x)[0]
    second = tf.gradients(first, x)[0]
    with tf.Session() as session:
        return session.run([y, first, second], {x: 2.0})


def gradients_inside(tf):
    x = tf.placeholder(tf.float32, [2])
    h = tf.tanh(x)
    y = tf.reduce_sum(h * h)
    with tf.Session() as session:
        return session.run(tf.gradients(y, [h, x]), {x: [1.0, 2.0]})


def clipped_steps(tf):
    w = tf.Variable([3.0, 4.0])
    optimizer = tf.train.GradientDescentOptimizer(1.0)
    pairs = optimizer.compute_gradients(tf.reduce_sum(w * w))
    train = optimizer.apply_gradients([(tf.clip_by_norm(g, 1.0), v) for g, v in pairs])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(train)
        return session.run(w)


def dependencies(tf):
    v = tf.Variable(1.0)
    with tf.control_dependencies([tf.assign(v, v + 1)]):
        y = tf.identity(v)
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return [session.run(y), session.run(y), session.run(tf.assign_sub(v, 0.5))]


def averages(tf):
    v = tf.Variable(1.0)
    means = tf.train.ExponentialMovingAverage(0.9)
    move = means.apply([v])
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        session.run(v.assign(2.0))
        session.run(move)
        return session.run(means.average(v))


def defaults_and_structures(tf):
    p = tf.placeholder_with_default(tf.constant([1.0, 2.0]), [None])
    fetches = Pair(p * 2, [p + 1, {"sum": tf.reduce_sum(p, reduction_indices=0, keep_dims=True)}])
    with tf.Session() as session:
        first, second = session.run(fetches), session.run(fetches, {p: [5.0]})
    return [[x.a, x.b[0], x.b[1]["sum"]] for x in (first, second)]


def shapes_of_what_is_fed(tf):
    x = tf.placeholder(tf.float32, [None, 3])
    rows = tf.shape(x)[0]
    with tf.Session() as session:
        found = [rows, tf.reshape(x, [rows * 3]), tf.zeros([rows, 2])]
        return session.run(found, {x: np.ones((2, 3))})


def shapes_of_values(tf):
    x = tf.placeholder(tf.float32, [None])
    with tf.Session() as session:
        return session.run([tf.boolean_mask(x, x > 0), tf.where(x > 0)], {x: [1.0, -1.0, 2.0]})


def a_recurrent_net_by_hand(tf):
    x = tf.placeholder(tf.float32, [None, 4, 3])
    w = tf.get_variable("w", [5, 2], initializer=tf.constant_initializer(0.2))
    h = tf.zeros([tf.shape(x)[0], 2])
    for part in tf.unstack(x, 4, 1):
        h = tf.tanh(tf.matmul(tf.concat([part, h], 1), w))
    with tf.Session() as session:
        session.run(tf.global_variables_initializer())
        return session.run(h, {x: np.arange(24).reshape(2, 4, 3) / 24})


def several_results(tf):
    x = tf.placeholder(tf.float32, [None, 4])
    mean, variance = tf.nn.moments(x, [0])
    top = tf.nn.top_k(x, 2)
    with tf.Session() as session:
        feed = {x: [[1.0, 4.0, 2.0, 3.0], [0.0, 1.0, 5.0, 2.0]]}
        return session.run([mean, variance, top.values, top.indices], feed)


def python_functions(tf):
    x = tf.placeholder(tf.float32, [2])
    y = tf.py_func(lambda a: a * 2, [x], tf.float32)
    with tf.Session() as session:
        return session.run(y + 1, {x: [1.0, 2.0]})


def texts(tf):
    p = tf.placeholder(tf.string, [None])
    with tf.Session() as session:
        return session.run(tf.strings.length(p), {p: ["a", "bcd"]})


def names(tf):
    x = tf.placeholder(tf.float32, [], name="x")
    tf.multiply(x, 3.0, name="y")
    with tf.Session() as session:
        return session.run("y:0", {"x:0": 2.0})


def random_numbers(tf):
    draw = tf.random_uniform([3])
    double = draw * 2
    with tf.Session() as session:
        first, second = session.run([draw, double])
        return [np.allclose(first * 2, second), np.allclose(first, session.run(draw))]


def dropout_by_what_is_kept(tf):
    x = tf.ones([1000])
    with tf.Session() as session:
        kept = session.run(tf.nn.dropout(x, keep_prob=0.8))
        return [np.unique(kept), 700 < np.count_nonzero(kept) < 900]


def an_index_outside(tf):
    x = tf.placeholder(tf.int32, [])
    y = tf.gather(tf.constant([1.0, 2.0]), x)
    with tf.Session() as session:
        try:
            return session.run(y, {x: 5})
        except tf.errors.InvalidArgumentError:
            return -1


def an_assertion(tf):
    x = tf.placeholder(tf.float32, [])
    with tf.control_dependencies([tf.Assert(x > 0, [x])]):
        y = x * 2
    with tf.Session() as session:
        found = session.run(y, {x: 1.0})
        try:
            return session.run(y, {x: -1.0})
        except tf.errors.InvalidArgumentError:
            return found


CASES = {
    name: case
    for name, case in list(globals().items())
    if callable(case) and getattr(case, "__module__", "") == __name__ and name != "Pair"
}


def numbers(value):
    """A result as nested lists of floats, for JSON."""
    if isinstance(value, list | tuple):
        return [numbers(part) for part in value]
    return np.asarray(value).astype("float64").tolist()
