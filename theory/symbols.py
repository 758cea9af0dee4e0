r"""General symbols for n oscillators on a sphere, and exact reduction on the product of spheres.

The unit-norm relations :math:`x_i\cdot x_i = 1` are polynomial. Ordered with the first
coordinate of each oscillator on top, their leading terms :math:`x_{i1}^2` are pairwise coprime,
so by Buchberger's first criterion they are already a Gröbner basis: the remainder of division by
them is a normal form. The ideal is that of the real product of spheres, so a polynomial vanishes
at every state if and only if its remainder is the zero polynomial. "Simplifies to zero" is
decided here, not left to a heuristic.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from sympy import QQ, Expr, Matrix, MatrixBase, Symbol, eye, lex, symbols, zeros
from sympy.polys.rings import ring

__all__ = ["Oscillators", "remainder"]


def remainder(expression: Expr, relations: Sequence[Expr], leading: Sequence[Symbol]) -> Expr:
    """Remainder of a polynomial on division by relations, in lexicographic order.

    Parameters
    ----------
    expression
        A polynomial with rational coefficients.
    relations
        Polynomials that vanish. The remainder is a normal form only where they are a Gröbner
        basis, which the caller knows.
    leading
        The generators, greatest first; all other symbols come after them.

    Returns
    -------
    sympy.Expr
        Zero if and only if the expression lies in the ideal of a Gröbner basis.

    Raises
    ------
    ValueError
        If the expression is no polynomial in its symbols.

    Examples
    --------
    >>> from sympy.abc import a, b
    >>> remainder(a**4 - (1 - b**2) ** 2, [a**2 + b**2 - 1], [a])
    0
    """
    found = set(expression.free_symbols).union(*(r.free_symbols for r in relations))
    others = sorted(found - set(leading), key=str)
    polynomials = ring([*leading, *others], QQ, lex)[0]
    divisors = [polynomials.from_expr(relation) for relation in relations]
    return polynomials.from_expr(expression).rem(divisors).as_expr()


@dataclass(frozen=True)
class Oscillators:
    r"""The symbols of n oscillators on the unit sphere of :math:`\mathbb R^d`.

    Parameters
    ----------
    n, d
        Number of oscillators and dimension of the ambient space.
    symmetric
        Whether the crosstalk is symmetric, :math:`J_{ik} = J_{ki}`.

    Examples
    --------
    >>> pair = Oscillators(2, 3)
    >>> pair.x[0].T
    Matrix([[x_1_1, x_1_2, x_1_3]])
    >>> pair.reduce(pair.x[1].dot(pair.x[1]))
    1
    """

    n: int
    d: int
    symmetric: bool = True

    @cached_property
    def x(self) -> tuple[MatrixBase, ...]:
        """State of each oscillator: n columns of d real symbols."""
        return self._columns("x")

    @cached_property
    def h(self) -> tuple[MatrixBase, ...]:
        """Drive of each oscillator: n columns of d real symbols."""
        return self._columns("h")

    @cached_property
    def frequency(self) -> tuple[MatrixBase, ...]:
        """Natural frequency of each oscillator: n general skew-symmetric (d, d) matrices."""
        return tuple(self._skew(i) for i in range(self.n))

    @cached_property
    def crosstalk(self) -> MatrixBase:
        """Crosstalk J: an (n, n) matrix of real symbols with zero diagonal."""

        def entry(i: int, k: int) -> Expr:
            if i == k:
                return 0
            first, second = sorted((i, k)) if self.symmetric else (i, k)
            return Symbol(f"J_{first + 1}_{second + 1}", real=True)

        return Matrix(self.n, self.n, entry)

    @cached_property
    def total_drive(self) -> tuple[MatrixBase, ...]:
        r"""What each oscillator listens to: :math:`g_i = h_i + \sum_k J_{ik} x_k`."""
        return tuple(
            self.h[i]
            + sum((self.crosstalk[i, k] * self.x[k] for k in range(self.n)), zeros(self.d, 1))
            for i in range(self.n)
        )

    def projector(self, i: int) -> MatrixBase:
        r"""Projector onto the tangent space at :math:`x_i`: :math:`P_i = I - x_i x_i^T`."""
        return eye(self.d) - self.x[i] * self.x[i].T

    @cached_property
    def relations(self) -> tuple[Expr, ...]:
        """The side relations, one polynomial per oscillator that vanishes on its sphere."""
        return tuple(x.dot(x) - 1 for x in self.x)

    def reduce(self, expression: Expr) -> Expr:
        """Return the normal form of a polynomial on the product of spheres.

        Raises
        ------
        ValueError
            If the expression is no polynomial.
        """
        coordinates = [coordinate for x in self.x for coordinate in x]
        return remainder(expression, self.relations, coordinates)

    def _columns(self, name: str) -> tuple[MatrixBase, ...]:
        return tuple(
            Matrix(symbols(f"{name}_{i + 1}_1:{self.d + 1}", real=True)) for i in range(self.n)
        )

    def _skew(self, i: int) -> MatrixBase:
        matrix = zeros(self.d, self.d)
        for row in range(self.d):
            for column in range(row + 1, self.d):
                omega = Symbol(f"omega_{i + 1}_{row + 1}{column + 1}", real=True)
                matrix[row, column], matrix[column, row] = -omega, omega
        return matrix
