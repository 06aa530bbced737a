"""``keras.mixed_precision``: dtype policies under their older names."""

from caudal.keras.engine.policy import DTypePolicy
from caudal.keras.engine.policy import DTypePolicy as Policy
from caudal.keras.engine.policy import dtype_policy as global_policy
from caudal.keras.engine.policy import set_dtype_policy as set_global_policy
from caudal.keras.optimizers.loss_scale import LossScaleOptimizer
from caudal.namespaces import strict

dtype_policy = global_policy
set_dtype_policy = set_global_policy
# TensorFlow 2.0's to 2.3's, in mixed_precision.experimental.
set_policy = set_global_policy

__all__ = [
    "DTypePolicy",
    "LossScaleOptimizer",
    "Policy",
    "dtype_policy",
    "global_policy",
    "set_dtype_policy",
    "set_global_policy",
]

__getattr__ = strict(__name__, label="keras.mixed_precision")
