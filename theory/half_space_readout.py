"""T4a: what anchors in a half-space do to sharpened attention weights, whatever the input."""

from __future__ import annotations

from sympy import Symbol, cos, expand_trig, sin, symbols

from lohe.theory.bounded_ratios import bounded_ratios
from lohe.theory.theorem import Outcome, Theorem, nonnegative, vanishes

__all__ = ["THEOREM"]

_s, _k = symbols("s k", nonnegative=True)


def facing() -> Outcome:
    """Check that the resting point faces the half-space as the anchors do."""
    margin, norm = symbols("m H", positive=True)
    total = norm + _k  # ‖h‖ ≤ Σ_j W_j for unit anchors
    along = margin * total + _s  # T4
    return nonnegative(
        "⟨y, ĥ⟩ ≥ m, since ⟨y, h⟩ ≥ m Σ_j W_j (T4) and ‖h‖ ≤ Σ_j W_j for unit anchors",
        r"\langle y,h\rangle-m\|h\| = (\langle y,h\rangle-m\Omega)+m(\Omega-\|h\|)\ge 0,\quad "
        r"\Omega = \sum_jW_j",
        along - margin * norm,
        _s + margin * _k,
    )


def half_angle() -> Outcome:
    """Check a lift by its half angle."""
    half = Symbol("psi", real=True)
    return vanishes(
        "a lift is the squared cosine of half an angle; at φ = 2 arccos m it is 2m²",
        r"1+\cos\varphi = 2\cos^2\tfrac\varphi2",
        (expand_trig(1 + cos(2 * half)) - 2 * cos(half) ** 2).expand(),
    )


def ratio() -> Outcome:
    """Check the factor by which the root of a lift changes."""
    half, turn = symbols("psi a", real=True)
    down, up = (expand_trig(cos(half + sign * turn)) for sign in (1, -1))
    tangent = sin(half) / cos(half)
    return vanishes(
        "when φ moves by ±α, cos(φ/2) changes by the factor cos(α/2) ∓ sin(α/2) tan(φ/2), which is "
        "monotone in φ",
        r"\frac{\cos\frac{\varphi\pm\alpha}2}{\cos\frac\varphi2} = \cos\tfrac\alpha2\mp\sin"
        r"\tfrac\alpha2\,\tan\tfrac\varphi2",
        down / cos(half) - (cos(turn) - sin(turn) * tangent),
        up / cos(half) - (cos(turn) + sin(turn) * tangent),
    )


def falls_outweigh() -> Outcome:
    """Check that a weight rises by no larger a factor than another may fall."""
    sine, tangent = symbols("sigma T", nonnegative=True)
    squared_cosine = 1 - sine**2
    return nonnegative(
        "the largest factor is at most the reciprocal of the smallest",
        r"1-(\cos\tfrac\alpha2-T\sin\tfrac\alpha2)(\cos\tfrac\alpha2+T\sin\tfrac\alpha2) = "
        r"(1+T^2)\sin^2\tfrac\alpha2\ge 0",
        1 - (squared_cosine - tangent**2 * sine**2),
        (1 + tangent**2) * sine**2,
    )


THEOREM = Theorem(
    name="T4a",
    title="sharpened readouts for every input",
    hypotheses=(
        "Unit anchors with ⟨y, r_j⟩ ≥ m > 0 for a unit y and all j; a readout exponent p > 0. An "
        "input chooses couplings W_j ≥ 0, not all zero; x* = ĥ.",
        "x' is a unit vector at an angle of at most α to x*, where α/2 + arccos m < π/2. A device "
        "whose couplings are off by at most ε < m has sin α ≤ ε/m.",
    ),
    statement=(
        "Whatever the input: every lift 1 + ⟨x*, r_j⟩ is at least 2m², so no clamp acts and "
        "a_j/a_k ≤ m^(−2p) for any two visible keys; and with "
        "κ = cos(arccos m + α/2)/m, Σ_j |a'_j − a_j| ≤ 2(1 − κ^(2p))/(1 + κ^(2p))."
    ),
    latex=(
        r"2m^2\le1+\langle x^*,r_j\rangle\le2,\qquad\frac{a_j}{a_k}\le m^{-2p},\qquad"
        r"\sum_j|a_j'-a_j|\le2\,\frac{1-\kappa^{2p}}{1+\kappa^{2p}},\quad\kappa = "
        r"\frac{\cos(\arccos m+\frac\alpha2)}m"
    ),
    obligations=(facing, half_angle, ratio, falls_outweigh, bounded_ratios),
    source="derived here",
)
