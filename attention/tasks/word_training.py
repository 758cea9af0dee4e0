"""Train on spoken words and leave the files that the other commands read."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lohe.attention.export import export_heads
from lohe.attention.results import TrainingRun
from lohe.attention.tasks.recordings import Corpus
from lohe.attention.tasks.word_protocols import STOCK, Protocol, word_config
from lohe.attention.tasks.words import WordTask, frame_labels, head_batches, spread_over
from lohe.attention.training import train

__all__ = ["WordFiles", "train_words"]


@dataclass(frozen=True)
class WordFiles:
    """A finished run and where its files are.

    Parameters
    ----------
    run
        The record, which is also in `record`.
    model, record
        The ``.model.npz`` and ``.training.json`` files.
    heads
        A ``.head.npz`` file per head, on test clips; none for softmax.
    """

    run: TrainingRun
    model: Path
    record: Path
    heads: tuple[Path, ...]


def train_words(
    folder: str | os.PathLike[str],
    corpus: Corpus,
    protocol: Protocol = STOCK,
    *,
    seed: int = 0,
    head_clips: int = 100,
    progress: Callable[[int, int], None] | None = None,
    **changes: Any,
) -> WordFiles:
    """Train one seed, going on from an interrupted run.

    Parameters
    ----------
    folder
        Where the files ``TASK-MECHANISM-seedN...`` go.
    corpus
        The words.
    protocol
        Optimiser, length and augmentation.
    seed
        Of the initial parameters, shuffling, dropout and augmentation.
    head_clips
        Test clips, spread evenly over the words, that the heads are exported on: 49 oscillators
        a clip, about 11 kB a clip and head.
    progress
        Called with (steps done, steps in all).
    **changes
        Options of `word_config`: ``mechanism``, ``positions``, ``d_osc``.

    Returns
    -------
    WordFiles

    Raises
    ------
    InputError
        As `train`, for `head_clips` below 1, or if a file cannot be written.
    """
    sample = spread_over(corpus.test, head_clips)
    config = word_config(**changes, words=len(corpus.words))
    stem = f"{corpus.name}-{config.mechanism}-seed{seed}"
    files = Path(folder)
    model_file, record = files / f"{stem}.model.npz", files / f"{stem}.training.json"
    model, run = train(
        WordTask(corpus, protocol.augmentation),
        config,
        protocol.recipe,
        seed=seed,
        checkpoint=model_file,
        progress=progress,
    )
    head_files = []
    if config.mechanism == "fixed_query":
        batches = head_batches(corpus, sample)
        heads = export_heads(model, batches, labels=frame_labels(sample), name=stem)
        for index, head in enumerate(heads):
            layer, number = divmod(index, config.heads)
            path = files / f"{stem}-layer{layer}-head{number}.head.npz"
            head.save(path)
            head_files.append(path)
    run.save(record)
    return WordFiles(run, model_file, record, tuple(head_files))
