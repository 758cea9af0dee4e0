"""What is done to a chunk of rows, a few small matrices in cache."""

from __future__ import annotations

import numpy as np

from lohe.attention.kernels.compiled.jit import inlined

__all__ = ["CHUNK", "add_product", "add_rows", "copy", "masked", "past_only", "square"]

CHUNK = 32
"""Rows whose products with one another are formed directly."""


@inlined
def copy(source, target):
    """Copy rows to where they lie in order, as BLAS wants them."""
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[i, j] = source[i, j]


@inlined
def masked(source, kept, target):
    """Copy rows times a number each."""
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[i, j] = source[i, j] * kept[i]


@inlined
def square(flat, rows):
    """Return flat memory as a square matrix."""
    return flat[: rows * rows].reshape(rows, rows)


@inlined
def past_only(matrix):
    """Put 0 where a column is later than its row."""
    for i in range(matrix.shape[0]):
        matrix[i, i + 1 :] = 0


@inlined
def add_product(left, right, share, total):
    """Add a product of matrices; the share is memory to form it in."""
    np.dot(left, right, share)
    for i in range(total.shape[0]):
        for j in range(total.shape[1]):
            total[i, j] += share[i, j]


@inlined
def add_rows(rows, factors, total):
    """Add the sum of rows, each times its factor."""
    for i in range(rows.shape[0]):
        for j in range(rows.shape[1]):
            total[j] += rows[i, j] * factors[i]
