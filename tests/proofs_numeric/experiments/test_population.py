"""A population keeps its oscillators in the order of heads, sequences and tokens."""

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.experiments.population import Population, group


def test_chains_hold_every_drive_once_in_order(population):
    assert population.n == 17
    assert population.chains.shape == (5, 5, population.d)
    assert population.turn_of.tolist() == [0, 1, 2, 0, 1, 2, 3, 4, 0, 1, 2, 3, 0, 1, 2, 3, 0]
    assert population.network_of.tolist() == [0] * 8 + [1] * 9
    found = population.chains[population.chain_of, population.turn_of]
    assert np.array_equal(found, population.drive)
    assert np.count_nonzero(population.chains.any(axis=2)) == 17


def test_sequences_may_be_mixed_up(population):
    order = np.random.default_rng(0).permutation(8)
    network = population.networks[0]
    mixed = Network(network.drive[order], sequence=network.sequence[order])
    found = Population("mixed", (mixed,))
    for turn, chain, drive in zip(found.turn_of, found.chain_of, mixed.drive, strict=True):
        before = (mixed.sequence == chain)[: np.flatnonzero((mixed.drive == drive).all(axis=1))[0]]
        assert turn == before.sum()


def test_the_digest_tells_networks_apart(population):
    other = Population("small", population.networks[::-1])
    assert other.digest != population.digest
    assert Population("renamed", population.networks).digest == population.digest


def test_groups_by_name():
    plain, flat = Network([[1.0, 0.0]]), Network([[1.0, 0.0, 0.0]])
    found = group([("a", plain), ("b", flat), ("a", plain)])
    assert [(p.name, p.n, p.d) for p in found] == [("a", 2, 2), ("b", 1, 3)]


@pytest.mark.parametrize(
    ("networks", "message"),
    [
        ((), "no heads"),
        ((Network([[1.0, 0.0]]), Network([[1.0, 0.0, 0.0]])), "differ in dimension"),
        ((Network([[1.0, 0.0]] * 2, crosstalk=[[0, 1], [1, 0]]),), "crosstalk"),
    ],
)
def test_what_it_cannot_hold_is_named(networks, message):
    with pytest.raises(InputError, match=message):
        Population("odd", networks)


def test_turns_need_sequences():
    with pytest.raises(InputError, match="does not tell its sequences"):
        _ = Population("odd", (Network([[1.0, 0.0]]),)).chains
