r"""A resting point to put a cap around, found fast, in floats.

Without natural frequencies the iteration :math:`x_i \leftarrow g_i/\|g_i\|` with :math:`g = h + JX`
contracts wherever T6 holds, and mostly elsewhere. With them every oscillator is put at the
attracting point of its current force, exactly (T5). Where that does not settle, each oscillator's
own state is added to its force with the weight of its crosstalk, which for symmetric J makes every
step climb; and at last the network is integrated. Nothing here is proved, or needs to be.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.field import forcing, vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm
from lohe.proofs_numeric.coupled.strength import crosstalk_sums_upper

__all__ = ["find_centre"]

Floats = NDArray[np.float64]

# Most rounds of the plain and of the damped iteration, each of which reads J once; how many
# multiplications each iteration may take, some ten seconds at worst; and how many of them it costs
# to settle one coordinate, without and with a natural frequency.
_ROUNDS = 400
_DAMPED_ROUNDS = 4000
_WORK = 5 * 10**10
_ALIGNING, _LOCKING = 300, 2000
# Rounds within which the change must halve, or the iteration is taken to be stuck.
_PATIENCE = 40
# Moves below this count as settled, plus what a sum of n terms leaves undetermined.
_SETTLED = 2.0**-50
_ROUNDING = 2.0**-54
# Sizes n d up to which the network is integrated, and up to which Newton's method polishes.
_INTEGRATED = 4096
_POLISHED = 1024
# Time, in units of the inverse of the largest force, after which the integration gives up.
_INTEGRATION = 500.0
# A speed, over the force, at which a state is near enough to rest to be worth a proof.
_NEARLY = 1e-3

Settle = Callable[[Floats, Floats], Floats]


def find_centre(network: Network) -> Floats | None:
    """Find a state at rest, in rounded arithmetic.

    Parameters
    ----------
    network
        Any network.

    Returns
    -------
    (n, d) array, or None
        Unit vectors that move at most slowly; None if every attempt failed.

    Examples
    --------
    >>> coupled = Network([[1.0, 0.0], [0.0, 1.0]], crosstalk=[[0.0, 0.5], [0.5, 0.0]])
    >>> x = find_centre(coupled)
    >>> bool(np.abs(vector_field(coupled, x)).max() < 1e-14)
    True
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        settle = _settler(network)
        x = _start(network, settle)
        if network.crosstalk is not None:
            size = network.n * network.d
            each = _ALIGNING if network.frequency is None else _LOCKING
            entries = getattr(network.crosstalk, "nnz", network.n**2) * network.d
            affordable = _WORK // (entries + each * size)
            x, settled = _iterate(network, settle, x, None, min(_ROUNDS, affordable))
            if not settled and affordable > _PATIENCE:
                weights = crosstalk_sums_upper(network)[:, np.newaxis]
                x, settled = _iterate(network, settle, x, weights, min(_DAMPED_ROUNDS, affordable))
            if not settled and size <= _INTEGRATED:
                rest = resting_point(network, patience=_INTEGRATION)
                x = x if rest is None else rest
        if network.n * network.d <= _POLISHED:
            x = _polish(network, x)
        return x if bool(np.all(np.isfinite(x))) and _nearly_at_rest(network, x) else None


def _iterate(
    network: Network, settle: Settle, x: Floats, weights: Floats | None, rounds: int
) -> tuple[Floats, bool]:
    """Settle all oscillators in the forces of the last state, until they no longer move."""
    settled = _SETTLED + network.n * _ROUNDING
    reference, since = np.inf, 0
    for _ in range(rounds):
        force = forcing(network, x)
        if weights is not None:
            force = force + weights * x
        moved = settle(force, x)
        change = float(np.abs(moved - x).max())
        x = moved
        if not change > settled:
            return x, change <= settled
        since += 1
        if change <= reference / 2:
            reference, since = change, 0
        elif since > _PATIENCE:
            return x, False
    return x, False


def _start(network: Network, settle: Settle) -> Floats:
    """Settle in the drives; undriven oscillators start along what they feel, or all alike."""
    x = np.zeros_like(network.drive)
    x = np.where(norm(network.drive)[:, np.newaxis] > 0, settle(network.drive, x), 0.0)
    still = ~np.any(x, axis=1)
    if np.any(still):
        felt = settle(forcing(network, x), x)
        x = np.where(still[:, np.newaxis], felt, x)
        total = np.sum(x, axis=0, keepdims=True)
        common = _align(total, np.eye(1, network.d))
        x = np.where(np.any(x, axis=1, keepdims=True), x, common)
    return x


