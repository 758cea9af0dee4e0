r"""L7: which steps contract the symplectic form by exactly what the damping does.

A map of (x, y) with Jacobian J is conformally symplectic if :math:`J^\top\Omega J = \sigma\Omega`.
The step that is implicit in the momenta is. The explicit one, which the models take, is so up to
:math:`O(h^2)`, and the term of that order is an exterior derivative.
"""

from __future__ import annotations

from sympy import Expr, Matrix, MatrixBase, Symbol, diff, expand, eye, zeros

from lohe.theory.particle_symbols import by_matrix, general, linear_energy, symmetric
from lohe.theory.theorem import Outcome, Theorem, positive, vanishes

__all__ = ["THEOREM"]

_SIZE = 3  # degrees of freedom, where the second derivatives of H are free symbols
_h, _sigma = Symbol("h", positive=True), Symbol("sigma", positive=True)
_alpha, _drift = Symbol("alpha", real=True), Symbol("g", positive=True)


def _form(size: int) -> MatrixBase:
    return zeros(size).row_join(eye(size)).col_join((-eye(size)).row_join(zeros(size)))


def _blocks(a: MatrixBase, b: MatrixBase, c: MatrixBase, e: MatrixBase) -> MatrixBase:
    return a.row_join(b).col_join(c.row_join(e))


