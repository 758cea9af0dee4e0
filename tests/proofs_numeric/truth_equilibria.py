"""Equilibria in forty digits, by Newton's method, and what is true of boxes and trees (T8)."""

from __future__ import annotations

import base64
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
from equilibria_by_hand import all_equilibria, newton, points_of, spectrum

from lohe.dynamics.network import Network

TOUCH = mpmath.mpf("1e-30")


def polished(truth: Any, x: Any) -> Any:
    """Return an equilibrium near x in many digits, as rows of mpmath numbers."""
    n, d = x.shape
    rows = [[mpmath.mpf(float(v)) for v in row] for row in x]
    J = [[mpmath.mpf(float(v)) for v in row] for row in truth.J]
    A = [[[mpmath.mpf(float(v)) for v in row] for row in M] for M in truth.A]
    h = [[mpmath.mpf(v.numerator) / v.denominator for v in row] for row in truth.drives]
    # F = A x + g - λ x with λ_i an unknown of its own, and |x_i|² = 1.
    for _ in range(7):
        size = n * (d + 1)
        matrix, value = mpmath.zeros(size), mpmath.zeros(size, 1)
        for i in range(n):
            g = [h[i][j] + mpmath.fsum(J[i][k] * rows[k][j] for k in range(n)) for j in range(d)]
            force = [
                g[j] + mpmath.fsum(A[i][j][m] * rows[i][m] for m in range(d)) for j in range(d)
            ]
            pull = mpmath.fsum(a * b for a, b in zip(force, rows[i], strict=True))
            for j in range(d):
                row = i * (d + 1) + j
                value[row] = force[j] - pull * rows[i][j]
                for k in range(n):
                    if J[i][k]:
                        matrix[row, k * (d + 1) + j] += J[i][k]
                for m in range(d):
                    matrix[row, i * (d + 1) + m] += A[i][j][m]
                matrix[row, i * (d + 1) + j] -= pull
                matrix[row, i * (d + 1) + d] = -rows[i][j]
            last = i * (d + 1) + d
            value[last] = mpmath.fsum(v * v for v in rows[i]) - 1
            for j in range(d):
                matrix[last, i * (d + 1) + j] = 2 * rows[i][j]
        step = mpmath.lu_solve(matrix, value)
        rows = [
            [v - step[i * (d + 1) + j] for j, v in enumerate(row)] for i, row in enumerate(rows)
        ]
        rows = [[v / mpmath.sqrt(mpmath.fsum(u * u for u in row)) for v in row] for row in rows]
    return rows


def equilibria(truth: Any) -> list[Any]:
    """Return all equilibria of a tiny network, in many digits, and their eigenvalues."""
    if not hasattr(truth.network, "_truth"):
        found = all_equilibria(truth.network)
        with mpmath.workdps(50):
            pairs = [(polished(truth, x), spectrum(truth.network, x)) for x in found]
        object.__setattr__(truth.network, "_truth", pairs)
    return truth.network._truth


def in_chart(sign: int, row: Any) -> Any:
    """Return the coordinates of a point in the chart of the pole `sign`; None at the other pole."""
    width = 1 + sign * row[0]
    return None if width < TOUCH else [v / width for v in row[1:]]


def box_of(box: Any, n: int, d: int) -> Any:
    """Return signs, centre, inner and outer of a well-formed box, else None."""
    shape = box["coordinates"]["shape"]
    if len(shape) != 3 or shape[1:] != [n, d - 1] or not 0 < shape[0] < 10:
        return None
    raw = np.frombuffer(base64.b64decode(box["coordinates"]["float64"]), dtype="<f8")
    parts = raw.reshape(shape)
    charts = box["charts"]
    inner, outer = (float.fromhex(box[k]) for k in ("inner", "outer"))
    if len(charts) != n or set(charts) - {0, 1} or not 0 < inner <= outer:
        return None
    centre = [
        [sum((Fraction(float(v)) for v in parts[:, i, j]), Fraction(0)) for j in range(d - 1)]
        for i in range(n)
    ]
    return [1 - 2 * c for c in charts], centre, Fraction(inner), Fraction(outer)


def inside(signs: Any, centre: Any, radius: Fraction, rows: Any) -> bool:
    for sign, c, row in zip(signs, centre, rows, strict=True):
        xi = in_chart(sign, row)
        r = mpmath.mpf(radius.numerator) / radius.denominator
        if xi is None:
            return False
        for a, b in zip(xi, c, strict=True):
            if abs(a - mpmath.mpf(b.numerator) / b.denominator) > r:
                return False
    return True


