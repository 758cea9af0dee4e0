"""The laws of the log-mel front end."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lohe.attention.tasks.logmel import (
    BANDS,
    CLIP,
    FLOOR,
    FRAMES,
    HOP,
    N_FFT,
    RATE,
    WINDOW,
    Standardiser,
    log_mel,
    mel_filterbank,
    power_spectrum,
)
from lohe.dynamics.errors import InputError


def tone(hertz: float, gain: float = 0.5) -> np.ndarray:
    return (gain * np.sin(2 * np.pi * hertz * np.arange(CLIP) / RATE)).astype(np.float32)[None]


def noise(seed: int, clips: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, (clips, CLIP)).astype(np.float32)


def test_a_second_has_49_frames_of_40_bands() -> None:
    assert (FRAMES, BANDS) == (49, 40)
    assert log_mel(noise(0, 3)).shape == (3, 49, 40)


@settings(max_examples=20)
@given(band=st.integers(2, BANDS - 1))
def test_a_tone_at_a_centre_lights_its_band(band: int) -> None:
    top = 2595 * np.log10(1 + RATE / 2 / 700)
    centre = 700 * (10 ** ((band + 1) * top / (BANDS + 1) / 2595) - 1)
    features = log_mel(tone(centre))
    assert np.all(features.argmax(axis=-1) == band)


def test_parseval_for_every_frame() -> None:
    clips = noise(1)
    power = power_spectrum(clips)[0]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)
    # Every bin but the first and the last stands for a pair of conjugate frequencies.
    twice = np.full(N_FFT // 2 + 1, 2.0)
    twice[[0, -1]] = 1.0
    for frame in (0, 17, FRAMES - 1):
        samples = clips[0, frame * HOP : frame * HOP + WINDOW] * window
        assert power[frame] @ twice / N_FFT == pytest.approx(np.sum(samples**2), rel=1e-5)


def test_the_bands_share_out_the_power_between_the_outer_centres() -> None:
    bank = mel_filterbank()
    assert bank.min() == 0
    assert np.all(bank.sum(axis=0) > 0), "a band without a bin would be constant"
    total = bank.sum(axis=1)
    assert total.max() <= 1 + 1e-6
    first, last = bank[:, 0].argmax() + 1, bank[:, -1].argmax()
    np.testing.assert_allclose(total[first:last], 1, atol=1e-6)


@settings(max_examples=10)
@given(gain=st.floats(0.1, 10), seed=st.integers(0, 99))
def test_a_gain_shifts_every_feature(gain: float, seed: int) -> None:
    clips = noise(seed)
    quiet, loud = (np.exp(log_mel(np.float32(g) * clips).astype(float)) for g in (1, gain))
    # The floor is added to every power, so it bends the shift where a band is nearly silent.
    np.testing.assert_allclose(loud, gain**2 * (quiet - FLOOR) + FLOOR, rtol=1e-5)


@settings(max_examples=10)
@given(hops=st.integers(1, 20), seed=st.integers(0, 99))
def test_a_delay_of_whole_hops_shifts_the_frames(hops: int, seed: int) -> None:
    clips = noise(seed)
    later = np.concatenate([noise(seed + 1)[:, : hops * HOP], clips], axis=1)[:, :CLIP]
    np.testing.assert_array_equal(log_mel(later)[:, hops:], log_mel(clips)[:, :-hops])


def test_silence_is_the_floor_and_the_result_does_not_depend_on_the_company() -> None:
    assert np.all(log_mel(np.zeros((1, CLIP), dtype=np.float32)) == np.log(np.float32(FLOOR)))
    clips = noise(3, 70)  # more than one block
    together = log_mel(clips)
    assert np.array_equal(together, log_mel(clips))
    np.testing.assert_allclose(log_mel(clips[66:67])[0], together[66], atol=1e-5)


def test_bad_clips_are_refused() -> None:
    with pytest.raises(InputError, match="expected"):
        log_mel(np.zeros((2, CLIP - 1), dtype=np.float32))
    clips = noise(0)
    clips[0, 500] = np.nan
    with pytest.raises(InputError, match="NaN"):
        log_mel(clips)


def test_standardised_bands_have_mean_zero_and_variance_one() -> None:
    features = np.random.default_rng(0).normal(-6, 3, (20, FRAMES, BANDS)).astype(np.float32)
    applied = Standardiser.fit(features).apply(features)
    assert applied.dtype == np.float32
    np.testing.assert_allclose(applied.mean(axis=(0, 1)), 0, atol=1e-4)
    np.testing.assert_allclose(applied.std(axis=(0, 1)), 1, atol=1e-4)
    features[..., 7] = 1
    with pytest.raises(InputError, match="band 7 is constant"):
        Standardiser.fit(features)
    with pytest.raises(InputError, match="no training clips"):
        Standardiser.fit(features[:0])
