"""The summary: what was examined and what came of it, one card a head."""

from __future__ import annotations

from collections import Counter

from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.reports.blocks import Block, Card, Cards, Evidence, Paragraph, Section
from lohe.reports.claims_text import in_order, sentence, stable_points
from lohe.reports.detail import Detail
from lohe.reports.devices import devices
from lohe.reports.formatting import count, percent, plain, plural, short_digest
from lohe.reports.ledger import Ruling, load_claims
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
        noun = _noun(collection)
        parts.append(
            f"{plural(len(subjects), noun)} with {plural(total, 'oscillator')} in all."
            if total
            else f"{plural(len(subjects), noun)} of unknown size."
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
    if collection.audit is not None:
        ruled = sum(
            finding.ruling not in {Ruling.NOT_RUN, Ruling.UNDECIDED}
            for finding in collection.audit.findings.values()
        )
        parts.append(
            f"{plural(len(load_claims()), 'claim')} of three papers, {count(ruled)} ruled on."
        )
    if collection.hardware:
        parts.append(f"{plural(len(collection.hardware), 'hardware result')}.")
    return " ".join(parts)


def _noun(collection: Collection) -> str:
    """Call them heads, unless some of them are something else."""
    kinds = {subject.kind for subject in collection.subjects}
    return "head" if kinds == {"alone"} else "network" if "inputs" not in kinds else "instance"


def _card(subject: Subject) -> Card:
    of_inputs = subject.kind == "inputs"
    facts = [(f"{'Tokens' if of_inputs else 'Network'} SHA-256", short_digest(subject.digest))]
    if subject.size is not None:
        n, d = subject.size
        facts = [("Oscillators", count(n)), ("Dimension", str(d)), *facts]
    statements = [
        (Evidence(claim.verdict.value), sentence(name, claim))
        for certificate in subject.certificates
        for name, claim in in_order(certificate.claims)
    ]
    return Card(subject.name, tuple(facts), _verdict(subject), (*statements, *_sampled(subject)))


def _verdict(subject: Subject) -> str:
    """Say in one sentence whether the oscillators settle, and for which inputs."""
    if not subject.certificates and subject.kind != "inputs":
        return "Nothing is proved of this network: no certificate was given."
    if subject.kind == "inputs":
        return _of_inputs(subject.claim("input_box"))
    stable, reached = subject.claim("unique_stable"), subject.claim("almost_global")
    agreed = subject.claim("consensus")
    if agreed is not None:
        first = "" if stable is None else f"{_of_network(subject, stable, reached)} "
        return first + _of_followers(agreed)
    if subject.kind == "coupled" and stable is not None:
        return _of_network(subject, stable, reached)
    inputs = subject.claim("all_inputs")
    settled = [claim.verdict for claim in (stable, reached) if claim is not None]
    if not settled:
        return "Whether its oscillators settle was not asked; what was, is below."
    covered = any(devices(certificate.parameters) for certificate in subject.certificates)
    where = ", on every device covered" * covered
    if Verdict.REFUTED in settled:
        return f"Every oscillator settles on these inputs{where}: refuted."
    if Verdict.UNDECIDED in settled:
        return f"Every oscillator settles on these inputs{where}: undecided."
    if inputs is not None and inputs.verdict is Verdict.PROVED:
        return f"Every oscillator settles, on these inputs{where} and on all others: proved."
    said = f"Every oscillator settles on these inputs{where}: proved."
    if inputs is not None and inputs.verdict is Verdict.REFUTED:
        said += " On every possible input: refuted."
    return said


def _of_network(subject: Subject, stable: Claim, reached: Claim | None) -> str:
    """Say how many stable resting points a network of coupled oscillators has."""
    covered = any(devices(certificate.parameters) for certificate in subject.certificates)
    where = ", on every device covered" * covered
    if stable.verdict is Verdict.UNDECIDED:
        each = " on each device covered" * covered
        said = f"How many stable resting points the network has{each}: unknown."
        cap = subject.claim("local_cap")
        if cap is not None and cap.verdict is Verdict.PROVED:
            said += " One is proved, with a cap of starts that all settle there."
        return said
    if stable.verdict is Verdict.REFUTED:
        number = stable_points(stable)
        if number == "none":
            return "The network has no stable resting point: proved."
        return (
            f"The network has {number} stable resting points: proved. Where it ends depends on "
            "the start."
        )
    said = f"The network has exactly one stable resting point{where}: proved."
    if reached is None:
        return said
    if reached.verdict is Verdict.PROVED:
        return f"{said} Almost every start reaches it: proved."
    return f"{said} Whether almost every start reaches it: {reached.verdict.value}."


def _of_followers(claim: Claim) -> str:
    """Say whether oscillators that nothing drives come to agree."""
    if claim.verdict is Verdict.PROVED and "leader" in claim.values:
        where = f"where oscillator {claim.values['leader']} starts"
        return f"Almost every start ends in agreement, {where}: proved."
    return f"Almost every start ends in agreement: {claim.verdict.value}."


def _of_inputs(claim: Claim | None) -> str:
    if claim is None:
        return "Nothing is proved of these inputs: no certificate was given."
    near = ""
    if "radius" in claim.values:
        near = f" within {plain(claim.values['radius'])} of these in every coordinate"
    return f"Every oscillator settles for all inputs{near}: {claim.verdict.value}."


def _sampled(subject: Subject) -> list[tuple[Evidence, str]]:
    if not subject.basins:
        return []
    # Starts near saddles say nothing of all starts: they speak only where there are no others.
    last = max(subject.basins, key=lambda basin: (basin.starts.kind != "saddles", basin.horizon))
    where = " near saddles" * (last.starts.kind == "saddles")
    reweighted = last.starts.kind in ("strata", "tilted")
    weighted = ", weighted as if drawn uniformly," * reweighted
    return [
        (
            Evidence.SAMPLED,
            f"{percent(last.fraction)} of {count(last.trials)} random starts{where}{weighted} had "
            f"settled by time {plain(last.horizon)}; the true share is "
            f"{percent(last.lower, 3, 'ROUND_FLOOR')} to "
            f"{percent(last.upper, 3, 'ROUND_CEILING')}, with {percent(last.confidence)} "
            "confidence.",
        )
    ]
