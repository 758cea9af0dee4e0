"""Distinct stable equilibria of a network of any size, each proved: two refute uniqueness (T8)."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.equilibrium import force_bound
from lohe.dynamics.errors import InputError
from lohe.dynamics.field import residual, vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.equilibria.krawczyk import Enclosure, enclose
from lohe.proofs_numeric.equilibria.newton import distinct, find_rest, tangent_jacobians

__all__ = ["apart", "stable_points"]

Floats = NDArray[np.float64]

_SEED = 20_260_001
# Time between looks at the states, in units of the inverse of the largest force; it doubles.
_FIRST_LOOK, _LOOKS = 16.0, 5
_TOLERANCE = 1e-4
# States closer than this go to Newton's method as one.
_ALIKE = 1e-2
# Slower decay than this, over the largest force, is not told from none: a continuum of
# equilibria has zero eigenvalues, and nothing can be proved there.
_MARGIN = 1e-10
_WAVES, _MOST_SPECTRAL, _STILL = 8, 1000, 1e-9
# Newton's method solves dense systems: as many as take so many operations a step, and a few.
_OPERATIONS, _FEWEST = 4e8, 4


def stable_points(
    network: Network, *, starts: int = 64, seed: int = _SEED, enough: int = 2
) -> tuple[Enclosure, ...]:
    """Settle from random starts and prove what stable equilibria are reached.

    Parameters
    ----------
    network
    starts
        States drawn uniformly from the product of spheres. A few waves along the eigenvectors
        of the crosstalk are tried too, as twisted states of rings are rarely met by chance.
    seed
        The same seed finds the same equilibria.
    enough
        Stop when so many are proved; two refute that there is only one.

    Returns
    -------
    tuple of Enclosure
        Asymptotically stable equilibria in disjoint boxes, fewer than `enough` where no more
        were found. That proves nothing about others.

    Raises
    ------
    InputError
        If `starts` or `enough` is below 1.

    Examples
    --------
    >>> [found.unstable for found in stable_points(Network([[3.0, 4.0]]))]
    [0]
    """
    if starts < 1 or enough < 1:
        raise InputError("starts and enough must be at least 1")
    scale = force_bound(network)
    if scale == 0:
        return ()
    x = uniform(np.random.default_rng(seed), (starts, network.n), network.d)
    x = np.concatenate([x, _waves(network)])
    tried = x[:0]
    found: list[Enclosure] = []
    duration = _FIRST_LOOK
    for _ in range(_LOOKS):
        x = dormand_prince(
            partial(vector_field, network), x, duration / scale, tolerance=_TOLERANCE
        ).x
        for state in distinct(_rests(network, distinct(x, x[:0], apart=_ALIKE)), tried):
            tried = np.concatenate([tried, state[np.newaxis]])
            if not _abscissa(network, state) < -_MARGIN * scale:
                continue
            enclosure = enclose(network, state)
            if isinstance(enclosure, str) or enclosure.unstable != 0:
                continue
            if all(apart(enclosure, other) for other in found):
                found.append(enclosure)
            if len(found) >= enough:
                return tuple(found)
        # States that have come to a proved equilibrium find nothing new.
        arrived = [np.max(np.abs(x - one.points), axis=(-2, -1)) < _ALIKE for one in found]
        x = x[~np.any(arrived, axis=0)] if found else x
        if not len(x):
            break
        duration *= 2
    return tuple(found)


def apart(left: Enclosure, right: Enclosure) -> bool:
    r"""Say whether two boxes share no point, told from their rounded centres with room to spare.

    As :math:`\|\partial x/\partial\xi\| \le 2`, a point of a box lies within
    :math:`2\sqrt{d-1}\,r` of the centre.
    """
    d = left.points.shape[-1]
    between = float(np.max(np.linalg.norm(left.points - right.points, axis=-1)))
    return between > 2.1 * math.sqrt(d - 1) * (left.inner + right.inner) + 1e-12


def _waves(network: Network) -> Floats:
    """Return states whose coordinates are eigenvectors of the crosstalk, d at a time."""
    n, d = network.n, network.d
    matrix = network.crosstalk
    if matrix is None or n > _MOST_SPECTRAL:
        return np.zeros((0, n, d))
    dense = matrix if isinstance(matrix, np.ndarray) else matrix.toarray()
    vectors = np.linalg.eigh(dense + dense.T)[1][:, ::-1]
    found = []
    for first in range(min(_WAVES, n - d + 1)):
        wave = vectors[:, first : first + d]
        size = np.linalg.norm(wave, axis=-1, keepdims=True)
        # An oscillator that the wave does not move goes along the first axis.
        x = np.where(size > _STILL, wave / np.maximum(size, _STILL), np.eye(1, d))
        # Turned as a whole to be along the drives as far as it can (Procrustes).
        left, _, right = np.linalg.svd(network.drive.T @ x)
        found.append(x @ (left @ right).T)
    return np.array(found).reshape(-1, n, d)


def _rests(network: Network, states: Floats) -> Floats:
    """Return the equilibria that Newton's method reaches from states that have settled most."""
    unknowns = network.n * (network.d - 1)
    most = max(_FEWEST, int(_OPERATIONS / unknowns**3))
    order = np.argsort(residual(network, states), kind="stable")[:most]
    return find_rest(network, states[order])


def _abscissa(network: Network, state: Floats) -> float:
    """Return the largest real part of the linearisation's spectrum, rounded."""
    _, jacobians = tangent_jacobians(network, state[np.newaxis])
    return float(np.max(np.linalg.eigvals(jacobians[0]).real))
