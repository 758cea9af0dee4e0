"""``lohe train kws`` and ``lohe train fsdd``: spoken words, and the heads that hear them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread
from lohe.commands.model_options import ModelOptions, with_model_options

if TYPE_CHECKING:
    from lohe.attention.tasks.recordings import Corpus
    from lohe.attention.tasks.word_protocols import Protocol

__all__ = ["fsdd", "kws"]


class ProtocolName(StrEnum):
    """How to train."""

    stock = "stock"
    small = "small"


class Positions(StrEnum):
    """The positional encoding."""

    none = "none"
    sinusoidal = "sinusoidal"
    learned = "learned"


_Output = Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")]
_Protocol = Annotated[
    ProtocolName,
    typer.Option(help="stock: as published. small: ten times the rate, 60 epochs, augmentation."),
]
_Positions = Annotated[Positions, typer.Option(help="Positional encoding.")]
_Epochs = Annotated[int | None, typer.Option(min=1, help="Instead of the protocol's.")]
_Rate = Annotated[float | None, typer.Option(help="Instead of the protocol's.")]
_Augment = Annotated[
    bool | None, typer.Option("--augment/--no-augment", help="Instead of the protocol's.")
]
_Seed = Annotated[
    int, typer.Option(min=0, help="Of parameters, shuffling, dropout and augmentation.")
]
_HeadClips = Annotated[
    int,
    typer.Option(min=1, help="Test clips to export the heads on, 49 oscillators each."),
]


@with_model_options
def kws(
    *,
    output: _Output = Path("runs"),
    model: ModelOptions,
    protocol: _Protocol = ProtocolName.stock,
    positions: _Positions = Positions.none,
    epochs: _Epochs = None,
    learning_rate: _Rate = None,
    augment: _Augment = None,
    seed: _Seed = 0,
    head_clips: _HeadClips = 1000,
    as_json: Json = False,
) -> None:
    """Keyword spotting: ten words of Speech Commands, speakers never heard in training.

    Needs the data set speech_commands_v0.02_test, see `lohe data`. Writes
    kws-MECHANISM-seedN.model.npz, .training.json and, with oscillators, a -layer0-headM.head.npz
    for each head on test clips and a .tokens.npz on a few of them, for `lohe certify`.
    Interrupted, the same command goes on from the last epoch.

    Example: `lohe train kws --protocol small -o runs`
    """
    single_blas_thread()
    from lohe.attention.tasks.speech import load_keywords

    choices = _Choices(model, positions, seed, head_clips)
    how = _protocol(protocol, epochs, learning_rate, augment)
    with progress_bar("reading recordings") as progress:
        corpus = load_keywords(progress=progress)
    _train(corpus, how, choices, output, as_json=as_json)


@with_model_options
def fsdd(
    *,
    output: _Output = Path("runs"),
    model: ModelOptions,
    protocol: _Protocol = ProtocolName.stock,
    positions: _Positions = Positions.none,
    epochs: _Epochs = None,
    learning_rate: _Rate = None,
    augment: _Augment = None,
    seed: _Seed = 0,
    head_clips: _HeadClips = 1000,
    as_json: Json = False,
) -> None:
    """Spoken digits: the Free Spoken Digit Dataset with its official test takes.

    Needs the data set fsdd, see `lohe data`. Writes fsdd-MECHANISM-seedN.model.npz,
    .training.json and, with oscillators, a -layer0-headM.head.npz for each head on test clips
    and a .tokens.npz on a few of them, for `lohe certify`. Interrupted, the same command goes on
    from the last epoch.

    Example: `lohe train fsdd --protocol small -o runs`
    """
    single_blas_thread()
    from lohe.attention.tasks.fsdd import load_digits

    choices = _Choices(model, positions, seed, head_clips)
    how = _protocol(protocol, epochs, learning_rate, augment)
    with progress_bar("reading recordings") as progress:
        corpus = load_digits(progress=progress)
    _train(corpus, how, choices, output, as_json=as_json)


@dataclass(frozen=True)
class _Choices:
    model: ModelOptions
    positions: Positions
    seed: int
    head_clips: int


def _protocol(
    name: ProtocolName, epochs: int | None, learning_rate: float | None, augment: bool | None
) -> Protocol:
    from lohe.attention.tasks.augment import NONE
    from lohe.attention.tasks.word_protocols import PROTOCOLS, SMALL_DATA

    chosen = PROTOCOLS[name.value]
    recipe = replace(
        chosen.recipe,
        epochs=chosen.recipe.epochs if epochs is None else epochs,
        learning_rate=chosen.recipe.learning_rate if learning_rate is None else learning_rate,
    )
    varied = {None: chosen.augmentation, True: SMALL_DATA.augmentation, False: NONE}
    return replace(chosen, recipe=recipe, augmentation=varied[augment])


def _train(
    corpus: Corpus, protocol: Protocol, choices: _Choices, output: Path, *, as_json: bool
) -> None:
    from lohe.attention.tasks.word_training import train_words

    with progress_bar(f"training {corpus.name}") as progress:
        files = train_words(
            output,
            corpus,
            protocol,
            seed=choices.seed,
            head_clips=choices.head_clips,
            progress=progress,
            positions=choices.positions.value,
            **choices.model.changes(),
        )
    run = files.run
    made = (files.model, files.record, *files.heads, *files.tokens)
    paths = [str(path) for path in made]
    lines = [
        f"{corpus.name}, {run.mechanism}, seed {run.seed}: {run.metrics['test_accuracy']:.3f} of "
        f"{len(corpus.test)} test clips right ({run.metrics['validation_accuracy']:.3f} of "
        f"{len(corpus.validation)} in validation), {run.wall_s:.0f} s",
        *paths,
    ]
    emit(
        {
            "task": corpus.name,
            "edition": corpus.edition,
            "mechanism": run.mechanism,
            "seed": run.seed,
            "metrics": dict(run.metrics),
            "wall_s": run.wall_s,
            "files": paths,
        },
        lines,
        as_json=as_json,
    )
