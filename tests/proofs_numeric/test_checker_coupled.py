"""Claims made by hand about turning and coupled oscillators: sharp to one ulp, on their devices."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse
from sealing import claim, seal, verdict_of

from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.checker import RejectedError, check

UP, DOWN = math.inf, -math.inf
TURN = [[0.0, -3.0], [3.0, 0.0]]
# ‖h‖ = 5 against ω = 3: the rate is 4 and the point (4, 3)/5, exactly.
PYTHAGOREAN = Network([[5.0, 0.0]], frequency=[TURN])
ANCHORED = {"couplings": [[5.0]], "anchors": [[1.0, 0.0]]}
PAIR = [[0.0, 1.0], [1.0, 0.0]]


def near(x, *directions):
    for direction in directions:
        x = math.nextafter(x, direction)
    return x


def proved(network, name, theorem, values, witness, **parameters):
    found, reason = verdict_of(network, name, ("proved", theorem), values, witness, **parameters)
    assert found in ("proved", "undecided"), reason
    return found == "proved"


def rate(level, low=None, network=PYTHAGOREAN, **parameters):
    values = {
        "rate_lower": level if low is None else low,
        "worst_oscillator": 0,
        "oscillators": 1,
    }
    witness = {"levels": np.array([level])}
    return proved(network, "almost_global", "T5", values, witness, **parameters)


def test_a_level_holds_up_to_the_rate_and_not_one_ulp_beyond():
    assert rate(4.0)
    assert not rate(near(4.0, UP))
    assert not rate(4.0, low=near(4.0, UP))
    assert not rate(-1.0, low=0.0)
    # Dominance gives the same rate in the plane, where ‖A‖ is the Frobenius norm over √2.
    assert rate(0.0, low=4.0)
    assert not rate(0.0, low=near(4.0, UP))


def lock(**changes):
    values = {
        "rate_lower": 4.0,
        "rate_upper": near(4.0, UP),
        "worst_oscillator": 0,
        "radius_upper": 1e-15,
        "oscillators": 1,
    }
    witness = {
        "levels": np.array([4.0]),
        "ceilings": np.array([near(4.0, UP)]),
        "points": np.array([[0.8, 0.6]]),
    }
    values |= {k: v for k, v in changes.items() if k in values}
    witness |= {k: v for k, v in changes.items() if k in witness}
    return proved(PYTHAGOREAN, "lock", "T5", values, witness)


def test_a_lock_encloses_rate_and_point():
    assert lock()
    assert not lock(ceilings=np.array([4.0]))
    assert not lock(rate_upper=4.0)
    assert not lock(radius_upper=1e-17)
    assert not lock(points=np.array([[0.6, 0.8]]))
    assert lock(points=np.array([[0.6, 0.8]]), radius_upper=0.2829)
    assert not lock(points=np.array([[0.6, 0.8]]), radius_upper=0.2828)


def test_devices_lower_the_level():
    network = Network(**ANCHORED, frequency=[TURN])
    # The worst device has ‖h‖ = 5 - 1/2 and ω = 3 + 1/4.
    least = math.sqrt(4.5**2 - 3.25**2)
    sets = {"mismatch": 0.1, "frequency": 0.25}
    assert rate(0.0, low=least * (1 - 1e-15), network=network, **sets)
    assert not rate(0.0, low=least * (1 + 1e-15), network=network, **sets)
    assert not rate(4.0, network=network, **sets)
    # At level 3, ‖y‖ (3 - ω) = 5 (3 - ω)/√18 must reach 3 + e.
    assert rate(3.0, network=network, frequency=0.05, mismatch=0.09)
    assert not rate(3.0, network=network, frequency=0.05, mismatch=0.1)
    assert not rate(3.0, network=network, frequency=0.05, mismatch=0.09, anchors=0.01)


def test_t5_needs_oscillators_that_do_not_hear_each_other():
    values = {"rate_lower": 1.0, "worst_oscillator": 0, "oscillators": 2}
    witness = {"levels": np.array([1.0, 1.0])}
    alone = Network([[5.0, 0.0], [5.0, 0.0]])
    coupled = Network(alone.drive, crosstalk=PAIR)
    assert proved(alone, "unique_stable", "T5", values, witness)
    assert not proved(coupled, "unique_stable", "T5", values, witness)
    assert not proved(alone, "unique_stable", "T5", values, witness, crosstalk=5e-324)


def drifts(network, point, oscillator=0):
    witness = {"oscillator": oscillator, "point": point}
    return verdict_of(network, "lock", ("refuted", "T5"), {}, witness)[0] == "refuted"


def test_an_oscillator_that_does_not_lock_is_refuted_by_its_point():
    third = Fraction(1, 3)
    edge = Network([[3.0, 0.0]], frequency=[TURN])
    assert drifts(Network([[1.0, 0.0]], frequency=[TURN]), [Fraction(0), third])
    assert not drifts(Network([[1.0, 0.0]], frequency=[TURN]), [Fraction(0), -third])
    assert drifts(edge, [Fraction(0), Fraction(1)])
    beyond = Network([[near(3.0, UP), 0.0]], frequency=[TURN])
    assert not drifts(beyond, [Fraction(0), Fraction(near(3.0, UP)) / 3])
    assert drifts(Network([[0.0, 0.0]]), [Fraction(0), Fraction(0)])
    heard = Network([[1.0, 0.0], [9.0, 0.0]], frequency=[TURN, TURN], crosstalk=PAIR)
    assert not drifts(heard, [Fraction(0), third])


def lock_settles(time, quantile=5e-4, level=4.0):
    values = {"epsilon": 1e-2, "delta": 1e-3, "time_upper": time}
    witness = {"levels": np.array([level]), "rate_lower": level, "quantile": quantile}
    return proved(Network([[5.0, 0.0, 0.0]]), "settling", "T5", values, witness)


def test_the_time_to_lock_follows_from_the_quantile():
    # In space the squared distance from the repelling point is uniform.
    time = (math.log(4e4) - math.log(1e-3)) / 8
    assert lock_settles(time * (1 + 1e-14), quantile=1e-3)
    assert not lock_settles(time * (1 - 1e-14), quantile=1e-3)
    assert not lock_settles(9.0, quantile=near(1e-3, UP))
    assert not lock_settles(9.0, level=near(5.0, UP))


def contracts(network, factor, name="almost_global", **parameters):
    values = {"contraction_upper": factor, "oscillators": network.n}
    return proved(network, name, "T6", values, {}, **parameters)


def test_contraction_needs_more_than_twice_what_is_heard():
    strong = Network([[3.0, 0.0], [0.0, 4.0]], crosstalk=PAIR)
    assert contracts(strong, 0.5)
    assert not contracts(strong, near(0.5, DOWN))
    assert not contracts(Network([[2.0, 0.0], [0.0, 4.0]], crosstalk=PAIR), 1.0)
    assert contracts(Network([[near(2.0, UP), 0], [0, 4]], crosstalk=PAIR), 1.0)
    assert contracts(Network(strong.drive, crosstalk=sparse.csr_array(PAIR)), 0.5)


def test_contraction_is_global_for_gradients_only():
    leaning = Network([[3.0, 0.0], [0.0, 4.0]], crosstalk=[[0, 1.0], [near(1.0, DOWN), 0]])
    symmetric = Network(leaning.drive, crosstalk=PAIR)
    for network, sets in ((leaning, {}), (symmetric, {"crosstalk": 5e-324})):
        assert contracts(network, 0.6, "unique_stable", **sets)
        assert not contracts(network, 0.6, "almost_global", **sets)
    turning = Network(leaning.drive, crosstalk=PAIR, frequency=[TURN, np.zeros((2, 2))])
    for network, sets in ((turning, {}), (symmetric, {"frequency": 5e-324})):
        assert not contracts(network, 0.6, "unique_stable", **sets)


def attracts(network, least, **parameters):
    values = {"rate_lower": least, "oscillators": network.n}
    return proved(network, "almost_global", "T6a", values, {}, **parameters)


def test_attraction_needs_drives_beyond_what_is_heard_and_what_turns():
    # S = 1 and a = 3: √(‖h‖² - 16) - 2, positive beyond √20.
    turning = np.array([TURN, TURN])
    network = Network([[5.0, 0.0], [0.0, 6.0]], crosstalk=PAIR, frequency=turning)
    assert attracts(network, 1.0)
    assert not attracts(network, near(1.0, UP))
    weak = Network([[math.sqrt(20) * (1 - 1e-15), 0], [0, 6]], crosstalk=PAIR, frequency=turning)
    assert not attracts(weak, 0.0)
    assert attracts(network, math.sqrt(25 - 4.25**2) - 2 - 1e-14, frequency=0.25)
    assert not attracts(network, math.sqrt(25 - 4.25**2) - 2 + 1e-14, frequency=0.25)
    assert not attracts(network, 0.0, crosstalk=0.5)


def turns_freely(network, found):
    return (
        verdict_of(network, "unique_stable", ("refuted", "L3"), {}, {"set": found})[0] == "refuted"
    )


def test_a_free_set_refutes_and_nothing_less_does():
    drive = [[0.0, 0], [0, 0], [1, 0]]
    J = np.array([[0, 1.0, 0], [1, 0, 0], [1, 0, 0]])
    assert turns_freely(Network(drive, crosstalk=J), [0, 1])
    assert turns_freely(Network(drive, crosstalk=J), [1, 0])
    for wrong in ([], [0], [0, 0], [0, 1, 2], [2]):
        assert not turns_freely(Network(drive, crosstalk=J), wrong)
    turning = np.zeros((3, 2, 2))
    turning[1] = TURN
    assert not turns_freely(Network(drive, crosstalk=J, frequency=turning), [0, 1])
    driven = Network([[0, 5e-324], [0, 0], [1, 0]], crosstalk=J)
    assert not turns_freely(driven, [0, 1])
    J[0, 2] = 5e-324
    assert not turns_freely(Network(drive, crosstalk=J), [0, 1])


CAP = {
    "angle_lower": 4 * math.atan(0.4) * (1 - 1e-15),
    "inner_upper": 1e-9,
    "rate_lower": 3.9,
    "share_lower": 2 * math.atan(0.4) / (math.pi / 2) * (1 - 1e-15),
    "volume_lower": 0.0,
    "oscillators": 1,
}


def cap(inner=1e-10, outer=0.4, centre=((4.0, 3.0),), network=PYTHAGOREAN, sets=None, **changes):
    witness = {"centre": np.array(centre), "inner": inner, "outer": outer}
    return proved(network, "local_cap", "T6b", {**CAP, **changes}, witness, **(sets or {}))


def test_a_cap_reaches_to_its_edge_and_not_one_ulp_beyond():
    # Behind its drive by ψ = atan(3/4), the cap is 2 (π/2 - ψ) wide: tan(u/2) = 1/2.
    assert cap(outer=near(0.5, DOWN))
    assert not cap(outer=0.5)
    assert not cap(outer=near(0.5, UP))
    assert cap(centre=((0.8, 0.6),))  # off by rounding: the residual is below the inner cap's
    assert not cap(centre=((1.0, 1.0),))
    assert not cap(centre=((-4.0, -3.0),))
    assert not cap(centre=((0.0, 0.0),))
    assert not cap(inner=0.41)
    assert not cap(inner=0.0)


def test_every_value_of_a_cap_is_checked():
    assert cap()
    assert not cap(angle_lower=4 * math.atan(0.4) * (1 + 1e-15))
    assert not cap(inner_upper=3.9e-10)
    assert not cap(rate_lower=4.0)
    assert not cap(rate_lower=-1.0)
    share = CAP["share_lower"]
    assert not cap(share_lower=share * (1 + 1e-14))
    assert cap(volume_lower=share)
    assert not cap(volume_lower=share * (1 + 1e-14))
    assert not cap(oscillators=2)
    assert not cap(weight_error_upper=2.0)  # there are no weights
    anchored = Network(**ANCHORED, frequency=[TURN])
    assert cap(network=anchored, weight_error_upper=1e-8)
    assert not cap(network=anchored, weight_error_upper=0.0)
    assert not cap(network=anchored, sets={"anchors": 1e-3}, inner=1e-2, weight_error_upper=1e-8)


@pytest.mark.parametrize("name", ["crosstalk", "frequency", "mismatch", "anchors"])
def test_a_cap_on_devices_needs_room_for_their_errors(name):
    anchored = Network(**ANCHORED, frequency=[TURN])
    wide = {"inner": 0.02, "inner_upper": 0.081, "rate_lower": 0.0}
    assert cap(network=anchored, sets={name: 0.01}, **wide)
    assert not cap(network=anchored, sets={name: 0.01})
    assert not cap(network=anchored, sets={name: 0.5}, **wide)


TOKENS = Tokens(
    np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.eye(2), np.eye(2), np.eye(2), coupling="relu"
)


def nearby(radius=0.0, low=0.70, worst=0, time=30.0, directions=((1.0, 0.0), (0.0, 1.0)), **sets):
    values = {
        "radius": radius,
        "drive_norm_lower": low,
        "worst_oscillator": worst,
        "oscillators": 2,
        "time_upper": time,
    }
    witness = {"quantile": 2e-6, "directions": np.array(directions)}
    return proved(TOKENS, "input_box", "L4", values, witness, **sets)


def test_inputs_near_tokens_keep_their_drives():
    # s_00 = 1/√2, and W_00 = s_00 + 1e-3 along the first anchor.
    edge = 1 / math.sqrt(2) + 1e-3
    assert nearby()
    assert nearby(low=edge * (1 - 1e-15))
    assert not nearby(low=edge * (1 + 1e-15))
    # The score moves by at most (2 r + 2 r²)/√2.
    r = 0.125
    assert nearby(radius=r, low=edge - (2 * r + 2 * r * r) / math.sqrt(2) - 1e-14)
    assert not nearby(radius=r, low=edge - (2 * r + 2 * r * r) / math.sqrt(2) + 1e-14)
    assert not nearby(radius=-r, low=0.5)
    assert not nearby(directions=((0.0, 0.0), (0.0, 1.0)))
    assert not nearby(directions=((-1.0, 0.0), (0.0, 1.0)))
    assert not nearby(worst=2)
    assert not nearby(time=0.5)
    assert not nearby(low=0.0)


def test_inputs_near_tokens_on_devices():
    edge = 1 / math.sqrt(2) + 1e-3
    assert nearby(low=0.9 * edge * (1 - 1e-14), mismatch=0.1)
    assert not nearby(low=0.9 * edge * (1 + 1e-14), mismatch=0.1)
    moved = edge - 0.1 * (edge + 1e-3)
    assert nearby(low=moved - 1e-14, anchors=0.1)
    assert not nearby(low=moved + 1e-14, anchors=0.1)
    assert not nearby(crosstalk=1e-9)
    assert not nearby(frequency=1e-9)


def test_claims_and_instances_must_fit():
    values = {"drive_norm_lower": 0.1, "worst_oscillator": 0, "oscillators": 2}
    assert not proved(TOKENS, "unique_stable", "T1", values, {})
    witness = {"quantile": 1e-6, "directions": np.eye(2)}
    values |= {"radius": 0.0, "time_upper": 99.0}
    assert not proved(Network(np.eye(2)), "input_box", "L4", values, witness)


@pytest.mark.parametrize("name", ["mismatch", "anchors"])
def test_uncertain_couplings_need_couplings(name):
    with pytest.raises(RejectedError, match="need couplings"):
        rate(1.0, **{name: 0.1})


@pytest.mark.parametrize("name", ["mismatch", "crosstalk", "frequency", "anchors"])
def test_a_negative_uncertainty_is_rejected(name):
    with pytest.raises(RejectedError, match="negative"):
        rate(1.0, **{name: -0.1})


def test_documents_of_other_versions_are_rejected():
    document = seal(PYTHAGOREAN, {"lock": claim("undecided", "T5", {}, {})})
    for version, says in ((1, "earlier release"), (0, "earlier release"), (3, "version 2")):
        with pytest.raises(RejectedError, match=says):
            check({**document, "version": version}, PYTHAGOREAN.arrays())


def half_space(delta, margin, direction=(1, 0)):
    network = Network(couplings=[[1.0, 1.0]], anchors=[[0.6, 0.8], [0.6, -0.8]])
    values = {"margin_lower": margin, "keys": 2, "prefix": 2}
    witness = {"direction": [Fraction(x) for x in direction]}
    return proved(network, "all_inputs", "T4", values, witness, anchors=delta)


def test_displaced_anchors_take_from_the_margin():
    # The distance of 0 from the anchors is the float 0.6.
    assert half_space(0.0, 0.6)
    assert not half_space(0.0, near(0.6, UP))
    assert half_space(0.1, near(0.5, DOWN))
    assert not half_space(0.1, near(0.5, UP))
    assert half_space(near(0.6, DOWN), 0.0)
    assert not half_space(0.6, 0.0)
    assert not half_space(0.0, 0.1, direction=(0, 1))


def balanced(delta, weights):
    network = Network(couplings=[[1.0, 1.0]], anchors=[[0.6, 0.8], [0.6, -0.8]])
    values = {"margin_lower": near(1.0, DOWN) - delta, "keys": 2, "prefix": 1}
    witness = {"direction": [Fraction(3), Fraction(4)], "weights": weights}
    told = verdict_of(network, "all_inputs", ("refuted", "T4"), values, witness, anchors=delta)
    return told[0] == "refuted"


def test_displaced_anchors_balance_when_their_mean_is_near():
    half = Fraction(1, 2)
    assert balanced(0.6, [half, half])
    assert not balanced(near(0.6, DOWN), [half, half])
    assert not balanced(0.6, [Fraction(2, 5), Fraction(3, 5)])
    assert not balanced(0.6, [half, half, Fraction(0)])
    assert not balanced(0.6, [1 + half, -half])
