"""Object arrays of Arb's balls: conversion, products and rounding outward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import ArrayLike, NDArray

from lohe.proofs_numeric.balls import Balls
from lohe.proofs_numeric.equilibria import twofold

__all__ = [
    "Arbs",
    "arbs",
    "array",
    "matrix",
    "precision",
    "product",
    "times_floats",
    "to_balls",
    "upper",
]

Arbs = NDArray[Any]
"""An object array of Arb's balls."""

Floats = NDArray[np.float64]

_TWOFOLD_BITS = 128


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Set the working precision for a while."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def arbs(middle: ArrayLike, radius: ArrayLike | None = None) -> Arbs:
    """Take floats as the numbers that they are, or as middles of balls."""
    middles = np.asarray(middle, dtype=np.float64)
    found = np.empty(middles.shape, dtype=object)
    values = middles.ravel().tolist()
    if radius is None:
        found.reshape(-1)[:] = [arb(value) for value in values]
    else:
        radii = np.broadcast_to(radius, middles.shape).ravel().tolist()
        found.reshape(-1)[:] = [arb(m, r) for m, r in zip(values, radii, strict=True)]
    return found


def matrix(values: Arbs) -> arb_mat:
    """Return a two-dimensional array as one of Arb's matrices."""
    return arb_mat(values.tolist())


def array(values: Any) -> Arbs:
    """Return one of Arb's matrices, real or complex, as an array."""
    found = np.empty((values.nrows(), values.ncols()), dtype=object)
    found.reshape(-1)[:] = values.entries()
    return found


def product(left: Arbs, right: Arbs) -> Arbs:
    """Multiply two matrices."""
    return array(matrix(left) * matrix(right))


def times_floats(left: Floats, right: Arbs) -> Arbs:
    """Multiply a matrix of floats with one of Arb's balls, to about 100 bits at least.

    Converting a large matrix takes longer than the product does, so up to that precision the
    product is made of doubles.
    """
    if ctx.prec > _TWOFOLD_BITS or np.abs(left).max(initial=0.0) > twofold.SAFE:
        return product(arbs(left), right)
    high = np.array([float(value) for value in right.ravel()]).reshape(right.shape)
    rest = right - arbs(high)
    low = np.array([float(value) for value in rest.ravel()]).reshape(right.shape)
    if not np.abs(high).max(initial=0.0) <= twofold.SAFE:
        return product(arbs(left), right)
    spread = Balls.exact(np.abs(left)) @ upper(np.abs(rest - arbs(low)))
    high, low, radius = twofold.product(left, (high, low))
    return arbs(high) + arbs(low, (Balls.exact(radius) + spread).upper)


def upper(values: Arbs) -> Floats:
    """Return floats at least as large as every number of the balls; infinity for NaN."""
    ends = np.array([float(value.upper()) for value in values.ravel()], dtype=np.float64)
    # A float of Arb is the nearest one, so the next is above.
    ends = np.where(np.isnan(ends), np.inf, np.nextafter(ends, np.inf))
    return ends.reshape(values.shape)


def to_balls(values: Arbs) -> Balls:
    """Enclose Arb's balls in doubles."""
    middle = np.array([float(value) for value in values.ravel()]).reshape(values.shape)
    middle = np.where(np.isfinite(middle), middle, 0.0)
    return Balls(middle, upper(np.abs(values - arbs(middle))))
