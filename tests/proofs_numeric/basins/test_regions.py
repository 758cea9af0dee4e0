"""Distances to the faces of regions: signs, continuity of slips, arrival in another cap."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.drift import drift_flow
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import distance, exp, project, uniform
from lohe.proofs_numeric.basins.regions import Arrival, Caps, Slips, certified_caps, elsewhere


@pytest.mark.parametrize("d", [2, 3, 5])
def test_the_distance_to_a_cap_is_the_angle_left(d):
    rng = np.random.default_rng(d)
    centre, x = uniform(rng, 3, d), uniform(rng, (20, 3), d)
    angles = np.array([0.5, 1.5, np.pi])
    found = Caps(centre, angles).distances(np.moveaxis(x, 0, -1), None)
    assert np.allclose(found, (angles - distance(x, centre)).T, atol=1e-7)
    assert np.all(found[2] >= 0)


def test_slips_follow_the_angle_past_the_antipode():
    slips = Slips([[np.cos(0.3), np.sin(0.3)]])
    path = np.linspace(0, 2 * np.pi, 30)
    before = None
    for angle in path:
        x = np.array([np.cos(0.3 + angle), np.sin(0.3 + angle)]).reshape(1, 2, 1)
        before = slips.distances(x, before)
        assert before[:, 0] == pytest.approx([np.pi - angle, np.pi + angle], abs=1e-12)
    assert slips.faces == ("oscillator 0 forward", "oscillator 0 backward")


def test_arrival_needs_every_oscillator():
    there = np.array([[1.0, 0.0], [0.0, 1.0]])
    arrival = Arrival([Caps(there, 0.2), Caps(-there, 0.3)])
    one_away = np.array([[1.0, 0.0], [1.0, 0.0]])
    found = arrival.distances(np.stack([there, one_away, -there], axis=-1), None)
    assert np.array_equal(found <= 0, [[True, False, False], [False, False, True]])
    assert found[0, 1] == pytest.approx(np.pi / 2 - 0.2, abs=1e-7)
    assert arrival.faces == ("state 1", "state 2")


@pytest.mark.parametrize(
    "network",
    [
        Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.2], [0.2, 0.0]]),
        Network([[3.0, 0.0, 0.0], [0.0, 0.6, 0.0]], crosstalk=[[0.0, 0.4], [0.3, 0.0]]),
    ],
    ids=["alike", "uneven"],
)
def test_the_flow_shrinks_the_certified_caps(network):
    caps = certified_caps(network)
    rng = np.random.default_rng(0)
    direction = project(caps.centre, rng.standard_normal((50, network.n, network.d)))
    direction /= np.linalg.norm(direction, axis=-1, keepdims=True)
    lengths = 0.999 * rng.uniform(size=(50, network.n, 1)) * caps.angles[:, np.newaxis]
    flow, x = drift_flow(network, 0.1), np.moveaxis(exp(caps.centre, lengths * direction), 0, -1)

    def level(x):
        sines = np.sin((caps.angles[:, np.newaxis] - caps.distances(x, None)) / 2)
        return np.max(sines / np.sin(caps.angles / 2)[:, np.newaxis], axis=0)

    before = level(x)
    assert np.all(before < 1)
    for _ in range(50):
        x = flow(x)
        after = level(x)
        assert np.all(after < before + 1e-7)
        before = after


def test_where_nothing_is_proved_there_is_no_certified_region():
    with pytest.raises(InputError, match="no cap is proved"):
        certified_caps(Network(np.zeros((2, 2)), crosstalk=[[0.0, 1.0], [1.0, 0.0]]))


def test_no_state_is_near_two_attractors():
    rng = np.random.default_rng(1)
    rest, *others = uniform(rng, (4, 3), 3)
    arrival = elsewhere(rest, others)
    points = np.stack([rest, *others], axis=-1)
    inside = arrival.distances(points, None) <= 0
    assert np.array_equal(inside, np.eye(4, dtype=bool)[1:])
    states = np.moveaxis(uniform(rng, (20_000, 3), 3), 0, -1)
    assert (arrival.distances(states, None) <= 0).sum(axis=0).max() <= 1
    with pytest.raises(InputError, match="no other attractor"):
        elsewhere(rest, [])
    with pytest.raises(InputError, match="coincides"):
        elsewhere(rest, [rest])


@pytest.mark.parametrize(
    "call",
    [
        lambda: Caps([[2.0, 0.0]], 1.0),
        lambda: Caps([[1.0, 0.0]], 0.0),
        lambda: Caps([[1.0, 0.0]], 3.2),
        lambda: Caps([[1.0, 0.0]], np.nan),
        lambda: Slips([[1.0, 0.0, 0.0]]),
        lambda: Slips([[1.0, 1.0]]),
    ],
)
def test_unusable_regions_are_refused(call):
    with pytest.raises(InputError):
        call()
