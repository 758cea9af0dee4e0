r"""T5 on every device: bounds of the resolvent curve that hold for all drives and frequencies near.

A device has a drive :math:`h'` with :math:`\|h'-h\|\le e` and a skew frequency :math:`A'` with
:math:`\|A'-A\|\le\omega`. Its resolvent curve :math:`y'(\lambda)=(\lambda-A')^{-1}h'` stays near
the stored one, so one level where the stored curve is long enough serves all devices.
"""

from __future__ import annotations

from itertools import combinations

from sympy import Symbol, expand, sqrt, symbols

from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import Outcome, nonnegative, positive, vanishes

__all__ = [
    "ceiling",
    "device_curve",
    "dominance",
    "dominance_locks",
    "enclosure",
    "frobenius",
    "resolvent_identity",
    "robust_lock",
]

_level, _size, _margin = symbols("lambda N m", positive=True)
_omega, _error, _s, _k = symbols("omega e s k", nonnegative=True)
_turned = Symbol("a", nonnegative=True)  # ‖Av‖²


def frobenius() -> Outcome:
    """Check that the spectral norm of a skew matrix is at most its Frobenius norm over √2."""
    residuals = []
    for d in (2, 3, 4, 5):
        one = Oscillators(1, d)
        matrix, v = one.frequency[0], one.x[0]
        turned = matrix * v
        squares = sum(
            (matrix[i, j] * v[k] - matrix[i, k] * v[j] + matrix[j, k] * v[i]) ** 2
            for i, j, k in combinations(range(d), 3)
        )
        length = sum(entry**2 for entry in matrix) / 2
        residuals.append(expand(length * v.dot(v) - turned.dot(turned) - squares))
    return vanishes(
        "½‖A‖_F²‖v‖² − ‖Av‖² is a sum of squares for skew A, empty for d = 2 (d = 2, 3, 4, 5)",
        r"\tfrac12\|A\|_F^2\|v\|^2-\|Av\|^2 = \sum_{i<j<k}(A_{ij}v_k-A_{ik}v_j+A_{jk}v_i)^2\ge 0",
        *residuals,
        reduction=expand,
        method="polynomials expanded",
    )


def resolvent_identity() -> Outcome:
    """Check how the resolvent curve moves with the level."""
    other = Symbol("mu", positive=True)
    frame = Frame.of([[_size, 0], [0, _turned]])
    at_other, turned = frame.vectors  # y(μ) and Ay(μ)
    h = other * at_other - turned
    return vanishes(
        "every d: (λ − A)(y(λ) − y(μ)) = (μ − λ)y(μ), so ‖y(λ) − y(μ)‖ ≤ |λ − μ|‖y(μ)‖/λ",
        r"(\lambda-A)\bigl(y(\lambda)-y(\mu)\bigr) = (\mu-\lambda)\,y(\mu)",
        h - (_level * at_other - turned) - (other - _level) * at_other,
    )


def device_curve() -> Outcome:
    """Check how far the resolvent curve of a device is from the stored one."""
    gram = [[Symbol(f"g_{min(i, j)}{max(i, j)}") for j in range(4)] for i in range(4)]
    frame = Frame.of(gram)
    y, turned, extra, moved = frame.vectors  # y(λ), Ay, ΔA y, Δh
    stored = _level * y - turned  # h
    return vanishes(
        "a device with drive h + Δh and frequency A + ΔA: (λ − A')(y' − y) = Δh + ΔA y, so "
        "‖y' − y‖ ≤ (e + ω‖y‖)/λ",
        r"(\lambda-A')\bigl(y'(\lambda)-y(\lambda)\bigr) = (h'-h)+(A'-A)\,y(\lambda)",
        (stored + moved) - (_level * y - turned - extra) - (moved + extra),
    )


def robust_lock() -> Outcome:
    """Check that f exceeds 1 at the level on every device."""
    error = _size * (_level - _omega) - _level - _margin
    return positive(
        "if ‖y(λ)‖(λ − ω) = λ + e + m, then ‖y'(λ)‖ ≥ ‖y‖ − (e + ω‖y‖)/λ > 1 on every device: it "
        "locks with a rate above λ",
        r"\|y\|-\frac{e+\omega\|y\|}{\lambda}-1 = \frac m\lambda>0",
        _size - (error + _omega * _size) / _level - 1,
        _margin / _level,
    )


def dominance() -> Outcome:
    """Check the rate of a device whose drive exceeds its frequency."""
    drive, bound = symbols("H a", positive=True)  # ‖h‖ − e and ‖A‖ + ω
    turned = bound**2 - _k  # ‖A'x'‖², x' the device's resting point
    return nonnegative(
        "λ'² = ‖h'‖² − ‖A'x'‖² ≥ (‖h‖ − e)² − (‖A‖ + ω)², as ‖h'‖ = ‖h‖ − e + s",
        r"\lambda'^2-\bigl((\|h\|-e)^2-(\|A\|+\omega)^2\bigr)\ge 0",
        (drive + _s) ** 2 - turned - (drive**2 - bound**2),
        _s * (2 * drive + _s) + _k,
    )


def dominance_locks() -> Outcome:
    """Check that f exceeds 1 near zero where the drive exceeds the frequency."""
    bound = Symbol("a", nonnegative=True)
    drive = bound + _margin
    level = sqrt(_margin * (2 * bound + _margin) / 2)
    return positive(
        "where ‖h'‖ = ‖A'‖ + m, m > 0: f(λ) ≥ ‖h'‖²/(λ² + ‖A'‖²) > 1 for 2λ² = ‖h'‖² − ‖A'‖²",
        r"\frac{\|h'\|^2}{\lambda^2+\|A'\|^2}-1>0",
        drive**2 / (level**2 + bound**2) - 1,
        _margin * (2 * bound + _margin) / (2 * bound**2 + 2 * bound * _margin + _margin**2),
    )


def ceiling() -> Outcome:
    """Check that f is below 1 at the ceiling on every device."""
    error = _level - _size * (_level + _omega) - _margin
    return positive(
        "if ‖y(λ)‖(λ + ω) + e + m = λ, then ‖y'(λ)‖ < 1 on every device: its rate is below λ",
        r"1-\|y\|-\frac{e+\omega\|y\|}{\lambda} = \frac m\lambda>0",
        1 - _size - (error + _omega * _size) / _level,
        _margin / _level,
    )


def enclosure() -> Outcome:
    """Check the radius about a guess that holds the resting points of all devices."""
    below, above = symbols("p q", nonnegative=True)
    rate, top = _level + below, _level + below + above  # λ₀ ≤ λ' ≤ λ_c
    first, second, third = symbols("u v w", nonnegative=True)  # what the three steps fall short by
    guess, curve = symbols("G Y", nonnegative=True)
    steps = (
        (rate - _level) / _level - first,  # ‖x' − y'(λ₀)‖, as ‖x'‖ = 1
        (_error + _omega * curve) / _level - second,  # ‖y'(λ₀) − y(λ₀)‖
        guess - third,  # ‖y(λ₀) − x̂‖
    )
    bound = guess + (top - _level) / _level + (_error + _omega * curve) / _level
    return nonnegative(
        "with every rate in [λ₀, λ_c], every device rests within the stated radius of x̂ "
        "(λ' = λ₀ + p, λ_c = λ' + q)",
        r"\|x'-\hat x\|\le\|y(\lambda_0)-\hat x\|+\frac{\lambda_c-\lambda_0}{\lambda_0}+"
        r"\frac{e+\omega\|y(\lambda_0)\|}{\lambda_0}",
        bound - sum(steps),
        above / _level + first + second + third,
    )
