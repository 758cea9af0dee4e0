"""T11: who leads, in which order they hear, and which sets stay apart, against graphs."""

from __future__ import annotations

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled import leader
from lohe.proofs_numeric.coupled.leader import apart_sets, listened_lower, listening_order

FORMS = (np.asarray, sparse.csr_array)


def network(J):
    return Network(np.zeros((J.shape[0], 2)), crosstalk=J)


def graph(J):
    found = nx.DiGraph()
    found.add_nodes_from(range(len(J)))
    found.add_edges_from((int(k), int(i)) for i, k in np.argwhere(J))
    return found


def matrices(count, n=7):
    rng = np.random.default_rng(n)
    for k in range(count):
        J = rng.exponential(size=(n, n)) * (rng.random((n, n)) < rng.uniform(0.05, 0.6))
        J = np.tril(J, -1) if k % 2 else J * (1 - np.eye(n))
        order = rng.permutation(n)
        yield J[np.ix_(order, order)]


@pytest.mark.parametrize("form", FORMS)
def test_an_order_is_found_exactly_where_nobody_hears_in_a_circle(form):
    found = {True: 0, False: 0}
    for J in matrices(120):
        order, edges = listening_order(network(form(J))), graph(J)
        assert (order is not None) == nx.is_directed_acyclic_graph(edges)
        found[order is None] += 1
        if order is not None:
            assert sorted(order) == list(range(len(J)))
            assert all(order.index(k) < order.index(i) for k, i in edges.edges)
    assert min(found.values()) > 20


@pytest.mark.parametrize("form", FORMS)
def test_two_sets_are_found_exactly_where_two_parts_hear_only_themselves(form):
    found = {True: 0, False: 0}
    for J in matrices(200):
        sets, edges = apart_sets(network(form(J))), graph(J)
        parts = nx.condensation(edges)
        sources = [parts.nodes[p]["members"] for p in parts if parts.in_degree(p) == 0]
        assert (sets is not None) == (len(sources) > 1)
        found[sets is None] += 1
        if sets is not None:
            assert all(set(members) in sources for members in sets)
            assert not set(sets[0]) & set(sets[1])
    assert min(found.values()) > 20


def test_circles_that_stay_apart():
    J = np.zeros((6, 6))
    J[[0, 1, 2, 3, 4], [1, 2, 0, 4, 3]] = 1.0
    J[5, :5] = 1.0
    assert apart_sets(network(J)) == ((3, 4), (0, 1, 2))
    assert apart_sets(network(sparse.csr_array(J))) == ((3, 4), (0, 1, 2))
    J[3, 0] = 5e-324
    assert apart_sets(network(J)) is None


def test_stored_zeros_are_not_heard():
    J = sparse.csr_array(([0.0, 1.0], ([0, 1], [1, 0])), shape=(2, 2))
    assert listening_order(network(J)) == (0, 1)
    assert apart_sets(network(J)) is None
    nobody = sparse.csr_array(([0.0], ([0], [1])), shape=(2, 2))
    assert apart_sets(network(nobody)) == ((0,), (1,))
    assert apart_sets(Network(np.zeros((2, 2)))) == ((0,), (1,))
    assert listening_order(Network(np.zeros((2, 2)))) == (0, 1)


@pytest.mark.parametrize("scale", [1.0, 2.0**-1060, 2.0**1010])
@pytest.mark.parametrize("exactly", [0, 100])
def test_the_least_sum_is_bounded_from_below_and_closely(monkeypatch, scale, exactly):
    monkeypatch.setattr(leader, "_EXACTLY", exactly)
    rng = np.random.default_rng(1)
    for _ in range(20):
        J = np.tril(rng.exponential(size=(9, 9)) * scale, -1)
        sums = [sum(map(Fraction, row.tolist()), Fraction(0)) for row in J]
        least = min(sums[1:])
        for form in FORMS:
            bound, worst = listened_lower(network(form(J)))
            assert 0 <= bound <= least
            assert sums[worst] <= least * Fraction(1000001, 1000000)
            if exactly:
                assert Fraction(float(np.nextafter(bound, np.inf))) > least
            elif scale == 1.0:
                assert bound >= least * Fraction(999999, 1000000)


def test_sums_beyond_the_largest_float_are_bounded_by_it():
    J = np.zeros((3, 3))
    J[1, 0], J[2, :2] = 1.5e308, 1.5e308
    J[1, 2] = 1.5e308
    bound, _ = listened_lower(network(J))
    assert bound == np.finfo(float).max
