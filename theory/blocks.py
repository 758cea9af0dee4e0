r"""Field, Jacobian and Hessian blocks without indices: one expression for every dimension.

Vectors and operators are matrix symbols of the symbolic size d. The *pull* on oscillator i is
:math:`\lambda_i = \langle x_i, g_i\rangle`, with :math:`g_i = h_i + \sum_k J_{ik}x_k` its total
drive; :math:`P_i = I - x_ix_i^T` projects onto its tangent space. The lemmas of
`lohe.theory.linearisation` hold these forms against coordinates at d = 2, 3, 4 and against frames
at every d; `lohe.theory.emit` prints them as NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Basic, Expr, Identity, MatrixBase, MatrixExpr, MatrixSymbol, Symbol

from lohe.theory.frame import Frame

__all__ = [
    "BASIS",
    "CROSSTALK",
    "FIELD",
    "FIELD_JACOBIAN",
    "HESSIAN",
    "HESSIAN_CROSSTALK",
    "PROJECTOR",
    "TANGENT_CROSSTALK",
    "TANGENT_JACOBIAN",
    "A",
    "Form",
    "J",
    "P",
    "Q",
    "beta",
    "g",
    "pull",
    "u",
    "values_at",
    "x",
    "y",
]

d = Symbol("d", integer=True, positive=True)
x = MatrixSymbol("x", d, 1)
y = MatrixSymbol("y", d, 1)
g = MatrixSymbol("g", d, 1)
A = MatrixSymbol("A", d, d)
P = MatrixSymbol("P", d, d)
Q = MatrixSymbol("Q", d, d)
J = Symbol("J", real=True)
pull = Symbol("lambda", real=True)

# The Householder vector x + sign(x_1) e_1, and 2 over its squared norm: 1/(1 + |x_1|).
u = MatrixSymbol("u", d, 1)
beta = Symbol("beta", positive=True)


@dataclass(frozen=True)
class Form:
    """A block: its expression and the same in LaTeX with the indices of its place.

    Parameters
    ----------
    name
        The name of the emitted kernel.
    expression
        In the symbols of this module.
    latex
        The formula for readers.
    """

    name: str
    expression: MatrixExpr
    latex: str


_IDENTITY = Identity(d)

PROJECTOR = Form("projector", _IDENTITY - x * x.T, r"P_i = I - x_ix_i^{\top}")
FIELD = Form("field", A * x + g - pull * x, r"\dot x_i = A_ix_i + g_i - \lambda_ix_i")
FIELD_JACOBIAN = Form(
    "field_jacobian_block",
    A - pull * _IDENTITY - x * g.T,
    r"\partial\dot x_i/\partial x_i = A_i - \lambda_iI - x_ig_i^{\top}",
)
CROSSTALK = Form("crosstalk_block", J * P, r"\partial\dot x_i/\partial x_k = J_{ik}P_i")
TANGENT_JACOBIAN = Form(
    "tangent_jacobian_block",
    P * (A - pull * _IDENTITY) * P,
    r"P_i\,(\partial\dot x_i/\partial x_i)\,P_i = P_i(A_i - \lambda_iI)P_i",
)
TANGENT_CROSSTALK = Form(
    "tangent_crosstalk_block",
    J * P * Q,
    r"P_i\,(\partial\dot x_i/\partial x_k)\,P_k = J_{ik}P_iP_k",
)
HESSIAN = Form("hessian_block", pull * P, r"\mathrm{Hess}_{ii}E = \lambda_iP_i")
HESSIAN_CROSSTALK = Form(
    "hessian_crosstalk_block", -J * P * Q, r"\mathrm{Hess}_{ik}E = -J_{ik}P_iP_k"
)
BASIS = Form(
    "tangent_basis",
    _IDENTITY - beta * u * u.T,
    r"B = (I - \beta uu^{\top})_{2\ldots d},\ u = x \pm e_1,\ \beta = 1/(1+|x_1|)",
)


def values_at(
    frame: Frame,
    state: MatrixBase,
    drive: MatrixBase,
    *,
    frequency: MatrixBase | None = None,
    other: MatrixBase | None = None,
    coupling: Expr = J,
) -> dict[Basic, Expr | MatrixBase]:
    """Values for the symbols of the blocks, for `Frame.evaluate`.

    Parameters
    ----------
    frame
        The vectors to compute with.
    state, drive
        Coefficient columns of x and of its total drive g.
    frequency
        Matrix of A on coefficients; left out, forms with A cannot be evaluated.
    other
        State y of the other oscillator, for the blocks off the diagonal.
    coupling
        Its coupling J.
    """
    values: dict[Basic, Expr | MatrixBase] = {
        x: state,
        g: drive,
        J: coupling,
        pull: frame.inner(state, drive),
    }
    values[P] = frame.evaluate(PROJECTOR.expression, {x: state})
    if frequency is not None:
        values[A] = frequency
    if other is not None:
        values[y] = other
        values[Q] = frame.evaluate(PROJECTOR.expression, {x: other})
    return values
