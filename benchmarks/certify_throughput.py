"""How fast, and in how much memory, large decoupled networks are certified and checked.

Run as ``python benchmarks/certify_throughput.py``. Random softplus couplings to random unit
anchors stand in for a trained head; nothing here depends on their values but for cancellation.
The certificate is made for 380,000 oscillators in dimension 8 with 128 anchors each (389 MB of
couplings); the checker, which is exact and slower, runs on a smaller instance by default.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time

import numpy as np

from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.verify import verify


def random_network(n: int, keys: int, d: int, seed: int = 0) -> Network:
    rng = np.random.default_rng(seed)
    anchors = rng.standard_normal((keys, d))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    couplings = np.empty((n, keys))
    for start in range(0, n, 10_000):
        block = couplings[start : start + 10_000]
        np.logaddexp(0, 2 * rng.standard_normal(block.shape), out=block)
    return Network(couplings=couplings, anchors=anchors)


def peak_megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def measure(n: int, keys: int, d: int, mismatch: float, check: bool) -> None:
    network = random_network(n, keys, d)
    print(f"{n} oscillators, d = {d}, {keys} anchors, mismatch {mismatch:g}")
    start = time.perf_counter()
    certificate = certify(network, mismatch=mismatch)
    seconds = time.perf_counter() - start
    verdicts = ", ".join(f"{k} {v.verdict}" for k, v in certificate.claims.items())
    print(f"  certify {seconds:7.2f} s   peak {peak_megabytes():6.0f} MB   {verdicts}")
    if check:
        start = time.perf_counter()
        same = verify(certificate, network).verdict == certificate.verdict
        seconds = time.perf_counter() - start
        print(f"  check   {seconds:7.2f} s   peak {peak_megabytes():6.0f} MB   agrees: {same}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check-all", action="store_true", help="check the large ones too")
    options = parser.parse_args()
    for mismatch in (0.0, 1e-3):
        measure(25_000, 7, 2, mismatch, check=True)
    for mismatch in (0.0, 1e-3):
        measure(380_000, 128, 8, mismatch, check=options.check_all)


if __name__ == "__main__":
    main()
