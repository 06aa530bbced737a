"""Functions traced at several sizes of their open extents, on their way into a graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from caudal.errors import CaudalError, InvalidArgumentError
from caudal.framework import TensorSpec, nest, trace
from caudal.framework.context import state
from caudal.framework.trace import Traced
from caudal.ir.types import Type
from caudal.saved_model.columns import UnwritableError
from caudal.saved_model.extents import Box, NotPolymorphicError

# Small sizes first; large ones keep small constants from being made of open extents.
SIZES = ((2, 3), (2003, 2010))
_MOST_OPEN = 4
# Which axes of the inputs may be one open extent, the freest first.
_JOINED: tuple[Callable[[int], bool], ...] = (
    lambda axis: False,
    lambda axis: axis > 0,
    lambda axis: axis == 0,
    lambda axis: True,
)
_SHARED = _JOINED[2:]


class Candidate(NamedTuple):
    """A function and a signature that it is to be written for.

    ``signature`` is (args, kwargs) with a TensorSpec for each tensor, ``names`` are the tensors',
    flat. ``traced`` is its program, where it was traced for these very shapes; ``shared`` says
    that open first axes are one extent, the batch's.
    """

    call: Callable[..., Any]
    signature: Any
    names: list[str]
    traced: Traced | None = None
    shared: bool = False


Result = TypeVar("Result", covariant=True)


class Write(Protocol[Result]):
    """Writes the programs traced at the points of a box; the symbols say whose the extents are."""

    def __call__(
        self, several: Sequence[Traced], box: Box, symbols: Sequence[tuple[str, int]], /
    ) -> Result:
        """The result; NotPolymorphicError where the programs are not one."""


def at_open_extents(
    name: str,
    candidate: Candidate,
    specs: Sequence[TensorSpec],
    write: Write[Result],
    texts: bool = False,
) -> Result:
    """What ``write`` makes of a candidate, tried at several sizes of its open extents.

    specs: of its tensors, flat. texts: whether ``write`` can write `caudal.ops.words`.

    Raises:
        InvalidArgumentError: the program depends on an open extent in a way that no single
            graph expresses.
    """
    problem: Exception | None = None
    tried = []
    for joined in _SHARED if candidate.shared else _JOINED:
        symbols, which = _symbols(specs, candidate.names, joined)
        if which in tried:
            continue
        tried.append(which)
        for low, high in SIZES if symbols else SIZES[:1]:
            try:
                return _at_sizes(name, candidate, specs, write, symbols, which, (low, high), texts)
            except UnwritableError:
                raise
            except NotPolymorphicError as error:
                problem = error
            except CaudalError as error:
                if not symbols:
                    raise
                problem = error
    raise InvalidArgumentError(
        "{name}: it cannot be written for open extents ({specs}): at several sizes its program "
        "differs by more than sizes ({problem}). Give every extent a number, or write it "
        "without Python loops over an open axis.",
        name=name,
        specs=", ".join(map(str, specs)),
        problem=str(problem),
    ) from problem


def _at_sizes(
    name: str,
    candidate: Candidate,
    specs: Sequence[TensorSpec],
    write: Write[Result],
    symbols: Sequence[tuple[str, int]],
    which: Sequence[Sequence[int | None]],
    sizes: tuple[int, int],
    texts: bool,
) -> Result:
    if len(symbols) > _MOST_OPEN:
        raise NotPolymorphicError(f"{len(symbols)} open extents, more than {_MOST_OPEN}")
    box = Box(len(symbols), *sizes)
    flat = _flat(candidate.call, candidate.signature)
    before, state.writes_texts = state.writes_texts, texts
    try:
        # Variables may be made on the first call; the others must get along without.
        trace(flat, _types(specs, which, box.points[0]), name, may_create=True)
        traced = [trace(flat, _types(specs, which, point), name) for point in box.points]
    finally:
        state.writes_texts = before
    return write(traced, box, symbols)


def _symbols(
    specs: Sequence[TensorSpec], names: Sequence[str], joined: Callable[[int], bool]
) -> tuple[list[tuple[str, int]], list[list[int | None]]]:
    """The open extents (input, axis), and which of them each axis of each input is.

    ``joined`` says of an axis whether it is the same extent in every input.
    """
    symbols: dict[Any, tuple[str, int]] = {}
    which: list[list[int | None]] = []
    for spec, name in zip(specs, names, strict=True):
        row: list[int | None] = []
        for axis, extent in enumerate(spec.shape):
            if extent is not None:
                row.append(None)
                continue
            key = axis if joined(axis) else (name, axis)
            symbols.setdefault(key, (name, axis))
            row.append(list(symbols).index(key))
        which.append(row)
    return list(symbols.values()), which


def _types(
    specs: Sequence[TensorSpec], which: Sequence[Sequence[int | None]], point: Sequence[int]
) -> list[Type]:
    return [
        Type(
            spec.dtype,
            tuple(
                int(extent or 0) if symbol is None else point[symbol]
                for extent, symbol in zip(spec.shape, row, strict=True)
            ),
        )
        for spec, row in zip(specs, which, strict=True)
    ]


def _flat(call: Callable[..., Any], signature: Any) -> Callable[..., Any]:
    """The function of flat tensors."""

    def flat(*tensors: Any) -> Any:
        found = iter(tensors)
        leaves = nest.flatten(signature)
        filled = [next(found) if isinstance(leaf, TensorSpec) else leaf for leaf in leaves]
        args, kwargs = nest.pack_sequence_as(signature, filled)
        return call(*args, **kwargs)

    return flat
