"""Equilibria and trees for certificates made by hand, by Newton's method in plain floats.

Nothing here is rigorous, and nothing need be: the checker is what is under test. The tree is grown
with the checker's own test for empty cells, since any tree is as good as any other if it is true.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import ctx, fmpq
from sealing import written

from lohe.dynamics.network import Network
from lohe.proofs_numeric.checker_exact import Flow, Instance, UnconfirmedError


def parts(network: Network) -> tuple[Any, Any]:
    n, d = network.n, network.d
    crosstalk = network.crosstalk
    J = np.zeros((n, n)) if crosstalk is None else crosstalk
    A = np.zeros((n, d, d)) if network.frequency is None else network.frequency
    return (J if isinstance(J, np.ndarray) else J.toarray()), A


def field(network: Network, x: Any) -> Any:
    J, A = parts(network)
    force = np.einsum("nij,nj->ni", A, x) + network.drive + J @ x
    return force - np.sum(force * x, axis=1, keepdims=True) * x


def points_of(signs: Any, xi: Any) -> Any:
    rho = np.sum(xi * xi, axis=1, keepdims=True)
    return np.hstack([signs[:, None] * (1 - rho), 2 * xi]) / (1 + rho)


def chart_of(x: Any) -> tuple[Any, Any]:
    signs = np.where(x[:, 0] >= 0, 1.0, -1.0)
    return signs, x[:, 1:] / (1 + signs[:, None] * x[:, :1])


def newton(network: Network, x: Any, rounds: int = 40) -> Any:
    """Return an equilibrium near x, or None."""
    signs, xi = chart_of(x)
    shape = xi.shape

    def residual(flat: Any) -> Any:
        # Project on the moving frame ∂x/∂ξ, which is orthogonal with equal lengths.
        points = points_of(signs, flat.reshape(shape))
        rows = field(network, points)
        w = 1 + signs * points[:, 0]
        return (rows[:, 1:] - points[:, 1:] * (signs * rows[:, 0] / w)[:, None]).ravel()

    flat = xi.ravel()
    for _ in range(rounds):
        value, step = residual(flat), 1e-7
        columns = [
            (residual(flat + step * e) - residual(flat - step * e)) / (2 * step)
            for e in np.eye(flat.size)
        ]
        try:
            move = np.linalg.solve(np.array(columns).T, value)
        except np.linalg.LinAlgError:
            return None
        flat = flat - move * min(1.0, 0.3 / (np.abs(move).max() + 1e-300))
        if np.abs(flat).max() > 1e3:
            return None
        if np.abs(move).max() < 1e-12:
            break
    points = points_of(signs, flat.reshape(shape))
    return points if np.abs(field(network, points)).max() < 1e-12 else None


def spectrum(network: Network, x: Any) -> Any:
    """Return the eigenvalues of the linearisation on the tangent spaces."""
    J, A = parts(network)
    n, d = x.shape
    g = network.drive + J @ x
    frames = [np.linalg.svd(row[None])[2][1:].T for row in x]
    T = np.zeros((n * (d - 1), n * (d - 1)))
    for i in range(n):
        for k in range(n):
            block = J[i, k] * np.eye(d)
            if i == k:
                block = A[i] - (x[i] @ g[i]) * np.eye(d)
            rows, columns = (slice(m * (d - 1), (m + 1) * (d - 1)) for m in (i, k))
            T[rows, columns] = frames[i].T @ block @ frames[k]
    return np.linalg.eigvals(T)


def box(network: Network, x: Any, inner: float = 1e-9, outer: float = 0.0) -> dict[str, Any]:
    """Return the box of an equilibrium; the largest outer radius that the checker accepts."""
    signs, xi = chart_of(x)
    values = spectrum(network, x)
    found = {
        "charts": [int(s < 0) for s in signs],
        "coordinates": xi[None],
        "inner": inner,
        "outer": outer,
        "unstable": int(np.sum(values.real > 0)),
        "abscissa_upper": float(values.real.max() + 1e-5),
    }
    for size in () if outer else (0.3, 0.1, 0.03, 0.01, 1e-3, 1e-5):
        found["outer"] = size
        try:
            with ctx.workprec(256):
                Flow(exact_instance(network), [fmpq(0)] * network.n).enclose(written(found))
            break
        except UnconfirmedError:
            continue
    return found


def all_equilibria(network: Network, starts: int = 60, seed: int = 0) -> list[Any]:
    rng, found = np.random.default_rng(seed), []
    for _ in range(starts):
        x = rng.standard_normal((network.n, network.d))
        x = newton(network, x / np.linalg.norm(x, axis=1, keepdims=True))
        if x is not None and all(np.abs(x - y).max() > 1e-6 for y in found):
            found.append(x)
    return found


def exact_instance(network: Network) -> Instance:
    names = ("mismatch", "crosstalk", "frequency", "anchors")
    return Instance(network.arrays(), dict.fromkeys(names, fmpq(0)))


def tree_of(network: Network, boxes: list[Any], limit: int = 20_000) -> list[int]:
    """Return a tree of cells in preorder."""
    with ctx.workprec(256):
        flow = Flow(exact_instance(network), [fmpq(0)] * network.n)
        outers = [e.outer for e in flow.enclose_all([written(b) for b in boxes])]
        tree: list[int] = []
        pending = [(None,) * network.n]
        while pending:
            cell = pending.pop()
            inside = [
                b
                for b, outer in enumerate(outers)
                if all(p and p.within(q) for p, q in zip(cell, outer, strict=True))
            ]
            if inside or flow.empty(cell):
                tree.append(-2 - inside[0] if inside else -1)
                continue
            if None in cell:
                code = cell.index(None)
            else:
                sizes = [b - a for p in cell for a, b in zip(p.low, p.high, strict=True)]
                code = network.n + sizes.index(max(sizes))
            tree.append(code)
            pending += reversed(flow.split(cell, code))
            assert len(tree) < limit
        return tree
