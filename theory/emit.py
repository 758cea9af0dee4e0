"""Print index-free expressions as code that runs on NumPy's arrays and on `Balls`.

The printer knows sums, products, transposes and identities, and broadcasts over leading axes: a
vector, a column or a row, is an array (..., d), an operator (..., d, d), a scalar (...,).
"""

from __future__ import annotations

from collections.abc import Iterable

from sympy import (
    Add,
    Basic,
    Expr,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Transpose,
)

from lohe.theory import blocks, chart

__all__ = ["numpy_code", "numpy_scalar", "numpy_terms", "numpy_vector"]

# Array names by symbol.
_NAMES: dict[Basic, str] = {
    blocks.x: "state",
    blocks.y: "other",
    blocks.g: "drive",
    blocks.u: "normal",
    blocks.A: "frequency",
    blocks.P: "projector",
    blocks.Q: "other_projector",
    blocks.J: "coupling",
    blocks.pull: "pull",
    blocks.beta: "scale",
    chart.xi: "coordinates",
    chart.rest: "rest",
    chart.B: "basis",
    chart.pole: "pole",
    chart.c: "conformal",
}

# Axes that make a scalar scale a vector or an operator.
_VECTOR_AXES, _OPERATOR_AXES = "[..., None]", "[..., None, None]"


def numpy_code(form: MatrixExpr, like: str = "state") -> str:
    """Return code for an operator expression.

    Parameters
    ----------
    form
        Sums and products of the symbols of `lohe.theory.blocks` and `lohe.theory.chart`.
    like
        Name of an array whose last axis has the size of the identities.

    Raises
    ------
    ValueError
        If the form holds anything else.

    Examples
    --------
    >>> numpy_code(blocks.A - blocks.x * blocks.g.T)
    'frequency - state[..., :, None] * drive[..., None, :]'
    """
    if isinstance(form, MatAdd):
        return " ".join(numpy_terms(form, like))
    if isinstance(form, MatMul):
        return _product(form, like)
    if isinstance(form, Identity):
        return f"np.eye({like}.shape[-1])"
    if isinstance(form, Transpose) and not _is_column(form.arg):
        return f"{numpy_code(form.arg, like)}.mT"
    if form in _NAMES and not _is_column(form):
        return _NAMES[form]
    raise ValueError(f"cannot print {form!r}")


def numpy_vector(form: MatrixExpr) -> str:
    """Return the code of a multiple of a vector, a column or a row.

    Raises
    ------
    ValueError
        If the form is anything else.

    Examples
    --------
    >>> numpy_vector(-blocks.J * blocks.x.T)
    '-coupling[..., None] * state'
    """
    scalar, factors = form.as_coeff_matrices() if isinstance(form, MatMul) else (Integer(1), [form])
    vector = factors[0].arg if isinstance(factors[0], Transpose) else factors[0]
    if len(factors) != 1 or not _is_column(vector) or vector not in _NAMES:
        raise ValueError(f"cannot print {form!r}")
    sign, scalars = _scalars(scalar, _VECTOR_AXES)
    return sign + " * ".join([*scalars, _NAMES[vector]])


def numpy_scalar(form: Expr) -> str:
    """Return the code of a sum of products of scalars.

    Raises
    ------
    ValueError
        If the form is anything else.

    Examples
    --------
    >>> numpy_scalar(blocks.J * blocks.pull - blocks.J)
    'coupling * pull - coupling'
    """
    signed = []
    for term in form.args if isinstance(form, Add) else (form,):
        sign, scalars = _scalars(term, "")
        signed.append(sign + " * ".join(scalars))
    return " ".join(_terms(signed))


def numpy_terms(form: MatrixExpr, like: str = "state") -> list[str]:
    """Return the code of a sum as its signed terms, in a fixed order.

    Examples
    --------
    >>> numpy_terms(blocks.A - blocks.x * blocks.g.T)
    ['frequency', '- state[..., :, None] * drive[..., None, :]']
    """
    if not isinstance(form, MatAdd):
        return [numpy_code(form, like)]
    return _terms(numpy_code(term, like) for term in form.args)


def _terms(signed: Iterable[str]) -> list[str]:
    # Sorted here, because SymPy's own order is not part of its interface.
    first, *others = sorted(signed, key=lambda term: (term[0] == "-", term))
    return [first, *(f"- {term[1:]}" if term[0] == "-" else f"+ {term}" for term in others)]


def _scalars(product: Expr, axes: str) -> tuple[str, list[str]]:
    """Return the sign and the factors of a product of scalars."""
    sign = ""
    if product.could_extract_minus_sign():
        sign, product = "-", -product
    factors = [part for part in product.as_ordered_factors() if part != 1]
    if any(part not in _NAMES for part in factors):
        raise ValueError(f"cannot print {product!r}")
    return sign, [_NAMES[part] + axes for part in factors]


def _product(form: MatMul, like: str) -> str:
    scalar, factors = form.as_coeff_matrices()
    sign, scalars = _scalars(scalar, _OPERATOR_AXES)
    operators: list[str] = []
    remaining = list(factors)
    while remaining:
        factor = remaining.pop(0)
        if _is_column(factor):  # a column is followed by a transposed one: a rank-one operator
            row = remaining.pop(0) if remaining else None
            if not isinstance(row, Transpose):
                raise ValueError(f"cannot print {form!r}")
            operators.append(f"{_NAMES[factor]}[..., :, None] * {_NAMES[row.arg]}[..., None, :]")
        else:
            code = numpy_code(factor, like)
            operators.append(f"({code})" if isinstance(factor, MatAdd) else code)
    if len(operators) > 1:
        matrix = " @ ".join(operators)
        return sign + " * ".join([*scalars, f"({matrix})" if scalars or sign else matrix])
    return sign + " * ".join([*scalars, *operators])


def _is_column(form: Basic) -> bool:
    return isinstance(form, MatrixSymbol) and form.shape[1] == 1
