"""The equations of an equilibrium in exact rationals or many digits, written independently.

Derivatives come from dual numbers, not from formulas.
"""

from __future__ import annotations

from fractions import Fraction

import mpmath
import numpy as np


class Dual:
    """A number and its derivative in one direction."""

    def __init__(self, value, slope=0):
        self.value, self.slope = value, slope

    def __add__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value + other.value, self.slope + other.slope)

    __radd__ = __add__

    def __neg__(self):
        return Dual(-self.value, -self.slope)

    def __sub__(self, other):
        return self + -other

    def __rsub__(self, other):
        return -self + other

    def __mul__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        return Dual(self.value * other.value, self.value * other.slope + self.slope * other.value)

    __rmul__ = __mul__

    def __truediv__(self, other):
        other = other if isinstance(other, Dual) else Dual(other)
        quotient = self.value / other.value
        return Dual(quotient, (self.slope - quotient * other.slope) / other.value)

    def __rtruediv__(self, other):
        return Dual(other) / self


def exact(array, number=Fraction):
    return np.vectorize(lambda v: number(float(v)), otypes=[object])(np.asarray(array))


def point(chart, xi):
    """Return the unit vector with chart coordinates xi, in any arithmetic."""
    size = sum(c * c for c in xi)
    first = (1 - size) / (1 + size)
    return np.array([-first if chart else first, *(2 * c / (1 + size) for c in xi)], dtype=object)


def basis(chart, x):
    """Return the orthonormal tangent basis at a unit vector, as a (d, d - 1) array."""
    sign, d = (-1 if chart else 1), len(x)
    rows = [[-sign * x[j] for j in range(1, d)]]
    rows += [
        [int(k == j) - x[k] * x[j] / (1 + sign * x[0]) for j in range(1, d)] for k in range(1, d)
    ]
    return np.array(rows, dtype=object)


class Oracle:
    """A network's coefficients in some arithmetic."""

    def __init__(self, network, number=Fraction):
        n, d = network.n, network.d
        self.n, self.d, self.number = n, d, number
        if network.couplings is None:
            self.h = exact(network.drive, number)
        else:
            self.h = exact(network.couplings, number) @ exact(network.anchors, number)
        matrix = network.crosstalk
        if matrix is None:
            matrix = np.zeros((n, n))
        self.J = exact(matrix if isinstance(matrix, np.ndarray) else matrix.toarray(), number)
        a = np.zeros((n, d, d)) if network.frequency is None else network.frequency
        self.A = exact(a, number)

    def points(self, charts, xi):
        return np.array([point(c, row) for c, row in zip(charts, xi, strict=True)], dtype=object)

    def field(self, x):
        g = self.h + self.J @ x
        rows = [
            self.A[i] @ x[i] + g[i] - x[i] * sum(a * b for a, b in zip(x[i], g[i], strict=True))
            for i in range(self.n)
        ]
        return np.array(rows, dtype=object)

    def equations(self, charts, frames, xi):
        v = self.field(self.points(charts, xi))
        return np.concatenate([frame.T @ row for frame, row in zip(frames, v, strict=True)])

    def frames(self, charts, xi):
        x = self.points(charts, xi)
        return [basis(c, row) for c, row in zip(charts, x, strict=True)]

    def jacobian(self, charts, frames, xi):
        """Differentiate the equations by every coordinate."""
        columns = []
        for index in np.ndindex(xi.shape):
            dual = np.array([[Dual(v) for v in row] for row in xi], dtype=object)
            dual[index].slope = self.number(1)
            columns.append([e.slope for e in self.equations(charts, frames, dual)])
        return np.array(columns, dtype=object).T

    def linearisation(self, charts, xi):
        """Return the Jacobian of the field between the orthonormal tangent bases."""
        frames = self.frames(charts, xi)
        slope = self.jacobian(charts, frames, xi)
        size = self.d - 1
        for k, row in enumerate(xi):
            factor = 2 / (1 + sum(c * c for c in row))
            slope[:, k * size : (k + 1) * size] /= factor
        return slope


def newton(network, charts, coordinates, digits=60):
    """Return the equilibrium's coordinates near a guess, to this many digits."""
    with mpmath.workdps(digits + 20):
        oracle = Oracle(network, mpmath.mpf)
        xi = exact(coordinates, mpmath.mpf)
        if xi.ndim == 3:
            xi = xi.sum(axis=0)
        for _ in range(60):
            frames = oracle.frames(charts, xi)
            slope = mpmath.matrix(oracle.jacobian(charts, frames, xi).tolist())
            value = mpmath.matrix(oracle.equations(charts, frames, xi).tolist())
            step = mpmath.lu_solve(slope, value)
            xi = xi - np.array(list(step), dtype=object).reshape(xi.shape)
            if mpmath.norm(step, mpmath.inf) < mpmath.mpf(10) ** -digits:
                return xi
    raise AssertionError("the oracle's Newton method did not converge")
