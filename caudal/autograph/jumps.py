"""Return, break and continue as flags: afterwards statements only follow or contain one another.

A statement that may jump is followed by what comes after it under ``if not flag``. Where one side
of an ``if`` always jumps, the rest goes into the other side instead, so that most programs get no
flag at all::

    if x > 0:             if x > 0:
        return a              result = a
    return b              else:
                              result = b
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

RESULT = "_ag_result"
RETURNED = "_ag_returned"
_JUMPS = (ast.Return, ast.Break, ast.Continue)
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


def name(text: str, *, store: bool = False) -> ast.Name:
    """A name that is read, or assigned."""
    return ast.Name(text, ast.Store() if store else ast.Load())


def assign(target: str, value: ast.expr, at: ast.AST) -> ast.stmt:
    """``target = value`` on the line of ``at``."""
    made = ast.Assign([name(target, store=True)], value)
    return ast.fix_missing_locations(ast.copy_location(made, at))


def negation(flags: Sequence[str]) -> ast.expr:
    """``not a and not b``."""
    parts: list[ast.expr] = [ast.UnaryOp(ast.Not(), name(flag)) for flag in flags]
    return parts[0] if len(parts) == 1 else ast.BoolOp(ast.And(), parts)


def remove_jumps(function: ast.FunctionDef) -> None:
    """Rewrites a function's body; a Return is left at its end at most."""
    loops = _Lowering(function)
    _prune(function)
    body = function.body
    if not _returns_inside(body):
        # Every return ends the function's own block: only loops are left to do.
        function.body = loops.keep_returns(body)
        return
    if not always_jumps(body):
        end = ast.copy_location(ast.Return(ast.Constant(None)), body[-1])
        body = [*body, ast.fix_missing_locations(end)]
    lowered = loops.block(body, _Loop("", ""))
    last = body[-1]
    start = assign(RETURNED, ast.Constant(False), function.body[0])
    result = ast.fix_missing_locations(ast.copy_location(ast.Return(name(RESULT)), last))
    function.body = [start, *lowered, result]


def _prune(node: ast.AST) -> None:
    """Takes out what follows a jump: it may hold jumps that never happen."""
    for part in ("body", "orelse", "finalbody"):
        block = getattr(node, part, None)
        if isinstance(block, list):
            end = next((i for i, inner in enumerate(block) if always_jumps([inner])), len(block))
            del block[end + 1 :]
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, _SCOPES):
            _prune(child)


def _blocks(statement: ast.stmt) -> list[list[ast.stmt]]:
    """The lists of statements inside a statement."""
    found = [
        getattr(statement, part)
        for part in ("body", "orelse", "finalbody")
        if isinstance(getattr(statement, part, None), list)
    ]
    handlers = [*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())]
    return [*found, *(handler.body for handler in handlers)]


def jumps_in(statements: Sequence[ast.stmt], kinds: Any = _JUMPS) -> bool:
    """Whether a jump out of these statements is among them; a loop keeps its own breaks."""
    for statement in statements:
        if isinstance(statement, kinds):
            return True
        if isinstance(statement, _SCOPES):
            continue
        if isinstance(statement, ast.While | ast.For):
            inner = tuple(kind for kind in _tuple(kinds) if kind is ast.Return)
            if inner and jumps_in(statement.body, inner):
                return True
            if jumps_in(statement.orelse, kinds):
                return True
        elif any(jumps_in(block, kinds) for block in _blocks(statement)):
            return True
    return False


def _tuple(kinds: Any) -> tuple[Any, ...]:
    return kinds if isinstance(kinds, tuple) else (kinds,)


def always_jumps(statements: Sequence[ast.stmt]) -> bool:
    """Whether a block never gets past its end."""
    for statement in statements:
        if isinstance(statement, (*_JUMPS, ast.Raise)):
            return True
        if isinstance(statement, ast.If) and statement.orelse:
            if always_jumps(statement.body) and always_jumps(statement.orelse):
                return True
        elif isinstance(statement, ast.With):
            if always_jumps(statement.body):
                return True
        elif isinstance(statement, ast.While) and _endless(statement):
            return True
    return False


def _endless(loop: ast.While) -> bool:
    """Whether a loop ends by a return alone."""
    constant = isinstance(loop.test, ast.Constant) and bool(loop.test.value)
    return constant and not jumps_in(loop.body, ast.Break)


def _returns_inside(body: Sequence[ast.stmt], *, nested: bool = False) -> bool:
    """Whether a return stands anywhere in a branch, loop, try or match."""
    for statement in body:
        if isinstance(statement, ast.Return) and nested:
            return True
        if isinstance(statement, _SCOPES):
            continue
        inside = nested or not isinstance(statement, ast.With)
        if any(_returns_inside(block, nested=inside) for block in _blocks(statement)):
            return True
    return False


@dataclass
class _Loop:
    """The flags of the loop around a statement; a flag that is used is in ``used``."""

    broken: str
    skipped: str
    used: set[str] = field(default_factory=set)


