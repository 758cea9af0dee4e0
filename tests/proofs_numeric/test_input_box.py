"""Input boxes: no input inside one has a shorter drive, and what is known exactly is met."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from coupling_oracle import coupling_ball
from flint import arb, arb_mat, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.attention.head_network import network_from_head
from lohe.dynamics.errors import InputError
from lohe.dynamics.tokens import COUPLING_NAMES, Tokens
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.decoupled import drive_norm_bounds
from lohe.proofs_numeric.input_box import certify_inputs, input_drive_bounds, largest_radius
from lohe.proofs_numeric.input_drives import enclose_sequences
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.proofs_numeric.verify import verify


def draw(seed, *, batch=2, length=4, width=3, heads=2, d=2, masked=False, **changes):
    rng = np.random.default_rng(seed)
    anchors = rng.standard_normal((length, d))
    mask = rng.random((batch, length)) < 0.7
    mask[:, 0] = True
    values = {
        "tokens": rng.standard_normal((batch, length, width)),
        "query_weights": rng.standard_normal((heads, width)),
        "key_weights": rng.standard_normal((heads, width)),
        "anchors": anchors / np.linalg.norm(anchors, axis=1, keepdims=True),
        "key_mask": mask if masked else None,
    }
    return Tokens(**(values | changes))


def exact_norm(tokens: Tokens, x: np.ndarray, sequence: int, i: int) -> arb:
    """Return the drive norm of one token in 200-bit arithmetic, for other inputs x (T, D)."""
    q = arb_mat(tokens.query_weights.tolist())
    k = arb_mat(tokens.key_weights.tolist())
    rows = arb_mat(x.tolist())
    scores = rows * q.transpose() * k * rows.transpose()
    root = arb(len(tokens.query_weights)).sqrt()
    drive = [arb(0)] * tokens.d
    seen = np.broadcast_to(tokens.visible, (len(tokens.tokens), len(x), len(x)))[sequence, i]
    for j in np.flatnonzero(seen):
        weight = coupling_ball(tokens.coupling, scores[i, int(j)] / root)
        drive = [h + weight * float(r) for h, r in zip(drive, tokens.anchors[j], strict=True)]
    return sum((h * h for h in drive), arb(0)).sqrt()


def inputs_in_box(tokens: Tokens, radius: float, rng, count: int):
    """Yield sequences inside the box, exactly: uniform ones, corners, and faces."""
    for index in range(count):
        sequence = int(rng.integers(len(tokens.tokens)))
        centre = tokens.tokens[sequence]
        way = rng.uniform(-1, 1, centre.shape)
        if index % 3:
            way = np.sign(way)
        if index % 3 == 2:
            way *= rng.random(centre.shape) < 0.5
        moved = centre + radius * way
        # What rounding pushed outside is pulled back by one float.
        high, low = up_to(centre, radius), up_to(centre, -radius)
        yield sequence, np.clip(moved, low, high)


def up_to(centre: np.ndarray, radius: float) -> np.ndarray:
    """Return the furthest floats that are surely within the radius."""
    end = centre + radius
    return np.where(end == centre, centre, np.nextafter(end, centre))


@given(
    seed=st.integers(0, 2**32 - 1),
    coupling=st.sampled_from(COUPLING_NAMES),
    causal=st.booleans(),
    masked=st.booleans(),
    radius=st.sampled_from([0.0, 1e-9, 1e-3, 0.02, 0.1, 0.3]),
    d=st.integers(2, 4),
)
def test_no_input_in_the_box_has_a_shorter_drive(*, seed, coupling, causal, masked, radius, d):
    tokens = draw(seed, coupling=coupling, causal=causal, masked=masked, d=d)
    lower, _ = input_drive_bounds(tokens, radius)
    bound = np.full(tokens.kept.shape, np.nan)
    bound[tokens.kept] = lower
    rng = np.random.default_rng(seed)
    with ctx.workprec(200):
        for sequence, x in inputs_in_box(tokens, radius, rng, 9):
            for i in np.flatnonzero(tokens.kept[sequence]):
                assert not exact_norm(tokens, x, sequence, int(i)) < arb(bound[sequence, i])


def test_descent_inside_the_box_stays_above_the_bound():
    """The same from the worst inputs that signed gradients find, not from random ones."""
    for seed in range(6):
        tokens = draw(seed, batch=1, length=3)
        certain = largest_radius(tokens)
        for i, largest in enumerate(certain.tolist()):
            radius = 0.9 * min(largest, 1.0)
            bound = input_drive_bounds(tokens, radius)[0][i]
            assert bound > 0
            corners = itertools.product((-radius, radius), repeat=9)
            centre = tokens.tokens[0]
            moved = np.array([centre + np.reshape(corner, (3, 3)) for corner in corners])
            norms = np.linalg.norm(drives(tokens, moved)[:, i], axis=-1)
            assert norms.min() >= bound * (1 - 1e-12)
            with ctx.workprec(200):
                assert not exact_norm(tokens, moved[norms.argmin()], 0, i) < arb(bound * 0.999)


def drives(tokens: Tokens, x: np.ndarray) -> np.ndarray:
    """Return rounded drives of other inputs x (..., T, D), softplus."""
    queries, keys = x @ tokens.query_weights.T, x @ tokens.key_weights.T
    scores = queries @ keys.swapaxes(-1, -2) / np.sqrt(len(tokens.query_weights))
    return np.logaddexp(0, scores) @ tokens.anchors


@pytest.mark.parametrize("coupling", COUPLING_NAMES)
def test_couplings_are_enclosed_at_both_ends(coupling):
    tokens = draw(5, coupling=coupling, length=3, batch=1)
    (block,) = enclose_sequences(tokens)
    lower, upper = block.couplings(np.full((1, 3), 0.05))
    rng = np.random.default_rng(5)
    with ctx.workprec(200):
        for _, x in inputs_in_box(tokens, 0.05, rng, 60):
            q, k = arb_mat(tokens.query_weights.tolist()), arb_mat(tokens.key_weights.tolist())
            rows = arb_mat(x.tolist())
            scores = rows * q.transpose() * k * rows.transpose()
            for i, j in itertools.product(range(3), repeat=2):
                value = coupling_ball(coupling, scores[i, j] / arb(2).sqrt())
                assert not value < arb(lower[0, i, j])
                assert not value > arb(upper[0, i, j])


@pytest.mark.parametrize("coupling", COUPLING_NAMES)
def test_without_a_radius_it_is_the_head_on_its_tokens(coupling):
    tokens = draw(3, coupling=coupling, batch=3, length=5, masked=True, causal=True)
    lower, directions = input_drive_bounds(tokens, 0.0)
    network = network_from_head(
        tokens.tokens @ tokens.query_weights.T,
        tokens.tokens @ tokens.key_weights.T,
        tokens.anchors,
        coupling=coupling,
        causal=True,
        key_mask=tokens.key_mask,
        query_mask=tokens.key_mask,
    )
    below, above = drive_norm_bounds(network)
    np.testing.assert_allclose(lower, below, rtol=1e-11)
    assert (lower <= above * (1 + 1e-13)).all()
    assert directions.shape == (network.n, 2) == (tokens.n, 2)
    claim = certify_inputs(tokens, 0.0).claims["input_box"]
    settling = certify(network, "settling").claims["settling"]
    assert claim.values["worst_oscillator"] == int(below.argmin())
    assert claim.values["time_upper"] == pytest.approx(settling.values["time_upper"], rel=1e-10)


def test_a_larger_box_proves_less():
    tokens = draw(7, batch=4, length=6)
    bounds = [input_drive_bounds(tokens, radius)[0] for radius in (0, 0.01, 0.02, 0.05, 0.1, 0.5)]
    for larger, smaller in itertools.pairwise(bounds):
        assert (smaller < larger).all()
    certain = largest_radius(tokens)
    for i in range(tokens.n):
        assert input_drive_bounds(tokens, float(certain[i]))[0][i] > 0
        assert certain[i] == 16 or input_drive_bounds(tokens, certain[i] * 1.001)[0][i] <= 0


def test_anchors_in_a_half_space_are_certain_for_every_radius():
    angles = np.array([0.1, 1.0, 2.0, 3.0])
    tokens = draw(1, anchors=np.stack([np.cos(angles), np.sin(angles)], axis=1), coupling="relu")
    assert (largest_radius(tokens, limit=1e6) == 1e6).all()
    assert certify_inputs(tokens, 1e6).claims["input_box"].verdict == "proved"


def test_a_drive_that_vanishes_is_never_proved():
    x = np.array([[[1.0, 2.0, 0.5], [1.0, 2.0, 0.5]]])
    tokens = Tokens(x, np.eye(3), np.eye(3), [[0.6, 0.8], [-0.6, -0.8]])
    claim = certify_inputs(tokens, 0.0).claims["input_box"]
    assert claim.verdict == "undecided"
    assert "oscillator 0 (token 0 of sequence 0)" in claim.reason
    assert "no positive radius is certain" in claim.reason
    assert (largest_radius(tokens) == 0).all()


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), mismatch=st.sampled_from([0.0, 0.1, 0.6]))
def test_no_device_has_a_shorter_drive(seed, mismatch):
    tokens, rng = draw(seed, batch=1, d=3), np.random.default_rng(seed)
    devices = Uncertainty(mismatch=mismatch, anchors=0.05)
    lower, _ = input_drive_bounds(tokens, 0.02, devices)
    assert (lower < input_drive_bounds(tokens, 0.02)[0]).all()
    for _, x in inputs_in_box(tokens, 0.02, rng, 6):
        queries, keys = x @ tokens.query_weights.T, x @ tokens.key_weights.T
        couplings = np.logaddexp(0, queries @ keys.T / np.sqrt(2))
        couplings *= 1 + mismatch * rng.choice([-1, 1], couplings.shape)
        # The displacement that shortens each drive most: all anchors against it.
        drive = couplings @ tokens.anchors
        shift = -0.05 * drive / np.linalg.norm(drive, axis=1, keepdims=True)
        norms = np.linalg.norm(drive + couplings.sum(1, keepdims=True) * shift, axis=1)
        assert (norms >= lower * (1 - 1e-12)).all()


def test_uncertain_devices_shrink_the_box():
    tokens = draw(11)
    alone = largest_radius(tokens)
    for devices in (Uncertainty(mismatch=0.1), Uncertainty(anchors=0.1)):
        certain = largest_radius(tokens, uncertainty=devices)
        assert (certain < alone).all()
        for i in np.flatnonzero(certain):
            assert input_drive_bounds(tokens, float(certain[i]), devices)[0][i] > 0


def test_what_no_bound_covers_is_undecided():
    for words, reason in (
        ({"crosstalk": 0.1}, "move alone"),
        ({"frequency": 0.1}, "move alone"),
        ({"mismatch": 1.0}, "lose all its couplings"),
    ):
        claim = certify_inputs(draw(0), 0.0, **words).claims["input_box"]
        assert claim.verdict == "undecided"
        assert reason in claim.reason
        with pytest.raises(InputError, match=reason):
            largest_radius(draw(0), uncertainty=Uncertainty(**words))


@pytest.mark.parametrize("coupling", COUPLING_NAMES)
@pytest.mark.parametrize("devices", [{}, {"mismatch": 0.05, "anchors": 0.01}])
def test_the_checker_confirms_it_up_to_the_edge(coupling, devices):
    tokens = draw(8, coupling=coupling, masked=True, causal=True, d=3)
    edge = float(largest_radius(tokens, uncertainty=Uncertainty(**devices)).min())
    for radius in (0.0, edge / 2, edge):
        certificate = certify_inputs(tokens, radius, **devices)
        assert certificate.verdict == "proved"
        found = verify(certificate, tokens).claims["input_box"]
        assert found.verdict == "proved"
        assert found.values == certificate.claims["input_box"].values


def test_undecided_says_which_and_how_much():
    tokens = draw(2, batch=2, length=3)
    certain = float(largest_radius(tokens).min())
    claim = certify_inputs(tokens, 2 * certain).claims["input_box"]
    assert claim.verdict == "undecided"
    assert not claim.values
    assert "falls short of zero by" in claim.reason
    assert f"radius {certain:.3g}"[:-1] in claim.reason
    assert certify_inputs(tokens, certain).claims["input_box"].verdict == "proved"


def test_extreme_scores_and_scales_stay_sound():
    for factor in (1e-160, 1e-8, 1e3, 1e6):
        tokens = draw(4, tokens=np.random.default_rng(4).standard_normal((1, 4, 3)) * factor)
        lower, _ = input_drive_bounds(tokens, 1e-3 * factor)
        with ctx.workprec(200):
            for i in range(4):
                assert not exact_norm(tokens, tokens.tokens[0], 0, i) < arb(lower[i])
    tiny = draw(4, anchors=draw(4).anchors * 1e-250)
    lower, _ = input_drive_bounds(tiny, 0.0)
    with ctx.workprec(200):
        assert all(exact_norm(tiny, tiny.tokens[0], 0, i) >= arb(lower[i]) for i in range(4))


def test_blocks_do_not_change_the_result(monkeypatch):
    tokens = draw(9, batch=5, masked=True)
    whole, radii = input_drive_bounds(tokens, 0.05)[0], largest_radius(tokens)
    monkeypatch.setattr("lohe.proofs_numeric.input_drives._BLOCK_SCORES", 33)
    calls = []
    np.testing.assert_allclose(input_drive_bounds(tokens, 0.05)[0], whole, rtol=1e-12)
    again = largest_radius(tokens, progress=lambda *done: calls.append(done))
    np.testing.assert_allclose(again, radii, rtol=1e-4)
    assert calls[-1] == (20, 20)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"radius": -0.1}, "input radius is -0.1"),
        ({"radius": float("nan")}, "input radius is nan"),
        ({"radius": 1e300}, "input radius"),
        ({"radius": 0.1, "epsilon": 2.0}, "epsilon is 2.0"),
        ({"radius": 0.1, "delta": 0.0}, "delta is 0.0"),
    ],
)
def test_bad_parameters_are_named(words, message):
    with pytest.raises(InputError, match=message):
        certify_inputs(draw(0), **words)


def test_entries_too_large_are_named():
    for name in ("tokens", "query_weights", "key_weights", "anchors"):
        with pytest.raises(InputError, match=rf"{name} has entries beyond 2\^60"):
            input_drive_bounds(draw(0, **{name: getattr(draw(0), name) * 1e30}), 0.1)
    with pytest.raises(InputError, match="limit is 0"):
        largest_radius(draw(0), limit=0.0)
