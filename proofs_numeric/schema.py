"""The JSON Schema of certificates, made from the table of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lohe.proofs_numeric.claims import Verdict
from lohe.proofs_numeric.codec import FLOAT, RATIONAL
from lohe.proofs_numeric.fields import CLAIMS, EQUILIBRIUM, PARAMETERS, VERSION, Fields

__all__ = ["schema"]

_TEXT = {"type": "string"}
_SHA = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


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


def _part(fields: Fields, **others: Any) -> dict[str, Any]:
    required = [key for key, kind in fields.items() if not kind.endswith("?")]
    properties = {key: _reference(kind.rstrip("?")) for key, kind in fields.items()}
    return _object({**properties, **others}, (*required, *others))


def _reference(kind: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{kind}"}


_KINDS: dict[str, dict[str, Any]] = {
    "float": {"type": "string", "pattern": FLOAT, "maxLength": 32},
    "int": {"type": "integer", "minimum": 0},
    "ints": {"type": "array", "items": {"type": "integer"}},
    "rationals": {"type": "array", "items": {"type": "string", "pattern": RATIONAL}},
    "directions": {
        "type": "object",
        "propertyNames": {"pattern": "^(0|[1-9][0-9]*)$"},
        "additionalProperties": {"type": "array", "items": _reference("float")},
    },
    "packed": _object(
        {
            "shape": {"type": "array", "items": _reference("int")},
            "float64": {"type": "string", "contentEncoding": "base64"},
        }
    ),
    "equilibria": {"type": "array", "items": _part(EQUILIBRIUM)},
}


def _claim(verdict: Verdict, values: Any, witness: Any) -> dict[str, Any]:
    verdicts = {"const": verdict.value}
    return _object({"verdict": verdicts, "reason": _TEXT, "values": values, "witness": witness})


def _claims(name: str) -> list[dict[str, Any]]:
    decided = [
        _claim(verdict, _part(values), _part(witness, theorem={"const": theorem}))
        for verdict, theorems in CLAIMS[name].items()
        for theorem, (values, witness) in theorems.items()
    ]
    return [*decided, _claim(Verdict.UNDECIDED, _object({}), _object({}))]


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a certificate, which is committed beside this file."""
    parameters = {
        key: {"oneOf": [{"type": "null"}, _reference("float")]}
        if kind.endswith("?")
        else _reference(kind)
        for key, kind in PARAMETERS.items()
    }
    network = {
        "sha256": _SHA,
        "n": {"type": "integer", "minimum": 1},
        "d": {"type": "integer", "minimum": 2},
    }
    claims = _object({name: {"oneOf": _claims(name)} for name in CLAIMS}, required=())
    body = _object(
        {
            "format": {"const": "lohe.certificate"},
            "version": {"const": VERSION},
            "network": _object(network),
            "parameters": _object(parameters),
            "claims": {**claims, "minProperties": 1},
            "tool": {"type": "object", "additionalProperties": _TEXT},
            "digest": _SHA,
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"lohe certificate, version {VERSION}",
        "description": "Floats are exact hexadecimal texts; fractions are hexadecimal p/q; large "
        "arrays are base64 of little-endian 64-bit floats in C order; digest is the SHA-256 of "
        "the document without it, as JSON with sorted keys, no spaces and ASCII only.",
        "$defs": _KINDS,
        **body,
    }
