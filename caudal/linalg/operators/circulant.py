"""Circulant matrices, and blocks of them: diagonal after a Fourier transform."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from caudal import ops
from caudal.array.arguments import as_tensor, cast_to, dims
from caudal.errors import InvalidArgumentError, ShapeError
from caudal.framework import check, convert_to_tensor
from caudal.ir.dtypes import as_dtype, complex64
from caudal.linalg.matrices import matrix_transpose
from caudal.linalg.operators.base import LinearOperator, tensor, turned
from caudal.math.reduce import reduce_max, reduce_min, reduce_prod, reduce_sum


class _Circulant(LinearOperator):
    """A convolution, around in a circle along ``_depth`` axes, by way of its ``spectrum``.

    Args:
        spectrum: [..., n1, ..., nd]: the eigenvalues, the transform of the first column.
        input_output_dtype: of what it is applied to; of a float the real part is the result.
        is_non_singular, is_self_adjoint, is_positive_definite, is_square: promises.
        name: for messages.
    """

    _depth = 1

    def __init__(
        self,
        spectrum: Any,
        input_output_dtype: Any = complex64,
        is_non_singular: bool | None = None,
        is_self_adjoint: bool | None = None,
        is_positive_definite: bool | None = None,
        is_square: bool | None = True,
        name: str | None = None,
    ) -> None:
        name = name or type(self).__name__
        self._spectrum = tensor(spectrum, name + ": spectrum")
        if len(dims(self._spectrum)) < self._depth:
            raise ShapeError(
                "{name}: expected a spectrum of at least {depth} axes, received shape {shape}.",
                name=name,
                depth=self._depth,
                shape=dims(self._spectrum),
            )
        # The eigenvalues are real just where the matrix is self-adjoint.
        real = not self._spectrum.dtype.is_complex
        super().__init__(
            as_dtype(input_output_dtype),
            is_non_singular=is_non_singular,
            is_self_adjoint=True if real else is_self_adjoint,
            is_positive_definite=is_positive_definite,
            is_square=True,
            name=name,
            parameters={"spectrum": self._spectrum},
        )

    @property
    def spectrum(self) -> Any:
        """The eigenvalues."""
        return self._spectrum

    @property
    def block_depth(self) -> int:
        """Along how many axes it convolves."""
        return self._depth

    @property
    def block_shape(self) -> Any:
        """The extents of those axes."""
        return as_tensor(self._spectrum).shape[-self._depth :]

    def block_shape_tensor(self) -> Any:
        """`block_shape` as an int32 tensor."""
        return convert_to_tensor(np.asarray(self._block(), np.int32))

    def _block(self) -> tuple[int, ...]:
        return dims(self._spectrum)[-self._depth :]

    def _shape(self) -> Any:
        size = math.prod(self._block())
        return (*dims(self._spectrum)[: -self._depth], size, size)

    def _eigenvalues(self, adjoint: bool = False) -> Any:
        found = as_tensor(self._spectrum)
        if not found.dtype.is_complex:
            return cast_to(found, as_dtype("complex128" if found.dtype.size == 8 else "complex64"))
        return ops.conj(found) if adjoint else found

    def _transform(self, x: Any, inverse: bool) -> Any:
        """Of the last axes."""
        rank = len(dims(x))
        for axis in range(rank - self._depth, rank):
            order = [i for i in range(rank) if i != axis] + [axis]
            back = [order.index(i) for i in range(rank)]
            turned_x = ops.fft(ops.transpose(x, perm=tuple(order)), inverse=inverse)
            x = ops.transpose(turned_x, perm=tuple(back))
        return x

    def _filtered(self, x: Any, factor: Any) -> Any:
        """The product of the transform and a factor, transformed back."""
        lines = cast_to(matrix_transpose(x), factor.dtype)
        lines = ops.reshape(lines, shape=(*dims(lines)[:-1], *self._block()))
        lead = dims(factor)[: -self._depth]
        factor = ops.reshape(factor, shape=(*lead, 1, *self._block()))
        found = self._transform(ops.mul(self._transform(lines, False), factor), True)
        found = ops.reshape(found, shape=(*dims(found)[: -self._depth], math.prod(self._block())))
        return self._own(matrix_transpose(found))

    def _own(self, found: Any) -> Any:
        """In the operator's dtype."""
        return cast_to(found if self.dtype.is_complex else ops.real(found), self.dtype)

    def _matmul(self, x: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        return self._filtered(turned(x, adjoint_arg), self._eigenvalues(adjoint))

    def _solve(self, rhs: Any, adjoint: bool = False, adjoint_arg: bool = False) -> Any:
        values = self._eigenvalues(adjoint)
        inverse = ops.div(convert_to_tensor(np.ones((), values.dtype.np_dtype)), values)
        return self._filtered(turned(rhs, adjoint_arg), inverse)

    def convolution_kernel(self, name: str = "convolution_kernel") -> Any:
        """What it convolves with: the transform back of the spectrum."""
        return self._own(self._transform(self._eigenvalues(), True))

    def _flat(self) -> Any:
        values = self._eigenvalues()
        return ops.reshape(values, shape=self.extents()[:-1])

    def _diag_part(self) -> Any:
        mean = self._transform(self._eigenvalues(), True)
        flat = ops.reshape(mean, shape=self.extents()[:-1])[..., :1]
        return self._own(ops.broadcast_to(flat, shape=self.extents()[:-1]))

    def _trace(self) -> Any:
        return self._own(reduce_sum(self._flat(), axis=-1))

    def _determinant(self) -> Any:
        return self._own(reduce_prod(self._flat(), axis=-1))

    def _log_abs_determinant(self) -> Any:
        return cast_to(reduce_sum(ops.log(ops.abs(self._flat())), axis=-1), self.dtype)

    def _eigvals(self) -> Any:
        return ops.reshape(as_tensor(self._spectrum), shape=self.extents()[:-1])

    def _cond(self) -> Any:
        size = ops.abs(self._flat())
        found = ops.div(reduce_max(size, axis=-1), reduce_min(size, axis=-1))
        return cast_to(found, self.dtype)

    def _twin(self, spectrum: Any) -> LinearOperator:
        return type(self)(spectrum, self.dtype, is_non_singular=self.is_non_singular)

    def _adjoint(self) -> LinearOperator:
        return self._twin(self._eigenvalues(True))

    def _inverse(self) -> LinearOperator:
        known = as_tensor(self._spectrum)
        return self._twin(ops.div(convert_to_tensor(np.ones((), known.dtype.np_dtype)), known))

    def assert_hermitian_spectrum(self, name: str = "assert_hermitian_spectrum") -> None:
        """Raises InvalidArgumentError unless the matrix is real: its spectrum is Hermitian."""

        def look(kernel: Any) -> None:
            if np.abs(kernel.imag).max(initial=0) > 1e-5:
                raise InvalidArgumentError(
                    "{name}: the spectrum is not Hermitian: the matrix is not real.", name=self.name
                )

        check(look, self._transform(self._eigenvalues(), True))


class LinearOperatorCirculant(_Circulant):
    """Matrices of which each column is the one before it, moved down by one.

    >>> LinearOperatorCirculant([2.0, 0.0], "float32").to_dense().numpy().tolist()
    [[1.0, 1.0], [1.0, 1.0]]
    """


class LinearOperatorCirculant2D(_Circulant):
    """Circulant matrices of circulant blocks: images convolved around in circles."""

    _depth = 2


class LinearOperatorCirculant3D(_Circulant):
    """The same of volumes."""

    _depth = 3
