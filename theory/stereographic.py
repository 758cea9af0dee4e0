r"""Stereographic charts of the sphere for T8: rational, conformal, with an orthonormal frame.

The chart of the pole :math:`s=\pm1` of the first coordinate is
:math:`x_0=s\frac{1-\rho}{1+\rho}`, :math:`x_k=\frac{2\xi_k}{1+\rho}`, :math:`\rho=|\xi|^2`. It
covers all of the sphere but the opposite pole; :math:`|\xi|\le1` is the half :math:`sx_0\ge0`.
"""

from __future__ import annotations

from sympy import Expr, Matrix, MatrixBase, MatrixSymbol, Symbol, eye, symbols

from lohe.theory import blocks, chart
from lohe.theory.blocks import Form
from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import Outcome, nonnegative, vanishes

__all__ = [
    "basis",
    "conformal",
    "covering",
    "displacement",
    "equation",
    "exchange",
    "forms",
    "tangent_form",
    "unit",
]

_DIMENSIONS = (2, 3, 4)
_POLES = (1, -1)


def _point(pole: int, xi: MatrixBase) -> MatrixBase:
    """Return the point of the sphere with these coordinates."""
    rho = xi.dot(xi)
    return Matrix([pole * (1 - rho) / (1 + rho), *(2 * xi / (1 + rho))])


def _coordinates(d: int, name: str = "xi") -> MatrixBase:
    return Matrix(symbols(f"{name}_1:{d}", real=True))


def _frame_at(pole: int, xi: MatrixBase) -> MatrixBase:
    """Return B = ((1 + ρ)/2) ∂x/∂ξ."""
    return (_point(pole, xi).jacobian(list(xi)) * (1 + xi.dot(xi)) / 2).applyfunc(
        lambda entry: entry.together().cancel()
    )


def unit() -> Outcome:
    """Check that charts give points of the sphere, exactly for rational coordinates."""
    residuals = []
    for d in _DIMENSIONS:
        point = _point(1, _coordinates(d))
        residuals.append(point.dot(point) - 1)
    return vanishes(
        "both charts give unit vectors, with rational entries for rational ξ (d = 2, 3, 4)",
        r"\Bigl(\frac{1-\rho}{1+\rho}\Bigr)^2+\frac{4\rho}{(1+\rho)^2} = 1",
        *residuals,
    )


def conformal() -> Outcome:
    """Check that the chart stretches all directions equally and that B spans the tangent space."""
    residuals: list[Expr | MatrixBase] = []
    for d in _DIMENSIONS:
        xi = _coordinates(d)
        for pole in _POLES:
            columns = _frame_at(pole, xi)
            residuals += [columns.T * columns - eye(d - 1), columns.T * _point(pole, xi)]
    return vanishes(
        "the columns of B = ((1 + ρ)/2) ∂x/∂ξ are orthonormal and tangent (d = 2, 3, 4)",
        r"B^{\top}B = I,\qquad B^{\top}x = 0",
        *residuals,
    )


def basis() -> Outcome:
    """Check the columns of B written by the point itself."""
    residuals = []
    for d in _DIMENSIONS:
        xi = _coordinates(d)
        for pole in _POLES:
            x = _point(pole, xi)
            rest = x[1:, :]
            written = Matrix.vstack(-pole * rest.T, eye(d - 1) - rest * rest.T / (1 + pole * x[0]))
            residuals.append(_frame_at(pole, xi) - written)
    return vanishes(
        "the columns by the point: −s x_j above δ_kj − x_k x_j/(1 + s x_0) (d = 2, 3, 4)",
        r"B_{0j} = -s\,x_j,\qquad B_{kj} = \delta_{kj}-\frac{x_kx_j}{1+s\,x_0}",
        *residuals,
    )


def _explicit(form: Form, d: int, values: dict[MatrixSymbol, MatrixBase]) -> MatrixBase:
    """Evaluate an index-free form of `lohe.theory.chart` in coordinates."""
    sizes = {blocks.d: d, chart.m: d - 1}
    table = {symbol.subs(sizes): value for symbol, value in values.items()}
    return form.expression.subs(sizes).subs(table).doit().as_explicit()


