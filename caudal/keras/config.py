"""``keras.config``: the global settings."""

from caudal.debugging import (
    disable_traceback_filtering,
    enable_traceback_filtering,
    is_traceback_filtering_enabled,
)
from caudal.errors import UnimplementedError
from caudal.keras.backend import (
    backend,
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from caudal.keras.engine.policy import dtype_policy, set_dtype_policy
from caudal.keras.engine.switches import (
    disable_flash_attention,
    disable_interactive_logging,
    enable_flash_attention,
    enable_interactive_logging,
    is_flash_attention_enabled,
    is_interactive_logging_enabled,
    max_epochs,
    max_steps_per_epoch,
    set_max_epochs,
    set_max_steps_per_epoch,
)
from caudal.namespaces import strict


def set_backend(backend: str) -> None:
    """Accepts "tensorflow", which is what Caudal stands in for.

    Raises:
        UnimplementedError: another backend.
    """
    if backend != "tensorflow":
        raise UnimplementedError(
            "set_backend: Caudal runs Keras by itself and answers to the name 'tensorflow'; "
            "received {backend!r}.",
            backend=backend,
        )


def is_nnx_enabled() -> bool:
    """Whether Flax's NNX is in use: never."""
    return False


def enable_unsafe_deserialization() -> None:
    """Refused: loading never runs code that a file brings with it.

    Raises:
        UnimplementedError: always.
    """
    raise UnimplementedError(
        "enable_unsafe_deserialization: Caudal never runs code that a file holds. Pass the "
        "functions that a model needs as custom_objects, or load one model that you trust with "
        "load_model(path, safe_mode=False)."
    )


__all__ = [
    "backend",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "set_backend",
    "set_dtype_policy",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
]

__getattr__ = strict(__name__, label="keras.config")
