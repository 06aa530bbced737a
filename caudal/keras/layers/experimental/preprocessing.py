"""``keras.layers.experimental.preprocessing``: today's layers under Keras 2's place."""

from caudal.namespaces import lazy, table

__getattr__, __dir__ = lazy(
    __name__,
    table(
        {
            "caudal.keras.layers": (
                "CategoryEncoding CenterCrop Discretization IntegerLookup Normalization "
                "RandomBrightness RandomContrast RandomCrop RandomFlip RandomHeight "
                "RandomRotation RandomTranslation RandomWidth RandomZoom Rescaling Resizing "
                "StringLookup TextVectorization"
            )
        }
    ),
    label="keras.layers.experimental.preprocessing",
)
