"""Recordings are read exactly, and what is not one is refused in one line."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

from lohe.attention.tasks.audio import fit_length, read_wav, resample
from lohe.dynamics.errors import InputError


def write(path: Path, samples: np.ndarray, rate: int = 16_000, channels: int = 1) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(samples.dtype.itemsize)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path


def test_samples_are_the_stored_integers(tmp_path: Path) -> None:
    stored = np.array([-(2**15), -1, 0, 1, 2**15 - 1], dtype="<i2")
    samples = read_wav(write(tmp_path / "a.wav", stored), 16_000)
    assert samples.dtype == np.float32
    assert np.array_equal(samples * 2**15, stored)


def test_unusable_files_are_refused(tmp_path: Path) -> None:
    tone = np.arange(100, dtype="<i2")
    with pytest.raises(InputError, match="no such file"):
        read_wav(tmp_path / "absent.wav", 16_000)
    with pytest.raises(InputError, match="resample it to 16000 Hz"):
        read_wav(write(tmp_path / "a.wav", tone, rate=8000), 16_000)
    with pytest.raises(InputError, match="2 channels"):
        read_wav(write(tmp_path / "a.wav", tone, channels=2), 16_000)
    with pytest.raises(InputError, match="8 bits"):
        read_wav(write(tmp_path / "a.wav", tone.astype(np.uint8)), 16_000)
    with pytest.raises(InputError, match="holds no samples"):
        read_wav(write(tmp_path / "a.wav", tone[:0]), 16_000)
    with pytest.raises(InputError, match="cannot read"):
        read_wav(tmp_path, 16_000)


@pytest.mark.parametrize("keep", [0, 3, 30, 44, 100, 243])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, keep: int) -> None:
    path = write(tmp_path / "a.wav", np.arange(100, dtype="<i2"))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(InputError, match=str(path)):
        read_wav(path, 16_000)


def test_bytes_that_are_no_recording_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_bytes(b"MThd" + bytes(200))
    with pytest.raises(InputError, match="not a PCM"):
        read_wav(tmp_path / "a.wav", 16_000)


@pytest.mark.parametrize("n", [1, 4, 5, 6, 7, 12])
def test_length_is_fitted_around_the_middle(n: int) -> None:
    fitted = fit_length(np.arange(1, n + 1, dtype=np.float32), 6)
    assert fitted.size == 6
    kept = fitted[fitted > 0]
    assert np.array_equal(np.diff(kept), np.ones(kept.size - 1))
    middle_was, middle_is = (n + 1) / 2, np.mean(np.flatnonzero(fitted)) - 2.5
    assert abs(middle_is) <= 0.5
    assert abs(kept.mean() - middle_was) <= 0.5


def test_resampling_keeps_a_tone() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000).astype(np.float32)
    doubled, twin = resample(np.stack([tone, tone]), 8000, 16_000)
    wanted = np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    assert doubled.shape == (16_000,)
    assert doubled.dtype == np.float32
    assert np.array_equal(doubled, twin)
    assert resample(tone, 8000, 8000) is tone
    assert np.max(np.abs(doubled - wanted)[200:-200]) < 5e-3
