"""What the heads of one layer saw as they attended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

__all__ = ["Attended"]

Floats = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Attended:
    """One layer's attention, before it is computed.

    Parameters
    ----------
    x : (B, T, D) array
        Tokens as they enter the projections, after the norm.
    q, k : (B, heads, T, d_qk) array
        Queries and keys.
    anchors : (heads, T, d) array, or (B, heads, T, d), optional
        The anchors r_j that drive the oscillators and are read out, one table for all sequences,
        or, made of their tokens, one for each; None for softmax.
    opposed : array of the same shape, optional
        Second anchors, which only drive; see `coherent_attention_vjp`.
    exponent : float or (heads, 1, 1) array
        The readout exponent p.
    """

    x: Floats
    q: Floats
    k: Floats
    anchors: Floats | None = None
    opposed: Floats | None = None
    exponent: Floats | float = 1.0
