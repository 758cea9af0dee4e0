"""The particles of linear attention: Hamiltonian, what steps conserve, Stein flow, decay."""

import numpy as np
import pytest
import sympy as sp

from lohe.attention.accelerated.coefficients import MULTISTEP, Coefficients
from lohe.attention.accelerated.conformal import conformal_step, symplectic_defect
from lohe.attention.accelerated.course import run_particles
from lohe.attention.accelerated.damping import Damping
from lohe.attention.accelerated.decay import best_decay, energy_decay
from lohe.attention.accelerated.linear_field import linear_field
from lohe.attention.accelerated.multistep import multistep
from lohe.attention.accelerated.particles import (
    Particles,
    flow,
    mahalanobis_radii,
)
from lohe.attention.accelerated.stein import (
    accelerated_covariance_rates,
    covariance_flow,
    covariance_rate,
    stein_velocity,
)
from lohe.attention.gradcheck import check_pullback
from lohe.attention.layer_norm import layer_norm
from lohe.dynamics.errors import InputError

N, D = 6, 2
DAMPING = Damping(3.0, 0.1)
TIMES = np.linspace(1, 3, 5)


def positive(rng):
    root = rng.standard_normal((D, D))
    return root @ root.T / D + 0.3 * np.eye(D)


def system(energy="quadratic"):
    rng = np.random.default_rng(3)
    particles = Particles(positive(rng), positive(rng), energy)
    x = 0.6 * rng.standard_normal((N, D)) + (0.5 if energy == "bilinear" else 0)
    return particles, x, x @ rng.standard_normal((D, D)) / 2


@pytest.mark.parametrize("energy", ["quadratic", "bilinear"])
def test_velocity_and_force_are_derivatives_of_the_hamiltonian(energy):
    particles, x, y = system(energy)

    def hamiltonian(x, y):
        value = np.asarray(particles.hamiltonian(x, y))
        return value, lambda d: (-d * particles.force(x, y), d * particles.velocity(x, y))

    check = check_pullback(hamiltonian, [x, y + 0.1], np.random.default_rng(0))
    assert check.relative_error < 1e-9
    xs, ys = flow(particles, x, y, Damping(0.0, 0.0), TIMES)
    kept = [particles.hamiltonian(*each) for each in zip(xs, ys, strict=True)]
    np.testing.assert_allclose(kept, kept[0], rtol=1e-10)


def explicit(particles, step, sigma, *, position_step):
    c = Coefficients(sigma, sigma * step, 0, position_step, 0, 0, late=True)

    def take(x, y):
        moved, after, _, _ = multistep(particles.field(x), y, None, c)
        return x + moved, after

    return take


@pytest.mark.parametrize("energy", ["quadratic", "bilinear"])
def test_implicit_presymplectic_step_is_conformally_symplectic(energy):
    particles, x, y = system(energy)
    sigma = 0.7

    def defect(take):
        return symplectic_defect(take, x, y, sigma)

    for step in (0.01, 0.1):
        assert defect(lambda x, y, h=step: conformal_step(particles, x, y, h, sigma)) < 1e-14
    # With the force at the old momentum the form is kept to second order, and to first if the two
    # steps are not in the ratio sigma.
    for ratio, order in ((1 / sigma, 2), (1, 1)):
        found = [
            defect(explicit(particles, h, sigma, position_step=ratio * h)) for h in (0.01, 0.005)
        ]
        assert np.log2(found[0] / found[1]) == pytest.approx(order, abs=0.1)


