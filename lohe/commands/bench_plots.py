"""Results of ``lohe bench`` as figures: bounds of what was sampled, on what is predicted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["draw", "save", "svg"]

Document = Mapping[str, Any]

_COLOURS = ("blue", "vermillion", "green", "purple", "orange", "sky")
_DASHES = ("-", "--", ":")
_LEAST = 1e-7  # shares below are not told apart


def save(path: Path, make: Callable[[Document], Any], document: Document) -> None:
    """Write the figure that a function makes of a result as an SVG file.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from lohe.dynamics.files import write_text
    from lohe.reports.svg import drawing_style

    with drawing_style():
        write_text(path, svg(make(document)))


def draw(document: Document, path: Path) -> None:
    """Draw a result as an SVG file.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from lohe.dynamics.files import write_text
    from lohe.reports.svg import add_legend, drawing_style, new_figure

    pictures = {
        "convergence": _weak_drives,
        "horizons": _misses_by_horizon,
        "disorder": _settled_by_spread,
    }
    with drawing_style():
        figure, axes = new_figure(5.6, 4.0)
        pictures[document["experiment"]](axes, document)
        add_legend(figure, columns=2)
        write_text(path, svg(figure))


def svg(figure: Any) -> str:
    """Return a figure as the text of an SVG file, the same every time."""
    import io

    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None})
    return stream.getvalue()


def _weak_drives(axes: Any, document: Document) -> None:
    """Draw how many drives are weaker than a norm: the lower tail decides what is missed."""
    from lohe.reports.svg import COLOURS

    shown: list[tuple[float, float]] = []
    for number, (name, case) in enumerate(document["cases"].items()):
        found = case["explanation"]
        tail = [(float(norm), share) for norm, share in found["norm_tail"].items() if share > 0]
        shown += tail
        axes.plot(*zip(*tail, strict=True), marker="o", ms=3, **_line(number, name))
    needed = found["norm_needed"]
    axes.axvline(needed, ls=":", color=COLOURS["ink"], label="half of the starts in time")
    axes.set(xlabel="norm of the drive", ylabel="share of oscillators with less")
    _logarithmic(axes.xaxis, [norm for norm, _ in shown])
    _logarithmic(axes.yaxis, [share for _, share in shown])


def _misses_by_horizon(axes: Any, document: Document) -> None:
    """Draw the share that has not settled; bars are the bounds of what was sampled."""
    for number, (name, case) in enumerate(document["cases"].items()):
        times = [share["horizon"] for share in case["horizons"]]
        missed, lower, upper = (
            [max(1 - share[end], _LEAST) for share in case["horizons"]]
            for end in ("predicted", "upper", "lower")
        )
        line = _line(number, name)
        axes.plot(times, missed, **line)
        axes.vlines(times, lower, upper, color=line["color"], linewidth=3, alpha=0.4)
    axes.set(xlabel="time T", ylabel="share not settled")
    _logarithmic(axes.xaxis, document["config"]["horizons"])
    _logarithmic(axes.yaxis, [_LEAST, 1.0])
    axes.set_ylim(_LEAST, 1.0)


def _settled_by_spread(axes: Any, document: Document) -> None:
    """Draw the share that settles under each spread of frequencies."""
    for number, name in enumerate(document["config"]["models"]):
        cases = [case for key, case in document["cases"].items() if key.startswith(f"{name}, s =")]
        spreads = [case["spread"] for case in cases]
        settled, lower, upper = (
            [case["settled"][end] for case in cases] for end in ("predicted", "lower", "upper")
        )
        line = _line(number, name)
        axes.plot(spreads, settled, **line)
        axes.vlines(spreads, lower, upper, color=line["color"], linewidth=3, alpha=0.4)
    axes.set(xlabel="spread of the frequencies", ylabel="share settled")
    if min(document["config"]["spreads"]) > 0:
        _logarithmic(axes.xaxis, document["config"]["spreads"])


def _line(number: int, label: str) -> dict[str, Any]:
    """Return the look of a model's line; no two of the first eighteen are alike."""
    from lohe.reports.svg import COLOURS

    round_, place = divmod(number, len(_COLOURS))
    dash = _DASHES[round_ % len(_DASHES)]
    return {"color": COLOURS[_COLOURS[place]], "linestyle": dash, "label": label}


def _logarithmic(axis: Any, values: Sequence[float]) -> None:
    from lohe.reports.svg import set_log_axis

    set_log_axis(axis, min(values), max(values))
