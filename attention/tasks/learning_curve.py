"""Parts of a corpus's training clips, to learn what the amount of data decides."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace

import numpy as np

from lohe.attention.tasks.logmel import Standardiser
from lohe.attention.tasks.recordings import Corpus
from lohe.dynamics.errors import InputError

__all__ = ["with_share"]


def with_share(corpus: Corpus, share: float) -> Corpus:
    """Keep a share of the training speakers, or of the takes where every speaker is known.

    What stands last in a clip's name, speaker or take, goes in or out as a whole: fewer clips
    mean fewer voices, as they do in a smaller data set. Those with the smallest SHA-256 stay, as
    long as their clips are no more than the share, so that a smaller share is part of a larger
    one. The standardiser is measured on what is left; validation and test clips stay as they are.

    Parameters
    ----------
    corpus
        The words.
    share
        Of the training clips, above 0 and at most 1; at least one speaker or take stays.

    Raises
    ------
    InputError
        For another share.
    """
    if not 0 < share <= 1:
        raise InputError(f"share is {share}; choose one above 0 and at most 1")
    clips = Counter(name.split()[-1] for name in corpus.train.names)
    ranked = sorted(clips, key=lambda name: hashlib.sha256(name.encode()).digest())
    within = np.cumsum([clips[name] for name in ranked]) <= share * len(corpus.train)
    kept = {*ranked[: max(1, int(within.sum()))]}
    train = corpus.train.select(np.array([n.split()[-1] in kept for n in corpus.train.names]))
    return replace(corpus, train=train, standardiser=Standardiser.fit(train.features))
