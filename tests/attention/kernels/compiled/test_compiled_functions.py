"""Compiled functions of a strip are exact to a few roundings, over the whole range."""

import numpy as np
import pytest
from mpmath import mp

pytest.importorskip("numba", reason="needs the extra 'fast'")

from lohe.attention.coupling import COUPLINGS, RELU_FLOOR, SQUAREPLUS
from lohe.attention.kernels.compiled.functions import (
    NUMBERS,
    STRIP,
    room_for,
    value,
    value_and_slope,
)

EXACT = {
    "softplus": lambda s: mp.log1p(mp.exp(s)),
    "relu": lambda s: max(s, mp.mpf(0)) + mp.mpf(RELU_FLOOR),
    "elu": lambda s: s + 1 if s > 0 else mp.exp(s),
    "squareplus": lambda s: (s + mp.sqrt(s * s + mp.mpf(SQUAREPLUS))) / 2,
}
SLOPES = {
    "softplus": lambda s: 1 / (1 + mp.exp(-s)),
    "relu": lambda s: mp.mpf(int(s > 0)),
    "elu": lambda s: mp.mpf(1) if s > 0 else mp.exp(s),
    "squareplus": lambda s: (1 + s / mp.sqrt(s * s + mp.mpf(SQUAREPLUS))) / 2,
}
SCORES = [-1e4, -700.0, -87.0, -30.0, -8.0, -1.0, -1e-3, 0.0, 1e-9, 0.3, 1.0, 9.0, 30.0, 87.0, 1e4]


def strip(dtype):
    scores = np.concatenate([SCORES, np.linspace(-20, 20, 200)]).astype(dtype)
    return np.concatenate([scores, np.zeros(STRIP - scores.size, dtype)])


def close(found, exact, dtype):
    """Whether numbers are within four roundings of exact ones, or both below all normal ones."""
    info = np.finfo(dtype)
    wanted = np.array([float(each) for each in exact])
    error = np.abs(found.astype(float) - wanted)
    return (error <= 4 * info.eps * wanted + info.smallest_normal).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", COUPLINGS)
def test_couplings_against_fifty_digits(name, dtype):
    s, room = strip(dtype), room_for(np.dtype(dtype))
    with mp.workdps(50):
        exact, slopes = ([f[name](mp.mpf(float(x))) for x in s] for f in (EXACT, SLOPES))
        alone, together, slope = s.copy(), s.copy(), np.empty_like(s)
        value(NUMBERS[name], 1, alone, room)
        value_and_slope(NUMBERS[name], 1, together, slope, room)
    assert close(alone, exact, dtype)
    assert np.array_equal(alone, together)
    assert close(slope, slopes, dtype)


@pytest.mark.parametrize("p", [1, 2, 3, 8, 13, 64])
def test_powers(p):
    s, room = np.linspace(-1, 2, STRIP), room_for(np.dtype(float))
    alone, together, slope = s.copy(), s.copy(), np.empty_like(s)
    value(NUMBERS["power"], p, alone, room)
    value_and_slope(NUMBERS["power"], p, together, slope, room)
    base = np.maximum(s, 0)
    np.testing.assert_allclose(alone, base**p, rtol=1e-14)
    np.testing.assert_allclose(together, base**p, rtol=1e-14)
    np.testing.assert_allclose(slope, np.where(s > 0, p * base ** (p - 1), 0), rtol=1e-14)
