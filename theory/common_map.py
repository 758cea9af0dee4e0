r"""L8: one linear map moves all particles of linear attention: radii, Gaussians, a Stein flow."""

from __future__ import annotations

from sympy import (
    Expr,
    Matrix,
    MatrixBase,
    Rational,
    Symbol,
    diff,
    expand,
    eye,
    log,
    ones,
    sqrt,
    symbols,
    zeros,
)

from lohe.theory.particle_symbols import general, symmetric, velocity_and_force
from lohe.theory.theorem import Outcome, Theorem, vanishes

__all__ = ["THEOREM"]

_N, _D = 3, 2
_tau, _alpha, _half = Symbol("tau", real=True), Symbol("alpha", real=True), Rational(1, 2)


def _quadratic() -> tuple[MatrixBase, ...]:
    """Return X, Y, A and Q; the push of L6 is V = -Q."""
    x, y = (general(name, _N, _D) for name in "xy")
    return x, y, symmetric("a", _D), symmetric("q", _D)


def common_map() -> Outcome:
    """Check that velocities and forces are the positions and momenta times common matrices."""
    x, y, kernel, stiffness = _quadratic()
    velocity, force = velocity_and_force(x, y, kernel, -stiffness)
    matrix = kernel * x.T * y / _N
    mean = ones(1, _N) * x / _N
    pulled = force + x * stiffness - ones(_N, 1) * mean * stiffness
    return vanishes(
        "with M = (1/N) A Xᵀ Y the velocity is X M, and the force of the quadratic energy is "
        "−X Q − Y Mᵀ; of the bilinear one, −1 mᵀQ − Y Mᵀ with the mean m (N = 3, d = 2)",
        r"\dot X = XM,\qquad -\frac{\partial H}{\partial X} = -XQ-YM^{\top},\qquad "
        r"M = \tfrac1NAX^{\top}Y",
        (velocity - x * matrix).expand(),
        (force + x * stiffness + y * matrix.T).expand(),
        (pulled + ones(_N, 1) * mean * stiffness + y * matrix.T).expand(),
        method="polynomials expanded",
    )


def _projector(x: MatrixBase) -> MatrixBase:
    """Return the orthogonal projector on the columns, whose diagonal is the radii over N."""
    return x * (x.T * x).inv() * x.T


def radii() -> Outcome:
    """Check that a common linear map keeps the Mahalanobis radii."""
    x, b = general("x", _N, _D), general("b", _D, _D)
    return vanishes(
        "X(XᵀX)⁻¹Xᵀ, with the radii over N on its diagonal, is the same for X B, B invertible "
        "(N = 3, d = 2)",
        r"(XB)\bigl((XB)^{\top}XB\bigr)^{-1}(XB)^{\top} = X(X^{\top}X)^{-1}X^{\top}",
        _projector(x * b) - _projector(x),
    )


def steps_share_a_map() -> Outcome:
    """Check that a step with memory is a common map of the positions at the start."""
    start, b, b_before = general("x", _N, _D), general("b", _D, _D), general("e", _D, _D)
    y, y_before, kernel = general("y", _N, _D), general("z", _N, _D), symmetric("a", _D)
    c, c_before = symbols("c c_0", real=True)
    x, x_before = start * b, start * b_before
    velocity, _ = velocity_and_force(x, y, kernel, zeros(_D))
    velocity_before, _ = velocity_and_force(x_before, y_before, kernel, zeros(_D))
    matrix = b + c * b * kernel * x.T * y / _N
    matrix += c_before * b_before * kernel * x_before.T * y_before / _N
    return vanishes(
        "X = X₀B and X⁻ = X₀B⁻ before it: X + cF(X, Y) + c₀F(X⁻, Y⁻) is X₀ times a (d, d) matrix, "
        "whatever Y and Y⁻ are (N = 3, d = 2)",
        r"X+c\,F(X,Y)+c_0F(X^-,Y^-) = X_0\bigl(B+\tfrac cNBAX^{\top}Y"
        r"+\tfrac{c_0}NB^-A{X^-}^{\top}Y^-\bigr)",
        (x + c * velocity + c_before * velocity_before - start * matrix).expand(),
        method="polynomials expanded",
    )


