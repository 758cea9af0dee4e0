"""``lohe train stories``: a small language model, and the heads that read its stories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread
from lohe.commands.model_options import ModelOptions, with_model_options

__all__ = ["stories"]


@with_model_options
def stories(
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")] = Path(
        "runs"
    ),
    model: ModelOptions,
    seed: Annotated[int, typer.Option(min=0, help="Of parameters, shuffling and dropout.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the stories.")] = 6,
    width: Annotated[int, typer.Option(min=1, help="Width of a token; 4 heads share it.")] = 64,
    layers: Annotated[int, typer.Option(min=1, help="Layers.")] = 2,
    words: Annotated[int, typer.Option(min=3, help="Size of the vocabulary.")] = 4000,
    length: Annotated[int, typer.Option(min=2, help="Tokens of a window.")] = 128,
    limit: Annotated[int | None, typer.Option(min=1, help="Read so many stories at most.")] = None,
    head_windows: Annotated[
        int, typer.Option(min=1, help="Test windows to export the heads on.")
    ] = 60,
    as_json: Json = False,
) -> None:
    """Language modelling: predict every next word of short children's stories.

    Needs the data set tinystories, see `lohe data`. Writes stories-MECHANISM-seedN.model.npz,
    .training.json and, with oscillators, a -layerL-headM.head.npz for each head on windows of
    the test stories and a .tokens.npz on a few of them, for `lohe certify` and `lohe bench`.
    Give each d_osc a folder of its own. Interrupted, the same command goes on from the last
    epoch.

    Example: `lohe train stories --d-osc 8 -o runs/stories-8`
    """
    single_blas_thread()
    from lohe.attention.tasks.next_word import NextWord
    from lohe.attention.tasks.stories import load_stories
    from lohe.attention.tasks.stories_training import train_stories

    with progress_bar("reading stories") as progress:
        task = NextWord(load_stories(limit, progress=progress), length=length, words=words)
    with progress_bar("training stories") as progress:
        files = train_stories(
            output,
            seed=seed,
            epochs=epochs,
            task=task,
            head_windows=head_windows,
            progress=progress,
            **model.changes(),
            width=width,
            hidden=4 * width,
            layers=layers,
        )
    run = files.run
    made = (files.model, files.record, *files.heads, *files.tokens)
    paths = [str(path) for path in made]
    lines = [
        f"stories, {model.mechanism}, seed {seed}: perplexity {run.metrics['test_perplexity']:.2f} "
        f"on the test stories, {100 * task.unknown_share('test'):.2f} % of their tokens unknown, "
        f"{run.wall_s:.0f} s",
        *paths,
    ]
    emit(
        {
            "task": "stories",
            "mechanism": model.mechanism.value,
            "seed": seed,
            "metrics": dict(run.metrics),
            "unknown_share": task.unknown_share("test"),
            "wall_s": run.wall_s,
            "files": paths,
        },
        lines,
        as_json=as_json,
    )
