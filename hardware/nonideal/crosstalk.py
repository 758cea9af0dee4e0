"""Parasitic crosstalk on a layout: signs at random, strength even over the neighbours."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from lohe.hardware.nonideal.imperfections import Imperfections

__all__ = ["neighbours", "parasitic_crosstalk"]

Floats = NDArray[np.float64]


def neighbours(count: int, topology: str) -> NDArray[np.bool_]:
    """Return who hears whom among so many oscillators, (n, n).

    Grids are as square as they can be and filled row by row; the last row may be short.

    Examples
    --------
    >>> neighbours(4, "chain").astype(int).sum(axis=1)
    array([1, 2, 2, 1])
    """
    if topology == "complete":
        return ~np.eye(count, dtype=bool)
    if topology == "chain":
        graph = nx.path_graph(count)
        return np.asarray(nx.to_numpy_array(graph, nodelist=range(count)) > 0)
    columns = math.ceil(math.sqrt(count))
    row, column = np.divmod(np.arange(count), columns)
    across = np.abs(np.subtract.outer(row, row))
    along = np.abs(np.subtract.outer(column, column))
    reach = np.maximum(across, along) if topology == "king" else across + along
    return np.asarray(reach == 1)


def parasitic_crosstalk(
    imperfections: Imperfections,
    count: int,
    rng: np.random.Generator,
    instances: tuple[int, ...] = (),
) -> Floats | None:
    """Draw J, (..., n, n), or None without crosstalk.

    An oscillator in the middle of the layout has couplings that add up to ``crosstalk`` in size;
    one at its edge has fewer.

    Parameters
    ----------
    imperfections
        Strength and topology.
    count : int
        n.
    rng
        Of the signs.
    instances : tuple of int
        Leading axes.
    """
    if imperfections.crosstalk == 0 or count < 2:
        return None
    hears = neighbours(count, imperfections.topology)
    each = imperfections.crosstalk / hears.sum(axis=1).max()
    signs = rng.integers(0, 2, size=(*instances, count, count)) * 2 - 1
    return np.asarray(each * signs * hears)
