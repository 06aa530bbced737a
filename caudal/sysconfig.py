"""``tf.sysconfig``: how Caudal was built."""

from typing import Any

from caudal.namespaces import strict

__all__ = ["get_build_info"]


def get_build_info() -> dict[str, Any]:
    """No CUDA and no ROCm: programs are compiled for the CPU by llvmlite."""
    return {"is_cuda_build": False, "is_rocm_build": False, "is_tensorrt_build": False}


__getattr__ = strict(__name__)
