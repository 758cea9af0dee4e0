"""The transformer on a device of PyTorch's is the one in NumPy, gradients included."""

import pickle

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch is not installed; pip install 'lohe[torch]'")

from torch.overrides import TorchFunctionMode  # noqa: E402

import lohe  # noqa: E402
from lohe.attention.checkpoint import Checkpoint  # noqa: E402
from lohe.attention.initialise import initialise  # noqa: E402
from lohe.attention.recipe import Recipe  # noqa: E402
from lohe.attention.task import Batch  # noqa: E402
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config  # noqa: E402
from lohe.attention.training import train  # noqa: E402
from lohe.attention.transformer import (  # noqa: E402
    Model,
    apply_regularised,
    apply_transformer,
)
from lohe.attention.transformer_config import TransformerConfig  # noqa: E402
from lohe.torch import FixedQueryAttention, adjoint, functional, transformer_on  # noqa: E402

SHAPE = {"context": 6, "width": 8, "heads": 2, "layers": 2, "hidden": 5}
WORDS = SHAPE | {"outputs": 7, "vocabulary": 7}


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def make(config):
    rng = np.random.default_rng(0)
    model = Model(config, initialise(config, rng, np.float64))
    tokens = rng.integers(0, 7, (3, 6))
    seen = np.arange(6) < np.array([[6], [3], [1]])
    if config.features:
        batch = Batch(rng.standard_normal((3, 6, 4)), rng.integers(0, 2, 3), seen)
    elif config.readout == "next":
        batch = Batch(tokens, rng.integers(0, 7, (3, 6)))
    else:
        batch = Batch(tokens, rng.integers(0, 2, 3), seen, np.array([5, 2, 0]))
    return model, batch


CONFIGS = [
    TransformerConfig(**WORDS, readout="next", causal=True, d_osc=3),
    TransformerConfig(**WORDS, readout="next", causal=True, mechanism="softmax", d_qk=3),
    TransformerConfig(**WORDS, readout="position", mask_readout=False, coupling="relu"),
    TransformerConfig(**WORDS, readout="position", mechanism="softmax", positions="learned"),
    TransformerConfig(**WORDS, anchor_kind="free", readout_exponent=8.0, coupling="squareplus"),
    TransformerConfig(**WORDS, anchor_kind="half_space", d_osc=4, d_qk=3, positions="none"),
    TransformerConfig(**WORDS, anchor_kind="content", d_osc=3, readout_exponent=2.5),
    TransformerConfig(**WORDS, learned_exponent=True, readout_exponent=4.0, causal=True),
    TransformerConfig(**WORDS, two_sided=True, coherence=0.3, learned_exponent=True),
    TransformerConfig(**WORDS, two_sided=True, anchor_kind="content", coupling="elu"),
    TransformerConfig(**WORDS, coherence=0.3, anchor_kind="half_space", coupling="squareplus"),
    TransformerConfig(**WORDS, causal=True, readout="next", coupling="elu_features"),
    TransformerConfig(
        **SHAPE, outputs=2, features=4, readout="mean", mechanism="softmax", causal=True
    ),
]


def describe(config):
    return (
        f"{config.mechanism}-{config.readout}-{config.anchor_kind}"
        f"{'-opposed' * config.two_sided}{'-learned' * config.learned_exponent}"
    )


@pytest.mark.parametrize("config", CONFIGS, ids=describe)
def test_it_is_the_transformer_in_numpy(config):
    compare(*make(config))


@pytest.mark.parametrize("config", CONFIGS, ids=describe)
def test_it_is_so_where_memory_is_not_shared(config, monkeypatch):
    for module in (adjoint, functional):
        monkeypatch.setattr(module, "as_array", torch.Tensor.detach)
    model, batch = make(config)
    with EveryTensorNamesItsDevice():
        compare(model, batch)


def compare(model, batch):
    ours, price, back = apply_regularised(model, batch)
    theirs, price_there, back_there = transformer_on("cpu")(model, batch)
    np.testing.assert_allclose(theirs, ours, rtol=1e-11, atol=1e-12)
    assert price_there == pytest.approx(price, rel=1e-12)
    d_outputs = np.random.default_rng(1).standard_normal(ours.shape)
    expected, found = back(d_outputs, 0.7), back_there(d_outputs, 0.7)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        np.testing.assert_allclose(found[name], gradient, rtol=1e-10, atol=1e-12, err_msg=name)


class EveryTensorNamesItsDevice(TorchFunctionMode):
    """Refuse new tensors without a device: on an accelerator they would lie elsewhere."""

    NEW = (torch.arange, torch.empty, torch.full, torch.linspace, torch.ones, torch.rand,
           torch.tensor, torch.zeros)  # fmt: skip

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        assert function not in self.NEW or kwargs.get("device") is not None, function
        return function(*args, **kwargs)


