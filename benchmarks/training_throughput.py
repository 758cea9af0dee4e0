"""Time of a training step: our transformer against the same one written in PyTorch.

Run ``python benchmarks/training_throughput.py``. A step is forward pass, adjoint, clipping and
AdamW; both sides run on one thread, as studies do with a process per core, and take turns in one
process. They start from the same parameters and must agree on the loss. Each time is the shortest
of several turns. The oscillator layer in PyTorch is written directly, with autograd; its softmax is
the fused kernel.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from peers.torch_transformer import TorchTransformer
from threadpoolctl import threadpool_limits

from lohe.attention.initialise import initialise
from lohe.attention.losses import cross_entropy, logistic
from lohe.attention.memory import OF_TRAINING, keep_freed_memory
from lohe.attention.model import Model
from lohe.attention.optim import Adam, clip_norm
from lohe.attention.results import machine, versions
from lohe.attention.task import Batch
from lohe.attention.transformer import apply_transformer
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
CASES = {
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


def draw(config: TransformerConfig, sequences: int, rng: np.random.Generator) -> Batch:
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
    vector = model.parameters.vector
    optimiser = Adam(np.zeros_like(vector), np.zeros_like(vector), weight_decay=1e-4)

    def step() -> None:
        outputs, pullback = apply_transformer(model, batch, rng=rng)
        _, d_outputs = loss_of(outputs, batch, model.config.readout)
        gradient, _ = clip_norm(model.parameters.join(pullback(d_outputs)), 1.0)
        optimiser.step(vector, gradient, 1e-4)

    return step


def torch_step(ours: Model, batch: Batch) -> Callable[[], None]:
    torch.manual_seed(0)
    model = TorchTransformer(ours.config)
    model.load(ours.parameters)
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=1e-4)
    inputs, targets = torch.from_numpy(batch.inputs), torch.from_numpy(batch.targets)

    expected, _ = loss_of(apply_transformer(ours, batch)[0], batch, ours.config.readout)
    model.eval()
    np.testing.assert_allclose(model.loss(inputs, targets).item(), expected, rtol=1e-4)
    model.train()

    def step() -> None:
        optimiser.zero_grad()
        model.loss(inputs, targets).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=5.0, help="spent on each row")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    keep_freed_memory(OF_TRAINING)  # as training does; PyTorch profits as well
    torch.set_num_threads(1)
    rows = []
    print("microseconds of a training step per token, one thread")
    for case, (sequences, shape) in CASES.items():
        for attention, change in ATTENTIONS.items():
            config = TransformerConfig(**(shape | change))
            batch = draw(config, sequences, np.random.default_rng(1))
            model = Model(config, initialise(config, np.random.default_rng(0), np.float32))
            steps = {"torch": torch_step(model, batch), "lohe": our_step(model, batch)}
            with threadpool_limits(1):
                found = shortest(steps, options.seconds)
            tokens = sequences * config.context
            micro = {name: round(1e6 * t / tokens, 3) for name, t in found.items()}
            rows.append({"case": case, "attention": attention, "tokens": tokens, **micro})
            print(
                f"{case:20s} {attention:19s} lohe {micro['lohe']:8.2f}   torch "
                f"{micro['torch']:8.2f}   torch takes {micro['torch'] / micro['lohe']:.2f} x",
                flush=True,
            )
    record = {
        "machine": machine(),
        "versions": versions() | {"torch": torch.__version__},
        "unit": "microseconds per token and training step, one thread",
        "rows": rows,
    }
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