def _settler(network: Network) -> Settle:
    """Return the map from forces and present states to attracting points (T1, T5)."""
    if network.frequency is None or not network.has_frequency:
        return _align
    turning = np.flatnonzero(np.any(network.frequency, axis=(1, 2)))
    # A = -i V diag(w) V^H for the real eigenvalues w of the Hermitian matrix iA.
    rates, modes = np.linalg.eigh(1j * network.frequency[turning])

    def settle(force: Floats, x: Floats) -> Floats:
        found = _align(force, x)
        found[turning] = _lock(force[turning], rates, modes, found[turning])
        return found

    return settle


def _align(force: Floats, x: Floats) -> Floats:
    """Return the directions of forces; an oscillator without force stays where it is."""
    size = norm(force)[:, np.newaxis]
    return np.where(size > 0, force / np.where(size > 0, size, 1.0), x)


def _lock(force: Floats, rates: Floats, modes: NDArray[np.complex128], free: Floats) -> Floats:
    r"""Return :math:`(\lambda - A)^{-1} g` of unit norm; `free` where the oscillator never locks.

    With :math:`p_k` the squared parts of g in the modes of A, :math:`\nu = \lambda^2` solves
    :math:`1/\sum_k p_k/(\nu + w_k^2) = 1`. The left side is concave in :math:`\nu`, so that
    Newton's method climbs to the root from below.
    """
    scale = np.maximum(norm(force), np.abs(rates).max(axis=1))[:, np.newaxis]
    scale = np.where(scale > 0, scale, 1.0)
    parts = np.einsum("nji,nj->ni", modes.conj(), force / scale)
    square, turns = np.abs(parts) ** 2, (rates / scale) ** 2
    tiny = np.finfo(np.float64).tiny
    # As if every mode turned as fast as the fastest: below the root.
    level = np.maximum(square.sum(axis=1) - turns.max(axis=1), 0.0)[:, np.newaxis]
    for _ in range(60):
        shifted = np.maximum(level + turns, tiny)
        total = np.sum(square / shifted, axis=1, keepdims=True)
        slope = np.sum(square / shifted**2, axis=1, keepdims=True)
        step = np.where(slope > 0, (total - 1) * total / np.where(slope > 0, slope, 1.0), 0.0)
        level = np.maximum(level + step, 0.0)
        if not np.any(np.abs(step) > 2.0**-50 * level):
            break
    rate = np.sqrt(level)
    found = np.einsum("nij,nj->ni", modes, parts / (rate + 1j * rates / scale)).real
    size = norm(found)[:, np.newaxis]
    return np.where(np.abs(size - 1) < 1e-6, found / size, free)


def _polish(network: Network, x: Floats) -> Floats:
    """Take Newton steps in the tangent spaces while they bring the state closer to rest."""
    n, d = x.shape
    speed = float(np.abs(vector_field(network, x)).max())
    for _ in range(3):
        try:
            step = np.linalg.solve(_derivative(network, x), -vector_field(network, x).ravel())
        except np.linalg.LinAlgError:
            break
        moved = x + step.reshape(n, d)
        moved /= np.where(norm(moved) > 0, norm(moved), 1.0)[:, np.newaxis]
        new = float(np.abs(vector_field(network, moved)).max())
        if not (new < speed and np.abs(moved - x).max() < 0.1):
            break
        x, speed = moved, new
    return x


def _derivative(network: Network, x: Floats) -> Floats:
    """Return the field's derivative on the tangent spaces, -1 along the normals, (nd, nd)."""
    n, d = x.shape
    across = np.eye(d) - x[:, :, np.newaxis] * x[:, np.newaxis, :]
    blocks = np.zeros((n, d, n, d))
    if network.crosstalk is not None:
        matrix = network.crosstalk
        dense = matrix.toarray() if hasattr(matrix, "toarray") else matrix
        blocks += np.einsum("ik,iab,kbc->iakc", dense, across, across)
    force = forcing(network, x)
    own = -np.einsum("nd,nd->n", force, x)[:, np.newaxis, np.newaxis] * across
    if network.frequency is not None:
        own = own + across @ network.frequency @ across
    own = own - x[:, :, np.newaxis] * x[:, np.newaxis, :]
    blocks[np.arange(n), :, np.arange(n), :] += own
    return blocks.reshape(n * d, n * d)


def _nearly_at_rest(network: Network, x: Floats) -> bool:
    speed = norm(vector_field(network, x))
    return bool(np.all(speed <= _NEARLY * norm(forcing(network, x))))
