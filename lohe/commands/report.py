"""``lohe report``: one HTML file from certificates, basin runs, networks and training results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit

__all__ = ["report"]


def report(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Any of *.certificate.json, *.basin.sqlite, *.network.npz, *.head.npz and "
            "*.training.json; a folder stands for all such files in it.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HTML file to write.")] = Path(
        "lohe.report.html"
    ),
    formal: Annotated[
        Path | None,
        typer.Option(
            help="The record of machine-checked theorems, docs/formal/assumptions.json; shows "
            "their statements and what they assume.",
            show_default=False,
        ),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Heading of the report.")] = None,
    as_json: Json = False,
) -> None:
    """Render one self-contained HTML report: what was proved, sampled and learned.

    Files are brought together by the SHA-256 of the network they speak of. Give the network or
    head beside its certificate, or there are verdicts but no figures.

    Example: `lohe report head.network.npz head.certificate.json head.basin.sqlite -o
    head.report.html`
    """
    from lohe.reports.document import render_report
    from lohe.reports.sources import expand, role_of

    roles: dict[str, list[Path]] = {}
    for path in expand(files):
        roles.setdefault(role_of(path), []).append(path)
    written = render_report(
        output,
        roles.get("certificate", []),
        roles.get("basin", []),
        networks=[*roles.get("network", []), *roles.get("head", [])],
        training=roles.get("training", []),
        formal=formal,
        title=title,
    )
    result = {
        "report": str(written.path),
        "bytes": written.size,
        "sha256": written.sha256,
        "heads": [
            {
                "name": subject.name,
                "network_sha256": subject.digest,
                "verdicts": {
                    name: claim.verdict.value
                    for certificate in subject.certificates
                    for name, claim in certificate.claims.items()
                },
                "starts_sampled": sum(basin.trials for basin in subject.basins),
                "drawn": subject.network is not None,
            }
            for subject in written.subjects
        ],
        "training_runs": written.training,
    }
    lines = [f"{written.path}: {len(written.subjects)} heads, {written.size / 1e3:,.0f} kB"]
    lines += [
        f"{subject.name}: no figures; add the .network.npz or .head.npz file with SHA-256 "
        f"{subject.digest[:12]}…"
        for subject in written.subjects
        if subject.network is None
    ]
    emit(result, lines, as_json=as_json)
