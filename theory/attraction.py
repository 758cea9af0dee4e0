r"""T6a: drives that dominate crosstalk and frequencies attract almost every start.

Each oscillator ends in a cap about its drive or about the opposite point, whatever the others do.
In a product of such caps the distance of two states contracts in the first kind of caps and
expands in the second, faster than crosstalk can carry it over.
"""

from __future__ import annotations

from sympy import Symbol, sqrt, symbols

from lohe.theory.contraction import crosstalk_error, projection_contracts
from lohe.theory.digital import sine
from lohe.theory.frame import Frame
from lohe.theory.theorem import (
    Outcome,
    Theorem,
    nonnegative,
    polynomial,
    positive,
    vanishes,
)

__all__ = ["THEOREM", "distance_speed", "first_variation", "geodesic"]

_margin = Symbol("m", positive=True)
_s, _k, _t = symbols("s k t", nonnegative=True)
_C, _S = symbols("C S", real=True)  # cosine and sine of an angle
_CIRCLE = polynomial(_C**2 + _S**2 - 1, leading=(_C, _S))
_CIRCLE_METHOD = "normal form modulo C² + S² = 1"


def angle_speed() -> Outcome:
    """Check how fast an oscillator turns away from its drive."""
    drive = Symbol("H", positive=True)
    names = symbols("a_1:6", real=True)
    # ĥ, a unit τ ⊥ ĥ in the plane of the state, and w = Ax + Σ_k J_ik x_k.
    frame = Frame.of([[1, 0, names[0]], [0, 1, names[1]], [names[0], names[1], names[2]]])
    toward, side, heard = frame.vectors
    x, outward = _C * toward + _S * side, -_S * toward + _C * side
    # P_x(Hĥ + w) is the velocity, as P_xAx = Ax; φ̇ is its component along ∂x/∂φ.
    velocity = frame.project(x, drive * toward + heard)
    return vanishes(
        "every d: the angle φ = ∠(x, ĥ) obeys φ̇ = −‖h‖ sin φ + ⟨Ax + Σ_k J_ik x_k, n⟩ with the "
        "unit tangent n = ∂x/∂φ",
        r"\dot\varphi = -\|h\|\sin\varphi+\langle Ax+\textstyle\sum_kJ_{ik}x_k,n\rangle",
        frame.inner(velocity, outward) + drive * _S - frame.inner(heard, outward),
        frame.square(outward) - 1,
        frame.inner(velocity, toward) + _S * frame.inner(velocity, outward),
        reduction=_CIRCLE,
        method=_CIRCLE_METHOD,
    )


def leaves_the_belt() -> Outcome:
    """Check that the angle falls wherever its sine exceeds the bound."""
    drive, bound = symbols("H b", positive=True)  # ‖h'‖ and S + a
    sine = bound / drive + _margin
    heard = bound - _k  # ⟨Ax + Σ J x, n⟩ ≤ ‖A‖ + S ≤ b
    return positive(
        "φ̇ ≤ −‖h'‖ sin φ + S + a < 0 where sin φ = (S + a)/‖h'‖ + m, m > 0",
        r"-\dot\varphi\ge\|h'\|\sin\varphi-(S+a)>0",
        drive * sine - heard,
        drive * _margin + _k,
    )


def pull_in_caps() -> Outcome:
    """Check the pull inside a cap about the drive; about the opposite point it is negated."""
    drive, total = symbols("H S", positive=True)
    along = -total + _k  # ⟨γ, Σ_k J_ik x_k⟩ ≥ −S
    cosine = Symbol("c", positive=True)  # cos of the cap's angle; every γ of the cap has c + t
    return nonnegative(
        "for any γ of the cap cos∠(γ, ĥ) ≥ c: ⟨γ, g⟩ ≥ ‖h'‖c − S; for −γ: ⟨−γ, g⟩ ≤ −(‖h'‖c − S)",
        r"\langle\gamma,h'+\textstyle\sum_kJ_{ik}x_k\rangle-(\|h'\|c-S)\ge 0",
        drive * (cosine + _t) + along - (drive * cosine - total),
        drive * _t + _k,
    )


