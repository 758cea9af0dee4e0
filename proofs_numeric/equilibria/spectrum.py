r"""Enclose the spectrum of a linearisation by discs about an approximate diagonalisation (T8).

For any V and X, with :math:`E = XV - I` and :math:`G = XTV`, every eigenvalue of T lies in a disc
about some :math:`G_{jj}` of radius
:math:`\sum_{k\ne j}|G_{jk}| + \|E\|\|G\|/(1 - \|E\|)` (row sums, :math:`\|E\| < 1`): these are
Gershgorin's discs of :math:`V^{-1}TV = (I + E)^{-1}G`. A union of k discs that meets no other disc
holds exactly k eigenvalues, so discs off the imaginary axis count the unstable ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.enclosure import down, up
from lohe.proofs_numeric.equilibria import escalation
from lohe.proofs_numeric.equilibria.devices import Deviations
from lohe.proofs_numeric.equilibria.operator import box_about
from lohe.proofs_numeric.equilibria.system import System, linearisation

__all__ = ["Spectrum", "box_spectrum", "discs", "precise_spectrum"]

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Discs that hold the eigenvalues.

    Parameters
    ----------
    centres : (N,) complex array
    radii : (N,) array
        Every eigenvalue lies in a disc; a union of k discs apart from the others holds k of them.
    """

    centres: Complexes
    radii: Floats

    @property
    def unstable(self) -> int | None:
        """Number of eigenvalues with positive real part; None if one may be imaginary."""
        low, high = self._real_ends
        if np.all((low > 0) | (high < 0)):
            return int(np.count_nonzero(low > 0))
        return None

    @property
    def abscissa_upper(self) -> float:
        """Upper bound of all real parts."""
        return float(self._real_ends[1].max())

    @property
    def abscissa_lower(self) -> float:
        """Lower bound of the largest real part."""
        low, high = self._real_ends
        order = np.argsort(-low, kind="stable")
        # The rightmost discs that lie beyond all the others hold their own eigenvalues.
        below = np.append(np.maximum.accumulate(high[order][::-1])[::-1][1:], -np.inf)
        return float(low[order][np.argmax(low[order] > below)])

    @property
    def _real_ends(self) -> tuple[Floats, Floats]:
        with np.errstate(over="ignore"):
            return down(self.centres.real - self.radii), up(self.centres.real + self.radii)


def box_spectrum(
    system: System,
    poles: Floats,
    centre: Balls,
    inner: float,
    *,
    extra: Deviations | None = None,
) -> Spectrum:
    """Enclose the spectrum for an equilibrium within `inner` of a centre, in doubles.

    Parameters
    ----------
    system
    poles : (n,) array
    centre : Balls of shape (n, d - 1)
    inner
        The equilibrium's chart coordinates are within this of the centre's.
    extra
        What devices add to the linearisation; the discs are then those of every device.
    """
    matrix = linearisation(system, poles, box_about(centre, inner))
    added = None if extra is None else extra.linearisation
    # Devices' matrices need not be symmetric.
    return discs(matrix, symmetric=system.symmetric and extra is None, added=added)


def discs(matrix: Balls, *, symmetric: bool = False, added: Floats | None = None) -> Spectrum:
    r"""Enclose the eigenvalues of every matrix within a ball matrix.

    Parameters
    ----------
    matrix : Balls of shape (N, N)
    symmetric
        Whether its middle is symmetric, but for rounding.
    added : (N,) array, optional
        Bounds of the row sums of a matrix that may be added to it, m. The discs' radii grow by
        :math:`|X|m\,\|V\|`.
    """
    size = len(matrix.middle)
    added = np.zeros(size) if added is None else added
    if not (np.isfinite(matrix.radius).all() and np.isfinite(added).all()):
        return Spectrum(np.zeros(size, dtype=np.complex128), np.full(size, np.inf))
    if symmetric:
        vectors = np.linalg.eigh((matrix.middle + matrix.middle.T) / 2)[1]
        return _discs(matrix, (vectors.T, None), (vectors, None), added)
    vectors = np.linalg.eig(matrix.middle)[1]
    try:
        inverse = np.linalg.inv(vectors)
    except np.linalg.LinAlgError:
        inverse = np.full_like(vectors, np.nan)
    if np.isrealobj(vectors):
        return _discs(matrix, (inverse, None), (vectors, None), added)
    return _discs(matrix, (inverse.real, inverse.imag), (vectors.real, vectors.imag), added)


# A complex matrix as its real part and its imaginary part, if it has one.
_Parts = tuple[Floats, Floats | None]


def _discs(matrix: Balls, left: _Parts, right: _Parts, added: Floats) -> Spectrum:
    """Return the discs for X = left and V = right, whatever they are."""
    size = len(matrix.middle)
    identity, mixed = _times(left, None, right), _times(left, matrix, right)
    error = _sizes(identity[0] - np.eye(size), identity[1]).sum(-1).upper.max(initial=0.0)
    rows = _sizes(*mixed)
    widest = float(_part_sizes(right).sum(-1).upper.max(initial=0.0))
    more = _part_sizes(left) @ added * widest
    total = (rows.sum(-1) + more).upper
    index = np.arange(size)
    real = mixed[0][index, index]
    imaginary = Balls.exact(np.zeros(size)) if mixed[1] is None else mixed[1][index, index]
    centres = real.middle + 1j * imaginary.middle
    if not error < 1:
        return Spectrum(centres, np.full(size, np.inf))
    beside = np.where(np.eye(size, dtype=np.bool_), 0.0, rows.middle)
    change = Balls.exact(error) * float(total.max(initial=0.0)) / (1 - Balls.exact(error))
    # The factors are room: another program may bound the diagonal's radii and V differently.
    own = (Balls.exact(real.radius) + imaginary.radius) * 3.0
    radii = Balls.exact(beside).sum(-1) + own + more * 2.0 + change
    return Spectrum(centres, radii.upper)


def _part_sizes(parts: _Parts) -> Balls:
    real, imaginary = parts
    return _sizes(Balls.exact(real), None if imaginary is None else Balls.exact(imaginary))


def _times(left: _Parts, matrix: Balls | None, right: _Parts) -> tuple[Balls, Balls | None]:
    """Enclose the real and imaginary parts of left matrix right; the identity if left out."""

    def with_matrix(part: Floats) -> Balls:
        return Balls.exact(part) if matrix is None else Balls.exact(part) @ matrix

    first = with_matrix(left[0])
    if left[1] is None or right[1] is None:
        return first @ right[0], None
    second = with_matrix(left[1])
    return first @ right[0] - second @ right[1], first @ right[1] + second @ right[0]


def _sizes(real: Balls, imaginary: Balls | None) -> Balls:
    """Bound the absolute values of entries from above, as exact numbers."""
    if imaginary is None:
        return Balls.exact(real.magnitude)
    return Balls.exact((Balls.exact(real.magnitude) + imaginary.magnitude).upper)


def precise_spectrum(
    network: Network, poles: Floats, coordinates: Floats, inner: float
) -> Spectrum:
    """Enclose the spectrum in Arb, where doubles cannot tell a real part from zero.

    Parameters
    ----------
    network
    poles : (n,) array
    coordinates : (k, n, d - 1) array
        The centre is the sum over k.
    inner
        The equilibrium's chart coordinates are within this of the centre's.
    """
    centres, radii = escalation.spectrum_discs(network, poles, coordinates, inner)
    return Spectrum(centres, radii)
