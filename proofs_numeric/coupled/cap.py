r"""Certified caps: starts that reach one resting point near a centre, on every device (T6b).

Two caps around the same unit vectors y are proved to trap (`trapping`): the outer, as large as is
found, and the inner, as small, within which the flow contracts. Every start inside the outer one
then ends in the inner one, at the only equilibrium there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm, normalise
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.coupled.forces import enclose_forces
from lohe.proofs_numeric.coupled.trapping import Hold, contraction_lower, trapping_angles, traps
from lohe.proofs_numeric.coupled.volume import angle_lower, angle_upper, share_lower, volume_lower
from lohe.proofs_numeric.coupled.weights import cap_weight_error_upper
from lohe.proofs_numeric.decoupled import Drives
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.proofs_numeric.weights import bears_weights

__all__ = ["Cap", "certify_cap"]

Floats = NDArray[np.float64]

# Slack of the proved angles beyond those found in floats, tried in turn.
_SLACKS = (1e-12, 1e-9, 1e-6, 1e-3)
# How far the norms of a given centre's rows may be from 1.
_UNIT_GUARD = 1e-6


@dataclass(frozen=True, eq=False)
class Cap:
    r"""What is proved of all starts near a centre, on every device.

    Parameters
    ----------
    centre : (n, d) array
        Rows of floats; the centre is their exact directions.
    inner, outer
        :math:`\tan(u/2)` at the two angles :math:`\varphi = 2u`, exact floats.
    angle_lower
        Lower bound of the outer angle, in radians: every start with all angles to the centre
        below it converges to the device's one resting point near the centre.
    inner_upper
        Upper bound of the inner angle, in radians: that point has all angles to the centre at
        most this.
    rate_lower
        Positive lower bound of the rate at which starts within the inner angle converge.
    share_lower
        Share of the sphere within the outer angle.
    volume_lower
        Share of all states with every oscillator within it; 0.0 if below the smallest float.
    weight_error_upper
        Bound of the change of the attention weights; None without couplings, or for a readout
        exponent below 1.
    """

    centre: Floats
    inner: float
    outer: float
    angle_lower: float
    inner_upper: float
    rate_lower: float
    share_lower: float
    volume_lower: float
    weight_error_upper: float | None


def certify_cap(
    network: Network,
    uncertainty: Uncertainty,
    centre: Floats | None = None,
    drives: Drives | None = None,
) -> Cap | str:
    """Prove a cap of starts that reach one resting point, on every device (T6b).

    Parameters
    ----------
    network
        Any network.
    uncertainty
        What the devices may differ in.
    centre : (n, d) array, optional
        Unit vectors near a resting point, normalised anew; by default they are sought
        (`find_centre`).
    drives
        The enclosed drives of the network, if they are known.

    Returns
    -------
    Cap, or str
        The reason why no cap is proved.

    Raises
    ------
    InputError
        If the uncertainty is of couplings or anchors, and the network has none; if the centre
        has not the network's shape, or its rows are no unit vectors.

    Examples
    --------
    >>> coupled = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.2], [0.2, 0.0]])
    >>> cap = certify_cap(coupled, Uncertainty())
    >>> bool(abs(np.cos(cap.angle_lower / 2) - 0.2 / 1.2) < 1e-9), cap.inner_upper < 1e-12
    (True, True)
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore", divide="ignore"):
        errors = uncertainty.drive_errors(network, drives)
        state = find_centre(network) if centre is None else _read(centre, network)
        if state is None:
            return "no resting point was found in floats to put a cap around"
        forces = enclose_forces(network, state)
        if forces is None:
            return "the network's entries exceed 2^200, beyond what floats bound here"
        hold = Hold.of(forces, errors, uncertainty)
        found = trapping_angles(hold)
        if isinstance(found, str):
            return found
        proved = _prove(hold, *found)
    if isinstance(proved, str):
        return proved
    inner, outer, rate = proved
    error = None
    if bears_weights(network):
        error = cap_weight_error_upper(network, uncertainty, state, inner)
    return Cap(
        centre=state,
        inner=inner,
        outer=outer,
        angle_lower=angle_lower(outer),
        inner_upper=angle_upper(inner),
        rate_lower=rate,
        share_lower=share_lower(outer, network.d),
        volume_lower=volume_lower(outer, network.d, network.n),
        weight_error_upper=error,
    )


def _read(centre: Floats, network: Network) -> Floats:
    rows = np.array(centre, dtype=np.float64)
    if rows.shape != (network.n, network.d):
        raise InputError(f"centre has shape {rows.shape}; expected {(network.n, network.d)}")
    if not np.all(np.abs(norm(rows) - 1) <= _UNIT_GUARD):
        raise InputError("centre has rows off the sphere; normalise them")
    return normalise(rows)


def _prove(hold: Hold, inner: float, outer: float) -> tuple[float, float, float] | str:
    """Prove T6b at floats near tan(u/2) of both angles; return them and the rate, or why not."""
    for slack in _SLACKS:
        large = min(math.tan(outer / 2) * (1 - slack), math.nextafter(1.0, 0.0))
        small = math.tan(inner / 2) * (1 + slack)
        if not 0 < small <= large:
            continue
        if traps(hold, small) and traps(hold, large):
            rate = contraction_lower(hold, small)
            if rate > 0:
                return small, large, rate
            return (
                f"starts within {2 * outer:.6g} rad of the centre come and stay within "
                f"{2 * inner:.6g} rad, but may not all settle there: the errors are too large"
            )
    return "a cap was found in floats, but too narrow a one to be proved"
