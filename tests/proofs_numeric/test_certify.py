"""Which claims are made, and what each verdict rests on."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from exact_oracle import random_network

from lohe.dynamics.errors import InputError
from lohe.dynamics.gallery import anchored_circulant, anchored_pair
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.claims import Verdict
from lohe.proofs_numeric.verify import verify

SQUARE = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]]


def euler(x, h, step):
    x = x + step * (h - np.dot(x, h) * x)
    return x / np.linalg.norm(x)


def test_all_claims_of_a_decoupled_network():
    found = certify(random_network(np.random.default_rng(0)))
    names = ("unique_stable", "almost_global", "settling", "mismatch", "all_inputs", "digital_step")
    assert tuple(found.claims) == names
    assert found.claims["unique_stable"].verdict is Verdict.PROVED


def test_a_network_of_drives_has_no_claims_about_couplings():
    found = certify(Network([[1.0, 2.0]]))
    assert set(found.claims) == {"unique_stable", "almost_global", "settling", "digital_step"}
    for name in ("mismatch", "all_inputs"):
        with pytest.raises(InputError, match="needs couplings and anchors"):
            certify(Network([[1.0, 2.0]]), name)
    with pytest.raises(InputError, match="mismatch needs a network with couplings"):
        certify(Network([[1.0, 2.0]]), mismatch=0.1)


def test_a_zero_drive_refutes_with_the_oscillator():
    network = Network(couplings=[[1.0, 0, 1e-3, 0], [1, 0, 1, 0]], anchors=SQUARE)
    found = certify(network)
    for name in ("unique_stable", "almost_global", "settling", "mismatch", "digital_step"):
        assert found.claims[name].verdict is Verdict.REFUTED
        assert found.claims[name].witness["oscillator"] == 1
    assert found.verdict is Verdict.REFUTED
    assert found.exit_code == 1


TURNING = np.array([[[0.0, -0.5], [0.5, 0.0]]])


def test_which_claims_are_made_follows_from_what_devices_may_do():
    anchored = Network(couplings=[[1.0, 1.0]], anchors=np.eye(2))
    turning = Network(couplings=[[1.0, 1.0]], anchors=np.eye(2), frequency=TURNING)
    crossing = Network([[1.0, 0.0], [0.0, 1.0]], crosstalk=[[0, 1e-9], [0, 0]])
    alone = ["unique_stable", "almost_global", "settling", "mismatch", "all_inputs", "digital_step"]
    names = ("unique_stable", "almost_global", "settling", "all_inputs", "lock", "local_cap", "box")
    detuned = list(names)
    assert list(certify(anchored).claims) == alone
    assert list(certify(turning).claims) == detuned
    assert list(certify(turning, mismatch=0.1).claims) == detuned
    assert list(certify(anchored, frequency=0.1).claims) == detuned
    assert list(certify(crossing).claims) == ["unique_stable", "almost_global", "local_cap", "box"]
    assert certify(anchored, crosstalk=0.1).claims["all_inputs"].verdict is Verdict.PROVED
    silent = Network([[1.0, 0.0], [0.0, 1.0]], crosstalk=np.zeros((2, 2)))
    assert set(certify(silent).claims) == {
        "unique_stable",
        "almost_global",
        "settling",
        "digital_step",
    }


@pytest.mark.parametrize(
    "uncertainty",
    [{}, {"mismatch": 0.05}, {"anchors": 0.05}, {"frequency": 0.1}, {"crosstalk": 0.1}],
)
def test_every_decided_claim_names_its_theorem_and_is_verified(uncertainty):
    turning = Network(couplings=[[1.0, 1.0]], anchors=np.eye(2), frequency=TURNING)
    found = certify(turning, **uncertainty)
    checked = verify(found, turning)
    # A box needs smaller devices than the other claims.
    assert {c.verdict for n, c in found.claims.items() if n != "box"} == {Verdict.PROVED}
    for name, claim in found.claims.items():
        assert checked.claims[name].verdict is claim.verdict
        assert claim.verdict is Verdict.UNDECIDED or claim.witness["theorem"][0] in "TL"


def test_a_box_holds_one_equilibrium_of_every_device():
    turning = Network(couplings=[[1.0, 1.0]], anchors=np.eye(2), frequency=TURNING)
    found = certify(turning, "box", mismatch=1e-3, frequency=1e-3)
    assert found.claims["box"].values["stable"] == 1
    assert verify(found, turning).verdict is Verdict.PROVED


def test_a_device_set_contains_each_smaller_one():
    network = Network(couplings=[[1.0, 1.0]], anchors=np.eye(2), frequency=TURNING)
    rates = [
        certify(network, "lock", frequency=f, mismatch=f).claims["lock"].values["rate_lower"]
        for f in (0.0, 0.01, 0.1)
    ]
    assert rates == sorted(rates, reverse=True)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ("lock", "needs natural frequencies"),
        (["box", "settling"], "needs"),
        ("input_box", "unknown claims"),
        ("stable", "unknown claims: 'stable'; choose from unique_stable"),
        ([], "unknown claims: none"),
    ],
)
def test_unknown_claims_are_named(names, message):
    with pytest.raises(InputError, match=message):
        certify(random_network(np.random.default_rng(0)), names)


@pytest.mark.parametrize(
    "bad",
    [
        {"mismatch": -0.1},
        {"mismatch": math.nan},
        {"crosstalk": -1.0},
        {"frequency": math.inf},
        {"anchors": math.nan},
        {"epsilon": 0.0},
        {"epsilon": 2.0},
        {"delta": 1.0},
        {"delta": math.nan},
        {"step": 0.0},
        {"step": math.inf},
    ],
)
def test_parameters_outside_their_range_are_refused(bad):
    with pytest.raises(InputError, match=f"{next(iter(bad))} is"):
        certify(random_network(np.random.default_rng(0)), **bad)


def test_the_worst_oscillator_is_the_one_with_the_smallest_drive():
    network = Network([[3.0, 0.0], [0.0, 2.0], [4.0, 4.0], [2.5, 0.0]])
    values = certify(network).claims["unique_stable"].values
    assert values == {"drive_norm_lower": 2.0, "worst_oscillator": 1, "oscillators": 4}


def test_a_drive_below_the_smallest_float_is_stable_but_its_time_is_not_a_float():
    network = Network(couplings=[[5e-324]], anchors=[[0.1, 0.1]], anchor_kind="free")
    claims = certify(network).claims
    assert claims["unique_stable"].verdict is Verdict.PROVED
    assert claims["unique_stable"].values["drive_norm_lower"] == 0.0
    assert claims["settling"].verdict is Verdict.UNDECIDED


def test_a_drive_above_the_largest_float_leaves_the_step_open():
    network = Network([[1.7e308, 1.7e308]])
    claims = certify(network).claims
    assert claims["digital_step"].verdict is Verdict.UNDECIDED
    assert claims["unique_stable"].verdict is Verdict.PROVED


@pytest.mark.parametrize("seed", range(4))
def test_euler_does_what_the_step_claim_says(seed):
    rng = np.random.default_rng(seed)
    network = random_network(rng, n=1, d=3)
    values = certify(network).claims["digital_step"].values
    h = network.drive[0]
    goal = h / np.linalg.norm(h)
    for step, monotone in ((values["step_monotone"], True), (0.98 * values["step_settles"], False)):
        x = rng.standard_normal(3)
        x /= np.linalg.norm(x)
        sides = []
        for _ in range(4000):
            sides.append(np.dot(x, h))
            x = euler(x, h, step)
        assert np.linalg.norm(x - goal) < 1e-6
        if monotone:
            assert np.all(np.diff(sides) >= -1e-12 * np.linalg.norm(h))
    tilt = goal + 1e-6 * np.linalg.svd(h[None])[2][-1]
    x = tilt / np.linalg.norm(tilt)
    for _ in range(2000):
        x = euler(x, h, 1.05 * values["step_settles"])
    assert np.linalg.norm(x - goal) > 1e-2  # above the bound the resting point repels


def test_step_verdicts():
    network = Network([[0.0, 2.0], [1.0, 0.0]])
    values = certify(network).claims["digital_step"].values
    assert values["drive_norm_upper"] >= 2.0
    assert Fraction(values["step_monotone"]) * Fraction(values["drive_norm_upper"]) <= 1
    assert Fraction(values["step_settles"]) * Fraction(values["drive_norm_upper"]) < 2
    for step, verdict in ((0.4, "proved"), (0.9, "proved"), (1.0, "undecided"), (1.1, "refuted")):
        found = certify(network, "digital_step", step=step).claims["digital_step"]
        assert found.verdict == verdict
    assert found.witness == {"theorem": "T7", "oscillator": 0}


@pytest.mark.parametrize("exponent", [-1000, -500, 500, 1000])
def test_verdicts_do_not_depend_on_the_scale(exponent):
    network = random_network(np.random.default_rng(2))
    scaled = Network(couplings=np.ldexp(network.couplings, exponent), anchors=network.anchors)
    one, other = certify(network, mismatch=0.01).claims, certify(scaled, mismatch=0.01).claims
    for name, claim in one.items():
        assert other[name].verdict is claim.verdict
    factor = 2.0**exponent
    for name, key in (("unique_stable", "drive_norm_lower"), ("digital_step", "drive_norm_upper")):
        assert other[name].values[key] == pytest.approx(one[name].values[key] * factor, rel=1e-9)
    for key in ("coherence_lower", "angle_sine_upper", "weight_error_upper"):
        found = other["mismatch"].values[key]
        assert found == pytest.approx(one["mismatch"].values[key], rel=1e-9)


def test_given_states_are_enclosed_and_confirmed():
    ring = anchored_circulant(8)
    angles = 2 * np.pi * np.outer([0, 1, -1], np.arange(8)) / 8
    states = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    nearby = np.concatenate([states, states[1:] + 1e-3])  # the same states once more
    found = certify(ring, ["unique_stable", "box"], states=nearby)
    assert found.claims["box"].values["stable"] == 3
    assert found.claims["unique_stable"].verdict is Verdict.REFUTED
    assert found.claims["unique_stable"].values == {"stable": 3}
    checked = verify(found, ring)
    assert checked.claims["box"].verdict is Verdict.PROVED
    assert checked.claims["unique_stable"].verdict is Verdict.REFUTED


def test_given_states_join_those_that_are_found_anyway():
    pair = anchored_pair(3.0)
    saddle = [[1.0, 0.0], [-1.0, 0.1]]
    found = certify(pair, "box", states=[saddle])
    assert found.claims["box"].values["equilibria"] == 2
    assert found.claims["box"].values["stable"] == 1
    assert verify(found, pair).claims["box"].verdict is Verdict.PROVED
    # For every device of an uncertainty as well.
    found = certify(pair, "box", states=[saddle], crosstalk=1e-3)
    assert found.claims["box"].values["equilibria"] == 2
    assert verify(found, pair).claims["box"].verdict is Verdict.PROVED


def test_states_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"states have shape \(2, 2\); expected \(states, 2, 2\)"):
        certify(anchored_pair(3.0), states=np.eye(2))
    with pytest.raises(InputError, match="states need crosstalk or natural frequencies"):
        certify(Network([[1.0, 2.0]]), states=[[[1.0, 0.0]]])
