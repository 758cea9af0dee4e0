"""The share of starts that is proved to settle, beside the share that was sampled."""

from __future__ import annotations

from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.proofs_numeric.claims import Verdict
from lohe.reports.blocks import Picture
from lohe.reports.formatting import lower, percent, plain
from lohe.reports.subjects import Subject
from lohe.reports.svg import COLOURS, inline, new_figure

__all__ = ["proved_share", "proved_volume_picture"]


def proved_share(subject: Subject) -> tuple[float, str] | None:
    """Return what is proved of the share of starts that settle in the end, and by what.

    Starts are those that `lohe basin` draws uniformly: of the whole state if oscillators hear each
    other, else of single oscillators. None if nothing is proved.

    Returns
    -------
    share : float
        A lower bound; 1 if almost every start settles.
    source : str
        Whether a certificate says so, or a campaign's theorem, which covers more starts by caps
        of another shape for each oscillator.
    """
    found = []
    reached, cap = subject.claim("almost_global"), subject.claim("local_cap")
    if reached is not None and reached.verdict is Verdict.PROVED:
        found.append((1.0, "by the certificate"))
    elif cap is not None and cap.verdict is Verdict.PROVED:
        whole = subject.kind == "coupled"
        share = float(cap.values["volume_lower" if whole else "share_lower"])
        found.append((share, "by the certificate (T6b)"))
    for campaign in subject.campaigns:
        theory = campaign.theory
        if theory is not None and theory.proved_volume is not None:
            words = f"worked out for this report ({theory.theorem})"
            found.append((theory.proved_volume, words))
    return max(found, key=lambda entry: entry[0], default=None)


def proved_volume_picture(
    subject: Subject, basins: tuple[BasinEstimate, ...], key: str
) -> Picture | None:
    """Draw the proved share beside the sampled one; None if nothing is proved."""
    known = proved_share(subject)
    if known is None:
        return None
    proved, source = known
    last = max(basins, key=lambda basin: basin.horizon)
    figure, axes = new_figure(4.2, 1.9)
    axes.barh([1], [100 * proved], height=0.5, color=COLOURS["green"])
    axes.barh([0], [100 * last.fraction], height=0.5, color=COLOURS["purple"], alpha=0.55)
    axes.errorbar(
        [100 * last.fraction],
        [0],
        xerr=[[100 * (last.fraction - last.lower)], [100 * (last.upper - last.fraction)]],
        color=COLOURS["ink"],
        capsize=4,
        elinewidth=1.4,
        fmt="none",
    )
    axes.set(xlim=(0, 103), ylim=(-0.5, 1.5), xlabel="share of all starts, %")
    axes.set_yticks([0, 1], ["sampled", "proved"])
    axes.tick_params(axis="y", length=0)
    axes.grid(visible=False, axis="y")
    share = percent(proved, 3, "ROUND_FLOOR") if proved > 1e-5 else f"a share of {lower(proved)}"
    what = "almost every start" if proved == 1 else f"at least {share} of all starts"
    words = (
        f"Proved, {source}: {what} settles in the end. Sampled: {percent(last.fraction)} had "
        f"settled by t = {plain(last.horizon)}, with {percent(last.confidence)} bounds "
        f"{percent(last.lower, 3, 'ROUND_FLOOR')} to {percent(last.upper, 3, 'ROUND_CEILING')}. "
        + "What lies between was only sampled."
        * (proved < 1)
    )
    title = "How much of what was sampled is proved?"
    return Picture(title, words, inline(figure, key, f"{title} {subject.name}", words))
