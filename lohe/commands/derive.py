"""``lohe derive``: print the theorems with their checks, or emit the kernels."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar

if TYPE_CHECKING:
    from lohe.theory.derivation import Derivation
    from lohe.theory.theorem import Theorem

__all__ = ["derive"]


class Format(StrEnum):
    """How the derivation is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    LATEX = "latex"


def derive(
    *,
    theorem: Annotated[
        list[str] | None,
        typer.Option("--theorem", "-t", help="Only this one, for example T1; may be repeated."),
    ] = None,
    form: Annotated[Format, typer.Option("--format", "-f", help="What to write.")] = Format.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write to this file, not to stdout.")
    ] = None,
    write_kernels: Annotated[
        bool, typer.Option("--emit", help="Write the Jacobian and Hessian kernels instead.")
    ] = False,
    path: Annotated[
        Path | None,
        typer.Option(help="File of the kernels; by default that of the installed package."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="With --emit: compare the file, change nothing.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Derive the theorems and check every identity of their proofs with SymPy.

    The exit code is 0 if every check holds and 1 if one fails. With --emit the NumPy kernels of
    the Jacobian and Hessian are written from the checked expressions.

    Example: `lohe derive --theorem T1 --format markdown -o T1.md`
    """
    from lohe.dynamics.errors import InputError

    if write_kernels:
        return _emit_kernels(path, check=check, as_json=as_json)
    if check or path is not None:
        raise InputError("--check and --path go with --emit; add --emit")
    if as_json and form is not Format.TEXT:
        raise InputError("--json and --format exclude each other; drop one")

    from lohe.theory.derivation import derive as check_theorems

    chosen = _chosen(theorem)
    with progress_bar("Checking") as progress:
        derivation = check_theorems(chosen, progress)
    if output is not None:
        _write(derivation, form, output, as_json=as_json)
    elif as_json:
        emit(derivation.data(), (), as_json=True)
    elif form is Format.TEXT:
        _print(derivation)
    else:
        sys.stdout.write(getattr(derivation, form.value)())
    return 1 if derivation.failures else 0


def _chosen(names: list[str] | None) -> list[Theorem]:
    from lohe.dynamics.errors import InputError
    from lohe.theory.registry import theorems

    known = theorems()
    by_name = {name.lower(): theorem for name, theorem in known.items()}
    for name in names or ():
        if name.lower() not in by_name:
            raise InputError(f"no theorem {name}; choose from {', '.join(known)}")
    return [by_name[name.lower()] for name in names] if names else list(known.values())


def _write(derivation: Derivation, form: Format, output: Path, *, as_json: bool) -> None:
    import json

    from lohe.dynamics.files import write_text

    if as_json:
        text = json.dumps(derivation.data(), indent=2, sort_keys=True) + "\n"
    else:
        text = getattr(derivation, form.value)()
    write_text(output, text)
    sys.stdout.write(f"{derivation.summary}; written to {output}\n")


def _print(derivation: Derivation) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    for theorem, outcomes in derivation.sections:
        console.rule(Text(f"{theorem.name}  {theorem.title}", style="bold"), align="left")
        rows = Table.grid(padding=(0, 1))
        for hypothesis in theorem.hypotheses:
            rows.add_row(Text("if", "cyan"), Text(hypothesis))
        rows.add_row(Text("then", "cyan"), Text(theorem.statement))
        for outcome in outcomes:
            mark = Text("✓", "green") if outcome.holds else Text("✗", "bold red")
            rows.add_row(mark, Text(outcome.claim))
            if not outcome.holds:
                rows.add_row("", Text(f"left over: {outcome.residual} ({outcome.method})", "red"))
        rows.add_row(Text("from", "dim"), Text(f"{theorem.source}.", "dim"))
        console.print(rows)
        console.print()
    console.print(Text(derivation.summary, "bold red" if derivation.failures else "bold green"))


def _emit_kernels(path: Path | None, *, check: bool, as_json: bool) -> int:
    from lohe.dynamics.errors import InputError
    from lohe.dynamics.files import write_text
    from lohe.theory.kernels import kernels_source

    target = path if path is not None else _installed_kernels()
    source = kernels_source()
    if not check:
        write_text(target, source)
        emit({"path": str(target), "written": True}, [f"wrote {target}"], as_json=as_json)
        return 0
    try:
        same = target.read_text(encoding="utf-8") == source
    except OSError as error:
        raise InputError(f"cannot read {target}: {error.strerror or error}") from error
    line = f"{target} is what the derivation emits"
    if not same:
        line = f"{target} differs from what the derivation emits; run lohe derive --emit"
    emit({"path": str(target), "same": same}, [line], as_json=as_json)
    return 0 if same else 1


def _installed_kernels() -> Path:
    """Find the file without importing it: it may be missing or broken."""
    from importlib.util import find_spec

    package = find_spec("lohe.proofs_numeric")
    assert package is not None
    assert package.submodule_search_locations is not None
    return Path(next(iter(package.submodule_search_locations))) / "jacobian.py"
