"""A block as a row of a campaign's file: written once, read back with suspicion."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.proofs_numeric.basins.header import Series
from lohe.proofs_numeric.basins.plan import LABELS
from lohe.proofs_numeric.basins.summary import BlockSummary, strata_in

__all__ = ["COLUMNS", "SUMMARY", "Row", "seal_records"]

Floats = NDArray[np.float64]

SUMMARY = (
    "seed",
    "number",
    "trials",
    "stream",
    "counts",
    "places",
    "firsts",
    "certified",
    "weights",
    "attractors",
    "digest",
)
COLUMNS = (*SUMMARY, "records", "records_digest")

_CONVERGED = LABELS.index("converged")


@dataclass(frozen=True)
class Row:
    """The columns of a block, but for its records, in the order of `SUMMARY`."""

    seed: str
    number: int
    trials: int
    stream: str
    counts: str
    places: str
    firsts: str
    certified: int
    weights: bytes | None
    attractors: bytes
    digest: bytes

    @classmethod
    def of(cls, series: Series, block: BlockSummary) -> Row:
        """Write a block."""
        weights = None
        if block.failures is not None and block.seen is not None:
            weights = b"".join(map(_bytes, (*block.failures, *block.seen)))
        row = cls(
            seed=str(series.plan.seed),
            number=block.number,
            trials=block.trials,
            stream=series.stream(block.number),
            counts=json.dumps(block.counts.tolist()),
            places=json.dumps(block.places.tolist()),
            firsts=json.dumps(block.firsts.tolist()),
            certified=block.certified,
            weights=weights,
            attractors=_bytes(block.attractors),
            digest=b"",
        )
        return cls(**vars(row) | {"digest": row._seal(series)})

    def summary(self, series: Series, shape: tuple[int, int]) -> BlockSummary:
        """Read the block.

        Parameters
        ----------
        series
        shape
            Of a state, (n, d).

        Raises
        ------
        KeyError, OverflowError, TypeError, ValueError
            If the row was altered, or belongs to another plan.
        """
        if self.digest != self._seal(series) or self.stream != series.stream(self.number):
            raise ValueError("the block does not belong to this plan, or was altered")
        plan = series.plan
        strata = strata_in(plan)
        counts = _counts(self.counts, (strata, len(plan.horizons), len(LABELS)))
        places = _counts(self.places, None)
        if places.shape != (strata, max(2, places.shape[-1])):
            raise ValueError("a stratum's trials rest nowhere, at the reference or elsewhere")
        kinds = places.shape[1] - 2
        firsts = _counts(self.firsts, (kinds,))
        if np.any(counts.sum(axis=2) != places.sum(axis=1)[:, np.newaxis]):
            raise ValueError("the block's counts do not add up")
        if int(places.sum()) != self.trials or not 0 <= self.certified <= self.trials:
            raise ValueError("the block has another number of trials")
        if np.any(firsts >= self.trials) or np.any(places[:, 2:].sum(axis=0) < 1):
            raise ValueError("an attractor was found by no trial")
        failures = self.trials - counts[..., _CONVERGED].sum(axis=0)
        # Found nowhere, then at each attractor: all but those at the reference point.
        away = np.delete(places.sum(axis=0), 1)
        weights = self._weights(series, [*failures, *away])
        horizons = len(plan.horizons)
        return BlockSummary(
            number=self.number,
            counts=counts,
            places=places,
            firsts=firsts,
            certified=self.certified,
            failures=None if weights is None else weights[:horizons],
            seen=None if weights is None else weights[horizons:],
            attractors=_floats(self.attractors, (kinds, *shape)),
        )

    def _weights(self, series: Series, sizes: list[int]) -> tuple[Floats, ...] | None:
        if (self.weights is None) != (series.plan.starts.kind != "tilted"):
            raise ValueError("starts have weights where they are tilted, and only there")
        if self.weights is None:
            return None
        weights = _floats(self.weights, (sum(sizes),))
        if np.any(weights < 0) or np.any(weights > series.plan.starts.power):
            raise ValueError("a weight is out of range")
        return tuple(np.split(weights, np.cumsum(sizes)[:-1]))

    def _seal(self, series: Series) -> bytes:
        """Digest the row together with what of the plan it depends on."""
        sha = hashlib.sha256(series.sampled.encode())
        for name in SUMMARY[:-1]:
            value: Any = getattr(self, name)
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            sha.update(f"\n{name} {len(data)}\n".encode() + data)
        return sha.digest()


def seal_records(row: Row, records: bytes) -> bytes:
    """Digest a block's records together with its row."""
    return hashlib.sha256(row.digest + records).digest()


def _bytes(values: Floats) -> bytes:
    return np.asarray(values).astype("<f8").tobytes()


def _floats(data: bytes, shape: tuple[int, ...]) -> Floats:
    values = np.frombuffer(data, dtype="<f8").astype(np.float64).reshape(shape)
    if not np.isfinite(values).all():
        raise ValueError("a number is not finite")
    return values


def _counts(text: str, shape: tuple[int, ...] | None) -> NDArray[np.int64]:
    found = json.loads(text)
    values = np.array(found) if found else np.zeros(0, dtype=np.int64)
    if values.dtype != np.int64 or np.any(values < 0):
        raise ValueError("counts are integers, not negative")
    if values.shape != shape if shape is not None else values.ndim != 2:
        raise ValueError("there are more or fewer counts than needed")
    return values
