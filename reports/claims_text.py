"""The claims in plain words: what each one says, its mathematics, its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.reports.formatting import count, degrees_lower, lower, percent, plain, plural, upper

__all__ = ["ClaimText", "claim_text", "in_order", "key_values", "sentence", "stable_points"]


@dataclass(frozen=True)
class ClaimText:
    """A claim for readers: a short title, one line of mathematics, the theorem's name."""

    title: str
    mathematics: str
    theorem: str


_TITLES = {
    "unique_stable": "One stable resting point",
    "almost_global": "Reached from almost every start",
    "settling": "Settles in a known time",
    "mismatch": "Survives device mismatch",
    "all_inputs": "Holds for every input",
    "lock": "Locks despite its own frequency",
    "local_cap": "A cap of starts that all settle",
    "digital_step": "Digital step small enough",
    "box": "Equilibria enclosed one by one",
    "consensus": "Almost every start ends at the leader",
    "agreement": "The given starts come together",
    "input_box": "Holds for all inputs near these",
}

_THEOREMS = {
    "T1": (
        "h ≠ 0 ⇒ ẋ = h − ⟨h, x⟩x rests exactly at ±ĥ, and only ĥ = h/‖h‖ is stable",
        "T1 (settling)",
    ),
    "T2": (
        "P(‖x(t) − ĥ‖ ≤ ε) ≥ 1 − δ from t = (artanh(1 − ε²/2) − artanh c_δ)/‖h‖ on",
        "T2 (settling time from a random start)",
    ),
    "T3": (
        "couplings off by a share ε < ρ = ‖Σ W r‖/Σ W keep the resting point: sin∠(x′, x*) ≤ ε/ρ",
        "T3 (coherence and mismatch)",
    ),
    "T4": (
        "⟨y, r_j⟩ ≥ m > 0 for all visible anchors ⇒ ‖h‖ ≥ m Σ W, whatever the couplings",
        "T4 (for every input)",
    ),
    "T5": (
        "‖(λI − A)⁻¹h‖ = 1 has a root λ > 0: the rate; x* = (λI − A)⁻¹h attracts all but one start",
        "T5 (natural frequencies)",
    ),
    "T6": (
        "‖h_i‖ > 2 Σ|J_ik| for all i: X ↦ (h + JX)/‖·‖ contracts; one of 2ⁿ equilibria is stable",
        "T6 (crosstalk)",
    ),
    "T6a": (
        "‖h_i‖² > (s_i + ‖A_i‖)² + 4 s_i², s_i = Σ|J_ik|: almost every start ends at one point",
        "T6a (attraction without symmetry)",
    ),
    "T6b": (
        "φ̇ ≤ q − 2 sin(φ/2)(ℓ cos(φ/2) − a sin(φ/2) − s) < 0: the largest angle falls",
        "T6b (robust cap)",
    ),
    "L3": (
        "turning oscillators that hear only each other, undriven, turns equilibria into equilibria",
        "L3 (symmetry)",
    ),
    "T7": (
        "projected Euler with step Δ settles for Δ‖h‖ < 2, without overshoot for Δ‖h‖ ≤ 1",
        "T7 (digital integrator)",
    ),
    "T8": (
        "Krawczyk’s operator maps the box into itself: exactly one equilibrium; discs hold its "
        "spectrum",
        "T8 (general box)",
    ),
    "T11": (
        "J ≥ 0 without circles and one oscillator that hears nobody: x_i(t) → x_leader for all i",
        "T11 (one leader)",
    ),
    "T12": (
        "δ = min (J_ts + J_st + Σ min(J_tu, J_su)) > 0: tan(arc/2) ≤ e^(−δt) tan(arc₀/2)",
        "T12 (shared listening)",
    ),
    "L4": (
        "scores xᵀMx over a box of tokens bound the couplings, and these the drive: ‖h‖ > 0",
        "L4 (input box)",
    ),
}

# Where the theorem is not the one that decides `unique_stable`, or the witness names another.
_FIRST = {
    "unique_stable": "T1",
    "almost_global": "T1",
    "settling": "T2",
    "mismatch": "T3",
    "all_inputs": "T4",
    "lock": "T5",
    "local_cap": "T6b",
    "digital_step": "T7",
    "box": "T8",
    "consensus": "T11",
    "agreement": "T12",
    "input_box": "L4",
}

