r"""Products with a matrix of low rank, all of it or its causal half, in time linear in its size.

.. math:: o_i = \sum_{j \le i} \langle l_i, r_j\rangle\, v_j
            = \Big(\sum_{j \le i} v_j r_j^\top\Big) l_i

Rows go by in chunks. Within a chunk the small triangle of products is formed; what lies before it
enters through the running sum of :math:`r_j v_j^\top` (the chunked form of linear attention: Hua,
Dai, Liu and Le, arXiv 2202.10447; Katharopoulos et al., arXiv 2006.16236, for the sums themselves).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lohe.attention.arrays import Array, sum_to
from lohe.dynamics.errors import InputError

__all__ = ["CHUNK", "running_product", "running_product_vjp"]

CHUNK = 64
"""Rows to a chunk: the work is about CHUNK (m + n) + 2 m n products a row."""

Pullback = Callable[[Any], tuple[Array, Array, Array]]


def running_product(
    xp: Any, left: Array, right: Array, values: Array, *, causal: bool, reverse: bool = False
) -> Array:
    r"""Return :math:`\sum_j \langle l_i, r_j\rangle v_j` for every row i.

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
    reverse
        With ``causal``, sum over j >= i instead.

    Returns
    -------
    out : (..., T_q, n) array

    Raises
    ------
    InputError
        If ``causal`` is asked of other than as many rows on the left as on the right.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.ones((3, 1))
    >>> running_product(np, one, one, np.array([[1.0], [2.0], [4.0]]), causal=True)
    array([[1.],
           [3.],
           [7.]])
    """
    if not causal:
        return left @ (right.mT @ values)
    rows = left.shape[-2]
    if right.shape[-2] != rows:
        raise InputError(f"a running sum needs as many rows on the left ({rows}) as on the right")
    starts = list(range(0, rows, CHUNK))
    passed: Any = None
    pieces = []
    for start in reversed(starts) if reverse else starts:
        some = slice(start, min(start + CHUNK, rows))
        here, there, carried = left[..., some, :], right[..., some, :], values[..., some, :]
        near = here @ there.mT
        piece = (xp.triu(near) if reverse else xp.tril(near)) @ carried
        if passed is not None:
            piece = piece + here @ passed
        pieces.append(piece)
        moment = there.mT @ carried
        passed = moment if passed is None else passed + moment
    return xp.concat(pieces[::-1] if reverse else pieces, axis=-2)


def running_product_vjp(
    xp: Any, left: Array, right: Array, values: Array, *, causal: bool
) -> tuple[Array, Pullback]:
    """Return the running product and its adjoint, which is three of the same.

    The arguments and errors are those of `running_product`.

    Returns
    -------
    out : (..., T_q, n) array
    pullback : callable
        ``pullback(d_out) -> (dleft, dright, dvalues)``, each of its argument's own shape.
    """
    out = running_product(xp, left, right, values, causal=causal)

    def pullback(d_out: Any) -> tuple[Array, Array, Array]:
        dleft = running_product(xp, d_out, values, right, causal=causal)
        dright = running_product(xp, values, d_out, left, causal=causal, reverse=True)
        dvalues = running_product(xp, right, left, d_out, causal=causal, reverse=True)
        return (
            sum_to(xp, dleft, left.shape),
            sum_to(xp, dright, right.shape),
            sum_to(xp, dvalues, values.shape),
        )

    return out, pullback
