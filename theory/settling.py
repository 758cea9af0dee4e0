r"""T1: one oscillator under a constant drive settles on the direction of its drive.

The state stays in the plane of its start and the drive, so two vectors and their cosine are
enough, and every identity below holds in every dimension. With :math:`z = e^\tau`,
:math:`\tau = \|h\|t`, the flow is a rational function and :math:`d/d\tau = z\,d/dz`.
"""

from __future__ import annotations

from sympy import (
    Expr,
    MatrixBase,
    Symbol,
    atanh,
    diff,
    expand_trig,
    eye,
    limit,
    oo,
    symbols,
    tanh,
)

from lohe.theory import blocks
from lohe.theory.blocks import values_at
from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import Outcome, Theorem, positive, vanishes

__all__ = ["THEOREM"]

_H = Symbol("H", positive=True)  # the drive's norm
_c = Symbol("c", real=True)
_z = Symbol("z", positive=True)
_p, _q = symbols("p q", positive=True)
_COSH, _SINH = (_z + 1 / _z) / 2, (_z - 1 / _z) / 2

# The state x (or the start x₀) and the unit vector ĥ of the drive, with cosine c.
_PLANE = Frame.of([[1, _c], [_c, 1]])
_X, _U = _PLANE.vectors


def _velocity(x: MatrixBase) -> MatrixBase:
    return _PLANE.project(x, _H * _U)


def _flow() -> MatrixBase:
    """Return the claimed solution at time log(z)/H from the start x."""
    return (_X + ((_COSH - 1) * _c + _SINH) * _U) / (_COSH + _c * _SINH)


def equilibria() -> Outcome:
    """Check that the field vanishes exactly at the two poles."""
    speed = _PLANE.square(_velocity(_X))
    poles = _PLANE.square(_X - _U) * _PLANE.square(_X + _U)
    return vanishes(
        "the field vanishes only where x = ĥ or x = −ĥ",
        r"\|\dot x\|^2 = \tfrac14\|h\|^2\,\|x-\hat h\|^2\,\|x+\hat h\|^2",
        speed - _H**2 * poles / 4,
    )


def alignment() -> Outcome:
    """Check that the cosine obeys a logistic equation."""
    return vanishes(
        "the cosine with the drive obeys ċ = ‖h‖(1 − c²), and the field is tangent",
        r"\dot c = \|h\|(1-c^2),\quad \langle x,\dot x\rangle = 0",
        _PLANE.inner(_velocity(_X), _U) - _H * (1 - _c**2),
        _PLANE.inner(_velocity(_X), _X),
    )


def hyperbolic_tangent() -> Outcome:
    """Check that the cosine is a shifted hyperbolic tangent."""
    t, start = symbols("t c_0", real=True)
    solution = tanh(_H * t + atanh(start))
    return vanishes(
        "c(t) = tanh(‖h‖t + artanh c₀) solves that equation from c₀",
        r"c(t) = \tanh(\|h\|t+\operatorname{artanh}c_0)",
        diff(solution, t) - _H * (1 - solution**2),
        solution.subs(t, 0) - start,
    )


def distance() -> Outcome:
    """Check the chord to the resting point by the cosine."""
    return vanishes(
        "the squared distance to ĥ is 2(1 − c)",
        r"\|x-\hat h\|^2 = 2(1-c)",
        _PLANE.square(_X - _U) - 2 * (1 - _c),
    )


def exact_flow() -> Outcome:
    """Check that the closed form starts right, stays on the sphere and solves the equation."""
    x = _flow()
    return vanishes(
        "the closed form starts at x₀, stays on the sphere and solves the equation",
        r"x(t) = \frac{x_0+((\cosh\tau-1)c_0+\sinh\tau)\,\hat h}{\cosh\tau+c_0\sinh\tau},\quad "
        r"\tau = \|h\|t",
        x.subs(_z, 1) - _X,
        _PLANE.square(x) - 1,
        _H * _z * diff(x, _z) - _velocity(x),
    )


def same_cosine() -> Outcome:
    """Check that the closed form has the cosine of the hyperbolic tangent."""
    tau = Symbol("tau", real=True)
    addition = expand_trig(tanh(tau + atanh(_c))).subs(tanh(tau), _SINH / _COSH)
    return vanishes(
        "the closed form's cosine is tanh(τ + artanh c₀)",
        r"\langle x(t),\hat h\rangle = \frac{c_0\cosh\tau+\sinh\tau}{\cosh\tau+c_0\sinh\tau}",
        _PLANE.inner(_flow(), _U) - addition,
    )


