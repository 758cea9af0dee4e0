r"""Proofs that cells hold no equilibrium, thousands of cells at a time (T8).

A state is an equilibrium when each :math:`x_i` is parallel to
:math:`v_i = A_ix_i + h_i + \sum_k J_{ik}x_k`, so one minor :math:`v_jx_k - v_kx_j` that excludes
zero rules a cell out, even where other oscillators are still whole spheres. Where all have charts,
Krawczyk's operator rules out more, the closer the cell is to an equilibrium that it misses.

Both proofs are found by one program and replayed by another that shares no code with it. They
count here only with room to spare, so that the same proof in another arithmetic succeeds too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.balls import Balls, stack
from lohe.proofs_numeric.equilibria.cells import WHOLE, Cells, ranges
from lohe.proofs_numeric.equilibria.chart import Frame, frame_at, poles, seen_from
from lohe.proofs_numeric.equilibria.system import System
from lohe.proofs_numeric.jacobian import field_jacobian_block, tangent_projector

__all__ = ["Krawczyk", "excluded_by_minors", "krawczyk"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

# Room to spare: minors must exclude zero with radii this much larger, Krawczyk's operator must
# miss its box with a spread this much larger. Neither is needed for the proof itself.
_MINOR_ROOM = 1.001
_KRAWCZYK_ROOM = 1.15

_LESS, _MORE, _TINY = 1 - 2.0**-50, 1 + 2.0**-50, 2.0**-900


def _forces(system: System, points: Balls) -> Balls:
    """Enclose g_i = h_i + sum_k J_ik x_k over cells, (N, n, d)."""
    total: Balls = system.drive + np.zeros(points.shape)
    return total if system.crosstalk is None else total + system.crosstalk @ points


def excluded_by_minors(system: System, cells: Cells) -> Flags:
    r"""Say which cells some minor :math:`v_jx_k - v_kx_j` of a charted oscillator rules out.

    The natural frequency's part of the minor,
    :math:`A_{jk}(1 - \sum_m x_m^2) + \sum_m x_m(A_{jm}x_k - A_{km}x_j)` over all m but j and k,
    is constant for d = 2.

    Returns
    -------
    (N,) bool array
    """
    points, _ = ranges(cells)
    force = _forces(system, points)
    charted = cells.charts != WHOLE
    found = np.zeros(len(cells), dtype=np.bool_)
    for j, k in combinations(range(points.shape[-1]), 2):
        minor = force[..., j] * points[..., k] - force[..., k] * points[..., j]
        if system.frequency is not None:
            minor = minor + _turning(system.frequency, points, j, k)
        away = np.abs(minor.middle) > _MINOR_ROOM * minor.radius
        found |= np.any(away & (minor.mignitude > 0) & charted, axis=-1)
    return found


def _turning(frequency: Balls, points: Balls, j: int, k: int) -> Balls:
    """Enclose the natural frequency's part of a minor, (N, n)."""
    turning = frequency[:, j, k] + np.zeros(points.shape[:-1])
    for m in range(points.shape[-1]):
        if m not in (j, k):
            x = points[..., m]
            # The range of a square never goes below zero; room for rounding and underflow.
            most = np.square(x.magnitude) * _MORE + _TINY
            square = Balls.between(np.square(x.mignitude) * _LESS, most)
            across = points[..., k] * frequency[:, j, m] - points[..., j] * frequency[:, k, m]
            turning = turning - square * frequency[:, j, k] + x * across
    return turning


@dataclass(frozen=True, eq=False)
class Krawczyk:
    r"""What Krawczyk's operator says about cells.

    Parameters
    ----------
    excludes : (N,) bool array
        The cell holds no equilibrium.
    contracts : (N,) bool array
        Newton's method from the middle is likely to converge: a guess, nothing proved.
    spread : (N, n (d - 1)) array
        What the width of each coordinate adds to the operator's, rounded.
    """

    excludes: Flags
    contracts: Flags
    spread: Floats


