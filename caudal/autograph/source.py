"""Finding the syntax tree of a Python function, with the line numbers of its file."""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
import tokenize
import types
from collections.abc import Iterator


class NoSource(Exception):
    """The source of a function is not there, or is not the one that it was compiled from."""


def tree_of(code: types.CodeType) -> ast.FunctionDef | ast.Lambda:
    """The definition that a code object comes from; lines and columns are those of its file.

    Raises:
        NoSource: there is no source, or it does not hold the function.
    """
    tree = _lambda(code) if code.co_name == "<lambda>" else _definition(code)
    if any(isinstance(node, ast.Yield | ast.YieldFrom | ast.Await) for node in _own(tree)):
        raise NoSource("generators and coroutines stay as they are")
    return tree


def _definition(code: types.CodeType) -> ast.FunctionDef:
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    if not lines:
        raise NoSource("no source lines")
    try:
        text = "".join(inspect.getblock(lines))
    except (tokenize.TokenError, SyntaxError, IndexError) as error:
        raise NoSource(str(error)) from error
    # A block of its own takes an indented definition as it stands, columns and strings included.
    indented = text[:1].isspace()
    try:
        module = ast.parse("if 1:\n" + text if indented else text)
    except SyntaxError as error:
        raise NoSource(str(error)) from error
    body = module.body[0].body if indented and isinstance(module.body[0], ast.If) else module.body
    found = body[0] if body else None
    if not isinstance(found, ast.FunctionDef) or found.name != code.co_name:
        raise NoSource("the lines of the function do not define it")
    ast.increment_lineno(found, code.co_firstlineno - (2 if indented else 1))
    return found


def _lambda(code: types.CodeType) -> ast.Lambda:
    """The lambda of a code object: on its line, with its parameters and its constants' names."""
    lines = linecache.getlines(code.co_filename)
    if not lines:
        raise NoSource("no source lines")
    module = _parsed("".join(lines), code.co_filename)
    found = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Lambda)
        and node.lineno == code.co_firstlineno
        and _parameters(node) == list(code.co_varnames[: _count(code)])
    ]
    if len(found) > 1:
        found = [node for node in found if _compiles_to(node, code)]
    if not found:
        raise NoSource("the lambda was not found on its line")
    return found[0]


_modules: dict[str, tuple[str, ast.Module]] = {}


def _parsed(text: str, filename: str) -> ast.Module:
    """The tree of a whole file; the last few stay parsed."""
    known = _modules.get(filename)
    if known is None or known[0] != text:
        try:
            known = (text, ast.parse(text))
        except SyntaxError as error:
            raise NoSource(str(error)) from error
        if len(_modules) > 8:
            _modules.clear()
        _modules[filename] = known
    return known[1]


def _parameters(node: ast.Lambda) -> list[str]:
    spec = node.args
    named = [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]
    rest = [part for part in (spec.vararg, spec.kwarg) if part is not None]
    return [part.arg for part in (*named, *rest)]


def _count(code: types.CodeType) -> int:
    """The number of a function's parameters, *args and **kwargs included."""
    flags = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_argcount + code.co_kwonlyargcount + flags


def _compiles_to(node: ast.Lambda, code: types.CodeType) -> bool:
    """Whether a lambda has the names and constants of a code object, and its place on the line."""
    module = compile(ast.fix_missing_locations(ast.Expression(node)), code.co_filename, "eval")
    made = next(const for const in module.co_consts if isinstance(const, types.CodeType))
    names = set(made.co_names) | set(made.co_freevars)
    # A name that is free in the function may look global when the lambda stands alone.
    if names != set(code.co_names) | set(code.co_freevars):
        return False
    if sys.version_info >= (3, 11):
        return list(made.co_positions())[-1] == list(code.co_positions())[-1]
    return [c for c in made.co_consts if not isinstance(c, types.CodeType)] == [
        c for c in code.co_consts if not isinstance(c, types.CodeType)
    ]


def _own(tree: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function without those of the functions inside it."""
    for child in ast.iter_child_nodes(tree):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from _own(child)
