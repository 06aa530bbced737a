"""``tf.compat.v1.data``: iterators of graphs, and what is known of a dataset's elements."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from caudal.compat.graph import GraphTensor, Immediate
from caudal.data.elements import leaves, mapped
from caudal.errors import OutOfRangeError, UnimplementedError
from caudal.framework import context
from caudal.framework.composite import CompositeSpec
from caudal.framework.effects import obtain
from caudal.framework.tensor import Tensor
from caudal.ir.dtypes import string
from caudal.namespaces import missing

__all__ = [
    "Iterator",
    "get_output_classes",
    "get_output_shapes",
    "get_output_types",
    "make_initializable_iterator",
    "make_one_shot_iterator",
]


class Iterator:
    """A pass over a dataset; in a graph each run of `get_next` takes one element.

    ``initializer`` begins a new pass.
    """

    def __init__(self, dataset: Any, started: bool) -> None:
        self._dataset = dataset
        self._pass: Any = iter(dataset) if started else None
        self.element_spec = dataset.element_spec
        self.initializer = Immediate(self._begin, (), {})

    def _begin(self) -> None:
        self._pass = iter(self._dataset)

    def _following(self) -> Any:
        for element in self._pass or ():
            return element
        raise OutOfRangeError("Iterator.get_next: end of sequence, or it was not initialized.")

    def _computed(self) -> Any:
        """The next element in a run: asked for by the run's program, if it can be compiled."""
        if context.state.trace is None:
            return self._following()
        specs = leaves(self.element_spec)
        if any(
            isinstance(spec, CompositeSpec)
            or spec.dtype is string
            or not spec.shape.is_fully_defined()
            for spec in specs
        ):
            raise UnimplementedError("Iterator.get_next: elements of open shapes come one by one.")

        def take() -> list[Any]:
            return [np.asarray(leaf.numpy()) for leaf in leaves(self._following())]

        found = iter(obtain(take, [spec.type for spec in specs]))
        return mapped(lambda spec: next(found), self.element_spec)

    def get_next(self, name: str | None = None) -> Any:
        """The next element: now, or at each run of a session.

        Raises:
            OutOfRangeError: there is none.
        """
        if context.state.trace is None:
            return self._following()
        element = GraphTensor(self._computed, (), {})
        specs = leaves(self.element_spec)
        tensors = []
        for place, spec in enumerate(specs):
            part = GraphTensor(lambda whole, at=place: leaves(whole)[at], (element,), {})
            if not isinstance(spec, CompositeSpec):
                part._kind = (spec.dtype, spec.shape)
            tensors.append(part)
        rest = iter(tensors)
        return mapped(lambda spec: next(rest), self.element_spec)


def make_one_shot_iterator(dataset: Any) -> Iterator:
    """One pass over a dataset, which needs no initializer."""
    return Iterator(dataset, started=True)


def make_initializable_iterator(dataset: Any, shared_name: str | None = None) -> Iterator:
    """Passes over a dataset, each begun by running ``initializer``."""
    return Iterator(dataset, started=False)


def get_output_shapes(dataset_or_iterator: Any) -> Any:
    """The shapes of an element's tensors."""
    return mapped(lambda spec: spec.shape, dataset_or_iterator.element_spec)


def get_output_types(dataset_or_iterator: Any) -> Any:
    """Their dtypes."""
    return mapped(lambda spec: spec.dtype, dataset_or_iterator.element_spec)


def get_output_classes(dataset_or_iterator: Any) -> Any:
    """Their classes."""

    def kind(spec: Any) -> Any:
        return spec.value_type if isinstance(spec, CompositeSpec) else Tensor

    return mapped(kind, dataset_or_iterator.element_spec)


def __getattr__(name: str) -> Any:
    try:
        return getattr(importlib.import_module("caudal").data, name)
    except AttributeError as error:
        raise missing("tf.compat.v1.data", name, __all__) from error
