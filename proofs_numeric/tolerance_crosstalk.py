r"""Crosstalk that silences an oscillator: how far a tolerance of crosstalk can reach at most.

In a network whose oscillators neither hear each other nor turn, a device may let oscillator i
alone hear others, with :math:`\sum_k J_{ik} \hat h_k = -h_i`. All others rest stably only at
:math:`\hat h_k`, and there nothing moves oscillator i: it rests anywhere, and no equilibrium of
the network is asymptotically stable. The least :math:`\sum_k |J_{ik}|` is a linear program.
"""

from __future__ import annotations

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray
from scipy.optimize import linprog

from lohe.dynamics.network import Network
from lohe.proofs_numeric.enclosure import float_up
from lohe.proofs_numeric.exact import ExactAnchors
from lohe.proofs_numeric.settling_bound import arb_upper

__all__ = ["silencing_crosstalk"]

Floats = NDArray[np.float64]

# Oscillators that the linear program may listen to: those best aligned with the drive.
_HEARD = 512
_PRECISION = 256


def silencing_crosstalk(network: Network, i: int) -> float | None:
    """Return a row sum of crosstalk with which some device silences oscillator `i`.

    Parameters
    ----------
    network
        Without crosstalk and natural frequencies.
    i
        The oscillator; its drive is not zero.

    Returns
    -------
    float or None
        Rounded up; None if the drives of the others were not found to span the space.

    Examples
    --------
    >>> bool(2 <= silencing_crosstalk(Network([[2.0, 0.0], [5.0, 0.0], [0.0, 1.0]]), 0) < 2.001)
    True
    """
    drive = network.drive
    others = np.flatnonzero(np.any(drive != 0, axis=1))
    others = others[others != i]
    if len(others) < network.d or not np.any(drive[i]):
        return None
    with np.errstate(under="ignore"):
        scaled = drive[others] / np.abs(drive[others]).max(axis=1, keepdims=True)
    unit = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    target = drive[i] / np.abs(drive[i]).max()
    order = np.argsort(-np.abs(unit @ target), kind="stable")
    # The best aligned, and some of all the rest so that they span the space.
    kept = np.unique(np.concatenate([order[:_HEARD], order[:: max(1, len(order) // _HEARD)]]))
    basis = _cheapest(unit[kept].T, target)
    return None if basis is None else _enclosed_sum(network, i, others[kept[basis]])


def _cheapest(columns: Floats, target: Floats) -> NDArray[np.intp] | None:
    """Minimise the sum of |c| with columns @ c = -target; return a basis of the columns."""
    d, many = columns.shape
    result = linprog(
        np.ones(2 * many),
        A_eq=np.concatenate([columns, -columns], axis=1),
        b_eq=-target,
        bounds=(0, None),
        method="highs",
    )
    if result.x is None:
        return None
    weight = result.x[:many] + result.x[many:]
    chosen: list[int] = []
    for k in np.argsort(-weight, kind="stable"):
        trial = [*chosen, int(k)]
        if np.linalg.matrix_rank(columns[:, trial], tol=1e-9) == len(trial):
            chosen = trial
        if len(chosen) == d:
            return np.array(chosen)
    return None


def _enclosed_sum(network: Network, i: int, heard: NDArray[np.intp]) -> float | None:
    """Solve for the crosstalk from d others in ball arithmetic and bound the sum of its sizes."""
    exact = ExactAnchors(network)
    with ctx.workprec(_PRECISION):
        rows = []
        for k in heard:
            drive = [_ball(x.numerator, x.denominator) for x in exact.drive(int(k))]
            size = sum((x * x for x in drive), arb(0)).sqrt()
            rows.append([x / size for x in drive])
        target = [[-_ball(x.numerator, x.denominator)] for x in exact.drive(i)]
        try:
            solution = arb_mat(rows).transpose().solve(arb_mat(target))
        except ZeroDivisionError:
            return None
        total = sum((abs(x) for x in solution.entries()), arb(0))
        return float_up(arb_upper(total)) if total.is_finite() else None


def _ball(numerator: int, denominator: int) -> arb:
    return arb(numerator) / arb(denominator)
