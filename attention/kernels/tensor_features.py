r"""Features whose inner product is a power: :math:`(1 + \langle x, r\rangle)^p`.

With :math:`\tilde x = (1, x)` the power is :math:`\langle \tilde x, \tilde r\rangle^p`, the inner
product of symmetric tensors (the polynomial kernel). Their distinct entries are the
:math:`\binom{d + p}{p}` monomials of degree p in the d + 1 coordinates, each weighted with the root
of how often it occurs.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from itertools import combinations_with_replacement
from typing import Any

from lohe.attention.arrays import Array

__all__ = ["tensor_features_vjp", "tensor_width"]

Pullback = Callable[[Array], Array]


def tensor_width(d: int, p: int) -> int:
    """Return how many features there are.

    Examples
    --------
    >>> [tensor_width(32, p) for p in (1, 2, 3, 4)]
    [33, 561, 6545, 58905]
    """
    return math.comb(d + p, p)


def tensor_features_vjp(xp: Any, x: Array, p: int) -> tuple[Array, Pullback]:
    """Return the features and their adjoint.

    Parameters
    ----------
    xp
        The array namespace.
    x : (..., d) array
    p : int
        Power, from 1.

    Returns
    -------
    features : (..., C(d + p, p)) array
    pullback : callable
        ``pullback(d_features) -> dx``.

    Examples
    --------
    >>> import numpy as np
    >>> x, r = (tensor_features_vjp(np, np.array(a), 3)[0] for a in ([0.5, 1.0], [2.0, -1.0]))
    >>> round(float(x @ r), 12)  # (1 + 0)^3
    1.0
    """
    augmented = xp.concat([xp.ones_like(x[..., :1]), x], axis=-1)
    if p == 1:
        return augmented, lambda d_features: d_features[..., 1:]
    columns = [augmented[..., i : i + 1] for i in range(augmented.shape[-1])]
    # In the order of their last coordinate, the monomials of one degree that may be multiplied by
    # coordinate i (those of coordinates 0 to i) come first: no gathering is needed.
    degrees = [augmented]
    for degree in range(1, p):
        lower = degrees[-1]
        degrees.append(
            xp.concat(
                [lower[..., : math.comb(i + degree, degree)] * c for i, c in enumerate(columns)],
                axis=-1,
            )
        )
    roots = xp.asarray(_roots(len(columns), p), dtype=x.dtype, device=x.device)

    def pullback(d_features: Array) -> Array:
        d_monomials = d_features * roots
        d_augmented = xp.zeros_like(augmented)
        for degree in range(p - 1, 0, -1):
            lower, end = degrees[degree - 1], 0
            d_lower = xp.zeros_like(lower)
            for i, column in enumerate(columns):
                count = math.comb(i + degree, degree)
                share = d_monomials[..., end : end + count]
                end += count
                d_augmented[..., i] += xp.vecdot(share, lower[..., :count])
                d_lower[..., :count] += share * column
            d_monomials = d_lower
        return (d_augmented + d_monomials)[..., 1:]

    return degrees[-1] * roots, pullback


@cache
def _roots(coordinates: int, p: int) -> list[float]:
    ordered = sorted(combinations_with_replacement(range(coordinates), p), key=lambda c: c[::-1])
    return [
        math.sqrt(math.factorial(p) / math.prod(math.factorial(c.count(i)) for i in set(c)))
        for c in ordered
    ]
