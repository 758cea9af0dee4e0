"""What the figures are drawn from: the numbers must be those of the theory and the layer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lohe.attention.fixed_query import fixed_query_attention
from lohe.dynamics.network import Network
from lohe.dynamics.settling import converged_probability
from lohe.reports.attention_maps import attention_weights, excerpts
from lohe.reports.bundles import bundle
from lohe.reports.distributions import histogram
from lohe.reports.resting import resting_state
from lohe.reports.sampled import verdict_in_words
from lohe.reports.settling_curves import predicted_curve
from lohe.reports.subjects import collect
from lohe.reports.svg import drawing_style
from lohe.reports.worst import smallest


def subject_of(network):
    return collect(networks=[network]).subjects[0]


def test_the_maps_show_the_weights_of_the_layer(head, network):
    _, weights = fixed_query_attention(
        head.q, head.k, np.zeros_like(head.q), head.anchors, causal=True, need_weights=True
    )
    state = resting_state(subject_of(network))
    shown = attention_weights(network, np.arange(network.n), state)
    np.testing.assert_allclose(shown, weights.reshape(shown.shape), atol=1e-12)


def test_the_first_map_has_the_weakest_drive(network):
    subject = subject_of(network)
    first, *others = excerpts(subject, 3)
    assert int(subject.drive_norms.argmin()) in first.rows
    assert len({excerpt.sequence for excerpt in [first, *others]}) == 3
    assert first.row_labels == first.key_labels == ("the", "dogs", "near", "a", "garden", "sleep")


def test_the_curve_is_the_mean_of_t2():
    norms = np.random.default_rng(0).lognormal(size=50_000)
    times = np.array([0.1, 1.0, 5.0])
    exact = converged_probability(norms[:, None], times, 1e-2, 3).mean(axis=0)
    few = converged_probability(norms[:99, None], times, 1e-2, 3).mean(axis=0)
    np.testing.assert_array_equal(predicted_curve(norms[:99], times, 1e-2, 3), few)
    # Ranks in place of all norms: an error far below what a line in a figure can show.
    np.testing.assert_allclose(predicted_curve(norms, times, 1e-2, 3), exact, atol=2e-4)


@pytest.mark.parametrize("d", [2, 3, 8])
def test_the_unluckiest_start_arrives_exactly_at_its_t2_time(d):
    drive = np.random.default_rng(d).normal(size=(5, d))
    made = bundle(subject_of(Network(drive)), 2)
    toward = drive[2] / np.linalg.norm(drive[2])
    distance = np.linalg.norm(made.states - toward, axis=-1)
    arrival = np.interp(-made.epsilon, -distance[0], made.times)
    assert arrival == pytest.approx(made.time, rel=1e-3)
    assert (distance[1:, -1] < made.epsilon).all()
    np.testing.assert_allclose(np.linalg.norm(made.states, axis=-1), 1, atol=1e-9)


def test_words_say_inside_and_outside(basins):
    from dataclasses import replace

    inside = [replace(basin, predicted=basin.fraction) for basin in basins]
    assert "agrees with T2" in verdict_in_words(inside)
    outside = [*inside[1:], replace(basins[0], predicted=1.0, upper=0.5)]
    words = verdict_in_words(outside)
    assert "outside" in words
    assert "1 of 3 horizons (t = 1)" in words
    assert "no prediction" in verdict_in_words([replace(basins[0], predicted=None)])


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 9)), st.integers(1, 12))
def test_the_smallest_are_the_smallest(values, number):
    expected = np.argsort(values, kind="stable")[:number]
    np.testing.assert_array_equal(smallest(values, number), expected)


@pytest.mark.parametrize(
    "drive",
    [[[1.0, 0.0]], [[0.0, 0.0], [1.0, 1.0]], [[1e-9, 0.0], [1e6, 0.0]], [[2.0, 0.0]] * 3],
    ids=["one", "a zero", "wide", "equal"],
)
def test_odd_distributions_can_be_drawn(drive):
    subject = subject_of(Network(drive))
    with drawing_style():
        picture = histogram(subject, subject.drive_norms, None, quantity="drive", key="k")
    assert f"{len(drive)} oscillator" in picture.caption
    assert ("logarithmic" in picture.caption) == (drive[0][0] == 1e-9)
