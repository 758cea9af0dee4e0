"""Order parameters between disorder and synchrony."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.order import coherence, order_parameter
from lohe.dynamics.sphere import uniform


def test_order_parameter_tells_synchrony_from_balance():
    x = uniform(np.random.default_rng(0), (3, 7), 4)
    assert order_parameter(x).shape == (3,)
    assert float(order_parameter(np.tile(x[0, 0], (5, 1)))) == pytest.approx(1)
    assert float(order_parameter(np.stack([x[0, 0], -x[0, 0]]))) == 0


def test_coherence_is_the_order_parameter_of_the_anchors_listened_to():
    rng = np.random.default_rng(1)
    anchors = uniform(rng, 5, 3)
    couplings = np.vstack([np.full(5, 0.7), [3.0, 0, 0, 0, 0], np.zeros(5), rng.uniform(size=5)])
    found = coherence(Network(couplings=couplings, anchors=anchors))
    assert found[0] == pytest.approx(float(order_parameter(anchors)))
    assert found[1] == pytest.approx(1)
    assert found[2] == 0
    assert 0 < found[3] < 1


def test_drives_alone_do_not_determine_it():
    with pytest.raises(InputError, match="couplings and anchors"):
        coherence(Network([[1.0, 0.0]]))
