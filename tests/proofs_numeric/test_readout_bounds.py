"""What the readout is said to bear, against certificates, random devices and random starts."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.readout_bounds import bound_readout


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def network(p, seed=0, stretch=1.0):
    rng = np.random.default_rng(seed)
    couplings, anchors = rng.exponential(size=(5, 9)) ** 2, unit(rng.normal(size=(9, 4)))
    return Network(
        couplings=couplings, anchors=stretch * anchors, readout_exponent=p, anchor_kind="free"
    )


def weights(x, net):
    raw = np.maximum(0, 1 + x @ net.anchors.T) ** net.readout_exponent
    return raw / raw.sum(axis=-1, keepdims=True)


# Anchors 1.6 long put some keys behind the clamp, and others on its edge.
@pytest.mark.parametrize(("p", "stretch"), [(1, 1), (4, 1), (8, 1), (1, 1.6), (3.5, 1.6)])
def test_devices_within_the_tolerance_keep_their_weights_and_are_certified(p, stretch):
    net, error = network(p, stretch=stretch), 0.05
    assert ((1 + unit(net.drive) @ net.anchors.T) < 0).any() == (stretch > 1)
    found = bound_readout(net, error)
    rng = np.random.default_rng(1)
    before = weights(unit(net.drive), net)
    for _ in range(200):
        signs = rng.choice([-1.0, 1.0], net.couplings.shape)
        changed = net.couplings * (1 + found.tolerances[:, None] * (1 - 1e-9) * signs)
        after = weights(unit(changed @ net.anchors), net)
        assert np.abs(after - before).sum(axis=1).max() <= error
    least = float(found.tolerances.min())
    claim = certify(net, "mismatch", mismatch=least).claims["mismatch"]
    assert claim.values["weight_error_upper"] <= error * (1 + 1e-6)
    claim = certify(net, "mismatch", mismatch=least * 1.01).claims["mismatch"]
    assert claim.values["weight_error_upper"] > error


@pytest.mark.parametrize("p", [2.0, 8.0])
def test_random_starts_settle_in_the_time_that_is_given(p):
    net, error, delta = network(p, seed=2), 0.1, 0.05
    found = bound_readout(net, error, delta=delta)
    rest = unit(net.drive)
    start = unit(np.random.default_rng(3).normal(size=(4000, net.n, net.d)))
    angle = np.arccos(np.clip((start * rest).sum(-1), -1, 1))
    decay = np.exp(-np.linalg.norm(net.drive, axis=1) * found.times)
    later = 2 * np.arctan(np.tan(angle / 2) * decay)
    across = unit(start - (start * rest).sum(-1, keepdims=True) * rest)
    x = np.cos(later)[..., None] * rest + np.sin(later)[..., None] * across
    late = np.abs(weights(x, net) - weights(rest, net)).sum(-1) > error
    assert late.mean(axis=0).max() <= delta


def test_a_smaller_error_needs_a_better_device_and_more_time():
    loose, tight = (bound_readout(network(4.0), error) for error in (0.1, 0.001))
    assert (tight.tolerances < loose.tolerances / 50).all()
    assert (tight.times > loose.times).all()


def test_a_drive_that_cancels_bears_nothing():
    net = Network(couplings=[[1.0, 1.0]], anchors=[[1.0, 0.0], [-1.0, 0.0]], readout_exponent=2.0)
    found = bound_readout(net)
    assert found.chords[0] == found.tolerances[0] == 0
    assert found.times[0] == np.inf
    huge = Network(couplings=[[1.0]], anchors=[[1e40, 0.0]], anchor_kind="free")
    assert bound_readout(huge).chords[0] == 0


@pytest.mark.parametrize(
    ("net", "options", "says"),
    [
        (Network([[1.0, 0.0]]), {}, "decoupled networks with couplings"),
        (network(0.5), {}, "exponent of at least 1"),
        (network(2.0), {"weight_error": 2.0}, "weight_error"),
        (network(2.0), {"delta": 0.0}, "delta"),
    ],
)
def test_what_cannot_be_bounded_is_refused(net, options, says):
    with pytest.raises(InputError, match=says):
        bound_readout(net, **options)
