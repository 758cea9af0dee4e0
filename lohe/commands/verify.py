"""``lohe verify``: check certificates with the independent checker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar
from lohe.commands.instances import instance_of, kind, read_certified, stem

if TYPE_CHECKING:
    from lohe.proofs_numeric.certificate import Certificate

__all__ = ["verify"]


def verify(
    certificate: Annotated[
        Path, typer.Argument(help="A *.certificate.json file, or a folder of them.")
    ],
    instance: Annotated[
        Path | None,
        typer.Argument(
            help="The *.network.npz or *.tokens.npz file that it is about; by default the one "
            "beside it."
        ),
    ] = None,
    *,
    as_json: Json = False,
) -> int:
    """Check every number of a certificate against its instance, exactly.

    Exit code 0: every claim is confirmed as proved; 1: one is confirmed as refuted; 3: one is
    open, or stated but not confirmed; 2: not a certificate of this instance.

    Example: `lohe verify layer0.certificate.json layer0.network.npz`

    Example: `lohe verify runs`
    """
    if certificate.is_dir():
        return _verify_folder(certificate, instance, as_json=as_json)
    from lohe.commands import verdicts

    about = instance or instance_of(certificate)
    with progress_bar("verify"):
        found, unconfirmed = _check(certificate, about)
    text = verdicts.lines(found, f"checker's verdicts on {certificate}")
    if unconfirmed:
        text.append(f"stated but not confirmed: {', '.join(unconfirmed)}")
    result = verdicts.result(found, certificate=certificate, **{kind(about): about})
    emit({**result, "unconfirmed": unconfirmed}, text, as_json=as_json)
    return found.exit_code


def _verify_folder(folder: Path, instance: Path | None, *, as_json: bool) -> int:
    from lohe.commands import verdicts
    from lohe.dynamics.errors import InputError

    files = sorted(folder.glob("*.certificate.json"))
    if instance is not None:
        raise InputError(f"{folder} is a folder; leave out {instance}")
    if not files:
        raise InputError(f"{folder} holds no .certificate.json file")
    found: dict[str, Certificate] = {}
    results = []
    with progress_bar("verify") as progress:
        progress(0, len(files))
        for file in files:
            about = instance_of(file)
            try:
                checked, unconfirmed = _check(file, about)
            except InputError as error:
                named = str(file) in str(error) or str(about) in str(error)
                raise InputError(f"{error}" if named else f"{file}: {error}") from error
            found[stem(file)] = checked
            result = verdicts.result(checked, certificate=file, **{kind(about): about})
            results.append({**result, "unconfirmed": unconfirmed})
            progress(len(found), len(files))
    text = verdicts.table(found)
    text += [
        f"stated but not confirmed: {', '.join(result['unconfirmed'])} of {result['certificate']}"
        for result in results
        if result["unconfirmed"]
    ]
    emit(verdicts.together(results, found), text, as_json=as_json)
    return verdicts.exit_code(found.values())


def _check(certificate: Path, instance: Path) -> tuple[Certificate, list[str]]:
    """Return the checker's verdicts, and the claims that it does not confirm."""
    from lohe.proofs_numeric.certificate import Certificate
    from lohe.proofs_numeric.verify import verify as verify_certificate

    stated = Certificate.load(certificate)
    found = verify_certificate(stated, read_certified(instance))
    unconfirmed = [n for n, c in found.claims.items() if c.verdict != stated.claims[n].verdict]
    return found, unconfirmed
