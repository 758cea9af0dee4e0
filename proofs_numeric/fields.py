"""The fields of a certificate: for each claim, verdict and theorem, its values and its witness.

One table serves writing, strict reading (`lohe.proofs_numeric.codec`) and the JSON Schema
(`lohe.proofs_numeric.schema`). A kind is one of those of the codec; a question mark means that the
field may be missing.
"""

from __future__ import annotations

from collections.abc import Mapping

from lohe.proofs_numeric.claims import Verdict

__all__ = ["CLAIMS", "EQUILIBRIUM", "PARAMETERS", "VERSION", "Fields", "fields_of"]

VERSION = 2
"""Of the format of certificates."""

Fields = Mapping[str, str]

PARAMETERS: Fields = {
    "mismatch": "float",
    "crosstalk": "float",
    "frequency": "float",
    "anchors": "float",
    "epsilon": "float",
    "delta": "float",
    "step": "float?",
}
"""The parameters that claims refer to; ``step`` may be null."""

EQUILIBRIUM: Fields = {
    "charts": "ints",
    "coordinates": "packed",
    "inner": "float",
    "outer": "float",
    "unstable": "int",
    "abscissa_upper": "float",
}
"""One enclosed equilibrium (T8)."""

_NONE: Fields = {}
_ALL: Fields = {"oscillators": "int"}
_WORST: Fields = {"worst_oscillator": "int", "oscillators": "int"}
_DRIVEN: Fields = {"drive_norm_lower": "float", **_WORST}
_RATE: Fields = {"rate_lower": "float"}
_CONTRACTION: Fields = {"contraction_upper": "float", **_ALL}
_DIRECTIONS: Fields = {"directions": "directions?"}
_LEVELS: Fields = {"levels": "packed"}
_SEARCH: Fields = {"equilibria": "equilibria", "tree": "ints"}
_COUNTED: Fields = {"equilibria": "int", **_ALL}
_TIME: Fields = {"epsilon": "float", "delta": "float", "time_upper": "float"}
_STEP: Fields = {"step_monotone": "float", "step_settles": "float", "drive_norm_upper": "float"}
_HULL: Fields = {"margin_lower": "float", "keys": "int", "prefix": "int"}
_TOLERANCE: Fields = {"mismatch": "float", "coherence_lower": "float", "tolerance_lower": "float"}
_MOVED: Fields = {"angle_sine_upper": "float", "weight_error_upper": "float?"}
_LOCK: Fields = {**_RATE, "rate_upper": "float", "radius_upper": "float", **_WORST}
_CAP: Fields = {
    "angle_lower": "float",
    "inner_upper": "float",
    "rate_lower": "float",
    "share_lower": "float",
    "volume_lower": "float",
    "weight_error_upper": "float?",
    **_ALL,
}
_LED: Fields = {"leader": "int", **_RATE, **_WORST}
_AGREED: Fields = {
    "epsilon": "float",
    "time_upper": "float",
    **_RATE,
    "overlap_lower": "float",
    "cosine_lower": "float",
    "starts": "int",
    **_ALL,
}
_BOXES: Fields = {"equilibria": "int", "stable": "int", "radius_upper": "float", **_ALL}

Theorems = Mapping[str, tuple[Fields, Fields]]

_COLLAPSE: Theorems = {"T1": (_NONE, {"oscillator": "int", "device": "rationals"})}
_UNLOCKED: Theorems = {"T5": (_NONE, {"oscillator": "int", "point": "rationals"})}
_NOT_UNIQUE: Theorems = {
    **_COLLAPSE,
    **_UNLOCKED,
    "L3": (_NONE, {"set": "ints"}),
    "T8": ({"stable": "int"}, {"equilibria": "equilibria", "tree": "ints?"}),
}

CLAIMS: Mapping[str, Mapping[Verdict, Theorems]] = {
    "unique_stable": {
        Verdict.PROVED: {
            "T1": (_DRIVEN, _DIRECTIONS),
            "T5": ({**_RATE, **_WORST}, _LEVELS),
            "T6": (_CONTRACTION, _NONE),
            "T6a": ({**_RATE, **_ALL}, _NONE),
            "T8": (_COUNTED, _SEARCH),
        },
        Verdict.REFUTED: _NOT_UNIQUE,
    },
    "almost_global": {
        Verdict.PROVED: {
            "T1": ({**_DRIVEN, **_RATE}, _DIRECTIONS),
            "T5": ({**_RATE, **_WORST}, _LEVELS),
            "T6": (_CONTRACTION, _NONE),
            "T6a": ({**_RATE, **_ALL}, _NONE),
            "T8": (_COUNTED, _SEARCH),
        },
        Verdict.REFUTED: _NOT_UNIQUE,
    },
    "settling": {
        Verdict.PROVED: {
            "T1": (_TIME, {"drive_norm_lower": "float", "quantile": "float", **_DIRECTIONS}),
            "T5": (_TIME, {"rate_lower": "float", "quantile": "float", **_LEVELS}),
        },
        Verdict.REFUTED: {**_COLLAPSE, **_UNLOCKED},
    },
    "mismatch": {
        Verdict.PROVED: {"T3": ({**_TOLERANCE, **_MOVED}, _DIRECTIONS)},
        Verdict.REFUTED: {"T3": (_TOLERANCE, {"oscillator": "int", "device": "rationals"})},
    },
    "all_inputs": {
        Verdict.PROVED: {"T4": (_HULL, {"direction": "rationals"})},
        Verdict.REFUTED: {"T4": (_HULL, {"direction": "rationals", "weights": "rationals"})},
    },
    "lock": {
        Verdict.PROVED: {
            "T5": (_LOCK, {**_LEVELS, "ceilings": "packed", "points": "packed"}),
        },
        Verdict.REFUTED: _UNLOCKED,
    },
    "local_cap": {
        Verdict.PROVED: {"T6b": (_CAP, {"centre": "packed", "inner": "float", "outer": "float"})},
    },
    "digital_step": {
        Verdict.PROVED: {"T7": (_STEP, _DIRECTIONS)},
        Verdict.REFUTED: {"T7": (_STEP, {"oscillator": "int", "device": "rationals?"})},
    },
    "box": {Verdict.PROVED: {"T8": (_BOXES, {"equilibria": "equilibria"})}},
    "consensus": {
        Verdict.PROVED: {"T11": (_LED, {"order": "ints"})},
        Verdict.REFUTED: {"T11": (_NONE, {"first": "ints", "second": "ints"})},
    },
    "agreement": {Verdict.PROVED: {"T12": (_AGREED, {"states": "packed", "ends": "ints?"})}},
    "input_box": {
        Verdict.PROVED: {
            "L4": (
                {"radius": "float", **_DRIVEN, "time_upper": "float"},
                {"quantile": "float", "directions": "packed"},
            ),
        },
    },
}
"""Claims in the order of printing."""


def fields_of(name: str, verdict: Verdict, theorem: str) -> tuple[Fields, Fields] | None:
    """Return the fields of values and witness; None if the theorem cannot give that verdict."""
    return CLAIMS[name].get(verdict, {}).get(theorem)
