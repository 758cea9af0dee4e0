"""The fields of a certificate: one table for writing, strict reading and the JSON Schema."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.claims import Claim, Verdict

__all__ = ["CLAIMS", "decode", "decode_claim", "encode", "encode_claim", "encode_float", "schema"]

# A field's kind; a question mark means that it may be missing.
Fields = Mapping[str, str]

_COLLAPSE: Fields = {"oscillator": "int", "device": "rationals"}
_SETTLED: Fields = {"drive_norm_lower": "float", "worst_oscillator": "int", "oscillators": "int"}
_DIRECTIONS: Fields = {"directions": "directions?"}
_STEP: Fields = {"step_monotone": "float", "step_settles": "float", "drive_norm_upper": "float"}
_HULL: Fields = {"margin_lower": "float", "keys": "int", "prefix": "int"}
_TOLERANCE: Fields = {"mismatch": "float", "coherence_lower": "float", "tolerance_lower": "float"}
_MOVED: Fields = {"angle_sine_upper": "float", "weight_error_upper": "float?"}

CLAIMS: Mapping[str, Mapping[Verdict, tuple[Fields, Fields]]] = {
    "unique_stable": {
        Verdict.PROVED: (_SETTLED, _DIRECTIONS),
        Verdict.REFUTED: ({}, _COLLAPSE),
    },
    "almost_global": {
        Verdict.PROVED: ({**_SETTLED, "rate_lower": "float"}, _DIRECTIONS),
        Verdict.REFUTED: ({}, _COLLAPSE),
    },
    "settling": {
        Verdict.PROVED: (
            {"epsilon": "float", "delta": "float", "time_upper": "float"},
            {"drive_norm_lower": "float", "quantile": "float", **_DIRECTIONS},
        ),
        Verdict.REFUTED: ({}, _COLLAPSE),
    },
    "mismatch": {
        Verdict.PROVED: ({**_TOLERANCE, **_MOVED}, _DIRECTIONS),
        Verdict.REFUTED: (_TOLERANCE, _COLLAPSE),
    },
    "all_inputs": {
        Verdict.PROVED: (_HULL, {"direction": "rationals"}),
        Verdict.REFUTED: (_HULL, {"direction": "rationals", "weights": "rationals"}),
    },
    "digital_step": {
        Verdict.PROVED: (_STEP, _DIRECTIONS),
        Verdict.REFUTED: (_STEP, {"oscillator": "int", "device": "rationals?"}),
    },
}
"""Claims in the order of printing: for each decided verdict, the fields of values and witness."""

_FLOAT = r"^-?0x[01]\.[0-9a-f]+p[+-][0-9]+$"
_RATIONAL = r"^-?[0-9a-f]+/[0-9a-f]+$"
_FLOAT_SCHEMA = {"type": "string", "pattern": _FLOAT, "maxLength": 32}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "float": _FLOAT_SCHEMA,
    "int": {"type": "integer", "minimum": 0},
    "rationals": {"type": "array", "items": {"type": "string", "pattern": _RATIONAL}},
    "directions": {
        "type": "object",
        "propertyNames": {"pattern": "^(0|[1-9][0-9]*)$"},
        "additionalProperties": {"type": "array", "items": _FLOAT_SCHEMA},
    },
}


def encode_float(value: float) -> str:
    """Return a float as its exact hexadecimal text."""
    return float(value).hex()


def encode(kind: str, value: Any) -> Any:
    """Return a field's value as JSON."""
    kind = kind.rstrip("?")
    if kind == "float":
        return encode_float(value)
    if kind == "rationals":
        return [f"{x.numerator:x}/{x.denominator:x}" for x in map(Fraction, value)]
    if kind == "directions":
        return {str(i): [encode_float(x) for x in y] for i, y in value.items()}
    return int(value)


def decode(kind: str, value: Any, place: str) -> Any:
    """Return a field's value from JSON, or raise `InputError` naming the place."""
    kind = kind.rstrip("?")
    if kind == "float" and isinstance(value, str) and len(value) <= 32 and re.match(_FLOAT, value):
        number = _from_hex(value)
        if number is not None:
            return number
    if kind == "int" and type(value) is int and value >= 0:
        return value
    if kind == "rationals" and isinstance(value, list):
        return tuple(_rational(x, place) for x in value)
    if kind == "directions" and isinstance(value, dict):
        rows = value.items()
        if all(re.fullmatch("0|[1-9][0-9]{0,17}", i) and isinstance(y, list) for i, y in rows):
            return {int(i): tuple(decode("float", x, f"{place}.{i}") for x in y) for i, y in rows}
    raise InputError(f"certificate: {place} is not a valid {kind}; certify again")


