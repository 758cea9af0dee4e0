r"""T3: coherence, and what coupling errors do to the resting point and the attention weights.

Sums over keys are handled by induction: the obligation is the step that adds one key, with the
induction hypothesis written as a non-negative slack. An inequality is proved by an identity
between its slack and an expression whose sign is evident.
"""

from __future__ import annotations

from sympy import MatrixBase, Symbol, cos, simplify, sin, sqrt, symbols

from lohe.theory import readout
from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import (
    Outcome,
    Theorem,
    nonnegative,
    positive,
    vanishes,
)

__all__ = ["THEOREM"]

_s, _k = symbols("s k", nonnegative=True)  # slacks


def cauchy_schwarz() -> Outcome:
    """Check the Cauchy–Schwarz inequality as an identity, in every dimension and in coordinates."""
    first, second = symbols("a b", positive=True)
    inner = Symbol("i", real=True)
    frame = Frame.of([[first**2, inner], [inner, second**2]])
    u, v = frame.vectors
    area = first**2 * second**2 - inner**2
    residuals = [frame.square(first**2 * v - inner * u) - first**2 * area]
    for d in (2, 3, 4):
        one = Oscillators(1, d)
        p, q = one.x[0], one.h[0]
        minors = sum((p[a] * q[b] - p[b] * q[a]) ** 2 for a in range(d) for b in range(a + 1, d))
        residuals.append(p.dot(p) * q.dot(q) - p.dot(q) ** 2 - minors)
    return vanishes(
        "Cauchy–Schwarz: the slack is a square (every d), and Lagrange's sum of squares "
        "(d = 2, 3, 4)",
        r"\|u\|^2(\|u\|^2\|v\|^2-\langle u,v\rangle^2) = \bigl\|\|u\|^2v-\langle u,v\rangle "
        r"u\bigr\|^2",
        *residuals,
    )


def triangle() -> Outcome:
    """Check the triangle inequality from Cauchy–Schwarz."""
    first, second = symbols("a b", nonnegative=True)
    inner = first * second - _k  # Cauchy–Schwarz with slack k
    frame = Frame.of([[first**2, inner], [inner, second**2]])
    u, v = frame.vectors
    return nonnegative(
        "the triangle inequality (k is the slack of Cauchy–Schwarz)",
        r"(\|u\|+\|v\|)^2-\|u+v\|^2 = 2(\|u\|\|v\|-\langle u,v\rangle)\ge 0",
        (first + second) ** 2 - frame.square(u + v),
        2 * _k,
    )


def drive_error() -> Outcome:
    """Check one more key: the bound on the drive's error grows by at least the error it adds."""
    weight, length, error = symbols("W r eta", nonnegative=True)  # eta = |η_j|
    total = Symbol("D", nonnegative=True)
    epsilon = error + _s
    so_far = epsilon * total - _k
    return nonnegative(
        "couplings off by at most ε move the drive by at most ε D, D = Σ_j W_j ‖r_j‖ "
        "(induction over the keys)",
        r"\Bigl\|\sum_jW_j\eta_jr_j\Bigr\|\le\varepsilon\sum_jW_j\|r_j\|\quad(|\eta_j|\le"
        r"\varepsilon)",
        epsilon * (total + weight * length) - (so_far + weight * error * length),
        _k + weight * length * _s,
    )


def displacement_error() -> Outcome:
    """Check one more key: displaced anchors move the drive by at most as much as stated."""
    weight, moved = symbols("W d", nonnegative=True)  # d = ‖r'_j − r_j‖
    error, below = symbols("epsilon t", nonnegative=True)
    delta, total = moved + _s, Symbol("Omega", nonnegative=True)  # Ω = Σ W_j so far
    factor = 1 + error - below  # |1 + η_j| ≤ 1 + ε
    so_far = delta * (1 + error) * total - _k
    return nonnegative(
        "anchors displaced by at most δ move the drive by at most δ(1 + ε) Σ_j W_j more (induction "
        "over the keys)",
        r"\Bigl\|\sum_jW_j(1+\eta_j)(r_j'-r_j)\Bigr\|\le\delta(1+\varepsilon)\sum_jW_j",
        delta * (1 + error) * (total + weight) - (so_far + weight * factor * moved),
        _k + weight * (_s * (1 + error) + moved * below),
    )


