"""InputLayer and Input, which the engine needs itself (see caudal/keras/engine/input_layer.py)."""

from caudal.keras.engine.input_layer import Input, InputLayer

__all__ = ["Input", "InputLayer"]
