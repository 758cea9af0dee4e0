"""Exact settling flow against an adaptive integrator, one oscillator at a time and in one batch.

Run ``python benchmarks/settling_throughput.py``. All three answer the same question, the states of
the same oscillators at the same time, in one process; SciPy runs on fewer oscillators and its time
is scaled. The last column is the largest difference from the exact flow.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import scipy
from scipy.integrate import solve_ivp

from lohe.dynamics.field import vector_field
from lohe.dynamics.integrators import dormand_prince
from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.dynamics.sphere import project, uniform


def best_of(runs: int, call: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    """Return the shortest wall time of several runs, the least disturbed one, and the result."""
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        result = call()
        times.append(time.perf_counter() - begin)
    return min(times), result


def by_scipy(x0, drive, t):
    return np.array(
        [
            solve_ivp(lambda _, x, h=h: project(x, h), (0, t), x, rtol=1e-9, atol=1e-10).y[:, -1]
            for x, h in zip(x0, drive, strict=True)
        ]
    )


def processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--oscillators", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=2)
    parser.add_argument("--horizon", type=float, default=5.0)
    parser.add_argument("--scipy-oscillators", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()

    rng = np.random.default_rng(0)
    n, few, t = options.oscillators, options.scipy_oscillators, options.horizon
    drive = rng.standard_normal((n, options.dimension))
    x0 = uniform(rng, n, options.dimension)
    field = partial(vector_field, Network(drive))

    exact_s, exact = best_of(options.runs, lambda: settle(x0, drive, t))
    scipy_s, one_by_one = best_of(options.runs, lambda: by_scipy(x0[:few], drive[:few], t))
    batch_s, batch = best_of(1, lambda: dormand_prince(field, x0[np.newaxis], t).x[0])

    print(
        f"{processor()}, {os.cpu_count()} CPUs, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, SciPy {scipy.__version__}"
    )
    print(f"{n} oscillators, d = {options.dimension}, t = {t:g}, best of {options.runs}")
    rows = (
        ("exact flow (settle)", exact_s / n, exact),
        ("scipy solve_ivp RK45, each", scipy_s / few, one_by_one),
        ("dormand_prince, one batch", batch_s / n, batch),
    )
    for name, seconds, states in rows:
        error = np.abs(states - exact[: len(states)]).max()
        print(
            f"{name:28s} {1 / seconds:14,.0f} per second  {seconds * n / exact_s:10,.1f} x the time"
            f"  largest difference {error:.1e}"
        )


if __name__ == "__main__":
    main()