def forms() -> Outcome:
    """Check the index-free forms that the kernels are printed from."""
    residuals: list[Expr | MatrixBase] = []
    for d in _DIMENSIONS:
        xi = _coordinates(d)
        scale = 2 / (1 + xi.dot(xi))
        for pole in _POLES:
            x, columns = _point(pole, xi), _frame_at(pole, xi)
            values = {chart.xi: xi, chart.rest: x[1:, :], chart.B: columns}
            scalars = {chart.c: scale, chart.pole: pole}
            residuals.append(chart.POINT_POLAR.expression.subs(scalars) - x[0])
            for form, expected in (
                (chart.POINT_REST, x[1:, :]),
                (chart.BASIS_POLAR, columns[0, :]),
                (chart.BASIS_REST, columns[1:, :]),
                (chart.DERIVATIVE, x.jacobian(list(xi))),
            ):
                residuals.append(_explicit(form, d, values).subs(scalars) - expected)
    return vanishes(
        "the forms that the kernels are printed from are this point, this basis and this "
        "derivative (d = 2, 3, 4)",
        rf"{chart.POINT_POLAR.latex},\ {chart.POINT_REST.latex},\ {chart.BASIS_POLAR.latex},\ "
        rf"{chart.BASIS_REST.latex},\ {chart.DERIVATIVE.latex}",
        *residuals,
    )


def tangent_form() -> Outcome:
    """Check the linearisation in an orthonormal basis against the block of L2."""
    residuals = []
    for d in (2, 3):
        one, xi = Oscillators(1, d), _coordinates(d)
        x, columns = _point(1, xi), _frame_at(1, xi)
        frequency, g = one.frequency[0], one.h[0]
        frame = Frame.euclidean(d)
        values = blocks.values_at(frame, x, g, frequency=frequency)
        block = frame.evaluate(blocks.FIELD_JACOBIAN.expression, values)
        found = _explicit(chart.LINEARISATION, d, {chart.B: columns, blocks.A: frequency})
        residuals.append(found.subs(blocks.pull, x.dot(g)) - columns.T * block * columns)
    return vanishes(
        "Bᵀ(∂ẋ/∂x)B = BᵀAB − λI, as Bᵀx = 0 and BᵀB = I (d = 2, 3)",
        chart.LINEARISATION.latex,
        *residuals,
    )


def covering() -> Outcome:
    """Check which half of the sphere the unit ball of a chart covers."""
    rho, below = Symbol("rho", nonnegative=True), Symbol("b", nonnegative=True)
    return nonnegative(
        "s x_0 = (1 − ρ)/(1 + ρ) is at least 0 if and only if ρ ≤ 1, so the closed unit balls of "
        "the two charts cover the sphere (ρ = 1/(1 + b) ≤ 1)",
        r"s\,x_0 = \frac{1-\rho}{1+\rho}\ge 0\iff\rho\le 1",
        ((1 - rho) / (1 + rho)).subs(rho, 1 / (1 + below)),
        below / (2 + below),
    )


def exchange() -> Outcome:
    """Check how the two charts are related."""
    residuals = []
    for d in _DIMENSIONS:
        xi = _coordinates(d)
        residuals.append(_point(1, xi) - _point(-1, xi / xi.dot(xi)))
    return vanishes(
        "the point of ξ in one chart is that of ξ/|ξ|² in the other: |ξ| > 1 there means |ξ'| < 1 "
        "here (d = 2, 3, 4)",
        r"x_s(\xi) = x_{-s}(\xi/|\xi|^2)",
        *residuals,
    )


def displacement() -> Outcome:
    """Check the distance of two points of one chart."""
    residuals = []
    for d in _DIMENSIONS:
        first, second = _coordinates(d), _coordinates(d, "zeta")
        gap, moved = _point(1, first) - _point(1, second), first - second
        scale = (1 + first.dot(first)) * (1 + second.dot(second))
        residuals.append(gap.dot(gap) - 4 * moved.dot(moved) / scale)
    return vanishes(
        "‖x − x̃‖ = 2|ξ − ξ̃|/√((1 + ρ)(1 + ρ̃)) ≤ 2|ξ − ξ̃|; so ⟨x, x̃⟩ > 0 where "
        "2|ξ − ξ̃|² < 1 (d = 2, 3, 4)",
        r"\|x-\tilde x\|^2 = \frac{4\,|\xi-\tilde\xi|^2}{(1+\rho)(1+\tilde\rho)}",
        *residuals,
    )


def equation() -> Outcome:
    """Check that the chart's equations have no other zeros near their centre."""
    inner, value = symbols("c alpha", real=True)
    frame = Frame.of([[1, inner], [inner, 1]])
    x, centre = frame.vectors
    field = value * centre  # orthogonal to all columns of B(ξ̃), so parallel to x̃
    return vanishes(
        "every d: if B(ξ̃)ᵀF = 0, then F = αx̃, and 0 = ⟨x, F⟩ = α⟨x, x̃⟩: F = 0 where ⟨x, x̃⟩ > 0",
        r"\langle x,F\rangle = 0,\ B(\tilde\xi)^{\top}F = 0,\ \langle x,\tilde x\rangle\ne 0"
        r"\ \Rightarrow\ F = 0",
        frame.inner(x, field) - value * inner,
        frame.inner(frame.project(centre, x), field),
    )
