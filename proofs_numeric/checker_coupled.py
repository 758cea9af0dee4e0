"""The part of the independent checker for coupled or turning oscillators: T5, T6, T8, L3 and L4.

Like `checker`, it shares nothing with the program that makes certificates. Each function confirms
every value of one kind of claim and returns the reason, or raises `UnconfirmedError`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from flint import arb, arb_mat, fmpq

from lohe.proofs_numeric.checker_equilibria import Enclosed, Flow
from lohe.proofs_numeric.checker_exact import (
    UNIT_BITS,
    ZERO,
    Instance,
    Tokens,
    confirm,
    fields,
    inner,
    natural,
    need,
    number,
    packed,
    power,
    products,
    rational,
    rationals,
    root,
    units,
)

Object: TypeAlias = Mapping[str, Any]


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
        affine = it.anchored and float(it.arrays["readout_exponent"]) == 1.0
        confirm(affine, "weights are bounded for couplings and readout exponent 1 only")

        def facing(i: int, resultant: list[fmpq]) -> fmpq:
            return inner(ys[i], resultant) - slack * sum(map(abs, resultant), ZERO)

        close = it.weights_within(number(weights), lambda i: 2 * sin, facing)
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
