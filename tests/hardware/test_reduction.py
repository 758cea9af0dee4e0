"""From devices to phases: averaged couplings, and arrays that settle where the phases say."""

from dataclasses import replace

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.hardware.array import DeviceArray, lock_in, states_at
from lohe.hardware.averaging import CouplingFunction, between_oscillators, from_sinusoid
from lohe.hardware.common_load import common_load
from lohe.hardware.limit_cycle import LimitCycle, harmonics, starting_at_the_peak
from lohe.hardware.phase_model import reduce_substrate
from lohe.hardware.substrates import SUBSTRATES, LCOscillator, NanomechanicalOscillator

THETA = 2 * np.pi * np.arange(256) / 256
QUICK = {name: cls() for name, cls in SUBSTRATES.items()} | {
    "mechanical": NanomechanicalOscillator(gain=1e-9, damping=1.6e6)
}


def wrapped(angles):
    return np.angle(np.exp(1j * angles))


def cycle_of(output, response):
    return LimitCycle(1.0, np.zeros((len(output), 1)), output, response, np.inf)


def test_harmonics_rebuild_their_function():
    samples = 0.3 + np.cos(THETA - 0.2) - 0.1 * np.sin(3 * THETA)
    c = harmonics(samples, 4)
    rebuilt = c[0].real + 2 * (
        c[1:, None] * np.exp(1j * np.outer(np.arange(1, 5), THETA))
    ).real.sum(axis=0)
    np.testing.assert_allclose(rebuilt, samples, atol=1e-13)


def test_the_origin_is_the_peak_of_the_fundamental():
    samples = 2 * np.cos(THETA - 1.1) + 0.3 * np.cos(2 * THETA)
    moved = starting_at_the_peak(samples, samples)
    np.testing.assert_allclose(moved, 2 * np.cos(THETA) + 0.3 * np.cos(2 * THETA + 2.2), atol=1e-12)


def test_averages_are_the_means_that_define_them():
    """Against the integral over a period, for a response and an output with harmonics."""
    response = 0.4 - np.sin(THETA + 0.3) + 0.2 * np.cos(2 * THETA) - 0.1 * np.sin(3 * THETA)
    output = 5.0 + 3 * np.cos(THETA) + 0.7 * np.sin(2 * THETA) + 0.3 * np.cos(3 * THETA - 1)
    cycle = cycle_of(output, response)
    assert cycle.amplitude == pytest.approx(3)
    for ahead in (0.0, 0.7, 2.9, -1.3):
        heard = np.cos(THETA + ahead)
        assert from_sinusoid(cycle)(ahead) == pytest.approx((response * heard).mean())
        spectrum = np.fft.rfft(output) * np.exp(1j * ahead * np.arange(129))
        spectrum[0] = 0
        heard = np.fft.irfft(spectrum) / 3
        assert between_oscillators(cycle, cycle, 8)(ahead) == pytest.approx(
            (response * heard).mean(), abs=1e-12
        )


def test_slope_is_the_derivative():
    function = between_oscillators(
        cycle_of(np.cos(THETA) + 0.2 * np.cos(2 * THETA), np.sin(THETA + 0.1 * np.cos(THETA))),
        cycle_of(np.cos(THETA), np.sin(THETA)),
    )
    psi, step = np.linspace(-3, 3, 7), 1e-6
    differences = (function(psi + step) - function(psi - step)) / (2 * step)
    np.testing.assert_allclose(function.slope(psi), differences, atol=1e-8)


def test_gain_and_lag_are_those_of_the_fundamental():
    function = CouplingFunction(np.array([0, 2.5 * np.exp(1j * (-np.pi / 2 - 0.4))]))
    psi = np.linspace(-3, 3, 7)
    np.testing.assert_allclose(function(psi), 2.5 * np.sin(psi - 0.4), atol=1e-12)
    assert (function.gain, function.lag) == (pytest.approx(2.5), pytest.approx(0.4))
    assert function.distortion == 0


def test_lock_in_hears_the_fundamental_alone():
    theta = 2 * np.pi * np.arange(3 * 32) / 32
    signals = np.stack([4 + np.cos(theta + 1) + np.cos(2 * theta), np.sin(theta)], axis=1)
    np.testing.assert_allclose(lock_in(signals, 32), [1, -np.pi / 2], atol=1e-12)


