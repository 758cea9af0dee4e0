r"""L5: what one layer of Kuramoto attention does: descent of an alignment, along a circular mean.

A token t has phases, points on circles, or on spheres :math:`S^{d-1}`, or in a compact group of
unitary matrices. With weights :math:`A_{tu}` held fixed its update is minus the gradient of
:math:`-\sum_uA_{tu}\cos(\theta_u-\theta_t)`, or of the same with inner products. The softmax
weights themselves maximise score plus entropy.
"""

from __future__ import annotations

from sympy import (
    Expr,
    I,
    Matrix,
    MatrixBase,
    Symbol,
    cos,
    diff,
    exp,
    expand_log,
    expand_trig,
    eye,
    im,
    log,
    re,
    simplify,
    sin,
    symbols,
    zeros,
)

from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.symmetry import turned
from lohe.theory.theorem import Outcome, Theorem, polynomial, positive, vanishes

__all__ = ["THEOREM"]

_TOKENS = 3
_theta = symbols("theta_1:4", real=True)
_C, _S = symbols("C S", real=True)  # cosine and sine of a phase
_CIRCLE = polynomial(_C**2 + _S**2 - 1, leading=(_C, _S))


def _weights(symmetric: bool = False) -> MatrixBase:
    def entry(t: int, u: int) -> Expr:
        first, second = sorted((t, u)) if symmetric else (t, u)
        return Symbol(f"A_{first + 1}_{second + 1}", real=True)

    return Matrix(_TOKENS, _TOKENS, entry)


def _update(weights: MatrixBase, t: int) -> Expr:
    return sum(weights[t, u] * sin(_theta[u] - _theta[t]) for u in range(_TOKENS))


def phase_gradient() -> Outcome:
    """Check that the update descends each token's own alignment, the weights held fixed."""
    weights, residuals = _weights(), []
    for t in range(_TOKENS):
        own = -sum(weights[t, u] * cos(_theta[u] - _theta[t]) for u in range(_TOKENS))
        residuals.append(diff(own, _theta[t]) + _update(weights, t))
    return vanishes(
        "minus the derivative of −Σ_u A_tu cos(θ_u − θ_t) by θ_t is the update (three tokens)",
        r"-\frac{\partial}{\partial\theta_t}\Bigl(-\sum_uA_{tu}\cos(\theta_u-\theta_t)\Bigr)"
        r" = \sum_uA_{tu}\sin(\theta_u-\theta_t)",
        *residuals,
        method="differentiated",
    )


def symmetric_gradient() -> Outcome:
    """Check that symmetric weights make all updates together one gradient flow."""
    weights, pairs = _weights(symmetric=True), range(_TOKENS)
    whole = -sum(weights[t, u] * cos(_theta[u] - _theta[t]) for t in pairs for u in pairs) / 2
    return vanishes(
        "for symmetric A the updates are minus the gradient of −½ Σ_t Σ_u A_tu cos(θ_u − θ_t)",
        r"A = A^{\top}\ \Rightarrow\ \dot\theta = -\nabla\Bigl(-\tfrac12\sum_{t,u}A_{tu}"
        r"\cos(\theta_u-\theta_t)\Bigr)",
        *(diff(whole, _theta[t]) + _update(weights, t) for t in pairs),
        method="differentiated",
    )


def circular_mean() -> Outcome:
    """Check that the update is the tangent part of the weighted circular mean."""
    weights = _weights()
    points = [cos(angle) + I * sin(angle) for angle in _theta]
    residuals: list[Expr] = []
    for t in range(_TOKENS):
        mean = sum(weights[t, u] * points[u] for u in range(_TOKENS))
        sine = im((points[t].conjugate() * mean).expand()) - _update(weights, t)
        residuals.append(expand_trig(sine).expand())
    mean = Matrix(symbols("a b", real=True))
    x, tangent = Matrix([_C, _S]), Matrix([-_S, _C])
    part = mean - x.dot(mean) * x - (_C * mean[1] - _S * mean[0]) * tangent
    return vanishes(
        "with z = e^{iθ} the update is Im(z̄_t (Az)_t); and P_x m = Im(z̄ m) ∂x/∂θ for any m",
        r"\sum_uA_{tu}\sin(\theta_u-\theta_t) = \operatorname{Im}\bigl(\bar z_t(Az)_t\bigr),\qquad "
        r"P_xm = \operatorname{Im}(\bar zm)\,\frac{\partial x}{\partial\theta}",
        *residuals,
        part,
        reduction=_CIRCLE,
        method="angles expanded; normal form modulo C² + S² = 1",
    )