def test_conformal_symplecticity_symbolically():
    """Both sides of JᵀΩJ = σΩ as polynomials in the position and the new momentum."""
    n, d, h, sigma = 2, 2, sp.Symbol("h"), sp.Symbol("sigma")
    x, y = (sp.Matrix(n, d, sp.symbols(f"{name}:{n * d}")) for name in "xy")
    kernel, stiffness = (
        sp.Matrix(d, d, lambda i, j, m=m: sp.Symbol(f"{m}{min(i, j)}{max(i, j)}")) for m in "aq"
    )
    energy = (y.T * x * kernel * x.T * y).trace() / (2 * n) + (x * stiffness * x.T).trace() / 2
    flat = [*x, *y]
    by_x, by_y = (sp.Matrix([sp.diff(energy, each) for each in part]) for part in (x, y))
    old = sp.Matrix([*x, *(sp.Matrix([*y]) + h * by_x)])  # as functions of x and the new y/sigma
    new = sp.Matrix([*(sp.Matrix([*x]) + h * by_y), *(sigma * sp.Matrix([*y]))])
    size = n * d
    form = sp.Matrix(
        sp.BlockMatrix([[sp.zeros(size), sp.eye(size)], [-sp.eye(size), sp.zeros(size)]])
    )
    before, after = old.jacobian(flat), new.jacobian(flat)
    difference = after.T * form * after - sigma * before.T * form * before
    assert all(sp.expand(entry) == 0 for entry in difference)


@pytest.mark.parametrize("energy", ["quadratic", "bilinear"])
@pytest.mark.parametrize("scheme", ["classical", *MULTISTEP])
def test_radii_are_conserved_whatever_the_momenta(scheme, energy):
    particles, x, y = system(energy)
    y = y + np.random.default_rng(0).standard_normal(y.shape)  # no linear map of x
    xs, _ = run_particles(particles, scheme, x, y, step=0.05, steps=40, damping=DAMPING)
    np.testing.assert_allclose(mahalanobis_radii(xs[-1]), mahalanobis_radii(x), rtol=1e-11)
    assert np.abs(xs[-1] - x).max() > 0.1


def test_rotated_copies_conserve_radii_where_momenta_are_linear_in_positions():
    particles, x, y = system()

    def change(y):
        xs, _ = run_particles(particles, "strang", x, y, step=0.05, steps=40, damping=DAMPING)
        return np.abs(mahalanobis_radii(xs[-1]) - mahalanobis_radii(x)).max()

    assert change(y) < 1e-11
    assert change(y + np.random.default_rng(0).standard_normal(y.shape)) > 1e-5


@pytest.mark.parametrize("energy", ["quadratic", "bilinear"])
def test_positions_and_momenta_together_keep_their_radii_on_the_quadratic_energy(energy):
    """There each particle's pair moves by one linear map; the mean pulls at all alike."""
    particles, _, _ = system(energy)
    x, y = 0.6 * np.random.default_rng(9).standard_normal((2, 9, D)) + 0.3
    xs, ys = run_particles(particles, "adams_bashforth", x, y, step=0.05, steps=40, damping=DAMPING)
    pairs = [np.concatenate(each, axis=1) for each in ((x, y), (xs[-1], ys[-1]))]
    before, after = map(mahalanobis_radii, pairs)
    change = np.abs(after - before).max()
    assert change < 1e-11 if energy == "quadratic" else change > 1e-2


def test_radii_of_the_flow_and_what_breaks_them():
    particles, x, y = system()
    xs, _ = flow(particles, x, y, DAMPING, TIMES)
    radii = [mahalanobis_radii(each) for each in xs]
    np.testing.assert_allclose(radii, [radii[0]] * len(xs), rtol=1e-10)
    assert np.abs(xs[-1] - x).max() > 0.1

    rng = np.random.default_rng(0)
    weights = {"attention.weight_qkv": rng.standard_normal((12, 4))}
    x = rng.standard_normal((1, 9, 4))
    y, share = x @ rng.standard_normal((4, 4)), np.full((9, 1), 1 / 9)
    c = Coefficients(0.5, 0.1, 0, 0.2, 0, 0, late=True)

    def change(at, *, causal):
        """Return by how much two heads' step moves the radii, with the field at `at`."""
        field = linear_field(weights, at, heads=2, share=share, causal=causal)
        moved, *_ = multistep(field, y, None, c)
        return np.abs(mahalanobis_radii((x + moved)[0]) - mahalanobis_radii(x[0])).max()

    normed, _ = layer_norm(np.ones(4), np.zeros(4), x)
    assert change(x, causal=False) < 1e-12
    assert change(normed, causal=False) > 1e-2
    assert change(x, causal=True) > 1e-2


