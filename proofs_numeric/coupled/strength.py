r"""How strongly oscillators pull one another and turn by themselves, bounded from above.

Row sums :math:`s_i = \sum_k |J_{ik}|` bound the force of all other oscillators on one;
:math:`a^F_i = \|A_i\|_F/\sqrt2 \ge \|A_i\|_2` bounds its own rotation, since the singular values
of a skew matrix come in pairs. Neither takes a temporary array of the size of J.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.proofs_numeric.decoupled import row_blocks
from lohe.proofs_numeric.enclosure import norm_bounds, rescale_up, sqrt_up, sum_up, up
from lohe.proofs_numeric.exact import integers, rationals

__all__ = [
    "crosstalk_sum_exactly",
    "crosstalk_sums_upper",
    "frequency_norm_up",
    "frequency_norms_upper",
    "heard_upper",
    "row_sum_growth",
    "symmetric",
]

Floats = NDArray[np.float64]

# Side of the tiles in which a dense matrix is held against its transpose: 8 MB each.
_TILE = 1024
# What flushing subnormal terms and sums to zero may cost, per term.
_FLUSHED = 2.0**-1000


def crosstalk_sums_upper(network: Network) -> Floats:
    r"""Bound the row sums :math:`s_i = \sum_k |J_{ik}|` of the exact crosstalk from above.

    Parameters
    ----------
    network
        With dense, sparse or no crosstalk.

    Returns
    -------
    (n,) array
        Relative excess about the number of terms times 2e-16; infinity beyond the largest float.

    Examples
    --------
    >>> network = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, -0.5], [0.25, 0.0]])
    >>> bool(np.all(crosstalk_sums_upper(network) >= [0.5, 0.25]))
    True
    """
    matrix = network.crosstalk
    if matrix is None:
        return np.zeros(network.n)
    with np.errstate(over="ignore"):
        if not sparse.issparse(matrix):
            found = np.empty(network.n)
            for rows in row_blocks(*matrix.shape):
                found[rows] = sum_up(np.abs(matrix[rows]))
            return found
        # Times a vector of ones: every product is exact, so only the sums are rounded.
        sizes = sparse.csr_array(
            (np.abs(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape
        )
        sums = sizes @ np.ones(network.n)
        counts = np.diff(matrix.indptr)
        return up(up(sums * row_sum_growth(counts)) + counts * _FLUSHED)


def heard_upper(network: Network, sizes: Floats) -> Floats:
    r"""Bound :math:`m_i = \sum_k |J_{ik}| w_k` of the exact crosstalk from above.

    Parameters
    ----------
    network
        With dense, sparse or no crosstalk, entries at most 2^200 in size.
    sizes : (n,) array
        The :math:`w_k`, in [0, 1].

    Examples
    --------
    >>> network = Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, -0.5], [0.25, 0.0]])
    >>> bool(np.all(heard_upper(network, np.array([1.0, 0.5])) >= [0.25, 0.25]))
    True
    """
    matrix = network.crosstalk
    if matrix is None:
        return np.zeros(network.n)
    if sparse.issparse(matrix):
        magnitudes = sparse.csr_array(
            (np.abs(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape
        )
        sums, counts = magnitudes @ sizes, np.diff(matrix.indptr)
    else:
        sums, counts = np.empty(network.n), np.full(network.n, network.n)
        for rows in row_blocks(*matrix.shape):
            sums[rows] = np.abs(matrix[rows]) @ sizes
    # k products and k - 1 sums: off by gamma_k, which the growth of k terms covers.
    return up(up(sums * row_sum_growth(counts)) + counts * _FLUSHED)


def row_sum_growth(counts: NDArray[Any]) -> Floats:
    r"""Return factors by which a computed sum of non-negative numbers bounds the exact one.

    Parameters
    ----------
    counts : (n,) int array
        Numbers of terms, at most 2^40. The factor is at least
        :math:`1 + 2\gamma_{k+2} \ge 1/(1 - \gamma_{k+2})`.
    """
    # 2 gamma_(k+2) = 2 (k + 2) u / (1 - (k + 2) u) < (k + 3) 2^-51, and that product is exact.
    return up(1.0 + (counts + 3.0) * 2.0**-51)


def crosstalk_sum_exactly(network: Network, i: int) -> Fraction:
    """Return the exact row sum of oscillator `i`."""
    matrix = network.crosstalk
    if matrix is None:
        return Fraction(0)
    row = (
        matrix.data[matrix.indptr[i] : matrix.indptr[i + 1]]
        if sparse.issparse(matrix)
        else matrix[i]
    )
    whole, exponent = integers(np.abs(row))
    return Fraction(sum(whole.tolist(), 0)) * Fraction(2) ** exponent


def frequency_norms_upper(network: Network) -> Floats:
    r"""Bound :math:`a^F_i = \|A_i\|_F/\sqrt2`, and so the spectral norms, from above.

    Returns
    -------
    (n,) array
        Exactly 0 for an oscillator without natural frequency; infinity beyond the largest float.

    Examples
    --------
    >>> turn = [[[0.0, -3.0], [3.0, 0.0]]]
    >>> upper = frequency_norms_upper(Network([[1.0, 0.0]], frequency=turn))
    >>> bool(3.0 <= upper[0] < 3.0 + 1e-14)
    True
    """
    if network.frequency is None:
        return np.zeros(network.n)
    # Half of the squared Frobenius norm of a skew matrix lies above its diagonal.
    entries = network.frequency[(slice(None), *np.triu_indices(network.d, 1))]
    largest = np.abs(entries).max(axis=1)
    exponent = np.frexp(largest)[1].astype(np.int64)
    scaled = np.ldexp(entries, -exponent[:, np.newaxis])
    upper = rescale_up(norm_bounds(scaled, np.zeros_like(scaled))[1], exponent)
    return np.where(largest == 0, 0.0, upper)


def frequency_norm_up(network: Network, i: int) -> Fraction:
    r"""Bound :math:`\|A_i\|_F/\sqrt2` from above in rationals; exact where the root is."""
    if network.frequency is None:
        return Fraction(0)
    entries = rationals(network.frequency[i][np.triu_indices(network.d, 1)])
    return sqrt_up(sum((a * a for a in entries), Fraction(0)))


def symmetric(network: Network) -> bool:
    """Say whether the stored crosstalk equals its transpose, entry by entry.

    Examples
    --------
    >>> symmetric(Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.1], [0.1, 0.0]]))
    True
    >>> symmetric(Network([[1.0, 0.0]] * 2, crosstalk=[[0.0, 0.1], [0.2, 0.0]]))
    False
    """
    matrix = network.crosstalk
    if matrix is None:
        return True
    if sparse.issparse(matrix):
        return bool((matrix != matrix.T).nnz == 0)
    tiles = [slice(start, start + _TILE) for start in range(0, network.n, _TILE)]
    return all(
        np.array_equal(matrix[rows, columns], matrix[columns, rows].T)
        for place, rows in enumerate(tiles)
        for columns in tiles[: place + 1]
    )
