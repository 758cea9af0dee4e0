"""Substrates: known oscillations, phase responses against kicks, and parameters without a cycle."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.constants import e, hbar

from lohe.dynamics.errors import InputError
from lohe.hardware.substrates import (
    SUBSTRATES,
    ChargeDensityWaveOscillator,
    JosephsonJunction,
    LCOscillator,
    NanomechanicalOscillator,
)

STRONG = LCOscillator(conductance=3e-2, saturation=0.16)  # a waveform far from a sinusoid
# More gain than by default, so that swings are soon what they were.
STIFF = NanomechanicalOscillator(gain=1e-9, damping=1.6e6)
SOFT = replace(STIFF, stiffening=-3e11)
DEVICES = {name: cls() for name, cls in SUBSTRATES.items()} | {
    "mechanical": STIFF, "strong": STRONG, "softening": SOFT
}  # fmt: skip


def free(time, output):
    return np.zeros_like(output)


def run(device, state, duration, steps, inject=free):
    for k in range(steps):
        state = device.step(state, k * duration / steps, duration / steps, inject)
    return state


def crossings(device, state, period, steps):
    """Return when each output first rises through its mean, by straight lines between."""
    level = device.limit_cycle(64).output.mean()
    times, before = np.full(len(state), np.nan), device.output(state)
    for k in range(2 * steps):
        state = device.step(state, k * period / steps, period / steps, free)
        after = device.output(state)
        rises = np.isnan(times) & (before < level) & (level <= after)
        share = (level - before[rises]) / (after[rises] - before[rises])
        times[rises] = (k + share) * period / steps
        before = after
    return times


@pytest.mark.parametrize("name", DEVICES)
def test_cycle_is_that_of_the_device_equation(name):
    device = DEVICES[name]
    cycle = device.limit_cycle(256)
    after = run(device, cycle.states[:1].copy(), cycle.period, 1024)
    if name == "superconducting":
        after = after - 2 * np.pi  # the junction's phase has turned once
    scale = np.abs(cycle.states).max(axis=0)
    np.testing.assert_allclose(after[0], cycle.states[0], atol=1e-7 * scale.max(), rtol=1e-7)
    assert cycle.output_harmonics(1)[1].imag == pytest.approx(0, abs=1e-5 * cycle.amplitude)
    assert cycle.output_harmonics(1)[1].real > 0


@pytest.mark.parametrize("name", DEVICES)
def test_samples_do_not_depend_on_their_number(name):
    device = DEVICES[name]
    # Corners of the waveform leave errors of first order in the charge-density wave alone.
    tolerance = 0.03 if name == "charge-density-wave" else 1e-8
    few, many = device.limit_cycle(64), device.limit_cycle(160)
    assert few.period == pytest.approx(many.period, rel=1e-9)
    for kind in ("response_harmonics", "output_harmonics"):
        first, second = (getattr(cycle, kind)(1)[1] for cycle in (few, many))
        assert abs(first - second) < tolerance * abs(second)


@pytest.mark.parametrize("name", DEVICES)
def test_response_is_what_a_kick_does(name):
    """A short weak pulse at three phases, then several periods to forget all but the phase."""
    device = DEVICES[name]
    cycle = device.limit_cycle(256)
    index = np.array([36, 114, 180])
    settling = 1 if np.isinf(cycle.decay) else int(10 / cycle.decay / cycle.period) + 1
    steps = 1024 if settling < 3 else 128
    duration = cycle.period / steps
    pulse = 1e-3 / np.abs(cycle.response).max() / duration

    def kick(time, output):
        return np.full_like(output, pulse)

    start = cycle.states[index].copy()
    late = []
    for push in (kick, free):
        state = device.step(start, 0.0, duration, push)
        state = run(device, state, settling * cycle.period, settling * steps)
        late.append(crossings(device, state, cycle.period, steps))
    advance = np.angle(np.exp(1j * (late[1] - late[0]) * cycle.frequency))
    # The pulse lasts from one phase to the next; the response is that in its middle.
    middle = np.interp(index + 0.5 * 256 / steps, np.arange(256), cycle.response)
    largest = np.abs(cycle.response).max() * pulse * duration
    np.testing.assert_allclose(advance, middle * pulse * duration, atol=0.003 * largest)


def test_electrical_oscillates_as_van_der_pol_says():
    device = LCOscillator()
    cycle = device.limit_cycle(128)
    strength = device.conductance * np.sqrt(device.inductance / device.capacitance)
    free_frequency = 1 / np.sqrt(device.inductance * device.capacitance)
    # Poincaré and Lindstedt: omega = 1 - eps^2/16 + O(eps^4).
    assert cycle.frequency / free_frequency == pytest.approx(1 - strength**2 / 16, abs=1e-6)
    swing = 2 * np.sqrt(device.conductance / (3 * device.saturation))
    assert cycle.amplitude == pytest.approx(swing, rel=1e-3)
    # Adler: a current at the peak of the voltage does nothing, a quarter later most.
    adler = 0.5j / (device.capacitance * swing)
    assert cycle.response_harmonics(1)[1] == pytest.approx(adler, rel=0.02)
    assert cycle.decay == pytest.approx(device.conductance / device.capacitance, rel=1e-3)


def test_mechanical_frequency_shifts_as_duffing_says():
    device = NanomechanicalOscillator()
    linear = replace(device, stiffening=0.0)
    swing = 2 * np.sqrt(device.gain / device.damping)
    shift = 3 / 8 * device.stiffening * swing**2 / (device.mass * device.resonance**2)
    found = device.limit_cycle(128).frequency / linear.limit_cycle(128).frequency - 1
    assert found == pytest.approx(shift, rel=2e-3)
    # Shear: the phase response lags by the shift over the decay of swings.
    lags = [np.angle(each.limit_cycle(128).response_harmonics(1)[1]) for each in (device, linear)]
    cycle = device.limit_cycle(128)
    expected = np.arctan(2 * shift * cycle.frequency / cycle.decay)
    assert lags[1] % (2 * np.pi) - lags[0] % (2 * np.pi) == pytest.approx(expected, rel=0.02)


def test_superconducting_runs_as_its_closed_form():
    device = JosephsonJunction(critical_current=1.0, resistance=2.0, bias=1.25)
    cycle = device.limit_cycle(128)
    assert cycle.frequency == pytest.approx(2 * e * 2.0 / hbar * 0.75)
    # Its response is one sinusoid and a mean: known from Watanabe and Strogatz's reduction.
    found = np.abs(cycle.response_harmonics(4))
    assert (found[2:] < 1e-12 * found[1]).all()
    assert found[0] / (2 * found[1]) == pytest.approx(1.25)
    # The voltage obeys Josephson's relation on average.
    assert cycle.output.mean() == pytest.approx(hbar / (2 * e) * cycle.frequency)


def test_charge_density_wave_is_two_exponentials():
    device = ChargeDensityWaveOscillator()
    cycle = device.limit_cycle(4096)
    assert cycle.output.max() == pytest.approx(device.upper, rel=1e-3)
    assert cycle.output.min() == pytest.approx(device.lower, rel=1e-3)
    rise = device.capacitance / (1 / device.insulating + 1 / device.series)
    goal = device.supply * device.insulating / (device.insulating + device.series)
    rising = rise * np.log((goal - device.lower) / (goal - device.upper))
    assert (1 - cycle.states[:, 1]).mean() * cycle.period == pytest.approx(rising, rel=1e-3)


@pytest.mark.parametrize("steps", [40, 64, 200])
def test_switches_are_found_within_a_step(steps):
    """Whatever the step: the free equation is solved exactly, and so are its switches."""
    device = ChargeDensityWaveOscillator()
    cycle = device.limit_cycle(64)
    after = run(device, cycle.states[:5].copy(), 30 * cycle.period, 30 * steps)
    np.testing.assert_allclose(after, cycle.states[:5], atol=1e-9)


def test_injected_switching_converges_with_the_step():
    device = ChargeDensityWaveOscillator()
    cycle = device.limit_cycle(64)

    def inject(time, output):
        return np.full_like(output, 2e-5 * np.cos(cycle.frequency * time + 0.3))

    ends = [
        run(device, cycle.states[:1].copy(), 5 * cycle.period, 5 * steps, inject)[0, 0]
        for steps in (32, 64, 128, 1024)
    ]
    errors = np.abs(np.array(ends[:3]) - ends[3])
    assert (errors[1:] < errors[:-1] / 5).all()


def test_power_is_what_the_supply_delivers():
    device = ChargeDensityWaveOscillator()
    assert device.supply**2 / 5e3 < device.power < device.supply**2 / device.series
    junction = JosephsonJunction()
    assert junction.power < junction.bias**2 * junction.resistance


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: LCOscillator(conductance=-1e-3), "conductance of the electrical oscillator is"),
        (lambda: LCOscillator(inductance=np.nan), "inductance of the electrical oscillator is nan"),
        (lambda: NanomechanicalOscillator(damping=0.0), "must be positive"),
        (lambda: NanomechanicalOscillator(stiffening=np.inf), "must be finite"),
        (lambda: NanomechanicalOscillator(stiffening=-1e15).limit_cycle(), "buckles"),
        (lambda: JosephsonJunction(bias=9e-5), "raise the bias"),
        (lambda: JosephsonJunction(resistance=-1.0), "must be positive"),
        (lambda: ChargeDensityWaveOscillator(supply=2.0), "nothing oscillates"),
        (lambda: ChargeDensityWaveOscillator(metallic=1.4e3), "nothing oscillates"),
        (lambda: ChargeDensityWaveOscillator(lower=1.6), "not below"),
        (lambda: ChargeDensityWaveOscillator(series=-1e3), "must be positive"),
    ],
)
def test_parameters_without_an_oscillation_are_refused(make, said):
    with pytest.raises(InputError, match=said):
        make()
