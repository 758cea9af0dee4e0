r"""L4: the drives of all inputs in a box of token embeddings.

Scores are bilinear in the tokens, couplings increase with the score, and drives are linear in the
couplings: each step passes an interval on.
"""

from __future__ import annotations

from sympy import Matrix, Symbol, diff, exp, expand, log, sqrt, symbols

from lohe.theory.hull import component
from lohe.theory.theorem import Outcome, Theorem, nonnegative, positive, vanishes

__all__ = ["THEOREM"]

_s, _k = symbols("s k", nonnegative=True)


def bilinear() -> Outcome:
    """Check how a score moves with its two tokens."""
    residuals = []
    for size in (1, 2, 3):
        form = Matrix(size, size, lambda a, b: Symbol(f"M_{a}{b}"))
        x, y, dx, dy = (Matrix(symbols(f"{name}_1:{size + 1}")) for name in ("x", "y", "dx", "dy"))
        moved = (x + dx).dot(form * (y + dy)) - x.dot(form * y)
        residuals.append(
            expand(moved - dx.dot(form * y) - (form.T * x).dot(dy) - dx.dot(form * dy))
        )
    return vanishes(
        "a score changes by two linear terms and one bilinear one (1, 2 and 3 coordinates)",
        r"(x+\delta)^{\top}M(x'+\delta')-x^{\top}Mx' = \langle\delta,Mx'\rangle+\langle M^{\top}x,"
        r"\delta'\rangle+\langle\delta,M\delta'\rangle",
        *residuals,
        reduction=expand,
        method="polynomials expanded",
    )


def linear_terms() -> Outcome:
    """Check one more coordinate of the bound of a linear term."""
    entry, moved, total = symbols("v d V", nonnegative=True)  # |v_a|, |δ_a| and Σ|v| so far
    largest = moved + _s  # r
    return nonnegative(
        "|⟨δ, v⟩| ≤ r‖v‖₁ where |δ_a| ≤ r (induction over the coordinates)",
        r"|\langle\delta,v\rangle|\le r\,\|v\|_1",
        largest * (total + entry) - ((largest * total - _k) + moved * entry),
        _k + _s * entry,
    )


def bilinear_term() -> Outcome:
    """Check one more entry of the bound of the bilinear term."""
    entry, total = symbols("M T", nonnegative=True)  # |M_ab| and the sum so far
    first, second, so_far = symbols("p q w", nonnegative=True)  # |δ_a|, |δ'_b|, the slack so far
    largest = (first + _s) * (second + _k)  # r², r = |δ_a| + s = |δ'_b| + k
    return nonnegative(
        "|⟨δ, Mδ'⟩| ≤ r² Σ|M_ab| (induction over the entries; r = |δ_a| + s = |δ'_b| + k)",
        r"|\langle\delta,M\delta'\rangle|\le r^2\sum_{a,b}|M_{ab}|",
        largest * (total + entry) - ((largest * total - so_far) + first * entry * second),
        so_far + entry * (first * _k + _s * second + _s * _k),
    )


def softplus_increases() -> Outcome:
    """Check that the softplus coupling increases with the score."""
    score = Symbol("z", real=True)
    return positive(
        "softplus has the slope 1/(1 + e^(−z)) > 0; z⁺ + const and ELU + 1 have slopes 0 or 1 and "
        "1 or e^z, and are continuous",
        r"\tfrac{d}{dz}\ln(1+e^z) = \frac{1}{1+e^{-z}}>0",
        diff(log(1 + exp(score)), score),
        1 / (1 + exp(-score)),
    )


def squareplus_slope() -> Outcome:
    """Check the slope of the squareplus coupling, and a parameter for all scores."""
    score, constant = Symbol("z", real=True), Symbol("b", positive=True)
    root = sqrt(score**2 + constant)
    parameter = Symbol("q", positive=True)  # R + z; then R − z = b/q
    value, length = (parameter - constant / parameter) / 2, (parameter + constant / parameter) / 2
    return vanishes(
        "squareplus (z + R)/2, R = √(z² + b), has the slope (1 + z/R)/2; with q = R + z > 0, "
        "z = (q − b/q)/2 and R = (q + b/q)/2",
        r"\tfrac{d}{dz}\tfrac12(z+R) = \tfrac12\Bigl(1+\frac zR\Bigr)",
        diff((score + root) / 2, score) - (1 + score / root) / 2,
        length**2 - value**2 - constant,
        length + value - parameter,
    )


