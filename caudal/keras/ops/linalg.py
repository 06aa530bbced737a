"""``keras.ops.linalg``: norms. Decompositions are not there yet."""

from caudal.namespaces import lazy, table

__getattr__, __dir__ = lazy(
    __name__, table({"caudal.keras.ops.products": "norm"}), label="keras.ops.linalg"
)
