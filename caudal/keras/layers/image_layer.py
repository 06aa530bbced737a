"""ImageLayer: what the layers share that change images, with their labels, boxes and masks."""

from __future__ import annotations

from typing import Any, NamedTuple

from caudal.array import movement
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import convert_to_tensor
from caudal.keras.engine.layer import Layer
from caudal.keras.engine.seeds import SeedGenerator
from caudal.keras.engine.shapes import probe
from caudal.keras.layers import arguments
from caudal.keras.layers.dense_boxes import dense
from caudal.keras.layers.image_values import box_format
from caudal.keras.ops import image
from caudal.keras.ops.promotion import cast


class Extents(NamedTuple):
    """Of a batch of images, wherever the channels stand; ``shape`` is the input's own."""

    batch: int
    height: int
    width: int
    channels: int
    shape: tuple[int, ...]


class ImageLayer(Layer):
    """Changes images (height, width, channels), a batch of them, or a dict of what goes together.

    The dict has "images" and may have "labels", "bounding_boxes" (a dict of "boxes", in
    ``bounding_box_format``, and "labels") and "segmentation_masks"; a changed copy comes back.
    Images come back in the compute dtype, masks in their own.

    A subclass draws in `_draw` and changes batches with channels last in `_change`. Called by
    itself, outside of a model, a layer takes it that it is training, as in Keras.
    """

    generator: Any = None
    _always = False
    """Whether images are changed outside of training too."""

    def __init__(
        self, *, bounding_box_format: Any = None, data_format: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.bounding_box_format = box_format(bounding_box_format, type(self).__name__)
        self.data_format = arguments.data_format(data_format)
        self._build_at_init()

    # --- the parts, which may be called by themselves -----------------------------------------

    def get_random_transformation(self, data: Any, training: Any = True, seed: Any = None) -> Any:
        """What is drawn for images or a dict of them; None where nothing is to be changed.

        seed: an integer or a SeedGenerator; None takes the layer's own.
        """
        if not (training or self._always):
            return None
        return self._draw(self._extents(data), self.generator if seed is None else seed)

    def transform_images(
        self, images: Any, transformation: Any = None, training: Any = True
    ) -> Any:
        """The images, changed as drawn."""
        x = cast(convert_to_tensor(images), self.compute_dtype)
        if not (training or self._always):
            return x
        x, alone, first = image.batched(type(self).__name__, x, self.data_format)
        y = cast(self._change(x, transformation), self.compute_dtype)
        return image.unbatched(y, alone, first)

    def transform_labels(self, labels: Any, transformation: Any, training: Any = True) -> Any:
        """The labels, changed as drawn."""
        return labels

    def transform_bounding_boxes(
        self, bounding_boxes: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The boxes and their labels, changed as drawn."""
        return bounding_boxes

    def transform_segmentation_masks(
        self, segmentation_masks: Any, transformation: Any, training: Any = True
    ) -> Any:
        """The masks, changed as drawn."""
        return segmentation_masks

    # --- for subclasses -----------------------------------------------------------------------

    def _draw(self, extents: Extents, seed: Any) -> Any:
        return None

    def _change(self, x: Any, transformation: Any) -> Any:
        raise UnimplementedError("{layer}: no change is defined.", layer=type(self).__name__)

    def _extents(self, data: Any) -> Extents:
        images = data["images"] if isinstance(data, dict) else data
        shape = tuple(int(extent) for extent in images.shape)
        if len(shape) not in (3, 4):
            raise ShapeError(
                "{layer}: expected an image of 3 axes or a batch of 4, received shape {shape}.",
                layer=type(self).__name__,
                shape=shape,
            )
        a, b, c = shape[-3:]
        rest = (b, c, a) if self.data_format == "channels_first" else (a, b, c)
        return Extents(shape[0] if len(shape) == 4 else 1, *rest, shape)

    # --- the call -----------------------------------------------------------------------------

    def call(self, data: Any, training: Any = True) -> Any:
        """The images, or the dict, changed while training."""
        whole = data if isinstance(data, dict) else {"images": data}
        self._check(whole)
        drawn = self.get_random_transformation(data, training=training)
        alone = len(whole["images"].shape) == 3
        result = dict(whole)
        for key, change in (
            ("images", self.transform_images),
            ("bounding_boxes", self.transform_bounding_boxes),
            ("labels", self.transform_labels),
            ("segmentation_masks", self.transform_segmentation_masks),
        ):
            if key not in whole:
                continue
            part = dense(whole[key]) if key == "bounding_boxes" else convert_to_tensor(whole[key])
            part = _map(lambda x: movement.expand_dims(x, 0), part) if alone else part
            part = change(part, drawn, training=training)
            result[key] = _map(lambda x: movement.squeeze(x, [0]), part) if alone else part
        return result if isinstance(data, dict) else result["images"]

    def _check(self, data: dict[str, Any]) -> None:
        if "images" not in data:
            raise InvalidArgumentError(
                "{layer}: a dict must have the key 'images', received {keys}.",
                layer=type(self).__name__,
                keys=sorted(data),
            )
        if "bounding_boxes" in data and self.bounding_box_format is None:
            raise InvalidArgumentError(
                "{layer}: the input has 'bounding_boxes', but the layer no `bounding_box_format`. "
                "Pass one, such as bounding_box_format='xyxy'.",
                layer=type(self).__name__,
            )

    def _convert(self, value: Any) -> Any:
        """Boxes may be lists of Python's numbers."""
        plain = super()._convert
        if isinstance(value, dict):
            return {k: v if k == "bounding_boxes" else plain(v) for k, v in value.items()}
        return plain(value)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The input's shape."""
        return input_shape

    def compute_output_spec(self, *args: Any, **kwargs: Any) -> Any:
        """The output as KerasTensors; of a dict, a dict."""
        if args and isinstance(args[0], dict):
            return probe(self.call, args, kwargs)
        return super().compute_output_spec(*args, **kwargs)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; a format of boxes only where there is one."""
        config = super().get_config()
        if self.bounding_box_format is not None:
            config["bounding_box_format"] = self.bounding_box_format
        return config


class RandomImageLayer(ImageLayer):
    """Draws what it does; ``seed`` makes it reproducible."""

    def __init__(self, seed: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = SeedGenerator(seed)


def _map(change: Any, part: Any) -> Any:
    """The change of one tensor, or of each in a dict."""
    if isinstance(part, dict):
        return {key: change(value) for key, value in part.items()}
    return change(part)
