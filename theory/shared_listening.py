r"""T12: any two oscillators hear each other or a third in common, so states that are near agree.

:math:`\delta` is the least, over pairs, of what two oscillators hear of each other and in common.
The widest pair of states closes at least at that rate: exactly so in the plane, where the tangent
of half the arc decays like :math:`e^{-\delta t}`.
"""

from __future__ import annotations

from sympy import (
    Symbol,
    cos,
    diff,
    exp,
    expand_trig,
    log,
    simplify,
    sin,
    symbols,
    tan,
    trigsimp,
)

from lohe.theory.contraction import projection_contracts
from lohe.theory.frame import Frame
from lohe.theory.theorem import Outcome, Theorem, nonnegative, rational, vanishes

__all__ = ["THEOREM"]

_m, _k, _l, _s, _t, _w = symbols("m k l s t w", nonnegative=True)
_delta, _eta = symbols("delta eta", positive=True)
_c0, _c = symbols("c_0 c", positive=True)
_epsilon = Symbol("epsilon", positive=True)


def arc_sines() -> Outcome:
    """Check that two sines outweigh that of the sum of their angles."""
    a, b = symbols("a b", real=True)  # half angles
    gap = sin(2 * a) + sin(2 * b) - sin(2 * a + 2 * b)
    return vanishes(
        "sin α + sin β − sin(α + β) = 4 sin(α/2) sin(β/2) sin((α + β)/2), so at least 0 where "
        "α, β ≥ 0 and α + β ≤ π",
        r"\sin\alpha+\sin\beta-\sin(\alpha+\beta) = 4\sin\tfrac\alpha2\sin\tfrac\beta2"
        r"\sin\tfrac{\alpha+\beta}2",
        expand_trig(gap - 4 * sin(a) * sin(b) * sin(a + b)).expand(),
        reduction=trigsimp,
        method="angles expanded and simplified",
    )


def heard_in_common() -> Outcome:
    """Check what one third oscillator contributes to closing the arc."""
    # J_tu = m + k, J_su = m + l, m the smaller; sin α = s, sin β = t, s + t = sin D + w.
    whole = _s + _t - _w
    return nonnegative(
        "J_tu sin α + J_su sin β ≥ min(J_tu, J_su) sin(α + β), with J_tu = m + k, J_su = m + l",
        r"J_{tu}\sin\alpha+J_{su}\sin\beta\ge\min(J_{tu},J_{su})\sin(\alpha+\beta)",
        (_m + _k) * _s + (_m + _l) * _t - _m * whole,
        _k * _s + _l * _t + _m * _w,
    )


def half_arc() -> Outcome:
    """Check that the tangent of half the arc decays at the rate δ."""
    half = Symbol("D", real=True)  # D/2
    slope = diff(tan(half), half).rewrite(cos) / 2  # of tan(D/2) by D
    return vanishes(
        "D' ≤ −δ sin D gives (tan(D/2))' ≤ −δ tan(D/2)",
        r"\frac{\sin D}{2\cos^2(D/2)} = \tan\tfrac D2",
        trigsimp(slope * sin(2 * half) - tan(half)),
        method="simplified",
    )


def _triple() -> Frame:
    c, p, q = symbols("c p q", real=True)
    # x_t, x_s with ⟨x_t, x_s⟩ = c, and x_u with ⟨x_u, x_s⟩ = p, ⟨x_u, x_t⟩ = q.
    return Frame.of([[1, c, q], [c, 1, p], [q, p, 1]])


def cosine_speed() -> Outcome:
    """Check how fast the cosine of a pair grows."""
    frame, (first, second, c, p, q) = _triple(), symbols("J_tu J_su c p q", real=True)
    own, other = symbols("J_ts J_st", real=True)
    t, s, u = frame.vectors
    speeds = frame.project(t, first * u + own * s), frame.project(s, second * u + other * t)
    return vanishes(
        "every d: a third oscillator u adds J_tu(p − qc) + J_su(q − pc) to the speed of "
        "c = ⟨x_t, x_s⟩, p = ⟨x_u, x_s⟩, q = ⟨x_u, x_t⟩; the pair itself (J_ts + J_st)(1 − c²)",
        r"\dot c = (J_{ts}+J_{st})(1-c^2)+\sum_u\bigl(J_{tu}(p-qc)+J_{su}(q-pc)\bigr)",
        frame.inner(speeds[0], s)
        + frame.inner(t, speeds[1])
        - (first * (p - q * c) + second * (q - p * c) + (own + other) * (1 - c**2)),
    )