def pairs_share_a_map() -> Outcome:
    """Check that on the quadratic energy positions and momenta together have one map."""
    x, y, kernel, stiffness = _quadratic()
    velocity, force = velocity_and_force(x, y, kernel, -stiffness)
    matrix = kernel * x.T * y / _N
    both = matrix.row_join(-stiffness).col_join(
        zeros(_D).row_join(-matrix.T - _alpha * eye(_D)),
    )
    return vanishes(
        "on the quadratic energy each pair (x_i, y_i) moves by one (2d, 2d) matrix, so its radius "
        "is kept too",
        r"\begin{pmatrix}\dot X&\dot Y\end{pmatrix} = \begin{pmatrix}X&Y\end{pmatrix}"
        r"\begin{pmatrix}M&-Q\\0&-M^{\top}-\alpha I\end{pmatrix}",
        (velocity.row_join(force - _alpha * y) - x.row_join(y) * both).expand(),
        method="polynomials expanded",
    )


_WITNESS = Matrix([[1, 0], [0, 1], [2, 0]])
"""Three particles in the plane; the momenta are the same, A the identity."""


def norm_breaks_radii() -> Outcome:
    """Check three particles whose radii layer norm does not keep."""
    x, one = _WITNESS, eye(2)
    # In the plane layer norm leaves a sign: (x_1, x_2) becomes (1, -1) or (-1, 1).
    normed = Matrix([[1, -1], [-1, 1], [1, -1]])
    centred = x - x * ones(2, 2) / 2
    scales = [sqrt(row.dot(row) / 2) for row in (centred[i, :] for i in range(3))]
    velocity, _ = velocity_and_force(normed, x, one, zeros(2))
    before, after = (3 * _projector(each)[0, 0] for each in (x, x + velocity))
    return vanishes(
        "particles (1, 0), (0, 1), (2, 0) with momenta Y = X, A = I and a step of length 1: with "
        "the field at layer-normed positions, (1, −1), (−1, 1), (1, −1), the radius of the first "
        "goes from 3/5 to 125/127",
        r"x_1^{\top}(\tfrac13X^{\top}X)^{-1}x_1:\qquad\tfrac35\to\tfrac{125}{127}",
        *(centred[i, :] / scales[i] - normed[i, :] for i in range(3)),
        before - Rational(3, 5),
        after - Rational(125, 127),
        method="exact numbers",
    )


def mask_breaks_radii() -> Outcome:
    """Check that a causal mask does not keep them either."""
    x, moved = _WITNESS, []
    for t in range(3):
        seen = x[: t + 1, :]
        moved.append(x[t, :] + x[t, :] * seen.T * seen / (t + 1))
    before, after = (3 * _projector(each)[0, 0] for each in (x, Matrix.vstack(*moved)))
    return vanishes(
        "the same particles without layer norm, each seeing those up to it: from 3/5 to 27/73",
        r"\tfrac35\to\tfrac{27}{73}",
        before - Rational(3, 5),
        after - Rational(27, 73),
        method="exact numbers",
    )


