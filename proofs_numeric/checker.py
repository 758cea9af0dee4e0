"""The independent checker of certificates: exact integers, rationals and Arb balls only.

It takes no verdict, reason or number on trust: a claim is repeated only if every value in it is
confirmed here from the instance; otherwise it is undecided. This file, `checker_exact` and
`checker_equilibria` are all of it; they share nothing with the program that made the certificate.

    python -m lohe.proofs_numeric.checker X.certificate.json X.network.npz

Exit code 0: every claim proved; 1: one refuted; 3: one undecided; 2: not a certificate of this
network at all.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from flint import ctx, fmpq

from lohe.proofs_numeric.checker_coupled import (
    Object,
    attracts,
    box,
    cap,
    contracts,
    contracts_globally,
    counted,
    counted_globally,
    drifting,
    in_time,
    lock,
    lock_settling,
    locks,
    member,
    nearby,
    recounted,
    settles,
    unlocked,
    worst_of,
)
from lohe.proofs_numeric.checker_exact import (
    ZERO,
    Instance,
    RejectedError,
    Tokens,
    UnconfirmedError,
    confirm,
    fields,
    inner,
    instance_digest,
    natural,
    need,
    number,
    rationals,
    root,
)

__all__ = ["RejectedError", "check", "main"]

VERSION, LARGEST_FILE = 2, 256 * 2**20
SETS = ("mismatch", "crosstalk", "frequency", "anchors")


def still(it: Instance) -> None:
    """Confirm that no device has crosstalk or natural frequencies, as T1 to T3 and T7 need."""
    confirm(
        it.alone and not it.eta and not it.omega, "crosstalk or natural frequencies are present"
    )


def driven(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T1: a non-zero drive has one stable resting point; all starts but one reach it."""
    still(it)
    names = ("drive_norm_lower", "worst_oscillator", "oscillators")
    low, worst, count, *rest = fields(values, *names, *["rate_lower"] * ("rate_lower" in values))
    floors, least = it.floors(*fields(witness, optional=("directions",)))
    worst_of(it, floors, low, worst, count)
    confirm(all(0 <= number(x) <= least for x in rest), "rate_lower exceeds the smallest drive")
    return "T1: every drive is non-zero on every device, checked exactly"


