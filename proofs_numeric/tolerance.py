r"""How much every device may be off before a claim is no longer proved.

Along a direction, such as one unit of mismatch for every half unit of crosstalk, the largest box
of devices is sought for which the claim is proved: for each oscillator by itself, and for all of
them together. Where a device that breaks the claim is known, it brackets the answer from above.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.along import measure_along
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.claims import Verdict
from lohe.proofs_numeric.coupled.attraction import examine_attraction
from lohe.proofs_numeric.coupled.cap import Cap, certify_cap
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.coupled.contraction import examine_contraction
from lohe.proofs_numeric.decoupled import Drives, enclose_drives
from lohe.proofs_numeric.exact import ExactAnchors
from lohe.proofs_numeric.locking import examine_locks
from lohe.proofs_numeric.tolerance_answer import SHARES, Tolerance
from lohe.proofs_numeric.tolerance_crosstalk import silencing_crosstalk
from lohe.proofs_numeric.tolerance_drives import sharpen_drive
from lohe.proofs_numeric.tolerance_effects import Effects
from lohe.proofs_numeric.tolerance_search import (
    Limits,
    box,
    largest_scale,
    lock_scales,
    rule_holds,
    rule_scales,
    scale_up,
)
from lohe.proofs_numeric.tolerance_unlocking import least_unlocking
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.proofs_numeric.zonotope import Reach, Separation, cancel_or_separate

__all__ = ["CLAIMS", "SHARES", "Tolerance", "tolerance"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

CLAIMS = ("unique_stable", "local_cap")
"""Claims whose tolerance can be asked for."""

# Weakest oscillators that are looked at one by one, and those that are tried for a refutation.
_SHARPENED, _TRIED, _SILENCED = 256, 16, 4
# What proves each oscillator at its own scale need not quite prove all at the smallest of them.
_RETREATS = (0.0, 2.0**-40, 2.0**-30, 2.0**-20, 2.0**-10, 2.0**-5, 0.25)


def tolerance(
    network: Network,
    *,
    mismatch: float = 0.0,
    crosstalk: float = 0.0,
    frequency: float = 0.0,
    anchors: float = 0.0,
    claim: str = "unique_stable",
    progress: Progress | None = None,
) -> Tolerance:
    """Find the largest box of devices, along a direction, for which a claim is proved.

    Parameters
    ----------
    network
        The instance, taken as the exact numbers that it stores.
    mismatch, crosstalk, frequency, anchors
        The direction: proportions of the four figures of `lohe.certify`, not all zero.
    claim
        ``unique_stable``, or ``local_cap`` where oscillators hear each other or turn.
    progress
        Called with (done, total).

    Returns
    -------
    Tolerance
        Its boxes were proved at exactly those figures, so they are lower bounds of the truth.

    Raises
    ------
    InputError
        If there is no direction, couplings are missing for it, or the claim does not apply.

    Examples
    --------
    >>> pair = Network(couplings=[[1.0, 1.25]], anchors=[[1.0, 0.0], [-1.0, 0.0]])
    >>> found = tolerance(pair, mismatch=1.0)
    >>> found.theorem, round(found.head, 6), round(found.refuted_at, 6)
    ('T1', 0.111111, 0.111111)
    """
    direction = Uncertainty(mismatch, crosstalk, frequency, anchors)
    if direction.none:
        raise InputError("nothing varies; give a proportion for at least one figure")
    if claim not in CLAIMS:
        raise InputError(f"claim is {claim!r}; choose from {', '.join(CLAIMS)}")
    drives = enclose_drives(network)
    direction.drive_errors(network, drives)  # says at once if couplings are missing
    asked = _Question(network, direction, drives, progress)
    return asked.cap() if claim == "local_cap" else asked.unique()


@dataclass(frozen=True, eq=False)
class _Question:
    """One network and direction, with what the answers share."""

    network: Network
    direction: Uncertainty
    drives: Drives
    progress: Progress | None

    def unique(self) -> Tolerance:
        """Answer for the claim unique_stable."""
        if self.direction.crosses(self.network):
            found = self._coupled()
        elif self.direction.turns(self.network):
            scales = lock_scales(self.network, self._limits, self.direction, self.progress)
            found = self._proved(scales, self._unlocking(scales), "T5")
        else:
            found = self._alone()
        if not found.head and self._refuted_as_stored():
            return replace(found, refuted_at=0.0)
        return found

    def cap(self) -> Tolerance:
        """Answer for the claim local_cap."""
        if not (self.direction.crosses(self.network) or self.direction.turns(self.network)):
            raise InputError(
                "local_cap needs crosstalk or frequencies, stored or varied; ask for unique_stable"
            )
        limits = self._limits
        centre = find_centre(self.network)
        head = 0.0
        if centre is not None:
            heard = replace(limits, drive_upper=limits.drive_upper + limits.crosstalk)
            heard = replace(heard, drive_lower=heard.drive_upper)
            top = float(heard.top(self.direction).min())
            head = largest_scale(
                lambda scale: isinstance(
                    certify_cap(self.network, box(self.direction, scale), centre, self.drives), Cap
                ),
                top,
            )
        empty = Tolerance("local_cap", self.direction, head, None, None, "T6b" if head else "")
        return self._with_effects(empty, centre)

    def _refuted_as_stored(self) -> bool:
        # One cell is too few to search for all equilibria: only quick refutations are wanted.
        found = certify(self.network, "unique_stable", nodes=1)
        return found.claims["unique_stable"].verdict is Verdict.REFUTED

    @cached_property
    def _limits(self) -> Limits:
        return Limits.of(self.network, self.drives)

    @cached_property
    def _ahead(self) -> Limits | None:
        """What the oscillators are up against along their drives; None without couplings."""
        along = None if self.network.couplings is None else measure_along(self.network)
        if along is None:
            return None
        return replace(self._limits, mass=along.along, drive_lower=along.drive_lower)

    def _alone(self) -> Tolerance:
        """Answer by the drives: bounded as a whole, along themselves, or exactly if weakest."""
        scales = rule_scales(self._limits, self.direction, "T1")
        if self._ahead is not None:
            scales = np.maximum(scales, rule_scales(self._ahead, self.direction, "T1"))
        refuted = self._sharpen(scales, self._limits.top(self.direction))
        return self._proved(scales, refuted, "T1")

    def _coupled(self) -> Tolerance:
        theorems = ("T6a",) if self.direction.turns(self.network) else ("T6a", "T6")
        scales = {name: rule_scales(self._limits, self.direction, name) for name in theorems}
        refuted = self._refuted_apart(next(iter(scales.values())))
        found = [self._proved(each, refuted, name) for name, each in scales.items()]
        return max(found, key=lambda each: each.head)

    def _refuted_apart(self, scales: Floats) -> float | None:
        """Return the least scale refuted by a device that uses a part of the box only."""
        known = [self._all_off()]
        if not self.network.has_crosstalk:
            direction = replace(self.direction, crosstalk=0.0)
            alone = replace(self, direction=direction)
            if self.direction.turns(self.network):
                known.append(alone._unlocking(scales))
            elif not direction.none:
                known.append(alone._sharpen(scales.copy(), scales))
            if self.direction.crosstalk and self.network.decoupled:
                known.append(self._silenced(scales))
        return min((scale for scale in known if scale is not None), default=None)

    def _silenced(self, scales: Floats) -> float | None:
        """Return the least scale at which crosstalk is known to silence a weak oscillator."""
        weakest = np.argsort(scales, kind="stable")[:_SILENCED]
        sums = [silencing_crosstalk(self.network, int(i)) for i in weakest]
        least = min((each for each in sums if each is not None), default=None)
        return None if least is None else scale_up(Fraction(least), self.direction.crosstalk)

    def _all_off(self) -> float | None:
        """Return the scale of a device without couplings, which no drive holds in place."""
        frequency = self.network.frequency
        if not self.direction.mismatch or (frequency is not None and np.any(frequency)):
            return None
        return scale_up(Fraction(1), self.direction.mismatch)

    def _sharpen(self, scales: Floats, tops: Floats) -> float | None:
        """Replace the smallest scales by sharper ones; return the least known to be refuted."""
        if self.network.couplings is None:
            return None
        exact = ExactAnchors(self.network)
        refuted: list[float] = []
        seen: set[int] = set()
        for _ in range(min(_SHARPENED, self.network.n)):
            i = int(np.argmin(scales))
            if i in seen:
                break
            seen.add(i)
            scales[i], above = sharpen_drive(
                exact, self.direction, i, float(scales[i]), float(tops[i])
            )
            refuted += [] if above is None else [above]
            if self.progress is not None:
                self.progress(len(seen), min(_SHARPENED, self.network.n))
        return min(refuted, default=None)

    def _unlocking(self, scales: Floats) -> float | None:
        """Return the least scale at which one of the weakest oscillators is known to unlock."""
        found: list[float] = []
        if self.direction.none:
            return None
        for i in np.argsort(scales, kind="stable")[:_TRIED]:
            above = least_unlocking(self.network, self.direction, int(i), float(scales[i]))
            found += [] if above is None else [above]
        return min(found, default=None)

    def _proved(self, scales: Floats, refuted: float | None, theorem: str) -> Tolerance:
        """Prove all oscillators together at the smallest scale, or a little below."""
        smallest = float(scales.min())
        for retreat in _RETREATS if smallest > 0 else ():
            head = smallest * (1 - retreat)
            if self._holds(head, theorem):
                found = Tolerance("unique_stable", self.direction, head, scales, refuted, theorem)
                return self._with_effects(found)
        return Tolerance("unique_stable", self.direction, 0.0, scales, refuted, "")

    def _holds(self, scale: float, theorem: str) -> bool:
        devices = box(self.direction, scale)
        if theorem == "T1":
            return self._keeps_drives(scale, devices)
        if theorem == "T5":
            return examine_locks(self.network, devices).proved
        if theorem == "T6":
            contraction = examine_contraction(self.network, devices, self.drives)
            return contraction.contraction_upper is not None
        return examine_attraction(self.network, devices, self.drives).rate_lower is not None

    def _keeps_drives(self, scale: float, devices: Uncertainty) -> bool:
        """Prove that no device at a scale leaves any oscillator without a drive."""
        everywhere = np.full(self.network.n, scale)
        kept = rule_holds(self._limits, self.direction, "T1", everywhere)
        if self._ahead is not None:
            kept |= rule_holds(self._ahead, self.direction, "T1", everywhere)
        reach = Reach(ExactAnchors(self.network), Fraction(devices.mismatch), devices.anchors)
        return all(
            reach.norm_lower(i) > 0 or isinstance(cancel_or_separate(reach, i), Separation)
            for i in np.flatnonzero(~kept).tolist()
        )

    def _with_effects(self, found: Tolerance, centre: Floats | None = None) -> Tolerance:
        if not found.head:
            return found
        if found.theorem != "T1" and centre is None:
            centre = find_centre(self.network)
        measure = Effects(self.network, self.drives, found.theorem, centre)
        effects = (measure.of(share, box(self.direction, share * found.head)) for share in SHARES)
        return replace(found, effects=tuple(effects))
