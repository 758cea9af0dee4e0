"""The coupling functions are enclosed, and tightly, against 200-bit ball arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from coupling_oracle import coupling_ball
from flint import arb, ctx

from lohe.attention.coupling import COUPLINGS
from lohe.dynamics.tokens import COUPLING_NAMES
from lohe.proofs_numeric.coupling_bounds import coupling_bounds

EDGES = [0.0, 5e-324, 2.0**-1030, 2.0**-1022, 2.0**-60, 0.34657359, 0.5, np.log(2), 1.0, 36.0]
EDGES += [690.0, 699.999999999, 700.0, np.nextafter(700.0, 800), 709.9, 745.2, 1e4, 1e30, 2.0**200]


def attack(name: str, scores: np.ndarray) -> None:
    lower, upper = coupling_bounds(name, scores, scores)
    with ctx.workprec(200):
        for s, low, high in zip(scores.tolist(), lower.tolist(), upper.tolist(), strict=True):
            value = coupling_ball(name, arb(s))
            assert arb(low) <= value <= arb(high), (name, s)
            if s > -700:
                assert high <= low * (1 + 2.0**-42), (name, s)


@pytest.mark.parametrize("name", COUPLING_NAMES)
def test_every_bound_holds(name):
    rng = np.random.default_rng(COUPLING_NAMES.index(name))
    edges = np.array(EDGES)
    # Halfway points of the reduction to multiples of ln 2 are where its remainder is largest.
    halves = (np.arange(1000) + 0.5) * np.log(2)
    near = np.concatenate([np.nextafter(halves, 0), halves, np.nextafter(halves, 1e4)])
    scores = [edges, near, rng.uniform(-40, 40, 20_000), rng.uniform(-800, 800, 5_000)]
    scores += [rng.standard_normal(2_000) * 10.0 ** rng.uniform(-300, 2, 2_000)]
    scores = np.concatenate(scores)
    attack(name, np.concatenate([scores, -scores]))


@pytest.mark.parametrize("name", COUPLING_NAMES)
def test_they_are_the_couplings_that_the_layer_computes(name):
    scores = np.linspace(-30, 30, 1001)
    lower, upper = coupling_bounds(name, scores, scores)
    value = COUPLINGS[name].value(np, scores)
    np.testing.assert_allclose(value, lower, rtol=1e-12)
    np.testing.assert_allclose(value, upper, rtol=1e-12)


def test_an_interval_is_bounded_at_its_ends():
    lower, upper = np.array([-3.0, -1.0]), np.array([2.0, -1.0])
    for name in COUPLING_NAMES:
        low, high = coupling_bounds(name, lower, upper)
        assert np.array_equal(low, coupling_bounds(name, lower, lower)[0])
        assert np.array_equal(high, coupling_bounds(name, upper, upper)[1])
