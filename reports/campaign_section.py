"""What campaigns found: what became of all starts, when, and what is proved of where they end."""

from __future__ import annotations

from lohe.proofs_numeric.basins.catalogue import APART
from lohe.proofs_numeric.basins.census import Attractor, Census
from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.sightings import Share
from lohe.reports.blocks import (
    Block,
    Cell,
    Commands,
    Evidence,
    Heading,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Table,
)
from lohe.reports.campaigns import Campaign
from lohe.reports.detail import Detail
from lohe.reports.formatting import count, percent, plain, plural, short_digest, upper
from lohe.reports.outcome_figures import (
    attractor_names,
    attractors_picture,
    outcomes_picture,
    times_picture,
)
from lohe.reports.sampled import starts_in_words
from lohe.reports.subjects import Collection, Subject

__all__ = ["section"]

_MOST_ROWS = 30


def section(collection: Collection, detail: Detail) -> Section:
    """Answer where starts end, how surely that is known, and what fixes the answer."""
    subjects = [subject for subject in collection.subjects if subject.campaigns]
    blocks: list[Block] = [
        Paragraph(
            "A campaign follows starts that were drawn at random and keeps what became of each."
            + " Where they end is sampled; that a point exists, is stable and is another one than "
            "the next is proved, or not, by enclosing it (T8)."
            * any(one.census is not None for subject in subjects for one in subject.campaigns),
            Evidence.SAMPLED,
        )
    ]
    for place, subject in enumerate(subjects):
        for number, campaign in enumerate(subject.campaigns, start=1):
            several = len(subject.campaigns) > 1
            blocks.append(Heading(f"{subject.name}, {campaign.name}" if several else subject.name))
            key = f"{subject.key}-campaign-{number}"
            if place < detail.heads:
                blocks.append(Pictures(_pictures(subject, campaign, key)))
            blocks += _attractors(subject, campaign)
    blocks += _rests(subjects)
    return Section(
        "campaigns",
        "Where starts end",
        "Where do starts end, and how surely is that known?",
        blocks if subjects else (),
    )


def _rests(subjects: list[Subject]) -> list[Block]:
    """Say what the numbers rest on."""
    campaigns = [campaign for subject in subjects for campaign in subject.campaigns]
    if not campaigns:
        return []
    blocks: list[Block] = [_provenance(campaigns)]
    if any(campaign.estimates[-1].certified for campaign in campaigns):
        blocks.append(
            Paragraph(
                "A start is ended early when its computed state lies in the certified cap with "
                "time enough left: from that state on, it is proved to settle by the horizon "
                "(T6c). What led there was computed in floating point.",
                note=True,
            )
        )
    return blocks


def _pictures(subject: Subject, campaign: Campaign, key: str) -> tuple[Picture, ...]:
    found = [outcomes_picture(campaign.estimates, f"{key}-outcomes")]
    if campaign.census is not None and len(campaign.census.attractors) > 1:
        found.append(attractors_picture(campaign.census, f"{key}-attractors"))
    if campaign.times is not None:
        coupled = subject.kind == "coupled"
        found.append(times_picture(campaign.times, coupled, f"{key}-times"))
    return tuple(found)


def _attractors(subject: Subject, campaign: Campaign) -> list[Block]:
    """List where starts came to rest, and say whether two of the points are proved stable."""
    census = campaign.census
    if census is None:
        return []
    blocks: list[Block] = []
    if census.several:
        stable = sum(one.stable is True for one in census.attractors)
        blocks.append(
            Paragraph(
                f"That this network has a single stable resting point is false: {stable} are "
                "enclosed, each the only equilibrium in its box, in boxes that do not meet.",
                Evidence.REFUTED,
            )
        )
    rows = [
        _row(name, attractor)
        for name, attractor in zip(attractor_names(census), census.attractors, strict=True)
    ]
    shown = [*rows[:_MOST_ROWS], _moving(census)]
    blocks.append(
        Table(
            f"Where the starts were at t = {plain(campaign.plan.horizons[-1])}; all bounds hold "
            f"together with {percent(census.confidence)} confidence",
            ("Place", "Starts", "Share", "Bounds", "Point", "Why"),
            tuple(shown),
            frozenset({1, 2, 3}),
            stacked=True,
        )
    )
    if len(rows) > _MOST_ROWS:
        blocks.append(
            Paragraph(f"{plural(len(rows) - _MOST_ROWS, 'rarer place')} not listed.", note=True)
        )
    if any(one.enclosure is not None for one in census.attractors):
        network = next((s.name for s in subject.sources if s.role in ("network", "head")), None)
        blocks += [
            Paragraph(
                "The boxes were found by the program that made this report. For a certificate of "
                "them that `lohe verify` confirms independently:"
            ),
            Commands(
                (
                    f"lohe certify {network or f'{subject.key}.network.npz'} "
                    f"--attractors {campaign.name}",
                )
            ),
        ]
    return blocks


