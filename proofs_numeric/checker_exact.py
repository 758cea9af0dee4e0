"""The exact half of the independent checker: instances in integers, rationals and Arb balls.

Like `checker`, it shares nothing with the program that makes certificates: the standard library,
NumPy to hold arrays, and python-flint for numbers of any size. Floats are computed with in two
places only: where they are integers below 2^53, and where a guess is then verified.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import isfinite, prod
from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat, fmpz

ANCHORED = ("couplings", "anchors", "visible")
SPARSE = ("crosstalk_data", "crosstalk_indices", "crosstalk_indptr")
NETWORK = ("drive", *ANCHORED, *SPARSE, "crosstalk", "frequency", "readout_exponent")
TOKENS = ("tokens", "query_weights", "key_weights", "anchors", "coupling", "causal", "key_mask")
WHOLE = ("visible", "crosstalk_indices", "crosstalk_indptr", "coupling", "causal", "key_mask")
ROOT_BITS, UNIT_BITS = 160, 100
ZERO, ONE = fmpq(0), fmpq(1)
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
    k = max(bits - (int(x.p).bit_length() - int(x.q).bit_length()) // 2, 0)
    floor = ((x.p << 2 * k) // x.q).isqrt()
    below = fmpq(floor, fmpz(1) << k)
    return below if not up or below * below == x else fmpq(floor + 1, fmpz(1) << k)


def units(rows: Any) -> list[list[fmpq]]:
    """Return each row over its norm; every entry is off by at most 2^(1 - UNIT_BITS)."""
    found = []
    for row in rows.tolist():
        exact = [rational(x) for x in row]
        confirm(any(exact), "a centre has no direction")
        size = root(inner(exact, exact), False)
        found.append(
            [power(-UNIT_BITS) * ((x / size).p * 2**UNIT_BITS // (x / size).q) for x in exact]
        )
    return found


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
        need(sound, f"{name} holds numbers that are not finite 64-bit floats")


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
        fits = fits and data.ndim == 1 and columns.shape == data.shape
        columns, ends = columns.astype(np.int64), ends.astype(np.int64)  # small ones wrap
        fits = fits and ends[0] == 0 and ends[-1] == data.size and not np.any(np.diff(ends) < 0)
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
            rows.append([fmpq(x) * unit for x in total])
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
        if "crosstalk" in self.arrays:
            row = self.arrays["crosstalk"][i]
            return {int(k): float(row[k]) for k in np.flatnonzero(row)}
        data, columns, ends = (self.arrays.get(name, np.zeros(self.n + 1, int)) for name in SPARSE)
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

    def coherence_square(self) -> fmpq:
        """Return a lower bound of min_i ρ_i², exact up to the rounding of the anchors' norms."""
        pairs = zip(self.squares, self.masses, strict=True)
        return min(q / (mass * mass) if mass else ZERO for q, mass in pairs)

    def weights_within(
        self, bound: fmpq, chord: Callable[[int], fmpq], facing: Callable[[int, list[fmpq]], fmpq]
    ) -> bool:
        """Say whether Σ_j |a'_ij - a_ij| <= bound is sure for every oscillator and device.

        `chord(i)` bounds how far the state moves, and `facing(i, R)` bounds ⟨x_i, R⟩ from below.
        """
        if bound >= 2:
            return True
        visible = np.asarray(self.arrays.get("visible", self.arrays["couplings"] > 0))
        pairs = zip(self.table, self.norms, strict=True)
        table = [[*row, norm, max(ZERO, norm + self.delta - 1), ONE] for row, norm in pairs]
        totals = products(dense_blocks(visible.astype(np.float64)), table)
        for i, (*total, norm, clamps, keys) in enumerate(totals):
            c = chord(i)
            weight, moved = keys + facing(i, total), c * norm + keys * self.delta
            resultant = root(inner(total, total), True)
            shift = min(moved, c * resultant + keys * self.delta + clamps)
            if not (weight > shift and bound * (weight - shift) >= moved + shift):
                return False
        return True

    def resolvent(self, i: int, rate: fmpq) -> list[fmpq]:
        """Return (rate - A_i)^{-1} h_i exactly, for a rate > 0."""
        if not self.turning:
            return [x / rate for x in self.drives[i]]
        entries = [-rational(x) for x in self.arrays["frequency"][i].ravel()]
        for j in range(self.d):
            entries[j * (self.d + 1)] += rate
        matrix = fmpq_mat(self.d, self.d, entries)
        return list(matrix.solve(fmpq_mat(self.d, 1, self.drives[i])).entries())


