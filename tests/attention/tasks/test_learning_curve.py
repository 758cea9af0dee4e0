"""Shares of the training clips are nested, whole speakers, and leave the rest alone."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from lohe.attention.tasks.learning_curve import with_share
from lohe.attention.tasks.logmel import Standardiser
from lohe.attention.tasks.recordings import Clips, Corpus
from lohe.dynamics.errors import InputError


def clips(seed: int, n: int) -> Clips:
    rng = np.random.default_rng(seed)
    names = tuple(f"yes {speaker:08x}" for speaker in np.sort(rng.integers(0, 60, n)))
    return Clips(
        rng.normal(size=(n, 49, 40)).astype(np.float32), np.zeros(n, dtype=np.int64), names
    )


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    train = clips(0, 400)
    return Corpus(
        name="toy",
        words=("yes",),
        train=train,
        validation=clips(1, 20),
        test=clips(2, 20),
        noise=np.empty((0, 49, 40), np.float32),
        standardiser=Standardiser.fit(train.features),
        edition="made up",
    )


def test_shares_are_nested_whole_speakers_of_that_size(corpus: Corpus) -> None:
    per_speaker = max(np.unique(corpus.train.names, return_counts=True)[1])
    parts = [with_share(corpus, share) for share in (0.125, 0.25, 0.5, 1.0)]
    for part, share in zip(parts, (0.125, 0.25, 0.5, 1.0), strict=True):
        assert share * 400 - per_speaker < len(part.train) <= share * 400
        left_out = {*corpus.train.names} - {*part.train.names}
        assert len(part.train) + sum(n in left_out for n in corpus.train.names) == 400
        assert part.test is corpus.test
        assert part.validation is corpus.validation
    for smaller, larger in pairwise(parts):
        assert {*smaller.train.names} < {*larger.train.names}
    assert parts[-1].train.names == corpus.train.names


def test_the_standardiser_knows_the_share_alone(corpus: Corpus) -> None:
    part = with_share(corpus, 0.25)
    standard = part.standardiser.apply(part.train.features)
    np.testing.assert_allclose(standard.mean(axis=(0, 1)), 0, atol=1e-5)
    np.testing.assert_allclose(standard.std(axis=(0, 1)), 1, atol=1e-3)


def test_a_speaker_always_stays_and_bad_shares_are_refused(corpus: Corpus) -> None:
    assert len({*with_share(corpus, 1e-6).train.names}) == 1
    for share in (0.0, 1.1, float("nan")):
        with pytest.raises(InputError, match=r"share is .*; choose one above 0"):
            with_share(corpus, share)