def _row(name: str, attractor: Attractor) -> tuple[Cell, ...]:
    stable, found = attractor.stable, attractor.enclosure
    if stable is None:
        badge, word = Evidence.UNDECIDED, "undecided"
    else:
        badge, word = Evidence.PROVED, "proved"
    why = attractor.reason
    if found is not None and stable is not None:
        kind = "stable" if stable else "unstable"
        why = f"T8: {kind}; enclosed to {upper(found.inner, 2)} in every coordinate"
        if attractor.alone:
            why += f"; no other equilibrium within {plain(APART)}"
    if attractor.turned:
        why = f"the reference point, all oscillators turned together; {why}"
    return (
        Cell(name),
        *_numbers(attractor.share),
        Cell(word, badge=badge),
        Cell(why),
    )


def _moving(census: Census) -> tuple[Cell, ...]:
    untold = f"; {count(census.untold)} more settled elsewhere, not told apart" * (
        census.untold > 0
    )
    return (
        Cell("not settled"),
        *_numbers(census.moving),
        Cell("sampled", badge=Evidence.SAMPLED),
        Cell(f"still moving, or failed{untold}"),
    )


def _numbers(share: Share) -> tuple[Cell, ...]:
    return (
        Cell(count(share.count), share.count),
        Cell(percent(share.fraction), share.fraction),
        Cell(
            f"{percent(share.lower, 3, 'ROUND_FLOOR')} to "
            f"{percent(share.upper, 3, 'ROUND_CEILING')}".replace(" ", "\N{NO-BREAK SPACE}"),
            share.lower,
        ),
    )


def _provenance(campaigns: list[Campaign]) -> Table:
    """List what fixes the numbers: run again, each campaign gives the same ones."""
    rows = []
    for campaign in campaigns:
        plan, last = campaign.plan, campaign.estimates[-1]
        rows.append(
            (
                Cell(campaign.name),
                Cell(short_digest(plan.network_sha256), code=True),
                Cell(str(plan.seed), float(plan.seed)),
                Cell(_asked(plan, last.trials)),
                Cell(count(last.certified), last.certified),
                Cell(f"{last.interval.replace('-', '–')}, {_confidence(plan)}"),
                Cell(plan.engine),
            )
        )
    return Table(
        "What fixes these numbers: with the same network and plan the same counts come again, "
        "whoever runs it on how many machines",
        ("File", "Network SHA-256", "Seed", "Starts", "Ended early", "Bounds", "Engine"),
        tuple(rows),
        frozenset({2, 4}),
        stacked=True,
    )


def _asked(plan: Plan, trials: int) -> str:
    number = f"{count(trials)} starts"
    if plan.stopping is not None:
        number += f", asked for {_until(plan)}"
    return f"{number}, {starts_in_words(plan.starts)}"


def _until(plan: Plan) -> str:
    assert plan.stopping is not None
    if plan.stopping.lower is not None:
        goal = f"the lower bound exceeds {percent(plan.stopping.lower)}"
    else:
        assert plan.stopping.width is not None
        goal = f"the bounds are less than {percent(plan.stopping.width)} apart"
    return f"until {goal}, at most {count(plan.trials)}"


def _confidence(plan: Plan) -> str:
    together = f", together with {plan.family - 1} others" * (plan.family > 1)
    return f"{percent(plan.confidence)} confidence{together}"