def survival() -> Outcome:
    """Check that the drive cannot vanish while the mismatch is below the coherence."""
    total, margin = symbols("D m", positive=True)
    epsilon = Symbol("epsilon", nonnegative=True)
    coherence = epsilon + margin
    return positive(
        "if ε < ρ = ‖h‖/D the drive of every such device keeps a positive norm",
        r"\|h'\|\ge\|h\|-\varepsilon D = (\rho-\varepsilon)D > 0",
        coherence * total - epsilon * total,
        margin * total,
    )


def separated() -> Outcome:
    """Check one more key of the bound on a drive's component along a direction."""
    along, weight, error = symbols("b W eta", nonnegative=True)  # b = |⟨y, r_j⟩|
    epsilon = error + _s
    total, so_far = symbols("B y", real=True)  # Σ W |⟨y, r⟩| and ⟨y, h⟩ so far
    moved = so_far - epsilon * total + _k  # induction hypothesis: ⟨y, h'⟩ with slack k
    return nonnegative(
        "⟨y, h'⟩ ≥ ⟨y, h⟩ − ε Σ_j W_j |⟨y, r_j⟩| for every device: if the right side is positive "
        "for some y, drives survive beyond ρ too (induction over the keys)",
        r"\langle y,h'\rangle\ge\langle y,h\rangle-\varepsilon\sum_jW_j|\langle y,r_j\rangle|",
        (moved - weight * error * along) - (so_far - epsilon * (total + weight * along)),
        _k + weight * _s * along,
    )


def _drives() -> tuple[Frame, MatrixBase, MatrixBase]:
    norm, size = symbols("H E", positive=True)
    inner = Symbol("i", real=True)
    frame = Frame.of([[norm**2, inner], [inner, size**2]])
    drive, error = frame.vectors
    return frame, drive, error


def sine() -> Outcome:
    """Check the sine of the angle between a drive and a disturbed drive."""
    frame, h, error = _drives()
    moved = h + error
    squared_sine = 1 - frame.inner(h, moved) ** 2 / (frame.square(h) * frame.square(moved))
    return vanishes(
        "the sine of the angle between h and h + e is at most ‖e‖/‖h‖: the slack is a square",
        r"\frac{\|e\|^2}{\|h\|^2}-\sin^2\angle(h,h+e) = \frac{(\langle h,e\rangle+\|e\|^2)^2}"
        r"{\|h\|^2\,\|h+e\|^2}\ge 0",
        frame.square(error) / frame.square(h)
        - squared_sine
        - (frame.inner(h, error) + frame.square(error)) ** 2
        / (frame.square(h) * frame.square(moved)),
    )


def acute() -> Outcome:
    """Check that the angle is acute, so the bound on its sine bounds the angle."""
    size, margin = symbols("E m", positive=True)
    norm = size + margin  # ‖e‖ < ‖h‖
    inner = -norm * size + _k  # Cauchy–Schwarz with slack k
    return positive(
        "if ‖e‖ < ‖h‖ the angle is acute (k is the slack of Cauchy–Schwarz)",
        r"\langle h,h+e\rangle\ge\|h\|(\|h\|-\|e\|) > 0",
        norm**2 + inner,
        norm * margin + _k,
    )


def chord() -> Outcome:
    """Check the distance of two unit vectors from the sine of an acute angle between them."""
    angle = Symbol("theta", positive=True)
    squared_sine = Symbol("sigma", positive=True)
    return vanishes(
        "the chord of an acute angle by its sine s: e² = 2(1 − √(1−s²)) = 2s²/(1 + √(1−s²))",
        r"\|x'-x^*\| = 2\sin\tfrac\theta2 = \sqrt{2(1-\cos\theta)} = "
        r"s\,\sqrt{2/(1+\sqrt{1-s^2})}",
        4 * sin(angle / 2) ** 2 - 2 * (1 - cos(angle)),
        2 * (1 - sqrt(1 - squared_sine)) - 2 * squared_sine / (1 + sqrt(1 - squared_sine)),
        reduction=simplify,
        method="simplification",
    )


