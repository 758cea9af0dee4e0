r"""T6b: a cap about any centre that every device maps into itself and contracts.

About a unit vector y, with :math:`g=h+\sum_kJ_{ik}y_k`, the pull is
:math:`\ell=\langle y,g\rangle`, the turn :math:`a=\|Ay\|` and the residual
:math:`f=Ay+g-\ell y`, orthogonal to y. A state at the angle
:math:`\varphi=2u` from y is :math:`x=\cos\varphi\,y+\sin\varphi\,\tau` with a unit
:math:`\tau\perp y`. C and S stand for cosine and sine, reduced modulo :math:`C^2+S^2=1`.
"""

from __future__ import annotations

from sympy import (
    Symbol,
    cos,
    diff,
    log,
    sin,
    symbols,
)

from lohe.theory import cap_angles, readout
from lohe.theory.attraction import distance_speed, first_variation, geodesic
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

__all__ = ["THEOREM"]

_C, _S = symbols("C S", real=True)
_u = Symbol("u", positive=True)
_pull, _margin = symbols("l m", positive=True)
_turn, _rest, _sum = symbols("a F s", nonnegative=True)  # ‖Ay‖, ‖f‖, Σ_k |J_ik|
_error, _eta, _omega = symbols("e eta omega", nonnegative=True)
_slacks = symbols("k_1:7", nonnegative=True)
_CIRCLE = polynomial(_C**2 + _S**2 - 1, leading=(_C, _S))
_CIRCLE_METHOD = "normal form modulo C² + S² = 1"


def cosine_speed() -> Outcome:
    """Check how fast a state turns towards the centre, in every dimension."""
    across, left = symbols("p r", real=True)  # ⟨Ay, τ⟩ and ⟨f, τ⟩
    others = symbols("o_1:6", real=True)
    frame = Frame.of(  # y, τ, Ay, Aτ, f
        [
            [1, 0, 0, -across, 0],
            [0, 1, across, 0, left],
            [0, across, others[0], others[1], others[2]],
            [-across, 0, others[1], others[3], others[4]],
            [0, left, others[2], others[4], _rest],
        ]
    )
    y, side, turned, turned_side, f = frame.vectors
    x, inward = _C * y + _S * side, _S * y - _C * side
    g = _pull * y + f - turned
    velocity = _C * turned + _S * turned_side + frame.project(x, g)
    speed = _pull * (1 - _C**2) - (1 - _C) * frame.inner(turned, x) - _C * frame.inner(f, x)
    return vanishes(
        "every d: c = ⟨x, y⟩ has ċ = ℓ(1 − c²) − (1 − c)⟨Ay, x⟩ − c⟨f, x⟩ while the others are at "
        "the centre; with n the unit tangent towards y, ċ = sin φ ⟨ẋ, n⟩, so −φ̇ = ⟨ẋ, n⟩",
        r"-\dot\varphi = \langle\dot x,n\rangle = \ell\sin\varphi-(1-\cos\varphi)\langle Ay,\tau"
        r"\rangle-\cos\varphi\,\langle f,\tau\rangle",
        frame.inner(velocity, inward) - (_pull * _S - (1 - _C) * across - _C * left),
        frame.inner(velocity, y) - speed,
        frame.inner(velocity, y) - _S * frame.inner(velocity, inward),
        frame.square(inward) - 1,
        frame.inner(inward, x),
        reduction=_CIRCLE,
        method=_CIRCLE_METHOD,
    )


def chord() -> Outcome:
    """Check the distance between a state and its centre."""
    frame = Frame.of([[1, 0], [0, 1]])
    y, side = frame.vectors
    state = (_C**2 - _S**2) * y + 2 * _S * _C * side
    return vanishes(
        "a state at the angle 2u from y has ‖x − y‖ = 2 sin u; so ‖Σ_k J_ik(x_k − y_k)‖ ≤ 2s sin u "
        "where no angle exceeds 2u",
        r"\|x-y\|^2 = 4\sin^2u",
        frame.square(state - y) - 4 * _S**2,
        reduction=_CIRCLE,
        method=_CIRCLE_METHOD,
    )


