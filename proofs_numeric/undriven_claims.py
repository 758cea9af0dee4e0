"""The claims about oscillators that nothing drives but each other: they agree (T11 and T12)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.agreement_time import agreement_rate, agreement_time_upper
from lohe.proofs_numeric.claims import Claim, Verdict, undecided
from lohe.proofs_numeric.coupled.gathering import (
    arc_cosine_lower,
    arc_ends,
    least_cosine_lower,
)
from lohe.proofs_numeric.coupled.leader import apart_sets, listened_lower, listening_order
from lohe.proofs_numeric.coupled.overlap import Overlap, overlap_lower
from lohe.proofs_numeric.packed import Packed
from lohe.proofs_numeric.parameters import Parameters
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["UndrivenClaims", "undriven"]


def undriven(network: Network, uncertainty: Uncertainty) -> bool:
    """Say whether T11 and T12 apply: several oscillators, moved by non-negative crosstalk alone.

    A drive that cancels to zero is a drive. On devices, crosstalk may be negative where it is
    uncertain.

    Examples
    --------
    >>> undriven(Network([[0.0, 0.0]] * 2, crosstalk=[[0, 1], [0, 0]]), Uncertainty())
    True
    """
    pulls = network.drive if network.couplings is None else network.couplings
    if network.n < 2 or np.any(pulls) or uncertainty.turns(network):
        return False
    matrix = network.crosstalk
    values = matrix.data if sparse.issparse(matrix) else matrix
    repels = values is not None and bool(np.any(values < 0))
    return uncertainty.crosses(network) and not repels


@dataclass(frozen=True, eq=False)
class UndrivenClaims:
    """The claims about one network, one method each; what they share is computed once.

    Parameters
    ----------
    network
        One that is `undriven`.
    parameters
        What the claims refer to.
    states : (m, n, d) array, optional
        Starts, for `agreement`.
    """

    network: Network
    parameters: Parameters
    states: NDArray[np.float64] | None = None

    def consensus(self) -> Claim:
        """T11: almost every start ends where the leader is."""
        sets = apart_sets(self.network)
        if sets is not None:
            reason = (
                f"T11: {_named(sets[0])} and {_named(sets[1])} hear nobody else, and stay apart"
            )
            witness = {"theorem": "T11", "first": sets[0], "second": sets[1]}
            return Claim(Verdict.REFUTED, reason, {}, witness)
        if self.parameters.uncertainty.crosstalk:
            return undecided(
                "T11 needs certain crosstalk: an unknown small entry may close a circle of "
                "oscillators that hear one another"
            )
        order = listening_order(self.network)
        if order is None:
            return undecided(
                "T11 needs an order in which each hears only earlier ones; here some hear one "
                "another in a circle"
            )
        rate, worst = listened_lower(self.network)
        values = {
            "leader": order[0],
            "rate_lower": rate,
            "worst_oscillator": worst,
            "oscillators": self.network.n,
        }
        reason = (
            f"T11: oscillator {order[0]} leads, and no two hear each other, even through others"
        )
        return Claim(Verdict.PROVED, reason, values, {"theorem": "T11", "order": order})

    @cached_property
    def overlap(self) -> Overlap:
        """What any two oscillators hear in common."""
        return overlap_lower(self.network)

    def agreement(self) -> Claim:
        """T12: the given starts come together, by the time stated."""
        assert self.states is not None
        overlap = self.overlap
        if not overlap.lower:
            if overlap.pair is None:
                return undecided(
                    f"T12 needs an oscillator that all others hear; pairs of {self.network.n} "
                    "oscillators are too many to compare"
                )
            t, s = overlap.pair
            return undecided(f"T12: oscillators {t} and {s} hear neither each other nor a third")
        found = [self._start(place) for place in range(len(self.states))]
        for start in found:
            if isinstance(start, str):
                return undecided(f"T12: {start}")
        starts = [start for start in found if not isinstance(start, str)]
        cosine = min(cosine for cosine, _ in starts)
        eta, plane = self.parameters.uncertainty.crosstalk, self.network.d == 2
        rate = agreement_rate(overlap.lower, cosine, eta, plane=plane)
        if rate <= 0:
            return undecided(
                f"T12: errors of {eta:g} in the crosstalk may take all of the overlap, which is at "
                f"least {overlap.lower:.6g}"
            )
        epsilon = self.parameters.epsilon
        time = agreement_time_upper(rate, epsilon, cosine, plane=plane)
        if not time < math.inf:
            return undecided("the time to agree exceeds the largest float")
        values = {
            "epsilon": epsilon,
            "time_upper": time,
            "rate_lower": rate,
            "overlap_lower": overlap.lower,
            "cosine_lower": cosine,
            "starts": len(starts),
            "oscillators": self.network.n,
        }
        ends = {"ends": tuple(end for _, both in starts for end in both)} if plane else {}
        reason = "T12: any two oscillators hear each other or a third, and the starts are near"
        witness = {"theorem": "T12", "states": Packed(self.states), **ends}
        return Claim(Verdict.PROVED, reason, values, witness)

    def _start(self, place: int) -> tuple[float, tuple[int, ...]] | str:
        """Return the least cosine of a start and the ends of its arc, or why T12 says nothing."""
        assert self.states is not None
        states = self.states[place]
        if not (np.isfinite(states).all() and states.any(axis=1).all()):
            return f"a state of start {place} has no direction"
        if self.network.d == 2:
            ends = arc_ends(states)
            if ends is None:
                return f"no open half circle holds all states of start {place}"
            cosine = arc_cosine_lower(states, ends)
            return (cosine, ends) if cosine > -1 else f"start {place} fills half a circle"
        cosine = least_cosine_lower(states)
        if cosine <= 0:
            return f"two states of start {place} are a right angle or more apart"
        return cosine, ()


def _named(members: tuple[int, ...]) -> str:
    if len(members) == 1:
        return f"oscillator {members[0]}"
    return f"a set of {len(members)} (with oscillator {members[0]})"
