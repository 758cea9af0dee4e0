"""Theorem T3a once more, as the page states it, in mpmath."""

from __future__ import annotations

from functools import partial
from typing import Any

import mpmath
import numpy as np
from exact_oracle import fractions, real

from lohe.dynamics.network import Network

each = partial(zip, strict=True)


def dot(a: Any, b: Any) -> Any:
    return mpmath.fsum(x * y for x, y in zip(a, b, strict=True))


def norm(a: Any) -> Any:
    return mpmath.sqrt(dot(a, a))


def sharpened_errors(
    network: Network, chords: list[Any], states: list[Any], delta: Any
) -> list[Any]:
    """Return the bound of T3a for each oscillator, for moves of the states along chords."""
    rows = [[real(v) for v in row] for row in fractions(network.anchors)]
    p = mpmath.mpf(network.readout_exponent)
    visible = network.couplings > 0 if network.visible is None else network.visible
    return [
        min(one_error([rows[j] for j in np.flatnonzero(seen)], x, p, chord, delta), 2)
        for seen, x, chord in zip(visible, states, chords, strict=True)
    ]


def one_error(rows: list[Any], x: Any, p: Any, chord: Any, delta: Any) -> Any:
    if not rows or chord**2 >= 2:
        return mpmath.mpf(2)
    angle = 2 * mpmath.asin(chord / 2)
    sin, ver = mpmath.sin(angle), 1 - mpmath.cos(angle)

    def raw(z: Any) -> Any:
        return max(z, 0) ** p

    cosines = [dot(x, r) for r in rows]
    lifts = [1 + c for c in cosines]
    sides = [sin * mpmath.sqrt(max(norm(r) ** 2 - c**2, 0)) + delta for r, c in each(rows, cosines)]
    ends = [
        [min(s + ver * max(f, 0), norm(r) + f + delta) for s, f, r in each(sides, faces, rows)]
        for faces in ([-c for c in cosines], cosines)
    ]
    ups, downs = ends
    b = [raw(z) for z in lifts]
    k = [p * z ** (p - 1) if z > 0 else mpmath.mpf(0) for z in lifts]
    bends = [
        max(raw(z + u) - bj - kj * u, raw(z - v) - bj + kj * v)
        for z, u, v, bj, kj in each(lifts, ups, downs, b, k)
    ]
    total = mpmath.fsum(b)
    if not total:
        return mpmath.mpf(2)
    resultant = [mpmath.fsum(kj * r[a] for kj, r in each(k, rows)) for a in range(len(x))]
    along = dot(x, resultant)
    across = mpmath.sqrt(max(norm(resultant) ** 2 - along**2, 0))
    linear = sin * across + ver * abs(along) + delta * mpmath.fsum(k)
    change = mpmath.fsum(
        max(raw(z + u) - bj, bj - raw(z - v)) for z, u, v, bj in each(lifts, ups, downs, b)
    )
    plain = (change + min(change, linear + mpmath.fsum(bends))) / total
    if linear >= total:
        return plain
    shares = [bj / total for bj in b]
    pulls = [kj * c - a * along for kj, c, a in each(k, cosines, shares)]
    tilts = mpmath.matrix(
        [
            [kj * r[i] - a * resultant[i] - pull * x[i] for i in range(len(x))]
            for kj, r, a, pull in each(k, rows, shares, pulls)
        ]
    )
    sizes = [mpmath.norm(tilts[j, :]) for j in range(len(rows))]
    spread = mpmath.mpf(0)
    if any(sizes):
        matrix = mpmath.zeros(len(x))
        for j, size in enumerate(sizes):
            if size:
                matrix += tilts[j, :].T * tilts[j, :] / size
        eigenvalues = mpmath.eigsy(matrix, eigvals_only=True)
        power = mpmath.fsum(abs(value) ** 16 for value in eigenvalues) ** (mpmath.mpf(1) / 16)
        spread = mpmath.sqrt(mpmath.fsum(sizes) * power)
    second = 2 * mpmath.fsum((q + delta * kj) * (1 - a) for q, kj, a in each(bends, k, shares))
    first = sin * spread + ver * mpmath.fsum(map(abs, pulls))
    return min(plain, (first + second) / (total - linear))
