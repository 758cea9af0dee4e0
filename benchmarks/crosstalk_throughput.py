"""How fast, and in how much memory, networks with crosstalk are certified.

Run ``python benchmarks/crosstalk_throughput.py``. Each instance is certified by T6 (one stable
resting point), T6a (almost every start reaches it) and T6b (a cap around it, whose inner angle
encloses the resting point), with its digest, in a process of its own, so that the peak memory is
its own. The last columns set this beside two generic ways, each on a smaller part, and scale them:
Arb, which takes the same row sums and forces as ball matrices, rows of the same J at a time; and
Newton-Kantorovich in the dense Jacobian of a smaller network, the usual proof of a zero, of which
only the inverse is timed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import resource
import sys
import time
from collections.abc import Callable

import networkx as nx
import numpy as np
from flint import arb_mat, ctx
from scipy import sparse

from lohe.dynamics.network import Network
from lohe.dynamics.topology import crosstalk_from_graph
from lohe.proofs_numeric.coupled.attraction import examine_attraction
from lohe.proofs_numeric.coupled.cap import certify_cap
from lohe.proofs_numeric.coupled.contraction import examine_contraction
from lohe.proofs_numeric.decoupled import enclose_drives
from lohe.proofs_numeric.uncertainty import Uncertainty

# Rows of J that Arb takes, and angles of the network that Newton-Kantorovich takes.
_ARB_ROWS = 16
_NEWTON_ANGLES = 2100


def drives(rng: np.random.Generator, n: int, d: int) -> np.ndarray:
    h = rng.standard_normal((n, d))
    return h * (rng.uniform(1, 3, (n, 1)) / np.linalg.norm(h, axis=1, keepdims=True))


def dense(n: int, d: int) -> Network:
    """All-to-all crosstalk, not symmetric, each row 0.3 in sum."""
    rng = np.random.default_rng(0)
    j = np.empty((n, n))
    for start in range(0, n, 500):
        block = j[start : start + 500]
        rng.standard_normal(out=block)
        block *= 0.3 / np.abs(block).sum(axis=1, keepdims=True)
    np.fill_diagonal(j, 0)
    return Network(drives(rng, n, d), crosstalk=j)


def regular(n: int, d: int) -> Network:
    """Return a random 4-regular graph with the same coupling on every edge."""
    j = crosstalk_from_graph(nx.random_regular_graph(4, n, seed=0), strength=0.08)
    return Network(drives(np.random.default_rng(0), n, d), crosstalk=j)


def grid(n: int, d: int) -> Network:
    """Return a square grid, assembled from its sides."""
    side = round(np.sqrt(n))
    chain = sparse.diags_array([0.08, 0.08], offsets=[-1, 1], shape=(side, side))
    identity = sparse.eye_array(side)
    j = sparse.kron(chain, identity) + sparse.kron(identity, chain)
    return Network(drives(np.random.default_rng(0), side * side, d), crosstalk=j)


def peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def timed(call: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def by_arb(network: Network, centre: np.ndarray) -> float:
    """Return Arb's seconds for row sums and forces of all oscillators, scaled from a few rows."""
    rows = min(_ARB_ROWS, network.n)
    with ctx.workprec(53):
        state = arb_mat(centre.tolist())
        ones = arb_mat(network.n, 1, [1] * network.n)
        part = network.crosstalk[:rows].tolist()
        sizes = np.abs(network.crosstalk[:rows]).tolist()
        seconds, _ = timed(lambda: (arb_mat(part) * state, arb_mat(sizes) * ones))
    return seconds * network.n / rows


def by_newton(network: Network) -> float:
    """Return seconds to invert the Jacobian, scaled by the cube from a part of the network."""
    angles = network.n * (network.d - 1)
    size = min(angles, _NEWTON_ANGLES)
    matrix = np.eye(size) + np.random.default_rng(0).standard_normal((size, size)) / size
    seconds, _ = timed(lambda: np.linalg.inv(matrix))
    return seconds * (angles / size) ** 3


def measure(make: Callable[[int, int], Network], n: int, d: int) -> None:
    built, network = timed(lambda: make(n, d))
    assert isinstance(network, Network)
    before = peak_megabytes()
    allowed = Uncertainty(crosstalk=1e-3)
    steps: dict[str, Callable[[], object]] = {
        "digest": lambda: network.digest,
        "drives": lambda: enclose_drives(network),
        "T6": lambda: examine_contraction(network, allowed).contraction_upper,
        "T6a": lambda: examine_attraction(network, allowed).rate_lower,
        "T6b": lambda: certify_cap(network, allowed),
    }
    seconds, results = {}, {}
    for name, step in steps.items():
        seconds[name], results[name] = timed(step)
    cap, total = results["T6b"], sum(seconds.values())
    nominal, exact = timed(lambda: certify_cap(network, Uncertainty()))
    parts = ", ".join(f"{name} {value:.2f}" for name, value in seconds.items())
    print(
        f"{make.__name__:8s} n = {network.n:9,d}  d = {d}  built in {built:.1f} s, {before:.0f} MB"
    )
    print(f"  all {total:6.2f} s ({parts})   peak {peak_megabytes():6.0f} MB")
    print(
        f"  contraction {results['T6']:.3f}, rate {results['T6a']:.3f}, cap {cap.angle_lower:.3f}, "
        f"located within {cap.inner_upper:.1e}"
    )
    print(f"  the stored network alone: located within {exact.inner_upper:.1e} in {nominal:.2f} s")
    if sparse.issparse(network.crosstalk):
        return
    arb_seconds = by_arb(network, cap.centre)
    print(f"  Arb, row sums and forces once: {arb_seconds:9.0f} s  ({arb_seconds / total:6.0f} x)")
    newton = by_newton(network)
    print(f"  Newton-Kantorovich, inverse:   {newton:9.0f} s  ({newton / total:6.0f} x)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    quick = parser.parse_args().quick
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "all")
    print(f"{platform.machine()}, {os.cpu_count()} processors, BLAS threads: {threads}")
    scale = 10 if quick else 1
    fresh = multiprocessing.get_context("spawn")
    for make, n, d in ((dense, 10_000, 8), (grid, 1_000_000, 3), (regular, 100_000, 3)):
        process = fresh.Process(target=measure, args=(make, n // scale, d))
        process.start()
        process.join()
        if process.exitcode:
            raise SystemExit(f"{make.__name__} failed")


if __name__ == "__main__":
    main()
