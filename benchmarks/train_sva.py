"""Five seeds of subject-verb agreement, oscillators against softmax.

Run ``python benchmarks/train_sva.py`` from the repository; it takes about half a minute a run on
one idle core. Stopped, it goes on where it was. The result is benchmarks/results/sva.json.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

# Before NumPy is loaded: the matrices are too small for a second BLAS thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from lohe.attention.results import TrainingRun
from lohe.attention.tasks.sva_training import train_sva
from lohe.dynamics.files import write_text

MECHANISMS = ("fixed_query", "softmax")
FAILURE = 0.85
"""A run fails if it gets fewer of the hard test sentences right; the paper's definition."""

METRICS = ("test_accuracy", "test_hard_accuracy")


def spread(values: list[float]) -> dict[str, Any]:
    """Return the runs' mean, sample standard deviation, least, and each of them."""
    return {
        "mean": float(np.mean(values)),
        "standard_deviation": float(np.std(values, ddof=1)),
        "least": min(values),
        "values": values,
    }


def summary(runs: list[TrainingRun]) -> dict[str, Any]:
    """Return the spread of each metric, the failures and the times of one mechanism."""
    hard = [run.metrics["test_hard_accuracy"] for run in runs]
    return {
        **{name: spread([run.metrics[name] for run in runs]) for name in METRICS},
        "failures": sum(value < FAILURE for value in hard),
        "wall_s": [run.wall_s for run in runs],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="runs per mechanism (at least 2)")
    parser.add_argument("--runs", type=Path, default=Path("runs/benchmark-sva"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/sva.json"))
    arguments = parser.parse_args()
    found: dict[str, list[TrainingRun]] = {mechanism: [] for mechanism in MECHANISMS}
    for seed in range(arguments.seeds):
        for mechanism in MECHANISMS:
            run = train_sva(arguments.runs, seed=seed, mechanism=mechanism).run
            found[mechanism].append(run)
            hard = run.metrics["test_hard_accuracy"]
            print(f"seed {seed} {mechanism:11s} hard {hard:.4f} {run.wall_s:6.1f} s", flush=True)
    run = found["fixed_query"][0]
    document = {
        "protocol": run.config,
        "seeds": list(range(arguments.seeds)),
        "failure_below": FAILURE,
        "mechanisms": {mechanism: summary(runs) for mechanism, runs in found.items()},
        "versions": run.versions,
        "machine": run.machine,
    }
    write_text(arguments.output, json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
