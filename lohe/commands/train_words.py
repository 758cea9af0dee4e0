"""``lohe train kws`` and ``lohe train fsdd``: spoken words, and the heads that hear them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar

if TYPE_CHECKING:
    from lohe.attention.tasks.recordings import Corpus

__all__ = ["fsdd", "kws"]


class Mechanism(StrEnum):
    """What attends."""

    fixed_query = "fixed_query"
    softmax = "softmax"


class Positions(StrEnum):
    """The positional encoding."""

    none = "none"
    sinusoidal = "sinusoidal"
    learned = "learned"


class Protocol(StrEnum):
    """How to train."""

    stock = "stock"
    small = "small"


_Output = Annotated[Path, typer.Option("-o", "--output", help="Folder for the results.")]
_Mechanism = Annotated[Mechanism, typer.Option(help="Oscillators with anchors, or softmax.")]
_Protocol = Annotated[
    Protocol,
    typer.Option(help="stock: as published. small: 10x the rate, 60 epochs, augmentation."),
]
_Positions = Annotated[Positions, typer.Option(help="Positional encoding.")]
_Epochs = Annotated[int | None, typer.Option(help="Instead of the protocol's.")]
_Rate = Annotated[float | None, typer.Option(help="Instead of the protocol's.")]
_Augment = Annotated[
    bool | None,
    typer.Option("--augment/--no-augment", help="Instead of the protocol's."),
]
_DOsc = Annotated[int, typer.Option("--d-osc", help="Dimension of an oscillator's space.")]
_Seed = Annotated[int, typer.Option(help="Of parameters, shuffling, dropout and augmentation.")]
_HeadClips = Annotated[
    int,
    typer.Option(help="Test clips that the heads are exported on (49 oscillators each)."),
]


def kws(
    *,
    output: _Output,
    mechanism: _Mechanism = Mechanism.fixed_query,
    protocol: _Protocol = Protocol.stock,
    positions: _Positions = Positions.none,
    epochs: _Epochs = None,
    learning_rate: _Rate = None,
    augment: _Augment = None,
    d_osc: _DOsc = 2,
    seed: _Seed = 0,
    head_clips: _HeadClips = 100,
    as_json: Json = False,
) -> None:
    """Keyword spotting: ten words of Speech Commands, speakers never heard in training.

    Needs the data set speech_commands_v0.02_test, see `lohe data`. Writes kws.model.npz,
    kws.training.json and a kws-layer0-headN.head.npz for each head, for `lohe certify`.
    Interrupted, the same command goes on from the last epoch.

    Example: `lohe train kws --protocol small -o runs/kws`
    """
    from lohe.attention.tasks.speech import load_keywords

    corpus = load_keywords()
    choices = _Choices(mechanism, protocol, positions, epochs, learning_rate, augment, d_osc, seed)
    _train_words(corpus, choices, output, head_clips=head_clips, as_json=as_json)


def fsdd(
    *,
    output: _Output,
    mechanism: _Mechanism = Mechanism.fixed_query,
    protocol: _Protocol = Protocol.stock,
    positions: _Positions = Positions.none,
    epochs: _Epochs = None,
    learning_rate: _Rate = None,
    augment: _Augment = None,
    d_osc: _DOsc = 2,
    seed: _Seed = 0,
    head_clips: _HeadClips = 100,
    as_json: Json = False,
) -> None:
    """Spoken digits: the Free Spoken Digit Dataset with its official test takes.

    Needs the data set fsdd, see `lohe data`. Writes fsdd.model.npz, fsdd.training.json and a
    fsdd-layer0-headN.head.npz for each head, for `lohe certify`. Interrupted, the same command
    goes on from the last epoch.

    Example: `lohe train fsdd --protocol small -o runs/fsdd`
    """
    from lohe.attention.tasks.fsdd import load_digits

    corpus = load_digits()
    choices = _Choices(mechanism, protocol, positions, epochs, learning_rate, augment, d_osc, seed)
    _train_words(corpus, choices, output, head_clips=head_clips, as_json=as_json)


@dataclass(frozen=True)
class _Choices:
    mechanism: Mechanism
    protocol: Protocol
    positions: Positions
    epochs: int | None
    learning_rate: float | None
    augment: bool | None
    d_osc: int
    seed: int


def _train_words(
    corpus: Corpus, choices: _Choices, output: Path, *, head_clips: int, as_json: bool
) -> None:
    from lohe.attention.export import export_heads
    from lohe.attention.tasks.augment import NONE
    from lohe.attention.tasks.word_protocols import PROTOCOLS, SMALL_DATA, word_config
    from lohe.attention.tasks.words import WordTask, frame_labels, head_batches, spread_over
    from lohe.attention.training import train

    seed = choices.seed
    protocol = PROTOCOLS[choices.protocol.value]
    recipe = protocol.recipe
    if choices.epochs is not None:
        recipe = replace(recipe, epochs=choices.epochs)
    if choices.learning_rate is not None:
        recipe = replace(recipe, learning_rate=choices.learning_rate)
    varied = {None: protocol.augmentation, True: SMALL_DATA.augmentation, False: NONE}
    config = word_config(
        choices.mechanism.value,
        positions=choices.positions.value,
        d_osc=choices.d_osc,
        words=len(corpus.words),
    )
    sample = spread_over(corpus.test, head_clips)
    with progress_bar(f"training {corpus.name}") as progress:
        model, run = train(
            WordTask(corpus, varied[choices.augment]),
            config,
            recipe,
            seed=seed,
            checkpoint=output / f"{corpus.name}.model.npz",
            progress=progress,
        )
    record = output / f"{corpus.name}.training.json"
    run.save(record)
    files = [str(record)]
    if choices.mechanism is Mechanism.fixed_query:
        heads = export_heads(
            model,
            head_batches(corpus, sample),
            labels=frame_labels(sample),
            name=f"{corpus.name} seed {seed}",
        )
        for index, head in enumerate(heads):
            layer, number = divmod(index, config.heads)
            path = output / f"{corpus.name}-layer{layer}-head{number}.head.npz"
            head.save(path)
            files.append(str(path))
    lines = [
        f"{corpus.name}, {run.mechanism}, seed {seed}: "
        f"{run.metrics['test_accuracy']:.3f} of {len(corpus.test)} test clips right "
        f"(validation {run.metrics['validation_accuracy']:.3f}), {run.wall_s:.0f} s",
        *files,
    ]
    emit(
        {
            "task": corpus.name,
            "edition": corpus.edition,
            "mechanism": run.mechanism,
            "seed": seed,
            "metrics": dict(run.metrics),
            "wall_s": run.wall_s,
            "files": files,
        },
        lines,
        as_json=as_json,
    )
