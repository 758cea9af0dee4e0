r"""T7: projected Euler steps of one oscillator, and how long a step may be.

With :math:`a = \Delta\|h\|` a step takes the angle :math:`\varphi` from the drive to
:math:`\varphi^+ = \varphi-\arctan(a\sin\varphi)`. C and S stand for cosine and sine, reduced
modulo :math:`C^2+S^2=1`.
"""

from __future__ import annotations

from sympy import Expr, Symbol, atan, cos, diff, expand_trig, sin, sqrt, symbols

from lohe.theory.frame import Frame
from lohe.theory.theorem import (
    Outcome,
    Theorem,
    nonnegative,
    polynomial,
    positive,
    vanishes,
)

__all__ = ["THEOREM", "sine"]

_C, _S = symbols("C S", real=True)
_a = Symbol("a", positive=True)
_phi = Symbol("phi", positive=True)
_CIRCLE = polynomial(_C**2 + _S**2 - 1, leading=(_C, _S))
_CIRCLE_METHOD = "normal form modulo C² + S² = 1"

_PLANE = Frame.of([[1, 0], [0, 1]])  # ĥ, and the unit vector w ⊥ ĥ in the plane of the start


def step() -> Outcome:
    """Check one step before normalisation, in the plane of the state and the drive."""
    drive, side = _PLANE.vectors
    x = _C * drive + _S * side
    moved = x + _a * _PLANE.project(x, drive)
    shift = _a * _S  # tan of the angle by which the state turns
    return vanishes(
        "x + Δ P_x h has length √(1 + a² sin²φ) and the components of the turned state",
        r"x+\Delta P_xh = (\cos\varphi+z\sin\varphi)\,\hat h+(\sin\varphi-z\cos\varphi)\,w,\quad "
        r"z=a\sin\varphi",
        _PLANE.inner(moved, drive) - (_C + shift * _S),
        _PLANE.inner(moved, side) - (_S - shift * _C),
        _PLANE.square(moved) - (1 + shift**2),
        reduction=_CIRCLE,
        method=_CIRCLE_METHOD,
    )


def angle_map() -> Outcome:
    """Check that those components are the cosine and sine of the new angle."""
    z = Symbol("z", real=True)
    length = sqrt(1 + z**2)
    return vanishes(
        "those are the cosine and sine of φ − arctan z, times the length",
        r"\varphi^+ = \varphi-\arctan(a\sin\varphi)",
        expand_trig(cos(_phi - atan(z))) * length - (cos(_phi) + z * sin(_phi)),
        expand_trig(sin(_phi - atan(z))) * length - (sin(_phi) - z * cos(_phi)),
    )


def _slope(step_size: Expr) -> Expr:
    """Return the derivative of the angle map at the resting point."""
    return diff(_phi - atan(step_size * sin(_phi)), _phi).subs(_phi, 0)


def slope() -> Outcome:
    """Check the linear rate at the resting point."""
    return vanishes(
        "near the resting point one step multiplies the angle by 1 − Δ‖h‖",
        r"\frac{d\varphi^+}{d\varphi}\Big|_0 = 1-\Delta\|h\|",
        _slope(_a) - (1 - _a),
    )


def arctangent() -> Outcome:
    """Check that arctan z is at most z: its derivative is at most 1."""
    z = Symbol("z", nonnegative=True)
    return nonnegative(
        "arctan z ≤ z for z ≥ 0: equal at 0, and the slope of z − arctan z is never negative",
        r"\tfrac{d}{dz}(z-\arctan z) = \tfrac{z^2}{1+z^2}\ge 0",
        diff(z - atan(z), z),
        z**2 / (1 + z**2),
    )


def sine() -> Outcome:
    """Check that the sine is at most its angle: its derivative is at most 1."""
    half = Symbol("psi", nonnegative=True)
    return nonnegative(
        "sin φ ≤ φ for φ ≥ 0: equal at 0, and the slope of φ − sin φ is never negative (φ = 2ψ)",
        r"\tfrac{d}{d\varphi}(\varphi-\sin\varphi) = 1-\cos\varphi = 2\sin^2\tfrac\varphi2\ge 0",
        1 - expand_trig(cos(2 * half)),
        2 * sin(half) ** 2,
        reduction=lambda e: polynomial(_C**2 + _S**2 - 1, leading=(_C, _S))(
            e.subs({cos(half): _C, sin(half): _S})
        ),
    )


