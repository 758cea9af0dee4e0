r"""Every equilibrium of a small network, by branch and prune on the product of spheres (T8).

The search starts from the one cell that is everything. A cell is dropped when it provably holds
no equilibrium, or when it lies in the box of one that is already enclosed; what remains is split.
When nothing remains, the enclosed equilibria are all there are, and the splits are the proof.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import norm, uniform
from lohe.proofs_numeric.equilibria.cells import (
    DEEPEST,
    WHOLE,
    Cells,
    beyond,
    inside,
    join,
    middles,
    root,
    split,
    widths,
)
from lohe.proofs_numeric.equilibria.discards import excluded_by_minors, krawczyk
from lohe.proofs_numeric.equilibria.krawczyk import Enclosure, enclose
from lohe.proofs_numeric.equilibria.newton import distinct, find_rest
from lohe.proofs_numeric.equilibria.remaining import describe
from lohe.proofs_numeric.equilibria.stable_points import apart
from lohe.proofs_numeric.equilibria.system import System, read_system

__all__ = ["MOST_UNKNOWNS", "Progress", "Search", "search"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

Progress = Callable[[int, int], None]

MOST_UNKNOWNS = 16
"""Unknowns, n (d - 1), beyond which not even uncoupled oscillators are searched in time."""

# Labels of leaves: no equilibrium here; -2 - b: within the outer box of equilibrium b.
_DISCARDED, _OPEN = -1, np.iinfo(np.int64).min

_BATCH = 4096
_STARTS, _MOST_STARTS = 32, 512
_MOST_GUESSES = 64
# States at rest that cannot be enclosed are degenerate, and then the search cannot end: a
# continuum of equilibria has any number of them, and each costs much arithmetic.
_PATIENCE, _LEAST = 3, 2000
_SEED = 20_260_000
_FINE = 10_000


@dataclass(frozen=True)
class Search:
    """What an exhaustive search found.

    Parameters
    ----------
    enclosures
        Equilibria in disjoint boxes, each alone in its outer box; with a tree, all there are, and
        the stability of each is known.
    tree
        Splits and leaves in preorder: -1 for a cell without equilibria, -2 - b for one within
        the outer box of equilibrium b, m >= 0 for a split (`cells.split`). None when the search
        ended with cells left, or with an equilibrium that may be stable or not.
    left
        Where more equilibria may be, then, adjacent cells merged, and which of those enclosed may
        be stable or not; in plain words.
    nodes
        Cells examined.
    """

    enclosures: tuple[Enclosure, ...]
    tree: tuple[int, ...] | None
    left: tuple[str, ...]
    nodes: int


@dataclass(eq=False)
class _Found:
    """Equilibria enclosed so far, and all states that were tried."""

    network: Network
    enclosures: list[Enclosure] = field(default_factory=list)
    tried: list[Floats] = field(default_factory=list)
    failures: int = 0

    def add(self, starts: Floats) -> None:
        """Follow Newton's method from (N, n, d) starts and enclose what is new."""
        known = np.array(self.tried).reshape(-1, self.network.n, self.network.d)
        for state in distinct(find_rest(self.network, starts), known):
            if self.failures == _PATIENCE:
                return
            self.tried.append(state)
            enclosure = enclose(self.network, state)
            if isinstance(enclosure, str):
                self.failures += 1
            elif all(apart(enclosure, other) for other in self.enclosures):
                # Near a bifurcation many states at rest are one equilibrium; none counts twice.
                self.enclosures.append(enclosure)

    def allowance(self, nodes: int) -> int:
        """Return how many cells to examine: fewer where the search most likely cannot end."""
        return nodes if self.failures < _PATIENCE else min(nodes, max(_LEAST, nodes // 8))

    def undecided(self) -> tuple[str, ...]:
        """Name the equilibria whose stability could not be told: they may count as stable."""
        return tuple(
            f"the equilibrium near {np.array2string(one.points, precision=6, separator=', ')}, "
            "with an eigenvalue on the imaginary axis or too near it"
            for one in self.enclosures
            if one.unstable is None
        )


def search(network: Network, *, nodes: int = 200_000, progress: Progress | None = None) -> Search:
    """Enclose all equilibria of a network, or say where more may be.

    The effort grows exponentially with the number n (d - 1) of unknowns: a second or so at 4,
    the default of cells at 5 or 6 with strong crosstalk.

    Parameters
    ----------
    network
    nodes
        Cells to examine at most.
    progress
        Called as ``progress(settled, total)`` after every level: shares of the volume.

    Returns
    -------
    Search

    Raises
    ------
    InputError
        For more unknowns than any search could finish.

    Notes
    -----
    Breadth first, so that what is left at the limit is about equally fine everywhere. A cell
    bisected to the last digit is left while the search goes on: a degenerate equilibrium ends as
    one region with a name. Where several states at rest cannot be enclosed, as in a continuum of
    equilibria, an eighth of the cells is all that is spent.

    References
    ----------
    R. B. Kearfott, *Rigorous Global Search: Continuous Problems*, Kluwer 1996.

    Examples
    --------
    >>> found = search(Network([[3.0, 4.0]]))
    >>> len(found.enclosures), found.left
    (2, ())
    """
    unknowns = network.n * (network.d - 1)
    if unknowns > MOST_UNKNOWNS:
        raise InputError(
            f"{unknowns} unknowns are too many to search; n (d - 1) can be {MOST_UNKNOWNS} at most"
        )
    found = _Found(network)
    starts = min(_STARTS * 2**network.n, _MOST_STARTS)
    found.add(uniform(np.random.default_rng(_SEED), (starts, network.n), network.d))
    system, influence = read_system(network), _influence(network)
    level, levels = root(network.n, network.d), []
    stuck: list[Cells] = []
    examined, settled = 0, 0.0
    while len(level) and examined + len(level) <= found.allowance(nodes):
        labels, halves = [], []
        for first in range(0, len(level), _BATCH):
            cells = level[first : first + _BATCH]
            verdicts = _settle(system, found, cells)
            opened = np.flatnonzero(verdicts == _OPEN)
            moves = _moves(cells[opened], influence)
            # Where no digit is left, any label will do: the tree is not complete.
            verdicts[opened] = np.where(moves >= 0, moves, _DISCARDED)
            stuck.append(cells[opened[moves < 0]])
            going = verdicts >= 0
            labels.append(verdicts)
            halves.append(split(cells[going], verdicts[going]))
        examined += len(level)
        levels.append(np.concatenate(labels))
        level = join(halves)
        settled += float(np.count_nonzero(levels[-1] < 0)) * 0.5 ** (len(levels) - 1)
        if progress is not None:
            progress(round(settled * _FINE), _FINE)
    left = join([*stuck, level])
    names = (*describe(left), *found.undecided())
    tree = None if names else _preorder(levels)
    return Search(tuple(found.enclosures), tree, names, examined)


def _settle(system: System, found: _Found, cells: Cells) -> Integers:
    """Return the label of each cell that is settled, `_OPEN` for the others."""
    verdicts = np.full(len(cells), _OPEN)
    verdicts[beyond(cells)] = _DISCARDED
    rows = np.flatnonzero(verdicts == _OPEN)
    verdicts[rows[excluded_by_minors(system, cells[rows])]] = _DISCARDED
    _match(found, cells, verdicts, 0)
    rows = np.flatnonzero((verdicts == _OPEN) & cells.charted)
    if rows.size:
        told = krawczyk(system, cells[rows])
        verdicts[rows[told.excludes]] = _DISCARDED
        near, known = rows[told.contracts & ~told.excludes], len(found.enclosures)
        if near.size:
            found.add(middles(cells[near[:_MOST_GUESSES]]))
        _match(found, cells, verdicts, known)
    return verdicts


def _match(found: _Found, cells: Cells, verdicts: Integers, first: int) -> None:
    """Label the open cells that lie within the outer box of an equilibrium from `first` on."""
    rows = np.flatnonzero((verdicts == _OPEN) & cells.charted)
    for b, box in enumerate(found.enclosures[first:], first):
        hit = inside(cells[rows], box.charts, box.coordinates, box.outer)
        verdicts[rows[hit]] = -2 - b
        rows = rows[~hit]


def _influence(network: Network) -> Floats:
    """Weigh how much an oscillator's position matters: to itself 1, to others as they feel it."""
    if network.crosstalk is None:
        return np.ones(network.n)
    matrix = network.crosstalk
    size = np.abs(matrix if isinstance(matrix, np.ndarray) else matrix.toarray())
    force = norm(network.drive) + size.sum(axis=1)
    share = np.divide(size, force[:, np.newaxis], out=np.zeros_like(size), where=size > 0)
    return np.asarray(1 + share.sum(axis=0))


def _moves(cells: Cells, influence: Floats) -> Integers:
    """Choose the split of each cell: the coordinate that moves forces most; -1 if none can be."""
    count, n, coordinates = cells.lower.shape
    whole = cells.charts == WHOLE
    divisible = (cells.upper - cells.lower > 2.0 ** (1 - DEEPEST)) | whole[..., np.newaxis]
    weight = np.where(divisible, widths(cells) * influence[:, np.newaxis], -1.0)
    weight = weight.reshape(count, n * coordinates)
    best, rows = np.argmax(weight, axis=-1), np.arange(count)
    oscillator = best // coordinates
    moves = np.where(whole[rows, oscillator], oscillator, n + best)
    return np.where(weight[rows, best] > 0, moves, -1)


def _preorder(levels: list[Integers]) -> tuple[int, ...]:
    """Write a tree down in preorder; the halves of a level's k-th split are its 2k and 2k + 1."""
    ranks = [np.cumsum(labels >= 0) - 1 for labels in levels]
    order, stack = [], [(0, 0)]
    while stack:
        depth, place = stack.pop()
        label = int(levels[depth][place])
        order.append(label)
        if label >= 0:
            child = 2 * int(ranks[depth][place])
            stack += [(depth + 1, child + 1), (depth + 1, child)]
    return tuple(order)
