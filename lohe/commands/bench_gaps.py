"""How the gap of language models to softmax falls with the dimension, and its power law."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lohe.commands.bench_study_compare import CONFIDENCE, Pair, advantage, gaps, told
from lohe.commands.bench_study_tables import with_interval

if TYPE_CHECKING:
    from lohe.attention.studies.results import StudyResults
    from lohe.commands.bench_tables import Table

__all__ = ["gap_table", "power_laws"]

_SIZES = (2, 4, 8, 16, 32)


def gap_table(corpus: str, results: StudyResults) -> Table:
    """Return the gaps of oscillators and of softmax with narrow queries, size by size.

    The last columns compare oscillators of dimension d with softmax whose queries have width d.
    """
    rows = []
    for size in _SIZES:
        found = advantage(results, *_oscillators(corpus, size))
        if found is None:
            continue
        narrow = advantage(results, *_narrow(corpus, size))
        equal = advantage(results, _oscillators(corpus, size)[0], _narrow(corpus, size)[0])
        pairs = (found, narrow, equal)
        cells = (
            "" if pair is None else with_interval(pair.mean, results.metric, signed=True)
            for pair in pairs
        )
        rows.append((str(size), *cells, told(equal)))
    titles = ("size", "oscillators against softmax", "narrow softmax against softmax")
    return (*titles, "oscillators against narrow softmax", ""), rows


def power_laws(corpus: str, results: StudyResults) -> list[str]:
    """Return the fits gap = C size^-alpha, a line each for oscillators and for narrow softmax."""
    from lohe.dynamics.errors import InputError
    from lohe.proofs_numeric.statistics.paired import power_law

    lines = []
    for name, pair_of in (("oscillators", _oscillators), ("narrow softmax", _narrow)):
        sizes = [size for size in _SIZES if advantage(results, *pair_of(corpus, size))]
        rows = gaps(results, [pair_of(corpus, size) for size in sizes]) if len(sizes) > 1 else []
        if not rows:
            continue
        try:
            constant, exponent = power_law(sizes, rows, CONFIDENCE)
        except InputError:
            lines.append(f"{name}: no power law, as a mean gap is not positive")
            continue
        lines.append(
            f"{name}: gap = C · size^−α with C = {with_interval(constant, results.metric)}, "
            f"α = {with_interval(exponent, results.metric)} over {constant.count} seeds"
        )
    return lines


def _oscillators(corpus: str, size: int) -> Pair:
    return f"{corpus}-d{size}", f"{corpus}-softmax"


def _narrow(corpus: str, size: int) -> Pair:
    return f"{corpus}-softmax-qk{size}", f"{corpus}-softmax"
