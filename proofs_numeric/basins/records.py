"""Every start's record as bytes: typed columns, compressed, and read back with suspicion."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np

from lohe.proofs_numeric.basins.plan import LABELS, Plan
from lohe.proofs_numeric.basins.result import NOWHERE, BlockResult
from lohe.proofs_numeric.basins.summary import BlockSummary, strata_in, summarise

__all__ = ["decode", "encode"]

_LEVEL = 1  # higher levels cost many times as much time and save a few per cent


@dataclass(frozen=True)
class _Column:
    """A quantity of every start: its name in a block's result, and its type in the file."""

    name: str
    kind: str
    rows: int = 1

    def size(self, trials: int) -> int:
        return self.rows * trials * np.dtype(self.kind).itemsize


def _told(plan: Plan) -> tuple[_Column, ...]:
    """Columns of few different values, which are compressed."""
    return (
        _Column("labels", "u1", len(plan.horizons)),
        _Column("strata", "u1"),
        _Column("certified", "u1"),
        _Column("places", "<i4"),
    )


def _measured(plan: Plan) -> tuple[_Column, ...]:
    """Columns that look like noise: compressing them would take longer than sampling them."""
    columns = (_Column("times", "<f4"), _Column("residuals", "<f4"))
    return (*columns, _Column("weights", "<f8")) if plan.starts.kind == "tilted" else columns


def encode(plan: Plan, result: BlockResult) -> bytes:
    """Write the records of a block's starts.

    Times and residuals are rounded to 32-bit floats, the rest is kept exactly.
    """

    def written(columns: tuple[_Column, ...]) -> bytes:
        with np.errstate(over="ignore"):  # beyond 32-bit floats is infinite
            values = [np.asarray(getattr(result, c.name)).astype(c.kind) for c in columns]
        return b"".join(value.tobytes() for value in values)

    return zlib.compress(written(_told(plan)), _LEVEL) + written(_measured(plan))


def decode(plan: Plan, summary: BlockSummary, blob: bytes) -> BlockResult:
    """Read the records of a block's starts.

    Parameters
    ----------
    plan
    summary
        What was counted in the block; the records must give the same counts.
    blob
        What `encode` wrote.

    Raises
    ------
    ValueError
        If the bytes are none of `encode`'s, or disagree with the summary.
    """
    trials, told, measured = summary.trials, _told(plan), _measured(plan)
    split = len(blob) - sum(column.size(trials) for column in measured)
    if split < 0:
        raise ValueError("the records are too short")
    data = _inflate(blob[:split], sum(column.size(trials) for column in told)) + blob[split:]
    values, start = {}, 0
    for column in (*told, *measured):
        end = start + column.size(trials)
        values[column.name] = np.frombuffer(data[start:end], dtype=column.kind)
        start = end
    labels, places = values["labels"].reshape(-1, trials), values["places"].astype(np.int32)
    if (
        labels.max() >= len(LABELS)
        or values["strata"].max() >= strata_in(plan)
        or values["certified"].max() > 1
        or not NOWHERE <= places.min() <= places.max() <= len(summary.attractors)
    ):
        raise ValueError("a record is out of range")
    weights = values.get("weights")
    result = BlockResult(
        number=summary.number,
        labels=labels,
        strata=values["strata"],
        weights=None if weights is None else weights.astype(np.float64),
        times=values["times"].astype(np.float64),
        residuals=values["residuals"].astype(np.float64),
        places=places,
        certified=values["certified"].astype(bool),
        attractors=summary.attractors,
    )
    if not summary.same(summarise(plan, result)):
        raise ValueError("records and counts disagree")
    return result


def _inflate(blob: bytes, size: int) -> bytes:
    """Decompress to exactly so many bytes; a forged stream cannot claim more memory."""
    inflater = zlib.decompressobj()
    try:
        data = inflater.decompress(blob, size + 1)
    except zlib.error as error:
        raise ValueError("the records cannot be decompressed") from error
    if len(data) != size or not inflater.eof or inflater.unused_data:
        raise ValueError("the records have another length")
    return data
