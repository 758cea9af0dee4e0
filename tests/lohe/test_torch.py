"""The PyTorch layer: the published layer's values, names and gradients, through our adjoint."""

import copy
import itertools
import math
import subprocess
import sys

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; pip install 'lohe[torch]'")

import lohe  # noqa: E402
from lohe.torch import FixedQueryAttention, fixed_query_attention  # noqa: E402


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Small tensors: threads of workers side by side would only wait for each other."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def plain_coupling(name, s):
    return {
        "softplus": torch.nn.functional.softplus,
        "relu": lambda s: torch.relu(s) + 1e-3,
        "elu": lambda s: torch.nn.functional.elu(s) + 1,
        "squareplus": lambda s: (s + (s**2 + 4 * math.log(2) ** 2).sqrt()) / 2,
    }[name](s)


def plain_layer(state, x, heads, *, coupling="softplus", p=1, causal=False, padding=None, **kinds):
    """Restate the layer from its state dictionary, materialised, for autograd to differentiate."""
    q, k, v = (
        (x @ state[f"W_{name}.weight"].T).unflatten(-1, (heads, -1)).transpose(1, 2)
        for name in "qkv"
    )
    tokens = x.shape[1]
    anchors = state["anchors"][:, :tokens]
    if kinds["anchor_kind"] == "unit":
        anchors = anchors / anchors.norm(dim=-1, keepdim=True)
    seen = torch.ones(tokens, tokens, dtype=torch.bool)
    seen = (seen.tril() if causal else seen)[None, None]
    alive = seen if padding is None else seen & ~padding[:, None, None, :]
    coupled = plain_coupling(coupling, q @ k.mT / math.sqrt(q.shape[-1])) * alive
    drive = coupled @ anchors
    resting = drive / drive.norm(dim=-1, keepdim=True)
    lift = (1 + resting @ anchors.mT).clamp(min=0) ** p
    lift = lift * (alive if kinds["mask_readout"] else seen)
    weights = lift / lift.sum(-1, keepdim=True)
    joined = (weights @ v).transpose(1, 2).flatten(2)
    return joined @ state["W_o.weight"].T + state["W_o.bias"], weights


def make(seed=0, *, tokens=6, scaled=True, **options):
    torch.manual_seed(seed)
    layer = FixedQueryAttention(8, 2, 3, 9, dtype=torch.float64, **options)
    if scaled:
        with torch.no_grad():
            layer.anchors.mul_(1 + torch.rand(2, 9, 1, dtype=torch.float64))
    x = torch.randn(3, tokens, 8, dtype=torch.float64, requires_grad=True)
    padding = torch.arange(tokens) >= torch.tensor([[tokens], [4], [2]])
    return layer, x, padding


def names_and_gradients(y, layer, x):
    of = {"x": x, **dict(layer.named_parameters())}
    weight = torch.linspace(-1, 1, y.numel(), dtype=y.dtype).reshape(y.shape)
    return dict(zip(of, torch.autograd.grad((y * weight).sum(), list(of.values())), strict=True))


@pytest.mark.parametrize("p", [1, 2.5, 8])
@pytest.mark.parametrize("causal", [False, True])
def test_values_and_gradients_are_those_of_the_plain_layer(p, causal):
    couplings = itertools.cycle(("softplus", "relu", "elu", "squareplus", "softplus"))
    for masked, mask_readout, kind in itertools.product(
        (False, True), (False, True), ("unit", "free")
    ):
        options = {"coupling": next(couplings), "p": p, "causal": causal}
        options |= {"mask_readout": mask_readout, "anchor_kind": kind}
        layer, x, padding = make(**options)
        padding = padding if masked else None
        y, weights = layer(x, padding, need_weights=True)
        state = dict(layer.named_parameters())
        expected, rows = plain_layer(state, x, 2, padding=padding, **options)
        torch.testing.assert_close(weights, rows, rtol=1e-12, atol=1e-13)
        torch.testing.assert_close(y, expected, rtol=1e-12, atol=1e-13)
        found, wanted = (names_and_gradients(out, layer, x) for out in (y, expected))
        torch.testing.assert_close(found, wanted, rtol=1e-10, atol=1e-12)


def test_pytorchs_own_check_of_gradients():
    torch.manual_seed(1)
    layer = FixedQueryAttention(4, 2, 2, 3, causal=True, p=2.5, dtype=torch.float64)
    x = torch.randn(1, 3, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x, *_: layer(x), (x, *layer.parameters()))


def test_a_fresh_layer_is_drawn_as_the_authors_layer_is():
    torch.manual_seed(3)
    names = [torch.nn.Linear(8, 8, bias=False).weight for _ in range(3)]
    out = torch.nn.Linear(8, 8)
    anchors = torch.nn.functional.normalize(torch.randn(2, 9, 3), dim=-1)
    torch.manual_seed(3)
    state = FixedQueryAttention(8, 2, 3, 9).state_dict()
    expected = dict(zip(("W_q.weight", "W_k.weight", "W_v.weight"), names, strict=True))
    expected |= {"W_o.weight": out.weight, "W_o.bias": out.bias, "anchors": anchors}
    assert state.keys() == expected.keys()
    for name, value in expected.items():
        assert torch.equal(state[name], value), name


@pytest.mark.parametrize("coupling", ["softplus", "elu_features"])
def test_padding_does_not_matter(coupling):
    layer, x, padding = make(coupling=coupling)
    before = layer(x, padding)
    after = layer(torch.where(padding[..., None], 7.0, x), padding)
    assert torch.equal(before[~padding], after[~padding])


def test_one_sequence_needs_no_batch():
    layer, x, padding = make(causal=True)
    torch.testing.assert_close(layer(x[1], padding[1]), layer(x, padding)[1])


