"""Time the convergence table: one exact flow against one `solve_ivp` call per oscillator.

    python benchmarks/convergence_throughput.py runs/stories/d8/*.head.npz

Draws oscillators of the heads and uniform starts as `lohe bench convergence` does, follows all of
them by the exact flow and a seeded sample of the very same ones by SciPy's RK45, whose time is
scaled to all; both in this process. Both shares that settle stand beside T2's prediction, with
Clopper-Pearson bounds that hold together, and every label that differs is counted. An explicit
method must take steps below about 3.3/||h|| to be stable, so its cost grows with the drive: the
rows by norm tell by how much. Without heads, drives are drawn with log-normal norms. The result
goes to benchmarks/results/convergence_throughput.json; the exit code is 1 if a prediction lies
outside its bounds.
"""

from __future__ import annotations

import argparse
import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from lohe import Head
from lohe.attention.results import machine, versions
from lohe.dynamics.files import write_text
from lohe.dynamics.network import Network
from lohe.dynamics.settling import converged_probability, settle
from lohe.dynamics.sphere import norm, project, uniform
from lohe.proofs_numeric.experiments.convergence import SOLVES
from lohe.proofs_numeric.experiments.population import Population
from lohe.proofs_numeric.experiments.share import share

RESULT = Path(__file__).parent / "results" / "convergence_throughput.json"
BANDS = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, np.inf)

Floats = NDArray[np.float64]


def drawn(d: int) -> Population:
    """Draw drives with log-normal norms, about as wide as those of trained heads."""
    rng = np.random.default_rng(0)
    norms = np.exp(rng.normal(2.0, 1.2, 10_000))
    drive = norms[:, np.newaxis] * uniform(rng, len(norms), d)
    return Population(f"log-normal, d = {d}", (Network(drive),))


def one_by_one(
    start: Floats, drive: Floats, horizon: float, rtol: float
) -> tuple[Floats, Floats, NDArray[np.int64]]:
    """Return SciPy's final states, seconds and evaluations for each oscillator."""
    ended, seconds = np.empty_like(start), np.empty(len(start))
    evaluations = np.empty(len(start), dtype=np.int64)
    for i, (x, h) in enumerate(zip(start, drive, strict=True)):
        begin = time.perf_counter()
        found = solve_ivp(
            lambda _, y, h=h: project(y, h), (0, horizon), x, rtol=rtol, atol=1e-3 * rtol
        )
        seconds[i] = time.perf_counter() - begin
        ended[i], evaluations[i] = found.y[:, -1], found.nfev
    return ended, seconds, evaluations


def measure(options: argparse.Namespace, model: Population) -> dict[str, Any]:
    rng = np.random.default_rng(options.seed)
    chosen = rng.integers(model.n, size=options.solves)
    starts, drive = uniform(rng, options.solves, model.d), model.drive[chosen]
    length = norm(drive)
    toward = drive / length[:, np.newaxis]

    times = []
    for _ in range(options.runs):
        begin = time.perf_counter()
        settled = norm(settle(starts, drive, options.horizon) - toward) <= options.tolerance
        times.append(time.perf_counter() - begin)
    few = rng.choice(options.solves, size=min(options.sample, options.solves), replace=False)
    ended, seconds, evaluations = one_by_one(starts[few], drive[few], options.horizon, options.rtol)
    by_scipy = norm(ended - toward[few]) <= options.tolerance

    chance = converged_probability(model.norms, options.horizon, options.tolerance, model.d)
    bands = []
    for low, high in itertools.pairwise(BANDS):
        inside = (length[few] >= low) & (length[few] < high)
        if inside.any():
            bands.append(
                {
                    "norm_from": low,
                    "norm_below": None if np.isinf(high) else high,
                    "solves": int(inside.sum()),
                    "seconds_each": float(seconds[inside].mean()),
                    "evaluations_each": float(evaluations[inside].mean()),
                }
            )
    return {
        "model": model.name,
        "d": model.d,
        "exact": {
            "seconds": min(times),
            "settled": share(settled, chance.mean(), options.confidence, 2).document(),
        },
        "solve_ivp": {
            "seconds_scaled": float(seconds.mean() * options.solves),
            "slowest": float(seconds.max()),
            "settled": share(by_scipy, chance.mean(), options.confidence, 2).document(),
            "bands": bands,
        },
        "labels_that_differ": int((by_scipy != settled[few]).sum()),
        "speed_ratio": float(seconds.mean() * options.solves / min(times)),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heads", nargs="*", type=Path)
    parser.add_argument("--dimension", type=int, default=8, help="without heads")
    parser.add_argument("--solves", type=int, default=SOLVES)
    parser.add_argument("--sample", type=int, default=500, help="solves by SciPy")
    parser.add_argument("--horizon", type=float, default=30.0)
    parser.add_argument("--tolerance", type=float, default=0.01)
    parser.add_argument("--rtol", type=float, default=1e-6)
    parser.add_argument("--confidence", type=float, default=0.99)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()

    networks = tuple(Head.load(path).network() for path in options.heads)
    model = Population("heads", networks) if networks else drawn(options.dimension)
    found = measure(options, model)
    exact, scipy_ = found["exact"], found["solve_ivp"]
    for name, row, seconds in (
        ("exact flow", exact, exact["seconds"]),
        ("solve_ivp, each, scaled", scipy_, scipy_["seconds_scaled"]),
    ):
        settled = row["settled"]
        print(
            f"{name:24} {seconds:12.4g} s for {options.solves}  settled {settled['fraction']:.5f} "
            f"in [{settled['lower']:.5f}, {settled['upper']:.5f}]  T2 {settled['predicted']:.5f}"
        )
    for band in scipy_["bands"]:
        above = "up" if band["norm_below"] is None else f"{band['norm_below']:g}"
        print(
            f"  norm {band['norm_from']:g} to {above}: {1e3 * band['seconds_each']:.3g} ms and "
            f"{band['evaluations_each']:.0f} evaluations each ({band['solves']} solves)"
        )
    print(f"{found['speed_ratio']:,.0f} x the speed; {found['labels_that_differ']} labels differ")
    record = {
        "options": {
            name: value for name, value in vars(options).items() if name not in {"heads", "output"}
        },
        "heads": [path.name for path in options.heads],
        **found,
        "versions": versions(),
        "machine": machine(),
    }
    write_text(options.output, json.dumps(record, indent=1) + "\n")
    return 0 if exact["settled"]["inside"] and scipy_["settled"]["inside"] else 1


if __name__ == "__main__":
    sys.exit(main())
