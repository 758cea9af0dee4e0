r"""Noisy walkers followed until they leave a region: first exit times, block by block.

Looking at a walker only at the end of each step misses the exits from which it came back, and
makes survival too long by an error of order :math:`\sqrt\Delta`. Where one oscillator's motion
crosses a face, the crossings in between are therefore sampled: given distances a and b to a flat
face at both ends of a step, Brownian motion of diffusivity D has touched it with probability
:math:`e^{-ab/(D\Delta)}`, whatever its constant drift. What remains, from curved faces and varying
drift, is of order :math:`\Delta`.

References
----------
E. Gobet, Weak approximation of killed diffusion using Euler schemes, Stochastic Process. Appl. 87
(2000) 167-197, for both orders; Euler schemes and half-space approximation for the simulation of
diffusion in a domain, ESAIM Probab. Stat. 5 (2001) 261-297, for the flat face.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lohe.dynamics.langevin import Langevin
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.regions import Region

__all__ = ["STAYED", "Exits", "Walk"]

Floats = NDArray[np.float64]

STAYED = -1

# Coordinates in a block: enough to keep NumPy busy, few enough for the processor's cache.
_COORDINATES = 2**13
# Faces further away than this are touched in between with a probability below 1e-17.
_FAR = 40.0
# Steps between two reports of progress.
_TICK = 100


@dataclass(frozen=True, eq=False)
class Exits:
    """First exits of the walkers of one block.

    Parameters
    ----------
    number
        Of the block.
    times : (walkers,) array
        Middle of the step in which each left the region; infinite if it did not.
    faces : (walkers,) int32 array
        Index of the face through which it left, or `STAYED`.
    """

    number: int
    times: Floats
    faces: NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Walk:
    """What all blocks share; can be pickled.

    Parameters
    ----------
    network, region
    start : (n, d) array
        State from which every walker starts.
    diffusivity : (n,) array
        D of each oscillator.
    step, steps
        Δ, and how many to the horizon.
    walkers
        In all blocks together.
    seed
    """

    network: Network
    region: Region
    start: Floats
    diffusivity: Floats
    step: float
    steps: int
    walkers: int
    seed: int

    @property
    def block_size(self) -> int:
        """Walkers in a block; depends on the network alone."""
        return max(1, _COORDINATES // self.network.drive.size)

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.walkers // self.block_size)

    def size(self, number: int) -> int:
        """Return how many walkers a block has."""
        return min(self.block_size, self.walkers - number * self.block_size)

    def run(self, number: int, tick: Callable[[float], None] | None = None) -> Exits:
        """Follow the walkers of one block, from the stream SeedSequence(seed, (number,)).

        `tick` is called now and then with the share of the block's work that is done.
        """
        size = self.size(number)
        rng = np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(number,)))
        motion = Langevin.prepare(self.network, self.diffusivity, self.step)
        times, faces = np.full(size, np.inf), np.full(size, STAYED, dtype=np.int32)
        inside = np.arange(size)
        x = np.repeat(self.start[:, :, np.newaxis], size, axis=-1)
        before = self.region.distances(x, None)
        with threadpool_limits(1, user_api="blas"):
            for step in range(self.steps):
                if tick is not None and step % _TICK == 0:
                    tick(1 - inside.size / size * (1 - step / self.steps))
                x = motion.advance(x, 1, rng)
                after = self.region.distances(x, before)
                left = self._crossed(before, after, rng)
                gone = left != STAYED
                if gone.any():
                    times[inside[gone]] = (step + 0.5) * self.step
                    faces[inside[gone]] = left[gone]
                    stay = ~gone
                    inside = inside[stay]
                    if not inside.size:
                        break
                    x, after = np.compress(stay, x, axis=-1), np.compress(stay, after, axis=-1)
                before = after
        return Exits(number, times, faces)

    def _crossed(self, before: Floats, after: Floats, rng: np.random.Generator) -> NDArray[np.intp]:
        """Return the face that each walker crossed in a step, or `STAYED`."""
        crossed = np.full(after.shape[1], STAYED, dtype=np.intp)
        outside = np.flatnonzero((after <= 0).any(axis=0))
        crossed[outside] = np.argmin(after[:, outside], axis=0)
        if self.region.movers is None:
            return crossed
        spread = (self.diffusivity * self.step)[self.region.movers][:, np.newaxis]
        product = before * after
        near = np.flatnonzero((product < _FAR * spread).any(axis=0) & (crossed == STAYED))
        if not near.size:
            return crossed
        # Noise is independent from oscillator to oscillator: so are the bridges between the ends.
        with np.errstate(divide="ignore"):  # without noise there is none, and exp(-inf) = 0
            touched = np.exp(-product[:, near] / spread)
        passed = rng.random(near.size) < 1 - np.prod(1 - touched, axis=0)
        crossed[near[passed]] = np.argmax(touched[:, passed], axis=0)
        return crossed
