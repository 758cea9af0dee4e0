"""Anchors on the sphere: the normalisation layer, its adjoint, and uniform starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.dynamics.errors import InputError

__all__ = ["ANCHOR_KINDS", "anchors_layer", "unit_anchors"]

ANCHOR_KINDS = ("unit", "free")
"""``unit`` anchors are renormalised, so the theorems hold as printed; ``free`` ones are the raw
parameter, as in the authors' code, which normalises only when it draws them."""

Floats = NDArray[Any]


def unit_anchors(raw: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
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
    >>> unit_anchors(np.array([[3.0, 4.0]]))[0]
    array([[0.6, 0.8]])
    """
    largest = np.max(np.abs(raw), axis=-1, keepdims=True)  # so that squares neither over- nor
    if not (np.isfinite(largest).all() and np.all(largest > 0)):  # underflow
        raise InputError("an anchor is zero or not finite; it has no direction")
    scaled = raw / largest
    norm = np.sqrt(np.sum(scaled * scaled, axis=-1, keepdims=True))
    anchors = scaled / norm

    def pullback(d_anchors: Floats) -> Floats:
        radial = np.sum(anchors * d_anchors, axis=-1, keepdims=True)
        return np.asarray((d_anchors - anchors * radial) / norm / largest)

    return anchors, pullback


def anchors_layer(raw: Floats, kind: str) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Apply `unit_anchors` for ``"unit"``, nothing for ``"free"``; return the adjoint too.

    Raises
    ------
    InputError
        For another kind, or as `unit_anchors`.
    """
    if kind == "unit":
        return unit_anchors(raw)
    if kind == "free":
        return raw, lambda d_anchors: d_anchors
    raise InputError(f"anchor kind is {kind!r}; choose {' or '.join(ANCHOR_KINDS)}")
