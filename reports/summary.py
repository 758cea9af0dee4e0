"""The summary: what was examined and what came of it, one card a head."""

from __future__ import annotations

from collections import Counter

from lohe.proofs_numeric.claims import Verdict
from lohe.reports.blocks import Block, Card, Cards, Evidence, Paragraph, Section
from lohe.reports.claims_text import claim_text, in_order, sentence
from lohe.reports.detail import Detail
from lohe.reports.formatting import count, percent, plural, short_digest
from lohe.reports.subjects import Collection, Subject

__all__ = ["section"]


def section(collection: Collection, detail: Detail) -> Section:
    """Answer what was examined and what came of it."""
    del detail
    blocks: list[Block] = [Paragraph(_overview(collection))]
    if collection.subjects:
        blocks.append(Cards(tuple(map(_card, collection.subjects))))
    return Section("summary", "Summary", "What was examined, and what came of it?", blocks)


def _overview(collection: Collection) -> str:
    subjects = collection.subjects
    parts = []
    if subjects:
        sizes = [subject.size for subject in subjects]
        total = sum(size[0] for size in sizes if size is not None)
        parts.append(
            f"{plural(len(subjects), 'head')} with {plural(total, 'oscillator')} in all."
            if total
            else f"{plural(len(subjects), 'head')} of unknown size."
        )
        verdicts = Counter(
            claim.verdict
            for subject in subjects
            for certificate in subject.certificates
            for claim in certificate.claims.values()
        )
        if verdicts:
            listed = ", ".join(
                f"{count(verdicts[verdict])} {verdict.value}"
                for verdict in Verdict
                if verdicts[verdict]
            )
            parts.append(f"Claims: {listed}.")
        else:
            parts.append("Nothing is proved here: no certificate was given.")
        starts = sum(basin.trials for subject in subjects for basin in subject.basins)
        parts.append(
            f"Sampled: {plural(starts, 'random start')}."
            if starts
            else "No random starts were sampled."
        )
    if collection.training:
        parts.append(f"{plural(len(collection.training), 'training run')}.")
    return " ".join(parts)


def _card(subject: Subject) -> Card:
    claims = [
        (name, claim)
        for certificate in subject.certificates
        for name, claim in in_order(certificate.claims)
    ]
    facts = [("Network SHA-256", short_digest(subject.digest))]
    if subject.size is not None:
        n, d = subject.size
        facts = [("Oscillators", count(n)), ("Dimension", str(d)), *facts]
    return Card(
        subject.name,
        _verdict(subject),
        " ".join([*(sentence(name, claim) for name, claim in claims), *_sampled(subject)])
        or "Only the network was given: nothing is proved and nothing sampled.",
        tuple(facts),
        tuple((claim_text(name).title, Evidence(claim.verdict.value)) for name, claim in claims),
    )


def _verdict(subject: Subject) -> Evidence | None:
    """Take the gravest verdict of all certificates, or what else there is."""
    verdicts = {certificate.verdict for certificate in subject.certificates}
    for verdict in (Verdict.REFUTED, Verdict.UNDECIDED, Verdict.PROVED):
        if verdict in verdicts:
            return Evidence(verdict.value)
    return Evidence.SAMPLED if subject.basins else None


def _sampled(subject: Subject) -> list[str]:
    if not subject.basins:
        return []
    last = max(subject.basins, key=lambda basin: basin.horizon)
    return [
        f"In a sample of {count(last.trials)} random starts {percent(last.fraction)} had settled "
        f"by the last horizon (true share {percent(last.lower, 3, 'ROUND_FLOOR')} to "
        f"{percent(last.upper, 3, 'ROUND_CEILING')} with {percent(last.confidence)} confidence)."
    ]
