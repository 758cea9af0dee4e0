"""The schemes: order of accuracy, coefficients, damping, learned numbers."""

import math

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from lohe.attention.accelerated.coefficients import MULTISTEP, Coefficients, coefficients
from lohe.attention.accelerated.damping import Damping
from lohe.attention.accelerated.field import Field
from lohe.attention.accelerated.linear_field import linear_field
from lohe.attention.accelerated.multistep import multistep
from lohe.attention.accelerated.scalars import SCALARS, raw_scalar, read_scalars
from lohe.attention.accelerated.softmax_field import softmax_field
from lohe.attention.accelerated.strang import strang_step
from lohe.attention.gradcheck import check_pullback
from lohe.dynamics.errors import InputError

DAMPING = Damping(1.5, 0.2)
TOKENS, WIDTH = 5, 4
SHARE = 1 / np.arange(1, TOKENS + 1)[:, None]

ORDERS = {
    "euler": 1,
    "exponential_euler": 1,
    "presymplectic_euler": 1,
    "adams_bashforth": 2,
    "exponential_adams_bashforth": 2,
    "strang": 2,
}


def fields():
    """Return causal fields of both families, as functions of the positions."""
    rng = np.random.default_rng(1)
    linear = {"attention.weight_qkv": 0.5 * rng.standard_normal((3 * WIDTH, WIDTH))}
    softmax = {
        "attention.weight_qk": 0.5 * rng.standard_normal((2 * WIDTH, WIDTH)),
        "attention.weight_b": np.eye(WIDTH),
    }
    return {
        "linear": lambda x: linear_field(linear, x, heads=2, share=SHARE),
        "softmax, sealed": lambda x: softmax_field(
            softmax, x, heads=2, share=SHARE, potential=SHARE
        ),
        "softmax, all": lambda x: softmax_field(
            softmax, x, heads=2, share=SHARE, potential=SHARE, sealed=False, causal=False
        ),
    }


def run(scheme, field_at, x, p, steps):
    step, before = 1 / steps, None
    for k in range(steps):
        start, end = 1 + k * step, 1 + (k + 1) * step
        if scheme == "strang":
            middle = (start + end) / 2
            falls = DAMPING.fall(start, middle), DAMPING.fall(middle, end)
            x, p, _ = strang_step(field_at, x, p, step=step, coupling=0.5, falls=falls)
            continue
        c, _ = coefficients(scheme, step, step, DAMPING, start=start, end=end, first=before is None)
        moved, p, before, _ = multistep(field_at(x), p, before, c)
        before = before if scheme.endswith("adams_bashforth") else None
        x = x + moved
    return np.stack([x, p])


@pytest.mark.parametrize("family", fields())
@pytest.mark.parametrize("scheme", ORDERS)
def test_order_of_accuracy(scheme, family):
    field_at = fields()[family]
    x, p = 0.5 * np.random.default_rng(2).standard_normal((2, 1, TOKENS, WIDTH))

    def slope(time, state):
        x, p = state.reshape(2, 1, TOKENS, WIDTH)
        field = field_at(x)
        force = field.force(p)[0] - DAMPING.rate(time) * p
        return np.concatenate([field.velocity(p)[0].ravel(), force.ravel()])

    found = solve_ivp(
        slope, (1, 2), np.stack([x, p]).ravel(), method="DOP853", rtol=1e-11, atol=1e-11
    )
    exact = found.y[:, -1].reshape(2, 1, TOKENS, WIDTH)
    errors = [np.abs(run(scheme, field_at, x, p, n) - exact).max() for n in (80, 160)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(ORDERS[scheme], abs=0.1)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("start", [1.0, 30.0])  # above and below the end of the series
@pytest.mark.parametrize("scheme", MULTISTEP)
def test_gradient_of_coefficients(scheme, start, first):
    names = ("step_position", "step_momentum", "damping_log", "damping_linear")
    fields_of = ("decay", "kick", "kick_before", "drift", "drift_before", "loss")

    def of_numbers(numbers):
        h_x, h_y, log, linear = numbers
        c, pullback = coefficients(
            scheme, h_x, h_y, Damping(log, linear), start=start, end=start + 1, first=first
        )

        def back(d):
            found = pullback(Coefficients(*d))
            return np.array([found[name] for name in names])

        return np.array([getattr(c, name) for name in fields_of]), back

    check = check_pullback(of_numbers, [np.array([0.2, 0.3, 3.0, 0.1])], np.random.default_rng(0))
    assert check.relative_error < 1e-9


def test_coefficients_meet_where_the_series_ends():
    below, above = (
        coefficients(
            "exponential_adams_bashforth", 1, 1, Damping(0, fall), start=1, end=2, first=False
        )[0]
        for fall in (1 - 1e-12, 1 + 1e-12)
    )
    assert below.kick == pytest.approx(above.kick, rel=1e-11)
    assert below.kick_before == pytest.approx(above.kick_before, rel=1e-11)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("scheme", "other"),
    [
        ("exponential_euler", "euler"),
        ("presymplectic_euler", "euler"),
        ("exponential_adams_bashforth", "adams_bashforth"),
    ],
)
def test_without_damping_exponential_schemes_are_the_others(scheme, other, first):
    found, expected = (
        coefficients(each, 0.2, 0.3, Damping(0, 0), start=1, end=2, first=first)[0]
        for each in (scheme, other)
    )
    for name in ("decay", "kick", "kick_before", "drift", "drift_before", "loss"):
        assert getattr(found, name) == pytest.approx(getattr(expected, name), rel=1e-15)


