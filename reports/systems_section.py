"""Systems side by side: what each is, how it learned, and what is proved of it."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from lohe.proofs_numeric.claims import Verdict
from lohe.reports.blocks import Block, Cell, Heading, Paragraph, Picture, Pictures, Section, Table
from lohe.reports.claims_text import claim_text
from lohe.reports.detail import Detail
from lohe.reports.formatting import count, plain, plural, printable
from lohe.reports.subjects import Collection
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure
from lohe.reports.systems import Comparison, System, comparisons

__all__ = ["section"]

_COLOURS = ("blue", "vermillion", "green", "purple", "orange", "sky")
_DASHES: tuple[Any, ...] = ("-", (0, (5, 1.5)), (0, (2, 1.2)), (0, (7, 1.5, 1.5, 1.5)))
_MARKS = "os^Dv"

_UNITS = {"bits": "bits per character", "perplexity": "perplexity"}
_KINDS = {
    "transformer": "transformer",
    "kuramoto": "Kuramoto attention",
    "rotary": "rotary baseline",
    "accelerated": "accelerated attention",
}
_ALIKE = 0.01  # numbers of parameters that differ by less are called equal


def section(collection: Collection, detail: Detail) -> Section:
    """Answer how systems that read the same text compare."""
    blocks: list[Block] = []
    for place, compared in enumerate(comparisons(collection), start=1):
        blocks += [Heading(_title(compared)), *_notes(compared), _table(compared)]
        if detail.heads:
            blocks.append(Pictures(tuple(_pictures(compared, f"systems-{place}"))))
        blocks.append(_proved(compared) or Paragraph(_NOTHING_PROVED, note=True))
    if blocks:
        blocks.insert(0, Paragraph(_HOW))
    return Section("systems", "Systems", "How do the systems compare?", blocks)


_HOW = (
    "Systems stand together only if they were trained and tested on the same parts of the same "
    "text. Means are over seeds, with the standard deviation of one run; lower scores are better. "
    "Attention calls say how often a token passes through attention: once a layer, or as often as "
    "the scheme of an accelerated layer evaluates its force."
)
_NOTHING_PROVED = (
    "Nothing is proved of these systems here: add the certificates of their heads, which `lohe "
    "certify` makes of what `lohe train` leaves beside the models."
)


def _title(compared: Comparison) -> str:
    return f"{compared.task}, windows of {compared.text['length']} tokens"


def _words(system: System) -> str:
    """Name a system so that the name may break where it is long."""
    return system.name.replace("_", " ")


def _unit(compared: Comparison) -> str:
    return _UNITS.get(compared.score, printable(compared.score.replace("_", " ")))


def _notes(compared: Comparison) -> list[Block]:
    """Say what is not equal, before anybody compares the scores."""
    said = []
    sizes = [system.parameters for system in compared.systems if system.parameters]
    if sizes and max(sizes) > (1 + _ALIKE) * min(sizes):
        said.append(f"from {count(min(sizes))} to {count(max(sizes))} parameters")
    done = [epochs for system in compared.systems for epochs in system.epochs()]
    if min(done) != max(done):
        few, many = (count(epochs * compared.tokens) for epochs in (min(done), max(done)))
        said.append(f"from {few} to {many} tokens seen")
    machines = {str(run.machine) for each in compared.systems for run in each.runs if run.machine}
    if len(machines) > 1:
        said.append("different machines, so that seconds cannot be compared")
    return [Paragraph(f"Not equal here: {'; '.join(said)}.", note=True)] if said else []


def _table(compared: Comparison) -> Table:
    columns = (
        "System", "Architecture", "Seeds", "Parameters", "Tokens seen", "Attention calls",
        "Validation", "Test", "Seconds",
    )  # fmt: skip
    rows = tuple(_row(compared, system) for system in compared.systems)
    caption = f"{compared.task}: systems side by side (validation and test in {_unit(compared)})"
    return Table(caption, columns, rows, frozenset(range(2, 9)), stacked=True)


def _row(compared: Comparison, system: System) -> tuple[Cell, ...]:
    last = [points[-1][1] for points in system.curve(f"validation_{compared.score}", 1) if points]
    final = system.scores(f"validation_{compared.score}") or last
    seen = [epochs * compared.tokens for epochs in system.epochs()]
    tokens = Cell(_range(seen), statistics.fmean(seen))
    return (
        Cell(_words(system)),
        Cell(_KINDS.get(system.architecture, system.architecture)),
        Cell(str(len(system.runs)), len(system.runs)),
        Cell("—") if system.parameters is None else _whole(system.parameters),
        tokens,
        _whole(system.calls),
        _mean(final),
        _mean(system.scores(f"test_{compared.score}")),
        _mean([float(run.wall_s) for run in system.runs], digits=3),
    )


def _whole(value: int) -> Cell:
    return Cell(count(value), value)


def _range(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return count(low) if low == high else f"{count(low)} to {count(high)}"


def _mean(values: Sequence[float], digits: int = 4) -> Cell:
    if not values:
        return Cell("—")
    mean = statistics.fmean(values)
    text = plain(mean, digits, trim=False)
    if len(values) > 1:
        places = len(text.partition(".")[2])  # the spread to as many places as the mean
        spread = f"{statistics.stdev(values):.{places}f}"
        text += f"\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}{spread}"
    return Cell(text, mean)


def _pictures(compared: Comparison, key: str) -> list[Picture]:
    found = [_over(compared, f"{key}-tokens", by_calls=False)]
    if len({system.calls for system in compared.systems}) > 1:
        found.append(_over(compared, f"{key}-calls", by_calls=True))
    if any(system.scores(f"test_{compared.score}") for system in compared.systems):
        found.append(_final(compared, f"{key}-test"))
    return found


def _over(compared: Comparison, key: str, *, by_calls: bool) -> Picture:
    unit = _unit(compared)
    figure, axes = new_figure(height=2.6 + 0.2 * len(compared.systems))  # a line each in the legend
    for place, system in enumerate(compared.systems):
        factor = system.calls if by_calls else 1
        label = f"{_words(system)} ({plural(len(system.runs), 'seed')})"
        for points in system.curve(f"validation_{compared.score}", compared.tokens * factor):
            if points:
                axes.plot(*zip(*points, strict=True), label=label, **_style(place), linewidth=1.4)
                label = "_"  # one entry in the legend for all seeds
    axes.set_xlim(left=0)
    _scale(axes)
    what = "tokens seen × attention calls" if by_calls else "tokens seen"
    axes.set(xlabel=what, ylabel=f"validation, {unit}")
    add_legend(figure)
    title = "Who learns most per evaluation?" if by_calls else "Who learns most per token?"
    words = (
        f"Validation score ({unit}) against the {'evaluations of attention' * by_calls}"
        f"{'tokens seen' * (not by_calls)}, one line a seed, a mark an epoch. Lower is better."
    )
    if by_calls:
        words += " A system that evaluates its force more often in a layer moves to the right."
    return Picture(title, words, inline(figure, key, f"{title} {compared.task}", words))


def _style(place: int) -> dict[str, Any]:
    return {
        "color": COLOURS[_COLOURS[place % len(_COLOURS)]],
        "linestyle": _DASHES[place % len(_DASHES)],
        "marker": _MARKS[place % len(_MARKS)],
        "markersize": 3.6,
    }


def _scale(axes: Axes) -> None:
    """Write large numbers of tokens short."""
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))


def _short(value: float) -> str:
    for power, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= power:
            return f"{plain(value / power, 3)} {letter}"
    return plain(value, 3)


def _final(compared: Comparison, key: str) -> Picture:
    unit = _unit(compared)
    systems = [each for each in compared.systems if each.scores(f"test_{compared.score}")]
    figure, axes = new_figure(height=0.7 + 0.45 * len(systems))
    for row, system in enumerate(systems):
        scores, place = system.scores(f"test_{compared.score}"), compared.systems.index(system)
        style = _style(place) | {"linestyle": "none", "markersize": 6}
        axes.plot(scores, [row] * len(scores), **style, alpha=0.75)
        mean = statistics.fmean(scores)
        axes.plot([mean, mean], [row - 0.17, row + 0.17], color=COLOURS["ink"], linewidth=1.6)
        # Names inside the frame leave the page's whole width to the scores.
        axes.annotate(
            _words(system), (0, row - 0.34), xycoords=("axes fraction", "data"), fontsize=9.2,
            xytext=(2, 0), textcoords="offset points",
        )  # fmt: skip
    axes.set(xlabel=f"test, {unit}", ylim=(len(systems) - 0.6, -0.8), yticks=[])
    axes.grid(axis="y", visible=False)
    axes.margins(x=0.08)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    title = "Who reads the test text best?"
    words = (
        f"Final score on the test text ({unit}): a mark a seed, a bar their mean. Left is better."
    )
    return Picture(title, words, inline(figure, key, f"{title} {compared.task}", words))


def _proved(compared: Comparison) -> Table | None:
    rows = [
        (Cell(_words(system)), Cell(claim_text(name).title), _verdicts(verdicts))
        for system in compared.systems
        for name, verdicts in system.claims.items()
    ]
    if not rows:
        return None
    return Table(
        f"{compared.task}: what is proved of heads of these systems",
        ("System", "Claim", "Heads"),
        tuple(rows),
        stacked=True,
    )


def _verdicts(found: Counter[Verdict]) -> Cell:
    """Say of how many heads a claim is proved, and what became of the others."""
    total = sum(found.values())
    said = [f"{count(found[verdict])} {verdict.value}" for verdict in Verdict if found[verdict]]
    return Cell(f"{', '.join(said)} of {count(total)}", found[Verdict.PROVED] / total)
