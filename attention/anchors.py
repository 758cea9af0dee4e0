"""Anchors on the sphere: the maps that keep them there, with their adjoints."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from lohe.attention.arrays import Array, namespace_of
from lohe.dynamics.errors import InputError

__all__ = ["TABLE_KINDS", "half_space_anchors", "table_anchors", "unit_anchors"]

TABLE_KINDS = ("unit", "free", "half_space")
"""``unit`` anchors are renormalised, so the theorems hold as printed; ``free`` ones are the raw
parameter, as in the authors' code, which normalises only when it draws them; ``half_space`` ones
are unit vectors within a cap, so that no input leaves an oscillator without drive (T4)."""

# Norms from here to its reciprocal have squares that neither over- nor underflow.
_TAME = 1e-15

Pullback = Callable[[Array], Array]


def unit_anchors(raw: Array) -> tuple[Array, Pullback]:
    r"""Normalise anchors, :math:`r = \rho/\|\rho\|`, with the adjoint.

    Parameters
    ----------
    raw : (..., d) array
        Any vectors but zero.

    Returns
    -------
    anchors : (..., d) array
        Of unit norm.
    pullback : callable
        ``pullback(d_anchors) -> d_raw``, tangent to the sphere.

    Raises
    ------
    InputError
        If a vector is zero, or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> unit_anchors(np.array([[3.0, 4.0]]))[0]
    array([[0.6, 0.8]])
    """
    xp = namespace_of(raw)
    norm, largest = _norm(xp, raw), None
    if not xp.all((norm > _TAME) & (norm < 1 / _TAME)):  # squares may over- or underflow
        largest = xp.max(xp.abs(raw), axis=-1, keepdims=True)
        if not xp.all(xp.isfinite(largest) & (largest > 0)):
            raise InputError("an anchor is zero or not finite; it has no direction")
        raw = raw / largest
        norm = _norm(xp, raw)
    anchors = raw / norm

    def pullback(d_anchors: Array) -> Array:
        radial = xp.vecdot(anchors, d_anchors)[..., None]
        d_raw = (d_anchors - anchors * radial) / norm
        return d_raw if largest is None else d_raw / largest

    return anchors, pullback


def _norm(xp: Any, vectors: Array) -> Array:
    with np.errstate(over="ignore"):  # told by infinite norms
        return xp.sqrt(xp.vecdot(vectors, vectors)[..., None])


def half_space_anchors(raw: Array, margin: float) -> tuple[Array, Pullback]:
    r"""Map all of :math:`R^{d-1}` smoothly onto the open cap :math:`\langle e_1, r\rangle > m`.

    .. math::

        e = t/\sqrt{1 + \|t\|^2}, \quad r = (\sqrt{1 - c^2 \|e\|^2},\ c\,e),
        \quad c = \sqrt{1 - m^2}.

    Whatever the couplings, :math:`\|h\| \ge \langle e_1, h\rangle > m \sum_j W_j`: theorem T4 holds
    for every input by construction.

    Parameters
    ----------
    raw : (..., d - 1) array
        Any finite vectors t.
    margin : float
        The margin m, from 0 up to below 1.

    Returns
    -------
    anchors : (..., d) array
        Of unit norm.
    pullback : callable
        ``pullback(d_anchors) -> d_raw``.

    Raises
    ------
    InputError
        If a vector is not finite, or the margin out of range.

    Examples
    --------
    >>> import numpy as np
    >>> half_space_anchors(np.array([[0.0], [1e9]]), 0.6)[0].round(6)
    array([[1. , 0. ],
           [0.6, 0.8]])
    """
    if not 0 <= margin < 1:
        raise InputError(f"anchor_margin is {margin}; choose from 0 up to below 1")
    xp = namespace_of(raw)
    with_one = xp.concat([xp.ones_like(raw[..., :1]), raw], axis=-1)
    lifted, back_unit = unit_anchors(with_one)  # (1, t)/sqrt(1 + |t|^2): the open half-sphere
    pole, aside = lifted[..., :1], lifted[..., 1:]
    squeeze = math.sqrt(1 - margin * margin)
    # 1 - c^2 |e|^2 without cancellation, as pole^2 = 1 - |e|^2.
    along = xp.hypot(pole, margin * xp.sqrt(xp.sum(aside * aside, axis=-1, keepdims=True)))

    def pullback(d_anchors: Array) -> Array:
        d_along, d_aside = d_anchors[..., :1], squeeze * d_anchors[..., 1:]
        d_pole = d_along * pole / along
        d_aside = d_aside + d_along * (margin**2 / along) * aside
        return back_unit(xp.concat([d_pole, d_aside], axis=-1))[..., 1:]

    return xp.concat([along, squeeze * aside], axis=-1), pullback


def table_anchors(raw: Array, kind: str, margin: float = 0.0) -> tuple[Array, Pullback]:
    """Make anchors of one of the `TABLE_KINDS` of their raw parameters; return the adjoint too.

    Parameters
    ----------
    raw : (..., d) array, or (..., d - 1) for ``"half_space"``
        Parameters.
    kind : {"unit", "free", "half_space"}
        See `TABLE_KINDS`.
    margin
        Of `half_space_anchors`.

    Raises
    ------
    InputError
        For another kind, or as `unit_anchors` and `half_space_anchors`.
    """
    if kind == "unit":
        return unit_anchors(raw)
    if kind == "free":
        return raw, lambda d_anchors: d_anchors
    if kind == "half_space":
        return half_space_anchors(raw, margin)
    raise InputError(f"anchor kind is {kind!r}; choose {' or '.join(TABLE_KINDS)}")
