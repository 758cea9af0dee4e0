"""Other array libraries give what NumPy gives, over every option, values and gradients."""

import itertools

import numpy as np
import pytest

from lohe.attention.coupling import COUPLINGS
from lohe.attention.fixed_query import fixed_query_attention_vjp
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.dynamics.errors import InputError

MASK = np.array([[True] * 7, [True, False, True, True, True, False, False]])[:, None, :]


class Library:
    """An array library, with the way there and back; a strict one computes on a second device.

    Its arrays can't be mixed with arrays of the first, as those of an accelerator can't.
    """

    def __init__(self, name):
        self.xp = pytest.importorskip(name, reason=f"{name} is not installed")
        strict = name == "array_api_strict"
        self.device = self.xp.Device("device1") if strict else None
        self.first = self.xp.Device("CPU_DEVICE") if strict else None

    def there(self, value):
        if isinstance(value, np.ndarray):
            return self.xp.asarray(value, device=self.device)
        return value

    def back(self, array):
        return np.asarray(array if self.first is None else array.to_device(self.first))


@pytest.fixture(params=["array_api_strict", "torch"])
def library(request):
    return Library(request.param)


def draw(seed=0, kind="unit", dtype=np.float64):
    rng = np.random.default_rng(seed)
    q, k, v, anchors, others = (
        rng.standard_normal((*lead, 7, width)).astype(dtype)
        for lead, width in (((2, 3), 4), ((2, 3), 4), ((2, 3), 2), ((3,), 3), ((3,), 3))
    )
    if kind == "unit":
        anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    return q, k, v, anchors, others


def compare(library, arrays, options, *, rtol=1e-12, atol=1e-13, looser=1e2):
    """Attend in both libraries and compare values and gradients."""
    theirs = {name: library.there(value) for name, value in options.items()}
    *expected, back = fixed_query_attention_vjp(*arrays, **options)
    *found, back_there = fixed_query_attention_vjp(*map(library.there, arrays), **theirs)
    assert len(found) == len(expected)
    for value, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(library.back(value), wanted, rtol=rtol, atol=atol)
    d_out = np.cos(np.arange(expected[0].size, dtype=arrays[0].dtype)).reshape(expected[0].shape)
    for value, wanted in zip(back_there(library.there(d_out)), back(d_out), strict=True):
        assert value.dtype == found[0].dtype
        np.testing.assert_allclose(
            library.back(value), wanted, rtol=rtol * looser, atol=atol * looser
        )


@pytest.mark.parametrize("p", [1, 2.5])
@pytest.mark.parametrize("causal", [False, True])
def test_every_option(library, p, causal):
    couplings = itertools.cycle((*COUPLINGS, "softplus"))
    for mask, mask_readout, kind in itertools.product(
        (None, MASK), (False, True), ("unit", "free")
    ):
        options = {"coupling": next(couplings), "p": p, "causal": causal, "key_mask": mask}
        compare(
            library, draw(kind=kind)[:4], options | {"mask_readout": mask_readout, "tile": (3, 2)}
        )


@pytest.mark.parametrize("coupling", FEATURE_MAPS)
def test_couplings_by_features(library, coupling):
    for p, mask in itertools.product((1, 2, 2.5), (None, MASK)):
        options = {"coupling": coupling, "p": p, "causal": True, "key_mask": mask}
        compare(library, draw()[:4], options)


def test_learned_exponents_readout_anchors_and_weights(library):
    *arrays, others = draw(1)
    others /= np.linalg.norm(others, axis=-1, keepdims=True)
    exponents = np.array([1.0, 2.5, 8.0])[:, None, None]
    for causal in (False, True):
        compare(
            library,
            arrays,
            {"p": exponents, "readout_anchors": others, "causal": causal, "tile": (4, 3)},
        )
        compare(
            library, arrays, {"p": 2.5, "need_weights": True, "causal": causal, "key_mask": MASK}
        )


def test_single_precision(library):
    for p, coupling in itertools.product((1, 8), COUPLINGS):
        options = {"coupling": coupling, "p": p, "causal": True, "key_mask": MASK}
        arrays = draw(2, dtype=np.float32)[:4]
        compare(library, arrays, options, rtol=2e-5, atol=2e-6, looser=10)


def test_extremes_stay_finite(library):
    q, k, v, anchors, _ = draw(3)
    for scale, coupling in itertools.product((1e-30, 1e4), COUPLINGS):
        # A drive of 1e-30 comes from anchors as short; scores reach 1e4 by long queries.
        tables = anchors * scale if scale < 1 else anchors
        queries = q if scale < 1 else q / np.abs(q).max() * 1e4
        compare(library, (queries, k, v, tables), {"coupling": coupling, "causal": True}, rtol=1e-9)


def test_mixed_libraries_are_refused(library):
    q, k, v, anchors, _ = draw()
    with pytest.raises(InputError, match="different array libraries"):
        fixed_query_attention_vjp(library.there(q), k, v, anchors)


def test_invalid_input_is_named(library):
    q, k, v, anchors, _ = (library.there(a) for a in draw())
    with pytest.raises(InputError, match="v has NaN"):
        fixed_query_attention_vjp(q, k, v * float("nan"), anchors)
    with pytest.raises(InputError, match="all keys of a query are masked"):
        fixed_query_attention_vjp(q, k, v, anchors, key_mask=library.there(np.zeros(7, dtype=bool)))
