"""Random systems, their few-particle stand-ins, and schemes judged on them."""

import numpy as np
import pytest

from lohe.attention.accelerated.course import CLASSICAL, SCHEMES, run_particles
from lohe.attention.accelerated.decay import energy_decay
from lohe.attention.accelerated.decay_study import STEPS, choose_steps, judge
from lohe.attention.accelerated.particles import Particles
from lohe.attention.accelerated.problems import Cloud, random_clouds, reduced
from lohe.dynamics.errors import InputError

ENERGIES = ("quadratic", "bilinear")
BUDGETS = (8, 40)


def draw(energy="quadratic", *, count=3, d=3, condition=20.0, size=20, seed=0):
    rng = np.random.default_rng(seed)
    return random_clouds(rng, count, d, condition, energy=energy, size=size)


def one(clouds, i):
    particles = clouds.particles
    alone = Particles(particles.kernel[i], particles.stiffness[i], particles.energy)
    return Cloud(alone, clouds.x[i])


@pytest.mark.parametrize("energy", ENERGIES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_stack_runs_as_each_system_alone(scheme, energy):
    clouds = draw(energy)
    together = energy_decay(clouds.particles, clouds.x, scheme, step=0.1, calls=40)
    assert together.energy.shape == (len(together.calls), 3)
    for i in range(3):
        cloud = one(clouds, i)
        alone = energy_decay(cloud.particles, cloud.x, scheme, step=0.1, calls=40)
        np.testing.assert_allclose(together.energy[:, i], alone.energy, rtol=1e-11)
        assert together.final[i] == together.energy[-1, i]
        assert isinstance(alone.final, float)
        found = cloud.particles.hamiltonian(cloud.x, cloud.x)
        assert clouds.particles.hamiltonian(clouds.x, clouds.x)[i] == pytest.approx(found)


@pytest.mark.parametrize("energy", ENERGIES)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_few_particles_stand_for_a_cloud(scheme, energy):
    """L8, call by call: second moments decide, and the mean."""
    clouds = draw(energy)
    few = reduced(clouds)
    assert few.x.shape == (3, 4 if energy == "bilinear" else 3, 3)
    whole, small = (
        energy_decay(each.particles, each.x, scheme, step=0.1, calls=40) for each in (clouds, few)
    )
    np.testing.assert_allclose(small.energy, whole.energy, rtol=1e-9)
    assert (whole.final < 0.95 * whole.energy[0]).all()


def test_random_clouds_are_as_described():
    clouds = draw(count=400, d=2, condition=100.0, size=300)
    for matrices in (clouds.particles.kernel, clouds.particles.stiffness):
        spectrum = np.linalg.eigvalsh(matrices)
        np.testing.assert_allclose(spectrum, np.tile([0.01, 1.0], (400, 1)), rtol=1e-9)
        axes = np.linalg.eigh(matrices)[1][:, :, 1]
        doubled = np.arctan2(axes[:, 1], axes[:, 0]) * 2
        assert abs(np.exp(1j * doubled).mean()) < 0.15  # no axis is preferred
    means = clouds.x.mean(axis=1)
    np.testing.assert_allclose(np.linalg.norm(means, axis=1), 1, atol=0.3)
    spread = clouds.x - means[:, None]
    np.testing.assert_allclose((spread.mT @ spread / 300).mean(axis=0), np.eye(2), atol=0.02)
    middle = draw(count=300, d=3, condition=100.0, size=5).particles.kernel
    levels = np.log10(np.linalg.eigvalsh(middle)[:, 1])
    assert levels.min() >= -2
    assert np.quantile(levels, 0.5) == pytest.approx(-1, abs=0.2)


def test_rescaled_steps_fall_exponentially_and_end_in_peace():
    """With one eigenvalue the flow in its own time has the factor (1 - h a q)² a step."""
    a, q, h = 0.5, 0.8, 0.3
    particles, x = Particles(np.array([[a]]), np.array([[q]])), np.array([[2.0], [-1.0]])
    spread = a * (x**2).sum()
    found = energy_decay(particles, x, "rescaled", step=h, calls=9000)
    share = (1 - h * q * spread / 2) ** 2  # the step is h at the start
    np.testing.assert_allclose(found.energy[1:40] / found.energy[:39], share, rtol=1e-9)
    assert found.final < 1e-200
    xs, _ = run_particles(particles, "rescaled", np.zeros((2, 1)), step=h, steps=3)
    assert not xs.any()


@pytest.mark.parametrize("scheme", ["classical", "presymplectic_euler", "strang"])
def test_the_best_step_is_best_and_blows_up_nowhere(scheme):
    clouds = reduced(draw(count=6))
    best = choose_steps(clouds, scheme, STEPS, BUDGETS)
    for budget, step in zip(BUDGETS, best, strict=True):
        left = {}
        for each in STEPS:
            run = energy_decay(clouds.particles, clouds.x, scheme, step=each, calls=budget)
            left[each] = run.final / run.energy[0]
        assert (left[step] <= 1).all()
        sound = [each for each in STEPS if (left[each] <= 1).all()]
        # A larger step may look better at few calls and yet blow up by the last.
        assert step in sound
        last = energy_decay(clouds.particles, clouds.x, scheme, step=step, calls=budget)
        assert (
            np.log(last.final).mean()
            <= min(np.log(left[each] * last.energy[0]).mean() for each in sound) + 1e-9
        )


def test_wild_steps_are_never_chosen_if_there_is_another():
    clouds = reduced(draw(count=6))
    assert choose_steps(clouds, "classical", [500.0, 0.01], [20]) == [0.01]
    assert choose_steps(clouds, "classical", [500.0, 900.0], [20]) == [500.0]
    for steps, budgets in (((), (3,)), ((0.1,), ())):
        with pytest.raises(InputError, match="at least one"):
            choose_steps(clouds, "classical", steps, budgets)


def test_judging_keeps_what_a_run_leaves():
    clouds = reduced(draw(count=5))
    steps, levels = (0.3, 0.2), (0.5, 1e-9)
    found = judge(clouds, "exponential_euler", steps, BUDGETS, levels)
    for k, (step, budget) in enumerate(zip(steps, BUDGETS, strict=True)):
        run = energy_decay(clouds.particles, clouds.x, "exponential_euler", step=step, calls=budget)
        np.testing.assert_allclose(found.left[k], run.final / run.energy[0])
    assert found.broken.tolist() == [0, 0]
    for i in range(5):
        first = int(found.reached[0, i])
        assert run.energy[first, i] <= 0.5 * run.energy[0, i] < run.energy[first - 1, i]
    assert np.isinf(found.reached[1]).all()


def test_a_run_that_blows_up_counts_as_one_never_begun():
    clouds = reduced(draw(count=5))
    found = judge(clouds, "classical", (0.3, 500.0), BUDGETS, (0.5,))
    assert found.broken.tolist() == [0, 5]
    assert (found.left[1] == 1).all()
    assert np.isnan(found.exponent).all()


@pytest.mark.parametrize(("scheme", "expected"), [("classical", 1), ("presymplectic_euler", 2)])
def test_exponents_are_those_of_the_flow(scheme, expected):
    """L9: well-conditioned problems obey the laws soon."""
    clouds = reduced(draw(count=8, d=2, condition=1.0, size=200))
    (step,) = choose_steps(clouds, scheme, STEPS, [1000])
    found = judge(clouds, scheme, [step], [1000], ())
    assert np.median(found.exponent) == pytest.approx(expected, abs=0.1)


def test_refuses_what_it_cannot_draw():
    for words, message in (
        ({"count": 0}, "one or more"),
        ({"size": 3}, "more particles"),
        ({"condition": 0.5}, "a condition of 0.5"),
        ({"d": 1, "condition": 2.0}, "dimension 1"),
    ):
        with pytest.raises(InputError, match=message):
            draw(**words)
    with pytest.raises(InputError, match="no scheme 'leapfrog'"):
        energy_decay(*vars(draw()).values(), "leapfrog", step=0.1, calls=4)
    assert set(CLASSICAL) < set(SCHEMES)