class _Lowering:
    def __init__(self, function: ast.FunctionDef) -> None:
        self._function = function
        self._serial = 0

    def keep_returns(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        """A block whose returns may stay."""
        found: list[ast.stmt] = []
        for statement in statements:
            if isinstance(statement, ast.Return):
                return [*found, statement]
            if isinstance(statement, ast.With):
                statement.body = self.keep_returns(statement.body)
                found.append(statement)
            else:
                found += self._statement(statement, _Loop("", ""))
        return found

    def block(self, statements: Sequence[ast.stmt], loop: _Loop) -> list[ast.stmt]:
        """A block without jumps: what follows one is left out, guarded or moved."""
        found: list[ast.stmt] = []
        for place, statement in enumerate(statements):
            rest = list(statements[place + 1 :])
            if isinstance(statement, _JUMPS):
                return [*found, *self._jump(statement, loop)]
            if not jumps_in([statement]):
                found += self._statement(statement, loop)
                continue
            if isinstance(statement, ast.If):
                body, orelse = statement.body, statement.orelse
                if always_jumps(body) and not always_jumps(orelse):
                    orelse, rest = [*orelse, *rest], []
                elif always_jumps(orelse) and not always_jumps(body):
                    body, rest = [*body, *rest], []
                elif always_jumps(body):
                    rest = []
                statement = ast.copy_location(ast.If(statement.test, body, orelse), statement)
            flags = self._flags(statement, loop)
            found += self._statement(statement, loop)
            if rest and not always_jumps([statement]):
                guarded = self.block(rest, loop)
                guard = ast.copy_location(ast.If(negation(flags), guarded, []), rest[0])
                found.append(ast.fix_missing_locations(guard))
            return found
        return found or [ast.copy_location(ast.Pass(), self._function.body[0])]

    def _flags(self, statement: ast.stmt, loop: _Loop) -> list[str]:
        """The flags that a statement may set, as seen by what follows it."""
        found = [RETURNED] if jumps_in([statement], ast.Return) else []
        if jumps_in([statement], ast.Break):
            found.append(loop.broken)
        if jumps_in([statement], ast.Continue):
            found.append(loop.skipped)
        return found

    def _jump(self, statement: ast.stmt, loop: _Loop) -> list[ast.stmt]:
        true = ast.Constant(True)
        if isinstance(statement, ast.Return):
            value = statement.value or ast.Constant(None)
            return [assign(RESULT, value, statement), assign(RETURNED, true, statement)]
        flag = loop.broken if isinstance(statement, ast.Break) else loop.skipped
        loop.used.add(flag)
        return [assign(flag, true, statement)]

    def _statement(self, statement: ast.stmt, loop: _Loop) -> list[ast.stmt]:
        if isinstance(statement, ast.While | ast.For):
            return self._loop(statement, loop)
        if isinstance(statement, _SCOPES):
            return [statement]
        for part in ("body", "orelse", "finalbody"):
            inner = getattr(statement, part, None)
            if isinstance(inner, list) and inner:
                setattr(statement, part, self.block(inner, loop))
        for handler in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            handler.body = self.block(handler.body, loop)
        if isinstance(statement, ast.Try) and statement.orelse:
            self._guard_else(statement)
        return [statement]

    def _guard_else(self, statement: ast.Try) -> None:
        """A try's else does not run after a return in its body."""
        if _assigns(statement.body, RETURNED):
            guard = ast.If(negation([RETURNED]), statement.orelse, [])
            ast.fix_missing_locations(ast.copy_location(guard, statement.orelse[0]))
            statement.orelse = [guard]

    def _loop(self, statement: ast.While | ast.For, outer: _Loop) -> list[ast.stmt]:
        self._serial += 1
        inner = _Loop(f"_ag_broken{self._serial}", f"_ag_skipped{self._serial}")
        returns = jumps_in(statement.body, ast.Return)
        orelse = statement.orelse
        body = self.block(statement.body, inner)
        found: list[ast.stmt] = []
        stops = [RETURNED] if returns else []
        if inner.broken in inner.used:
            found.append(assign(inner.broken, ast.Constant(False), statement))
            stops.append(inner.broken)
        if inner.skipped in inner.used:
            # Also before the loop: it is then the same kind of value all along.
            found.append(assign(inner.skipped, ast.Constant(False), statement))
            body = [assign(inner.skipped, ast.Constant(False), statement), *body]
        statement.body, statement.orelse = body, []
        if stops and isinstance(statement, ast.While):
            going = [*_parts(negation(stops)), statement.test]
            statement.test = ast.copy_location(ast.BoolOp(ast.And(), going), statement.test)
            ast.fix_missing_locations(statement)
        elif stops:
            statement.extra_test = ast.copy_location(negation(stops), statement)  # type: ignore[union-attr]
            ast.fix_missing_locations(statement.extra_test)  # type: ignore[union-attr]
        found.append(statement)
        if orelse:
            after = self.block(orelse, outer)
            if stops:
                guard = ast.If(negation(stops), after, [])
                after = [ast.fix_missing_locations(ast.copy_location(guard, orelse[0]))]
            found += after
        return found


def _parts(test: ast.expr) -> list[ast.expr]:
    return list(test.values) if isinstance(test, ast.BoolOp) else [test]


def _assigns(statements: Sequence[ast.stmt], flag: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == flag and isinstance(node.ctx, ast.Store)
        for statement in statements
        for node in ast.walk(statement)
    )
