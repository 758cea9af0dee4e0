"""``lohe train stories``: a small language model, and the heads that read its stories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread
from lohe.commands.train_sva import AnchorKind, CouplingName, Mechanism

__all__ = ["stories"]


def stories(
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")] = Path(
        "runs"
    ),
    mechanism: Annotated[
        Mechanism, typer.Option(help="Oscillators with anchors, or softmax.")
    ] = Mechanism.fixed_query,
    seed: Annotated[int, typer.Option(min=0, help="Of parameters, shuffling and dropout.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the stories.")] = 6,
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
            mechanism=mechanism.value,
            d_osc=d_osc,
            coupling=coupling.value,
            anchor_kind=anchors.value,
            readout_exponent=readout_exponent,
            width=width,
            hidden=4 * width,
            layers=layers,
        )
    run = files.run
    made = (files.model, files.record, *files.heads, *files.tokens)
    paths = [str(path) for path in made]
    lines = [
        f"stories, {mechanism.value}, seed {seed}: perplexity {run.metrics['test_perplexity']:.2f} "
        f"on the test stories, {100 * task.unknown_share('test'):.2f} % of their tokens unknown, "
        f"{run.wall_s:.0f} s",
        *paths,
    ]
    emit(
        {
            "task": "stories",
            "mechanism": mechanism.value,
            "seed": seed,
            "metrics": dict(run.metrics),
            "unknown_share": task.unknown_share("test"),
            "wall_s": run.wall_s,
            "files": paths,
        },
        lines,
        as_json=as_json,
    )
