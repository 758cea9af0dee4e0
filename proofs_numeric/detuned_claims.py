"""The claims about oscillators that turn on their own but do not hear each other (theorem T5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from lohe.dynamics.network import Network
from lohe.proofs_numeric.claims import Claim, Verdict, undecided
from lohe.proofs_numeric.locking import Locks, examine_locks
from lohe.proofs_numeric.packed import Packed
from lohe.proofs_numeric.parameters import Parameters
from lohe.proofs_numeric.settling_bound import cap_quantile, locked_settling_time_upper

__all__ = ["DetunedClaims"]


@dataclass(frozen=True, eq=False)
class DetunedClaims:
    """The claims about one network, one method each; what they share is computed once.

    Parameters
    ----------
    network
        Without crosstalk, on every device.
    parameters
        What the claims refer to.
    """

    network: Network
    parameters: Parameters

    @cached_property
    def locks(self) -> Locks:
        """What is known of every oscillator's lock, on every device."""
        return examine_locks(self.network, self.parameters.uncertainty)

    @cached_property
    def _obstacle(self) -> Claim | None:
        """The claim to make instead when not every oscillator is proved to lock."""
        if self.locks.unlocked is not None:
            i, point = self.locks.unlocked
            square = sum(x * x for x in point)
            manner = "drifts for ever" if square < 1 else "is at the edge, at rest but not stably"
            reason = f"T5: oscillator {i} does not lock; as stored it {manner}"
            witness = {"theorem": "T5", "oscillator": i, "point": point}
            return Claim(Verdict.REFUTED, reason, {}, witness)
        if self.locks.unresolved:
            first = self.locks.unresolved[0]
            return undecided(
                f"oscillator {first} ({len(self.locks.unresolved)} such in all) locks as stored, "
                "but was not shown to lock on every device"
                if not self.parameters.uncertainty.none
                else f"the rate at which oscillator {first} locks is below the smallest float"
            )
        return None

    @property
    def _rate(self) -> dict[str, Any]:
        rates = self.locks.rates_lower
        return {
            "rate_lower": float(rates.min()),
            "worst_oscillator": int(np.argmin(rates)),
            "oscillators": self.network.n,
        }

    def _witness(self, **others: Any) -> dict[str, Any]:
        return {"theorem": "T5", "levels": Packed(self.locks.levels), **others}

    def unique_stable(self) -> Claim:
        """T5: exactly one stable resting point."""
        reason = "T5: every oscillator locks, at one attracting and one repelling point"
        return self._obstacle or Claim(Verdict.PROVED, reason, self._rate, self._witness())

    def almost_global(self) -> Claim:
        """T5: it attracts almost every start."""
        reason = "T5: each oscillator reaches its resting point from every start but one"
        return self._obstacle or Claim(Verdict.PROVED, reason, self._rate, self._witness())

    def settling(self) -> Claim:
        """T5: the time to settle from a random start."""
        if self._obstacle is not None:
            return self._obstacle
        epsilon, delta = self.parameters.epsilon, self.parameters.delta
        rate, quantile = self._rate["rate_lower"], cap_quantile(delta, self.network.d)
        time = (
            locked_settling_time_upper(rate, epsilon, quantile) if rate and quantile else math.inf
        )
        if not time < math.inf:
            return undecided("the settling time exceeds the largest float")
        return Claim(
            Verdict.PROVED,
            "T5: the smallest rate bounds the settling time of every oscillator",
            {"epsilon": epsilon, "delta": delta, "time_upper": time},
            self._witness(rate_lower=rate, quantile=quantile),
        )

    def lock(self) -> Claim:
        """T5: every oscillator locks; its rate and its resting point are enclosed."""
        if self._obstacle is not None:
            return self._obstacle
        upper, radius = float(self.locks.rates_upper.max()), self.locks.radius_upper
        if not (upper < math.inf and radius < math.inf):
            return undecided("the rates or resting points of some devices could not be enclosed")
        return Claim(
            Verdict.PROVED,
            "T5: every oscillator locks on every device; rates and resting points are enclosed",
            {**self._rate, "rate_upper": upper, "radius_upper": radius},
            self._witness(ceilings=Packed(self.locks.ceilings), points=Packed(self.locks.points)),
        )
