"""Crosstalk matrices from graphs."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
from scipy import sparse

from lohe.dynamics.errors import InputError

__all__ = ["chain", "complete", "crosstalk_from_graph", "grid", "ring"]


def crosstalk_from_graph(graph: Any, *, strength: float = 1.0) -> sparse.csr_array:
    """Crosstalk matrix of any networkx graph, oscillators in the order of its nodes.

    Parameters
    ----------
    graph : networkx graph
        An edge's ``weight``, 1 by default, is the coupling. In a directed graph the edge from k
        to i means that i feels k.
    strength
        Factor on every coupling.

    Returns
    -------
    (n, n) sparse array J
        Row i holds the couplings J_ik that oscillator i feels.

    Raises
    ------
    InputError
        If the graph has no nodes, loops, or weights that are not finite numbers.

    Examples
    --------
    >>> crosstalk_from_graph(nx.DiGraph([("a", "b")])).toarray()
    array([[0., 0.],
           [1., 0.]])
    """
    if graph.number_of_nodes() < 1:
        raise InputError("the graph has no nodes; add one for each oscillator")
    try:
        adjacency = nx.to_scipy_sparse_array(graph, dtype=np.float64, format="csr")
    except (TypeError, ValueError) as error:
        raise InputError("the graph's weights are not all numbers; mend its edges") from error
    if not np.all(np.isfinite(adjacency.data)):
        raise InputError("the graph has NaN or infinite weights; mend its edges")
    if np.any(adjacency.diagonal()):
        raise InputError("the graph has loops; an oscillator cannot couple to itself")
    return sparse.csr_array(strength * adjacency.T)


def chain(n: int, *, strength: float = 1.0) -> sparse.csr_array:
    """Each oscillator feels its neighbours on a line.

    Examples
    --------
    >>> chain(3).toarray()
    array([[0., 1., 0.],
           [1., 0., 1.],
           [0., 1., 0.]])
    """
    return crosstalk_from_graph(nx.path_graph(n), strength=strength)


def ring(n: int, *, strength: float = 1.0) -> sparse.csr_array:
    """Each oscillator feels its neighbours on a circle of at least 3.

    Examples
    --------
    >>> ring(4).toarray()[0]
    array([0., 1., 0., 1.])
    """
    if n < 3:
        raise InputError(f"a ring of {n} has no circle; use at least 3 oscillators")
    return crosstalk_from_graph(nx.cycle_graph(n), strength=strength)


def grid(*shape: int, strength: float = 1.0, periodic: bool = False) -> sparse.csr_array:
    """Each oscillator feels its nearest neighbours on a rectangular grid of any dimension.

    Examples
    --------
    >>> grid(2, 2).toarray()[0]
    array([0., 1., 1., 0.])
    """
    return crosstalk_from_graph(nx.grid_graph(shape[::-1], periodic=periodic), strength=strength)


def complete(n: int, *, strength: float = 1.0) -> sparse.csr_array:
    """Every oscillator feels every other.

    Examples
    --------
    >>> complete(2, strength=0.1).toarray()
    array([[0. , 0.1],
           [0.1, 0. ]])
    """
    return crosstalk_from_graph(nx.complete_graph(n), strength=strength)
