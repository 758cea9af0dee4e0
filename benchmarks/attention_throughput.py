"""How fast streamed oscillator attention is, against PyTorch's direct and fused layers.

Run ``python benchmarks/attention_throughput.py``; needs PyTorch for the peers and Numba for the
compiled engine. Layers are whole:
projections of the tokens to heads and back are included on every side. The direct layer forms all
T x T weights and differentiates them by autograd; it holds the same parameters as ours and must
give the same output. The fused layer is softmax by ``scaled_dot_product_attention``. Layers take
turns in one process on equally many threads, and a time is the least of several turns. The time is
fitted against the length, and peak memory is that of a process of its own that does nothing else.
At the end it says which targets are met. Allow three minutes, with nothing else running.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lohe.attention.fixed_query import fixed_query_attention, fixed_query_attention_vjp
from lohe.attention.kernels.threads import thread_count
from lohe.attention.memory import OF_TRAINING, keep_freed_memory
from lohe.attention.multi_head import multi_head
from lohe.attention.results import machine, versions

RESULTS = Path(__file__).parent / "results" / "attention_throughput.json"

ENGINES = ("numpy", "numba")

Layer = Callable[[], Any]


@dataclass(frozen=True)
class Shape:
    """Sequences, their length, and the widths of a layer."""

    batch: int = 1
    tokens: int = 2048
    width: int = 128
    heads: int = 4
    d_osc: int = 32
    causal: bool = True
    dtype: str = "float32"
    coupling: str = "softplus"
    p: float = 1


ROWS = (
    Shape(),
    Shape(coupling="relu"),
    Shape(coupling="squareplus"),
    Shape(p=8),
    Shape(coupling="squareplus", p=8),
    Shape(dtype="float64"),
    # Batches as they occur in training.
    Shape(batch=32, tokens=64),
    Shape(batch=64, tokens=49, width=32, heads=2, d_osc=2, causal=False),
    Shape(batch=64, tokens=7, width=32, heads=1, d_osc=2, causal=False),
)


def draw(shape: Shape) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return parameters and tokens."""
    rng, width = np.random.default_rng(0), shape.width

    def normal(*size: int) -> np.ndarray:
        return rng.standard_normal(size, dtype=np.dtype(shape.dtype))

    anchors = normal(shape.heads, shape.tokens, shape.d_osc)
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    scale = np.dtype(shape.dtype).type(width**-0.5)
    weights = {
        "weight_qkv": scale * normal(3 * width, width),
        "weight_out": scale * normal(width, width),
        "bias_out": normal(width),
        "anchors": anchors,
    }
    return weights, normal(shape.batch, shape.tokens, width)


def our_layer(shape: Shape, engine: str = "numpy") -> tuple[Layer, Layer]:
    """Return the layer forwards, and forwards and back."""
    weights, x = draw(shape)
    options = {name: getattr(shape, name) for name in ("heads", "causal", "coupling", "p")}
    options["engine"] = engine

    def forward() -> np.ndarray:
        return multi_head(weights, x, **options)[0]

    def both() -> None:
        y, *_, pullback = multi_head(weights, x, **options)
        pullback(y)

    return forward, both


def torch_layers(shape: Shape) -> dict[str, tuple[Layer, Layer]]:
    import torch
    from peers.torch_layer import DirectFixedQuery, FusedSoftmax

    torch.set_num_threads(thread_count())
    weights, tokens = draw(shape)
    names = ("W_q.weight", "W_k.weight", "W_v.weight")
    state = dict(zip(names, np.split(weights["weight_qkv"], 3), strict=True)) | {
        "W_o.weight": weights["weight_out"],
        "W_o.bias": weights["bias_out"],
    }
    tensors = {name: torch.tensor(array) for name, array in state.items()}
    direct = DirectFixedQuery(
        shape.width, shape.heads, shape.d_osc, shape.tokens,
        coupling=shape.coupling, p=shape.p, causal=shape.causal,
    )  # fmt: skip
    fused = FusedSoftmax(shape.width, shape.heads, causal=shape.causal)
    direct.load_state_dict(tensors | {"anchors": torch.tensor(weights["anchors"])})
    fused.load_state_dict(tensors)
    x = torch.tensor(tokens, requires_grad=True)

    def calls(layer: torch.nn.Module) -> tuple[Layer, Layer]:
        layer.to(x.dtype)

        def forward() -> np.ndarray:
            with torch.no_grad():
                return layer(x).numpy()

        def both() -> None:
            y = layer(x)
            y.backward(y.detach())

        return forward, both

    return {"direct": calls(direct), "fused_softmax": calls(fused)}


