r"""Krawczyk's operator and the spectrum in Arb, where doubles are not enough (T8).

A centre is a sum of k doubles, with 53 k bits, so that the certificate can hold it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import acb, acb_mat, arb, arb_mat
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.equilibria.arbs import Arbs, arbs, array, matrix, precision, upper
from lohe.proofs_numeric.equilibria.chart import Frame, frame_at
from lohe.proofs_numeric.equilibria.system import (
    System,
    derivative,
    linearisation,
    read_precisely,
    residual,
)

__all__ = ["PRECISIONS", "Refined", "refine", "spectrum_discs"]

Floats = NDArray[np.float64]

PRECISIONS = (106, 212, 424)
"""Bits of the attempts; the centre has a double for every 53."""

# Newton's method halves its error at a double root, and squares it elsewhere.
_STEPS = 60

_middles = np.frompyfunc(lambda x: x.mid(), 1, 1)


@dataclass(frozen=True, eq=False)
class Refined:
    r"""Krawczyk's operator about a centre of several doubles.

    Parameters
    ----------
    system
        In Arb.
    centre
        With its frames, in Arb.
    inverse
        C.
    bits
        Working precision.
    coordinates : (k, n, d - 1) array
        The centre is the sum over k.
    step : (N,) array
        Upper bounds of :math:`|C\Phi(\tilde\xi)|`.
    """

    system: System
    centre: Frame
    inverse: arb_mat
    bits: int
    coordinates: Floats
    step: Floats

    def spread(self, reach: Floats) -> Floats:
        r"""Bound :math:`|I - C\,D\Phi(\text{box})|\,r` from above, for half widths r."""
        with precision(self.bits):
            offset = _around(reach.reshape(self.coordinates.shape[1:]))
            over = matrix(derivative(self.system, self.centre, offset))
            defect = np.abs(array(self.inverse * over) - np.eye(len(reach)))
            return upper((defect * arbs(reach)).sum(axis=-1))


def refine(network: Network, poles: Floats, coordinates: Floats, bits: int) -> Refined | None:
    """Follow Newton's method to the working precision and set up Krawczyk's operator there.

    Parameters
    ----------
    network
    poles : (n,) array
    coordinates : (n, d - 1) array
        Near an equilibrium.
    bits
        A multiple of 53.

    Returns
    -------
    Refined or None
        None where the derivative has no inverse at this precision, or the method strays.
    """
    with precision(bits):
        system = read_precisely(network)
        at = _root(system, poles, arbs(coordinates), bits)
        if at is None:
            return None
        parts = _split(at, bits // 53)
        centre = frame_at(poles, arbs(parts).sum(axis=0))
        value = residual(system, centre)
        slope = derivative(system, centre, _around(np.zeros(coordinates.shape)))
        try:
            # Any matrix will do; the middle of an enclosure of the inverse is a good one.
            inverse = matrix(slope).mid().inv().mid()
        except ZeroDivisionError:
            return None
        step = upper(np.abs(array(inverse * matrix(value[:, None]))[:, 0]))
        return Refined(system, centre, inverse, bits, parts, step)


def _root(system: System, poles: Floats, at: Arbs, bits: int) -> Arbs | None:
    """Follow Newton's method until its steps are at the level of rounding."""
    last, small = arb(1), arb(2) ** (-bits // 2)
    for _ in range(_STEPS):
        centre = frame_at(poles, at)
        value = residual(system, centre)
        slope = matrix(derivative(system, centre, _around(np.zeros(at.shape))))
        try:
            step = slope.mid().solve(matrix(value[:, None]).mid(), algorithm="approx")
        except ZeroDivisionError:
            return None
        length = max(abs(entry).mid() for entry in step.entries())
        if not length < 1:
            return None
        at = _middles(at - array(step).reshape(at.shape))
        if length < small * small * 256 or small > length > last / 2:
            break
        last = length
    return at


def _split(values: Arbs, parts: int) -> Floats:
    """Write numbers as sums of doubles, each the rest of those before."""
    found = []
    for _ in range(parts):
        rounded = np.array([float(value) for value in values.ravel()]).reshape(values.shape)
        found.append(rounded)
        values = values - arbs(rounded)
    return np.array(found)


def _around(reach: Floats) -> Arbs:
    return arbs(np.zeros(reach.shape), reach)


def spectrum_discs(
    network: Network, poles: Floats, coordinates: Floats, inner: float
) -> tuple[NDArray[np.complex128], Floats]:
    """Return centres and radii of discs that hold the spectrum, as `spectrum.discs` does.

    Parameters
    ----------
    network
    poles : (n,) array
    coordinates : (k, n, d - 1) array
    inner
        The equilibrium's chart coordinates are within this of the centre's.
    """
    with precision(53 * len(coordinates) + 106):
        system = read_precisely(network)
        centre = arbs(coordinates).sum(axis=0)
        box = centre + _around(np.full(centre.shape, inner))
        whole = acb_mat(matrix(linearisation(system, poles, box)))
        size = whole.nrows()
        unknown = np.zeros(size, dtype=np.complex128), np.full(size, np.inf)
        try:
            _, right = whole.mid().eig(right=True, algorithm="approx")
            right = right.mid()
            left = right.inv().mid()
        except (ValueError, ZeroDivisionError):
            return unknown
        mixed = array(left * whole * right)
        error = _norm(array(left * right - acb_mat(np.eye(size).tolist())))
        if not error < 1:
            return unknown
        change = error * _norm(mixed) / (1 - error)
        diagonal = np.eye(size, dtype=np.bool_)
        centres = np.array([complex(value.mid()) for value in mixed[diagonal]])
        beside = (np.abs(mixed) * ~diagonal).sum(axis=-1)
        away = np.array([abs(m - acb(c)) for m, c in zip(mixed[diagonal], centres, strict=True)])
        return centres, upper(beside + away + change)


def _norm(values: Arbs) -> Any:
    """Bound the norm of the largest row sum."""
    norm = arb(0)
    for row in np.abs(values).sum(axis=-1):
        norm = norm.max(row)
    return norm
