"""The checker's part on oscillators that only hear each other: whether they agree (T11 and T12).

Like `checker` and `checker_exact`, it shares nothing with the program that makes certificates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isqrt
from typing import Any

import numpy as np
from flint import arb, fmpq

from lohe.proofs_numeric.checker_exact import (
    SPARSE,
    UNIT_BITS,
    ZERO,
    Instance,
    confirm,
    fields,
    natural,
    need,
    number,
    packed,
    power,
    rational,
)

__all__ = ["agree", "apart", "led"]

MOST_PAIRED, MOST_EXACT, STRIP = 4000, 5000, 16


def undriven(it: Instance) -> None:
    """Confirm that non-negative crosstalk alone moves the oscillators, on every device."""
    driven = any(map(any, it.drives)) or any(it.errors)
    confirm(not driven and not it.turning and not it.omega, "T11 and T12 need undriven oscillators")
    entries = it.arrays.get("crosstalk", it.arrays.get(SPARSE[0], ZERO))
    confirm(it.n > 1 and not np.any(np.less(entries, 0)), "T11 and T12 need crosstalk J >= 0")


def members(it: Instance, found: Any) -> list[int]:
    """Return a list of different oscillators."""
    need(isinstance(found, list), "a list of oscillators was expected")
    listed = [natural(i) for i in found]
    known = set(listed)
    confirm(len(known) == len(listed) > 0 and max(known) < it.n, "not a list of oscillators")
    return listed


def led(it: Instance, values: Any, witness: Any, parameters: Mapping[str, Any]) -> str:
    """T11: each hears only earlier ones, and all but the first hear somebody."""
    undriven(it)
    confirm(not it.eta, "uncertain crosstalk may close a circle")
    names = ("leader", "rate_lower", "worst_oscillator", "oscillators")
    leader, low, worst, count = fields(values, *names)
    order = members(it, *fields(witness, "order"))
    confirm(natural(count) == it.n == len(order), "the number of oscillators is wrong")
    confirm(natural(leader) == order[0], "the leader is not the first of the order")
    places = {i: place for place, i in enumerate(order)}
    for i, place in places.items():
        heard = it.hears(i)
        confirm(bool(heard) == (place > 0), f"oscillator {i} hears nobody, or leads and hears")
        earlier = all(places[k] < place for k in heard)
        confirm(earlier, f"oscillator {i} hears one that comes later")
    rate, sums = number(low), it.strengths
    slow = rate >= 0 and all(rate <= sums[i] for i in order[1:])
    confirm(slow, "an oscillator may be slower than rate_lower")
    slack = fmpq(1000001, 1000000)
    slowest = natural(worst) in order[1:]
    slowest = slowest and all(sums[worst] <= sums[i] * slack for i in order[1:])
    confirm(slowest, f"oscillator {worst} is not the slowest")
    return f"T11: oscillator {leader} leads and nobody hears in a circle, checked exactly"


def apart(it: Instance, values: Any, witness: Any, parameters: Mapping[str, Any]) -> str:
    """T11, refuted: two disjoint sets hear only themselves."""
    undriven(it)
    fields(values)
    sets = [set(members(it, found)) for found in fields(witness, "first", "second")]
    confirm(not sets[0] & sets[1], "the two sets overlap")
    for inside in sets:
        for i in inside:
            confirm(set(it.hears(i)) <= inside, f"oscillator {i} hears one outside its set")
    return "T11: two sets of oscillators hear only themselves, and stay apart"


def agree(it: Instance, values: Any, witness: Any, parameters: Mapping[str, Any]) -> str:
    """T12: any two hear each other or a third, and the starts are near: they agree in time."""
    undriven(it)
    names = ("epsilon", "time_upper", "rate_lower", "overlap_lower", "cosine_lower")
    *texts, starts, count = fields(values, *names, "starts", "oscillators")
    epsilon, time, rate, overlap, cosine = map(number, texts)
    same = epsilon == number(parameters["epsilon"]) and natural(count) == it.n
    confirm(same, "epsilon or the number of oscillators is wrong")
    plane = it.d == 2
    rows, *others = fields(witness, "states", *["ends"] * plane)
    confirm(natural(starts) > 0, "there is no start")
    tables = packed(rows, starts, it.n, it.d)
    confirm(bool(np.all(np.any(tables, axis=2))), "a state has no direction")
    confirm(-1 < cosine <= 1 if plane else 0 < cosine <= 1, "cosine_lower is out of range")
    if plane:
        need(isinstance(others[0], list), "ends is not a list")
        confirm(len(others[0]) == 2 * starts, "there are not two ends of each start")
        for k, table in enumerate(tables):
            first, last = (natural(end) for end in others[0][2 * k : 2 * k + 2])
            within_arc(table, first, last, cosine)
    else:
        for table in tables:
            within_angle(table, cosine)
    confirm(0 < rate <= overlap, "rate_lower is out of range")
    if not plane:
        kept = rate + it.eta * (1 + 1 / cosine) <= overlap
    elif cosine >= 0:
        kept = rate + 2 * it.eta <= overlap
    else:
        kept = (overlap - rate) ** 2 * (1 - cosine**2) >= 4 * it.eta**2
    confirm(kept, "devices may agree more slowly than rate_lower")
    shares(it, overlap)
    confirm(0 < epsilon < 2 and time >= 0, "a number is out of range")
    square = epsilon * epsilon
    if cosine < 1 - square / 2:
        apart = (1 - cosine) / ((1 if plane else 0) + cosine) * ((4 if plane else 2) - square)
        confirm(arb(apart / square).log() <= arb(2 * rate * time), "time_upper is too short")
    return "T12: overlap and starts checked exactly, the time in Arb"


def wide(dot: fmpq, square: fmpq, cosine: fmpq) -> bool:
    """Say whether dot/√square >= cosine."""
    if cosine > 0:
        return bool(dot > 0 and dot * dot >= cosine * cosine * square)
    return bool(dot >= 0 or dot * dot <= cosine * cosine * square)


def within_arc(table: Any, first: int, last: int, cosine: fmpq) -> None:
    """Confirm that all states lie on the shorter arc between two, and the cosine of its ends."""
    states = [[rational(x) for x in row] for row in table.tolist()]
    confirm(max(first, last) < len(states), "an end is no oscillator")
    (a, b), (c, d) = states[first], states[last]
    inside = all(a * y >= b * x and x * d >= y * c for x, y in states)
    turn = a * d - b * c
    if turn == 0:
        inside = inside and all(a * x + b * y > 0 for x, y in states)
    confirm(inside and turn >= 0, "a start does not lie in the arc between its ends")
    square = (a * a + b * b) * (c * c + d * d)
    confirm(wide(a * c + b * d, square, cosine), "an arc is longer than cosine_lower says")


def whole_rows(table: Any) -> list[list[int]]:
    """Return each different row times a power of two, in whole numbers."""
    found = []
    for row in np.unique(table, axis=0).tolist():
        exact = [rational(x) for x in row]
        scale = max(x.q for x in exact)
        found.append([int((x * scale).p) for x in exact])
    return found


def within_angle(table: Any, cosine: fmpq) -> None:
    """Confirm that the cosine of any two states is at least a positive number.

    So it is if all of them are within half the angle of the first. If not, directions are rounded
    to whole numbers of so few bits that floats multiply them exactly; only pairs that this leaves
    open are compared exactly.
    """
    states = whole_rows(table)
    d = len(states[0])
    squares = [sum(x * x for x in row) for row in states]
    dots = [sum(a * b for a, b in zip(row, states[0], strict=True)) for row in states]
    p, q = int(cosine.p), int(cosine.q)
    pairs = zip(dots, squares, strict=True)
    if all(e > 0 and 2 * q * e * e >= (p + q) * s * squares[0] for e, s in pairs):
        return
    bits = (53 - d.bit_length()) // 2
    whole = np.empty((len(states), d))
    for place, (row, square) in enumerate(zip(states, squares, strict=True)):
        size = isqrt(square << 2 * UNIT_BITS)
        # Each entry is off by one at most: the floor, and 2^-UNIT_BITS of it by the root.
        whole[place] = [(x << (bits + UNIT_BITS)) // size for x in row]
    # So a product is off by less than 2 d 2^bits + d.
    least = float((cosine * power(2 * bits)).ceil()) + 3 * d * 2.0**bits
    for i, row in enumerate(states):
        near = whole[i + 1 :] @ whole[i] >= least
        for k in (i + 1 + np.flatnonzero(~near)).tolist():
            dot = sum(a * b for a, b in zip(row, states[k], strict=True))
            sure = dot > 0 and q * q * dot * dot >= p * p * squares[i] * squares[k]
            confirm(sure, "two states are further apart than cosine_lower says")


def shares(it: Instance, overlap: fmpq) -> None:
    """Confirm that any two oscillators hear at least so much of each other and in common.

    First by what all others hear of each oscillator; then pair by pair, rounded down to whole
    numbers of 64 bits; and the pairs that this leaves open in rationals.
    """
    confirm(it.heard, "oscillators hear nothing in common")
    if sum(least_heard(it), ZERO) >= overlap:
        return
    confirm(it.n <= MOST_PAIRED, "not all others hear so much of each, and pairs are too many")
    matrix = np.zeros((it.n, it.n))
    for i in range(it.n):
        for k, weight in it.hears(i).items():
            matrix[i, k] = weight
    # overlap < 2^e, so a weight beyond 2^e is enough by itself, and may count as 2^e.
    e = int(overlap.p.bit_length() - overlap.q.bit_length()) + 1
    bits = 61 - (it.n + 2).bit_length()
    cut = np.minimum(matrix, np.ldexp(1.0, min(e, 1023)))
    whole = np.floor(np.ldexp(cut, bits - e)).astype(np.int64)
    enough = int((overlap * power(bits - e)).ceil())
    left = 0
    for start in range(0, it.n, STRIP):  # of few rows, which stay in the processor's cache
        strip = whole[start : start + STRIP]
        for t in range(min(start + STRIP, it.n)):
            found = np.minimum(whole[t], strip).sum(axis=1)
            found += whole[t, start : start + STRIP] + strip[:, t]
            for s in (start + np.flatnonzero(found < enough)).tolist():
                if s <= t:  # the pair has had its turn, or is none
                    continue
                left += 1
                confirm(left <= MOST_EXACT, "too many pairs are too close to overlap_lower")
                common = np.minimum(matrix[t], matrix[s]).tolist()
                total = sum((rational(x) for x in common if x), ZERO)
                total += rational(matrix[t, s]) + rational(matrix[s, t])
                confirm(total >= overlap, f"oscillators {t} and {s} share less than overlap_lower")


def least_heard(it: Instance) -> Iterator[fmpq]:
    """Yield for each oscillator the least weight with which the others hear it."""
    least, counts = np.full(it.n, np.inf), np.zeros(it.n, dtype=np.int64)
    for i in range(it.n):
        heard = it.hears(i)
        if heard:
            places = np.fromiter(heard, dtype=np.int64, count=len(heard))
            weights = np.fromiter(heard.values(), dtype=np.float64, count=len(heard))
            least[places] = np.minimum(least[places], weights)
            counts[places] += 1
    return (rational(least[u]) for u in np.flatnonzero(counts == it.n - 1).tolist())
