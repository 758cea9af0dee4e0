"""Trajectories: exact flows, laws of noisy ones, files that say what they hold."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.equilibrium import resting_points
from lohe.dynamics.errors import InputError
from lohe.dynamics.exit_times import mean_alignment
from lohe.dynamics.field import vector_field
from lohe.dynamics.gallery import two_kuramoto
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.dynamics.trajectories import Trajectories, simulate

TIMES = [0.0, 0.3, 1.0, 2.5]


@pytest.mark.parametrize("frequency", [None, [[[0.0, -0.4], [0.4, 0.0]]] * 2])
def test_without_crosstalk_states_are_those_of_the_exact_flow(frequency):
    network = Network([[1.0, 2.0], [0.0, 0.5]], frequency=frequency)
    made = simulate(network, TIMES, 5, seed=3)
    for time, states in zip(TIMES, made.states, strict=True):
        exact = settle(made.states[0], network.drive, time, frequency=frequency)
        assert np.allclose(states, exact, atol=1e-14)
    assert made.step == 0


def test_with_crosstalk_states_are_integrated():
    network = Network([[1.0, 0.0], [0.0, 0.5]], crosstalk=[[0.0, 0.4], [-0.3, 0.0]])
    made = simulate(network, TIMES, 4, seed=1)
    for time, states in zip(TIMES, made.states, strict=True):
        exact = dormand_prince(
            lambda x: vector_field(network, x), made.states[0], time, tolerance=1e-11
        )
        assert np.allclose(states, exact.x, atol=1e-6)


def test_noise_from_rest_reaches_the_stationary_mean():
    network = Network([[1.5, 0.0, 0.0]])
    made = simulate(network, [0.0, 3.0, 6.0], 4000, seed=0, start="rest", diffusivity=0.5)
    assert np.array_equal(made.states[0], np.broadcast_to([[1.0, 0.0, 0.0]], (4000, 1, 3)))
    cosine = made.states[-1, :, 0, 0]
    error = 4.5 * cosine.std() / np.sqrt(4000)
    assert abs(cosine.mean() - mean_alignment(1.5, 0.5, 3)) < error + 1e-3
    assert made.step > 0
    assert np.allclose(np.linalg.norm(made.states, axis=-1), 1, atol=1e-12)


def test_the_seed_fixes_everything_and_starts_do_not_depend_on_noise():
    network = Network(np.ones((3, 2)))
    first, second, other = (
        simulate(network, [0.0, 1.0], 7, seed=seed, diffusivity=0.1) for seed in (4, 4, 5)
    )
    quiet = simulate(network, [0.0, 1.0], 7, seed=4)
    assert np.array_equal(first.states, second.states)
    assert not np.array_equal(first.states, other.states)
    assert np.array_equal(first.states[0], quiet.states[0])


def test_states_that_are_given_are_where_it_starts():
    network = Network([[0.0, 0.0]] * 3, crosstalk=[[0, 0, 0], [1, 0, 0], [0.5, 0.5, 0]])
    angle = np.random.default_rng(4).uniform(-3, 3, (7, 3))
    given = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    made = simulate(network, [0.0, 60.0], 7, seed=0, start=given.astype(np.float32))
    assert made.start == "given"
    np.testing.assert_allclose(made.states[0], given, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(made.states[0], axis=-1), 1, rtol=1e-15)
    np.testing.assert_allclose(made.states[-1], given[:, :1] * np.ones((1, 3, 1)), atol=1e-6)


def test_resting_points_of_every_kind():
    assert np.allclose(resting_points(two_kuramoto(2.0, 1.0)), [[np.sqrt(0.75), 0.5]])
    assert np.isnan(resting_points(two_kuramoto(1.0, 2.0))).all()
    coupled = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.2], [0.2, 0.0]])
    assert np.allclose(resting_points(coupled), [[1.0, 0.0]] * 2, atol=1e-9)


def test_files_come_back_as_they_were(tmp_path):
    made = simulate(Network([[1.0, 0.0]]), TIMES, 3, seed=0, diffusivity=0.2, step=0.05)
    path = tmp_path / "x.trajectories.npz"
    made.save(path)
    read = Trajectories.load(path)
    for name in ("times", "states", "diffusivity"):
        assert np.array_equal(getattr(read, name), getattr(made, name))
    for name in ("start", "seed", "step", "network_sha256"):
        assert getattr(read, name) == getattr(made, name)
    damaged = path.read_bytes()
    path.write_bytes(damaged[: len(damaged) // 2])
    with pytest.raises(InputError, match="damaged"):
        Trajectories.load(path)
    Network([[1.0, 0.0]]).save(path)
    with pytest.raises(InputError, match=r"expected a lohe\.trajectories file"):
        Trajectories.load(path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"times": [0.5, 1.0]}, "begin with 0"),
        ({"times": [0.0, 1.0, 1.0]}, "must rise"),
        ({"times": [0.0, np.inf]}, "finite"),
        ({"trials": 0}, "trials is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"start": "centre"}, "start is 'centre'"),
        ({"start": "given"}, "an array of states"),
        ({"start": np.ones((2, 1, 3))}, "expected \\(2, 1, 2\\)"),
        ({"start": np.ones((2, 1, 2))}, "off the sphere"),
        ({"diffusivity": -1.0}, "not negative"),
        ({"step": 0.1}, "leave it out"),
        ({"step": 0.0, "diffusivity": 0.1}, "step is 0"),
        ({"network": two_kuramoto(1.0, 2.0), "start": "rest"}, "no resting point"),
    ],
)
def test_unusable_arguments_are_refused_in_one_line(change, words):
    arguments = {"network": Network([[1.0, 0.0]]), "times": TIMES, "trials": 2, "seed": 0} | change
    with pytest.raises(InputError, match=words) as caught:
        simulate(arguments.pop("network"), arguments.pop("times"), **arguments)
    assert "\n" not in str(caught.value)
