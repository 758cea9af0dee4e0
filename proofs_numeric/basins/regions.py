"""Regions that noise may take a state out of, as signed distances to their faces.

A region tells, for each of its faces, how far every state is from crossing it: positive before,
zero or negative once it is crossed. States are laid out (n, d, trials).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.weighted_cap import certify_weighted_cap

__all__ = ["Arrival", "Caps", "Region", "Slips", "certified_caps", "elsewhere"]

Floats = NDArray[np.float64]

_UNIT_GUARD = 1e-6


class Region(Protocol):
    """What `lohe.proofs_numeric.basins.escape.escape` asks of a region."""

    @property
    def faces(self) -> tuple[str, ...]:
        """A name for each face."""
        ...

    @property
    def movers(self) -> NDArray[np.int64] | None:
        """The oscillator whose own motion crosses each face; None if several must move together.

        Where it is known, crossings between two steps are sampled too.
        """
        ...

    def distances(self, x: Floats, before: Floats | None) -> Floats:
        """Return (faces, trials) distances, given those of the step before where there was one."""
        ...


@dataclass(frozen=True, eq=False)
class Caps:
    """States with every oscillator within an angle of its centre; a face for each oscillator.

    Parameters
    ----------
    centre : (n, d) array
        Unit vectors.
    angles : float or (n,) array
        Radians, in (0, pi]. An angle of pi is never exceeded: see `Slips` for the plane.

    Raises
    ------
    InputError
        If the centre is off the sphere or an angle out of range.

    Examples
    --------
    >>> caps = Caps(np.array([[1.0, 0.0]]), 1.0)
    >>> caps.distances(np.array([[[1.0, 0.0], [0.0, 1.0]]]), None).round(3)
    array([[ 1.   , -0.571]])
    """

    centre: Floats
    angles: Floats

    def __init__(self, centre: ArrayLike, angles: ArrayLike) -> None:
        points = _units(centre)
        radii = np.broadcast_to(np.asarray(angles, dtype=np.float64), (len(points),)).copy()
        if not np.all((radii > 0) & (radii <= np.pi)):
            raise InputError("the angles of a cap must lie in (0, pi]")
        object.__setattr__(self, "centre", points)
        object.__setattr__(self, "angles", radii)

    @property
    def faces(self) -> tuple[str, ...]:
        """The oscillators by number."""
        return tuple(f"oscillator {i}" for i in range(len(self.centre)))

    @property
    def movers(self) -> NDArray[np.int64]:
        """Each oscillator leaves its own cap."""
        return np.arange(len(self.centre))

    def distances(self, x: Floats, before: Floats | None) -> Floats:
        """Angles that are left, (n, trials)."""
        return np.asarray(self.angles[:, np.newaxis] - _angles(x, self.centre))


@dataclass(frozen=True, eq=False)
class Slips:
    """Planar states on the way round from no oscillator's antipode; two faces for each.

    The signed angle to the centre is followed continuously, so that passing the antipode counts
    even if no step ends there. Faces 0 to n - 1 are passages against the clock (rising angle),
    the others with it.

    Parameters
    ----------
    centre : (n, 2) array
        Unit vectors.

    Raises
    ------
    InputError
        If the centre is off the circle.
    """

    centre: Floats

    def __init__(self, centre: ArrayLike) -> None:
        points = _units(centre)
        if points.shape[1] != 2:
            raise InputError(f"slips need planar oscillators; these have d = {points.shape[1]}")
        object.__setattr__(self, "centre", points)

    @property
    def faces(self) -> tuple[str, ...]:
        """The oscillators by number, in either direction."""
        numbers = range(len(self.centre))
        return tuple(f"oscillator {i} {way}" for way in ("forward", "backward") for i in numbers)

    @property
    def movers(self) -> NDArray[np.int64]:
        """Each oscillator passes its own antipode."""
        return np.tile(np.arange(len(self.centre)), 2)

    def distances(self, x: Floats, before: Floats | None) -> Floats:
        """Angles left to the antipode either way, (2n, trials)."""
        c = self.centre[:, :, np.newaxis]
        angle = np.arctan2(c[:, 0] * x[:, 1] - c[:, 1] * x[:, 0], np.sum(c * x, axis=1))
        if before is not None:
            n = len(self.centre)
            last = (before[n:] - before[:n]) / 2
            angle = last + np.remainder(angle - last + np.pi, 2 * np.pi) - np.pi
        return np.concatenate([np.pi - angle, np.pi + angle])


@dataclass(frozen=True, eq=False)
class Arrival:
    """States outside the caps around other states; a face for each of those.

    A state has gone over when every oscillator lies in the cap, as seen at the end of a step.

    Parameters
    ----------
    elsewhere
        Caps around the other states.
    """

    elsewhere: Sequence[Caps]

    @property
    def faces(self) -> tuple[str, ...]:
        """The other states by number."""
        return tuple(f"state {k}" for k in range(1, len(self.elsewhere) + 1))

    @property
    def movers(self) -> None:
        """No single oscillator decides."""
        return

    def distances(self, x: Floats, before: Floats | None) -> Floats:
        """Angle by which the farthest oscillator lies outside each cap, (m, trials)."""
        return np.stack([-np.min(caps.distances(x, None), axis=0) for caps in self.elsewhere])


def certified_caps(network: Network, centre: ArrayLike | None = None) -> Caps:
    """Return the caps that T6c proves to lead to one resting point, as a region.

    Without noise no state leaves them; with noise, leaving them is a necessary step to anywhere
    else.

    Parameters
    ----------
    network
    centre : (n, d) array, optional
        Near a resting point; by default it is sought.

    Raises
    ------
    InputError
        If no caps are proved.
    """
    given = None if centre is None else np.asarray(centre, dtype=np.float64)
    found = certify_weighted_cap(network, given)
    if isinstance(found, str):
        raise InputError(f"no cap is proved ({found}); give an angle")
    # A little less, so that rounding of the angles does not leave what is proved.
    return Caps(found.centre, 2 * np.arcsin(found.half_sines) * (1 - 2.0**-50))


def elsewhere(rest: ArrayLike, others: Sequence[ArrayLike]) -> Arrival:
    """Return the region of states that are near none of the other attractors.

    A state is near one if no oscillator is farther from it than a quarter of the largest angle
    that any oscillator turns from there to the nearest attractor. So no state is near two.

    Parameters
    ----------
    rest : (n, d) array
        The attractor to start from.
    others
        Other attractors, (n, d) each.

    Raises
    ------
    InputError
        If there is no other attractor, or two coincide.
    """
    if not others:
        raise InputError("no other attractor is known to escape to; sample more starts")
    points = [_units(point) for point in (rest, *others)]
    caps = []
    for k, point in enumerate(points[1:], start=1):
        apart = [
            float(_angles(point[:, :, np.newaxis], other).max())
            for i, other in enumerate(points)
            if i != k
        ]
        if not min(apart) > 0:
            raise InputError(f"attractor {k} coincides with another one; leave one of them out")
        caps.append(Caps(point, min(apart) / 4))
    return Arrival(caps)


def _units(points: ArrayLike) -> Floats:
    array = np.array(points, dtype=np.float64)
    if array.ndim != 2 or not np.all(np.abs(np.linalg.norm(array, axis=-1) - 1) <= _UNIT_GUARD):
        raise InputError("the centre of a region must be an (n, d) array of unit vectors")
    return np.asarray(array / np.linalg.norm(array, axis=-1, keepdims=True))


def _angles(x: Floats, centre: Floats) -> Floats:
    """Angles between (n, d, trials) states and (n, d) centres.

    The arc cosine loses 1e-8 near 0 and pi, far below the length of any noisy step.
    """
    cosine = np.einsum("ndb,nd->nb", x, centre)
    return np.asarray(np.arccos(np.clip(cosine, -1.0, 1.0)))