def test_memory_is_shared_not_copied():
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((2, 5, 3)) for _ in range(4)]
    out = fixed_query_attention(*(torch.from_numpy(a) for a in arrays), p=2)
    np.testing.assert_array_equal(out.numpy(), lohe.fixed_query_attention(*arrays, p=2))


def test_change_in_place_before_the_backward_pass_is_noticed():
    q, k, v, anchors = (torch.rand(4, 2, dtype=torch.float64) for _ in range(4))
    q.requires_grad_()
    for changed in (k, None):
        out = fixed_query_attention(q, k, v, anchors)
        (out if changed is None else changed).add_(1)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            out.sum().backward()


@pytest.mark.parametrize("kind", ["unit", "half_space", "content"])
def test_heads_with_opposed_anchors_and_exponents_of_their_own(kind):
    layer, x, padding = make(
        anchor_kind=kind, two_sided=True, learned_exponent=True, p=3, scaled=False
    )
    assert layer.log_exponent.exp().tolist() == pytest.approx([3, 3])
    names = {"anchors", "opposed", "log_exponent"}
    assert names < dict(layer.named_parameters()).keys()
    step, parameters = 1e-6, {name: getattr(layer, name) for name in names}
    gradients = torch.autograd.grad(layer(x, padding).square().sum(), list(parameters.values()))
    for (name, parameter), gradient in zip(parameters.items(), gradients, strict=True):
        towards = torch.randn_like(parameter)
        found = []
        for sign in (1, -1):
            with torch.no_grad():
                parameter.add_(towards, alpha=sign * step)
                found.append(layer(x, padding).square().sum().item())
                parameter.sub_(towards, alpha=sign * step)
        slope = (found[0] - found[1]) / (2 * step)
        assert slope == pytest.approx((gradient * towards).sum().item(), rel=1e-6, abs=1e-8), name
    with pytest.raises(lohe.InputError, match="do not give their weights"):
        layer(x, need_weights=True)


def test_second_derivatives_are_refused():
    layer, x, _ = make()
    with pytest.raises(lohe.InputError, match="no second derivative"):
        torch.autograd.grad(layer(x).sum(), x, create_graph=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_precision_is_kept_and_gradients_are_finite(dtype):
    layer, x, padding = make()
    layer, x = layer.to(dtype), x.detach().to(dtype).requires_grad_()
    y = layer(x, padding)
    y.float().sum().backward()
    assert y.dtype == x.grad.dtype == layer.anchors.grad.dtype == dtype
    gradients = [x.grad, *(parameter.grad for parameter in layer.parameters())]
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.no_grad():
        close = layer.float()(x.float(), padding)
    torch.testing.assert_close(close.float(), y.float(), rtol=0.05, atol=0.05)


def test_it_trains_copies_and_loads():
    torch.manual_seed(0)
    layer = FixedQueryAttention(4, 1, 2, 5, causal=True)
    x = torch.randn(16, 5, 4)
    wanted = x.cumsum(1)
    losses = []
    for _ in range(25):
        layer.zero_grad()
        loss = torch.nn.functional.mse_loss(layer(x), wanted)
        loss.backward()
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.sub_(0.3 * parameter.grad)
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
    twin = FixedQueryAttention(4, 1, 2, 5, causal=True)
    twin.load_state_dict(layer.state_dict())
    with torch.no_grad():
        for other in (twin, copy.deepcopy(layer), layer.eval()):
            assert torch.equal(other(x), layer(x))


def test_gradients_add_up_and_anchors_may_be_frozen():
    layer, x, _ = make(causal=True)
    layer.anchors.requires_grad_(False)
    loss = layer(x).square().sum()
    loss.backward(retain_graph=True)
    once = x.grad.clone()
    loss.backward()
    assert torch.equal(x.grad, 2 * once)
    assert layer.anchors.grad is None


@pytest.mark.filterwarnings("ignore:The .grad attribute")  # of PyTorch's own looking at it
def test_compiled_models_keep_the_layer_as_it_is():
    layer, x, padding = make(causal=True)
    compiled = torch.compile(layer, backend="eager")
    y = compiled(x, padding)
    torch.testing.assert_close(y, layer(x, padding))
    found, wanted = (names_and_gradients(out, layer, x) for out in (y, layer(x, padding)))
    torch.testing.assert_close(found, wanted)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_heads": 3}, "does not divide"),
        ({"d_osc": 1}, "d_osc is 1"),
        ({"max_len": 0}, "max_len is 0"),
        ({"coupling": "tanh"}, "unknown coupling"),
        ({"anchor_kind": "loose"}, "anchor_kind is 'loose'"),
        ({"d_qk": 0}, "d_qk is 0"),
        ({"p": -1}, "p is -1"),
        ({"p": float("inf")}, "p is inf"),
        ({"two_sided": True, "anchor_kind": "free"}, "needs anchors of unit length"),
    ],
)
def test_bad_options_are_named(options, message):
    good = {"d_model": 8, "n_heads": 2, "d_osc": 3, "max_len": 9}
    with pytest.raises(lohe.InputError, match=message):
        FixedQueryAttention(**good | options)


def test_bad_input_is_named():
    layer, x, padding = make()
    with pytest.raises(lohe.InputError, match="10 tokens is longer than the 9 anchors"):
        layer(torch.zeros(1, 10, 8, dtype=torch.float64))
    with pytest.raises(lohe.InputError, match="all keys of a query are masked"):
        layer(x, torch.ones_like(padding))
    with pytest.raises(lohe.InputError, match="must be a boolean tensor"):
        layer(x, padding.float())


def test_missing_pytorch_names_the_fix():
    code = "import sys; sys.modules['torch'] = None; import lohe.torch"
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert "pip install 'lohe[torch]'" in found.stderr.splitlines()[-1]
