"""The dense couplings are those that drive the layer; the command line offers all of them."""

import numpy as np
import pytest

from lohe.attention.coupling import COUPLINGS
from lohe.attention.dense_couplings import check_coupling, dense_couplings, dense_couplings_vjp
from lohe.attention.gradcheck import check_pullback
from lohe.attention.kernels.drive import drive_vjp
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.commands.model_options import CouplingName
from lohe.dynamics.errors import InputError


@pytest.mark.parametrize("coupling", [*COUPLINGS, *FEATURE_MAPS])
def test_they_drive_as_the_layer_does(coupling):
    rng = np.random.default_rng(0)
    q, k, anchors = (rng.standard_normal((2, 5, width)) for width in (4, 4, 3))
    drive, _ = drive_vjp(np, q, k, anchors, coupling, causal=True)
    np.testing.assert_allclose(
        np.tril(dense_couplings(q, k, coupling)) @ anchors, drive, rtol=1e-12
    )


@pytest.mark.parametrize("coupling", [*COUPLINGS, *FEATURE_MAPS])
def test_their_adjoint(coupling):
    rng = np.random.default_rng(1)
    q, k = (rng.standard_normal((2, 5, 4)) for _ in range(2))
    check = check_pullback(lambda *x: dense_couplings_vjp(*x, coupling), [q, k], rng)
    assert check.relative_error < 1e-7


def test_an_unknown_name_is_told_all_that_are_known():
    with pytest.raises(InputError, match=r"softplus, .*elu_features"):
        check_coupling("tanh")


def test_the_command_line_offers_all_of_them():
    assert [*CouplingName] == [*COUPLINGS, *FEATURE_MAPS]
