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
from lohe.proofs_numeric.equilibria.chart import poles
from lohe.proofs_numeric.equilibria.system import System
from lohe.proofs_numeric.jacobian import chart_basis

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
    middle, half = (cells.lower + cells.upper) / 2, (cells.upper - cells.lower) / 2
    frame, value, slope = _linearise(system, Cells(cells.charts, middle, middle), None)
    inverse = Balls.exact(_inverses(slope.middle.reshape(count, unknowns, unknowns)))
    step = (inverse @ value.reshape(count, unknowns, 1))[..., 0]
    _, _, slopes = _linearise(system, cells, frame)
    defect = np.eye(unknowns) - inverse @ slopes.reshape(count, unknowns, unknowns)
    reach = half.reshape(count, unknowns)
    spread = defect.magnitude * reach[:, np.newaxis, :]
    total = spread.sum(axis=-1)
    # Sums and products of non-negative floats, at least 2^-40 of each other's size: a relative
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


def _linearise(system: System, cells: Cells, frame: Floats | None) -> tuple[Floats, Balls, Balls]:
    r"""Enclose the field and its derivative by chart coordinates, in a fixed frame of each cell.

    Parameters
    ----------
    system
    cells
        All with charts.
    frame : (N, n, d, d - 1) array, optional
        By default the frame of the tangent spaces at the cells' middles, rounded: any frame
        will do.

    Returns
    -------
    frame : (N, n, d, d - 1) array
    value : Balls of shape (N, n, d - 1)
        :math:`B_i^\top P_{x_i}v_i`.
    slope : Balls of shape (N, n, d - 1, n, d - 1)
    """
    points, factors = ranges(cells)
    boxes = Balls.between(cells.lower, cells.upper)
    basis: Balls = chart_basis(boxes, points, poles(cells.charts))
    motions = basis * factors[..., np.newaxis, np.newaxis]
    if frame is None:
        frame = basis.middle
    turned = Balls.exact(np.swapaxes(frame, -1, -2))
    force = _forces(system, points)
    pull = (points * force).sum(axis=-1)
    velocity = force - points * pull[..., np.newaxis]
    if system.frequency is not None:
        velocity = velocity + (system.frequency @ points[..., np.newaxis])[..., 0]
    value = (turned @ velocity[..., np.newaxis])[..., 0]
    # Own block: A - <x, g> I - x g^T; crosstalk: J (I - x x^T).
    along = turned @ points[..., np.newaxis]
    own = turned * -pull[..., np.newaxis, np.newaxis] - along * force[..., np.newaxis, :]
    if system.frequency is not None:
        own = own + turned @ system.frequency
    diagonal = own @ motions
    n = points.shape[-2]
    across = turned - along * points[..., np.newaxis, :]
    rows = []
    for i in range(n):
        row = []
        for k in range(n):
            if i == k:
                row.append(diagonal[:, i])
            elif system.crosstalk is None:
                row.append(Balls.exact(np.zeros(diagonal[:, i].shape)))
            else:
                row.append(across[:, i] @ motions[:, k] * system.crosstalk[i, k])
        rows.append(stack(row, axis=2))
    return frame, value, stack(rows, axis=1)
