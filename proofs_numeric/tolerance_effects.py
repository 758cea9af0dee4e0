"""What the devices in a box do: how far resting points move, and the attention weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import arb, ctx
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.along import Along, measure_along
from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.coupled.balance import weigh
from lohe.proofs_numeric.coupled.cap import Cap, certify_cap
from lohe.proofs_numeric.decoupled import Drives
from lohe.proofs_numeric.enclosure import (
    down,
    float_up,
    gamma,
    norm_bounds,
    up,
)
from lohe.proofs_numeric.locking import Locks, examine_locks
from lohe.proofs_numeric.mismatch import resting_sines
from lohe.proofs_numeric.settling_bound import arb_upper
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.proofs_numeric.weights import (
    Rows,
    bears_weights,
    largest_weight_error,
    weight_error_upper,
)

__all__ = ["Effect", "Effects", "moved_weights_upper"]

Floats = NDArray[np.float64]

_ROUNDING = 2.0**-40


@dataclass(frozen=True)
class Effect:
    """Bounds over all oscillators and all devices of one box.

    Parameters
    ----------
    share
        The box as a share of the largest one found.
    uncertainty
        The box.
    angle_upper
        The largest angle by which a resting point moves, in radians; pi where nothing is known.
    weight_error_upper
        The largest sum of absolute changes of an oscillator's attention weights; 2.0 where
        nothing is known. None without couplings, or for a readout exponent below 1.
    """

    share: float
    uncertainty: Uncertainty
    angle_upper: float
    weight_error_upper: float | None


@dataclass(frozen=True, eq=False)
class Effects:
    """Bounds the effects of boxes on one network; what they share is computed once.

    Parameters
    ----------
    network
        As stored.
    drives
        Enclosed.
    theorem
        The one that proves the claim: T1, T5, T6, T6a or T6b.
    centre : (n, d) array or None
        Where the stored network rests, for coupled ones.
    """

    network: Network
    drives: Drives
    theorem: str
    centre: Floats | None = None

    def of(self, share: float, devices: Uncertainty) -> Effect:
        """Bound the effect of one box, by whichever bounds apply."""
        if self.theorem == "T1":
            found = [self._alone(devices), self._along(devices)]
        else:
            found = [self._capped(devices)]
            found += [self._turning(devices)] if self.theorem == "T5" else []
            # A cap says nothing of other equilibria, so T6b alone does not place the device's.
            found += [self._outweighed(devices)] if self.theorem != "T6b" else []
        angle, error = (min(bounds) for bounds in zip(*found, strict=True))
        return Effect(share, devices, angle, error if self._weighs else None)

    @property
    def _weighs(self) -> bool:
        return bears_weights(self.network)

    def _alone(self, devices: Uncertainty) -> tuple[float, float]:
        sines = resting_sines(self.network, self.drives, devices)
        sine = float(sines.max())
        error = 2.0
        if self._weighs:
            error = weight_error_upper(self.network, self.drives, devices, sines)
        return (_arcsine_up(sine) if sine < 1 else math.pi), error

    def _along(self, devices: Uncertainty) -> tuple[float, float]:
        """Split the drives' errors into parts along and across them."""
        if self._measured is None:
            return math.pi, 2.0
        displaced = devices.displacements(self.network)
        rounded = self._rounded_drives()
        chords = up(self._measured.chords_up(devices.mismatch, displaced) + rounded)
        points = self._measured.directions
        return self._by_chords(np.minimum(chords, 2.0), devices, points, rounded)

    @cached_property
    def _measured(self) -> Along | None:
        return None if self.network.couplings is None else measure_along(self.network)

    def _turning(self, devices: Uncertainty) -> tuple[float, float]:
        still, found = self._still, examine_locks(self.network, devices)
        return self._by_chords(_chords_up(still, found), devices, still.points, still.radii)

    @cached_property
    def _still(self) -> Locks:
        return examine_locks(self.network)

    def _outweighed(self, devices: Uncertainty) -> tuple[float, float]:
        r"""Use that stable resting points are within arcsin((S + a)/‖h'‖) of their drives."""
        still, found = (weigh(self.network, each, self.drives) for each in (Uncertainty(), devices))
        errors = devices.drive_errors(self.network, self.drives)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            lags = [
                up(up(each.crosstalk_upper + each.frequency_upper) / each.drive_lower)
                for each in (still, found)
            ]
            turned = up(errors / still.drive_lower)
        lag, other, turn = (_chord_up(sines) for sines in (*lags, turned))
        chords = up(up(lag + other) + turn)
        size = np.linalg.norm(self.network.drive, axis=1, keepdims=True)
        points = np.divide(
            self.network.drive, size, out=np.zeros_like(self.network.drive), where=size > 0
        )
        radii = up(lag + self._rounded_drives())
        return self._by_chords(np.minimum(chords, 2.0), devices, points, radii)

    def _rounded_drives(self) -> Floats:
        """Bound how far the stored, rounded drives point from the exact sums."""
        if self.network.couplings is None:
            return np.full(self.network.n, _ROUNDING)
        terms = float_up(2 * gamma(self.network.couplings.shape[1] + 1))
        with np.errstate(divide="ignore", invalid="ignore"):
            return up(up(terms * up(self.drives.mass_upper / self.drives.lower)) + _ROUNDING)

    def _by_chords(
        self, chords: Floats, devices: Uncertainty, points: Floats, radii: Floats
    ) -> tuple[float, float]:
        angle, error = math.pi, 2.0
        if float(chords.max()) < 2:
            angle = float(np.nextafter(2 * _arcsine_up(float(chords.max()) / 2), np.inf))
        if self._weighs:
            error = moved_weights_upper(
                self.network, devices.anchors, points, radii=radii, chords=chords
            )
        return angle, error

    def _capped(self, devices: Uncertainty) -> tuple[float, float]:
        # Both the stored network and the device rest within their caps around the same centre.
        caps = [
            certify_cap(self.network, each, self.centre, self.drives)
            for each in (Uncertainty(), devices)
            if self.centre is not None
        ]
        angles, errors = [], []
        for cap in caps:
            if isinstance(cap, Cap):
                angles.append(cap.inner_upper)
                errors.append(2.0 if cap.weight_error_upper is None else cap.weight_error_upper)
        if len(angles) < 2:
            return math.pi, 2.0
        angle = min(float(np.nextafter(sum(angles), np.inf)), math.pi)
        return angle, min(float(np.nextafter(sum(errors), np.inf)), 2.0)


