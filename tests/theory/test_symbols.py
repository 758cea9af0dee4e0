"""Reduction on the product of spheres is a decision, not a heuristic."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, Symbol, eye, zeros

from lohe.theory.symbols import Oscillators, remainder

fractions = st.fractions(min_value=-2, max_value=2, max_denominator=7)


def rational_point(parameters):
    """Return a rational point on the circle or sphere by stereographic projection."""
    squared = sum(p * p for p in parameters)
    return [(1 - squared) / (1 + squared), *(2 * p / (1 + squared) for p in parameters)]


@pytest.mark.parametrize("d", [2, 3, 4])
def test_multiples_of_the_relations_reduce_to_zero(d):
    pair = Oscillators(2, d)
    inner = pair.x[0].dot(pair.x[1])
    element = (inner + pair.h[0][0]) * pair.relations[0] + inner**2 * pair.relations[1]
    assert pair.reduce(element) == 0


def test_what_does_not_vanish_on_the_spheres_does_not_reduce_to_zero():
    pair = Oscillators(2, 2)
    assert pair.reduce(pair.x[0].dot(pair.x[1])) != 0
    assert pair.reduce(pair.x[0].dot(pair.x[0]) - 2) == -1


@settings(max_examples=15)
@given(st.tuples(fractions, fractions), st.tuples(fractions, fractions), st.integers(1, 4))
def test_the_normal_form_has_the_same_values_on_the_spheres(first, second, power):
    pair = Oscillators(2, 3)
    x, y = pair.x
    polynomial = (x[0] + y[1]) ** power * x.dot(x) - x[0] ** 2 * y[0] ** 3
    point = dict(zip([*x, *y], rational_point(first) + rational_point(second), strict=True))
    point = {symbol: Rational(value) for symbol, value in point.items()}
    assert polynomial.subs(point) == pair.reduce(polynomial).subs(point)


def test_symbols_have_the_stated_structure():
    network = Oscillators(3, 4, symmetric=False)
    assert network.crosstalk.diagonal() == zeros(1, 3)
    assert network.crosstalk != network.crosstalk.T
    assert Oscillators(3, 4).crosstalk == Oscillators(3, 4).crosstalk.T
    assert all(a + a.T == zeros(4, 4) for a in network.frequency)
    assert len({*network.frequency[0].free_symbols}) == 6
    assert network.projector(0) == eye(4) - network.x[0] * network.x[0].T


def test_only_polynomials_can_be_reduced():
    x = Symbol("x")
    with pytest.raises(ValueError, match="polynomial"):
        remainder(1 / x, [x**2 - 1], [x])
