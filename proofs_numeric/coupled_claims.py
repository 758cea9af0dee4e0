"""The claims about oscillators that hear each other (theorems T6, T6a, T6b, L3 and T8)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.claims import Claim, Verdict, undecided
from lohe.proofs_numeric.coupled.attraction import Attraction, examine_attraction
from lohe.proofs_numeric.coupled.cap import Cap, certify_cap
from lohe.proofs_numeric.coupled.centre import find_centre
from lohe.proofs_numeric.coupled.contraction import Contraction, examine_contraction
from lohe.proofs_numeric.coupled.deaf import first_unlocked
from lohe.proofs_numeric.coupled.strength import symmetric
from lohe.proofs_numeric.coupled.symmetry import rotating_set
from lohe.proofs_numeric.equilibria.exhaustive import Search, search
from lohe.proofs_numeric.equilibria.krawczyk import Enclosure, enclose
from lohe.proofs_numeric.equilibria.stable_points import apart, stable_points
from lohe.proofs_numeric.packed import Packed
from lohe.proofs_numeric.parameters import Parameters

__all__ = ["MOST_SEARCHED", "MOST_UNKNOWNS", "CoupledClaims"]

MOST_UNKNOWNS = 400
"""Angles, n(d - 1), up to which single equilibria are enclosed."""
MOST_SEARCHED = 6
"""Angles up to which all equilibria are searched for."""


@dataclass(frozen=True, eq=False)
class CoupledClaims:
    """The claims about one network, one method each; what they share is computed once.

    Parameters
    ----------
    network
        With crosstalk, or with crosstalk or frequencies on some device.
    parameters
        What the claims refer to.
    nodes
        Cells that an exhaustive search may visit.
    progress
        Called with (done, total) during the search.
    states : (m, n, d) array, optional
        Guesses of equilibria, to be enclosed as well.
    """

    network: Network
    parameters: Parameters
    nodes: int = 200_000
    progress: Callable[[int, int], None] | None = field(default=None)
    states: NDArray[np.float64] | None = None

    @property
    def _unknowns(self) -> int:
        return self.network.n * (self.network.d - 1)

    @cached_property
    def contraction(self) -> Contraction:
        """What T6 says."""
        return examine_contraction(self.network, self.parameters.uncertainty)

    @cached_property
    def attraction(self) -> Attraction:
        """What T6a says."""
        return examine_attraction(self.network, self.parameters.uncertainty)

    @cached_property
    def cap(self) -> Cap | str:
        """What T6b says of the resting point that starts along the drives reach."""
        if self._centre is None:
            return "no resting point was found in floats to put a cap around"
        return certify_cap(self.network, self.parameters.uncertainty, self._centre)

    @cached_property
    def _centre(self) -> NDArray[np.float64] | None:
        return find_centre(self.network)

    @cached_property
    def given(self) -> tuple[Enclosure, ...]:
        """Equilibria of the stored network near the states that were given, enclosed."""
        if self.states is None or self._unknowns > MOST_UNKNOWNS:
            return ()
        found = (enclose(self.network, state) for state in self.states)
        return _distinct(each for each in found if not isinstance(each, str))

    @cached_property
    def stable(self) -> tuple[Enclosure, ...]:
        """Stable equilibria of the stored network, enclosed; at most two that were not given."""
        if self._unknowns > MOST_UNKNOWNS:
            return ()
        known = tuple(each for each in self.given if each.unstable == 0)
        return known if len(known) > 1 else _distinct((*known, *stable_points(self.network)))

    @cached_property
    def all(self) -> Search | None:
        """All equilibria of the stored network; None if there are too many angles to search."""
        if self._unknowns > MOST_SEARCHED:
            return None
        return search(self.network, nodes=self.nodes, progress=self.progress)

    @cached_property
    def _refutation(self) -> Claim | None:
        """The stored network is itself a device: what refutes it refutes the claim."""
        rotating = rotating_set(self.network)
        if rotating is not None:
            reason = (
                f"L3: {len(rotating)} oscillators have neither drive nor frequency and hear only "
                "each other: turning them together gives as many equilibria as one likes"
            )
            return Claim(Verdict.REFUTED, reason, {}, {"theorem": "L3", "set": rotating})
        unlocked = first_unlocked(self.network)
        if unlocked is not None:
            i, point = unlocked
            reason = f"T5: oscillator {i} hears no other and does not lock, so nothing rests stably"
            witness = {"theorem": "T5", "oscillator": i, "point": point}
            return Claim(Verdict.REFUTED, reason, {}, witness)
        if len(self.stable) > 1:
            reason = f"T8: {len(self.stable)} stable equilibria are enclosed, apart from each other"
            witness = {"theorem": "T8", "equilibria": _documents(self.stable)}
            return Claim(Verdict.REFUTED, reason, {"stable": len(self.stable)}, witness)
        return None

    def _counted(self) -> Claim:
        """Decide by the list of all equilibria, as far as it is complete."""
        found = self.all
        if found is None:
            return undecided(f"{self._why}; {self._unknowns} angles are too many to search")
        if found.tree is None:
            return undecided(f"{self._why}; the search ended with {'; '.join(found.left)}")
        stable = sum(each.unstable == 0 for each in found.enclosures)
        witness = {
            "theorem": "T8",
            "equilibria": _documents(found.enclosures),
            "tree": tuple(found.tree),
        }
        if stable != 1:
            what = "none is stable" if found.enclosures else "there is none"
            what = f"{stable} are stable" if stable else what
            reason = f"T8: all {len(found.enclosures)} equilibria are enclosed, and {what}"
            return Claim(Verdict.REFUTED, reason, {"stable": stable}, witness)
        reason = f"T8: all {len(found.enclosures)} equilibria are enclosed, and one is stable"
        values = {"equilibria": len(found.enclosures), "oscillators": self.network.n}
        return Claim(Verdict.PROVED, reason, values, witness)

    @property
    def _why(self) -> str:
        return f"{self.contraction.reason}; {self.attraction.reason}"

    @cached_property
    def _unique(self) -> Claim:
        contracts, attracts = self.contraction.contraction_upper, self.attraction.rate_lower
        if attracts is not None:
            reason = "T6a: every drive outweighs crosstalk and frequency, on every device"
            return Claim(Verdict.PROVED, reason, self._rate(attracts), {"theorem": "T6a"})
        if contracts is not None:
            reason = "T6: every drive is more than twice the crosstalk, on every device"
            return Claim(Verdict.PROVED, reason, self._contraction(contracts), {"theorem": "T6"})
        if self._refutation is not None:
            return self._refutation
        if not self.parameters.uncertainty.none:
            return undecided(f"{self._why}; the local cap may still hold")
        return self._counted()

    def _rate(self, rate: float) -> dict[str, Any]:
        return {"rate_lower": rate, "oscillators": self.network.n}

    def _contraction(self, factor: float) -> dict[str, Any]:
        return {"contraction_upper": factor, "oscillators": self.network.n}

    def unique_stable(self) -> Claim:
        """T6, T6a or T8: exactly one stable equilibrium."""
        return self._unique

    def almost_global(self) -> Claim:
        """T6, T6a or T8: it attracts almost every start."""
        found = self._unique
        theorem = found.witness.get("theorem")
        if found.verdict is not Verdict.PROVED or theorem == "T6a":
            return found
        gradient = not self.network.has_frequency and symmetric(self.network)
        if gradient and not self.parameters.uncertainty.crosstalk:
            if theorem == "T6":
                reason = "T6: the flow descends an energy with one stable equilibrium and saddles"
                return Claim(Verdict.PROVED, reason, found.values, found.witness)
            reason = f"{found.reason}; the flow descends an energy, and the others are unstable"
            return Claim(Verdict.PROVED, reason, found.values, found.witness)
        return undecided(
            f"there is one stable equilibrium ({theorem}), but without symmetric crosstalk and "
            f"zero frequencies other limits than equilibria are not excluded; "
            f"{self.attraction.reason}"
        )

    def local_cap(self) -> Claim:
        """T6b: a cap of starts that converge, on every device."""
        cap = self.cap
        if isinstance(cap, str):
            return undecided(cap)
        values = {
            "angle_lower": cap.angle_lower,
            "inner_upper": cap.inner_upper,
            "rate_lower": cap.rate_lower,
            "share_lower": cap.share_lower,
            "volume_lower": cap.volume_lower,
            "oscillators": self.network.n,
        }
        if cap.weight_error_upper is not None:
            values["weight_error_upper"] = cap.weight_error_upper
        witness = {
            "theorem": "T6b",
            "centre": Packed(cap.centre),
            "inner": cap.inner,
            "outer": cap.outer,
        }
        reason = "T6b: every start with all angles to the centre below the cap's converges"
        return Claim(Verdict.PROVED, reason, values, witness)

    def box(self) -> Claim:
        """T8: equilibria enclosed one by one, with the signs of their spectra."""
        if self._unknowns > MOST_UNKNOWNS:
            return undecided(
                f"{self._unknowns} angles are more than the {MOST_UNKNOWNS} that are enclosed"
            )
        found = tuple(each for each in self._enclosed() if each.unstable is not None)
        if not found:
            return undecided("no hyperbolic equilibrium was found and enclosed (there may be none)")
        stable = sum(each.unstable == 0 for each in found)
        values = {
            "equilibria": len(found),
            "stable": stable,
            "radius_upper": max(each.inner for each in found),
            "oscillators": self.network.n,
        }
        what = "equilibria" if len(found) > 1 else "equilibrium"
        reason = f"T8: {len(found)} {what} enclosed, each the only one in its box, on every device"
        witness = {"theorem": "T8", "equilibria": _documents(found)}
        return Claim(Verdict.PROVED, reason, values, witness)

    def _enclosed(self) -> tuple[Enclosure, ...]:
        """Enclose what is cheap to find, on every device; all, if `unique_stable` needed them."""
        uncertainty = self.parameters.uncertainty
        if uncertainty.none and "tree" in self._unique.witness and self.all is not None:
            return self.all.enclosures
        known = _distinct((*self.stable, *self.given))
        if uncertainty.none and known:
            return known
        guesses = [each.points for each in known]
        if not guesses and self._centre is not None:
            guesses = [self._centre]
        found = (enclose(self.network, guess, uncertainty) for guess in guesses)
        return tuple(each for each in found if not isinstance(each, str))


def _distinct(found: Iterable[Enclosure]) -> tuple[Enclosure, ...]:
    """Leave out boxes that may hold the equilibrium of an earlier one."""
    kept: list[Enclosure] = []
    for each in found:
        if all(apart(each, other) for other in kept):
            kept.append(each)
    return tuple(kept)


def _documents(found: Iterable[Enclosure]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "charts": tuple(int(c) for c in each.charts),
            "coordinates": Packed(each.coordinates),
            "inner": each.inner,
            "outer": each.outer,
            "unstable": each.unstable,
            "abscissa_upper": each.abscissa_upper,
        }
        for each in found
    )