def sphere_gradient() -> Outcome:
    """Check the same on spheres: the update is the projected mean."""
    residuals = []
    for d in (2, 3, 4):
        network = Oscillators(3, d, symmetric=False)
        x = network.x[0]
        heard = sum((network.crosstalk[0, k] * network.x[k] for k in (1, 2)), zeros(d, 1))
        own = -heard.dot(x)
        gradient = network.projector(0) * Matrix([diff(own, entry) for entry in x])
        residuals.append(gradient + network.projector(0) * heard)
    return vanishes(
        "on spheres the update P_x Σ_u A_tu x_u is minus the Riemannian gradient of "
        "−Σ_u A_tu ⟨x_u, x_t⟩ by x_t (three tokens, d = 2, 3, 4)",
        r"-\operatorname{grad}_{x_t}\Bigl(-\sum_uA_{tu}\langle x_u,x_t\rangle\Bigr) = "
        r"P_{x_t}\sum_uA_{tu}x_u",
        *residuals,
        method="polynomials expanded",
    )


def self_weight() -> Outcome:
    """Check that what a token hears of itself does nothing."""
    weight = Symbol("A", real=True)
    frame = Frame.of([[1]])
    (x,) = frame.vectors
    return vanishes(
        "every d: P_x(A_tt x) = 0, so the diagonal of A may be taken as zero",
        r"P_{x_t}A_{tt}x_t = 0",
        frame.project(x, weight * x),
    )


_score, _value = symbols("s L", real=True)
_weight, _best, _ratio = symbols("A p r", positive=True)


def lagrange() -> Outcome:
    """Check that the softmax weights are stationary, and their value."""
    stationary = diff(_weight * _score - _weight * log(_weight), _weight)
    best = exp(_score - _value)  # softmax, with L = ln Σ_u e^{s_u}
    return vanishes(
        "the softmax p_u = e^{s_u − L} with L = ln Σ e^s gives every weight the same slope L − 1, "
        "Lagrange's condition, and each key contributes p_u L to the value",
        r"\frac{\partial}{\partial A_u}(A_us_u-A_u\ln A_u)\Bigr|_{A=p} = L-1,\qquad "
        r"p_us_u-p_u\ln p_u = p_uL",
        simplify(stationary.subs(_weight, best) - (_value - 1)),
        simplify(best * _score - best * log(best) - best * _value),
        method="simplified",
    )


def relative_entropy() -> Outcome:
    """Check that every other choice falls short by a relative entropy."""
    score = log(_best) + _value
    gap = _weight * _value - _weight * log(_weight / _best)
    excess = _ratio * log(_ratio) - _ratio + 1
    share = _weight * log(_weight / _best) - (_weight - _best)
    return vanishes(
        "key by key A s − A ln A = A L − A ln(A/p), and A ln(A/p) = A − p + p f(A/p) with "
        "f(r) = r ln r − r + 1, f(1) = f'(1) = 0",
        r"\sum_uA_us_u-\sum_uA_u\ln A_u = L-\sum_up_uf(A_u/p_u)\quad(\textstyle\sum_uA_u=1)",
        *(
            expand_log(term.expand()).expand()
            for term in (
                _weight * score - _weight * log(_weight) - gap,
                share - _best * excess.subs(_ratio, _weight / _best),
                excess.subs(_ratio, 1),
                diff(excess, _ratio).subs(_ratio, 1),
            )
        ),
        method="logarithms expanded",
    )


def strictly_convex() -> Outcome:
    """Check that the shortfall is strictly convex in each ratio, so positive away from 1."""
    return positive(
        "f''(r) = 1/r > 0: f is positive but at r = 1, so the maximiser is unique",
        r"f''(r) = \tfrac1r>0",
        diff(_ratio * log(_ratio) - _ratio + 1, _ratio, 2),
        1 / _ratio,
    )


