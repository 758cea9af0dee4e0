"""The angles of T6b: the cap of an exact resting point, rational angles, the share of starts."""

from __future__ import annotations

from sympy import Expr, Symbol, acos, atan, cos, expand_trig, pi, sin, symbols, tan

from lohe.theory.theorem import Outcome, positive, vanishes

__all__ = ["near_rate", "nominal", "rational_angle", "share", "without_frequency"]

_u = Symbol("u", positive=True)


def nominal() -> Outcome:
    """Check the trap of an exact resting point: the angle of the largest cap."""
    size, lag = symbols("G psi", positive=True)
    kappa = Symbol("kappa", real=True)
    bracket = size * cos(lag) * cos(_u) - size * sin(lag) * sin(_u) - kappa * size
    return vanishes(
        "at a resting point (f = 0) with lag ψ and κ = s/‖g‖: ℓ cos u − a sin u − s = "
        "‖g‖(cos(u + ψ) − κ), positive for u < arccos κ − ψ",
        r"\ell\cos u-a\sin u-s = \|g\|\bigl(\cos(u+\psi)-\kappa\bigr)",
        bracket - size * (expand_trig(cos(_u + lag)) - kappa),
        (size * cos(lag)) ** 2 + (size * sin(lag)) ** 2 - size**2,
        reduction=lambda e: e.expand().subs(cos(lag) ** 2, 1 - sin(lag) ** 2).expand(),
        method="trigonometric addition",
    )


def without_frequency() -> Outcome:
    """Check the nominal cap without natural frequency."""
    kappa = Symbol("kappa", real=True)
    return vanishes(
        "A = 0: ψ = 0, and the cap of angle 2 arccos κ is c > 2κ² − 1; for J = 0 too it is all but "
        "the opposite point",
        r"\cos(2\arccos\kappa) = 2\kappa^2-1",
        expand_trig(cos(2 * acos(kappa))) - (2 * kappa**2 - 1),
        2 * acos(0) - pi,
    )


def near_rate() -> Outcome:
    """Check the rate near a resting point, and that a positive cap has one."""
    size, sine_value = symbols("G S", positive=True)
    kappa = Symbol("kappa", nonnegative=True)
    cosine = kappa + sine_value  # cos ψ = κ + S: the cap has a positive angle
    return positive(
        "as u → 0 the rate tends to ℓ − s = ‖g‖(cos ψ − κ), positive if the cap's angle is",
        r"\rho\to\ell-s = \|g\|(\cos\psi-\kappa)>0",
        size * cosine - kappa * size,
        size * sine_value,
    )


def rational_angle() -> Outcome:
    """Check the sine and cosine of an angle given by the tangent of its half."""
    t = Symbol("tau", positive=True)
    return vanishes(
        "u = 2 arctan τ has sin u = 2τ/(1 + τ²) and cos u = (1 − τ²)/(1 + τ²): rational for a "
        "rational τ",
        r"\sin u = \frac{2\tau}{1+\tau^2},\quad\cos u = \frac{1-\tau^2}{1+\tau^2},\quad"
        r"\varphi = 4\arctan\tau",
        expand_trig(sin(2 * atan(t))) - 2 * t / (1 + t**2),
        expand_trig(cos(2 * atan(t))) - (1 - t**2) / (1 + t**2),
        tan(atan(t)) - t,
    )


def share() -> Outcome:
    """Check the beta variable of the cap's angle."""
    expression: Expr = (1 - expand_trig(cos(2 * _u))) / 2 - sin(_u) ** 2
    return vanishes(
        "(1 − cos φ)/2 = sin²u: by T2 a uniform start is in the cap with the probability that a "
        "Beta((d−1)/2, (d−1)/2) variable is below sin²u",
        r"P(\angle(x,y)<2u) = I_{\sin^2u}(\tfrac{d-1}2,\tfrac{d-1}2)",
        expression.subs(cos(_u) ** 2, 1 - sin(_u) ** 2),
    )
