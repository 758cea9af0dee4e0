"""What every layer's adjoint obeys, whatever the layer."""

import numpy as np

from lohe.attention.gradcheck import check_pullback


def matches_differences(layer, shapes):
    """Hold the adjoint, at normal arguments of such shapes, against differences."""
    rng = np.random.default_rng(11)
    check = check_pullback(layer, [rng.standard_normal(shape) for shape in shapes], rng)
    assert check.relative_error < 1e-7
    assert check.order > 1.9


def stays_single(layer, shapes):
    """Hold the result and every gradient of single-precision arguments to single precision."""
    rng = np.random.default_rng(12)
    y, pullback = layer(*(rng.standard_normal(shape).astype(np.float32) for shape in shapes))
    if isinstance(y, float):
        y = np.float32(y)  # a loss is a number of Python's
    gradients = pullback(np.ones_like(y))
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    assert {array.dtype for array in (y, *gradients)} == {np.dtype(np.float32)}
