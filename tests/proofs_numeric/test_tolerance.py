"""Laws of tolerances: what is proved, what is refuted, and how both scale."""

from __future__ import annotations

import numpy as np
import pytest

from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.claims import Verdict
from lohe.proofs_numeric.tolerance import SHARES, tolerance
from lohe.proofs_numeric.tolerance_crosstalk import silencing_crosstalk
from lohe.proofs_numeric.tolerance_search import box, search
from lohe.proofs_numeric.tolerance_unlocking import unlocking_spread, unlocking_turn, unlocks
from lohe.proofs_numeric.uncertainty import Uncertainty

NAMES = ("mismatch", "crosstalk", "frequency", "anchors")


def skew(rng, n, d, size=1.0):
    matrix = size * rng.standard_normal((n, d, d))
    return matrix - np.swapaxes(matrix, 1, 2)


def head(kind, seed=0, *, n=5, d=3, keys=6, scale=1.0, strength=1.0):
    """Return a network that is alone, turning or coupled; `strength` is that of its crosstalk."""
    rng = np.random.default_rng(seed)
    anchors = rng.standard_normal((keys, d))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    couplings = scale * (0.3 + rng.exponential(size=(n, keys)) * rng.integers(1, 4, (n, keys)))
    turning = skew(rng, n, d, 0.05 * scale) if kind in ("turning", "both") else None
    crosstalk = 0.03 * scale * strength * rng.standard_normal((n, n))
    np.fill_diagonal(crosstalk, 0)
    return Network(
        couplings=couplings,
        anchors=anchors,
        frequency=turning,
        crosstalk=crosstalk if kind in ("coupled", "both") else None,
    )


CASES = [(kind, name) for kind in ("alone", "turning", "coupled", "both") for name in NAMES]


def device(rng, network, devices, size):
    """Return a random network in the box, on its boundary if `size` is 1."""
    n, d, keys = network.n, network.d, len(network.anchors)
    signs = rng.choice([-1.0, 1.0], size=(n, keys))
    couplings = network.couplings * (1 + size * devices.mismatch * signs)
    moved = rng.standard_normal((n, keys, d))
    moved *= size * devices.anchors / np.linalg.norm(moved, axis=2, keepdims=True)
    drive = np.einsum("nt,ntd->nd", couplings, network.anchors + moved)
    turn = skew(rng, n, d)
    turn *= size * devices.frequency / np.linalg.norm(turn, 2, axis=(1, 2))[:, None, None]
    extra = rng.standard_normal((n, n))
    np.fill_diagonal(extra, 0)
    extra *= size * devices.crosstalk / np.abs(extra).sum(axis=1, keepdims=True)
    crosstalk = extra if network.crosstalk is None else network.crosstalk + extra
    frequency = turn if network.frequency is None else network.frequency + turn
    crosses, turns = np.any(crosstalk), np.any(frequency)
    return (
        Network(
            drive,
            crosstalk=crosstalk if crosses else None,
            frequency=frequency if turns else None,
        ),
        network.anchors + moved,
    )


def weights(x, anchors, network):
    visible = network.couplings > 0
    anchors = np.broadcast_to(anchors, (*network.couplings.shape, network.d))
    w = np.maximum(0, 1 + np.einsum("nd,ntd->nt", x, anchors)) * visible
    return w / w.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("kind", "name"), CASES)
def test_the_box_is_proved_and_its_devices_keep_within_the_bounds(kind, name):
    network = head(kind)
    found = tolerance(network, **{name: 1.0})
    assert found.head > 0
    assert found.per_oscillator.min() >= found.head
    figures = {each: getattr(found.box, each) for each in NAMES}
    assert figures[name] == found.head
    assert certify(network, "unique_stable", **figures).claims["unique_stable"].verdict == "proved"
    if found.refuted_at is not None:
        assert found.refuted_at >= found.head
    still = resting_point(network)
    before = weights(still, network.anchors, network)
    rng = np.random.default_rng(1)
    for effect in found.effects:
        if effect.share == 1 and found.refuted_at is not None:
            continue  # on the boundary a device may take for ever to rest
        for k in range(4):
            changed, anchors = device(rng, network, effect.uncertainty, 1.0 if k % 2 else 0.7)
            rest = resting_point(changed)
            assert rest is not None
            cosine = np.clip((rest * still).sum(axis=1), -1, 1)
            assert np.arccos(cosine.min()) <= effect.angle_upper + 1e-6
            moved = np.abs(weights(rest, anchors, network) - before).sum(axis=1).max()
            assert moved <= effect.weight_error_upper + 1e-9
    angles = [effect.angle_upper for effect in found.effects]
    assert angles == sorted(angles)
    assert tuple(effect.share for effect in found.effects) == SHARES
    assert (found.angle_upper, found.weight_error_upper) == (
        angles[-1],
        found.effects[-1].weight_error_upper,
    )
    assert angles[0] < 1


