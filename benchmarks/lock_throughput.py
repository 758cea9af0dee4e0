"""How fast oscillators with natural frequencies are decided, against eigenvalues in balls.

Run as ``python benchmarks/lock_throughput.py``. Drives and frequencies are random; the drives are
large enough that almost every oscillator locks, which is the costly case, since a network is
refuted as soon as one does not. The peer answers a weaker question on fewer oscillators in the
same run: it encloses the eigenvalues of each generator M by python-flint and looks for one with
a positive real part. Both times are per oscillator, and their ratio is printed and recorded.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import sys
import time
from pathlib import Path

import flint
import numpy as np
from flint import acb_mat, ctx

from lohe.dynamics.lorentz import lorentz_generator
from lohe.dynamics.network import Network
from lohe.proofs_numeric.locking import examine_locks
from lohe.proofs_numeric.uncertainty import Uncertainty

RESULTS = Path(__file__).parent / "results" / "lock_throughput.json"


def random_network(n: int, d: int, seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    frequency = rng.standard_normal((n, d, d))
    frequency -= np.swapaxes(frequency, 1, 2).copy()
    # In even dimensions an oscillator locks if its drive outweighs the turning: make most do so.
    drive = 4 * np.sqrt(d) * rng.standard_normal((n, d))
    found = examine_locks(Network(drive, frequency=frequency))
    stuck = found.rates_lower == 0
    frequency[stuck] *= 2.0**-10
    return Network(drive, frequency=frequency)


def by_eigenvalues(network: Network, count: int, precision: int = 128) -> int:
    """Count the oscillators that ball arithmetic shows to have a positive eigenvalue."""
    generators = lorentz_generator(network.drive[:count], network.frequency[:count])
    locked = 0
    with ctx.workprec(precision):
        for matrix in generators:
            values = acb_mat(matrix.tolist()).eig(multiple=True, algorithm="rump")
            locked += any(value.real > 0 for value in values)
    return locked


def peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def measure(n: int, d: int, few: int) -> dict[str, float]:
    network = random_network(n, d)
    row: dict[str, float] = {"oscillators": n, "dimension": d}
    for name, devices in (
        ("as_stored", Uncertainty()),
        ("devices", Uncertainty(frequency=1e-3)),
    ):
        begin = time.perf_counter()
        found = examine_locks(network, devices)
        row[f"{name}_seconds"] = time.perf_counter() - begin
        row[f"{name}_proved"] = int((found.rates_lower > 0).sum())
    row["peak_megabytes"] = peak_megabytes()
    begin = time.perf_counter()
    row["eigenvalues_locked"] = by_eigenvalues(network, few)
    row["eigenvalues_seconds"] = time.perf_counter() - begin
    row["eigenvalues_oscillators"] = few
    each = row["eigenvalues_seconds"] / few
    row["ratio"] = each / (row["as_stored_seconds"] / n)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--oscillators", type=int, default=100_000)
    parser.add_argument("--dimensions", type=int, nargs="+", default=[2, 3, 8])
    parser.add_argument("--eigenvalue-oscillators", type=int, default=300)
    options = parser.parse_args()
    rows = []
    for d in options.dimensions:
        row = measure(options.oscillators, d, options.eigenvalue_oscillators)
        rows.append(row)
        print(
            f"d = {d}: {row['oscillators']:,} oscillators in {row['as_stored_seconds']:.2f} s, "
            f"{row['as_stored_proved']:,} lock; with frequency spread "
            f"{row['devices_seconds']:.2f} s, {row['devices_proved']:,} lock; "
            f"peak {row['peak_megabytes']:.0f} MB; one at a time by eigenvalues "
            f"{row['ratio']:.0f} times slower"
        )
    machine = {
        "cpus": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "python-flint": flint.__version__,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
