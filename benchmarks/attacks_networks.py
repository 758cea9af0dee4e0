"""Attacks on what is enclosed of networks: drives, sums, forces, locks, equilibria, caps, inputs.

The exact side is rational arithmetic or 200-bit Arb, written here anew; each attack returns how
many enclosures it compared and how many of them were violated.
"""

from __future__ import annotations

import numpy as np
from attacks_arithmetic import BITS, couplings_exactly, exact_product, rational, wild
from flint import acb_mat, arb, arb_mat, ctx, fmpq

from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.coupled.cap import certify_cap
from lohe.proofs_numeric.coupled.forces import enclose_forces
from lohe.proofs_numeric.coupled.strength import crosstalk_sums_upper, frequency_norms_upper
from lohe.proofs_numeric.decoupled import drive_norm_bounds
from lohe.proofs_numeric.equilibria.krawczyk import enclose, spectrum
from lohe.proofs_numeric.input_box import input_drive_bounds
from lohe.proofs_numeric.locking import examine_locks
from lohe.proofs_numeric.uncertainty import Uncertainty


def unit_rows(rng, rows, d):
    found = rng.standard_normal((rows, d))
    return found / np.linalg.norm(found, axis=-1, keepdims=True)


def crossing(rng, n, d, strength, *, turning=True):
    """Return a random network with asymmetric crosstalk, and natural frequencies if asked for."""
    matrix = strength * rng.standard_normal((n, n)) / n
    np.fill_diagonal(matrix, 0.0)
    frequency = None
    if turning:
        frequency = 0.3 * rng.standard_normal((n, d, d))
        frequency = frequency - np.swapaxes(frequency, 1, 2)
    couplings = rng.exponential(size=(n, 6))
    anchors = unit_rows(rng, 6, d)
    return Network(couplings=couplings, anchors=anchors, crosstalk=matrix, frequency=frequency)


