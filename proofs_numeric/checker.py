"""The independent checker of certificates: exact integers, rationals and Arb balls only.

It takes no verdict, reason or number on trust: a claim is repeated only if every value in it is
confirmed here from the instance; otherwise it is undecided. This file, `checker_exact`,
`checker_weights` and `checker_agreement` are all of it; they share nothing with the program that
made the certificate.

    python -m lohe.proofs_numeric.checker X.certificate.json X.network.npz

Exit code 0: every claim proved; 1: one refuted; 3: one undecided; 2: not a certificate of this
network at all. Each function below is named for what it confirms of one kind of claim; it returns
the reason, or raises `UnconfirmedError`.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from flint import arb, arb_mat, ctx, fmpq

from lohe.proofs_numeric.checker_agreement import agree, apart, led
from lohe.proofs_numeric.checker_exact import (
    TOKENS,
    UNIT_BITS,
    ZERO,
    Arrays,
    Enclosed,
    Flow,
    Instance,
    RejectedError,
    UnconfirmedError,
    confirm,
    fields,
    finite,
    inner,
    instance_digest,
    natural,
    need,
    number,
    packed,
    power,
    products,
    rational,
    rationals,
    root,
)
from lohe.proofs_numeric.checker_weights import bears_weights, weights_within

__all__ = ["RejectedError", "check", "main"]

VERSION, LARGEST_FILE = 2, 256 * 2**20
Object: TypeAlias = Mapping[str, Any]
SETS = ("mismatch", "crosstalk", "frequency", "anchors")


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


def dyadic(x: fmpq) -> fmpq:
    """Round down to a multiple of 2^-UNIT_BITS."""
    return power(-UNIT_BITS) * ((x.p << UNIT_BITS) // x.q)


def units(rows: Any) -> list[list[fmpq]]:
    """Return each row over its norm; every entry is off by at most 2^(1 - UNIT_BITS)."""
    exact = [[rational(x) for x in row] for row in rows.tolist()]
    confirm(all(map(any, exact)), "a centre has no direction")
    sizes = [root(inner(row, row), False) for row in exact]
    return [[dyadic(x / size) for x in row] for row, size in zip(exact, sizes, strict=True)]


def worst_of(
    it: Instance | Tokens, bounds: Sequence[Any], low: Any, worst: Any, count: Any
) -> fmpq:
    """Confirm a lower bound of all oscillators, and which comes within a millionth of the least."""
    value = number(low)
    confirm(value >= 0, "a bound is negative")
    confirm(all(value <= bound for bound in bounds), "an oscillator is below the bound claimed")
    confirm(natural(count) == it.n and natural(worst) < it.n, "the number of oscillators is wrong")
    slack, least = fmpq(1000001, 1000000), power(-1073)
    near = all(bounds[worst] <= bound * slack + least for bound in bounds)
    confirm(near, f"oscillator {worst} is not the one with the smallest bound")
    return value


def every(it: Instance | Tokens, count: Any) -> None:
    """Confirm the number of oscillators."""
    confirm(natural(count) == it.n, "the number of oscillators is wrong")


def member(it: Instance, oscillator: Any) -> int:
    """Confirm that there is such an oscillator."""
    confirm(natural(oscillator) < it.n, f"there is no oscillator {oscillator}")
    return int(oscillator)


def in_time(values: Any, parameters: Object) -> tuple[fmpq, fmpq, fmpq]:
    """Return epsilon, delta and the time claimed."""
    epsilon, delta, time = (number(x) for x in fields(values, "epsilon", "delta", "time_upper"))
    same = (epsilon, delta) == (number(parameters["epsilon"]), number(parameters["delta"]))
    confirm(same, "epsilon or delta is not the parameter")
    return epsilon, delta, time


def settles(d: int, times: Sequence[fmpq], rate: fmpq, quantile: Any, *, antipode: bool) -> None:
    """Confirm a time to come within epsilon, from all but delta of the starts (T2, T5)."""
    (epsilon, delta, time), z = times, number(quantile)
    sound = 0 < epsilon < 2 and 0 < delta < 1 and 0 < z < 1 and time >= 0
    confirm(sound, "a number is outside its range")
    shape = arb(fmpq(d - 1, 2))
    rare = arb(z).beta_lower(shape, shape, 1) <= arb(delta)
    confirm(rare, "starts below the quantile are more likely than delta")
    near, far = (4 / epsilon**2 - 1, z / (1 - z)) if antipode else (4 / epsilon**2, z)
    confirm(arb(near).log() - arb(far).log() <= arb(2 * rate * time), "time_upper is too short")


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
    weighed = ok and isinstance(values, dict) and "weight_error_upper" in values
    moves = ["angle_sine_upper"] * ok + ["weight_error_upper"] * weighed
    names = ("mismatch", "coherence_lower", "tolerance_lower", *moves)
    epsilon, coherence, tolerance, *moved = (number(x) for x in fields(values, *names))
    same = epsilon == number(parameters["mismatch"]) and it.anchored
    confirm(same, "the mismatch is not the parameter")
    # Lower bounds of ρ_i², exact up to the rounding of the anchors' norms.
    pairs = zip(it.squares, it.masses, strict=True)
    square = min(q / (mass * mass) if mass else ZERO for q, mass in pairs)
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
        rest = root(1 - sines[i], False, 64) if sines[i] < 1 else None
        return fmpq(2) if rest is None else root(2 * sines[i] / (1 + rest), True, 64)

    def state(i: int) -> list[arb]:
        size = arb(it.squares[i]).sqrt()
        return [arb(value) / size for value in it.drives[i]]

    if weighed:
        confirm(bears_weights(it), "weights are bounded for readout exponents of at least 1 only")
        within = weights_within(it, moved[1], chord, state)
        confirm(within, "the weights may change by more than weight_error_upper")
    return "T3: every resting point survives on every device, checked exactly" + (
        "; the bound on the weights is only the trivial one" * (weighed and moved[1] >= 2)
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


def locked(it: Instance, value: Any) -> list[fmpq]:
    """T5: confirm that each oscillator locks on every device; return lower bounds of the rates.

    A level λ₀ > 0 is a rate if ‖(λ₀ - A)⁻¹h‖ (λ₀ - ω) >= λ₀ + e. Level 0 stands for dominance,
    with the rate √((‖h‖ - e)² - (‖A‖ + ω)²).
    """
    confirm(not it.heard and not it.eta, "T5 needs oscillators that do not hear each other")
    levels = packed(value, it.n)
    key = "levels", levels.tobytes()
    if key not in it.cache:
        rates = [rational(level) for level in levels.tolist()]
        for i, level in enumerate(rates):
            if level == 0:
                low, side = it.lows[i], it.speeds[i]
                confirm(low > side, f"the drive of oscillator {i} does not dominate")
                rates[i] = root(low * low - side * side, False)
            else:
                confirm(level > it.omega, f"the level of oscillator {i} is too low")
                y, needed = it.resolvent(i, level), (level + it.errors[i]) / (level - it.omega)
                confirm(inner(y, y) >= needed**2, f"oscillator {i} may not lock at its level")
        it.cache[key] = rates
    found: list[fmpq] = it.cache[key]
    return found


def locks(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T5: one attracting point, reached by all starts but one."""
    low, worst, count = fields(values, "rate_lower", "worst_oscillator", "oscillators")
    worst_of(it, locked(it, *fields(witness, "levels")), low, worst, count)
    return "T5: every oscillator locks on every device, checked exactly"


