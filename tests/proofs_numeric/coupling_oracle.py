"""The coupling functions in ball arithmetic, for tests only."""

from __future__ import annotations

from flint import arb


def coupling_ball(name: str, s: arb) -> arb:
    """Return a ball around the coupling of the scores in a ball, at the precision in force."""
    if name == "softplus":
        return s.exp().log1p() if s < 800 else s + (-s).exp().log1p()
    if name == "relu":
        return (s + abs(s)) / 2 + arb(1e-3)
    if name == "elu":
        return s + 1 if s > 0 else s.exp()
    square = 4 * arb(2).log() ** 2
    root = (s * s + square).sqrt()
    return (s + root) / 2 if s >= 0 else square / (2 * (root - s))
