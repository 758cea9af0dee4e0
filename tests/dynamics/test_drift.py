"""Steps of the flow without noise: exact where it is known, of order 2 with crosstalk."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.drift import drift_flow
from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import uniform


def laid_out(states):
    """(trials, n, d) states as (n, d, trials)."""
    return np.ascontiguousarray(np.moveaxis(states, 0, -1))


def network_of(rng, n, d, *, crosstalk, frequency):
    skew = rng.standard_normal((n, d, d)) * frequency
    return Network(
        rng.standard_normal((n, d)),
        crosstalk=crosstalk * rng.standard_normal((n, n)) * (1 - np.eye(n)),
        frequency=skew - np.swapaxes(skew, 1, 2),
    )


@pytest.mark.parametrize("d", [2, 3, 6])
@pytest.mark.parametrize("frequency", [0.0, 0.5])
def test_without_crosstalk_the_flow_is_exact(d, frequency):
    rng = np.random.default_rng(d)
    network = network_of(rng, 4, d, crosstalk=0.0, frequency=frequency)
    start = uniform(rng, (30, 4), d)
    expected = settle(start, network.drive, 0.7, frequency=network.frequency)
    moved = drift_flow(network, 0.7)(laid_out(start))
    assert np.allclose(np.moveaxis(moved, -1, 0), expected, atol=1e-13)


def test_an_oscillator_without_drive_stays_exactly():
    start = laid_out(uniform(np.random.default_rng(0), (5, 1), 3))
    moved = drift_flow(Network(np.zeros((1, 3))), 2.0)(start)
    assert np.array_equal(moved, start)


@pytest.mark.parametrize("frequency", [0.0, 0.4])
def test_with_crosstalk_the_flow_has_order_two(frequency):
    rng = np.random.default_rng(7)
    network = network_of(rng, 5, 3, crosstalk=0.6, frequency=frequency)
    start = uniform(rng, (6, 5), 3)
    exact = dormand_prince(lambda x: vector_field(network, x), start, 1.0, tolerance=1e-12).x
    errors = []
    for steps in (20, 40, 80):
        flow, x = drift_flow(network, 1 / steps), laid_out(start)
        for _ in range(steps):
            x = flow(x)
        errors.append(np.abs(np.moveaxis(x, -1, 0) - exact).max())
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    assert np.all(np.abs(orders - 2) < 0.2)
    assert np.allclose(np.linalg.norm(x, axis=1), 1, atol=1e-13)


def test_a_resting_point_rests():
    rng = np.random.default_rng(3)
    network = network_of(rng, 4, 3, crosstalk=0.1, frequency=0.0)
    rest = resting_point(network)
    assert rest is not None
    moved = drift_flow(network, 0.3)(rest[:, :, np.newaxis])
    assert np.allclose(moved[:, :, 0], rest, atol=1e-12)


def test_sparse_crosstalk_gives_the_same_and_leaves_its_argument():
    rng = np.random.default_rng(4)
    network = network_of(rng, 6, 3, crosstalk=0.5, frequency=0.3)
    thin = Network(
        network.drive, crosstalk=sparse.csr_array(network.crosstalk), frequency=network.frequency
    )
    start = laid_out(uniform(rng, (8, 6), 3))
    kept = start.copy()
    assert np.allclose(drift_flow(network, 0.2)(start), drift_flow(thin, 0.2)(start), atol=1e-14)
    assert np.array_equal(start, kept)