def pulls_together() -> Outcome:
    """Check what one third oscillator contributes at the least cosine."""
    extra, other = symbols("a b", nonnegative=True)  # J_tu = m + a, J_su = m + b
    p, q = _c + _s, _c + _t
    below = {_k: 1 - q, _l: 1 - p, _w: 1 - _c}  # all at least 0
    gap = (_m + extra) * (p - q * _c) + (_m + other) * (q - p * _c) - 2 * _m * _c * (1 - _c)
    return nonnegative(
        "J_tu(p − qc) + J_su(q − pc) ≥ 2c(1 − c) min(J_tu, J_su) where c > 0 is the least cosine: "
        "p = c + s = 1 − l, q = c + t = 1 − k, c = 1 − w, J_tu = m + a, J_su = m + b",
        r"J_{tu}(p-qc)+J_{su}(q-pc)\ge2c(1-c)\min(J_{tu},J_{su})\quad(0<c\le p,q\le1)",
        gap,
        extra * (_s + _c * _k) + other * (_t + _c * _l) + _m * (_s + _t) * _w,
        reduction=lambda residual: rational(residual.subs(below)),
    )


def own_pull() -> Outcome:
    """Check that a pair pulls itself together at least as much."""
    return nonnegative(
        "1 − c² ≥ 2c(1 − c)",
        r"1-c^2-2c(1-c) = (1-c)^2\ge 0",
        1 - _c**2 - 2 * _c * (1 - _c),
        (1 - _c) ** 2,
    )


def odds() -> Outcome:
    """Check the growth of c/(1 − c)."""
    return vanishes(
        "c' ≥ 2δc(1 − c) gives (c/(1 − c))' ≥ 2δ c/(1 − c)",
        r"\frac{d}{dc}\,\frac c{1-c}\cdot2\delta c(1-c) = 2\delta\,\frac c{1-c}",
        diff(_c / (1 - _c), _c) * 2 * _delta * _c * (1 - _c) - 2 * _delta * _c / (1 - _c),
    )


def disturbed_pair() -> Outcome:
    """Check how much one wrong entry can change the speed of a pair's cosine."""
    frame, (c, p, q) = _triple(), symbols("c p q", real=True)
    t, s, u = frame.vectors
    return vanishes(
        "every d: p − qc = ⟨P_t x_u, P_t x_s⟩, ‖P_t x_u‖² = 1 − q², ‖P_t x_s‖² = 1 − c²; so "
        "|p − qc| ≤ 1 − c² where q ≥ c > 0",
        r"|p-qc|\le\sqrt{(1-q^2)(1-c^2)}\le1-c^2",
        frame.inner(frame.project(t, u), frame.project(t, s)) - (p - q * c),
        frame.square(frame.project(t, u)) - (1 - q**2),
        frame.square(frame.project(t, s)) - (1 - c**2),
    )


def disturbed_rate() -> Outcome:
    """Check the rate that wrong entries leave to the cosine."""
    # c = c_0 + s < 1, c = 1 − w.
    now = _c0 + _s
    speed = 2 * now * (1 - now) * _delta - 2 * _eta * (1 - now**2)
    kept = 2 * now * (1 - now) * (_delta - _eta * (1 + 1 / _c0))
    return nonnegative(
        "2c(1 − c)δ − 2η(1 − c²) ≥ 2c(1 − c)(δ − η(1 + 1/c_0)) for c ≥ c_0 (c = c_0 + s = 1 − w)",
        r"2c(1-c)\delta-2\eta(1-c^2)\ge2c(1-c)\Bigl(\delta-\eta\frac{1+c_0}{c_0}\Bigr)",
        speed - kept,
        2 * _eta * _w * _s / _c0,
        reduction=lambda residual: rational(residual.subs(_w, 1 - now)),
    )


def sine_differences() -> Outcome:
    """Check the difference of two sines."""
    a, b = symbols("a b", real=True)  # half angles
    gap = sin(2 * a) - sin(2 * b) - 2 * cos(a + b) * sin(a - b)
    return vanishes(
        "sin D − sin α = 2 cos((D + α)/2) sin((D − α)/2): sines grow up to a right angle and fall "
        "beyond it",
        r"\sin D-\sin\alpha = 2\cos\tfrac{D+\alpha}2\sin\tfrac{D-\alpha}2",
        trigsimp(expand_trig(gap).expand()),
        method="angles expanded and simplified",
    )


def arc_and_cosine() -> Outcome:
    """Check the tangent of half an angle, by its cosine and by its chord."""
    half = Symbol("D", positive=True)  # D/2
    chord = 2 * sin(half)
    return vanishes(
        "tan²(D/2) = (1 − cos D)/(1 + cos D) = ε²/(4 − ε²) with the chord ε = 2 sin(D/2), and "
        "cos D = 1 − ε²/2",
        r"\tan^2\tfrac D2 = \frac{1-\cos D}{1+\cos D} = \frac{\varepsilon^2}{4-\varepsilon^2}",
        trigsimp(tan(half) ** 2 - (1 - cos(2 * half)) / (1 + cos(2 * half))),
        trigsimp(tan(half) ** 2 - chord**2 / (4 - chord**2)),
        trigsimp(cos(2 * half) - 1 + chord**2 / 2),
        method="simplified",
    )


