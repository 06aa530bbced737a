"""``tf.summary``: numbers, pictures, histograms, texts and sounds in files for TensorBoard.

``events``: the bytes of an event. ``writer``: files, the default writer and step. ``kinds``: the
functions that write a summary. ``traces``: programs as graphs.
"""

from caudal.namespaces import lazy, table

_PLACES = table(
    {
        "caudal.summary.experimental": "*",
        "caudal.summary.kinds": "audio histogram image scalar text write",
        "caudal.summary.traces": "graph trace_export trace_off trace_on",
        "caudal.summary.writer": (
            "SummaryWriter create_file_writer create_noop_writer flush record_if "
            "should_record_summaries"
        ),
    }
)

__getattr__, __dir__ = lazy(__name__, _PLACES)
