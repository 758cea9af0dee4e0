"""Print index-free operator expressions as NumPy code.

The printer knows sums, products, transposed
vectors and identities, and broadcasts over leading axes: a vector is an array (..., d), an
operator (..., d, d), a scalar symbol (...,).
"""

from __future__ import annotations

from sympy import (
    Basic,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Transpose,
)

from lohe.theory import blocks

__all__ = ["numpy_code", "numpy_terms"]

# Array names by symbol. Scalars get two axes so that they scale operators.
_NAMES: dict[Basic, str] = {
    blocks.x: "state",
    blocks.y: "other",
    blocks.g: "drive",
    blocks.u: "normal",
    blocks.A: "frequency",
    blocks.P: "projector",
    blocks.Q: "other_projector",
    blocks.J: "coupling[..., None, None]",
    blocks.pull: "pull[..., None, None]",
    blocks.beta: "scale[..., None, None]",
}


def numpy_code(form: MatrixExpr) -> str:
    """Return NumPy code for an operator expression.

    Parameters
    ----------
    form
        Sums and products of the symbols of `lohe.theory.blocks`.

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
        return " ".join(numpy_terms(form))
    if isinstance(form, MatMul):
        return _product(form)
    if isinstance(form, Identity):
        return "np.eye(state.shape[-1])"
    if form in _NAMES and not _is_column(form):
        return _NAMES[form]
    raise ValueError(f"cannot print {form!r}")


def numpy_terms(form: MatrixExpr) -> list[str]:
    """Return the code of a sum as its signed terms, in a fixed order.

    Examples
    --------
    >>> numpy_terms(blocks.A - blocks.x * blocks.g.T)
    ['frequency', '- state[..., :, None] * drive[..., None, :]']
    """
    if not isinstance(form, MatAdd):
        return [numpy_code(form)]
    # Sorted here, because SymPy's own order is not part of its interface.
    first, *others = sorted(map(numpy_code, form.args), key=lambda term: (term[0] == "-", term))
    return [first, *(f"- {term[1:]}" if term[0] == "-" else f"+ {term}" for term in others)]


def _product(form: MatMul) -> str:
    scalar, factors = form.as_coeff_matrices()
    sign = ""
    if scalar.could_extract_minus_sign():
        sign, scalar = "-", -scalar
    scalars = [_NAMES[part] for part in scalar.as_ordered_factors() if part != 1]
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
            code = numpy_code(factor)
            operators.append(f"({code})" if isinstance(factor, MatAdd) else code)
    if len(operators) > 1:
        matrix = " @ ".join(operators)
        return sign + " * ".join([*scalars, f"({matrix})" if scalars or sign else matrix])
    return sign + " * ".join([*scalars, *operators])


def _is_column(form: Basic) -> bool:
    return isinstance(form, MatrixSymbol) and form.shape[1] == 1
