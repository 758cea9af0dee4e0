"""``lohe train sva``: subject-verb agreement, and the heads that judge it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread
from lohe.commands.model_options import ModelOptions, with_model_options

__all__ = ["sva"]


@with_model_options
def sva(
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")] = Path(
        "runs"
    ),
    model: ModelOptions,
    seed: Annotated[int, typer.Option(min=0, help="Of parameters, shuffling and dropout.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the sentences.")] = 20,
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
            **model.changes(),
        )
    run = files.run
    made = (files.model, files.record, *files.heads, *files.tokens)
    paths = [str(path) for path in made]
    lines = [
        f"sva, {model.mechanism}, seed {seed}: {run.metrics['test_accuracy']:.4f} of the test "
        f"sentences right, {run.metrics['test_hard_accuracy']:.4f} of the hard ones, "
        f"{run.wall_s:.0f} s",
        *paths,
    ]
    emit(
        {
            "task": "sva",
            "mechanism": model.mechanism.value,
            "seed": seed,
            "metrics": dict(run.metrics),
            "wall_s": run.wall_s,
            "files": paths,
        },
        lines,
        as_json=as_json,
    )
