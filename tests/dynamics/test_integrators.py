"""Measured orders of convergence, error control, and laws of the flow along trajectories."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.field import energy, residual, vector_field
from lohe.dynamics.integrators import dormand_prince, projected_euler, runge_kutta
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import distance, uniform


def random_network(n=5, d=3, seed=0, *, frequency=False, symmetric=True):
    rng = np.random.default_rng(seed)
    crosstalk = 0.4 * rng.standard_normal((n, n))
    if symmetric:
        crosstalk = crosstalk + crosstalk.T
    np.fill_diagonal(crosstalk, 0)
    rotation = rng.standard_normal((n, d, d))
    return Network(
        rng.standard_normal((n, d)),
        crosstalk=crosstalk,
        frequency=rotation - np.swapaxes(rotation, 1, 2) if frequency else None,
    )


@pytest.mark.parametrize("frequency", [False, True])
@pytest.mark.parametrize(("method", "order"), [(projected_euler, 1), (runge_kutta, 4)])
def test_orders_of_convergence(method, order, frequency):
    network = random_network(frequency=frequency, symmetric=False)
    field, x0 = partial(vector_field, network), uniform(np.random.default_rng(1), 5, 3)
    reference = runge_kutta(field, x0, 1 / 2048, 2048)
    errors = [
        np.abs(method(field, x0, 1 / steps, steps) - reference).max() for steps in (32, 64, 128)
    ]
    slopes = np.log2(np.divide(errors[:-1], errors[1:]))
    np.testing.assert_allclose(slopes, order, atol=0.15)


def test_the_pair_has_order_five_and_its_error_follows_the_tolerance():
    network = random_network(frequency=True, symmetric=False)
    field, x0 = partial(vector_field, network), uniform(np.random.default_rng(1), (1, 5), 3)
    reference = runge_kutta(field, x0, 1 / 1024, 4 * 1024)
    tolerances = np.array([1e-4, 1e-6, 1e-8, 1e-10])
    runs = [dormand_prince(field, x0, 4.0, tolerance=t) for t in tolerances]
    errors = np.array([np.abs(run.x - reference).max() for run in runs])
    assert np.all(errors < 20 * tolerances)
    steps = np.array([run.steps[0] for run in runs])
    # Error per step ~ step^5, so the number of steps grows like tolerance^(-1/5).
    slope = np.polyfit(np.log(tolerances), np.log(steps), 1)[0]
    assert slope == pytest.approx(-1 / 5, abs=0.04)


def test_a_batch_is_integrated_as_if_each_state_were_alone():
    network = random_network(frequency=True)
    field, x0 = partial(vector_field, network), uniform(np.random.default_rng(2), (7, 5), 3)
    together = dormand_prince(field, x0, 3.0)
    assert together.finished.all()
    for row in range(7):
        alone = dormand_prince(field, x0[row : row + 1], 3.0)
        np.testing.assert_allclose(together.x[row], alone.x[0], atol=1e-12)
        assert together.steps[row] == alone.steps[0]


def test_adaptive_integration_agrees_with_the_exact_flows():
    rng = np.random.default_rng(3)
    h, x0 = rng.standard_normal((6, 4)), uniform(rng, (3, 6), 4)
    rotation = rng.standard_normal((6, 4, 4))
    rotation -= np.swapaxes(rotation, 1, 2)
    for frequency in (None, rotation):
        network = Network(h, frequency=frequency)
        run = dormand_prince(partial(vector_field, network), x0, 2.5, tolerance=1e-12)
        np.testing.assert_allclose(run.x, settle(x0, h, 2.5, frequency=frequency), atol=1e-10)


def test_energy_never_rises_and_stops_falling_at_rest():
    network = random_network(seed=4)
    field, x = partial(vector_field, network), uniform(np.random.default_rng(5), (20, 5), 3)
    before = energy(network, x)
    for _ in range(40):
        x = dormand_prince(field, x, 0.5).x
        after = energy(network, x)
        assert np.all(after <= before + 1e-12)
        before = after
    assert residual(network, x).max() < 1e-2


@pytest.mark.parametrize("method", [projected_euler, runge_kutta])
def test_trajectories_turn_with_the_network(method):
    rng = np.random.default_rng(6)
    network, x0 = random_network(seed=6), uniform(rng, 5, 3)
    turn = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    turned = Network(network.drive @ turn.T, crosstalk=network.crosstalk)
    end = method(partial(vector_field, network), x0, 0.05, 60)
    end_turned = method(partial(vector_field, turned), x0 @ turn.T, 0.05, 60)
    np.testing.assert_allclose(end_turned, end @ turn.T, atol=1e-12)


@pytest.mark.parametrize("product", [0.4, 1.0, 1.9, 2.1])
def test_an_euler_step_maps_the_angle_as_printed(product):
    network, angle = Network([[product, 0.0]]), 2.0
    x = np.array([[np.cos(angle), np.sin(angle)]])
    stepped = projected_euler(partial(vector_field, network), x, 1.0, 1)
    expected = abs(angle - np.arctan(product * np.sin(angle)))
    assert float(distance(stepped, np.array([1.0, 0.0]))[0]) == pytest.approx(expected, rel=1e-12)
    far = projected_euler(partial(vector_field, network), x, 1.0, 2000)
    assert (float(distance(far, np.array([1.0, 0.0]))[0]) < 1e-6) == (product < 2)


def test_states_that_cannot_be_integrated_are_reported_and_the_rest_go_on():
    def field(x):
        return np.where(x[..., :1] > 0.5, np.nan, 0.1 * np.stack([-x[..., 1], x[..., 0]], -1))

    x0 = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    run = dormand_prince(field, x0, 1.0)
    np.testing.assert_array_equal(run.finished, [False, True])
    assert run.steps[0] < 100
    short = dormand_prince(lambda x: np.stack([-x[..., 1], x[..., 0]], -1), x0, 50.0, max_steps=3)
    assert not short.finished.any()
    np.testing.assert_array_equal(short.steps, 3)


def test_no_time_no_motion_and_bad_arguments():
    x0 = np.array([[[1.0, 0.0]]])
    still = dormand_prince(np.zeros_like, x0, 0.0)
    assert still.finished.all()
    np.testing.assert_array_equal(still.x, x0)
    for bad in ({"duration": -1.0}, {"duration": np.inf}, {"duration": 1.0, "tolerance": 0.0}):
        with pytest.raises(InputError):
            dormand_prince(np.zeros_like, x0, **bad)
    with pytest.raises(InputError):
        dormand_prince(np.zeros_like, x0[0], 1.0)
