"""``lohe train sva``: subject-verb agreement, and the heads that judge it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread

__all__ = ["sva"]


class Mechanism(StrEnum):
    """What attends."""

    fixed_query = "fixed_query"
    softmax = "softmax"


class CouplingName(StrEnum):
    """From a score to a coupling."""

    softplus = "softplus"
    relu = "relu"
    elu = "elu"
    squareplus = "squareplus"


class AnchorKind(StrEnum):
    """Whether anchors are kept on the sphere."""

    unit = "unit"
    free = "free"


def sva(
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")] = Path(
        "runs"
    ),
    mechanism: Annotated[
        Mechanism, typer.Option(help="Oscillators with anchors, or softmax.")
    ] = Mechanism.fixed_query,
    seed: Annotated[int, typer.Option(min=0, help="Of parameters, shuffling and dropout.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the sentences.")] = 20,
    d_osc: Annotated[
        int, typer.Option("--d-osc", min=2, help="Dimension of an oscillator's space.")
    ] = 2,
    coupling: Annotated[
        CouplingName, typer.Option(help="From a score to a coupling.")
    ] = CouplingName.softplus,
    anchors: Annotated[
        AnchorKind, typer.Option(help="On the sphere, or as in the authors' code.")
    ] = AnchorKind.unit,
    readout_exponent: Annotated[float, typer.Option(help="Exponent p of the readout.")] = 1.0,
    ambiguous: Annotated[
        bool, typer.Option("--ambiguous", help='Put "fish" and "deer" among the nouns.')
    ] = False,
    sentences_seed: Annotated[int, typer.Option(min=0, help="Of the sentences themselves.")] = 0,
    as_json: Json = False,
) -> None:
    """Subject-verb agreement: tell whether the verb fits its subject, across a distractor.

    Writes sva-MECHANISM-seedN.model.npz, .training.json and, with oscillators, a
    -layer0-head0.head.npz on the validation sentences and a .tokens.npz on a few of them, for
    `lohe certify`. Interrupted, the same command goes on from the last epoch.

    Example: `lohe train sva --seed 1 -o runs`
    """
    single_blas_thread()
    from lohe.attention.tasks.sva import SubjectVerbAgreement
    from lohe.attention.tasks.sva_training import train_sva

    with progress_bar("training sva") as progress:
        files = train_sva(
            output,
            seed=seed,
            epochs=epochs,
            task=SubjectVerbAgreement(sentences_seed, ambiguous=ambiguous),
            progress=progress,
            mechanism=mechanism.value,
            d_osc=d_osc,
            coupling=coupling.value,
            anchor_kind=anchors.value,
            readout_exponent=readout_exponent,
        )
    run = files.run
    made = (files.model, files.record, *files.heads, *files.tokens)
    paths = [str(path) for path in made]
    lines = [
        f"sva, {mechanism.value}, seed {seed}: {run.metrics['test_accuracy']:.4f} of the test "
        f"sentences right, {run.metrics['test_hard_accuracy']:.4f} of the hard ones, "
        f"{run.wall_s:.0f} s",
        *paths,
    ]
    emit(
        {
            "task": "sva",
            "mechanism": mechanism.value,
            "seed": seed,
            "metrics": dict(run.metrics),
            "wall_s": run.wall_s,
            "files": paths,
        },
        lines,
        as_json=as_json,
    )