# How each certified value is named, and which way its last digit may be rounded.
_VALUES: Mapping[str, tuple[str, str, Callable[[Any], str]]] = {
    "drive_norm_lower": ("smallest drive ‖h‖", "at least", lower),
    "worst_oscillator": ("weakest oscillator", "number", str),
    "oscillators": ("oscillators", "", count),
    "rate_lower": ("settling rate", "at least", lower),
    "epsilon": ("distance ε", "", plain),
    "delta": ("risk δ", "", plain),
    "time_upper": ("settling time", "at most", upper),
    "mismatch": ("mismatch asked for", "", percent),
    "coherence_lower": ("smallest coherence ρ", "at least", lower),
    "tolerance_lower": ("mismatch tolerated, below", "", lambda v: percent(v, 3, "ROUND_FLOOR")),
    "angle_sine_upper": ("sine of the rest point’s shift", "at most", upper),
    "weight_error_upper": ("attention weight error", "at most", upper),
    "keys": ("anchors", "", count),
    "prefix": ("proved for the first", "", lambda v: plural(v, "anchor")),
    "margin_lower": ("margin m of these", "at least", lower),
    "step_monotone": ("step without overshoot", "at most", lower),
    "step_settles": ("step that still settles", "at most", lower),
    "drive_norm_upper": ("largest drive ‖h‖", "at most", upper),
    "step": ("step asked for", "", plain),
    "contraction_upper": ("contraction factor", "at most", upper),
    "rate_upper": ("settling rate", "at most", upper),
    "radius_upper": ("resting points known to", "within", upper),
    "angle_lower": ("angle θ of the cap, radians", "at least", lower),
    "inner_upper": ("resting point within, radians", "at most", upper),
    "share_lower": ("share of one sphere in the cap", "at least", lower),
    "volume_lower": ("share of all starts in the cap", "at least", lower),
    "equilibria": ("equilibria enclosed", "", count),
    "stable": ("stable equilibria", "", count),
    "leader": ("leading oscillator", "number", str),
    "overlap_lower": ("heard in common δ", "at least", lower),
    "cosine_lower": ("least cosine of the starts", "at least", lower),
    "starts": ("starts", "", count),
    "radius": ("input box: each coordinate within", "", plain),
}


# Oscillators of a witness that are listed by number.
_LISTED = 12

_STATED = frozenset({"drive_norm_lower", "worst_oscillator", "oscillators"})


def claim_text(name: str, claim: Claim | None = None) -> ClaimText:
    """Return the words for a claim, by the theorem that decided it.

    A claim without words gets its name; without a decision, its first theorem is named.

    Examples
    --------
    >>> claim_text("settling").theorem
    'T2 (settling time from a random start)'
    """
    title = _TITLES.get(name, name.replace("_", " ").capitalize())
    theorem = str((claim.witness if claim is not None else {}).get("theorem", ""))
    if name == "settling" and theorem == "T1":
        theorem = "T2"
    mathematics, words = _THEOREMS.get(theorem or _FIRST.get(name, ""), ("", theorem))
    return ClaimText(title, mathematics, words)


def in_order(claims: Mapping[str, Claim]) -> list[tuple[str, Claim]]:
    """List claims in the order of the theorems, unknown ones last."""
    order = {name: place for place, name in enumerate(_TITLES)}
    return sorted(claims.items(), key=lambda entry: (order.get(entry[0], len(order)), entry[0]))


def key_values(name: str, claim: Claim) -> tuple[tuple[str, str, float | None], ...]:
    """List (name, text, full number) for each certified value; bounds are rounded outward.

    What `unique_stable` states already is not repeated for `almost_global`.

    Examples
    --------
    >>> key_values("unique_stable", Claim(Verdict.PROVED, "T1", {"drive_norm_lower": 0.47196}))
    (('smallest drive ‖h‖', 'at least 0.471', 0.47196),)
    """
    found: list[tuple[str, str, float | None]] = []
    if name == "unique_stable" and not _STATED & set(claim.values) - {"oscillators"}:
        # Where each oscillator has its own resting point, the number is that of its drive's.
        found.append(("stable resting points", stable_points(claim), None))
    for key, value in claim.values.items():
        if value is None or (name == "almost_global" and key in _STATED):
            continue
        words, relation, write = _VALUES.get(key, (key.replace("_", " "), "", _any))
        number = isinstance(value, int | float) and not isinstance(value, bool)
        text = write(value) if number else str(value)
        found.append((words, f"{relation} {text}".strip(), float(value) if number else None))
    return (*found, *_witness(claim))


def _witness(claim: Claim) -> list[tuple[str, str, float | None]]:
    """Say in words where the counterexample of a refuted claim is."""
    if claim.verdict is not Verdict.REFUTED:
        return []
    found: list[tuple[str, str, float | None]] = []
    if "oscillator" in claim.witness:
        place = int(claim.witness["oscillator"])
        found.append(("witness: oscillator", f"number {place}", float(place)))
    sets = {"set": "oscillators", "first": "one set", "second": "another set"}
    for key, words in sets.items():
        if key in claim.witness:
            listed = [str(place) for place in claim.witness[key]]
            shown = ", ".join(listed[:_LISTED]) + ", …" * (len(listed) > _LISTED)
            found.append((f"witness: {words}", f"{count(len(listed))}: {shown}", None))
    if "equilibria" in claim.witness:
        boxes = claim.witness["equilibria"]
        stable = sum(box["unstable"] == 0 for box in boxes)
        text = f"{count(len(boxes))}, of which stable: {count(stable)}"
        found.append(("witness: equilibria enclosed", text, float(len(boxes))))
    weights = claim.witness.get("weights")
    if weights:
        heard = [str(place) for place, weight in enumerate(weights) if weight]
        found.append(("witness: couplings to anchors", ", ".join(heard), None))
    return found


