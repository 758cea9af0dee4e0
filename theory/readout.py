r"""What moves the attention weights when the resting point moves: the readout part of T3.

Weights :math:`w_j=\max(0,1+\langle x,r_j\rangle)` with total S, and :math:`a_j=w_j/S`. Anchors
need not have unit length: then :math:`w_j = 1+\langle x,r_j\rangle+c_j` with a slack
:math:`0\le c_j\le\kappa_j=\max(0,\|r_j\|-1)`.
"""

from __future__ import annotations

from sympy import Symbol, symbols

from lohe.theory.frame import Frame
from lohe.theory.theorem import Outcome, nonnegative, polynomial, vanishes

__all__ = [
    "clamp_contracts",
    "clamp_slack",
    "moved_anchor",
    "quotient",
    "slack_difference",
    "total_moves",
    "weight_identity",
]

_k = Symbol("k", nonnegative=True)  # slack of Cauchy–Schwarz


def clamp_contracts() -> Outcome:
    """Check that the readout's clamp at zero is 1-Lipschitz."""
    up, down, up2, down2 = symbols("p q p_2 q_2", nonnegative=True)
    # v = p - q with p q = 0, so max(0, v) = p; the same for v'.
    slack = ((up2 - down2) - (up - down)) ** 2 - (up2 - up) ** 2
    return nonnegative(
        "the clamp is 1-Lipschitz, so one weight moves by at most e‖r_j‖ "
        "(v = p − q, pq = 0, max(0, v) = p)",
        r"|w_j'-w_j|\le|\langle x'-x^*,r_j\rangle|\le e\,\|r_j\|",
        slack,
        (down2 - down) ** 2 + 2 * (up2 * down + up * down2),
        reduction=polynomial(up * down, up2 * down2, leading=(up, up2)),
    )


def clamp_slack() -> Outcome:
    """Check that the clamp adds at most what an anchor sticks out of the sphere."""
    excess = Symbol("kappa", nonnegative=True)
    length = 1 + excess
    inner = -length + _k  # Cauchy–Schwarz: ⟨x, r⟩ ≥ -‖r‖
    return nonnegative(
        "w = 1 + ⟨x, r⟩ + c with 0 ≤ c ≤ κ = max(0, ‖r‖ − 1): where the clamp acts, "
        "c = −(1 + ⟨x, r⟩)",
        r"\kappa_j-c_j = (\|r_j\|-1)+(1+\langle x,r_j\rangle)\ge 0",
        excess + (1 + inner),
        _k,
    )


def moved_anchor() -> Outcome:
    """Check how one cosine changes when both the state and the anchor move."""
    gram = [[Symbol(f"g_{min(i, j)}{max(i, j)}") for j in range(4)] for i in range(4)]
    frame = Frame.of(gram)
    x, x2, r, r2 = frame.vectors
    return vanishes(
        "with displaced anchors, ‖r'_j − r_j‖ ≤ δ, one weight moves by at most e‖r_j‖ + δ",
        r"\langle x',r_j'\rangle-\langle x,r_j\rangle = \langle x'-x,r_j\rangle+"
        r"\langle x',r_j'-r_j\rangle",
        frame.inner(x2, r2) - frame.inner(x, r) - frame.inner(x2 - x, r) - frame.inner(x2, r2 - r),
    )


def total_moves() -> Outcome:
    """Check one more key: the move of the total weight, with the drift along R split off."""
    shift, drift = symbols("t u", real=True)  # ⟨x' - x*, r_j⟩, and the sum of these so far
    before, after = symbols("c c_2", real=True)
    total_before, total_after = symbols("C C_2", real=True)
    weights = (1 + after + shift) - (1 + before)
    so_far = drift + total_after - total_before
    return vanishes(
        "the total moves by S' − S = ⟨x' − x*, R⟩ + Σ_j (c'_j − c_j) (induction over the keys)",
        r"S'-S = \langle x'-x^*,R\rangle+\sum_j(c_j'-c_j)",
        (so_far + weights) - ((drift + shift) + (total_after + after) - (total_before + before)),
    )


def slack_difference() -> Outcome:
    """Check that two numbers between 0 and κ differ by at most κ."""
    lower, below = symbols("c b", nonnegative=True)
    excess = Symbol("kappa", real=True)
    upper = excess - below
    return nonnegative(
        "0 ≤ c, c' ≤ κ differ by at most κ, so |S' − S| ≤ e‖R‖ + Σ_j κ_j",
        r"\kappa_j-(c_j'-c_j) = (\kappa_j-c_j')+c_j\ge 0",
        excess - (upper - lower),
        below + lower,
    )


def weight_identity() -> Outcome:
    """Check the change of one attention weight."""
    w, w2 = symbols("w w_2", real=True)
    total, total2 = symbols("S S_2", positive=True)
    weight = w / total
    return vanishes(
        "the change of one attention weight",
        r"a_j'-a_j = \frac{(w_j'-w_j)-a_j\,(S'-S)}{S'}",
        w2 / total2 - weight - ((w2 - w) - weight * (total2 - total)) / total2,
    )


def quotient() -> Outcome:
    """Check that a larger numerator and a smaller denominator bound the quotient."""
    numerator, first, second = symbols("N p q", nonnegative=True)
    denominator = Symbol("M", positive=True)
    return nonnegative(
        "summing over keys (Σ a_j = 1): a larger numerator over a smaller positive denominator",
        r"\sum_j|a_j'-a_j|\le\frac{\sum_j|w_j'-w_j|+|S'-S|}{S'}\le"
        r"\frac{e\sum_j\|r_j\|+\Delta}{S-\Delta}",
        (numerator + first) / denominator - numerator / (denominator + second),
        (numerator * second + first * (denominator + second))
        / (denominator * (denominator + second)),
    )
