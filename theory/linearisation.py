r"""L2: the index-free Jacobian and Hessian blocks equal the derivatives, in every dimension."""

from __future__ import annotations

from sympy import Expr, Integer, Matrix, MatrixBase, Symbol, diff, eye, symbols, zeros

from lohe.theory import blocks
from lohe.theory.blocks import Form, values_at
from lohe.theory.frame import Frame
from lohe.theory.jacobian import (
    field_jacobian,
    geodesic_second_derivative,
    riemannian_hessian,
    tangent_jacobian,
)
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import Outcome, Theorem, vanishes

__all__ = ["THEOREM"]

_SIZES = ((1, 2), (2, 2), (3, 2), (1, 3), (2, 3), (2, 4))
_GEODESIC_SIZES = ((1, 2), (2, 2), (2, 3), (1, 4))
_WHERE = "n ≤ 3, d = 2, 3, 4"
_NORMAL_FORM = "normal form modulo x·x = 1"


def _block(network: Oscillators, form: Form, i: int, k: int) -> MatrixBase:
    """Evaluate an index-free form in the coordinates of block (i, k)."""
    frame = Frame.euclidean(network.d)
    values = values_at(
        frame,
        network.x[i],
        network.total_drive[i],
        frequency=network.frequency[i],
        other=network.x[k],
        coupling=network.crosstalk[i, k],
    )
    return frame.evaluate(form.expression, values)


def _field_residuals(diagonal: Form, crosstalk: Form, *, tangent: bool) -> list[MatrixBase]:
    derived = tangent_jacobian if tangent else field_jacobian
    residuals = []
    for n, d in _SIZES:
        network = Oscillators(n, d, symmetric=False)
        for k in range(n):
            form = diagonal if k == 0 else crosstalk
            residual = derived(network, 0, k) - _block(network, form, 0, k)
            residuals.append(residual.applyfunc(network.reduce))
    return residuals


def ambient() -> Outcome:
    """Check the blocks of the Jacobian in the ambient space."""
    return vanishes(
        f"the Jacobian blocks equal the coordinate derivatives of the field ({_WHERE})",
        rf"{blocks.FIELD_JACOBIAN.latex},\quad {blocks.CROSSTALK.latex}",
        *_field_residuals(blocks.FIELD_JACOBIAN, blocks.CROSSTALK, tangent=False),
        method=_NORMAL_FORM,
    )


def tangent() -> Outcome:
    """Check the blocks of the Jacobian on the tangent spaces."""
    return vanishes(
        f"restricted to the tangent spaces, the part x gᵀ drops out ({_WHERE})",
        rf"{blocks.TANGENT_JACOBIAN.latex},\quad {blocks.TANGENT_CROSSTALK.latex}",
        *_field_residuals(blocks.TANGENT_JACOBIAN, blocks.TANGENT_CROSSTALK, tangent=True),
        method=_NORMAL_FORM,
    )


def hessian() -> Outcome:
    """Check the blocks of the Riemannian Hessian."""
    residuals = []
    for n, d in _SIZES:
        network = Oscillators(n, d)
        for k in range(n):
            form = blocks.HESSIAN if k == 0 else blocks.HESSIAN_CROSSTALK
            residual = riemannian_hessian(network, 0, k) - _block(network, form, 0, k)
            residuals.append(residual.applyfunc(network.reduce))
    return vanishes(
        f"the Hessian blocks equal the covariant derivative of the gradient ({_WHERE})",
        rf"{blocks.HESSIAN.latex},\quad {blocks.HESSIAN_CROSSTALK.latex}",
        *residuals,
        method=_NORMAL_FORM,
    )


def geodesics() -> Outcome:
    """Check the Hessian against second derivatives of the energy along geodesics."""
    residuals = []
    for n, d in _GEODESIC_SIZES:
        network = Oscillators(n, d)
        free = Oscillators(n, d).h  # arbitrary directions; projected, they are all tangent ones
        rename = {s: Symbol(f"w{s}", real=True) for column in free for s in column}
        velocity = tuple(network.projector(i) * free[i].subs(rename) for i in range(n))
        form: Expr = Integer(0)
        for i in range(n):
            for k in range(n):
                block = blocks.HESSIAN if i == k else blocks.HESSIAN_CROSSTALK
                form += (velocity[i].T * _block(network, block, i, k) * velocity[k])[0, 0]
        residuals.append(network.reduce(geodesic_second_derivative(network, velocity) - form))
    return vanishes(
        "the Hessian is the second derivative of the energy along geodesics (n ≤ 2, d = 2, 3, 4)",
        r"\tfrac{d^2}{ds^2}E(\exp_X(sV))\big|_{s=0}"
        r" = \sum_i\lambda_i\|v_i\|^2 - \sum_{i\ne k}J_{ik}\langle v_i,v_k\rangle",
        *residuals,
        method=_NORMAL_FORM,
    )