def trap() -> Outcome:
    """Check how fast the largest angle falls on every device."""
    sine_half, cosine_half = symbols("S C", nonnegative=True)
    turned, left, crosstalk, drive, extra, frequency = _slacks
    double = 2 * sine_half * cosine_half, cosine_half**2 - sine_half**2
    across = _turn - turned  # ⟨Ay, τ⟩ ≤ ‖Ay‖
    residual = _rest - left  # cos φ ⟨f, τ⟩ ≤ ‖f‖
    # What the device adds along n: at least the negative of each bound.
    disturbance = (-2 * _sum * sine_half + crosstalk) + (-_error + drive)
    disturbance += (-_eta + extra) + (-_omega + frequency)
    falls = _pull * double[0] - (1 - double[1]) * across - residual + disturbance
    bound = 2 * sine_half * (_pull * cosine_half - _turn * sine_half - _sum)
    return nonnegative(
        "where φ = 2u is the largest angle: −φ̇ ≥ 2 sin u (ℓ cos u − a sin u − s) − q on every "
        "device, q = ‖f‖ + e + η + ω",
        r"-\dot\varphi_{\max}\ge 2\sin u\,(\ell\cos u-a\sin u-s)-q",
        falls - (bound - (_rest + _error + _eta + _omega)),
        2 * sine_half**2 * turned + left + crosstalk + drive + extra + frequency,
        reduction=polynomial(cosine_half**2 + sine_half**2 - 1, leading=(cosine_half, sine_half)),
    )


def bracket_falls() -> Outcome:
    """Check that ℓ cos θ − b sin θ falls up to a right angle."""
    theta = Symbol("theta", real=True)
    cosine, sine_value = symbols("C S", nonnegative=True)
    slope = diff(_pull * cos(theta) - _turn * sin(theta), theta)
    return nonnegative(
        "ℓ cos θ − b sin θ falls for 0 ≤ θ ≤ π/2 (ℓ > 0, b ≥ 0)",
        r"-\tfrac{d}{d\theta}(\ell\cos\theta-b\sin\theta) = \ell\sin\theta+b\cos\theta\ge 0",
        -slope.subs({cos(theta): cosine, sin(theta): sine_value}),
        _pull * sine_value + _turn * cosine,
    )


def curvatures() -> Outcome:
    """Check the second derivatives of the two factors of the trap."""
    bracket = _pull * cos(_u) - _turn * sin(_u) - _sum
    return vanishes(
        "(log sin u)'' = −1/sin²u, and K = ℓ cos u − a sin u − s has K'' = −(K + s)",
        r"(\log\sin u)'' = -\frac1{\sin^2u},\qquad K'' = -(K+s)",
        (diff(log(sin(_u)), _u, 2) + 1 / sin(_u) ** 2).subs(cos(_u) ** 2, 1 - sin(_u) ** 2),
        diff(bracket, _u, 2) + bracket + _sum,
    )


def log_concave() -> Outcome:
    """Check that the product of the two factors is log-concave where both are positive."""
    value, height = symbols("K S", positive=True)
    slope = Symbol("D", real=True)
    second = -(value + _sum)  # K''
    return positive(
        "so log(sin u · K) is concave where K > 0, and its least value on an interval is at an end",
        r"-(\log(\sin u\,K))'' = \frac1{\sin^2u}+\frac{K+s}K+\frac{K'^2}{K^2}>0",
        1 / height**2 - (second * value - slope**2) / value**2,
        1 / height**2 + (value + _sum) / value + slope**2 / value**2,
    )


def pull_in_cap() -> Outcome:
    """Check the pull along any point of the cap, on every device with its state in the caps."""
    sine_value, cosine, chord_length = symbols("S C c", nonnegative=True)
    turned, left, crosstalk, drive, extra, _ = _slacks
    # γ = cos θ y + sin θ τ, and ⟨g, τ⟩ = ⟨f, τ⟩ − ⟨Ay, τ⟩.
    pull = _pull * cosine + sine_value * ((-_rest + left) - (_turn - turned))
    pull += (-_sum * chord_length + crosstalk) + (-_error + drive) + (-_eta + extra)
    bound = _pull * cosine - (_turn + _rest) * sine_value
    bound -= _error + _sum * chord_length + _eta
    return nonnegative(
        "⟨γ, g'⟩ ≥ ℓ cos θ − (a + ‖f‖) sin θ − e − 2s sin u − η at the angle θ from the centre",
        r"\langle\gamma,g'\rangle\ge\ell\cos\theta-(a+\|f\|)\sin\theta-e-2s\sin u-\eta",
        pull - bound,
        sine_value * (turned + left) + crosstalk + drive + extra,
    )


