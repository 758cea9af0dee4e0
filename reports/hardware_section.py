"""Hardware: what faults cost, what training on the device mends, its gradients, and its energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from matplotlib.figure import Figure

from lohe.proofs_numeric.statistics.paired import mean_interval
from lohe.reports.blocks import Block, Cell, Heading, Paragraph, Picture, Pictures, Section, Table
from lohe.reports.cost_picture import PARTS, cost_figure
from lohe.reports.detail import Detail
from lohe.reports.fault_grid import (
    SAFE,
    fault_scores,
    primary_metric,
    region_text,
    size_text,
)
from lohe.reports.fault_picture import fault_figure
from lohe.reports.gradient_picture import gradient_figure, quality_text
from lohe.reports.hardware_files import EXPERIMENTS, HardwareRecord
from lohe.reports.reduction_picture import BOUND, KINDS, reduction_figure
from lohe.reports.subjects import Collection
from lohe.reports.svg import inline
from lohe.reports.training_back_picture import scores_by_way, training_back_figure

__all__ = ["section"]

Document = Mapping[str, Any]

_NORMAL = (
    "Of normal errors the size is the deviation at which all errors of a device lie in the box "
    "with a chance of 99 %."
)

_WIDE = 8.0  # inches, from which on a figure takes a row for itself


def section(collection: Collection, detail: Detail) -> Section:
    """Answer whether attention works on the hardware."""
    blocks: list[Block] = [
        Paragraph(
            "Behavioural models, not measured devices: every figure here was computed on devices "
            "drawn at random, under the assumptions that are printed with it."
        )
    ]
    records = sorted(collection.hardware, key=lambda record: EXPERIMENTS.index(record.experiment))
    for number, record in enumerate(records, start=1):
        (first, *more), title, words, make = _SHOWN[record.experiment](record)
        blocks += [Heading(title), first]
        if detail.heads:
            figure = make(record.document)
            svg = inline(figure, f"hardware-{number}", title, words)
            wide = bool(figure.get_size_inches()[0] > _WIDE)
            blocks.append(Pictures((Picture(title, words, svg, wide=wide),)))
        blocks += more
    return Section(
        "hardware",
        "Hardware",
        "Does attention work on the hardware, and what does it cost?",
        blocks if records else (),
    )


Shown = tuple[Sequence[Block], str, str, Callable[[Document], Figure]]


def _reduction(record: HardwareRecord) -> Shown:
    document = record.document
    rows = []
    for name, found in document["errors"].items():
        facts = document["substrates"][name]
        for kind, told in KINDS.items():
            errors = (one[kind] for one in found)
            cells = (Cell("gone" if e is None else f"{e:.4f}", e) for e in errors)
            frequency = Cell(f"{facts['frequency_hz']:.3g}", facts["frequency_hz"])
            rows.append((Cell(name), frequency, Cell(told), *cells))
    shares = [one["share"] for one in next(iter(document["errors"].values()))]
    table = Table(
        "Largest distance of a device from its phase at rest, in cycles, by the strength of the "
        "coupling: its rate as a share of the frequency",
        ("Substrate", "Frequency, Hz", "Array", *(f"{share:g}" for share in shares)),
        tuple(rows),
        frozenset({1, *range(3, 3 + len(shares))}),
    )
    words = (
        f"Below the thin line, {100 * BOUND:g} % of a cycle, the phase model counts as good. "
        "Averaging is of first order, so errors rise in proportion to the strength."
    )
    return [table], "Do devices rest where their phases say?", words, reduction_figure


def _robustness(record: HardwareRecord) -> Shown:
    document = record.document
    metric, config = primary_metric(document).replace("_", " "), document["config"]
    scale = 100 if "accuracy" in metric else 1
    faults = fault_scores(document)
    scores = Table(
        f"{metric}{', %' if scale > 1 else ''} on the test split: mean over "
        f"{config['devices']} devices, with its 95 % interval; ideal arrays: "
        f"{scale * faults[0].ideal:.2f}",
        ("Fault", "Size", "Mean", "From", "To"),
        tuple(
            (Cell(fault.name), Cell(f"{size:g}", size), *_interval(found, scale))
            for fault in faults
            for size, found in zip(fault.sizes, fault.scores, strict=True)
        ),
        frozenset({1, 2, 3, 4}),
    )
    regions = Table(
        f"Proved for the oscillators of {_some_inputs(config)}, and measured on devices. Rests: "
        "each oscillator has one stable resting point on every device in the box. Reads: its "
        f"attention weights change by less than 0.1 in sum. {_NORMAL} Measured safe: up to this "
        f"size no more than {100 * SAFE:g} % is lost on average",
        ("Fault", "Rests, proved to", "Reads, proved to", "Measured safe to", "Proved inside?"),
        tuple(
            (
                Cell(fault.name),
                Cell(region_text(fault.region("rests"))),
                Cell(region_text(fault.region("reads"))),
                Cell(size_text(fault.measured, "none tried"), fault.measured),
                Cell(fault.verdict),
            )
            for fault in faults
        ),
        frozenset({3}),
    )
    certified = any(fault.regions for fault in faults)
    words = (
        "Points are devices, lines their means, the thin line ideal arrays. Shaded: proved, for "
        f"{_some_inputs(config)}, that every oscillator rests at one stable point; darker: that "
        f"its weights hardly change. {_NORMAL}"
    )
    title = f"What does each fault cost {config['arm']}?"
    return [regions, scores] if certified else [scores], title, words, fault_figure


def _some_inputs(config: Mapping[str, Any]) -> str:
    return f"{config['certify']} test inputs" if "certify" in config else "some test inputs"


def _training(record: HardwareRecord) -> Shown:
    document = record.document
    ways = scores_by_way(document)
    metrics = [*ways["ideal"][0]]
    rows = []
    for way, found in ways.items():
        cells = []
        for metric in metrics:
            scale = 100 if "accuracy" in metric else 1
            cells += _interval([one[metric] for one in found], scale)
        rows.append((Cell(way), Cell(str(len(found)), len(found)), *cells))
    columns = [
        f"{metric.replace('_', ' ')}{end}" for metric in metrics for end in ("", ": from", ": to")
    ]
    faults = {
        name: value
        for name, value in document["config"]["imperfections"].items()
        if value not in (0, None, [], "grid")
    }
    table = Table(
        "Test scores (accuracies in %) on the same instances, with 95 % intervals. Faults: "
        + ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in faults.items()),
        ("Model", "Instances", *columns),
        tuple(rows),
        frozenset(range(1, 2 + len(columns))),
    )
    words = (
        "One line an instance, from the model as it is deployed over the epochs that it is "
        "trained on the instance; crosses: the model that was trained for any instance."
    )
    title = f"Does training on the device mend {document['config']['arm']}?"
    return [table], title, words, training_back_figure


def _gradients(record: HardwareRecord) -> Shown:
    cases = record.document["cases"]
    names = [*next(iter(cases.values()))["gradients"]]
    rows = [
        (
            Cell(case),
            *(
                Cell(quality_text(found["gradients"][name]), found["gradients"][name]["bias"])
                for name in names
            ),
        )
        for case, found in cases.items()
    ]
    settlings = next(iter(cases.values()))["gradients"]
    rows.append(
        (
            Cell("further settlings"),
            *(
                Cell(str(settlings[name]["settlings"]), settlings[name]["settlings"])
                for name in names
            ),
        )
    )
    table = Table(
        "Bias of the mean, and in brackets the spread of one estimate, as shares of the gradient "
        "at rest without noise",
        ("Array", *names),
        tuple(rows),
        frozenset(range(1, 1 + len(names))),
    )
    words = "Above the bias, where it is told from 0; below the spread of one estimate."
    return [table], "How good are the gradients of a device?", words, gradient_figure


def _cost(record: HardwareRecord) -> Shown:
    document = record.document
    operations = document["operations"]
    parts = [name for name in next(iter(operations.values())) if name != "total"]
    counts = Table(
        "Operations of a sequence, in multiply-adds",
        ("Row", *(part.replace("_", " ") for part in parts), "total"),
        tuple(
            (Cell(row), *(Cell(f"{one[part]:,}", one[part]) for part in (*parts, "total")))
            for row, one in operations.items()
        ),
        frozenset(range(1, 2 + len(parts))),
    )
    rows, assumed = [], []
    for name, found in document["substrates"].items():
        settling = found["settling_s"]["longest"]
        for row, energy in found["joules_per_token"].items():
            joules = (Cell(f"{energy[part]:.3g}", energy[part]) for part in (*PARTS, "total"))
            rows.append((Cell(name), Cell(row), Cell(f"{settling:.3g}", settling), *joules))
        told = (
            f"{key.replace('_', ' ')} {value:.3g}" for key, value in found["assumptions"].items()
        )
        assumed.append(Paragraph(f"Assumed for {name}, in SI units: {', '.join(told)}."))
    energies = Table(
        "Seconds to settle, and joules a token",
        ("Substrate", "Row", "Seconds", *PARTS, "total"),
        tuple(rows),
        frozenset({2, 3, 4, 5, 6}),
    )
    words = (
        "Left, what takes the energy of a token; right, the total with physical settling as each "
        "assumption is a third or thrice what it is."
    )
    return [counts, energies, *assumed], "What does a token cost?", words, cost_figure


_SHOWN: Mapping[str, Callable[[HardwareRecord], Shown]] = MappingProxyType(
    {
        "reduction": _reduction,
        "robustness": _robustness,
        "train-back": _training,
        "gradients": _gradients,
        "cost": _cost,
    }
)


def _interval(values: Sequence[float], scale: float) -> list[Cell]:
    """Return the mean and the ends of its interval, which one value does not have."""
    found = mean_interval(list(values))
    cells = [Cell(f"{scale * found.value:.2f}", found.value)]
    if found.count < 2:
        return [*cells, Cell("—"), Cell("—")]
    ends = (found.lower, found.upper)
    if scale > 1:
        ends = (max(0.0, found.lower), min(1.0, found.upper))
    return cells + [Cell(f"{scale * end:.2f}", end) for end in ends]
