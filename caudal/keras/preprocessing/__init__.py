"""``keras.preprocessing``: pictures, sequences and words as arrays."""

from caudal.namespaces import lazy, table

_PLACES = table(
    {
        "caudal.keras.preprocessing.image": "*",
        "caudal.keras.preprocessing.sequence": "*",
        "caudal.keras.preprocessing.text": "*",
        "caudal.keras.utils.image_dataset": "image_dataset_from_directory",
        "caudal.keras.utils.text_dataset": "text_dataset_from_directory",
        "caudal.keras.utils.timeseries_dataset": "timeseries_dataset_from_array",
    }
)

__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras.preprocessing")
