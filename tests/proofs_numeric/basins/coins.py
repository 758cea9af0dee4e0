"""Trials by the toss of coins: a sampler that is quick, has every kind of record, and small blocks.

What a campaign's file does with blocks does not depend on how they were computed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.plan import LABELS, Plan
from lohe.proofs_numeric.basins.result import NOWHERE, REFERENCE, BlockResult
from lohe.proofs_numeric.basins.summary import strata_in

NETWORK = Network([[3.0, 4.0], [0.0, 1.0]])
CONVERGED, ELSEWHERE, _, _ = range(len(LABELS))
CHANCES = (0.7, 0.1, 0.15, 0.05)


@dataclass
class Coins:
    """Stands in for `trials.Sampler`."""

    plan: Plan
    block_size: int = 16

    @classmethod
    def prepare(cls, network: Network, plan: Plan) -> Coins:
        return cls(plan)

    @property
    def blocks(self) -> int:
        return -(-self.plan.trials // self.block_size)

    def run(self, number: int) -> BlockResult:
        first = number * self.block_size
        trials = min(self.block_size, self.plan.trials - first)
        stream = np.random.SeedSequence(self.plan.seed, spawn_key=(number,))
        return toss(self.plan, number, trials, np.random.default_rng(stream))


def toss(plan: Plan, number: int, trials: int, rng: np.random.Generator) -> BlockResult:
    """Return a block of random records, with up to two attractors beside the reference."""
    labels = rng.choice(len(LABELS), size=(len(plan.horizons), trials), p=CHANCES)
    kinds = int(rng.integers(3))
    elsewhere = labels[-1] == ELSEWHERE
    places = np.where(labels[-1] == CONVERGED, REFERENCE, NOWHERE)
    places[elsewhere] = rng.integers(kinds, size=elsewhere.sum()) + 1 if kinds else NOWHERE
    used, places[places > REFERENCE] = np.unique(places[places > REFERENCE], return_inverse=True)
    places[elsewhere & (places >= REFERENCE)] += 1
    times = np.where(rng.random(trials) < 0.8, rng.exponential(size=trials), np.nan)
    weights = None
    if plan.starts.kind == "tilted":
        weights = plan.starts.power * rng.random(trials)
    return BlockResult(
        number=number,
        labels=labels.astype(np.uint8),
        strata=(np.arange(trials) % strata_in(plan)).astype(np.uint8),
        weights=weights,
        times=times,
        residuals=rng.exponential(size=trials) * 1e-6,
        places=places.astype(np.int32),
        certified=rng.random(trials) < 0.5,
        attractors=rng.standard_normal((len(used), NETWORK.n, NETWORK.d)),
    )


def plan_of(trials: int = 100, **changes: object) -> Plan:
    """Return a plan of a hundred trials at two horizons, but for the changes."""
    values = {"horizons": (1.0, 6.0), "seed": 1, "tolerance": 1e-3} | changes
    return Plan(NETWORK.digest, trials, **values)
