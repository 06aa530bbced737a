"""``tf.summary.experimental``: the default step, scopes, ready-made summaries."""

from caudal.namespaces import strict
from caudal.summary.kinds import write_raw_pb
from caudal.summary.writer import get_step, set_step, summary_scope

__all__ = ["get_step", "set_step", "summary_scope", "write_raw_pb"]

__getattr__ = strict(__name__)