def every_dimension() -> Outcome:
    """Check directional derivatives of the field in a frame: the blocks at every d."""
    s, coupling = symbols("s J", real=True)
    names = ("x", "g", "v", "Ax", "Av")
    gram = [[Symbol(f"⟨{a},{b}⟩" if a <= b else f"⟨{b},{a}⟩") for b in names] for a in names]
    gram[0][0] = Integer(1)
    frame = Frame.of(gram)
    x, g, v, ax, av = frame.vectors
    frequency = Matrix.hstack(ax, zeros(5, 1), av, zeros(5, 2))  # its action on x and v
    values = values_at(frame, x, g, frequency=frequency, coupling=coupling)

    def field(state: MatrixBase, drive: MatrixBase) -> MatrixBase:
        return frequency * state + drive - frame.inner(state, drive) * state

    own = diff(field(x + s * v, g), s).subs(s, 0)
    other = diff(field(x, g + s * coupling * v), s).subs(s, 0)
    form = frame.evaluate(blocks.FIELD.expression, values)
    return vanishes(
        "every d: the directional derivatives of the field are the ambient blocks",
        rf"{blocks.FIELD.latex}\ \Rightarrow\ "
        r"D_v\dot x_i = (A_i - \lambda_iI - x_ig_i^{\top})v,\quad J_{ik}P_iv",
        form - field(x, g),
        own - frame.evaluate(blocks.FIELD_JACOBIAN.expression, values) * v,
        other - frame.evaluate(blocks.CROSSTALK.expression, values) * v,
    )


def projectors() -> Outcome:
    """Check the algebra of the projector in every dimension."""
    x = symbols("a b", real=True)
    frame = Frame.of([[1, x[0]], [x[0], x[1]]])
    state, vector = frame.vectors
    projector = frame.evaluate(blocks.PROJECTOR.expression, {blocks.x: state})
    return vanishes(
        "every d: P is a projector that kills x, so P x gᵀ P = 0",
        r"P_i^2 = P_i,\quad P_ix_i = 0,\quad P_i = P_i^{\top}",
        projector**2 - projector,
        projector * state,
        frame.gram * projector - (frame.gram * projector).T,
        projector * vector - frame.project(state, vector),
    )


def householder() -> Outcome:
    """Check that the reflector has an orthonormal tangent basis, in every dimension."""
    size = Symbol("a", nonnegative=True)
    residuals = []
    for sign in (1, -1):
        frame = Frame.of([[1, sign * size], [sign * size, 1]])
        state, first = frame.vectors
        reflector = frame.evaluate(
            blocks.BASIS.expression,
            {blocks.u: state + sign * first, blocks.beta: 1 / (1 + size)},
        )
        residuals += [
            reflector * first + sign * state,
            reflector * reflector - eye(2),
            frame.gram * reflector - (frame.gram * reflector).T,
        ]
    return vanishes(
        "every d: the reflector is orthogonal and takes e₁ to ∓x, so its other columns are an "
        "orthonormal basis of the tangent space",
        r"H = I - \tfrac{1}{1+|x_1|}uu^{\top},\quad H^2 = I,\quad H^{\top} = H,\quad "
        r"He_1 = -\mathrm{sign}(x_1)\,x",
        *residuals,
    )


THEOREM = Theorem(
    name="L2",
    title="linearisation",
    hypotheses=("Every state x_i lies on the unit sphere of R^d, d ≥ 2.",),
    statement=(
        "With the pull λ_i = ⟨x_i, g_i⟩ the Jacobian of the field has the blocks A_i − λ_i I − "
        "x_i g_iᵀ and J_ik P_i; on the tangent spaces P_i (A_i − λ_i I) P_i and J_ik P_i P_k; and "
        "for A = 0 and symmetric J the Riemannian Hessian of the energy has the blocks λ_i P_i "
        "and −J_ik P_i P_k."
    ),
    latex=(
        r"P_iD\dot x_iP_i = P_i(A_i-\lambda_iI)P_i,\quad P_iD_k\dot x_iP_k = J_{ik}P_iP_k,\quad "
        r"\mathrm{Hess}_{ii}E = \lambda_iP_i,\quad \mathrm{Hess}_{ik}E = -J_{ik}P_iP_k"
    ),
    obligations=(ambient, tangent, hessian, geodesics, every_dimension, projectors, householder),
    source=(
        "derived here; Riemannian Hessians of submanifolds as in Absil, Mahony & Sepulchre, "
        "Optimization Algorithms on Matrix Manifolds (Princeton 2008), chapter 5"
    ),
)
