"""The claims in plain words: what each one says, its mathematics, its numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.reports.formatting import count, lower, percent, plain, plural, upper

__all__ = ["ClaimText", "claim_text", "in_order", "key_values", "sentence"]


@dataclass(frozen=True)
class ClaimText:
    """A claim for readers: a short title, one line of mathematics, the theorem's name."""

    title: str
    mathematics: str
    theorem: str


_TEXTS = {
    "unique_stable": ClaimText(
        "One stable resting point",
        "h ≠ 0 ⇒ ẋ = h − ⟨h, x⟩x rests exactly at ±ĥ, and only ĥ = h/‖h‖ is stable",
        "T1 (settling)",
    ),
    "almost_global": ClaimText(
        "Reached from almost every start",
        "c = ⟨x, ĥ⟩ obeys ċ = ‖h‖(1 − c²): every start but −ĥ ends at ĥ, at the rate ‖h‖",
        "T1 (settling)",
    ),
    "settling": ClaimText(
        "Settles in a known time",
        "P(‖x(t) − ĥ‖ ≤ ε) ≥ 1 − δ from t = (artanh(1 − ε²/2) − artanh c_δ)/‖h‖ on",
        "T2 (settling time from a random start)",
    ),
    "mismatch": ClaimText(
        "Survives device mismatch",
        "couplings off by a share ε < ρ = ‖Σ W r‖/Σ W keep the resting point: sin∠(x′, x*) ≤ ε/ρ",
        "T3 (coherence and mismatch)",
    ),
    "all_inputs": ClaimText(
        "Holds for every input",
        "⟨y, r_j⟩ ≥ m > 0 for all visible anchors ⇒ ‖h‖ ≥ m Σ W, whatever the couplings",
        "T4 (for every input)",
    ),
    "digital_step": ClaimText(
        "Digital step small enough",
        "projected Euler with step Δ settles for Δ‖h‖ < 2, without overshoot for Δ‖h‖ ≤ 1",
        "T7 (digital integrator)",
    ),
    "lock": ClaimText(
        "Locks despite its own frequency",
        "‖(λI − A)⁻¹h‖ = 1 has a root λ > 0",
        "T5 (natural frequencies)",
    ),
    "local_cap": ClaimText(
        "A cap of starts that all settle",
        "all angles below θ = 2 min(arccos κ − ψ) shrink",
        "T6 (crosstalk)",
    ),
    "box": ClaimText(
        "One resting point in a box",
        "Krawczyk's operator maps the box into itself",
        "T8 (general box)",
    ),
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
}


_STATED = frozenset({"drive_norm_lower", "worst_oscillator", "oscillators"})


def claim_text(name: str) -> ClaimText:
    """Return the words for a claim; a claim without words gets its name.

    Examples
    --------
    >>> claim_text("settling").theorem
    'T2 (settling time from a random start)'
    """
    return _TEXTS.get(name) or ClaimText(name.replace("_", " ").capitalize(), "", "")


def in_order(claims: Mapping[str, Claim]) -> list[tuple[str, Claim]]:
    """List claims in the order of the theorems, unknown ones last."""
    order = {name: place for place, name in enumerate(_TEXTS)}
    return sorted(claims.items(), key=lambda entry: (order.get(entry[0], len(order)), entry[0]))


def key_values(name: str, claim: Claim) -> tuple[tuple[str, str, float | None], ...]:
    """List (name, text, full number) for each certified value; bounds are rounded outward.

    What `unique_stable` states already is not repeated for `almost_global`.

    Examples
    --------
    >>> key_values("unique_stable", Claim(Verdict.PROVED, "T1", {"drive_norm_lower": 0.47196}))
    (('smallest drive ‖h‖', 'at least 0.471', 0.47196),)
    """
    found = []
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
    weights = claim.witness.get("weights")
    if weights:
        heard = [str(place) for place, weight in enumerate(weights) if weight]
        found.append(("witness: couplings to anchors", ", ".join(heard), None))
    return found


def sentence(name: str, claim: Claim) -> str:
    """Say in words what a claim's verdict means for the reader."""
    title, values = claim_text(name).title, claim.values
    if claim.verdict is Verdict.UNDECIDED:
        return f"{title}: {_inside(claim.reason)}."
    if name == "all_inputs" and "prefix" in values and claim.verdict is Verdict.REFUTED:
        return (
            f"Some input could leave an oscillator without a drive: couplings to the first "
            f"{count(values['prefix'] + 1)} of {count(values['keys'])} anchors can cancel."
        )
    if claim.verdict is Verdict.REFUTED:
        return f"{title}: not so, {_inside(claim.reason)}."
    if name == "settling" and "time_upper" in values:
        return (
            f"From a random start, each oscillator is within {plain(values['epsilon'])} of its "
            f"resting point by time {upper(values['time_upper'])} with probability at least "
            f"{plain(1 - values['delta'], 6)}."
        )
    if name == "mismatch" and "tolerance_lower" in values:
        tolerated = percent(values["tolerance_lower"], 3, "ROUND_FLOOR")
        return f"The resting points survive any coupling error below {tolerated}."
    if name == "digital_step" and "step_settles" in values:
        return f"Projected Euler with a step up to {lower(values['step_settles'])} settles."
    return _PROVED.get(name) or f"{title}: {_inside(claim.reason)}."


_PROVED = {
    "unique_stable": "Every oscillator has exactly one stable resting point.",
    "almost_global": "It is reached from every start but a single point.",
    "all_inputs": "No input whatever can leave an oscillator without a drive.",
}


def _inside(reason: str) -> str:
    return reason.strip().rstrip(".") or "no reason was recorded"


def _any(value: Any) -> str:
    return count(value) if isinstance(value, int) else plain(float(value))