def test_elliptical_contours_stay_elliptical():
    """Particles on one ellipse, all of one radius, lie on one ellipse ever after."""
    particles, _, _ = system()
    angle = 2 * np.pi * np.arange(8) / 8
    x = np.stack([np.cos(angle), np.sin(angle)], axis=1) @ np.array([[1.0, 0.4], [0.0, 0.3]])
    xs, _ = run_particles(particles, "presymplectic_euler", x, step=0.1, steps=50)
    radii = mahalanobis_radii(xs[-1])
    np.testing.assert_allclose(radii, radii[0], rtol=1e-11)


def test_linear_attention_is_a_stein_flow():
    particles, x, _ = system()
    found = stein_velocity(x, particles.kernel, particles.stiffness)
    np.testing.assert_allclose(found, particles.classical(x), rtol=1e-12)


@pytest.mark.parametrize("temperature", [0, 1])
def test_stein_velocity_symbolically(temperature):
    """The sum over pairs of the Stein operator, differentiated by SymPy."""
    n, d = 2, 2
    points = sp.Matrix(n, d, sp.symbols(f"x:{n * d}"))
    z = sp.Matrix(1, d, sp.symbols("z:2"))
    rng = np.random.default_rng(0)
    kernel, stiffness = (sp.Matrix(m + m.T) for m in rng.integers(-3, 4, size=(2, d, d)))
    log_density = -(z * stiffness * z.T)[0] / 2
    values = rng.integers(-3, 4, size=(n, d))
    at = dict(zip(points, values.ravel().tolist(), strict=True))
    expected = []
    for i in range(n):
        total = sp.zeros(1, d)
        for j in range(n):
            similarity = (points[i, :] * kernel * z.T)[0]
            terms = [
                similarity * sp.diff(log_density, each) + temperature * sp.diff(similarity, each)
                for each in z
            ]
            total += sp.Matrix([terms]).subs(dict(zip(z, points[j, :], strict=True))) / n
        expected.append([float(each) for each in total.subs(at)])
    found = stein_velocity(
        values.astype(float),
        np.array(kernel, dtype=float),
        np.array(stiffness, dtype=float),
        temperature,
    )
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-14)


def test_covariance_of_particles_is_the_gaussians():
    particles, x, _ = system()
    xs, _ = flow(particles, x, None, DAMPING, TIMES)
    expected = covariance_flow(x.T @ x / N, particles.kernel, particles.stiffness, TIMES - 1)
    np.testing.assert_allclose([each.T @ each / N for each in xs], expected, rtol=1e-10)


def test_covariance_in_closed_form():
    """Matrices that commute: s/(1 + 2aqst) without entropy, a logistic curve with it."""
    basis, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))
    a, q, s = np.array([0.5, 1.0, 2.0]), np.array([1.0, 0.3, 0.7]), np.array([0.2, 1.0, 3.0])
    kernel, stiffness, start = (basis * each @ basis.T for each in (a, q, s))
    times = np.array([0.0, 0.7, 2.0])
    for temperature, curve in (
        (0, lambda t: s / (1 + 2 * a * q * s * t)),
        (1, lambda t: 1 / (q + (1 / s - q) * np.exp(-2 * a * t))),
    ):
        found = covariance_flow(start, kernel, stiffness, times, temperature)
        expected = [basis * curve(t) @ basis.T for t in times]
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def test_gaussian_target_rests():
    particles, _, _ = system()
    target = np.linalg.inv(particles.stiffness)
    rate = covariance_rate(target, particles.kernel, particles.stiffness, temperature=1)
    np.testing.assert_allclose(rate, 0, atol=1e-13)


