"""How `lohe certify` and `lohe verify` print the claims of a certificate."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lohe.proofs_numeric.certificate import Certificate

__all__ = ["lines", "result"]

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


def lines(certificate: Certificate, title: str) -> list[str]:
    """Return a table of the claims and the overall verdict."""
    import sys

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("claim", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("reason")
    table.add_column("values")
    for name, claim in certificate.claims.items():
        values = ", ".join(f"{key} {_short(value)}" for key, value in claim.values.items())
        verdict = Text(claim.verdict.value, style=_COLOURS[claim.verdict.value])
        table.add_row(name, verdict, Text(claim.reason), Text(values))
    text = StringIO()
    width = max(80, shutil.get_terminal_size((120, 24)).columns)
    Console(file=text, width=width, force_terminal=sys.stdout.isatty()).print(table)
    others = {claim.verdict for name, claim in certificate.claims.items() if name != "all_inputs"}
    found = [*(line.rstrip() for line in text.getvalue().splitlines())]
    if certificate.verdict == "refuted" and others == {"proved"}:
        found.append("all_inputs is about every possible input; all else holds for the stored one")
    return [*found, f"overall: {certificate.verdict.value}"]


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)
