"""The same quantities in exact rational arithmetic, for the few rows where floats cannot decide."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.enclosure import sqrt_up

__all__ = ["ExactAnchors", "inner", "integers", "rationals"]

Integers = NDArray[Any]
"""An object array of Python integers."""


def integers(values: NDArray[np.float64]) -> tuple[Integers, int]:
    """Return integers m (an object array) and an exponent e with ``values == m * 2**e`` exactly.

    Examples
    --------
    >>> integers(np.array([0.75, -2.0]))
    (array([3, -8], dtype=object), -2)
    """
    mantissa, exponent = np.frexp(values)
    whole = np.ldexp(mantissa, 53).astype(np.int64).astype(object)
    shift = np.where(values == 0, 0, exponent.astype(np.int64) - 53)
    used = shift[values != 0]
    lowest = int(used.min()) if used.size else 0
    scaled = whole << np.where(values == 0, 0, shift - lowest).astype(object)
    common = int(np.gcd.reduce(scaled.ravel(), initial=0)) if scaled.size else 0
    twos = (common & -common).bit_length() - 1 if common else 0
    return scaled >> twos, lowest + twos


def rationals(values: NDArray[np.float64]) -> list[Fraction]:
    """Return floats as the fractions that they are."""
    return [Fraction(float(value)) for value in values.ravel()]


def inner(x: list[Fraction], y: list[Fraction]) -> Fraction:
    """Return the exact inner product."""
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))


@dataclass(frozen=True, eq=False)
class ExactAnchors:
    """Exact drives of single oscillators of a network.

    Parameters
    ----------
    network
        Its couplings and anchors, or its drives, are taken as the rationals that they are.
    """

    network: Network

    @cached_property
    def _table(self) -> tuple[Integers, int]:
        assert self.network.anchors is not None
        return integers(self.network.anchors)

    @cached_property
    def anchors(self) -> list[list[Fraction]]:
        """The anchors, (T, d)."""
        assert self.network.anchors is not None
        return [rationals(row) for row in self.network.anchors]

    @cached_property
    def norms_up(self) -> list[Fraction]:
        """Upper bounds of the anchors' norms, (T,)."""
        return [sqrt_up(inner(row, row)) for row in self.anchors]

    def drive(self, i: int) -> list[Fraction]:
        """Return the exact drive of oscillator `i`, (d,)."""
        if self.network.couplings is None:
            return rationals(self.network.drive[i])
        couplings, exponent = integers(self.network.couplings[i])
        table, anchor_exponent = self._table
        scale = Fraction(2) ** (exponent + anchor_exponent)
        return [int(total) * scale for total in couplings @ table]

    def mass_up(self, i: int) -> Fraction:
        """Return an upper bound of the sum of W_ij ‖r_j‖ over j (the drive's own norm if given)."""
        if self.network.couplings is None:
            drive = self.drive(i)
            return sqrt_up(inner(drive, drive))
        return inner(rationals(self.network.couplings[i]), self.norms_up)
