"""The result of ``lohe bench decay`` as tables and sentences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from lohe.commands.bench_tables import Table, aligned

__all__ = ["CHOSEN", "decay_tables", "report", "sentences"]

Document = Mapping[str, Any]

CHOSEN = "presymplectic_euler"
"""The scheme that the tables by dimension and condition are about."""

_DIVIDED = 1e6  # a ratio beyond is written as a power of ten


def report(document: Document) -> list[str]:
    """Return the result as lines for people."""
    lines: list[str] = []
    for name, table in decay_tables(document).items():
        lines += [name, *aligned(table), ""]
    return lines + sentences(document)


def decay_tables(document: Document) -> dict[str, Table]:
    """Return the tables of a result by name.

    ``schemes`` counts cells; the others have a row for each dimension and a column for each
    condition.
    """
    budgets, cases = document["config"]["budgets"], document["cases"].values()
    found = {"schemes": _schemes(document)}
    for energy in dict.fromkeys(case["energy"] for case in cases):
        of_energy = [case for case in cases if case["energy"] == energy]
        for place in dict.fromkeys((0, len(budgets) - 1)):
            name = f"{energy} {budgets[place]}"
            found[f"ratio {name}"] = _grid(of_energy, partial(_ratio, "ratio", place))
            found[f"rescaled {name}"] = _grid(
                of_energy, partial(_ratio, "ratio to rescaled", place)
            )
        found[f"calls {energy}"] = _grid(of_energy, lambda case: _calls(case, budgets[-1]))
        found[f"exponent {energy}"] = _grid(of_energy, _exponents)
    return found


def sentences(document: Document) -> list[str]:
    """Say for each number of calls where the chosen scheme is ahead, and by how much."""
    lines = []
    for place, budget in enumerate(document["config"]["budgets"]):
        found = [case["schemes"][CHOSEN]["ratio"][place] for case in document["cases"].values()]
        ahead, behind, open_ = _counted(found)
        values = [value for value, _, _ in found]
        lines.append(
            f"After {budget} calls {CHOSEN.replace('_', ' ')} is ahead of the classical scheme in "
            f"{ahead} of {len(found)} cells, behind in {behind}, and {open_} are undecided; the "
            f"classical scheme has {_number(min(values))} to {_number(max(values))} times its "
            "energy."
        )
    return lines


def _schemes(document: Document) -> Table:
    """Count cells in which each scheme is ahead of the classical one, behind it, and neither."""
    config, cases = document["config"], document["cases"].values()
    rows: list[tuple[str, ...]] = []
    for scheme in config["schemes"]:
        found = [case["schemes"][scheme] for case in cases]
        cells = [
            " / ".join(map(str, _counted([each["ratio"][place] for each in found])))
            if "ratio" in found[0]
            else "-"
            for place in range(len(config["budgets"]))
        ]
        broken = sum(sum(each["broken"]) for each in found)
        runs = len(found) * len(config["budgets"]) * config["problems"]
        rows.append((scheme.replace("_", " "), *cells, f"{100 * broken / runs:.1f} %"))
    return ("scheme", *(f"{budget} calls" for budget in config["budgets"]), "blown up"), rows


def _counted(found: list[list[float]]) -> tuple[int, int, int]:
    ahead, behind = sum(low > 1 for _, low, _ in found), sum(high < 1 for _, _, high in found)
    return ahead, behind, len(found) - ahead - behind


def _grid(cases: list[Document], cell: Callable[[Document], str]) -> Table:
    conditions = sorted({case["condition"] for case in cases})
    rows: list[tuple[str, ...]] = []
    for d in sorted({case["d"] for case in cases}):
        of_d = {case["condition"]: cell(case) for case in cases if case["d"] == d}
        rows.append((str(d), *(of_d.get(condition, "") for condition in conditions)))
    return ("d", *(f"condition {condition:g}" for condition in conditions)), rows


def _ratio(name: str, place: int, case: Document) -> str:
    value, *ends = map(_number, case["schemes"][CHOSEN][name][place])
    return f"{value} ({' to '.join(ends)})"


def _calls(case: Document, most: int) -> str:
    """Return the calls of both schemes to the second of the levels."""
    found = [case["schemes"][name]["calls"][1] for name in ("classical", CHOSEN)]
    return " / ".join(f"> {most}" if each is None else str(each) for each in found)


def _exponents(case: Document) -> str:
    found = [case["schemes"][name]["exponent"] for name in ("classical", CHOSEN)]
    return " / ".join(
        "-" if each is None else f"{each[0]:.2f} ± {each[2] - each[0]:.2f}" for each in found
    )


def _number(value: float) -> str:
    if value >= _DIVIDED or value < 1 / _DIVIDED:
        return f"{value:.0e}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"
