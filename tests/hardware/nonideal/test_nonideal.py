"""Imperfect arrays: each fault's own law, and the ideal layer where there is none."""

import math
from dataclasses import fields

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.special import ive

from lohe.attention.fixed_query import fixed_query_attention
from lohe.dynamics.errors import InputError
from lohe.dynamics.exponential import follow
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.hardware.nonideal.attention import device_attention
from lohe.hardware.nonideal.circle import PhaseArray, mobius_flow, settle_phases
from lohe.hardware.nonideal.converters import quantise
from lohe.hardware.nonideal.crosstalk import Crosstalk, neighbours, parasitic_crosstalk
from lohe.hardware.nonideal.device import draw_device, drifted
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.sphere import VectorArray, settle_vectors
from lohe.hardware.nonideal.use import program_couplings, read_states, settle_on_device

RNG = np.random.default_rng


def units(rng, *shape):
    drawn = rng.standard_normal(shape)
    return drawn / np.linalg.norm(drawn, axis=-1, keepdims=True)


def numbers(x):
    return x[..., 0] + 1j * x[..., 1]


def everyone(matrix):
    """Crosstalk from a matrix."""
    n = len(matrix)
    index = np.array([[k for k in range(n) if k != i] for i in range(n)])
    return Crosstalk(index, np.take_along_axis(matrix, index, axis=1))


def device(n=6, keys=6, d_osc=2, instances=(), seed=0, **faults):
    return draw_device(
        Imperfections(**faults),
        oscillators=n,
        keys=keys,
        d_osc=d_osc,
        rng=RNG(seed),
        instances=instances,
    )


@pytest.mark.parametrize("rate", [0.0, 0.3, 2.5, -4.0])
def test_mobius_flow_is_the_exact_flow(rate):
    """Against T1 and T5, locked and drifting."""
    rng = RNG(1)
    x, h = units(rng, 5, 2), 2 * units(rng, 5, 2)
    skew = np.array([[0.0, -rate], [rate, 0.0]])
    for time in (1e-5, 0.4, 3.0):
        exact = settle(x, h, time, frequency=np.broadcast_to(skew, (5, 2, 2)))
        found = mobius_flow(numbers(x), numbers(h), rate, time)
        np.testing.assert_allclose(found, numbers(exact), atol=1e-12)
        if rate == 0:
            np.testing.assert_allclose(found, numbers(settle(x, h, time)), atol=1e-12)


def test_mobius_flow_without_force_turns():
    z = mobius_flow(np.array([1.0 + 0j]), np.array([0j]), 0.7, 2.0)
    np.testing.assert_allclose(z, np.exp(1.4j), atol=1e-12)
    np.testing.assert_array_equal(mobius_flow(np.array([1j]), np.array([0j]), 0.0, 2.0), [1j])


@pytest.mark.parametrize("d", [2, 3])
def test_crosstalk_and_frequencies_are_those_of_the_network(d):
    rng = RNG(2)
    n = 5
    drive, start = 1.5 * units(rng, n, d), units(rng, n, d)
    crosstalk = 0.2 * rng.standard_normal((n, n))
    np.fill_diagonal(crosstalk, 0)
    raw = 0.4 * rng.standard_normal((n, d, d))
    skew = raw - raw.swapaxes(-1, -2)
    network = Network(drive, crosstalk=crosstalk, frequency=skew)
    exact = follow(network, start[..., None], 1.5, tolerance=1e-10).x[..., 0]
    errors = []
    for step in (0.1, 0.05):
        if d == 2:
            array = PhaseArray(numbers(drive), skew[:, 1, 0], everyone(crosstalk))
            found = settle_phases(array, numbers(start), 1.5, rng, step=step)
            errors.append(np.abs(found - numbers(exact)).max())
        else:
            vectors = VectorArray(drive, skew, everyone(crosstalk))
            found = settle_vectors(vectors, start, 1.5, rng, step=step)
            errors.append(np.abs(found - exact).max())
    assert errors[1] < errors[0] / 3
    assert errors[1] < 2e-3


