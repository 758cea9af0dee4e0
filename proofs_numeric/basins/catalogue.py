"""The kinds of equilibria met so far, and when two of them are one; in floats, nothing proved.

Equilibria closer than `APART` count as one. A network without drives and frequencies can be turned
as a whole, which makes every equilibrium one of a continuum: there, states that one rotation of all
oscillators brings together count as one. In other networks all states that some direction neither
leads to nor away from count as one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.equilibrium import force_bound
from lohe.dynamics.network import Network
from lohe.proofs_numeric.equilibria.newton import tangent_jacobians

__all__ = ["APART", "MOST_ANGLES", "MOVING", "UNTOLD", "Catalogue", "Likeness"]

Floats = NDArray[np.float64]

APART = 1e-4
"""Largest distance of an oscillator between two equilibria at which they are one."""

MOVING, UNTOLD = -1, -2
"""Kinds of states that get none: not at rest for good, and beyond the number told apart."""

MOST_ANGLES = 1000
"""Angles up to which dense matrices are worth it: beyond, no spectrum is asked for."""

# Rates over the largest possible force at the level of rounding.
_NEUTRAL = 1e-9


@dataclass(frozen=True, eq=False)
class Likeness:
    """How far apart states of a network are, up to a rotation of all if that changes nothing.

    Parameters
    ----------
    network
    """

    network: Network

    @property
    def turns(self) -> bool:
        """Whether rotating all oscillators together turns equilibria into equilibria."""
        return not (np.any(self.network.drive) or self.network.has_frequency)

    def gaps(self, states: Floats, one: Floats) -> Floats:
        """Return the largest distance of an oscillator from `one`, for each state.

        Parameters
        ----------
        states : (n, d, B) array
        one : (n, d) array

        Returns
        -------
        (B,) array
        """
        if self.turns and states.shape[-1]:
            return _distance(states, _turned(one, states))
        return _distance(states, one[..., np.newaxis])


def _distance(states: Floats, others: Floats) -> Floats:
    return np.asarray(np.sqrt(np.square(states - others).sum(axis=1).max(axis=0)))


def _turned(one: Floats, states: Floats) -> Floats:
    """Turn one state as close as it comes to each of the others (Kabsch), shape (n, d, B)."""
    overlaps = np.einsum("nib,nj->bij", states, one)
    left, _, right = np.linalg.svd(overlaps)
    # Rotations only: a mirror image is another state. The weakest direction gives way.
    left[..., -1] *= np.linalg.det(left @ right)[:, np.newaxis]
    return np.asarray(np.einsum("bij,nj->nib", left @ right, one))


class Catalogue:
    """The kinds of equilibria met so far, in the order in which they were met.

    Parameters
    ----------
    network
    most
        Kinds to keep.

    Attributes
    ----------
    points : list of (n, d) arrays
        The first equilibrium of each kind.
    neutral : list of bool
        Whether some direction neither leads to nor away from it, in floats, so that it may belong
        to a continuum of equilibria.
    """

    def __init__(self, network: Network, most: int) -> None:
        self.network, self.most = network, most
        self.likeness = Likeness(network)
        self.points: list[Floats] = []
        self.neutral: list[bool] = []

    def kind(self, point: Floats) -> int:
        """Return the kind of an equilibrium, a new one if it is like none that was met.

        Parameters
        ----------
        point : (n, d) array

        Returns
        -------
        int
            An index into `points`; `MOVING` if the equilibrium is unstable; `UNTOLD` if it is of
            a new kind and there are as many as may be kept.
        """
        if self.points:
            stack = np.stack(self.points, axis=-1)
            gaps = self.likeness.gaps(stack, point)
            if gaps.min() <= APART:
                return int(np.argmin(gaps))
        still = False
        if self.network.n * (self.network.d - 1) <= MOST_ANGLES:
            rates, level = _rates(self.network, point), _NEUTRAL * force_bound(self.network)
            if rates.real.max() > level:
                return MOVING
            still = bool(np.abs(rates).min() <= level)
        if still and not self.likeness.turns and True in self.neutral:
            return self.neutral.index(True)
        if len(self.points) == self.most:
            return UNTOLD
        self.points.append(point)
        self.neutral.append(still)
        return len(self.points) - 1


def _rates(network: Network, point: Floats) -> NDArray[np.complex128]:
    _, jacobians = tangent_jacobians(network, point[np.newaxis])
    return np.asarray(np.linalg.eigvals(jacobians[0]), dtype=np.complex128)