def common_phase() -> Outcome:
    """Check that a common phase changes no difference."""
    turn = Symbol("phi", real=True)
    weights = _weights()
    shifted = {angle: angle + turn for angle in _theta}
    return vanishes(
        "adding one phase to all tokens changes neither scores nor updates",
        r"(\theta_u+\varphi)-(\theta_t+\varphi) = \theta_u-\theta_t",
        *(
            _update(weights, t).subs(shifted, simultaneous=True) - _update(weights, t)
            for t in range(_TOKENS)
        ),
    )


def drift() -> Outcome:
    """Check that rotary position is a phase that drifts with the place, and sees no shift."""
    frequency, here, there, shift = symbols("omega t u k", real=True)
    first, second = _theta[:2]

    def seen(t: Expr, u: Expr) -> Expr:
        return second - first + frequency * (t - u)

    return vanishes(
        "θ_u − θ_t + ω(t − u) is the difference of the phases θ − ω·place; shifting all places by "
        "k changes nothing",
        r"\theta_u-\theta_t+\omega(t-u) = (\theta_u-\omega u)-(\theta_t-\omega t)",
        seen(here, there) - ((second - frequency * there) - (first - frequency * here)),
        seen(here + shift, there + shift) - seen(here, there),
    )


def _general(name: str, n: int, *, unitary: bool) -> MatrixBase:
    real = Matrix(n, n, symbols(f"{name}_1:{n * n + 1}", real=True))
    if not unitary:
        return real
    return real + I * Matrix(n, n, symbols(f"{name}'_1:{n * n + 1}", real=True))


def _skew(n: int, *, unitary: bool) -> MatrixBase:
    general = _general("X", n, unitary=unitary)
    return (general - general.H) / 2


def group_gradient() -> Outcome:
    """Check the update on a compact group of unitary matrices."""
    s, residuals = Symbol("s", real=True), []
    for n, unitary in ((2, False), (3, False), (2, True)):
        g, heard = (_general(name, n, unitary=unitary) for name in ("g", "m"))
        along = _skew(n, unitary=unitary)
        pulled = g.H * heard
        moved = g * (eye(n) + s * along)  # g exp(sX) to first order
        slope = diff(-(moved.H * heard).trace(), s)
        projected = (pulled - pulled.H) / 2
        residuals.append(re((slope + (along.H * projected).trace()).expand()))
    return vanishes(
        "moving g_t along g_t X, X skew, changes −Re tr(g_t* m) at the rate −⟨X, Π(g_t* m)⟩ with "
        "⟨X, Y⟩ = Re tr(X*Y), Π(M) = (M − M*)/2 (real 2×2 and 3×3, complex 2×2 matrices)",
        r"\tfrac{d}{ds}\bigl(-\operatorname{Re}\operatorname{tr}((g_te^{sX})^*m)\bigr)\Bigr|_{s=0}"
        r" = -\bigl\langle X,\tfrac12(g_t^*m-m^*g_t)\bigr\rangle",
        *residuals,
        method="polynomials expanded",
    )


def _product(p: MatrixBase, q: MatrixBase) -> MatrixBase:
    """Return the product of two quaternions."""
    a, u, b, v = p[0], p[1:, 0], q[0], q[1:, 0]
    return Matrix([a * b - u.dot(v), *(a * v + b * u + u.cross(v))])