def krawczyk(system: System, cells: Cells) -> Krawczyk:
    r"""Apply Krawczyk's operator to cells all of whose oscillators have charts.

    With any matrix C, an equilibrium of the cell at :math:`\xi` satisfies
    :math:`\xi - \tilde\xi \in -CF(\tilde\xi) + (I - C\,DF(\text{cell}))(\xi - \tilde\xi)`, F the
    vector field in any fixed frame and :math:`\tilde\xi` the middle. If some coordinate of the
    right side is farther than the cell is wide, there is none.

    References
    ----------
    R. Krawczyk, Newton-Algorithmen zur Bestimmung von Nullstellen mit Fehlerschranken, *Computing*
    4 (1969) 187-201.
    """
    count, n, coordinates = cells.lower.shape
    unknowns = n * coordinates
    signs = poles(cells.charts)
    half = (cells.upper - cells.lower) / 2
    centre = frame_at(signs, Balls.exact((cells.lower + cells.upper) / 2))
    still, offset = Balls.exact(np.zeros_like(half)), Balls(np.zeros_like(half), half)
    slope = _slopes(system, centre, centre, still).middle
    inverse = Balls.exact(_inverses(slope.reshape(count, unknowns, unknowns)))
    step = (inverse @ _velocities(system, centre).reshape(count, unknowns, 1))[..., 0]
    box = frame_at(signs, Balls.between(cells.lower, cells.upper))
    slopes = _slopes(system, centre, box, offset).reshape(count, unknowns, unknowns)
    defect = np.eye(unknowns) - inverse @ slopes
    reach = half.reshape(count, unknowns)
    spread = defect.magnitude * reach[:, np.newaxis, :]
    total = spread.sum(axis=-1)
    # Sums and products of non-negative floats, at least 2^-24 of each other's size: a relative
    # 1e-12 pays for their rounding, whatever the room.
    with np.errstate(invalid="ignore"):
        bound = (reach + _KRAWCZYK_ROOM * total) * (1 + 1e-12)
        excludes = np.any(step.mignitude > bound, axis=-1)
        contracts = np.all(total < reach, axis=-1)
    return Krawczyk(excludes, contracts, spread.sum(axis=-2))


def _inverses(matrices: Floats) -> Floats:
    """Invert in floats, roughly where a matrix is singular: any C proves what it proves."""
    try:
        inverses = np.linalg.inv(matrices)
    except np.linalg.LinAlgError:
        size = np.max(np.abs(matrices), axis=(-2, -1), keepdims=True)
        # An irregular diagonal, so that it cancels in no matrix of small integers.
        away = np.diag(1 + np.sqrt(np.arange(matrices.shape[-1]) + 2))
        inverses = np.linalg.inv(matrices + 1e-9 * (size + (size == 0)) * away)
    return np.where(np.isfinite(inverses), inverses, 0.0)


def _velocities(system: System, centre: Frame) -> Balls:
    """Enclose the velocities at the centres, in their frames, (N, n, d - 1)."""
    velocity = _forces(system, centre.point)
    if system.frequency is not None:
        velocity = velocity + (system.frequency @ centre.point[..., np.newaxis])[..., 0]
    found: Balls = (centre.basis.mT @ velocity[..., np.newaxis])[..., 0]
    return found


def _slopes(system: System, centre: Frame, box: Frame, offset: Balls) -> Balls:
    """Enclose the derivatives over cells in the frames of their centres, (N, n, d-1, n, d-1).

    The same as `system.derivative`, for many cells at a time.
    """
    point, basis = seen_from(centre, box, offset)
    whole, scale = centre.whole, box.conformal[..., np.newaxis, np.newaxis]
    force = (whole.mT @ _forces(system, box.point)[..., np.newaxis])[..., 0]
    frequency = None if system.frequency is None else whole.mT @ system.frequency @ whole
    own = field_jacobian_block(point, force, frequency)
    diagonal = own[..., 1:, :] @ (basis * scale)
    across, motion = tangent_projector(point)[..., 1:, :] @ whole.mT, box.basis * scale
    n = point.shape[-2]
    rows = []
    for i in range(n):
        row = []
        for k in range(n):
            if i == k:
                row.append(diagonal[:, i])
            elif system.crosstalk is None:
                row.append(Balls.exact(np.zeros(diagonal[:, i].shape)))
            else:
                row.append((across[:, i] @ motion[:, k]) * system.crosstalk[i, k])
        rows.append(stack(row, axis=2))
    found: Balls = stack(rows, axis=1)
    return found
