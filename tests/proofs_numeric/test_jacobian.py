"""The committed kernels are the emitted ones, and they are the derivatives of the field."""

from pathlib import Path

import numpy as np
import pytest

from lohe.dynamics.field import energy, vector_field
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import exp, project, uniform
from lohe.proofs_numeric import jacobian
from lohe.proofs_numeric.balls import Balls
from lohe.theory.kernels import kernels_source

SIZES = [(1, 2), (3, 2), (3, 3), (2, 5), (2, 8)]


def random_network(rng, n, d, *, gradient=False):
    crosstalk = rng.normal(size=(n, n))
    np.fill_diagonal(crosstalk, 0.0)
    frequency = rng.normal(size=(n, d, d))
    if gradient:
        return Network(rng.normal(size=(n, d)), crosstalk=crosstalk + crosstalk.T)
    return Network(rng.normal(size=(n, d)), crosstalk=crosstalk, frequency=frequency - frequency.mT)


def five_point(function, point, direction, step):
    """Return the derivative along a direction; exact, but for rounding, up to degree four."""

    def at(k):
        return function(point + k * step * direction)

    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * step)


def total_drive(network, x):
    return network.drive + network.crosstalk @ x


def blocks(diagonal, crosstalk):
    """Put (n, d, d) blocks on the diagonal of (n, n, d, d) ones, which have zeros there."""
    n = len(diagonal)
    whole = crosstalk.copy()
    whole[np.arange(n), np.arange(n)] += diagonal
    return whole


def test_the_committed_file_is_what_the_derivation_emits():
    committed = Path(jacobian.__file__).read_bytes()
    assert committed == kernels_source().encode()


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_ambient_blocks_are_derivatives_of_the_field(n, d):
    rng = np.random.default_rng(n + 10 * d)
    network = random_network(rng, n, d)
    x = uniform(rng, (n,), d)
    found = blocks(
        jacobian.field_jacobian_block(x, total_drive(network, x), network.frequency),
        jacobian.crosstalk_block(x[:, None], network.crosstalk),
    )
    for k in range(n):
        for b in range(d):
            direction = np.zeros((n, d))
            direction[k, b] = 1.0
            slope = five_point(lambda state: vector_field(network, state), x, direction, 0.1)
            np.testing.assert_allclose(found[:, k, :, b], slope, atol=1e-12)


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_tangent_blocks_are_the_projected_ambient_ones(n, d):
    rng = np.random.default_rng(n + 10 * d)
    network = random_network(rng, n, d)
    x = uniform(rng, (n,), d)
    g = total_drive(network, x)
    projector = jacobian.tangent_projector(x)
    ambient = blocks(
        jacobian.field_jacobian_block(x, g, network.frequency),
        jacobian.crosstalk_block(x[:, None], network.crosstalk),
    )
    tangent = blocks(
        jacobian.tangent_jacobian_block(x, g, network.frequency),
        jacobian.tangent_crosstalk_block(x[:, None], x[None], network.crosstalk),
    )
    projected = projector[:, None] @ ambient @ projector[None]
    np.testing.assert_allclose(tangent, projected, atol=1e-13)


@pytest.mark.parametrize(("n", "d"), SIZES)
def test_the_hessian_is_the_second_derivative_along_geodesics(n, d):
    rng = np.random.default_rng(n + 10 * d)
    network = random_network(rng, n, d, gradient=True)
    x = uniform(rng, (n,), d)
    velocity = project(x, rng.normal(size=(n, d)))
    hessian = blocks(
        jacobian.hessian_block(x, total_drive(network, x)),
        jacobian.hessian_crosstalk_block(x[:, None], x[None], network.crosstalk),
    )
    form = np.einsum("ia,ikab,kb->", velocity, hessian, velocity)

    def along(s):
        return float(energy(network, exp(x, s * velocity)))

    # Fourth order: (-f(2s) + 16 f(s) - 30 f(0) + 16 f(-s) - f(-2s)) / (12 s^2).
    s = 2e-3
    weights = {-2: -1, -1: 16, 0: -30, 1: 16, 2: -1}
    second = sum(w * along(k * s) for k, w in weights.items()) / (12 * s**2)
    np.testing.assert_allclose(form, second, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(hessian, hessian.transpose(1, 0, 3, 2), atol=1e-14)


def test_for_a_gradient_network_the_hessian_is_minus_the_linearisation():
    rng = np.random.default_rng(5)
    network = random_network(rng, 3, 4, gradient=True)
    x = uniform(rng, (3,), 4)
    g = total_drive(network, x)
    np.testing.assert_array_equal(
        jacobian.hessian_block(x, g), -jacobian.tangent_jacobian_block(x, g)
    )
    np.testing.assert_array_equal(
        jacobian.hessian_crosstalk_block(x[:, None], x[None], network.crosstalk),
        -jacobian.tangent_crosstalk_block(x[:, None], x[None], network.crosstalk),
    )


def test_no_frequency_is_frequency_zero():
    rng = np.random.default_rng(6)
    x, g = uniform(rng, (7,), 3), rng.normal(size=(7, 3))
    zero = np.zeros((7, 3, 3))
    for kernel in (jacobian.field_jacobian_block, jacobian.tangent_jacobian_block):
        np.testing.assert_allclose(kernel(x, g), kernel(x, g, zero), atol=1e-15)


@pytest.mark.parametrize("d", [2, 3, 4, 9])
def test_the_tangent_basis_is_orthonormal_and_tangent(d):
    rng = np.random.default_rng(d)
    x = uniform(rng, (50,), d)
    x[0], x[1] = np.eye(d)[0], -np.eye(d)[0]  # where the reflector's sign matters most
    x[2] = np.eye(d)[1]
    basis = jacobian.tangent_basis(x)
    assert basis.shape == (50, d, d - 1)
    gram = basis.mT @ basis
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(d - 1), gram.shape), atol=1e-15 * d)
    np.testing.assert_allclose(np.einsum("...a,...ab->...b", x, basis), 0, atol=1e-15 * d)


