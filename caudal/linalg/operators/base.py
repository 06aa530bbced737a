"""What every linear operator can do: by its matrix, where its class knows no better way."""

from __future__ import annotations

from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims, scalar
from caudal.errors import InvalidArgumentError, ShapeError, UnimplementedError
from caudal.framework import Tensor, TensorShape, Variable, check, convert_to_tensor
from caudal.framework.nest import flatten
from caudal.ir.dtypes import as_dtype
from caudal.linalg import decompositions, matrices
from caudal.linalg.products import matmul
from caudal.math.reduce import reduce_max, reduce_min, reduce_sum


class LinearOperator:
    """A batch of matrices [..., m, n] that are applied rather than stored.

    A subclass has ``_shape`` and ``_matmul``, and any of ``_solve``, ``_to_dense``, ``_diag_part``,
    ``_trace``, ``_determinant``, ``_log_abs_determinant``, ``_eigvals``, ``_adjoint``,
    ``_inverse`` and ``_cholesky`` that it knows a better way for than the matrix.

    Args:
        dtype: of the matrix.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: what the program
            promises; None if it does not say. It is not checked, but used.
        name: for messages.

    Raises:
        InvalidArgumentError: promises that contradict one another.
    """

    def __init__(
        self,
        dtype: Any,
        graph_parents: Any = None,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = None,
        name: str | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        self.name = name or type(self).__name__
        self.dtype = as_dtype(dtype)
        self.parameters = dict(parameters or {})
        if is_positive_definite:
            self._promise("is_non_singular", is_non_singular)
            is_non_singular = True
        if is_non_singular:
            self._promise("is_square", is_square)
            is_square = True
        self.is_non_singular, self.is_self_adjoint = is_non_singular, is_self_adjoint
        self.is_positive_definite, self._is_square = is_positive_definite, is_square

    def _promise(self, what: str, given: bool | None) -> None:
        if given is False:
            raise InvalidArgumentError(
                "{name}: a positive definite operator is non-singular, and a non-singular one is "
                "square; received {what}=False.",
                name=self.name,
                what=what,
            )

    # --- what a subclass gives ---------------------------------------------------------------

    def _shape(self) -> Any:
        raise UnimplementedError("{name}: _shape is not implemented.", name=self.name)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        raise UnimplementedError("{name}: _matmul is not implemented.", name=self.name)

    def _to_dense(self) -> Any:
        columns = self.domain_dimension
        return self.matmul(convert_to_tensor(np.eye(columns, dtype=self.dtype.np_dtype)))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        right = turned(rhs, adjoint_arg)
        matrix = self.to_dense()
        batch = np.broadcast_shapes(dims(matrix)[:-2], dims(right)[:-2])
        matrix, right = (spread(part, batch) for part in (matrix, right))
        if self.is_positive_definite and self.is_self_adjoint:
            return decompositions.cholesky_solve(decompositions.cholesky(matrix), right)
        return decompositions.solve(matrix, right, adjoint=adjoint)

    def _diag_part(self) -> Any:
        return matrices.diag_part(self.to_dense())

    def _trace(self) -> Any:
        return reduce_sum(self.diag_part(), axis=-1)

    def _determinant(self) -> Any:
        return decompositions.det(self.to_dense())

    def _log_abs_determinant(self) -> Any:
        if self.dtype.is_complex:
            return ops.log(ops.abs(self.determinant()))
        return decompositions.slogdet(self.to_dense()).log_abs_determinant

    def _eigvals(self) -> Any:
        if not self.is_self_adjoint:
            raise UnimplementedError(
                "{name}.eigvals: only of an operator with is_self_adjoint=True.", name=self.name
            )
        return decompositions.eigvalsh(self.to_dense())

    def _cond(self) -> Any:
        values = decompositions.svd(self.to_dense(), compute_uv=False)
        return ops.div(reduce_max(values, axis=-1), reduce_min(values, axis=-1))

    def _adjoint(self) -> LinearOperator:
        from caudal.linalg.operators.adjoint import LinearOperatorAdjoint

        return LinearOperatorAdjoint(self)

    def _inverse(self) -> LinearOperator:
        from caudal.linalg.operators.inversion import LinearOperatorInversion

        return LinearOperatorInversion(self)

    def _cholesky(self) -> LinearOperator:
        from caudal.linalg.operators.lower_triangular import LinearOperatorLowerTriangular

        factor = decompositions.cholesky(self.to_dense())
        return LinearOperatorLowerTriangular(factor, is_non_singular=True)

    # --- shapes ------------------------------------------------------------------------------

    def extents(self) -> tuple[int, ...]:
        """The shape as plain integers."""
        return tuple(int(n) for n in self._shape())

    @property
    def shape(self) -> TensorShape:
        """[..., m, n]."""
        return TensorShape(self.extents())

    def shape_tensor(self, name: str = "shape_tensor") -> Any:
        """`shape` as an int32 tensor."""
        return convert_to_tensor(np.asarray(self.extents(), np.int32))

    @property
    def batch_shape(self) -> TensorShape:
        """The axes before the matrix's."""
        return TensorShape(self.extents()[:-2])

    def batch_shape_tensor(self, name: str = "batch_shape_tensor") -> Any:
        """`batch_shape` as an int32 tensor."""
        return convert_to_tensor(np.asarray(self.extents()[:-2], np.int32))

    @property
    def tensor_rank(self) -> int:
        """How many axes there are."""
        return len(self.shape)

    def tensor_rank_tensor(self, name: str = "tensor_rank_tensor") -> Any:
        """`tensor_rank` as an int32 tensor."""
        return convert_to_tensor(np.int32(self.tensor_rank))

    @property
    def domain_dimension(self) -> int:
        """n: how long the vectors are that it is applied to."""
        return self.extents()[-1]

    def domain_dimension_tensor(self, name: str = "domain_dimension_tensor") -> Any:
        """`domain_dimension` as an int32 tensor."""
        return convert_to_tensor(np.int32(self.domain_dimension))

    @property
    def range_dimension(self) -> int:
        """m: how long its results are."""
        return self.extents()[-2]

    def range_dimension_tensor(self, name: str = "range_dimension_tensor") -> Any:
        """`range_dimension` as an int32 tensor."""
        return convert_to_tensor(np.int32(self.range_dimension))

    @property
    def is_square(self) -> bool:
        """Whether m is n."""
        actual = self.domain_dimension == self.range_dimension
        if self._is_square and not actual:
            raise ShapeError(
                "{name}: promised is_square=True, its shape is {shape}.",
                name=self.name,
                shape=self.shape,
            )
        return actual

    @property
    def variables(self) -> tuple[Variable, ...]:
        """The variables that it was made of."""
        found: dict[int, Variable] = {}
        for leaf in flatten(self.parameters):
            parts = leaf.variables if isinstance(leaf, LinearOperator) else (leaf,)
            found.update((id(part), part) for part in parts if isinstance(part, Variable))
        return tuple(found.values())

    @property
    def trainable_variables(self) -> tuple[Variable, ...]:
        """Those that optimizers change."""
        return tuple(v for v in self.variables if v.trainable)

    # --- applying and solving ----------------------------------------------------------------

    def _argument(self, what: str, x: Any, rows: int, adjoint_arg: bool) -> Any:
        tensor = as_tensor(x, self.dtype)
        if len(dims(tensor)) < 2 or dims(tensor)[-1 if adjoint_arg else -2] != rows:
            raise ShapeError(
                "{name}.{what}: expected [..., {rows}, k], received shape {shape}.",
                name=self.name,
                what=what,
                rows=rows,
                shape=dims(tensor),
            )
        return tensor

    def matmul(
        self, x: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "matmul"
    ) -> Any:
        """The product with a matrix [..., n, k], or with another operator (an operator then)."""
        if isinstance(x, LinearOperator):
            from caudal.linalg.operators.algebra import product

            left = self.adjoint() if adjoint else self
            return product(left, x.adjoint() if adjoint_arg else x)
        rows = self.range_dimension if adjoint else self.domain_dimension
        x = self._argument("matmul", x, rows, adjoint_arg)
        return self._matmul(x, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def __matmul__(self, other: Any) -> Any:
        return self.matmul(other)

    def matvec(self, x: Any, adjoint: bool = False, name: str = "matvec") -> Any:
        """The product with vectors [..., n]."""
        tensor = as_tensor(x, self.dtype)
        found = self.matmul(column(tensor), adjoint=adjoint)
        return ops.reshape(found, shape=dims(found)[:-1])

    def solve(
        self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False, name: str = "solve"
    ) -> Any:
        """The X of ``A @ X = rhs`` [..., n, k]; of an operator the product with its inverse.

        Raises:
            UnimplementedError: it is singular, or not square.
        """
        if self.is_non_singular is False or not self.is_square:
            raise UnimplementedError(
                "{name}.solve: expected an operator that is square and not singular.",
                name=self.name,
            )
        if isinstance(rhs, LinearOperator):
            left = (self.adjoint() if adjoint else self).inverse()
            return left.matmul(rhs.adjoint() if adjoint_arg else rhs)
        rhs = self._argument("solve", rhs, self.domain_dimension, adjoint_arg)
        return self._solve(rhs, adjoint=adjoint, adjoint_arg=adjoint_arg)

    def solvevec(self, rhs: Any, adjoint: bool = False, name: str = "solve") -> Any:
        """`solve` for vectors [..., n]."""
        found = self.solve(column(as_tensor(rhs, self.dtype)), adjoint=adjoint)
        return ops.reshape(found, shape=dims(found)[:-1])

    # --- other operators ---------------------------------------------------------------------

    def adjoint(self, name: str = "adjoint") -> LinearOperator:
        """The operator of the adjoint matrix."""
        return self if self.is_self_adjoint else self._adjoint()

    @property
    def H(self) -> LinearOperator:
        """`adjoint`."""
        return self.adjoint()

    def inverse(self, name: str = "inverse") -> LinearOperator:
        """The operator of the inverse matrix.

        Raises:
            InvalidArgumentError: it is singular, or not square.
        """
        if self.is_non_singular is False or not self.is_square:
            raise InvalidArgumentError(
                "{name}.inverse: expected an operator that is square and not singular.",
                name=self.name,
            )
        return self._inverse()

    def cholesky(self, name: str = "cholesky") -> LinearOperator:
        """The operator of the lower triangular factor.

        Raises:
            InvalidArgumentError: it was not promised to be positive definite and self-adjoint.
        """
        if not (self.is_positive_definite and self.is_self_adjoint):
            raise InvalidArgumentError(
                "{name}.cholesky: expected is_positive_definite=True and is_self_adjoint=True.",
                name=self.name,
            )
        return self._cholesky()

    # --- numbers -----------------------------------------------------------------------------

    def _need_square(self, what: str) -> None:
        if not self.is_square:
            raise UnimplementedError(
                "{name}.{what}: expected a square operator, its shape is {shape}.",
                name=self.name,
                what=what,
                shape=self.shape,
            )

    def to_dense(self, name: str = "to_dense") -> Any:
        """The matrix [..., m, n]."""
        return self._to_dense()

    def add_to_tensor(self, x: Any, name: str = "add_to_tensor") -> Any:
        """The matrix plus a tensor."""
        return ops.add(self.to_dense(), as_tensor(x, self.dtype))

    def diag_part(self, name: str = "diag_part") -> Any:
        """The diagonal."""
        return self._diag_part()

    def trace(self, name: str = "trace") -> Any:
        """The sum of the diagonal."""
        return self._trace()

    def determinant(self, name: str = "det") -> Any:
        """The determinant."""
        self._need_square("determinant")
        return self._determinant()

    def log_abs_determinant(self, name: str = "log_abs_det") -> Any:
        """The logarithm of the determinant's absolute value."""
        self._need_square("log_abs_determinant")
        return self._log_abs_determinant()

    def eigvals(self, name: str = "eigvals") -> Any:
        """The eigenvalues of a self-adjoint operator."""
        return self._eigvals()

    def cond(self, name: str = "cond") -> Any:
        """The greatest singular value over the least."""
        return self._cond()

    # --- checks ------------------------------------------------------------------------------

    def assert_non_singular(self, name: str = "assert_non_singular") -> None:
        """Raises InvalidArgumentError if the condition is past what the dtype can hold."""
        limit = 1 / float(np.finfo(self.dtype.np_dtype).eps)
        self._assert(ops.less(self.cond(), scalar(limit, self.cond())), "singular")

    def assert_positive_definite(self, name: str = "assert_positive_definite") -> None:
        """Raises InvalidArgumentError unless it is."""
        values = decompositions.eigvalsh(_hermitian(self.to_dense()))
        self._assert(ops.greater(values, scalar(0, values)), "not positive definite")

    def assert_self_adjoint(self, name: str = "assert_self_adjoint") -> None:
        """Raises InvalidArgumentError unless it is."""
        dense = self.to_dense()
        gap = ops.abs(ops.sub(dense, matrices.adjoint(dense)))
        self._assert(ops.less_equal(gap, scalar(1e-6, gap)), "not self-adjoint")

    def _assert(self, holds: Any, what: str) -> None:
        def look(value: Any) -> None:
            if not value.all():
                raise InvalidArgumentError(
                    "{name}: the operator is {what}.", name=self.name, what=what
                )

        check(look, holds)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name!r} {self.shape} {self.dtype.name}>"


# --- for subclasses -------------------------------------------------------------------------------


def spread(x: Any, batch: Any) -> Any:
    """A matrix, repeated along batch axes."""
    shape = (*batch, *dims(x)[-2:])
    return x if dims(x) == shape else ops.broadcast_to(x, shape=shape)


def turned(x: Any, adjoint: bool) -> Any:
    """The matrix, or its adjoint."""
    return matrices.adjoint(x) if adjoint else x


def column(x: Any) -> Any:
    """Vectors as matrices of one column."""
    return ops.reshape(x, shape=(*dims(x), 1))


def _hermitian(x: Any) -> Any:
    half = scalar(0.5, x)
    return ops.mul(ops.add(x, matrices.adjoint(x)), half)


def dense_product(matrix: Any, x: Any, adjoint: bool, adjoint_arg: bool) -> Any:
    """The product of two tensors, either of them turned."""
    return matmul(matrix, x, adjoint_a=adjoint, adjoint_b=adjoint_arg)


def tensor(value: Any, what: str) -> Any:
    """An argument that is kept: variables as they are, so that their changes are seen."""
    if isinstance(value, Variable | Tensor):
        return value
    found = as_tensor(value)
    if found.dtype.kind not in ("float", "complex"):
        raise InvalidArgumentError(
            "{what}: expected floats or complex numbers, received {received}.",
            what=what,
            received=found.dtype.name,
        )
    return found


def total(values: Any, dtype: Any) -> Any:
    """The sum of the last axis, in a dtype."""
    return cast_to(reduce_sum(values, axis=-1), dtype)
