"""Rewriting a function's tree: control flow becomes calls of ``runtime``, calls are converted.

    if x > 0:            def body(): nonlocal y; y = a
        y = a            def orelse(): nonlocal y; y = b
    else:                runtime.if_stmt(x > 0, body, orelse, get, set, ("y",), 1, 0)
        y = b

``get`` and ``set`` read and assign the names that the branches hand on. Every new node stands on
the line of the one that it replaces.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import Any

from caudal.autograph.jumps import name, remove_jumps
from caudal.autograph.liveness import Liveness, assigned

RUNTIME = "ag__"
PREFIX = "_ag_"
_PLAIN_CALLS = frozenset(("isinstance", "issubclass", "callable", "hasattr", "super"))


def rewrite(tree: ast.FunctionDef | ast.Lambda, class_name: str = "") -> Any:
    """The tree of the converted function; the given one is changed.

    ``class_name``: of the class whose method it is, for names that begin with two underscores.
    """
    if class_name:
        tree = _Mangler(class_name).visit(tree)
    return _Expressions(_first_parameter(tree)).top(tree)


def _first_parameter(tree: ast.FunctionDef | ast.Lambda) -> str:
    named = [*tree.args.posonlyargs, *tree.args.args]
    return named[0].arg if named else ""


def runtime(function: str, *arguments: ast.expr) -> ast.Call:
    """A call of a runtime function."""
    return ast.Call(ast.Attribute(name(RUNTIME), function, ast.Load()), list(arguments), [])


def placed(made: Any, at: ast.AST) -> Any:
    """A new node and all inside it, on the first line of another."""
    ast.copy_location(made, at)
    if made.end_lineno != made.lineno:
        # Python shows the last line of a call that has several.
        made.end_lineno, made.end_col_offset = made.lineno, made.col_offset + 1
    return ast.fix_missing_locations(made)


def thunk(value: ast.expr) -> ast.Lambda:
    """``lambda: value``, evaluated where it stands."""
    made = ast.Lambda(_no_parameters(), value)
    made.inline = True  # type: ignore[attr-defined]
    return made


def _no_parameters(*names: str) -> ast.arguments:
    return ast.arguments(
        posonlyargs=[],
        args=[ast.arg(text) for text in names],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )


def _binds(node: ast.AST) -> bool:
    return any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))


def is_static(test: ast.AST) -> bool:
    """Whether a condition is a Python bool whatever its names are."""
    if isinstance(test, ast.Constant):
        return True
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return is_static(test.operand)
    if isinstance(test, ast.BoolOp):
        return all(map(is_static, test.values))
    if isinstance(test, ast.Compare):
        return all(isinstance(op, ast.Is | ast.IsNot) for op in test.ops)
    return (
        isinstance(test, ast.Call)
        and isinstance(test.func, ast.Name)
        and test.func.id in _PLAIN_CALLS
    )


class _Mangler(ast.NodeTransformer):
    """Private names of a class, ``__x``, as the class's own code spells them."""

    def __init__(self, class_name: str) -> None:
        self._prefix = "_" + class_name.lstrip("_")

    def _mangled(self, text: str) -> str:
        private = text.startswith("__") and not text.endswith("__") and "." not in text
        return self._prefix + text if private else text

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._mangled(node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._mangled(node.arg)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> Any:
        node.attr = self._mangled(node.attr)
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        return node


class _Expressions(ast.NodeTransformer):
    """Conditions, calls and, after them, the statements of a function and those inside it."""

    def __init__(self, first: str) -> None:
        self._first = first
        self._locals: frozenset[str] = frozenset()

    def top(self, tree: Any) -> Any:
        """The whole function."""
        if isinstance(tree, ast.Lambda):
            tree.body = self.visit(tree.body)
            tree.args.defaults = [_absent(at) for at in tree.args.defaults]
            tree.args.kw_defaults = [at and _absent(at) for at in tree.args.kw_defaults]
            return ast.fix_missing_locations(tree)
        tree.decorator_list = []
        tree.args.defaults = [_absent(at) for at in tree.args.defaults]
        tree.args.kw_defaults = [at and _absent(at) for at in tree.args.kw_defaults]
        return ast.fix_missing_locations(self._function(tree))

    def _function(self, tree: ast.FunctionDef) -> ast.FunctionDef:
        for part in ast.walk(tree.args):
            if isinstance(part, ast.arg):
                part.annotation = None
        tree.returns = None
        if getattr(tree, "type_params", None):
            tree.type_params = []  # type: ignore[attr-defined]
        self._locals = _locals(tree)
        remove_jumps(tree)
        tree.body = [self.visit(statement) for statement in tree.body]
        _Statements(tree).run()
        return tree

    # --- functions inside ----------------------------------------------------------------------

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        if any(isinstance(part, ast.Yield | ast.YieldFrom | ast.Await) for part in ast.walk(node)):
            return node
        node.decorator_list = [self.visit(part) for part in node.decorator_list]
        node.args.defaults = [self.visit(part) for part in node.args.defaults]
        node.args.kw_defaults = [part and self.visit(part) for part in node.args.kw_defaults]
        named = [*node.args.posonlyargs, *node.args.args]
        inner = _Expressions(named[0].arg if named else "")
        return inner._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return self.visit(ast.copy_location(ast.Assign([node.target], node.value), node))

    # --- conditions ----------------------------------------------------------------------------

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        if is_static(node) or any(map(_binds, node.values[1:])):
            return self.generic_visit(node)
        values = [self.visit(value) for value in node.values]
        function = "and_" if isinstance(node.op, ast.And) else "or_"
        return placed(runtime(function, values[0], *map(thunk, values[1:])), node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Any:
        static = is_static(node)
        self.generic_visit(node)
        if static or not isinstance(node.op, ast.Not):
            return node
        return placed(runtime("not_", node.operand), node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        if len(node.ops) == 1 or any(map(_binds, node.comparators)):
            return self.generic_visit(node)
        parts = [self.visit(part) for part in (node.left, *node.comparators)]
        names = [ast.Constant(type(op).__name__) for op in node.ops]
        return placed(
            runtime(
                "chained",
                ast.Tuple(list(names), ast.Load()),
                parts[0],
                *map(thunk, parts[1:]),
            ),
            node,
        )

    def visit_IfExp(self, node: ast.IfExp) -> Any:
        if is_static(node.test) or _binds(node.body) or _binds(node.orelse):
            return self.generic_visit(node)
        text = ast.Constant(ast.unparse(node))
        test, body, orelse = (self.visit(part) for part in (node.test, node.body, node.orelse))
        return placed(runtime("if_exp", test, thunk(body), thunk(orelse), text), node)

    def visit_Assert(self, node: ast.Assert) -> Any:
        if is_static(node.test):
            return self.generic_visit(node)
        message = node.msg or ast.Constant(None)
        text = ast.Constant(ast.unparse(node.test))
        test, message = self.visit(node.test), self.visit(message)
        return placed(ast.Expr(runtime("assert_stmt", test, thunk(message), text)), node)

    # --- calls ---------------------------------------------------------------------------------

    def visit_Call(self, node: ast.Call) -> Any:
        function = node.func
        if isinstance(function, ast.Name):
            if function.id == "super" and not node.args and self._first:
                # Without arguments it looks into its own frame, which may be another one now.
                node.args = [placed(name("__class__"), node), placed(name(self._first), node)]
                return node
            if function.id in _PLAIN_CALLS or function.id.startswith(PREFIX):
                return self.generic_visit(node)
        self.generic_visit(node)
        node.func = placed(runtime("callee", node.func), function)
        return node

    def visit_Expr(self, node: ast.Expr) -> Any:
        call = node.value
        if (
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Attribute)
            and call.func.attr == "append"
            and isinstance(call.func.value, ast.Name)
            and call.func.value.id in self._locals
            and len(call.args) == 1
            and not call.keywords
        ):
            target = call.func.value.id
            made = runtime("append", name(target), self.visit(call.args[0]))
            return placed(ast.Assign([name(target, store=True)], made), node)
        return self.generic_visit(node)

    def visit_For(self, node: ast.For) -> Any:
        extra = getattr(node, "extra_test", None)
        iterated = node.iter
        self.generic_visit(node)
        if isinstance(iterated, ast.Call) and isinstance(node.iter, ast.Call):
            # range(n) of a tensor is no tensor here: the loop alone understands it.
            inner = node.iter.func
            if isinstance(inner, ast.Call):
                inner.func.attr = "iterated"  # type: ignore[attr-defined]
        node.extra_test = None if extra is None else self.visit(extra)  # type: ignore[attr-defined]
        return node


def _locals(tree: ast.FunctionDef) -> frozenset[str]:
    """The names that belong to a function itself."""
    parameters = {part.arg for part in ast.walk(tree.args) if isinstance(part, ast.arg)}
    foreign = {
        text
        for part in ast.walk(tree)
        if isinstance(part, ast.Global | ast.Nonlocal)
        for text in part.names
    }
    return frozenset((parameters | set(assigned(tree.body))) - foreign)


def _absent(at: ast.AST) -> ast.expr:
    """In the place of a default: the function's own are put back later."""
    return ast.copy_location(ast.Constant(None), at)


class _Statements:
    """Turns the If, While and For of one function into calls."""

    def __init__(self, tree: ast.FunctionDef) -> None:
        self._tree = tree
        self._serial = 0
        self._bound: dict[str, None] = {}
        self._liveness = Liveness(tree)

    def run(self) -> None:
        """Rewrites the function's body."""
        self._tree.body = self._block(self._tree.body)
        if self._bound:
            # A name that only functions inside assign must be this function's all the same.
            at = self._tree.body[0]
            targets = [name(text, store=True) for text in self._bound]
            binding: ast.stmt = ast.Assign(list(targets), ast.Constant(None))
            dead = placed(ast.If(ast.Constant(False), [binding], []), at)
            self._tree.body.insert(0, dead)

    def _block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for statement in statements:
            found += self._statement(statement)
        return found

    def _statement(self, node: Any) -> list[ast.stmt]:
        if isinstance(node, ast.If) and not is_static(node.test):
            return self._if(node)
        if isinstance(node, ast.While):
            return self._while(node)
        if isinstance(node, ast.For):
            return self._for(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return [node]
        for part in ("body", "orelse", "finalbody"):
            inner = getattr(node, part, None)
            if isinstance(inner, list) and inner:
                setattr(node, part, self._block(inner))
        for handler in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
            handler.body = self._block(handler.body)
        return [node]

    # --- the parts of a rewritten statement ----------------------------------------------------

    def _fresh(self, what: str) -> str:
        self._serial += 1
        return f"{PREFIX}{what}{self._serial}"

    def _declared(self, changed: Iterable[str]) -> list[ast.stmt]:
        """The nonlocal and global declarations of a function that assigns these."""
        shared = self._liveness.shared
        names = [text for text in changed if text.isidentifier()]
        own = [text for text in names if shared.get(text) != "global"]
        foreign = [text for text in names if shared.get(text) == "global"]
        self._bound.update(dict.fromkeys(text for text in own if text not in shared))
        found: list[ast.stmt] = [ast.Nonlocal(own)] if own else []
        return [*found, ast.Global(foreign)] if foreign else found

    def _define(
        self, what: str, body: Sequence[ast.stmt], changed: Iterable[str], *parameters: str
    ) -> tuple[str, ast.stmt]:
        """A function of a statement's body, and its name."""
        text = self._fresh(what)
        statements = [*self._declared(changed), *(body or [ast.Pass()])]
        made = ast.FunctionDef(text, _no_parameters(*parameters), statements, [])
        return text, made

    def _state(self, node: Any, changed: dict[str, ast.expr], live: Any) -> list[Any]:
        """What a statement hands on, with what is read later first; the getter and the setter.

        Returns the definitions, and the arguments for the runtime's function.
        """
        captured = self._liveness.captured
        texts = [text for text in changed if text.isidentifier()]
        paths = [text for text in changed if not text.isidentifier()]
        later = [text for text in texts if text in node.live_out]
        maybe = [text for text in texts if text not in node.live_out and text in captured]
        inside = [text for text in texts if text in live and text not in (*later, *maybe)]
        # An element or attribute belongs to an object that outlives the statement.
        paths = [text for text in paths if changed[text] is not None and self._lasts(text, changed)]
        names = [*later, *paths, *maybe, *inside]
        values: list[ast.expr] = [
            runtime("look", thunk(_reading(changed[text] if text in paths else text)))
            for text in names
        ]
        body: list[ast.stmt] = [ast.Return(ast.Tuple(values, ast.Load()))]
        getter, get = self._define("get", body, ())
        setter, put = self._define("set", self._setting(names, changed), names, f"{PREFIX}new")
        arguments = [
            name(getter),
            name(setter),
            ast.Tuple([ast.Constant(text) for text in names], ast.Load()),
            ast.Constant(len(later) + len(paths)),
            ast.Constant(len(maybe)),
        ]
        return [[get, put], arguments]

    def _lasts(self, text: str, changed: dict[str, ast.expr]) -> bool:
        """Whether nothing in the path of an attribute or element changes in the statement."""
        owner = changed[text]
        return not any(
            isinstance(part, ast.Name) and part.id in changed for part in ast.walk(owner)
        )

    def _setting(self, names: Sequence[str], changed: dict[str, ast.expr]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        for place, text in enumerate(names):
            value = ast.Subscript(name(f"{PREFIX}new"), ast.Constant(place), ast.Load())
            if text.isidentifier():
                gone = ast.If(
                    _is_undefined(name(text)), [ast.Delete([ast.Name(text, ast.Del())])], []
                )
                found += [ast.Assign([name(text, store=True)], value), gone]
            else:
                # Never assigned if it is undefined: an attribute may have a setter.
                there = runtime("look", thunk(_reading(changed[text])))
                delete = ast.Delete([_target(changed[text], ast.Del())])
                gone = ast.If(ast.UnaryOp(ast.Not(), _is_undefined(there)), [delete], [])
                put = ast.Assign([_target(changed[text], ast.Store())], value)
                found.append(ast.If(_is_undefined(value), [gone], [put]))
        return found

    # --- the statements ------------------------------------------------------------------------

    def _if(self, node: Any) -> list[ast.stmt]:
        changed = assigned([*node.body, *node.orelse])
        body, orelse = self._block(node.body), self._block(node.orelse)
        definitions, state = self._state(node, changed, node.live_in)
        first, true = self._define("body", body, changed)
        second, false = self._define("orelse", orelse, changed)
        call = runtime("if_stmt", node.test, name(first), name(second), *state)
        return self._placed(node, [true, false, *definitions, ast.Expr(call)])

    def _while(self, node: Any) -> list[ast.stmt]:
        options, statements = _options(node.body)
        changed = assigned([*statements, node.test])
        body = self._block(statements)
        definitions, state = self._state(node, changed, node.live_in)
        test, condition = self._define("test", [ast.Return(node.test)], assigned([node.test]))
        loop, step = self._define("body", body, changed)
        call = runtime("while_stmt", name(test), name(loop), *state[:3], options)
        return self._placed(node, [condition, step, *definitions, ast.Expr(call)])

    def _for(self, node: Any) -> list[ast.stmt]:
        options, statements = _options(node.body)
        changed = assigned([*statements, node.target])
        body = self._block(statements)
        definitions, state = self._state(node, changed, node.live_in)
        item = f"{PREFIX}item"
        take = ast.copy_location(ast.Assign([node.target], name(item)), node.target)
        loop, step = self._define("body", [take, *body], changed, item)
        extra = ast.Constant(None) if node.extra_test is None else thunk(node.extra_test)
        call = runtime("for_stmt", node.iter, extra, name(loop), *state[:3], options)
        return self._placed(node, [step, *definitions, ast.Expr(call)])

    def _placed(self, node: ast.stmt, made: list[Any]) -> list[ast.stmt]:
        return [placed(statement, node) for statement in made]


def _reading(target: ast.expr | str) -> ast.expr:
    """An assignment's target as an expression that reads it."""
    if isinstance(target, str):
        return name(target)
    return ast.parse(ast.unparse(target), mode="eval").body


def _target(target: ast.expr, use: ast.expr_context) -> ast.expr:
    made = _reading(target)
    made.ctx = use  # type: ignore[attr-defined]
    return made


def _is_undefined(value: ast.expr) -> ast.expr:
    undefined = ast.Attribute(name(RUNTIME), "UNDEFINED", ast.Load())
    return ast.Compare(value, [ast.Is()], [undefined])


def _options(body: list[ast.stmt]) -> tuple[ast.expr, list[ast.stmt]]:
    """The arguments of set_loop_options at the start of a loop's body, and the rest of it."""
    for place, statement in enumerate(body):
        call = statement.value if isinstance(statement, ast.Expr) else None
        if isinstance(call, ast.Call) and "set_loop_options" in ast.unparse(call.func):
            keys: list[ast.expr | None] = [ast.Constant(part.arg) for part in call.keywords]
            values = [part.value for part in call.keywords]
            return ast.Dict(keys, values), [*body[:place], *body[place + 1 :]]
        if not isinstance(statement, ast.Assign):
            break
    return ast.Constant(None), body