def moved_weights_upper(
    network: Network, displacement: float, points: Floats, *, radii: Floats, chords: Floats
) -> float:
    r"""Bound :math:`\sum_j |a'_{ij} - a_{ij}|` over all oscillators, as T3 and T3a do.

    Parameters
    ----------
    network
        With couplings and anchors.
    displacement
        Of the anchors, at most.
    points, radii : (n, d) and (n,) arrays
        The stored network's resting points are within ``radii`` of ``points``, which are unit
        vectors up to rounding.
    chords : (n,) array
        Bounds on the moves of the resting points.

    Returns
    -------
    float
        At most 2.0, which is the trivial bound.
    """

    def states(rows: Rows) -> Balls:
        return Balls(points[rows], np.broadcast_to(radii[rows, None], points[rows].shape))

    return largest_weight_error(network, displacement, chords, states)


def _chords_up(still: Locks, found: Locks) -> Floats:
    """Bound how far resting points move from those of the stored network; 2 where unknown."""
    apart = still.points - found.points
    with np.errstate(invalid="ignore"):
        apart = norm_bounds(apart, up(np.abs(apart) * 2.0**-53))[1]
        chord = up(up(apart + still.radii) + found.radii)
        # The stored network is a device as well.
        chord = np.minimum(chord, 2 * found.radii)
    return np.where(chord < 2, chord, 2.0)


def _chord_up(sine: Floats) -> Floats:
    """Bound the chord 2 sin(angle / 2) from the sine of an acute angle; 2 where unknown."""
    with np.errstate(invalid="ignore", over="ignore"):
        cosine = np.maximum(down(np.sqrt(np.maximum(down(1.0 - up(sine * sine)), 0.0))), 0.0)
        chord = up(sine * up(np.sqrt(up(2.0 / down(1.0 + cosine)))))
    return np.where((sine >= 0) & (sine < 1), chord, 2.0)


def _arcsine_up(sine: float) -> float:
    with ctx.workprec(96):
        return float_up(arb_upper(arb(sine).asin()))
