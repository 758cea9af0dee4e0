"""The steps of the exponential integrator compiled by Numba: each flow in one pass.

The same method as `CommutatorFree`, with the same results up to rounding. What NumPy does in a
dozen passes over the states, loops over tiles of trials do in one, between the same matrix
products; they run in one thread. Needs the extra ``fast``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lohe.dynamics.commutator_free import BENDING, CommutatorFree
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network

__all__ = ["CompiledCommutatorFree"]

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Quadruple = tuple[Floats, Floats, Floats, Floats]
Triple = tuple[Floats, Floats, Floats]
Constants = tuple[Floats, Floats, Floats, Integers, Integers]  # drive, J dense, J by rows
Function = TypeVar("Function", bound=Callable[..., object])

_TILE = 128  # trials at a time: their scratch rows stay in the innermost cache
_LEAST = 1e-290  # added to squares of rates: without force, x stays where it is

# exp(-r) is 2^-k exp(f) with |f| <= ln(2)/2, where Taylor's series of this degree is exact to
# rounding; beyond the largest r it is 1e-304, and no longer counts beside 1.
_LARGEST = 700.0
_PER_OCTAVE = 1.4426950408889634
_OCTAVE = 0.693147180369123816490  # ln(2) in two parts, so that k times the first is exact
_OCTAVE_REST = 1.90821492927058770002e-10
_SERIES = tuple(1.0 / math.factorial(order) for order in range(13, -1, -1))
_EXPONENT_BIAS, _EXPONENT_SHIFT = 1023, 52


def _compiled(function: Function) -> Function:
    # Contracting to fused multiply-adds is the one liberty taken; NaN must still be seen.
    options = numba.njit(cache=True, error_model="numpy", fastmath={"contract", "nsz"})
    return cast(Function, options(function))


class CompiledCommutatorFree(CommutatorFree):
    """Steps of a network's motion, compiled.

    What `CommutatorFree` calls forces is here the crosstalk J x alone: the loops add the drives.

    Parameters
    ----------
    network
        Without natural frequencies.
    width
        Largest number of trials.

    Raises
    ------
    InputError
        If the network has natural frequencies.
    """

    def __init__(self, network: Network, width: int) -> None:
        if network.has_frequency:
            raise InputError("the compiled integrator takes no natural frequencies; use 'numpy'")
        super().__init__(network, width)
        dense, rows = np.zeros((0, 0)), sparse.csr_array((network.n, network.n))
        if isinstance(self._crosstalk, np.ndarray):
            dense = self._crosstalk.copy()
        elif self._crosstalk is not None:
            rows = self._crosstalk
        # Always of the same types, so that there is one version to compile.
        pattern = rows.indices.astype(np.int64), rows.indptr.astype(np.int64)
        self._constants = (network.drive.copy(), dense, rows.data.copy(), *pattern)

    def force(self, x: Floats, out: Floats) -> Floats:
        """Write the crosstalk J x on states (n, d, B) into `out`; return it."""
        self.crosstalk(x, out)
        return out

    def first_step(self, force: Floats, tolerance: float) -> Floats:
        """Guess steps (B,), as `CommutatorFree.first_step`."""
        return super().first_step(force + self._drive, tolerance)

    def step(self, x: Floats, force: Floats, time: Floats, moved: Floats, after: Floats) -> Floats:
        """Make one step of each trial; return its estimated error, as `CommutatorFree.step`."""
        error = np.empty(time.size)
        _step(self._constants, (x, force, time), (moved, after, error))
        return error


@_compiled
def _step(constants: Constants, start: Triple, end: Triple) -> None:
    """Make one step of each trial, a tile of trials at a time.

    `start` is (states, their crosstalk, lengths of the steps), `end` takes (states, their
    crosstalk, estimated errors).
    """
    x, heard, time = start
    moved, after, error = end
    drive = constants[0]
    n, d, batch = x.shape
    shape = (n, d, _TILE)
    first, k1 = np.zeros(shape), np.zeros(shape)
    k2, k3, k4 = np.empty(shape), np.empty(shape), np.empty(shape)
    middle, state = np.empty(shape), np.empty(shape)
    span, worst, bent = np.zeros(_TILE), np.empty(_TILE), np.empty(_TILE)
    for begin in range(0, batch, _TILE):
        size = min(_TILE, batch - begin)
        tile = slice(begin, begin + size)
        span[:size] = time[tile]
        for i in range(n):
            for c in range(d):
                first[i, c, :size] = x[i, c, tile]
                k1[i, c, :size] = heard[i, c, tile]

        half, twelfth = span / 2.0, span / 12.0
        _flow(first, (k1, k1, drive), (0.0, 1.0), half, middle)
        _crosstalk(constants, middle, k2)
        _flow(first, (k2, k2, drive), (0.0, 1.0), half, state)
        _crosstalk(constants, state, k3)
        _flow(middle, (k3, k1, drive), (-0.5, 0.5), span, state)
        _crosstalk(constants, state, k4)

        _bending((k1, k2, k3, k4), drive, span, bent)
        _last_two(k1, k2, k3, k4)
        _flow(first, (k2, k2, drive), (0.0, 6.0), twelfth, state)
        _flow(state, (k3, k3, drive), (0.0, 6.0), twelfth, first)
        _scale_to_sphere(first)
        _crosstalk(constants, first, k1)

        _largest_distance(k1, k4, worst)
        for i in range(n):
            for c in range(d):
                moved[i, c, tile] = first[i, c, :size]
                after[i, c, tile] = k1[i, c, :size]
        for b in range(size):
            embedded = span[b] / 10.0 * worst[b]
            error[begin + b] = _larger(bent[b], embedded)


@_compiled
def _larger(one: float, two: float) -> float:
    """Return the larger number, and NaN, from a step that overflows, if either is NaN."""
    return two if two > one or np.isnan(two) else one


@_compiled
def _last_two(k1: Floats, k2: Floats, k3: Floats, k4: Floats) -> None:
    """Turn `k2` and `k3` into twelve times the crosstalk in the last two flows of a step."""
    for i in range(len(k1)):
        for c in range(k1.shape[1]):
            a1, a2, a3, a4 = k1[i, c], k2[i, c], k3[i, c], k4[i, c]
            for k in range(_TILE):
                common = 2.0 * (a2[k] + a3[k]) + (a1[k] + a4[k])
                skew = 2.0 * (a1[k] - a4[k])
                a2[k] = common + skew
                a3[k] = common - skew


@_compiled
def _flow(x: Floats, parts: Triple, shares: tuple[float, float], time: Floats, out: Floats) -> None:
    """Write into `out` where T1's flow brings the states `x` (n, d, tile) in a time (tile,).

    `parts` are two arrays of crosstalk and the drives, `shares` (s, t) the weights of the last two:
    the forces are ``one + s * two + t * drive``. The formula is that of `Boost` times the square
    of the rate, which leaves one division.
    """
    one, two, drive = parts
    n, d, _ = x.shape
    force = np.empty((d, _TILE))
    square, toward = np.empty(_TILE), np.empty(_TILE)
    rate, scale, decay = np.empty(_TILE), np.empty(_TILE), np.empty(_TILE)
    bits = np.empty(_TILE, dtype=np.int64)
    powers = bits.view(np.float64)
    for i in range(n):
        square[:] = _LEAST
        toward[:] = 0.0
        for c in range(d):
            state, heard, other, total = x[i, c], one[i, c], two[i, c], force[c]
            constant = shares[1] * drive[i, c]
            for k in range(_TILE):
                total[k] = heard[k] + shares[0] * other[k] + constant
                square[k] += total[k] * total[k]
                toward[k] += total[k] * state[k]
        for k in range(_TILE):
            rate[k] = np.sqrt(square[k])
            scale[k] = min(rate[k] * time[k], _LARGEST)
        # exp(-scale), which the library takes of one number at a time
        for k in range(_TILE):
            octaves = np.floor(scale[k] * _PER_OCTAVE + 0.5)
            f = (octaves * _OCTAVE - scale[k]) + octaves * _OCTAVE_REST
            series = _SERIES[0]
            for order in range(1, 14):
                series = series * f + _SERIES[order]
            decay[k] = series
            bits[k] = (_EXPONENT_BIAS - np.int64(octaves)) << _EXPONENT_SHIFT
        for k in range(_TILE):
            left = decay[k] * powers[k]
            gone, rest = 1.0 - left, (1.0 + left) * rate[k]
            weight = gone * toward[k] + rest
            kept = 2.0 * left * square[k]
            inverse = 1.0 / (weight * rest - kept)
            scale[k] = kept * inverse
            toward[k] = gone * weight * inverse
        for c in range(d):
            state, total, moved = x[i, c], force[c], out[i, c]
            for k in range(_TILE):
                moved[k] = scale[k] * state[k] + toward[k] * total[k]


@_compiled
def _bending(heard: Quadruple, drive: Floats, time: Floats, error: Floats) -> None:
    """Write the estimate from the second difference of the forces, as `CommutatorFree` has it.

    All is compared in squares, and the smallest of three shares is one over the largest inverse.
    """
    k1, k2, k3, k4 = heard
    n, d, _ = k1.shape
    rates, bends = np.empty((n, _TILE)), np.empty((n, _TILE))
    fastest, least = np.zeros(_TILE), np.empty(_TILE)
    for i in range(n):
        rate, bend = rates[i], bends[i]
        rate[:] = 0.0
        bend[:] = 0.0
        for c in range(d):
            a1, a2, a3, a4 = k1[i, c], k2[i, c], k3[i, c], k4[i, c]
            constant = drive[i, c]
            for k in range(_TILE):
                bend[k] += ((a1[k] + a4[k]) - (a2[k] + a3[k])) ** 2
                rate[k] += (a4[k] + constant) ** 2
        for k in range(_TILE):
            rate[k] *= time[k] ** 2
            fastest[k] = max(fastest[k], rate[k])
    for k in range(_TILE):
        least[k] = max(1.0, (BENDING / fastest[k]) ** 2)
    error[:] = 0.0
    for i in range(n):
        rate, bend = rates[i], bends[i]
        for k in range(_TILE):
            error[k] = _larger(error[k], bend[k] / max(least[k], rate[k]))
    for k in range(_TILE):
        error[k] = time[k] * np.sqrt(error[k])


@_compiled
def _scale_to_sphere(states: Floats) -> None:
    n, d, _ = states.shape
    size = np.empty(_TILE)
    for i in range(n):
        size[:] = 0.0
        for c in range(d):
            state = states[i, c]
            for k in range(_TILE):
                size[k] += state[k] * state[k]
        for k in range(_TILE):
            size[k] = 1.0 / np.sqrt(size[k])
        for c in range(d):
            state = states[i, c]
            for k in range(_TILE):
                state[k] *= size[k]


@_compiled
def _largest_distance(one: Floats, two: Floats, largest: Floats) -> None:
    """Write the distance of the worst oscillator between two arrays (n, d, tile)."""
    n, d, _ = one.shape
    square = np.empty(_TILE)
    largest[:] = 0.0
    for i in range(n):
        square[:] = 0.0
        for c in range(d):
            a, b = one[i, c], two[i, c]
            for k in range(_TILE):
                square[k] += (a[k] - b[k]) ** 2
        for k in range(_TILE):
            largest[k] = _larger(largest[k], square[k])
    for k in range(_TILE):
        largest[k] = np.sqrt(largest[k])


@_compiled
def _crosstalk(constants: Constants, x: Floats, out: Floats) -> None:
    """Write J x into `out`, both (n, d, tile), for J dense or, where that is empty, sparse."""
    _, dense, data, indices, indptr = constants
    n, d, _ = x.shape
    if dense.size:
        np.dot(dense, x.reshape(n, -1), out.reshape(n, -1))
        return
    for i in range(n):
        out[i] = 0.0
        for entry in range(indptr[i], indptr[i + 1]):
            weight, source = data[entry], indices[entry]
            for c in range(d):
                total, heard = out[i, c], x[source, c]
                for k in range(_TILE):
                    total[k] += weight * heard[k]
