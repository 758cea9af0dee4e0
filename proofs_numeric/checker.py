"""The independent checker of certificates: exact integers, rationals and Arb balls only.

It takes no verdict, reason or number on trust: a claim is repeated only if every value in it is
confirmed here from the instance; otherwise it is undecided. This file and `checker_exact` are all
of it; they share nothing with the program that made the certificate.

    python -m lohe.proofs_numeric.checker X.certificate.json X.network.npz

Exit code 0: every claim proved; 1: one refuted; 3: one undecided; 2: not a certificate of this
network at all.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from flint import arb, ctx, fmpq

from lohe.proofs_numeric.checker_exact import (
    Instance,
    RejectedError,
    UnconfirmedError,
    inner,
    instance_digest,
    number,
    power,
)

__all__ = ["RejectedError", "check", "main"]

COUPLED = "crosstalk or natural frequencies are present; only decoupled networks are checked"
LARGEST_FILE = 64 * 2**20
Object = Mapping[str, Any]


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


def lower_bound(it: Instance, value: fmpq, directions: Any) -> list[fmpq]:
    """Confirm a lower bound of every drive norm on every device; return the checker's own."""
    floors, least = it.floors(directions)
    if not 0 <= value <= least:
        raise UnconfirmedError(
            f"the drive norm of oscillator {floors.index(least)} is below the bound claimed"
        )
    return floors


def settled(it: Instance, values: Any, witness: Any, rate: bool) -> None:
    """Confirm drive_norm_lower, worst_oscillator, oscillators and the rate."""
    names = ("drive_norm_lower", "worst_oscillator", "oscillators")
    low, worst, count, *rest = fields(values, *names, *["rate_lower"] * rate)
    (directions,) = fields(witness, optional=("directions",))
    floors = lower_bound(it, number(low), directions)
    if natural(count) != it.n or natural(worst) >= it.n:
        raise UnconfirmedError("the number of oscillators is wrong")
    if floors[worst] > number(low) * fmpq(1000001, 1000000) + power(-1073):
        raise UnconfirmedError(f"oscillator {worst} is not the one with the smallest drive")
    for value in rest:
        lower_bound(it, number(value), directions)


def collapse(it: Instance, oscillator: Any, device: Any) -> str:
    """Confirm that some device within the mismatch has a zero drive at one oscillator."""
    i, deviations = natural(oscillator), rationals(device)
    if i >= it.n:
        raise UnconfirmedError(f"there is no oscillator {i}")
    if not deviations:
        if any(it.drives[i]):
            raise UnconfirmedError(f"the drive of oscillator {i} is not zero")
        return f"the drive of oscillator {i} is exactly zero"
    if len(deviations) != len(it.table) or any(abs(e) > it.mismatch for e in deviations):
        raise UnconfirmedError("the device is not one within the mismatch")
    actual = [w * (1 + e) for w, e in zip(it.couplings(i), deviations, strict=True)]
    if any(inner(actual, column) for column in zip(*it.table, strict=True)):
        raise UnconfirmedError("the device does not cancel the drive")
    return f"a device within the mismatch leaves oscillator {i} without a drive"


def unique_stable(
    it: Instance, values: Any, witness: Any, parameters: Object, refuted: bool
) -> str:
    """T1: a non-zero drive has exactly one stable resting point."""
    if refuted:
        fields(values)
        return collapse(it, *fields(witness, "oscillator", "device"))
    settled(it, values, witness, rate=False)
    return "T1: every drive is non-zero, checked exactly"


def almost_global(
    it: Instance, values: Any, witness: Any, parameters: Object, refuted: bool
) -> str:
    """T1: it attracts every start but its antipode, at the rate ‖h‖."""
    if refuted:
        return unique_stable(it, values, witness, parameters, refuted)
    settled(it, values, witness, rate=True)
    return "T1: each oscillator reaches its resting point from every start but one"


def settling(it: Instance, values: Any, witness: Any, parameters: Object, refuted: bool) -> str:
    """T2: a quantile of the start's cosine gives the time."""
    if refuted:
        return unique_stable(it, values, witness, parameters, refuted)
    names = ("epsilon", "delta", "time_upper")
    epsilon, delta, time = (number(x) for x in fields(values, *names))
    *texts, directions = fields(witness, "drive_norm_lower", "quantile", optional=("directions",))
    low, z = (number(text) for text in texts)
    if (epsilon, delta) != (number(parameters["epsilon"]), number(parameters["delta"])):
        raise UnconfirmedError("epsilon or delta is not the parameter")
    if not (0 < epsilon < 2 and 0 < delta < 1 and 0 < z < 1 and low > 0):
        raise UnconfirmedError("a number is outside its range")
    lower_bound(it, low, directions)
    shape = arb(fmpq(it.d - 1, 2))
    if not arb(z).beta_lower(shape, shape, 1) <= arb(delta):
        raise UnconfirmedError("starts below the quantile are more likely than delta")
    spread = arb(4 / epsilon**2 - 1).log() - arb(z / (1 - z)).log()
    if time < 0 or not spread <= arb(2 * low * time):
        raise UnconfirmedError("time_upper is too short")
    return "T2: the quantile and the smallest drive give the time, checked in Arb"


