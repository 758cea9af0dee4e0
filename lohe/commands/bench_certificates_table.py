"""What is proved of a study's heads, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["certificates_table"]

_TITLES = (
    "arm",
    "score",
    "oscillators",
    "one stable point",
    "every input",
    "settled by",
    "weights by, median",
    "weights by, 99 %",
    "mismatch, median",
    "mismatch, weakest 1 %",
)
_BOUNDS = ("settling_1", "time_0.5", "time_0.99", "tolerance_0.5", "tolerance_0.01")


def certificates_table(
    cases: Mapping[str, Mapping[str, Any]],
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the titles and the rows, one an arm.

    Parameters
    ----------
    cases
        By arm, what ``lohe bench certificates`` found.
    """
    rows = [
        (
            name,
            f"{case['score']:.5g}",
            str(case["oscillators"]),
            *(_proved(case[claim], case["heads"]) for claim in ("unique_stable", "all_inputs")),
            *(_bound(case[bound], share=bound.startswith("tolerance")) for bound in _BOUNDS),
        )
        for name, case in cases.items()
    ]
    return _TITLES, rows


def _proved(verdicts: Mapping[str, int], heads: int) -> str:
    """Say of how many heads a claim is proved, and of how many it is refuted.

    Examples
    --------
    >>> _proved({"proved": 3, "refuted": 1}, 4)
    '3 of 4, 1 refuted'
    """
    others = [f"{count} {word}" for word, count in verdicts.items() if word != "proved"]
    return ", ".join([f"{verdicts.get('proved', 0)} of {heads}", *others])


def _bound(value: float | None, *, share: bool) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.2g} %" if share else f"{value:.3g}"
