r"""T6c: caps of a size of their own for every oscillator, and how long states take in them.

With weights :math:`w_i` the level of a state is :math:`\sigma=\max_i\sin u_i/w_i`, :math:`2u_i` the
angle between oscillator i and its centre. S and C stand for the sine and cosine of :math:`u_i`
where the level is attained; dots and primes as in T6b.
"""

from __future__ import annotations

from sympy import Symbol, symbols

from lohe.theory import cap, cap_angles, cap_levels
from lohe.theory.attraction import distance_speed, first_variation, geodesic
from lohe.theory.contraction import projection_contracts
from lohe.theory.digital import sine
from lohe.theory.frame import Frame
from lohe.theory.theorem import Outcome, Theorem, nonnegative, polynomial, vanishes

__all__ = ["THEOREM"]

_C, _S = symbols("C S", positive=True)
_pull, _weight = symbols("l w", positive=True)
_turn, _rest, _sum, _push = symbols("a F s q", nonnegative=True)  # ‖Ay‖, ‖f‖, Σ_k |J_ik|, q
_heard, _across = symbols("m b", nonnegative=True)  # Σ_k |J_ik| w_k, ‖P_y Σ_k J_ik y_k‖
_slacks = symbols("k_1:6", nonnegative=True)
_CIRCLE = polynomial(_C**2 + _S**2 - 1, leading=(_C, _S))
_CIRCLE_METHOD = "normal form modulo C² + S² = 1"


def near_pull() -> Outcome:
    """Check how fast the oscillator at the level falls if the others are within it."""
    level = Symbol("sigma", positive=True)
    turned, left, crosstalk = _slacks[:3]
    double = 2 * _S * _C, _C**2 - _S**2
    falls = _pull * double[0] - (1 - double[1]) * (_turn - turned) - (_rest - left)
    falls += -2 * level * _heard + crosstalk  # ‖Σ_k J_ik(x_k − y_k)‖ ≤ Σ_k |J_ik| 2σw_k
    bound = 2 * _S * (_pull * _C - _turn * _S) - 2 * level * _heard - _rest
    return nonnegative(
        "where oscillator i attains the level: −φ̇ ≥ 2 sin u (ℓ cos u − a sin u) − 2σm − ‖f‖ with "
        "m = Σ_k |J_ik| w_k, as ‖x_k − y_k‖ = 2 sin u_k ≤ 2σw_k",
        r"-\dot\varphi\ge 2\sin u\,(\ell\cos u-a\sin u)-2\sigma m-\|f\|",
        falls - bound,
        2 * _S**2 * turned + left + crosstalk,
        reduction=_CIRCLE,
    )


def free_speed() -> Outcome:
    """Check how fast an oscillator turns towards its centre, whatever the others do."""
    cosine, sine_value = symbols("C S", real=True)
    along, side, turning, felt, free = symbols("p h r t x", real=True)
    others = symbols("o_1:11", real=True)
    # y, τ, h, Ay, Aτ, and v = Σ_k J_ik x_k: ⟨h, y⟩ = p, ⟨h, τ⟩ = h, ⟨Ay, τ⟩ = r.
    frame = Frame.of(
        [
            [1, 0, along, 0, -turning, felt],
            [0, 1, side, turning, 0, free],
            [along, side, others[0], others[1], others[2], others[3]],
            [0, turning, others[1], others[4], others[5], others[6]],
            [-turning, 0, others[2], others[5], others[7], others[8]],
            [felt, free, others[3], others[6], others[8], others[9]],
        ]
    )
    y, tau, drive, turned, turned_side, v = frame.vectors
    x, inward = cosine * y + sine_value * tau, sine_value * y - cosine * tau
    velocity = cosine * turned + sine_value * turned_side + frame.project(x, drive + v)
    return vanishes(
        "every d: −φ̇ = ⟨ẋ, n⟩ = sin φ ⟨h, y⟩ − cos φ ⟨h, τ⟩ − ⟨Ay, τ⟩ + ⟨Σ_k J_ik x_k, n⟩",
        r"-\dot\varphi = \sin\varphi\,\langle h,y\rangle-\cos\varphi\,\langle h,\tau\rangle-"
        r"\langle Ay,\tau\rangle+\langle\textstyle\sum_kJ_{ik}x_k,n\rangle",
        frame.inner(velocity, inward)
        - (sine_value * along - cosine * side - turning + frame.inner(v, inward)),
        reduction=polynomial(cosine**2 + sine_value**2 - 1, leading=(cosine, sine_value)),
        method=_CIRCLE_METHOD,
    )


def far_pull() -> Outcome:
    """Check how fast an oscillator falls wherever the others are."""
    turned, left, felt, free = _slacks[:4]
    sine_full, cosine_full = 2 * _S * _C, _C**2 - _S**2
    # P_y h = f − Ay − P_y p, p = Σ_k J_ik y_k, in the direction τ: each part at most its length.
    across_side = _turn - turned  # ⟨Ay, τ⟩
    rest_side, felt_side = symbols("f_t p_t", real=True)  # cos φ ⟨f, τ⟩ and cos φ ⟨p, τ⟩
    side = rest_side - cosine_full * across_side - felt_side  # cos φ ⟨h, τ⟩
    falls = sine_full * _pull - side - across_side - _sum + free
    falls = falls.subs({rest_side: _rest - left, felt_side: -_across + felt})
    bound = 2 * _S * (_pull * _C - _turn * _S) - (_sum + _across + _rest)
    return nonnegative(
        "−φ̇ ≥ 2 sin u (⟨h, y⟩ cos u − a sin u) − s − b − ‖f‖ with b = ‖P_y Σ_k J_ik y_k‖, for "
        "⟨Σ_k J_ik x_k, n⟩ ≥ −s and P_y h = f − Ay − P_y Σ_k J_ik y_k",
        r"-\dot\varphi\ge 2\sin u\,(\langle h,y\rangle\cos u-a\sin u)-s-b-\|f\|",
        falls - bound,
        2 * _S**2 * turned + left + felt + free,
        reduction=_CIRCLE,
    )


