"""The settling time is never too short, and hardly too long."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest

from lohe.proofs_numeric.settling_bound import cap_quantile, settling_time_upper


@pytest.mark.parametrize("d", [2, 3, 8, 32, 65])
@pytest.mark.parametrize("delta", [1e-9, 1e-3, 0.3, 0.9])
def test_the_quantile_is_one_and_is_sharp(d, delta):
    z = cap_quantile(delta, d)
    with mpmath.workdps(50):
        shape = mpmath.mpf(d - 1) / 2
        below = mpmath.betainc(shape, shape, 0, mpmath.mpf(z), regularized=True)
        assert below <= mpmath.mpf(delta)
        assert below >= mpmath.mpf(delta) * (1 - mpmath.mpf("1e-9"))


def test_a_delta_too_small_for_any_float_gives_no_quantile():
    assert cap_quantile(1e-300, 2) == 0.0


@pytest.mark.parametrize("epsilon", [1e-100, 1e-9, 1e-2, 1.9])
def test_the_time_is_the_formula_rounded_up(epsilon):
    z, norm = cap_quantile(1e-3, 4), 0.37
    with mpmath.workdps(60):
        c = 2 * mpmath.mpf(z) - 1
        e = mpmath.mpf(epsilon)
        time = (mpmath.atanh(1 - e**2 / 2) - mpmath.atanh(c)) / mpmath.mpf(norm)
        if epsilon == 1e-100:  # 1 - e^2/2 needs more digits than are carried here
            time = (mpmath.log(4 / e**2) / 2 - mpmath.atanh(c)) / mpmath.mpf(norm)
            assert settling_time_upper(norm, epsilon, z) == pytest.approx(float(time), rel=1e-12)
            return
        found = settling_time_upper(norm, epsilon, z)
        assert max(time, 0) <= found <= max(time, 0) * (1 + mpmath.mpf("1e-15"))


def test_settled_starts_need_no_time():
    assert settling_time_upper(1.0, 1.99, 0.99) == 0.0


@pytest.mark.parametrize("d", [2, 5])
def test_simulated_starts_settle_in_time(d):
    rng = np.random.default_rng(d)
    epsilon, delta, norm, trials = 0.05, 0.02, 1.7, 200_000
    time = settling_time_upper(norm, epsilon, cap_quantile(delta, d))
    starts = rng.standard_normal((trials, d))
    cosine = starts[:, 0] / np.linalg.norm(starts, axis=1)
    later = np.tanh(norm * time + np.arctanh(np.clip(cosine, -1 + 1e-16, 1 - 1e-16)))
    missed = np.count_nonzero(np.sqrt(2 * (1 - later)) > epsilon)
    # The bound is sharp, so the number missed is binomial(trials, delta): within five sigma.
    assert abs(missed - trials * delta) < 5 * np.sqrt(trials * delta)
