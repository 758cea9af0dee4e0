"""Frames compute what coordinates compute."""

import numpy as np
import pytest
from sympy import Function, Identity, Matrix, MatrixSymbol, Rational, Symbol

from lohe.theory import blocks
from lohe.theory.frame import Frame


def test_a_gram_matrix_is_symmetric():
    with pytest.raises(ValueError, match="symmetric"):
        Frame.of([[1, 2], [3, 1]])


@pytest.mark.parametrize("d", [2, 5])
def test_coefficients_agree_with_coordinates(d):
    rng = np.random.default_rng(d)
    vectors = [Matrix([Rational(int(v), 7) for v in rng.integers(-9, 9, d)]) for _ in range(3)]
    gram = [[u.dot(v) for v in vectors] for u in vectors]
    frame, space = Frame.of(gram), Frame.euclidean(d)
    form = 3 * blocks.x * blocks.g.T + Symbol("a") * Identity(blocks.d)

    def value(where, x, g, v):
        return where.evaluate(form, {blocks.x: x, blocks.g: g, Symbol("a"): Rational(2, 3)}) * v

    names = frame.vectors
    coefficients = value(frame, *names)
    expected = value(space, *vectors)
    assert Matrix.hstack(*vectors) * coefficients == expected
    assert frame.inner(names[0], coefficients) == vectors[0].dot(expected)


def test_powers_and_unknown_forms():
    frame = Frame.euclidean(2)
    x = Matrix([Rational(3, 5), Rational(4, 5)])
    projector = frame.evaluate(blocks.PROJECTOR.expression, {blocks.x: x})
    assert frame.evaluate(blocks.P**2, {blocks.P: projector}) == projector
    with pytest.raises(ValueError, match="cannot evaluate"):
        frame.evaluate(MatrixSymbol("Z", blocks.d, blocks.d), {})
    assert frame.evaluate(Function("f")(Symbol("s")), {Symbol("s"): 2}) == Function("f")(2)