def test_accelerated_covariance_closes():
    particles, x, _ = system()
    y = np.random.default_rng(8).standard_normal(x.shape)  # not a linear map of x
    dx, dy = particles.velocity(x, y), particles.force(x, y) - 0.4 * y
    found = accelerated_covariance_rates(
        x.T @ x / N, x.T @ y / N, particles.kernel, particles.stiffness, 0.4
    )
    expected = (dx.T @ x + x.T @ dx) / N, (dx.T @ y + x.T @ dy) / N
    for rate, right in zip(found, expected, strict=True):
        np.testing.assert_allclose(rate, right, rtol=1e-12, atol=1e-12)


def test_accelerated_flow_has_its_power_law():
    """One dimension, alpha = r/t: c² = (r - 1)/(a q t²), so energy falls as 1/t²."""
    a, q, r = 0.8, 1.7, 3.0
    particles = Particles(np.array([[a]]), np.array([[q]]))
    c = np.sqrt((r - 1) / (a * q))
    x = c * np.array([[1.0], [-1.0]])  # at time 1, where c' = -c; c' = a c² y/x_0
    y = -x / (a * c**2)
    xs, _ = flow(particles, x, y, Damping(r, 0.0), np.array([1.0, 2.0, 5.0, 10.0]))
    energy = [particles.potential(each) for each in xs]
    np.testing.assert_allclose(energy, energy[0] / np.array([1, 4, 25, 100]), rtol=1e-9)
    xs, _ = flow(particles, x, None, Damping(r, 0.0), np.array([1.0, 11.0]))
    slower = particles.potential(x) / (1 + 2 * a * q * c**2 * 10)
    assert particles.potential(xs[-1]) == pytest.approx(slower, rel=1e-9)


@pytest.mark.parametrize("energy", ["quadratic", "bilinear"])
@pytest.mark.parametrize("scheme", ["exponential_euler", "presymplectic_euler"])
def test_momentum_lowers_the_energy_faster_at_equal_calls(scheme, energy):
    particles, x, _ = system(energy)
    steps = [0.02 * 2**k for k in range(7)]
    slow, fast = (
        best_decay(particles, x, each, steps=steps, calls=300) for each in ("classical", scheme)
    )
    assert fast.final < slow.final / 10
    assert slow.calls[-1] == fast.calls[-1] == 300
    assert slow.energy[0] == fast.energy[0] == particles.potential(x)


def test_calls_are_what_is_spent():
    particles, x, _ = system()
    run = energy_decay(particles, x, "strang", step=0.1, calls=42)
    assert run.calls.tolist() == list(range(0, 41, 4))
    wild = energy_decay(particles, x, "classical", step=50.0, calls=40)
    assert wild.final == np.inf
    assert np.isfinite(wild.energy[0])


def test_refuses_what_it_cannot_run():
    particles, x, y = system()
    one = np.eye(D)
    for make, message in (
        (lambda: Particles(one, np.eye(3)), "for both"),
        (lambda: Particles(one + np.eye(D, k=1), one), "not symmetric"),
        (lambda: Particles(one, one, "cubic"), "quadratic or bilinear"),
        (lambda: run_particles(particles, "leapfrog", x, step=0.1, steps=1), "no scheme"),
        (lambda: mahalanobis_radii(np.ones((3, 2))), "span no ellipsoid"),
        (lambda: mahalanobis_radii(np.ones((1, 2))), "span no ellipsoid"),
        (lambda: conformal_step(particles, x, y, 1e3, 0.5), "shorter"),
        (lambda: best_decay(particles, x, "euler", steps=[], calls=3), "at least one step"),
        (lambda: covariance_flow(one, one, -one, np.array([0.0, 5.0])), "every bound"),
        (lambda: flow(Particles(one, -one), x, None, DAMPING, np.array([1.0, 99.0])), "bound"),
    ):
        with pytest.raises(InputError, match=message):
            make()
