"""The adjoint of every layer, and of whole models over every option."""

import numpy as np
import pytest
from adjoints import matches_differences, stays_single
from phase_models import SPHERES, VARIANTS, draw_batch, draw_model

from lohe.attention.gradcheck import check_pullback
from lohe.attention.kuramoto.coupling import COUPLINGS, coupled_means
from lohe.attention.kuramoto.gate import gate
from lohe.attention.kuramoto.initialise import kuramoto_shapes
from lohe.attention.kuramoto.model import apply_kuramoto
from lohe.attention.kuramoto.points import turn_planes
from lohe.attention.kuramoto.sphere import Sphere, unit_points
from lohe.attention.kuramoto.torus import Torus
from lohe.attention.model import Model
from lohe.attention.parameters import Parameters

PHASOR = np.exp(1j * np.random.default_rng(0).uniform(-3, 3, (3, 2, 4, 2)))
POINTS = (2, 3, 2, 4, 5)


def means(kind, *, sees_itself=True):
    def layer(q, k, values):
        found, pullback = coupled_means(q, k, values, COUPLINGS[kind], sees_itself=sees_itself)
        return np.stack(found), pullback

    return layer, [(2, 2, 5, 3), (2, 2, 5, 3), (2, 2, 5, 4)]


def single(phasor):
    """Take the phasor along to the precision of the points."""
    return lambda x: turn_planes(x, phasor.astype(np.result_type(x.dtype, np.complex64)))


LAYERS = {
    "turned planes": (single(PHASOR), [POINTS]),
    "unit points": (unit_points, [(2, 3, 4)]),
    "points of the torus": (Torus().points, [(2, 3, 2, 4)]),
    "pull on the torus": (Torus().pull, [(2, 3, 2, 4, 2), (2, 3, 2, 4, 2), (2, 4)]),
    "pull on a sphere": (Sphere(5).pull, [POINTS, POINTS, (2, 4)]),
    "great circles": (Sphere(5).moved, [POINTS, POINTS]),
    "straight steps": (Sphere(5, "normalise").moved, [POINTS, POINTS]),
    "short steps": (lambda x, w: _shortened(x, w), [POINTS, POINTS]),
    **{f"gate, {kind}": (lambda *a, kind=kind: gate(kind, *a), [(4, 12), (4,), (2, 3, 2, 2, 3)])
       for kind in ("sigmoid", "softplus", "signed")},
    **{f"means, {kind}": means(kind) for kind in COUPLINGS},
    **{f"means of the past, {kind}": means(kind, sees_itself=False) for kind in COUPLINGS},
}  # fmt: skip


def _shortened(x, w):
    """Steps short enough for the series at the origin."""
    y, pullback = Sphere(5).moved(x, w * x.dtype.type(1e-3))

    def scaled(dy):
        dx, dw = pullback(dy)
        return dx, dw * dy.dtype.type(1e-3)

    return y, scaled


@pytest.mark.parametrize("name", LAYERS)
def test_layer_matches_differences(name):
    matches_differences(*LAYERS[name])


@pytest.mark.parametrize("name", LAYERS)
def test_single_precision_stays_single(name):
    stays_single(*LAYERS[name])


@pytest.mark.parametrize("name", VARIANTS)
def test_model_matches_differences(name):
    """By every parameter: each is an argument of its own."""
    model, batch = draw_model(VARIANTS[name]), draw_batch()
    names = list(model.parameters)

    def losses(*arrays):
        parameters = Parameters(dict(zip(names, arrays, strict=True)))
        outputs, price, pullback = apply_kuramoto(Model(model.config, parameters), batch)
        assert price == 0

        def ordered(d_outputs):
            gradients = pullback(d_outputs, 0.0)
            assert gradients.keys() == set(names)
            return tuple(gradients[each] for each in names)

        return outputs, ordered

    arrays = [model.parameters[each] for each in names]
    check = check_pullback(losses, arrays, np.random.default_rng(4), directions=1)
    assert check.relative_error < 1e-7


@pytest.mark.parametrize("name", VARIANTS)
def test_model_in_single_precision_stays_there(name):
    model = draw_model(VARIANTS[name], dtype=np.float32)
    assert {k: v.shape for k, v in model.parameters.items()} == kuramoto_shapes(model.config)
    outputs, _, pullback = apply_kuramoto(model, draw_batch())
    gradients = pullback(np.ones_like(outputs))
    assert {outputs.dtype} | {g.dtype for g in gradients.values()} == {np.dtype(np.float32)}
    exact, _, _ = apply_kuramoto(draw_model(VARIANTS[name]), draw_batch())
    np.testing.assert_allclose(outputs, exact, rtol=2e-4, atol=2e-4)


@pytest.mark.parametrize("name", ["default", *SPHERES])
def test_dropout_has_its_adjoint_too(name):
    model = draw_model(VARIANTS[name] | {"dropout": 0.3})
    batch = draw_batch()
    weight = "layer0.feed_forward.weight_in"

    def losses(array):
        arrays = dict(model.parameters) | {weight: array}
        changed = Model(model.config, Parameters(arrays))
        outputs, _, pullback = apply_kuramoto(changed, batch, rng=np.random.default_rng(6))
        return outputs, lambda d: pullback(d)[weight]

    check = check_pullback(losses, [model.parameters[weight]], np.random.default_rng(5))
    assert check.relative_error < 1e-7
    plain, _, _ = apply_kuramoto(model, batch)
    assert not np.array_equal(losses(model.parameters[weight])[0], plain)
