"""Speech Commands and FSDD: splits that hold, features that are remembered, clear refusals."""

from __future__ import annotations

import os
import wave
from pathlib import Path

import numpy as np
import pytest

from lohe.attention.tasks import fsdd, recordings, speech
from lohe.attention.tasks.fsdd import load_digits
from lohe.attention.tasks.library import cache_folder
from lohe.attention.tasks.speech import WORDS, load_keywords
from lohe.dynamics.errors import InputError

SPEAKERS = [f"{i:08x}" for i in range(40)]

needs_data = pytest.mark.skipif(
    not os.environ.get("LOHE_DATA"), reason="set LOHE_DATA to a folder with the speech archives"
)


def write(path: Path, rng: np.random.Generator, rate: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = rng.integers(-3000, 3000, rng.integers(rate // 2, rate)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


@pytest.fixture
def keywords(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for i, speaker in enumerate(SPEAKERS):
        write(tmp_path / "set" / WORDS[i % 10] / f"{speaker}_nohash_0.wav", rng, 16_000)
    write(tmp_path / "set" / "_silence_" / "7.wav", rng, 16_000)
    write(tmp_path / "set" / "_unknown_" / "0_nohash_0.wav", rng, 16_000)
    return tmp_path / "set"


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    for digit in range(10):
        for take in (0, 4, 5, 9, 10, 49):
            write(tmp_path / "set" / "recordings" / f"{digit}_ada_{take}.wav", rng, 8_000)
    return tmp_path / "set"


def test_speakers_are_split_by_their_hash() -> None:
    shares = [speech.split_of(f"{i:08x}") for i in range(20_000)]
    for part, share in (("train", 0.75), ("validation", 0.10), ("test", 0.15)):
        assert abs(shares.count(part) / 20_000 - share) < 0.01
    # Written down, so that no edit can quietly move a speaker from test to train.
    pinned = {
        "0132a06d": "train",
        "fe1916ba": "validation",
        "caedb73a": "test",
        "5f814c23": "train",
        "1093c8e7": "test",
    }
    assert {speaker: speech.split_of(speaker) for speaker in pinned} == pinned


def test_keywords_are_split_without_a_common_speaker(keywords: Path) -> None:
    corpus = load_keywords(keywords)
    parts = (corpus.train, corpus.validation, corpus.test)
    assert sum(map(len, parts)) == 40
    speakers = [{name.split()[1] for name in part.names} for part in parts]
    assert not speakers[0] & speakers[1]
    assert not speakers[0] & speakers[2]
    assert not speakers[1] & speakers[2]
    for part in parts:
        assert part.features.shape == (len(part), 49, 40)
        assert [WORDS[t] for t in part.targets] == [name.split()[0] for name in part.names]
    assert corpus.noise.shape == (1, 49, 40)
    assert corpus.edition == "unknown edition"
    standard = corpus.standardiser.apply(corpus.train.features)
    np.testing.assert_allclose(standard.mean(axis=(0, 1)), 0, atol=1e-3)


def test_features_are_remembered_by_content(
    keywords: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = load_keywords(keywords)
    kept = sorted((cache_folder() / "features").iterdir())
    assert len(kept) == 2  # words and background
    with monkeypatch.context() as patch:
        patch.setattr(recordings, "log_mel", lambda _: pytest.fail("computed again"))
        again = load_keywords(keywords)
    assert np.array_equal(first.test.features, again.test.features)
    for file in kept:
        file.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"features .* are damaged; delete them"):
        load_keywords(keywords)
    for file in kept:
        file.unlink()
    again = load_keywords(keywords)
    assert np.array_equal(first.test.features, again.test.features)
    changed = sorted((keywords / "yes").glob("*.wav"))[0]
    write(changed, np.random.default_rng(9), 16_000)
    other = load_keywords(keywords)
    assert len(list((cache_folder() / "features").iterdir())) == 3
    assert not np.array_equal(
        np.concatenate([first.train.features, first.test.features]),
        np.concatenate([other.train.features, other.test.features]),
    )


def test_keywords_that_are_missing_or_damaged_are_named(keywords: Path, tmp_path: Path) -> None:
    file = sorted((keywords / "go").glob("*.wav"))[0]
    file.write_bytes(file.read_bytes()[:60])
    with pytest.raises(InputError, match=file.name):
        load_keywords(keywords)
    for file in (keywords / "stop").iterdir():
        file.unlink()
    with pytest.raises(InputError, match="no recordings of 'stop'"):
        load_keywords(keywords)


def test_digits_follow_the_official_takes(digits: Path) -> None:
    corpus = load_digits(digits)
    takes = {
        part: {int(name.split()[2]) for name in getattr(corpus, part).names}
        for part in ("train", "validation", "test")
    }
    assert takes == {"train": {10, 49}, "validation": {5, 9}, "test": {0, 4}}
    assert sorted(corpus.test.targets) == sorted([*range(10), *range(10)])
    assert corpus.noise.shape == (0, 49, 40)


def test_digits_with_other_names_are_refused(digits: Path) -> None:
    (digits / "recordings" / "hello.wav").write_bytes(b"")
    with pytest.raises(InputError, match="not named DIGIT_SPEAKER_TAKE"):
        load_digits(digits)
    with pytest.raises(InputError, match="is the data set complete"):
        load_digits(digits / "recordings")


@needs_data
@pytest.mark.data
def test_the_real_digits_are_whole() -> None:
    corpus = load_digits()
    assert [len(p) for p in (corpus.train, corpus.validation, corpus.test)] == [2400, 300, 300]
    assert corpus.edition == "3,000 recordings"
    assert corpus.words == fsdd.WORDS
    assert np.array_equal(np.bincount(corpus.test.targets), np.full(10, 30))


@needs_data
@pytest.mark.data
def test_the_real_keywords_are_split_as_recorded() -> None:
    corpus = load_keywords()
    sizes = [len(part) for part in (corpus.train, corpus.validation, corpus.test)]
    assert sizes == [2636, 283, 512]
    assert corpus.edition == "4,157 of its 4,890 clips"
    assert len(corpus.noise) == 408
    assert np.bincount(corpus.train.targets).min() >= 245