def stein_flow() -> Outcome:
    """Check that linear attention is Stein variational gradient descent."""
    x, kernel, stiffness = general("x", _N, _D), symmetric("a", _D), symmetric("q", _D)
    at = general("z", 1, _D)
    energy = (at * stiffness * at.T)[0] / 2
    residuals: list[Expr] = []
    closed = _tau * x * kernel - x * kernel * x.T * x * stiffness / _N
    for i in range(_N):
        alike = (x[i, :] * kernel * at.T)[0]
        for k in range(_D):
            term = -alike * diff(energy, at[k]) + _tau * diff(alike, at[k])
            total = sum(
                term.subs(dict(zip(at, x[j, :], strict=True)), simultaneous=True) for j in range(_N)
            )
            residuals.append(expand(total / _N - closed[i, k]))
    attended, _ = velocity_and_force(x, -x * stiffness, kernel, zeros(_D))
    return vanishes(
        "k(x, y) = xᵀAy, f = ½xᵀQx: (1/N) Σ_j (−k(x_i, x_j)∇f(x_j) + τ∇_{x_j}k(x_i, x_j)) is row i "
        "of τXA − (1/N) X A Xᵀ X Q; with τ = 0 linear attention with V = −Q (N = 3, d = 2)",
        r"\tfrac1N\sum_j\bigl(-k(x_i,x_j)\nabla f(x_j)+\tau\nabla_{x_j}k(x_i,x_j)\bigr) = "
        r"\tau Ax_i-\tfrac1NQX^{\top}XAx_i",
        *residuals,
        (closed.subs(_tau, 0) - attended).expand(),
        method="differentiated, polynomials expanded",
    )


def second_moments() -> Outcome:
    """Check that second moments obey an equation of their own."""
    x, _, kernel, stiffness = _quadratic()
    slope = _tau * x * kernel - x * kernel * x.T * x * stiffness / _N
    moments = x.T * x / _N
    matrix = _tau * kernel - stiffness * moments * kernel
    found = (slope.T * x + x.T * slope) / _N
    return vanishes(
        "Σ = XᵀX/N of any particles: Σ̇ = KΣ + ΣKᵀ with K = τA − QΣA (N = 3, d = 2)",
        r"\dot\Sigma = K\Sigma+\Sigma K^{\top},\qquad K = \tau A-Q\Sigma A",
        (found - matrix * moments - moments * matrix.T).expand(),
        method="polynomials expanded",
    )


def accelerated_moments() -> Outcome:
    """Check that the accelerated flow closes on two matrices."""
    x, y, kernel, stiffness = _quadratic()
    velocity, force = velocity_and_force(x, y, kernel, -stiffness)
    slope = force - _alpha * y
    moments, cross = x.T * x / _N, x.T * y / _N
    expected = cross.T * kernel * cross - cross * cross.T * kernel - _alpha * cross
    return vanishes(
        "accelerated, with Γ = XᵀY/N: Σ̇ = ΣAΓ + ΓᵀAΣ and Γ̇ = ΓᵀAΓ − ΓΓᵀA − αΓ − ΣQ",
        r"\dot\Sigma = \Sigma A\Gamma+\Gamma^{\top}A\Sigma,\qquad "
        r"\dot\Gamma = \Gamma^{\top}A\Gamma-\Gamma\Gamma^{\top}A-\alpha\Gamma-\Sigma Q",
        (
            (velocity.T * x + x.T * velocity) / _N
            - moments * kernel * cross
            - (moments * kernel * cross).T
        ).expand(),
        ((velocity.T * y + x.T * slope) / _N - expected + moments * stiffness).expand(),
        method="polynomials expanded",
    )


def gaussian() -> Outcome:
    """Check that the density of a centred Gaussian with these moments is carried along."""
    moments, matrix = symmetric("c", _D), general("k", _D, _D)
    at, time = Matrix(symbols("z_1:3", real=True)), Symbol("t", real=True)
    slope = matrix * moments + moments * matrix.T
    moved = moments + time * slope
    log_density = -_half * log(moved.det()) - _half * (at.T * moved.inv() * at)[0]
    carried = diff(log_density, time).subs(time, 0)
    still = log_density.subs(time, 0)
    flux = matrix.trace() + sum(
        diff(still, each) * speed for each, speed in zip(at, matrix * at, strict=True)
    )
    return vanishes(
        "under the velocity Kz the centred Gaussian with Σ̇ = KΣ + ΣKᵀ obeys ∂_tρ + ∇·(ρKz) = 0 "
        "(d = 2)",
        r"\partial_t\ln\rho+\operatorname{tr}K+\langle Kz,\nabla\ln\rho\rangle = 0",
        carried + flux,
    )