def globally(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T1, with the rate."""
    need(isinstance(values, dict) and "rate_lower" in values, "rate_lower is missing")
    driven(it, values, witness, parameters)
    return "T1: each oscillator reaches its resting point from every start but one"


def uniquely(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T1, without the rate."""
    need(isinstance(values, dict) and "rate_lower" not in values, "rate_lower is not expected")
    return driven(it, values, witness, parameters)


def collapsed(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T1, refuted: some device leaves an oscillator, which hears nobody, without a drive.

    When the couplings sum to s and the anchors may move by δ, moving all of them by -h'/s cancels
    any drive up to δs.
    """
    fields(values)
    oscillator, device = fields(witness, "oscillator", "device")
    i, deviations = member(it, oscillator), rationals(device)
    confirm(not it.hears(i), f"oscillator {i} hears others")
    drive, total = it.drives[i], it.sums[i]
    if deviations:
        within = len(deviations) == len(it.table) and all(abs(e) <= it.mismatch for e in deviations)
        confirm(within, "the device is not one within the mismatch")
        actual = [w * (1 + e) for w, e in zip(it.couplings(i), deviations, strict=True)]
        drive = [inner(actual, column) for column in zip(*it.table, strict=True)]
        total = sum(actual, ZERO)
    confirm(inner(drive, drive) <= (it.delta * total) ** 2, f"a drive is left to oscillator {i}")
    return f"T1: a device leaves oscillator {i} without a drive, checked exactly"


def settling(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T2: a quantile of the start's cosine gives the time."""
    still(it)
    low, *rest = fields(witness, "drive_norm_lower", "quantile", optional=("directions",))
    rate = number(low)
    confirm(0 < rate <= it.floors(rest[1])[1], "a drive is below drive_norm_lower")
    settles(it.d, in_time(values, parameters), rate, rest[0], antipode=True)
    return "T2: the quantile and the smallest drive give the time, checked in Arb"


def mismatch(it: Instance, values: Any, witness: Any, parameters: Object, ok: bool = True) -> str:
    """T3: drives above their errors keep every resting point, and bound its move."""
    still(it)
    affine = float(it.arrays["readout_exponent"]) == 1.0
    moves = ["angle_sine_upper", *["weight_error_upper"] * affine] * ok
    names = ("mismatch", "coherence_lower", "tolerance_lower", *moves)
    epsilon, coherence, tolerance, *moved = (number(x) for x in fields(values, *names))
    same = epsilon == number(parameters["mismatch"]) and it.anchored
    confirm(same, "the mismatch is not the parameter")
    square = it.coherence_square()
    coherent = coherence >= 0 and coherence**2 <= square
    confirm(coherent, "an oscillator is less coherent than coherence_lower")
    shaken = it.delta * (1 + tolerance)
    tolerated = tolerance == 0 or all(
        (tolerance * m + shaken * w) ** 2 <= q
        for m, w, q in zip(it.masses, it.sums, it.squares, strict=True)
    )
    # What is confirmed for the mismatch itself below holds for every smaller one.
    tolerated = tolerated or (ok and tolerance <= epsilon)
    confirm(tolerance >= 0 and tolerated, "tolerance_lower exceeds what is tolerated")
    if not ok:
        return collapsed(it, {}, witness, parameters)
    it.floors(*fields(witness, optional=("directions",)))
    sines = [e * e / q if q else fmpq(1) for e, q in zip(it.errors, it.squares, strict=True)]
    far = moved[0] >= 1 or (moved[0] >= 0 and all(s <= moved[0] ** 2 for s in sines))
    confirm(far, "a resting point may move further than angle_sine_upper")

    def chord(i: int) -> fmpq:
        return root(2 * sines[i] / (1 + root(1 - sines[i], False)), True)

    def facing(i: int, resultant: list[fmpq]) -> fmpq:
        projection = inner(it.drives[i], resultant)
        return projection / root(it.squares[i], projection > 0)

    if affine and moved[1] < 2:
        # Beyond a right angle nothing but the trivial bound is known.
        within = max(sines) < 1 and it.weights_within(moved[1], chord, facing)
        confirm(within, "the weights may change by more than weight_error_upper")
    return "T3: every resting point survives on every device, checked exactly" + (
        "; the bound on the weights is only the trivial one" * (affine and moved[1] >= 2)
    )


def mismatch_refuted(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T3, refuted: a device leaves an oscillator without a drive."""
    return mismatch(it, values, witness, parameters, ok=False)


def all_inputs(it: Instance, values: Any, witness: Any, parameters: Object, ok: bool = True) -> str:
    """T4: anchors in an open half-space, or convex weights that balance them."""
    low, *counts = fields(values, "margin_lower", "keys", "prefix")
    margin, keys, prefix = number(low), natural(counts[0]), natural(counts[1])
    direction, *rest = fields(witness, "direction", *["weights"] * (not ok))
    y = rationals(direction)
    sound = it.anchored and keys == len(it.table) and (prefix == keys) == ok and prefix <= keys
    confirm(sound, "the number of keys is wrong")
    confirm(len(y) == it.d * (prefix > 0), "the direction has the wrong shape")
    least = min((inner(y, row) for row in it.table[:prefix]), default=ZERO)
    if prefix:
        square = inner(y, y)
        enough = least > 0 and margin >= 0 and (margin + it.delta) ** 2 * square <= least**2
        apart = it.delta**2 * square < least**2
        confirm(enough and apart, "the direction does not give the margin")
    confirm(prefix > 0 or margin == 0, "no anchors have no margin")
    if ok:
        return f"T4: all {keys} anchors lie in an open half-space, checked exactly"
    weights = rationals(rest[0])
    convex = len(weights) == prefix + 1 and min(weights) >= 0 and sum(weights, ZERO) == 1
    confirm(convex, "the weights are not convex")
    mean = [inner(weights, column) for column in zip(*it.table[: prefix + 1], strict=True)]
    # Displaced by -mean, all at once, the anchors balance.
    confirm(inner(mean, mean) <= it.delta**2, "the weights do not balance the anchors")
    return (
        f"T4: convex weights balance the first {prefix + 1} anchors of some device exactly; "
        f"the first {prefix} lie in an open half-space"
    )


def all_inputs_refuted(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T4, refuted: a coupling balances the anchors."""
    return all_inputs(it, values, witness, parameters, ok=False)


def steps(it: Instance, values: Any, parameters: Object) -> tuple[fmpq, fmpq, fmpq | None]:
    """Confirm the bounds of T7; return them and the step."""
    still(it)
    names = ("step_monotone", "step_settles", "drive_norm_upper")
    monotone, settles, upper = (number(x) for x in fields(values, *names))
    for square, error in zip(it.squares, it.errors, strict=True):
        room = upper - error
        confirm(room >= 0 and room * room >= square, "a drive norm exceeds drive_norm_upper")
    short = min(monotone, settles) >= 0 and monotone * upper <= 1 and settles * upper < 2
    confirm(short, "the steps are too long for drive_norm_upper")
    return monotone, settles, None if parameters["step"] is None else number(parameters["step"])


def digital_step(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T7: projected Euler settles below 2/‖h‖, without overshoot up to 1/‖h‖."""
    monotone, settles, step = steps(it, values, parameters)
    it.floors(*fields(witness, optional=("directions",)))
    if step is None:
        return "T7: projected Euler settles for every step up to the bound"
    confirm(0 < step <= settles, "the step is longer than step_settles")
    manner = "without" if step <= monotone else "with possible"
    return f"T7: projected Euler with this step settles, {manner} overshoot"


def digital_step_refuted(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T7, refuted: beyond 2/‖h‖ a resting point is unstable, or there is none."""
    step = steps(it, values, parameters)[2]
    oscillator, device = fields(witness, "oscillator", optional=("device",))
    if device is not None:
        return collapsed(it, {}, witness, parameters)
    i = member(it, oscillator)
    confirm(step is not None and step > 0, "there is no step")
    reach = (step or ZERO) * (1 + it.mismatch)
    confirm(reach**2 * it.squares[i] > 4, "the step is not too long")
    return f"T7: with this step the resting point of oscillator {i} is unstable"


Proof: TypeAlias = Callable[[Any, Any, Any, Object], str]
LONE: dict[str, Proof] = {"T1": collapsed, "T5": unlocked}
SEVERAL: dict[str, Proof] = {**LONE, "L3": drifting, "T8": recounted}
CLAIMS: dict[str, tuple[dict[str, Proof], dict[str, Proof]]] = {
    "unique_stable": (
        {"T1": uniquely, "T5": locks, "T6": contracts, "T6a": attracts, "T8": counted},
        SEVERAL,
    ),
    "almost_global": (
        {
            "T1": globally,
            "T5": locks,
            "T6": contracts_globally,
            "T6a": attracts,
            "T8": counted_globally,
        },
        SEVERAL,
    ),
    "settling": ({"T1": settling, "T5": lock_settling}, LONE),
    "mismatch": ({"T3": mismatch}, {"T3": mismatch_refuted}),
    "all_inputs": ({"T4": all_inputs}, {"T4": all_inputs_refuted}),
    "lock": ({"T5": lock}, {"T5": unlocked}),
    "local_cap": ({"T6b": cap}, {}),
    "digital_step": ({"T7": digital_step}, {"T7": digital_step_refuted}),
    "box": ({"T8": box}, {}),
    "input_box": ({"L4": nearby}, {}),
}


def decide(it: Instance | Tokens, name: str, claim: Any, parameters: Object) -> dict[str, str]:
    """Return the checker's own verdict and reason for one claim."""
    verdict, _, values, witness = fields(claim, "verdict", "reason", "values", "witness")
    need(verdict in ("proved", "refuted", "undecided"), f"claim {name} has no verdict")
    try:
        confirm(verdict != "undecided", "the certificate leaves this claim open")
        need(isinstance(witness, dict), "the witness is not an object")
        theorem = witness.get("theorem")
        known = CLAIMS[name][verdict == "refuted"]
        confirm(isinstance(theorem, str) and theorem in known, "no theorem here decides this")
        of_tokens = isinstance(it, Tokens)
        fits = name == "all_inputs" or of_tokens == (name == "input_box")
        confirm(fits, "this claim is not about such an instance")
        rest = {key: value for key, value in witness.items() if key != "theorem"}
        reason = known[str(theorem)](it, values, rest, parameters)
    except UnconfirmedError as error:
        return {"verdict": "undecided", "reason": str(error)}
    return {"verdict": verdict, "reason": reason}


def check(document: Any, arrays: Object) -> dict[str, Any]:
    """Check a certificate against the arrays of its network or tokens.

    Parameters
    ----------
    document
        The certificate as JSON data.
    arrays
        The arrays that define the instance, as in its file.

    Returns
    -------
    dict
        ``verdict`` (refuted beats undecided beats proved) and ``claims``: for each name the
        checker's own ``verdict`` and ``reason``.

    Raises
    ------
    RejectedError
        If the document is malformed, altered, or about another instance.
    """
    names = ("format", "version", "network", "parameters", "claims", "tool", "digest")
    kind, version, network, parameters, claims, _, digest = fields(document, *names)
    need(kind == "lohe.certificate", "not a lohe.certificate")
    need(natural(version) >= VERSION, "written by an earlier release; certify again")
    need(version == VERSION, f"not a lohe.certificate of version {VERSION}")
    body = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    same = digest == hashlib.sha256(text.encode()).hexdigest()
    need(same, "the certificate was altered after it was written (digest differs)")
    sha, n, d = fields(network, "sha256", "n", "d")
    need(sha == instance_digest(arrays), "the certificate is for another network (SHA-256 differs)")
    fields(parameters, *SETS, "epsilon", "delta", "step")
    need(isinstance(claims, dict) and claims, "there are no claims")
    need(set(claims) <= set(CLAIMS), "the claims are not those of this version")
    given = {name: number(x) for name, x in parameters.items() if (name, x) != ("step", None)}
    sets = {name: given[name] for name in SETS}
    need(min(sets.values()) >= 0, "an uncertainty is negative")
    with ctx.workprec(256):
        it = (Tokens if "tokens" in arrays else Instance)(arrays, sets)
        same = (natural(n), natural(d)) == (it.n, it.d)
        need(same, "the certificate is for a network of another size")
        found = {
            name: decide(it, name, claims[name], parameters) for name in CLAIMS if name in claims
        }
    verdicts = {claim["verdict"] for claim in found.values()}
    overall = next(v for v in ("refuted", "undecided", "proved") if v in verdicts)
    return {"verdict": overall, "claims": found}


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that repeats a key."""
    need(len(dict(pairs)) == len(pairs), "a key is repeated")
    return dict(pairs)


def read(arguments: Sequence[str]) -> tuple[Any, dict[str, Any]]:
    """Return the document and the arrays in the files named."""
    need(len(arguments) == 2, "usage: checker X.certificate.json X.network.npz")
    try:
        need(Path(arguments[0]).stat().st_size <= LARGEST_FILE, "the certificate is too large")
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
