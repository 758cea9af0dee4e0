"""Oscillators that hear each other: which one is the weakest, and what limits the cap (T6)."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from lohe.proofs_numeric.certificate import Certificate
from lohe.proofs_numeric.claims import Verdict
from lohe.proofs_numeric.coupled.balance import weigh
from lohe.proofs_numeric.coupled.forces import enclose_forces
from lohe.proofs_numeric.coupled.trapping import Hold
from lohe.proofs_numeric.uncertainty import Uncertainty
from lohe.reports.blocks import Block, Evidence, Heading, Paragraph, Picture, Pictures, Section
from lohe.reports.detail import Detail, driven
from lohe.reports.devices import devices
from lohe.reports.formatting import count, degrees_lower, degrees_upper, plain, plural
from lohe.reports.locking_figures import thinned
from lohe.reports.pulls import pulls
from lohe.reports.resting import covered, resting_state
from lohe.reports.subjects import Collection, Subject
from lohe.reports.svg import COLOURS, add_legend, inline, new_figure, set_log_axis
from lohe.reports.tokens import token

__all__ = ["section"]

Floats = NDArray[np.float64]

_LOG_RATIO = 50.0
_BARS = 60  # up to here each oscillator gets a bar of its own
_NAMED = 16  # and its number


def section(collection: Collection, detail: Detail) -> Section:
    """Answer which oscillator is the weakest where they hear each other."""
    subjects = [subject for subject in driven(collection, detail) if _fits(subject)]
    blocks: list[Block] = [
        Paragraph(
            "Each oscillator is held by its drive and disturbed by those it hears; s is the sum of "
            "the sizes of its row of the crosstalk. Drives that outweigh s clearly enough leave "
            "one stable resting point for almost every start (T6, T6a). Where they do not, a cap "
            "may still hold: all starts within some angle of the resting point settle there "
            "(T6b). Both are only as good as the weakest oscillator.",
            Evidence.COMPUTED,
        )
    ]
    for subject in subjects:
        certificate = _certificate(subject)
        parameters = {} if certificate is None else certificate.parameters
        errors = Uncertainty() if certificate is None else covered(certificate)
        blocks.append(Heading(subject.name))
        if devices(parameters):
            blocks.append(Paragraph(f"Drawn for devices on which {devices(parameters)}."))
        balance = _balance(subject, errors)
        cap = _pull_picture(subject, errors)
        blocks.append(Pictures((balance,) if cap is None else (balance, cap)))
        if cap is None:
            blocks.append(
                Paragraph(
                    "No cap is drawn: no state at rest was found to put it around.", note=True
                )
            )
    return Section(
        "crosstalk",
        "Crosstalk",
        "Which oscillator limits what the network stands?",
        blocks if subjects else (),
    )


def _fits(subject: Subject) -> bool:
    if subject.kind == "coupled":
        return True
    certificate = _certificate(subject)
    return certificate is not None and bool(certificate.parameters.get("crosstalk"))


def _certificate(subject: Subject) -> Certificate | None:
    """Return the first certificate that speaks of a cap, or else the first."""
    speaking = [c for c in subject.certificates if "local_cap" in c.claims]
    return next(iter([*speaking, *subject.certificates]), None)


def _balance(subject: Subject, errors: Uncertainty) -> Picture:
    network = subject.network
    assert network is not None
    found = weigh(network, errors)
    drive, felt, turning = found.drive_lower, found.crosstalk_upper, found.frequency_upper
    needed = np.hypot(felt + turning, 2 * felt)
    margin = drive - needed
    shown = thinned(margin)
    figure, axes = new_figure(4.2, 3.3)
    right = 1.15 * float(felt.max()) or 1.0
    # A linear axis hides the weak drives, which matter most, once the largest is far off.
    log = float(drive.min()) > 0 and float(drive.max()) > _LOG_RATIO * float(drive.min())
    ends = np.linspace(right / 200 if log else 0.0, right, 100 if log else 2)
    quiet = not np.any(turning)
    if quiet:
        # Without frequencies T6a needs the root of 5 where T6 needs 2.
        for slope, dashes, name in ((5**0.5, (6, 2), "T6a: √5 s"), (2.0, (2, 1.5), "T6: 2 s")):
            axes.plot(
                ends,
                slope * ends,
                color=COLOURS["muted" if slope > 2 else "green"],
                linewidth=1.5,
                linestyle=(0, dashes),
                label=f"needed by {name}",
            )
    else:
        short, enough = shown[margin[shown] <= 0], shown[margin[shown] > 0]
        for chosen, colour in ((short, "vermillion"), (enough, "sky")):
            axes.vlines(
                felt[chosen],
                needed[chosen],
                drive[chosen],
                color=COLOURS[colour],
                linewidth=1.0,
                alpha=0.8,
            )
        axes.plot(
            felt[shown],
            needed[shown],
            "_",
            color=COLOURS["muted"],
            markersize=8,
            markeredgewidth=1.8,
            label="drive that T6a needs",
        )
    limit = 2 * felt if quiet else needed
    for wanted, marker, colour, label in (
        (drive > limit, "o", "blue", "drive, enough"),
        (drive <= limit, "x", "vermillion", "drive, too weak for T6" + "a" * (not quiet)),
    ):
        chosen = shown[wanted[shown]]
        if chosen.size:
            axes.plot(
                felt[chosen],
                drive[chosen],
                marker,
                color=COLOURS[colour],
                markersize=5 if marker == "o" else 7,
                markeredgewidth=1.6,
                label=label,
            )
    top = 1.1 * max(float(drive.max()), float(limit[shown].max()))
    low = min(0.0, 1.1 * float(drive.min()))
    if log:
        low = 0.7 * min(float(drive.min()), float(limit[shown].min()))
        set_log_axis(axes.yaxis, low, top)
    axes.set(
        xlabel="crosstalk heard, s" + " (largest of any device)" * bool(errors.crosstalk),
        ylabel="drive ‖h‖" + " (least of any device)" * bool(errors.mismatch or errors.anchors),
        xlim=(0, right),
        ylim=(low, top or 1.0),
    )
    add_legend(figure, 2 if quiet else 1)
    weakest = int(margin.argmin())
    weak = int((drive <= limit).sum())
    words = (
        f"{count(weak)} of {plural(drive.size, 'oscillator')} too weakly driven for "
        f"{'T6' if quiet else 'T6a'}. The weakest is {_name(subject, weakest)}: drive "
        f"{plain(float(drive[weakest]))}, crosstalk {plain(float(felt[weakest]))}; T6a needs "
        f"{plain(float(needed[weakest]))}."
    )
    if not quiet:
        words += " T6 does not apply where oscillators turn."
    if shown.size < drive.size:
        words += f" Drawn: {count(shown.size)}, the weakest among them."
    title = "Whose drive does not outweigh its crosstalk?"
    drawing = inline(figure, f"{subject.key}-balance", f"{title} {subject.name}", words)
    return Picture(title, words, drawing)


def _pull_picture(subject: Subject, errors: Uncertainty) -> Picture | None:
    network = subject.network
    assert network is not None
    claim = subject.claim("local_cap")
    state = resting_state(subject)
    forces = None if state is None else enclose_forces(network, state)
    if forces is None:
        return None
    found = pulls(Hold.of(forces, errors.drive_errors(network), errors))
    never = np.isnan(found.high)
    reach = np.where(never, -1.0, np.minimum(found.high, np.pi))
    order = np.argsort(reach, kind="stable")
    low, high, contracts = (
        np.degrees(values[order]) for values in (found.low, found.high, found.contracts)
    )
    ranks = np.arange(1, order.size + 1)
    figure, axes = new_figure(4.2, 3.3)
    if order.size <= _BARS:
        axes.vlines(
            ranks,
            low,
            high,
            color=COLOURS["blue"],
            linewidth=max(1.5, min(7.0, 150 / order.size)),
            label="pulled inward from these angles",
        )
    else:
        places = np.unique(np.geomspace(1, order.size, 400).astype(int)) - 1
        axes.fill_between(
            ranks[places],
            low[places],
            high[places],
            color=COLOURS["blue"],
            alpha=0.7,
            linewidth=0,
            label="pulled inward from these angles",
        )
    if never.any():
        axes.plot(
            ranks[: int(never.sum())][:_BARS],
            np.zeros(min(int(never.sum()), _BARS)),
            "x",
            color=COLOURS["vermillion"],
            markersize=7,
            markeredgewidth=1.6,
            clip_on=False,
            label="pulled inward nowhere",
        )
    least = float(contracts.min())
    words = (
        "For each oscillator, weakest first: how far from the resting point it is pulled inward, "
        "whatever the others do no further out. The cap ends at the lowest top; from there "
        "every device comes to rest within the highest foot. "
    )
    if claim is not None and claim.verdict is Verdict.PROVED:
        values = claim.values
        theta, inner = degrees_lower(values["angle_lower"]), degrees_upper(values["inner_upper"])
        axes.axhline(
            float(np.degrees(values["angle_lower"])),
            color=COLOURS["green"],
            linewidth=2,
            linestyle=(0, (5, 1.5)),
            label=f"proved cap: {theta}",
        )
        words += f"Proved: the cap is {theta}, the resting point within {inner}. "
    elif claim is not None:
        words += f"No cap is proved: {claim.reason}. "
    if never.any():
        words += f"{plural(int(never.sum()), 'oscillator')} nowhere pulled inward. "
    words += (
        f"The flow contracts for all of them up to {plain(least)}°. "
        if least > 0
        else f"The flow contracts nowhere for {plural(int((contracts == 0).sum()), 'oscillator')}. "
    )
    words += f"The weakest is {_name(subject, int(order[0]))}."
    axes.set(
        xlabel="oscillators, weakest first",
        ylabel="angle from the resting point",
        ylim=(0, 185),
        yticks=[0, 45, 90, 135, 180],
        xlim=(0.3, order.size + 0.7),
    )
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0f}°")
    if order.size <= _NAMED:
        axes.set_xticks(ranks, [str(place) for place in order])
        axes.set_xlabel("oscillator, weakest first")
    elif order.size <= _BARS:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    else:
        # The weakest few are what matters.
        set_log_axis(axes.xaxis, 1, order.size)
        axes.set_xlim(1, order.size)
    axes.grid(visible=False, axis="x")
    add_legend(figure)
    title = "Which oscillator limits the cap?"
    drawing = inline(figure, f"{subject.key}-cap", f"{title} {subject.name}", words)
    return Picture(title, words, drawing)


def _name(subject: Subject, place: int) -> str:
    label = subject.label(place)
    return f"number {place}" + (f" (“{token(label)}”)" if label is not None else "")
