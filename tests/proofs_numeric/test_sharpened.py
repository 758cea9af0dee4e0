"""The bound on sharpened weights (T3a): sound, sharp, as stated, and confirmed by the checker."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from sealing import resealed
from sharpened_oracle import sharpened_errors

from lohe.dynamics.network import Network
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.checker import check
from lohe.proofs_numeric.checker_weights import lift
from lohe.proofs_numeric.claims import Verdict
from lohe.proofs_numeric.sharpened import Move, sharpened_error_upper
from lohe.proofs_numeric.verify import verify


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


def weights(x, anchors, p):
    raw = np.maximum(0, 1 + anchors @ x) ** p
    return raw / raw.sum()


def bound(x, anchors, p, angle, delta=0.0):
    move = Move.by_chords(np.array([2 * np.sin(angle / 2)]), delta)
    # The state that is meant is the exact direction of these floats.
    state = Balls(x[None], np.full((1, len(x)), 1e-15))
    seen = np.ones((1, len(anchors)), dtype=bool)
    return float(sharpened_error_upper(state, anchors, seen, p, move)[0])


def farthest(rng, x, anchors, p, angle):
    """Climb to a state at this angle whose weights differ much from those of x."""
    before, d = weights(x, anchors, p), len(x)
    best = 0.0
    for _ in range(6):
        u = unit(rng.standard_normal(d))
        for _ in range(40):
            u = unit(u - (u @ x) * x)
            y = np.cos(angle) * x + np.sin(angle) * u
            lifts = np.maximum(0, 1 + anchors @ y)
            after = lifts**p / (lifts**p).sum()
            signs = np.sign(after - before)
            # The gradient of the error with its signs held; a step that turns u to it.
            slope = p * lifts ** (p - 1) / (lifts**p).sum() * (signs - signs @ after)
            best = max(best, float(np.abs(after - before).sum()))
            u = slope @ anchors
    return best


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1),
    d=st.integers(2, 6),
    p=st.sampled_from([1.0, 1.5, 2.0, 4.0, 8.0, 30.0]),
    angle=st.floats(1e-6, 1.4),
    delta=st.sampled_from([0.0, 0.0, 1e-3, 0.1]),
)
def test_no_state_and_no_anchors_move_the_weights_further(seed, d, p, angle, delta):
    rng = np.random.default_rng(seed)
    spread = rng.uniform(0, 0.4)
    anchors = unit(rng.normal(size=(7, d))) * rng.uniform(1 - spread, 1 + spread, (7, 1))
    x = unit(rng.normal(size=d))
    before, found = weights(x, anchors, p), bound(x, anchors, p, angle, delta)
    for _ in range(10):
        u = rng.normal(size=d)
        u, turn = unit(u - (u @ x) * x), angle * rng.choice([1.0, rng.uniform()])
        pushes = unit(rng.normal(size=anchors.shape)) * delta * (1 - 1e-9)
        after = weights(np.cos(turn) * x + np.sin(turn) * u, anchors + pushes, p)
        assert np.abs(after - before).sum() <= found + 1e-9


@pytest.mark.parametrize("p", [1.0, 2.0, 8.0])
@pytest.mark.parametrize(("d", "factor"), [(2, 1.001), (8, 1.3), (32, 1.5)])
def test_small_moves_are_bounded_by_little_more_than_some_do(p, d, factor):
    rng = np.random.default_rng(d)
    anchors = unit(rng.normal(size=(48, d)))
    x = unit(rng.exponential(size=48) ** 2 @ anchors)
    assert bound(x, anchors, p, 1e-5) <= factor * farthest(rng, x, anchors, p, 1e-5)


@pytest.mark.parametrize(("p", "delta"), [(1.0, 0.0), (2.5, 0.01), (8.0, 0.0), (8.0, 0.003)])
def test_the_bound_is_that_of_the_theorem(p, delta):
    rng = np.random.default_rng(3)
    anchors = unit(rng.normal(size=(9, 4))) * rng.uniform(0.6, 1.2, (9, 1))
    visible = rng.random((5, 9)) < 0.8
    visible[:, 0] = True
    net = Network(
        couplings=np.where(visible, 1.0, 0.0),
        anchors=anchors,
        visible=visible,
        anchor_kind="free",
        readout_exponent=p,
    )
    x = unit(rng.normal(size=(5, 4)))
    chords = rng.uniform(1e-4, 0.05, 5)
    states = Balls(x, np.full(x.shape, 1e-15))
    found = sharpened_error_upper(states, anchors, visible, p, Move.by_chords(chords, delta))
    with mpmath.workdps(40):
        exact = [[mpmath.mpf(float(v)) for v in row] for row in x]
        exact = [[v / mpmath.norm(row) for v in row] for row in exact]
        stated = sharpened_errors(net, list(map(mpmath.mpf, chords)), exact, mpmath.mpf(delta))
    for bounded, exact in zip(found, stated, strict=True):
        assert exact <= bounded <= exact * (1 + 2e-6)


def test_anchors_all_alike_keep_their_weights():
    anchors = np.repeat(unit(np.array([[1.0, 2.0, 2.0]])), 5, axis=0)
    # To first order, that is: the second costs (p angle)², whatever the anchors.
    assert bound(unit(np.ones(3)), anchors, 8.0, 1e-3) < 1e-4


def test_what_is_too_wild_gets_the_trivial_bound():
    anchors, x = np.eye(3), unit(np.ones(3))
    assert bound(x, anchors, 8.0, 1.6) == 2.0
    assert bound(x, anchors, 0.5, 1e-3) == 2.0
    assert bound(x, anchors, 2.0**21, 1e-9) == 2.0
    assert bound(x, 1e90 * anchors, 8.0, 1e-9) == 2.0
    assert bound(x, -np.repeat(x[None], 2, axis=0), 8.0, 1e-9) == 2.0


@pytest.mark.parametrize("p", [1.0, 2.0, 8.0])
def test_certificates_of_states_that_may_pass_a_right_angle_are_confirmed(p):
    """The mismatch exceeds the coherence, so no angle is known, and yet no device cancels."""
    anchors = [[0.1, 0.01], [-0.1, 0.01]]
    net = Network(couplings=[[1.0, 1.0]], anchors=anchors, anchor_kind="free", readout_exponent=p)
    stated = certify(net, "mismatch", mismatch=0.2)
    assert stated.claims["mismatch"].values["angle_sine_upper"] == 1
    assert verify(stated, net).claims["mismatch"].verdict is Verdict.PROVED
    if p > 1:
        assert stated.claims["mismatch"].values["weight_error_upper"] == 2


def test_the_checker_takes_no_number_at_all_for_no_weight():
    assert not lift(arb("nan"), fmpq(2)).is_finite()


@pytest.mark.parametrize(("p", "delta"), [(2.0, 0.0), (8.0, 1e-3), (3.3, 0.0)])
def test_the_checker_confirms_the_bound_and_nothing_smaller(p, delta):
    rng = np.random.default_rng(4)
    couplings = np.where(rng.random((6, 12)) < 0.8, rng.exponential(size=(6, 12)) ** 2, 0.0)
    couplings[:, 0] = 1.0
    net = Network(couplings=couplings, anchors=unit(rng.normal(size=(12, 5))), readout_exponent=p)
    stated = certify(net, "mismatch", mismatch=1e-3, anchors=delta)
    assert verify(stated, net).claims["mismatch"].verdict is Verdict.PROVED
    document = stated.document()
    values = document["claims"]["mismatch"]["values"]
    error = float.fromhex(values["weight_error_upper"])
    assert 0 < error < 0.5
    values["weight_error_upper"] = (error * 0.9999).hex()
    found = check(resealed(document), net.arrays())["claims"]["mismatch"]
    assert found["verdict"] == "undecided"
    assert "weight_error_upper" in found["reason"]


def test_weights_of_exponents_below_one_are_not_confirmed():
    net = Network(couplings=[[1.0, 2.0]], anchors=np.eye(2), readout_exponent=0.5)
    document = certify(net, "mismatch").document()
    document["claims"]["mismatch"]["values"]["weight_error_upper"] = (1.0).hex()
    assert check(resealed(document), net.arrays())["verdict"] == "undecided"
