"""Networks and devices to try the theorems on, and their resting points to 60 digits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import mpmath
import numpy as np
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.uncertainty import Uncertainty


def unit(rng: np.random.Generator, *shape: int) -> np.ndarray:
    x = rng.standard_normal(shape)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def skew(rng: np.random.Generator, n: int, d: int, size: float) -> np.ndarray:
    a = rng.standard_normal((n, d, d))
    a -= np.swapaxes(a, 1, 2)
    return size * a / np.linalg.norm(a, ord=2, axis=(1, 2), keepdims=True)


def rows(rng: np.random.Generator, n: int, size: float) -> np.ndarray:
    """Crosstalk, asymmetric, with all row sums about `size`."""
    j = rng.standard_normal((n, n))
    np.fill_diagonal(j, 0)
    return size * j / np.abs(j).sum(axis=1, keepdims=True)


def network(
    seed: int, n: int = 5, d: int = 3, crosstalk: float = 0.3, frequency: float = 0.0
) -> Network:
    rng = np.random.default_rng(seed)
    h = unit(rng, n, d) * rng.uniform(1, 1.5, (n, 1))
    a = skew(rng, n, d, frequency) if frequency else None
    return Network(h, crosstalk=rows(rng, n, crosstalk), frequency=a)


def anchored(seed: int, n: int = 5, d: int = 3, keys: int = 6, crosstalk: float = 0.3) -> Network:
    """A network with couplings whose drives have norms of 1 to 1.5."""
    rng = np.random.default_rng(seed)
    anchors, w = unit(rng, keys, d), rng.exponential(size=(n, keys))
    w *= rng.uniform(1, 1.5, (n, 1)) / np.linalg.norm(w @ anchors, axis=1, keepdims=True)
    return Network(couplings=w, anchors=anchors, crosstalk=rows(rng, n, crosstalk))


def device(rng: np.random.Generator, net: Network, allowed: Uncertainty) -> Network:
    """A device at the very edge of what is allowed (but for rounding, which stays inside)."""
    edge = 1 - 1e-9
    n, d = net.n, net.d
    drive = net.drive
    if net.couplings is not None:
        signs = rng.choice([-1, 1], net.couplings.shape)
        w = net.couplings * (1 + edge * allowed.mismatch * signs)
        seen = net.anchors + edge * allowed.anchors * unit(rng, n, *net.anchors.shape)
        drive = np.einsum("nj,njd->nd", w, seen)
    j = np.zeros((n, n)) if net.crosstalk is None else net.crosstalk
    if n > 1:
        j = j + rows(rng, n, edge * allowed.crosstalk)
    a = np.zeros((n, d, d)) if net.frequency is None else net.frequency
    turn = skew(rng, n, d, edge * allowed.frequency) if allowed.frequency else 0.0
    return Network(drive, crosstalk=j, frequency=a + turn)


def to_mpmath(values: np.ndarray) -> mpmath.matrix:
    return mpmath.matrix(np.asarray(values).tolist())


def resting_point_60(net: Network, guess: np.ndarray, digits: int = 60) -> list[mpmath.matrix]:
    """The equilibrium near `guess`, by x <- g + Ax + sx normalised, each row an mpmath vector."""
    n = net.n
    with mpmath.workdps(digits + 10):
        h = [to_mpmath(row) for row in net.drive]
        if net.couplings is not None:
            w, r = to_mpmath(net.couplings), [to_mpmath(row) for row in net.anchors]
            h = [sum((w[i, j] * r[j] for j in range(len(r))), 0 * r[0]) for i in range(n)]
        j = None if net.crosstalk is None else to_mpmath(net.crosstalk)
        turns = None if net.frequency is None else [to_mpmath(a) for a in net.frequency]
        shift = 0 if turns is None else 2 * float(np.abs(net.frequency).max())
        x = [to_mpmath(row) for row in guess]
        x = [row / mpmath.norm(row) for row in x]
        for _ in range(2000):
            moved = []
            for i in range(n):
                g = h[i] + shift * x[i]
                if j is not None:
                    g += sum((j[i, k] * x[k] for k in range(n) if k != i), 0 * x[0])
                if turns is not None:
                    g += turns[i] * x[i]
                moved.append(g / mpmath.norm(g))
            change = max(mpmath.norm(a - b) for a, b in zip(moved, x, strict=True))
            x = moved
            if change < mpmath.mpf(10) ** -digits:
                return x
    raise AssertionError("the oracle did not settle")


def largest_angle(exact: list[mpmath.matrix], centre: np.ndarray) -> mpmath.mpf:
    """The largest angle between exact points and the exact directions of rows of floats."""
    with mpmath.workdps(70):
        angles = []
        for x, row in zip(exact, centre, strict=True):
            y = to_mpmath(row)
            y /= mpmath.norm(y)
            angles.append(2 * mpmath.asin(mpmath.norm(x - y) / 2))
        return max(angles)


def exact_forces(net: Network, centre: np.ndarray) -> Iterator[tuple[Any, Any, Any]]:
    """Each oscillator's force along the centre, rotation and residual, to the working precision."""
    y = [to_mpmath(row) / mpmath.norm(to_mpmath(row)) for row in centre]
    j = np.zeros((net.n, net.n)) if net.crosstalk is None else net.crosstalk
    j = to_mpmath(j.toarray() if sparse.issparse(j) else j)
    for i in range(net.n):
        g = to_mpmath(net.drive[i])
        if net.couplings is not None:
            w, r = to_mpmath(net.couplings[i]), [to_mpmath(row) for row in net.anchors]
            g = sum((w[k] * r[k] for k in range(len(r))), 0 * r[0])
        g += sum((j[i, k] * y[k] for k in range(net.n)), 0 * y[0])
        turned = 0 * y[0] if net.frequency is None else to_mpmath(net.frequency[i]) * y[i]
        along = (y[i].T * g)[0]
        yield along, mpmath.norm(turned), mpmath.norm(turned + g - along * y[i])


def exact_felt(net: Network, centre: np.ndarray) -> Iterator[tuple[Any, Any]]:
    """What the others at the centre do to each oscillator: along its direction and across."""
    y = [to_mpmath(row) / mpmath.norm(to_mpmath(row)) for row in centre]
    j = np.zeros((net.n, net.n)) if net.crosstalk is None else net.crosstalk
    j = to_mpmath(j.toarray() if sparse.issparse(j) else j)
    for i in range(net.n):
        felt = sum((j[i, k] * y[k] for k in range(net.n)), 0 * y[0])
        along = (felt.T * y[i])[0]
        yield along, mpmath.norm(felt - along * y[i])
