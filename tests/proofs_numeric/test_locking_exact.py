"""Lock or no lock of single oscillators, exactly, in every case that has a known answer."""

from __future__ import annotations

from fractions import Fraction
from math import inf, nextafter

import numpy as np
import pytest
from exact_oracle import fractions, inner
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.proofs_numeric.locking_exact import (
    Locked,
    Unlocked,
    decide_lock,
    resolvent,
    robust_level,
)

F = Fraction
small = st.fractions(-3, 3, max_denominator=7)


def flat(rows):
    return [F(x) for row in rows for x in row]


def skew(entries, d):
    matrix = [[F(0)] * d for _ in range(d)]
    values = iter(entries)
    for i in range(d):
        for j in range(i):
            matrix[i][j] = next(values)
            matrix[j][i] = -matrix[i][j]
    return flat(matrix)


def square(y):
    return inner(list(y), list(y))


def applied(matrix, y):
    d = len(y)
    return [inner(matrix[d * i : d * i + d], list(y)) for i in range(d)]


@settings(max_examples=40)
@given(st.data(), st.integers(2, 6))
def test_every_answer_proves_itself(data, d):
    drive = data.draw(st.lists(small, min_size=d, max_size=d))
    frequency = skew(data.draw(st.lists(small, min_size=15, max_size=15)), d)
    found = decide_lock(drive, frequency)
    if isinstance(found, Unlocked):
        assert applied(frequency, found.point) == [-x for x in drive]
        assert square(found.point) <= 1
        assert found.parabolic == (square(found.point) == 1)
    else:
        assert square(resolvent(drive, frequency, F(found.level))) > 1
        assert square(resolvent(drive, frequency, F(found.ceiling))) < 1
        assert found.ceiling <= nextafter(nextafter(found.level, inf), inf)


@pytest.mark.parametrize("norm", [1.0, 5.0, 3e-300, 2e300])
def test_in_the_plane_it_locks_below_the_norm_of_the_drive_and_not_at_it(norm):
    drive = [F(norm), F(0)]
    for turn, locks in ((nextafter(norm, 0), True), (norm, False), (nextafter(norm, inf), False)):
        found = decide_lock(drive, flat([[0, -F(turn)], [F(turn), 0]]))
        assert isinstance(found, Locked) == locks
        if locks:
            square = F(norm) ** 2 - F(turn) ** 2
            assert F(found.level) ** 2 < square < F(found.ceiling) ** 2
        else:
            assert isinstance(found, Unlocked)
            assert found.parabolic == (turn == norm)


# In space, with the drive across the axis that the frequency leaves alone, only the part in the
# plane of rotation counts: it locks iff |h| exceeds the turn. Triples make the norms rational.
@pytest.mark.parametrize(("a", "b", "c"), [(3, 4, 5), (5, 12, 13), (8, 15, 17), (20, 21, 29)])
@pytest.mark.parametrize(("nudge", "kind"), [(-1, "locked"), (0, "parabolic"), (1, "elliptic")])
def test_across_the_axis_in_space_the_edge_is_exact(a, b, c, nudge, kind):
    turn = F(c) + F(nudge, 10**40)
    # An axis with rational direction (2, 3, 6)/7, and two exactly orthonormal vectors across it.
    axis, one, two = ([F(x, 7) for x in v] for v in ((2, 3, 6), (3, -6, 2), (6, 2, -3)))
    drive = [a * x + b * y for x, y in zip(one, two, strict=True)]
    x, y, z = (turn * k for k in axis)
    frequency = flat([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    found = decide_lock(drive, frequency)
    assert isinstance(found, Locked) == (kind == "locked")
    if isinstance(found, Unlocked):
        assert found.parabolic == (kind == "parabolic")
    # However little drive along the axis, it locks.
    lifted = [h + F(1, 10**60) * k for h, k in zip(drive, axis, strict=True)]
    assert isinstance(decide_lock(lifted, frequency), Locked)


def test_zero_drives_never_lock_and_zero_frequencies_always_do():
    zero = [F(0)] * 3
    assert decide_lock(zero, [F(0)] * 9) == Unlocked((F(0),) * 3, parabolic=False)
    assert isinstance(decide_lock(zero, skew([F(1)] * 3, 3)), Unlocked)
    assert decide_lock([F(3), F(4), F(0)], [F(0)] * 9) == Locked(nextafter(5, 0), nextafter(5, 6))


def test_blocks_add_up_to_the_known_function():
    # A turns two planes at 1 and 2: f(m^(1/2)) = 4/(m + 1) + 4/(m + 4) = 1 at m = (3 + 73^(1/2))/2.
    frequency = np.zeros((4, 4))
    frequency[0, 1], frequency[2, 3] = -1, -2
    found = decide_lock([F(2), F(0), F(0), F(2)], flat(fractions(frequency - frequency.T)))
    rate = np.sqrt((3 + np.sqrt(73)) / 2)
    assert found.level == pytest.approx(rate, rel=1e-15)


def test_tiny_and_huge_rates_are_found_or_said_to_be_out_of_range():
    turn = flat([[0, -1, 0], [1, 0, 0], [0, 0, 0]])
    for size in (1e-200, 1e-307, 5e-324):
        found = decide_lock([F(0), F(0), F(size)], turn)
        assert found.level < size < found.ceiling
    assert decide_lock([F(0), F(0), F(size) / 3], turn).level == 0.0
    assert decide_lock([F(2) ** 1100, F(0), F(0)], turn).ceiling == inf


@settings(max_examples=40)
@given(st.data(), st.fractions(0, F(1, 2), max_denominator=64), st.floats(0, 0.5))
def test_robust_levels_satisfy_the_rule(data, error, spread):
    drive = data.draw(st.lists(small, min_size=3, max_size=3))
    frequency = skew(data.draw(st.lists(small, min_size=3, max_size=3)), 3)
    found = decide_lock(drive, frequency)
    if isinstance(found, Locked):
        level = robust_level(drive, frequency, found.level, error, F(spread))
        if level is not None:
            y = resolvent(drive, frequency, F(level))
            assert level > spread
            assert square(y) * (F(level) - F(spread)) ** 2 > (F(level) + error) ** 2
