"""The exact half of the independent checker: instances in integers and rationals, flows in balls.

Like `checker`, it shares nothing with the program that makes certificates: the standard library,
NumPy to hold arrays, and python-flint for numbers of any size. Floats are computed with in two
places only: where they are integers below 2^53, and where a guess (an approximate inverse,
approximate eigenvectors) is then verified in Arb balls.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, reduce
from itertools import combinations
from math import isfinite, prod
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from flint import acb, acb_mat, arb, arb_mat, fmpq, fmpq_mat, fmpz

ANCHORED = ("couplings", "anchors", "visible")
SPARSE = ("crosstalk_data", "crosstalk_indices", "crosstalk_indptr")
NETWORK = ("drive", *ANCHORED, *SPARSE, "crosstalk", "frequency", "readout_exponent")
TOKENS = ("tokens", "query_weights", "key_weights", "anchors", "coupling", "causal", "key_mask")
WHOLE = ("visible", "crosstalk_indices", "crosstalk_indptr", "coupling", "causal", "key_mask")
ROOT_BITS, UNIT_BITS = 160, 100
ZERO, ONE = fmpq(0), fmpq(1)
UNKNOWNS, NODES, WORK, PENDING = 400, 2_000_000, 2**27, 5_000
TRIES, SPARE = 128, 4096
EITHER = (fmpq(-1), fmpq(1))
Arrays = Mapping[str, Any]


class RejectedError(ValueError):
    """The document is no certificate of this network; one line says why."""


class UnconfirmedError(Exception):
    """A claim could not be confirmed; one line says why."""


def confirm(sure: bool, otherwise: str) -> None:
    """Leave the claim open unless something is sure."""
    if not sure:
        raise UnconfirmedError(otherwise)


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


def natural(value: Any) -> int:
    """Return a natural number, or reject the document."""
    if type(value) is not int or value < 0:
        raise RejectedError(f"{value!r:.40} is not a natural number")
    return value


def rationals(values: Any) -> list[fmpq]:
    """Return a list of fractions from their texts, or reject the document."""
    try:
        pairs = [[int(part, 16) for part in text.split("/")] for text in values]
        return [fmpq(p, q) for p, q in pairs]
    except (AttributeError, TypeError, ValueError, ZeroDivisionError) as error:
        raise RejectedError("a fraction is not written p/q in hexadecimal") from error


def fields(document: Any, *names: str, optional: Sequence[str] = ()) -> list[Any]:
    """Return the fields by name; reject an object with others, or without one of them."""
    if not isinstance(document, dict):
        raise RejectedError("an object was expected")
    if not set(names) <= set(document) <= {*names, *optional}:
        raise RejectedError(f"found the fields {', '.join(document)}, not those expected"[:200])
    return [document.get(name) for name in (*names, *optional)]


def packed(value: Any, *shape: int | None) -> Any:
    """Return a packed array of finite floats; None stands for a length of 1 to 9."""
    if not isinstance(value, dict) or set(value) != {"shape", "float64"}:
        raise RejectedError("a packed array needs shape and float64, and nothing else")
    sizes, text = value["shape"], value["float64"]
    if not isinstance(text, str) or not isinstance(sizes, list):
        raise RejectedError("a packed array is not of the right types")
    if len(sizes) != len(shape) or any(type(k) is not int or k < 0 for k in sizes):
        raise RejectedError("the shape of a packed array is wrong")
    for size, expected in zip(sizes, shape, strict=True):
        if size != expected and not (expected is None and 0 < size < 10):
            raise RejectedError("the shape of a packed array is wrong")
    try:
        raw = base64.b64decode(text, validate=True)
    except ValueError as error:
        raise RejectedError("a packed array is not strict base64") from error
    if len(raw) != 8 * prod(sizes) or base64.b64encode(raw).decode() != text:
        raise RejectedError("a packed array does not have the length of its shape")
    array = np.frombuffer(raw, dtype="<f8").reshape(sizes)
    if not np.isfinite(array).all():
        raise RejectedError("a packed array holds NaN or infinity")
    return array


def power(exponent: int) -> fmpq:
    """Return a power of two."""
    return fmpq(fmpz(1) << exponent) if exponent >= 0 else fmpq(1, fmpz(1) << -exponent)


def inner(x: Iterable[fmpq], y: Iterable[fmpq]) -> fmpq:
    """Return the inner product."""
    return sum((a * b for a, b in zip(x, y, strict=True)), ZERO)


def root(x: fmpq, up: bool, bits: int = ROOT_BITS) -> fmpq:
    """Return a bound of the root of x >= 0, good to 2^-bits of it; exact where the root is."""
    if x == 0:
        return x
    p, q = x.p, x.q
    k = max(bits - (p.bit_length() - q.bit_length()) // 2, 0)
    floor = ((p << 2 * k) // q).isqrt()
    below = fmpq(floor, fmpz(1) << k)
    return below if not up or below * below == x else fmpq(floor + 1, fmpz(1) << k)


def instance_digest(arrays: Arrays) -> str:
    """Return the SHA-256 of an instance: a line on each array, then its bytes."""
    kind, names = ("tokens", TOKENS) if "tokens" in arrays else ("network", NETWORK)
    sha = hashlib.sha256(f"lohe.{kind} 1\n".encode())
    for name in names:
        if name in arrays:
            array = np.asarray(arrays[name])
            need(array.dtype.kind in "fiub", f"{name} does not hold numbers")
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            sha.update(f"{name} {little.dtype.str} {','.join(map(str, array.shape))}\n".encode())
            sha.update(little.data)
    return sha.hexdigest()


def need(sure: Any, otherwise: str) -> None:
    """Reject arrays that are no instance."""
    if not sure:
        raise RejectedError(otherwise)


def finite(arrays: Arrays, allowed: Sequence[str]) -> None:
    """Refuse unknown arrays, and floats that are not finite or not of 64 bits."""
    need(set(arrays) <= set(allowed), "the arrays are not those of an instance")
    for name in set(arrays) - set(WHOLE):
        sound = arrays[name].dtype == np.float64 and np.isfinite(arrays[name]).all()
        need(sound, f"{name} does not hold finite 64-bit floats")


def validate_network(arrays: Arrays) -> None:
    """Refuse arrays that are no network."""
    finite(arrays, NETWORK)
    given = tuple(name in arrays for name in ("drive", "couplings", "anchors"))
    known = ((True, False, False), (False, True, True))
    need(given in known, "the network needs either drives, or couplings and anchors")
    for name in {"drive", "couplings", "anchors"} & set(arrays):
        need(arrays[name].ndim == 2 and arrays[name].size, f"{name} is not a matrix")
    n = len(arrays["couplings" if given[1] else "drive"])
    d = arrays["anchors" if given[1] else "drive"].shape[1]
    need(d >= 2, "the dimension is less than 2")
    exponent = arrays.get("readout_exponent")
    need(exponent is not None and exponent.ndim == 0, "readout_exponent is not one number")
    if given[1]:
        couplings = arrays["couplings"]
        fits = couplings.shape[1] == len(arrays["anchors"]) and not np.any(couplings < 0)
        need(fits, "couplings are negative or do not fit the anchors")
        visible = arrays.get("visible", couplings > 0)
        fits = visible.dtype == np.bool_ and visible.shape == couplings.shape
        need(fits, "visible does not fit the couplings")
        need(not np.any((couplings > 0) & ~visible), "a hidden key has a positive coupling")
    else:
        need("visible" not in arrays, "visible needs couplings")
    if "frequency" in arrays:
        turning = arrays["frequency"]
        need(turning.shape == (n, d, d), "frequency does not fit the drives")
        need(not np.any(turning != -turning.swapaxes(1, 2)), "frequency is not skew")
    if "crosstalk" in arrays:
        matrix = arrays["crosstalk"]
        need(matrix.shape == (n, n) and not np.diagonal(matrix).any(), "crosstalk does not fit")
    found = [name for name in SPARSE if name in arrays]
    need(not found or (len(found) == 3 and "crosstalk" not in arrays), "crosstalk is incomplete")
    if found:
        data, columns, ends = (arrays[name] for name in SPARSE)
        fits = columns.dtype.kind == ends.dtype.kind == "i" and ends.shape == (n + 1,)
        need(fits and data.ndim == 1 and columns.shape == data.shape, "crosstalk does not fit")
        columns, ends = columns.astype(np.int64), ends.astype(np.int64)  # small ones wrap
        fits = ends[0] == 0 and ends[-1] == data.size and not np.any(np.diff(ends) < 0)
        need(fits, "crosstalk is no sparse matrix of the right size")
        rows = np.repeat(np.arange(n), np.diff(ends))
        fits = not np.any((columns < 0) | (columns >= n) | ((columns == rows) & (data != 0)))
        steps = (np.diff(columns) <= 0) & (np.diff(rows) == 0)
        need(fits and not steps.any(), "crosstalk has entries on its diagonal or out of order")


def planes(x: Any, bits: int) -> tuple[list[tuple[int, Any]], Any]:
    """Split rows of floats exactly: 2^low Σ_p 2^(p bits) plane_p, in integers below 2^bits."""
    mantissa, exponent = np.frexp(x)
    whole = np.ldexp(np.abs(mantissa), 53).astype(np.int64)
    shift = np.where(x == 0, 5000, exponent.astype(np.int64) - 53)
    low = shift.min(axis=1)
    shift = np.where(x == 0, 0, shift - low[:, None])
    found = []
    for p in range(-(-(53 + int(shift.max(initial=0))) // bits)):
        left = shift - p * bits
        moved = (whole << np.clip(left, 0, bits)) >> np.clip(-left, 0, 63)
        plane = (moved & ((1 << bits) - 1)).astype(np.float64)
        if plane.any():
            found.append((p, np.copysign(plane, x)))
    return found, low


def products(blocks: Iterable[tuple[Any, Any]], table: list[list[fmpq]]) -> list[list[fmpq]]:
    """Return the exact product of floats and rationals with power-of-two denominators.

    Each block holds rows, and the places in the table of their entries (None: all). Both factors
    are split into integers below 2^bits, with 2 bits + log2(terms) <= 53: every partial sum in a
    product of matrices is then an integer that a float holds exactly, in whatever order it is
    added. A bucket adds fewer than 2^10 such sums, as integers of 64 bits.
    """
    bits = (53 - (len(table) - 1).bit_length()) // 2
    scale = max(int(x.q) for row in table for x in row)
    whole: Any = np.array([[int((x * scale).p) for x in row] for row in table], dtype=object)
    size, columns, q = abs(whole), [], 0
    while np.any(size >> (q * bits)):
        part = (size >> (q * bits)) & ((1 << bits) - 1)
        columns.append((q, (part * np.where(whole < 0, -1, 1)).astype(np.float64)))
        q += 1
    rows: list[list[fmpq]] = []
    for block, places in blocks:
        split, low = planes(block, bits)
        buckets: dict[int, Any] = {}
        for p, left in split:
            for q, right in columns:
                found = (left @ (right if places is None else right[places])).astype(np.int64)
                buckets[p + q] = buckets[p + q] + found if p + q in buckets else found
        totals = np.zeros((len(block), len(table[0])), dtype=object)
        for place, found in buckets.items():
            totals += found.astype(object) << (place * bits)
        for total, exponent in zip(totals.tolist(), low.tolist(), strict=True):
            unit = power(exponent) / scale
            rows.append([unit * x for x in total])
    return rows


def dense_blocks(matrix: Any) -> Iterator[tuple[Any, Any]]:
    """Yield the rows of a matrix, some at a time."""
    step = max(1, 2**19 // max(1, matrix.shape[1]))
    for start in range(0, len(matrix), step):
        yield matrix[start : start + step], None


class Instance:
    """A network's exact drives, and the sums that bound what a device can do to them."""

    def __init__(self, arrays: Arrays, parameters: Mapping[str, fmpq]) -> None:
        validate_network(arrays)
        self.arrays, self.anchored = arrays, "couplings" in arrays
        names = ("mismatch", "crosstalk", "frequency", "anchors")
        self.mismatch, self.eta, self.omega, self.delta = (parameters[name] for name in names)
        self.exact = not any(parameters[name] for name in names)
        self.cache: dict[Any, Any] = {}
        self.table: list[list[fmpq]] = []
        if self.anchored:
            self.table = [[rational(x) for x in row] for row in arrays["anchors"]]
            self.norms = [root(inner(row, row), True) for row in self.table]
            table = [[*row, norm, ONE] for row, norm in zip(self.table, self.norms, strict=True)]
            totals = products(dense_blocks(arrays["couplings"]), table)
            self.drives = [total[:-2] for total in totals]
            self.masses, self.sums = ([total[k] for total in totals] for k in (-2, -1))
        elif self.mismatch > 0 or self.delta > 0:
            raise RejectedError("mismatch and displaced anchors need couplings and anchors")
        else:
            self.drives = [[rational(x) for x in row] for row in arrays["drive"]]
            self.masses = self.sums = [ZERO] * len(self.drives)
        self.squares = [inner(drive, drive) for drive in self.drives]
        self.n, self.d = len(self.drives), len(self.drives[0])
        shaken = self.delta * (1 + self.mismatch)
        pairs = zip(self.masses, self.sums, strict=True)
        self.errors = [self.mismatch * mass + shaken * total for mass, total in pairs]
        self.turning = bool(np.any(arrays.get("frequency", 0)))
        self.heard = any(bool(np.any(arrays.get(x, 0))) for x in ("crosstalk", SPARSE[0]))
        self.alone = not (self.turning or self.heard)

    def blocks(self) -> Iterator[tuple[Any, Any]]:
        """Yield the rows of J, some at a time, with the places of their columns."""
        if "crosstalk" in self.arrays:
            yield from dense_blocks(self.arrays["crosstalk"])
            return
        data, columns, ends = (self.arrays[name] for name in SPARSE)
        columns, ends = columns.astype(np.int64), ends.astype(np.int64)
        for start in range(0, self.n, 64):
            bounds = ends[start : start + 65]
            places, at = np.unique(columns[bounds[0] : bounds[-1]], return_inverse=True)
            block = np.zeros((len(bounds) - 1, max(1, len(places))))
            block[np.repeat(np.arange(len(block)), np.diff(bounds)), at] = data[
                bounds[0] : bounds[-1]
            ]
            yield block, places if len(places) else np.zeros(1, dtype=int)

    @cached_property
    def strengths(self) -> list[fmpq]:
        """S_i: the sum of |J'_ik| over k on the worst device."""
        if not self.heard:
            return [self.eta] * self.n
        ones = [[ONE]] * self.n
        return [
            row[0] + self.eta for row in products(((abs(b), at) for b, at in self.blocks()), ones)
        ]

    @cached_property
    def speeds(self) -> list[fmpq]:
        """Upper bounds of ‖A'_i‖: the Frobenius norm over √2, plus ω."""
        if not self.turning:
            return [self.omega] * self.n
        upper = np.triu_indices(self.d, 1)
        sizes = ([rational(x) for x in A[upper]] for A in self.arrays["frequency"])
        return [root(inner(row, row), True) + self.omega for row in sizes]

    @cached_property
    def deviations(self) -> list[fmpq]:
        """Upper bounds of how far a device's field is from that of the stored network."""
        return [self.omega + error + self.eta for error in self.errors]

    @cached_property
    def lows(self) -> list[fmpq]:
        """Lower bounds of ‖h'_i‖ over all devices; not positive where a drive may vanish."""
        return [root(q, False) - e for q, e in zip(self.squares, self.errors, strict=True)]

    def hears(self, i: int) -> dict[int, float]:
        """Return the non-zero J_ik of oscillator `i`."""
        if SPARSE[0] not in self.arrays:
            row = self.arrays["crosstalk"][i] if self.heard else ()
            return {int(k): float(row[k]) for k in np.flatnonzero(row)}
        data, columns, ends = (self.arrays[name] for name in SPARSE)
        part = slice(int(ends[i]), int(ends[i + 1]))
        return {int(k): float(x) for k, x in zip(columns[part], data[part], strict=True) if x}

    def symmetric(self) -> bool:
        """Say whether J = J^T exactly."""
        if "crosstalk" in self.arrays:
            return bool(np.array_equal(self.arrays["crosstalk"], self.arrays["crosstalk"].T))
        rows = [self.hears(i) for i in range(self.n)]
        return all(rows[k].get(i) == x for i, row in enumerate(rows) for k, x in row.items())

    def couplings(self, i: int) -> list[fmpq]:
        """Return the exact couplings of oscillator `i`."""
        return [rational(w) for w in self.arrays["couplings"][i]]

    def floors(self, directions: Any) -> tuple[list[fmpq], fmpq]:
        """Return positive lower bounds of ‖h'_i‖ over all devices and their least, or refuse."""
        key = "floors", json.dumps(directions, sort_keys=True)
        if key not in self.cache:
            given = {} if directions is None else directions
            if not isinstance(given, dict) or not all(isinstance(y, list) for y in given.values()):
                raise RejectedError("directions must map oscillators to lists")
            floors = [self._floor(i, given.get(str(i))) for i in range(self.n)]
            self.cache[key] = floors, min(floors)
        found: tuple[list[fmpq], fmpq] = self.cache[key]
        return found

    def _floor(self, i: int, direction: list[Any] | None) -> fmpq:
        floor = self.lows[i]
        if direction is not None:
            y = [number(x) for x in direction]
            sound = len(y) == self.d and any(y) and self.anchored
            confirm(sound, f"the direction of oscillator {i} has the wrong shape")
            pairs = zip(self.couplings(i), self.table, strict=True)
            reach = inner(y, self.drives[i])
            reach -= self.mismatch * sum((w * abs(inner(y, r)) for w, r in pairs), ZERO)
            floor = reach / root(inner(y, y), True)
            floor -= self.delta * (1 + self.mismatch) * self.sums[i]
        confirm(floor > 0, f"oscillator {i} may be left without a drive")
        return floor

    def resolvent(self, i: int, rate: fmpq) -> list[fmpq]:
        """Return (rate - A_i)^{-1} h_i exactly, for a rate > 0."""
        if not self.turning:
            return [x / rate for x in self.drives[i]]
        entries = [-rational(x) for x in self.arrays["frequency"][i].ravel()]
        for j in range(self.d):
            entries[j * (self.d + 1)] += rate
        matrix = fmpq_mat(self.d, self.d, entries)
        return list(matrix.solve(fmpq_mat(self.d, 1, self.drives[i])).entries())


