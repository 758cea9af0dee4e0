"""Figures as small inline SVG that follows the page's colours, fonts and theme."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree as ET

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator

from lohe.reports.formatting import plain, printable

__all__ = [
    "COLOURS",
    "MAP_RGB",
    "add_legend",
    "drawing_style",
    "inline",
    "new_figure",
    "set_log_axis",
]

# Okabe and Ito's palette, safe for all common forms of colour blindness. Figures are drawn with
# these; `inline` turns each into a CSS variable, so that one figure serves light and dark.
COLOURS = {
    "ink": "#22282d",
    "muted": "#6b747b",
    "grid": "#d9dcdd",
    "blue": "#0072b2",
    "orange": "#e69f00",
    "green": "#009e73",
    "vermillion": "#d55e00",
    "sky": "#56b4e9",
    "purple": "#cc79a7",
}

# Attention maps are pictures whose opacity is the weight: this blue reads on both themes.
MAP_RGB = (0.16, 0.52, 0.78)

_STYLE: Any = {  # matplotlib types the names one by one
    "svg.fonttype": "none",
    "svg.hashsalt": "lohe",
    # Labels are the users' text: a dollar sign in them is no formula.
    "text.parse_math": False,
    "font.size": 10.0,
    "axes.edgecolor": COLOURS["muted"],
    "axes.labelcolor": COLOURS["ink"],
    "axes.titlecolor": COLOURS["ink"],
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "grid.color": COLOURS["grid"],
    "grid.linewidth": 0.6,
    "text.color": COLOURS["ink"],
    "xtick.color": COLOURS["muted"],
    "ytick.color": COLOURS["muted"],
    "xtick.labelcolor": COLOURS["ink"],
    "ytick.labelcolor": COLOURS["ink"],
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "path.simplify": True,
}

_NAMESPACE = "{http://www.w3.org/2000/svg}"
_XLINK = "{http://www.w3.org/1999/xlink}href"
_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")
_FONT_FAMILY = re.compile(r"font-family:[^;]*;?|font: ([\d.]+px)[^;]*;?")


@contextmanager
def drawing_style() -> Iterator[None]:
    """Draw in the report's style, whatever the user's own matplotlib settings are."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        # The browser draws the text, with fonts that matplotlib does not know.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def new_figure(width: float = 4.2, height: float = 3.0) -> tuple[Figure, Axes]:
    """Make a figure (inches) with one pair of axes, to be drawn inside `drawing_style`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasSVG(figure)
    return figure, figure.subplots()


def add_legend(figure: Figure, columns: int = 1) -> None:
    """Put the legend above the axes, where it hides nothing."""
    figure.legend(
        loc="outside upper left",
        ncols=columns,
        frameon=False,
        fontsize=9.4,
        borderaxespad=0.1,
        borderpad=0.2,
        labelspacing=0.3,
        columnspacing=1.2,
        handlelength=2.2,
    )


def set_log_axis(axis: Any, low: float, high: float) -> None:
    """Make an axis for data from `low` to `high` logarithmic, with plain ticks (10⁻⁵, 0.01, 1)."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    # A decade or two needs ticks within it, or there is hardly one to read.
    axis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 1000 * low else (1,), numticks=7))
    axis.set_major_formatter(lambda value, _: plain(value, 2).removeprefix("1 × "))
    axis.set_minor_formatter(lambda _, __: "")


def inline(figure: Figure, key: str, title: str, description: str) -> Markup:
    """Turn a figure into inline SVG.

    Ids that nothing refers to go, the others get `key` as prefix; palette colours become CSS
    variables, fonts are the page's, coordinates keep two decimals.

    Parameters
    ----------
    figure
        From `new_figure`.
    key
        Unique within the page, a valid HTML id.
    title, description
        What the picture is and what it shows, for readers who do not see it.
    """
    stream = io.BytesIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    root = ET.fromstring(stream.getvalue())
    for name in ("metadata", "defs"):
        for child in root.findall(f"{_NAMESPACE}{name}"):
            # matplotlib's global style sheet would leak into the page; clip paths stay.
            styles = child.findall(f"{_NAMESPACE}style")
            if name == "metadata" or (styles and len(styles) == len(child)):
                root.remove(child)
    used = set(re.findall(r"#([\w-]+)", " ".join(_references(root))))
    for element in root.iter():
        _tidy(element, key, used)
    root.attrib.pop("height", None)
    root.attrib.pop("width", None)
    root.attrib.pop("version", None)
    root.attrib |= {"role": "img", "aria-labelledby": f"{key}-title {key}-text"}
    for place, (tag, text) in enumerate((("title", title), ("desc", description))):
        child = ET.Element(tag, {"id": f"{key}-{'title' if tag == 'title' else 'text'}"})
        child.text = printable(text)
        root.insert(place, child)
    text = ET.tostring(root, encoding="unicode", short_empty_elements=True)
    # The text comes from ElementTree, which escapes every label.
    return Markup(re.sub(r">\s+<", "><", text))


def _references(root: ET.Element) -> list[str]:
    found = []
    for element in root.iter():
        for name, value in element.attrib.items():
            if name == _XLINK or "url(#" in value:
                found.append(value)
    return found


def _tidy(element: ET.Element, key: str, used: set[str]) -> None:
    element.tag = element.tag.removeprefix(_NAMESPACE)
    identity = element.attrib.pop("id", None)
    if identity in used:
        element.attrib["id"] = f"{key}-{identity}"
    reference = element.attrib.pop(_XLINK, None)
    if reference is not None:
        local = reference.startswith("#")
        element.attrib["href"] = f"#{key}-{reference[1:]}" if local else reference
    for name, value in element.attrib.items():
        if name == "href":
            continue
        changed = value.replace("url(#", f"url(#{key}-")
        if name == "style":
            changed = _FONT_FAMILY.sub(_font, changed)
            for colour, code in COLOURS.items():
                changed = changed.replace(code, f"var(--{colour})")
        if name in {"d", "x", "y", "transform", "points", "viewBox", "width", "height"}:
            changed = _NUMBER.sub(lambda found: f"{float(found[0]):.2f}", changed)
        if name == "d":
            changed = " ".join(changed.split())
        element.attrib[name] = changed


def _font(found: re.Match[str]) -> str:
    return f"font-size: {found[1]};" if found[1] else ""
