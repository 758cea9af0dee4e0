"""Write the tables of docs/accelerated.md from the committed result.

``python docs/accelerated.py`` replaces what stands between the marks ``<!-- NAME -->`` and
``<!-- end -->``, from benchmarks/results/dynamics_decay.json, which `lohe bench decay` writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lohe.commands.bench_decay_tables import decay_tables, sentences
from lohe.commands.bench_pages import markdown, rewrite
from lohe.commands.bench_record import load_record

PAGE = Path(__file__).parent / "accelerated.md"
RESULT = Path(__file__).parent.parent / "benchmarks" / "results" / "dynamics_decay.json"

_LEFT_OUT = ("rescaled bilinear 8", "rescaled bilinear 512")


def blocks() -> dict[str, list[str]]:
    """Return the lines of every block of the page by name."""
    document = load_record(RESULT, "decay")
    found = {
        name: markdown(table)
        for name, table in decay_tables(document).items()
        if name not in _LEFT_OUT
    }
    found["verdict"] = [f"- {line}" for line in sentences(document)]
    return found | {"setting": _setting(document["config"])}


def _setting(config: Mapping[str, Any]) -> list[str]:
    steps = config["steps"]
    return [
        f"Every cell has {config['problems']} random systems, and {config['tuning']} others by "
        f"which each scheme's step is chosen, for each number of calls, from {len(steps)} between "
        f"{steps[0]:g} and {steps[-1]:g}. The {config['bounds']:,} intervals of ratios hold all at "
        f"once with {100 * config['confidence']:g} % confidence (Student's t on the logarithms, "
        "Bonferroni)."
    ]


if __name__ == "__main__":
    rewrite(PAGE, blocks())
