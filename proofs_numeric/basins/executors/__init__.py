"""Where blocks of trials run: in this process, in others here, or on a Dask cluster."""

from __future__ import annotations

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.executors.cluster import Cluster
from lohe.proofs_numeric.basins.executors.losses import PATIENCE
from lohe.proofs_numeric.basins.executors.processes import Processes
from lohe.proofs_numeric.basins.executors.serial import Executor, Serial

__all__ = ["PATIENCE", "Cluster", "Executor", "Processes", "Serial", "executor"]


def executor(
    workers: int = 1, scheduler: str | None = None, patience: float = PATIENCE
) -> Executor:
    """Choose an executor.

    Parameters
    ----------
    workers
        Processes of this machine; 1 runs in this one.
    scheduler
        Address of a Dask scheduler, such as ``tcp://10.0.0.1:8786``, whose workers are used
        instead.
    patience
        Seconds without a result after which a process counts as hanging.

    Raises
    ------
    InputError
        If a value cannot be used, or both `workers` and `scheduler` are given.

    Examples
    --------
    >>> with executor(workers=1) as here:
    ...     list(here.run(abs, [3, -4]))
    [3, 4]
    """
    if scheduler is None:
        return Serial() if workers == 1 else Processes(workers, patience)
    if workers != 1:
        raise InputError("a Dask cluster has workers of its own; give a scheduler or workers")
    return Cluster(scheduler, patience)
