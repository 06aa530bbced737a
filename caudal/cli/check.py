"""`caudal check`: the names that a program uses and Caudal lacks, found without running it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from caudal.cli.notebook import Program, read_program
from caudal.compat.names import ROOTS, attribute, resolve, shown
from caudal.errors import InvalidArgumentError, MissingNameError

_OURS = frozenset((*ROOTS, "caudal"))
"""Packages whose names are checked: `import caudal as tf` is the same namespace."""

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Missing:
    """One use of a name that Caudal lacks."""

    line: int
    name: str
    message: str


def check(files: Sequence[str]) -> int:
    """Prints what the programs use and Caudal lacks; returns 1 if there is anything.

    Raises:
        NotFoundError: a file is not there.
        InvalidArgumentError: a file is no program.
    """
    total = 0
    for file in files:
        program = read_program(file)
        names, missing = find_missing(program)
        for use in missing:
            # The error's own text begins with the name.
            text = use.message.rpartition("is not in Caudal. ")[2]
            print(f"{program.place(use.line)}: {use.name} is not in Caudal. {text}")
        verdict = f"{len(missing)} missing" if missing else "all there"
        print(f"{file}: {names} names of TensorFlow and Keras, {verdict}")
        total += len(missing)
    return 1 if total else 0


def find_missing(program: Program) -> tuple[int, list[Missing]]:
    """How many different names the program uses, and each use of one that is missing.

    Raises:
        InvalidArgumentError: the program's syntax is wrong.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(program.text)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise InvalidArgumentError(
            "{place}: {reason}", place=program.place(line), reason=getattr(error, "msg", str(error))
        ) from error
    reader = _Reader()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader.visit(tree)
    unique = {(use.line, use.name): use for use in reader.missing}
    return len(reader.used), sorted(unique.values(), key=lambda use: (use.line, use.name))


class _Reader(ast.NodeVisitor):
    """Walks a program in order and knows which variables hold names of TensorFlow."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}
        self.used: set[str] = set()
        self.missing: list[Missing] = []

    # --- what a variable means ---------------------------------------------------------------

    def visit_Import(self, node: ast.Import) -> None:
        """``import tensorflow.keras as k``."""
        for alias in node.names:
            root = alias.name.partition(".")[0]
            if root in _OURS:
                self._need(alias.name, node.lineno, module=True)
                self.known[alias.asname or root] = alias.name if alias.asname else root
            else:
                self._forget(alias.asname or root)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """``from tensorflow.keras import layers as L``."""
        module = node.module or ""
        ours = not node.level and module.partition(".")[0] in _OURS
        if ours and not self._need(module, node.lineno, module=True):
            return
        for alias in node.names:
            name = alias.asname or alias.name
            if not ours:
                self._forget(name)
            elif alias.name != "*" and self._need(f"{module}.{alias.name}", node.lineno):
                self.known[name] = f"{module}.{alias.name}"

    def visit_Assign(self, node: ast.Assign) -> None:
        """``layers = tf.keras.layers`` names; any other assignment takes a name away."""
        self.visit(node.value)
        dotted = self._dotted(node.value)
        for target in node.targets:
            if isinstance(target, ast.Name) and dotted:
                self.known[target.id] = dotted
            else:
                self._bind(target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """An annotated assignment takes the name away."""
        self.generic_visit(node)
        self._bind(node.target)

    def visit_For(self, node: ast.For) -> None:
        """A loop variable takes the name away."""
        self.visit(node.iter)
        self._bind(node.target)
        self._visit_all([*node.body, *node.orelse])

    def visit_With(self, node: ast.With) -> None:
        """So does the name after ``as``."""
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self._bind(item.optional_vars)
        self._visit_all(node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Parameters hide names inside the function only."""
        self._forget(node.name)
        self._visit_all(node.decorator_list)
        self._function(node, node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        """As a function."""
        self._forget(node.name)
        self._visit_all(node.decorator_list)
        self._function(node, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """As a function."""
        self._function(node, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Names of a class body stay inside it."""
        self._forget(node.name)
        before = dict(self.known)
        self.generic_visit(node)
        self.known = before

    def _function(self, node: Function, body: Iterable[ast.AST]) -> None:
        arguments = node.args
        self._visit_all([*arguments.defaults, *(d for d in arguments.kw_defaults if d)])
        before = dict(self.known)
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [a for a in (arguments.vararg, arguments.kwarg) if a]
        for argument in every:
            if argument.annotation is not None:
                self.visit(argument.annotation)
        for argument in every:
            self._forget(argument.arg)
        self._visit_all(body)
        self.known = before

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _bind(self, target: ast.AST) -> None:
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self._forget(node.id)
        self.visit(target)

    def _forget(self, name: str) -> None:
        self.known.pop(name, None)

    # --- uses --------------------------------------------------------------------------------

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """The longest chain ``a.b.c`` from a known variable is one use."""
        dotted = self._dotted(node)
        if dotted:
            self._need(dotted, node.lineno)
        else:
            self.generic_visit(node)

    def _dotted(self, node: ast.AST) -> str:
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name) or node.id not in self.known:
            return ""
        return ".".join([self.known[node.id], *reversed(parts)])

    def _need(self, dotted: str, line: int, module: bool = False) -> bool:
        """Records a use; whether Caudal has the name."""
        try:
            value, name = _follow(dotted)
        except MissingNameError as error:
            self.used.add(shown(dotted))
            self.missing.append(Missing(line, shown(dotted), str(error)))
            return False
        self.used.add(shown(name))
        if module and not isinstance(value, ModuleType):
            self.missing.append(Missing(line, shown(dotted), "It is no module."))
            return False
        return True


def _follow(dotted: str) -> tuple[Any, str]:
    """The object, as far as modules and classes lead, and the name that leads there.

    Beyond a class's own attributes nothing is known without running the program.
    """
    parts = dotted.split(".")
    value: Any = resolve(parts[0])
    for count in range(1, len(parts)):
        name = ".".join(parts[:count])
        if isinstance(value, ModuleType):
            value = _member(value, parts[count], name)
        elif isinstance(value, type):
            attribute(value, parts[count], name)
            return value, name
        else:
            return value, name
    return value, dotted


def _member(module: ModuleType, part: str, label: str) -> Any:
    if part.startswith("__") and part.endswith("__"):
        return None  # __version__ and its like: aliases have them
    # By the whole name first: packages such as tensorflow.python.keras are only spelled so.
    try:
        return resolve(f"{label}.{part}")
    except MissingNameError:
        return attribute(module, part, label)