def test_harmonics_are_those_of_the_equation():
    """Against small Euler steps of theta' = sum W (sin + a sin 2 + b sin 3)(phi - theta)."""
    rng = RNG(3)
    couplings, angles = rng.uniform(0, 1, (2, 4)), rng.uniform(0, 6, 4)
    theta = np.array([0.3, 2.0])
    anchors = np.exp(1j * angles)
    array = PhaseArray(
        couplings @ anchors,
        harmonics=(couplings @ anchors**2, couplings @ anchors**3),
        shares=(0.3, -0.2),
    )
    found = settle_phases(array, np.exp(1j * theta), 1.0, rng, step=0.01)
    steps = 20_000
    for _ in range(steps):
        ahead = angles - theta[:, None]
        pull = np.sin(ahead) + 0.3 * np.sin(2 * ahead) - 0.2 * np.sin(3 * ahead)
        theta = theta + (couplings * pull).sum(axis=1) / steps
    np.testing.assert_allclose(np.angle(found / np.exp(1j * theta)), 0, atol=2e-4)


def test_delay_is_a_turn_where_all_oscillators_turn_alike():
    """Two that only hear each other, late, while both run: late by the angle they run in it."""
    crosstalk = everyone(np.array([[0.0, 0.5], [0.5, 0.0]]))
    array = PhaseArray(np.zeros(2, complex), np.full(2, 0.8), crosstalk, delay=0.5)
    z = settle_phases(array, np.exp(1j * np.array([0.0, 0.4])), 60.0, RNG(0), step=0.02)
    later = settle_phases(array, np.exp(1j * np.array([0.0, 0.4])), 61.0, RNG(0), step=0.02)
    assert abs(np.angle(z[0] / z[1])) < 1e-6
    # In step they run at omega = 0.8 - 0.5 sin(0.5 omega).
    omega = 0.8
    for _ in range(100):
        omega = 0.8 - 0.5 * math.sin(0.5 * omega)
    assert np.angle(later[0] / z[0]) == pytest.approx(omega, abs=1e-4)


@pytest.mark.parametrize("diffusivity", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("delay", [0.0, 0.1])
def test_noise_is_drawn_back_by_drives_of_any_size(diffusivity, delay):
    """Mean cosines of von Mises and Fisher, weak and strong drives side by side."""
    rng, count = RNG(5), 4000
    sizes = np.repeat([0.5, 3.0, 30.0], count)
    array = PhaseArray(sizes + 0j, diffusivity=diffusivity, delay=delay)
    found = settle_phases(array, np.exp(2j * np.pi * rng.random(len(sizes))), 30.0, rng)
    drive = np.zeros((len(sizes), 3))
    drive[:, 0] = sizes
    vectors = VectorArray(drive, diffusivity=diffusivity)
    spheres = settle_vectors(vectors, units(rng, len(sizes), 3), 30.0, rng)
    for cosines, order in ((found.real, 1.0), (spheres[:, 0], 1.5)):
        for size, some in zip((0.5, 3.0, 30.0), cosines.reshape(3, count), strict=True):
            kappa = size / diffusivity
            off = 1 - ive(order, kappa) / ive(order - 1, kappa)
            assert 1 - some.mean() == pytest.approx(off, rel=0.1)


def test_noise_has_the_stationary_law():
    """One driven phase: mean alignment I_1(k)/I_0(k) at k = h/D."""
    array = PhaseArray(np.ones(20_000, complex), diffusivity=0.5)
    z = settle_phases(array, np.exp(2j * np.ones(20_000)), 8.0, RNG(4), step=0.1)
    assert z.real.mean() == pytest.approx(ive(1, 2.0) / ive(0, 2.0), abs=0.015)
    vectors = VectorArray(np.tile([1.0, 0, 0], (20_000, 1)), diffusivity=0.5)
    x = settle_vectors(vectors, np.tile([0.0, 1, 0], (20_000, 1)), 8.0, RNG(4), step=0.1)
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), 1)
    assert x[:, 0].mean() == pytest.approx(1 / math.tanh(2) - 0.5, abs=0.015)


def test_converters_have_their_levels():
    x = np.linspace(-1, 1, 1001)
    for bits in (1, 3, 8):
        found = quantise(x, bits, -1.0, 1.0)
        assert len(np.unique(found.round(9))) == 2**bits
        assert np.abs(found - x).max() <= 1 / (2**bits - 1) * (1 + 1e-9)
    assert quantise(x, None, -1.0, 1.0) is x
    assert quantise(np.float32([0.3]), 4, 0.0, 1.0).dtype == np.float32


