"""``keras.export``: models as SavedModels for TensorFlow and its servers.

``archive`` collects functions and layers, ``signatures`` finds what a model takes.
"""

from caudal.keras.export.archive import ExportArchive, export_saved_model
from caudal.namespaces import strict

__all__ = ["ExportArchive", "export_saved_model"]

__getattr__ = strict(__name__, label="keras.export")