@pytest.mark.parametrize(
    ("scheme", "force"),
    [
        ("exponential_euler", lambda _: 2.0),
        ("exponential_adams_bashforth", lambda time: 2.0 + 3 * time),
    ],
)
def test_exponential_schemes_are_exact_for_simple_forces(scheme, force):
    """With damping at a constant rate, for a force that is constant or linear in time."""
    damping, step = Damping(0.0, 0.7), 0.4

    def field_at(time):
        zero = np.zeros(1)
        return Field(lambda _: (zero, None), lambda _: (zero + force(time), None), None)

    def exact(time):
        """Return p with p(1) = 1: the solution of p' = a + b t - 0.7 p."""
        b = force(1) - force(0)
        a, rate = force(0), 0.7
        particular = a / rate + b * (time - 1 / rate) / rate
        at_one = a / rate + b * (1 - 1 / rate) / rate
        return particular + (1 - at_one) * math.exp(-rate * (time - 1))

    before = None
    if scheme.endswith("adams_bashforth"):
        before = multistep(field_at(1 - step), np.zeros(1), None, Coefficients(1, 0, 0, 0, 0, 0))[2]
    p = np.ones(1)
    for k in range(3):
        start = 1 + k * step
        c, _ = coefficients(
            scheme, step, step, damping, start=start, end=start + step, first=before is None
        )
        _, p, slopes, _ = multistep(field_at(start), p, before, c)
        before = slopes if before is not None else None
    assert p[0] == pytest.approx(exact(1 + 3 * step), rel=1e-13)


def test_fall_is_the_integral_of_the_rate():
    times = np.linspace(1, 4, 20001)
    rates = [DAMPING.rate(time) for time in times]
    assert DAMPING.fall(1, 4) == pytest.approx(np.trapezoid(rates, times), rel=1e-8)
    with pytest.raises(InputError, match="positive time"):
        DAMPING.fall(0, 1)


@pytest.mark.parametrize("name", SCALARS)
def test_learned_numbers_keep_to_their_range(name):
    for value in (1e-4, 0.3, 0.999):
        raw = {f"a.{name}": np.asarray(raw_scalar(name, value))}
        assert read_scalars(raw, "a.", [name])[0][name] == pytest.approx(value, rel=1e-12)
    for raw in (-800.0, 800.0):
        value = read_scalars({f"a.{name}": np.asarray(raw)}, "a.", [name])[0][name]
        assert 0 <= value <= (1 if SCALARS[name] == "fraction" else 800)

    def of_raw(raw):
        values, pullback = read_scalars({f"a.{name}": raw}, "a.", [name])
        return np.asarray(values[name]), lambda d: pullback({name: float(d)})[f"a.{name}"]

    for raw in (-2.0, 0.5):
        check = check_pullback(of_raw, [np.asarray(raw)], np.random.default_rng(0))
        assert check.relative_error < 1e-9