def lock(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T5: enclose rates and resting points.

    ‖x' - x̂‖ <= ‖y - x̂‖ + (λ_c - λ₀)/λ₀ + (e + ω‖y‖)/λ₀ with y = (λ₀ - A)⁻¹h and the ceiling λ_c,
    for which ‖(λ_c - A)⁻¹h‖ (λ_c + ω) + e < λ_c.
    """
    names = ("rate_lower", "worst_oscillator", "oscillators", "rate_upper", "radius_upper")
    low, worst, count, *texts = fields(values, *names)
    levels, *arrays = fields(witness, "levels", "ceilings", "points")
    rates = locked(it, levels)
    worst_of(it, rates, low, worst, count)
    upper, radius = (number(text) for text in texts)
    ceilings, points = packed(arrays[0], it.n).tolist(), packed(arrays[1], it.n, it.d).tolist()
    for i, rate in enumerate(rates):
        ceiling, error = rational(ceilings[i]), it.errors[i]
        confirm(error < ceiling <= upper, f"the ceiling of oscillator {i} is out of range")
        y = it.resolvent(i, ceiling)
        above = inner(y, y) * (ceiling + it.omega) ** 2 < (ceiling - error) ** 2
        confirm(above, f"the rate of oscillator {i} may exceed its ceiling")
        level = root(rate * rate, False, 60)
        y = it.resolvent(i, level)
        away = [a - rational(b) for a, b in zip(y, points[i], strict=True)]
        spread = ceiling - level + error + it.omega * root(inner(y, y), True)
        near = root(inner(away, away), True) + spread / level <= radius
        confirm(near, f"oscillator {i} may rest further away than radius_upper")
    return "T5: every oscillator locks on every device; rates and points checked exactly"


def unlocked(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T5, refuted: A y = -h with ‖y‖ <= 1, and the oscillator hears nobody."""
    fields(values)
    oscillator, point = fields(witness, "oscillator", "point")
    i, y = member(it, oscillator), rationals(point)
    confirm(not it.hears(i) and len(y) == it.d, "the point is not one for that oscillator")
    turning = it.arrays["frequency"][i].tolist() if it.turning else [[0.0] * it.d] * it.d
    moved = [inner(map(rational, row), y) for row in turning]
    confirm(all(a == -b for a, b in zip(moved, it.drives[i], strict=True)), "A y is not -h")
    confirm(inner(y, y) <= 1, "the point lies outside the sphere")
    return f"T5: oscillator {i} does not lock, checked exactly"


def lock_settling(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T5: a quantile of the distance from the repelling point gives the time."""
    low, quantile, levels = fields(witness, "rate_lower", "quantile", "levels")
    rate = number(low)
    confirm(0 < rate <= min(locked(it, levels)), "an oscillator is slower than rate_lower")
    settles(it.d, in_time(values, parameters), rate, quantile, antipode=False)
    return "T5: the quantile and the smallest rate give the time, checked in Arb"


def contracts(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T6: drives more than twice as strong as what is heard, and nothing turns."""
    factor, count = fields(values, "contraction_upper", "oscillators")
    fields(witness)
    every(it, count)
    confirm(not it.turning and not it.omega, "T6 needs oscillators without natural frequencies")
    bound = number(factor)
    for i, (low, s) in enumerate(zip(it.lows, it.strengths, strict=True)):
        confirm(low > 2 * s, f"the drive of oscillator {i} is not twice what it hears")
        confirm(s <= bound * (low - s), f"oscillator {i} contracts less than claimed")
    return "T6: each drive exceeds twice what is heard, on every device, checked exactly"


def gradient(it: Instance) -> None:
    """Confirm that every device follows a gradient."""
    confirm(not it.turning and not it.omega, "natural frequencies leave no gradient")
    confirm(not it.eta and it.symmetric(), "J is not symmetric on every device")


def contracts_globally(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T6, for a gradient flow."""
    gradient(it)
    return contracts(it, values, witness, parameters) + ", and J is symmetric"


def attracts(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T6a: drives strong enough for any crosstalk and any frequencies."""
    low, count = fields(values, "rate_lower", "oscillators")
    fields(witness)
    every(it, count)
    rate = number(low)
    for i, (h, s, a) in enumerate(zip(it.lows, it.strengths, it.speeds, strict=True)):
        square = h * h - (s + a) ** 2
        confirm(h > 0 and square > 4 * s * s, f"the drive of oscillator {i} is too weak for T6a")
        slow = rate >= 0 and (rate + 2 * s) ** 2 <= square
        confirm(slow, f"oscillator {i} may be slower than rate_lower")
    return "T6a: every drive dominates what is heard and what turns, checked exactly"


def drifting(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """L3, refuted: a set that nothing drives, and that hears only itself, turns freely."""
    fields(values)
    (found,) = fields(witness, "set")
    need(isinstance(found, list), "the set is not a list")
    members = {member(it, i) for i in found}
    confirm(0 < len(members) == len(found), "the set is empty or repeats an oscillator")
    for i in members:
        free = not any(it.drives[i]) and not (it.turning and it.arrays["frequency"][i].any())
        confirm(free and set(it.hears(i)) <= members, f"oscillator {i} is not free")
    return f"L3: {len(members)} oscillators turn together freely, so no equilibrium is stable"


def cap(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T6b: starts inside the outer cap reach the one equilibrium inside the inner cap.

    With φ = 2u and τ = tan(u/2): 2 sin u (ℓ cos u - a sin u - s) > q at both ends, and
    ℓ cos φ - (a + ‖f‖) sin φ - 2 s sin u - e - s - 2η > 0 at the inner one.
    """
    names = ("angle_lower", "inner_upper", "rate_lower", "share_lower", "volume_lower")
    *texts, count, weights = fields(values, *names, "oscillators", optional=("weight_error_upper",))
    angle, widest, rate, share, volume = (number(text) for text in texts)
    every(it, count)
    rows, *ends = fields(witness, "centre", "inner", "outer")
    taus = [number(end) for end in ends]
    confirm(0 < taus[0] <= taus[1] <= 1, "the caps are not in order")
    (sin, cos), (sin_out, cos_out) = ((2 * t / (1 + t * t), 2 / (1 + t * t) - 1) for t in taus)
    ys = units(packed(rows, it.n, it.d))
    slack = power(1 - UNIT_BITS)  # of each coordinate of a centre
    heard = products(it.blocks(), ys) if it.heard else [[ZERO] * it.d] * it.n
    for i, (y, h, sums) in enumerate(zip(ys, it.drives, heard, strict=True)):
        s = it.strengths[i] - it.eta
        ball = arb(0, slack)
        x = [arb(v) + ball for v in y]
        g = [arb(a + b) + ball * s for a, b in zip(h, sums, strict=True)]
        turned = [arb(0)] * it.d
        if it.turning:
            turned = (arb_mat(it.arrays["frequency"][i].tolist()) * arb_mat(it.d, 1, x)).entries()
        pull = sum((a * b for a, b in zip(x, g, strict=True)), arb(0))
        rest = [t + b - pull * a for t, b, a in zip(turned, g, x, strict=True)]
        a, f = (sum((v * v for v in vs), arb(0)).abs_upper().sqrt() for vs in (turned, rest))
        q = f + it.errors[i] + it.eta + it.omega
        for sine, cosine in ((sin, cos), (sin_out, cos_out)):
            trap = 2 * sine * (pull * cosine - a * sine - s) > q
            confirm(pull > 0 and trap, f"oscillator {i} may leave the cap")
        slope = pull * (cos * cos - sin * sin) - (a + f) * (2 * sin * cos) - 2 * s * sin
        slope = slope - it.errors[i] - s - 2 * it.eta
        confirm(slope > 0 and slope >= rate >= 0, f"oscillator {i} may be slower than rate_lower")
    within = angle <= 4 * arb(taus[1]).atan() and widest >= 4 * arb(taus[0]).atan()
    confirm(within, "an angle is not that of its cap")
    shape = arb(fmpq(it.d - 1, 2))
    part = arb(sin_out * sin_out).beta_lower(shape, shape, 1)
    confirm(0 <= share <= part and 0 <= volume <= part**it.n, "the share of starts is smaller")
    if weights is not None:
        confirm(bears_weights(it), "weights are bounded for readout exponents of at least 1 only")
        ball = arb(0, slack)
        close = weights_within(
            it, number(weights), lambda i: 2 * sin, lambda i: [arb(v) + ball for v in ys[i]]
        )
        confirm(number(weights) >= 0 and close, "the weights may change by more")
    return "T6b: every start inside the cap reaches its one equilibrium, on every device"


def searched(it: Instance, boxes: Any, tree: Any, devices: bool = False) -> list[Enclosed]:
    """Confirm that boxes hold an equilibrium each and, with a tree, that there are no others.

    They are those of the stored network, or of every device.
    """
    if ("flow", devices) not in it.cache:
        it.cache["flow", devices] = Flow(it, it.deviations if devices else [ZERO] * it.n)
    flow: Flow = it.cache["flow", devices]
    found = flow.enclose_all(boxes)
    key = "tree", json.dumps([boxes, tree], sort_keys=True)
    if tree is not None and key not in it.cache:
        flow.replay(tree, found)
        it.cache[key] = True
    return found


def counted(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T8: all equilibria are enclosed, and one is stable."""
    total, count = fields(values, "equilibria", "oscillators")
    boxes, tree = fields(witness, "equilibria", "tree")
    every(it, count)
    confirm(it.exact, "T8 speaks of the stored network alone")
    need(tree is not None, "the tree is missing")
    found = searched(it, boxes, tree)
    confirm(natural(total) == len(found), "the number of equilibria is wrong")
    confirm(sum(e.stable for e in found) == 1, "not exactly one equilibrium is stable")
    return f"T8: {len(found)} equilibria enclosed, no others, exactly one stable"


def counted_globally(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T8, for a gradient flow."""
    gradient(it)
    return counted(it, values, witness, parameters) + "; a gradient flow reaches it"


def recounted(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T8, refuted: several equilibria are stable, or no single one among all."""
    (stable,) = fields(values, "stable")
    boxes, tree = fields(witness, "equilibria", optional=("tree",))
    count = sum(e.stable for e in searched(it, boxes, tree))
    confirm(natural(stable) == count, "the number of stable equilibria is wrong")
    confirm(count > 1 or (count == 0 and tree is not None), "there may be just one")
    return f"T8: {count} different stable equilibria enclosed" + ", of all" * (tree is not None)


def box(it: Instance, values: Any, witness: Any, parameters: Object) -> str:
    """T8: enclosed equilibria, one of each device in each box, and which of them are stable."""
    names = ("equilibria", "stable", "radius_upper", "oscillators")
    total, stable, radius, count = fields(values, *names)
    every(it, count)
    (boxes,) = fields(witness, "equilibria")
    found = searched(it, boxes, None, devices=True)
    confirm(0 < len(found) == natural(total), "the number of equilibria is wrong")
    confirm(natural(stable) == sum(e.stable for e in found), "the number of stable ones is wrong")
    largest = max(e.radius for e in found)
    confirm(largest <= number(radius), "a box is larger than radius_upper")
    where = "" if it.exact else " on every device"
    return f"T8: {len(found)} equilibria enclosed{where}, {stable} of them stable"


def nearby(it: Tokens, values: Any, witness: Any, parameters: Object) -> str:
    """L4, with T1 and T2: every input within the radius, along any directions."""
    names = ("drive_norm_lower", "worst_oscillator", "oscillators", "radius", "time_upper")
    *least, radius, time = fields(values, *names)
    quantile, directions = fields(witness, "quantile", "directions")
    confirm(it.steady and number(radius) >= 0, "L4 needs devices without crosstalk or frequencies")
    low = worst_of(it, it.floors(number(radius), packed(directions, it.n, it.d)), *least)
    confirm(low > 0, "a drive may vanish")
    given = (number(parameters["epsilon"]), number(parameters["delta"]), number(time))
    settles(it.d, given, low, quantile, antipode=True)
    return "L4: every input within the radius keeps its drives and settles in time"


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
    "consensus": ({"T11": led}, {"T11": apart}),
    "agreement": ({"T12": agree}, {}),
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
        document, arrays = read(arguments)
        result = check(document, arrays)
    except RejectedError as error:
        sys.stderr.write(f"checker: {error}\n")
        return 2
    for name, claim in result["claims"].items():
        sys.stdout.write(f"{name:14} {claim['verdict']:10} {claim['reason']}\n")
    sizes = ", ".join(f"{x} {float.fromhex(document['parameters'][x])}" for x in SETS)
    sys.stdout.write(f"{'devices':14} {sizes}\n{'overall':14} {result['verdict']}\n")
    return {"proved": 0, "refuted": 1, "undecided": 3}[result["verdict"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
