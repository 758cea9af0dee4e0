"""How to check it yourself: what was proved, what was only sampled, and the commands."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.reports.blocks import Block, Cell, Commands, Evidence, Heading, Paragraph, Section, Table
from lohe.reports.campaigns import Campaign, in_common
from lohe.reports.claims_text import claim_text, in_order
from lohe.reports.detail import Detail
from lohe.reports.formatting import plain
from lohe.reports.sources import Source
from lohe.reports.subjects import Collection, Subject

__all__ = ["commands", "instance_beside", "section"]


def section(collection: Collection, detail: Detail) -> Section:
    """Answer how a reader can check every statement without trusting this page."""
    del detail
    blocks: list[Block] = []
    if any(subject.certificates for subject in collection.subjects):
        blocks += [
            Heading("What “proved” means here"),
            Paragraph(
                "A theorem whose conditions were checked for the stored numbers, in exact "
                "arithmetic or with rigorous error bounds. It holds for the ideal equations of "
                "motion with exactly these drives, and on every device that the certificate "
                "covers. It says nothing of other inputs (unless the claim is “holds for every "
                "input”, or for those near these), of the rest of the model, or of effects that "
                "the equations leave out, such as noise.",
                Evidence.PROVED,
            ),
            _mathematics(collection),
        ]
    if any(subject.basins for subject in collection.subjects):
        blocks += [
            Heading("What “sampled” means here"),
            Paragraph(
                "Random starts were followed numerically and counted. The bounds are right with "
                "the stated confidence, not with certainty, and speak of starts drawn uniformly "
                "from the sphere, unless they are named as those near saddles. The same seed "
                "gives the same counts again.",
                Evidence.SAMPLED,
            ),
        ]
    blocks += [
        Heading("What “computed” means here"),
        Paragraph(
            "Histograms, maps, trajectories and tables of worst oscillators come from ordinary "
            "floating-point arithmetic. They show and explain; nothing is proved from them.",
            Evidence.COMPUTED,
        ),
    ]
    lines = commands(collection)
    if lines:
        blocks += [
            Heading("Check it yourself"),
            Paragraph(
                "In the folder that holds the files. `lohe verify` reads only the certificate and "
                "the network or tokens it is about, uses exact arithmetic and shares no code with "
                "the program that made the proof. Its exit code is 0 if it confirms every claim "
                "as proved, 1 if it confirms one as refuted, 3 if one stays open."
            ),
            Commands(lines),
        ]
        if any(_in_memory(subject) for subject in collection.subjects):
            blocks.append(
                Paragraph(
                    "Some of what this report was made from had no file. Save it under the names "
                    "above first, with `Network.save` (or `Tokens.save`) and `Certificate.save`.",
                    note=True,
                )
            )
    blocks += _tables(collection)
    return Section(
        "verify", "Check it yourself", "What does this rest on, and how can I check it?", blocks
    )


def commands(collection: Collection) -> tuple[str, ...]:
    """List what to type to check the report's statements again, with the files' own names."""
    lines: list[str] = []
    for subject in collection.subjects:
        instance = _file(subject, "network") or _file(subject, "head")
        made = f"{subject.key}.network.npz"
        names = [s.name for s in subject.sources if s.role == "certificate"]
        if subject.certificates and not names:
            tokens = ".tokens" if subject.kind == "inputs" else ""
            names = [f"{subject.key}{tokens}.certificate.json"]
        for name in names:
            # `lohe certify` writes the network of a head beside its certificate.
            beside = instance_beside(name, of_inputs=subject.kind == "inputs")
            given = _file(subject, "tokens") or _file(subject, "network")
            lines.append(_line("lohe", "verify", name, given or beside))
        for basins in _runs(subject.basins):
            # Another campaign file: the old one would only be read again.
            output = f"again-{len(lines)}.basin.sqlite"
            options = _options(basins, subject.campaigns)
            lines.append(_line("lohe", "basin", instance or made, *options, "-o", output))
    files = sorted({source.name for source in _sources(collection)})
    if files:
        lines.append(_line("sha256sum", *files))
    return tuple(lines)


def _runs(basins: tuple[BasinEstimate, ...]) -> list[list[BasinEstimate]]:
    """Put estimates of one campaign together."""
    found: dict[tuple[object, ...], list[BasinEstimate]] = {}
    for basin in basins:
        found.setdefault((in_common(basin), basin.seed, basin.trials), []).append(basin)
    return list(found.values())


def _options(basins: list[BasinEstimate], campaigns: tuple[Campaign, ...]) -> list[object]:
    """Return what to ask of `lohe basin` for the same counts again."""
    first = basins[0]
    starts = first.starts
    options: list[object] = ["--trials", first.trials, "--seed", first.seed]
    for basin in basins:
        options += ["--horizon", repr(float(basin.horizon))]
    options += ["--tolerance", repr(first.tolerance), "--confidence", repr(first.confidence)]
    if starts.kind != "uniform":
        options += ["--starts", starts.kind]
    if starts.levels:
        options += ["--levels", ",".join(map(repr, starts.levels))]
    if starts.kind == "tilted":
        options += ["--power", repr(starts.power)]
    if starts.kind == "saddles":
        options += ["--angle", repr(starts.angle)]
    plan = next((one.plan for one in campaigns if first in one.estimates), None)
    if plan is not None and plan.stopping is not None:
        options[1] = plan.trials
        name = "lower" if plan.stopping.lower is not None else "width"
        options += [f"--until-{name}", repr(getattr(plan.stopping, name))]
    if plan is not None and not plan.early:
        options.append("--follow")
    if plan is not None and plan.engine != "numpy":
        options += ["--engine", plan.engine]
    return options


def instance_beside(certificate: str, *, of_inputs: bool) -> str:
    """Name the file that a certificate is about, where it was not given.

    Examples
    --------
    >>> instance_beside("a.certificate.json", of_inputs=False)
    'a.network.npz'
    >>> instance_beside("a.tokens.certificate.json", of_inputs=True)
    'a.tokens.npz'
    """
    name = certificate.removesuffix(".certificate.json").removesuffix(".tokens")
    return f"{name}.{'tokens' if of_inputs else 'network'}.npz"


def _in_memory(subject: Subject) -> bool:
    roles = {source.role for source in subject.sources}
    certified = bool(subject.certificates) and "certificate" not in roles
    given = subject.network is not None or subject.tokens is not None
    return certified or (given and not roles & {"network", "head", "tokens"})


def _line(*parts: object) -> str:
    """One command, continued over lines of at most 76 characters where it is long."""
    lines, line = [], ""
    for word in (shlex.quote(str(part)) for part in parts):
        if line and len(line) + len(word) > 74:
            lines.append(f"{line} \\")
            line = f"   {word}"
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


def _file(subject: Subject, role: str) -> str | None:
    return next((source.name for source in subject.sources if source.role == role), None)


def _sources(collection: Collection) -> list[Source]:
    found = [source for subject in collection.subjects for source in subject.sources]
    found += [source for _, source in collection.training if source is not None]
    found += [record.source for record in collection.hardware]
    return list(dict.fromkeys(found))


def _mathematics(collection: Collection) -> Table:
    texts = {
        claim_text(name, claim): None
        for subject in collection.subjects
        for certificate in subject.certificates
        for name, claim in in_order(certificate.claims)
    }
    rows = tuple(
        (Cell(text.title), Cell(text.mathematics or "—"), Cell(text.theorem or "—"))
        for text in texts
    )
    return Table(
        "The mathematics of each claim; `lohe derive` prints the derivations",
        ("Claim", "In one line", "Theorem"),
        rows,
        stacked=True,
    )


def _tables(collection: Collection) -> list[Block]:
    blocks: list[Block] = []
    sources = _sources(collection)
    if sources:
        listed = tuple((Cell(s.name), Cell(s.role), Cell(s.sha256, code=True)) for s in sources)
        blocks.append(
            Table("Files", ("File", "What it is", "SHA-256 of its bytes"), listed, stacked=True)
        )
    if collection.subjects:
        digests = tuple((Cell(s.name), Cell(s.digest, code=True)) for s in collection.subjects)
        caption = "Networks and inputs: the digest that certificates and basin runs are bound to"
        blocks.append(Table(caption, ("Of", "SHA-256 of its arrays"), digests, stacked=True))
    recorded = [
        (subject, certificate)
        for subject in collection.subjects
        for certificate in subject.certificates
    ]
    if recorded:
        rows = tuple(
            (Cell(subject.name), Cell(_tool(certificate.tool)), Cell(_flat(certificate.parameters)))
            for subject, certificate in recorded
        )
        caption = "What made the certificates"
        blocks.append(Table(caption, ("Of", "Tool and versions", "Asked for"), rows, stacked=True))
    return blocks


def _tool(tool: Mapping[str, str]) -> str:
    """Name the program and its version first, then what it ran on."""
    rest = {name: value for name, value in tool.items() if name not in {"name", "version"}}
    return ", ".join(
        part
        for part in (f"{tool.get('name', '')} {tool.get('version', '')}".strip(), _flat(rest))
        if part
    )


def _flat(mapping: Mapping[str, Any]) -> str:
    """Names and values in one line, nested names joined by a space."""
    parts = []
    for name, value in sorted(mapping.items()):
        if isinstance(value, Mapping):
            parts += [f"{name} {part}" for part in _flat(value).split(", ") if part]
        elif isinstance(value, float):
            parts.append(f"{name} {plain(value)}")
        elif value is not None:
            parts.append(f"{name} {value}")
    return ", ".join(parts)
