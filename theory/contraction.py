r"""T6: crosstalk weaker than the drives leaves every oscillator its two resting points.

With :math:`S_i=s_i+\eta` bounding the absolute row sums of the crosstalk of every device, and
:math:`\|h_i'\|\ge\|h_i\|-e_i`, what oscillator i hears,
:math:`g_i=h_i'+\sum_kJ_{ik}'x_k`, stays away from zero; its direction is then a Lipschitz function
of the others' states.
"""

from __future__ import annotations

from sympy import MatrixBase, Symbol, symbols

from lohe.theory.frame import Frame
from lohe.theory.theorem import Outcome, Theorem, nonnegative, positive, vanishes

__all__ = ["THEOREM", "crosstalk_error", "projection_contracts"]

_margin = Symbol("m", positive=True)
_s, _k, _t = symbols("s k t", nonnegative=True)
_total = Symbol("S", nonnegative=True)


def _two() -> tuple[Frame, MatrixBase, MatrixBase]:
    first, second = symbols("a b", positive=True)
    inner = Symbol("i", real=True)
    frame = Frame.of([[first**2, inner], [inner, second**2]])
    return frame, *frame.vectors


def two_signs() -> Outcome:
    """Check that an equilibrium without frequency is plus or minus the direction heard."""
    size, cosine = Symbol("G", positive=True), Symbol("c", real=True)
    frame = Frame.of([[1, cosine], [cosine, 1]])
    x, heard = frame.vectors  # g = G ĝ
    poles = frame.square(x - heard) * frame.square(x + heard)
    return vanishes(
        "every d: for A = 0 and g ≠ 0 the field vanishes only where x = ĝ or x = −ĝ",
        r"\|P_xg\|^2 = \tfrac14\|g\|^2\,\|x-\hat g\|^2\,\|x+\hat g\|^2",
        frame.square(frame.project(x, size * heard)) - size**2 * poles / 4,
    )


def normalisation() -> Outcome:
    """Check the distance of two directions."""
    frame, u, v = _two()
    first, second = symbols("a b", positive=True)
    return vanishes(
        "every d: the distance of two directions (a = ‖u‖, b = ‖v‖)",
        r"\Bigl\|\frac u{\|u\|}-\frac v{\|v\|}\Bigr\|^2 = "
        r"\frac{\|u-v\|^2-(\|u\|-\|v\|)^2}{\|u\|\,\|v\|}",
        frame.square(u / first - v / second)
        - (frame.square(u - v) - (first - second) ** 2) / (first * second),
    )


def lipschitz() -> Outcome:
    """Check the Lipschitz constant of taking directions, away from zero."""
    gap = (_s - _k) ** 2 + _t  # ‖u − v‖², at least (‖u‖ − ‖v‖)²
    first, second = _margin + _s, _margin + _k
    return nonnegative(
        "so ‖û − v̂‖ ≤ ‖u − v‖/m where ‖u‖ = m + s and ‖v‖ = m + k",
        r"\frac{\|u-v\|^2}{m^2}-\|\hat u-\hat v\|^2\ge 0",
        gap / _margin**2 - (gap - (first - second) ** 2) / (first * second),
        (_s - _k) ** 2 / _margin**2
        + _t * (_margin * _s + _margin * _k + _s * _k) / (_margin**2 * first * second),
    )


def crosstalk_error() -> Outcome:
    """Check one more neighbour: what an oscillator hears moves by at most S times the largest."""
    weight, distance = symbols("J delta", nonnegative=True)  # |J_ik| and ‖x_k − y_k‖
    total, largest = Symbol("S", nonnegative=True), distance + _s
    so_far = total * largest - _k
    return nonnegative(
        "‖Σ_k J_ik(x_k − y_k)‖ ≤ S max_k ‖x_k − y_k‖, S ≥ Σ_k |J_ik| (induction over the "
        "neighbours)",
        r"\Bigl\|\sum_kJ_{ik}(x_k-y_k)\Bigr\|\le\sum_k|J_{ik}|\;\max_k\|x_k-y_k\|",
        (total + weight) * largest - (so_far + weight * distance),
        _k + weight * _s,
    )


def factor() -> Outcome:
    """Check that the contraction factor is below one."""
    drive = 2 * _total + _margin  # ‖h'‖
    return positive(
        "where ‖h'‖ = 2S + m, m > 0, the factor S/(‖h'‖ − S) is below 1",
        r"1-\frac S{\|h'\|-S} = \frac m{S+m}>0",
        1 - _total / (drive - _total),
        _margin / (_total + _margin),
    )


def every_device() -> Outcome:
    """Check that the factor of a device is at most the stated one."""
    least = _total + _margin  # ‖h‖ − e
    drive, crosstalk = least + _t, _total - _k
    stated, device = _total / (least - _total), crosstalk / (drive - crosstalk)
    return nonnegative(
        "a device with ‖h'‖ = ‖h‖ − e + t and row sum S − k ≤ S has no larger factor "
        "(‖h‖ − e = S + m)",
        r"\frac S{\|h\|-e-S}-\frac{S'}{\|h'\|-S'}\ge 0",
        stated - device,
        (_total * _t + _k * _margin + _total * _k) / (_margin * (_margin + _t + _k)),
    )


