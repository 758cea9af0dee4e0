"""Claims made by hand about undriven oscillators: sharp to one ulp, and no circle is overlooked."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import sparse
from sealing import verdict_of

from lohe.dynamics.network import Network
from lohe.proofs_numeric import checker_agreement
from lohe.proofs_numeric.checker_exact import (
    ZERO,
    Instance,
    RejectedError,
    UnconfirmedError,
    rational,
)

UP, DOWN = math.inf, -math.inf
CHAIN = np.array([[0, 0, 0], [0.5, 0, 0], [0, 0.25, 0]])
RING = np.array([[0, 0, 0.5], [0.5, 0, 0], [0, 0.5, 0]])
ALL = np.array([[0, 0.25, 0.5], [0.25, 0, 0.5], [0.125, 0.25, 0]])  # δ = 0.875


def near(x, *directions):
    for direction in directions:
        x = math.nextafter(x, direction)
    return x


def network(J, d=2, **others):
    return Network(np.zeros((J.shape[0], d)), crosstalk=J, **others)


def proved(instance, name, theorem, values, witness, **parameters):
    found, reason = verdict_of(instance, name, ("proved", theorem), values, witness, **parameters)
    assert found in ("proved", "undecided"), reason
    return found == "proved"


def led(instance, order=(0, 1, 2), rate=0.25, worst=2, leader=None, **parameters):
    values = {
        "leader": order[0] if leader is None else leader,
        "rate_lower": rate,
        "worst_oscillator": worst,
        "oscillators": instance.n,
    }
    return proved(instance, "consensus", "T11", values, {"order": list(order)}, **parameters)


@pytest.mark.parametrize("form", [np.array, sparse.csr_array])
def test_a_leader_is_confirmed_by_the_order_of_who_hears_whom(form):
    chain = network(form(CHAIN))
    assert led(chain)
    assert not led(chain, rate=near(0.25, UP))
    assert not led(chain, rate=-0.25)
    assert not led(chain, worst=1)
    assert not led(chain, worst=0)
    assert not led(chain, worst=3)
    assert not led(chain, leader=1)
    for order in ((0, 2, 1), (1, 0, 2), (0, 1), (0, 1, 1), (0, 1, 3), (0, 1, 2, 2)):
        assert not led(chain, order=order)


def test_a_hidden_circle_a_repulsion_or_a_second_leader_is_seen():
    assert led(network(CHAIN))
    for i, k, weight in ((1, 2, 5e-324), (0, 2, 5e-324), (0, 1, 1.0), (2, 0, -5e-324)):
        J = CHAIN.copy()
        J[i, k] = weight
        assert not led(network(J), rate=0.0), (i, k)
    J = CHAIN.copy()
    J[2, 0] = 5e-324  # one more that is heard earlier does no harm
    assert led(network(J))
    J[2] = 0
    assert not led(network(J), rate=0.0, worst=1)
    assert not led(network(RING), rate=0.5, worst=0)


def test_nothing_may_drive_or_turn_the_led_ones_on_any_device():
    drive = np.zeros((3, 2))
    drive[1, 0] = 5e-324
    assert not led(Network(drive, crosstalk=CHAIN))
    turning = np.zeros((3, 2, 2))
    turning[2] = [[0, -5e-324], [5e-324, 0]]
    assert not led(network(CHAIN, frequency=turning))
    for name in ("crosstalk", "frequency"):
        assert not led(network(CHAIN), rate=0.0, **{name: 5e-324})
    anchored = {"couplings": np.zeros((3, 1)), "anchors": [[1.0, 0.0]]}
    assert led(Network(**anchored, crosstalk=CHAIN), mismatch=0.5, anchors=0.5)
    anchored["couplings"][0] = 5e-324
    assert not led(Network(**anchored, crosstalk=CHAIN))


def apart(instance, first, second, **parameters):
    witness = {"first": list(first), "second": list(second)}
    told = verdict_of(instance, "consensus", ("refuted", "T11"), {}, witness, **parameters)
    return told[0] == "refuted"


def test_two_sets_that_hear_only_themselves_refute():
    pairs = np.zeros((5, 5))
    pairs[[0, 1, 2, 3], [1, 0, 3, 2]] = 1.0
    pairs[4, :4] = 1.0
    split = network(pairs)
    assert apart(split, [0, 1], [2, 3])
    assert apart(split, [3, 2], [1, 0], crosstalk=0.5)  # the stored network is a device
    for first, second in (
        ([0], [2, 3]),
        ([0, 1], []),
        ([0, 1], [0, 1]),
        ([0, 1], [2, 3, 3]),
        ([0, 1], [2, 3, 4]),
        ([0, 1], [5]),
        ([0, 1, 2, 3], [3, 2]),
    ):
        assert not apart(split, first, second)
    assert apart(network(np.zeros((2, 2))), [0], [1])
    pairs[1, 2] = 5e-324
    assert not apart(network(pairs), [0, 1], [2, 3])
    assert not apart(Network([[0, 5e-324], [0, 0]], crosstalk=np.zeros((2, 2))), [0], [1])


# A right angle in the plane, of lengths that are no unit; the ends are states 1 and 0.
PLANE = [[[0.0, 2.0], [3.0, 0.0], [1.0, 1.0]]]
SPACE = [[[1.0, 2.0, 2.0], [2.0, 1.0, 2.0], [2.0, 2.0, 1.0]]]  # cosines 8/9


def agreed(instance, *, states=PLANE, ends=(1, 0), epsilon=1.0, time=None, eta=0.0, **changes):
    rate = changes.get("rate_lower", 0.875)
    if time is None:  # tan²(D_0/2) = 1, ε²/(4 − ε²) = 1/3
        time = math.log(3) / (2 * rate) * (1 + 1e-15)
    values = {
        "epsilon": epsilon,
        "time_upper": time,
        "rate_lower": rate,
        "overlap_lower": 0.875,
        "cosine_lower": 0.0,
        "starts": len(states),
        "oscillators": instance.n,
        **changes,
    }
    witness = {"states": np.array(states)}
    if ends is not None:
        witness["ends"] = list(ends)
    return proved(instance, "agreement", "T12", values, witness, epsilon=epsilon, crosstalk=eta)


def test_agreement_in_the_plane_is_confirmed_up_to_the_last_ulp():
    together = network(ALL)
    assert agreed(together)
    assert not agreed(together, time=math.log(3) / 1.75 * (1 - 1e-15))
    assert not agreed(together, overlap_lower=near(0.875, UP))
    assert agreed(together, overlap_lower=near(0.875, UP, DOWN))
    assert not agreed(together, rate_lower=near(0.875, UP), time=1.0)
    assert not agreed(together, cosine_lower=5e-324)
    assert agreed(together, cosine_lower=near(0.0, DOWN))
    assert not agreed(together, epsilon=1 - 1e-14)
    with pytest.raises(RejectedError, match="shape"):
        agreed(together, starts=2)
    assert not agreed(together, oscillators=2)
    assert not agreed(together, time=-1.0)
    assert not agreed(together, rate_lower=0.0, time=9.0)
    assert agreed(network(sparse.csr_array(ALL)))


def test_the_time_must_be_of_the_same_ulp():
    # The smallest float that is enough, and the one before it.
    enough = math.log(3) / 1.75
    while agreed(network(ALL), time=near(enough, DOWN)):
        enough = near(enough, DOWN)
    while not agreed(network(ALL), time=enough):
        enough = near(enough, UP)
    assert enough == pytest.approx(math.log(3) / 1.75, rel=1e-15)
    assert not agreed(network(ALL), time=near(enough, DOWN))


def test_the_ends_of_an_arc_hold_all_states_between_them():
    together = network(ALL)
    for ends in ((0, 1), (1, 2), (2, 0), (1, 1), (1, 3), (1,), (1, 0, 1, 0)):
        assert not agreed(together, ends=ends)
    opposite = [[[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]]]
    for ends in ((0, 1), (1, 0), (0, 0)):
        assert not agreed(together, states=opposite, ends=ends, cosine_lower=-1.0, time=1e9)
        assert not agreed(
            together, states=opposite, ends=ends, cosine_lower=near(-1.0, UP), time=1e9
        )
    same = [[[1.0, 1.0], [2.0, 2.0], [0.5, 0.5]]]
    assert agreed(together, states=same, ends=(2, 1), cosine_lower=1.0, time=0.0)
    turned = [[[1.0, 1.0], [2.0, 2.0], [-0.5, -0.5]]]
    assert not agreed(together, states=turned, ends=(0, 1), cosine_lower=1.0, time=0.0)
    assert not agreed(together, states=[[[0.0, 0.0], [3.0, 0.0], [1.0, 1.0]]])


def test_devices_take_from_the_rate_of_the_plane():
    together = network(ALL)
    assert agreed(together, eta=0.125, rate_lower=0.625)
    assert not agreed(together, eta=0.125, rate_lower=near(0.625, UP), time=9.0)
    # Beyond a right angle, at a sine of 0.8, by 2 η/0.8.
    wide = [[[5.0, 0.0], [-3.0, 4.0], [1.0, 1.0]]]
    low = {"cosine_lower": near(-0.6, DOWN), "states": wide, "ends": (0, 1), "time": 99.0}
    assert agreed(together, eta=0.125, rate_lower=0.875 - 0.3125 - 1e-15, **low)
    assert not agreed(together, eta=0.125, rate_lower=0.875 - 0.3125 + 1e-15, **low)
    assert not agreed(together, eta=0.5, rate_lower=5e-324, time=1e300)


def test_agreement_in_space():
    together = network(ALL, d=3)
    c = 8 / 9 * (1 - 1e-15)
    # (1 − c)/c = 1/8 and (2 − ε²)/ε² = 127 for ε = 1/8.
    time = (math.log(1 / 8) + math.log(127)) / 1.75
    given = {"states": SPACE, "ends": None, "epsilon": 0.125, "cosine_lower": c}
    assert agreed(together, time=time * (1 + 1e-13), **given)
    assert not agreed(together, time=time * (1 - 1e-13), **given)
    assert not agreed(together, time=9.0, **{**given, "cosine_lower": near(8 / 9, UP)})
    assert not agreed(together, time=9.0, **{**given, "cosine_lower": 0.0})
    # Devices lose η(1 + 1/c) = 17 η/8.
    for factor, holds in ((1 - 1e-14, True), (1 + 1e-14, False)):
        rate = (0.875 - 17 / 8 * 0.125) * factor
        found = agreed(together, time=9.0, eta=0.125, **{**given, "rate_lower": rate})
        assert found is holds
    right = [[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [1.0, 1.0, 1.0]]]
    assert not agreed(together, time=1e9, **{**given, "states": right, "cosine_lower": 5e-324})


def test_repulsion_drives_and_frequencies_are_refused():
    J = ALL.copy()
    J[0, 1] = -5e-324
    assert not agreed(network(J), overlap_lower=0.125, rate_lower=0.125, time=99.0)
    drive = np.zeros((3, 2))
    drive[0, 0] = 5e-324
    assert not agreed(Network(drive, crosstalk=ALL))
    turning = np.zeros((3, 2, 2))
    turning[2] = [[0, -5e-324], [5e-324, 0]]
    assert not agreed(network(ALL, frequency=turning))


@pytest.mark.parametrize("scale", [1.0, 2.0**-1030, 2.0**1000, 3.7e-200])
def test_pairs_are_compared_exactly_at_every_scale(scale):
    rng = np.random.default_rng(5)
    J = rng.exponential(size=(6, 6)) * (rng.random((6, 6)) < 0.9) * scale
    np.fill_diagonal(J, 0)
    n, least = len(J), None
    for t in range(n):
        for s in range(t):
            total = sum(map(Fraction, np.minimum(J[t], J[s]).tolist()), Fraction(0))
            total += Fraction(J[t, s]) + Fraction(J[s, t])
            least = total if least is None else min(least, total)
    sets = dict.fromkeys(("mismatch", "crosstalk", "frequency", "anchors"), ZERO)
    it = Instance(network(J).arrays(), sets)
    low = float(least)
    while low > least:
        low = near(low, DOWN)
    checker_agreement.shares(it, rational(low))
    high = near(low, UP) if low < least else low
    high = near(high, UP) if high <= least else high
    with pytest.raises(UnconfirmedError):
        checker_agreement.shares(it, rational(high))


def test_what_all_hear_is_enough_where_pairs_are_too_many(monkeypatch):
    monkeypatch.setattr(checker_agreement, "MOST_PAIRED", 2)
    star = np.zeros((3, 3))
    star[1:, 0] = 0.5, 0.25
    assert agreed(network(star), overlap_lower=0.25, rate_lower=0.25)
    assert not agreed(network(star), overlap_lower=near(0.25, UP), rate_lower=0.25)
    assert not agreed(network(RING), overlap_lower=0.5, rate_lower=0.5)
    monkeypatch.undo()
    assert agreed(network(RING), overlap_lower=0.5, rate_lower=0.5)
