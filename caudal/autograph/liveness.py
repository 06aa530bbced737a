"""Which names statements assign, and which are read later: what a branch or loop hands on.

Liveness is computed backwards over statements without jumps (see ``jumps``): a block's names that
are live at its end give those that are live at its start.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Any

Names = frozenset[str]
_EMPTY: Names = frozenset()
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


def path(node: ast.AST) -> str | None:
    """The text of an attribute or element that is handed on like a name: ``a.b``, ``a["key"]``."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = path(node.value)
        return None if owner is None else f"{owner}.{node.attr}"
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant | ast.Name):
        owner = path(node.value)
        return None if owner is None else f"{owner}[{ast.unparse(node.slice)}]"
    return None


def assigned(nodes: Iterable[ast.AST]) -> dict[str, ast.expr]:
    """What statements assign, by its text: names, attributes and elements, in order.

    Nested functions keep theirs; only their own names are assigned here.
    """
    found: dict[str, ast.expr] = {}
    for node in nodes:
        _assigned(node, found)
    return found


def _assigned(node: ast.AST, found: dict[str, ast.expr]) -> None:
    for text in _named(node):
        found.setdefault(text, ast.Name(text, ast.Load()))
    if isinstance(node, ast.Name | ast.Attribute | ast.Subscript):
        if not isinstance(node.ctx, ast.Load):
            place = path(node)
            if place is not None:
                found.setdefault(place, node)
    elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        return
    elif isinstance(node, _COMPREHENSIONS):
        # Its targets are its own; a walrus inside is the function's.
        for part in ast.walk(node):
            if isinstance(part, ast.NamedExpr):
                _assigned(part.target, found)
        return
    for child in ast.iter_child_nodes(node):
        _assigned(child, found)


