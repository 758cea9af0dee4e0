"""How `lohe certify` and `lohe verify` print the claims of a certificate."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lohe.proofs_numeric.certificate import Certificate
    from lohe.proofs_numeric.claims import Claim

__all__ = ["exit_code", "lines", "result", "table", "together"]

_EXIT_CODES = {"refuted": 1, "undecided": 3, "proved": 0}  # the gravest first
_COLOURS = {"proved": "green", "refuted": "red", "undecided": "yellow"}


def result(found: Certificate, **paths: Path) -> dict[str, Any]:
    """Return the verdicts and values as JSON data; floats are decimal here, exact in the file."""
    return {
        **{name: str(path) for name, path in paths.items()},
        "network_sha256": found.network_sha256,
        "oscillators": found.n,
        "dimension": found.d,
        "parameters": dict(found.parameters),
        "verdict": found.verdict.value,
        "exit_code": found.exit_code,
        "claims": {
            name: {
                "verdict": claim.verdict.value,
                "reason": claim.reason,
                "values": dict(claim.values),
            }
            for name, claim in found.claims.items()
        },
    }


def together(
    results: Sequence[Mapping[str, Any]], found: Mapping[str, Certificate]
) -> dict[str, Any]:
    """Return the `result` of each of several certificates as one JSON object."""
    code = exit_code(found.values())
    verdict = next(name for name, of in _EXIT_CODES.items() if of == code)
    return {"certificates": list(results), "verdict": verdict, "exit_code": code}


def exit_code(certificates: Iterable[Certificate]) -> int:
    """Return the gravest exit code: refuted (1) before undecided (3) before proved (0)."""
    codes = {certificate.exit_code for certificate in certificates}
    return next(code for code in _EXIT_CODES.values() if code in codes)


def table(found: Mapping[str, Certificate]) -> list[str]:
    """Return a table with one line for each certificate, by its name, and claim."""
    rows = [
        (name, claim_name, claim.verdict.value, _values(claim) or claim.reason)
        for name, certificate in found.items()
        for claim_name, claim in certificate.claims.items()
    ]
    heading = ("instance", "claim", "verdict", "values, or why undecided")
    widths = [max(len(row[column]) for row in (heading, *rows)) for column in range(3)]
    text = [
        "  ".join([*(cell.ljust(w) for cell, w in zip(row[:3], widths, strict=True)), row[3]])
        for row in (heading, *rows)
    ]
    counts = Counter(row[2] for row in rows)
    total = ", ".join(f"{counts[verdict]} {verdict}" for verdict in _EXIT_CODES if counts[verdict])
    code = exit_code(found.values())
    verdict = next(name for name, of in _EXIT_CODES.items() if of == code)
    shown = [line.rstrip() for line in text]
    return [*shown, *_remark([*found.values()]), f"overall: {verdict} ({total})"]


def _remark(certificates: Sequence[Certificate]) -> list[str]:
    """Return a line that says so if nothing but all_inputs is refuted, and the rest proved."""
    claims = [item for certificate in certificates for item in certificate.claims.items()]
    refuted = any(claim.verdict == "refuted" for _, claim in claims)
    others = {claim.verdict for name, claim in claims if name != "all_inputs"}
    if refuted and others == {"proved"}:
        stored = "the stored one" if len(certificates) == 1 else "the stored ones"
        return [f"all_inputs is about every possible input; all else holds for {stored}"]
    return []


def _values(claim: Claim) -> str:
    return ", ".join(f"{key} {_short(value)}" for key, value in claim.values.items())


def lines(certificate: Certificate, title: str) -> list[str]:
    """Return a table of the claims and the overall verdict."""
    import sys

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    listed = Table(title=title, title_justify="left", box=None, pad_edge=False)
    listed.add_column("claim", no_wrap=True)
    listed.add_column("verdict", no_wrap=True)
    listed.add_column("reason")
    listed.add_column("values")
    for name, claim in certificate.claims.items():
        verdict = Text(claim.verdict.value, style=_COLOURS[claim.verdict.value])
        listed.add_row(name, verdict, Text(claim.reason), Text(_values(claim)))
    text = StringIO()
    width = max(80, shutil.get_terminal_size((120, 24)).columns)
    Console(file=text, width=width, force_terminal=sys.stdout.isatty()).print(listed)
    found = [*(line.rstrip() for line in text.getvalue().splitlines())]
    remarks = [_devices(certificate), *_remark([certificate])]
    return [*found, *remarks, f"overall: {certificate.verdict.value}"]


def _devices(certificate: Certificate) -> str:
    """Say which devices the claims cover: a verdict means nothing without."""
    names = ("mismatch", "crosstalk", "frequency", "anchors")
    sizes = [f"{name} {certificate.parameters[name]}" for name in names]
    off = [size for name, size in zip(names, sizes, strict=True) if certificate.parameters[name]]
    return f"devices: {', '.join(off) or 'exactly as stored'}"


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
