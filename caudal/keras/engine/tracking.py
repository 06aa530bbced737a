"""Finding weights and sublayers in a layer's attributes, lists and dicts included."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, SupportsIndex

from caudal.framework import Variable
from caudal.keras.engine.seeds import SeedGenerator
from caudal.train.restoring import adopt


class Tracker:
    """Sorts what is assigned to a layer into its lists of variables, layers, metrics and seeds."""

    def __init__(self, layer_class: type, owner: Any) -> None:
        self._layer_class = layer_class
        self._owner = owner

    def track(self, value: Any) -> Any:
        """Notes the value and returns what to store: containers come back as tracked ones."""
        owner = self._owner
        if isinstance(value, Variable):
            kind = "_trainable_variables" if value.trainable else "_non_trainable_variables"
            self._add(getattr(owner, kind), value)
        elif isinstance(value, self._layer_class):
            if value is not owner:
                self._add(owner._layers, value)
                adopt(owner, value)
        elif isinstance(value, SeedGenerator):
            self._add(owner._seed_generators, value)
        elif hasattr(value, "update_state") and hasattr(value, "reset_state"):
            self._add(owner._metrics, value)
        elif type(value) is list:
            return TrackedList(map(self.track, value), self)
        elif type(value) is dict:
            return TrackedDict({key: self.track(item) for key, item in value.items()}, self)
        elif type(value) is tuple:
            return tuple(map(self.track, value))
        return value

    def untrack(self, value: Any) -> None:
        """Forgets a value that was deleted or replaced."""
        owner = self._owner
        lists = (
            owner._trainable_variables,
            owner._non_trainable_variables,
            owner._layers,
            owner._seed_generators,
            owner._metrics,
        )
        if isinstance(value, list | tuple):
            for item in value:
                self.untrack(item)
        elif isinstance(value, dict):
            for item in value.values():
                self.untrack(item)
        else:
            for items in lists:
                items[:] = [item for item in items if item is not value]

    @staticmethod
    def _add(items: list[Any], value: Any) -> None:
        if not any(item is value for item in items):
            items.append(value)


class TrackedList(list[Any]):
    """A list whose new items are tracked."""

    def __init__(self, values: Iterable[Any] = (), tracker: Tracker | None = None) -> None:
        self._tracker = tracker
        super().__init__(values)

    def _note(self, value: Any) -> Any:
        return self._tracker.track(value) if self._tracker is not None else value

    def append(self, value: Any) -> None:
        """Appends and tracks."""
        super().append(self._note(value))

    def insert(self, index: SupportsIndex, value: Any) -> None:
        """Inserts and tracks."""
        super().insert(index, self._note(value))

    def extend(self, values: Iterable[Any]) -> None:
        """Extends and tracks."""
        super().extend(map(self._note, values))

    def __iadd__(self, values: Iterable[Any]) -> TrackedList:  # type: ignore[misc]
        self.extend(values)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(
            index, list(map(self._note, value)) if isinstance(index, slice) else self._note(value)
        )

    def pop(self, index: SupportsIndex = -1) -> Any:
        """Removes, forgets and returns an item."""
        value = super().pop(index)
        if self._tracker is not None:
            self._tracker.untrack(value)
        return value

    def remove(self, value: Any) -> None:
        """Removes and forgets an item."""
        super().remove(value)
        if self._tracker is not None:
            self._tracker.untrack(value)

    def clear(self) -> None:
        """Forgets all items."""
        while self:
            self.pop()

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return list, (list(self),)


class TrackedDict(dict[Any, Any]):
    """A dict whose new items are tracked."""

    def __init__(self, values: Any = None, tracker: Tracker | None = None) -> None:
        self._tracker = tracker
        super().__init__(values)

    def _note(self, value: Any) -> Any:
        return self._tracker.track(value) if self._tracker is not None else value

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, self._note(value))

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Updates and tracks."""
        for key, value in dict(*args, **kwargs).items():
            self[key] = value

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """As dict's, tracking the default."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: Any, *default: Any) -> Any:
        """Removes, forgets and returns an item."""
        value = super().pop(key, *default)
        if self._tracker is not None:
            self._tracker.untrack(value)
        return value

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return dict, (dict(self),)
