"""Blocks: the same whoever runs them, and independent of how many there are."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from lohe.dynamics.network import Network
from lohe.dynamics.topology import ring
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.result import REFERENCE, joined
from lohe.proofs_numeric.basins.trials import Sampler


def coupled(n=16, d=3, strength=0.05):
    rng = np.random.default_rng(0)
    crosstalk = strength * rng.standard_normal((n, n))
    np.fill_diagonal(crosstalk, 0)
    return Network(rng.standard_normal((n, d)) + np.eye(1, d)[0], crosstalk=crosstalk)


def same(one, other):
    for field in fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if a is None or b is None:
            assert a is b
        else:
            np.testing.assert_array_equal(a, b, err_msg=field.name, strict=True)


@pytest.mark.parametrize(
    "network", [coupled(), Network(np.eye(3)), Network(np.eye(8, 2), crosstalk=ring(8))]
)
def test_a_block_is_the_same_in_any_order_and_on_any_number_of_threads(network):
    plan = Plan(network.digest, 10**6, (0.5, 3.0), 7, 1e-3)
    sampler = replace(Sampler.prepare(network, plan), block_size=600, batch=200)
    first = sampler.run(5)
    sampler.run(2)
    with threadpool_limits(2, user_api="blas"):
        same(sampler.run(5), first)
    same(replace(sampler, plan=replace(plan, trials=10**9)).run(5), first)


def test_the_last_block_holds_the_rest():
    network = Network(np.eye(3))
    sampler = Sampler.prepare(network, Plan(network.digest, 10, (1.0,), 0))
    sampler = replace(sampler, block_size=4, batch=3)
    assert sampler.blocks == 3
    assert [sampler.run(block).trials for block in range(3)] == [4, 4, 2]


def test_block_sizes_depend_on_the_network_alone():
    network = coupled()
    sizes = {
        Sampler.prepare(network, Plan(network.digest, trials, (1.0,), seed)).block_size
        for trials in (1, 10**9)
        for seed in (0, 1)
    }
    assert len(sizes) == 1


def test_joined_batches_keep_order_and_number_their_attractors_anew():
    # Aligned on either side of the two opposite drives.
    pair = Network([[1.0, 0.05], [-1.0, 0.05]], crosstalk=[[0.0, 3.0], [3.0, 0.0]])
    plan = Plan(pair.digest, 80, (150.0,), 0, 1e-3)
    sampler = replace(Sampler.prepare(pair, plan), block_size=80, batch=20)
    whole = sampler.run(0)
    rng = np.random.default_rng(np.random.SeedSequence(0, spawn_key=(0,)))
    parts = [sampler.trials.run(plan, 0, first, 20, rng) for first in range(0, 80, 20)]
    same(joined(0, parts), whole)
    elsewhere = whole.places > REFERENCE
    assert elsewhere.any()
    assert whole.places.max() == len(whole.attractors)
