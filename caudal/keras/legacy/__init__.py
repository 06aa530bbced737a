"""``keras.legacy``: what older files need."""

from caudal.namespaces import lazy, table

__getattr__, __dir__ = lazy(
    __name__, table({"caudal.keras.legacy.saving": "*"}), label="keras.legacy"
)
