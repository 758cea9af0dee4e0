"""Results of ``lohe bench`` as figures: sampled points with their bounds on the exact curves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["draw"]

Document = Mapping[str, Any]

_COLOURS = ("blue", "vermillion", "green", "purple", "orange", "sky")


def draw(document: Document, path: Path) -> None:
    """Draw a result as an SVG file.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from lohe.dynamics.files import write_text
    from lohe.reports.svg import COLOURS, add_legend, drawing_style, new_figure

    with drawing_style():
        figure, axes = new_figure(5.2, 3.6)
        picture = {
            "convergence": _weak_drives,
            "horizons": _misses_by_horizon,
            "disorder": _settled_by_spread,
        }[document["experiment"]]
        colours = [COLOURS[_COLOURS[i % len(_COLOURS)]] for i in range(64)]
        picture(axes, document, colours)
        add_legend(figure)
        write_text(path, _svg(figure))


def _svg(figure: Any) -> str:
    import io

    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _weak_drives(axes: Any, document: Document, colours: list[str]) -> None:
    """Draw how many drives are weaker than a norm: the lower tail decides what is missed."""
    for (name, case), colour in zip(document["cases"].items(), colours, strict=False):
        tail = {float(norm): share for norm, share in case["explanation"]["norm_tail"].items()}
        known = {norm: share for norm, share in tail.items() if share > 0}
        axes.plot(list(known), list(known.values()), marker="o", ms=3, color=colour, label=name)
        needed = case["explanation"]["norm_needed"]
    axes.axvline(needed, linestyle=":", label="settles half of the starts in time")
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="norm of the drive",
        ylabel="share of oscillators with less",
    )


def _misses_by_horizon(axes: Any, document: Document, colours: list[str]) -> None:
    """Draw the share that has not settled; a bar reaches to the upper bound."""
    for (name, case), colour in zip(document["cases"].items(), colours, strict=False):
        times = [share["horizon"] for share in case["horizons"]]
        missed = [1 - share["predicted"] for share in case["horizons"]]
        axes.plot(times, missed, color=colour, label=name)
        lower = [1 - share["upper"] for share in case["horizons"]]
        upper = [1 - share["lower"] for share in case["horizons"]]
        axes.vlines(
            times, [max(v, 1e-7) for v in lower], upper, color=colour, linewidth=3, alpha=0.4
        )
    axes.set(
        xscale="log", yscale="log", xlabel="time T", ylabel="share not settled", ylim=(1e-7, 1)
    )


def _settled_by_spread(axes: Any, document: Document, colours: list[str]) -> None:
    """Draw the share that settles under each spread of frequencies."""
    names = list(document["config"]["models"])
    for name, colour in zip(names, colours, strict=False):
        cases = [c for key, c in document["cases"].items() if key.startswith(f"{name}, s = ")]
        spreads = [case["spread"] for case in cases]
        shares = [case["settled"] for case in cases]
        axes.plot(spreads, [share["predicted"] for share in shares], color=colour, label=name)
        lower, upper = ([share[end] for share in shares] for end in ("lower", "upper"))
        axes.vlines(spreads, lower, upper, color=colour, linewidth=3, alpha=0.4)
    axes.set(xscale="log", xlabel="spread of the frequencies", ylabel="share settled")
