"""The Taylor test itself must pass right adjoints and fail wrong ones."""

import numpy as np
import pytest

from lohe.attention.gradcheck import check_pullback
from lohe.dynamics.errors import InputError


def product(factor):
    return lambda x, y: (np.sin(x) * y, lambda g: (factor * np.cos(x) * y * g, np.sin(x) * g))


POINT = [np.linspace(0, 1, 5), np.linspace(1, 2, 5)]


def test_passes_a_right_adjoint():
    check = check_pullback(product(1.0), POINT, np.random.default_rng(0))
    assert check.relative_error < 1e-10
    assert check.order > 1.9


def test_fails_an_adjoint_wrong_by_one_part_in_a_million():
    check = check_pullback(product(1 + 1e-6), POINT, np.random.default_rng(0))
    assert check.relative_error == pytest.approx(1e-6, rel=1e-2)


def test_order_tells_a_wrong_adjoint():
    assert check_pullback(product(1.1), POINT, np.random.default_rng(0)).order < 1.1


def test_linear_functions_have_no_remainder():
    check = check_pullback(lambda x: (3 * x, lambda g: 3 * g), [POINT[0]], np.random.default_rng(0))
    assert check.order == np.inf


@pytest.mark.parametrize("gradients", [(np.ones(5),), (np.ones(5), np.ones(4))])
def test_refuses_gradients_that_do_not_fit(gradients):
    with pytest.raises(InputError, match="gradient"):
        check_pullback(lambda x, y: (x, lambda g: gradients), POINT, np.random.default_rng(0))
