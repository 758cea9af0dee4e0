"""How the fields of a certificate are written and strictly read, kind by kind."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.proofs_numeric.fields import CLAIMS, EQUILIBRIUM, Fields, fields_of
from lohe.proofs_numeric.packed import Packed

__all__ = [
    "FLOAT",
    "RATIONAL",
    "decode",
    "decode_claim",
    "encode",
    "encode_claim",
    "encode_float",
    "exact_keys",
]

FLOAT = r"^-?0x[01]\.[0-9a-f]+p[+-][0-9]+$"
RATIONAL = r"^-?[0-9a-f]+/[0-9a-f]+$"


def encode_float(value: float) -> str:
    """Return a float as its exact hexadecimal text."""
    return float(value).hex()


def encode(kind: str, value: Any) -> Any:
    """Return a field's value as JSON."""
    match kind.rstrip("?"):
        case "float":
            return encode_float(value)
        case "ints":
            return [int(x) for x in value]
        case "rationals":
            return [f"{x.numerator:x}/{x.denominator:x}" for x in map(Fraction, value)]
        case "directions":
            return {str(i): [encode_float(x) for x in y] for i, y in value.items()}
        case "packed":
            return value.encode()
        case "equilibria":
            return [{key: encode(EQUILIBRIUM[key], each[key]) for key in each} for each in value]
        case _:
            return int(value)


def decode(kind: str, value: Any, place: str) -> Any:
    """Return a field's value from JSON, or raise `InputError` naming the place."""
    match kind.rstrip("?"), value:
        case "float", str() if len(value) <= 32 and re.match(FLOAT, value):
            number = _from_hex(value)
            if number is not None:
                return number
        case "int", int() if _is_natural(value):
            return value
        case "ints", list() if all(type(x) is int and x >= -(2**53) for x in value):
            return tuple(value)
        case "rationals", list():
            return tuple(_rational(x, place) for x in value)
        case "directions", dict() if all(map(_is_direction, value.items())):
            rows = value.items()
            return {int(i): tuple(decode("float", x, f"{place}.{i}") for x in y) for i, y in rows}
        case "packed", _:
            return Packed.decode(value, place)
        case "equilibria", list():
            return tuple(_equilibrium(each, f"{place}[{b}]") for b, each in enumerate(value))
    raise InputError(f"certificate: {place} is not a valid {kind.rstrip('?')}; certify again")


def _is_natural(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_direction(item: tuple[str, Any]) -> bool:
    return bool(re.fullmatch("0|[1-9][0-9]{0,17}", item[0])) and isinstance(item[1], list)


def _equilibrium(value: Any, place: str) -> dict[str, Any]:
    exact_keys(value, set(EQUILIBRIUM), place)
    return {key: decode(kind, value[key], f"{place}.{key}") for key, kind in EQUILIBRIUM.items()}


def _from_hex(text: str) -> float | None:
    try:
        number = float.fromhex(text)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and number.hex() == text else None


def _rational(text: Any, place: str) -> Fraction:
    if isinstance(text, str) and re.match(RATIONAL, text):
        numerator, denominator = (int(part, 16) for part in text.split("/"))
        if denominator > 0:
            value = Fraction(numerator, denominator)
            if encode("rationals", [value]) == [text]:
                return value
    raise InputError(f"certificate: {place} holds {str(text)[:40]!r}, not a reduced fraction")


def encode_claim(name: str, claim: Claim) -> dict[str, Any]:
    """Return a claim as JSON."""
    values, witness = _fields(name, claim.verdict, claim.witness.get("theorem"), name)
    found = {
        key: encode(witness[key], claim.witness[key]) for key in claim.witness if key in witness
    }
    if claim.verdict is not Verdict.UNDECIDED:
        found["theorem"] = claim.witness["theorem"]
    return {
        "verdict": claim.verdict.value,
        "reason": claim.reason,
        "values": {key: encode(values[key], value) for key, value in claim.values.items()},
        "witness": found,
    }


def decode_claim(name: str, document: Any) -> Claim:
    """Return a claim from JSON, or raise `InputError` for anything but the fields of the table."""
    place = f"claims.{name}"
    exact_keys(document, {"verdict", "reason", "values", "witness"}, place)
    if document["verdict"] not in [*Verdict] or not isinstance(document["reason"], str):
        raise InputError(f"certificate: {place} has no valid verdict and reason; certify again")
    verdict, witness = Verdict(document["verdict"]), document["witness"]
    theorem = witness.get("theorem") if isinstance(witness, dict) else None
    expected = _fields(name, verdict, theorem, place)
    decided = verdict is not Verdict.UNDECIDED
    return Claim(
        verdict,
        document["reason"],
        _decode_part(document["values"], expected[0], f"{place}.values"),
        {
            **_decode_part(
                witness, expected[1], f"{place}.witness", {"theorem"} if decided else ()
            ),
            **({"theorem": theorem} if decided else {}),
        },
    )


def _decode_part(
    found: Any, fields: Fields, place: str, others: Collection[str] = ()
) -> dict[str, Any]:
    required = {key for key, kind in fields.items() if not kind.endswith("?")}
    exact_keys(found, required | set(others), place, optional=set(fields) - required)
    return {k: decode(fields[k], v, f"{place}.{k}") for k, v in found.items() if k not in others}


def _fields(name: str, verdict: Verdict, theorem: Any, place: str) -> tuple[Fields, Fields]:
    if verdict is Verdict.UNDECIDED:
        return {}, {}
    known = CLAIMS[name].get(verdict, {})
    found = fields_of(name, verdict, theorem) if isinstance(theorem, str) else None
    if found is None:
        raise InputError(
            f"certificate: {place} is {verdict.value} by none of {', '.join(known) or 'nothing'}"
        )
    return found


def exact_keys(
    document: Any,
    required: set[str],
    place: str,
    *,
    optional: Collection[str] = (),
) -> None:
    """Raise `InputError` unless `document` is an object with exactly the expected keys."""
    if not isinstance(document, Mapping):
        raise InputError(f"certificate: {place} is not an object; certify again")
    missing, unknown = required - set(document), set(document) - required - set(optional)
    if missing:
        raise InputError(f"certificate: {place} lacks {min(missing)!r}; certify again")
    if unknown:
        raise InputError(f"certificate: {place} has an unknown {min(unknown)!r}; certify again")
