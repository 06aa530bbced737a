"""Functions of TensorFlow 1 that share variables between calls, or fill them from a file."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from caudal.compat.graph_variables import AUTO_REUSE, global_variables, variable_scope
from caudal.errors import InvalidArgumentError, NotFoundError
from caudal.framework import Variable, init_scope
from caudal.train.reading import load_checkpoint


def make_template(
    name_: str,
    func_: Callable[..., Any],
    create_scope_now_: bool = False,
    unique_name_: str | None = None,
    custom_getter_: Any = None,
    **kwargs: Any,
) -> Callable[..., Any]:
    """A function whose calls share the variables that the first one gets.

    ``kwargs`` are arguments of ``func_`` that are given at each call.
    """
    if custom_getter_ is not None:
        raise InvalidArgumentError("make_template: custom_getter_ is not supported.")
    label = unique_name_ or name_

    @functools.wraps(func_)
    def shared(*args: Any, **more: Any) -> Any:
        with variable_scope(label, reuse=AUTO_REUSE):
            return func_(*args, **{**kwargs, **more})

    return shared


def init_from_checkpoint(ckpt_dir_or_file: Any, assignment_map: Any) -> None:
    """Gives variables the values of a checkpoint, at once.

    Args:
        ckpt_dir_or_file: the file's prefix, or a folder with a checkpoint.
        assignment_map: by a name in the file a variable, a variable's name, or (both ending in
            "/") a scope: all variables of that scope have the names of the other one.

    Raises:
        NotFoundError: a name is not in the file, or there is no such variable.
    """
    reader = load_checkpoint(ckpt_dir_or_file)
    known = {v.name.removesuffix(":0"): v for v in global_variables()}
    for source, target in assignment_map.items():
        for name, variable in _pairs(source, target, known):
            if not reader.has_tensor(name):
                raise NotFoundError(
                    "init_from_checkpoint: {path} has no tensor {name!r}.",
                    path=ckpt_dir_or_file,
                    name=name,
                )
            with init_scope():
                value = reader.get_tensor(name)
                Variable.assign(variable, value)
                # What the initializer of the graph gives it from now on.
                variable._start = value


def _pairs(source: str, target: Any, known: dict[str, Any]) -> list[tuple[str, Any]]:
    if not isinstance(target, str):
        return [(source, target)]
    if target.endswith("/"):
        prefix = "" if target == "/" else target
        lead = "" if source == "/" else source
        inside = [name for name in known if name.startswith(prefix)]
        return [(lead + name.removeprefix(prefix), known[name]) for name in inside]
    if target not in known:
        raise NotFoundError(
            "init_from_checkpoint: there is no variable {name!r}, known are {known}.",
            name=target,
            known=sorted(known),
        )
    return [(source, known[target])]
