"""LoRA: a weight that stays as it is, plus a learned product of two narrow matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal.errors import (
    FailedPreconditionError,
    InvalidArgumentError,
    MissingNameError,
    UnimplementedError,
)
from caudal.framework import convert_to_tensor
from caudal.keras import initializers
from caudal.keras import numeric as n
from caudal.keras.engine.layer import Layer
from caudal.keras.layers.arguments import positive
from caudal.linalg import tensordot


class _NotReady(FailedPreconditionError, ValueError):
    """Keras raises a ValueError."""


LORA: dict[str, Any] = {"lora_rank": None, "lora_alpha": None}


class LowRank(Layer):
    """A layer with one great weight, to which `enable_lora` adds a product of low rank.

    Hu and others, "LoRA: Low-Rank Adaptation of Large Language Models", 2021.
    """

    _great = "kernel"
    """The attribute of the weight."""
    lora_enabled = False
    lora_rank: int | None = None
    lora_alpha: float | None = None

    def _take_lora(self, kwargs: dict[str, Any]) -> None:
        """The constructor's arguments ``lora_rank`` and ``lora_alpha``, out of ``kwargs``."""
        rank, alpha = kwargs.pop("lora_rank", None), kwargs.pop("lora_alpha", None)
        cls = type(self).__name__
        self._lora_wanted = None if rank is None else (positive(rank, "lora_rank", cls), alpha)

    def _enable_wanted_lora(self) -> None:
        if self._lora_wanted is not None and not self.lora_enabled:
            self.built = True
            self.enable_lora(*self._lora_wanted)

    def _great_weight(self) -> Any:
        """The weight, with the low-rank product where there is one."""
        weight = self.__dict__.get("_" + self._great)
        if weight is None:
            raise MissingNameError(
                "You must build the layer before accessing `{name}`.", name=self._great
            )
        if not self.lora_enabled:
            return weight
        return convert_to_tensor(weight) + n.cast(self._low_rank_product(), weight.dtype)

    def _great_shape(self) -> tuple[int, ...]:
        return tuple(int(extent) for extent in self.__dict__["_" + self._great].shape)

    def _low_rank_product(self) -> Any:
        factors = [convert_to_tensor(getattr(self, f"lora_{self._great}_{x}")) for x in "ab"]
        a, b = (n.cast(factor, "float32") for factor in factors)
        return tensordot(a, b, 1) * (float(self.lora_alpha or 0) / float(self.lora_rank or 1))

    def enable_lora(
        self,
        rank: int,
        lora_alpha: float | None = None,
        a_initializer: Any = "he_uniform",
        b_initializer: Any = "zeros",
    ) -> None:
        """Freezes the weight and learns ``lora_alpha / rank * a @ b`` on top of it.

        a has the weight's shape with ``rank`` as its last extent, b is (rank, last extent).
        lora_alpha: ``rank`` by default. Compile the model again afterwards.

        Raises:
            FailedPreconditionError: the layer is not built, or has LoRA already.
            InvalidArgumentError: the weight has a constraint.
            UnimplementedError: GPTQ or AWQ quantized the layer.
        """
        name = self._great
        if self.quantization_mode in ("gptq", "awq"):
            raise UnimplementedError(
                "lora is not supported with {mode} quantization.", mode=self.quantization_mode
            )
        if getattr(self, f"{name}_constraint", None) is not None:
            raise InvalidArgumentError(
                "Lora is incompatible with {name} constraints: remove `{name}_constraint`.",
                name=name,
            )
        if not self.built:
            raise _NotReady("Cannot enable lora on a layer that isn't yet built.")
        if self.lora_enabled:
            raise _NotReady("lora is already enabled. This can only be done once per layer.")
        rank = positive(rank, "rank", f"{type(self).__name__}.enable_lora")
        weight = self.__dict__["_" + name]
        shape = self._great_shape()
        starts = {
            "a": (a_initializer, (*shape[:-1], rank)),
            "b": (b_initializer, (rank, shape[-1])),
        }
        for factor, (initializer, extents) in starts.items():
            made = self.add_weight(
                name=f"lora_{name}_{factor}",
                shape=extents,
                initializer=initializers.get(initializer),
                dtype="float32",
                regularizer=getattr(self, f"{name}_regularizer", None),
            )
            setattr(self, f"lora_{name}_{factor}", made)
        weight.trainable = False
        self.lora_enabled, self.lora_rank = True, rank
        self.lora_alpha = rank if lora_alpha is None else lora_alpha

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        config = super().get_config()
        if self.lora_rank is not None:
            config.update(lora_rank=self.lora_rank, lora_alpha=self.lora_alpha)
        return config

    def _stored_variables(self) -> list[Any]:
        """What files hold: with LoRA the great weight and the bias."""
        if not self.lora_enabled:
            return super()._stored_variables()
        bias = getattr(self, "bias", None)
        return [self.__dict__["_" + self._great], *([] if bias is None else [bias])]

    def save_own_variables(self, store: Any) -> None:
        """Writes the variables; the low-rank product is added to the weight."""
        if not self.lora_enabled:
            super().save_own_variables(store)
            return
        for place, variable in enumerate(self._stored_variables()):
            store[str(place)] = (variable if place else self._great_weight()).numpy()

    def _loaded(self) -> None:
        # What a file holds has the product in it already.
        for factor in "ab" if self.lora_enabled else "":
            weight = getattr(self, f"lora_{self._great}_{factor}")
            weight.assign(np.zeros(tuple(weight.shape), "float32"))


def great_weight(name: str) -> Any:
    """The property of a `LowRank` layer that gives, and sets, its weight."""

    def read(self: Any) -> Any:
        return self._great_weight()

    def write(self: Any, value: Any) -> None:
        setattr(self, "_" + name, value)

    return property(read, write)
