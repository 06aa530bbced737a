"""Keras: layers, models, training. Keras 3's semantics, one class object under every alias.

``engine`` holds what everything stands on; ``layers``, ``models``, ``losses``, ``metrics``,
``optimizers``, ``callbacks``, ``initializers`` are Keras's own folders; ``training`` is `fit`.
"""

from caudal.namespaces import lazy, table

__version__ = "3.15.1"


def version() -> str:
    """The Keras version whose semantics these are."""
    return __version__


_PLACES = table(
    {
        "caudal.keras.activations": "*",
        "caudal.keras.applications": "*",
        "caudal.keras.backend": "*",
        "caudal.keras.callbacks": "*",
        "caudal.keras.config": "*",
        "caudal.keras.constraints": "*",
        "caudal.keras.datasets": "*",
        "caudal.keras.distillation": "*",
        "caudal.keras.distribution": "*",
        "caudal.keras.dtype_policies": "*",
        "caudal.keras.export": "*",
        "caudal.keras.initializers": "*",
        "caudal.keras.legacy": "*",
        "caudal.keras.wrappers": "*",
        "caudal.keras.layers": "*",
        "caudal.keras.losses": "*",
        "caudal.keras.metrics": "*",
        "caudal.keras.mixed_precision": "*",
        "caudal.keras.models": "*",
        "caudal.keras.ops": "*",
        "caudal.keras.optimizers": "*",
        "caudal.keras.preprocessing": "*",
        "caudal.keras.quantizers": "*",
        "caudal.keras.random": "*",
        "caudal.keras.regularizers": "*",
        "caudal.keras.saving": "*",
        "caudal.keras.tree": "*",
        "caudal.keras.utils": "*",
        "caudal.keras.visualization": "*",
        "caudal.keras.models.model": "Model",
        "caudal.keras.models.sequential": "Sequential",
        "caudal.config.devices": "device",
        "caudal.keras.engine.function": "Function",
        "caudal.keras.engine.input_layer": "Input",
        "caudal.keras.engine.input_spec": "InputSpec",
        "caudal.keras.engine.keras_tensor": "KerasTensor",
        "caudal.keras.engine.layer": "Layer",
        "caudal.keras.engine.names": "name_scope",
        "caudal.keras.engine.operation": "Operation",
        "caudal.keras.engine.policy": "DTypePolicy FloatDTypePolicy",
        "caudal.keras.engine.remat": "RematScope remat",
        "caudal.keras.engine.stateless_scope": "StatelessScope SymbolicScope",
        "caudal.keras.initializers.initializer": "Initializer",
        "caudal.keras.losses.loss": "Loss",
        "caudal.keras.metrics.metric": "Metric",
        "caudal.keras.optimizers.optimizer": "Optimizer",
        "caudal.keras.quantizers.abs_max": "Quantizer",
        "caudal.keras.variables": "Variable",
    }
)
_PLACES["Regularizer"] = "caudal.keras.regularizers:Regularizer"

__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras")