def denominator() -> Outcome:
    """Check that the closed form never divides by zero."""
    growth = Symbol("s", nonnegative=True)  # z = 1 + s: time runs forward
    start = (_p - _q) / (_p + _q)  # every cosine strictly between -1 and 1
    return positive(
        "the closed form's denominator is positive for t ≥ 0 (at c₀ = −1 it is e^(−τ))",
        r"\cosh\tau+c_0\sinh\tau = \tfrac12\bigl((1+c_0)e^{\tau}+(1-c_0)e^{-\tau}\bigr) > 0",
        (_COSH + start * _SINH).subs(_z, 1 + growth),
        (_p * (1 + growth) + _q / (1 + growth)) / (_p + _q),
    )


def basin() -> Outcome:
    """Check that the half-angle's tangent decays exponentially: all starts but one converge."""
    cosine = _PLANE.inner(_flow(), _U)
    start = (_p - _q) / (_p + _q)
    return vanishes(
        "tan(φ/2) decays exactly like e^(−τ), so every start with c₀ > −1 converges to ĥ",
        r"\frac{1-c(t)}{1+c(t)} = e^{-2\tau}\,\frac{1-c_0}{1+c_0},\quad "
        r"\lim_{t\to\infty}c(t) = 1\ \ (c_0>-1)",
        (1 - cosine) / (1 + cosine) - (1 - _c) / (1 + _c) / _z**2,
        limit(1 - cosine.subs(_c, start), _z, oo),
        cosine.subs(_c, -1) + 1,
        method="reduced to lowest terms, SymPy's limit",
    )


def linearisation() -> Outcome:
    """Check the tangent linearisation at the two poles, in coordinates."""
    residuals: list[Expr | MatrixBase] = []
    for d in (2, 3, 4):
        one = Oscillators(1, d)
        state, frame = one.x[0], Frame.euclidean(d)
        for sign in (1, -1):
            values = values_at(frame, state, sign * _H * state, frequency=eye(d) * 0)
            block = frame.evaluate(blocks.TANGENT_JACOBIAN.expression, values)
            residuals.append((block + sign * _H * one.projector(0)).applyfunc(one.reduce))
    return vanishes(
        "the linearisation on the tangent space is −‖h‖ at ĥ and +‖h‖ at −ĥ (d = 2, 3, 4)",
        r"P\,D\dot x\,P = \mp\|h\|\,P\ \text{ at }\ x=\pm\hat h",
        *residuals,
        method="normal form modulo x·x = 1",
    )


def linearisation_every_dimension() -> Outcome:
    """Check the linearisation on one tangent vector, in every dimension."""
    frame = Frame.of([[1, 0], [0, 1]])
    state, v = frame.vectors
    residuals = []
    for sign in (1, -1):
        values = values_at(frame, state, sign * _H * state, frequency=eye(2) * 0)
        block = frame.evaluate(blocks.FIELD_JACOBIAN.expression, values)
        residuals.append(block * v + sign * _H * v)
    return vanishes(
        "every d: a tangent vector at ±ĥ is an eigenvector with eigenvalue ∓‖h‖",
        r"D\dot x(\pm\hat h)\,v = \mp\|h\|\,v\quad(\langle v,\hat h\rangle=0)",
        *residuals,
    )


THEOREM = Theorem(
    name="T1",
    title="settling under a constant drive",
    hypotheses=(
        "One oscillator on the unit sphere of R^d, d ≥ 2, without natural frequency (A = 0) and "
        "without crosstalk (J = 0).",
        "The drive h is constant and not zero.",
    ),
    statement=(
        "The only equilibria are ĥ = h/‖h‖, which is stable, and −ĥ, which is not. Every start "
        "but −ĥ converges to ĥ, with c(t) = tanh(‖h‖t + artanh c₀) and ‖x(t) − ĥ‖² = 2(1 − c(t)); "
        "the tangent linearisation is −‖h‖ at ĥ and +‖h‖ at −ĥ."
    ),
    latex=(
        r"c(t) = \tanh(\|h\|t+\operatorname{artanh}c_0),\quad \|x(t)-\hat h\|^2 = 2(1-c(t)),\quad "
        r"x(t) = \frac{x_0+((\cosh\tau-1)c_0+\sinh\tau)\hat h}{\cosh\tau+c_0\sinh\tau},\ "
        r"\tau=\|h\|t"
    ),
    obligations=(
        equilibria,
        alignment,
        hyperbolic_tangent,
        distance,
        exact_flow,
        same_cosine,
        denominator,
        basin,
        linearisation,
        linearisation_every_dimension,
    ),
    source=(
        "Lohe, J. Phys. A 42 (2009) 395101; Tanaka, Solvable model of the collective motion of "
        "heterogeneous particles interacting on a sphere, New J. Phys. 16 (2014) 023016; for "
        "attention: Pasqualetti & Guo, arXiv 2606.12059"
    ),
)
