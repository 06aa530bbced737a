"""`network`: from how an architecture is drawn to the public functions of its variants."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from caudal.errors import DTypeError
from caudal.keras.applications.request import Request
from caudal.keras.models.functional import Functional
from caudal.keywords import check_keywords

COMMON: Mapping[str, Any] = {
    "include_top": True,
    "weights": "imagenet",
    "input_tensor": None,
    "input_shape": None,
    "pooling": None,
    "classes": 1000,
    "classifier_activation": "softmax",
    "name": None,
}
"""What all networks take, with the defaults; most in this order."""

_MEANINGS = {
    "include_top": "whether to end with the layers that classify.",
    "weights": "None (random), 'imagenet' (downloaded once) or the path of a weights file.",
    "input_tensor": "a symbolic tensor to begin with, instead of an Input of its own.",
    "input_shape": "(height, width, channels) of a picture; without a top, sides may be None.",
    "pooling": "without a top: None for feature maps, 'avg' or 'max' for their mean or maximum.",
    "classes": "how many classes the top tells apart; 1000 with ImageNet's weights.",
    "classifier_activation": "what the top ends with; None gives logits.",
    "name": "the model's name.",
    "include_preprocessing": "whether the network scales pixels of 0 to 255 itself.",
    "alpha": "width: the number of filters in each layer is multiplied by it.",
    "depth_multiplier": "filters per channel in the depthwise convolutions.",
    "dropout": "the share of features that training drops before they are classified.",
    "dropout_rate": "the share of features that training drops before they are classified.",
    "minimalistic": "whether to do without squeeze-and-excite, hard swish and 5x5 kernels.",
}

_DOC = """{summary}

Args:
{arguments}

Returns:
    A Functional model. Pictures are to be prepared by `preprocess_input` of the same module.

Raises:
    InvalidArgumentError: `weights` that are neither known nor a file, a `classes` or
        `classifier_activation` that ImageNet's weights do not have; ShapeError for an
        `input_shape` that is too small or has the wrong channels.
    UnavailableError: weights that are neither in the cache nor to be downloaded.
"""


def ordered(names: str, **own: Any) -> dict[str, Any]:
    """Parameters in an order: those of `COMMON` and a family's own with their defaults."""
    return {name: {**COMMON, **own}[name] for name in names.split()}


def network(
    label: str,
    draw: Callable[..., Functional],
    summary: str,
    name: str | None = None,
    parameters: Mapping[str, Any] = COMMON,
    **fixed: Any,
) -> Callable[..., Functional]:
    """The public function ``label`` of one network.

    Args:
        draw: called with the checked `Request`, the parameters that are not common to all
            networks, and ``fixed``.
        summary: the first line of its documentation.
        name: the model's default name.
        parameters: what it takes, with defaults, in order.
        **fixed: what makes this network of its family.
    """
    defaults = {**parameters, "name": name}
    signature = inspect.Signature(
        [
            inspect.Parameter(one, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=value)
            for one, value in ((one, defaults[one]) for one in parameters)
        ]
    )

    def model(*args: Any, **kwargs: Any) -> Functional:
        check_keywords(label, model, kwargs)
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise DTypeError("{label}: {reason}.", label=label, reason=str(error)) from error
        bound.apply_defaults()
        given = dict(bound.arguments)
        request = Request(label=label, **{one: given.pop(one) for one in COMMON})
        return draw(request, **given, **fixed)

    model.__name__ = model.__qualname__ = label
    model.__module__ = draw.__module__
    model.__signature__ = signature  # type: ignore[attr-defined]
    arguments = "\n".join(f"    {one}: {_MEANINGS[one]}" for one in parameters)
    model.__doc__ = _DOC.format(summary=summary, arguments=arguments)
    return model
