"""Whether another process would compute the same bits as this one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

import numpy as np
from threadpoolctl import threadpool_limits

__all__ = ["Likeness", "likeness"]


@dataclass(frozen=True)
class Likeness:
    """What the last bits of a result depend on, beside the code and its input.

    Parameters
    ----------
    lohe, numpy, scipy
        Versions.
    rounding
        Digest of a probe of elementary functions and matrix products, which round differently in
        the kernels that NumPy and its BLAS choose for different processors.
    """

    lohe: str
    numpy: str
    scipy: str
    rounding: str

    def difference(self, other: Likeness) -> str | None:
        """Say in what the other differs from this, and what to do; None if it does not."""
        for package in ("lohe", "numpy", "scipy"):
            here, there = getattr(self, package), getattr(other, package)
            if here != there:
                return f"has {package} {there}, not {here} as here: install {package}=={here} there"
        if self.rounding != other.rounding:
            return (
                "rounds differently (another processor): use processors of one kind, or set the "
                "same OPENBLAS_CORETYPE and NPY_DISABLE_CPU_FEATURES there and here"
            )
        return None


@cache
def likeness() -> Likeness:
    """Describe this process, its linear algebra held to one thread."""
    with threadpool_limits(1):
        return Likeness(version("lohe"), version("numpy"), version("scipy"), _probe())


def _probe() -> str:
    """Digest some results whose last bits depend on the kernels in use."""
    digest = hashlib.sha256()
    x = np.random.default_rng(0).uniform(0.01, 3.0, (257, 129))
    for function in (np.exp, np.log, np.sin, np.cos, np.tan, np.tanh, np.arctan, np.sqrt):
        digest.update(function(x).tobytes())
    for columns in (1, 3, 16, 129):
        digest.update((x[:, :columns] @ x[:columns]).tobytes())
        digest.update((x[:columns] @ x.T).tobytes())
    digest.update(np.sum(x, axis=0).tobytes() + np.sum(x, axis=1).tobytes())
    digest.update(np.linalg.norm(x, axis=1).tobytes())
    return digest.hexdigest()
