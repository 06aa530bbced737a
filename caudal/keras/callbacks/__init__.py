"""Callbacks: hooks around epochs and batches, one file each.

``callback.py`` has the base with all hooks, ``callback_list.py`` how a loop calls several.
"""

from caudal.keras.callbacks.backup_and_restore import BackupAndRestore
from caudal.keras.callbacks.callback import Callback
from caudal.keras.callbacks.callback_list import CallbackList
from caudal.keras.callbacks.csv_logger import CSVLogger
from caudal.keras.callbacks.early_stopping import EarlyStopping
from caudal.keras.callbacks.history import History
from caudal.keras.callbacks.lambda_callback import LambdaCallback
from caudal.keras.callbacks.learning_rate_scheduler import LearningRateScheduler
from caudal.keras.callbacks.model_checkpoint import ModelCheckpoint
from caudal.keras.callbacks.orbax_checkpoint import OrbaxCheckpoint
from caudal.keras.callbacks.progbar_logger import ProgbarLogger
from caudal.keras.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from caudal.keras.callbacks.remote_monitor import RemoteMonitor
from caudal.keras.callbacks.swap_ema_weights import SwapEMAWeights
from caudal.keras.callbacks.tensorboard import TensorBoard
from caudal.keras.callbacks.terminate_on_nan import TerminateOnNaN

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "OrbaxCheckpoint",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]
