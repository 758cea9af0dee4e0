"""Write the tables of docs/experiments.md from the committed results.

``python docs/experiments.py`` replaces what stands between the marks ``<!-- NAME -->`` and
``<!-- end -->``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lohe.commands.bench_pages import markdown, rewrite
from lohe.commands.bench_record import load_record
from lohe.commands.bench_tables import agreement, tables, verdicts

PAGE = Path(__file__).parent / "experiments.md"
RESULTS = Path(__file__).parent.parent / "benchmarks" / "results"
EXPERIMENTS = ("convergence", "horizons", "antipode", "disorder")

_TITLES = {
    "softmax": "softmax",
    "d2": "oscillators, d = 2",
    "d8": "oscillators, d = 8",
    "d32": "oscillators, d = 32",
    "d8-free": "oscillators, d = 8, free anchors",
}


def blocks() -> dict[str, list[str]]:
    """Return the lines of every block of the page by name."""
    found = {}
    for experiment in EXPERIMENTS:
        document = load_record(RESULTS / f"dynamics_{experiment}.json", experiment)
        for name, table in tables(document).items():
            found[name] = markdown(table)
        found[f"{experiment} agreement"] = [agreement(document) + "."]
        if experiment == "convergence":
            found["verdict"] = [f"- {line}" for line in verdicts(document)]
            found["uncertain"] = _uncertain(document["cases"])
    found["perplexity"] = _perplexities(json.loads((RESULTS / "stories.json").read_text()))
    speed = json.loads((RESULTS / "convergence_throughput.json").read_text())
    default = json.loads((RESULTS / "convergence_default_tolerance.json").read_text())
    return found | {"speed": _speed(speed), "cost": _cost(speed), "default": _default(default)}


def _perplexities(document: Mapping[str, Any]) -> list[str]:
    rows = [
        (_TITLES.get(name, name), *(f"{value:.2f}" for value in model["test_perplexity"]))
        for name, model in document["models"].items()
    ]
    return markdown((("attention", "test perplexity"), rows))


def _speed(document: Mapping[str, Any]) -> list[str]:
    exact, scipy = document["exact"], document["solve_ivp"]
    rows = [
        (
            name,
            f"{seconds:,.0f} s" if seconds > 100 else f"{seconds:.3g} s",
            *_sampled(row["settled"]),
        )
        for name, row, seconds in (
            ("exact flow, all of them", exact, exact["seconds"]),
            ("`solve_ivp`, a sample, scaled", scipy, scipy["seconds_scaled"]),
        )
    ]
    table = markdown((("method", "time", "settled", "bounds", "predicted"), rows))
    differ, solved = document["labels_that_differ"], scipy["settled"]["trials"]
    return [
        *table,
        "",
        f"The exact flow is {document['speed_ratio']:,.0f} times as fast. Of the {solved} "
        f"oscillators that both followed, {differ} have another label.",
    ]


def _default(document: Mapping[str, Any]) -> list[str]:
    solved = document["solve_ivp"]["settled"]["trials"]
    return [
        "Nor does the integrator make misses of its own: at SciPy's default tolerances (relative "
        f"{document['options']['rtol']:g}), {document['labels_that_differ']} of {solved} "
        f"oscillators at d = {document['d']} have another label than by the exact flow."
    ]


def _cost(document: Mapping[str, Any]) -> list[str]:
    rows = [
        (
            f"from {band['norm_from']:g}"
            + ("" if band["norm_below"] is None else f" to {band['norm_below']:g}"),
            f"{band['evaluations_each']:,.0f}",
            f"{1e3 * band['seconds_each']:.3g} ms",
        )
        for band in document["solve_ivp"]["bands"]
    ]
    return markdown((("norm of the drive", "evaluations", "time for one"), rows))


def _sampled(share: Mapping[str, Any]) -> tuple[str, str, str]:
    bounds = f"{100 * share['lower']:.3f} to {100 * share['upper']:.3f}"
    return f"{100 * share['fraction']:.3f} %", bounds, f"{100 * share['predicted']:.3f} %"


def _uncertain(cases: Mapping[str, Any]) -> list[str]:
    """Say how many oscillators in turn still depend on where the first one started."""
    most = math.ceil(1000 * max(case["sequential_uncertain"] for case in cases.values())) / 10
    return [
        "What settles in turn is all but decided by the drives: in no model does the first start "
        f"still matter, with a chance between 10⁻⁹ and 1 − 10⁻⁹, for more than {most:.1f} % of the "
        "oscillators."
    ]


if __name__ == "__main__":
    rewrite(PAGE, blocks())