def _named(node: ast.AST) -> list[str]:
    """The names that a definition, import, handler or capture pattern assigns."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname or alias.name.partition(".")[0] for alias in node.names]
    if isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
        return [node.name] if node.name else []
    if isinstance(node, ast.MatchMapping):
        return [node.rest] if node.rest else []
    return []


def reads(*nodes: Any) -> Names:
    """The names that expressions or statements read, those of functions inside included."""
    found: set[str] = set()
    for node in nodes:
        if node is not None:
            _read(node, found)
    return frozenset(found)


def _read(node: ast.AST, found: set[str]) -> None:
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load):
            found.add(node.id)
    elif isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        found |= free(node)
    elif isinstance(node, _COMPREHENSIONS):
        inner: set[str] = set()
        for child in ast.iter_child_nodes(node):
            _read(child, inner)
        own = frozenset().union(*(_names(part.target) for part in node.generators))
        # The first iterable is evaluated outside.
        found |= (inner - own) | reads(node.generators[0].iter)
    else:
        for child in ast.iter_child_nodes(node):
            _read(child, found)


def free(node: Any) -> Names:
    """The names of the surrounding function that a function or class inside refers to."""
    if isinstance(node, ast.ClassDef):
        return reads(*node.decorator_list, *node.bases, *node.keywords, *node.body)
    spec = node.args
    rest = [part for part in (spec.vararg, spec.kwarg) if part is not None]
    own = {part.arg for part in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, *rest)}
    outside = reads(*spec.defaults, *spec.kw_defaults, *getattr(node, "decorator_list", ()))
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    foreign = {
        name
        for statement in body
        for part in ast.walk(statement)
        if isinstance(part, ast.Nonlocal | ast.Global)
        for name in part.names
    }
    own |= {text for text in assigned(body) if text.isidentifier()} - foreign
    return outside | (reads(*body) - own) | foreign


class Liveness:
    """Marks each If, While and For of a function with the names that are live around it.

    ``live_out``: read after the statement. ``live_in``: read inside before they are assigned
    there, or, for a loop, at the start of any iteration.
    """

    def __init__(self, function: ast.FunctionDef) -> None:
        own = [part for statement in function.body for part in _own(statement)]
        # What a function inside may read or change, at any time.
        inner = [part for part in own if isinstance(part, _FUNCTIONS) and not _is_inline(part)]
        self.captured = frozenset().union(*map(free, inner))
        self.shared: dict[str, str] = {
            text: "global" if isinstance(part, ast.Global) else "nonlocal"
            for part in own
            if isinstance(part, ast.Global | ast.Nonlocal)
            for text in part.names
        }
        self._always = frozenset(self.shared)
        self._handlers: Names = _EMPTY
        self.block(function.body, _EMPTY)

    def block(self, statements: Sequence[ast.stmt], out: Names) -> Names:
        """The names live before the statements, given those live after them."""
        for statement in reversed(statements):
            out = self._statement(statement, out) | self._handlers
        return out

    def _statement(self, node: Any, out: Names) -> Names:
        if isinstance(node, ast.If):
            body, orelse = self.block(node.body, out), self.block(node.orelse, out)
            return reads(node.test) | self._mark(node, body | orelse, out)
        if isinstance(node, ast.While):
            return self._loop(node, out, reads(node.test))
        if isinstance(node, ast.For):
            return self._loop(node, out, reads(getattr(node, "extra_test", None))) | reads(
                node.iter
            )
        if isinstance(node, ast.Return):
            return reads(node.value)
        if isinstance(node, ast.Raise):
            return reads(node.exc, node.cause)
        if isinstance(node, ast.With | ast.AsyncWith):
            inside = self.block(node.body, out)
            for item in reversed(node.items):
                inside = (inside - _names(item.optional_vars)) | reads(item.context_expr)
                inside |= reads(item.optional_vars)
            return inside
        if isinstance(node, ast.Try) or type(node).__name__ == "TryStar":
            return self._try(node, out)
        if isinstance(node, ast.Match):
            found = out | reads(node.subject)
            for case in node.cases:
                inside = self.block(case.body, out) | reads(case.guard)
                found |= inside - frozenset(assigned([case.pattern])) | reads(case.pattern)
            return found
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return (out - {node.name}) | reads(node)
        if isinstance(node, ast.AugAssign):
            return out | reads(node.value, node.target) | _names(node.target)
        return (out - _killed(node)) | reads(node)

    def _loop(self, node: Any, out: Names, test: Names) -> Names:
        target = _names(getattr(node, "target", None))
        head = out | test
        while True:
            inside = self.block(node.body, head)
            more = head | (inside - target) | reads(getattr(node, "target", None))
            if more == head:
                return self._mark(node, head, out)
            head = more

    def _try(self, node: Any, out: Names) -> Names:
        after = self.block(node.finalbody, out)
        handlers = after
        for handler in node.handlers:
            named = {handler.name} if handler.name else set()
            handlers |= (self.block(handler.body, after) - named) | reads(handler.type)
        outer, self._handlers = self._handlers, self._handlers | handlers
        try:
            return self.block(node.body, self.block(node.orelse, after) | handlers) | handlers
        finally:
            self._handlers = outer

    def _mark(self, node: Any, live_in: Names, out: Names) -> Names:
        node.live_in = live_in | self._always
        node.live_out = out | self._always
        return live_in


def _names(target: ast.AST | None) -> Names:
    """The simple names of an assignment's target."""
    if target is None:
        return _EMPTY
    return frozenset(
        part.id
        for part in ast.walk(target)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    )


def _killed(node: ast.AST) -> Names:
    """The names that a plain statement certainly assigns."""
    if isinstance(node, ast.Assign):
        return frozenset().union(*map(_names, node.targets))
    if isinstance(node, ast.AnnAssign):
        return _names(node.target) if node.value is not None else _EMPTY
    if isinstance(node, ast.Import | ast.ImportFrom):
        return frozenset(assigned([node]))
    return _EMPTY


def _own(node: ast.AST) -> list[ast.AST]:
    """The nodes of a statement; functions and classes inside are given, not entered."""
    found = [node]
    if _is_inline(node) or not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
        for child in ast.iter_child_nodes(node):
            found += _own(child)
    return found


def _is_inline(node: ast.AST) -> bool:
    """Whether a lambda was made for an operand that is evaluated where it stands."""
    return getattr(node, "inline", False)
