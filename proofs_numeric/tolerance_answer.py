"""What is found when it is asked how much devices may be off."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.tolerance_effects import Effect
from lohe.proofs_numeric.tolerance_search import box
from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["SHARES", "Tolerance"]

Floats = NDArray[np.float64]

SHARES = (0.1, 0.5, 0.9, 1.0)
"""Shares of the largest box at which the effects are bounded."""


@dataclass(frozen=True, eq=False)
class Tolerance:
    """The largest box along a direction for which a claim is proved.

    Parameters
    ----------
    claim
        The claim.
    direction
        The box at scale 1.
    head
        The scale at which the claim is proved for all oscillators together; 0 if none was found.
    per_oscillator : (n,) array or None
        The scale at which the theorem's hypothesis is proved for each oscillator; None for
        ``local_cap``, which is about all of them.
    refuted_at
        A scale at which some device breaks the claim; 0 if the stored network does, None if no
        such device is known.
    theorem
        What proves the claim; empty if nothing does.
    effects
        What the devices do, at `SHARES` of the box; empty if `head` is 0.
    """

    claim: str
    direction: Uncertainty
    head: float
    per_oscillator: Floats | None
    refuted_at: float | None
    theorem: str
    effects: tuple[Effect, ...] = field(default=())

    @property
    def box(self) -> Uncertainty:
        """The devices for which the claim is proved."""
        return box(self.direction, self.head)

    @property
    def angle_upper(self) -> float | None:
        """The largest move of a resting point in the box, in radians; None without a box."""
        return self.effects[-1].angle_upper if self.effects else None

    @property
    def weight_error_upper(self) -> float | None:
        """The largest change of an oscillator's attention weights in the box, in sum."""
        return self.effects[-1].weight_error_upper if self.effects else None
