"""``lohe report``: one HTML file from certificates, basin runs, networks and training results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit

__all__ = ["report"]

_INSTANCES = ("network", "head", "tokens")
_TRAINED = ("training", "model")


def report(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Any of *.certificate.json, *.basin.sqlite, *.network.npz, *.head.npz, "
            "*.tokens.npz, *.tolerance.json (what `lohe tolerance --json` prints), "
            "*.training.json, *.model.npz, *.hardware.json and *.audit.json; a folder stands for "
            "all such files in it.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The HTML file to write, or a *.pdf.")
    ] = Path("lohe.report.html"),
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
    """Render one self-contained report: what was proved, sampled, learned and audited.

    It is an HTML page, or, where the output ends in .pdf, the same for paper (needs the extra pdf).

    Files are brought together by the SHA-256 of the network, or of the tokens, that they speak of.
    Give the network, head or tokens beside the certificate, or there are verdicts but few figures.
    Training results of several architectures on the same text are compared side by side, with what
    is proved of their heads; a model's file stands for results while it is being trained.

    Example: `lohe report head.network.npz head.certificate.json head.basin.sqlite -o
    head.report.html`

    Example: `lohe report runs -o systems.report.html`

    Example: `lohe report benchmarks/results/*.hardware.json -o hardware.pdf`
    """
    from lohe.dynamics.errors import InputError
    from lohe.reports.detail import wanted
    from lohe.reports.document import render_report
    from lohe.reports.sources import expand, role_of

    roles: dict[str, list[Path]] = {}
    for path in expand(files):
        roles.setdefault(role_of(path), []).append(path)
    audits = roles.get("audit", [])
    if len(audits) > 1:
        raise InputError(f"{len(audits)} records of an audit are too many; give one")
    written = render_report(
        output,
        roles.get("certificate", []),
        roles.get("basin", []),
        networks=[path for role in _INSTANCES for path in roles.get(role, [])],
        training=[path for role in _TRAINED for path in roles.get(role, [])],
        tolerances=roles.get("tolerance", []),
        hardware=roles.get("hardware", []),
        audit=audits[0] if audits else None,
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
                f"{'tokens' if subject.kind == 'inputs' else 'network'}_sha256": subject.digest,
                "verdicts": {
                    name: claim.verdict.value
                    for certificate in subject.certificates
                    for name, claim in certificate.claims.items()
                },
                "starts_sampled": sum(basin.trials for basin in subject.basins),
                "drawn": subject.network is not None or subject.tokens is not None,
            }
            for subject in written.subjects
        ],
        "training_runs": written.training,
    }
    lines = [f"{written.path}: {len(written.subjects)} heads, {written.size / 1e3:,.0f} kB"]
    lines += [
        f"{subject.name}: no figures; add the {wanted(subject)[1]} file with SHA-256 "
        f"{subject.digest[:12]}…"
        for subject in written.subjects
        if subject.network is None and subject.tokens is None
    ]
    emit(result, lines, as_json=as_json)
