"""A Dask scheduler and workers as processes of this machine, to be killed and stopped at will."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = ["LocalCluster"]

# One thread for each worker's linear algebra, as a nanny would set it.
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

# Runs a module, and on Linux asks the kernel to kill it when the process that started it dies.
_RUN = """
import ctypes, runpy, signal, sys
if sys.platform == "linux":
    set_parent_death_signal = 1
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGKILL)
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


class LocalCluster:
    """Starts ``dask scheduler`` and ``dask worker`` on loopback, and ends them whatever happens.

    Parameters
    ----------
    workers
        Started at once, each with one thread and no nanny that would restart it.
    settings
        Of Dask, as environment variables.
    """

    def __init__(self, workers: int, **settings: str) -> None:
        self._environment = os.environ | _ONE_THREAD | settings
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        place = Path(self._folder.name) / "scheduler.json"
        scheduler = ("--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(place))
        self.scheduler = self._start("scheduler", *scheduler, "--no-show")
        self.address = self._address(place)
        self.workers: list[subprocess.Popen[bytes]] = []
        for _ in range(workers):
            self.add_worker()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def add_worker(self) -> None:
        """Start another worker; it joins a few seconds later."""
        options = ("--nthreads", "1", "--no-nanny", "--memory-limit", "0", "--death-timeout", "60")
        self.workers.append(self._start("worker", self.address, *options))

    def stop(self) -> None:
        """Kill everything that is left."""
        for process in (self.scheduler, *self.workers):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self._folder.cleanup()

    def _start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [
                sys.executable,
                "-c",
                _RUN,
                f"distributed.cli.dask_{what}",
                *options,
                "--no-dashboard",
            ],
            cwd=self._folder.name,
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _address(self, place: Path) -> str:
        """Wait until the scheduler has written where it listens."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.scheduler.poll() is None:
            try:
                return str(json.loads(place.read_text())["address"])
            except (OSError, ValueError):
                time.sleep(0.02)
        self.scheduler.kill()
        raise RuntimeError("the scheduler did not start")