def span(low: fmpq, high: fmpq) -> arb:
    """Return a ball that holds an interval."""
    return arb(low) if low == high else arb(low).union(arb(high))


def steepest(low: fmpq, high: fmpq, least: fmpq, most: fmpq) -> fmpq:
    """Return an upper bound of 2t/(1 + t² + c), t in [low, high], c in [least, most]; mostly sharp.

    It falls with c for t > 0, rises with c for t < 0, and its only maximum is at t = √(1 + c).
    """
    if high > 0:
        return ONE if high * high > 1 + least else 2 * high / (1 + high * high + least)
    return max(2 * t / (1 + t * t + most) for t in (low, high))


class Patch(NamedTuple):
    """Part of a sphere, seen in the stereographic chart of one of its two poles."""

    sign: int
    low: tuple[fmpq, ...]
    high: tuple[fmpq, ...]
    least: fmpq  # of |ξ|²
    most: fmpq
    width: arb  # 2/(1 + |ξ|²)
    x: arb_mat

    @classmethod
    def of(cls, sign: int, low: tuple[fmpq, ...], high: tuple[fmpq, ...]) -> Patch:
        """Return the patch over a box of the chart, with the exact range of each coordinate."""
        ends = [
            (ZERO if a <= 0 <= b else min(a * a, b * b), max(a * a, b * b))
            for a, b in zip(low, high, strict=True)
        ]
        least, most = (sum((end[k] for end in ends), ZERO) for k in (0, 1))
        w = 2 / (1 + most), 2 / (1 + least)
        x = [span(w[0] - 1, w[1] - 1) if sign > 0 else span(1 - w[1], 1 - w[0])]
        for a, b, (s, t) in zip(low, high, ends, strict=True):
            rest = least - s, most - t
            x.append(span(-steepest(-b, -a, *rest), steepest(a, b, *rest)))
        return cls(sign, low, high, least, most, span(*w), arb_mat(len(x), 1, x))

    def centre(self) -> Patch:
        """Return the point in the middle."""
        middle = tuple((a + b) / 2 for a, b in zip(self.low, self.high, strict=True))
        return Patch.of(self.sign, middle, middle)

    def slopes(self) -> arb_mat:
        """Return ∂x/∂ξ: orthogonal columns of length 2/(1 + |ξ|²)."""
        x, rows = self.x.entries(), range(1, self.x.nrows())
        first = [-self.sign * self.width * x[j] for j in rows]
        rest = [(self.width if j == k else arb(0)) - x[k] * x[j] for k in rows for j in rows]
        return arb_mat(len(x), len(x) - 1, first + rest)

    def halves(self, j: int) -> tuple[Patch, Patch]:
        """Bisect coordinate `j`."""
        middle = (self.low[j] + self.high[j]) / 2
        ends = (*self.high[:j], middle, *self.high[j + 1 :])
        starts = (*self.low[:j], middle, *self.low[j + 1 :])
        return Patch.of(self.sign, self.low, ends), Patch.of(self.sign, starts, self.high)

    def within(self, other: Patch) -> bool:
        """Say whether it surely lies inside another patch, of either chart (ξ goes to ξ/|ξ|²)."""
        low, high = self.low, self.high
        if self.sign != other.sign:
            if self.least == 0:
                return False
            scale = (1 / self.most, 1 / self.least)
            low, high = (
                tuple(choose(a * scale[0], a * scale[1]) for a in side)
                for choose, side in ((min, low), (max, high))
            )
        pairs = zip(other.low, low, high, other.high, strict=True)
        return all(a <= b and c <= e for a, b, c, e in pairs)


