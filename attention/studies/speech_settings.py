"""Spoken words as studies train on them."""

from __future__ import annotations

from lohe.attention.studies.study import Setting
from lohe.attention.tasks.frame_shuffle import shuffled_accuracy
from lohe.attention.tasks.fsdd import load_digits
from lohe.attention.tasks.learning_curve import with_share
from lohe.attention.tasks.recordings import Corpus
from lohe.attention.tasks.speech import load_keywords
from lohe.attention.tasks.word_protocols import PROTOCOLS, word_config
from lohe.attention.tasks.words import WordTask
from lohe.dynamics.errors import InputError

__all__ = ["fsdd", "kws"]


def kws(*, protocol: str = "small", share: float = 1.0) -> Setting:
    """Return keyword spotting; see `_words`."""
    return _words(load_keywords(), protocol, share)


def fsdd(*, protocol: str = "small", share: float = 1.0) -> Setting:
    """Return the spoken digits; see `_words`."""
    return _words(load_digits(), protocol, share)


def _words(corpus: Corpus, protocol: str, share: float) -> Setting:
    """Train on a share of the training speakers or takes, with as many steps as on all.

    Beside the score on test clips there is that on the same clips with their frames shuffled.
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"no protocol {protocol!r}; there are {', '.join(PROTOCOLS)}")
    chosen = PROTOCOLS[protocol]
    reduced = with_share(corpus, share)
    passes = round(len(corpus.train) / len(reduced.train))
    task = WordTask(reduced, chosen.augmentation, passes)
    return Setting(
        task,
        word_config(len(corpus.words)),
        chosen.recipe,
        lambda model, task: {"test_shuffled_accuracy": shuffled_accuracy(model, task)},
        answers=task.answers,
    )