def times() -> Outcome:
    """Check that the stated times bring the bounds exactly to the chord ε."""
    time = Symbol("T", real=True)
    start = (1 - _c0) / (1 + _c0)  # tan²(D_0/2)
    arc = log(start) + log((4 - _epsilon**2) / _epsilon**2)
    reached = start * exp(-2 * _delta * time) - _epsilon**2 / (4 - _epsilon**2)
    cosine = log((1 - _c0) / _c0) + log((2 - _epsilon**2) / _epsilon**2)
    end = 1 - _epsilon**2 / 2
    odds_reached = _c0 / (1 - _c0) * exp(2 * _delta * time) - end / (1 - end)
    return vanishes(
        "at the stated times the bounds are ε: the arc's tangent, and the odds of the cosine",
        r"e^{2\delta T} = \frac{1-c_0}{1+c_0}\cdot\frac{4-\varepsilon^2}{\varepsilon^2},\qquad "
        r"e^{2\delta T} = \frac{1-c_0}{c_0}\cdot\frac{2-\varepsilon^2}{\varepsilon^2}",
        reached.subs(time, arc / (2 * _delta)),
        odds_reached.subs(time, cosine / (2 * _delta)),
        reduction=simplify,
        method="simplified",
    )


def in_the_hull() -> Outcome:
    """Check that a mean direction of states is as near to each as they are to each other."""
    # y = Σ_u a_u x_u, a_u ≥ 0, Σ_u a_u = 1; ⟨y, x_s⟩ = c + s, 0 < ‖y‖ = 1 − w ≤ 1.
    length = Symbol("n", positive=True)
    return nonnegative(
        "a convex combination y with ⟨y, x_s⟩ = c + s and ‖y‖ = n = 1 − w ≤ 1 has ⟨y/‖y‖, x_s⟩ ≥ c",
        r"\frac{\langle y,x_s\rangle}{\|y\|}\ge c",
        (_c + _s) / length - _c,
        (_s + _c * _w) / length,
        reduction=lambda residual: rational(residual.subs(_w, 1 - length)),
    )


THEOREM = Theorem(
    name="T12",
    title="shared listening",
    hypotheses=(
        "n ≥ 2, h = 0 and A = 0; J ≥ 0, of zero diagonal, not necessarily acyclic.",
        "The overlap δ = min over pairs t ≠ s of J_ts + J_st + Σ_{u ≠ t, s} min(J_tu, J_su) is "
        "positive.",
        "(a) d = 2, and all states start in an arc of length D_0 < π. (b) d ≥ 2, and the least "
        "inner product c_0 of two states at the start is positive.",
        "(c) A device's J' differs from J by at most η in the absolute sum of each row, and may "
        "be negative.",
    ),
    statement=(
        "(a) The arc D(t) that holds all states shrinks: tan(D/2) ≤ tan(D_0/2) e^{−δt}. (b) The "
        "least inner product grows: c/(1 − c) ≥ c_0/(1 − c_0) e^{2δt}. (c) On every device the "
        "same holds with δ' in place of δ, if δ' > 0: in (a) δ' = δ − 2η, or δ − 2η/sin D_0 if "
        "D_0 > π/2; in (b) δ' = δ − η(1 + 1/c_0). In all cases the states converge to one common "
        "state. With c_0 = cos D_0 in (a), all states are within a distance ε of each other from "
        "the time (ln((1 − c_0)/(1 + c_0)) + ln((4 − ε²)/ε²))/(2δ') on; in (b), for ε² < 2, from "
        "(ln((1 − c_0)/c_0) + ln((2 − ε²)/ε²))/(2δ') on, and from the start if ε² ≥ 2. Where "
        "J' ≥ 0, the common state is within the same distance of each. And δ is at least the sum "
        "over u of the least entry of column u off the diagonal."
    ),
    latex=(
        r"\tan\tfrac{D(t)}2\le e^{-\delta t}\tan\tfrac{D_0}2\quad(d=2),\qquad"
        r"\frac{c(t)}{1-c(t)}\ge e^{2\delta t}\,\frac{c_0}{1-c_0}"
    ),
    obligations=(
        arc_sines,
        heard_in_common,
        half_arc,
        cosine_speed,
        pulls_together,
        own_pull,
        odds,
        projection_contracts,
        disturbed_pair,
        disturbed_rate,
        sine_differences,
        arc_and_cosine,
        times,
        in_the_hull,
    ),
    source=(
        "derived here; the overlap of two rows is that of Dobrushin's coefficient of ergodicity, "
        "Theory Probab. Appl. 1 (1956)"
    ),
)
