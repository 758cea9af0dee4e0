"""Claims about natural frequencies."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lohe.audit.outcome import Outcome

__all__ = ["locking_by_dimension"]

_NETWORKS = 2000
_DIMENSIONS = (2, 3, 4, 5, 6, 7)
_CONFIDENCE = 0.99


def locking_by_dimension(place: Path | None, seed: int) -> Outcome:
    """Prove or refute for random oscillators whether they lock (T5), by their dimension.

    Drives and the entries of the skew frequencies are standard normal. Says ``odd always`` if all
    of odd dimension lock, and of even dimension some do not; else ``not always``.
    """
    del place
    from lohe.dynamics.network import Network
    from lohe.proofs_numeric.locking import examine_locks
    from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson

    rng = np.random.default_rng(seed)
    told, locked = [], {}
    for d in _DIMENSIONS:
        upper_half = np.triu(rng.standard_normal((_NETWORKS, d, d)), 1)
        drive = rng.standard_normal((_NETWORKS, d))
        network = Network(drive, frequency=upper_half - upper_half.mT)
        count = int((examine_locks(network).rates_lower > 0).sum())
        lower, upper = (100 * bound for bound in clopper_pearson(count, _NETWORKS, _CONFIDENCE))
        locked[d] = count
        told.append(f"d = {d}: {100 * count / _NETWORKS:.1f} % ({lower:.1f} to {upper:.1f})")
    odd = all(count == _NETWORKS for d, count in locked.items() if d % 2)
    even = all(count < _NETWORKS for d, count in locked.items() if not d % 2)
    return Outcome("odd always" if odd and even else "not always", f"lock: {', '.join(told)}")