def softplus(s: arb) -> arb:
    """Return ln(1 + e^s)."""
    return s.exp().log1p()


def elu(s: arb) -> arb:
    """Return s + 1 above zero, e^s below."""
    return s + 1 if s > 0 else s.exp() if s <= 0 else (s + 1).union(s.exp())


COUPLINGS: tuple[Callable[[arb], arb], ...] = (
    softplus,
    lambda s: s.max(arb(0)) + arb(1e-3),
    elu,
    lambda s: (s + (s * s + 4 * arb(2).log() ** 2).sqrt()) / 2,
)


class Tokens:
    """Tokens with a head's weights: the couplings of all inputs within a radius (L4)."""

    def __init__(self, arrays: Arrays, parameters: Mapping[str, fmpq]) -> None:
        finite(arrays, TOKENS)
        need(set(TOKENS[:-1]) <= set(arrays), "the arrays are not those of tokens")
        x, query, key, anchors, coupling, causal = (arrays[name] for name in TOKENS[:-1])
        fits = x.ndim == 3 and query.ndim == 2 and x.size and query.size
        fits = fits and query.shape == key.shape and query.shape[1] == x.shape[2]
        fits = fits and anchors.ndim == 2 and len(anchors) == x.shape[1] and anchors.shape[1] >= 2
        need(fits, "the arrays of the tokens do not fit each other")
        fits = coupling.dtype == np.uint8 and coupling.ndim == 0 and coupling < len(COUPLINGS)
        fits = fits and causal.dtype == np.bool_ and causal.ndim == 0
        mask = arrays.get("key_mask", np.ones(x.shape[:2], dtype=np.bool_))
        fits = fits and mask.dtype == np.bool_ and mask.shape == x.shape[:2] and mask.any()
        need(fits, "the tokens have no valid coupling, causal or key_mask")
        self.arrays, self.mask, self.anchored = arrays, mask, True
        self.table = [[rational(value) for value in row] for row in anchors]
        self.n, self.d = int(np.count_nonzero(mask)), anchors.shape[1]
        self.mismatch, self.delta = parameters["mismatch"], parameters["anchors"]
        self.steady = not (parameters["crosstalk"] or parameters["frequency"])

    def floors(self, radius: fmpq, directions: Any) -> list[arb]:
        """Return lower bounds of ‖h_i‖ over all inputs within the radius and all devices."""
        x, query, key, _, which, causal = (self.arrays[name] for name in TOKENS[:-1])
        wq, wk = (arb_mat(m.tolist()) for m in (query, key))
        one, r = 1 / arb(len(query)).sqrt(), arb(radius)
        coupling = COUPLINGS[int(which)]
        floors: list[arb] = []
        size = r * r * norms(wq.transpose() * wk * one, whole=True)[0]
        low, high, shaken = 1 - self.mismatch, 1 + self.mismatch, self.delta * (1 + self.mismatch)
        for tokens, mask in zip(x, self.mask, strict=True):
            q, k = (arb_mat(tokens.tolist()) * w.transpose() for w in (wq, wk))
            scores = (q * k.transpose() * one).tolist()
            listens, speaks = (norms(a * w * one) for a, w in ((q, wk), (k, wq)))
            for i in np.flatnonzero(mask):
                y = [rational(value) for value in directions[len(floors)]]
                facing = [arb(inner(y, row)) for row in self.table]
                total = reach = arb(0)
                for j in np.flatnonzero(mask[: i + 1] if causal else mask):
                    spread = r * (listens[i] + speaks[j]) + size
                    least, most = (coupling(scores[i][j] + s * spread) for s in (-1, 1))
                    ends = (least * low).min(most * low), most * high
                    total += (ends[0] * facing[j]).min(ends[1] * facing[j])
                    reach += most
                floors.append(total / arb(inner(y, y)).sqrt() - shaken * reach)
        return floors


def norms(matrix: arb_mat, whole: bool = False) -> list[arb]:
    """Return the sums of the absolute values of each row, or of the whole matrix."""
    rows = [sum(map(abs, row), arb(0)) for row in matrix.tolist()]
    return [sum(rows, arb(0))] if whole else rows
