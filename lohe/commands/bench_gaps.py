"""How the gap of language models to softmax falls with the dimension, and its power law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lohe.commands.bench_contrast import CONFIDENCE
from lohe.commands.bench_study_compare import Pair, advantage, gaps, told
from lohe.commands.bench_study_tables import with_interval

if TYPE_CHECKING:
    from lohe.attention.studies.results import StudyResults
    from lohe.commands.bench_tables import Table
    from lohe.proofs_numeric.statistics.paired import Estimate

__all__ = ["NARROW", "OSCILLATORS", "SIZES", "Family", "gap_table", "power_laws"]

SIZES = (2, 4, 8, 16, 32)
"""Dimensions of oscillators, and widths of a head's queries and keys."""


@dataclass(frozen=True)
class Family:
    """Models of several sizes that are compared with full softmax.

    Parameters
    ----------
    name
        For people.
    arm
        Their names, with ``{}`` for the corpus and the size.
    """

    name: str
    arm: str

    def pair(self, corpus: str, size: int) -> Pair:
        """Return the arm of a size, and full softmax."""
        return self.arm.format(corpus, size), f"{corpus}-softmax"

    def sizes(self, corpus: str, results: StudyResults) -> list[int]:
        """Return the sizes that have run beside full softmax."""
        return [size for size in SIZES if advantage(results, *self.pair(corpus, size))]

    def power_law(self, corpus: str, results: StudyResults) -> tuple[Estimate, Estimate] | None:
        """Fit gap = C size^-alpha; None for fewer than two sizes or a mean gap below 0."""
        from lohe.dynamics.errors import InputError
        from lohe.proofs_numeric.statistics.paired import power_law

        sizes = self.sizes(corpus, results)
        rows = gaps(results, [self.pair(corpus, size) for size in sizes]) if sizes else []
        try:
            return power_law(sizes, rows, CONFIDENCE)
        except InputError:
            return None


OSCILLATORS = Family("oscillators", "{}-d{}")
NARROW = Family("narrow softmax", "{}-softmax-qk{}")


def gap_table(corpus: str, results: StudyResults) -> Table:
    """Return the gaps of oscillators and of softmax with narrow queries, size by size.

    The last columns compare oscillators of dimension d with softmax whose queries have width d.
    """
    rows = []
    for size in OSCILLATORS.sizes(corpus, results):
        mine, base = OSCILLATORS.pair(corpus, size)
        other, _ = NARROW.pair(corpus, size)
        equal = advantage(results, mine, other)
        pairs = (advantage(results, mine, base), advantage(results, other, base), equal)
        cells = (
            "" if pair is None else with_interval(pair.mean, results.metric, signed=True)
            for pair in pairs
        )
        rows.append((str(size), *cells, told(equal)))
    titles = ("size", "oscillators against softmax", "narrow softmax against softmax")
    return (*titles, "oscillators against narrow softmax", ""), rows


def power_laws(corpus: str, results: StudyResults) -> list[str]:
    """Return the fits gap = C size^-alpha, a line for each family that has one."""
    lines = []
    for family in (OSCILLATORS, NARROW):
        if found := family.power_law(corpus, results):
            constant, exponent = found
            lines.append(
                f"{family.name}: gap = C · size^−α with "
                f"C = {with_interval(constant, results.metric)}, "
                f"α = {with_interval(exponent, results.metric)} over {constant.count} seeds"
            )
    return lines
