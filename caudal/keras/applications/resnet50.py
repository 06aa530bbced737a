"""`keras.applications.resnet50`, the older spelling of `resnet`."""

from caudal.keras.applications.resnet import ResNet50, decode_predictions, preprocess_input

__all__ = ["ResNet50", "decode_predictions", "preprocess_input"]
