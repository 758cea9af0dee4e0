r"""The forces at a guessed resting point, with rigorous errors: what T6b is checked on.

The centre of a cap is exact unit vectors :math:`y_i = Y_i/\|Y_i\|`, given by rows Y of floats.
With :math:`g_i = h_i + \sum_k J_{ik} y_k`, T6b asks for bounds of :math:`\ell_i = \langle y_i,
g_i\rangle`, of :math:`\|A_i y_i\|` and of the residual :math:`f_i = A_i y_i + g_i - \ell_i y_i`.
Errors are bounded oscillator by oscillator in the Euclidean norm: that of :math:`\sum_k J_{ik}
Y_k` by :math:`\gamma_k s_i`, which needs no second product with :math:`|J|`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.strength import crosstalk_sums_upper, row_sum_growth
from lohe.proofs_numeric.decoupled import row_blocks
from lohe.proofs_numeric.enclosure import (
    PRODUCT_UNDERFLOW,
    SAFE_EXPONENT,
    down,
    float_up,
    gamma,
    norm_bounds,
    product,
    up,
)

__all__ = ["Forces", "enclose_forces"]

Floats = NDArray[np.float64]

# Sizes of entries within which the bounds of products, squares and underflow hold.
_LARGEST = 2.0**SAFE_EXPONENT
# How far the norms of the centre's rows may be from 1.
_ROUNDING = 2.0**-19
# Unit roundoff, doubled: pays for the rounding of the bound that it enters as well.
_UNIT = 2.0**-52


@dataclass(frozen=True, eq=False)
class Forces:
    r"""Bounds of the forces on every oscillator at the exact unit vectors of a centre.

    Parameters
    ----------
    along_lower : (n,) array
        Of :math:`\ell_i = \langle y_i, g_i\rangle`.
    rotation_upper : (n,) array
        Of :math:`\|A_i y_i\|`.
    residual_upper : (n,) array
        Of :math:`\|f_i\|`.
    crosstalk_upper : (n,) array
        Of :math:`s_i = \sum_k |J_{ik}|`.
    drive_along_lower : (n,) array
        Of :math:`\langle y_i, h_i\rangle`.
    across_upper : (n,) array
        Of the part of :math:`\sum_k J_{ik} y_k` across :math:`y_i`.
    """

    along_lower: Floats
    rotation_upper: Floats
    residual_upper: Floats
    crosstalk_upper: Floats
    drive_along_lower: Floats
    across_upper: Floats


def enclose_forces(network: Network, centre: Floats) -> Forces | None:
    """Bound the forces on every oscillator at a state.

    Parameters
    ----------
    network
        Any network; drives given by couplings and anchors are the exact sums.
    centre : (n, d) array
        Rows are unit vectors up to rounding; their exact directions count.

    Returns
    -------
    Forces, or None
        None if entries of the network exceed 2^200, or rows of the centre are no unit vectors.

    Examples
    --------
    >>> forces = enclose_forces(Network([[3.0, 4.0]]), np.array([[0.6, 0.8]]))
    >>> bool(5 - 1e-13 < forces.along_lower[0] <= 5), bool(forces.residual_upper[0] < 1e-14)
    (True, True)
    """
    y = np.ascontiguousarray(centre, dtype=np.float64)
    if not np.all(np.isfinite(y)) or np.abs(y).max() > 2:
        return None
    lower, upper = norm_bounds(y, np.zeros_like(y))
    off = float(np.maximum(up(upper - 1), up(1 - lower)).max())
    sums = crosstalk_sums_upper(network)
    if not (off <= _ROUNDING and _moderate(network, sums)):
        return None
    drive, drive_radius = _enclose_drive(network)
    felt, felt_radius = _enclose_felt(network, y, sums, off)
    total = drive + felt
    # |fl(a + b) - (a + b)| <= u |fl(a + b)| in every coordinate.
    size = norm_bounds(total, np.zeros_like(total))[1]
    radius = up(up(drive_radius + felt_radius) + up(size * _UNIT))
    turned, turned_radius, rotation = _enclose_rotation(network, y, off)
    along, along_lower = _along_lower(y, total, radius, off)
    residual = _residual_upper(y, total, turned, along)
    # Both the force and the rotation are uncertain, and the norm of Y_k is not quite 1.
    residual = up(residual + up(radius + turned_radius))
    drive_along_lower = _along_lower(y, drive, drive_radius, off)[1]
    felt_along = _inner_products(y, felt)[0]
    across = up(_residual_upper(y, felt, np.zeros_like(felt), felt_along) + felt_radius)
    return Forces(along_lower, rotation, residual, sums, drive_along_lower, across)


def _moderate(network: Network, sums: Floats) -> bool:
    """Say whether all entries lie within the range in which the bounds below hold."""
    arrays = [network.drive, sums]
    if network.couplings is not None and network.anchors is not None:
        arrays += [network.couplings, network.anchors]
    if network.frequency is not None:
        arrays.append(network.frequency)
    return all(
        max(float(array.max(initial=0.0)), -float(array.min(initial=0.0))) <= _LARGEST
        for array in arrays
    )


def _enclose_drive(network: Network) -> tuple[Floats, Floats]:
    """Return the drives and bounds of their errors, (n, d) and (n,)."""
    if network.couplings is None:
        return network.drive, np.zeros(network.n)
    assert network.anchors is not None
    middle, radius = np.empty((network.n, network.d)), np.empty(network.n)
    for rows in row_blocks(*network.couplings.shape):
        middle[rows], errors = product(network.couplings[rows], network.anchors)
        radius[rows] = norm_bounds(np.zeros_like(errors), errors)[1]
    return middle, radius


def _enclose_felt(network: Network, y: Floats, sums: Floats, off: float) -> tuple[Floats, Floats]:
    r"""Return J Y and, for each oscillator, a bound of its distance from :math:`\sum_k J_ik y_k`.

    A row of k products is off by at most :math:`\gamma_k \sum |J_{ik}||Y_k| \le \gamma_k s_i (1 +
    \mathrm{off})` in norm, by the triangle inequality for the vectors of the :math:`|Y_{kc}|`, and
    :math:`\|Y_k - y_k\| \le` off.
    """
    matrix = network.crosstalk
    if matrix is None:
        return np.zeros_like(y), np.zeros(network.n)
    held = np.diff(matrix.indptr) if sparse.issparse(matrix) else network.n
    counts = np.broadcast_to(held, network.n)
    # growth - 1 exceeds gamma_(k+2), and so gamma_k (1 + off) with room for two roundings.
    share = up((row_sum_growth(counts) - 1) + off)
    radius = up(up(sums * share) + counts * (2 * network.d * PRODUCT_UNDERFLOW))
    return np.asarray(matrix @ y), radius


def _enclose_rotation(network: Network, y: Floats, off: float) -> tuple[Floats, Floats, Floats]:
    r"""Return A Y, bounds of its distance from :math:`A_i y_i`, and bounds of :math:`\|A_i y_i\|`.

    Where A_i is zero all three are exactly zero.
    """
    if network.frequency is None:
        return np.zeros_like(y), np.zeros(network.n), np.zeros(network.n)
    d = network.d
    middle = np.einsum("nij,nj->ni", network.frequency, y)
    # Off by gamma_d |A||Y| in each coordinate, and by ||A|| off for the norm of the row.
    entries = network.frequency.reshape(network.n, d * d)
    frobenius = norm_bounds(entries, np.zeros_like(entries))[1]
    radius = up(frobenius * float_up(2 * gamma(d + 2)) + up(frobenius * off))
    radius = up(radius + 2 * d * d * PRODUCT_UNDERFLOW)
    rotation = up(norm_bounds(middle, np.zeros_like(middle))[1] + radius)
    still = ~np.any(entries, axis=1)
    return middle, np.where(still, 0.0, radius), np.where(still, 0.0, rotation)


def _along_lower(y: Floats, force: Floats, radius: Floats, off: float) -> tuple[Floats, Floats]:
    """Return computed products of rows, and lower bounds of those along the rows' directions."""
    along, along_radius = _inner_products(y, force)
    lowest = down(along - up(along_radius + up(radius * (1 + _ROUNDING))))
    # Dividing by a norm within 1 +- off makes a positive bound smaller at most by this factor.
    return along, np.where(lowest > 0, down(lowest * _shrink(off)), down(lowest * 2))


def _inner_products(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Enclose the inner products of rows, |x| being at most 2."""
    d = x.shape[1]
    middle = np.einsum("ni,ni->n", x, y)
    size = norm_bounds(y, np.zeros_like(y))[1]
    # gamma_d ||x|| ||y|| by Cauchy and Schwarz.
    return middle, up(size * float_up(4 * gamma(d + 2)) + 2 * d * PRODUCT_UNDERFLOW)


def _residual_upper(y: Floats, total: Floats, turned: Floats, along: Floats) -> Floats:
    r"""Bound the norm of the part of :math:`total + turned` across each row of y.

    The part across y is no longer than the distance to any multiple of it, so the computed
    inner product will do.
    """
    multiple = along[:, np.newaxis] * y
    force = total + turned
    middle = force - multiple
    # Three rounded operations in each coordinate, each off by u of its own result.
    errors = up(up(np.abs(multiple) + np.abs(force)) * _UNIT + np.abs(middle) * _UNIT)
    errors = up(errors + PRODUCT_UNDERFLOW)
    return norm_bounds(middle, errors)[1]


def _shrink(off: float) -> float:
    """Return a lower bound of 1 / (1 + off)."""
    return float(np.nextafter(1 - off, 0.0))
