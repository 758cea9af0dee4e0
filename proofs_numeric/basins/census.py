"""Where the trials of a campaign came to rest, and what is proved of each attractor."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.catalogue import APART, Catalogue, Likeness
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.sightings import Share, Sightings
from lohe.proofs_numeric.basins.summary import BlockSummary
from lohe.proofs_numeric.coupled_claims import MOST_UNKNOWNS
from lohe.proofs_numeric.equilibria.krawczyk import Enclosure, enclose
from lohe.proofs_numeric.equilibria.stable_points import apart

__all__ = ["MOST_ENCLOSED", "Attractor", "Census", "census"]

Floats = NDArray[np.float64]

MOST_ENCLOSED = 16
"""Attractors of a campaign that are tried to be proved, the most frequent ones."""


@dataclass(frozen=True, eq=False)
class Attractor:
    """A state in which trials came to rest.

    Parameters
    ----------
    point : (n, d) array
        An equilibrium, rounded.
    share
        Of the starts that were at rest there.
    reference
        Whether it is the point that converged trials are held against.
    turned
        Whether it differs from that point by a rotation of all oscillators, which changes nothing
        in this network: then both lie on a continuum of equilibria.
    enclosure
        The box in which exactly one equilibrium is proved to be; None where nothing is proved.
    reason
        Why nothing is, or why stability is undecided; else empty.
    """

    point: Floats
    share: Share
    reference: bool
    turned: bool
    enclosure: Enclosure | None
    reason: str

    @property
    def stable(self) -> bool | None:
        """Whether the enclosed equilibrium is asymptotically stable; None if undecided."""
        if self.enclosure is None or self.enclosure.unstable is None:
            return None
        return self.enclosure.unstable == 0

    @property
    def alone(self) -> bool:
        """Whether it is proved that no other equilibrium is within `APART`, and counts as this one.

        In the chart of a point, coordinates nearby differ by less than twice the distance.
        """
        return self.enclosure is not None and self.enclosure.outer > 2 * APART


@dataclass(frozen=True, eq=False)
class Census:
    """Where the trials of a campaign were at its last horizon.

    Parameters
    ----------
    trials
        Starts.
    confidence
        With which all bounds hold together.
    interval
        The kind of bounds.
    attractors
        The reference point first, then the others, the most frequent first.
    moving
        Starts that were at rest nowhere, or failed.
    untold
        Trials at rest elsewhere that were not told apart. They may belong to any attractor, and
        upper bounds allow for that.
    """

    trials: int
    confidence: float
    interval: str
    attractors: tuple[Attractor, ...]
    moving: Share
    untold: int

    @property
    def several(self) -> bool:
        """Whether two stable equilibria are proved, in disjoint boxes: none is the only one."""
        boxes = [each.enclosure for each in self.attractors if each.stable]
        return any(
            one is not None and two is not None and apart(one, two)
            for k, one in enumerate(boxes)
            for two in boxes[:k]
        )


def census(
    series: Iterable[Iterable[BlockSummary]],
    plan: Plan,
    network: Network,
    reference: Floats | None,
) -> Census:
    """Count where trials came to rest, bound each attractor's share, and prove what can be.

    Parameters
    ----------
    series
        For each seed of a campaign, its blocks in their order.
    plan, network
        Of the campaign.
    reference : (n, d) array or None
        What converged trials are held against; None or NaN if there is nothing.

    Returns
    -------
    Census

    Raises
    ------
    ValueError
        If the blocks do not come in their order.
    """
    sightings = Sightings(plan, network)
    for blocks in series:
        sightings.next_seed()
        for block in blocks:
            sightings.add(block)
    interval, here, moving, others = sightings.shares()
    known = reference is not None and bool(np.isfinite(reference).all())
    states: list[tuple[Floats, Share, bool]] = []
    if known and reference is not None:
        alone = Catalogue(network, 1)
        alone.kind(reference)
        states.append((reference, here, alone.neutral == [True]))
    catalogue, first = sightings.catalogue, len(states)
    order = sorted(range(len(others)), key=lambda k: -others[k].count)
    states += [(catalogue.points[k], others[k], catalogue.neutral[k]) for k in order]
    likeness, found = Likeness(network), []
    for place, (point, share, neutral) in enumerate(states):
        proved, reason = _prove(network, point, neutral, place)
        turned = False
        if known and place >= first and reference is not None and likeness.turns:
            turned = bool(likeness.gaps(point[..., np.newaxis], reference)[0] <= APART)
        found.append(Attractor(point, share, place < first, turned, proved, reason))
    return Census(
        trials=int(sightings.trials.sum()),
        confidence=plan.confidence,
        interval=interval,
        attractors=tuple(found),
        moving=moving,
        untold=int(sightings.untold.sum()),
    )


def _prove(
    network: Network, point: Floats, neutral: bool, place: int
) -> tuple[Enclosure | None, str]:
    """Enclose an equilibrium, or say why not."""
    if neutral:
        return None, (
            "some direction neither leads to it nor away, so that it may belong to a continuum of "
            "equilibria, of which none is isolated"
        )
    if place >= MOST_ENCLOSED:
        return None, f"not among the {MOST_ENCLOSED} most frequent"
    angles = network.n * (network.d - 1)
    if angles > MOST_UNKNOWNS:
        return None, f"{angles} angles are more than the {MOST_UNKNOWNS} that are enclosed"
    found = enclose(network, point)
    if isinstance(found, str):
        return None, found
    if np.linalg.norm(found.points - point, axis=-1).max() > APART:
        return None, "Newton's method led from it to another equilibrium"
    unsure = "" if found.unstable is not None else "the sign of some real part is not proved"
    return found, unsure
