"""Graphs of nodes: put in order once, then run node by node with ops of ours.

Running a graph inside a trace writes it into the program being traced, so a loaded function
compiles as any ``tf.function`` does. Nothing is executed but the ops of the closed table
(`table.py`); a graph with any other is refused before it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from caudal.errors import CaudalError, DataLossError, UnimplementedError
from caudal.saved_model.attributes import FunctionName, attribute
from caudal.saved_model.table import READERS, SIZES, Reader, refused

# Nodes with an effect, which count also where nothing depends on them.
_EFFECTS = frozenset(
    "AssignVariableOp AssignAddVariableOp AssignSubVariableOp ResourceScatterUpdate "
    "ResourceScatterAdd LookupTableImportV2 LookupTableInsertV2 Assign AssignAdd AssignSub".split()
)
_CALLS = frozenset(("PartitionedCall", "StatefulPartitionedCall"))


class Call:
    """What a node's reader sees: its attributes, and the functions that it may call."""

    __slots__ = ("_library", "attributes", "name", "op")

    def __init__(self, name: str, op: str, attributes: dict[str, Any], library: Library) -> None:
        self.name = name
        self.op = op
        self.attributes = attributes
        self._library = library

    def __getitem__(self, key: str) -> Any:
        return self.attributes[key]

    def get(self, key: str, default: Any = None) -> Any:
        """An attribute, or the default where it is not given."""
        found = self.attributes.get(key)
        return default if found is None else found

    def text(self, key: str, default: str) -> str:
        """A string attribute."""
        return bytes(self.get(key, default.encode())).decode()

    def function(self, key: str) -> Callable[..., list[Any]]:
        """The function that an attribute names."""
        name: FunctionName = self.attributes[key]
        return self._library.body(name.name).run

    def functions(self, key: str) -> list[Callable[..., list[Any]]]:
        """The functions that a list attribute names."""
        return [self._library.body(name.name).run for name in self.attributes[key]]

    @property
    def resources(self) -> Any:
        """What the graph's handles by name stand for."""
        return self._library.resources


class _Step:
    """A node ready to run: its reader, and where its inputs come from."""

    __slots__ = ("call", "controls", "inputs", "place", "reader")

    def __init__(
        self, call: Call, reader: Reader, inputs: list[tuple[str, int]], controls: list[str]
    ) -> None:
        self.call = call
        self.reader = reader
        self.inputs = inputs
        self.controls = controls


