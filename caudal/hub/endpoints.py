"""What a layer calls of a loaded object, and what the call gives."""

from __future__ import annotations

import inspect
from typing import Any

from caudal.errors import InvalidArgumentError
from caudal.saved_model.functions import Restored, RestoredFunction
from caudal.saved_model.loader import Loaded


def is_callable(value: Any) -> bool:
    """Whether it can be called; a loaded object only if it was saved with a ``__call__``."""
    return "__call__" in vars(value) if isinstance(value, Loaded) else callable(value)


def endpoint(loaded: Any, signature: str | None, handle: Any) -> Any:
    """The object itself, or one of its signatures.

    Raises:
        InvalidArgumentError: there is no such signature, or nothing to call.
    """
    if signature is None and is_callable(loaded):
        return vars(loaded)["__call__"] if isinstance(loaded, Loaded) else loaded
    known = getattr(loaded, "signatures", None)
    if known is None:
        raise InvalidArgumentError(
            "Loaded object has no signatures."
            if signature
            else "Loaded object is not callable and has no signatures."
        )
    if signature is None:
        raise InvalidArgumentError(
            "Signature name has to be specified for non-callable saved models (if not legacy TF1 "
            "Hub format): pass signature=, one of {known}.",
            known=sorted(known),
        )
    if signature not in known:
        raise InvalidArgumentError(
            "Unknown signature {signature} in {handle} (available signatures: {known}).",
            signature=signature,
            handle=handle,
            known=sorted(known),
        )
    return known[signature]


def check_choice(signature: Any, as_dict: Any, output_key: Any) -> None:
    """Raises for arguments of a layer that do not say which output they mean.

    Raises:
        InvalidArgumentError: so it is.
    """
    if signature and (output_key is not None) == bool(as_dict):
        raise InvalidArgumentError(
            "When using a signature, either output_key or signature_outputs_as_dict=True should "
            "be set."
        )
    if not signature and as_dict:
        raise InvalidArgumentError(
            "signature_outputs_as_dict is only valid if specifying a signature (or using a legacy "
            "TF1 Hub format)."
        )


def takes_training(function: Any) -> bool:
    """Whether a function has an argument ``training``."""
    if isinstance(function, RestoredFunction):
        return "training" in function.parameters or "training" in function.defaults
    if isinstance(function, Restored):
        return False
    try:
        return "training" in inspect.signature(function).parameters
    except (TypeError, ValueError):
        return False  # A function written in C.


def concrete(function: Any) -> list[Restored]:
    """The signatures that a loaded function was saved for."""
    if isinstance(function, Restored):
        return [function]
    return list(getattr(function, "concrete_functions", ()))


def float_dtype(function: Any) -> Any:
    """The one dtype of all floating tensors that a loaded function takes; None if unknown."""
    kinds = {spec.dtype for one in concrete(function) for spec in one.inputs}
    floats = [kind for kind in kinds if kind.is_floating]
    return floats[0] if len(floats) == 1 else None


def input_dtype(function: Any) -> Any:
    """The dtype of the first tensor that a loaded function takes; None if unknown."""
    kinds = {one.inputs[0].dtype for one in concrete(function) if one.inputs}
    return kinds.pop() if len(kinds) == 1 else None


def is_declared(function: Any) -> bool:
    """Whether only what was saved says what a call gives: it runs op by op, on values."""
    return any(one.needs_values for one in concrete(function))


def declared(function: Any, args: Any, kwargs: Any) -> Any:
    """The TensorSpecs that a loaded function was saved with, for arguments given by specs."""
    if isinstance(function, Restored):
        return function.structured_outputs
    return function.get_concrete_function(*args, **kwargs).structured_outputs