def equilibria_hold(truth: Any, boxes: Any) -> list[bool] | None:
    """Return which boxes are stable, if each holds its own equilibrium and says the truth of it."""
    found, used, stable = equilibria(truth), set(), []
    for box in boxes:
        parsed = box_of(box, truth.n, truth.d)
        if parsed is None:
            return None
        signs, centre, inner, outer = parsed
        within = [k for k, (rows, _) in enumerate(found) if inside(signs, centre, inner, rows)]
        around = [k for k, (rows, _) in enumerate(found) if inside(signs, centre, outer, rows)]
        if len(within) != 1 or around != within or within[0] in used:
            return None
        used.add(within[0])
        values = found[within[0]][1].real
        if box["unstable"] != int(np.sum(values > 0)):
            return None
        if float.fromhex(box["abscissa_upper"]) < values.max() - 1e-9:
            return None
        stable.append(bool(np.all(values < 0)))
    return stable


def devices_hold(truth: Any, boxes: Any, trials: int = 12) -> bool:
    """Say whether the equilibria of some devices at the edge of their set stay in their boxes.

    Necessary only: what this finds false is false.
    """
    rng, n, d, network = np.random.default_rng(0), truth.n, truth.d, truth.network
    spread = 1 - 1e-9
    for _ in range(trials):
        drive = np.array(network.drive)
        if network.couplings is not None:
            wrong = float(truth.mismatch) * spread * rng.choice([-1, 1], network.couplings.shape)
            for i, w in enumerate(network.couplings * (1 + wrong)):
                shift = rng.normal(size=network.anchors.shape)
                shift *= (
                    float(truth.anchors) * spread / np.linalg.norm(shift, axis=1, keepdims=True)
                )
                drive[i] = w @ (network.anchors + shift)
        J, A = truth.J.copy(), np.array(truth.A)
        for i in range(n if n > 1 else 0):
            k = int(rng.choice([m for m in range(n) if m != i]))
            J[i, k] += float(truth.eta) * spread * rng.choice([-1, 1])
            turn = rng.normal(size=(d, d))
            turn -= turn.T
            A[i] += turn * float(truth.omega) * spread / np.linalg.norm(turn, 2)
        device = Network(drive, crosstalk=J if n > 1 else None, frequency=A)
        for box in boxes:
            signs, centre, inner, _ = box_of(box, n, d)
            xi = np.array([[float(v) for v in row] for row in centre])
            x = newton(device, points_of(np.array(signs, dtype=float), xi))
            if x is None or not inside(signs, centre, inner + Fraction(1, 10**10), x):
                return False
            values = spectrum(device, x).real
            if int(np.sum(values > 0)) != box["unstable"]:
                return False
            if values.max() > float.fromhex(box["abscissa_upper"]) + 1e-7:
                return False
    return True


def tree_holds(truth: Any, tree: Any, boxes: Any) -> bool:
    """Say whether every leaf of a tree tells the truth, and the tree is consumed exactly."""
    n, k = truth.n, truth.d - 1
    found = equilibria(truth)
    owner = []
    for box in boxes:
        signs, centre, inner, _ = box_of(box, n, truth.d)
        owner += [m for m, (rows, _) in enumerate(found) if inside(signs, centre, inner, rows)]
    one = Fraction(1)
    pending: list[Any] = [(None,) * n]
    for code in tree:
        if not pending:
            return False
        cell = pending.pop()
        if code < 0:
            if -2 - code >= len(boxes):
                return False
            allowed = {owner[-2 - code]} if code < -1 else set()
            if any(_holds(cell, rows) and m not in allowed for m, (rows, _) in enumerate(found)):
                return False
            continue
        i, j = (code, None) if code < n else divmod(code - n, k)
        if i >= n or (cell[i] is None) != (j is None):
            return False
        if j is None:
            halves = [(sign, (-one,) * k, (one,) * k) for sign in (1, -1)]
        else:
            sign, low, high = cell[i]
            middle = (low[j] + high[j]) / 2
            halves = [
                (sign, low, (*high[:j], middle, *high[j + 1 :])),
                (sign, (*low[:j], middle, *low[j + 1 :]), high),
            ]
        pending += [(*cell[:i], half, *cell[i + 1 :]) for half in reversed(halves)]
    return not pending


def _holds(cell: Any, rows: Any) -> bool:
    """Say whether an equilibrium lies in a cell, at |ξ| <= 1."""
    for patch, row in zip(cell, rows, strict=True):
        if patch is None:
            continue
        xi = in_chart(patch[0], row)
        if xi is None or mpmath.fsum(v * v for v in xi) > 1:
            return False
        for v, a, b in zip(xi, patch[1], patch[2], strict=True):
            if not float(a) <= v <= float(b):
                return False
    return True
