r"""L9: how fast the energy of linear attention's particles falls, classical and accelerated."""

from __future__ import annotations

from sympy import Expr, Function, Symbol, diff, exp, oo, simplify, symbols

from lohe.theory.theorem import Outcome, Theorem, nonnegative, positive, vanishes

__all__ = ["THEOREM"]

_a, _q, _s, _t, _step = symbols("a q s t h", positive=True)
_r = 1 + Symbol("rho", positive=True)  # the damping is r/t with r > 1
_w, _v = symbols("w v", real=True)


def _rates(s: Expr, g: Expr, damping: Expr) -> tuple[Expr, Expr]:
    """Return the slopes of the moments s and g of L8 in one dimension, accelerated."""
    return 2 * _a * s * g, _a * g**2 - _a * g**2 - damping * g - s * _q


def classical() -> Outcome:
    """Check the classical flow of one eigenvalue."""
    start = Symbol("s_0", positive=True)
    moment = start / (1 + 2 * _a * _q * start * _t)
    energy = _q * moment / 2
    return vanishes(
        "classical: s(t) = s₀/(1 + 2aqs₀t) solves ṡ = −2aqs², and tU(t) → 1/(4a), whatever q and "
        "s₀",
        r"s(t) = \frac{s_0}{1+2aqs_0t},\qquad tU(t)\to\frac1{4a}",
        diff(moment, _t) + 2 * _a * _q * moment**2,
        moment.subs(_t, 0) - start,
        (_t * energy).limit(_t, oo) - 1 / (4 * _a),
    )


def power_law() -> Outcome:
    """Check the accelerated flow's power law."""
    s, g = (_r - 1) / (_a * _q * _t**2), -1 / (_a * _t)
    of_s, of_g = _rates(s, g, _r / _t)
    return vanishes(
        "accelerated with α = r/t: s = (r − 1)/(aqt²), g = −1/(at) solve ṡ = 2asg, ġ = −αg − qs, "
        "so U = (r − 1)/(2at²)",
        r"s(t) = \frac{r-1}{aqt^2},\qquad U(t) = \frac{r-1}{2at^2}",
        diff(s, _t) - of_s,
        diff(g, _t) - of_g,
        _q * s / 2 - (_r - 1) / (2 * _a * _t**2),
    )


def logarithmic() -> Outcome:
    """Check the same flow relative to its power law, in the time ln t."""
    w, v = Function("w")(_t), Function("v")(_t)
    s, g = (_r - 1) / (_a * _q * _t**2) * exp(w), -(1 + v) / (_a * _t)
    of_s, of_g = _rates(s, g, _r / _t)
    slopes = {diff(w, _t): -2 * v / _t, diff(v, _t): (_r - 1) * (exp(w) - 1 - v) / _t}
    return vanishes(
        "s = e^w (r − 1)/(aqt²), g = −(1 + v)/(at), τ = ln t: dw/dτ = −2v, "
        "dv/dτ = (r − 1)(e^w − 1 − v)",
        r"\frac{dw}{d\tau} = -2v,\qquad \frac{dv}{d\tau} = (r-1)(e^w-1-v)",
        *(simplify((diff(of, _t) - rate).subs(slopes)) for of, rate in ((s, of_s), (g, of_g))),
        method="simplified",
    )


def descent() -> Outcome:
    """Check the function that falls along every solution."""
    measure = _v**2 / 2 + (_r - 1) * (exp(_w) - 1 - _w) / 2
    slope = diff(measure, _w) * (-2 * _v) + diff(measure, _v) * (_r - 1) * (exp(_w) - 1 - _v)
    return nonnegative(
        "L = ½v² + ½(r − 1)(e^w − 1 − w) has dL/dτ = −(r − 1)v² ≤ 0",
        r"-\frac{d}{d\tau}\Bigl(\tfrac12v^2+\tfrac{r-1}2(e^w-1-w)\Bigr) = (r-1)v^2\ge0",
        -slope.expand(),
        ((_r - 1) * _v**2),
    )


