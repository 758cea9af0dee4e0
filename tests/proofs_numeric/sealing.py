"""Certificates made by hand: sealed with their digest, as an attacker would."""

from __future__ import annotations

import base64
import hashlib
import json
from fractions import Fraction
from typing import Any

import numpy as np

from lohe.proofs_numeric.checker import check
from lohe.proofs_numeric.checker_exact import instance_digest

SETS = {"mismatch": 0.0, "crosstalk": 0.0, "frequency": 0.0, "anchors": 0.0}
TIMES = {"epsilon": 1e-2, "delta": 1e-3}


def pack(array: Any) -> dict[str, Any]:
    values = np.asarray(array, dtype="<f8")
    text = base64.b64encode(values.tobytes()).decode()
    return {"shape": list(values.shape), "float64": text}


def written(value: Any) -> Any:
    """Return values as a certificate writes them."""
    if isinstance(value, bool) or value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return float(value).hex()
    if isinstance(value, np.ndarray):
        return pack(value)
    if isinstance(value, Fraction):
        return f"{value.numerator:x}/{value.denominator:x}"
    if isinstance(value, dict):
        return {str(key): written(item) for key, item in value.items()}
    return [written(item) for item in value]


def resealed(document: dict[str, Any]) -> dict[str, Any]:
    body = {key: value for key, value in document.items() if key != "digest"}
    text = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return {**body, "digest": hashlib.sha256(text.encode()).hexdigest()}


def claim(verdict: str, theorem: str, values: Any, witness: Any) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "reason": "",
        "values": written(values),
        "witness": {"theorem": theorem, **written(witness)},
    }


def seal(instance: Any, claims: dict[str, Any], **parameters: Any) -> dict[str, Any]:
    """Return a certificate about an instance; the parameters not given are the usual ones."""
    given = {**SETS, **TIMES, "step": None, **parameters}
    return resealed(
        {
            "format": "lohe.certificate",
            "version": 2,
            "network": {
                "sha256": instance_digest(instance.arrays()),
                "n": instance.n,
                "d": instance.d,
            },
            "parameters": written(given),
            "claims": claims,
            "tool": {},
        }
    )


def verdict_of(
    instance: Any, name: str, stated: tuple[str, str], values: Any, witness: Any, **parameters: Any
) -> tuple[str, str]:
    """Return the checker's verdict and reason on one claim made by hand: verdict and theorem."""
    document = seal(instance, {name: claim(*stated, values, witness)}, **parameters)
    found = check(document, instance.arrays())["claims"][name]
    return found["verdict"], found["reason"]
