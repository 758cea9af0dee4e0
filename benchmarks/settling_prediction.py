"""Hold T2's predicted settled fraction against Monte Carlo, on trained heads.

    python benchmarks/settling_prediction.py runs/*.head.npz

Each head is sampled at the horizons where T2 predicts 10, 50, 90, 99 and 99.9 % of the starts to
have settled. The Clopper-Pearson bounds hold for all heads and horizons at once, with 99 %
confidence (Bonferroni): one prediction outside them is a finding, not bad luck. The result goes to
benchmarks/results/settling_prediction.json; the exit code is 1 if a prediction lies outside.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from lohe import Head, estimate_basin
from lohe.attention.results import machine, versions
from lohe.dynamics.files import write_text
from lohe.proofs_numeric.basins.horizons import horizons_from_theory

FRACTIONS = (0.1, 0.5, 0.9, 0.99, 0.999)
CONFIDENCE = 0.99
RESULT = Path(__file__).parent / "results" / "settling_prediction.json"


def compare(path: Path, trials: int, seed: int, tolerance: float, tests: int) -> dict[str, Any]:
    """Return one head's predictions and bounds."""
    network = Head.load(path).network()
    rows = []
    for horizon in horizons_from_theory(network, tolerance, FRACTIONS):
        found = estimate_basin(
            network,
            trials,
            seed=seed,
            horizon=horizon,
            tolerance=tolerance,
            confidence=1 - (1 - CONFIDENCE) / tests,
        )
        assert found.predicted is not None
        rows.append(
            {
                "horizon": horizon,
                "predicted": found.predicted,
                "sampled": found.fraction,
                "lower": found.lower,
                "upper": found.upper,
                "inside": found.lower <= found.predicted <= found.upper,
            }
        )
    return {"head": path.name, "oscillators": network.n, "dimension": network.d, "horizons": rows}


def main() -> int:
    """Compare every head named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heads", nargs="+", type=Path)
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--tolerance", type=float, default=1e-2)
    options = parser.parse_args()
    tests = len(options.heads) * len(FRACTIONS)
    found = [
        compare(path, options.trials, options.seed, options.tolerance, tests)
        for path in sorted(options.heads)
    ]
    outside = 0
    for head in found:
        for row in head["horizons"]:
            outside += not row["inside"]
            print(
                f"{head['head']:48} t = {row['horizon']:9.4g}  T2 {row['predicted']:.5f}  "
                f"sampled {row['sampled']:.5f} in [{row['lower']:.5f}, {row['upper']:.5f}]"
                f"{'' if row['inside'] else '  OUTSIDE'}"
            )
    print(f"{tests - outside} of {tests} predictions inside; {CONFIDENCE:.0%} for all at once")
    record = {
        "trials": options.trials,
        "seed": options.seed,
        "tolerance": options.tolerance,
        "confidence_for_all": CONFIDENCE,
        "inside": tests - outside,
        "tests": tests,
        "heads": found,
        "versions": versions(),
        "machine": machine(),
    }
    write_text(RESULT, json.dumps(record, indent=1) + "\n")
    return 1 if outside else 0


if __name__ == "__main__":
    sys.exit(main())
