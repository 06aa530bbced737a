"""Converting functions: once per code object, when a call first reaches them.

The new code keeps the old one's file, lines, names, globals and closure, so that tracebacks and
debuggers show the program as it was written.
"""

from __future__ import annotations

import ast
import functools
import inspect
import logging
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

from caudal import control
from caudal.autograph import runtime
from caudal.autograph.loops import iterated
from caudal.autograph.rewrite import PREFIX, RUNTIME, rewrite
from caudal.autograph.source import NoSource, tree_of
from caudal.framework import nest

# Libraries whose functions run as they are; all of Python's own belong to them.
_LIBRARIES = frozenset(
    "caudal numpy scipy pandas matplotlib PIL h5py sklearn llvmlite rich tqdm absl pytest _pytest "
    "IPython ipykernel optuna tensorboard seaborn tensorflow keras tf_keras six wrapt".split()
)
_FACTORY, _INNER = PREFIX + "factory", PREFIX + "function"
_MARK = "_caudal_unconverted"

_known: dict[int, tuple[weakref.ref[types.CodeType], types.CodeType | None]] = {}


def unconverted(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, which will be called as it is."""

    @functools.wraps(function)
    def plain(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    setattr(plain, _MARK, True)
    return plain


def convert(target: Any) -> Any:
    """A callable that does the same with control flow on tensors allowed; itself if need be.

    Functions, methods, partials and objects of classes with ``__call__`` are converted; classes,
    built-in functions and what belongs to a library are not.
    """
    kind = type(target)
    if kind is types.FunctionType:
        return _function(target)
    if kind is types.MethodType:
        made = convert(target.__func__)
        return target if made is target.__func__ else types.MethodType(made, target.__self__)
    if kind is functools.partial:
        return functools.partial(convert(target.func), *target.args, **target.keywords)
    if isinstance(target, type) or kind is types.BuiltinFunctionType:
        return target
    call = getattr(kind, "__call__", None)  # noqa: B004
    if type(call) is types.FunctionType:
        made = _function(call)
        return target if made is call else types.MethodType(made, target)
    return target


def is_library(function: types.FunctionType) -> bool:
    """Whether a function belongs to Python or to a library that runs as it is."""
    root = str(function.__globals__.get("__name__", "")).partition(".")[0]
    return root in _LIBRARIES or root in sys.stdlib_module_names


def _function(function: types.FunctionType) -> types.FunctionType:
    if is_library(function) or getattr(function, _MARK, False):
        return function
    code = converted_code(function)
    if code is None or code is function.__code__:
        return function
    cells = dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    cells[RUNTIME] = _RUNTIME_CELL
    closure = tuple(cells[name] for name in code.co_freevars)
    made = types.FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, closure
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__qualname__ = function.__qualname__
    made.__doc__ = function.__doc__
    made.__module__ = function.__module__
    made.__dict__.update(function.__dict__)
    return made


def converted_code(function: types.FunctionType) -> types.CodeType | None:
    """The new code of a function, None where it has no source."""
    code = function.__code__
    found = _known.get(id(code))
    if found is not None and found[0]() is code:
        return found[1]
    try:
        made: types.CodeType | None = _compiled(code, convert_tree(function))
    except NoSource:
        made = None
    except Exception as error:
        # Most functions need no conversion: better as it stands than not at all.
        made = None
        logging.getLogger("tensorflow").warning(
            f"AutoGraph could not convert {function.__qualname__!r} and calls it as it is: "
            f"{type(error).__name__}: {error}"
        )
    _remember(code, made)
    if made is not None:
        _remember_inside(made)
    return made


def convert_tree(function: types.FunctionType) -> Any:
    """The converted syntax tree of a function."""
    return rewrite(tree_of(function.__code__), _class_of(function))


def _class_of(function: types.FunctionType) -> str:
    """The name of the class that a function was written in, for its private names."""
    names = function.__qualname__.split(".")[:-1]
    while names and names[-1] == "<locals>":
        # A function inside a method is part of the method's class.
        names = names[:-2]
    return names[-1] if names else ""


def _remember(code: types.CodeType, made: types.CodeType | None) -> None:
    key = id(code)

    def forget(_: Any, known: dict[int, Any] = _known) -> None:
        known.pop(key, None)

    _known[key] = (weakref.ref(code, forget), made)


def _remember_inside(code: types.CodeType) -> None:
    """Functions inside a converted one are converted already."""
    _remember(code, code)
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            _remember_inside(const)


def _compiled(code: types.CodeType, tree: Any) -> types.CodeType:
    """The code of a converted tree, with the old one's closure."""
    names = [RUNTIME, *code.co_freevars]
    spec = ast.arguments(
        posonlyargs=[],
        args=[ast.arg(name) for name in dict.fromkeys(names)],
        kwonlyargs=[],
        kw_defaults=[],
        defaults=[],
    )
    name = code.co_name
    if isinstance(tree, ast.Lambda):
        body: ast.stmt = ast.Return(tree)
    else:
        # Under another name, or the function would not see itself in its globals.
        body, tree.name, name = tree, _INNER, _INNER
    factory = ast.FunctionDef(_FACTORY, spec, [body], [])
    ast.fix_missing_locations(ast.copy_location(factory, tree))
    if sys.version_info >= (3, 12):
        factory.type_params = []
        for part in ast.walk(factory):
            if isinstance(part, ast.FunctionDef):
                part.type_params = getattr(part, "type_params", [])
    flags = code.co_flags & _future_flags()
    module = ast.Module([factory], [])
    made = compile(module, code.co_filename, "exec", flags=flags, dont_inherit=True)
    outer = _inner_code(made, _FACTORY)
    return _renamed(_inner_code(outer, name), code)


def _future_flags() -> int:
    import __future__

    return __future__.annotations.compiler_flag


def _inner_code(code: types.CodeType, name: str) -> types.CodeType:
    return next(
        const
        for const in code.co_consts
        if isinstance(const, types.CodeType) and const.co_name == name
    )


def _renamed(code: types.CodeType, like: types.CodeType) -> types.CodeType:
    """The parts of a function made by the conversion bear the function's own name."""
    changes: dict[str, Any] = {"co_name": like.co_name}
    if sys.version_info >= (3, 11):
        changes["co_qualname"] = like.co_qualname
    consts = []
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            ours = const.co_name.startswith(PREFIX)
            const = _renamed(const, like if ours else const)
        consts.append(const)
    return code.replace(co_consts=tuple(consts), **changes)


def callee(target: Any) -> Any:
    """What a converted function calls in place of ``target``."""
    kind = type(target)
    if kind is types.FunctionType:
        return _handing_on(target) if target.__module__ == control.__name__ else convert(target)
    if isinstance(target, type) or kind is types.BuiltinFunctionType:
        return runtime.overload(target) or target
    return convert(target)


def _handing_on(function: Callable[..., Any]) -> Callable[..., Any]:
    """tf.cond, tf.map_fn and their like: the functions that they are given are converted."""

    def converted(leaf: Any) -> Any:
        return convert(leaf) if isinstance(leaf, types.FunctionType | types.MethodType) else leaf

    def call(*args: Any, **kwargs: Any) -> Any:
        args, kwargs = nest.map_structure(converted, (args, kwargs))
        return function(*args, **kwargs)

    return call


def _iterated(target: Any) -> Any:
    return iterated(target, callee)


_RUNTIME_CELL = types.CellType(
    types.SimpleNamespace(callee=callee, iterated=_iterated, **runtime.NAMES)
)


def source_of(function: Any) -> str:
    """The text of what a function is converted to.

    Raises:
        NoSource: its source is not there.
    """
    inner = inspect.unwrap(function)
    return ast.unparse(convert_tree(getattr(inner, "__func__", inner)))
