"""The forms of the charts, evaluated in coordinates: unit points, orthonormal tangent bases."""

import pytest
from sympy import Matrix, eye, simplify, symbols, zeros

from lohe.theory import chart
from lohe.theory.frame import Frame


@pytest.mark.parametrize("pole", [1, -1])
@pytest.mark.parametrize("d", [2, 3, 4])
def test_points_are_unit_bases_orthonormal_and_tangent_and_the_chart_conformal(d, pole):
    xi = Matrix(symbols(f"xi1:{d}", real=True))
    c = 2 / (1 + xi.dot(xi))
    frame = Frame.euclidean(d - 1)

    def at(form):
        values = {chart.xi: xi, chart.rest: c * xi, chart.pole: pole, chart.c: c}
        return frame.evaluate(form.expression, values)

    polar = chart.POINT_POLAR.expression.subs({chart.pole: pole, chart.c: c})
    point = Matrix.vstack(Matrix([polar]), at(chart.POINT_REST))
    basis = Matrix.vstack(at(chart.BASIS_POLAR), at(chart.BASIS_REST))
    assert simplify(point.dot(point) - 1) == 0
    assert (basis.T * basis - eye(d - 1)).applyfunc(simplify) == zeros(d - 1, d - 1)
    assert (basis.T * point).applyfunc(simplify) == zeros(d - 1, 1)
    derivative = point.jacobian(xi)
    assert (derivative - c * basis).applyfunc(simplify) == zeros(d, d - 1)
    assert chart.DERIVATIVE.expression == chart.c * chart.B