def target() -> Outcome:
    """Check that with entropy the flow rests at the target's covariance."""
    kernel, stiffness = symmetric("a", _D), symmetric("q", _D)
    moments = stiffness.inv()
    matrix = kernel - stiffness * moments * kernel
    return vanishes(
        "with τ = 1 the covariance Q⁻¹ of e^{−f} is at rest",
        r"\tau = 1,\ \Sigma = Q^{-1}\ \Rightarrow\ \dot\Sigma = 0",
        matrix * moments + moments * matrix.T,
    )


def bilinear() -> Outcome:
    """Check that on the bilinear energy the mean moves as one particle does."""
    x, kernel, stiffness = general("x", _N, _D), symmetric("a", _D), symmetric("q", _D)
    all_, common = ones(_N, 1), general("c", 1, _D)
    mean, y = all_.T * x / _N, all_ * common
    velocity, force = velocity_and_force(x, y, kernel, zeros(_D))
    force -= all_ * mean * stiffness
    alone, pulled = velocity_and_force(mean, common, kernel, -stiffness)
    return vanishes(
        "momenta that are all c, as from rest on the bilinear energy, stay alike, and mean and c "
        "move as a single particle under the quadratic energy (N = 3, d = 2)",
        r"\dot m = (m^{\top}Am)\,c,\qquad \dot c = -|c|^2Am-Qm-\alpha c",
        (all_.T * velocity / _N - alone).expand(),
        (force - all_ * pulled).expand(),
        (alone - (mean * kernel * mean.T)[0] * common).expand(),
        (pulled + common.dot(common) * mean * kernel + mean * stiffness).expand(),
        method="polynomials expanded",
    )


THEOREM = Theorem(
    name="L8",
    title="one linear map moves all particles",
    hypotheses=(
        "The particles of linear attention (L6) without mask and layer norm; A and Q symmetric.",
        "Quadratic energy: V = −Q. Bilinear: X V Xᵀ replaced by −(1/N) Σ_ij x_iᵀ Q x_j.",
        "XᵀX invertible, for the radii.",
    ),
    statement=(
        "(a) X moves by one (d, d) matrix for all particles, in the flow and in every scheme whose "
        "step adds multiples of velocities, of this step and of earlier ones; so the radii "
        "x_iᵀ(XᵀX/N)⁻¹x_i are conserved whatever momenta and energy, and elliptical contours stay "
        "elliptical. On the quadratic energy the pairs (x_i, y_i) have one (2d, 2d) matrix. With "
        "layer norm, or a causal mask, radii are not conserved. (b) Classical linear attention is "
        "the Stein variational gradient flow of ∫f dρ with the kernel xᵀAy, f = ½xᵀQx. (c) Second "
        "moments obey Σ̇ = KΣ + ΣKᵀ, K = τA − QΣA, with temperature τ; centred Gaussians stay so; "
        "τ = 1 rests at Q⁻¹. The accelerated flow closes on Σ = XᵀX/N and Γ = XᵀY/N. (d) On the "
        "bilinear energy, from rest, the mean moves as one particle on the quadratic energy."
    ),
    latex=(
        r"\dot X = X\,\tfrac1NAX^{\top}Y,\qquad x_i^{\top}(\tfrac1NX^{\top}X)^{-1}x_i = "
        r"\text{const},\qquad \dot\Sigma = K\Sigma+\Sigma K^{\top},\quad K = \tau A-Q\Sigma A"
    ),
    obligations=(
        common_map,
        radii,
        steps_share_a_map,
        pairs_share_a_map,
        norm_breaks_radii,
        mask_breaks_radii,
        stein_flow,
        second_moments,
        gaussian,
        target,
        accelerated_moments,
        bilinear,
    ),
    source=(
        "elliptical contours and the Stein flow: Stein, Li & Steidl, arXiv 2603.16535; Stein "
        "variational gradient descent: Liu & Wang, arXiv 1608.04471; derived here"
    ),
)
