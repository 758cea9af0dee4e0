r"""What may differ from device to device: the set of networks that one certificate covers.

A device has couplings :math:`W_{ij}(1 + e_{ij})` with :math:`|e_{ij}| \le \epsilon`, sees each
anchor displaced by at most :math:`\delta`, has crosstalk :math:`J'` with zero diagonal and
:math:`\sum_k |J'_{ik} - J_{ik}| \le \eta` for every i, and natural frequencies :math:`A'_i`, skew,
with :math:`\|A'_i - A_i\|_2 \le \omega`. Its drives are off by at most
:math:`e_i = \epsilon \sum_j W_{ij} \|r_j\| + \delta (1 + \epsilon) \sum_j W_{ij}`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import Drives, enclose_drives, row_blocks
from lohe.proofs_numeric.enclosure import float_up, rescale_up, sum_up, up

__all__ = ["Uncertainty", "coupling_sums_upper"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Uncertainty:
    """How far a device may be from the stored network; each figure is taken exactly.

    Parameters
    ----------
    mismatch
        Largest relative error of a coupling.
    crosstalk
        Largest sum of absolute errors in a row of the crosstalk, in its own units.
    frequency
        Largest spectral norm of the error of a natural frequency.
    anchors
        Largest Euclidean displacement of an anchor, as one oscillator sees it.

    Raises
    ------
    InputError
        If a figure is negative or not finite.

    Examples
    --------
    >>> Uncertainty().none, Uncertainty(frequency=0.1).none
    (True, False)
    >>> Uncertainty(mismatch=0.5).drive_errors(Network(couplings=[[2.0]], anchors=[[1.0, 0.0]]))
    array([1.])
    """

    mismatch: float = 0.0
    crosstalk: float = 0.0
    frequency: float = 0.0
    anchors: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = float(getattr(self, field.name))
            if not 0 <= value < math.inf:
                raise InputError(f"{field.name} is {value}; it must be finite and 0 or more")
            object.__setattr__(self, field.name, value)

    @property
    def none(self) -> bool:
        """Whether the stored network is the only device."""
        return not (self.mismatch or self.crosstalk or self.frequency or self.anchors)

    def crosses(self, network: Network) -> bool:
        """Say whether oscillators hear each other on some device."""
        return self.crosstalk > 0 or network.has_crosstalk

    def turns(self, network: Network) -> bool:
        """Say whether oscillators have natural frequencies on some device."""
        return self.frequency > 0 or network.has_frequency

    def drive_errors(self, network: Network, drives: Drives | None = None) -> Floats:
        r"""Bound :math:`\|h'_i - h_i\|` over all devices.

        Parameters
        ----------
        network
            With couplings and anchors if `mismatch` or `anchors` is positive.
        drives
            Its enclosed drives, if they are known.

        Returns
        -------
        (n,) array
            Upper bounds; infinity beyond the largest float, exactly 0 without either error.

        Raises
        ------
        InputError
            If `mismatch` or `anchors` is positive and the network has drives only.
        """
        if not (self.mismatch or self.anchors):
            return np.zeros(network.n)
        _need_anchors(network, "mismatch" if self.mismatch else "anchors")
        found = np.zeros(network.n)
        with np.errstate(over="ignore"):
            if self.mismatch:
                known = enclose_drives(network) if drives is None else drives
                mass = _product_up(self.mismatch, known.mass_upper)
                found = rescale_up(mass, known.exponent)
            if self.anchors:
                moved = self.displacements(network)
                found = up(found + moved) if self.mismatch else moved
        return found

    def displacements(self, network: Network) -> Floats:
        r"""Bound the anchors' part of the drive errors, :math:`\delta(1 + \epsilon)\sum_j W_{ij}`.

        Returns
        -------
        (n,) array
            Upper bounds; infinity beyond the largest float.

        Raises
        ------
        InputError
            If `anchors` is positive and the network has drives only.
        """
        if not self.anchors:
            return np.zeros(network.n)
        _need_anchors(network, "anchors")
        reach = float_up(Fraction(self.anchors) * (1 + Fraction(self.mismatch)))
        with np.errstate(over="ignore"):
            return _product_up(reach, coupling_sums_upper(network))


def _need_anchors(network: Network, name: str) -> None:
    if network.couplings is None:
        raise InputError(f"{name} needs a network with couplings and anchors; this has drives")


def coupling_sums_upper(network: Network) -> Floats:
    """Bound the sum of each oscillator's couplings from above, (n,); they are needed."""
    assert network.couplings is not None
    found = np.empty(network.n)
    for rows in row_blocks(*network.couplings.shape):
        block = network.couplings[rows]
        exponent = np.frexp(block.max(axis=1))[1].astype(np.int64)
        # Entries far below the largest may be rounded here; the bound's own slack is larger.
        scaled = np.ldexp(block, -exponent[:, np.newaxis])
        with np.errstate(over="ignore"):
            bound = rescale_up(sum_up(scaled), exponent)
        found[rows] = np.where(block.any(axis=1), bound, 0.0)
    return found


def _product_up(factor: float, values: Floats) -> Floats:
    """Bound products of non-negative numbers; zero only where the product is exactly zero."""
    product = factor * values
    exact = (values == 0) | (factor == 1.0)
    return np.where(exact, product, up(product))
