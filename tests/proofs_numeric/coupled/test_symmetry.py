"""L3: which oscillators can be turned together."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from scipy import sparse

from lohe.dynamics import topology
from lohe.dynamics.field import vector_field
from lohe.dynamics.network import Network
from lohe.proofs_numeric.coupled.symmetry import rotating_set


@pytest.mark.parametrize("d", [2, 3, 5])
@pytest.mark.parametrize("graph", [topology.ring(9), topology.complete(9), topology.chain(9)])
def test_consensus_without_anchors_turns_as_a_whole(d, graph):
    for form in (graph, graph.toarray()):
        assert rotating_set(Network(np.zeros((9, d)), crosstalk=form)) == tuple(range(9))


def test_one_drive_anywhere_on_a_connected_graph_holds_everybody():
    h = np.zeros((9, 2))
    h[4, 0] = 5e-324
    assert rotating_set(Network(h, crosstalk=topology.chain(9))) is None
    assert rotating_set(Network(h, crosstalk=topology.chain(9).toarray())) is None


def test_who_is_heard_counts_and_not_who_hears():
    # 0 and 1 hear each other; the driven 2 hears 1, and 3 hears 2.
    j = np.zeros((4, 4))
    j[0, 1] = j[1, 0] = j[2, 1] = j[3, 2] = 1.0
    h = np.zeros((4, 2))
    h[2, 0] = 1.0
    assert rotating_set(Network(h, crosstalk=j)) == (0, 1)
    assert rotating_set(Network(h, crosstalk=sparse.csr_array(j))) == (0, 1)


def test_a_frequency_holds_an_oscillator_and_those_that_hear_it():
    a = np.zeros((3, 2, 2))
    a[0] = [[0.0, -1.0], [1.0, 0.0]]
    j = np.zeros((3, 3))
    j[1, 0] = 1.0
    assert rotating_set(Network(np.zeros((3, 2)), crosstalk=j, frequency=a)) == (2,)


def test_drives_that_cancel_exactly_are_none_and_almost_is_not_enough():
    anchors = [[1.0, 0.0], [-1.0, 0.0]]
    held = Network(couplings=[[0.1, 0.1], [1.0, 0.0]], anchors=anchors)
    assert rotating_set(held) == (0,)
    almost = np.nextafter(0.1, 1)
    assert rotating_set(Network(couplings=[[0.1, almost]], anchors=anchors)) is None


def test_stored_zeros_are_no_couplings():
    j = sparse.csr_array(([0.0, 1.0], ([0, 1], [1, 0])), shape=(2, 2))
    assert rotating_set(Network([[0.0, 0.0], [1.0, 0.0]], crosstalk=j)) == (0,)


@pytest.mark.parametrize("seed", range(20))
def test_dense_and_sparse_agree_with_the_graph_s_own_ancestors(seed):
    rng = np.random.default_rng(seed)
    n = 12
    j = np.where(rng.random((n, n)) < 0.12, 1.0, 0.0)
    np.fill_diagonal(j, 0)
    h = np.where(rng.random((n, 1)) < 0.15, 1.0, 0.0) * np.ones((n, 2))
    graph = nx.DiGraph([(k, i) for i, k in zip(*np.nonzero(j), strict=True)])
    graph.add_nodes_from(range(n))
    driven = set(np.flatnonzero(h[:, 0]).tolist())
    expected = tuple(i for i in range(n) if not ({i} | nx.ancestors(graph, i)) & driven) or None
    assert rotating_set(Network(h, crosstalk=j)) == expected
    assert rotating_set(Network(h, crosstalk=sparse.csr_array(j))) == expected


def test_turning_the_set_keeps_a_network_at_rest():
    j = np.zeros((4, 4))
    j[0, 1] = j[1, 0] = 1.0
    j[3, 2] = 1.0
    h = np.array([[0, 0], [0, 0], [0, 2.0], [1.0, 0]])
    net = Network(h, crosstalk=j)
    turned = list(rotating_set(net))
    x = np.array([[1.0, 0], [1.0, 0], [0, 1.0], [np.sqrt(0.5), np.sqrt(0.5)]])
    assert np.abs(vector_field(net, x)).max() < 1e-15
    x[turned] = [0.6, 0.8]
    assert np.abs(vector_field(net, x)).max() < 1e-15
