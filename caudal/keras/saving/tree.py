"""Where everything with weights is in a model: the names that Keras 3 gives in its files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from caudal.keras.engine.layer import Layer
from caudal.keras.engine.names import to_snake_case
from caudal.keras.optimizers.optimizer import Optimizer

# Attributes of models that lead to the same layers by another way.
_ASIDE = {"_functional", "_graph", "_inputs_struct", "_outputs_struct", "_trainer_state", "loss"}
_base: set[str] = set()


def walk(root: Any, skip: Any = ()) -> Iterator[tuple[str, Any]]:
    """Every layer and optimizer in a model once, with its place: ``layers/dense_1``.

    Layers of Sequential and functional models stand under ``layers``, by their class and a
    running number; those of subclassed models under the attribute that holds them. skip: objects
    to leave out, with what is inside them.

    >>> from caudal.keras import Sequential, layers
    >>> model = Sequential([layers.Dense(2, name="mine"), layers.Dense(2), layers.Flatten()])
    >>> [path for path, _ in walk(model)]
    ['', 'layers/dense', 'layers/dense_1', 'layers/flatten']
    """
    yield from _walk(root, "", {id(one) for one in skip})


def _walk(node: Any, path: str, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(node) in seen:
        return
    seen.add(id(node))
    yield path, node
    for name, child in _children(node):
        place = f"{path}/{name}" if path else name
        if isinstance(child, Layer | Optimizer):
            yield from _walk(child, place, seen)
            continue
        counts: Counter[str] = Counter()
        for item in child:
            if isinstance(item, Layer | Optimizer):
                kind = to_snake_case(type(item).__name__)
                serial = counts[kind]
                counts[kind] += 1
                yield from _walk(
                    item, f"{place}/{kind}_{serial}" if serial else f"{place}/{kind}", seen
                )


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    """The attributes that hold layers, or containers that may."""
    if isinstance(node, Optimizer) and hasattr(node, "inner_optimizer"):
        yield "inner_optimizer", node.inner_optimizer
    if not isinstance(node, Layer):
        return
    from caudal.keras.models.functional import Functional
    from caudal.keras.models.model import Model
    from caudal.keras.models.sequential import Sequential

    if not _base:
        _base.update(vars(Layer(name="reference")), _ASIDE)
    found: dict[str, Any] = {name: value for name, value in vars(node).items() if name not in _base}
    if isinstance(node, Model):
        found["layers"] = node.layers
    if isinstance(node, Functional | Sequential):
        yield "layers", found["layers"]
    # Private attributes come last: what ``layers`` holds too has its place there.
    for name in sorted(found, key=lambda name: (name.startswith("_"), name)):
        value = found[name]
        if isinstance(value, Layer | Optimizer):
            yield name, value
        elif isinstance(value, dict):
            yield name, list(value.values())
        elif isinstance(value, list | tuple | set):
            yield name, value
