"""Time of a training step: our models against the same ones written in PyTorch.

Run ``python benchmarks/training_throughput.py``. A step is forward pass, adjoint, clipping and
AdamW; both sides run on one thread, as studies do with a process per core (``--threads 2`` for
more), and take turns in one process. They start from the same parameters and must agree on the
loss. Each time is the shortest of several turns. The models in PyTorch are written directly, with
autograd; softmax over values is the fused kernel, and so is the phases' mean.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import torch
from peers.torch_accelerated import TorchAccelerated
from peers.torch_phases import TorchKuramoto, TorchRotary
from peers.torch_transformer import TorchTransformer
from threadpoolctl import threadpool_limits
from torch import nn

from lohe.attention.accelerated import SCHEMES, AcceleratedConfig
from lohe.attention.architecture import architecture_of
from lohe.attention.kuramoto import KuramotoConfig, kuramoto_shapes
from lohe.attention.losses import cross_entropy, logistic
from lohe.attention.memory import OF_TRAINING, keep_freed_memory
from lohe.attention.model import Model, ModelConfig
from lohe.attention.optim import Adam, clip_norm
from lohe.attention.results import machine, versions
from lohe.attention.rotary import RotaryConfig, count_parameters, match_hidden
from lohe.attention.task import Batch
from lohe.attention.transformer_config import TransformerConfig

RESULTS = Path(__file__).parent / "results" / "training_throughput.json"

LANGUAGE = {"context": 64, "layers": 2, "d_osc": 32, "causal": True, "readout": "next"}
SMALL = LANGUAGE | {"vocabulary": 2000, "outputs": 2000, "width": 64, "heads": 2, "hidden": 256}
LARGE = LANGUAGE | {"vocabulary": 4000, "outputs": 4000, "width": 128, "heads": 4, "hidden": 512}
AGREEMENT = {"context": 7, "outputs": 1, "vocabulary": 250, "readout": "position"}
KEYWORDS = {
    "context": 49, "outputs": 10, "features": 40, "heads": 2, "hidden": 128, "positions": "none"
}  # fmt: skip

# Sequences a step, and the model.
TRANSFORMERS = {
    "language, width 64": (16, SMALL),
    "language, width 128": (32, LARGE),
    "agreement": (64, AGREEMENT),
    "keywords": (64, KEYWORDS),
}
ATTENTIONS = {
    "softmax": {"mechanism": "softmax"},
    "oscillators": {},
    "oscillators, p = 8": {"readout_exponent": 8.0},
}
CHARACTERS = {"context": 128, "outputs": 205, "vocabulary": 205, "width": 128, "layers": 5}
STORIES = {"context": 128, "outputs": 2000, "vocabulary": 2000}

Case = tuple[str, str, int, Any]


def cases() -> Iterator[Case]:
    """Yield the name of a setting and of a model, the sequences of a step, and the shape."""
    for setting, (sequences, shape) in TRANSFORMERS.items():
        for attention, change in ATTENTIONS.items():
            yield setting, attention, sequences, TransformerConfig(**(shape | change))
    phases = KuramotoConfig(**CHARACTERS)
    yield "characters", "kuramoto", 16, phases
    size = count_parameters(kuramoto_shapes(phases))
    yield "characters", "rotary", 16, match_hidden(RotaryConfig(**CHARACTERS), size)
    for family, schemes in SCHEMES.items():
        for scheme in schemes:
            config = AcceleratedConfig(**STORIES, family=family, scheme=scheme)
            yield "stories", config.mechanism, 16, config
    leaking = AcceleratedConfig(**STORIES, family="softmax", sealed=False)
    yield "stories", leaking.mechanism, 16, leaking


def twin_of(model: Model) -> nn.Module:
    """Return the same model in PyTorch, with the same parameters."""
    config = model.config
    if isinstance(config, AcceleratedConfig):
        return TorchAccelerated(config, model.parameters)
    twins = {
        TransformerConfig: TorchTransformer,
        KuramotoConfig: TorchKuramoto,
        RotaryConfig: TorchRotary,
    }
    twin = twins[type(config)](config)
    twin.load(model.parameters)
    return twin


def draw(config: ModelConfig, sequences: int, rng: np.random.Generator) -> Batch:
    """Draw a batch of noise."""
    shape = (sequences, config.context)
    inputs = (
        rng.integers(config.vocabulary, size=shape)
        if config.vocabulary
        else rng.standard_normal((*shape, config.features), dtype=np.float32)
    )
    targets = {
        "next": lambda: rng.integers(config.outputs, size=shape),
        "mean": lambda: rng.integers(config.outputs, size=sequences),
        "position": lambda: rng.integers(2, size=sequences),
    }[config.readout]()
    return Batch(inputs, targets, position=np.full(sequences, config.context - 1))


def loss_of(outputs: np.ndarray, batch: Batch, readout: str) -> tuple[float, np.ndarray]:
    """Return the loss and its gradient."""
    if readout == "next":
        return float(outputs.mean()), np.full_like(outputs, 1 / outputs.size)
    if readout == "mean":
        loss, pullback = cross_entropy(outputs, batch.targets)
        return loss, pullback(1.0)
    loss, pullback = logistic(outputs[:, 0], batch.targets)
    return loss, pullback(1.0)[:, None]


def our_step(model: Model, batch: Batch) -> Callable[[], None]:
    rng = np.random.default_rng(0)
    apply = architecture_of(model.config).apply
    vector = model.parameters.vector
    optimiser = Adam(np.zeros_like(vector), np.zeros_like(vector), weight_decay=1e-4)

    def step() -> None:
        outputs, _, pullback = apply(model, batch, rng=rng)
        _, d_outputs = loss_of(outputs, batch, model.config.readout)
        gradient, _ = clip_norm(model.parameters.join(pullback(d_outputs)), 1.0)
        optimiser.step(vector, gradient, 1e-4)

    return step


def torch_step(ours: Model, batch: Batch) -> Callable[[], None]:
    torch.manual_seed(0)
    twin = twin_of(ours)
    optimiser = torch.optim.AdamW(twin.parameters(), lr=1e-4, weight_decay=1e-4)
    inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)

    apply = architecture_of(ours.config).apply
    expected, _ = loss_of(apply(ours, batch)[0], batch, ours.config.readout)
    twin.eval()
    np.testing.assert_allclose(twin.loss(inputs, targets).item(), expected, rtol=1e-4)
    twin.train()

    def step() -> None:
        optimiser.zero_grad()
        twin.loss(inputs, targets).backward()
        torch.nn.utils.clip_grad_norm_(twin.parameters(), 1.0)
        optimiser.step()

    return step


def shortest(steps: dict[str, Callable[[], None]], seconds: float) -> dict[str, float]:
    """Return the shortest time of each step, taking turns for so many seconds."""
    found = dict.fromkeys(steps, float("inf"))
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for name, step in steps.items():
            begin = time.perf_counter()
            step()
            found[name] = min(found[name], time.perf_counter() - begin)
    return found


def measure(case: Case, seconds: float, threads: int) -> dict[str, Any]:
    setting, name, sequences, config = case
    batch = draw(config, sequences, np.random.default_rng(1))
    initialise = architecture_of(config).initialise
    model = Model(config, initialise(config, np.random.default_rng(0), np.float32))
    steps = {"torch": torch_step(model, batch), "lohe": our_step(model, batch)}
    with threadpool_limits(threads):
        found = shortest(steps, seconds)
    tokens = sequences * config.context
    micro = {side: round(1e6 * t / tokens, 3) for side, t in found.items()}
    size = model.parameters.vector.size
    row = {"case": setting, "attention": name, "parameters": size, "tokens": tokens, **micro}
    print(
        f"{setting:20s} {name:36s} {size:8,d} parameters   lohe {micro['lohe']:8.2f}   torch "
        f"{micro['torch']:8.2f}   torch takes {micro['torch'] / micro['lohe']:.2f} x",
        flush=True,
    )
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="spent on each row")
    parser.add_argument("--threads", type=int, default=1, help="of each side")
    parser.add_argument("--only", default="*", help="models of such names")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    keep_freed_memory(OF_TRAINING)  # as training does; PyTorch profits as well
    torch.set_num_threads(options.threads)
    unit = f"microseconds of a training step per token, threads of each side: {options.threads}"
    print(unit)
    rows = [
        measure(case, options.seconds, options.threads)
        for case in cases()
        if fnmatchcase(case[1], options.only)
    ]
    record = {
        "machine": machine(),
        "versions": versions() | {"torch": torch.__version__},
        "unit": unit,
        "rows": rows,
    }
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
