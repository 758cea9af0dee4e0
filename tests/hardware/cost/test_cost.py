"""Costs: the published counts, what physics takes away, times and joules that add up."""

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.settling import settling_time
from lohe.hardware.cost import (
    COUPLING_COSTS,
    ROWS,
    Assumptions,
    AttentionShape,
    count_operations,
    energy_of_token,
    sensitivities,
    settling_seconds,
)

KEYWORDS = AttentionShape(tokens=49, heads=2, d_osc=2)
AGREEMENT = AttentionShape(tokens=9, heads=1, d_osc=2)
STORIES = AttentionShape(tokens=128, heads=4, d_osc=8, causal=True)
COSTS = Assumptions(power=1e-3, settling=1e-7, listening=1e-8)


@pytest.mark.parametrize(
    ("shape", "published"),
    [
        (KEYWORDS, (48_216, 24_402, 14_602, 4_998)),
        (AGREEMENT, (828, 441, 261, 99)),
        (STORIES, (331_264, 563_456, 298_240, 34_048)),
    ],
)
def test_counts_are_the_published_ones(shape, published):
    assert tuple(count_operations(shape, row, "relu").total for row in ROWS) == published


def test_counts_are_those_of_a_loop():
    shape = AttentionShape(tokens=5, heads=3, d_osc=4, causal=True)
    for coupling, cost in COUPLING_COSTS.items():
        total = 0
        for _ in range(3):
            for query in range(5):
                for _ in range(query + 1):
                    total += cost + 4 + 4
                total += 2 + 2
        counted = count_operations(shape, "all digital", coupling)
        assert counted.total == total
        assert counted.multiply_adds + 10 * counted.exponentials == total


@pytest.mark.parametrize("coupling", COUPLING_COSTS)
def test_physics_takes_parts_away_and_adds_none(coupling):
    digital, settles, reads = (count_operations(STORIES, row, coupling) for row in ROWS[1:])
    assert settles.drive == settles.resting_point == 0
    assert settles.readout == digital.readout
    assert (reads.readout, reads.coupling, reads.normaliser) == (
        0, digital.coupling, digital.normaliser
    )  # fmt: skip
    assert digital.total > settles.total > reads.total


def test_seconds_are_the_theorem_s_times_over_the_rate():
    drives = np.array([0.5, 2.0, 8.0])
    found = settling_seconds(drives, d_osc=8, frequency=1e9, share=0.01)
    assert found.longest == pytest.approx(settling_time(0.5, 1e-2, 1e-3, 8) / 1e7)
    assert found.median == pytest.approx(found.longest / 4)
    assert found.periods == pytest.approx(found.longest * 1e9 / (2 * np.pi))
    detuned = settling_seconds(drives, d_osc=2, frequency=1e9, share=0.01, detuning=0.4)
    locked = settling_seconds(drives, d_osc=2, frequency=1e9, share=0.01)
    assert detuned.longest == pytest.approx(locked.longest * 0.5 / 0.3)


def test_joules_add_up_and_scale():
    energy = energy_of_token(STORIES, "settling physical", COSTS)
    assert energy.total == energy.digital + energy.conversion + energy.oscillators
    assert energy.oscillators == pytest.approx(4 * 4 * 1e-3 * 1.1e-7)  # four to one of d = 8
    assert energy.conversion == pytest.approx((258 * 1e-12) + 4 * 8 * 2.6e-12)
    for row in ("softmax", "all digital"):
        assert (
            energy_of_token(STORIES, row, COSTS).total
            == energy_of_token(STORIES, row, COSTS).digital
        )
    softmax = energy_of_token(KEYWORDS, "softmax", COSTS)
    assert softmax.total == pytest.approx(48_216 / 49 * 1.5e-12)


@pytest.mark.parametrize("row", ROWS)
def test_sensitivities_hold_the_energy_and_name_what_matters(row):
    base = energy_of_token(STORIES, row, COSTS, coupling="softplus").total
    found = sensitivities(STORIES, row, COSTS, coupling="softplus")
    assert all(one.low < base < one.high for one in found)
    widths = [one.high - one.low for one in found]
    assert widths == sorted(widths, reverse=True)
    physical = {"power", "settling", "listening", "write", "read"}
    assert physical.isdisjoint(one.name for one in found) == (row in ROWS[:2])
    # Each assumption enters linearly: a third and thrice are -2/3 and +2 of its share.
    for one in found:
        assert one.high - base == pytest.approx(3 * (base - one.low))


def test_bad_input():
    for make, said in (
        (lambda: AttentionShape(tokens=0, heads=1, d_osc=2), "tokens is 0"),
        (lambda: count_operations(KEYWORDS, "quantum"), "choose softmax or all digital"),
        (lambda: count_operations(KEYWORDS, "all digital", "tanh"), "choose relu"),
        (lambda: Assumptions(power=-1.0, settling=0.0), "power is -1.0"),
        (lambda: sensitivities(KEYWORDS, "softmax", COSTS, factor=1.0), "above 1"),
        (
            lambda: settling_seconds(np.array([0.0, 1]), d_osc=2, frequency=1.0, share=0.1),
            "never settles",
        ),
        (
            lambda: settling_seconds(np.array([1.0]), d_osc=2, frequency=1.0, share=0.0),
            "must be positive",
        ),
    ):
        with pytest.raises(InputError, match=said):
            make()