def test_tangent_coordinates_keep_the_spectrum():
    rng = np.random.default_rng(8)
    x, g = uniform(rng, (), 4), rng.normal(size=4)
    skew = rng.normal(size=(4, 4))
    block = jacobian.tangent_jacobian_block(x, g, skew - skew.T)
    basis = jacobian.tangent_basis(x)
    small = jacobian.tangent_coordinates(block, basis, basis)
    found = np.append(np.linalg.eigvals(small), 0)  # the direction of x itself
    expected = np.linalg.eigvals(block)
    np.testing.assert_allclose(
        np.sort_complex(np.round(found, 10)), np.sort_complex(np.round(expected, 10)), atol=1e-9
    )


@pytest.mark.parametrize("lead", [(), (4,), (2, 3)])
def test_kernels_broadcast_over_leading_axes(lead):
    rng = np.random.default_rng(9)
    x, y = uniform(rng, lead, 3), uniform(rng, lead, 3)
    coupling = rng.normal(size=lead)
    assert jacobian.hessian_crosstalk_block(x, y, coupling).shape == (*lead, 3, 3)
    assert jacobian.field_jacobian_block(x, y).shape == (*lead, 3, 3)


def chart(coordinates, pole):
    """Return the point, the basis and the derivative of a chart."""
    point, conformal = jacobian.chart_point(coordinates, pole)
    basis = jacobian.chart_basis(coordinates, point, pole)
    return point, basis, basis * conformal[..., None, None]


@pytest.mark.parametrize("d", [2, 3, 4, 9])
def test_the_charts_are_inverse_to_projection_from_the_other_pole(d):
    rng = np.random.default_rng(d)
    coordinates = rng.uniform(-1, 1, size=(40, d - 1))
    pole = rng.choice([-1.0, 1.0], size=40)
    x, basis, derivative = chart(coordinates, pole)
    np.testing.assert_allclose(np.linalg.norm(x, axis=-1), 1, rtol=1e-15)
    np.testing.assert_allclose(
        x[:, 1:] / (1 + pole * x[:, 0])[:, None], coordinates, rtol=1e-13, atol=1e-15
    )
    gram = basis.mT @ basis
    np.testing.assert_allclose(gram, np.broadcast_to(np.eye(d - 1), gram.shape), atol=1e-15 * d)
    for j, direction in enumerate(np.eye(d - 1)):
        slope = five_point(lambda at: chart(at, pole)[0], coordinates, direction, 1e-3)
        np.testing.assert_allclose(derivative[..., j], slope, atol=1e-10)


@pytest.mark.parametrize("d", [2, 3, 5])
def test_the_linearisation_in_coordinates_is_the_restricted_block(d):
    rng = np.random.default_rng(d)
    network = random_network(rng, 6, d)
    x, basis, _ = chart(rng.uniform(-1, 1, (6, d - 1)), np.ones(6))
    g = total_drive(network, x)
    pull = (x * g).sum(-1)
    for frequency in (network.frequency, None):
        block = jacobian.field_jacobian_block(x, g, frequency)
        np.testing.assert_allclose(
            jacobian.chart_linearisation(basis, pull, frequency),
            jacobian.tangent_coordinates(block, basis, basis),
            atol=1e-13,
        )


def inside(ball, values):
    """Say whether float values lie in balls, with room for the rounding of the values alone."""
    return np.all(np.abs(values - ball.middle) <= ball.radius + 1e-14 * (1 + np.abs(values)))


@pytest.mark.parametrize("d", [2, 3, 6])
def test_given_enclosures_the_kernels_return_enclosures(d):
    rng = np.random.default_rng(d)
    network = random_network(rng, 4, d)
    pole = np.array([1.0, -1.0, 1.0, -1.0])
    middle, radius = rng.uniform(-1, 1, (4, d - 1)), 1e-3 * rng.uniform(size=(4, d - 1))
    box = Balls(middle, radius)

    def kernels(coordinates, exact):
        x, basis, derivative = chart(coordinates, pole)
        g = exact(network.crosstalk) @ x + network.drive
        frequency, coupling = exact(network.frequency), exact(network.crosstalk[:, 0])
        own = jacobian.field_jacobian_block(x, g, frequency)
        yield from (x, basis, derivative, own)
        yield jacobian.tangent_coordinates(own, basis, derivative)
        yield jacobian.chart_linearisation(basis, (x * g).sum(-1), frequency)
        yield jacobian.tangent_jacobian_block(x, g, frequency)
        yield jacobian.field_jacobian_block(x, g)
        yield jacobian.tangent_crosstalk_block(x, x[:1], coupling)
        yield jacobian.hessian_block(x, g)
        yield jacobian.hessian_crosstalk_block(x, x[:1], coupling)

    for _ in range(20):
        point = middle + radius * rng.choice([-1.0, 1.0, 0.3], size=radius.shape)
        found = zip(kernels(box, Balls.exact), kernels(point, np.asarray), strict=True)
        for enclosure, value in found:
            assert enclosure.shape == value.shape
            assert inside(enclosure, value)
            assert enclosure.radius.max() < 0.1 * d
