"""Losses given as a nest: which part of the model's outputs each one sees, and its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from caudal.errors import InvalidArgumentError, NotFoundError, did_you_mean
from caudal.framework import nest


class Target(NamedTuple):
    """A loss and the part of the outputs that it sees: the keys that lead there, and a name."""

    loss: Any
    weight: Any
    path: tuple[Any, ...]
    name: str

    def of(self, structure: Any) -> Any:
        """The part of labels or outputs."""
        for key in self.path:
            structure = getattr(structure, key) if _is_field(structure, key) else structure[key]
        return structure


class UnknownOutputError(InvalidArgumentError, NotFoundError, KeyError):
    """Keras raises a KeyError for some kinds of outputs and a ValueError for others."""


def is_nested_loss(loss: Any) -> bool:
    """Whether an entry of the losses is a list, tuple or dict itself."""
    if isinstance(loss, dict):
        return any(nest.is_nested(part) for part in loss.values())
    return isinstance(loss, list | tuple) and any(nest.is_nested(part) for part in loss)


def targets(loss: Any, weights: Any, y_pred: Any, names: Sequence[str]) -> list[Target]:
    """The losses of a nest, each with its part of ``y_pred``.

    Sequences of one type go together element by element, dicts by key; any other list holds
    several losses for one and the same part. None is no loss.
    """
    known = dict(zip(_leaf_paths(y_pred), names, strict=False))
    found: list[Target] = []

    def walk(one: Any, weight: Any, path: tuple[Any, ...], part: Any) -> None:
        if one is None:
            return
        if not nest.is_nested(one):
            found.append(Target(one, weight, path, _name(path, part, known)))
        elif isinstance(one, dict):
            for key, inner in one.items():
                if not isinstance(part, dict) or key not in part:
                    raise unknown_output("loss", key, part)
                walk(inner, _part(weight, key), (*path, key), part[key])
        elif type(one) is type(part) and len(one) == len(part):
            keys = getattr(part, "_fields", None) or range(len(part))
            for place, (key, inner) in enumerate(zip(keys, one, strict=True)):
                walk(inner, _part(weight, place), (*path, key), part[place])
        else:
            for place, inner in enumerate(one):
                walk(inner, _part(weight, place), path, part)

    walk(loss, weights, (), y_pred)
    return found


def unknown_output(what: str, name: Any, part: Any) -> UnknownOutputError:
    """The error for a key that is no output's name."""
    known = [str(key) for key in part] if isinstance(part, dict) else []
    return UnknownOutputError(
        "{what}: there is no output named {name!r}; the outputs are {known}.{hint}",
        what=what,
        name=name,
        known=known,
        hint=did_you_mean(str(name), known),
    )


def _part(weights: Any, key: Any) -> Any:
    if not nest.is_nested(weights):
        return weights
    return weights.get(key) if isinstance(weights, dict) else weights[key]


def _is_field(structure: Any, key: Any) -> bool:
    return isinstance(key, str) and hasattr(structure, "_fields")


def _leaf_paths(part: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The keys that lead to each leaf, in the order of `nest.flatten`."""
    if not nest.is_nested(part):
        return [path]
    if isinstance(part, dict):
        keyed = [(key, part[key]) for key in sorted(part)]
    else:
        keyed = list(zip(getattr(part, "_fields", None) or range(len(part)), part, strict=True))
    return [leaf for key, inner in keyed for leaf in _leaf_paths(inner, (*path, key))]


def _name(path: tuple[Any, ...], part: Any, known: dict[Any, str]) -> str:
    """The keys joined by slashes; numbers give way to the name of the output."""
    if path:
        shown = [str(key) for key in path if not isinstance(key, int)]
        if isinstance(path[-1], int):
            shown.append(known.get(path, str(path[-1])))
        return "/".join(shown)
    if isinstance(part, dict):
        return "_".join(map(str, part))
    fields = getattr(part, "_fields", None)
    return "_".join(fields or [known.get(leaf, "output") for leaf in _leaf_paths(part)])
