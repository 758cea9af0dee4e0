"""`lohe.torch.FixedQueryAttention` against a direct PyTorch layer and fused softmax.

Run ``python benchmarks/torch_throughput.py``. The layers take turns in one process; both
oscillator layers hold the same parameters and must give the same output. Each time is the shortest
of several turns. ``--device cuda`` measures an accelerator.
"""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections.abc import Callable
from pathlib import Path

import torch
from peers.torch_layer import DirectFixedQuery, FusedSoftmax
from torch import Tensor, nn

from lohe.attention.results import machine, versions
from lohe.torch import FixedQueryAttention

RESULTS = Path(__file__).parent / "results" / "torch_throughput.json"

WIDTH, HEADS, D_OSC = 128, 4, 32

# Sequences and their length: one long one, and two batches as they occur in training.
SHAPES = ((1, 2048), (32, 64), (64, 49))


def make_layers(tokens: int, options: dict, device: str) -> dict[str, nn.Module]:
    ours = FixedQueryAttention(WIDTH, HEADS, D_OSC, tokens, causal=True, **options)
    direct = DirectFixedQuery(WIDTH, HEADS, D_OSC, tokens, causal=True, **options)
    direct.load_state_dict(ours.state_dict())
    layers = {"lohe": ours, "direct": direct, "fused_softmax": FusedSoftmax(WIDTH, HEADS)}
    return {name: layer.to(device) for name, layer in layers.items()}


def seconds(call: Callable[[], object], device: str) -> float:
    begin = time.perf_counter()
    call()
    if device != "cpu":
        torch.cuda.synchronize()
    return time.perf_counter() - begin


def measure(batch: int, tokens: int, options: dict, device: str, turns: int) -> dict:
    layers = make_layers(tokens, options, device)
    x = torch.randn(batch, tokens, WIDTH, device=device)
    wanted = torch.randn_like(x)

    def forward(layer: nn.Module) -> Tensor:
        with torch.no_grad():
            return layer(x)

    def both(layer: nn.Module) -> None:
        layer.zero_grad()
        layer(x).backward(wanted)

    torch.testing.assert_close(
        forward(layers["lohe"]), forward(layers["direct"]), rtol=1e-4, atol=1e-5
    )
    row = {"batch": batch, "tokens": tokens, **options}
    for name in layers:
        row[f"{name}_forward_s"] = row[f"{name}_both_s"] = float("inf")
    for _ in range(turns):
        for (name, layer), (what, call) in itertools.product(
            layers.items(), (("forward", forward), ("both", both))
        ):
            key = f"{name}_{what}_s"
            row[key] = min(row[key], seconds(lambda c=call, m=layer: c(m), device))
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--turns", type=int, default=20)
    options = parser.parse_args()
    torch.manual_seed(0)
    rows = []
    for (batch, tokens), layer in itertools.product(
        SHAPES,
        (
            {"coupling": "softplus", "p": 1},
            {"coupling": "relu", "p": 1},
            {"coupling": "squareplus", "p": 8},
        ),
    ):
        row = measure(batch, tokens, layer, options.device, options.turns)
        rows.append({name: round(v, 6) if isinstance(v, float) else v for name, v in row.items()})
        times = " · ".join(
            f"{name} {1e3 * row[f'{name}_forward_s']:.2f} / {1e3 * row[f'{name}_both_s']:.2f}"
            for name in ("lohe", "direct", "fused_softmax")
        )
        print(
            f"{batch} x {tokens} {layer['coupling']} p={layer['p']}: ms forward / with backward: "
            f"{times}; direct is {row['direct_forward_s'] / row['lohe_forward_s']:.1f} / "
            f"{row['direct_both_s'] / row['lohe_both_s']:.1f} times slower"
        )
    record = {
        "machine": {**machine(), "device": options.device, "threads": torch.get_num_threads()},
        "versions": {**versions(), "torch": torch.__version__},
        "rows": rows,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