def monotone() -> Outcome:
    """Check that a step of at most one over the drive's norm never overshoots."""
    below, sine_value, gap = symbols("b sigma k", nonnegative=True)
    step_size = 1 - below
    angle = sine_value + gap
    return nonnegative(
        "for a ≤ 1 the state never overshoots: arctan(a sin φ) ≤ a sin φ ≤ sin φ ≤ φ",
        r"\varphi-a\sin\varphi = (\varphi-\sin\varphi)+(1-a)\sin\varphi\ge 0\quad"
        r"(0\le\varphi\le\pi,\ a\le 1)",
        angle - step_size * sine_value,
        gap + below * sine_value,
    )


def overshoot() -> Outcome:
    """Check that a longer step does overshoot near the resting point."""
    above = Symbol("b", positive=True)
    return positive(
        "for a > 1 small angles change sign: the slope 1 − a is negative",
        r"-(1-a) = a-1>0",
        -_slope(1 + above),
        above,
    )


def never_farther() -> Outcome:
    """Check that below step two an overshoot is smaller than the angle it came from."""
    below, margin = symbols("b k", positive=True)
    doubled = Symbol("c_2", positive=True)  # cos 2φ > 0 for φ < π/4
    single = doubled + margin  # cos φ > cos 2φ, by the next obligation
    return positive(
        "for a < 2 and 0 < φ < π/4: a sin φ < tan 2φ, so φ⁺ > −φ (k = cos φ − cos 2φ, b = 2 − a)",
        r"\frac{(\tan 2\varphi-a\sin\varphi)\cos 2\varphi}{\sin\varphi} = 2\cos\varphi-"
        r"a\cos 2\varphi>0",
        2 * single - (2 - below) * doubled,
        2 * margin + below * doubled,
    )


def double_angle() -> Outcome:
    """Check the identities behind that step."""
    return vanishes(
        "tan 2φ cos 2φ = 2 sin φ cos φ and cos φ − cos 2φ = (1 − cos φ)(1 + 2 cos φ)",
        r"\sin 2\varphi = 2\sin\varphi\cos\varphi,\quad \cos\varphi-\cos 2\varphi = "
        r"(1-\cos\varphi)(1+2\cos\varphi)",
        expand_trig(sin(2 * _phi)) - 2 * sin(_phi) * cos(_phi),
        expand_trig(cos(_phi) - cos(2 * _phi)) - (1 - cos(_phi)) * (1 + 2 * cos(_phi)),
    )


def unstable() -> Outcome:
    """Check that beyond step two the resting point repels."""
    above = Symbol("b", positive=True)
    return positive(
        "for a > 2 the resting point is unstable: |1 − a| > 1",
        r"(1-a)^2-1 = a(a-2)>0",
        _slope(2 + above) ** 2 - 1,
        (2 + above) * above,
    )


def contracting() -> Outcome:
    """Check that below step two the resting point attracts at a linear rate."""
    below = Symbol("b", positive=True)
    step_size = 2 / (1 + below)  # every number strictly between 0 and 2
    return positive(
        "for 0 < a < 2 the resting point attracts: |1 − a| < 1",
        r"1-(1-a)^2 = a(2-a)>0",
        1 - _slope(step_size) ** 2,
        4 * below / (1 + below) ** 2,
    )


THEOREM = Theorem(
    name="T7",
    title="digital integrator",
    hypotheses=(
        "The hypotheses of T1.",
        "Steps x ← (x + Δ P_x h)/‖x + Δ P_x h‖ of constant length Δ > 0, in exact arithmetic.",
    ),
    statement=(
        "One step takes the angle φ = ∠(x, ĥ) to φ − arctan(Δ‖h‖ sin φ). For Δ‖h‖ < 2 every start "
        "but −ĥ converges to ĥ; without overshooting from any start if and only if Δ‖h‖ ≤ 1; the "
        "final rate is |1 − Δ‖h‖| per step. For Δ‖h‖ > 2 the resting point is unstable."
    ),
    latex=(
        r"\varphi^+ = \varphi-\arctan(\Delta\|h\|\sin\varphi),\quad "
        r"\tfrac{d\varphi^+}{d\varphi}\big|_0 = 1-\Delta\|h\|,\quad "
        r"\Delta\|h\|<2\ \Rightarrow\ \varphi_k\to 0"
    ),
    obligations=(
        step,
        angle_map,
        slope,
        arctangent,
        sine,
        monotone,
        overshoot,
        double_angle,
        never_farther,
        contracting,
        unstable,
    ),
    source="derived here; the step is projected Euler as used in oscillator attention code",
)
