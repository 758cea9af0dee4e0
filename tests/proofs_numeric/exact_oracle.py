"""What the tests hold certificates against: the theorems in plain fractions and mpmath."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

from lohe.dynamics.network import Network


def fractions(values: Any) -> list[Any]:
    array = np.asarray(values)
    if array.ndim == 0:
        return Fraction(float(array))  # type: ignore[return-value]
    return [fractions(x) for x in array]


def inner(x: list[Fraction], y: list[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(x, y, strict=True)), Fraction(0))


def drives(network: Network) -> list[list[Fraction]]:
    if network.couplings is None:
        return fractions(network.drive)
    columns = list(zip(*fractions(network.anchors), strict=True))
    return [[inner(row, column) for column in columns] for row in fractions(network.couplings)]


def real(x: Fraction) -> Any:
    return mpmath.mpf(x.numerator) / x.denominator


def norm(x: list[Fraction]) -> Any:
    return mpmath.sqrt(real(inner(x, x)))


def masses(network: Network) -> list[Any]:
    norms = [norm(anchor) for anchor in fractions(network.anchors)]
    return [
        mpmath.fsum(real(w) * r for w, r in zip(row, norms, strict=True))
        for row in fractions(network.couplings)
    ]


def random_network(rng: np.random.Generator, n: int = 6, keys: int = 5, d: int = 3) -> Network:
    anchors = rng.standard_normal((keys, d))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    return Network(couplings=rng.exponential(size=(n, keys)), anchors=anchors)
