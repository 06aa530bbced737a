"""What a written node must say: the name of its output, and the attributes that are dtypes.

A line is an op of TensorFlow, its output's name, and attributes: ``T=0`` is the dtype of the
first input, ``T=out`` that of the result. Facts of TensorFlow's public op definitions.
"""

from __future__ import annotations

_UNARY = (
    "Abs Neg Sign Floor Ceil Exp Expm1 Log Log1p Sqrt Rsqrt Sigmoid Sin Cos Tan Asin Acos Atan "
    "Sinh Cosh Tanh Asinh Acosh Atanh Erf Erfc Erfinv Lgamma Digamma IsNan IsInf IsFinite Rint "
    "Invert PopulationCount Reciprocal"
)
_BINARY = (
    "AddV2 Sub Mul RealDiv FloorDiv FloorMod TruncateMod Pow Maximum Minimum Atan2 Igamma "
    "IgammaGradA Igammac Zeta Polygamma BitwiseAnd BitwiseOr BitwiseXor LeftShift RightShift "
    "Equal NotEqual Less LessEqual Greater GreaterEqual"
)
_OTHERS = """
Const output dtype=out
Identity output T=0
NoOp output
LogicalAnd z
LogicalOr z
LogicalNot y
NextAfter output T=0
Complex out T=0 Tout=out
Real output T=0 Tout=out
Imag output T=0 Tout=out
Angle output T=0 Tout=out
Conj output T=0
Cast y SrcT=0 DstT=out
Bitcast output T=0 type=out
SelectV2 output T=1
Reshape output T=0 Tshape=1
ExpandDims output T=0 Tdim=1
Squeeze output T=0
Transpose y T=0 Tperm=1
BroadcastTo output T=0 Tidx=1
Shape output T=0 out_type=out
StridedSlice output T=0 Index=1
Slice output T=0 Index=1
TensorStridedSliceUpdate output T=0 Index=1
Pad output T=0 Tpaddings=1
PadV2 output T=0 Tpaddings=1
ConcatV2 output T=0 Tidx=last
Pack output T=0
Split output T=1
ReverseV2 output T=0 Tidx=1
Range output Tidx=0
Fill output T=1 index_type=0
GatherV2 output Tparams=0 Tindices=1 Taxis=2
GatherNd output Tparams=0 Tindices=1
TensorScatterAdd output T=0 Tindices=1
TopKV2 values T=0 Tk=1 index_type=int32
MatMul product T=0
Einsum output T=0
Conv2D output T=0
Conv3D output T=0
DepthwiseConv2dNative output T=0
MaxPool output T=0
MaxPool3D output T=0
AvgPool output T=0
AvgPool3D output T=0
Sum output T=0 Tidx=1
Prod output T=0 Tidx=1
Max output T=0 Tidx=1
Min output T=0 Tidx=1
All output Tidx=1
Any output Tidx=1
ArgMax output T=0 Tidx=1 output_type=out
ArgMin output T=0 Tidx=1 output_type=out
Cumsum out T=0 Tidx=1
Cumprod out T=0 Tidx=1
MatrixInverse output T=0
MatrixDeterminant output T=0
LogMatrixDeterminant sign T=0
MatrixSolve output T=0
MatrixTriangularSolve output T=0
Cholesky output T=0
FFT output Tcomplex=0
IFFT output Tcomplex=0
StringLower output
StringUpper output
StringStrip output
StringSplitV2 indices
StaticRegexReplace output
StringToHashBucketFast output
StringToHashBucketStrong output
AsString output T=0
LowerBound output T=0 out_type=out
ReadVariableOp value dtype=out
AssignVariableOp output dtype=1
"""

_FLOATS = "float16 bfloat16 float32 float64"
_SIGNED, _UNSIGNED = "int8 int16 int32 int64", "uint8 uint16 uint32 uint64"
_COMPLEX = "complex64 complex128"
_LIMITS = {
    f"{_FLOATS} {_SIGNED}": "Abs",
    f"{_FLOATS} {_SIGNED} {_COMPLEX}": "Neg Sign Reciprocal Pow",
    _FLOATS: (
        "Floor Ceil Erf Erfc Erfinv Lgamma Digamma IsNan IsInf IsFinite Rint Atan2 Igamma Igammac "
        "Conv3D DepthwiseConv2dNative AvgPool"
    ),
    f"{_FLOATS} {_COMPLEX}": (
        "Exp Expm1 Log Log1p Sqrt Rsqrt Sigmoid Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh "
        "Acosh Atanh MatrixTriangularSolve"
    ),
    f"{_SIGNED} {_UNSIGNED}": (
        "Invert PopulationCount BitwiseAnd BitwiseOr BitwiseXor LeftShift RightShift"
    ),
    f"{_FLOATS} {_SIGNED} {_UNSIGNED} {_COMPLEX}": (
        "AddV2 Sub Mul RealDiv FloorDiv Bitcast Sum Prod Cumsum Cumprod"
    ),
    f"{_FLOATS} {_SIGNED} {_UNSIGNED}": (
        "FloorMod Maximum Minimum Less LessEqual Greater GreaterEqual TopKV2 Max Min"
    ),
    f"{_FLOATS} int32 int64": "TruncateMod",
    "float32 float64": "IgammaGradA Zeta Polygamma NextAfter Complex",
    _COMPLEX: "Real Imag Angle Conj",
    f"{_FLOATS} int32 int64 {_UNSIGNED} {_COMPLEX}": "MatMul",
    f"{_FLOATS} int32": "Conv2D",
    f"{_FLOATS} {_SIGNED} uint8 uint16": "MaxPool",
    "float16 bfloat16 float32": "MaxPool3D AvgPool3D",
    f"{_FLOATS} {_SIGNED} {_UNSIGNED} bool": "ArgMax ArgMin",
    f"float16 float32 float64 {_COMPLEX}": (
        "MatrixInverse MatrixDeterminant LogMatrixDeterminant MatrixSolve Cholesky"
    ),
}


def _table() -> dict[str, tuple[str, dict[str, str]]]:
    lines = [f"{op} y T=0" for op in _UNARY.split()]
    lines += [f"{op} z T=0" for op in _BINARY.split()]
    lines += _OTHERS.strip().splitlines()
    found = {}
    for line in lines:
        op, output, *attributes = line.split()
        found[op] = (output, dict(entry.split("=") for entry in attributes))
    return found


SCHEMA = _table()
"""By the op: the name of its (first) output, and its dtype attributes."""
LIMITS = {op: frozenset(kinds.split()) for kinds, ops in _LIMITS.items() for op in ops.split()}
"""By the op: the dtypes that its first input may have; any, where the op is not here."""
