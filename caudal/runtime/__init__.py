"""Running programs: executables, worker threads, memory, the object cache, the reference.

``load(program)`` is the one entrance; ``CAUDAL_ENGINE=reference`` makes it answer with the
NumPy reference executor instead of compiled code.
"""

from caudal.runtime.reference import ReferenceExecutable

load = ReferenceExecutable

__all__ = ["load"]
