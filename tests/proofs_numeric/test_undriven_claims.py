"""T11 and T12 in certificates: what is claimed of undriven networks, and what flows then do."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse
from scipy.integrate import solve_ivp

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.checker import check
from lohe.proofs_numeric.claims import Verdict

PROVED, REFUTED, UNDECIDED = Verdict.PROVED, Verdict.REFUTED, Verdict.UNDECIDED
CAUSAL = np.array([[0, 0, 0], [0.75, 0, 0], [0.25, 0.25, 0]])
RING = np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]])
NEAR = np.array([[[1.0, 0.0], [1.0, 1.0], [0.0, 2.0]]])


def still(J, d=2, **others):
    return Network(np.zeros((J.shape[0], d)), crosstalk=J, **others)


def consensus(network, **options):
    return certify(network, "consensus", **options).claims["consensus"]


def agreement(network, states=NEAR, **options):
    return certify(network, "agreement", states=states, **options).claims["agreement"]


def flow(J, x, time):
    def speed(_, y):
        states = y.reshape(x.shape)
        heard = J @ states
        return (heard - np.vecdot(heard, states)[:, None] * states).ravel()

    found = solve_ivp(speed, (0, time), x.ravel(), rtol=1e-9, atol=1e-11).y[:, -1]
    states = found.reshape(x.shape)
    return states / np.linalg.norm(states, axis=1, keepdims=True)


def diameter(x):
    return float(np.linalg.norm(x[:, None] - x[None], axis=-1).max())


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_causal_listening_has_a_leader(form):
    found = consensus(still(form(CAUSAL)))
    assert found.verdict is PROVED
    assert found.values == {
        "leader": 0, "rate_lower": 0.5, "worst_oscillator": 2, "oscillators": 3
    }  # fmt: skip
    assert found.witness["order"] == (0, 1, 2)
    turned = CAUSAL[np.ix_([2, 0, 1], [2, 0, 1])]
    assert consensus(still(form(turned))).values["leader"] == 1


def test_softmax_attention_under_a_causal_mask_is_always_led_by_its_first_token():
    rng = np.random.default_rng(0)
    scores = np.where(np.tri(40, dtype=bool), 3 * rng.normal(size=(40, 40)), -np.inf)
    weights = np.exp(scores)
    weights /= weights.sum(axis=1, keepdims=True)
    found = consensus(still(weights * (1 - np.eye(40))))
    assert (found.verdict, found.values["leader"]) == (PROVED, 0)
    assert found.values["rate_lower"] == pytest.approx(1 - np.diag(weights)[1:].max())


def test_two_leaders_or_two_circles_refute_and_one_circle_is_left_open():
    split = CAUSAL.copy()
    split[1] = 0
    found = consensus(still(split))
    assert (found.verdict, found.witness["first"], found.witness["second"]) == (REFUTED, (0,), (1,))
    pairs = np.kron(np.eye(2), [[0, 1.0], [1, 0]])
    found = consensus(still(pairs), crosstalk=0.1)
    assert (found.verdict, found.witness["first"]) == (REFUTED, (0, 1))
    found = consensus(still(RING))
    assert found.verdict is UNDECIDED
    assert "circle" in found.reason


def test_uncertain_crosstalk_leaves_the_leader_open():
    found = consensus(still(CAUSAL), crosstalk=1e-9)
    assert found.verdict is UNDECIDED
    assert "uncertain" in found.reason or "certain" in found.reason


def test_starts_do_converge_to_the_leader_but_for_one():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(3, 3))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert diameter(flow(CAUSAL, x, 60.0)) < 1e-6
    x[1] = -x[0]
    late = flow(CAUSAL[:2, :2], x[:2], 10.0)
    assert diameter(late) > 1.9


def test_claims_that_do_not_apply_are_absent():
    agrees = {"consensus", "agreement"}
    for network, options in (
        (Network([[0, 0], [0, 5e-324], [0, 0]], crosstalk=CAUSAL), {}),
        (still(-CAUSAL), {}),
        (still(CAUSAL), {"frequency": 1e-9}),
        (still(CAUSAL, frequency=[[[0, -1.0], [1.0, 0]]] * 3), {}),
        (Network(np.zeros((3, 2))), {}),
    ):
        assert not agrees & set(certify(network, **options).claims)
        with pytest.raises(InputError, match="never with a negative sign, without drives"):
            certify(network, "consensus", **options)
    assert agrees & set(certify(still(CAUSAL)).claims) == {"consensus"}
    assert agrees <= set(certify(still(CAUSAL), states=NEAR).claims)
    with pytest.raises(InputError, match="needs start states"):
        certify(still(CAUSAL), "agreement")
    silent = Network(couplings=np.zeros((3, 1)), anchors=[[1.0, 0.0]], crosstalk=CAUSAL)
    assert consensus(silent, mismatch=0.1, anchors=0.1).verdict is PROVED


def test_agreement_of_given_starts():
    found = agreement(still(CAUSAL), epsilon=0.125)
    assert found.verdict is PROVED
    assert found.values["overlap_lower"] == found.values["rate_lower"] == 0.25
    assert found.values["cosine_lower"] == 0.0
    assert found.values["time_upper"] == pytest.approx(np.log(255) / 0.5)
    assert found.witness["ends"] == (0, 2)
    both = agreement(still(CAUSAL), [*NEAR, NEAR[0] + [5.0, 0.0]], epsilon=0.125)
    assert both.values == {**found.values, "starts": 2}


@pytest.mark.parametrize(
    ("J", "states", "options", "why"),
    [
        (np.kron(np.eye(2), CAUSAL[:2, :2]), NEAR[:, [0, 1, 2, 2]], {}, "neither each other"),
        (RING, [[[1, 0], [-1, 0], [0, 1]]], {}, "half circle"),
        (RING, [NEAR[0], [[1, 0], [0, 0], [0, 1]]], {}, "start 1 has no direction"),
        (RING, [[[1, 0, 0], [0, 1, 0], [1, 1, 1]]], {}, "right angle"),
        (RING, NEAR, {"crosstalk": 0.5}, "may take all of the overlap"),
        (RING * 1e-300, NEAR, {"epsilon": 1e-150}, ""),
        (RING * 1e-320, NEAR, {}, "exceeds the largest float"),
    ],
)
def test_agreement_says_why_it_is_left_open(J, states, options, why):
    found = agreement(still(J, np.shape(states)[2]), states, **options)
    assert found.verdict is (UNDECIDED if why else PROVED)
    assert why in found.reason


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("eta", [0.0, 0.02])
def test_flows_of_devices_agree_in_time(d, eta):
    rng = np.random.default_rng(d)
    for _ in range(4):
        J = rng.exponential(size=(5, 5)) * (rng.random((5, 5)) < 0.7)
        J[:, 0] += 0.2
        np.fill_diagonal(J, 0)
        x = rng.normal(size=(5, d)) + 4.0 / np.sqrt(d)
        x /= np.linalg.norm(x, axis=1, keepdims=True)
        found = agreement(still(J, d), [x], epsilon=0.05, crosstalk=eta)
        assert found.verdict is PROVED
        errors = rng.normal(size=(5, 5)) * (1 - np.eye(5))
        errors *= eta / np.abs(errors).sum(axis=1, keepdims=True)
        late = flow(J + errors, x, found.values["time_upper"])
        assert diameter(late) <= 0.05 * (1 + 1e-6)


def test_two_oscillators_take_all_of_the_time():
    J = np.array([[0, 0.3], [0.6, 0]])
    x = np.array([[1.0, 0.0], [np.cos(3.0), np.sin(3.0)]])
    time = agreement(still(J), [x], epsilon=0.1).values["time_upper"]
    assert diameter(flow(J, x, time)) == pytest.approx(0.1, rel=1e-6)
    # On the device that takes η from both entries too.
    time = agreement(still(J), [x], epsilon=0.1, crosstalk=0.01).values["time_upper"]
    worst = np.array([[0, 0.29], [0.59, 0]])
    assert diameter(flow(worst, x, time)) <= 0.1


@pytest.mark.parametrize("d", [2, 5])
def test_many_oscillators_are_certified_and_checked(d):
    rng = np.random.default_rng(d)
    J = rng.exponential(size=(200, 200))
    np.fill_diagonal(J, 0)
    J /= J.sum(axis=1, keepdims=True)
    states = rng.uniform(0.1, 1, size=(2, 200, d))
    for matrix in (J, np.tril(J, -1)):
        network = still(matrix, d)
        certificate = certify(network, ["consensus", "agreement"], states=states)
        told = check(certificate.document(), network.arrays())["claims"]
        for name, claim in certificate.claims.items():
            assert told[name]["verdict"] == claim.verdict.value
        assert told["agreement"]["verdict"] == "proved"
    assert told["consensus"]["verdict"] == "proved"
