"""Train on spoken words and leave the files that the other commands read."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from lohe.attention.tasks.outcome import Outcome, train_into
from lohe.attention.tasks.recordings import Corpus
from lohe.attention.tasks.word_protocols import STOCK, Protocol, word_config
from lohe.attention.tasks.words import WordTask, frame_labels, head_batches, spread_over

__all__ = ["train_words"]


def train_words(
    folder: str | os.PathLike[str],
    corpus: Corpus,
    protocol: Protocol = STOCK,
    *,
    seed: int = 0,
    head_clips: int = 1000,
    progress: Callable[[int, int], None] | None = None,
    **changes: Any,
) -> Outcome:
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
        Fields of `TransformerConfig` to set otherwise than `word_config` does.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        As `train`, for `head_clips` below 1, or if a file cannot be written.
    """
    sample = spread_over(corpus.test, head_clips)
    config = word_config(len(corpus.words), **changes)
    return train_into(
        folder,
        WordTask(corpus, protocol.augmentation),
        config,
        protocol.recipe,
        seed=seed,
        exported=head_batches(corpus, sample),
        labels=frame_labels(sample),
        progress=progress,
    )
