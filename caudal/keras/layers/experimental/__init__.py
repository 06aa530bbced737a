"""``keras.layers.experimental``: where Keras 2 kept its preprocessing layers."""

from caudal.namespaces import lazy, table

__getattr__, __dir__ = lazy(
    __name__,
    table({"caudal.keras.layers.experimental.preprocessing": "*"}),
    label="keras.layers.experimental",
)
