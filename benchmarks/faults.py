"""Injects faults into a real campaign and compares its file with an undisturbed one's.

Run ``python benchmarks/faults.py``. A campaign of a network with crosstalk runs in a process of its
own, with joblib's processes or on a Dask cluster of this machine. In the middle of it something
dies, hangs or fills up; where the campaign ends with an error, the same command runs again. Every
block that is started leaves a line in a log. Of the final file all columns of all blocks are
compared.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
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
from lohe.proofs_numeric.basins.executors import Executor, executor

Client = subprocess.Popen[str]
Strike = Callable[[Client, LocalCluster | None], None]


@dataclass(frozen=True)
class Outcome:
    """What one fault did.

    Parameters
    ----------
    executor, fault
        Names.
    struck_after
        Blocks that had been started when it struck.
    ended_with
        What the campaign said when the fault ended it; empty if it went on by itself.
    blocks
        Of the campaign.
    lost, counted_twice, altered
        Blocks that the final file lacks, holds twice, or holds otherwise than an undisturbed one.
    run_again
        Blocks that were started more than once.
    delay_s
        Seconds beyond the undisturbed run with the same executor.
    """

    executor: str
    fault: str
    struck_after: int
    ended_with: str
    blocks: int
    lost: int
    counted_twice: int
    altered: int
    run_again: int
    delay_s: float


class Logged:
    """A task that notes each block it starts, in one write that no other can split."""

    def __init__(self, task: Callable[[int], object], log: Path) -> None:
        self.task, self.log = task, log

    def __call__(self, block: int) -> object:
        """Note the block and run it."""
        with self.log.open("ab", buffering=0) as file:
            file.write(b"%d\n" % block)
        return self.task(block)


def network(options: argparse.Namespace) -> Network:
    rng = np.random.default_rng(options.seed)
    n = options.oscillators
    crosstalk = 0.05 * rng.standard_normal((n, n))
    np.fill_diagonal(crosstalk, 0)
    return Network(rng.standard_normal((n, 3)), crosstalk=crosstalk)


def client(options: argparse.Namespace) -> None:
    """Run the campaign: what the faults happen to."""

    def logged(*arguments: object) -> Executor:
        chosen = executor(*arguments)
        run = chosen.run
        chosen.run = lambda task, blocks: run(Logged(task, options.log), blocks)
        return chosen

    campaign.executor = logged
    where = {"scheduler": options.address} if options.address else {"workers": options.workers}
    campaign.run(
        options.path,
        network(options),
        options.trials,
        seed=options.seed,
        horizons=(20.0,),
        patience=options.patience,
        **where,
    )


def start(options: argparse.Namespace, path: Path, cluster: LocalCluster | None) -> Client:
    words = ["--client", "--path", path, "--log", path.with_suffix(".log")]
    for name in ("trials", "oscillators", "seed", "workers", "patience"):
        words += [f"--{name}", getattr(options, name)]
    if cluster is not None:
        words += ["--address", cluster.address]
    command = [sys.executable, __file__, *map(str, words)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)


def started(path: Path) -> list[str]:
    log = path.with_suffix(".log")
    return log.read_text().split() if log.exists() else []


def finished(path: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT * FROM block ORDER BY seed, number").fetchall()
    database.close()
    return rows


def processes_of(client: Client) -> list[psutil.Process]:
    found = psutil.Process(client.pid).children(recursive=True)
    return [process for process in found if "popen_loky" in " ".join(process.cmdline())]


def to_worker(number: int) -> Strike:
    def strike(client: Client, cluster: LocalCluster | None) -> None:
        if cluster is None:
            processes_of(client)[0].send_signal(number)
        else:
            cluster.workers[0].send_signal(number)

    return strike


def fill_disk(client: Client, cluster: LocalCluster | None) -> None:
    # No byte can be written to a file past this size: for SQLite, a device without space.
    resource.prlimit(client.pid, resource.RLIMIT_FSIZE, (4096, 4096))


def scheduler_dies(client: Client, cluster: LocalCluster | None) -> None:
    assert cluster is not None
    cluster.scheduler.kill()


FAULTS: dict[str, Strike] = {
    "a worker is killed (kill -9)": to_worker(signal.SIGKILL),
    "a worker hangs (SIGSTOP)": to_worker(signal.SIGSTOP),
    "the client is killed (kill -9)": lambda client, _: client.kill(),
    "Ctrl-C": lambda client, _: os.killpg(client.pid, signal.SIGINT),
    "the disk is full": fill_disk,
    "the scheduler is killed (kill -9)": scheduler_dies,
}


@contextmanager
def workplace(options: argparse.Namespace) -> Iterator[LocalCluster | None]:
    if options.executor == "joblib":
        yield None
        return
    with LocalCluster(options.workers) as cluster:
        deadline = time.monotonic() + 60
        while any(not joined(worker) for worker in cluster.workers):
            if time.monotonic() > deadline:
                raise RuntimeError("the workers did not join")
            time.sleep(0.1)
        yield cluster


def joined(worker: subprocess.Popen[bytes]) -> bool:
    links = psutil.Process(worker.pid).net_connections()
    return any(link.status == psutil.CONN_ESTABLISHED for link in links)


def undisturbed(options: argparse.Namespace, path: Path) -> float:
    with workplace(options) as cluster:
        begin = time.perf_counter()
        process = start(options, path, cluster)
        _, said = process.communicate()
        if process.returncode:
            raise RuntimeError(said)
        return time.perf_counter() - begin


def last_words(code: int, said: str) -> str:
    """Return the last line of a traceback, or the signal that left no time for one."""
    return said.strip().splitlines()[-1] if code > 0 else signal.Signals(-code).name


def disturbed(
    fault: str, options: argparse.Namespace, path: Path, expected: list, usual: float
) -> Outcome:
    name = options.executor
    with ExitStack() as stack:
        cluster = stack.enter_context(workplace(options))
        begin = time.perf_counter()
        process = start(options, path, cluster)
        while len(started(path)) < len(expected) // 2 and process.poll() is None:
            time.sleep(0.01)
        struck_after = len(started(path))
        FAULTS[fault](process, cluster)
        _, said = process.communicate()
        ended_with = ""
        if process.returncode:
            ended_with = last_words(process.returncode, said).replace(str(path), path.name)
            if cluster is not None and cluster.scheduler.poll() is not None:
                cluster = stack.enter_context(workplace(options))
            process = start(options, path, cluster)
            _, said = process.communicate()
            if process.returncode:
                raise RuntimeError(said)
        seconds = time.perf_counter() - begin
    rows, log = finished(path), started(path)
    numbers = [row[:2] for row in rows]
    return Outcome(
        executor=name,
        fault=fault,
        struck_after=struck_after,
        ended_with=ended_with,
        blocks=len(expected),
        lost=len({row[:2] for row in expected} - set(numbers)),
        counted_twice=len(numbers) - len(set(numbers)),
        altered=len(set(rows) - set(expected)),
        run_again=len(log) - len(set(log)),
        delay_s=round(seconds - usual, 2),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=100_000)
    parser.add_argument("--oscillators", type=int, default=16)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--patience", type=float, default=10.0)
    parser.add_argument("--executor", choices=["joblib", "dask"], help="both by default")
    parser.add_argument("-o", "--output", default="benchmarks/results/faults.json")
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--log", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--address", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.client:
        client(options)
        return

    outcomes, usual = [], {}
    names = [options.executor] if options.executor else ["joblib", "dask"]
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            options.executor = name
            path = Path(folder) / f"{name}.basin.sqlite"
            usual[name] = round(undisturbed(options, path), 2)
            expected = finished(path)
            print(f"{name}: {len(expected)} blocks undisturbed in {usual[name]:.1f} s")
            for number, fault in enumerate(FAULTS):
                if name == "joblib" and FAULTS[fault] is scheduler_dies:
                    continue
                path = Path(folder) / f"{name}{number}.basin.sqlite"
                outcome = disturbed(fault, options, path, expected, usual[name])
                outcomes.append(outcome)
                print(
                    f"  {fault:34s} after {outcome.struck_after:3d}: lost {outcome.lost}, "
                    f"twice {outcome.counted_twice}, altered {outcome.altered}, "
                    f"run again {outcome.run_again}, {outcome.delay_s:+.1f} s {outcome.ended_with}"
                )
    settings = ("trials", "oscillators", "seed", "workers", "patience")
    document = {
        "benchmark": "faults",
        "settings": {name: getattr(options, name) for name in settings},
        "undisturbed_s": usual,
        "outcomes": [asdict(outcome) for outcome in outcomes],
        "versions": versions() | {name: version(name) for name in ("joblib", "distributed")},
        "machine": machine(),
    }
    write_text(options.output, json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