def seconds(layer: Layer, calls: int = 1) -> float:
    """Return the least time of a few calls in a row.

    The threads of whoever had the turn before loop for a while after their work, on our cores.
    """
    times = []
    for _ in range(calls):
        begin = time.perf_counter()
        layer()
        times.append(time.perf_counter() - begin)
    return min(times)


def against_torch(shape: Shape, turns: int) -> dict[str, Any]:
    keep_freed_memory(OF_TRAINING)  # on every side
    layers = {
        "lohe": our_layer(shape),
        "lohe_numba": our_layer(shape, "numba"),
        **torch_layers(shape),
    }
    for ours in ("lohe", "lohe_numba"):
        np.testing.assert_allclose(layers[ours][0](), layers["direct"][0](), rtol=2e-3, atol=2e-4)
    found: dict[str, float] = {}
    for _ in range(turns):
        for name, calls in layers.items():
            for what, call in zip(("forward", "both"), calls, strict=True):
                key = f"{name}_{what}_s"
                found[key] = min(found.get(key, np.inf), seconds(call, 3))
    times = " · ".join(
        f"{name} {1e3 * found[f'{name}_forward_s']:.2f} / {1e3 * found[f'{name}_both_s']:.2f}"
        for name in layers
    )
    print(
        f"{shape.batch} x {shape.tokens} {shape.coupling} p = {shape.p} {shape.dtype}, "
        f"ms forwards / and back: {times}",
        flush=True,
    )
    for ours in ("lohe", "lohe_numba"):
        print(
            f"  of {ours}: direct takes "
            f"{found['direct_forward_s'] / found[f'{ours}_forward_s']:.1f} / "
            f"{found['direct_both_s'] / found[f'{ours}_both_s']:.1f} times as long, fused softmax "
            f"{found['fused_softmax_forward_s'] / found[f'{ours}_forward_s']:.2f} / "
            f"{found['fused_softmax_both_s'] / found[f'{ours}_both_s']:.2f}",
            flush=True,
        )
    return asdict(shape) | {key: round(value, 6) for key, value in found.items()}


def against_lengths(lengths: list[int], turns: int, engine: str) -> dict[str, Any]:
    row: dict[str, Any] = {"engine": engine, "lengths": lengths}
    for which, name in enumerate(("forward", "both")):
        layers = [our_layer(Shape(tokens=tokens), engine)[which] for tokens in lengths]
        times = [min(seconds(layer) for _ in range(turns)) for layer in layers]
        slope = float(np.polyfit(np.log(lengths), np.log(times), 1)[0])
        row |= {f"{name}_s": [round(t, 6) for t in times], f"{name}_slope": round(slope, 3)}
        print(
            f"{engine}, {name}: {[round(1e3 * t) for t in times]} ms at {lengths}, "
            f"slope {slope:.2f}"
        )
    return row


def peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def bare_attention(shape: Shape, engine: str) -> tuple[Layer, Layer]:
    """Return attention alone, without projections, forwards, and forwards and back."""
    weights, x = draw(shape)
    anchors, size = weights["anchors"], shape.width // shape.heads
    rng = np.random.default_rng(1)
    q, k, v = rng.standard_normal((3, *anchors.shape[:-1], size), dtype=x.dtype)
    options = {name: getattr(shape, name) for name in ("causal", "coupling", "p")}
    options["engine"] = engine

    def forward() -> np.ndarray:
        return fixed_query_attention(q, k, v, anchors, **options)

    def both() -> None:
        out, pullback = fixed_query_attention_vjp(q, k, v, anchors, **options)
        pullback(out)

    return forward, both


MEASURED = {"attention": bare_attention, "layer": our_layer}


def peak_of(what: str, tokens: int, p: float, engine: str) -> dict[str, Any]:
    """Run once, each way in a process of its own, and return the peaks of memory."""
    row: dict[str, Any] = {"what": what, "tokens": tokens, "p": p, "engine": engine}
    for which, name in enumerate(("forward", "both")):
        arguments = (what, str(tokens), str(p), engine, str(which))
        command = [sys.executable, __file__, "--peak", *arguments]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        row[f"{name}_megabytes"] = round(float(found), 1)
    print(
        f"{tokens} tokens, p = {p}, {engine}, {what}: peak memory "
        f"{row['forward_megabytes']:.0f} MB forwards, "
        f"{row['both_megabytes']:.0f} MB forwards and back",
        flush=True,
    )
    return row


def judge(rows: list[dict[str, Any]], peaks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Hold the rows at the reference length, in single precision, against the targets."""

    def share(ours: str, peer: str, what: str, **wanted: Any) -> float:
        wanted |= {"tokens": Shape.tokens, "dtype": Shape.dtype}
        (row,) = (row for row in rows if wanted.items() <= row.items())
        return float(row[f"{ours}_{what}_s"] / row[f"{peer}_{what}_s"])

    held = [
        (f"{what}, softplus p = {p}: share of the direct layer's time",
         share("lohe", "direct", what, coupling="softplus", p=p), 1 / 8)
        for p in (1, 8) for what in ("forward", "both")
    ] + [
        (f"forward, {coupling}, {engine}: share of fused softmax's time",
         share(ours, "fused_softmax", "forward", coupling=coupling, p=1), most)
        for coupling, most in (("relu", 1.0), ("softplus", 1.5))
        for ours, engine in (("lohe", "numpy"), ("lohe_numba", "numba"))
    ] + [
        (f"{what}, {peak['what']}, {peak['tokens']} tokens, p = {peak['p']}, {peak['engine']}: MB",
         peak[f"{what}_megabytes"], 200)
        for peak in peaks for what in ("forward", "both")
    ]  # fmt: skip
    for name, found, most in held:
        print(
            f"{'met   ' if found <= most else 'MISSED'} {name}: {found:.4g} of at most {most:.4g}"
        )
    return [{"name": name, "found": round(found, 4), "most": most} for name, found, most in held]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", type=int, nargs="+", default=[1024, 2048, 4096, 8192, 16384])
    parser.add_argument("--long", type=int, default=16384, help="length to measure memory at")
    parser.add_argument("--turns", type=int, default=10)
    parser.add_argument("--peak", nargs=5, help=argparse.SUPPRESS)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.peak:
        what, tokens, p, engine, which = options.peak
        MEASURED[what](Shape(tokens=int(tokens), p=float(p)), engine)[int(which)]()
        sys.stdout.write(str(peak_megabytes()))
        return
    peaks = [
        peak_of(what, options.long, p, engine)
        for engine in ENGINES for what in MEASURED for p in (1, 8)
    ]  # fmt: skip
    rows = [against_torch(shape, options.turns) for shape in ROWS]
    import torch

    record = {
        "machine": {**machine(), "threads": thread_count()},
        "versions": {**versions(), "torch": torch.__version__},
        "rows": rows,
        "lengths": [against_lengths(options.lengths, 3, engine) for engine in ENGINES],
        "peaks": peaks,
        "targets": judge(rows, peaks),
    }
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