def chord_monotone() -> Outcome:
    """Check that a bound on the sine bounds the chord."""
    root = Symbol("c", nonnegative=True)
    cosine = root + _k  # cos θ ≥ √(1 - s²) for an acute angle with sine at most s
    return nonnegative(
        "a larger sine bound gives a larger chord bound (k = cos θ − √(1−s²) ≥ 0)",
        r"2(1-\sqrt{1-s^2})-2(1-\cos\theta)\ge 0",
        2 * (1 - root) - 2 * (1 - cosine),
        2 * _k,
    )


def rates_survive() -> Outcome:
    """Check the settling time of T2 with the drive norm that every device keeps."""
    kept = Symbol("H", positive=True)
    gap = Symbol("K", nonnegative=True)
    return nonnegative(
        "T1 and T2 hold on every device with ‖h‖ − εD in place of ‖h‖: rate and time",
        r"\|h'\|\ge\|h\|-\varepsilon D,\qquad K/(\|h\|-\varepsilon D)-K/\|h'\|\ge 0",
        gap / kept - gap / (kept + _s),
        gap * _s / (kept * (kept + _s)),
    )


THEOREM = Theorem(
    name="T3",
    title="coherence and mismatch",
    hypotheses=(
        "The hypotheses of T1, with h = Σ_j W_j r_j, W_j ≥ 0 and D = Σ_j W_j ‖r_j‖ > 0.",
        "A device has couplings W_j (1 + η_j), |η_j| ≤ ε, and anchors r'_j, ‖r'_j − r_j‖ ≤ δ; "
        "E = εD + δ(1 + ε) Σ_j W_j < ‖h‖. With exact anchors, δ = 0, this is ε < ρ = ‖h‖/D.",
        "For the weights: readout w_j = max(0, 1 + ⟨x, r_j⟩), a_j = w_j/S, S = Σ_j w_j over the "
        "visible keys, R = Σ_j r_j, κ_j = max(0, ‖r_j‖ + δ − 1), and Δ < S.",
    ),
    statement=(
        "Every such device has a drive of norm at least ‖h‖ − E > 0, so T1 and T2 hold on it with "
        "that norm; its resting point x' is at an acute angle to x* with sine at most E/‖h‖ (ε/ρ "
        "for δ = 0), so ‖x' − x*‖ ≤ e = √(2(1 − √(1 − E²/‖h‖²))); and Σ_j |a'_j − a_j| ≤ "
        "(Σ_j (e‖r_j‖ + δ) + Δ)/(S − Δ) with Δ = min(e‖R‖ + tδ + Σ_j κ_j, Σ_j (e‖r_j‖ + δ)), t the "
        "number of visible keys."
    ),
    latex=(
        r"\|h'\|\ge\|h\|-E,\quad E = \varepsilon D+\delta(1+\varepsilon)\textstyle\sum_jW_j,\quad "
        r"\sin\angle(x',x^*)\le E/\|h\|,\quad "
        r"\sum_j|a_j'-a_j|\le\frac{\sum_j(e\|r_j\|+\delta)+\Delta}{S-\Delta}"
    ),
    obligations=(
        cauchy_schwarz,
        triangle,
        drive_error,
        displacement_error,
        survival,
        separated,
        sine,
        acute,
        chord,
        chord_monotone,
        readout.clamp_contracts,
        readout.moved_anchor,
        readout.clamp_slack,
        readout.total_moves,
        readout.slack_difference,
        readout.weight_identity,
        readout.quotient,
        rates_survive,
    ),
    source=(
        "derived here; ρ is the Kuramoto order parameter of the anchors under the weights W "
        "(Kuramoto, Chemical Oscillations, Waves, and Turbulence, Springer 1984)"
    ),
)
