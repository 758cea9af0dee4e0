"""One step of Krawczyk's operator at 400 unknowns, in midpoint-radius doubles and through Arb.

Run ``python benchmarks/krawczyk_throughput.py``. Both enclose the equations at a centre and their
derivative over a box, invert its middle in floats and bound the operator's image of the box: with
`Balls` (one product of matrices by BLAS), and with python-flint's ``arb_mat`` at 53 bits,
conversions included. Times are processor times on one thread, the best of several runs. The widths
compared are the half widths of the image, over a box at the level of rounding, a small one and a
large one. The result goes to benchmarks/results/krawczyk_throughput.json; the exit code is 1 if
the doubles are less than 20 times faster or give an enclosure more than 1.1 times wider.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from lohe.attention.results import machine, versions
from lohe.dynamics.files import write_text
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.equilibria.arbs import arbs, array, matrix, precision, upper
from lohe.proofs_numeric.equilibria.chart import frame_at, poles
from lohe.proofs_numeric.equilibria.krawczyk import Enclosure, enclose
from lohe.proofs_numeric.equilibria.operator import inverted, linearise
from lohe.proofs_numeric.equilibria.system import (
    derivative,
    read_precisely,
    read_system,
    residual,
)

Floats = NDArray[np.float64]

RESULT = Path(__file__).parent / "results" / "krawczyk_throughput.json"
FASTER, WIDER = 20.0, 1.1


def random_network(n: int, d: int, seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    crosstalk = rng.standard_normal((n, n)) * 0.3 / np.sqrt(n)
    np.fill_diagonal(crosstalk, 0.0)
    frequency = rng.standard_normal((n, d, d)) / 8
    drive = uniform(rng, n, d) * rng.uniform(1.5, 3.0, (n, 1))
    return Network(drive, crosstalk=crosstalk, frequency=frequency - frequency.mT)


def by_balls(network: Network, at: Enclosure, radius: float) -> Floats:
    """Return the half widths of the image of the box: the step's size and what the box adds."""
    operator = linearise(
        read_system(network), read_precisely(network), poles(at.charts), at.coordinates[0]
    )
    assert operator is not None
    return operator.step.magnitude + operator.spread(np.full(operator.step.shape, radius))


def by_arb(network: Network, at: Enclosure, radius: float) -> Floats:
    """Return the same through Arb's matrices, at 53 bits but for the equations themselves."""
    with precision(128):
        system = read_precisely(network)
        value = residual(system, frame_at(poles(at.charts), arbs(at.coordinates[0])))
    with precision(53):
        centre = frame_at(poles(at.charts), arbs(at.coordinates[0]))
        offset = np.zeros(at.coordinates[0].shape)
        slope = matrix(derivative(system, centre, arbs(offset, radius)))
        size = slope.nrows()
        middle = np.array([float(v) for v in slope.mid().entries()]).reshape(size, size)
        inverse = matrix(arbs(inverted(middle)))
        step = np.abs(array(inverse * matrix(value[:, None]))[:, 0])
        defect = np.abs(array(inverse * slope) - np.eye(size))
        return upper(step + defect.sum(axis=-1) * radius)


def best_of(runs: int, call: Callable[[], Floats]) -> tuple[float, Floats]:
    """Return the shortest processor time of several runs and the result."""
    times = []
    for _ in range(runs):
        begin = time.process_time()
        result = call()
        times.append(time.process_time() - begin)
    return min(times), result


def compare(n: int, d: int, runs: int) -> dict[str, Any]:
    network = random_network(n, d)
    at = enclose(network, network.drive)
    assert not isinstance(at, str), at
    rows = []
    for name, radius in (("rounding", at.inner), ("small", 1e-8), ("large", at.outer)):
        ours, width = best_of(runs, lambda r=radius: by_balls(network, at, r))
        theirs, arb_width = best_of(max(1, runs // 4), lambda r=radius: by_arb(network, at, r))
        rows.append(
            {
                "box": name,
                "radius": radius,
                "balls_seconds": ours,
                "arb_seconds": theirs,
                "speedup": theirs / ours,
                "widths": float(np.max(width / arb_width)),
            }
        )
        print(
            f"n = {n:3}, d = {d}, {n * (d - 1)} unknowns, box {name:8} {radius:8.1e}: "
            f"balls {ours * 1e3:6.1f} ms, Arb {theirs * 1e3:7.1f} ms, "
            f"{theirs / ours:5.1f} times faster, widths {rows[-1]['widths']:.3f} of Arb's"
        )
    return {"oscillators": n, "dimension": d, "unknowns": n * (d - 1), "boxes": rows}


def main() -> int:
    """Compare both at 400 unknowns, in several dimensions."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--unknowns", type=int, default=400)
    parser.add_argument("--runs", type=int, default=40)
    options = parser.parse_args()
    with threadpool_limits(1):
        found = [compare(options.unknowns // (d - 1), d, options.runs) for d in (2, 3, 5)]
    boxes = [row for network in found for row in network["boxes"]]
    speedup = min(row["speedup"] for row in boxes)
    widths = max(row["widths"] for row in boxes)
    print(f"at least {speedup:.1f} times faster, at most {widths:.3f} times as wide")
    record = {
        "speedup": speedup,
        "widths": widths,
        "networks": found,
        "versions": versions(),
        "machine": machine(),
    }
    write_text(RESULT, json.dumps(record, indent=1) + "\n")
    return 0 if speedup >= FASTER and widths <= WIDER else 1


if __name__ == "__main__":
    sys.exit(main())
