"""The dtypes of a layer: its policy, and casting what goes in and the variables it reads."""

from __future__ import annotations

from typing import Any

from caudal import ops
from caudal.errors import UnimplementedError
from caudal.framework.nest import map_structure
from caudal.ir.dtypes import as_dtype
from caudal.keras.engine import masks
from caudal.keras.engine.keras_tensor import KerasTensor
from caudal.keras.engine.policy import DTypePolicyMap, get_policy


def no_quantize(layer: Any) -> UnimplementedError:
    """The error of a layer that cannot be quantized."""
    return UnimplementedError(
        "Layer {cls} does not have a `quantize()` method implemented.", cls=type(layer).__name__
    )


class LayerPolicy:
    """What a layer knows of dtypes."""

    autocast: bool
    _policy: Any

    @property
    def path(self) -> str:
        """The name with the scopes in which the layer was first used."""
        raise NotImplementedError

    @property
    def dtype_policy(self) -> Any:
        """The policy that names the dtypes; may be set, by a name as well."""
        return self._policy

    @dtype_policy.setter
    def dtype_policy(self, value: Any) -> None:
        policy = get_policy(value)
        mode = policy.quantization_mode
        if isinstance(self._policy, DTypePolicyMap):
            if self.path in self._policy:
                del self._policy[self.path]
            self._policy[self.path] = policy
        else:
            self._policy = policy
        fresh = getattr(self, "built", False) and not getattr(self, "_is_quantized", False)
        if mode is not None and fresh:
            self.quantize(mode)

    @property
    def _own_policy(self) -> Any:
        """The policy, looked up by the layer's path where it is a map."""
        policy = self._policy
        return policy[self.path] if isinstance(policy, DTypePolicyMap) else policy

    @property
    def dtype(self) -> str:
        """The dtype of the weights."""
        return str(self._own_policy.variable_dtype)

    variable_dtype = dtype

    @property
    def compute_dtype(self) -> str:
        """The dtype of the arithmetic."""
        return str(self._own_policy.compute_dtype)

    input_dtype = compute_dtype

    @property
    def quantization_mode(self) -> str | None:
        """How the weights are quantized; None if they are not."""
        mode: str | None = self._own_policy.quantization_mode
        return mode

    def quantize(self, mode: Any = None, type_check: bool = True, config: Any = None) -> None:
        """Makes the weights small integers; only some layers can.

        Raises:
            InvalidArgumentError: the layer is not built, or the mode is none.
            UnimplementedError: this layer cannot.
        """
        from caudal.keras.quantizers.configs import resolve_for

        resolve_for(self, mode, config)
        raise no_quantize(self)

    def quantized_build(self, input_shape: Any, mode: str, config: Any = None) -> None:
        """Makes the variables of a quantized layer; only some layers can.

        Raises:
            UnimplementedError: this layer cannot.
        """
        raise UnimplementedError(
            "Layer {cls} does not have a `quantized_build()` method implemented.",
            cls=type(self).__name__,
        )

    def _cast(self, tensor: Any) -> Any:
        """A float tensor in the dtype of the arithmetic; symbolic Keras tensors stay."""
        if not self.autocast or isinstance(tensor, KerasTensor):
            return tensor
        dtype = self._own_policy.compute_dtype
        found = as_dtype(tensor.dtype)
        if not found.is_floating or found.name == dtype:
            return tensor
        cast = ops.cast(tensor, dtype=as_dtype(dtype))
        masks.set_mask(cast, masks.mask_of(tensor))
        return cast

    def _seen(self, arguments: Any) -> Any:
        """Symbolic Keras tensors as `call` will see them: floats in the arithmetic's dtype."""

        def leaf(value: Any) -> Any:
            if not isinstance(value, KerasTensor) or not as_dtype(value.dtype).is_floating:
                return value
            dtype = self._own_policy.compute_dtype
            return value if value.dtype == dtype else KerasTensor(value.shape, dtype)

        return map_structure(leaf, arguments) if self.autocast else arguments

    def _variables_as(self, outer: Any) -> Any:
        """The dtype that `call` reads float variables in: None as they are, False as outside.

        ``outer`` is the same of the layer around.
        """
        policy = self._own_policy
        if outer is None:
            mixed = policy.compute_dtype != policy.variable_dtype
            return as_dtype(policy.compute_dtype) if mixed else None
        compute = as_dtype(policy.compute_dtype)
        return compute if self.autocast and compute.is_floating else False
