"""The exact half of the independent checker: a network's drives in integers and rationals.

Like `checker`, it shares nothing with the program that makes certificates: the standard library,
NumPy to hold arrays, and python-flint for integers and rationals of any size.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
from flint import fmpq, fmpz, fmpz_mat

__all__ = [
    "Instance",
    "RejectedError",
    "UnconfirmedError",
    "inner",
    "instance_digest",
    "number",
    "power",
    "sqrt_down",
    "sqrt_up",
]

ANCHORED = ("couplings", "anchors", "visible")
SPARSE = ("crosstalk_data", "crosstalk_indices", "crosstalk_indptr")
ARRAYS = ("drive", *ANCHORED, *SPARSE, "crosstalk", "frequency", "readout_exponent")
INTEGERS = ("visible", "crosstalk_indices", "crosstalk_indptr")
ROWS, ROOT_BITS = 4096, 160


class RejectedError(ValueError):
    """The document is no certificate of this network; one line says why."""


class UnconfirmedError(Exception):
    """A claim could not be confirmed; one line says why."""


def rational(value: float) -> fmpq:
    """Return the rational that a float is."""
    return fmpq(*map(fmpz, float(value).as_integer_ratio()))


def number(text: Any) -> fmpq:
    """Return the rational that the text of a hexadecimal float is."""
    try:
        value = float.fromhex(text)
    except (TypeError, ValueError, OverflowError) as error:
        raise RejectedError(f"{text!r:.40} is not a hexadecimal float") from error
    if not isfinite(value) or value.hex() != text:
        raise RejectedError(f"{text!r:.40} is not a canonical hexadecimal float")
    return rational(value)


def power(exponent: int) -> fmpq:
    """Return a power of two."""
    return fmpq(fmpz(1) << exponent) if exponent >= 0 else fmpq(1, fmpz(1) << -exponent)


def inner(x: Sequence[fmpq], y: Sequence[fmpq]) -> fmpq:
    """Return the inner product."""
    return sum((a * b for a, b in zip(x, y, strict=True)), fmpq(0))


def _root(x: fmpq) -> tuple[fmpz, int]:
    """Return the floor of 2^k times the root of x > 0, and k: finer than any float near it."""
    bits = int(x.p).bit_length() - int(x.q).bit_length()
    k = max(ROOT_BITS - bits // 2, 0)
    return ((x.p << 2 * k) // x.q).isqrt(), k


def sqrt_down(x: fmpq) -> fmpq:
    """Return a lower bound of the root of x >= 0."""
    if x == 0:
        return x
    floor, k = _root(x)
    return fmpq(floor, fmpz(1) << k)


def sqrt_up(x: fmpq) -> fmpq:
    """Return an upper bound of the root of x >= 0."""
    if x == 0:
        return x
    floor, k = _root(x)
    root = fmpq(floor, fmpz(1) << k)
    return root if root * root == x else fmpq(floor + 1, fmpz(1) << k)


def instance_digest(arrays: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a network: a line on each array, then its bytes."""
    sha = hashlib.sha256(b"lohe.network 1\n")
    for name in ARRAYS:
        if name in arrays:
            array = np.asarray(arrays[name])
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            sha.update(f"{name} {little.dtype.str} {','.join(map(str, array.shape))}\n".encode())
            sha.update(little.data)
    return sha.hexdigest()


def validate(arrays: Mapping[str, Any]) -> None:
    """Refuse arrays that are no network."""
    if set(arrays) - set(ARRAYS) or "readout_exponent" not in arrays:
        raise RejectedError("the network's arrays are not those of a network file")
    for name in set(arrays) - set(INTEGERS):
        if arrays[name].dtype != np.float64 or not np.isfinite(arrays[name]).all():
            raise RejectedError(f"{name} holds numbers that are not finite 64-bit floats")
    given = tuple(name in arrays for name in ("drive", "couplings", "anchors"))
    if given not in ((True, False, False), (False, True, True)):
        raise RejectedError("the network needs either drives, or couplings and anchors")
    for name in {"drive", "couplings", "anchors"} & set(arrays):
        if arrays[name].ndim != 2 or 0 in arrays[name].shape:
            raise RejectedError(f"{name} is not a matrix")
    if arrays["anchors" if "anchors" in arrays else "drive"].shape[1] < 2:
        raise RejectedError("the dimension is less than 2")
    if arrays["readout_exponent"].ndim != 0:
        raise RejectedError("readout_exponent is not one number")
    if "couplings" not in arrays:
        return
    couplings = arrays["couplings"]
    if couplings.shape[1] != arrays["anchors"].shape[0] or np.any(couplings < 0):
        raise RejectedError("couplings are negative or do not fit the anchors")
    visible = arrays.get("visible", couplings > 0)
    if visible.dtype != np.bool_ or visible.shape != couplings.shape:
        raise RejectedError("visible does not fit the couplings")
    if np.any((couplings > 0) & ~visible):
        raise RejectedError("a hidden key has a positive coupling")


def integers(rows: Any) -> tuple[fmpz_mat, list[int]]:
    """Return floats as an integer matrix and a power of two for each row, exactly."""
    mantissa, exponent = np.frexp(rows)
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    shift = np.where(rows == 0, 2000, exponent.astype(np.int64) - 53)
    lowest = shift.min(axis=1)
    shift = np.where(rows == 0, 0, shift - lowest[:, None])
    entries = (whole.astype(object) << shift.astype(object)).ravel().tolist()
    return fmpz_mat(rows.shape[0], rows.shape[1], entries), [int(e) for e in lowest]


