"""Object arrays of Arb's balls: conversion, products and rounding outward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import ArrayLike, NDArray

from lohe.proofs_numeric.balls import Balls

__all__ = ["Arbs", "arbs", "array", "matrix", "precision", "product", "to_balls", "upper"]

Arbs = NDArray[Any]
"""An object array of Arb's balls."""

Floats = NDArray[np.float64]


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


def upper(values: Arbs) -> Floats:
    """Return floats at least as large as every number of the balls; infinity for NaN."""

    def rounded(value: arb) -> float:
        end = value.upper()
        found = float(end)
        if np.isnan(found):
            return np.inf
        while not arb(found) >= end:
            found = float(np.nextafter(found, np.inf))
        return found

    flat = [rounded(value) for value in values.ravel()]
    return np.array(flat, dtype=np.float64).reshape(values.shape)


def to_balls(values: Arbs) -> Balls:
    """Enclose Arb's balls in doubles."""
    middle = np.array([float(value) for value in values.ravel()]).reshape(values.shape)
    middle = np.where(np.isfinite(middle), middle, 0.0)
    return Balls(middle, upper(np.abs(values - arbs(middle))))