def minimum() -> Outcome:
    """Check that the power law is where that function and its slope vanish."""
    part = exp(_w) - 1 - _w
    return vanishes(
        "e^w − 1 − w and its slope vanish at w = 0",
        r"(e^w-1-w)\big|_{w=0} = (e^w-1)\big|_{w=0} = 0",
        part.subs(_w, 0),
        diff(part, _w).subs(_w, 0),
    )


def convex() -> Outcome:
    """Check that the function is strictly convex, so positive elsewhere."""
    return positive(
        "e^w − 1 − w has the second derivative e^w > 0",
        r"\frac{d^2}{dw^2}(e^w-1-w) = e^w>0",
        diff(exp(_w) - 1 - _w, _w, 2),
        exp(_w),
    )


def own_time() -> Outcome:
    """Check that in a time that runs with the particles' spread the classical flow is fast."""
    moment = Symbol("s_0", positive=True) * exp(-2 * _q * _t)
    return vanishes(
        "with the step divided by as the classical flow is ds/dθ = −2qs: it falls as e^{−2qθ}",
        r"\frac{ds}{d\theta} = \frac{-2aqs^2}{as} = -2qs",
        diff(moment, _t) - (-2 * _a * _q * moment**2) / (_a * moment),
    )


def euler_step() -> Outcome:
    """Check the classical Euler step, and that it bounds the energy from below by 1/t."""
    size = _step * _a * _q * _s
    after = (1 - size) ** 2 * _s
    excess = 1 / after - 1 / _s - 2 * _step * _a * _q / (1 - size)
    return vanishes(
        "an Euler step takes s to (1 − haqs)²s, so 1/s rises by "
        "2haq/(1 − haqs) + h²a²q²s/(1 − haqs)²",
        r"\frac1{s^+} = \frac1s+\frac{2haq}{1-haqs}+\frac{h^2a^2q^2s}{(1-haqs)^2}",
        excess - _step**2 * _a**2 * _q**2 * _s / (1 - size) ** 2,
    )


def crossing() -> Outcome:
    """Check when the accelerated energy is below the classical one, in the end."""
    late = (_r - 1) / (2 * _a * _t**2)
    return vanishes(
        "the two asymptotes, (r − 1)/(2at²) and 1/(4at), cross at t = 2(r − 1)",
        r"\frac{r-1}{2at^2} = \frac1{4at}\ \Leftrightarrow\ t = 2(r-1)",
        (late - 1 / (4 * _a * _t)).subs(_t, 2 * (_r - 1)),
    )


THEOREM = Theorem(
    name="L9",
    title="how fast the energy falls",
    hypotheses=(
        "The quadratic energy of L8 without entropy; A, Q and the second moments at the start "
        "commute and are positive, and so Σ and Γ split into eigenvalues a, q, s, g.",
        "Accelerated: α = r/t with r > 1, from a time t₀ > 0 on, any start with s > 0.",
    ),
    statement=(
        "For one eigenvalue U = ½qs. (a) Classical: s = s₀/(1 + 2aqs₀t), and tU → 1/(4a). "
        "(b) Accelerated: s = (r − 1)/(aqt²) is a solution, with U = (r − 1)/(2at²), and every "
        "other one tends to it: t²U → (r − 1)/(2a), whatever q and the start. (c) The slowness is "
        "that of the kernel, which goes with s: in the time dθ = as dt the classical flow is "
        "exponential. An Euler step of length h, 0 < haqs < 1, raises 1/s by "
        "2haq/(1 − haqs) + h²a²q²s/(1 − haqs)², so a constant step has the law 1/t too."
    ),
    latex=(
        r"U_{\text{classical}}(t) \simeq \frac1{4at},\qquad "
        r"U_{\text{accelerated}}(t) \simeq \frac{r-1}{2at^2}"
    ),
    obligations=(
        classical,
        power_law,
        logarithmic,
        descent,
        minimum,
        convex,
        own_time,
        euler_step,
        crossing,
    ),
    source=(
        "damping r/t and the rate 1/t²: Su, Boyd & Candès, arXiv 1503.01243; on the kernel's "
        "metric: derived here"
    ),
)
