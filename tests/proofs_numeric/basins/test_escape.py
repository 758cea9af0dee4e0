"""Escapes: known survival and mean exit times, statistics, the same result for any workers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from lohe.dynamics.drift import drift_flow
from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.errors import InputError
from lohe.dynamics.exit_times import mean_cap_exit_time, mean_slip_time
from lohe.dynamics.gallery import anchored_circulant
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.escape import Escape, escape
from lohe.proofs_numeric.basins.regions import Arrival, Caps, Slips, certified_caps

TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


def along(d, drive=1.0):
    """One oscillator driven along the first axis, and its resting point."""
    rest = np.eye(d)[:1]
    return Network(drive * rest), rest


def test_free_survival_is_the_theta_series_at_a_coarse_step():
    # With bridges a step far longer than the grid of any Euler scheme is unbiased on the line;
    # without them the share would be too high by several times the width of the bounds.
    network, rest = along(2, 0.0)
    diffusivity = 0.5
    found = escape(
        network,
        Slips(rest),
        rest,
        diffusivity=diffusivity,
        horizon=20.0,
        walkers=8000,
        seed=0,
        step=0.5,
        confidence=0.9999,
    )
    k = np.arange(50)
    for survival in found.survival([5.0, 10.0, 20.0]):
        rates = ((2 * k + 1) / 2) ** 2 * diffusivity
        exact = np.sum(4 / np.pi * (-1.0) ** k / (2 * k + 1) * np.exp(-rates * survival.time))
        assert survival.lower <= exact <= survival.upper


@pytest.mark.parametrize("d", [2, 3, 5])
def test_mean_exit_from_a_cap_is_that_of_the_quadrature(d):
    network, rest = along(d)
    exact = mean_cap_exit_time(1.0, 0.8, 1.4, d)
    found = escape(
        network,
        Caps(rest, 1.4),
        rest,
        diffusivity=0.8,
        horizon=25 * exact,
        walkers=4000,
        seed=d,
        step=0.02,
    )
    assert found.exits == 4000
    error = 4.5 * found.times.std() / np.sqrt(4000)
    assert abs(found.times.mean() - exact) < error + 0.01 * exact


def test_slips_of_a_detuned_oscillator_take_the_mean_time_and_prefer_their_way():
    drive, omega, diffusivity = 1.0, 0.3, 0.7
    lag = np.arcsin(omega / drive)
    rest = [[np.cos(lag), np.sin(lag)]]
    network = Network([[drive, 0.0]], frequency=[omega * TURN])
    exact = mean_slip_time(drive, omega, diffusivity)
    found = escape(
        network,
        Slips(rest),
        rest,
        diffusivity=diffusivity,
        horizon=25 * exact,
        walkers=3000,
        seed=3,
        step=0.1,
    )
    error = 4.5 * found.times.std() / np.sqrt(3000)
    assert abs(found.times.mean() - exact) < error + 0.01 * exact

    def scale(phi):
        return np.exp(-(omega * phi + drive * np.cos(phi)) / diffusivity)

    forward = quad(scale, lag - np.pi, lag)[0] / quad(scale, lag - np.pi, lag + np.pi)[0]
    share = found.through["oscillator 0 forward"] / 3000
    assert abs(share - forward) < 4.5 * np.sqrt(forward * (1 - forward) / 3000)


def test_the_rate_at_small_noise_is_kramers_and_steady():
    network, rest = along(2)
    exact = mean_slip_time(1.0, 0.0, 0.5)
    found = escape(
        network,
        Slips(rest),
        rest,
        diffusivity=0.5,
        horizon=1.5 * exact,
        walkers=2000,
        seed=5,
        step=0.2,
        confidence=0.999,
    )
    rate = found.rate(since=5.0)
    assert rate is not None
    assert rate.lower < rate.estimate < rate.upper
    # The mean time is that of the relaxed walkers up to what they need to relax.
    assert rate.lower < 1 / (exact - 5.0)
    assert 1 / (exact + 5.0) < rate.upper
    assert rate.steady


def test_the_twisted_ring_falls_to_synchrony_and_not_back():
    network = anchored_circulant(8, strength=1.0)
    turns = 2 * np.pi * np.arange(8) / 8
    twisted = np.stack([np.cos(turns), np.sin(turns)], axis=-1)
    together = resting_point(network)
    assert together is not None
    synchrony = Caps(together, 0.6)
    state = twisted[:, :, np.newaxis]
    flow = drift_flow(network, 0.1)
    for _ in range(3000):
        state = flow(state)
    twisted = state[:, :, 0] / np.linalg.norm(state[:, :, 0], axis=-1, keepdims=True)
    assert synchrony.distances(twisted[:, :, np.newaxis], None).min() < 0
    down = escape(
        network,
        Arrival([synchrony]),
        twisted,
        diffusivity=0.1,
        horizon=150.0,
        walkers=60,
        seed=0,
        step=0.1,
    )
    assert down.exits > 20
    assert down.through == {"state 1": down.exits}


def test_without_noise_nothing_leaves_a_certified_cap():
    network = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.2], [0.2, 0.0]])
    caps = certified_caps(network)
    found = escape(network, caps, caps.centre, diffusivity=0.0, horizon=5.0, walkers=10, seed=0)
    assert found.exits == 0
    assert found.survival()[0].upper == 1.0
    rate = found.rate()
    assert rate is not None
    assert (rate.estimate, rate.lower) == (0.0, 0.0)
    assert 0 < rate.upper < np.inf


def test_only_the_noisy_oscillator_leaves():
    network = Network([[1.0, 0.0], [1.0, 0.0]])
    rest = np.array([[1.0, 0.0]] * 2)
    found = escape(
        network, Caps(rest, 0.5), rest, diffusivity=[0.0, 0.5], horizon=5.0, walkers=200, seed=0
    )
    assert found.through == {"oscillator 1": found.exits}
    assert found.exits > 100


def test_the_result_is_the_same_for_any_workers_and_the_progress_counts_all():
    network, rest = along(3)
    seen = []

    def run(workers):
        return escape(
            network,
            Caps(rest, 1.0),
            rest,
            diffusivity=0.5,
            horizon=1.0,
            walkers=6000,
            seed=7,
            workers=workers,
            progress=lambda done, total: seen.append((done, total)),
        )

    one, two = run(1), run(2)
    assert np.array_equal(one.times, two.times)
    assert np.array_equal(one.faces, two.faces)
    assert seen[-1] == (6000, 6000)
    assert all(0 <= done <= total == 6000 for done, total in seen)
    assert sum(done == 6000 for done, _ in seen) == 2


def made(times, horizon=10.0, confidence=0.99):
    times = np.where(times < horizon, times, np.inf)
    faces = np.where(np.isfinite(times), 0, -1).astype(np.int32)
    return Escape(
        len(times), horizon, 0, confidence, 0.1, np.zeros(1), ("a",), times, faces, "0" * 64
    )


def test_bounds_of_the_rate_cover_a_true_rate_as_often_as_they_say():
    rng = np.random.default_rng(0)
    covered = steady = 0
    for _ in range(2000):
        rate = made(rng.exponential(1 / 0.15, 60), confidence=0.9).rate(since=2.0)
        covered += rate.lower <= 0.15 <= rate.upper
        steady += rate.steady
    assert covered >= 2000 * 0.9 - 4 * np.sqrt(2000 * 0.09)
    assert steady >= 2000 * 0.8


def test_a_changing_rate_is_noticed():
    rng = np.random.default_rng(1)
    early = rng.exponential(1.0, 2000)
    rate = made(np.where(early < 3.0, early, 1e9)).rate()
    assert not rate.steady


def test_all_gone_leaves_the_rate_unbounded_above():
    rate = made(np.full(50, 0.5)).rate()
    assert rate.upper == np.inf
    assert rate.lower > 0.1
    assert made(np.full(50, 0.5)).rate(since=1.0) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"walkers": 0}, "walkers is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"horizon": 0.0}, "horizon is 0"),
        ({"horizon": np.inf}, "horizon is inf"),
        ({"confidence": 1.0}, "confidence is 1"),
        ({"diffusivity": -0.1}, "not negative"),
        ({"step": -0.1}, "step is -0.1"),
        ({"start": [[0.0, 1.0]]}, "outside the region"),
        ({"start": [[0.0, 2.0]]}, "off the sphere"),
        ({"start": [[0.0, 1.0, 0.0]]}, "expected \\(1, 2\\)"),
        ({"region": Caps(np.eye(3), 1.0)}, "another size"),
        ({"workers": 0}, "workers"),
    ],
)
def test_unusable_arguments_are_refused_in_one_line(change, words):
    network, rest = along(2)
    arguments = {
        "region": Caps(rest, 1.0),
        "start": rest,
        "diffusivity": 0.1,
        "horizon": 1.0,
        "walkers": 10,
        "seed": 0,
    } | change
    with pytest.raises(InputError, match=words) as caught:
        escape(network, arguments.pop("region"), arguments.pop("start"), **arguments)
    assert "\n" not in str(caught.value)


def test_times_outside_the_horizon_are_refused():
    found = made(np.full(5, 20.0))
    for call in (
        lambda: found.survival([11.0]),
        lambda: found.rate(-1.0),
        lambda: found.rate(10.0),
    ):
        with pytest.raises(InputError):
            call()