def drives(rng):
    """drive_norm_bounds, from 2^-1000 to 2^1000 and with cancelling anchors."""
    n, keys, d = 300, int(rng.integers(1, 60)), int(rng.integers(2, 9))
    couplings = np.abs(wild(rng, (n, keys), int(rng.choice([3, 50]))))
    couplings = np.ldexp(couplings, int(rng.choice([0, 0, -900, 900])))
    anchors = unit_rows(rng, keys, d)
    anchors[keys // 2 : 2 * (keys // 2)] = -anchors[: keys // 2]
    network = Network(couplings=couplings, anchors=anchors)
    lower, upper = drive_norm_bounds(network)
    wrong = 0
    for row, low, high in zip(exact_product(couplings, anchors), lower, upper, strict=True):
        square = sum((x * x for x in row), fmpq(0))
        wrong += rational(low) ** 2 > square
        wrong += bool(np.isfinite(high)) and rational(high) ** 2 < square
    return 2 * n, wrong


def strengths(rng):
    """Row sums of the crosstalk and Frobenius norms of the frequencies."""
    n, d = 200, int(rng.integers(2, 6))
    matrix = wild(rng, (n, n), int(rng.choice([2, 40, 200])))
    np.fill_diagonal(matrix, 0.0)
    frequency = wild(rng, (n, d, d), 20)
    frequency = frequency - np.swapaxes(frequency, 1, 2)
    network = Network(np.ones((n, d)), crosstalk=matrix, frequency=frequency)
    sums, turns = crosstalk_sums_upper(network), frequency_norms_upper(network)
    wrong = 0
    for i in range(n):
        wrong += sum((rational(abs(x)) for x in matrix[i]), fmpq(0)) > rational(sums[i])
        square = sum((rational(x) ** 2 for x in frequency[i].ravel()), fmpq(0)) / 2
        wrong += square > rational(turns[i]) ** 2
    return 2 * n, wrong


def exact_forces(network, centre):
    """Return ℓ, ‖Ay‖ and ‖f‖ at the exact unit vectors of a centre, in 200-bit balls."""
    n, d = network.n, network.d
    rows = []
    for row in centre:
        length = sum((arb(x) * arb(x) for x in row), arb(0)).sqrt()
        rows.append([arb(x) / length for x in row])
    y = arb_mat(rows)
    felt = arb_mat(network.crosstalk.tolist()) * y
    drive = arb_mat(network.couplings.tolist()) * arb_mat(network.anchors.tolist())
    found = []
    for i in range(n):
        g = [drive[i, k] + felt[i, k] for k in range(d)]
        along = sum((y[i, k] * g[k] for k in range(d)), arb(0))
        turned = [
            sum((arb(float(network.frequency[i, k, m])) * y[i, m] for m in range(d)), arb(0))
            for k in range(d)
        ]
        rest = [turned[k] + g[k] - along * y[i, k] for k in range(d)]
        size = [sum((x * x for x in v), arb(0)).sqrt() for v in (turned, rest)]
        found.append((along, *size))
    return found


def forces(rng):
    """Attack what T6b is checked on, at centres near and far from rest."""
    network = crossing(rng, 60, int(rng.integers(2, 6)), float(rng.choice([0.1, 2.0])))
    centre = unit_rows(rng, network.n, network.d)
    bounds = enclose_forces(network, centre)
    assert bounds is not None
    wrong = 0
    with ctx.workprec(BITS):
        for i, (along, turned, rest) in enumerate(exact_forces(network, centre)):
            wrong += bool(along < arb(float(bounds.along_lower[i])))
            wrong += bool(turned > arb(float(bounds.rotation_upper[i])))
            wrong += bool(rest > arb(float(bounds.residual_upper[i])))
    return 3 * network.n, wrong


def resolvent(drive, frequency, level):
    d = len(drive)
    matrix = arb_mat(
        [[arb(level) * (i == j) - arb(float(frequency[i, j])) for j in range(d)] for i in range(d)]
    )
    column = matrix.solve(arb_mat([[arb(float(h))] for h in drive]))
    return [column[i, 0] for i in range(d)]


def locks(rng):
    """Rates and resting points of T5: f(lower) >= 1 >= f(upper), and the point between."""
    n, d = 100, int(rng.integers(2, 7))
    frequency = rng.standard_normal((n, d, d)) * rng.choice([1e-6, 1.0, 1e3])
    frequency = frequency - np.swapaxes(frequency, 1, 2)
    drive = rng.standard_normal((n, d)) * rng.choice([1.0, 1e3])
    found = examine_locks(Network(drive, frequency=frequency))
    compared = wrong = 0
    with ctx.workprec(BITS):
        for i in np.flatnonzero(found.rates_lower > 0):
            low, high = float(found.rates_lower[i]), float(found.rates_upper[i])
            y = [resolvent(drive[i], frequency[i], level) for level in (low, high)]
            sizes = [sum((x * x for x in v), arb(0)) for v in y]
            wrong += bool(sizes[0] < 1) + bool(sizes[1] > 1)
            # The resting point is y at a rate between: at most (high - low)/low from y(low).
            slack = (arb(high) - arb(low)) / arb(low)
            gaps = [(a - arb(float(b))) for a, b in zip(y[0], found.points[i], strict=True)]
            far = sum((g * g for g in gaps), arb(0)).sqrt() - slack
            wrong += bool(far > arb(float(found.radii[i])))
            compared += 3
    return compared, wrong


def field(network, x):
    """Return the velocity at X (rows of balls) by its definition."""
    n, d = network.n, network.d
    total = arb_mat(network.couplings.tolist()) * arb_mat(network.anchors.tolist())
    total = total + arb_mat(network.crosstalk.tolist()) * arb_mat(x)
    found = []
    for i in range(n):
        g = [total[i, k] for k in range(d)]
        along = sum((x[i][k] * g[k] for k in range(d)), arb(0))
        turned = [
            sum((arb(float(network.frequency[i, k, m])) * x[i][m] for m in range(d)), arb(0))
            for k in range(d)
        ]
        found.append([turned[k] + g[k] - along * x[i][k] for k in range(d)])
    return found


def settled(network, points):
    """Refine a resting point by Newton's method on A x + g = λ x, |x| = 1, in 200 bits."""
    n, d = network.n, network.d
    x = [[arb(float(v)) for v in row] for row in points]
    for _ in range(6):
        velocity = field(network, x)
        total = arb_mat(network.couplings.tolist()) * arb_mat(network.anchors.tolist())
        total = total + arb_mat(network.crosstalk.tolist()) * arb_mat(x)
        size = n * (d + 1)
        jacobian = [[arb(0)] * size for _ in range(size)]
        right = [[arb(0)] for _ in range(size)]
        for i in range(n):
            along = sum((x[i][k] * total[i, k] for k in range(d)), arb(0))
            for k in range(d):
                row = jacobian[i * (d + 1) + k]
                for m in range(d):
                    row[i * (d + 1) + m] = arb(float(network.frequency[i, k, m])) - along * (k == m)
                row[i * (d + 1) + d] = -x[i][k]
                for other in range(n):
                    if other != i:
                        row[other * (d + 1) + k] = arb(float(network.crosstalk[i, other]))
                right[i * (d + 1) + k][0] = -velocity[i][k]
            for k in range(d):
                jacobian[i * (d + 1) + d][i * (d + 1) + k] = x[i][k]
            square = sum((x[i][k] * x[i][k] for k in range(d)), arb(0))
            right[i * (d + 1) + d][0] = (1 - square) / 2
        step = arb_mat(jacobian).solve(arb_mat(right))
        x = [[(x[i][k] + step[i * (d + 1) + k, 0]).mid() for k in range(d)] for i in range(n)]
    return x


def equilibria(rng):
    """Krawczyk boxes and caps hold the 200-bit resting point; discs hold its eigenvalues."""
    network = crossing(rng, int(rng.integers(2, 6)), int(rng.integers(2, 5)), 0.5)
    cap = certify_cap(network, Uncertainty())
    if isinstance(cap, str):
        return 0, 0
    found = enclose(network, cap.centre)
    if isinstance(found, str):
        return 0, 0
    compared = wrong = 0
    with ctx.workprec(BITS):
        x = settled(network, found.points)
        for i in range(network.n):
            sign = 1 - 2 * int(found.charts[i])
            for j in range(network.d - 1):
                exact = x[i][j + 1] / (1 + sign * x[i][0])
                centre = sum((arb(float(c)) for c in found.coordinates[:, i, j]), arb(0))
                wrong += bool(abs(exact - centre) > arb(found.inner))
                compared += 1
            y = cap.centre[i]
            length = sum((arb(float(v)) ** 2 for v in y), arb(0)).sqrt()
            gaps = [a - arb(float(b)) / length for a, b in zip(x[i], y, strict=True)]
            chord = sum((g * g for g in gaps), arb(0)).sqrt()
            wrong += bool(2 * (chord / 2).asin() > arb(cap.inner_upper))
            compared += 1
        discs = spectrum(network, found)
        for value in acb_mat(tangent_jacobian(network, x)).eig(multiple=True):
            pairs = zip(discs.centres, discs.radii, strict=True)
            far = [
                bool(
                    (value.real - arb(float(c.real))) ** 2 + (value.imag - arb(float(c.imag))) ** 2
                    > arb(float(r)) ** 2
                )
                for c, r in pairs
            ]
            wrong += all(far)
            compared += 1
    return compared, wrong


def tangent_jacobian(network, x):
    """Return the linearisation in an orthonormal basis of each tangent space."""
    n, d = network.n, network.d
    bases = []
    for row in x:
        sign = -1 if row[0] < 0 else 1
        bases.append(
            [
                [
                    -sign * row[j] if k == 0 else (k == j) - row[j] * row[k] / (1 + sign * row[0])
                    for k in range(d)
                ]
                for j in range(1, d)
            ]
        )
    total = arb_mat(network.couplings.tolist()) * arb_mat(network.anchors.tolist())
    total = total + arb_mat(network.crosstalk.tolist()) * arb_mat(x)
    size = n * (d - 1)
    found = [[arb(0)] * size for _ in range(size)]
    for i in range(n):
        along = sum((x[i][k] * total[i, k] for k in range(d)), arb(0))
        for k in range(n):
            for a, left in enumerate(bases[i]):
                for b, right in enumerate(bases[k]):
                    inner = sum((s * t for s, t in zip(left, right, strict=True)), arb(0))
                    value = inner * arb(float(network.crosstalk[i, k]))
                    if i == k:
                        turned = sum(
                            (
                                left[s] * arb(float(network.frequency[i, s, t])) * right[t]
                                for s in range(d)
                                for t in range(d)
                            ),
                            arb(0),
                        )
                        value = turned - along * inner
                    found[i * (d - 1) + a][k * (d - 1) + b] = value
    return found


def input_boxes(rng):
    """Drive norms over boxes of inputs, at corners and at random points of the box."""
    length, width, d = 4, 5, int(rng.integers(2, 4))
    tokens = Tokens(
        rng.standard_normal((1, length, width)),
        rng.standard_normal((3, width)),
        rng.standard_normal((3, width)),
        unit_rows(rng, length, d),
        coupling=str(rng.choice(["softplus", "relu", "elu", "squareplus"])),
        causal=bool(rng.random() < 0.5),
    )
    radius = float(rng.choice([1e-6, 1e-2, 0.1]))
    lower, _ = input_drive_bounds(tokens, radius)
    compared = wrong = 0
    with ctx.workprec(BITS):
        coupling = couplings_exactly()[tokens.coupling]
        weights = [arb_mat(w.tolist()) for w in (tokens.query_weights, tokens.key_weights)]
        for _ in range(4):
            shift = rng.choice([-1.0, 1.0, 0.3], tokens.tokens.shape)
            # Rounding must not lead out of the box.
            x = (tokens.tokens + shift * radius * (1 - 2.0**-40))[0]
            rows = arb_mat(x.tolist()).transpose()
            q, k = (w * rows for w in weights)
            scores = q.transpose() * k
            for i in range(length):
                seen = range(i + 1 if tokens.causal else length)
                w = [coupling(scores[i, j] / arb(3).sqrt()) for j in seen]
                drive = [
                    sum((w[j] * arb(float(tokens.anchors[j, c])) for j in seen), arb(0))
                    for c in range(d)
                ]
                size = sum((h * h for h in drive), arb(0)).sqrt()
                wrong += bool(size < arb(float(lower[i])))
                compared += 1
    return compared, wrong


ATTACKS = (drives, strengths, forces, locks, equilibria, input_boxes)
