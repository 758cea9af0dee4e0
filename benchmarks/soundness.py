"""Attack every enclosure at random, a million times, under one and two BLAS threads.

Run as ``python benchmarks/soundness.py``. Each kind of enclosure gets its share of the comparisons
with exact rationals or 200-bit Arb (`attacks_arithmetic.py`, `attacks_networks.py`); the program
exits with 1 if one of them was violated. ``--count`` sets the number for each number of threads.
A control that is wrong by design, products widened by one ulp, shows that violations are found.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

import attacks_arithmetic
import attacks_networks
import flint
import numpy as np
from threadpoolctl import threadpool_limits

RESULTS = Path(__file__).parent / "results" / "soundness.json"
# The share of the comparisons that each kind gets; the costly ones get less.
SHARES = {
    "products": 0.2,
    "ball_products": 0.24,
    "ball_operations": 0.2,
    "norms": 0.04,
    "powers": 0.02,
    "coupling_functions": 0.1,
    "drives": 0.08,
    "strengths": 0.04,
    "forces": 0.03,
    "locks": 0.03,
    "equilibria": 0.005,
    "input_boxes": 0.015,
}


def attack(kind, quota: int, seed: int) -> dict[str, float | int]:
    rng = np.random.default_rng(seed)
    start, compared, violated = time.perf_counter(), 0, 0
    while compared < quota:
        more, wrong = kind(rng)
        compared, violated = compared + int(more), violated + int(wrong)
    return {
        "compared": compared,
        "violated": violated,
        "seconds": round(time.perf_counter() - start, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1_000_000, help="for each number of threads")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    kinds = (*attacks_arithmetic.ATTACKS, *attacks_networks.ATTACKS)
    runs = {}
    for threads in (1, 2):
        with threadpool_limits(threads):
            runs[threads] = {}
            for place, kind in enumerate(kinds):
                name = kind.__name__
                seed = options.seed + 1000 * threads + place
                found = attack(kind, round(options.count * SHARES[name]), seed)
                runs[threads][name] = found
                print(f"{threads} BLAS threads  {name:20}", *(f"{v:>9}" for v in found.values()))
    control = attack(attacks_arithmetic.one_ulp_products, 3000, options.seed)
    print("control, one ulp wide   ", *(f"{v:>9}" for v in control.values()))
    total = sum(found["compared"] for run in runs.values() for found in run.values())
    violated = sum(found["violated"] for run in runs.values() for found in run.values())
    print(f"{total} enclosures compared, {violated} violated")
    RESULTS.write_text(
        json.dumps(
            {
                "command": " ".join(["python", "benchmarks/soundness.py", *sys.argv[1:]]),
                "seed": options.seed,
                "compared": total,
                "violated": violated,
                "blas_threads": runs,
                "control_one_ulp": control,
                "versions": {
                    "python": platform.python_version(),
                    "numpy": np.__version__,
                    "python-flint": flint.__version__,
                },
                "machine": {"processor": platform.machine(), "cores": os.cpu_count()},
            },
            indent=1,
        )
        + "\n"
    )
    sys.exit(1 if violated else 0)


if __name__ == "__main__":
    main()
