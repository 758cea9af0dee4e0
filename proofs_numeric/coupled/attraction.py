r"""Strong enough drives attract almost every start, whatever the crosstalk's symmetry (T6a).

If :math:`\|h_i\| > e_i` and :math:`(\|h_i\| - e_i)^2 > (S_i + a_i)^2 + 4 S_i^2` for all i, every
device has exactly one stable equilibrium; it attracts almost every start, at a linear rate of at
least :math:`\min_i \sqrt{(\|h_i\| - e_i)^2 - (S_i + a_i)^2} - 2 S_i`. J need not be symmetric,
and there may be natural frequencies.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

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
from lohe.proofs_numeric.enclosure import down, float_down, sqrt_down, up
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Attraction", "examine_attraction"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Attraction:
    """Whether T6a holds for every device.

    Parameters
    ----------
    rate_lower
        Positive lower bound of the linear rate of every device; None if not proved.
    reason
        Why not; empty if proved.
    """

    rate_lower: float | None
    reason: str = ""


def examine_attraction(
    network: Network, uncertainty: Uncertainty, drives: Drives | None = None
) -> Attraction:
    """Prove that on every device almost every start reaches one stable equilibrium, by T6a.

    Parameters
    ----------
    network
        Any network.
    uncertainty
        What the devices may differ in.
    drives
        The enclosed drives of the network, if they are known.

    Returns
    -------
    Attraction

    Raises
    ------
    InputError
        If the uncertainty is of couplings or anchors, and the network has none.

    Examples
    --------
    >>> one_way = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.25], [0.0, 0.0]])
    >>> rate = examine_attraction(one_way, Uncertainty()).rate_lower
    >>> bool(abs(rate - (np.sqrt(1 - 0.25**2) - 0.5)) < 1e-12)
    True
    """
    balance = weigh(network, uncertainty, drives)
    rates = _rates_lower(balance)
    doubtful = np.flatnonzero(~(rates > 0))
    doubtful = doubtful[np.argsort(_headroom(balance)[doubtful], kind="stable")]
    decided = 0
    for i, rate in decide_exactly(network, uncertainty, doubtful, _rate_down):
        if rate is None:
            return Attraction(None, _why_not(network, uncertainty, i))
        rates[i] = rate
        decided += 1
    if decided < doubtful.size:
        return Attraction(None, _too_many(doubtful.size, balance, int(doubtful[decided])))
    return Attraction(float(rates.min()))


def _rates_lower(balance: Balance) -> Floats:
    """Bound the rates from below; the hypothesis holds wherever the bound is positive."""
    drive, crosstalk = balance.drive_lower, balance.crosstalk_upper
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        turning = up(crosstalk + balance.frequency_upper)
        # (D - b)(D + b) loses no digits where D is close to b.
        product = np.maximum(down(drive - turning), 0.0) * np.maximum(down(drive + turning), 0.0)
        root = np.maximum(down(np.sqrt(np.maximum(down(product), 0.0))), 0.0)
        rates = down(root - 2 * crosstalk)
    return np.where((drive > turning) & np.isfinite(rates), rates, 0.0)


def _headroom(balance: Balance) -> Floats:
    """Return the drive over what it must exceed, to order the oscillators by."""
    with np.errstate(all="ignore"):
        needed = np.hypot(
            balance.crosstalk_upper + balance.frequency_upper, 2 * balance.crosstalk_upper
        )
        return np.where(needed > 0, balance.drive_lower / needed, np.sign(balance.drive_lower))


def _needed_square(balance: ExactBalance) -> Fraction:
    return (balance.crosstalk + balance.frequency) ** 2 + 4 * balance.crosstalk**2


def _rate_down(balance: ExactBalance) -> float | None:
    if not balance.drive_exceeds_root(_needed_square(balance)):
        return None
    drive = max(balance.drive_lower, Fraction(0))
    square = drive**2 - (balance.crosstalk + balance.frequency) ** 2
    rate = float_down(sqrt_down(max(square, Fraction(0))) - 2 * balance.crosstalk)
    return rate if rate > 0 else None


def _why_not(network: Network, uncertainty: Uncertainty, i: int) -> str:
    balance = weigh_exactly(network, uncertainty, i)
    needed = float(sqrt_down(_needed_square(balance)))
    return (
        f"oscillator {i} has a drive of at least {float(balance.drive_lower):.6g} on every device; "
        f"T6a needs more than {needed:.6g}, for crosstalk {float(balance.crosstalk):.6g} and "
        f"frequency {float(balance.frequency):.6g}"
    )


def _too_many(count: int, balance: Balance, i: int) -> str:
    return (
        f"{count} oscillators are too close to the limit of T6a for floats, too many to decide "
        f"exactly; one is {i}, with drive {balance.drive_lower[i]:.6g} and crosstalk "
        f"{balance.crosstalk_upper[i]:.6g}"
    )
