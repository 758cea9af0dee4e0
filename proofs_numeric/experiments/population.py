"""The oscillators of all heads of one model, as the experiments draw from them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm

__all__ = ["Population", "group"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Population:
    """Oscillators (token, head and layer) of one model, without crosstalk and frequencies.

    Parameters
    ----------
    name
        Of the model.
    networks
        One per head and layer.

    Raises
    ------
    InputError
        If there is no network, their dimensions differ, or one has crosstalk or frequencies.
    """

    name: str
    networks: tuple[Network, ...]

    def __post_init__(self) -> None:
        if not self.networks:
            raise InputError(f"{self.name} has no heads; give some")
        if len({network.d for network in self.networks}) > 1:
            raise InputError(f"the heads of {self.name} differ in dimension; give each a name")
        if not all(network.decoupled for network in self.networks):
            raise InputError(f"{self.name} has crosstalk or natural frequencies; remove them")

    @property
    def d(self) -> int:
        """Dimension of the oscillators' space."""
        return self.networks[0].d

    @property
    def n(self) -> int:
        """Number of oscillators."""
        return len(self.drive)

    @cached_property
    def drive(self) -> Floats:
        """Drives of all oscillators, (n, d), network after network."""
        return np.concatenate([network.drive for network in self.networks])

    @cached_property
    def norms(self) -> Floats:
        """Norms of the drives, (n,)."""
        return norm(self.drive)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the networks' digests, in order."""
        return hashlib.sha256("".join(n.digest for n in self.networks).encode()).hexdigest()

    @cached_property
    def network_of(self) -> Integers:
        """The network that each oscillator belongs to, (n,)."""
        sizes = [network.n for network in self.networks]
        return np.repeat(np.arange(len(sizes)), sizes)

    @cached_property
    def chain_of(self) -> Integers:
        """The chain that each oscillator belongs to, (n,): one per network and input sequence.

        Raises
        ------
        InputError
            If a network does not tell its sequences.
        """
        found, chains = [], 0
        for network in self.networks:
            if network.sequence is None:
                raise InputError(f"{self.name} does not tell its sequences; export its heads again")
            _, numbers = np.unique(network.sequence, return_inverse=True)
            found.append(chains + numbers)
            chains += int(numbers.max()) + 1
        return np.concatenate(found)

    @cached_property
    def turn_of(self) -> Integers:
        """The place of each oscillator in its chain, (n,), from 0, in the order of tokens."""
        order = np.argsort(self.chain_of, kind="stable")
        chains = self.chain_of[order]
        first = np.searchsorted(chains, chains)
        turns = np.empty(self.n, dtype=np.int64)
        turns[order] = np.arange(self.n) - first
        return turns

    @cached_property
    def chains(self) -> Floats:
        """Drives chain by chain, (chains, turns, d); zero after the end of a shorter chain."""
        laid = np.zeros((int(self.chain_of.max()) + 1, int(self.turn_of.max()) + 1, self.d))
        laid[self.chain_of, self.turn_of] = self.drive
        return laid


def group(named: Sequence[tuple[str, Network]]) -> tuple[Population, ...]:
    """Gather networks of one name into populations, in the order of their first.

    Examples
    --------
    >>> small = Network([[1.0, 0.0]])
    >>> [p.n for p in group([("a", small), ("b", small), ("a", small)])]
    [2, 1]
    """
    found: dict[str, list[Network]] = {}
    for name, network in named:
        found.setdefault(name, []).append(network)
    return tuple(Population(name, tuple(networks)) for name, networks in found.items())