class View(NamedTuple):
    """A patch with B̃ᵀ of an orthonormal frame B̃, a right factor V, B̃ᵀV and B̃ᵀx."""

    left: arb_mat
    right: arb_mat
    both: arb_mat
    normal: arb_mat
    lean: arb_mat  # xᵀ is lean + normalᵀ left

    @classmethod
    def frame(cls, patch: Patch) -> View:
        """Take the frame at each point itself on both sides."""
        frame, k = patch.slopes() * (1 / patch.width), len(patch.low)
        same = arb_mat(k, k, [arb(i == j) for i in range(k) for j in range(k)])
        return cls(frame.transpose(), frame, same, arb_mat(k, 1), patch.x.transpose())

    @classmethod
    def of(cls, patch: Patch) -> View:
        """Take the frame at the centre on the left, ∂x/∂ξ on the right.

        Derivatives of |x - x̃|² = w w̃ |Δ|² with w = 2/(1 + |ξ|²) and Δ = ξ - ξ̃ give the products
        in another way; both enclosures hold, so their intersection does.
        """
        point, k = patch.centre(), len(patch.low)
        left = point.slopes().transpose() * (1 / point.width)
        reach = [(b - a) / 2 for a, b in zip(patch.low, patch.high, strict=True)]
        moved = [span(-r, r) for r in reach]
        half = span(ZERO, inner(reach, reach) / 2)
        y, x = point.x.entries()[1:], patch.x.entries()[1:]
        right, both = patch.slopes(), []
        for i in range(k):
            for j in range(k):
                turn = y[i] * moved[j] - x[j] * moved[i] if i != j else 1 - (x[i] - y[i]) * moved[i]
                both.append(patch.width * (turn - y[i] * x[j] * half))
        normal = [patch.width * (moved[i] + y[i] * half) for i in range(k)]
        both = [a.intersection(b) for a, b in zip(both, (left * right).entries(), strict=True)]
        normal = [
            a.intersection(b) for a, b in zip(normal, (left * patch.x).entries(), strict=True)
        ]
        side = arb_mat(k, 1, normal)
        lean = point.x.transpose() * (1 - patch.width * point.width * half)
        return cls(left, right, arb_mat(k, k, both), side, lean)