def sentence(name: str, claim: Claim) -> str:
    """Say in words what a claim's verdict means for the reader."""
    title, values, theorem = claim_text(name).title, claim.values, claim.witness.get("theorem")
    if claim.verdict is Verdict.UNDECIDED:
        return f"{title}: {_inside(claim.reason)}."
    if name == "all_inputs" and "prefix" in values and claim.verdict is Verdict.REFUTED:
        return (
            f"Some input could leave an oscillator without a drive: couplings to the first "
            f"{count(values['prefix'] + 1)} of {count(values['keys'])} anchors can cancel."
        )
    if claim.verdict is Verdict.REFUTED and name == "unique_stable" and theorem in _NETWORK:
        number = stable_points(claim)
        if number == "none":
            return "The network has no stable resting point."
        return f"The network has {number} stable resting points, not one."
    if claim.verdict is Verdict.REFUTED and name == "almost_global" and theorem in _NETWORK:
        return "No stable resting point is reached from almost every start."
    if claim.verdict is Verdict.REFUTED:
        return f"{title}: not so, {_inside(claim.reason)}."
    if name == "settling" and "time_upper" in values:
        return (
            f"From a random start, each oscillator is within {plain(values['epsilon'])} of its "
            f"resting point by time {upper(values['time_upper'])} with probability at least "
            f"{plain(1 - values['delta'], 6)}."
        )
    if name == "lock" and "rate_lower" in values:
        return (
            "Every oscillator locks to its drive despite its own frequency, at a rate of at least "
            f"{lower(values['rate_lower'])}."
        )
    if name == "local_cap" and "angle_lower" in values:
        angle = degrees_lower(values["angle_lower"])
        share = values["volume_lower"]
        if not share:  # below the smallest float: so many oscillators share the cap
            return f"Every start within {angle} of the resting point settles there."
        volume = percent(share, 3, "ROUND_FLOOR") if share > 1e-5 else f"a share {lower(share)}"
        return (
            f"Every start within {angle} of the resting point settles there: at least {volume} of "
            "all starts."
        )
    if name == "box" and "equilibria" in values:
        found, stable = count(values["equilibria"]), count(values["stable"])
        return f"Equilibria enclosed one by one: {found}, of which stable: {stable}."
    if name == "unique_stable" and theorem in _HEARING:
        return "The network has exactly one stable resting point."
    if name == "input_box" and "radius" in values:
        return (
            f"If every coordinate of every token moves by up to {plain(values['radius'])}, each "
            f"oscillator still settles, by time {upper(values['time_upper'])}."
        )
    if name == "consensus" and "leader" in values:
        return (
            f"From almost every start all oscillators end where oscillator {values['leader']} is, "
            f"in the end at a rate of at least {lower(values['rate_lower'])}."
        )
    if name == "agreement" and "time_upper" in values:
        return (
            f"From the given starts, any two oscillators are within {plain(values['epsilon'])} of "
            f"each other by time {upper(values['time_upper'])} and ever after."
        )
    if name == "mismatch" and "tolerance_lower" in values:
        tolerated = percent(values["tolerance_lower"], 3, "ROUND_FLOOR")
        return f"The resting points survive any coupling error below {tolerated}."
    if name == "digital_step" and "step_settles" in values:
        return f"Projected Euler with a step up to {lower(values['step_settles'])} settles."
    if name == "almost_global" and theorem in _ALMOST:
        return _ALMOST[theorem]
    return _PROVED.get(name) or f"{title}: {_inside(claim.reason)}."


_HEARING = frozenset({"T6", "T6a", "T8"})  # what proves a claim about the whole network

_ALMOST = dict.fromkeys(
    _HEARING,
    "The network reaches it from almost every start: those that do not fill no volume.",
)

_PROVED = {
    "unique_stable": "Every oscillator has exactly one stable resting point.",
    "almost_global": "It is reached from every start but a single point.",
    "all_inputs": "No input whatever can leave an oscillator without a drive.",
}

_NETWORK = frozenset({"L3", "T8"})  # what refutes a claim about the whole network


def stable_points(claim: Claim) -> str:
    """Say how many stable resting points `unique_stable` leaves: one, none, several or unknown.

    Examples
    --------
    >>> stable_points(Claim(Verdict.UNDECIDED, "too many angles"))
    'unknown'
    >>> stable_points(Claim(Verdict.REFUTED, "T8", {"stable": 2}, {"theorem": "T8"}))
    'several (at least 2)'
    """
    if claim.verdict is Verdict.UNDECIDED:
        return "unknown"
    if claim.verdict is Verdict.PROVED:
        return "exactly one"
    stable = int(claim.values.get("stable", 0))
    if not stable:
        return "none"
    least = "" if claim.witness.get("tree") is not None else "at least "
    return f"several ({least}{count(stable)})"


def _inside(reason: str) -> str:
    return reason.strip().rstrip(".") or "no reason was recorded"


def _any(value: Any) -> str:
    return count(value) if isinstance(value, int) else plain(float(value))