def products(factors: Any, table: list[list[fmpq]]) -> list[list[fmpq]]:
    """Return the exact matrix product of floats and rationals with power-of-two denominators."""
    columns = len(table[0])
    scale = max(int(x.q) for row in table for x in row)
    whole = fmpz_mat(len(table), columns, [(x * scale).p for row in table for x in row])
    rows: list[list[fmpq]] = []
    for start in range(0, len(factors), ROWS):
        block, exponents = integers(factors[start : start + ROWS])
        totals = (block * whole).entries()
        for k, exponent in enumerate(exponents):
            unit = power(exponent) / scale
            rows.append([x * unit for x in totals[k * columns : (k + 1) * columns]])
    return rows


class Instance:
    """A network's exact drives, and the sums that bound what a device can do to them."""

    def __init__(self, arrays: Mapping[str, Any], mismatch: fmpq) -> None:
        validate(arrays)
        self.arrays, self.mismatch = arrays, mismatch
        self.anchored = "couplings" in arrays
        coupled = {"crosstalk", "crosstalk_data", "frequency"} & set(arrays)
        self.coupled = any(bool(np.any(arrays[name])) for name in coupled)
        self.table: list[list[fmpq]] = []
        self.norms: list[fmpq] = []
        if self.anchored:
            self.table = [[rational(x) for x in row] for row in arrays["anchors"]]
            self.norms = [sqrt_up(inner(row, row)) for row in self.table]
            table = [[*row, norm] for row, norm in zip(self.table, self.norms, strict=True)]
            totals = products(arrays["couplings"], table)
            self.drives = [total[:-1] for total in totals]
            self.masses = [total[-1] for total in totals]
            self.squares = [inner(drive, drive) for drive in self.drives]
        elif mismatch > 0:
            raise RejectedError("a mismatch needs couplings and anchors; the network has drives")
        else:
            self.drives = [[rational(x) for x in row] for row in arrays["drive"]]
            self.squares = [inner(drive, drive) for drive in self.drives]
            self.masses = [sqrt_up(square) for square in self.squares]
        self.n, self.d = len(self.drives), len(self.drives[0])
        self._floors: dict[str, tuple[list[fmpq], fmpq]] = {}

    def couplings(self, i: int) -> list[fmpq]:
        """Return the exact couplings of oscillator `i`."""
        return [rational(w) for w in self.arrays["couplings"][i]]

    def floors(self, directions: Any) -> tuple[list[fmpq], fmpq]:
        """Return positive lower bounds of ‖h'_i‖ over all devices and their least, or refuse."""
        key = json.dumps(directions, sort_keys=True)
        if key not in self._floors:
            given = {} if directions is None else directions
            if not isinstance(given, dict) or not all(isinstance(y, list) for y in given.values()):
                raise RejectedError("directions must map oscillators to lists")
            floors = [self._floor(i, given.get(str(i))) for i in range(self.n)]
            self._floors[key] = floors, min(floors)
        return self._floors[key]

    def _floor(self, i: int, direction: list[Any] | None) -> fmpq:
        if direction is None:
            floor = sqrt_down(self.squares[i]) - self.mismatch * self.masses[i]
        else:
            y = [number(x) for x in direction]
            if len(y) != self.d or not any(y) or not self.anchored:
                raise UnconfirmedError(f"the direction of oscillator {i} has the wrong shape")
            pairs = zip(self.couplings(i), self.table, strict=True)
            reach = sum((w * abs(inner(y, r)) for w, r in pairs), fmpq(0))
            floor = (inner(y, self.drives[i]) - self.mismatch * reach) / sqrt_up(inner(y, y))
        if floor <= 0:
            raise UnconfirmedError(f"oscillator {i} may be left without a drive")
        return floor

    def coherence_square(self) -> fmpq:
        """Return a lower bound of min_i ρ_i², exact up to the rounding of the anchors' norms."""
        pairs = zip(self.squares, self.masses, strict=True)
        return min(q / (mass * mass) if mass else fmpq(0) for q, mass in pairs)

    def weights_within(self, bound: fmpq) -> bool:
        """Say whether Σ_j |a'_ij - a_ij| <= bound is sure for every oscillator and device (T3)."""
        if bound >= 2 or self.mismatch == 0:
            return bound >= 0
        visible = np.asarray(self.arrays.get("visible", self.arrays["couplings"] > 0))
        one, zero = fmpq(1), fmpq(0)
        pairs = zip(self.table, self.norms, strict=True)
        table = [[*row, norm, max(zero, norm - one), one] for row, norm in pairs]
        totals = products(visible.astype(np.float64), table)
        for i, (*total, norm, clamps, keys) in enumerate(totals):
            sine_square = (self.mismatch * self.masses[i]) ** 2 / self.squares[i]
            if sine_square >= 1:
                return False
            chord = sqrt_up(2 * sine_square / (1 + sqrt_down(1 - sine_square)))
            projection = inner(self.drives[i], total)
            root = sqrt_up if projection > 0 else sqrt_down
            weight = keys + projection / root(self.squares[i])
            moved = chord * norm
            shift = min(moved, chord * sqrt_up(inner(total, total)) + clamps)
            if not (weight > shift and bound * (weight - shift) >= moved + shift):
                return False
        return True
