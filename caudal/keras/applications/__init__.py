"""`keras.applications`: networks for pictures, with ImageNet's weights on request.

A family is a module that holds its architecture as a table: ``inception_v3``, ``mobilenet_v2`` and
so on. They share ``network`` (from a drawing to public functions), ``request`` (arguments, input,
ending), ``weights`` (Keras's files), ``parts`` (blocks), ``inception`` (branches as text),
``residual``, ``vgg``, ``mobile`` (widths and sizes) and ``imagenet_utils`` (pictures in, names of
classes out).
"""

from caudal.namespaces import lazy, table

_MODULES = {
    "convnext": "ConvNeXtBase ConvNeXtLarge ConvNeXtSmall ConvNeXtTiny ConvNeXtXLarge",
    "densenet": "DenseNet121 DenseNet169 DenseNet201",
    "efficientnet": " ".join(f"EfficientNetB{i}" for i in range(8)),
    "efficientnet_v2": " ".join(f"EfficientNetV2{i}" for i in "B0 B1 B2 B3 L M S".split()),
    "imagenet_utils": "",
    "inception_resnet_v2": "InceptionResNetV2",
    "inception_v3": "InceptionV3",
    "mobilenet": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3": "MobileNetV3Large MobileNetV3Small",
    "nasnet": "NASNetLarge NASNetMobile",
    "resnet": "ResNet101 ResNet152 ResNet50",
    "resnet50": "",
    "resnet_v2": "ResNet101V2 ResNet152V2 ResNet50V2",
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "xception": "Xception",
}
_PLACES = table({f"caudal.keras.applications.{name}": "*" for name in _MODULES}) | table(
    {f"caudal.keras.applications.{name}": networks for name, networks in _MODULES.items()}
)

__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras.applications")
