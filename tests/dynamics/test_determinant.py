"""Determinants keep their relative accuracy when the products nearly cancel."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from lohe.dynamics.determinant import determinant


def test_relative_error_is_rounding_however_close_the_products():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 2000))
    c = rng.standard_normal(2000)
    d = b * c / a * (1 + rng.integers(-4, 5, 2000) * 2.0**-52)
    found = determinant(a, b, c, d)
    for i in range(2000):
        exact = Fraction(a[i]) * Fraction(d[i]) - Fraction(b[i]) * Fraction(c[i])
        assert abs(Fraction(float(found[i])) - exact) <= abs(exact) * Fraction(2) ** -50
