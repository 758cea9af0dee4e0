"""How fast attention of linear time is, against PyTorch's fused softmax, and what it costs.

Run as ``python benchmarks/linear_attention.py``; needs PyTorch for the peer and Numba for the
compiled engine. Layers are whole: the projections of 128-wide tokens to 4 heads and back are
included on both sides, in float32, causal, with as many threads for the peer as for us; the anchors
are given on the sphere. Attention alone, of the same heads, is set against PyTorch's too. A time is
the least of several, taken in turn with the peer's. The time is fitted against the length (slope 1
is linear). Peak memory is that of a process of its own that does nothing else. Readout exponents
are held against double precision, and tokens are decoded one at a time at several depths.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lohe.attention.decoding import decode_step, start_decoding
from lohe.attention.fixed_query import fixed_query_attention, fixed_query_attention_vjp
from lohe.attention.kernels.feature_maps import FEATURE_MAPS
from lohe.attention.kernels.linear import linear_attention_vjp, linear_rule
from lohe.attention.kernels.tensor_features import tensor_width
from lohe.attention.kernels.threads import thread_count
from lohe.attention.multi_head import multi_head

RESULTS = Path(__file__).parent / "results" / "linear_attention.json"
WIDTH, HEADS, D_OSC = 128, 4, 32
POWERS = ((2, 1), (2, 4), (2, 8), (2, 11), (8, 1), (8, 2), (8, 4), (32, 1), (32, 2))

ENGINES = ("numpy", "numba")

Layer = Callable[[], Any]


def least(layer: Layer, repeats: int) -> float:
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        layer()
        times.append(time.perf_counter() - begin)
    return min(times)


def unit_rows(rng: np.random.Generator, *shape: int) -> np.ndarray:
    rows = rng.standard_normal(shape, dtype=np.float32)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def our_layer(coupling: str, length: int, engine: str = "numpy") -> tuple[Layer, Layer]:
    """Return the layer forwards, and forwards and back."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1, length, WIDTH), dtype=np.float32)
    scale = np.float32(WIDTH**-0.5)
    weights = {
        "weight_qkv": scale * rng.standard_normal((3 * WIDTH, WIDTH), dtype=np.float32),
        "weight_out": scale * rng.standard_normal((WIDTH, WIDTH), dtype=np.float32),
        "bias_out": np.zeros(WIDTH, dtype=np.float32),
        "anchors": unit_rows(rng, HEADS, length, D_OSC),
    }

    def forward() -> tuple[Any, ...]:
        return multi_head(
            weights, x, heads=HEADS, causal=True, coupling=coupling, anchor_kind="free",
            engine=engine,
        )  # fmt: skip

    def both() -> None:
        y, *_, pullback = forward()
        pullback(y)

    return forward, both


def fused_softmax(length: int) -> tuple[Layer, Layer]:
    import torch
    from peers.torch_layer import FusedSoftmax

    torch.set_num_threads(thread_count())
    layer = FusedSoftmax(WIDTH, HEADS)
    x = torch.randn(1, length, WIDTH, requires_grad=True)

    def forward() -> None:
        with torch.no_grad():
            layer(x)

    def both() -> None:
        layer(x).sum().backward()

    return forward, both


