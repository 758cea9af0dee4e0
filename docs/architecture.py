"""Draw the map of docs/architecture.md from what the files import.

``python docs/architecture.py`` writes docs/architecture.svg. Floors are those of the import rules;
an arrow stands where a file of one room imports from another, and follows from no other arrows.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import networkx as nx
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "architecture.svg"
INK, PAPER, LINE = "#30343b", "#eef3f7", "#0072b2"
HOLDS = {
    "lohe": "names, commands, audit, torch",
    "hardware": "substrates, arrays, cost",
    "reports": "pages, figures, ledger",
    "attention": "layers, training, studies",
    "proofs_numeric": "certificates, checker, basins",
    "dynamics": "sphere, networks, flows",
    "theory": "theorems, derived",
}


def floors() -> list[list[str]]:
    """Return the rooms by floor, from the top, as the import rules have them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    found = [[part.strip().partition(".")[2] for part in layer.split("|")] for layer in layers]
    return [["lohe"], *(floor for floor in found if {*floor} <= HOLDS.keys())]


def imports() -> nx.DiGraph[str]:
    """Return the graph of the rooms: an edge where a file of one imports from another."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(HOLDS)
    for room in HOLDS:
        for file in (ROOT / room).rglob("*.py"):
            for name in _imported(ast.parse(file.read_text(encoding="utf-8"))):
                package, _, rest = name.partition(".")
                other = rest.partition(".")[0]
                other = other if other in HOLDS else "lohe"
                if package == "lohe" and other != room:
                    graph.add_edge(room, other)
    return graph


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def draw() -> Figure:
    """Draw a box for each room and an arrow for each import that follows from no others."""
    figure = Figure(figsize=(7.8, 4.6))
    FigureCanvasSVG(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.axis("off")
    axes.set(xlim=(0, 7.8), ylim=(0, 4.6))
    middle = {}
    for level, floor in enumerate(floors()):
        for place, room in enumerate(floor):
            x, y = 7.2 * (place + 1) / (len(floor) + 1), 4.1 - 1.15 * level
            middle[room] = x, y
            box = FancyBboxPatch(
                (x - 1.1, y - 0.3), 2.2, 0.6, boxstyle="round,pad=0.02", fc=PAPER, ec=INK
            )
            axes.add_patch(box)
            axes.text(x, y + 0.1, f"{room}/", ha="center", va="center", color=INK, weight="bold")
            axes.text(x, y - 0.13, HOLDS[room], ha="center", va="center", color=INK, size=8)
    for above, below in sorted(nx.transitive_reduction(imports()).edges):
        (x, y), (u, v) = middle[above], middle[below]
        if y - v < 1.5:
            ends, bend = ((x + 0.12 * (u - x), y - 0.33), (u - 0.12 * (u - x), v + 0.33)), 0.0
        else:  # past the floors between
            ends, bend = ((x + 1.13, y), (u + 1.13, v)), -0.62
        arrow = FancyArrowPatch(
            *ends, connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=11,
            color=LINE, lw=1.2, shrinkA=0, shrinkB=0,
        )  # fmt: skip
        arrow.set_gid(f"{above}-to-{below}")
        axes.add_patch(arrow)
    return figure


if __name__ == "__main__":
    with mpl.rc_context({"svg.hashsalt": "lohe", "svg.fonttype": "none"}):
        draw().savefig(PICTURE, format="svg", metadata={"Date": None})
