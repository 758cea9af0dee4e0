"""The checker's bounds on how far attention weights move (theorems T3 and T3a).

Like `checker` and `checker_exact`, it shares nothing with the program that makes certificates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq

from lohe.proofs_numeric.checker_exact import (
    ONE,
    ZERO,
    Instance,
    confirm,
    dense_blocks,
    inner,
    power,
    products,
    rational,
    root,
)

__all__ = ["bears_weights", "weights_within"]

SQUARINGS, FAINT = 3, arb(power(-40))


def bears_weights(it: Instance) -> bool:
    """Say whether the theorems bound the attention weights: for anchors and p >= 1."""
    return it.anchored and float(it.arrays["readout_exponent"]) >= 1


def weights_within(
    it: Instance,
    bound: fmpq,
    chord: Callable[[int], fmpq],
    state: Callable[[int], list[arb]],
) -> bool:
    """Say whether Σ_j |a'_ij - a_ij| <= bound is sure for every oscillator and device.

    `chord(i)` bounds how far the state `state(i)`, a unit vector, moves.
    """
    if bound >= 2:
        return True
    chords = [chord(i) for i in range(it.n)]
    if it.delta == 0 == max(chords):
        return bound >= 0
    exponent = rational(it.arrays["readout_exponent"])
    visible = np.asarray(it.arrays.get("visible", it.arrays["couplings"] > 0))
    states = list(map(state, range(it.n)))
    left: Sequence[int] = range(it.n)
    if exponent == 1:
        left = beyond_affine(it, bound, chords, states, visible)
    rows, delta = [[arb(value) for value in row] for row in it.table], arb(it.delta)
    return all(
        sharpened(
            [rows[j] for j in np.flatnonzero(visible[i])], states[i], exponent, chords[i], delta
        )
        <= arb(bound)
        for i in left
    )


def beyond_affine(
    it: Instance,
    bound: fmpq,
    chords: Sequence[fmpq],
    states: Sequence[list[arb]],
    visible: Any,
) -> list[int]:
    """Return the oscillators for which T3 is not enough: the total is affine but for clamps."""
    found: list[int] = []
    pairs = zip(it.table, it.norms, strict=True)
    table = [[*row, norm, max(ZERO, norm + it.delta - 1), ONE] for row, norm in pairs]
    totals = products(dense_blocks(visible.astype(np.float64)), table)
    for i, (*total, norm, clamps, keys) in enumerate(totals):
        moved = chords[i] * norm + keys * it.delta
        resultant = root(inner(total, total), True, 64)
        shift = min(moved, chords[i] * resultant + keys * it.delta + clamps)
        weight = keys + added(x * r for x, r in zip(states[i], total, strict=True))
        left = weight - shift
        if not (left > 0 and bound * left >= moved + shift):
            found.append(i)
    return found


def added(terms: Iterable[arb]) -> arb:
    """Return a sum of balls."""
    return sum(terms, arb(0))


def lift(z: arb, p: fmpq) -> arb:
    """Return max(0, z)^p, between its values at the ends; 0^0 is anything from 0 to 1."""
    top, low = z.upper(), z.lower()
    if top <= 0:  # no number at all is not, and stays none
        return arb(0)
    return (top ** arb(p)).union(low ** arb(p) if low > 0 else arb(0))


def sharpened(rows: list[list[arb]], x: list[arb], p: fmpq, chord: fmpq, delta: arb) -> arb:
    """T3a: weights max(0, 1 + ⟨x, r_j⟩)^p move with their mean, and convexly."""
    confirm(bool(rows), "an oscillator sees no key")
    confirm(chord * chord < 2, "a resting point may move by more than a right angle")
    versine = arb(chord * chord / 2)
    sine = arb(chord) * (1 - versine / 2).sqrt()
    table = arb_mat(rows)
    cosines = (table * arb_mat(len(x), 1, x)).entries()
    raws, slopes, bends, changes = [], [], [], []
    for row, c in zip(rows, cosines, strict=True):
        square = added(v * v for v in row)
        sideways, reach = sine * (square - c * c).abs_upper().sqrt() + delta, square.sqrt() + delta
        up, away = (
            (sideways + versine * facing.max(arb(0))).min(reach + facing) for facing in (-c, c)
        )
        raw, slope = lift(1 + c, p), p * lift(1 + c, p - 1)
        rise, fall = lift(1 + c + up, p) - raw, raw - lift(1 + c - away, p)
        raws.append(raw)
        slopes.append(slope)
        bends.append((rise - slope * up).max(slope * away - fall))
        changes.append(rise.max(fall))
    total = added(raws)
    confirm(total > 0, "the weights may all vanish")
    resultant = (arb_mat(1, len(rows), slopes) * table).entries()
    along = added(a * b for a, b in zip(x, resultant, strict=True))
    across = (added(v * v for v in resultant) - along * along).abs_upper().sqrt()
    linear = sine * across + versine * abs(along) + delta * added(slopes)
    change = added(changes)
    plain = (change + change.min(linear + added(bends))) / total
    if not total > linear:
        return plain
    shares = [raw / total for raw in raws]
    pulls = [k * c - a * along for k, c, a in zip(slopes, cosines, shares, strict=True)]
    tilts = [
        [k * v - a * w - pull * y for v, w, y in zip(row, resultant, x, strict=True)]
        for row, k, a, pull in zip(rows, slopes, shares, pulls, strict=True)
    ]
    first = sine * spread(tilts) + versine * added(map(abs, pulls))
    curved = zip(bends, slopes, shares, strict=True)
    second = 2 * added((bend + delta * k) * (1 - a) for bend, k, a in curved)
    return plain.min((first + second) / (total - linear))


def spread(tilts: list[list[arb]]) -> arb:
    """Bound Σ_j |⟨u, g_j⟩| over unit u: by √(λ Σ_j s_j), λ that of Σ_j g_j g_jᵀ / s_j, any s."""
    sizes = [added(v * v for v in row).abs_upper().sqrt() for row in tilts]
    faintest = max(sizes, key=float) * FAINT
    weights = [size.max(faintest).max(arb(power(-900))) for size in sizes]
    scaled = [[v / s.sqrt() for v in row] for row, s in zip(tilts, weights, strict=True)]
    matrix = arb_mat(scaled)
    matrix = matrix.transpose() * matrix
    for _ in range(SQUARINGS):
        matrix = matrix * matrix
    largest = added(v * v for v in matrix.entries()).abs_upper()
    for _ in range(SQUARINGS + 1):
        largest = largest.sqrt()
    return (added(weights) * largest).sqrt()