def _pulled(jacobian: MatrixBase) -> MatrixBase:
    return (jacobian.T * _form(jacobian.rows // 2) * jacobian).expand()


def damped_flow() -> Outcome:
    """Check that the damped flow contracts the form at the rate alpha."""
    by_x, by_y = symmetric("s", _SIZE), symmetric("r", _SIZE)
    mixed, one = general("m", _SIZE, _SIZE), eye(_SIZE)
    field = _blocks(mixed.T, by_y, -by_x, -mixed - _alpha * one)
    form = _form(_SIZE)
    return vanishes(
        "the Jacobian D of (∂H/∂y, −∂H/∂x − αy) obeys DᵀΩ + ΩD = −αΩ, so that along the flow "
        "JᵀΩJ = e^{−∫α} Ω (any H, three degrees of freedom)",
        r"D^{\top}\Omega+\Omega D = -\alpha\,\Omega",
        (field.T * form + form * field + _alpha * form).expand(),
        method="polynomials expanded",
    )


def implicit_step() -> Outcome:
    """Check that the implicit step is conformally symplectic, for any energy."""
    by_x, by_y = symmetric("s", _SIZE), symmetric("r", _SIZE)
    mixed, one = general("m", _SIZE, _SIZE), eye(_SIZE)
    # Both ends as functions of x and the damped momentum's forerunner.
    before = _blocks(one, zeros(_SIZE), _h * by_x, one + _h * mixed)
    after = _blocks(one + _h * mixed.T, _h * by_y, zeros(_SIZE), _sigma * one)
    return vanishes(
        "y~ = y − h ∂_x H(x, y~), x⁺ = x + h ∂_y H(x, y~), y⁺ = σy~: with P₀, P₁ the derivatives "
        "of (x, y) and (x⁺, y⁺) by (x, y~), P₁ᵀΩP₁ = σ P₀ᵀΩP₀; so JᵀΩJ = σΩ (any H, three degrees "
        "of freedom)",
        r"P_1^{\top}\Omega P_1 = \sigma\,P_0^{\top}\Omega P_0,\qquad J = P_1P_0^{-1}",
        _pulled(after) - (_sigma * _pulled(before)).expand(),
        method="polynomials expanded",
    )


def _particles(n: int, d: int) -> tuple[MatrixBase, MatrixBase, Expr]:
    """Return positions, momenta and energy, the first two as columns."""
    x, y = (general(name, n, d) for name in "xy")
    energy = linear_energy(x, y, symmetric("a", d), -symmetric("q", d))
    return Matrix([*x]), Matrix([*y]), energy


def implicit_particles() -> Outcome:
    """Check the same on linear attention's particles, differentiated outright."""
    x, y, energy = _particles(2, 2)
    at, form = Matrix([*x, *y]), _form(len(x))
    old = Matrix([*x, *(y + _h * by_matrix(energy, x))])
    new = Matrix([*(x + _h * by_matrix(energy, y)), *(_sigma * y)])
    before, after = old.jacobian(at), new.jacobian(at)
    return vanishes(
        "the same for linear attention's particles, the maps themselves differentiated (N = d = 2)",
        r"P_1^{\top}\Omega P_1 = \sigma\,P_0^{\top}\Omega P_0",
        (after.T * form * after - _sigma * before.T * form * before).expand(),
        method="differentiated, polynomials expanded",
    )


def explicit_step() -> Outcome:
    """Check the explicit step's defect, for any energy that is quadratic in the momenta."""
    by_x, by_y = symmetric("s", _SIZE), symmetric("r", _SIZE)
    mixed, moved = general("m", _SIZE, _SIZE), general("t", _SIZE, _SIZE)
    one = eye(_SIZE)
    kick = one - _h * mixed
    drifted = one + _drift * (mixed - _h * moved).T
    jacobian = _blocks(drifted - _h * _drift * by_y * by_x, _drift * by_y * kick,
                       -_h * _sigma * by_x, _sigma * kick)  # fmt: skip
    defect = _pulled(jacobian) - _sigma * _form(_SIZE)
    corner = (_drift * (mixed - _h * moved) - _h * mixed
              - _h * _drift * (mixed - _h * moved) * mixed)  # fmt: skip
    first = _h * _drift * (by_x * mixed.T - mixed * by_x)
    first += _h**2 * _drift * (moved * by_x - by_x * moved.T)
    return vanishes(
        "y~ = y − h ∂_x H(x, y), x⁺ = x + g ∂_y H(x, y~), y⁺ = σy~, with S = H_xx, M = H_xy, "
        "f = H_x at (x, y) and H_xy(x, y~) = M − hT, T = Σ_k H_{xyy_k} f_k: the defect "
        "JᵀΩJ − σΩ has the blocks σhg(SMᵀ − MS + h(TS − STᵀ)), σ((g − h)M − hg(T + M² − hTM)) and "
        "0 (H quadratic in y, three degrees of freedom)",
        r"J^{\top}\Omega J-\sigma\Omega = \sigma\begin{pmatrix}hg(SM^{\top}-MS)&(g-h)M-hg(T+M^2)\\"
        r"\cdot&0\end{pmatrix}+O(h^2g)",
        (defect - _sigma * _blocks(first, corner, -corner.T, zeros(_SIZE))).expand(),
        method="polynomials expanded",
    )


def _shift(x: MatrixBase, y: MatrixBase, energy: Expr) -> MatrixBase:
    """Return w, by h² of which the explicit momenta differ from the implicit ones."""
    force = by_matrix(energy, x)
    return Matrix([sum(diff(energy, a, b) * f for b, f in zip(y, force, strict=True)) for a in x])


def explicit_particles() -> Outcome:
    """Check the leading term on linear attention's particles, and that it is a derivative."""
    residuals: list[MatrixBase] = []
    for n, d in ((2, 1), (1, 2)):
        x, y, energy = _particles(n, d)
        size = len(x)
        early = y - _h * by_matrix(energy, x)
        late = dict(zip(y, early, strict=True))
        moved = x + _h * by_matrix(energy, y).subs(late, simultaneous=True)
        jacobian = Matrix([*moved, *early]).jacobian(Matrix([*x, *y]))
        defect = _pulled(jacobian) - _form(size)
        w = _shift(x, y, energy)
        along, across = w.jacobian(x), w.jacobian(y)
        curl = _blocks(along.T - along, -across, across.T, zeros(size))
        residuals += [
            defect.applyfunc(lambda entry, k=k: entry.coeff(_h, k)) - (curl if k == 2 else 0 * curl)
            for k in range(3)
        ]
    return vanishes(
        "linear attention's particles, g = h: JᵀΩJ/σ − Ω has no terms of order 0 and 1, and at h² "
        "the blocks (D_x w)ᵀ − D_x w and −D_y w of dw, w = Σ_k w_k dx_k with w = H_xy H_x, where Ω "
        "is Σ_k dx_k ∧ dy_k (two particles in one dimension, one in two)",
        r"J^{\top}\Omega J = \sigma(\Omega+h^2\,\mathrm dw)+O(h^3),\qquad "
        r"w = \frac{\partial^2H}{\partial x\,\partial y}\,\frac{\partial H}{\partial x}",
        *(residual.expand() for residual in residuals),
        method="differentiated, polynomials expanded",
    )


def shifted_momenta() -> Outcome:
    """Check that the explicit momenta are the implicit ones, moved by w."""
    residuals: list[MatrixBase] = []
    for n, d in ((2, 1), (1, 2)):
        x, y, energy = _particles(n, d)
        force = by_matrix(energy, x)
        guess = y - _h * force + _h**2 * _shift(x, y, energy)
        left = guess - y + _h * force.subs(dict(zip(y, guess, strict=True)), simultaneous=True)
        residuals += [left.diff(_h, order).subs(_h, 0).expand() for order in range(3)]
    return vanishes(
        "y − h H_x + h² w solves the implicit equation up to O(h³): the explicit momenta differ "
        "from the implicit ones by −h² w (two particles in one dimension, one in two)",
        r"\tilde y_{\text{explicit}} = \tilde y_{\text{implicit}}-h^2w+O(h^3)",
        *residuals,
        method="differentiated at h = 0",
    )


def explicit_witness() -> Outcome:
    """Check that the leading term is not zero: one particle in one dimension."""
    x, y = Symbol("x", positive=True), Symbol("y", real=True)
    a, q = Symbol("a", positive=True), Symbol("q", positive=True)
    energy = a * x**2 * y**2 / 2 + q * x**2 / 2
    w = diff(energy, x, y) * diff(energy, x)
    return positive(
        "one particle, d = 1: ∂w/∂y = 2ax²(3ay² + q) > 0 for x ≠ 0, so the explicit step is never "
        "conformally symplectic to order h²",
        r"\frac{\partial w}{\partial y} = 2ax^2(3ay^2+q)>0",
        expand(diff(w, y)),
        expand(2 * a * x**2 * (3 * a * y**2 + q)),
    )


THEOREM = Theorem(
    name="L7",
    title="conformally symplectic steps",
    hypotheses=(
        "An energy H(x, y) with continuous second derivatives, and third ones for (c); "
        "h, g, σ > 0.",
        "(b) and (c): H quadratic in y, as those of L6 are.",
        "The implicit equation of (a) has a solution that depends smoothly on (x, y), as it does "
        "for small h.",
    ),
    statement=(
        "(a) The flow of ẋ = ∂_y H, ẏ = −∂_x H − αy contracts Ω by e^{−∫α} exactly, and so by σ "
        "does the step y~ = y − h ∂_x H(x, y~), x⁺ = x + h ∂_y H(x, y~), y⁺ = σy~. (b) The step "
        "with ∂_x H(x, y) instead, and length g for x, has JᵀΩJ − σΩ = σ(g − h) times the blocks "
        "of H_xy, up to O(h²): it is of second order only where g = h. With g = σ h_X and "
        "h = h_Y it is the models' presymplectic step. (c) For g = h its defect is σh² dw + O(h³) "
        "with w = H_xy H_x, by h² of which its momenta differ from the implicit ones."
    ),
    latex=(
        r"J^{\top}\Omega J = \sigma\,\Omega\ \text{(implicit)},\qquad "
        r"J^{\top}\Omega J = \sigma(\Omega+h^2\,\mathrm dw)+O(h^3)\ \text{(explicit)}"
    ),
    obligations=(
        damped_flow,
        implicit_step,
        implicit_particles,
        explicit_step,
        explicit_particles,
        shifted_momenta,
        explicit_witness,
    ),
    source=(
        "conformally symplectic systems: McLachlan & Perlmutter, J. Geom. Phys. 39 (2001) 276; the "
        "scheme: Stein, Li & Steidl, arXiv 2603.16535; derived here"
    ),
)
