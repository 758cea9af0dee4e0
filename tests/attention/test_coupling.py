"""Laws of the coupling functions: non-negative, stable, with the right slope."""

import numpy as np
import pytest

from lohe.attention.coupling import COUPLINGS, find_coupling
from lohe.attention.gradcheck import check_pullback
from lohe.attention.kernels.logarithm import _by_log
from lohe.dynamics.errors import InputError

mp = pytest.importorskip("mpmath").mp
EXACT = {
    "softplus": lambda s: mp.log1p(mp.exp(s)),
    "relu": lambda s: max(s, 0) + mp.mpf(1e-3),
    "elu": lambda s: s + 1 if s > 0 else mp.exp(s),
    "squareplus": lambda s: (s + mp.sqrt(s * s + 4 * mp.log(2) ** 2)) / 2,
}
SCORES = np.array([-1e4, -700.0, -30.0, -1.0, -1e-9, 0.0, 1e-9, 1.0, 30.0, 1e4])


@pytest.mark.parametrize("name", COUPLINGS)
def test_value_against_fifty_digits(name):
    with mp.workdps(50):
        exact = np.array([float(EXACT[name](mp.mpf(float(s)))) for s in SCORES])
    error = np.abs(find_coupling(name).value(np, SCORES) - exact)
    # softplus takes e^s as a power of 2 of s/ln 2, whose rounding counts |s| times where the
    # coupling is all but e^s.
    rounded = np.maximum(-SCORES, 0) * 2.0**-53 if name == "softplus" else 0
    assert (error <= (4e-16 + rounded) * exact).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("by", [_by_log, lambda x, _: np.log1p(x)])
def test_logarithm_of_one_more(dtype, by):
    x = np.geomspace(1e-35, 1e35, 2001).astype(dtype)
    with mp.workdps(50):
        exact = np.array([float(mp.log1p(mp.mpf(float(number)))) for number in x])
    found = by(x, tuple(np.empty((2, *x.shape), dtype)))
    np.testing.assert_allclose(found, exact, rtol=2.5 * np.finfo(dtype).eps, atol=0)


@pytest.mark.parametrize("name", COUPLINGS)
def test_slope(name):
    coupling = find_coupling(name)
    s = np.array([-20.0, -2.0, -0.3, 0.4, 3.0, 25.0])
    check = check_pullback(
        lambda x: (coupling.value(np, x), lambda dy: dy * coupling.slope(np, x)),
        [s], np.random.default_rng(0),
    )  # fmt: skip
    assert check.relative_error < 1e-9


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", COUPLINGS)
def test_finite_and_not_negative(name, dtype):
    scores = SCORES.astype(dtype)
    for function in (find_coupling(name).value, find_coupling(name).slope):
        values = function(np, scores)
        assert values.dtype == dtype
        assert np.isfinite(values).all()
        assert (values >= 0).all()


def test_squareplus_meets_softplus_at_zero():
    values = [float(find_coupling(n).value(np, np.float64(0))) for n in ("squareplus", "softplus")]
    assert values[0] == pytest.approx(values[1], rel=1e-15)


def test_unknown_name():
    with pytest.raises(InputError, match="choose softplus, relu, elu, squareplus"):
        find_coupling("tanh")