def projection_contracts() -> Outcome:
    """Check that projecting to a tangent space shortens, so off-diagonal blocks are at most |J|."""
    along = Symbol("a", real=True)
    size = Symbol("v", positive=True)
    frame = Frame.of([[1, along], [along, size]])
    x, v = frame.vectors
    return nonnegative(
        "every d: ‖P_x v‖² = ‖v‖² − ⟨x, v⟩², so ‖J_ik P_i P_k‖ ≤ |J_ik|",
        r"\|v\|^2-\|P_xv\|^2 = \langle x,v\rangle^2\ge 0",
        size - frame.square(frame.project(x, v)),
        along**2,
    )


def discs() -> Outcome:
    """Check that no disc of the tangent Jacobian meets the imaginary axis."""
    heard = _total + _margin + _k  # |λ_i| = ‖g_i‖ ≥ ‖h'‖ − S, ‖h'‖ = 2S + m
    return positive(
        "at every equilibrium |λ_i| = ‖g_i‖ exceeds the sum S of the blocks beside it, so the disc "
        "about −λ_i does not reach the imaginary axis",
        r"|\lambda_i|-S_i\ge\|h_i'\|-2S_i>0",
        heard - _total,
        _margin + _k,
    )


def scaled_discs() -> Outcome:
    """Check that weakening the crosstalk only shrinks the discs."""
    rest = Symbol("r", nonnegative=True)
    return positive(
        "with the off-diagonal blocks scaled by τ = 1 − r ≤ 1 the discs shrink, so eigenvalues do "
        "not change sides",
        r"|\lambda_i|-\tau S_i\ge|\lambda_i|-S_i>0",
        (_total + _margin) - (1 - rest) * _total,
        _total * rest + _margin,
    )


def a_posteriori() -> Outcome:
    """Check the distance of the fixed point from one image of a guess."""
    distance = Symbol("a", nonnegative=True)
    rate = 1 / (1 + _margin)  # every L strictly between 0 and 1; for L = 0 the bound is 0
    # a = ‖X* − F(X̂)‖ ≤ L‖X* − X̂‖ ≤ L(a + b), b = ‖F(X̂) − X̂‖; solved for b with slack k ≥ 0.
    step = (distance + _k) / rate - distance
    return nonnegative(
        "‖X* − F(X̂)‖ ≤ L/(1 − L) ‖F(X̂) − X̂‖, from a ≤ L(a + b)",
        r"\|X^*-F(\hat X)\|_\infty\le\frac L{1-L}\,\|F(\hat X)-\hat X\|_\infty",
        rate / (1 - rate) * step - distance,
        _k / (1 - rate),
    )


def isolated() -> Outcome:
    """Check that fixed points with different signs are different equilibria."""
    return positive(
        "⟨x_i, g_i⟩ = σ_i‖g_i‖ with ‖g_i‖ ≥ ‖h'‖ − S > 0, so different signs give different "
        "equilibria",
        r"\langle x_i,g_i\rangle = \sigma_i\|g_i\|\ne 0",
        (2 * _total + _margin) - _total,
        _total + _margin,
    )


THEOREM = Theorem(
    name="T6",
    title="weak crosstalk",
    hypotheses=(
        "n oscillators without natural frequencies (A = 0), with any crosstalk J.",
        "A device has ‖h'_i − h_i‖ ≤ e_i and a crosstalk with zero diagonal and absolute row sums "
        "of at most S_i = s_i + η, not necessarily symmetric.",
        "‖h_i‖ − e_i > 2S_i for every i.",
    ),
    statement=(
        "Every device has exactly 2^n equilibria, one for each choice of signs σ, the fixed points "
        "of contractions with factor L = max_i S_i/(‖h_i‖ − e_i − S_i) < 1. Each is hyperbolic "
        "with (d − 1)·#{σ_i = −1} unstable directions, so exactly one is stable. If the device's "
        "crosstalk is symmetric, almost every start converges to it. From any guess X̂, "
        "‖X* − F(X̂)‖ ≤ L/(1 − L) ‖F(X̂) − X̂‖, with the largest norm of an oscillator."
    ),
    latex=(
        r"F_\sigma(X)_i = \sigma_i\frac{h_i+\sum_kJ_{ik}x_k}{\|h_i+\sum_kJ_{ik}x_k\|},\quad "
        r"\mathrm{Lip}(F_\sigma)\le L = \max_i\frac{S_i}{\|h_i\|-e_i-S_i}<1"
    ),
    obligations=(
        two_signs,
        normalisation,
        lipschitz,
        crosstalk_error,
        factor,
        every_device,
        isolated,
        projection_contracts,
        discs,
        scaled_discs,
        a_posteriori,
    ),
    source=(
        "derived here; block discs: Feingold & Varga, Pacific J. Math. 12 (1962) 1241–1250, and "
        "Varga, Geršgorin and His Circles (Springer 2004), chapter 6; stable manifolds: Hirsch, "
        "Pugh & Shub, Invariant Manifolds (Springer 1977)"
    ),
)
