"""Models: layers in a row (``sequential``), in a graph (``functional``), or in code (``model``).

``cloning`` copies a model with fresh weights.
"""

from caudal.keras.models.cloning import clone_model
from caudal.keras.models.functional import Functional
from caudal.keras.models.model import Model, model_from_json
from caudal.keras.models.sequential import Sequential
from caudal.keras.saving.api import load_model, save_model
from caudal.namespaces import strict

__all__ = [
    "Functional",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]

__getattr__ = strict(__name__, label="keras.models")