def level_speed() -> Outcome:
    """Check the speed of the level that one oscillator attains."""
    level = Symbol("sigma", positive=True)
    height = _weight * level  # sin u
    toward = 2 * height * (_pull * _C - _turn * height) - 2 * level * _heard - _push  # −φ̇
    falling = _C * (toward / 2) / _weight  # −σ̇, as wσ̇ = cos u · u̇ and φ = 2u
    rate = _C * (_pull * _C - _turn * height - _heard / _weight - _push / (2 * height))
    return vanishes(
        "sin u = wσ has wσ̇ = cos u · u̇, so −σ̇/σ is the rate r: with m and q = ‖f‖ for the near "
        "pull, with m = 0 and q = s + b + ‖f‖ for the far one",
        r"-\frac{\dot\sigma}\sigma = \cos u\Bigl(\ell\cos u-a\sin u-\frac mw-\frac q{2w\sigma}"
        r"\Bigr)",
        falling / level - rate,
    )


def contraction() -> Outcome:
    """Check that the largest weighted distance of two states shrinks at the stated rate."""
    sine_full, cosine_full, level = symbols("s c sigma", nonnegative=True)
    ratio = Symbol("delta", positive=True)  # δ_i = w_iδ is attained, and δ_k ≤ w_kδ
    turned, left, crosstalk, carried = _slacks[:4]
    pull = _pull * cosine_full - sine_full * ((_rest - left) + (_turn - turned))
    pull -= 2 * level * _heard - crosstalk
    rate = _pull * cosine_full - (_turn + _rest) * sine_full - 2 * level * _heard - _heard / _weight
    shrinking = (pull * _weight * ratio - (_heard * ratio - carried)) / _weight
    return nonnegative(
        "where δ = max_k δ_k/w_k: −δ̇ ≥ ρδ with ρ = ℓ cos 2u − (a + ‖f‖) sin 2u − 2σm − m/w",
        r"-\dot\delta\ge\rho\,\delta",
        shrinking - rate * ratio,
        (sine_full * (left + turned) + crosstalk) * ratio + carried / _weight,
    )


THEOREM = Theorem(
    name="T6c",
    title="caps of different sizes, and the time to settle in them",
    hypotheses=(
        "The stored network, with any A and any J, and y, g, ℓ_i, a_i, f_i, s_i as in T6b; "
        "b_i = ‖P_{y_i} Σ_k J_ik y_k‖. Weights 0 < w_i < 1, m_i = Σ_k |J_ik| w_k, and levels "
        "0 < σ_0 < … < σ_M = 1.",
        "With sin u_i = w_i σ, r_i(σ) = cos u_i (ℓ cos u_i − a_i sin u_i − κ − q/(2w_iσ)) for the "
        "near pull, ℓ = ℓ_i, κ = m_i/w_i, q = ‖f_i‖, or the far pull, ℓ = ⟨y_i, h_i⟩, κ = 0, "
        "q = s_i + b_i + ‖f_i‖. For each neighbouring two levels and each i one of the pulls has "
        "r_i > 0 at both.",
        "For some weights v and levels reached from there (see the statement), with the near pull "
        "at the lowest level: ρ_i = ℓ_i cos 2u_i − (a_i + ‖f_i‖) sin 2u_i − 2σm_i − m_i/v_i > 0.",
    ),
    statement=(
        "The level σ = max_i sin u_i/w_i of a state, 2u_i = ∠(x_i, y_i), falls while it is between "
        "σ_0 and 1, from σ_{j+1} to σ_j in at most the mean of max_i 1/r_i at both, times "
        "ln(σ_{j+1}/σ_j). If sin u_k ≤ β_k for all k from some time on, then sin u_k ≤ β'_k after "
        "another max_k (β_k − β'_k)(1/φ_k(β_k) + 1/φ_k(β'_k))/2, φ_k(S) = cos u_k (S(ℓ cos u_k − "
        "a_k S) − q/2) > 0 at both with q = 2Σ_l |J_kl| β_l + ‖f_k‖ for the near pull. All states "
        "with σ ≤ 1 converge to one equilibrium, finally at a rate of at least min ρ_i; they are a "
        "share of Π_i I_{w_i²}((d−1)/2, (d−1)/2) of all."
    ),
    latex=(
        r"-\frac{\dot\sigma}\sigma\ge\min_i\,\cos u_i\Bigl(\ell\cos u_i-a_i\sin u_i-\kappa-"
        r"\frac q{2w_i\sigma}\Bigr),\qquad \sin u_i = w_i\sigma"
    ),
    obligations=(
        cap.cosine_speed,
        cap.chord,
        near_pull,
        free_speed,
        far_pull,
        level_speed,
        cap_levels.level_cosine,
        cap_levels.concave_in_the_logarithm,
        cap_levels.concave_in_the_sine,
        cap_levels.cosine_is_concave,
        cap_levels.inverse_is_convex,
        cap_levels.trapezoid,
        cap_levels.logarithm,
        cap_levels.logarithm_from_below,
        cap_levels.copies,
        cap.acute,
        cap.bracket_falls,
        geodesic,
        distance_speed,
        first_variation,
        projection_contracts,
        sine,
        contraction,
        cap_angles.share,
    ),
    source=(
        "derived here; comparison with a cooperative system: Smith, Monotone Dynamical Systems, "
        "AMS 1995"
    ),
)
