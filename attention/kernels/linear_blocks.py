r"""Blocks of fixed-query attention whose couplings and readout are both of low rank.

With :math:`W_{ij} = \langle\varphi(q_i), \varphi(k_j)\rangle` and
:math:`(1 + \langle x, r\rangle)^p = \langle\psi(x), \psi(r)\rangle` all that the past leaves behind
are two sums: :math:`\sum_j \varphi(k_j) r_j^\top` drives the oscillators, and
:math:`\sum_j \psi(r_j) (v_j, 1)^\top` is read out by where they settle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lohe.attention.arrays import Array
from lohe.attention.kernels.feature_maps import FeatureMap
from lohe.attention.kernels.fold import Arrays, BlockPullback
from lohe.attention.kernels.lift import beside_one
from lohe.attention.kernels.prefix import advance_vjp
from lohe.attention.kernels.quotient import quotient_vjp
from lohe.attention.kernels.settle import settle_vjp
from lohe.attention.kernels.tensor_features import tensor_features_vjp, tensor_width

__all__ = ["LEAST_WEIGHT", "LinearRule", "attend_vjp", "empty_sums", "gather_vjp", "read_vjp"]

LEAST_WEIGHT = 1.0
"""Some visible anchor is within a right angle of x, so its weight, and the sum, is at least 1; only
cancellation in long sums can bring it below."""


@dataclass(frozen=True)
class LinearRule:
    """How a layer of linear time couples and reads out.

    Parameters
    ----------
    features
        The feature map of queries and keys.
    p
        Readout exponent, a whole number.
    """

    features: FeatureMap
    p: int


def empty_sums(xp: Any, rule: LinearRule, k: Array, v: Array, anchors: Array) -> Arrays:
    """Return both sums over no keys, for arrays with the leading axes of ``k``."""
    lead, d = tuple(k.shape[:-2]), anchors.shape[-1]
    shapes = (
        (rule.features.width(k.shape[-1]), d),
        (tensor_width(d, rule.p), v.shape[-1] + 1),
    )
    return tuple(xp.zeros((*lead, *s), dtype=k.dtype, device=k.device) for s in shapes)


def attend_vjp(
    xp: Any, rule: LinearRule, sums: Arrays, rows: Arrays
) -> tuple[Arrays, Array, BlockPullback]:
    """Attend causally, some more rows: a block for `fold_vjp`.

    Parameters
    ----------
    xp
        The array namespace.
    rule
        Feature map and exponent.
    sums
        Those of the keys before, see `empty_sums`; none if nothing comes before or after.
    rows
        q, k, v, anchors, and where keys are masked two constant arrays (..., rows, 1): 1 where a
        key drives and 1 where it is read, else 0.

    Returns
    -------
    sums, out, pullback
        The constant rows have gradient None.
    """
    q, k, v, anchors, *masks = rows
    queries, back_q = rule.features.apply_vjp(xp, q)
    keys, back_k = rule.features.apply_vjp(xp, k)
    driven_by, drive, back_drive = advance_vjp(
        xp, sums[:1], (queries, keys, _driving(anchors, masks))
    )
    state, back_state = settle_vjp(xp, drive)
    lifted, back_lifted = tensor_features_vjp(xp, state, rule.p)
    pinned, back_pinned = tensor_features_vjp(xp, anchors, rule.p)
    read_from, totals, back_totals = advance_vjp(
        xp, sums[1:], (lifted, pinned, _counted(xp, v, masks))
    )
    out, back_out = quotient_vjp(xp, totals, LEAST_WEIGHT)

    def pullback(d_out: Array, d_sums: Arrays) -> tuple[Arrays, Arrays]:
        d_read_from, (d_lifted, d_pinned, d_counted) = back_totals(back_out(d_out), d_sums[1:])
        d_drive = back_state(back_lifted(d_lifted))
        d_driven_by, (d_queries, d_keys, d_driving) = back_drive(d_drive, d_sums[:1])
        d_rows = (
            back_q(d_queries),
            back_k(d_keys),
            _readable(d_counted[..., :-1], masks),
            _driving(d_driving, masks) + back_pinned(d_pinned),
            *[None] * len(masks),
        )
        return (*d_driven_by, *d_read_from), d_rows

    return (*driven_by, *read_from), out, pullback


def gather_vjp(
    xp: Any, rule: LinearRule, sums: Arrays, rows: Arrays
) -> tuple[Arrays, Array, BlockPullback]:
    """Add some more keys to the sums: the block of attention that is not causal.

    Parameters
    ----------
    xp, rule, sums
        See `attend_vjp`.
    rows
        k, v, anchors and, where keys are masked, the two constant rows of `attend_vjp`.

    Returns
    -------
    sums, out, pullback
        ``out`` has width 0.
    """
    k, v, anchors, *masks = rows
    (driven_by, read_from) = sums
    keys, back_k = rule.features.apply_vjp(xp, k)
    pinned, back_pinned = tensor_features_vjp(xp, anchors, rule.p)
    drivers, counted = _driving(anchors, masks), _counted(xp, v, masks)

    def pullback(_: Array, d_sums: Arrays) -> tuple[Arrays, Arrays]:
        d_driven_by, d_read_from = d_sums
        d_rows = (
            back_k(drivers @ d_driven_by.mT),
            _readable(pinned @ d_read_from[..., :-1], masks),
            _driving(keys @ d_driven_by, masks) + back_pinned(counted @ d_read_from.mT),
            *[None] * len(masks),
        )
        return d_sums, d_rows

    return (driven_by + keys.mT @ drivers, read_from + pinned.mT @ counted), k[..., :0], pullback


def read_vjp(
    xp: Any, rule: LinearRule, sums: Arrays, rows: Arrays
) -> tuple[Arrays, Array, BlockPullback]:
    """Let some more queries settle and read out the sums of all keys, which stay.

    Parameters
    ----------
    xp, rule, sums
        See `attend_vjp`.
    rows
        q alone.

    Returns
    -------
    sums, out, pullback
    """
    (driven_by, read_from), (q,) = sums, rows
    queries, back_q = rule.features.apply_vjp(xp, q)
    state, back_state = settle_vjp(xp, queries @ driven_by)
    lifted, back_lifted = tensor_features_vjp(xp, state, rule.p)
    out, back_out = quotient_vjp(xp, lifted @ read_from, LEAST_WEIGHT)

    def pullback(d_out: Array, d_sums: Arrays) -> tuple[Arrays, Arrays]:
        d_totals = back_out(d_out)
        d_drive = back_state(back_lifted(d_totals @ read_from.mT))
        d_driven_by, d_read_from = d_sums
        return (
            (d_driven_by + queries.mT @ d_drive, d_read_from + lifted.mT @ d_totals),
            (back_q(d_drive @ driven_by.mT),),
        )

    return sums, out, pullback


def _driving(array: Array, masks: list[Array]) -> Array:
    return array * masks[0] if masks else array


def _readable(array: Array, masks: list[Array]) -> Array:
    return array * masks[1] if masks else array


def _counted(xp: Any, v: Array, masks: list[Array]) -> Array:
    return _readable(beside_one(xp, v), masks)
