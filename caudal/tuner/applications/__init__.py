"""``keras_tuner.applications``: hypermodels of pictures' networks, and of augmentation.

``image_model`` is what they share; each architecture has a module.
"""

from caudal.namespaces import lazy, table

__getattr__, __dir__ = lazy(
    __name__,
    table(
        {
            "caudal.tuner.applications.augment": "HyperImageAugment",
            "caudal.tuner.applications.efficientnet": "HyperEfficientNet",
            "caudal.tuner.applications.resnet": "HyperResNet",
            "caudal.tuner.applications.xception": "HyperXception",
        }
    ),
    label="keras_tuner.applications",
)
