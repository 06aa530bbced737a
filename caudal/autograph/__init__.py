"""``tf.autograph``: Python's control flow on tensors, inside tf.function.

``source`` finds a function's syntax tree, ``jumps`` takes return, break and continue out of it,
``liveness`` says which names statements hand on, ``rewrite`` turns statements into calls of
``runtime``, and ``conversion`` makes and keeps the new functions.
"""

from caudal.namespaces import lazy, table

_PLACES = table(
    {
        "caudal.autograph.api": "set_verbosity to_code to_graph trace",
        "caudal.autograph.experimental": "*",
    }
)

__getattr__, __dir__ = lazy(__name__, _PLACES)
