r"""Products with a matrix of low rank, all of it or its causal half, in time linear in its size.

.. math:: o_i = \sum_{j \le i} \langle l_i, r_j\rangle\, v_j
            = \Big(\sum_{j \le i} v_j r_j^\top\Big) l_i

Rows go by in chunks. Within a chunk the small triangle of products is formed; what lies before it
enters through the running sum of :math:`r_j v_j^\top` (the sums: Katharopoulos et al., arXiv
2006.16236; in chunks: Hua, Dai, Liu and Le, arXiv 2202.10447).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from lohe.attention.arrays import Array, common_lead, sum_to, widen
from lohe.attention.kernels.fold import CHUNK, Arrays, BlockPullback, fold_vjp
from lohe.dynamics.errors import InputError

__all__ = ["advance_vjp", "empty_moment", "is_short", "running_product_vjp", "spread"]

Pullback = Callable[[Any], tuple[Array, Array, Array]]


def running_product_vjp(
    xp: Any, left: Array, right: Array, values: Array, *, causal: bool
) -> tuple[Array, Pullback]:
    r"""Return :math:`\sum_j \langle l_i, r_j\rangle v_j` for every row i, and the adjoint.

    Leading axes broadcast.

    Parameters
    ----------
    xp
        The array namespace.
    left : (..., T_q, m) array
    right : (..., T, m) array
    values : (..., T, n) array
    causal
        Sum over j <= i only; needs T_q = T.

    Returns
    -------
    out : (..., T_q, n) array
    pullback : callable
        ``pullback(d_out) -> (dleft, dright, dvalues)``, each of its argument's own shape.

    Raises
    ------
    InputError
        If ``causal`` is asked of other than as many rows on the left as on the right.

    Examples
    --------
    >>> import numpy as np
    >>> one, values = np.ones((3, 1)), np.array([[1.0], [2.0], [4.0]])
    >>> running_product_vjp(np, one, one, values, causal=True)[0]
    array([[1.],
           [3.],
           [7.]])
    """
    rows = left.shape[-2]
    if causal and right.shape[-2] != rows:
        raise InputError(f"a running sum needs as many rows on the left ({rows}) as on the right")
    shapes = (left.shape, right.shape, values.shape)
    left, right, values = spread(xp, left, right, values)
    if causal:
        start = () if is_short(rows) else (empty_moment(xp, right, values.shape[-1]),)
        ended, out, back = fold_vjp(
            xp, lambda *given: advance_vjp(xp, *given), start, (left, right, values),
            out=xp.empty_like(values),
        )  # fmt: skip
    else:
        moment = right.mT @ values
        out = left @ moment

    def pullback(d_out: Any) -> tuple[Array, Array, Array]:
        if causal:
            _, gradients = back(d_out, tuple(xp.zeros_like(state) for state in ended))
        else:
            d_moment = left.mT @ d_out
            gradients = (d_out @ moment.mT, values @ d_moment.mT, right @ d_moment)
        dleft, dright, dvalues = (sum_to(xp, *pair) for pair in zip(gradients, shapes, strict=True))
        return dleft, dright, dvalues

    return out, pullback


def is_short(rows: int) -> bool:
    """Whether so many rows, with none before or after, are best summed without a state."""
    return rows <= 2 * CHUNK


def spread(xp: Any, *arrays: Array) -> Arrays:
    """Return the arrays with their leading axes and their types made equal."""
    lead, dtype = common_lead(*arrays), xp.result_type(*arrays)
    return tuple(widen(xp, xp.astype(a, dtype, copy=False), lead) for a in arrays)


def empty_moment(xp: Any, right: Array, width: int) -> Array:
    """Return the sum over no rows, (..., m, width)."""
    shape = (*right.shape[:-2], right.shape[-1], width)
    return xp.zeros(shape, dtype=right.dtype, device=right.device)


def advance_vjp(xp: Any, state: Arrays, rows: Arrays) -> tuple[Arrays, Array, BlockPullback]:
    """Run the sums over some more rows: the block that `fold_vjp` folds.

    Parameters
    ----------
    xp
        The array namespace.
    state : one (..., m, n) array, or none
        The sum of r_j v_j^T over the rows before; none where nothing comes before or after.
    rows : (..., rows, m), (..., rows, m) and (..., rows, n) arrays
        left, right and values: a multiple of CHUNK rows, or up to 2 CHUNK to be taken in one.

    Returns
    -------
    state, out, pullback
        See `lohe.attention.kernels.fold`.
    """
    if not state:
        return _triangle_vjp(xp, rows)
    left, right, values = (_chunks(xp, array) for array in rows)
    columns = _turned(xp, right)
    (moment,), moments = state, columns @ values
    earlier = _triangle(xp, moments.shape[-3], moments.dtype, moments.device, -1)
    before = _mixed(xp, earlier, moments)
    before += moment[..., None, :, :]
    past = _triangle(xp, left.shape[-2], left.dtype, left.device, 0)
    near = left @ columns
    near *= past
    out = near @ values
    out += left @ before

    def pullback(d_out: Array, d_state: Arrays) -> tuple[Arrays, Arrays]:
        d_out, (d_moment,) = _chunks(xp, d_out), d_state
        d_before = left.mT @ d_out
        after = _mixed(xp, earlier.mT, d_before)
        after += d_moment[..., None, :, :]
        d_near = d_out @ _turned(xp, values)
        d_near *= past
        dleft = d_near @ right
        dleft += d_out @ _turned(xp, before)
        dright = d_near.mT @ left
        dright += values @ _turned(xp, after)
        dvalues = near.mT @ d_out
        dvalues += right @ after
        gradients = zip((dleft, dright, dvalues), rows, strict=True)
        return (after[..., 0, :, :] + d_before[..., 0, :, :],), tuple(
            _reshape(xp, gradient, array.shape) for gradient, array in gradients
        )

    ended = before[..., -1, :, :] + moments[..., -1, :, :]
    return (ended,), _reshape(xp, out, (*rows[0].shape[:-1], values.shape[-1])), pullback


def _triangle_vjp(xp: Any, rows: Arrays) -> tuple[Arrays, Array, BlockPullback]:
    left, right, values = rows
    past = _triangle(xp, left.shape[-2], left.dtype, left.device, 0)
    near = left @ _turned(xp, right)
    near *= past

    def pullback(d_out: Array, _: Arrays) -> tuple[Arrays, Arrays]:
        d_near = d_out @ _turned(xp, values)
        d_near *= past
        return (), (d_near @ right, d_near.mT @ left, near.mT @ d_out)

    return (), near @ values, pullback


def _chunks(xp: Any, array: Array) -> Array:
    *lead, rows, width = array.shape
    size = rows if is_short(rows) else CHUNK
    return _reshape(xp, array, (*lead, rows // size, size, width))


def _reshape(xp: Any, array: Array, shape: tuple[int, ...]) -> Array:
    # The method saves NumPy's detour through Python, here taken a dozen times a block.
    return array.reshape(shape) if xp is np else xp.reshape(array, shape)


def _turned(xp: Any, array: Array) -> Array:
    # OpenBLAS multiplies small matrices by a transposed one at half its usual speed.
    return np.ascontiguousarray(array.mT) if xp is np else array.mT


def _mixed(xp: Any, weights: Array, matrices: Array) -> Array:
    """Sum a stack of matrices with the weights of each row, in one product."""
    *lead, stack, m, n = matrices.shape
    flat = _reshape(xp, matrices, (*lead, stack, m * n))
    return _reshape(xp, weights @ flat, matrices.shape)


@cache
def _triangle(xp: Any, size: int, dtype: Any, device: Any, diagonal: int) -> Array:
    return xp.tril(xp.ones((size, size), dtype=dtype, device=device), k=diagonal)
