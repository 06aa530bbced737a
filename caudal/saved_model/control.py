"""Calls, branches, loops, variables and lists of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import control, ops
from caudal.array.arguments import as_tensor, dims, scalar, static_int, static_ints
from caudal.array.movement import concat, stack, unstack
from caudal.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    OutOfRangeError,
    UnimplementedError,
)
from caudal.framework import Tensor, Variable, convert_to_tensor, is_symbolic
from caudal.saved_model.registry import reads


@reads("Identity", "DisableCopyOnRead")
def _identity(call: Any, x: Any) -> Any:
    return x


@reads("IdentityN")
def _identity_n(call: Any, *inputs: Any) -> Any:
    return inputs


@reads("NoOp", "ControlTrigger")
def _no_op(call: Any, *inputs: Any) -> Any:
    return ()


@reads("Placeholder", "PlaceholderV2")
def _placeholder(call: Any) -> Any:
    raise InvalidArgumentError(
        "The graph's input {name!r} is needed and was not given.", name=call.name
    )


@reads("PlaceholderWithDefault")
def _placeholder_with_default(call: Any, x: Any) -> Any:
    return x


@reads("Assert")
def _assert(call: Any, condition: Any, *data: Any) -> Any:
    """A condition that is known now is looked at; a compiled function computes on."""
    if not is_symbolic(condition) and not bool(np.all(as_tensor(condition).numpy())):
        shown = [str(entry.numpy()) for entry in data if not is_symbolic(entry)]
        raise InvalidArgumentError(
            "The assertion {name!r} failed: {data}", name=call.name, data=" ".join(shown)
        )
    return ()


# --- calls ------------------------------------------------------------------------------------


@reads("PartitionedCall", "StatefulPartitionedCall")
def _call(call: Any, *arguments: Any) -> Any:
    return call.function("f")(*arguments)


def _branch(fn: Any, arguments: tuple[Any, ...]) -> Any:
    return lambda: fn(*arguments)


def _truth(value: Any) -> Any:
    """A condition as a bool scalar: texts and tensors are true where they are not empty."""
    tensor = as_tensor(value)
    if tensor.dtype.name == "string":
        return convert_to_tensor(bool(tensor.numpy()))
    return tensor if tensor.dtype.is_bool else ops.not_equal(tensor, scalar(0, tensor))


@reads("If", "StatelessIf")
def _if(call: Any, condition: Any, *arguments: Any) -> Any:
    then, other = call.function("then_branch"), call.function("else_branch")
    return control.cond(_truth(condition), _branch(then, arguments), _branch(other, arguments))


@reads("Case", "StatelessCase")
def _case(call: Any, index: Any, *arguments: Any) -> Any:
    branches = [_branch(fn, arguments) for fn in call.functions("branches")]
    return control.switch_case(index, branches)


@reads("While", "StatelessWhile")
def _while(call: Any, *state: Any) -> Any:
    """A loop whose length is known now is unrolled into the program; any other runs eagerly."""
    condition, body = call.function("cond"), call.function("body")
    values: list[Any] = list(state)
    while True:
        (going,) = condition(*values)
        going = _truth(going)
        if is_symbolic(going):
            break
        if not bool(going):
            return values
        values = body(*values)
    if any(not isinstance(value, Tensor) for value in values):
        raise UnimplementedError(
            "The loop {name!r} fills lists of tensors for as long as a computed condition holds: "
            "it runs outside of compiled functions only.",
            name=call.name,
        )
    return control.while_loop(
        lambda *now: _truth(condition(*now)[0]), lambda *now: body(*now), values
    )


# --- variables --------------------------------------------------------------------------------


class Handle:
    """A variable that the graph names and that has no value yet."""

    def __init__(self, name: str) -> None:
        self.name = name


def _variable(value: Any) -> Variable:
    if not isinstance(value, Variable):
        raise FailedPreconditionError(
            "The variable {name!r} of the graph has no value.", name=getattr(value, "name", "?")
        )
    return value


@reads("VarHandleOp")
def _var_handle(call: Any) -> Any:
    name = call.text("shared_name", "") or call.name
    return call.resources.setdefault(name, Handle(name))


@reads("VariableV2", "Variable")
def _old_variable(call: Any) -> Any:
    name = call.text("shared_name", "") or call.name
    return _variable(call.resources.setdefault(name, Handle(name)))


@reads("ReadVariableOp")
def _read(call: Any, variable: Any) -> Any:
    return _variable(variable).read_value()


@reads("VarIsInitializedOp", "IsVariableInitialized")
def _is_initialized(call: Any, variable: Any) -> Any:
    return convert_to_tensor(isinstance(variable, Variable))


@reads("AssignVariableOp")
def _assign(call: Any, variable: Any, value: Any) -> Any:
    _variable(variable).assign(value)
    return ()


@reads("AssignAddVariableOp")
def _assign_add(call: Any, variable: Any, value: Any) -> Any:
    _variable(variable).assign_add(value)
    return ()


@reads("AssignSubVariableOp")
def _assign_sub(call: Any, variable: Any, value: Any) -> Any:
    _variable(variable).assign_sub(value)
    return ()


@reads("Assign", "AssignAdd", "AssignSub")
def _old_assign(call: Any, variable: Any, value: Any) -> Any:
    method = {"Assign": "assign", "AssignAdd": "assign_add", "AssignSub": "assign_sub"}[call.op]
    target = _variable(variable)
    getattr(target, method)(value)
    return target.read_value()


@reads("ResourceGather")
def _resource_gather(call: Any, variable: Any, indices: Any) -> Any:
    from caudal.array.indexing import gather

    value = _variable(variable).read_value()
    return gather(value, indices, axis=0, batch_dims=call.get("batch_dims", 0))


@reads("VariableShape")
def _variable_shape(call: Any, variable: Any) -> Any:
    return convert_to_tensor(np.asarray(_variable(variable).shape, np.int32))


@reads("ResourceScatterUpdate", "ResourceScatterAdd")
def _resource_scatter(call: Any, variable: Any, indices: Any, updates: Any) -> Any:
    from caudal.array import indexing

    target = _variable(variable)
    place = ops.reshape(indices, shape=(*dims(indices), 1))
    add = call.op.endswith("Add")
    change = indexing.tensor_scatter_nd_add if add else indexing.tensor_scatter_nd_update
    target.assign(change(target.read_value(), place, updates))
    return ()


# --- lists of tensors -------------------------------------------------------------------------


class TensorList:
    """An immutable list of tensors of one dtype; an element that was not set is None."""

    __slots__ = ("dtype", "items", "shape")

    def __init__(self, items: tuple[Any, ...], dtype: Any, shape: Any) -> None:
        self.items = items
        self.dtype = dtype
        self.shape = shape

    def at(self, index: int) -> Any:
        """An element; zeros where none was set."""
        if not 0 <= index < len(self.items):
            raise OutOfRangeError(
                "A list of {size} tensors has no element {index}.",
                size=len(self.items),
                index=index,
            )
        found = self.items[index]
        return self._zeros() if found is None else found

    def _zeros(self) -> Any:
        shape = self.shape
        if shape is None or any(extent < 0 for extent in shape):
            shape = next((dims(item) for item in self.items if item is not None), None)
        if shape is None:
            raise FailedPreconditionError("A list of tensors holds none and has no shape.")
        return convert_to_tensor(np.zeros(shape, self.dtype.np_dtype))

    def with_items(self, items: tuple[Any, ...]) -> TensorList:
        """A list of the same kind with other elements."""
        return TensorList(items, self.dtype, self.shape)


_MOST = 1 << 24
"""Elements of a list that a file may ask for."""


def _extents(shape: Any) -> tuple[int, ...] | None:
    found = static_ints(shape, "TensorList: element_shape")
    return None if len(dims(as_tensor(shape))) == 0 else found


@reads("TensorListReserve", "EmptyTensorList")
def _list_reserve(call: Any, shape: Any, count: Any) -> Any:
    size = 0 if call.op == "EmptyTensorList" else static_int(count, call.op)
    if not 0 <= size <= _MOST:
        raise InvalidArgumentError("A list of {size} tensors is refused.", size=size)
    return TensorList((None,) * size, call["element_dtype"], _extents(shape))


@reads("TensorListFromTensor")
def _list_from_tensor(call: Any, x: Any, shape: Any) -> Any:
    return TensorList(tuple(unstack(x)), x.dtype, _extents(shape))


@reads("TensorListStack")
def _list_stack(call: Any, items: Any, shape: Any) -> Any:
    if not items.items:
        extents = _extents(shape) or ()
        return convert_to_tensor(np.zeros((0, *map(abs, extents)), items.dtype.np_dtype))
    return stack([items.at(i) for i in range(len(items.items))])


@reads("TensorListGetItem")
def _list_get(call: Any, items: Any, index: Any, shape: Any) -> Any:
    return items.at(static_int(index, call.op))


@reads("TensorListSetItem")
def _list_set(call: Any, items: Any, index: Any, value: Any) -> Any:
    place, old = static_int(index, call.op), list(items.items)
    if place == len(old) and call.get("resize_if_index_out_of_bounds", False):
        old.append(None)
    if not 0 <= place < len(old):
        raise OutOfRangeError(
            "A list of {size} tensors has no element {index}.", size=len(old), index=place
        )
    old[place] = value
    return items.with_items(tuple(old))


@reads("TensorListPushBack")
def _list_push(call: Any, items: Any, value: Any) -> Any:
    return items.with_items((*items.items, value))


@reads("TensorListPopBack", outputs=("output_handle", "tensor"))
def _list_pop(call: Any, items: Any, shape: Any) -> Any:
    return items.with_items(items.items[:-1]), items.at(len(items.items) - 1)


@reads("TensorListLength")
def _list_length(call: Any, items: Any) -> Any:
    return convert_to_tensor(np.int32(len(items.items)))


@reads("TensorListGather")
def _list_gather(call: Any, items: Any, indices: Any, shape: Any) -> Any:
    return stack([items.at(i) for i in static_ints(indices, call.op)])


@reads("TensorListConcatV2", outputs=("tensor", "lengths"))
def _list_concat(call: Any, items: Any, shape: Any, leading: Any) -> Any:
    found = [items.at(i) for i in range(len(items.items))]
    lengths = np.asarray([dims(item)[0] for item in found], np.int64)
    return concat(found, 0), convert_to_tensor(lengths)
