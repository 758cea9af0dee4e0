r"""Sums :math:`\sum_j e^{q_i\cdot k_j} v_j` as they are, not up to a factor, and their adjoint.

Softmax is a quotient of such sums and may scale its rows as it likes; the energies of the softmax
Hamiltonian have the sums themselves. Sequences go by one at a time, in blocks of rows, so that the
exponentials stay in the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.kernels.threads import map_tasks
from lohe.dynamics.errors import InputError

__all__ = ["exponential_sums"]

Floats = NDArray[Any]

_ROWS = 128  # to a block: no more than half of its exponentials are of the future

# Up to so many bytes of exponentials are kept for the adjoint, which forms the others again.
_KEPT_BYTES = 1 << 25


def exponential_sums(
    q: Floats, k: Floats, values: Floats, *, causal: bool
) -> tuple[Floats, Callable[[Floats], tuple[Floats, Floats, Floats]]]:
    r"""Return :math:`\sum_j e^{q_i\cdot k_j} v_j` for every row i, and the adjoint.

    Parameters
    ----------
    q, k : (B, H, T, d) array
        Rows and columns.
    values : (B, H, T, n) array
        One row per column.
    causal : bool
        Sum over j <= i only.

    Returns
    -------
    sums : (B, H, T, n) array
    pullback : callable
        ``pullback(d_sums) -> (dq, dk, d_values)``.

    Raises
    ------
    InputError
        If an exponential overflows.

    Examples
    --------
    >>> zero, values = np.zeros((1, 1, 2, 1)), np.array([[[[1.0], [2.0]]]])
    >>> exponential_sums(zero, zero, values, causal=True)[0].ravel()
    array([1., 3.])
    """
    batch, heads, tokens, _ = q.shape
    blocks = list(_blocks(tokens, causal))
    of_one = heads * sum((stop - start) * seen for start, stop, seen in blocks)
    kept: list[list[Floats]] | None = None
    if batch * of_one * q.itemsize <= _KEPT_BYTES:
        kept = [[] for _ in range(batch)]
    sums = np.empty(values.shape, dtype=values.dtype)

    def exponentials(b: int, block: tuple[int, int, int], room: Floats | None) -> Floats:
        start, stop, seen = block
        shape = (heads, stop - start, seen)
        out = None if room is None else room[: heads * (stop - start) * seen].reshape(shape)
        e = np.matmul(q[b, :, start:stop], k[b, :, :seen].mT, out=out)
        with np.errstate(over="ignore", invalid="ignore"):  # told below, in words
            if causal:
                e[:, :, start:] += _wall(stop - start, e.dtype)
            return np.exp(e, out=e)

    def room_for_one() -> Floats:
        return np.empty(heads * max((b - a) * n for a, b, n in blocks), dtype=q.dtype)

    def forwards(b: int) -> None:
        room = None if kept is not None else room_for_one()
        for block in blocks:
            start, stop, seen = block
            e = exponentials(b, block, room)
            with np.errstate(over="ignore", invalid="ignore"):
                np.matmul(e, values[b, :, :seen], out=sums[b, :, start:stop])
            if kept is not None:
                kept[b].append(e)

    map_tasks(forwards, range(batch))
    if not np.isfinite(sums).all():
        raise InputError("an exponential of a score overflows; lower the learning rate")

    def pullback(d_sums: Floats) -> tuple[Floats, Floats, Floats]:
        dq, dk, d_values = (np.empty(a.shape, dtype=a.dtype) for a in (q, k, values))

        def backwards(b: int) -> None:
            room, slopes = (None if kept is not None else room_for_one()), room_for_one()
            # The last block sees every column, so it is the first to write to all of them.
            for i in reversed(range(len(blocks))):
                start, stop, seen = blocks[i]
                e = exponentials(b, blocks[i], room) if kept is None else kept[b][i]
                rows = slice(start, stop)
                slope = slopes[: e.size].reshape(e.shape)
                np.matmul(d_sums[b, :, rows], values[b, :, :seen].mT, out=slope)
                slope *= e
                np.matmul(slope, k[b, :, :seen], out=dq[b, :, rows])
                if i == len(blocks) - 1:
                    np.matmul(slope.mT, q[b, :, rows], out=dk[b])
                    np.matmul(e.mT, d_sums[b, :, rows], out=d_values[b])
                else:
                    dk[b, :, :seen] += slope.mT @ q[b, :, rows]
                    d_values[b, :, :seen] += e.mT @ d_sums[b, :, rows]

        map_tasks(backwards, range(batch))
        return dq, dk, d_values

    return sums, pullback


def _blocks(tokens: int, causal: bool) -> Iterator[tuple[int, int, int]]:
    """Yield start and stop of each block of rows, and how many columns it sees."""
    for start in range(0, tokens, _ROWS):
        stop = min(start + _ROWS, tokens)
        yield start, stop, stop if causal else tokens


@cache
def _wall(rows: int, dtype: Any) -> Floats:
    """Return what hides the future whatever its scores, 0 times which might be no number."""
    return np.where(np.tri(rows, dtype=bool), 0, -np.inf).astype(dtype)