def group_cases() -> Outcome:
    """Check the circle, the unit quaternions and the rotations of space."""
    first, second = _theta[:2]

    def planar(angle: Expr) -> MatrixBase:
        return Matrix([[cos(angle), -sin(angle)], [sin(angle), cos(angle)]])

    relative = planar(first).T * planar(second)
    circle = (relative - relative.T) / 2 - sin(second - first) * Matrix([[0, -1], [1, 0]])
    q, m = (Matrix(symbols(f"{name}_1:5", real=True)) for name in ("q", "m"))
    heard = _product(Matrix([q[0], *(-q[1:, 0])]), m)
    sphere = _product(q, Matrix([0, *heard[1:, 0]])) - (m - q.dot(m) * q)
    unit = polynomial(q.dot(q) - 1, leading=tuple(q))
    n = Matrix(symbols("n_1:4", real=True))
    axis = Matrix([[0, -n[2], n[1]], [n[2], 0, -n[0]], [-n[1], n[0], 0]])
    turn = eye(3) + _S * axis + (1 - _C) * axis**2  # Rodrigues, by an angle about n
    space = (turn - turn.T) / 2 - _S * axis
    return vanishes(
        "SO(2): the update is sin(θ_u − θ_t); SU(2), as unit quaternions: q times the vector part "
        "of q̄m is P_q m, the sphere with d = 4; SO(3): a relative rotation by φ about n pulls "
        "along n with sin φ",
        r"\tfrac12(R_t^{\top}R_u-R_u^{\top}R_t) = \sin\varphi\,[n]_\times,\qquad "
        r"q\operatorname{Vec}(\bar qm) = P_qm",
        circle.applyfunc(expand_trig).expand(),
        sphere.applyfunc(unit),
        space,
        reduction=lambda expression: expression.expand(),
        method="angles expanded; normal form modulo |q| = 1",
    )


def group_turned() -> Outcome:
    """Check that a common turn from the left cancels."""
    a, b, c, e = symbols("a b c e", real=True)
    r = Matrix([[a + I * b, -c + I * e], [c + I * e, a - I * b]])  # SU(2)
    g, heard = (_general(name, 2, unitary=True) for name in ("g", "m"))
    unit = polynomial(a**2 + b**2 + c**2 + e**2 - 1, leading=(a, b, c, e))
    residual = ((r * g).H * (r * heard) - g.H * heard).expand()
    return vanishes(
        "turning all tokens by one r of the group leaves every g_t* g_u as it is (SU(2))",
        r"(rg_t)^*(rg_u) = g_t^*g_u",
        residual.applyfunc(re),
        residual.applyfunc(im),
        reduction=unit,
        method="normal form modulo |r| = 1",
    )


THEOREM = Theorem(
    name="L5",
    title="Kuramoto attention's update",
    hypotheses=(
        "Tokens t with phases θ_t, one for each circle of a torus; or states on S^{d−1}; or "
        "elements of a compact group of unitary matrices.",
        "Weights A_tu of any sign, held fixed for (a), (b), (d); scores s_u of any size for (c).",
    ),
    statement=(
        "(a) The update Σ_u A_tu sin(θ_u − θ_t) is minus the gradient of "
        "−Σ_u A_tu cos(θ_u − θ_t) by θ_t; for symmetric A all of them are the gradient flow of "
        "−½ Σ_t Σ_u A_tu cos(θ_u − θ_t). It is Im(z̄_t (Az)_t), the tangent part of the weighted "
        "circular mean. On spheres it is P_{x_t} Σ_u A_tu x_u, on a group the projection of "
        "Σ_u A_tu g_t^{-1} g_u to the Lie algebra. (b) So each circle is a network with d = 2, "
        "h = 0, natural frequency 0 and J = A off its diagonal, which does nothing. (c) The "
        "softmax weights are the only maximiser of Σ_u A_u s_u − Σ_u A_u ln A_u over the simplex; "
        "the maximum is ln Σ_u e^{s_u}. (d) A common turn of all tokens turns the updates with "
        "them. A rotary phase drift ω is the same as phases θ_t − ωt, and sees no common shift of "
        "the places."
    ),
    latex=(
        r"\dot\theta_t = \sum_uA_{tu}\sin(\theta_u-\theta_t) = \operatorname{Im}\bigl(\bar z_t"
        r"(Az)_t\bigr),\qquad \max_{A\in\Delta}\Bigl(\sum_uA_us_u-\sum_uA_u\ln A_u\Bigr) = "
        r"\ln\sum_ue^{s_u}"
    ),
    obligations=(
        phase_gradient,
        symmetric_gradient,
        circular_mean,
        sphere_gradient,
        self_weight,
        lagrange,
        relative_entropy,
        strictly_convex,
        common_phase,
        turned,
        drift,
        group_gradient,
        group_cases,
        group_turned,
    ),
    source=(
        "the layer: Nunley, Kuramoto Attention, arXiv 2606.11585; softmax and entropy: the Gibbs "
        "variational principle; derived here"
    ),
)
