"""Claims about the hardware: what faults cost, and how many operations a stage takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lohe.audit.outcome import Outcome
from lohe.dynamics.errors import InputError

__all__ = ["fault", "operations"]


def fault(place: Path, seed: int, *, case: str, published: float) -> Outcome:
    """Compare what a fault costs on devices with what is published of it.

    The change is in points of an accuracy, or relative in a perplexity, and `published` is, too.
    Says ``agrees`` if the interval over devices holds it, else whether the change is ``smaller`` or
    ``larger`` in size.
    """
    del seed
    from lohe.proofs_numeric.statistics.paired import mean_interval
    from lohe.reports.fault_grid import primary_metric
    from lohe.reports.hardware_files import load_hardware

    document = load_hardware(place).document
    if case not in document["cases"]:
        raise InputError(f"{place} has no case {case!r}; run the command again")
    metric = primary_metric(document)
    ideal = document["cases"]["ideal"]["scores"][0][metric]
    points = "accuracy" in metric
    scale = 1.0 if points else ideal
    found = mean_interval([
        (one[metric] - ideal) / scale for one in document["cases"][case]["scores"]
    ])  # fmt: skip
    unit = "points of accuracy" if points else f"% of {metric}"
    told = (
        f"{case}: {100 * found.value:+.2f} {unit} ({100 * found.lower:+.2f} to "
        f"{100 * found.upper:+.2f}; {found.count} devices), against {100 * published:+.2f}"
    ).replace("-", "−")
    if found.holds(published):
        return Outcome("agrees", told)
    return Outcome("smaller" if abs(found.value) < abs(published) else "larger", told)


def operations(place: Path | None, seed: int, *, published: Mapping[str, Sequence[Any]]) -> Outcome:
    """Count the operations of published stages; says ``equal`` or ``differ``.

    `published` has by task T, H, d, whether it is causal, and the counts of the four rows.
    """
    del place, seed
    from lohe.hardware.cost import ROWS, AttentionShape, count_operations

    told, equal = [], True
    for task, (tokens, heads, d_osc, causal, *counts) in published.items():
        shape = AttentionShape(tokens, heads, d_osc, causal)
        found = [count_operations(shape, row).total for row in ROWS]
        equal &= found == counts
        told.append(
            f"{task}: "
            + ", ".join(
                f"{row} {ours:,}" + ("" if ours == theirs else f" (published {theirs:,})")
                for row, ours, theirs in zip(ROWS, found, counts, strict=True)
            )
        )
    return Outcome("equal" if equal else "differ", "; ".join(told))