@pytest.mark.parametrize(
    ("topology", "degrees"),
    [
        ("chain", {1, 2}),
        ("grid", {2, 3, 4}),
        ("king", {3, 5, 8}),
        ("crossbar", {4}),
        ("complete", {8}),
    ],
)  # fmt: skip
def test_layouts(topology, degrees):
    hears = neighbours(9, topology)
    assert (hears == hears.T).all()
    assert not hears.diagonal().any()
    assert {*hears.sum(axis=1).tolist()} == degrees
    faults = Imperfections(crosstalk=0.3, topology=topology)
    drawn = parasitic_crosstalk(faults, 9, RNG(0), (4,)).dense()
    assert drawn.shape == (4, 9, 9)
    assert np.abs(drawn).sum(axis=-1).max() == pytest.approx(0.3)
    assert ((drawn != 0) == hears).all()


@pytest.mark.parametrize("count", [9, 40])
def test_crosstalk_is_its_matrix(count):
    """Summed over neighbours, and by a product where there are many."""
    rng = RNG(8)
    drawn = parasitic_crosstalk(Imperfections(crosstalk=0.3, topology="complete"), count, rng, (3,))
    for z in (rng.standard_normal((3, count)), np.exp(1j * rng.standard_normal((3, count)))):
        expected = (drawn.dense() @ z[..., None])[..., 0]
        np.testing.assert_allclose(drawn.heard(z), expected, atol=1e-14)
    assert drawn.row_sum == pytest.approx(0.3)


def test_programming():
    couplings = np.array([[0.0, 0.5, 1.0], [0.2, 0.0, 0.3]])
    ideal = device(2, 3)
    np.testing.assert_array_equal(program_couplings(ideal, couplings, RNG(0)), couplings)
    few = program_couplings(device(2, 3, coupling_bits=2), couplings, RNG(0))
    np.testing.assert_allclose(few, [[0, 2 / 3, 1], [1 / 3, 0, 1 / 3]])
    off = device(2, 3, mismatch=0.1)
    factors = program_couplings(off, couplings, RNG(0))[couplings > 0] / couplings[couplings > 0]
    np.testing.assert_allclose(factors, off.factors[couplings > 0])
    noisy = program_couplings(device(2, 3, programming=3.0), couplings, RNG(0))
    assert (noisy >= 0).all()
    assert (noisy[couplings == 0] == 0).all()


def test_mismatch_is_the_device_s_own_and_errors_of_setting_are_not():
    couplings = RNG(1).uniform(0.1, 1, (6, 6))
    for faults, same in (({"mismatch": 0.2}, True), ({"programming": 0.2}, False)):
        one = device(**faults)
        first, second = (program_couplings(one, couplings, RNG(seed)) for seed in (1, 2))
        assert np.array_equal(first, second) == same


@pytest.mark.parametrize("d", [2, 4])
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("settling", [math.inf, 200.0])
def test_an_ideal_device_is_the_ideal_layer(d, causal, settling):
    rng = RNG(5)
    q, k, v = rng.standard_normal((3, 2, 3, 6, 4))
    anchors = units(rng, 3, 6, d)
    mask = np.array([[True] * 6, [True] * 4 + [False] * 2])[:, None]
    options = {"coupling": "softplus", "p": 2, "causal": causal, "key_mask": mask}
    ideal = fixed_query_attention(q, k, v, 0.9999999 * anchors, **options)
    found = device_attention(
        device(d_osc=d, settling=settling), q, k, v, 0.9999999 * anchors, rng=rng, **options
    )
    np.testing.assert_allclose(found, ideal, atol=1e-6)


@pytest.mark.parametrize("d", [2, 3])
def test_more_time_brings_them_nearer_to_rest(d):
    rng = RNG(6)
    couplings, anchors = rng.uniform(0.2, 1, (6, 6)), units(rng, 6, d)
    rest = settle_on_device(device(d_osc=d), couplings, anchors, rng)
    start = units(rng, 6, d)
    errors = [
        np.linalg.norm(
            settle_on_device(
                device(d_osc=d, settling=time), couplings, anchors, rng, start=start
            ) - rest
        )
        for time in (0.5, 2.0, 8.0)
    ]  # fmt: skip
    assert errors == sorted(errors, reverse=True)
    drive = couplings @ anchors
    exact = settle(start, drive, 2.0)
    found = settle_on_device(device(d_osc=d, settling=2.0), couplings, anchors, rng, start=start)
    np.testing.assert_allclose(found, exact, atol=1e-10)


