"""Parasitic crosstalk on a layout: signs at random, strength even over the neighbours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from lohe.hardware.nonideal.imperfections import Imperfections

__all__ = ["Crosstalk", "neighbours", "parasitic_crosstalk"]

Floats = NDArray[Any]

# With more neighbours than this a product of matrices is faster than a sum over neighbours.
_FEW = 16


@dataclass(frozen=True, eq=False)
class Crosstalk:
    """J of many devices with one layout.

    Parameters
    ----------
    index : (n, m) array of int
        The neighbours that each oscillator hears.
    strength : (..., n, m) array
        How much, with leading axes for devices; 0 where an oscillator has fewer neighbours.

    Examples
    --------
    >>> pair = Crosstalk(np.array([[1], [0]]), np.array([[0.5], [2.0]]))
    >>> pair.heard(np.array([1.0, 3.0])), pair.row_sum
    (array([1.5, 2. ]), 2.0)
    """

    index: NDArray[np.intp]
    strength: Floats

    @property
    def row_sum(self) -> float:
        """The largest sum of |J| over what an oscillator hears."""
        return float(np.abs(self.strength).sum(axis=-1).max())

    def heard(self, states: Floats) -> Floats:
        """Return J applied to states (..., n)."""
        if self.index.shape[1] > _FEW:
            parts = states.view(states.real.dtype).reshape(*states.shape, -1)
            found = np.ascontiguousarray(self.dense() @ parts)
            return np.asarray(found.view(states.dtype)[..., 0])
        found = self.strength[..., 0] * states[..., self.index[:, 0]]
        for m in range(1, self.index.shape[1]):
            found += self.strength[..., m] * states[..., self.index[:, m]]
        return np.asarray(found)

    def first(self, count: int) -> Crosstalk:
        """Return what the first oscillators hear of each other."""
        index = self.index[:count]
        inside = index < count
        return Crosstalk(np.where(inside, index, 0), self.strength[..., :count, :] * inside)

    def dense(self) -> Floats:
        """Return J, (..., n, n)."""
        n = len(self.index)
        matrix = np.zeros((*self.strength.shape[:-1], n), dtype=self.strength.dtype)
        for m in range(self.index.shape[1]):
            matrix[..., np.arange(n), self.index[:, m]] += self.strength[..., m]
        return matrix


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
    if topology == "crossbar":
        return np.asarray((across == 0) != (along == 0))
    reach = np.maximum(across, along) if topology == "king" else across + along
    return np.asarray(reach == 1)


def parasitic_crosstalk(
    imperfections: Imperfections,
    count: int,
    rng: np.random.Generator,
    instances: tuple[int, ...] = (),
) -> Crosstalk | None:
    """Draw J, or return None without crosstalk.

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
    degrees = hears.sum(axis=1)
    most = int(degrees.max())
    index = np.argsort(~hears, axis=1, kind="stable")[:, :most]
    real = np.arange(most) < degrees[:, None]
    signs = rng.integers(0, 2, size=(*instances, count, most)) * 2.0 - 1
    return Crosstalk(index, imperfections.crosstalk / most * signs * real)