def shrinks() -> Outcome:
    """Check that the largest distance of two states shrinks at the stated rate."""
    pull_bound, distance = symbols("L delta", positive=True)
    pull, carried = _slacks[0], _slacks[1]
    rate = pull_bound - (_sum + _eta)
    shrinking = (pull_bound + pull) * distance - ((_sum + _eta) * distance - carried)
    return nonnegative(
        "where δ is the largest distance, −δ̇ ≥ (pull − s − η)δ ≥ ρδ",
        r"-\dot\delta_{\max}\ge\rho\,\delta_{\max}",
        shrinking - rate * distance,
        pull * distance + carried,
    )


def acute() -> Outcome:
    """Check that a positive rate is possible only in caps below a right angle."""
    sine_value, chord_length = symbols("S c", nonnegative=True)
    lost = (_turn + _rest) * sine_value + _sum * chord_length + _error + _sum + 2 * _eta
    cosine = (_margin + lost) / _pull  # solved from ρ = m
    return positive(
        "ρ > 0 and ℓ > 0 make cos φ positive: the caps lie below a right angle and are convex",
        r"\ell\cos\varphi = \rho+(a+\|f\|)\sin\varphi+2s\sin u+e+s+2\eta>0",
        cosine,
        (_margin + lost) / _pull,
    )


THEOREM = Theorem(
    name="T6b",
    title="a certified cap",
    hypotheses=(
        "n oscillators with any A and any J; any unit vectors y_i, g_i = h_i + Σ_k J_ik y_k, "
        "ℓ_i = ⟨y_i, g_i⟩, a_i = ‖A_i y_i‖, f_i = A_i y_i + g_i − ℓ_i y_i, s_i = Σ_k |J_ik|.",
        "A device has ‖h'_i − h_i‖ ≤ e_i, ‖A'_i − A_i‖ ≤ ω, Σ_k |J'_ik − J_ik| ≤ η; "
        "q_i = ‖f_i‖ + e_i + η + ω.",
        "0 < u_in ≤ u_out ≤ π/2, ℓ_i > 0, and for u = u_in and u = u_out: "
        "2 sin u (ℓ_i cos u − a_i sin u − s_i) > q_i, for every i.",
        "ρ_i = ℓ_i cos 2u_in − (a_i + ‖f_i‖) sin 2u_in − 2s_i sin u_in − e_i − s_i − 2η > 0.",
    ),
    statement=(
        "Every device has exactly one equilibrium with all angles ∠(x_i, y_i) ≤ 2u_in. It is "
        "stable, with a rate of at least min ρ_i, and every start with all angles below 2u_out "
        "converges to it; the largest angle falls while it exceeds 2u_in. A share of at least "
        "I_{sin²u_out}((d−1)/2, (d−1)/2)^n of all starts is of that kind. About a resting point of "
        "the stored network (f = e = η = ω = 0), every start with all angles below "
        "2 min_i(arccos(s_i/‖g_i‖) − ψ_i) > 0 converges to it, ψ_i the angle between y_i and g_i."
    ),
    latex=(
        r"-\dot\varphi_{\max}\ge 2\sin u\,(\ell\cos u-a\sin u-s)-q,\quad \rho = "
        r"\ell\cos 2u-(a+\|f\|)\sin 2u-2s\sin u-e-s-2\eta"
    ),
    obligations=(
        cosine_speed,
        chord,
        crosstalk_error,
        trap,
        bracket_falls,
        curvatures,
        log_concave,
        acute,
        geodesic,
        distance_speed,
        first_variation,
        pull_in_cap,
        projection_contracts,
        sine,
        shrinks,
        cap_angles.nominal,
        cap_angles.without_frequency,
        cap_angles.near_rate,
        cap_angles.rational_angle,
        cap_angles.share,
        readout.moved_anchor,
        readout.slack_difference,
        readout.weight_identity,
        readout.quotient,
    ),
    source=(
        "derived here; contraction: Lohmiller & Slotine, On contraction analysis for non-linear "
        "systems, Automatica 34 (1998) 683–696; hemispheres without drives and frequencies: "
        "Thunberg, Markdahl, Bernard & Gonçalves, A lifting method for analyzing distributed "
        "synchronization on the unit sphere, Automatica 96 (2018), arXiv 1805.02528"
    ),
)