@pytest.mark.parametrize(("kind", "name"), CASES[:4] + CASES[-4:])
def test_scaling_everything_scales_what_has_units(kind, name):
    one, other = head(kind), head(kind, scale=2.0**40)
    first, second = (tolerance(each, **{name: 1.0}) for each in (one, other))
    factor = 2.0**40 if name in ("crosstalk", "frequency") else 1.0
    assert second.theorem == first.theorem
    np.testing.assert_allclose(second.head, factor * first.head, rtol=1e-5)
    np.testing.assert_allclose(second.per_oscillator, factor * first.per_oscillator, rtol=1e-5)
    if first.refuted_at is not None:
        np.testing.assert_allclose(second.refuted_at, factor * first.refuted_at, rtol=1e-3)


@pytest.mark.parametrize("name", NAMES)
def test_less_crosstalk_leaves_more_room(name):
    heads = [
        tolerance(head("coupled", strength=strength), **{name: 1.0}).head
        for strength in (2.0, 1.0, 0.1)
    ]
    assert heads == sorted(heads)


def test_several_figures_together_leave_less_room_than_each_alone():
    network = head("turning")
    figures = {"mismatch": 1.0, "frequency": 0.5, "anchors": 0.25}
    both = tolerance(network, **figures)
    assert both.box.frequency == 0.5 * both.head
    for name, share in figures.items():
        assert both.head <= tolerance(network, **{name: share}).head * (1 + 1e-6)


@pytest.mark.parametrize("name", ["mismatch", "anchors"])
@pytest.mark.parametrize("seed", range(4))
def test_between_proved_and_refuted_hardly_anything_is_left_open(name, seed):
    network = head("alone", seed)
    found = tolerance(network, **{name: 1.0})
    assert found.head < found.refuted_at <= found.head * (1 + 1e-4)
    for scale, verdict in ((found.head, "proved"), (found.refuted_at, "refuted")):
        claims = certify(network, "unique_stable", **{name: scale}).claims
        assert claims["unique_stable"].verdict == verdict


@pytest.mark.parametrize("d", [2, 3, 4, 6])
def test_the_unlocking_device_does_unlock(d):
    rng = np.random.default_rng(d)
    network = Network(3 * rng.standard_normal((6, d)), frequency=skew(rng, 6, d, 0.3))
    found = tolerance(network, frequency=1.0)
    assert 0 < found.head < found.refuted_at
    assert d > 2 or found.refuted_at < found.head * (1 + 1e-5)
    for i in range(6):
        needed = unlocking_spread(network, i)
        assert unlocks(network, i, Uncertainty(frequency=needed))
        assert found.per_oscillator[i] <= needed
        drive, frequency = network.drive[i], network.frequency[i]
        y = unlocking_turn(drive, frequency)
        rest = -drive - frequency @ y
        turned = frequency + (np.outer(rest, y) - np.outer(y, rest)) / (y @ y)
        assert np.linalg.norm(turned - frequency, 2) <= needed * (1 + 1e-9)
        matrix = np.block([[turned, drive[:, None]], [drive[None], np.zeros((1, 1))]])
        # The edge is a triple eigenvalue zero, which rounding moves by its cube root.
        assert np.linalg.eigvals(matrix).real.max() < 1e-4 * np.linalg.norm(matrix)
    # No other direction of y needs less, up to the search's own steps.
    for _ in range(300):
        y = rng.standard_normal(d)
        y -= (y @ drive) / (drive @ drive) * drive
        y *= rng.uniform(0.2, 1) / np.linalg.norm(y)
        cost = np.linalg.norm(drive + frequency @ y) / np.linalg.norm(y)
        assert cost >= needed * (1 - 2e-3)