class Body:
    """Nodes with named inputs and outputs.

    Args:
        name: of the function, for messages.
        nodes: NodeDefs.
        inputs: the names of the arguments.
        outputs: references to the results.
        effects: names of nodes that run though nothing depends on them.
    """

    def __init__(
        self,
        library: Library,
        name: str,
        nodes: Iterable[Any],
        inputs: Sequence[str],
        outputs: Sequence[str],
        effects: Iterable[str] = (),
    ) -> None:
        self.name = name
        self.inputs = list(inputs)
        self._library = library
        self._given = set(inputs)
        self._nodes = {node.name: node for node in nodes}
        self._steps: dict[str, _Step] = {}
        self._results = [self._reference(output) for output in outputs]
        stateful = [node.name for node in self._nodes.values() if node.op in _EFFECTS]
        if not library.all_effects:
            stateful = []
        roots = [name for name, _ in self._results]
        self._order = self._ordered([*roots, *effects, *stateful])
        self._last = self._last_uses()

    # --- putting nodes in order --------------------------------------------------------------

    def _reference(self, text: str) -> tuple[str, int]:
        """(node, number of the output) of ``node``, ``node:0`` or ``node:output:0``."""
        name, *rest = text.split(":")
        if name in self._given:
            return name, 0
        node = self._nodes.get(name)
        place = rest[-1] if rest else "0"
        if node is None or not place.isdecimal() or len(place) > 9:
            raise DataLossError(
                "The function {function!r} refers to {text!r}, which it lacks.",
                function=self.name,
                text=text,
            )
        number = int(place)
        reader = READERS.get(node.op)
        if len(rest) == 2 and reader is not None and rest[0] in reader.outputs:
            before = reader.outputs.index(rest[0])
            sizes = SIZES.get(node.op)
            number += sum(sizes(node)[:before]) if sizes else before
        return name, number

    def _step(self, name: str) -> _Step:
        found = self._steps.get(name)
        if found is None:
            found = self._steps[name] = self._made(self._nodes[name])
        return found

    def _made(self, node: Any) -> _Step:
        where = f"node {node.name!r} of {self.name!r}"
        reader = READERS.get(node.op)
        if reader is None:
            if not self._library.has(node.op):
                raise refused(node.op, node.name, self.name)
            # A function called by its own name.
            reader = READERS["PartitionedCall"]
            attributes: dict[str, Any] = {"f": FunctionName(node.op)}
        else:
            attributes = {key: attribute(node.attr[key], where) for key in sorted(node.attr)}
        inputs = [self._reference(text) for text in node.input if not text.startswith("^")]
        controls = [text[1:] for text in node.input if text.startswith("^")]
        controls = [text.split(":")[0] for text in controls]
        call = Call(node.name, node.op, attributes, self._library)
        return _Step(call, reader, inputs, controls)

    def _ordered(self, roots: list[str]) -> list[_Step]:
        """The nodes that the roots need, each after what it needs."""
        done: dict[str, None] = {}
        open_: set[str] = set()
        stack = [(name, False) for name in reversed(roots)]
        while stack:
            name, ready = stack.pop()
            if name in done or name in self._given:
                continue
            if ready:
                open_.discard(name)
                done[name] = None
                continue
            if name in open_:
                raise UnimplementedError(
                    "The node {name!r} of {function!r} depends on itself: loops of TensorFlow 1 "
                    "(Enter, Exit, NextIteration) are not read.",
                    name=name,
                    function=self.name,
                )
            if name not in self._nodes:
                raise DataLossError(
                    "The function {function!r} lacks the node {name!r}.",
                    function=self.name,
                    name=name,
                )
            open_.add(name)
            stack.append((name, True))
            step = self._step(name)
            needs = [*(source for source, _ in step.inputs), *step.controls]
            stack.extend((source, False) for source in reversed(needs))
        return [self._steps[name] for name in done]

    def _last_uses(self) -> dict[int, list[str]]:
        """Which values no later node needs, by the number of the node."""
        kept = {name for name, _ in self._results}
        last: dict[str, int] = {}
        for number, step in enumerate(self._order):
            for source, _ in step.inputs:
                last[source] = number
        freed: dict[int, list[str]] = {}
        for name, number in last.items():
            if name not in kept:
                freed.setdefault(number, []).append(name)
        return freed

    def calls(self) -> list[str]:
        """The names of the functions that its nodes name."""
        found: list[str] = []
        for step in self._order:
            for value in step.call.attributes.values():
                for one in value if isinstance(value, list) else (value,):
                    if isinstance(one, FunctionName):
                        found.append(one.name)
        return found

    @property
    def eager(self) -> bool:
        """Whether a node of its own needs values."""
        return any(step.reader.eager for step in self._order)

    # --- running -----------------------------------------------------------------------------

    def run(self, *arguments: Any) -> list[Any]:
        """The results for the arguments."""
        values: dict[str, Any] = {
            name: (value,) for name, value in zip(self.inputs, arguments, strict=True)
        }
        for number, step in enumerate(self._order):
            found = [values[name][place] for name, place in step.inputs]
            try:
                result = step.reader.fn(step.call, *found)
            except CaudalError as error:
                if step.call.op not in _CALLS:
                    error.add_note(f"in {step.call.op} {step.call.name!r} of {self.name!r}")
                raise
            values[step.call.name] = (
                tuple(result) if isinstance(result, list | tuple) else (result,)
            )
            for name in self._last.get(number, ()):
                values.pop(name, None)
        return [values[name][place] for name, place in self._results]


class Library:
    """The functions of a graph by name; each is put in order when it is first needed.

    ``resources`` maps the handles that graphs name (variables of TensorFlow 1, tables) to what
    they stand for. ``all_effects`` is false for TensorFlow 1's graphs, where only what is asked
    for runs.
    """

    def __init__(self, functions: Iterable[Any], all_effects: bool = True) -> None:
        self._definitions = {one.signature.name: one for one in functions}
        self._bodies: dict[str, Body] = {}
        self.resources: dict[str, Any] = {}
        self.all_effects = all_effects

    def has(self, name: str) -> bool:
        """Whether there is such a function."""
        return name in self._definitions

    def definition(self, name: str) -> Any:
        """The FunctionDef of a name."""
        if name not in self._definitions:
            raise DataLossError("The graph lacks the function {name!r}.", name=name)
        return self._definitions[name]

    def reached(self, name: str) -> list[Body]:
        """The function of a name and all that it may call, each once.

        Raises:
            UnimplementedError, PermissionDeniedError: one of them has an op that is not run.
            DataLossError: one calls itself.
        """
        done: dict[str, None] = {}
        open_: list[str] = []
        stack = [(name, False)]
        while stack:
            one, ready = stack.pop()
            if ready:
                open_.remove(one)
                done[one] = None
            elif one in open_:
                raise DataLossError("The function {name!r} calls itself.", name=one)
            elif one not in done:
                open_.append(one)
                stack.append((one, True))
                stack.extend((other, False) for other in self.body(one).calls())
        return [self._bodies[one] for one in done]

    def needs_values(self, name: str) -> bool:
        """Whether a function handles texts or tables, so that it cannot become a program."""
        return any(body.eager for body in self.reached(name))

    def body(self, name: str) -> Body:
        """The function of a name, ready to run."""
        found = self._bodies.get(name)
        if found is None:
            definition = self.definition(name)
            found = self._bodies[name] = Body(
                self,
                name,
                definition.node_def,
                [argument.name for argument in definition.signature.input_arg],
                [definition.ret[result.name] for result in definition.signature.output_arg],
                [name for _, name in sorted(definition.control_ret.items())],
            )
        return found
