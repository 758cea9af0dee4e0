r"""How long levels of T6c take to fall: rates whose inverses are convex.

S and C stand for the sine and cosine of a half-angle, :math:`C^2+S^2=1`.
"""

from __future__ import annotations

from sympy import Expr, Function, Integer, Symbol, cancel, diff, integrate, log, symbols, together

from lohe.theory.theorem import Outcome, nonnegative, polynomial, positive, vanishes

__all__ = [
    "concave_in_the_logarithm",
    "concave_in_the_sine",
    "copies",
    "cosine_is_concave",
    "inverse_is_convex",
    "level_cosine",
    "logarithm",
    "logarithm_from_below",
    "trapezoid",
]

_C, _S = symbols("C S", positive=True)
_pull, _weight = symbols("l w", positive=True)
_turn, _rest, _push, _heard = symbols("a F q m", nonnegative=True)  # ‖Ay‖, ‖f‖, q, Σ_k |J_ik| w_k
_slacks = symbols("k_1:3", nonnegative=True)
_ONE = Integer(1)
_CIRCLE = polynomial(_C**2 + _S**2 - 1, leading=(_C, _S))


def level_cosine() -> Outcome:
    """Check the cosine at a level from that at level 1."""
    level, first = symbols("sigma c", positive=True)
    return vanishes(
        "where w² = 1 − c²: cos²u = 1 − w²σ² = 1 − σ² + σ²c², without cancellation",
        r"1-w^2\sigma^2 = 1-\sigma^2+\sigma^2c^2",
        (1 - (1 - first**2) * level**2) - (1 - level**2 + level**2 * first**2),
    )


def _tangent(expression: Expr, speed: Expr) -> Expr:
    """Differentiate where S' = `speed` and C = √(1 − S²)."""
    slope = diff(expression, _S) - diff(expression, _C) * _S / _C
    return slope * speed


def concave_in_the_logarithm() -> Outcome:
    """Check the second derivatives of both factors of the rate by the logarithm of the level."""
    bracket = _pull * _C - _turn * _S - _heard / _weight - _push / (2 * _S)
    second = _tangent(_tangent(bracket, _S), _S)  # S = w e^s, so S' = S
    return nonnegative(
        "in s = ln σ, cos u and K = ℓ cos u − a sin u − m/w − q/(2 sin u) are concave: "
        "(cos u)'' = −(2 sin²u/cos u + sin⁴u/cos³u)",
        r"-K'' = \ell\Bigl(\frac{2\sin^2u}{\cos u}+\frac{\sin^4u}{\cos^3u}\Bigr)+a\sin u+"
        r"\frac q{2\sin u}\ge 0",
        -second,
        _pull * (2 * _S**2 / _C + _S**4 / _C**3) + _turn * _S + _push / (2 * _S),
    )


def concave_in_the_sine() -> Outcome:
    """Check the second derivatives of both factors of a single oscillator's speed."""
    held = _S * (_pull * _C - _turn * _S) - _push / 2 - _heard
    second = _tangent(_tangent(held, _ONE), _ONE)  # S' = 1
    return nonnegative(
        "in S = sin u, cos u and S(ℓ cos u − aS) − q/2 are concave: (cos u)'' = −1/cos³u",
        r"-\bigl(S(\ell\cos u-aS)\bigr)'' = \ell\,\frac{S(1+2\cos^2u)}{\cos^3u}+2a\ge 0",
        -second,
        _pull * _S * (1 + 2 * _C**2) / _C**3 + 2 * _turn,
        reduction=_in_the_sine,
    )


def _in_the_sine(expression: Expr) -> Expr:
    """Bring to lowest terms and divide the numerator by C² + S² − 1."""
    return _CIRCLE(cancel(together(expression)).as_numer_denom()[0])


def cosine_is_concave() -> Outcome:
    """Check that the cosine itself is concave in both variables."""
    by_log = -_tangent(_tangent(_C, _S), _S)
    by_sine = -_tangent(_tangent(_C, _ONE), _ONE)
    return positive(
        "the cosine is concave in ln σ and in sin u",
        r"-\tfrac{d^2}{ds^2}\cos u = \frac{2\sin^2u}{\cos u}+\frac{\sin^4u}{\cos^3u}>0,\quad"
        r"-\tfrac{d^2}{dS^2}\cos u = \frac1{\cos u}+\frac{\sin^2u}{\cos^3u}>0",
        by_log + by_sine,
        2 * _S**2 / _C + _S**4 / _C**3 + 1 / _C + _S**2 / _C**3,
    )