def mismatch(it: Instance, values: Any, witness: Any, parameters: Object, refuted: bool) -> str:
    """T3: coherence above the mismatch keeps every resting point, and bounds its move."""
    affine = float(it.arrays["readout_exponent"]) == 1.0
    moves = ["angle_sine_upper", *["weight_error_upper"] * affine] * (not refuted)
    names = ("mismatch", "coherence_lower", "tolerance_lower", *moves)
    epsilon, coherence, tolerance, *moved = (number(x) for x in fields(values, *names))
    if epsilon != number(parameters["mismatch"]) or not it.anchored:
        raise UnconfirmedError("the mismatch is not the parameter")
    square = it.coherence_square()
    if coherence < 0 or coherence**2 > square:
        raise UnconfirmedError("an oscillator is less coherent than coherence_lower")
    # What is confirmed for the mismatch itself below holds for every smaller one.
    if tolerance < 0 or (tolerance**2 > square and (refuted or tolerance > epsilon)):
        raise UnconfirmedError("tolerance_lower exceeds the coherence")
    if refuted:
        return collapse(it, *fields(witness, "oscillator", "device"))
    it.floors(*fields(witness, optional=("directions",)))
    if moved[0] < 0 or (moved[0] < 1 and moved[0] ** 2 * square < epsilon**2):
        raise UnconfirmedError("a resting point may move further than angle_sine_upper")
    if affine and not it.weights_within(moved[1]):
        raise UnconfirmedError("the weights may change by more than weight_error_upper")
    trivial = affine and moved[1] >= 2
    return "T3: every resting point survives the mismatch, checked exactly" + (
        "; the bound on the weights is only the trivial one" * trivial
    )


def all_inputs(it: Instance, values: Any, witness: Any, parameters: Object, refuted: bool) -> str:
    """T4: anchors in an open half-space, or convex weights that balance them."""
    low, *counts = fields(values, "margin_lower", "keys", "prefix")
    margin, keys, prefix = number(low), natural(counts[0]), natural(counts[1])
    direction, *rest = fields(witness, "direction", *["weights"] * refuted)
    y = rationals(direction)
    if not it.anchored or keys != len(it.table) or (prefix < keys) != refuted or prefix > keys:
        raise UnconfirmedError("the number of keys is wrong")
    if len(y) != it.d * (prefix > 0):
        raise UnconfirmedError("the direction has the wrong shape")
    least = min((inner(y, row) for row in it.table[:prefix]), default=fmpq(0))
    if least <= 0 < prefix or margin < 0 or margin**2 * inner(y, y) > least**2:
        raise UnconfirmedError("the direction does not give the margin")
    if prefix == 0 < margin:
        raise UnconfirmedError("no anchors have no margin")
    if not refuted:
        return f"T4: all {keys} anchors lie in an open half-space, checked exactly"
    weights = rationals(rest[0])
    if len(weights) != prefix + 1 or min(weights) < 0 or sum(weights, fmpq(0)) != 1:
        raise UnconfirmedError("the weights are not convex")
    if any(inner(weights, column) for column in zip(*it.table[: prefix + 1], strict=True)):
        raise UnconfirmedError("the weights do not balance the anchors")
    return (
        f"T4: convex weights balance the first {prefix + 1} anchors to exactly zero; "
        f"the first {prefix} lie in an open half-space"
    )


def digital_step(it: Instance, values: Any, witness: Any, parameters: Object, refuted: bool) -> str:
    """T7: projected Euler settles below 2/‖h‖, without overshoot up to 1/‖h‖."""
    names = ("step_monotone", "step_settles", "drive_norm_upper")
    monotone, settles, upper = (number(x) for x in fields(values, *names))
    for square, mass in zip(it.squares, it.masses, strict=True):
        room = upper - it.mismatch * mass
        if room < 0 or room * room < square:
            raise UnconfirmedError("a drive norm exceeds drive_norm_upper")
    if min(monotone, settles) < 0 or monotone * upper > 1 or settles * upper >= 2:
        raise UnconfirmedError("the steps are too long for drive_norm_upper")
    step = None if parameters["step"] is None else number(parameters["step"])
    if not refuted:
        it.floors(*fields(witness, optional=("directions",)))
        if step is None:
            return "T7: projected Euler settles for every step up to the bound"
        if not 0 < step <= settles:
            raise UnconfirmedError("the step is longer than step_settles")
        manner = "without" if step <= monotone else "with possible"
        return f"T7: projected Euler with this step settles, {manner} overshoot"
    oscillator, device = fields(witness, "oscillator", optional=("device",))
    if device is not None:
        return collapse(it, oscillator, device)
    if step is None or step <= 0 or natural(oscillator) >= it.n:
        raise UnconfirmedError("no step or no such oscillator")
    if (step * (1 + it.mismatch)) ** 2 * it.squares[oscillator] <= 4:
        raise UnconfirmedError("the step is not too long")
    return f"T7: with this step the resting point of oscillator {oscillator} is unstable"


