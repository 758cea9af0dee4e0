"""Symbols for particles: positions X and momenta Y, rows of (N, d) matrices, and derivatives."""

from __future__ import annotations

from sympy import Expr, Matrix, MatrixBase, Rational, Symbol, diff

__all__ = ["by_matrix", "general", "linear_energy", "symmetric", "velocity_and_force"]


def general(name: str, rows: int, columns: int) -> MatrixBase:
    """Return a matrix of free real symbols.

    Examples
    --------
    >>> general("x", 1, 2)
    Matrix([[x_1_1, x_1_2]])
    """
    return Matrix(rows, columns, lambda i, j: Symbol(f"{name}_{i + 1}_{j + 1}", real=True))


def symmetric(name: str, size: int) -> MatrixBase:
    """Return a symmetric matrix of free real symbols."""

    def entry(i: int, j: int) -> Expr:
        first, second = sorted((i, j))
        return Symbol(f"{name}_{first + 1}_{second + 1}", real=True)

    return Matrix(size, size, entry)


def by_matrix(value: Expr, matrix: MatrixBase) -> MatrixBase:
    """Return the derivative of a number by every entry of a matrix of symbols, in its shape."""
    return Matrix(*matrix.shape, lambda i, j: diff(value, matrix[i, j]))


def linear_energy(x: MatrixBase, y: MatrixBase, kernel: MatrixBase, push: MatrixBase) -> Expr:
    r"""Return H of linear attention, with A the kernel and V what pushes positions.

    .. math:: \tfrac1{2N}\operatorname{tr}(Y^\top XAX^\top Y) - \tfrac12\operatorname{tr}(XVX^\top).
    """
    attended = (y.T * x * kernel * x.T * y).trace() / (2 * x.rows)
    return attended - Rational(1, 2) * (x * push * x.T).trace()


def velocity_and_force(
    x: MatrixBase, y: MatrixBase, kernel: MatrixBase, push: MatrixBase
) -> tuple[MatrixBase, MatrixBase]:
    """Return F and G of linear attention without a mask, as the models compute them."""
    velocity = x * kernel * x.T * y / x.rows
    force = x * push.T - y * y.T * x * kernel / x.rows
    return velocity, force