def test_many_devices_are_each_their_own():
    """A device among many does what it does alone."""
    faults = {
        "mismatch": 0.1, "crosstalk": 0.2, "detuning": 0.1, "harmonics": (0.1,), "settling": 10.0,
        "delay": 0.3, "coupling_bits": 6,
    }  # fmt: skip
    many = device(instances=(4,), **faults)
    rng = RNG(7)
    couplings, anchors, start = rng.uniform(0.2, 1, (6, 6)), units(rng, 6, 2), units(rng, 6, 2)
    programmed = program_couplings(many, couplings, rng)
    together = settle_on_device(many, programmed, anchors, rng, start=start, step=0.05)
    assert together.shape == (4, 6, 2)
    alone = device(**faults)
    for i in range(4):
        parts = {name: getattr(many, name)[i] for name in ("factors", "frequency")}
        parts["crosstalk"] = Crosstalk(many.crosstalk.index, many.crosstalk.strength[i])
        one = type(alone)(**{f.name: getattr(alone, f.name) for f in fields(alone)} | parts)
        found = settle_on_device(one, programmed[i], anchors, rng, start=start, step=0.05)
        np.testing.assert_allclose(found, together[i], atol=1e-12)


def test_reading():
    states = np.array([[0.6, 0.8]])
    few = read_states(device(reading_bits=1), states, RNG(0))
    np.testing.assert_array_equal(few, [[1.0, 1.0]])
    many = read_states(device(reading=0.1), np.zeros((20_000, 2)), RNG(0))
    assert many.std() == pytest.approx(0.1, rel=0.02)


def test_reading_phases():
    angles = np.linspace(-3, 3, 7)
    states = 0.7 * np.stack([np.cos(angles), np.sin(angles)], axis=-1)  # of any length
    exact = read_states(device(reads="phase"), states, RNG(0))
    np.testing.assert_allclose(np.arctan2(exact[:, 1], exact[:, 0]), angles)
    np.testing.assert_allclose(np.linalg.norm(exact, axis=-1), 1)
    noisy = read_states(device(reads="phase", reading=0.1), np.tile(states, (5000, 1, 1)), RNG(0))
    off = np.angle(numbers(noisy) / numbers(exact))
    assert off.std() == pytest.approx(0.1, rel=0.02)
    few = read_states(device(reads="phase", reading_bits=3), states, RNG(0))
    steps = np.angle(numbers(few)) / (np.pi / 4)
    np.testing.assert_allclose(steps, np.rint(steps), atol=1e-12)
    assert np.abs(np.angle(numbers(few) / numbers(exact))).max() <= np.pi / 8 + 1e-12


def test_drift_moves_frequencies_between_uses_about_the_device_s_own():
    for d in (2, 3):
        one = device(d_osc=d, detuning=1.0, drift=0.01)
        first, second = (drifted(one, (6,), RNG(seed)) for seed in (1, 2))
        assert 0 < np.abs(first - second).max() < 0.1
        assert np.abs(first - one.frequency).max() < 0.1
        assert drifted(device(d_osc=d), (6,), RNG(0)) is None
    np.testing.assert_allclose(first, -first.swapaxes(-1, -2))
    assert expm(first).shape == first.shape


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Imperfections(mismatch=-1), "mismatch is -1"),
        (lambda: Imperfections(detuning=math.nan), "detuning is nan"),
        (lambda: Imperfections(coupling_bits=0), "choose from 1"),
        (lambda: Imperfections(settling=0), "settling is 0"),
        (lambda: Imperfections(topology="ring"), "choose chain"),
        (lambda: Imperfections(reads="amplitude"), "choose components or phase"),
        (lambda: device(d_osc=3, reads="phase"), "have no phase"),
        (lambda: Imperfections(harmonics=(math.inf,)), "finite"),
        (lambda: device(d_osc=3, harmonics=(0.1,)), "take d_osc = 2"),
        (
            lambda: settle_on_device(device(), np.ones((5, 6)), np.ones((6, 2)), RNG(0)),
            "do not fit",
        ),
        (
            lambda: settle_on_device(
                device(diffusivity=0.1), np.ones((6, 6)), units(RNG(0), 6, 2), RNG(0)
            ),
            "give a settling time",
        ),
        (
            lambda: settle_phases(PhaseArray(np.zeros(1, complex)), np.ones(1), math.inf, RNG(0)),
            "never rests",
        ),
        (
            lambda: settle_phases(
                PhaseArray(np.ones(1, complex)), np.ones(1), 1.0, RNG(0), step=1e-9
            ),
            "longer step",
        ),
    ],
)
def test_bad_input(make, said):
    with pytest.raises(InputError, match=said):
        make()