def dominates() -> Outcome:
    """Check that in the caps the pull exceeds what crosstalk carries over."""
    total = Symbol("S", nonnegative=True)
    # ‖h'‖² = b² + 4S² + m, so ‖h'‖ cos α = √(‖h'‖² − b²) = √(4S² + m).
    root = sqrt(4 * total**2 + _margin)
    return positive(
        "with sin α = (S + a)/‖h'‖ and ‖h'‖² = (S + a)² + 4S² + m: ‖h'‖ cos α − 2S > 0",
        r"\sqrt{\|h'\|^2-(S+a)^2}-2S = \frac m{\sqrt{\|h'\|^2-(S+a)^2}+2S}>0",
        root - 2 * total,
        _margin / (root + 2 * total),
    )


def every_device() -> Outcome:
    """Check that a larger drive, a smaller frequency and a smaller row sum only help."""
    drive = Symbol("H", positive=True)  # ‖h‖ − e
    device = _s  # S' + a', at most S + a = s + k
    return nonnegative(
        "a device with ‖h'‖ = ‖h‖ − e + t and S' + a' = s ≤ S + a = s + k has no smaller margin",
        r"\|h'\|^2-(S'+a')^2-\bigl((\|h\|-e)^2-(S+a)^2\bigr)\ge 0",
        ((drive + _t) ** 2 - device**2) - (drive**2 - (device + _k) ** 2),
        2 * drive * _t + _t**2 + _k * (2 * _s + _k),
    )


def first_variation() -> Outcome:
    """Check how the field stretches a unit tangent vector: the frequency drops out."""
    pull, along, turn = symbols("lambda b k", real=True)
    others = symbols("o_1:7", real=True)
    # γ, τ, g, Aγ, Aτ with ⟨Aγ, γ⟩ = ⟨Aτ, τ⟩ = 0 and ⟨Aτ, γ⟩ = −⟨Aγ, τ⟩.
    frame = Frame.of(
        [
            [1, 0, pull, 0, -turn],
            [0, 1, along, turn, 0],
            [pull, along, others[0], others[1], others[2]],
            [0, turn, others[1], others[3], others[4]],
            [-turn, 0, others[2], others[4], others[5]],
        ]
    )
    point, tangent, g, turned, turned_tangent = frame.vectors
    s = Symbol("s", real=True)
    # Along the geodesic γ(s): γ' = τ, τ' = −γ; the drive g is held fixed.
    moved = point + s * tangent
    field = turned + s * turned_tangent + g - frame.inner(g, moved) * moved
    slope = frame.inner(field.diff(s).subs(s, 0), tangent) + frame.inner(field.subs(s, 0), -point)
    return vanishes(
        "every d: along a geodesic γ with unit speed τ, and g fixed, the field's component along τ "
        "has the slope −⟨γ, g⟩",
        r"\tfrac{d}{ds}\langle A\gamma+P_\gamma g,\gamma'\rangle = -\langle\gamma,g\rangle",
        slope + pull,
    )


def distance_speed() -> Outcome:
    """Check how the distance of two moving points changes."""
    names = symbols("o_1:7", real=True)
    first, second = symbols("v w", real=True)  # ⟨ẋ, τ⟩ at x, and the part of ẏ along τ at x
    # x, the geodesic's direction τ at x, ẋ ⊥ x, and ẏ ⊥ y = Cx + Sτ: ⟨ẏ, x⟩ = −Sw, ⟨ẏ, τ⟩ = Cw.
    frame = Frame.of(
        [
            [1, 0, 0, -_S * second],
            [0, 1, first, _C * second],
            [0, first, names[0], names[1]],
            [-_S * second, _C * second, names[1], names[2]],
        ]
    )
    x, direction, moves, moves_too = frame.vectors
    y, arriving = _C * x + _S * direction, -_S * x + _C * direction
    cosine_speed = frame.inner(moves, y) + frame.inner(x, moves_too)
    speed = frame.inner(moves_too, arriving) - frame.inner(moves, direction)
    return vanishes(
        "every d: the distance δ of two points, 0 < δ < π, has δ̇ = ⟨ẏ, τ_y⟩ − ⟨ẋ, τ_x⟩ with the "
        "unit tangents of the geodesic from x to y at its ends",
        r"-\sin\delta\,\dot\delta = \tfrac{d}{dt}\langle x,y\rangle = -\sin\delta\,(\langle\dot y,"
        r"\tau_y\rangle-\langle\dot x,\tau_x\rangle)",
        cosine_speed + _S * speed,
        frame.inner(moves_too, y),
        reduction=_CIRCLE,
        method=_CIRCLE_METHOD,
    )


