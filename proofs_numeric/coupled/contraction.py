r"""Crosstalk weaker than half of every drive leaves exactly one stable resting point (T6).

With A = 0 and :math:`\|h_i\| - e_i > 2 S_i` for all i, the map
:math:`X \mapsto (h + JX)/\|h + JX\|` contracts by :math:`L = \max_i S_i/(\|h_i\| - e_i - S_i) < 1`
on every device: of its :math:`2^n` equilibria exactly one is stable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.balance import (
    Balance,
    ExactBalance,
    decide_exactly,
    weigh,
    weigh_exactly,
)
from lohe.proofs_numeric.decoupled import Drives
from lohe.proofs_numeric.enclosure import down, float_up, up
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Contraction", "examine_contraction"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Contraction:
    """Whether T6 holds for every device.

    Parameters
    ----------
    contraction_upper
        Upper bound, below 1, of the contraction factor L of every device; None if not proved.
    reason
        Why not; empty if proved.
    """

    contraction_upper: float | None
    reason: str = ""


def examine_contraction(
    network: Network, uncertainty: Uncertainty, drives: Drives | None = None
) -> Contraction:
    """Prove that every device has exactly one stable resting point, by T6.

    Parameters
    ----------
    network
        Any network; with natural frequencies the theorem does not apply.
    uncertainty
        What the devices may differ in.
    drives
        The enclosed drives of the network, if they are known.

    Returns
    -------
    Contraction
        A drive that is exactly twice its crosstalk is not proved; one that exceeds it by one
        unit in the last place is.

    Raises
    ------
    InputError
        If the uncertainty is of couplings or anchors, and the network has none.

    Examples
    --------
    >>> coupled = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.2], [0.2, 0.0]])
    >>> bound = examine_contraction(coupled, Uncertainty()).contraction_upper
    >>> 0.25 <= bound < 0.25 + 1e-12
    True
    """
    if uncertainty.turns(network):
        return Contraction(None, "T6 speaks of oscillators without natural frequencies")
    balance = weigh(network, uncertainty, drives)
    drive, crosstalk = balance.drive_lower, balance.crosstalk_upper
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        proved = drive > 2 * crosstalk
        factors = np.where(crosstalk == 0, 0.0, up(crosstalk / down(drive - crosstalk)))
        badness = np.where(drive > 0, crosstalk / drive, np.inf)
    # Rounding may lift a factor below 1 to 1.
    doubtful = np.flatnonzero(~(proved & (factors < 1)))
    doubtful = doubtful[np.argsort(-badness[doubtful], kind="stable")]
    decided = 0
    for i, factor in decide_exactly(network, uncertainty, doubtful, _factor_up):
        if factor is None:
            return Contraction(None, _why_not(network, uncertainty, i))
        factors[i] = factor
        decided += 1
    if decided < doubtful.size:
        return Contraction(None, _too_many(doubtful.size, balance, int(doubtful[decided])))
    return Contraction(float(factors.max()))


def _factor_up(balance: ExactBalance) -> float | None:
    if not balance.drive_exceeds_root((2 * balance.crosstalk) ** 2):
        return None
    rest = balance.drive_lower - balance.crosstalk
    if rest <= balance.crosstalk:
        return None if balance.crosstalk else 0.0
    factor = float_up(balance.crosstalk / rest)
    return factor if factor < 1 else None


def _why_not(network: Network, uncertainty: Uncertainty, i: int) -> str:
    balance = weigh_exactly(network, uncertainty, i)
    return (
        f"oscillator {i} has a drive of at least {float(balance.drive_lower):.6g} on every device; "
        f"T6 needs more than twice its crosstalk, {2 * float(balance.crosstalk):.6g}"
    )


def _too_many(count: int, balance: Balance, i: int) -> str:
    return (
        f"{count} oscillators are too close to the limit of T6 for floats, too many to decide "
        f"exactly; one is {i}, with drive {balance.drive_lower[i]:.6g} and crosstalk "
        f"{balance.crosstalk_upper[i]:.6g}"
    )
