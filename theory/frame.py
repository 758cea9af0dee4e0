r"""Vectors of :math:`\mathbb R^d`, for every d at once, by coefficients over named vectors.

An identity between vectors that lie in the span of a few named ones, with known inner products,
does not depend on d: equal coefficients mean equal vectors, whatever space they live in. A
`Frame` holds the Gram matrix of the named vectors and computes with coefficient columns. The
orthonormal frame of d vectors is :math:`\mathbb R^d` itself, so the same code evaluates a form in
coordinates.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import (
    Basic,
    Expr,
    Identity,
    ImmutableMatrix,
    MatAdd,
    MatMul,
    MatPow,
    MatrixBase,
    Transpose,
    eye,
)

__all__ = ["Frame"]


@dataclass(frozen=True)
class Frame:
    r"""Named vectors with a Gram matrix.

    Parameters
    ----------
    gram : (k, k) symmetric sympy matrix
        Inner products of the k named vectors.

    Examples
    --------
    Two unit vectors with cosine c, in any dimension; the projection of u on the tangent space at
    x has squared norm 1 - c**2.

    >>> from sympy.abc import c
    >>> plane = Frame.of([[1, c], [c, 1]])
    >>> x, u = plane.vectors
    >>> plane.square(plane.project(x, u)).expand()
    1 - c**2
    """

    gram: ImmutableMatrix

    @classmethod
    def of(cls, gram: Sequence[Sequence[Expr | int]]) -> Frame:
        """Build a frame from the rows of its Gram matrix.

        Raises
        ------
        ValueError
            If the Gram matrix is not symmetric.
        """
        matrix = ImmutableMatrix(gram)
        if matrix != matrix.T:
            raise ValueError("a Gram matrix is symmetric")
        return cls(matrix)

    @classmethod
    def euclidean(cls, d: int) -> Frame:
        """Return the orthonormal frame of d vectors: coordinates in d dimensions."""
        return cls(ImmutableMatrix(eye(d)))

    @property
    def vectors(self) -> tuple[MatrixBase, ...]:
        """The named vectors, as columns of coefficients."""
        size = self.gram.rows
        return tuple(eye(size)[:, k] for k in range(size))

    def inner(self, u: MatrixBase, v: MatrixBase) -> Expr:
        """Inner product of two vectors."""
        return (u.T * self.gram * v)[0, 0]

    def square(self, u: MatrixBase) -> Expr:
        """Squared norm of a vector."""
        return self.inner(u, u)

    def project(self, x: MatrixBase, v: MatrixBase) -> MatrixBase:
        """Tangent part of v at the unit vector x: v minus its component along x."""
        return v - self.inner(x, v) * x

    def evaluate(self, form: Basic, values: Mapping[Basic, Expr | MatrixBase]) -> MatrixBase:
        r"""Value of an index-free matrix expression in this frame.

        Parameters
        ----------
        form
            Sums and products of matrix symbols, identities and transposed vectors.
        values
            A coefficient column for each vector symbol, a (k, k) matrix for each operator
            symbol, an expression for each scalar symbol.

        Returns
        -------
        sympy.Matrix
            A column of coefficients, or the (k, k) matrix of an operator on coefficients. A
            transposed vector becomes the functional :math:`\langle u, \cdot\rangle`.

        Raises
        ------
        ValueError
            If the form holds anything else.
        """
        if form in values:
            return values[form]
        if isinstance(form, Identity):
            return eye(self.gram.rows)
        if isinstance(form, Transpose):
            return (self.gram * self.evaluate(form.arg, values)).T
        if isinstance(form, MatAdd):
            first, *others = (self.evaluate(term, values) for term in form.args)
            return sum(others, first)
        if isinstance(form, MatMul):
            first, *others = (self.evaluate(factor, values) for factor in form.args)
            for factor in others:
                first = first * factor
            return first
        if isinstance(form, MatPow):
            return self.evaluate(form.base, values) ** form.exp
        if isinstance(form, Expr) and not getattr(form, "is_Matrix", False):
            return form.subs(values)
        raise ValueError(f"cannot evaluate {form!r} in a frame")
