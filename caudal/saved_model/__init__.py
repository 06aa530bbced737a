"""``tf.saved_model``: models as graphs that TensorFlow, its servers and Caudal run.

Reading: `folder` opens the files, `loader` makes the objects, `graph` runs functions with the ops
of `table`.
"""

from caudal.namespaces import strict
from caudal.saved_model.folder import contains_saved_model
from caudal.saved_model.loader import load
from caudal.saved_model.saver import save

__all__ = ["contains_saved_model", "load", "save"]

__getattr__ = strict(__name__)