def attention_alone(coupling: str, length: int, engine: str) -> tuple[Layer, Layer]:
    rng = np.random.default_rng(0)
    q, k, v = rng.standard_normal((3, HEADS, length, WIDTH // HEADS), dtype=np.float32)
    arrays = [q, k, v, unit_rows(rng, HEADS, length, D_OSC)]
    options = {"coupling": coupling, "causal": True, "engine": engine}

    def both() -> None:
        out, pullback = fixed_query_attention_vjp(*arrays, **options)
        pullback(out)

    return lambda: fixed_query_attention(*arrays, **options), both


def fused_softmax_alone(length: int) -> tuple[Layer, Layer]:
    import torch

    torch.set_num_threads(thread_count())
    size = (1, HEADS, length, WIDTH // HEADS)
    q, k, v = (torch.randn(size, requires_grad=True) for _ in range(3))
    attend = torch.nn.functional.scaled_dot_product_attention

    def forward() -> None:
        with torch.no_grad():
            attend(q, k, v, is_causal=True)

    return forward, lambda: attend(q, k, v, is_causal=True).sum().backward()


def against_lengths(
    couplings: list[str], lengths: list[int], repeats: int, engine: str
) -> list[dict[str, Any]]:
    rows = []
    for coupling in couplings:
        row: dict[str, Any] = {"coupling": coupling, "engine": engine, "lengths": lengths}
        for name, which in (("forward", 0), ("both", 1)):
            row[name] = [least(our_layer(coupling, n, engine)[which], repeats) for n in lengths]
            row[f"{name}_slope"] = float(np.polyfit(np.log(lengths), np.log(row[name]), 1)[0])
        rows.append(row)
        print(
            f"{coupling}, {engine}: {lengths} tokens in "
            f"{[round(1e3 * t) for t in row['forward']]} ms forwards, "
            f"{[round(1e3 * t) for t in row['both']]} ms with the adjoint; "
            f"slopes {row['forward_slope']:.2f} and {row['both_slope']:.2f}"
        )
    return rows


def against_softmax(what: str, couplings: list[str], length: int, repeats: int) -> dict[str, Any]:
    ours, theirs = {
        "layer": (our_layer, fused_softmax),
        "attention": (attention_alone, fused_softmax_alone),
    }[what]
    row: dict[str, Any] = {"what": what, "length": length}
    peer = theirs(length)
    for which, name in enumerate(("forward", "both")):
        layers = {"fused_softmax": peer[which]} | {
            f"{coupling}, {engine}": ours(coupling, length, engine)[which]
            for coupling in couplings
            for engine in ENGINES
        }
        times = dict.fromkeys(layers, np.inf)
        for _ in range(repeats):
            for key, layer in layers.items():
                times[key] = min(times[key], least(layer, 3))
        row[name] = times
        for key in list(layers)[1:]:
            print(
                f"{what} of {length} tokens, {name}: {key} {1e3 * times[key]:.0f} ms, fused "
                f"softmax {1e3 * times['fused_softmax']:.0f} ms, "
                f"{times['fused_softmax'] / times[key]:.1f} times as long",
                flush=True,
            )
    return row


def peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def peak_of(coupling: str, length: int, engine: str, which: int) -> float:
    """Run once in a process of its own and return its peak memory in megabytes."""
    command = [sys.executable, __file__, "--peak", coupling, str(length), engine, str(which)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def against_powers(length: int, repeats: int) -> list[dict[str, Any]]:
    """Measure what whole readout exponents cost, and lose in single precision."""
    rows = []
    for d, p in POWERS:
        rng = np.random.default_rng(1)
        q, k, v = rng.standard_normal((3, HEADS, length, 32), dtype=np.float32)
        # A hair inside the sphere: rounding leaves none longer than 1 by double's measure.
        arrays = [q, k, v, np.float32(0.999999) * unit_rows(rng, HEADS, length, d)]
        found = {}
        for dtype in (np.float32, np.float64):
            cast = [a.astype(dtype) for a in arrays]
            rule = linear_rule(np, "squareplus_features", cast[3], p)
            found[dtype] = linear_attention_vjp(np, *cast, rule=rule, causal=True)[0]
        rule = linear_rule(np, "squareplus_features", arrays[3], p)
        seconds = least(
            lambda r=rule, a=arrays: linear_attention_vjp(np, *a, rule=r, causal=True), repeats
        )
        error = float(np.abs(found[np.float32] - found[np.float64]).max())
        rows.append(
            {"d": d, "p": p, "features": tensor_width(d, p), "seconds": seconds, "error": error}
        )
        print(
            f"p = {p:2d}, d = {d:2d}: {tensor_width(d, p):4d} features, {1e3 * seconds:.0f} ms for "
            f"{length} tokens, largest error in single precision {error:.1e}"
        )
    return rows


def decoding(coupling: str, depths: list[int], repeats: int) -> dict[str, Any]:
    """Measure the time of one token of one sequence after so many others."""
    rng = np.random.default_rng(2)
    length = max(depths) + 1
    q, k, v = rng.standard_normal((3, HEADS, length, 32), dtype=np.float32)
    arrays = [q, k, v, unit_rows(rng, HEADS, length, D_OSC)]
    row: dict[str, Any] = {"coupling": coupling, "depths": depths, "seconds": []}
    for depth in depths:
        state, _ = decode_step(start_decoding(coupling), *(a[:, :depth] for a in arrays))
        token = [a[:, depth : depth + 1] for a in arrays]
        row["seconds"].append(least(lambda s=state, t=token: decode_step(s, *t), 10 * repeats))
    print(
        f"decoding, {coupling}: {[round(1e6 * t) for t in row['seconds']]} us a token "
        f"after {depths} others"
    )
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lengths", type=int, nargs="+", default=[2048, 4096, 8192, 16384, 32768])
    parser.add_argument("--long", type=int, default=16384, help="length to meet the peer at")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--peak", nargs=4, help=argparse.SUPPRESS)
    parser.add_argument("-o", "--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    if options.peak:
        coupling, length, engine, which = options.peak
        our_layer(coupling, int(length), engine)[int(which)]()
        sys.stdout.write(str(peak_megabytes()))
        return
    couplings = [name for name in FEATURE_MAPS if name != "quadratic_features"]
    peaks = [
        {
            "coupling": coupling,
            "engine": engine,
            "length": options.long,
            "forward_megabytes": peak_of(coupling, options.long, engine, 0),
            "both_megabytes": peak_of(coupling, options.long, engine, 1),
        }
        for coupling in couplings
        for engine in ENGINES
    ]
    for row in peaks:
        print(
            f"{row['coupling']}, {row['engine']}: peak memory at {options.long} tokens "
            f"{row['forward_megabytes']:.0f} MB forwards, "
            f"{row['both_megabytes']:.0f} MB with the adjoint"
        )
    import torch

    record = {
        "machine": {
            "cpus": os.cpu_count(),
            "threads": thread_count(),
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
        },
        "layer": {"width": WIDTH, "heads": HEADS, "d_osc": D_OSC, "dtype": "float32"},
        "lengths": [
            row
            for engine in ENGINES
            for row in against_lengths(couplings, options.lengths, options.repeats, engine)
        ],
        "softmax": [
            against_softmax(what, couplings, options.long, options.repeats)
            for what in ("layer", "attention")
        ],
        "peaks": peaks,
        "powers": against_powers(4096, options.repeats),
        "decoding": [
            decoding(coupling, [100, 1000, 10000], options.repeats)
            for coupling in ("squareplus_features", "squareplus")
        ],
    }
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
