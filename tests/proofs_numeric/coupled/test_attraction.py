"""T6a: hypotheses decided exactly, and what they promise seen in trajectories."""

from __future__ import annotations

from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from coupled_oracle import anchored, device, network, unit
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.attraction import examine_attraction
from lohe.proofs_numeric.coupled.balance import ExactBalance
from lohe.proofs_numeric.coupled.contraction import examine_contraction
from lohe.proofs_numeric.uncertainty import Uncertainty

EXACT = Uncertainty()
TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


def trio(drive: float, scale: float = 1.0) -> Network:
    """S = 2, a = 1: the limit is 5, since 3² + 4² = 5²."""
    j = scale * (np.ones((3, 3)) - np.eye(3))
    return Network([[drive, 0.0]] * 3, crosstalk=j, frequency=[scale * TURN] * 3)


@given(st.integers(-1000, 1000))
@settings(max_examples=40)
def test_the_limit_is_not_proved_and_one_unit_inside_is_at_every_scale(exponent):
    scale = 2.0**exponent
    assert examine_attraction(trio(5 * scale, scale), EXACT).rate_lower is None
    assert examine_attraction(trio(np.nextafter(5 * scale, 0), scale), EXACT).rate_lower is None
    inside = examine_attraction(trio(np.nextafter(5 * scale, np.inf), scale), EXACT)
    assert inside.rate_lower > 0


FIGURES = st.fractions(0, 10, max_denominator=50)


@given(FIGURES, FIGURES, FIGURES)
@settings(max_examples=80)
def test_a_drive_is_held_against_a_root_without_taking_one(square, error, other):
    said = ExactBalance(square, error, Fraction(0), Fraction(0)).drive_exceeds_root(other)
    with ctx.workprec(300):
        gap = _arb(square).sqrt() - _arb(error) - _arb(other).sqrt()
        if gap > 0 or gap < 0:
            assert said == bool(gap > 0)
        else:
            assert not said  # equal, within 1e-80


def _arb(x: Fraction) -> arb:
    return arb(fmpq(x.numerator, x.denominator))


@pytest.mark.parametrize("seed", range(4))
def test_the_rate_bounds_that_of_every_device(seed):
    net = anchored(seed, crosstalk=0.2)
    allowed = Uncertainty(mismatch=0.02, crosstalk=0.02, frequency=0.1, anchors=0.01)
    proved = examine_attraction(net, allowed).rate_lower
    assert proved > 0
    rng = np.random.default_rng(seed)
    for _ in range(20):
        one = device(rng, net, allowed)
        s = np.abs(one.crosstalk).sum(axis=1)
        a = np.linalg.norm(one.frequency, axis=(1, 2)) / np.sqrt(2)
        h = np.linalg.norm(one.drive, axis=1)
        assert np.min(np.sqrt(h**2 - (s + a) ** 2) - 2 * s) >= proved


@pytest.mark.parametrize("seed", range(3))
def test_starts_of_asymmetric_turning_networks_meet_at_the_promised_rate(seed):
    net = network(seed, n=6, crosstalk=0.3, frequency=0.2)
    rate = examine_attraction(net, EXACT).rate_lower
    assert rate > 0
    assert not np.array_equal(net.crosstalk, net.crosstalk.T)
    rng = np.random.default_rng(seed)
    run = dormand_prince(partial(vector_field, net), unit(rng, 40, 6, 3), 40 / rate, tolerance=1e-9)
    assert np.abs(run.x - run.x[0]).max() < 1e-6


def test_without_frequencies_t6_asks_for_less():
    def examine(drive):
        net = Network([[drive, 0.0]] * 2, crosstalk=[[0.0, 0.5], [0.5, 0.0]])
        return examine_contraction(net, EXACT).contraction_upper, examine_attraction(net, EXACT)

    contraction, attraction = examine(1.1)  # between 2 s and sqrt(5) s
    assert contraction < 1
    assert attraction.rate_lower is None
    assert "1.11803" in attraction.reason
    assert examine(1.12)[1].rate_lower > 0


def test_a_decoupled_network_settles_at_the_rate_of_its_weakest_drive():
    rate = examine_attraction(Network([[3.0, 4.0], [0.0, 2.0]]), EXACT).rate_lower
    assert 2 - 1e-13 < rate <= 2


def test_an_undriven_oscillator_is_named():
    assert "oscillator 1 " in examine_attraction(Network([[1.0, 0.0], [0.0, 0.0]]), EXACT).reason
