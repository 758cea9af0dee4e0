"""The two explanations are weighed by exact chances: against starts that were drawn."""

import math

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.settling import converged_probability, settle
from lohe.dynamics.sphere import norm, uniform
from lohe.proofs_numeric.experiments.explanation import explain, norm_needed
from lohe.proofs_numeric.experiments.population import Population
from lohe.proofs_numeric.experiments.share import share


def test_shares_are_those_of_drawn_starts(population):
    found, rng = explain(population, 30.0, 0.05), np.random.default_rng(0)
    chosen = rng.integers(population.n, size=100_000)
    drive, starts = population.drive[chosen], uniform(rng, len(chosen), population.d)
    toward = drive / norm(drive)[:, None]
    missed = norm(settle(starts, drive, 30.0) - toward) > 0.05
    cosine = (starts * toward).sum(axis=1)
    weak = norm(drive) < found.norm_needed
    for outcomes, predicted in (
        (missed, found.missed),
        (missed[cosine >= -0.9], found.missed_away_from_antipode),
        (weak[missed], found.missed_by_weak),
        (cosine[missed] < -0.9, found.missed_near_antipode),
        (weak, found.weak),
    ):
        assert share(outcomes, predicted, 1 - 1e-9, 1).inside


def test_the_norm_needed_settles_half_of_the_starts():
    for d in (2, 3, 32):
        half = converged_probability(norm_needed(30.0, 0.01), 30.0, 0.01, d)
        assert half == pytest.approx(0.5, rel=1e-9)


def test_equal_drives_are_their_own_median(population):
    same = Population("same", (Network(np.tile(population.drive[:1], (4, 1))),))
    found = explain(same, 20.0, 0.05)
    assert found.missed == pytest.approx(found.missed_with_median_drive, rel=1e-9)
    assert list(found.norm_quantiles.values()) == pytest.approx([same.norms[0]] * 9)
    assert found.coherence is None


@pytest.mark.parametrize("length", [0.05, 0.4, 3.0])
def test_the_fatal_angle_is_where_the_flow_just_misses(length):
    drive = np.array([[length, 0.0]])
    found = explain(Population("one", (Network(drive),)), 10.0, 0.05)
    angle = 10**found.log10_antipode_angle_at_median
    for factor, settles in ((1 - 1e-6, False), (1 + 1e-6, True)):
        start = -np.array([math.cos(angle * factor), math.sin(angle * factor)])
        ended = settle(start, drive[0], 10.0)
        assert (norm(ended - [1.0, 0.0]) <= 0.05) == settles


def test_the_fatal_angle_may_be_below_the_smallest_float():
    found = explain(Population("one", (Network([[100.0, 0.0]]),)), 30.0, 0.01)
    expected = math.log10(2) - (3000 + math.log(math.tan(math.asin(0.005)))) / math.log(10)
    assert found.log10_antipode_angle_at_median == pytest.approx(expected)
    assert (found.missed, found.missed_by_weak, found.missed_near_antipode) == (0.0, None, None)
    strong = explain(Population("one", (Network([[2.0, 0.0]]),)), 30.0, 0.01)
    # On the circle the chance is the angle on both sides of the antipode over the whole turn.
    angle = 10**strong.log10_antipode_angle_at_median
    assert strong.missed == pytest.approx(angle / math.pi, rel=1e-9)
    assert strong.missed_with_median_drive == strong.missed < 1e-20


def test_starved_oscillators_are_told_from_those_whose_anchors_cancel():
    opposite = np.array([[1.0, 0.0], [-1.0, 0.0]])
    network = Network(couplings=[[0.01, 0.0], [5.0, 5.0], [5.0, 0.0]], anchors=opposite)
    found = explain(Population("three", (network,)), 30.0, 0.01)
    assert found.weak == pytest.approx(2 / 3)
    assert found.weak_starved == 0.5
    assert found.weak_alone == 0.5
    assert found.norm_tail["0.01"] == pytest.approx(1 / 3)
    assert found.coherence == 1.0
    assert found.coherence_tail["0.01"] == pytest.approx(1 / 3)


def test_other_dimensions_have_other_chances(population):
    found = explain(population, 30.0, 0.05)
    assert list(found.missed_by_dimension) == ["2", "8", "32"]
    assert found.missed_by_dimension[str(population.d)] == found.missed
    for d, missed in found.missed_by_dimension.items():
        settled = converged_probability(population.norms, 30.0, 0.05, int(d)).mean()
        assert missed == pytest.approx(1 - settled)


def test_early_tokens_are_counted_in_each_sequence():
    drive = np.full((7, 2), 5.0)
    drive[[0, 4, 5]] = 0.01
    network = Network(drive, sequence=[0, 0, 0, 0, 0, 1, 1])
    assert explain(Population("p", (network,)), 30.0, 0.01).weak_early == pytest.approx(2 / 3)
    unknown = explain(Population("p", (Network(drive),)), 30.0, 0.01)
    assert unknown.weak_early is None


def test_nonsense_is_refused():
    with pytest.raises(InputError, match="positive horizon"):
        norm_needed(0.0, 0.1)
