"""Remembered features are those of the recordings and of the code that made them."""

from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from lohe.attention.tasks import recordings
from lohe.attention.tasks.recordings import features_of


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    rng = np.random.default_rng(0)
    paths = [tmp_path / f"{number}.wav" for number in range(2)]
    for path in paths:
        wavfile.write(path, 16_000, (3000 * rng.standard_normal(9000)).astype(np.int16))
    return paths


def test_features_are_computed_once(
    files: list[Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = features_of(files, 16_000)
    monkeypatch.setattr(recordings, "log_mel", lambda _: pytest.fail("computed again"))
    np.testing.assert_array_equal(features_of(files, 16_000), first)
    assert len(list((cache / "features").iterdir())) == 1


def test_another_recording_or_front_end_makes_them_anew(
    files: list[Path], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = features_of(files, 16_000)
    assert not np.array_equal(features_of(files[::-1], 16_000), first)
    monkeypatch.setattr(recordings, "_front_end", lambda: b"other code")
    monkeypatch.setattr(recordings, "log_mel", lambda clips: np.zeros((len(clips), 49, 40)))
    assert not features_of(files, 16_000).any()
