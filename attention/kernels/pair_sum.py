r"""Sums over all pairs, :math:`o_i = \sum_j f(\langle l_i, r_j\rangle)\, v_j`, tile by tile.

Drive and readout are both of this form. No matrix over all pairs exists at any time: the adjoint
forms the tiles anew. The tiles, and the order in which they are added up, depend on shapes only,
so the result is the same for any number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from lohe.attention.arrays import Array, common_lead, sum_to, widen
from lohe.attention.kernels.pair_function import PairFunction
from lohe.attention.kernels.scratch import Scratch, write
from lohe.attention.kernels.threads import map_tasks
from lohe.attention.kernels.tiles import Index, Tiles, choose_tiles, lead_blocks

__all__ = ["pair_sum_vjp"]

# Parts of an entry's rows can go to several threads, but each has its own table of gradients.
_TASKS = 4

# Below so many pairs, handing work to a thread costs more than it saves.
_WORTH_A_THREAD = 1 << 19

Pullback = Callable[[Any], tuple[Array, ...]]
Task = TypeVar("Task")


def pair_sum_vjp(
    xp: Any,
    left: Array,
    right: Array,
    values: Array,
    function_at: Callable[[Index], PairFunction],
    *,
    causal: bool,
    scale: float = 1,
    tile: tuple[int, int] | None = None,
    compiled: bool = False,
) -> tuple[Array, Pullback]:
    r"""Return :math:`\sum_j f(c \langle l_i, r_j\rangle) v_j` for every row i, and its adjoint.

    Parameters
    ----------
    xp
        The array namespace.
    left : (..., T_q, m) array
    right : (..., T, m) array
    values : (..., T, n) array
        The three have one dtype; leading axes broadcast. A key is left out where its row of
        ``values`` is 0.
    function_at
        The function for a block of leading entries.
    causal
        Sum over j <= i only.
    scale
        The factor c.
    tile
        Rows and columns of a tile; by default what fits the cache.
    compiled
        Use Numba's loops, which choose their tiles themselves, if they know the function.

    Returns
    -------
    sums : (..., T_q, n) array
    pullback : callable
        ``pullback(d_sums) -> (dleft, dright, dvalues)``, each of its argument's own shape, and
        as fourth, if the function has a parameter, its derivative row by row, (..., T_q, 1).

    Raises
    ------
    ValueError
        If the leading axes do not broadcast.
    """
    arrays = (left, right, values)
    lead = common_lead(*arrays)
    shape = (*lead, left.shape[-2], right.shape[-2])
    itemsize = xp.finfo(left.dtype).bits // 8
    wide = [widen(xp, array, lead) for array in arrays]
    function = function_at(())
    pairs: Any
    if compiled and function.name:
        from lohe.attention.kernels.compiled.pair_sum import CompiledPairs

        name, exponent = function.name, function.exponent
        pairs = CompiledPairs(wide[0], wide[1], wide[2], name, exponent, scale, causal)
    else:
        tiles = choose_tiles(xp, shape, itemsize, causal=causal, tile=tile)
        pairs = _Pairs(xp, wide[0], wide[1], wide[2], function_at, scale, lead, tiles)

    def pullback(d_sums: Any) -> tuple[Array, ...]:
        d_left, d_right, d_values, *d_parameter = pairs.gradients(d_sums)
        return (
            sum_to(xp, d_left, left.shape),
            sum_to(xp, d_right, right.shape),
            sum_to(xp, d_values, values.shape),
            *d_parameter,
        )

    return pairs.sums(), pullback


@dataclass(frozen=True)
class _Pairs:
    """What the pairs are formed of, all with the same leading axes, and how they are cut."""

    xp: Any
    left: Array
    right: Array
    values: Array
    function_at: Callable[[Index], PairFunction]
    scale: float
    lead: tuple[int, ...]
    tiles: Tiles

    @property
    def unit(self) -> float:
        return self.function_at(()).unit

    @property
    def like(self) -> dict[str, Any]:
        return {"dtype": self.left.dtype, "device": self.left.device}

    def sums(self) -> Array:
        return _sums(self)

    def gradients(self, d_sums: Array) -> tuple[Array, ...]:
        return _gradients(self, d_sums)

    def scratch(self) -> Scratch:
        return Scratch(self.xp, self.tiles.size, self.left.dtype, 4)

    def rows(self, index: Index, block: tuple[int, int]) -> Array:
        """Return a block of rows, in the unit of the function."""
        rows = self.left[(*index, slice(*block), slice(None))]
        factor = self.scale * self.unit
        return rows if factor == 1 else rows * factor

    def product(self, rows: Array, some: Any, scratch: Scratch) -> tuple[Array, tuple[Any, ...]]:
        """Return the products of rows with some columns, and memory for working on them."""
        other = self.right[some]
        room, *work = scratch.tiles(*rows.shape[:-1], other.shape[-2])
        return write(self.xp.matmul, rows, other.mT, out=room), tuple(work)

    def past(self) -> Array | None:
        """Return 1 on and below the diagonal of a square and 0 above, if that matters."""
        if not self.tiles.causal:
            return None
        row = self.xp.arange(self.tiles.columns, device=self.left.device)
        return self.xp.astype(row[:, None] >= row[None, :], self.left.dtype)

    def for_each(self, work: Callable[[Task], None], tasks: Iterable[Task]) -> None:
        """Do the tasks, on several threads if that pays."""

        def quietly(task: Task) -> None:
            with np.errstate(over="ignore", invalid="ignore"):  # callers report it in words
                work(task)

        count = math.prod(self.lead) * self.tiles.queries * self.tiles.keys
        if self.xp is np and count >= _WORTH_A_THREAD:
            map_tasks(quietly, tasks)
        else:
            for task in tasks:
                quietly(task)


def _sums(pairs: _Pairs) -> Array:
    xp, tiles = pairs.xp, pairs.tiles
    sums = _empty(pairs, tiles.queries, pairs.values.shape[-1])
    scratch, past = pairs.scratch(), pairs.past()

    def sum_rows(task: tuple[Index, tuple[int, int]]) -> None:
        index, block = task
        function = pairs.function_at(index)
        before, after = (past, None) if function.vanishes_at_zero else (None, past)
        left = pairs.rows(index, block)
        for rows, columns in tiles.cut(*block):
            these, some = (*index, rows, slice(None)), (*index, columns, slice(None))
            product, work = pairs.product(_last(left, rows), some, scratch)
            _hide_future(before, product, rows, columns)
            value = function.value(xp, product, work)
            _hide_future(after, value, rows, columns)
            _add_product(xp, sums, these, value, pairs.values[some], fresh=columns.start == 0)

    leads = lead_blocks(pairs.lead, tiles.entries)
    pairs.for_each(sum_rows, [(index, block) for block in tiles.row_blocks for index in leads])
    return sums


def _gradients(pairs: _Pairs, d_sums: Array) -> tuple[Array, ...]:
    xp, tiles = pairs.xp, pairs.tiles
    leads, blocks = lead_blocks(pairs.lead, tiles.entries), tiles.row_blocks
    parts = min(len(blocks), -(-_TASKS // len(leads)))
    d_left = _empty(pairs, tiles.queries, pairs.left.shape[-1])
    d_right, d_values = (
        xp.zeros((parts, *pairs.lead, tiles.keys, array.shape[-1]), **pairs.like)
        for array in (pairs.right, pairs.values)
    )
    by_row = [
        xp.zeros((*pairs.lead, tiles.queries, 1), **pairs.like)
        for _ in range(pairs.function_at(leads[0]).parameters)
    ]
    scratch, past = pairs.scratch(), pairs.past()

    def pull_tile(
        index: Index, part: int, left: Array, rows: slice, columns: slice, *, fresh: bool
    ) -> None:
        function = pairs.function_at(index)
        these, some = (*index, rows, slice(None)), (*index, columns, slice(None))
        d_rows = d_sums[these]
        product, work = pairs.product(left, some, scratch)
        before, after = (past, None) if function.vanishes_at_zero else (None, past)
        _hide_future(before, product, rows, columns)
        value, slope, *by_parameter = function.value_and_slopes(xp, product, work)
        _hide_future(after, value, rows, columns)
        _add_product(xp, d_values, (part, *some), value.mT, d_rows, fresh=fresh)
        room = product if xp is np else None
        d_product = write(xp.matmul, d_rows, pairs.values[some].mT, out=room)
        _hide_future(after, d_product, rows, columns)
        for total, derivative in zip(by_row, by_parameter, strict=True):
            _add(total, these, xp.vecdot(derivative, d_product)[..., None])
        d_product *= slope
        _add_product(xp, d_right, (part, *some), d_product.mT, left, fresh=fresh)
        _add_product(xp, d_left, these, d_product, pairs.right[some], fresh=columns.start == 0)

    def pull_rows(task: tuple[Index, int]) -> None:
        index, part = task
        for number, block in enumerate(blocks[part::parts]):
            left = pairs.rows(index, block)
            for rows, columns in tiles.cut(*block):
                # The longest rows come first, so they are the first to reach any column.
                pull_tile(index, part, _last(left, rows), rows, columns, fresh=number == 0)

    pairs.for_each(pull_rows, [(index, part) for part in range(parts) for index in leads])
    if pairs.scale != 1:
        d_left *= pairs.scale
    if pairs.unit != 1:
        d_right /= pairs.unit
    joined = [d[0, ...] if parts == 1 else xp.sum(d, axis=0) for d in (d_right, d_values)]
    return (d_left, *joined, *by_row)


def _last(block: Array, rows: slice) -> Array:
    """Return those rows of a block with which it ends."""
    return block[..., block.shape[-2] - (rows.stop - rows.start) :, :]


def _hide_future(past: Array | None, tile: Array, rows: slice, columns: slice) -> None:
    """Put 0 where a column of the tile is later than its row, given a triangle to do it with."""
    late = columns.stop - rows.start
    if past is not None and late > 1:
        square = tile[..., :late, -late:]
        square *= past[:late, :late]


def _add_product(
    xp: Any, total: Array, index: Any, left: Array, right: Array, *, fresh: bool
) -> None:
    """Add a matrix product to a part of an array, or put it there if nothing is there yet."""
    if not fresh:
        _add(total, index, left @ right)
    elif xp is np:
        np.matmul(left, right, out=total[index])
    else:
        total[index] = left @ right


def _add(total: Array, index: Any, share: Array) -> None:
    part = total[index]  # a view: adding through the index would store the sum a second time
    part += share


def _empty(pairs: _Pairs, rows: int, width: int) -> Array:
    shape = (*pairs.lead, rows, width)
    return pairs.xp.empty(shape, **pairs.like)
