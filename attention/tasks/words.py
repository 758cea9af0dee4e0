"""Telling apart spoken words, as a task to train on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from lohe.attention.items import Answers, Items, numbered
from lohe.attention.losses import cross_entropy
from lohe.attention.task import Batch, Split
from lohe.attention.tasks.augment import NONE, Augmentation, augment, mask
from lohe.attention.tasks.logmel import FRAMES
from lohe.attention.tasks.recordings import Clips, Corpus
from lohe.dynamics.errors import InputError

__all__ = ["WordTask", "frame_labels", "head_batches", "spread_over"]

Floats = NDArray[Any]


@dataclass(frozen=True)
class WordTask:
    """A corpus of words with the variations to train under; a `lohe.attention.task.Task`.

    Parameters
    ----------
    corpus
        The clips and their split.
    augmentation
        Applied to training clips, afresh each time; by default none.
    passes
        Times that an epoch gives each training clip: with fewer clips and more passes, runs have
        equally many steps and validations.

    Raises
    ------
    InputError
        If `passes` is not positive.
    """

    corpus: Corpus
    augmentation: Augmentation = NONE
    passes: int = 1

    def __post_init__(self) -> None:
        if self.passes < 1:
            raise InputError(f"{self.passes} passes; choose at least 1")

    @property
    def name(self) -> str:
        """Name of the corpus."""
        return self.corpus.name

    @property
    def config(self) -> dict[str, Any]:
        """Which clips, how split and how varied."""
        corpus = self.corpus
        parts = {"train": corpus.train, "validation": corpus.validation, "test": corpus.test}
        return {
            "edition": corpus.edition,
            "words": list(corpus.words),
            "clips": {name: len(clips) for name, clips in parts.items()},
            "augmentation": asdict(self.augmentation),
            "passes": self.passes,
        }

    def steps(self, batch_size: int) -> int:
        """Return the number of training batches of one epoch."""
        return -(-self.passes * len(self.corpus.train) // batch_size)

    def training_batches(self, batch_size: int, rng: Generator) -> Iterator[Batch]:
        """Yield one epoch of training batches, shuffled and varied."""
        train, how = self.corpus.train, self.augmentation
        order = np.concatenate([rng.permutation(len(train)) for _ in range(self.passes)])
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            varied = augment(train.features[chosen], how, rng, self.corpus.noise)
            inputs = mask(self.corpus.standardiser.apply(varied), how, rng)
            yield Batch(inputs, train.targets[chosen])

    def batches(self, split: Split, batch_size: int) -> Iterator[Batch]:
        """Yield a held-out split in its order."""
        clips = self._held_out(split)
        for start in range(0, len(clips), batch_size):
            part = slice(start, start + batch_size)
            inputs = self.corpus.standardiser.apply(clips.features[part])
            yield Batch(inputs, clips.targets[part])

    def loss(self, outputs: Floats, batch: Batch) -> tuple[float, Floats]:
        """Return the mean cross-entropy and its gradient."""
        loss, pullback = cross_entropy(outputs, batch.targets)
        return loss, pullback(1.0)

    def score(self, outputs: Floats, split: Split) -> dict[str, float]:
        """Return the share of words that are recognised, and the mean cross-entropy in nats."""
        targets = self._held_out(split).targets
        loss, _ = cross_entropy(outputs, targets)
        return {"accuracy": float(np.mean(outputs.argmax(axis=-1) == targets)), "loss": loss}

    def answers(self, outputs: Floats) -> dict[str, Answers]:
        """Tell which test clips are recognised; clips of one new voice are not independent."""
        test = self.corpus.test
        known = {name.split()[1] for name in self.corpus.train.names}
        voices = [name.split()[1] for name in test.names]
        # What is said of known voices is said of these, so they are no sample of others.
        by_voice = not known & {*voices}
        items = Items(numbered(np.array(voices)) if by_voice else tuple(range(len(test))))
        return {"accuracy": Answers(outputs.argmax(axis=-1) == test.targets, items)}

    def _held_out(self, split: Split) -> Clips:
        return self.corpus.test if split == "test" else self.corpus.validation


def spread_over(clips: Clips, count: int) -> Clips:
    """Pick `count` clips at even distances, so that each word has its share.

    Raises
    ------
    InputError
        If `count` is not positive. All clips are taken if there are fewer.
    """
    if count < 1:
        raise InputError(f"{count} clips; choose at least 1")
    chosen = np.zeros(len(clips), dtype=bool)
    chosen[np.arange(min(count, len(clips))) * len(clips) // min(count, len(clips))] = True
    return clips.select(chosen)


def frame_labels(clips: Clips) -> NDArray[np.str_]:
    """Name the frames of clips, ``"yes 0132a06d frame 17"``, as an (n, 49) array."""
    return np.array([[f"{name} frame {t}" for t in range(FRAMES)] for name in clips.names])


def head_batches(corpus: Corpus, clips: Clips, batch_size: int = 256) -> Iterator[Batch]:
    """Yield clips, standardised, to export a model's heads on."""
    for start in range(0, len(clips), batch_size):
        part = slice(start, start + batch_size)
        inputs = corpus.standardiser.apply(clips.features[part])
        yield Batch(inputs, clips.targets[part])
