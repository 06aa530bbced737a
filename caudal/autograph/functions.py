"""``tf.function``: the framework's, with Python's control flow converted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from caudal import framework


def _convert(target: Any) -> Any:
    """`conversion.convert`, which the first function that is traced loads."""
    from caudal.autograph.conversion import convert

    return convert(target)


def function(
    func: Callable[..., Any] | None = None,
    input_signature: Sequence[Any] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: Any = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Any:
    """Compiles a Python function of tensors; usable as a decorator with or without arguments.

    Args:
        func: the function.
        input_signature: TensorSpecs (or structures of them) that every call must fit.
        autograph: whether ``if``, ``while``, ``for``, ``break``, ``continue``, ``return``, ``and``,
            ``or``, ``not`` and ``assert`` may depend on tensors, in this function and in those
            that it calls. Where they do not they are Python's own.
        reduce_retracing, experimental_relax_shapes: one of them counts calls that differ in
            shapes alone as one tracing, as TensorFlow does.
        jit_compile and the other experimental arguments: accepted for TensorFlow's sake. Every
            function is compiled, once per signature.

    Raises:
        DTypeError: ``func`` cannot be called.

    >>> from caudal import constant
    >>> double = function(lambda x: x * 2.0)
    >>> float(double(constant(3.0)))
    6.0
    """
    return framework.function(
        func,
        input_signature=input_signature,
        autograph=autograph,
        reduce_retracing=reduce_retracing,
        experimental_relax_shapes=experimental_relax_shapes,
        convert=_convert,
    )