def test_crosstalk_can_silence_the_weakest_oscillator():
    rng = np.random.default_rng(2)
    network = Network(rng.standard_normal((40, 3)) + np.array([1.5, 0, 0]))
    found = tolerance(network, crosstalk=1.0)
    i = int(np.argmin(found.per_oscillator))
    assert found.head < found.refuted_at <= silencing_crosstalk(network, i)
    norms = np.linalg.norm(network.drive, axis=1)
    assert found.refuted_at >= norms.min()
    assert found.head == pytest.approx(norms.min() / 2, rel=1e-6)


def test_without_drive_the_stored_network_fails_already():
    for network in (
        Network([[1.0, 0.0], [0.0, 0.0]]),
        Network([[1.0, 0.0]], frequency=[[[0.0, 2.0], [-2.0, 0.0]]]),
        Network(np.zeros((2, 2)), crosstalk=[[0, 1.0], [1.0, 0]]),
    ):
        found = tolerance(network, frequency=1.0)
        assert (found.head, found.refuted_at, found.effects, found.theorem) == (0, 0, (), "")
        assert found.per_oscillator.min() == 0
        assert found.angle_upper is None


def test_strong_crosstalk_is_left_open_but_may_have_a_cap():
    network = Network([[1.0, 0.0]] * 3, crosstalk=0.4 * (1 - np.eye(3)))
    found = tolerance(network, crosstalk=1.0)
    assert (found.head, found.refuted_at, found.theorem) == (0, None, "")
    assert found.per_oscillator.tolist() == [0, 0, 0]
    cap = tolerance(network, crosstalk=1.0, claim="local_cap")
    assert cap.theorem == "T6b"
    assert cap.per_oscillator is None
    figures = {"crosstalk": cap.head}
    assert certify(network, "local_cap", **figures).claims["local_cap"].verdict is Verdict.PROVED


@pytest.mark.parametrize("kind", ["coupled", "both", "turning"])
@pytest.mark.parametrize("name", NAMES)
def test_caps_are_proved_at_the_box_found(kind, name):
    network = head(kind)
    found = tolerance(network, **{name: 1.0}, claim="local_cap")
    assert found.head > 0
    claims = certify(network, "local_cap", **{name: found.head}).claims
    assert claims["local_cap"].verdict is Verdict.PROVED


def test_the_search_returns_only_what_the_test_proved():
    rng = np.random.default_rng(0)
    edge = 10.0 ** rng.uniform(-8, 0, 50)
    asked = []

    def ragged(scales):
        asked.append(scales)
        # Not monotone: a window below the edge is not provable.
        return (scales <= edge) & ~((0.3 * edge < scales) & (scales < 0.5 * edge))

    found = search(ragged, np.full(50, 2.0))
    assert all(any(scales[i] == found[i] for scales in asked) for i in range(50))
    assert ragged(found).all()
    assert ((found > 0.999999 * edge) | (found <= 0.3 * edge)).all()
    assert search(ragged, np.zeros(50)).tolist() == [0.0] * 50


def test_boxes_scale_each_figure():
    assert box(Uncertainty(0.5, 1.0, 2.0, 0.25), 2.0) == Uncertainty(1.0, 2.0, 4.0, 0.5)


@pytest.mark.parametrize(
    ("network", "arguments", "message"),
    [
        (Network([[1.0, 0.0]]), {}, "nothing varies"),
        (Network([[1.0, 0.0]]), {"mismatch": 1.0}, "mismatch needs a network with couplings"),
        (Network([[1.0, 0.0]]), {"frequency": -1.0}, "frequency is -1.0"),
        (Network([[1.0, 0.0]]), {"frequency": 1.0, "claim": "box"}, "claim is 'box'"),
        (head("alone"), {"mismatch": 1.0, "claim": "local_cap"}, "ask for unique_stable"),
    ],
)
def test_unusable_questions_are_named(network, arguments, message):
    with pytest.raises(InputError, match=message):
        tolerance(network, **arguments)
