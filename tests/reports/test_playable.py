"""The data of the view that plays settling: frames are orthonormal and keep what is read out."""

import numpy as np
import pytest

from lohe.dynamics.network import Network
from lohe.reports.playable import playable
from lohe.reports.subjects import collect
from tests.reports.conftest import make_head


@pytest.mark.parametrize("d", [2, 3, 4, 8])
def test_coordinates_are_those_of_a_frame_that_begins_with_the_drive(d):
    (subject,) = collect(networks=[make_head(d=d, tokens=9)]).subjects
    network = subject.network
    for oscillator in (3, 8):
        data = playable(subject, oscillator, "x")
        keys = np.array(data["keys"])
        read = np.flatnonzero(network.visible[oscillator])
        np.testing.assert_array_equal(keys[:, 0], read + 1)
        anchors, points = network.anchors[read], keys[:, 1:]
        toward = network.drive[oscillator] / np.linalg.norm(network.drive[oscillator])
        np.testing.assert_allclose(points[:, 0], anchors @ toward, atol=1e-6)
        assert data["norm"] == pytest.approx(np.linalg.norm(network.drive[oscillator]))
        lengths = np.linalg.norm(points, axis=1)
        if d <= 3:
            np.testing.assert_allclose(lengths, 1, atol=1e-5)
            np.testing.assert_allclose(points @ points.T, anchors @ anchors.T, atol=1e-5)
        else:
            assert (lengths <= 1 + 1e-5).all()


def test_one_anchor_along_the_drive_still_makes_a_frame():
    network = Network(couplings=[[2.0]], anchors=[[0.0, 0.0, 1.0]])
    (subject,) = collect(networks=[network]).subjects
    assert playable(subject, 0, "x")["keys"] == [[1, 1.0, 0.0, 0.0]]


def test_a_drive_alone_or_too_many_keys_have_no_bars():
    (subject,) = collect(networks=[Network(np.eye(3))]).subjects
    assert playable(subject, 0, "x")["keys"] == []
    (subject,) = collect(networks=[make_head(tokens=130, sequences=1)]).subjects
    assert playable(subject, 129, "x")["keys"] == []
    assert len(playable(subject, 127, "x")["keys"]) == 128
