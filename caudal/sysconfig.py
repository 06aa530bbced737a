"""``tf.sysconfig``: how Caudal was built."""

from typing import Any

from caudal.namespaces import lazy

__all__ = ["get_build_info"]


def get_build_info() -> dict[str, Any]:
    """No CUDA and no ROCm: programs are compiled for the CPU by llvmlite."""
    return {"is_cuda_build": False, "is_rocm_build": False, "is_tensorrt_build": False}


_NATIVE = "Caudal compiles its programs itself: there is no C++ library to build against."
_GONE = dict.fromkeys(
    (
        "CXX11_ABI_FLAG",
        "CXX_VERSION",
        "MONOLITHIC_BUILD",
        "get_compile_flags",
        "get_include",
        "get_lib",
        "get_link_flags",
    ),
    _NATIVE,
)

__getattr__, __dir__ = lazy(__name__, {}, gone=_GONE)
