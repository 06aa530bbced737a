"""`tf.data.Dataset`: a pipeline of elements."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from caudal.data import batching, functions, nodes, sources
from caudal.data.elements import Held, leaves, mapped, to_arrays
from caudal.data.iterators import Iterator, NumpyIterator
from caudal.data.options import AUTOTUNE, Options
from caudal.data.prefetch import Prefetch
from caudal.data.seeds import pick_seed
from caudal.data.view import ArrayView
from caudal.errors import (
    DTypeError,
    InvalidArgumentError,
    MissingNameError,
    UnimplementedError,
    did_you_mean,
)
from caudal.framework import Tensor, TensorSpec, convert_to_tensor
from caudal.ir.dtypes import as_dtype

_AHEAD = 2
"""How far prefetch(AUTOTUNE) runs ahead."""


class Dataset:
    """A sequence of elements: tensors, or tuples and dicts of tensors.

    Methods return new datasets; nothing is computed before a dataset is iterated. Every pass
    starts anew. ``num_parallel_calls``, ``deterministic`` and ``name`` are accepted for
    TensorFlow's sake: elements always come in order, and names have no meaning.

    >>> squares = Dataset.range(5).map(lambda x: x * x).batch(2)
    >>> [batch.tolist() for batch in squares.as_numpy_iterator()]
    [[0, 1], [4, 9], [16]]
    """

    def __init__(self, node: nodes.Node) -> None:
        if not isinstance(node, nodes.Node):
            raise DTypeError(
                "Dataset: make one with Dataset.from_tensor_slices and its like, not from {got}.",
                got=type(node).__name__,
            )
        self.node = node

    # --- beginnings --------------------------------------------------------------------------

    @staticmethod
    def from_tensor_slices(tensors: Any, name: str | None = None) -> Dataset:
        """The rows of a tensor, or of a structure of tensors of equal length.

        >>> pairs = Dataset.from_tensor_slices(([1, 2], [3.0, 4.0]))
        >>> [(int(a), float(b)) for a, b in pairs]
        [(1, 3.0), (2, 4.0)]

        Raises:
            ShapeError: a scalar, or tensors of different lengths.
        """
        return Dataset(sources.Slices(to_arrays(tensors, "Dataset.from_tensor_slices")))

    @staticmethod
    def from_tensors(tensors: Any, name: str | None = None) -> Dataset:
        """One element: the given structure."""
        return Dataset(sources.Single(to_arrays(tensors, "Dataset.from_tensors")))

    @staticmethod
    def range(*args: Any, output_type: Any = "int64", name: str | None = None) -> Dataset:
        """The integers of Python's ``range(*args)``, as ``output_type``."""
        numbers = range(*(_integer(value, "Dataset.range") for value in args))
        return Dataset(sources.Range(numbers, as_dtype(output_type)))

    @staticmethod
    def from_generator(
        generator: Callable[..., Any],
        output_types: Any = None,
        output_shapes: Any = None,
        args: Any = None,
        output_signature: Any = None,
        name: str | None = None,
    ) -> Dataset:
        """What a function that returns an iterable yields; it is called anew for each pass.

        Args:
            generator: the function.
            output_types: dtypes, in the structure of an element (the old spelling).
            output_shapes: shapes, in the same structure; by default unknown.
            args: arguments for the function, which receives them as arrays.
            output_signature: TensorSpecs, in the structure of an element.

        Raises:
            InvalidArgumentError: neither signature nor types, or a value that does not fit.
        """
        if not callable(generator):
            raise DTypeError(
                "Dataset.from_generator: expected a function that returns an iterable, received "
                "{received}. Pass the function itself, without calling it.",
                received=type(generator).__name__,
            )
        if output_signature is None:
            if output_types is None:
                raise InvalidArgumentError(
                    "Dataset.from_generator: expected output_signature=, the TensorSpecs of an "
                    "element."
                )
            output_signature = _signature(output_types, output_shapes)
        values = [np.asarray(convert_to_tensor(value))[()] for value in args or ()]
        return Dataset(sources.Generator(generator, output_signature, values))

    @staticmethod
    def zip(*args: Any, datasets: Any = None, name: str | None = None) -> Dataset:
        """Elements of several datasets side by side, as long as the shortest one.

        Takes datasets, or one structure of datasets.
        """
        structure = args[0] if len(args) == 1 else args or datasets
        found = leaves(structure)
        if not found or not all(isinstance(leaf, Dataset) for leaf in found):
            raise DTypeError(
                "Dataset.zip: expected datasets, received {received}.",
                received=[type(leaf).__name__ for leaf in found],
            )
        return Dataset(sources.Zip(mapped(lambda dataset: dataset.node, structure)))

    # --- choosing and ordering ---------------------------------------------------------------

    def shuffle(
        self,
        buffer_size: Any,
        seed: int | None = None,
        reshuffle_each_iteration: bool | None = True,
        name: str | None = None,
    ) -> Dataset:
        """Random order: each element is drawn from a buffer of the next ``buffer_size`` ones.

        The order is even only if the buffer holds the whole dataset. Passes differ unless
        ``reshuffle_each_iteration`` is false.
        """
        size = _integer(buffer_size, "Dataset.shuffle: buffer_size")
        if size < 1:
            raise InvalidArgumentError(
                "Dataset.shuffle: expected buffer_size >= 1, received {received}.", received=size
            )
        reshuffle = reshuffle_each_iteration is not False
        return Dataset(nodes.Shuffle(self.node, size, pick_seed(seed), reshuffle))

    def take(self, count: Any, name: str | None = None) -> Dataset:
        """The first ``count`` elements; all, if it is -1."""
        count = _integer(count, "Dataset.take: count")
        return Dataset(nodes.Take(self.node, count)) if count >= 0 else self

    def skip(self, count: Any, name: str | None = None) -> Dataset:
        """All but the first ``count`` elements; none, if it is -1."""
        return Dataset(nodes.Skip(self.node, _integer(count, "Dataset.skip: count")))

    def shard(self, num_shards: Any, index: Any, name: str | None = None) -> Dataset:
        """Every ``num_shards``-th element, beginning with number ``index``."""
        shards, place = _integer(num_shards, "Dataset.shard"), _integer(index, "Dataset.shard")
        if not 0 <= place < shards:
            raise InvalidArgumentError(
                "Dataset.shard: expected 0 <= index < num_shards, received {index} and {shards}.",
                index=place,
                shards=shards,
            )
        return Dataset(nodes.Shard(self.node, shards, place))

    def repeat(self, count: Any = None, name: str | None = None) -> Dataset:
        """``count`` passes; without end if it is None or -1."""
        times = -1 if count is None else _integer(count, "Dataset.repeat: count")
        return Dataset(nodes.Repeat(self.node, times))

    def cache(self, filename: str = "", name: str | None = None) -> Dataset:
        """Keeps the elements of the first whole pass in memory."""
        if filename:
            raise UnimplementedError(
                "Dataset.cache: caching in a file ({filename!r}) is not there yet; leave the name "
                "out to cache in memory.",
                filename=filename,
            )
        return Dataset(nodes.Cache(self.node))

    def concatenate(self, dataset: Dataset, name: str | None = None) -> Dataset:
        """This dataset, then the other one, whose elements must be of the same dtypes."""
        return Dataset(sources.Concatenate(self.node, _node(dataset, "Dataset.concatenate")))

    def prefetch(self, buffer_size: Any, name: str | None = None) -> Dataset:
        """Lets a thread make up to ``buffer_size`` elements ahead."""
        size = _integer(buffer_size, "Dataset.prefetch: buffer_size")
        return Dataset(Prefetch(self.node, _AHEAD if size == AUTOTUNE else size))

    def with_options(self, options: Options, name: str | None = None) -> Dataset:
        """The same dataset with options, which change no result."""
        if not isinstance(options, Options):
            raise DTypeError(
                "Dataset.with_options: expected tf.data.Options, received {received}.",
                received=type(options).__name__,
            )
        return Dataset(nodes.WithOptions(self.node, options))

    def options(self) -> Options:
        """The options of the nearest with_options."""
        node: Any = self.node
        while node is not None:
            if isinstance(node, nodes.WithOptions):
                found: Options = node.options
                return found
            node = getattr(node, "source", None)
        return Options()

    # --- functions ---------------------------------------------------------------------------

    def map(
        self,
        map_func: Callable[..., Any],
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        synchronous: bool | None = None,
        use_unbounded_threadpool: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """``map_func`` of every element; a tuple's parts are its arguments."""
        return Dataset(functions.Map(self.node, _function(map_func, "map")))

    def filter(self, predicate: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements for which ``predicate`` is true."""
        return Dataset(functions.Filter(self.node, _function(predicate, "filter")))

    def flat_map(self, map_func: Callable[..., Any], name: str | None = None) -> Dataset:
        """The elements of the datasets that ``map_func`` returns, one dataset after another."""
        function = _function(map_func, "flat_map")
        return Dataset(functions.Interleave(self.node, function, 1, 1, "FlatMapDataset"))

    def interleave(
        self,
        map_func: Callable[..., Any],
        cycle_length: Any = None,
        block_length: Any = None,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """As flat_map, but taking ``block_length`` elements of ``cycle_length`` datasets in turn.

        Without ``cycle_length`` it is 4, whatever the number of processors.
        """
        cycle = 4 if cycle_length in (None, AUTOTUNE) else _integer(cycle_length, "interleave")
        block = 1 if block_length is None else _integer(block_length, "interleave")
        function = _function(map_func, "interleave")
        return Dataset(functions.Interleave(self.node, function, cycle, block, "InterleaveDataset"))

    def scan(
        self, initial_state: Any, scan_func: Callable[..., Any], name: str | None = None
    ) -> Dataset:
        """Results of ``state, result = scan_func(state, element)``."""
        state = to_arrays(initial_state, "Dataset.scan")
        return Dataset(functions.Scan(self.node, state, _function(scan_func, "scan")))

    def reduce(
        self, initial_state: Any, reduce_func: Callable[..., Any], name: str | None = None
    ) -> Any:
        """The last state of ``state = reduce_func(state, element)``.

        >>> int(Dataset.range(4).reduce(np.int64(0), lambda total, x: total + x))
        6
        """
        return functions.reduce(self.node, initial_state, _function(reduce_func, "reduce"))

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """``transformation_func`` of this dataset, which must be a dataset."""
        result = _function(transformation_func, "apply")(self)
        return Dataset(_node(result, "Dataset.apply"))

    # --- joining and taking apart ------------------------------------------------------------

    def batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        num_parallel_calls: Any = None,
        deterministic: bool | None = None,
        name: str | None = None,
    ) -> Dataset:
        """Runs of ``batch_size`` elements, stacked along a new first axis.

        Args:
            batch_size: elements in a batch.
            drop_remainder: leave out a last, smaller batch.
        """
        size = _positive(batch_size, "Dataset.batch: batch_size")
        return Dataset(batching.Batch(self.node, size, bool(drop_remainder)))

    def padded_batch(
        self,
        batch_size: Any,
        padded_shapes: Any = None,
        padding_values: Any = None,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """As batch, filling elements up to ``padded_shapes`` or the longest of the batch.

        Args:
            batch_size: elements in a batch.
            padded_shapes: in the structure of an element; None and -1 mean the longest.
            padding_values: in the same structure, or one for all; by default 0 or "".
            drop_remainder: leave out a last, smaller batch.
        """
        size = _positive(batch_size, "Dataset.padded_batch: batch_size")
        spec = self.node.spec
        shapes = _spread(padded_shapes, spec)
        values = _spread(padding_values, spec)
        return Dataset(batching.PaddedBatch(self.node, size, shapes, values, bool(drop_remainder)))

    def ragged_batch(
        self,
        batch_size: Any,
        drop_remainder: bool = False,
        row_splits_dtype: Any = "int64",
        name: str | None = None,
    ) -> Dataset:
        """As batch; elements of different lengths become a `tf.RaggedTensor`.

        >>> rows = Dataset.range(3).map(lambda n: np.arange(n)).ragged_batch(3)
        >>> [batch.to_list() for batch in rows]
        [[[], [0], [0, 1]]]
        """
        size = _positive(batch_size, "Dataset.ragged_batch: batch_size")
        kind = as_dtype(row_splits_dtype)
        return Dataset(batching.RaggedBatch(self.node, size, bool(drop_remainder), kind))

    def unbatch(self, name: str | None = None) -> Dataset:
        """The rows of every element."""
        return Dataset(batching.Unbatch(self.node))

    def enumerate(self, start: Any = 0, name: str | None = None) -> Dataset:
        """Pairs of a running number (int64) and the element."""
        return Dataset(batching.Enumerate(self.node, _integer(start, "Dataset.enumerate")))

    def window(
        self,
        size: Any,
        shift: Any = None,
        stride: Any = 1,
        drop_remainder: bool = False,
        name: str | None = None,
    ) -> Dataset:
        """Runs of ``size`` elements, each a dataset, beginning ``shift`` elements apart.

        Args:
            size: elements in a window.
            shift: by default ``size``: windows do not overlap.
            stride: distance of the elements in a window.
            drop_remainder: leave out the last, smaller windows.
        """
        count = _positive(size, "Dataset.window: size")
        step = count if shift is None else _positive(shift, "Dataset.window: shift")
        sizes = (count, step, _positive(stride, "Dataset.window: stride"))
        return Dataset(batching.Window(self.node, sizes, bool(drop_remainder), Dataset))

    # --- reading -----------------------------------------------------------------------------

    @property
    def element_spec(self) -> Any:
        """The structure of TensorSpecs of an element."""
        return self.node.spec

    def cardinality(self, name: str | None = None) -> Tensor:
        """Elements in one pass as an int64 tensor; -1 without end, -2 if not known."""
        return convert_to_tensor(np.int64(self.node.cardinality()))

    def __len__(self) -> int:
        size = self.node.cardinality()
        if size < 0:
            raise DTypeError(
                "len(dataset): the dataset {why}.",
                why="is infinite" if size == -1 else "has an unknown length; iterate to count",
            )
        return size

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator:
        return Iterator(self.node)

    def staged_elements(self) -> Any:
        """What a loop of a compiled function takes its elements from."""
        from caudal.data.staged import StagedElements

        return StagedElements(self.node)

    def as_numpy_iterator(self) -> NumpyIterator:
        """One pass over the elements as NumPy arrays."""
        return NumpyIterator(self.node)

    def get_single_element(self, name: str | None = None) -> Any:
        """The element of a dataset that has exactly one.

        Raises:
            InvalidArgumentError: it has none, or several.
        """
        found = list(self.take(2))
        if len(found) != 1:
            raise InvalidArgumentError(
                "Dataset.get_single_element: expected one element, received {count}.",
                count="none" if not found else "more",
            )
        return found[0]

    def array_view(self) -> ArrayView | None:
        """The arrays below, if this is a finite pipeline that only batches rows of arrays."""
        node: Any = self.node
        while isinstance(node, Prefetch | nodes.WithOptions) and node.arrays is None:
            node = node.source
        if not isinstance(node, batching.Batch) or isinstance(node, batching.PaddedBatch):
            return None
        source, count = node.source, node.source.cardinality()
        if source.arrays is None or count < 0:
            return None
        return ArrayView(source.arrays, node.size, node.drop_remainder, count, source.numbers)

    def __getattr__(self, name: str) -> Any:
        if name in Dataset.__dict__:
            # A property failed with an AttributeError of its own: show that one.
            return object.__getattribute__(self, name)
        raise MissingNameError(
            "Caudal's Dataset lacks {name!r}.{hint}",
            name=name,
            hint=did_you_mean(name, [known for known in dir(Dataset) if known[0] != "_"]),
        )

    def __repr__(self) -> str:
        return f"<_{self.node.name} element_spec={self.element_spec!r}>"


def _integer(value: Any, doing: str) -> int:
    """A Python, NumPy or tensor integer."""
    try:
        return operator.index(np.asarray(value)[()])
    except TypeError as error:
        raise DTypeError(
            "{doing}: expected an integer, received {received!r}.", doing=doing, received=value
        ) from error


def _positive(value: Any, doing: str) -> int:
    number = _integer(value, doing)
    if number < 1:
        raise InvalidArgumentError(
            "{doing}: expected at least 1, received {received}.", doing=doing, received=number
        )
    return number


def _function(function: Any, doing: str) -> Callable[..., Any]:
    if not callable(function):
        raise DTypeError(
            "Dataset.{doing}: expected a function, received {received!r}.",
            doing=doing,
            received=function,
        )
    result: Callable[..., Any] = function
    return result


def _node(dataset: Any, doing: str) -> nodes.Node:
    if not isinstance(dataset, Dataset):
        raise DTypeError(
            "{doing}: expected a Dataset, received {received}.",
            doing=doing,
            received=type(dataset).__name__,
        )
    return dataset.node


def _signature(types: Any, shapes: Any) -> Any:
    """TensorSpecs of the old spelling: dtypes and shapes in parallel structures."""
    if isinstance(types, list):
        types = tuple(types)
    if shapes is None:
        return mapped(lambda dtype: TensorSpec(None, as_dtype(dtype)), types)
    if not isinstance(types, tuple | Mapping):
        return TensorSpec(shapes, as_dtype(types))
    if isinstance(types, Mapping):
        return {key: _signature(value, shapes[key]) for key, value in types.items()}
    return tuple(_signature(*pair) for pair in zip(types, shapes, strict=True))


def _spread(values: Any, spec: Any) -> Any:
    """``values`` in the structure of ``spec``; None or one value stands for every leaf."""
    if isinstance(spec, Mapping) and isinstance(values, Mapping):
        return {key: _spread(values[key], part) for key, part in spec.items()}
    if isinstance(spec, tuple) and isinstance(values, tuple) and len(values) == len(spec):
        return tuple(_spread(*pair) for pair in zip(values, spec, strict=True))
    return mapped(lambda _: Held(values), spec)
