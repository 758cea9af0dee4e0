"""Blocks of Monte Carlo trials of one network, each from its own stream of random numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.alone import Alone
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.result import BlockResult, joined
from lohe.proofs_numeric.basins.whole import Whole
from lohe.proofs_numeric.coupled.weighted_cap import WeightedCap

__all__ = ["Sampler"]

# A block takes from a tenth of a second to some seconds, so that neither committing it costs much
# nor losing it. With crosstalk, work per coordinate is that of the forces and of the flow.
_ALONE_COORDINATES = 2**18
_WORK, _FLOW = 2**25, 100
_MOST = 2**14
# Coordinates that are worked on at once: enough to keep NumPy busy, and no more memory than that.
_ALONE_BATCH, _WHOLE_BATCH = 2**16, 2**19


@dataclass(frozen=True, eq=False)
class Sampler:
    """Runs blocks of trials of one network; holds only what the motion needs.

    Without crosstalk the oscillators move alone, and a trial is one oscillator drawn uniformly
    with one start, followed by the exact flow of T1, or of T5 where it has a natural frequency.
    With crosstalk a trial is one start of the whole state, integrated with error control until
    it is certified to settle in time, or to the horizon.

    Parameters
    ----------
    plan
    trials
        How the trials of this network move.
    block_size
        Trials in a block; depends on the network alone.
    batch
        Trials that are worked on at once.
    """

    plan: Plan
    trials: Alone | Whole
    block_size: int
    batch: int

    @classmethod
    def prepare(cls, network: Network, plan: Plan) -> Sampler:
        """Find the resting points of a network, and what is certified of the starts near them.

        Raises
        ------
        InputError
            If starts are wanted near antipodes or saddles that the network does not have.
        """
        if not network.has_crosstalk:
            size, batch = _ALONE_COORDINATES // network.d, _ALONE_BATCH // network.d
            return cls(plan, Alone.prepare(network, plan), max(1, size), max(1, batch))
        matrix, coordinates = network.crosstalk, network.drive.size
        heard = matrix.nnz / network.n if sparse.issparse(matrix) else network.n
        size, batch = int(_WORK // (coordinates * (heard + _FLOW))), _WHOLE_BATCH // coordinates
        return cls(plan, Whole.prepare(network, plan), min(max(1, size), _MOST), max(1, batch))

    @property
    def cap(self) -> WeightedCap | None:
        """The certified caps that end trials early; None if there are none."""
        return self.trials.cap if isinstance(self.trials, Whole) else None

    @property
    def blocks(self) -> int:
        """Number of blocks that the plan needs."""
        return -(-self.plan.trials // self.block_size)

    def run(self, number: int) -> BlockResult:
        """Run one block.

        It draws from its own stream, SeedSequence(seed, spawn_key=(number,)), and holds BLAS to
        one thread, whose number would change the rounding: the result depends neither on which
        worker runs the block nor on when.
        """
        first = number * self.block_size
        last = min(first + self.block_size, self.plan.trials)
        rng = np.random.default_rng(np.random.SeedSequence(self.plan.seed, spawn_key=(number,)))
        with threadpool_limits(1, user_api="blas"):
            return joined(
                number,
                [
                    self.trials.run(self.plan, number, begin, min(self.batch, last - begin), rng)
                    for begin in range(first, last, self.batch)
                ],
            )