Cell: TypeAlias = tuple[Patch | None, ...]  # None: the whole sphere


class Enclosed(NamedTuple):
    """One equilibrium of a certificate, confirmed."""

    inner: Cell
    outer: Cell
    radius: fmpq
    stable: bool


class Flow:
    """The equations of motion of a small network, in Arb balls.

    With deviations q_i, those of every device F' whose field is off by at most q_i. In the boxes
    below, its derivative is then off by at most 2√(d - 1)(q_i + η) per unit of ξ, and its
    linearisation by half of that.
    """

    def __init__(self, it: Instance, deviations: list[fmpq]) -> None:
        self.n, self.d, self.k = it.n, it.d, it.d - 1
        confirm(it.n * self.k <= UNKNOWNS, f"more than {UNKNOWNS} unknowns")
        self.h = [arb_mat(it.d, 1, [arb(x) for x in drive]) for drive in it.drives]
        self.J = [{k: arb(x) for k, x in it.hears(i).items()} for i in range(it.n)]
        turning = it.arrays.get("frequency", np.zeros((it.n, it.d, it.d)))
        self.A = [arb_mat(A.tolist()) for A in turning]
        self.turns = [bool(np.any(A)) for A in turning]
        self.all = arb_mat(it.d, 1, [span(*EITHER)] * it.d)
        self.found: dict[str, Enclosed] = {}
        self.spare = SPARE
        self.off = [arb(q) for q in deviations for _ in range(self.k)]
        slack, self.shaken = it.eta if any(deviations) else ZERO, any(deviations)
        self.bent = [2 * arb(self.k).sqrt() * (q + slack) for q in self.off]

    def forces(self, x: Sequence[arb_mat]) -> list[arb_mat]:
        """Return g_i = h_i + Σ_k J_ik x_k."""
        found = []
        for h, row in zip(self.h, self.J, strict=True):
            total = h
            for k, strength in row.items():
                total = total + x[k] * strength
            found.append(total)
        return found

    def derivative(self, cell: Sequence[Patch], views: Sequence[View]) -> arb_mat:
        """Return the blocks left_iᵀ (∂F_i/∂x_k) right_k of F_i = A_i x_i + P_{x_i} g_i."""
        size, k = self.n * self.k, self.k
        x = [patch.x for patch in cell]
        rows: list[list[arb]] = [[arb(0)] * size for _ in range(size)]
        for i, g in enumerate(self.forces(x)):
            left, right, both, normal, lean = views[i]
            tangent = left - normal * x[i].transpose()
            across = (lean * g + normal.transpose() * (left * g))[0, 0]
            pull = (x[i].transpose() * g)[0, 0].intersection(across)
            own = both * -pull - normal * (g.transpose() * right)
            if self.turns[i]:
                own = own + left * self.A[i] * right
            blocks = {i: own, **{m: tangent * views[m].right * c for m, c in self.J[i].items()}}
            for m, block in blocks.items():
                for row, values in enumerate(block.tolist()):
                    rows[i * k + row][m * k : (m + 1) * k] = values
        return arb_mat(rows)

    def krawczyk(
        self, cell: Sequence[Patch], *, central: bool = False
    ) -> list[tuple[arb, arb, fmpq]]:
        """Return for each unknown |CΦ(ξ̃)|, (|I - C DΦ(box)| r), and the half-width r of the box.

        Φ_i(ξ) = B_i(ξ̃)ᵀ F_i vanishes at every equilibrium. If the first two sum to less than the
        third everywhere, Φ has exactly one zero in the box; if the first exceeds the sum of the
        others anywhere, it has none. C inverts DΦ in the middle of its range, or at the centre.
        """
        points = [patch.centre() for patch in cell]
        views, x = [View.of(patch) for patch in cell], [point.x for point in points]
        residual = []
        for i, g in enumerate(self.forces(x)):
            residual += (views[i].left * (g + self.A[i] * x[i])).entries()
        slope = self.derivative(cell, views)
        size = len(residual)
        middle = self.derivative(points, [View.of(p) for p in points]) if central else slope
        guess = np.array([float(v) for v in middle.entries()]).reshape(size, size)
        try:
            inverse = arb_mat(np.linalg.inv(guess).tolist())
        except (np.linalg.LinAlgError, ValueError) as error:
            raise UnconfirmedError("the derivative at an equilibrium is singular") from error
        shift = (inverse * arb_mat(size, 1, residual)).entries()
        excess = (inverse * slope).tolist()
        widths = [(b - a) / 2 for p in cell for a, b in zip(p.low, p.high, strict=True)]
        balls = [arb(r) for r in widths]
        for j in range(size):
            excess[j][j] -= 1
        spread = [
            sum((abs(e) * r for e, r in zip(row, balls, strict=True)), arb(0)) for row in excess
        ]
        if self.shaken:
            r = reduce(arb.max, balls)
            moved = [q + m * r for q, m in zip(self.off, self.bent, strict=True)]
            spread = [
                e + sum((abs(c) * v for c, v in zip(row, moved, strict=True)), arb(0))
                for e, row in zip(spread, inverse.tolist(), strict=True)
            ]
        return [(abs(s), e, r) for s, e, r in zip(shift, spread, widths, strict=True)]

    def spectrum(self, cell: Sequence[Patch]) -> list[tuple[arb, arb]]:
        """Return centre and radius of discs that hold the real parts of all eigenvalues.

        With X ≈ V^{-1}, E = XV - I and G = XTV, T is similar to (I + E)^{-1} G, whose rows are off
        those of G by ‖E‖‖G‖/(1 - ‖E‖) at most (maximum row sums): Gershgorin's discs, widened.
        A device adds at most |X| m ‖V‖ to each row of G, m bounding the rows of its part of T.
        """
        T = self.derivative(cell, [View.frame(patch) for patch in cell])
        size = T.nrows()
        guess = np.array([float(v) for v in T.entries()]).reshape(size, size)
        try:
            vectors = np.linalg.eig(guess)[1].astype(complex)
            V, X = (acb_mat(m.tolist()) for m in (vectors, np.linalg.inv(vectors)))
        except (np.linalg.LinAlgError, ValueError) as error:
            raise UnconfirmedError("the linearisation cannot be diagonalised") from error
        G, E = (X * acb_mat(T) * V).tolist(), (X * V).tolist()
        for j in range(size):
            E[j][j] -= 1
        added = [arb(0)] * size
        if self.shaken:
            most = largest(V.tolist())
            for j, row in enumerate(X.tolist()):
                moved = sum((abs(c) * m for c, m in zip(row, self.bent, strict=True)), arb(0))
                added[j] = moved * most / 2
        off, large = largest(E), largest(G) + reduce(arb.max, added)
        confirm(off < 1, "the linearisation is too close to one that cannot be diagonalised")
        wider = off * large / (1 - off)
        rest = [sum(map(abs, row[:j] + row[j + 1 :]), arb(0)) for j, row in enumerate(G)]
        return [(G[j][j].real, rest[j] + added[j] + wider) for j in range(size)]

    def enclose(self, box: Any) -> Enclosed:
        """Confirm one equilibrium: it exists, is alone in its outer box, and has its index."""
        key = json.dumps(box, sort_keys=True)
        if key in self.found:
            return self.found[key]
        names = ("charts", "coordinates", "inner", "outer", "unstable", "abscissa_upper")
        charts, coordinates, *texts, unstable, rightmost = fields(box, *names)
        sound = isinstance(charts, list) and all(type(c) is int and c in (0, 1) for c in charts)
        need(sound and len(charts) == self.n, "charts are not n times 0 or 1")
        parts = packed(coordinates, None, self.n, self.k)
        radii = [number(text) for text in texts]
        confirm(0 < radii[0] <= radii[1], "the radii of a box are not in order")
        cells: list[Cell] = []
        for r in radii:
            patches = []
            for i, chart in enumerate(charts):
                centre = [sum(map(rational, values), ZERO) for values in parts[:, i].T]
                low, high = tuple(c - r for c in centre), tuple(c + r for c in centre)
                patches.append(Patch.of(1 - 2 * chart, low, high))
            unique = any(
                all(s + e < w for s, e, w in self.krawczyk(patches, central=central))
                for central in (False, True)
            )
            confirm(unique, "Krawczyk's test fails on the box of an equilibrium")
            cells.append(tuple(patches))
        for patch in patches_of(cells[0]):
            facing = (patch.x.transpose() * patch.centre().x)[0, 0]
            confirm(facing > 0, "the box of an equilibrium is too large")
        discs = self.spectrum(patches_of(cells[0]))
        clear = all(c - r > 0 or c + r < 0 for c, r in discs)
        confirm(clear, "an eigenvalue may lie on the imaginary axis")
        count = sum(c > 0 for c, _ in discs)
        confirm(natural(unstable) == count, "the number of unstable directions is wrong")
        bound = number(rightmost)
        confirm(all(c + r <= bound for c, r in discs), "an eigenvalue exceeds abscissa_upper")
        self.found[key] = Enclosed(cells[0], cells[1], radii[0], count == 0)
        return self.found[key]

    def enclose_all(self, boxes: Any) -> list[Enclosed]:
        """Confirm a list of different equilibria."""
        need(isinstance(boxes, list), "equilibria is not a list")
        found: list[Enclosed] = []
        seen: list[list[arb]] = []
        for box in boxes:
            found.append(self.enclose(box))
            mine = [v for p in patches_of(found[-1].inner) for v in p.x.entries()]
            for other in seen:
                apart = any(not u.overlaps(v) for u, v in zip(mine, other, strict=True))
                confirm(apart, "two boxes may hold the same equilibrium")
            seen.append(mine)
        return found

    def empty(self, cell: Cell) -> bool:
        """Say whether surely no equilibrium lies in a cell that another chart does not show."""
        if any(patch and patch.least > 1 for patch in cell):
            return True
        x = [patch.x if patch else self.all for patch in cell]
        for i, patch in enumerate(cell):
            if patch and self.pulls(i, x):
                return True
        if None in cell:
            return False
        try:
            return any(s - e > w for s, e, w in self.krawczyk(patches_of(cell)))
        except UnconfirmedError:
            return False

    def pulls(self, i: int, x: list[arb_mat]) -> bool:
        """Say whether some minor of (A_i x_i + g_i, x_i) excludes zero, so that F_i does too."""
        total = self.h[i]
        for k, strength in self.J[i].items():
            total = total + x[k] * strength
        g, y, A = total.entries(), x[i].entries(), self.A[i]
        for j, k in combinations(range(self.d), 2):
            minor = g[j] * y[k] - g[k] * y[j]
            if self.turns[i]:
                others = [m for m in range(self.d) if m not in (j, k)]
                squares = [(y[m].abs_lower() ** 2).union(y[m].abs_upper() ** 2) for m in others]
                minor += A[j, k] * (1 - sum(squares, arb(0)))
                for m in others:
                    minor += y[m] * (A[j, m] * y[k] - A[k, m] * y[j])
            if not minor.contains(0):
                return True
        return False

    def replay(self, tree: Any, found: list[Enclosed]) -> None:
        """Confirm that a tree of cells, in preorder, leaves room for no other equilibrium.

        A leaf that is not settled as it stands is bisected some more, since the bounds here need
        not be as tight as those that made the tree.
        """
        need(isinstance(tree, list), "the tree is not a list")
        small = len(tree) <= min(NODES, WORK // (self.n * self.k) ** 2)
        confirm(small, "the tree is too large")
        pending: list[Cell] = [(None,) * self.n]
        self.spare = SPARE + len(tree)
        for code in tree:
            need(type(code) is int, "the tree holds something else than integers")
            confirm(0 < len(pending) <= PENDING, "the tree has the wrong shape")
            cell = pending.pop()
            if code < 0:
                confirm(-2 - code < len(found), "the tree names an equilibrium that is not there")
                self.settle(cell, found[-2 - code].outer if code < -1 else None)
            else:
                confirm(code < self.n * self.d, "the tree splits something that is not there")
                pending += reversed(self.split(cell, code))
        confirm(not pending, "the tree ends too early")

    def split(self, cell: Cell, code: int) -> list[Cell]:
        """Split a whole sphere into its two charts, or bisect a coordinate of a patch."""
        i, j = (code, None) if code < self.n else divmod(code - self.n, self.k)
        patch = cell[i]
        confirm((patch is None) == (j is None), "the tree splits a sphere in the wrong way")
        if patch is None or j is None:
            whole = EITHER[:1] * self.k, EITHER[1:] * self.k
            parts = Patch.of(1, *whole), Patch.of(-1, *whole)
        else:
            parts = patch.halves(j)
        return [(*cell[:i], part, *cell[i + 1 :]) for part in parts]

    def settle(self, cell: Cell, outer: Cell | None) -> None:
        """Confirm that a cell holds no equilibrium but the one of a box."""
        pending, tries = [cell], 0
        while pending:
            cell = pending.pop()
            if outer and all(p and q and p.within(q) for p, q in zip(cell, outer, strict=True)):
                continue
            if self.empty(cell):
                continue
            tries += 1
            more = tries <= TRIES and self.spare > 0
            confirm(more, "a cell may hold an equilibrium that is not listed")
            self.spare -= 1
            if None in cell:
                pending += self.split(cell, cell.index(None))
                continue
            sizes = [b - a for p in patches_of(cell) for a, b in zip(p.low, p.high, strict=True)]
            pending += self.split(cell, self.n + sizes.index(max(sizes)))


def largest(rows: list[list[acb]]) -> arb:
    """Return the largest sum of absolute values in a row."""
    return reduce(arb.max, [sum(map(abs, row), arb(0)) for row in rows])


def patches_of(cell: Cell) -> list[Patch]:
    """Return the patches of a cell that has no whole sphere."""
    return [patch for patch in cell if patch is not None]
