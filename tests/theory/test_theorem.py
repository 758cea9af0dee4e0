"""An obligation holds only where its residual is zero and its sign is proved."""

import pytest
from sympy import Matrix, symbols

from lohe.theory.theorem import nonnegative, polynomial, positive, vanishes

a, b = symbols("a b", real=True)
p = symbols("p", positive=True)


def test_a_wrong_identity_leaves_a_residual():
    outcome = vanishes("wrong", "", (a + b) ** 2 - a**2 - b**2)
    assert not outcome.holds
    assert outcome.residual == "2*a*b"


def test_one_wrong_entry_of_a_matrix_is_enough():
    assert vanishes("", "", Matrix([0, (a - a) * b])).holds
    assert not vanishes("", "", 0, Matrix([0, a])).holds


def test_nothing_to_check_is_an_error():
    with pytest.raises(ValueError, match="without residuals"):
        vanishes("", "")
    with pytest.raises(ValueError, match="without residuals"):
        vanishes("", "", Matrix(0, 0, []))


def test_a_sign_needs_a_certificate_that_is_equal_and_evident():
    assert nonnegative("", "", a**2 - 2 * a * b + b**2, (a - b) ** 2).holds
    assert not nonnegative("", "", a**2 - 2 * a * b + b**2, (a + b) ** 2).holds
    assert not nonnegative("", "", a * b, a * b).holds
    assert not nonnegative("", "", -(a**2), -(a**2)).holds


def test_strict_signs_are_stricter():
    assert nonnegative("", "", a**2, a**2).holds
    assert not positive("", "", a**2, a**2).holds
    assert positive("", "", a**2 + p, a**2 + p).holds


def test_reduction_modulo_relations():
    circle = polynomial(a**2 + b**2 - 1, leading=(a, b))
    assert vanishes("", "", a**4 - (1 - b**2) ** 2, reduction=circle).holds
    assert not vanishes("", "", a**4 - b**4, reduction=circle).holds