def geodesic() -> Outcome:
    """Check the geodesic between two points, and that caps below a right angle are convex."""
    angle, cosine, other = symbols("c p q", real=True)
    # x and y with cosine c, and the cap's centre u; ⟨u, x⟩ = p, ⟨u, y⟩ = q.
    frame = Frame.of([[1, angle, cosine], [angle, 1, other], [cosine, other, 1]])
    x, y, centre = frame.vectors
    first, second = symbols("a b", nonnegative=True)
    point = first * x + second * y  # on the geodesic: a, b ≥ 0 and of unit length
    return vanishes(
        "a unit γ = ax + by with a, b ≥ 0 has (a + b)² = 1 + 2ab(1 − ⟨x, y⟩) ≥ 1, so "
        "⟨u, γ⟩ = a⟨u, x⟩ + b⟨u, y⟩ ≥ min(⟨u, x⟩, ⟨u, y⟩) where that is positive",
        r"(a+b)^2-\|ax+by\|^2 = 2ab(1-\langle x,y\rangle)\ge 0",
        (first + second) ** 2 - frame.square(point) - 2 * first * second * (1 - angle),
        frame.inner(centre, point) - first * cosine - second * other,
    )


def apart() -> Outcome:
    """Check that expanding distances outgrow contracting ones once they are not smaller."""
    gap, expanding = symbols("nu u", positive=True)
    total = Symbol("S", nonnegative=True)
    largest = expanding  # of all distances, where w = u
    grows = (total + gap) * expanding - total * largest + _s  # u̇
    falls = -(total + gap) * largest + total * largest - _k  # ẇ
    return positive(
        "where w ≤ u, u̇ ≥ (S + ν)u − Su = νu; where w = u also ẇ ≤ −νw, so w ≤ u stays true and u "
        "grows at least like e^(νt)",
        r"\dot u-\dot w\ge\nu u+\nu w>0\quad\text{where }u=w",
        grows - falls,
        2 * gap * expanding + _s + _k,
    )


THEOREM = Theorem(
    name="T6a",
    title="attraction without symmetry",
    hypotheses=(
        "n oscillators with any natural frequencies A_i and any crosstalk J.",
        "A device has ‖h'_i − h_i‖ ≤ e_i, ‖A'_i‖ ≤ a_i, and a crosstalk with zero diagonal and "
        "absolute row sums of at most S_i; for example S_i = s_i + η and a_i = ‖A_i‖_F/√2 + ω.",
        "‖h_i‖ > e_i and (‖h_i‖ − e_i)² > (S_i + a_i)² + 4S_i² for every i.",
    ),
    statement=(
        "Every device has exactly one stable equilibrium. Almost every start converges to it, "
        "finally at an exponential rate of at least "
        "min_i √((‖h_i‖ − e_i)² − (S_i + a_i)²) − 2S_i > 0."
    ),
    latex=(
        r"(\|h_i\|-e_i)^2>(S_i+a_i)^2+4S_i^2\ \Rightarrow\ \text{rate}\ge\min_i\Bigl("
        r"\sqrt{(\|h_i\|-e_i)^2-(S_i+a_i)^2}-2S_i\Bigr)>0"
    ),
    obligations=(
        angle_speed,
        leaves_the_belt,
        every_device,
        geodesic,
        pull_in_caps,
        dominates,
        distance_speed,
        first_variation,
        sine,
        crosstalk_error,
        projection_contracts,
        apart,
    ),
    source=(
        "derived here; contraction in a norm: Lohmiller & Slotine, On contraction analysis for "
        "non-linear systems, Automatica 34 (1998) 683–696, and Coppel, Stability and Asymptotic "
        "Behavior of Differential Equations (Heath 1965); the argument with two cones is "
        "Hadamard's for invariant manifolds"
    ),
)
