"""The claim of Stein, Li & Steidl on momentum in attention (arXiv 2603.16535), and questions."""

from __future__ import annotations

from collections.abc import Iterator

from lohe.attention.accelerated import FAMILIES, SCHEMES
from lohe.commands.bench_claims import Ahead, Loses, Tied
from lohe.commands.bench_verdict import Claim

__all__ = ["MOMENTUM"]


def _ahead(family: str, scheme: str) -> Claim:
    arm, spent = f"{family}-{scheme}", "as many"
    if scheme == "strang":
        arm, spent = f"{arm}-few-steps", "9 % more"
    return Ahead(
        f"{family.capitalize()} attention: {scheme.replace('_', ' ')} is ahead of the classical "
        f"block after {spent} calls of the force.",
        (arm, f"{family}-baseline"),
        controls={"as many parameters": (arm, f"{family}-baseline-wide")},
    )


def _of(family: str) -> Iterator[Claim]:
    for scheme in SCHEMES[family][1:]:
        yield _ahead(family, scheme)
    for scheme in SCHEMES[family][2:]:
        if scheme != "strang":
            yield Tied(
                f"{family.capitalize()} attention: is {scheme.replace('_', ' ')} as good as "
                "Nesterov's method?",
                (f"{family}-{scheme}", f"{family}-nesterov"),
            )
    yield Tied(
        f"{family.capitalize()} attention: what do momenta change that start at rest, without "
        "tables of their own?",
        (f"{family}-presymplectic_euler-at-rest", f"{family}-baseline"),
    )


def _leaks() -> Iterator[Claim]:
    for scheme in ("euler", "presymplectic_euler"):
        title = scheme.replace("_", " ")
        arms = f"softmax-{scheme}-leaking", f"softmax-{scheme}"
        yield Loses(
            f"The published softmax {title} sees the future: it scores worse token by token than "
            "on whole sequences, and the sealed one does not.",
            arms,
            "one_by_one_perplexity",
            own="at_once_perplexity",
            rounding=1e-4,
        )
        yield Tied(f"On whole sequences, what does the leak change for {title}?", arms)


MOMENTUM: tuple[Claim, ...] = (*(claim for family in FAMILIES for claim in _of(family)), *_leaks())
"""The paper has the accelerated schemes learn faster at the same number of oracle calls."""
