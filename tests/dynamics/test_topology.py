"""Crosstalk of graphs: who feels whom."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.topology import chain, complete, crosstalk_from_graph, grid, ring


def test_a_directed_edge_is_felt_at_its_head():
    graph = nx.DiGraph()
    graph.add_weighted_edges_from([(0, 1, 2.0), (1, 2, -3.0)])
    found = crosstalk_from_graph(graph, strength=0.5).toarray()
    expected = np.zeros((3, 3))
    expected[1, 0], expected[2, 1] = 1.0, -1.5
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(
    ("matrix", "neighbours"),
    [
        (chain(5), [1, 2, 2, 2, 1]),
        (ring(5), [2] * 5),
        (grid(2, 3), [2, 3, 2, 2, 3, 2]),
        (grid(3, 4, periodic=True), [4] * 12),
        (complete(4), [3] * 4),
    ],
)
def test_standard_graphs_are_symmetric_with_the_right_neighbours(matrix, neighbours):
    dense = matrix.toarray()
    np.testing.assert_array_equal(dense, dense.T)
    np.testing.assert_array_equal(dense.sum(axis=1), neighbours)
    network = Network(np.ones((len(neighbours), 2)), crosstalk=matrix)
    assert not network.decoupled


def test_graphs_that_are_no_crosstalk_are_refused():
    looped = nx.Graph([(0, 0), (0, 1)])
    unnamed, endless = nx.Graph(), nx.Graph()
    unnamed.add_edge(0, 1, weight="much")
    endless.add_edge(0, 1, weight=np.inf)
    for graph, words in ((nx.Graph(), "no nodes"), (looped, "loops"), (unnamed, "numbers")):
        with pytest.raises(InputError, match=words):
            crosstalk_from_graph(graph)
    with pytest.raises(InputError, match="infinite"):
        crosstalk_from_graph(endless)
    with pytest.raises(InputError, match="at least 3"):
        ring(2)