def inverse_is_convex() -> Outcome:
    """Check that the inverse of a product of positive concave functions is convex."""
    x = Symbol("x", real=True)
    first, second = Function("C")(x), Function("K")(x)
    left, right = symbols("C1 K1", real=True)
    names = {
        diff(first, x, 2): -_slacks[0],
        diff(second, x, 2): -_slacks[1],
        diff(first, x): left,
        diff(second, x): right,
    }
    value = diff(1 / (first * second), x, 2).subs(names)
    value = value.subs({first: _C, second: _weight})
    return nonnegative(
        "C, K > 0 with C'' = −c ≤ 0, K'' = −k ≤ 0: 1/(CK) is convex, so it lies below the line "
        "through its values at two ends",
        r"\Bigl(\frac1{CK}\Bigr)'' = \frac{(C'K)^2+(CK')^2+(C'K+CK')^2+CK(cK+Ck)}{C^3K^3}\ge 0",
        value,
        (
            (left * _weight) ** 2
            + (_C * right) ** 2
            + (left * _weight + _C * right) ** 2
            + _C * _weight * (_slacks[0] * _weight + _C * _slacks[1])
        )
        / (_C * _weight) ** 3,
    )


def trapezoid() -> Outcome:
    """Check the time that a line gives, to the whole interval and to a part of it."""
    low, high, length, part, x = symbols("L H D p x", positive=True)
    line = low + (high - low) * x / length
    middle = line.subs(x, part)
    return vanishes(
        "below the line from L to H over the length D the time is D(L + H)/2, and over a part p "
        "of it p times the mean of L and the line's value there",
        r"\int_0^D\Bigl(L+(H-L)\frac xD\Bigr)dx = \frac{D(L+H)}2",
        integrate(line, (x, 0, length)) - length * (low + high) / 2,
        integrate(line, (x, 0, part)) - part * (low + middle) / 2,
    )


def logarithm() -> Outcome:
    """Check the rational bound of the logarithm: equal at 0, with the larger slope."""
    x = Symbol("x", nonnegative=True)
    bound = x * (6 + x) / (6 + 4 * x)
    return nonnegative(
        "ln(1 + x) ≤ x(6 + x)/(6 + 4x) for x ≥ 0: equal at 0, and the slopes differ by "
        "x³/((1 + x)(3 + 2x)²)",
        r"\tfrac d{dx}\Bigl(\frac{x(6+x)}{6+4x}-\ln(1+x)\Bigr) = \frac{x^3}{(1+x)(3+2x)^2}\ge 0",
        diff(bound - log(1 + x), x) + bound.subs(x, 0),
        x**3 / ((1 + x) * (3 + 2 * x) ** 2),
    )


def logarithm_from_below() -> Outcome:
    """Check the rational lower bound of the logarithm: equal at 0, with the smaller slope."""
    x = Symbol("x", nonnegative=True)
    bound = 2 * x / (2 + x)
    return nonnegative(
        "ln(1 + x) ≥ 2x/(2 + x) for x ≥ 0: equal at 0, and the slopes differ by "
        "x²/((1 + x)(2 + x)²)",
        r"\tfrac d{dx}\Bigl(\ln(1+x)-\frac{2x}{2+x}\Bigr) = \frac{x^2}{(1+x)(2+x)^2}\ge 0",
        diff(log(1 + x) - bound, x) + bound.subs(x, 0),
        x**2 / ((1 + x) * (2 + x) ** 2),
    )


def copies() -> Outcome:
    """Check that smaller copies of caps shrink no slower under the near pull."""
    size, more = symbols("x k", positive=True)
    wider, spare = _slacks[:2]
    factor = 1 / (1 + more)  # θ
    enlarged = _rest / factor + spare  # at least ‖f‖/θ
    held = size * (_pull * _C - _turn * size) - _heard - enlarged / 2
    copy = size * (_pull * (_C + wider) - _turn * factor * size) - _heard - _rest / (2 * factor)
    return nonnegative(
        "with θ = 1/(1 + k) and cos u larger by j at θx than at x, φ_θ(θx)/θ ≥ φ(x) cos u(θx)/"
        "cos u(x) ≥ φ(x) for the copies θβ, if φ has at least ‖f‖/θ in place of ‖f‖",
        r"\tfrac1\theta\varphi_\theta(\theta x)\ge\varphi(x)",
        copy - held,
        size * _pull * wider + _turn * size**2 * more / (1 + more) + spare / 2,
    )
