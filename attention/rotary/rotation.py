"""Rotation of planes by angles that grow with the position: rotary position, or phase drift."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["as_complex", "phasors", "rotary_frequencies", "turn"]

Floats = NDArray[Any]
Complexes = NDArray[Any]


def rotary_frequencies(planes: int, base: float = 10_000.0) -> NDArray[np.float64]:
    """Return the geometric spectrum base^(-k/planes), k = 0, 1, ..., in radians per token.

    Su et al. (RoFormer, arXiv 2104.09864), whose base is 10,000.

    Examples
    --------
    >>> rotary_frequencies(2).tolist()
    [1.0, 0.01]
    """
    return np.asarray(base ** (-np.arange(planes) / planes))


def phasors(frequency: Floats, tokens: int, start: int = 0, dtype: Any = np.float32) -> Complexes:
    """Return e^(-i frequency t) for the positions t from `start` on.

    Parameters
    ----------
    frequency : (...) array
        In radians per token.
    tokens : int
        Number of positions T.
    start : int
        The first position.
    dtype
        Of real and imaginary part. The angles themselves are formed in double precision, as the
        error of a single-precision angle would grow with the position.

    Returns
    -------
    (T, ...) complex array
    """
    position = np.arange(start, start + tokens, dtype=np.float64)
    angle = np.multiply.outer(position, frequency.astype(np.float64))
    return np.exp(-1j * angle).astype(np.result_type(dtype, np.complex64))


def as_complex(x: Floats) -> Complexes:
    """View neighbouring pairs of the last axis, which lies in one piece, as complex numbers.

    Examples
    --------
    >>> as_complex(np.array([1.0, 2.0, 3.0, 4.0])).tolist()
    [(1+2j), (3+4j)]
    """
    return x.view(np.result_type(x.dtype, np.complex64))


def turn(x: Floats, phasor: Complexes) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Rotate neighbouring pairs of the last axis, each in its plane.

    Parameters
    ----------
    x : (..., 2 p) array
        The last axis lies in one piece.
    phasor : (..., p) complex array
        Of modulus 1; broadcasts over the axes before the last.

    Returns
    -------
    y : (..., 2 p) array
    pullback : callable
        ``pullback(dy) -> dx``.

    Examples
    --------
    >>> turn(np.array([1.0, 2.0]), np.array([1j]))[0]
    array([-2.,  1.])
    """

    def rotate(y: Floats, by: Complexes) -> Floats:
        turned: Floats = (as_complex(y) * by).view(x.dtype)
        return turned

    back = phasor.conj()
    return rotate(x, phasor), lambda dy: rotate(dy, back)
