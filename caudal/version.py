"""``tf.version``: the TensorFlow whose API this is, and Caudal's own version."""

CAUDAL_VERSION = "0.1.0"
"""Caudal's own version."""
VERSION = "2.21.0"
"""The version of TensorFlow whose names and semantics Caudal has."""
GIT_VERSION = f"caudal-{CAUDAL_VERSION}"
COMPILER_VERSION = "llvmlite"
GRAPH_DEF_VERSION = 2459
GRAPH_DEF_VERSION_MIN_CONSUMER = 0
GRAPH_DEF_VERSION_MIN_PRODUCER = 0
