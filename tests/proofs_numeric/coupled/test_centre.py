"""The centre is at rest, to rounding, wherever something rests."""

from __future__ import annotations

import numpy as np
import pytest
from coupled_oracle import network, rows, skew, unit

from lohe.dynamics import topology
from lohe.dynamics.field import residual
from lohe.dynamics.lorentz import attractor
from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.centre import find_centre


@pytest.mark.parametrize("frequency", [0.0, 0.3, 0.9])
@pytest.mark.parametrize("d", [2, 3, 4, 8])
def test_the_centre_is_at_rest(d, frequency):
    net = network(d, n=7, d=d, frequency=frequency)
    x = find_centre(net)
    assert residual(net, x) < 1e-14
    assert np.allclose(np.linalg.norm(x, axis=1), 1, rtol=0, atol=1e-15)


def test_oscillators_that_hear_nobody_sit_at_their_attracting_points():
    rng = np.random.default_rng(4)
    h, a = unit(rng, 9, 5), skew(rng, 9, 5, 0.7)
    assert np.abs(find_centre(Network(h, frequency=a)) - attractor(h, a)).max() < 1e-13


def test_at_many_scales_and_for_one_oscillator_without_frequency_among_others():
    rng = np.random.default_rng(5)
    h, j, a = unit(rng, 6, 3), rows(rng, 6, 0.4), skew(rng, 6, 3, 0.5)
    a[2] = 0
    x = find_centre(Network(h, crosstalk=j, frequency=a))
    for scale in (2.0**-300, 2.0**300):
        same = find_centre(Network(h * scale, crosstalk=j * scale, frequency=a * scale))
        assert np.abs(same - x).max() < 1e-12


def test_repelling_crosstalk_that_makes_the_plain_iteration_flip_still_settles():
    rng = np.random.default_rng(6)
    net = Network(0.5 * unit(rng, 8, 3), crosstalk=topology.complete(8, strength=-0.7))
    x = find_centre(net)
    assert residual(net, x) < 1e-9


def test_consensus_far_beyond_t6_is_found():
    h = np.zeros((40, 3))
    h[0, 2] = 0.01
    net = Network(h, crosstalk=topology.ring(40))
    x = find_centre(net)
    assert residual(net, x) < 1e-10
    assert np.all(x[:, 2] > 0.99)


def test_nothing_is_found_where_nothing_rests():
    turn = [[[0.0, -2.0], [2.0, 0.0]]]
    assert find_centre(Network([[1.0, 0.0]], frequency=turn)) is None
    pulled = Network([[1.0, 0.0]] * 2, crosstalk=[[0, 0.1], [0.1, 0]], frequency=turn * 2)
    assert find_centre(pulled) is None