def test_a_tensor_without_a_device_would_be_noticed():
    with EveryTensorNamesItsDevice(), pytest.raises(AssertionError, match="arange"):
        torch.arange(2)


def test_it_is_sent_to_workers():
    model, batch = make(CONFIGS[0])
    there = pickle.loads(pickle.dumps(transformer_on("cpu")))
    assert np.array_equal(there(model, batch)[0], transformer_on("cpu")(model, batch)[0])


def test_dropout_follows_its_seed():
    config = TransformerConfig(**WORDS, readout="next", causal=True, dropout=0.5)
    model, batch = make(config)
    apply = transformer_on("cpu")
    first, again, other, without = (
        apply(model, batch, rng=seed if seed is None else np.random.default_rng(seed))[0]
        for seed in (0, 0, 1, None)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first, without)


def test_unknown_device_is_named():
    with pytest.raises(lohe.InputError, match="cannot use the device 'abacus'"):
        transformer_on("abacus")


def test_unfit_batch_is_named():
    model, batch = make(TransformerConfig(**WORDS, readout="position"))
    with pytest.raises(lohe.InputError, match="give each sequence one"):
        transformer_on("cpu")(model, Batch(batch.inputs, batch.targets))


def test_training_goes_as_in_numpy_and_resumes_to_the_bit(tmp_path):
    task = SubjectVerbAgreement(sizes=(32, 16, 16))
    config = sva_config(task, width=8, hidden=8, dropout=0.0)
    recipe = Recipe(epochs=2, batch_size=16, learning_rate=1e-3)
    apply = transformer_on("cpu")
    here, run = train(task, config, recipe, seed=0, dtype=np.float64)
    there, run_there = train(task, config, recipe, seed=0, dtype=np.float64, apply=apply)
    np.testing.assert_allclose(there.parameters.vector, here.parameters.vector, rtol=1e-8)
    assert run_there.metrics == pytest.approx(run.metrics)

    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    config, path = sva_config(task, width=8, hidden=8), tmp_path / "run.model.npz"
    whole, _ = train(task, config, recipe, seed=0, apply=apply)
    with pytest.raises(KeyboardInterrupt):
        train(task, config, recipe, seed=0, apply=apply, checkpoint=path, progress=stop)
    resumed, _ = train(task, config, recipe, seed=0, apply=apply, checkpoint=path)
    assert np.array_equal(resumed.parameters.vector, whole.parameters.vector)


@pytest.mark.parametrize("kind", ["unit", "half_space", "content"])
def test_a_layer_is_copied_from_a_checkpoint(tmp_path, kind):
    config = TransformerConfig(
        **WORDS, readout="next", causal=True, d_osc=3, d_qk=2, anchor_kind=kind, dropout=0.0
    )
    model, batch = make(config)
    save(model, tmp_path / "run.model.npz")
    seen = []
    apply_transformer(model, batch, observe=lambda layer, attended: seen.append(attended))
    layer = FixedQueryAttention.from_checkpoint(tmp_path / "run.model.npz", layer=1)
    attended = seen[1]
    of = {name: model.parameters[f"layer1.attention.{name}"] for name in
          ("weight_qkv", "weight_out", "bias_out")}  # fmt: skip
    v = (attended.x @ of["weight_qkv"][-8:].T).reshape(3, 6, 2, 4).swapaxes(1, 2)
    out = lohe.fixed_query_attention(attended.q, attended.k, v, attended.anchors, causal=True)
    expected = out.swapaxes(1, 2).reshape(3, 6, 8) @ of["weight_out"].T + of["bias_out"]
    y = layer(torch.from_numpy(attended.x))
    np.testing.assert_allclose(y.detach(), expected, rtol=1e-11, atol=1e-13)


def test_checkpoints_without_such_a_layer_are_refused(tmp_path):
    path = tmp_path / "run.model.npz"
    save(make(TransformerConfig(**WORDS))[0], path)
    with pytest.raises(lohe.InputError, match="there is no layer 2"):
        FixedQueryAttention.from_checkpoint(path, layer=2)
    save(make(TransformerConfig(**WORDS, mechanism="softmax"))[0], path)
    with pytest.raises(lohe.InputError, match="softmax attention, without oscillators"):
        FixedQueryAttention.from_checkpoint(path)


def save(model, path):
    zeros = np.zeros_like(model.parameters.vector)
    Checkpoint(model, Recipe(1), "words", {}, 0, 1, 1, zeros, zeros, {}, (), 0.0).save(path)
