"""Weights whose logarithms move by a bounded amount: a lemma of T4a and T10."""

from __future__ import annotations

from sympy import Symbol, symbols

from lohe.theory.theorem import Outcome, nonnegative

__all__ = ["bounded_ratios"]


def bounded_ratios() -> Outcome:
    """Check how far weights move if every raw weight is multiplied by 1/E to E."""
    above = Symbol("g", nonnegative=True)  # E = 1 + g
    part, rest = symbols("q u", positive=True)  # weights of a set of keys and of all others
    factor = 1 + above
    share = part / (part + rest)
    moved = part * factor**2 / (part * factor**2 + rest)
    total = part + rest
    return nonnegative(
        "raw weights multiplied by factors from 1/E to E: a set of keys with the share q gets at "
        "most qE²/(qE² + 1 − q), which is at most (E − 1)/(E + 1) more; the slack is a square",
        r"\frac{E-1}{E+1}-\Bigl(\frac{qE^2}{qE^2+1-q}-q\Bigr) = "
        r"\frac{(E-1)(1-q(E+1))^2}{(E+1)(1+q(E^2-1))}\ge 0",
        (factor - 1) / (factor + 1) - (moved - share),
        above
        * (total - part * (factor + 1)) ** 2
        / ((factor + 1) * total * (part * factor**2 + rest)),
    )
