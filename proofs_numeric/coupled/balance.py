r"""The drive of each oscillator against everything else that moves it, over all devices.

The theorems on coupled networks (T6, T6a) compare, for every device, the least drive
:math:`\|h_i\| - e_i` with the crosstalk :math:`S_i = s_i + \eta` and the rotation
:math:`a_i = a^F_i + \omega`. Here they are bounded in floats for all oscillators at once, and
given exactly for the few where floats cannot decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.strength import (
    crosstalk_sum_exactly,
    crosstalk_sums_upper,
    frequency_norm_up,
    frequency_norms_upper,
)
from lohe.proofs_numeric.decoupled import Drives, enclose_drives
from lohe.proofs_numeric.enclosure import down, rescale_down, sqrt_down, up
from lohe.proofs_numeric.exact import ExactAnchors, inner, rationals
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Balance", "ExactBalance", "decide_exactly", "weigh", "weigh_exactly"]

Floats = NDArray[np.float64]

# Most oscillators that are decided in rationals, and most entries of their rows of J and W: a few
# seconds at worst.
_EXAMINED = 8192
_EXAMINED_ENTRIES = 2**22


@dataclass(frozen=True, eq=False)
class Balance:
    r"""Bounds that hold for every device.

    Parameters
    ----------
    drive_lower : (n,) array
        Of :math:`\|h_i\| - e_i`; negative where a device may have no drive.
    crosstalk_upper : (n,) array
        Of :math:`S_i = s_i + \eta`.
    frequency_upper : (n,) array
        Of :math:`a_i = \|A_i\|_F/\sqrt2 + \omega`.
    """

    drive_lower: Floats
    crosstalk_upper: Floats
    frequency_upper: Floats


@dataclass(frozen=True)
class ExactBalance:
    r"""The same for one oscillator, in rationals.

    Parameters
    ----------
    drive_square
        The exact :math:`\|h_i\|^2` of the stored network.
    error
        :math:`e_i`, exact where the anchors' norms are rational, else 1e-38 above.
    crosstalk
        The exact :math:`S_i`.
    frequency
        :math:`a_i`, exact where the root is rational (always for d = 2), else 1e-38 above.
    """

    drive_square: Fraction
    error: Fraction
    crosstalk: Fraction
    frequency: Fraction

    @property
    def drive_lower(self) -> Fraction:
        """A lower bound of the least drive of any device."""
        return sqrt_down(self.drive_square) - self.error

    def drive_exceeds_root(self, square: Fraction) -> bool:
        r"""Say whether :math:`\|h_i\| - e_i > \sqrt{q}` for q >= 0, without taking a root.

        It means that r > 0 and r² > 4 e² q, for r = ‖h‖² - e² - q.
        """
        rest = self.drive_square - self.error**2 - square
        return rest > 0 and rest**2 > 4 * self.error**2 * square


def weigh(network: Network, uncertainty: Uncertainty, drives: Drives | None = None) -> Balance:
    """Bound drive, crosstalk and rotation of every oscillator over all devices.

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
    Balance

    Examples
    --------
    >>> balance = weigh(Network([[3.0, 4.0]]), Uncertainty(crosstalk=0.5))
    >>> float(balance.drive_lower[0].round(12)), float(balance.crosstalk_upper[0].round(12))
    (5.0, 0.5)
    """
    known = enclose_drives(network) if drives is None else drives
    norms = rescale_down(known.lower, known.exponent)
    sums, rotations = crosstalk_sums_upper(network), frequency_norms_upper(network)
    errors = uncertainty.drive_errors(network, known)
    with np.errstate(over="ignore"):
        return Balance(
            down(norms - errors) if np.any(errors) else norms,
            up(sums + uncertainty.crosstalk) if uncertainty.crosstalk else sums,
            up(rotations + uncertainty.frequency) if uncertainty.frequency else rotations,
        )


def weigh_exactly(network: Network, uncertainty: Uncertainty, i: int) -> ExactBalance:
    """Compute the balance of oscillator `i` in rationals."""
    return _weigh_exactly(ExactAnchors(network), uncertainty, i)


def _weigh_exactly(exact: ExactAnchors, uncertainty: Uncertainty, i: int) -> ExactBalance:
    network = exact.network
    drive = exact.drive(i)
    mismatch, anchors = Fraction(uncertainty.mismatch), Fraction(uncertainty.anchors)
    error = mismatch * exact.mass_up(i) if mismatch else Fraction(0)
    if anchors:
        assert network.couplings is not None
        error += anchors * (1 + mismatch) * sum(rationals(network.couplings[i]), Fraction(0))
    return ExactBalance(
        inner(drive, drive),
        error,
        crosstalk_sum_exactly(network, i) + Fraction(uncertainty.crosstalk),
        frequency_norm_up(network, i) + Fraction(uncertainty.frequency),
    )


def decide_exactly(
    network: Network,
    uncertainty: Uncertainty,
    doubtful: NDArray[np.intp],
    judge: Callable[[ExactBalance], float | None],
) -> Iterator[tuple[int, float | None]]:
    """Judge oscillators in rationals, in the given order, as long as it stays cheap.

    Parameters
    ----------
    network, uncertainty
    doubtful : (m,) int array
        Oscillators, the likeliest to fail first.
    judge
        Returns what is proved of an oscillator, or None.

    Yields
    ------
    oscillator, verdict
        Fewer than m where the work would exceed a few seconds.
    """
    exact = ExactAnchors(network)
    matrix, couplings = network.crosstalk, network.couplings
    keys = 0 if couplings is None else couplings.shape[1]
    left = _EXAMINED_ENTRIES
    for i in doubtful[:_EXAMINED].tolist():
        heard = 0 if matrix is None else network.n
        if sparse.issparse(matrix):
            heard = int(matrix.indptr[i + 1] - matrix.indptr[i])
        left -= heard + keys + network.d**2
        if left < 0:
            return
        yield i, judge(_weigh_exactly(exact, uncertainty, i))
