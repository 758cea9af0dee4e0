"""``lohe audit``: the ledger of the papers' claims, checked again."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread

if TYPE_CHECKING:
    from lohe.reports.ledger import Claim, Record

__all__ = ["audit"]

_CHANGED, _FAILED = 1, 3


def audit(
    *,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Check again what takes seconds, and judge again the result files that are there.",
        ),
    ] = False,
    full: Annotated[
        bool,
        typer.Option("--full", help="First make every result: days. Finished runs are kept."),
    ] = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", help="Only claims whose name fits, such as kuramoto-*."),
    ] = None,
    root: Annotated[
        Path, typer.Option(help="Folder in which commands run and result files are sought.")
    ] = Path(),
    seed: Annotated[int, typer.Option(min=0, help="Of what checks draw.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Keep the record in this *.audit.json file."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Render the record as this HTML file.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Audit the three papers: every checkable claim, with what was found and what repeats it.

    Without --quick, --full or --only it shows the record that comes with this version. With them
    claims are checked, and the others are taken from the record. Result files are those that the
    commands leave (--json names them): in a checkout of the repository they are there. With
    --full each command is run, which goes on where it was interrupted.

    The exit code is 0 if every ruling is as recorded, 1 if one has changed, and 3 if a command
    failed.

    Example: `lohe audit --quick --report audit.report.html`

    Example: `lohe audit --only accelerated-causality`
    """
    single_blas_thread()
    from lohe.reports.ledger import shipped_record

    before = shipped_record()
    record, chosen, failed = before, list["Claim"](), list[str]()
    if quick or full or only:
        chosen = _chosen(only)
        if full:
            failed = _make(chosen, root)
        record = _check(chosen, before, root, seed, output)
    elif output is not None:
        record.save(output)
    if report is not None:
        from lohe.reports.document import render_report

        render_report(report, audit=record)
    changed = [
        claim.name for claim in chosen if record.ruling(claim.name) != before.ruling(claim.name)
    ]
    lines = _lines(record, before)
    lines += [f"FAILED: {command}" for command in failed]
    lines += [f"written to {path}" for path in (output, report) if path is not None]
    result = record.model_dump(mode="json") | {"changed": changed, "failed": failed}
    emit(result | {"claims": _claims()}, lines, as_json=as_json)
    return _FAILED if failed else _CHANGED if changed else 0


def _chosen(only: list[str] | None) -> list[Claim]:
    """Return the claims asked for.

    Raises
    ------
    InputError
        If a pattern fits none.
    """
    from fnmatch import fnmatchcase

    from lohe.dynamics.errors import InputError
    from lohe.reports.ledger import load_claims

    claims = load_claims()
    for pattern in only or ():
        if not any(fnmatchcase(name, pattern) for name in claims):
            raise InputError(f"no claim is called {pattern!r}; lohe audit lists them")
    return [
        claim
        for name, claim in claims.items()
        if not only or any(fnmatchcase(name, pattern) for pattern in only)
    ]


def _make(claims: list[Claim], root: Path) -> list[str]:
    """Run the commands that make results, each once, and return those that failed."""
    import os
    import subprocess

    # So that `lohe` is this very program, whatever else is on the path.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    commands = dict.fromkeys(
        command
        for claim in claims
        if claim.result is not None
        for command in (*claim.before, claim.command)
    )
    failed = []
    for number, command in enumerate(commands, start=1):
        sys.stderr.write(f"{number}/{len(commands)} {command}\n")
        sys.stderr.flush()
        done = subprocess.run(  # our own commands, as the ledger shows them
            command, shell=True, cwd=root, env=os.environ | {"PATH": path}, stdout=sys.stderr,
            check=False,
        )  # fmt: skip
        if done.returncode:
            failed.append(command)
    return failed


def _check(
    claims: list[Claim], record: Record, root: Path, seed: int, output: Path | None
) -> Record:
    from lohe.audit.run import audit as check

    done = 0
    with progress_bar("Auditing") as progress:

        def note(_: str) -> None:
            nonlocal done
            progress(done, len(claims))
            done += 1

        keep = None if output is None else lambda found: found.save(output)
        return check(claims, record, root=root, seed=seed, note=note, keep=keep)


def _lines(record: Record, before: Record) -> list[str]:
    from lohe.commands.bench_tables import aligned
    from lohe.reports.ledger import PAPERS, load_claims
    from lohe.reports.ledger_section import time_text

    claims = load_claims()
    lines: list[str] = []
    for paper, source in PAPERS.items():
        rows: list[tuple[str, ...]] = []
        for claim in claims.values():
            if claim.paper != paper:
                continue
            finding, ruling = record.findings.get(claim.name), record.ruling(claim.name)
            was = before.ruling(claim.name)
            now = "" if finding is before.findings.get(claim.name) else "now"
            if ruling != was:
                now = f"was {was.value}"
            took = None if finding is None else finding.result_seconds or finding.seconds
            rows.append((claim.name.removeprefix(f"{paper}-"), ruling.value, now, time_text(took)))
        lines += [source, *aligned((("claim", "ruling", "checked", "took"), rows)), ""]
    return lines[:-1]


def _claims() -> Mapping[str, Any]:
    from lohe.reports.ledger import load_claims

    return {name: claim.model_dump(mode="json") for name, claim in load_claims().items()}
