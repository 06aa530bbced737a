"""Which tests are not applicable to Caudal, decided by rules and never test by test."""

import re

from keras_judge.placeholders import NotApplicable

FOLDERS = {
    "backend/tensorflow": "inside Keras's TensorFlow backend",
    "backend/jax": "inside Keras's JAX backend",
    "backend/torch": "inside Keras's Torch backend",
    "backend/numpy": "inside Keras's NumPy backend",
    "backend/openvino": "inside Keras's OpenVINO backend",
}
"""Folders whose files are about the inside of one of Keras's backends."""

PACKAGES = (
    "torch grain flax optree dmtree litert_torch onnx onnxruntime orbax openvino tensorflow_io "
    "tf_keras jax2tf tensorflow_text ai_edge_litert portpicker"
).split()
"""Packages that a test needs and that are no part of Keras, TensorFlow or Caudal."""

FILES = {
    "callbacks/orbax_checkpoint_test.py": "needs the package orbax",
    "utils/jax_layer_test.py": "needs JAX as the backend",
    "utils/torch_utils_test.py": "needs Torch as the backend",
}
"""Files about a part of Keras that stands on a package of others."""

PRIVATE_TENSORFLOW = re.compile(r"tensorflow\.(python|core)\b(?!\.keras)")
"""TensorFlow's modules that are no part of its public interface."""

_FOR_PACKAGE = re.compile(r"(?:format|preferred_backend)='(grain|torch|jax)' is not in Caudal")
_MOCKED = re.compile(r"Expected 'post' to be called once")
_PRIVATE_ATTRIBUTE = re.compile(r"has no attribute '(_[a-z][A-Za-z_0-9]*)'")


def not_applicable(error):
    """The reason why an error means that the test is not applicable; None if it is a failure."""
    for part in _chain(error):
        if isinstance(part, NotApplicable):
            return str(part)
        package = _FOR_PACKAGE.search(str(part))
        if package:
            return f"needs the package {package[1]}"
    if isinstance(error, AssertionError) and _MOCKED.search(str(error)):
        return "replaces a function of the package requests, which Caudal does without"
    if isinstance(error, AttributeError):
        private = _PRIVATE_ATTRIBUTE.search(str(error))
        if private and _raised_in_test(error):
            return f"uses private attribute {private[1]}"
    return None


def _chain(error):
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _raised_in_test(error):
    """Whether the attribute was asked for by the test itself, not by code of Caudal."""
    step = error.__traceback__
    last = None
    while step is not None:
        name = step.tb_frame.f_code.co_filename
        if "__getattr__" not in step.tb_frame.f_code.co_name:
            last = name
        step = step.tb_next
    return bool(last) and last.endswith("_test.py")


def cause(error):
    """One line that says what went wrong, equal for failures of one kind."""
    text = str(error).strip()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines)[:300]}"
