"""Measures how campaigns grow with workers, and that their memory does not grow with trials.

Run ``python benchmarks/basin_scaling.py``. Two problems: single oscillators of a decoupled head,
followed by the exact flow, and a network with crosstalk, integrated. Each campaign runs as it would
for a user, into a file, in a process of its own: with one process, with two of joblib's, and with
one and two workers of a Dask cluster of this machine. Rates are those between the first finished
block and the last: starting processes takes a second or two, whatever the number of trials. Memory
is the largest resident size that was seen of the campaign's own process, and of any worker.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import psutil
from local_cluster import LocalCluster

from lohe.attention.results import machine, versions
from lohe.dynamics.files import write_text
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins import campaign

MEBIBYTE = 2**20
# A run in a worker count's row of the printed table.
PLACES = (("joblib", 1), ("joblib", 2), ("dask", 1), ("dask", 2))


@dataclass(frozen=True)
class Measured:
    """One campaign.

    Parameters
    ----------
    problem, executor, workers, trials
        What ran; one worker of joblib is the campaign's own process.
    seconds
        From starting Python to its end.
    rate
        Trials per second between the first block and the last.
    client_mib, worker_mib
        Peak resident sizes; of the largest worker, 0 if there is none.
    file_mib
        Size of the campaign's file.
    """

    problem: str
    executor: str
    workers: int
    trials: int
    seconds: float
    rate: float
    client_mib: float
    worker_mib: float
    file_mib: float


def network(problem: str, seed: int) -> Network:
    rng = np.random.default_rng(seed)
    if problem == "decoupled":
        norms = np.exp(rng.standard_normal((4096, 1)))
        return Network(norms * rng.standard_normal((4096, 2)))
    crosstalk = 0.05 * rng.standard_normal((16, 16))
    np.fill_diagonal(crosstalk, 0)
    return Network(rng.standard_normal((16, 3)), crosstalk=crosstalk)


def client(options: argparse.Namespace) -> None:
    """Run one campaign and print when how many trials were done."""
    seen: list[tuple[float, int]] = []
    where = {"scheduler": options.address} if options.address else {"workers": options.workers}
    campaign.run(
        options.path,
        network(options.problem, options.seed),
        options.trials,
        seed=options.seed,
        horizons=(20.0,),
        tolerance=1e-2,
        progress=lambda done, total: seen.append((time.perf_counter(), done)),
        **where,
    )
    (_, _), (first_s, first), *_, (last_s, last) = seen
    print(json.dumps((last - first) / (last_s - first_s)))


class Peaks(threading.Thread):
    """Watches the resident sizes of a process, its children and others."""

    def __init__(self, process: int, workers: list[int]) -> None:
        super().__init__(daemon=True)
        self.process, self.workers = psutil.Process(process), [*map(psutil.Process, workers)]
        self.client = self.worker = 0
        self.ended = threading.Event()

    def run(self) -> None:
        """Look every twentieth of a second."""
        while not self.ended.wait(0.05):
            try:
                self.client = max(self.client, self.process.memory_info().rss)
                others = [*self.workers, *self.process.children(recursive=True)]
                sizes = [one.memory_info().rss for one in others]
            except psutil.NoSuchProcess:
                continue
            self.worker = max(self.worker, *sizes, 0) if sizes else self.worker


def measure(
    options: argparse.Namespace, problem: str, place: tuple[str, int], trials: int
) -> Measured:
    executor, workers = place
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        path = Path(folder) / "x.basin.sqlite"
        words = ["--client", "--problem", problem, "--seed", options.seed, "--path", path]
        words += ["--trials", trials, "--workers", workers]
        watched: list[int] = []
        if executor == "dask":
            cluster = stack.enter_context(LocalCluster(workers))
            time.sleep(options.pause)  # lets the workers join
            words += ["--address", cluster.address]
            watched = [worker.pid for worker in cluster.workers]
        begin = time.perf_counter()
        command = [sys.executable, __file__, *map(str, words)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        peaks = Peaks(process.pid, watched)
        peaks.start()
        said, _ = process.communicate()
        seconds = time.perf_counter() - begin
        peaks.ended.set()
        peaks.join()
        if process.returncode:
            raise RuntimeError(f"{problem} on {executor} failed")
        return Measured(
            problem=problem,
            executor=executor,
            workers=workers,
            trials=trials,
            seconds=round(seconds, 2),
            rate=round(json.loads(said), 1),
            client_mib=round(peaks.client / MEBIBYTE, 1),
            worker_mib=round(peaks.worker / MEBIBYTE, 1),
            file_mib=round(path.stat().st_size / MEBIBYTE, 1),
        )


def show(one: Measured) -> None:
    print(
        f"{one.problem:10s} {one.executor:6s} {one.workers} worker(s) {one.trials:11,} trials "
        f"{one.seconds:7.1f} s {one.rate:13,.0f} per s  "
        f"client {one.client_mib:5.0f} MiB, worker {one.worker_mib:5.0f}, file {one.file_mib:5.0f}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=10_000_000, help="of the decoupled head")
    parser.add_argument("--coupled-trials", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pause", type=float, default=5.0, help="for Dask workers to join")
    parser.add_argument("-o", "--output", default="benchmarks/results/basin_scaling.json")
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--problem", help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        client(options)
        return

    most = {"decoupled": options.trials, "coupled": options.coupled_trials}
    scaling, memory, growth = [], [], {}
    for problem, trials in most.items():
        rates = {}
        for place in PLACES:
            scaling.append(measure(options, problem, place, trials))
            rates[place] = scaling[-1].rate
            show(scaling[-1])
        for executor in ("joblib", "dask"):
            growth[f"{problem} {executor}"] = round(rates[executor, 2] / rates[executor, 1], 3)
        # A quarter has enough blocks that all that is ever held at once was held.
        memory += [measure(options, problem, ("joblib", 2), trials // 4), scaling[-3]]
        show(memory[-2])
    print("1 -> 2 workers: " + ", ".join(f"{name} {ratio:.2f}x" for name, ratio in growth.items()))
    document = {
        "benchmark": "basin_scaling",
        "seed": options.seed,
        "one_to_two_workers": growth,
        "scaling": [asdict(one) for one in scaling],
        "memory": [asdict(one) for one in memory],
        "versions": versions() | {name: version(name) for name in ("joblib", "distributed")},
        "machine": machine(),
    }
    write_text(options.output, json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
