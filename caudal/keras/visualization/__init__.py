"""``keras.visualization``: boxes and masks drawn on images, and galleries of images.

``drawing`` paints with Pillow and NumPy; ``gallery`` shows with matplotlib, which it alone needs.
"""

from caudal.namespaces import lazy, table

_PLACES = table(
    {
        "caudal.keras.visualization.drawing": "draw_bounding_boxes draw_segmentation_masks",
        "caudal.keras.visualization.gallery": (
            "plot_bounding_box_gallery plot_image_gallery plot_segmentation_mask_gallery"
        ),
    }
)

__getattr__, __dir__ = lazy(__name__, _PLACES, label="keras.visualization")
