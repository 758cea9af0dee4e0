"""Measure what a finite step changes of mean exit times, with Brownian bridges and without.

    python benchmarks/escape_bias.py

Walkers start at the resting point of one oscillator and leave a cap around it, or, in the plane,
slip past the antipode. Their mean exit time stands beside the exact one by quadrature, for steps
that halve: with bridges the relative error should fall like the step, without like its root. The
result goes to benchmarks/results/escape_bias.json.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.results import machine, versions
from lohe.dynamics.exit_times import mean_cap_exit_time, mean_slip_time
from lohe.dynamics.files import write_text
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.escape import escape
from lohe.proofs_numeric.basins.regions import Caps, Region, Slips

RESULT = Path(__file__).parent / "results" / "escape_bias.json"
STEPS = (0.4, 0.2, 0.1, 0.05)


@dataclass(frozen=True, eq=False)
class Unbridged:
    """A region whose crossings between steps are not sampled."""

    region: Region

    @property
    def faces(self) -> tuple[str, ...]:
        """As of the region."""
        return self.region.faces

    @property
    def movers(self) -> None:
        """None, which switches the bridges off."""
        return

    def distances(
        self, x: NDArray[np.float64], before: NDArray[np.float64] | None
    ) -> NDArray[np.float64]:
        """As of the region."""
        return self.region.distances(x, before)


def cases() -> list[tuple[str, Network, Region, NDArray[np.float64], float, float]]:
    """List name, network, region, start, diffusivity and exact mean."""
    found: list[tuple[str, Network, Region, NDArray[np.float64], float, float]] = []
    for d, angle in ((2, 1.2), (3, 1.2), (8, 1.2)):
        rest = np.eye(d)[:1]
        exact = mean_cap_exit_time(1.0, 0.4, angle, d)
        found.append(
            (f"cap of {angle}, d = {d}", Network(rest), Caps(rest, angle), rest, 0.4, exact)
        )
    turn = np.array([[[0.0, -0.3], [0.3, 0.0]]])
    rest = np.array([[np.sqrt(1 - 0.3**2), 0.3]])
    slipping = Network([[1.0, 0.0]], frequency=turn)
    found.append(("slip, d = 2", slipping, Slips(rest), rest, 0.6, mean_slip_time(1.0, 0.3, 0.6)))
    return found


def main() -> None:
    """Measure every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walkers", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for name, network, region, rest, diffusivity, exact in cases():
        for kind, used in (("bridges", region), ("none", Unbridged(region))):
            for step in STEPS:
                found = escape(
                    network,
                    used,
                    rest,
                    diffusivity=diffusivity,
                    horizon=40 * exact,
                    walkers=options.walkers,
                    seed=options.seed,
                    step=step,
                )
                assert found.exits == options.walkers
                error = float(found.times.mean() / exact - 1)
                spread = float(found.times.std() / exact / np.sqrt(options.walkers))
                rows.append(
                    {
                        "case": name,
                        "exact": exact,
                        "between_steps": kind,
                        "step": found.step,
                        "relative_error": error,
                        "standard_error": spread,
                    }
                )
                print(
                    f"{name:18} exact {exact:8.4f}  {kind:8} step {step:5.3f}  "
                    f"relative error {error:+.4f} ± {spread:.4f}"
                )
    record = {
        "walkers": options.walkers,
        "seed": options.seed,
        "rows": rows,
        "versions": versions(),
        "machine": machine(),
    }
    write_text(options.output, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
