"""The printer writes NumPy that computes what the expression says, and refuses the rest."""

import numpy as np
import pytest
from sympy import Identity, MatrixSymbol

from lohe.theory import blocks, chart
from lohe.theory.emit import numpy_code, numpy_scalar, numpy_terms, numpy_vector
from lohe.theory.frame import Frame
from lohe.theory.kernels import kernels_source

FORMS = [
    blocks.FIELD_JACOBIAN.expression,
    blocks.CROSSTALK.expression,
    blocks.TANGENT_JACOBIAN.expression,
    blocks.HESSIAN_CROSSTALK.expression,
    blocks.BASIS.expression,
    -blocks.pull * blocks.x * blocks.g.T + blocks.J * Identity(blocks.d) - blocks.A,
    -blocks.P * blocks.A * blocks.Q,
    blocks.x * blocks.g.T * blocks.A,
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_the_printed_code_has_the_value_of_the_form(form):
    rng = np.random.default_rng(3)
    vectors = {s: rng.normal(size=3) for s in (blocks.x, blocks.g, blocks.u)}
    operators = {s: rng.normal(size=(3, 3)) for s in (blocks.A, blocks.P, blocks.Q)}
    scalars = {s: np.array(rng.normal()) for s in (blocks.pull, blocks.J, blocks.beta)}
    names = {
        "state": vectors[blocks.x],
        "drive": vectors[blocks.g],
        "normal": vectors[blocks.u],
        "frequency": operators[blocks.A],
        "projector": operators[blocks.P],
        "other_projector": operators[blocks.Q],
        "pull": scalars[blocks.pull],
        "coupling": scalars[blocks.J],
        "scale": scalars[blocks.beta],
    }
    found = eval(numpy_code(form), {"np": np}, names)
    from sympy import Matrix

    values = {s: Matrix(v.tolist()) for s, v in (vectors | operators).items()}
    values |= {s: float(v) for s, v in scalars.items()}
    expected = Frame.euclidean(3).evaluate(form, values)
    np.testing.assert_allclose(found, np.array(expected.tolist(), dtype=float), rtol=1e-12)


def test_terms_join_to_the_code():
    form = blocks.FIELD_JACOBIAN.expression
    assert " ".join(numpy_terms(form)) == numpy_code(form)
    assert len(numpy_terms(form)) == 3


def test_unknown_symbols_are_refused():
    with pytest.raises(ValueError, match="cannot print"):
        numpy_code(MatrixSymbol("Z", blocks.d, blocks.d))
    for unknown in (blocks.A * blocks.x, 2 * blocks.A):
        with pytest.raises(ValueError, match="cannot print"):
            numpy_code(unknown)
    for unknown in (blocks.A, blocks.A * blocks.x, blocks.x * blocks.x.T):
        with pytest.raises(ValueError, match="cannot print"):
            numpy_vector(unknown)
    with pytest.raises(ValueError, match="cannot print"):
        numpy_scalar(blocks.J**2)


def test_scalars_vectors_and_transposes_are_printed():
    assert numpy_scalar(chart.POINT_POLAR.expression) == "conformal * pole - pole"
    assert numpy_vector(chart.POINT_REST.expression) == "conformal[..., None] * coordinates"
    assert numpy_vector(blocks.x) == "state"
    assert numpy_code(chart.B.T * blocks.A * chart.B) == "basis.mT @ frequency @ basis"
    assert numpy_code(chart.BASIS_REST.expression, like="y").startswith("np.eye(y.shape[-1]) - ")


def test_emission_is_deterministic():
    assert kernels_source() == kernels_source()
    assert "lohe derive --emit" in kernels_source().split('"""')[1]
