"""Many devices at once: whatever the threads the same, and ideal heads where nothing is wrong."""

import numpy as np
import pytest

from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.instances import settle_instances

RNG = np.random.default_rng(0)
COUPLINGS = RNG.uniform(0.2, 1, (5, 4))
ANCHORS = RNG.standard_normal((4, 2))
ANCHORS /= np.linalg.norm(ANCHORS, axis=1, keepdims=True)
EVERYTHING = Imperfections(
    mismatch=0.1, coupling_bits=8, programming=0.01, crosstalk=0.1, detuning=0.05, drift=0.01,
    diffusivity=0.01, harmonics=(0.1,), delay=0.1, settling=3.0, reading=0.01, reading_bits=8,
)  # fmt: skip


def test_threads_change_nothing():
    one, two = (
        settle_instances(EVERYTHING, COUPLINGS, ANCHORS, 60, seed=1, workers=workers)
        for workers in (1, 3)
    )
    assert one.shape == (60, 5, 2)
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(
        one, settle_instances(EVERYTHING, COUPLINGS, ANCHORS, 60, seed=2, workers=3)
    )


def test_devices_differ_and_ideal_ones_do_not():
    drive = COUPLINGS @ ANCHORS
    rest = drive / np.linalg.norm(drive, axis=1, keepdims=True)
    ideal = settle_instances(Imperfections(), COUPLINGS, ANCHORS, 30, seed=0)
    np.testing.assert_allclose(ideal, np.broadcast_to(rest, ideal.shape), atol=1e-12)
    spread = [
        settle_instances(Imperfections(mismatch=s), COUPLINGS, ANCHORS, 200, seed=0).std(axis=0)
        for s in (0.01, 0.02)
    ]
    assert np.median(spread[1] / spread[0]) == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize(
    "alone",
    [
        {"mismatch": 0.1}, {"programming": 0.1}, {"crosstalk": 0.1}, {"detuning": 0.1},
        {"drift": 0.1}, {"diffusivity": 0.1}, {"settling": 2.0}, {"reading": 0.1},
    ],
)  # fmt: skip
@pytest.mark.parametrize("d_osc", [2, 3])
def test_whatever_is_drawn_is_drawn_for_each_device(alone, d_osc):
    anchors = np.hstack([ANCHORS, np.zeros((4, d_osc - 2))])
    faults = Imperfections(**{"settling": 2.0} | alone if "diffusivity" in alone else alone)
    found = settle_instances(faults, COUPLINGS, anchors, 3, seed=0)
    for one, other in ((0, 1), (1, 2)):
        assert (np.abs(found[one] - found[other]).max(axis=-1) > 1e-4).all()


def test_progress_counts_devices():
    calls = []
    settle_instances(
        Imperfections(), COUPLINGS, ANCHORS, 60, seed=0, progress=lambda *c: calls.append(c)
    )
    assert calls == [(25, 60), (50, 60), (60, 60)]
