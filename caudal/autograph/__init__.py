"""``tf.autograph``: what programs say to it; tf.function traces Python as it is."""

from caudal.autograph import experimental
from caudal.namespaces import strict

__all__ = ["experimental", "set_verbosity"]


def set_verbosity(level: int, alsologtostdout: bool = False) -> None:
    """Accepted: nothing is converted, so there is nothing to tell about."""


__getattr__ = strict(__name__)