CLAIMS = {
    "unique_stable": unique_stable,
    "almost_global": almost_global,
    "settling": settling,
    "mismatch": mismatch,
    "all_inputs": all_inputs,
    "digital_step": digital_step,
}


def decide(it: Instance, name: str, claim: Any, parameters: Object) -> dict[str, str]:
    """Return the checker's own verdict and reason for one claim."""
    verdict, _, values, witness = fields(claim, "verdict", "reason", "values", "witness")
    if verdict not in ("proved", "refuted", "undecided"):
        raise RejectedError(f"claim {name} has no verdict")
    try:
        if it.coupled and name != "all_inputs":
            raise UnconfirmedError(COUPLED)
        if verdict == "undecided":
            raise UnconfirmedError("the certificate leaves this claim open")
        reason = CLAIMS[name](it, values, witness, parameters, verdict == "refuted")
    except UnconfirmedError as error:
        return {"verdict": "undecided", "reason": str(error)}
    return {"verdict": verdict, "reason": reason}


def check(document: Any, arrays: Object) -> dict[str, Any]:
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
    RejectedError
        If the document is malformed, altered, or about another network.
    """
    names = ("format", "version", "network", "parameters", "claims", "tool", "digest")
    kind, version, network, parameters, claims, _, digest = fields(document, *names)
    if kind != "lohe.certificate" or natural(version) != 1:
        raise RejectedError("not a lohe.certificate of version 1")
    body = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    if digest != hashlib.sha256(text.encode()).hexdigest():
        raise RejectedError("the certificate was altered after it was written (digest differs)")
    sha, n, d = fields(network, "sha256", "n", "d")
    if sha != instance_digest(arrays):
        raise RejectedError("the certificate is for another network (SHA-256 differs)")
    fields(parameters, "mismatch", "epsilon", "delta", "step")
    if not isinstance(claims, dict) or not claims or not set(claims) <= set(CLAIMS):
        raise RejectedError("the claims are not those of this version")
    tolerated = number(parameters["mismatch"])
    if tolerated < 0:
        raise RejectedError("the mismatch is negative")
    with ctx.workprec(256):
        it = Instance(arrays, tolerated)
        if (natural(n), natural(d)) != (it.n, it.d):
            raise RejectedError("the certificate is for a network of another size")
        found = {
            name: decide(it, name, claims[name], parameters) for name in CLAIMS if name in claims
        }
    verdicts = {claim["verdict"] for claim in found.values()}
    overall = next(v for v in ("refuted", "undecided", "proved") if v in verdicts)
    return {"verdict": overall, "claims": found}


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that repeats a key."""
    if len(dict(pairs)) != len(pairs):
        raise RejectedError("a key is repeated")
    return dict(pairs)


def read(arguments: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    """Return the document and the arrays in the files named."""
    if len(arguments) != 2:
        raise RejectedError("usage: checker X.certificate.json X.network.npz")
    try:
        if Path(arguments[0]).stat().st_size > LARGEST_FILE:
            raise RejectedError("the certificate is too large")
        text = Path(arguments[0]).read_text(encoding="utf-8")
        document = json.loads(text, object_pairs_hook=unique)
        with open(arguments[1], "rb") as file, np.load(file, allow_pickle=False) as archive:
            outside = ("header", "labels", "sequence")
            arrays = {name: archive[name] for name in archive.files if name not in outside}
    except RejectedError:
        raise
    except Exception as error:  # a damaged file may fail in any way; all mean the same here
        raise RejectedError(f"cannot read the files: {error}") from error
    return document, arrays


def main(arguments: Sequence[str]) -> int:
    """Check the certificate and network files named on the command line."""
    try:
        result = check(*read(arguments))
    except RejectedError as error:
        sys.stderr.write(f"checker: {error}\n")
        return 2
    for name, claim in result["claims"].items():
        sys.stdout.write(f"{name:14} {claim['verdict']:10} {claim['reason']}\n")
    sys.stdout.write(f"{'overall':14} {result['verdict']}\n")
    return {"proved": 0, "refuted": 1, "undecided": 3}[result["verdict"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
