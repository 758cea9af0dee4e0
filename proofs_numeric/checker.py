"""The independent checker of certificates: exact integers, rationals and Arb balls only.

It needs this file, NumPy (to read arrays) and python-flint, and shares nothing with the program
that made the certificate. It takes no verdict, reason or number on trust: a claim is repeated
only if every value in it is confirmed here from the instance; otherwise it is undecided.

    python -m lohe.proofs_numeric.checker X.certificate.json X.network.npz

Exit code 0: every claim proved; 1: one refuted; 3: one undecided; 2: not a certificate of this
network at all.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq, fmpz, fmpz_mat

__all__ = ["Rejected", "check", "main"]

ARRAYS = (
    "drive", "couplings", "anchors", "visible", "crosstalk_data", "crosstalk_indices",
    "crosstalk_indptr", "crosstalk", "frequency", "readout_exponent",
)  # fmt: skip
COUPLED = "crosstalk or natural frequencies are present; only decoupled networks are checked"
ROWS, ROOT_BITS = 4096, 160


class Rejected(ValueError):
    """The document is no certificate of this network; one line says why."""


class Unconfirmed(Exception):
    """A claim could not be confirmed; one line says why."""


# ---------------------------------------------------------------------------- reading


def number(text: Any) -> fmpq:
    """Return the rational that a hexadecimal float is."""
    try:
        value = float.fromhex(text)
    except (TypeError, ValueError, OverflowError) as error:
        raise Rejected(f"{text!r:.40} is not a hexadecimal float") from error
    if not isfinite(value) or value.hex() != text:
        raise Rejected(f"{text!r:.40} is not a canonical hexadecimal float")
    return fmpq(*map(fmpz, value.as_integer_ratio()))


def natural(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise Rejected(f"{value!r:.40} is not a natural number")
    return value


def rationals(values: Any) -> list[fmpq]:
    if not isinstance(values, list):
        raise Rejected("a list of fractions was expected")
    try:
        pairs = [[int(part, 16) for part in text.split("/")] for text in values]
        return [fmpq(p, q) for p, q in pairs]
    except (AttributeError, TypeError, ValueError, ZeroDivisionError) as error:
        raise Rejected("a fraction is not written p/q in hexadecimal") from error


def fields(document: Any, *names: str, optional: Sequence[str] = ()) -> list[Any]:
    """Return the fields by name; refuse a document with others, or without one of them."""
    if not isinstance(document, dict):
        raise Rejected("an object was expected")
    if not set(names) <= set(document) <= {*names, *optional}:
        raise Rejected(f"expected the fields {', '.join(names)}; found {', '.join(document)}"[:200])
    return [document.get(name) for name in (*names, *optional)]


def canonical_digest(document: Mapping[str, Any]) -> str:
    body = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def instance_digest(arrays: Mapping[str, Any]) -> str:
    sha = hashlib.sha256(b"lohe.network 1\n")
    for name in ARRAYS:
        if name in arrays:
            array = np.asarray(arrays[name])
            little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
            sha.update(f"{name} {little.dtype.str} {','.join(map(str, array.shape))}\n".encode())
            sha.update(little.data)
    return sha.hexdigest()


def sqrt_down(x: fmpq) -> fmpq:
    """Return a lower bound of the root of x >= 0, on a binary grid finer than any float's."""
    if x == 0:
        return x
    bits = int(x.p).bit_length() - int(x.q).bit_length()
    shift = max(ROOT_BITS - bits // 2, 0)
    return fmpq(((x.p << 2 * shift) // x.q).isqrt(), fmpz(1) << shift)


def sqrt_up(x: fmpq) -> fmpq:
    """Return an upper bound of the root of x >= 0, on the same grid."""
    if x == 0:
        return x
    root = sqrt_down(x)
    bits = int(x.p).bit_length() - int(x.q).bit_length()
    grid = fmpq(1, fmpz(1) << max(ROOT_BITS - bits // 2, 0))
    return root if root * root == x else root + grid


def inner(x: Sequence[Any], y: Sequence[Any]) -> Any:
    return sum((a * b for a, b in zip(x, y, strict=True)), fmpq(0))


def power(exponent: int) -> fmpq:
    return fmpq(fmpz(1) << exponent) if exponent >= 0 else fmpq(1, fmpz(1) << -exponent)


def integers(rows: Any) -> tuple[fmpz_mat, list[int]]:
    """Return floats as an integer matrix and an exponent for each row, exactly."""
    mantissa, exponent = np.frexp(rows)
    whole = np.ldexp(mantissa, 53).astype(np.int64)
    shift = np.where(rows == 0, 2000, exponent.astype(np.int64) - 53)
    lowest = shift.min(axis=1, initial=2000)
    shift = np.where(rows == 0, 0, shift - lowest[:, None])
    entries = (whole.astype(object) << shift.astype(object)).ravel().tolist()
    return fmpz_mat(*rows.shape, entries), [int(e) for e in lowest]


# ---------------------------------------------------------------------------- the instance


class Instance:
    """The network's exact drives, and the sums that bound what a device can do to them."""

    def __init__(self, arrays: Mapping[str, Any], mismatch: fmpq) -> None:
        self.arrays, self.mismatch = arrays, mismatch
        self.anchored = "couplings" in arrays
        validate(arrays)
        coupling = [arrays[k] for k in ("crosstalk", "crosstalk_data", "frequency") if k in arrays]
        self.coupled = any(bool(np.any(values)) for values in coupling)
        self.table: list[list[fmpq]] = []
        self.norms: list[fmpq] = []
        if self.anchored:
            self.table = [[number(float(x).hex()) for x in row] for row in arrays["anchors"]]
            self.norms = [sqrt_up(inner(row, row)) for row in self.table]
            self.drives, self.masses = self._sums(arrays["couplings"])
        else:
            if mismatch > 0:
                raise Rejected("a mismatch needs couplings and anchors; the network has drives")
            self.drives, self.masses = [], []
            for row in arrays["drive"]:
                self.drives.append([number(float(x).hex()) for x in row])
                self.masses.append(sqrt_up(inner(self.drives[-1], self.drives[-1])))
        self.n, self.d = len(self.drives), len(self.drives[0])
        self.squares = [inner(drive, drive) for drive in self.drives]
        self._floors: dict[str, list[fmpq]] = {}

    def _sums(self, factors: Any) -> tuple[list[list[fmpq]], list[fmpq]]:
        """Return sum_j f_ij r_j and an upper bound of sum_j f_ij ‖r_j‖ for each row of factors."""
        whole = [[*row, norm] for row, norm in zip(self.table, self.norms, strict=True)]
        scale = max((int(x.q) for row in whole for x in row), default=1)  # powers of two
        columns = len(whole[0])
        entries = [int((x * scale).p) for row in whole for x in row]
        table = fmpz_mat(len(whole), columns, entries)
        sums: list[list[fmpq]] = []
        masses: list[fmpq] = []
        for start in range(0, len(factors), ROWS):
            block, exponents = integers(factors[start : start + ROWS])
            totals = (block * table).entries()
            for k, exponent in enumerate(exponents):
                unit = power(exponent) / scale
                *row, mass = (x * unit for x in totals[k * columns : (k + 1) * columns])
                sums.append(row)
                masses.append(mass)
        return sums, masses

    def decoupled(self) -> None:
        if self.coupled:
            raise Unconfirmed(COUPLED)

    def couplings(self, i: int) -> list[fmpq]:
        return [number(float(w).hex()) for w in self.arrays["couplings"][i]]

    def floors(self, directions: Any) -> list[fmpq]:
        """Return positive lower bounds of ‖h'_i‖ over all devices, or refuse."""
        key = json.dumps(directions, sort_keys=True)
        if key not in self._floors:
            given = {} if directions is None else directions
            if not isinstance(given, dict) or not all(isinstance(y, list) for y in given.values()):
                raise Rejected("directions must map oscillators to lists")
            self._floors[key] = [self._floor(i, given.get(str(i))) for i in range(self.n)]
        return self._floors[key]

    def _floor(self, i: int, direction: Any) -> fmpq:
        if direction is None:
            floor = sqrt_down(self.squares[i]) - self.mismatch * self.masses[i]
        else:
            y = [number(x) for x in direction]
            if len(y) != self.d or not any(y) or not self.anchored:
                raise Unconfirmed(f"the direction of oscillator {i} has the wrong shape")
            pairs = zip(self.couplings(i), self.table, strict=True)
            reach = sum((w * abs(inner(y, r)) for w, r in pairs), fmpq(0))
            floor = (inner(y, self.drives[i]) - self.mismatch * reach) / sqrt_up(inner(y, y))
        if floor <= 0:
            raise Unconfirmed(f"oscillator {i} may be left without a drive")
        return floor

    def lower(self, value: fmpq, directions: Any) -> list[fmpq]:
        """Confirm a lower bound of every drive norm on every device."""
        floors = self.floors(directions)
        if value > min(floors):
            raise Unconfirmed(
                f"the drive norm of oscillator {floors.index(min(floors))} is below drive_norm_lower"
            )
        return floors

    def collapse(self, oscillator: Any, device: Any) -> str:
        """Confirm that some device within the mismatch has a zero drive at one oscillator."""
        i, deviations = natural(oscillator), rationals(device)
        if i >= self.n:
            raise Unconfirmed(f"there is no oscillator {i}")
        if not deviations:
            if any(self.drives[i]):
                raise Unconfirmed(f"the drive of oscillator {i} is not zero")
            return f"the drive of oscillator {i} is exactly zero"
        if len(deviations) != len(self.table):
            raise Unconfirmed("the device has the wrong number of couplings")
        if any(abs(e) > self.mismatch for e in deviations):
            raise Unconfirmed("the device is outside the mismatch")
        actual = [w * (1 + e) for w, e in zip(self.couplings(i), deviations, strict=True)]
        if any(inner(actual, column) for column in zip(*self.table, strict=True)):
            raise Unconfirmed("the device does not cancel the drive")
        return f"a device within the mismatch leaves oscillator {i} without a drive"

    def coherence_square(self) -> fmpq:
        """Return a lower bound of min_i ρ_i², exact up to the anchors' norms."""
        pairs = zip(self.squares, self.masses, strict=True)
        return min(q / (mass * mass) if mass else fmpq(0) for q, mass in pairs)

    def weights_within(self, bound: fmpq) -> bool:
        """Confirm the bound on Σ_j |a'_ij - a_ij| for every oscillator and device."""
        if bound >= 2 or self.mismatch == 0:
            return bound >= 0
        positive = self.arrays["couplings"] > 0
        visible = np.asarray(self.arrays.get("visible", positive), dtype=np.float64)
        totals, norms = self._sums(visible)
        excess = [max(fmpq(0), norm - 1) for norm in self.norms]
        for i, (total, norm) in enumerate(zip(totals, norms, strict=True)):
            sine_square = (self.mismatch * self.masses[i]) ** 2 / self.squares[i]
            if sine_square >= 1:
                return False
            chord = sqrt_up(2 * sine_square / (1 + sqrt_down(1 - sine_square)))
            projection = inner(self.drives[i], total)
            root = sqrt_up if projection > 0 else sqrt_down
            keys = np.flatnonzero(visible[i])
            weight = len(keys) + projection / root(self.squares[i])
            moved = chord * norm
            clamps = sum((excess[j] for j in keys), fmpq(0))
            shift = min(moved, chord * sqrt_up(inner(total, total)) + clamps)
            if not (weight > shift and bound * (weight - shift) >= moved + shift):
                return False
        return True


def validate(arrays: Mapping[str, Any]) -> None:
    """Refuse arrays that are no network."""
    shapes = {name: np.shape(array) for name, array in arrays.items()}
    floats = [n for n in ARRAYS if n in arrays and n not in ("visible", *ARRAYS[5:7])]
    if set(arrays) - set(ARRAYS) or "readout_exponent" not in arrays:
        raise Rejected("the network's arrays are not those of a network file")
    if any(arrays[n].dtype != np.float64 or not np.isfinite(arrays[n]).all() for n in floats):
        raise Rejected("the network holds numbers that are not finite 64-bit floats")
    if ("drive" in arrays) == ("couplings" in arrays) or ("couplings" in arrays) != (
        "anchors" in arrays
    ):
        raise Rejected("the network needs either drives, or couplings and anchors")
    for name in ("drive", "couplings", "anchors"):
        if name in arrays and (len(shapes[name]) != 2 or 0 in shapes[name]):
            raise Rejected(f"{name} is not a matrix")
    if "couplings" in arrays:
        if shapes["couplings"][1] != shapes["anchors"][0] or np.any(arrays["couplings"] < 0):
            raise Rejected("couplings are negative or do not fit the anchors")
    if "visible" in arrays:
        visible = arrays["visible"]
        if visible.dtype != np.bool_ or shapes["visible"] != shapes.get("couplings"):
            raise Rejected("visible does not fit the couplings")
        if np.any((arrays["couplings"] > 0) & ~visible):
            raise Rejected("a hidden key has a positive coupling")


# ---------------------------------------------------------------------------- the claims


def settled(it: Instance, values: Any, witness: Any, *extra: str) -> list[fmpq]:
    """Confirm drive_norm_lower, worst_oscillator and oscillators; return the extra values."""
    low, worst, count, *more = fields(
        values, "drive_norm_lower", "worst_oscillator", "oscillators", *extra
    )
    (directions,) = fields(witness, optional=("directions",))
    floors = it.lower(number(low), directions)
    if natural(count) != it.n or natural(worst) >= it.n:
        raise Unconfirmed("the number of oscillators is wrong")
    if floors[worst] > number(low) * fmpq(1000001, 1000000) + power(-1073):
        raise Unconfirmed(f"oscillator {worst} is not the one with the smallest drive")
    for value in more:
        it.lower(number(value), directions)
    return floors


def unique_stable(it: Instance, values: Any, witness: Any, _: Mapping[str, Any]) -> str:
    settled(it, values, witness)
    return "T1: every drive is non-zero, checked exactly"


def almost_global(it: Instance, values: Any, witness: Any, _: Mapping[str, Any]) -> str:
    settled(it, values, witness, "rate_lower")
    return "T1: each oscillator reaches its resting point from every start but one"


def settling(it: Instance, values: Any, witness: Any, parameters: Mapping[str, Any]) -> str:
    names = ("epsilon", "delta", "time_upper")
    epsilon, delta, time = (number(x) for x in fields(values, *names))
    low, z, directions = fields(witness, "drive_norm_lower", "quantile", optional=("directions",))
    low, z = number(low), number(z)
    if epsilon != number(parameters["epsilon"]) or delta != number(parameters["delta"]):
        raise Unconfirmed("epsilon or delta is not the parameter")
    if not (0 < epsilon < 2 and 0 < delta < 1 and 0 < z < 1 and low > 0):
        raise Unconfirmed("a number is outside its range")
    it.lower(low, directions)
    shape = arb(fmpq(it.d - 1, 2))
    if not arb(z).beta_lower(shape, shape, 1) <= arb(delta):
        raise Unconfirmed("the quantile is not one")
    spread = arb(4 / epsilon**2 - 1).log() - arb(z / (1 - z)).log()
    if time < 0 or not spread <= arb(2 * low * time):
        raise Unconfirmed("time_upper is too short")
    return "T2: the quantile and the smallest drive give the time, checked in Arb"


def mismatch(
    it: Instance, values: Any, witness: Any, parameters: Mapping[str, Any], refuted: bool = False
) -> str:
    names = ["mismatch", "coherence_lower", "tolerance_lower"]
    affine = float(it.arrays["readout_exponent"]) == 1.0
    if not refuted:
        names += ["angle_sine_upper", *(["weight_error_upper"] if affine else [])]
    epsilon, coherence, tolerance, *moved = (number(x) for x in fields(values, *names))
    if epsilon != number(parameters["mismatch"]) or not it.anchored:
        raise Unconfirmed("the mismatch is not the parameter")
    square = it.coherence_square()
    if coherence < 0 or coherence**2 > square:
        raise Unconfirmed("an oscillator is less coherent than coherence_lower")
    survives = not refuted and tolerance <= epsilon
    if tolerance < 0 or (tolerance**2 > square and not survives):
        raise Unconfirmed("tolerance_lower exceeds the coherence")
    if refuted:
        return it.collapse(*fields(witness, "oscillator", "device"))
    it.floors(*fields(witness, optional=("directions",)))
    angle = moved[0]
    if angle < 0 or (angle < 1 and angle**2 * square < epsilon**2):
        raise Unconfirmed("a resting point may move further than angle_sine_upper")
    if affine and not it.weights_within(moved[1]):
        raise Unconfirmed("the weights may change by more than weight_error_upper")
    trivial = affine and moved[1] >= 2
    return "T3: every resting point survives the mismatch, checked exactly" + (
        "; the bound on the weights is only the trivial one" * trivial
    )


def all_inputs(it: Instance, values: Any, witness: Any, refuted: bool = False) -> str:
    low, keys, prefix = fields(values, "margin_lower", "keys", "prefix")
    low, keys, prefix = number(low), natural(keys), natural(prefix)
    direction, *rest = fields(witness, "direction", *(["weights"] if refuted else []))
    y = rationals(direction)
    if not it.anchored or keys != len(it.table) or (prefix < keys) != refuted or prefix > keys:
        raise Unconfirmed("the number of keys is wrong")
    if len(y) != (it.d if prefix else 0) or (prefix and not any(y)):
        raise Unconfirmed("the direction has the wrong shape")
    least = min((inner(y, row) for row in it.table[:prefix]), default=fmpq(0))
    if (prefix and least <= 0) or low < 0 or low**2 * inner(y, y) > least**2:
        raise Unconfirmed("the direction does not give the margin")
    if (not prefix) and low != 0:
        raise Unconfirmed("the direction does not give the margin")
    if not refuted:
        return f"T4: all {keys} anchors lie in an open half-space, checked exactly"
    weights = rationals(rest[0])
    if len(weights) != prefix + 1 or min(weights) < 0 or sum(weights, fmpq(0)) != 1:
        raise Unconfirmed("the weights are not convex")
    if any(inner(weights, column) for column in zip(*it.table[: prefix + 1], strict=True)):
        raise Unconfirmed("the weights do not balance the anchors")
    return (
        f"T4: convex weights balance the first {prefix + 1} anchors to exactly zero; "
        f"the first {prefix} lie in an open half-space"
    )


def digital_step(
    it: Instance, values: Any, witness: Any, parameters: Mapping[str, Any], refuted: bool = False
) -> str:
    names = ("step_monotone", "step_settles", "drive_norm_upper")
    monotone, settles, upper = (number(x) for x in fields(values, *names))
    for square, mass in zip(it.squares, it.masses, strict=True):
        room = upper - it.mismatch * mass
        if room < 0 or room * room < square:
            raise Unconfirmed("a drive norm exceeds drive_norm_upper")
    if min(monotone, settles) < 0 or monotone * upper > 1 or settles * upper >= 2:
        raise Unconfirmed("the steps are too long for drive_norm_upper")
    step = parameters["step"]
    if not refuted:
        it.floors(*fields(witness, optional=("directions",)))
        if step is None:
            return "T7: projected Euler settles for every step up to step_settles"
        if not 0 < number(step) <= settles:
            raise Unconfirmed("the step is longer than step_settles")
        manner = "without" if number(step) <= monotone else "with possible"
        return f"T7: projected Euler with this step settles, {manner} overshoot"
    oscillator, device = fields(witness, "oscillator", optional=("device",))
    if device is not None:
        return it.collapse(oscillator, device)
    if step is None or natural(oscillator) >= it.n:
        raise Unconfirmed("no step or no such oscillator")
    if number(step) ** 2 * (1 + it.mismatch) ** 2 * it.squares[oscillator] <= 4:
        raise Unconfirmed("the step is not too long")
    return f"T7: with this step the resting point of oscillator {oscillator} is unstable"


CLAIMS = ("unique_stable", "almost_global", "settling", "mismatch", "all_inputs", "digital_step")


def decide(it: Instance, name: str, claim: Any, parameters: Mapping[str, Any]) -> tuple[str, str]:
    """Return the checker's own verdict and reason for one claim."""
    verdict, _, values, witness = fields(claim, "verdict", "reason", "values", "witness")
    if verdict not in ("proved", "refuted", "undecided"):
        raise Rejected(f"claim {name} has no verdict")
    refuted = verdict == "refuted"
    try:
        if verdict == "undecided":
            raise Unconfirmed("the certificate leaves this open")
        if name == "all_inputs":
            return verdict, all_inputs(it, values, witness, refuted)
        it.decoupled()
        if name == "mismatch":
            return verdict, mismatch(it, values, witness, parameters, refuted)
        if name == "digital_step":
            return verdict, digital_step(it, values, witness, parameters, refuted)
        if refuted:
            fields(values)
            return verdict, it.collapse(*fields(witness, "oscillator", "device"))
        proofs = {"unique_stable": unique_stable, "almost_global": almost_global}
        return verdict, proofs.get(name, settling)(it, values, witness, parameters)
    except Unconfirmed as reason:
        return "undecided", str(reason)


def check(document: Any, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """Check a certificate against the arrays of its network.

    Parameters
    ----------
    document
        The certificate as JSON data.
    arrays
        The arrays that define the network, as in its file.

    Returns
    -------
    dict
        ``verdict`` (refuted beats undecided beats proved) and ``claims``: for each name the
        checker's own ``verdict`` and ``reason``.

    Raises
    ------
    Rejected
        If the document is malformed, altered, or about another network.
    """
    top = fields(document, "format", "version", "network", "parameters", "claims", "tool", "digest")
    kind, version, network, parameters, claims, _, digest = top
    if kind != "lohe.certificate" or natural(version) != 1:
        raise Rejected("not a lohe.certificate of version 1")
    if digest != canonical_digest(document):
        raise Rejected("the certificate was altered after it was written (digest differs)")
    sha, n, d = fields(network, "sha256", "n", "d")
    if sha != instance_digest(arrays):
        raise Rejected("the certificate is for another network (SHA-256 differs)")
    fields(parameters, "mismatch", "epsilon", "delta", "step")
    if not isinstance(claims, dict) or not claims or not set(claims) <= set(CLAIMS):
        raise Rejected("the claims are not those of this version")
    epsilon = number(parameters["mismatch"])
    if epsilon < 0:
        raise Rejected("the mismatch is negative")
    with ctx.workprec(256):
        it = Instance(arrays, epsilon)
        if (natural(n), natural(d)) != (it.n, it.d):
            raise Rejected("the certificate is for a network of another size")
        found = {
            name: decide(it, name, claims[name], parameters) for name in CLAIMS if name in claims
        }
    verdicts = {verdict for verdict, _ in found.values()}
    return {
        "verdict": next(v for v in ("refuted", "undecided", "proved") if v in verdicts),
        "claims": {name: {"verdict": v, "reason": r} for name, (v, r) in found.items()},
    }


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise Rejected("a key is repeated")
    return dict(pairs)


def main(arguments: Sequence[str]) -> int:
    """Check the certificate and network files named on the command line."""
    try:
        if len(arguments) != 2:
            raise Rejected("usage: checker X.certificate.json X.network.npz")
        try:
            with open(arguments[0], encoding="utf-8") as file:
                document = json.load(file, object_pairs_hook=unique)
            with np.load(arguments[1], allow_pickle=False) as archive:
                outside = ("header", "labels", "sequence")
                arrays = {key: archive[key] for key in archive.files if key not in outside}
        except Rejected:
            raise
        except Exception as error:
            raise Rejected(f"cannot read the files: {error}") from error
        result = check(document, arrays)
    except Rejected as error:
        sys.stderr.write(f"checker: {error}\n")
        return 2
    for name, claim in result["claims"].items():
        sys.stdout.write(f"{name:14} {claim['verdict']:10} {claim['reason']}\n")
    sys.stdout.write(f"{'overall':14} {result['verdict']}\n")
    return {"proved": 0, "refuted": 1, "undecided": 3}[result["verdict"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
