"""Linear operators: matrices of a known structure, applied and solved without being stored.

``base`` is what they share, one class a file; ``algebra`` simplifies products of them.
"""

from caudal.linalg.operators.adjoint import LinearOperatorAdjoint
from caudal.linalg.operators.base import LinearOperator
from caudal.linalg.operators.block_diag import LinearOperatorBlockDiag
from caudal.linalg.operators.block_lower_triangular import LinearOperatorBlockLowerTriangular
from caudal.linalg.operators.circulant import (
    LinearOperatorCirculant,
    LinearOperatorCirculant2D,
    LinearOperatorCirculant3D,
)
from caudal.linalg.operators.composition import LinearOperatorComposition
from caudal.linalg.operators.diag import LinearOperatorDiag
from caudal.linalg.operators.full_matrix import LinearOperatorFullMatrix
from caudal.linalg.operators.householder import LinearOperatorHouseholder
from caudal.linalg.operators.identity import LinearOperatorIdentity, LinearOperatorScaledIdentity
from caudal.linalg.operators.inversion import LinearOperatorInversion
from caudal.linalg.operators.kronecker import LinearOperatorKronecker
from caudal.linalg.operators.low_rank_update import LinearOperatorLowRankUpdate
from caudal.linalg.operators.lower_triangular import LinearOperatorLowerTriangular
from caudal.linalg.operators.permutation import LinearOperatorPermutation
from caudal.linalg.operators.toeplitz import LinearOperatorToeplitz
from caudal.linalg.operators.tridiag import LinearOperatorTridiag
from caudal.linalg.operators.zeros import LinearOperatorZeros

__all__ = [
    "LinearOperator",
    "LinearOperatorAdjoint",
    "LinearOperatorBlockDiag",
    "LinearOperatorBlockLowerTriangular",
    "LinearOperatorCirculant",
    "LinearOperatorCirculant2D",
    "LinearOperatorCirculant3D",
    "LinearOperatorComposition",
    "LinearOperatorDiag",
    "LinearOperatorFullMatrix",
    "LinearOperatorHouseholder",
    "LinearOperatorIdentity",
    "LinearOperatorInversion",
    "LinearOperatorKronecker",
    "LinearOperatorLowRankUpdate",
    "LinearOperatorLowerTriangular",
    "LinearOperatorPermutation",
    "LinearOperatorScaledIdentity",
    "LinearOperatorToeplitz",
    "LinearOperatorTridiag",
    "LinearOperatorZeros",
]
