"""How callables are called, as text: what tools/record_keras_signatures.py records of real Keras
and test_signatures.py reads off Caudal. Neither framework is imported here.
"""

import functools
import inspect
import types


def default(value):
    """A default as text that does not depend on who made it."""
    if value is None or isinstance(value, bool | int | float | str):
        return repr(value)
    if isinstance(value, tuple | list):
        return "(" + ", ".join(map(default, value)) + ")"
    return f"<{getattr(value, '__name__', type(value).__name__)}>"


def _signature(function):
    """As `inspect.signature`, which before Python 3.11.4 asks an inherited ``__new__`` first."""
    if inspect.isclass(function):
        made = next(cls for cls in function.__mro__ if {"__new__", "__init__"} & set(vars(cls)))
        if "__new__" not in vars(made) and made is not object:
            whole = inspect.signature(made.__init__)
            return whole.replace(parameters=list(whole.parameters.values())[1:])
    return inspect.signature(function)


def of(function):
    """[(stars and name, default or None)] of a callable; None where it has no signature."""
    try:
        parameters = list(_signature(function).parameters.values())
    except (ValueError, TypeError):
        return None
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return [
        stars.get(one.kind, "") + one.name
        + ("" if one.default is one.empty else "=" + default(one.default))
        for one in parameters
    ]  # fmt: skip


def modules(root):
    """{public path: module} below a package, without what is private to it."""
    found = {"": root}
    for path, module in list(_below(root, "", {id(root)})):
        found[path] = module
    return found


def _below(module, path, seen):
    for name in dir(module):
        if name.startswith("_") or name == "src":
            continue
        value = getattr(module, name, None)
        inner = isinstance(value, types.ModuleType) and ".src." not in value.__name__ + "."
        if inner and "keras" in value.__name__ and id(value) not in seen:
            seen.add(id(value))
            yield f"{path}{name}.", value
            yield from _below(value, f"{path}{name}.", seen)


def public(root):
    """{shortest public name: class or function}."""
    found = {}
    for path, module in modules(root).items():
        for name in dir(module):
            value = getattr(module, name, None)
            if name.startswith("_") or isinstance(value, types.ModuleType) or not callable(value):
                continue
            known = found.get(id(value))
            rank = (path.count("."), path + name)
            if known is None or rank < known[0]:
                found[id(value)] = (rank, value)
    return {rank[1]: value for rank, value in sorted(found.values(), key=lambda pair: pair[0])}


def methods(cls, known):
    """{name: method} that a class does not take over from another public class."""
    found = {}
    for name in dir(cls):
        value = inspect.getattr_static(cls, name)
        value = getattr(value, "__func__", value)
        if name.startswith("_") or isinstance(value, property | functools.cached_property):
            continue
        if callable(value) and not inspect.isclass(value) and _owner(cls, name) not in known:
            found[name] = getattr(cls, name)
    return found


def _owner(cls, name):
    """The public class whose method it is; None: its own, or one of a private base."""
    for base in cls.__mro__[1:]:
        if name in vars(base):
            return base if inspect.getattr_static(cls, name) is vars(base)[name] else None
    return None
