"""``lohe certify``: prove or refute what networks of oscillators do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar
from lohe.commands.instances import find_instances, kind, stem

if TYPE_CHECKING:
    from lohe.commands.certified import Wanted

__all__ = ["certify"]


def certify(
    instances: Annotated[
        list[Path],
        typer.Argument(
            help="*.network.npz, *.head.npz and *.tokens.npz files, or folders of them."
        ),
    ],
    *,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Certificate, or a folder for several; by default beside the input.",
        ),
    ] = None,
    claims: Annotated[
        str, typer.Option(help="Names separated by commas, or all that apply.")
    ] = "all",
    mismatch: Annotated[
        float, typer.Option(help="Largest relative error of a coupling on a device.")
    ] = 0.0,
    crosstalk: Annotated[
        float, typer.Option(help="Largest absolute sum of errors of a row of the crosstalk.")
    ] = 0.0,
    frequency: Annotated[
        float, typer.Option(help="Largest error of a natural frequency, in spectral norm.")
    ] = 0.0,
    anchors: Annotated[float, typer.Option(help="Largest displacement of an anchor.")] = 0.0,
    input_radius: Annotated[
        float | None,
        typer.Option(
            help="*.tokens.npz: how far each coordinate of each token may move; by default 0."
        ),
    ] = None,
    epsilon: Annotated[float, typer.Option(help="Distance that counts as settled.")] = 1e-2,
    delta: Annotated[
        float, typer.Option(help="Probability that a uniform start takes longer.")
    ] = 1e-3,
    step: Annotated[
        float | None, typer.Option(help="A step of projected Euler to certify.")
    ] = None,
    nodes: Annotated[
        int, typer.Option(min=1, help="Cells that the search for all equilibria may visit.")
    ] = 200_000,
    attractors: Annotated[
        Path | None,
        typer.Option(
            help="A *.basin.sqlite file of the network: what its starts rested at is proved too."
        ),
    ] = None,
    as_json: Json = False,
) -> int:
    """Certify networks, heads on their stored tokens, and heads on inputs near those.

    Every claim is for all devices within --mismatch, --crosstalk, --frequency and --anchors of
    the stored network. Exit code 0: every claim asked for is proved; 1: one is refuted; 3: one is
    undecided. The claim all_inputs is about every possible input, so it is often refuted for a
    head that is fine on its real ones; leave it out of --claims if only those matter. A head's
    network is written beside the certificate, which is about exactly those numbers.

    Several files, or a folder, give a table with one line for each file and claim.

    Example: `lohe certify layer0.head.npz --mismatch 0.05 -o layer0.certificate.json`

    Example: `lohe certify runs --input-radius 0.01`

    Example: `lohe certify ring.network.npz --attractors ring.basin.sqlite`
    """
    from lohe.commands.certified import Wanted

    wanted = Wanted(
        claims=None if claims == "all" else [name.strip() for name in claims.split(",")],
        devices={
            "mismatch": mismatch,
            "crosstalk": crosstalk,
            "frequency": frequency,
            "anchors": anchors,
            "epsilon": epsilon,
            "delta": delta,
        },
        of_networks={"step": step, "nodes": nodes},
        input_radius=input_radius or 0.0,
        attractors=attractors,
    )
    files = wanted.files(find_instances(instances))
    _check_used(files, step, input_radius, attractors)
    if len(instances) == 1 and not instances[0].is_dir():
        return _certify_one(files[0], output, wanted, as_json=as_json)
    return _certify_several(files, output, wanted, as_json=as_json)


def _check_used(
    files: list[Path], step: float | None, input_radius: float | None, attractors: Path | None
) -> None:
    """Refuse options that no file takes."""
    from lohe.dynamics.errors import InputError

    with_tokens = sum(kind(file) == "tokens" for file in files)
    if input_radius is not None and not with_tokens:
        raise InputError("--input-radius needs a .tokens.npz file; lohe train writes them")
    if step is not None and with_tokens == len(files):
        raise InputError("--step needs a network or a head; these are tokens")
    if attractors is not None and (len(files) > 1 or with_tokens):
        raise InputError("--attractors are those of one network or head; certify that one alone")


def _certify_one(path: Path, output: Path | None, wanted: Wanted, *, as_json: bool) -> int:
    from lohe.commands import verdicts
    from lohe.commands.certified import certify_file

    target = output or path.with_name(f"{stem(path)}.certificate.json")
    with progress_bar("certify") as progress:
        made = certify_file(path, target, wanted, progress)
    text = [*verdicts.lines(made.certificate, made.title), f"written: {made.path}"]
    if made.instance != made.source:
        text.append(f"written: {made.instance}")
    text.append(f"check it: lohe verify {made.path} {made.instance}")
    emit(verdicts.result(made.certificate, **made.paths), text, as_json=as_json)
    return made.certificate.exit_code


def _certify_several(
    files: list[Path], output: Path | None, wanted: Wanted, *, as_json: bool
) -> int:
    from lohe.commands import verdicts
    from lohe.commands.certified import certify_file
    from lohe.dynamics.errors import InputError

    targets = [(output or file.parent) / f"{stem(file)}.certificate.json" for file in files]
    if len(set(targets)) < len(targets):
        twice = next(target for target in targets if targets.count(target) > 1)
        raise InputError(f"two files would both be certified in {twice}; give one of them")
    made = []
    with progress_bar("certify") as progress:
        progress(0, len(files))
        for file, target in zip(files, targets, strict=True):
            try:
                made.append(certify_file(file, target, wanted))
            except InputError as error:
                named = str(file) in str(error) or str(target) in str(error)
                raise InputError(f"{error}" if named else f"{file}: {error}") from error
            progress(len(made), len(files))
    found = {stem(one.instance): one.certificate for one in made}
    text = [*verdicts.table(found), f"written: {len(made)} certificates"]
    folders = sorted({str(target.parent) for target in targets})
    text += [f"check them: lohe verify {folder}" for folder in folders]
    results = [verdicts.result(one.certificate, **one.paths) for one in made]
    emit(verdicts.together(results, found), text, as_json=as_json)
    return verdicts.exit_code(found.values())
