r"""The two stereographic charts of a sphere without indices: point, basis and derivative.

The chart of pole :math:`s = \pm1` of the first coordinate takes :math:`\xi\in\mathbb R^{d-1}` to
the unit vector whose first coordinate is :math:`s(c-1)` and whose others are :math:`c\,\xi`, with
:math:`c = 2/(1+|\xi|^2)`. It is rational, so rational coordinates stand for exact unit vectors; and
conformal, :math:`Dx = cB` with orthonormal columns in B. The basis is written in the point and its
coordinates: over a box that encloses it more tightly than the coordinates alone do.
`lohe.theory.emit` prints these forms.
"""

from __future__ import annotations

from sympy import Identity, MatrixSymbol, Symbol

from lohe.theory import blocks
from lohe.theory.blocks import Form

__all__ = [
    "BASIS_POLAR",
    "BASIS_REST",
    "DERIVATIVE",
    "LINEARISATION",
    "POINT_POLAR",
    "POINT_REST",
    "B",
    "c",
    "m",
    "pole",
    "rest",
    "xi",
]

m = Symbol("m", integer=True, positive=True)  # d - 1
xi = MatrixSymbol("xi", m, 1)
rest = MatrixSymbol("x_rest", m, 1)  # all coordinates of the point but the first
B = MatrixSymbol("B", blocks.d, m)
pole = Symbol("s", real=True)
c = Symbol("c", positive=True)

POINT_POLAR = Form("point_polar", pole * c - pole, r"x_1 = s(c-1),\ c = 2/(1+|\xi|^2)")
POINT_REST = Form("point_rest", c * xi, r"x_{2\ldots d} = c\,\xi")
BASIS_POLAR = Form("basis_polar", -pole * rest.T, r"B_1 = -s\,x_{2\ldots d}^{\top}")
BASIS_REST = Form(
    "basis_rest", Identity(m) - rest * xi.T, r"B_{2\ldots d} = I - x_{2\ldots d}\,\xi^{\top}"
)
DERIVATIVE = Form("derivative", c * B, r"Dx = cB")

# On a tangent space with orthonormal basis B, where B^T x = 0 removes the term x g^T.
LINEARISATION = Form(
    "chart_linearisation",
    B.T * blocks.A * B - blocks.pull * Identity(m),
    r"B_i^{\top}(\partial\dot x_i/\partial x_i)B_i = B_i^{\top}A_iB_i - \lambda_iI",
)
