"""T10: how near the weights of a sharpened readout are to those of softmax."""

from __future__ import annotations

from sympy import Expr, Symbol, cos, diff, exp, limit, log, oo, sin, symbols, tanh

from lohe.theory.bounded_ratios import bounded_ratios
from lohe.theory.theorem import Outcome, Theorem, nonnegative, vanishes

__all__ = ["THEOREM"]

_above = Symbol("t", nonnegative=True)
_left = Symbol("u", positive=True)  # 1 − t where t < 1


def as_softmax() -> Outcome:
    """Check that a sharpened readout is softmax of logarithms."""
    lift, p = symbols("ell p", positive=True)
    return vanishes(
        "a power is the exponential of p times a logarithm",
        r"\ell_j^p = e^{p\ln\ell_j}",
        (lift**p - exp(p * log(lift))).simplify(),
    )


def _below_one(expression: Expr) -> Expr:
    return expression.subs(_above, 1 - _left)


def logarithm_above() -> Outcome:
    """Check the logarithm above 1, from below."""
    return nonnegative(
        "ln(1 + t) − t ≥ −t²/2 for t ≥ 0: the difference vanishes at 0 and grows",
        r"\tfrac{d}{dt}\bigl(\ln(1+t)-t+\tfrac{t^2}2\bigr) = \frac{t^2}{1+t}\ge 0",
        diff(log(1 + _above) - _above + _above**2 / 2, _above),
        _above**2 / (1 + _above),
    )


def logarithm_at_most() -> Outcome:
    """Check the logarithm above 1, from above."""
    return nonnegative(
        "ln(1 + t) ≤ t for t ≥ 0",
        r"\tfrac{d}{dt}(t-\ln(1+t)) = \frac t{1+t}\ge 0",
        diff(_above - log(1 + _above), _above),
        _above / (1 + _above),
    )


def logarithm_below() -> Outcome:
    """Check the logarithm below 1, from below."""
    slope = diff(log(1 - _above) + _above + _above**2 / (2 * (1 - _above)), _above)
    return nonnegative(
        "ln(1 − t) + t ≥ −t²/(2(1 − t)) for 0 ≤ t < 1 (u = 1 − t)",
        r"\tfrac{d}{dt}\Bigl(\ln(1-t)+t+\frac{t^2}{2(1-t)}\Bigr) = \frac{t^2}{2(1-t)^2}\ge 0",
        _below_one(slope),
        (1 - _left) ** 2 / (2 * _left**2),
    )


def logarithm_between() -> Outcome:
    """Check the logarithm below 1, from above."""
    slope = diff(log(1 - _above) + _above + _above**2 / 2, _above)
    return nonnegative(
        "ln(1 − t) + t ≤ −t²/2 for 0 ≤ t < 1 (u = 1 − t)",
        r"-\tfrac{d}{dt}\bigl(\ln(1-t)+t+\tfrac{t^2}2\bigr) = \frac{t^2}{1-t}\ge 0",
        -_below_one(slope),
        (1 - _left) ** 2 / _left,
    )


def exponential() -> Outcome:
    """Check the limit of the powers."""
    p, logit = Symbol("p", positive=True), Symbol("u", real=True)
    return vanishes(
        "(1 + u/p)^p tends to e^u",
        r"\lim_{p\to\infty}\Bigl(1+\frac up\Bigr)^p = e^u",
        limit((1 + logit / p) ** p, p, oo) - exp(logit),
        method="SymPy's limit",
    )


def hyperbolic() -> Outcome:
    """Check the bound on the weights as a hyperbolic tangent."""
    spread = Symbol("omega", real=True)
    factor = exp(spread / 2)
    return vanishes(
        "logits that differ by D_j from ω apart multiply raw weights by 1/E to E, E = e^(ω/2), up "
        "to a factor common to all",
        r"2\,\frac{E-1}{E+1} = 2\tanh\frac\omega4",
        (2 * (factor - 1) / (factor + 1) - 2 * tanh(spread / 4).rewrite(exp)).simplify(),
    )


def half_angles() -> Outcome:
    """Check the lift of a unit anchor by its half angle."""
    half = Symbol("psi", real=True)
    cosine = cos(half) ** 2 - sin(half) ** 2
    return vanishes(
        "for unit anchors 1 + c = 2(1 − y) and c = 1 − 2y with y = sin²(φ/2)",
        r"1+\cos\varphi = 2(1-\sin^2\tfrac\varphi2),\qquad\cos\varphi = 1-2\sin^2\tfrac\varphi2",
        (1 + cosine - 2 * (1 - sin(half) ** 2)).simplify(),
        (cosine - 1 + 2 * sin(half) ** 2).simplify(),
    )


THEOREM = Theorem(
    name="T10",
    title="sharpened readouts and softmax",
    hypotheses=(
        "A readout exponent p > 0, a unit state x with 1 + ⟨x, r_j⟩ > 0 for the visible keys.",
        "(b) Anchors r_j = v_j/p, and |⟨x, v_j⟩| ≤ U < p for all of them.",
        "(c) Unit anchors, at angles of at most Φ < π to x; Y = sin²(Φ/2).",
    ),
    statement=(
        "(a) The weights are exactly the softmax of the logits p ln(1 + ⟨x, r_j⟩). "
        "(b) They differ from the softmax of the logits ⟨x, v_j⟩ by at most "
        "2 tanh(U²/(8(p − U))) ≤ U²/(4(p − U)) in sum, which tends to 0 as p grows. "
        "(c) They differ from the softmax of the logits (p/2)⟨x, r_j⟩ by at most "
        "2 tanh(pY²/(8(1 − Y))) in sum; and with y_j = sin²(φ_j/2), the raw weight over its value "
        "at φ = 0 is e^(D_j) times that of the softmax, with "
        "−p y_j²/(2(1 − y_j)) ≤ D_j ≤ −p y_j²/2."
    ),
    latex=(
        r"\sum_j\bigl|a_j-\operatorname{softmax}_j\langle x,v\rangle\bigr|\le2\tanh\frac{U^2}"
        r"{8(p-U)},\qquad\sum_j\bigl|a_j-\operatorname{softmax}_j\tfrac p2\langle x,r\rangle\bigr|"
        r"\le2\tanh\frac{pY^2}{8(1-Y)}"
    ),
    obligations=(
        as_softmax,
        logarithm_above,
        logarithm_at_most,
        logarithm_below,
        logarithm_between,
        exponential,
        bounded_ratios,
        hyperbolic,
        half_angles,
    ),
    source="derived here",
)