@pytest.mark.parametrize("name", QUICK)
def test_devices_rest_where_their_phases_do(name):
    """The error of the reduction falls in proportion to the drive, and is below 1 % of a cycle."""
    device = QUICK[name]
    model = reduce_substrate(device)
    size = np.array([0.25, 0.5, 1.0])
    drive = size * np.exp(1j * np.array([0.4, -2.0, 2.6]))
    expected = model.resting_phases(drive)
    found = DeviceArray(device, drive, model.scale(0.04), steps=64).run(expected - 0.5, 200)
    errors = np.abs(wrapped(found - expected)) / (2 * np.pi)
    assert errors.max() < 0.01
    assert errors[0] < 0.35 * errors[2]  # 0.25, but for terms of second order and the steps


def test_phases_rest_where_the_theorem_says():
    model = reduce_substrate(LCOscillator())
    drive = np.array([0.5 + 0.2j, -1.0 + 0.3j])
    times = np.array([0.0, 40 / model.rate(1.0) / 0.5])
    found = model.run(drive, np.zeros(2), times, scale=1.0)[-1]
    np.testing.assert_allclose(wrapped(found - model.resting_phases(drive)), 0, atol=1e-6)
    detuned = model.run(drive, np.zeros(2), times, scale=1.0, detuning=0.1 * model.rate(1.0))[-1]
    shift = np.arcsin(0.1 / np.abs(drive))  # of a locked oscillator behind its drive (T5)
    np.testing.assert_allclose(wrapped(detuned - model.resting_phases(drive)), shift, atol=1e-6)


def test_crosstalk_moves_devices_as_it_moves_phases():
    device = QUICK["superconducting"]
    model = reduce_substrate(device)
    drive = np.array([1.0, 0.8 * np.exp(0.6j)])
    crosstalk = np.array([[0.0, 0.5], [0.3, 0.0]])
    scale, periods = model.scale(0.02), 120
    start = model.resting_phases(drive)
    end = np.array([0.0, periods * 2 * np.pi / model.frequency])
    phases = model.run(drive, start, end, scale=scale, crosstalk=crosstalk)[-1]
    moved = np.abs(wrapped(phases - start))
    assert (moved > 0.1).all()
    found = DeviceArray(device, drive, scale, crosstalk, steps=48).run(start, periods)
    assert np.abs(wrapped(found - phases)).max() < 0.1 * moved.min()


def test_junctions_across_a_common_load_rest_where_their_phases_do():
    device = QUICK["superconducting"]
    model = reduce_substrate(device)
    scale = model.scale(0.02)
    amplitude = device.limit_cycle().amplitude
    load = amplitude / (0.1 * scale)  # a tenth of a unit drive from each
    crosstalk = common_load(device, 3, load, scale)
    np.testing.assert_allclose(crosstalk, -0.1)
    drive = np.array([1.0, 0.8 * np.exp(0.6j), 0.9 * np.exp(-1.1j)])
    start, periods = model.resting_phases(drive), 150
    end = np.array([0.0, periods * 2 * np.pi / model.frequency])
    phases = model.run(drive, start, end, scale=scale, crosstalk=crosstalk)[-1]
    array = DeviceArray(device, drive, scale, crosstalk, steps=48)
    # The same by hand: what each junction lacks is the current through the load.
    outputs = np.array([1.0, -0.4, 0.2]) * amplitude
    current = -outputs.sum() / load
    np.testing.assert_allclose(array.scale / amplitude * (crosstalk @ outputs), current)
    assert np.abs(wrapped(array.run(start, periods) - phases)).max() < 0.005 * 2 * np.pi
    moved = np.abs(wrapped(phases - start))
    assert moved.min() > 0.02 * 2 * np.pi  # by the load


def test_loads_are_of_junctions():
    with pytest.raises(InputError, match="load is 0"):
        common_load(LCOscillator(), 2, 0.0, 1e-6)
    with pytest.raises(InputError, match="turns volts into amperes"):
        common_load(NanomechanicalOscillator(), 2, 1.0, 1e-6)


def test_bad_arrays_are_refused():
    device = LCOscillator()
    one = np.ones(2, complex)
    for broken, said in (
        ({"drive": np.array([np.nan + 0j])}, "finite"),
        ({"crosstalk": np.ones((3, 3))}, "does not fit 2 oscillators"),
        ({"scale": 0.0}, "must be positive"),
    ):
        with pytest.raises(InputError, match=said):
            replace(DeviceArray(device, one, 1e-6), **broken)
    with pytest.raises(InputError, match="leaves every bound"):
        DeviceArray(device, one, 1e6).run(np.zeros(2), 2)


def test_states_are_those_of_the_phase():
    cycle = LCOscillator().limit_cycle(64)
    states = states_at(cycle, np.array([0.0, 2 * np.pi, -np.pi / 2]))
    np.testing.assert_array_equal(states, cycle.states[[0, 0, 48]])
