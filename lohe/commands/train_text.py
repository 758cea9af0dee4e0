"""``lohe train text``: a language model of any architecture."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread

__all__ = ["text"]


class TextName(StrEnum):
    """What to read."""

    stories = "stories"
    wikitext = "wikitext"
    enwik8 = "enwik8"
    shakespeare = "shakespeare"


def text(
    name: Annotated[
        TextName, typer.Argument(help="By words: stories, wikitext. By characters: the others.")
    ],
    *,
    architecture: Annotated[
        str, typer.Option(help="transformer, kuramoto, rotary or accelerated.")
    ] = "transformer",
    model: Annotated[
        list[str] | None,
        typer.Option("--set", help="FIELD=VALUE of the model; --fields lists them."),
    ] = None,
    recipe: Annotated[
        list[str] | None, typer.Option("--recipe", help="FIELD=VALUE of the recipe.")
    ] = None,
    fields: Annotated[
        bool, typer.Option("--fields", help="List the model's and the recipe's fields, and stop.")
    ] = False,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")] = Path(
        "runs"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Of parameters, shuffling and dropout.")] = 0,
    length: Annotated[int, typer.Option(min=2, help="Tokens of a window.")] = 128,
    words: Annotated[int, typer.Option(min=3, help="Size of the vocabulary of words.")] = 4000,
    tokens: Annotated[
        int | None, typer.Option(min=1, help="Train on so many tokens at most.")
    ] = None,
    heads: Annotated[
        int,
        typer.Option(
            min=0,
            help="Test windows that heads of fixed queries are exported on; 0: export nothing.",
        ),
    ] = 10,
    as_json: Json = False,
) -> None:
    """Language modelling with any architecture, every field of which can be set.

    Needs the text's data set, see `lohe data`. Writes TEXT-MECHANISM-seedN.model.npz and
    .training.json, and what `lohe certify` takes: of phases a -layerL-headM.network.npz for each
    head with its weights as they are on the first test window, of fixed queries a .head.npz and a
    .tokens.npz. Give each variant a folder of its own. Interrupted, the same command goes on from
    the last epoch.

    Example: `lohe train text enwik8 --architecture kuramoto --set layers=4 --recipe epochs=2`
    """
    single_blas_thread()
    from dataclasses import asdict, replace

    from lohe.attention.architecture import find_architecture
    from lohe.attention.changes import read_changes
    from lohe.attention.recipe import Recipe
    from lohe.attention.tasks.instances import save_instances
    from lohe.attention.tasks.texts import open_text
    from lohe.attention.training import train

    kind = find_architecture(architecture)
    changes = read_changes(kind.config, model or ())
    plan = replace(kind.recipe, **read_changes(Recipe, recipe or ()))
    with progress_bar(f"reading {name}") as progress:
        task = open_text(name, length=length, words=words, tokens=tokens, progress=progress)
    config = kind.for_text(task, **changes)
    if fields:
        listed = {"model": asdict(config), "recipe": asdict(plan)}
        lines = [
            f"{what:7}{key}={value}" for what, of in listed.items() for key, value in of.items()
        ]
        emit(listed, lines, as_json=as_json)
        return
    stem = output / f"{name}-{config.mechanism}-seed{seed}"
    files = [Path(f"{stem}.model.npz"), Path(f"{stem}.training.json")]
    with progress_bar(f"training {name}") as progress:
        trained, run = train(task, config, plan, seed=seed, checkpoint=files[0], progress=progress)
    run.save(files[1])
    made, note = save_instances(stem, trained, task, windows=heads) if heads else ([], None)
    files += made
    size = trained.parameters.vector.size
    scores = ", ".join(
        f"{key.removeprefix('test_')} {value:.4g}"
        for key, value in run.metrics.items()
        if key.startswith("test_")
    )
    emit(
        {
            "task": name.value,
            "mechanism": config.mechanism,
            "parameters": size,
            "seed": seed,
            "metrics": dict(run.metrics),
            "wall_s": run.wall_s,
            "files": [str(file) for file in files],
        },
        [
            f"{name}, {config.mechanism}, {size:,} parameters, seed {seed}: {scores} on the test "
            f"text, {run.wall_s:.0f} s",
            *map(str, files),
            *([] if note is None else [f"no networks: {note}"]),
        ],
        as_json=as_json,
    )