def _from_hex(text: str) -> float | None:
    try:
        number = float.fromhex(text)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number.hex() == text else None


def _rational(text: Any, place: str) -> Fraction:
    if isinstance(text, str) and re.match(_RATIONAL, text):
        numerator, denominator = (int(part, 16) for part in text.split("/"))
        if denominator > 0:
            value = Fraction(numerator, denominator)
            if encode("rationals", [value]) == [text]:
                return value
    raise InputError(f"certificate: {place} holds {str(text)[:40]!r}, not a reduced fraction")


def encode_claim(name: str, claim: Claim) -> dict[str, Any]:
    """Return a claim as JSON."""
    values, witness = _fields(name, claim.verdict)
    return {
        "verdict": claim.verdict.value,
        "reason": claim.reason,
        "values": {key: encode(values[key], value) for key, value in claim.values.items()},
        "witness": {key: encode(witness[key], value) for key, value in claim.witness.items()},
    }


def decode_claim(name: str, document: Any) -> Claim:
    """Return a claim from JSON, or raise `InputError` for anything but the fields of the table."""
    place = f"claims.{name}"
    exact_keys(document, {"verdict", "reason", "values", "witness"}, place)
    if document["verdict"] not in [*Verdict] or not isinstance(document["reason"], str):
        raise InputError(f"certificate: {place} has no valid verdict and reason; certify again")
    verdict = Verdict(document["verdict"])
    parts = []
    for part, fields in zip(("values", "witness"), _fields(name, verdict), strict=True):
        found = document[part]
        required = {key for key, kind in fields.items() if not kind.endswith("?")}
        exact_keys(found, required, f"{place}.{part}", optional=set(fields) - required)
        parts.append(
            {
                k: decode(kind, found[k], f"{place}.{part}.{k}")
                for k, kind in fields.items()
                if k in found
            }
        )
    return Claim(verdict, document["reason"], *parts)


def exact_keys(
    document: Any,
    required: set[str],
    place: str,
    *,
    optional: Collection[str] = (),
) -> None:
    """Raise `InputError` unless `document` is an object with exactly the expected keys."""
    if not isinstance(document, dict):
        raise InputError(f"certificate: {place} is not an object; certify again")
    missing, unknown = required - set(document), set(document) - required - set(optional)
    if missing:
        raise InputError(f"certificate: {place} lacks {min(missing)!r}; certify again")
    if unknown:
        raise InputError(f"certificate: {place} has an unknown {min(unknown)!r}; certify again")


def _fields(name: str, verdict: Verdict) -> tuple[Fields, Fields]:
    return CLAIMS[name].get(verdict, ({}, {}))


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a certificate, which is committed beside this file."""
    text, sha = {"type": "string"}, {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    claims = {
        name: {
            "oneOf": [
                _object(
                    {
                        "verdict": {"const": verdict.value},
                        "reason": text,
                        "values": _fields_schema(_fields(name, verdict)[0]),
                        "witness": _fields_schema(_fields(name, verdict)[1]),
                    }
                )
                for verdict in Verdict
            ]
        }
        for name in CLAIMS
    }
    step = {"oneOf": [{"type": "null"}, _FLOAT_SCHEMA]}
    body = _object(
        {
            "format": {"const": "lohe.certificate"},
            "version": {"const": 1},
            "network": _object(
                {
                    "sha256": sha,
                    "n": {"type": "integer", "minimum": 1},
                    "d": {"type": "integer", "minimum": 2},
                }
            ),
            "parameters": _object(
                dict.fromkeys(("mismatch", "epsilon", "delta"), _FLOAT_SCHEMA) | {"step": step}
            ),
            "claims": {**_object(claims, required=()), "minProperties": 1},
            "tool": {"type": "object", "additionalProperties": text},
            "digest": sha,
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "lohe certificate, version 1",
        "description": "Floats are exact hexadecimal texts; fractions are hexadecimal p/q; "
        "digest is the SHA-256 of the document without it, as JSON with sorted keys, no spaces "
        "and ASCII only.",
        **body,
    }


def _object(
    properties: Mapping[str, Any], required: tuple[str, ...] | None = None
) -> dict[str, Any]:
    names = sorted(properties) if required is None else sorted(required)
    return {
        "type": "object",
        "properties": dict(properties),
        "required": names,
        "additionalProperties": False,
    }


def _fields_schema(fields: Fields) -> dict[str, Any]:
    required = tuple(key for key, kind in fields.items() if not kind.endswith("?"))
    return _object({key: _SCHEMAS[kind.rstrip("?")] for key, kind in fields.items()}, required)
