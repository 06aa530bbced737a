"""``keras.distillation``: a small model learns from a large one.

``losses``: how far the student is from the teacher; ``compatible``: which models fit together;
``features``: what both give, their inner layers included; ``distiller``: the model that trains.
"""

from caudal.keras.distillation.distiller import Distiller
from caudal.keras.distillation.losses import (
    DistillationLoss,
    FeatureDistillation,
    LogitsDistillation,
)
from caudal.namespaces import strict

__all__ = ["DistillationLoss", "Distiller", "FeatureDistillation", "LogitsDistillation"]

__getattr__ = strict(__name__, label="keras.distillation")