def squareplus_increases() -> Outcome:
    """Check that the squareplus coupling increases with the score."""
    parameter, constant = symbols("q b", positive=True)
    value, length = (parameter - constant / parameter) / 2, (parameter + constant / parameter) / 2
    return positive(
        "so its slope is positive",
        r"\tfrac12\Bigl(1+\frac zR\Bigr) = \frac{q^2}{q^2+b}>0",
        (1 + value / length) / 2,
        parameter**2 / (parameter**2 + constant),
    )


def interval_drive() -> Outcome:
    """Check one more key of the bound on a drive's component along a direction."""
    along, change = symbols("b t", nonnegative=True)  # |⟨y, r_j⟩| and |W_j − mid_j|
    middle, sign, so_far, total = symbols("m c y B", real=True)
    # With c = ⟨y, r_j⟩, (W_j − mid_j) c ≥ −|W_j − mid_j||c|; rad_j = t + s.
    term = middle * sign - change * along + _k
    slack = Symbol("w", nonnegative=True)
    return nonnegative(
        "⟨y, h⟩ ≥ ⟨y, h_mid⟩ − Σ_j rad_j|⟨y, r_j⟩| where every W_j is in [mid_j ± rad_j] "
        "(induction over the keys)",
        r"\langle y,h\rangle\ge\langle y,h_{\mathrm{mid}}\rangle-\sum_j\mathrm{rad}_j"
        r"|\langle y,r_j\rangle|",
        (so_far - total + slack + term)
        - (so_far + middle * sign - (total + (change + _s) * along)),
        slack + _s * along + _k,
    )


def device_interval() -> Outcome:
    """Check the upper end of a coupling interval widened by the mismatch; the lower is alike."""
    coupling = Symbol("W", nonnegative=True)
    error, below = symbols("epsilon k", nonnegative=True)
    top = coupling + _s
    return nonnegative(
        "a coupling of a device, W(1 + η_j) with |η_j| ≤ ε, is at most w_hi(1 + ε) (W = w_hi − s, "
        "η_j = ε − k)",
        r"w_{hi}(1+\varepsilon)-W(1+\eta_j)\ge 0",
        top * (1 + error) - coupling * (1 + error - below),
        _s * (1 + error) + coupling * below,
    )


THEOREM = Theorem(
    name="L4",
    title="a box of inputs",
    hypotheses=(
        "Tokens x_t of a sequence, each coordinate anywhere within r of the stored one; scores "
        "s_ij = x_iᵀ M x_j with M = W_qᵀ W_k/√d_h; couplings W_ij = w(s_ij) with w increasing and "
        "non-negative; h_i = Σ_j W_ij r_j over the visible keys.",
        "δ_ij = r‖M x_j‖₁ + r‖Mᵀ x_i‖₁ + r² Σ_ab |M_ab| at the stored tokens; mid_ij and rad_ij "
        "the middle and half the width of an interval that holds [w(s_ij − δ_ij), w(s_ij + δ_ij)].",
    ),
    statement=(
        "For every input of the box and every vector y_i ≠ 0, ‖h_i‖ ≥ (⟨y_i, Σ_j mid_ij r_j⟩ − "
        "Σ_j rad_ij |⟨y_i, r_j⟩|)/‖y_i‖. Where that is positive, T1 and T2 hold with it in place "
        "of ‖h_i‖ for every input of the box."
    ),
    latex=(
        r"|\Delta s_{ij}|\le r\|Mx_j\|_1+r\|M^{\top}x_i\|_1+r^2\sum_{a,b}|M_{ab}|,\quad "
        r"\|h_i\|\ge\frac{\langle y,h_{\mathrm{mid}}\rangle-\sum_j\mathrm{rad}_{ij}"
        r"|\langle y,r_j\rangle|}{\|y\|}"
    ),
    obligations=(
        bilinear,
        linear_terms,
        bilinear_term,
        softplus_increases,
        squareplus_slope,
        squareplus_increases,
        interval_drive,
        component,
        device_interval,
    ),
    source=(
        "derived here; interval bounds of a bilinear form as in Neumaier, Interval Methods for "
        "Systems of Equations (Cambridge 1990)"
    ),
)
