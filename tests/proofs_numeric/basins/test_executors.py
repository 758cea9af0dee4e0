"""Executors differ in where blocks run and in nothing else."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace

import distributed
import psutil
import pytest
from local_cluster import LocalCluster

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.executors import Cluster, Processes, Serial, executor
from lohe.proofs_numeric.basins.executors import cluster as cluster_module
from lohe.proofs_numeric.basins.executors import dispatch as dispatch_module
from lohe.proofs_numeric.basins.executors.likeness import likeness
from lohe.proofs_numeric.basins.executors.losses import ATTEMPTS, SLICE, Losses, waiting

BLOCKS = 30


def task_of(seed):
    """Make a task that travels by value: worker processes cannot import a test."""

    def task(block):
        import numpy as np

        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(block,)))
        x = rng.standard_normal((40, 7))
        return block, (x.T @ x).tobytes()

    return task


@pytest.fixture(scope="module")
def local():
    with LocalCluster(2) as running:
        yield running


@pytest.fixture(scope="module")
def executors(local):
    with Processes(2) as processes, Cluster(local.address) as cluster:
        yield {"serial": Serial(), "processes": processes, "cluster": cluster}


@pytest.fixture(params=["serial", "processes", "cluster"])
def any_executor(request, executors):
    return executors[request.param]


@pytest.mark.parametrize("seed", [0, 1])
def test_all_give_the_same_results_each_once(any_executor, seed):
    task = task_of(seed)
    found = sorted(any_executor.run(task, range(BLOCKS)))
    assert found == [task(block) for block in range(BLOCKS)]


def test_any_choice_of_blocks_in_any_order(any_executor):
    blocks = [17, 3, 1000, 4]
    assert sorted(any_executor.run(lambda block: block, blocks)) == sorted(blocks)
    assert list(any_executor.run(lambda block: block, [])) == []


def test_blocks_are_drawn_a_few_ahead_and_closing_ends_it(any_executor):
    drawn = []

    def endless():
        for block in itertools.count():
            drawn.append(block)
            yield block

    results = any_executor.run(lambda block: block, endless())
    for taken in range(1, 20):
        next(results)
        assert len(drawn) <= taken + 4
    results.close()
    before = len(drawn)
    assert sorted(any_executor.run(lambda block: -block, range(3))) == [-2, -1, 0]
    assert len(drawn) == before


def test_a_task_may_keep_what_cannot_be_pickled(any_executor):
    def task(block):
        task.kept = lambda: block
        return block

    assert sorted(any_executor.run(task, range(BLOCKS))) == list(range(BLOCKS))


@pytest.mark.parametrize("kind", [InputError, ZeroDivisionError])
def test_what_the_task_raises_passes_unchanged(any_executor, kind):
    def task(block):
        if block == 5:
            raise kind("as it was")
        return block

    with pytest.raises(kind, match=r"^as it was$"):
        list(any_executor.run(task, range(BLOCKS)))
    assert sorted(any_executor.run(lambda block: block, range(3))) == [0, 1, 2]


@pytest.mark.parametrize("where", ["processes", "cluster"])
def test_linear_algebra_has_one_thread_in_each_worker(executors, where):
    def task(block):
        import numpy as np
        from threadpoolctl import threadpool_info

        np.ones((2, 2)) @ np.ones((2, 2))
        return [pool["num_threads"] for pool in threadpool_info()]

    for found in executors[where].run(task, range(4)):
        assert found
        assert set(found) == {1}


def test_no_more_processes_than_blocks_and_none_afterwards():
    def children():
        found = psutil.Process().children(recursive=True)
        return {child.pid for child in found if "popen_loky" in " ".join(child.cmdline())}

    before = children()
    with Processes(5) as processes:
        pids = set(processes.run(lambda block: os.getpid(), range(1)))
        assert children() - before == pids
        assert len(pids) == 1
    assert children() == before


def test_processes_end_without_a_word_whenever_ctrl_c_comes(capfd):
    def blocks():
        yield from range(3)
        raise KeyboardInterrupt

    for _ in range(3):
        with Processes(2) as processes, pytest.raises(KeyboardInterrupt):
            list(processes.run(lambda block: block, blocks()))
    assert capfd.readouterr() == ("", "")


def test_a_block_that_kills_its_process_is_named_and_harms_no_other():
    def task(block):
        import os

        if block == 3:
            os.kill(os.getpid(), 9)
        return block

    found = []
    with Processes(2) as processes, pytest.raises(InputError) as raised:
        found.extend(processes.run(task, range(20)))
    assert str(raised.value).startswith(f"block 3 was lost {ATTEMPTS} times in a row: its process")
    assert set(found) <= set(range(20)) - {3}
    assert len(found) == len(set(found))


@pytest.mark.filterwarnings("ignore:A worker stopped:UserWarning")
def test_a_process_that_loky_replaces_for_its_memory_loses_nothing():
    def task(block):
        import os

        from joblib.externals.loky import process_executor

        process_executor._MEMORY_LEAK_CHECK_DELAY = -1.0
        process_executor._MAX_MEMORY_LEAK_SIZE = -1e12  # so that any size is too much
        return block, os.getpid()

    with Processes(1) as processes:
        found = sorted(processes.run(task, range(4)))
    assert [block for block, _ in found] == list(range(4))
    assert len({process for _, process in found}) > 1


def test_with_nothing_given_ahead_no_block_waits_for_a_busy_process():
    def task(block):
        import time

        time.sleep(0.5 if block == 0 else 0)
        return block

    with Processes(2, ahead=1) as processes:
        list(processes.run(task, range(2)))  # until both have started
        assert list(processes.run(task, range(4)))[-1] == 0
    with pytest.raises(InputError, match="ahead is 0"):
        Processes(2, ahead=0)


def test_a_block_that_hangs_is_named():
    def task(block):
        import time

        time.sleep(30 if block == 1 else 0)
        return block

    with Processes(1, patience=0.2) as processes, pytest.raises(InputError) as raised:
        list(processes.run(task, range(3)))
    assert "block 1 was lost 3 times in a row: no result for 0.2 s" in str(raised.value)


def test_a_block_that_kills_dask_workers_is_one_line():
    def task(block):
        import os

        os._exit(9)

    settings = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with (
        LocalCluster(1, **settings) as local,
        Cluster(local.address) as cluster,
        pytest.raises(
            InputError, match=r"^block 7 was lost 1 times in a row: its worker was killed"
        ),
    ):
        list(cluster.run(task, [7]))


@pytest.mark.parametrize("which", [0, 1])
def test_a_worker_that_hangs_before_it_has_the_task_loses_nothing(local, which):
    with Cluster(local.address, patience=2.0) as cluster:
        local.workers[which].send_signal(signal.SIGSTOP)
        try:
            assert sorted(cluster.run(lambda block: block, range(BLOCKS))) == list(range(BLOCKS))
        finally:
            local.workers[which].send_signal(signal.SIGCONT)


def test_blocks_that_another_client_cancels_run_again(local):
    def task(block):
        import time

        time.sleep(0.05)
        return block

    with (
        Cluster(local.address) as cluster,
        distributed.Client(local.address, set_as_default=False) as other,
    ):
        results = cluster.run(task, range(10))
        found = [next(results)]
        keys = [key for held in other.processing().values() for key in held]
        assert keys
        other.cancel([distributed.Future(key, client=other) for key in keys], force=True)
        found += results
    assert sorted(found) == list(range(10))


def test_losses_in_a_row_count_and_a_return_clears_them():
    losses = Losses()
    for _ in range(3):
        for _ in range(ATTEMPTS - 1):
            losses.add(5, "why")
        losses.clear(5)
    losses.add(5, "why")
    losses.add(5, "why")
    with pytest.raises(InputError, match=r"block 5 .* why"):
        losses.add(5, "why")


def test_time_in_which_this_process_was_stopped_is_not_waiting():
    answer, waited = waiting(lambda seconds: time.sleep(seconds + 0.3) or seconds, 100.0)
    assert answer == waited == SLICE
    assert waiting(lambda seconds: "at once", 100.0)[1] < SLICE
    assert waiting(lambda seconds: seconds, -1.0)[0] == 0.0


def test_the_choice_of_an_executor():
    assert isinstance(executor(), Serial)
    assert isinstance(executor(2), Processes)
    assert isinstance(executor(scheduler="tcp://127.0.0.1:1"), Cluster)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"workers": 0}, "workers is 0"),
        ({"workers": 2, "scheduler": "tcp://127.0.0.1:1"}, "give a scheduler or workers"),
        ({"workers": 2, "patience": 0.0}, "patience is 0.0"),
        ({"scheduler": "tcp://127.0.0.1:1", "patience": float("nan")}, "patience is nan"),
    ],
)
def test_what_cannot_be_used_is_refused(values, said):
    with pytest.raises(InputError, match=said):
        executor(**values)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:1", "nonsense://x", "tcp://no port"])
def test_no_scheduler_is_one_line(monkeypatch, address, capfd):
    monkeypatch.setattr(cluster_module, "_CONNECT", 0.3)
    with pytest.raises(InputError, match="no Dask scheduler answers at") as raised:
        Cluster(address).__enter__()
    assert "\n" not in str(raised.value)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("address", ["nonsense://x", "tcp://no port", "tcp://no-port"])
def test_no_client_is_made_for_an_address_that_cannot_be_read(monkeypatch, address):
    """It would be closed as the process ends, with ten seconds' wait and a traceback."""
    monkeypatch.setattr(distributed, "Client", None)
    with pytest.raises(InputError, match="no Dask scheduler answers at"):
        Cluster(address).__enter__()


def test_no_worker_is_one_line():
    with (
        LocalCluster(0) as local,
        pytest.raises(InputError, match="no worker has joined") as raised,
    ):
        Cluster(local.address, patience=0.2).__enter__()
    assert f"dask worker {local.address}" in str(raised.value)


def test_no_client_starts_an_event_loop(local):
    """Its own gets ten seconds, which a busy machine may exceed, and fails without a word."""
    before = set(threading.enumerate())
    with Cluster(local.address) as cluster:
        assert list(cluster.run(lambda block: block, [3])) == [3]
        started = {thread.name for thread in set(threading.enumerate()) - before}
    assert "IO loop" not in started


def test_a_missing_dask_is_one_line_with_the_fix(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'lohe\[cluster\]'"):
        Cluster("tcp://127.0.0.1:1").__enter__()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lohe": "9.9"}, "install lohe==9.9 there"),
        ({"numpy": "9.9"}, "install numpy==9.9 there"),
        ({"rounding": "other"}, "rounds differently"),
    ],
)
@pytest.mark.parametrize("late", [False, True])
def test_a_worker_that_would_give_other_bits_is_refused_by_name(
    local, monkeypatch, change, said, late
):
    other = replace(likeness(), **change)
    if not late:  # it is there when the run begins
        monkeypatch.setattr(cluster_module, "likeness", lambda: other)
        with pytest.raises(InputError, match=rf"^worker tcp://127.0.0.1:\d+ .*{said}"):
            Cluster(local.address).__enter__()
        return
    with Cluster(local.address) as cluster:  # it joins later
        monkeypatch.setattr(dispatch_module, "likeness", lambda: other)
        with pytest.raises(InputError, match=rf"^worker tcp://127.0.0.1:\d+ .*{said}"):
            list(cluster.run(lambda block: block, [0]))


def test_likeness_is_the_same_every_time():
    assert likeness.__wrapped__() == likeness()
    assert likeness().difference(likeness()) is None


def test_another_blas_kernel_is_told_apart():
    from threadpoolctl import threadpool_info

    kernels = {pool.get("architecture") for pool in threadpool_info()}
    if "Haswell" not in kernels and "SkylakeX" not in kernels:
        pytest.skip(f"needs OpenBLAS on a processor with AVX2; this one has {kernels}")
    script = (
        "from lohe.proofs_numeric.basins.executors.likeness import likeness\n"
        "print(likeness().rounding)"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", script],
            env=os.environ | {"OPENBLAS_CORETYPE": kernel},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for kernel in ("Haswell", "Nehalem")
    ]
    assert found[0] != found[1]
