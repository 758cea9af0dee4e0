"""What a campaign's file says of the whole: the plan, the network's size, what theory says."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from lohe.proofs_numeric.basins.plan import Plan
from lohe.proofs_numeric.basins.theory import Theory

__all__ = ["Header", "Series", "versions"]

_OF_ONE_SEED = ("seed", "trials")


@dataclass(frozen=True)
class Series:
    """The part of a campaign that draws from one seed.

    Parameters
    ----------
    plan
    block_size
        Trials in a block; the last one may have fewer.
    first
        The first block that anybody asked for.
    earlier
        Numbers of trials planned before the campaign was extended.
    """

    plan: Plan
    block_size: int
    first: int = 0
    earlier: tuple[int, ...] = ()

    @property
    def blocks(self) -> int:
        """Number of blocks that the plan needs."""
        return -(-self.plan.trials // self.block_size)

    def trials_in(self, block: int) -> int:
        """Return the number of trials of a block."""
        return self._within(self.plan.trials, block)

    def replaced(self, block: int, trials: int) -> bool:
        """Tell whether a block was the last one, with fewer trials, before an extension."""
        return any(self._within(total, block) == trials > 0 for total in self.earlier)

    def stream(self, block: int) -> str:
        """Return what a block's SeedSequence is made of, as JSON."""
        return json.dumps({"entropy": self.plan.seed, "spawn_key": [block]})

    @cached_property
    def sampled(self) -> str:
        """All of the plan that a block's result depends on, as JSON."""
        kept = ("network_sha256", "horizons", "seed", "tolerance", "starts", "early", "engine")
        document = self.plan.document()
        chosen = {name: document[name] for name in kept} | {"block_size": self.block_size}
        return json.dumps(chosen, sort_keys=True)

    def _within(self, total: int, block: int) -> int:
        return min(self.block_size, total - block * self.block_size)


@dataclass(frozen=True)
class Header:
    """What the file says beside the blocks.

    Parameters
    ----------
    series : tuple of Series
        One a seed; their plans differ in seed and trials alone. More than one after a merge.
    n, d
        Oscillators of the network and their dimension.
    theory
        What theorems say of the network.
    versions
        Of the programs that began the campaign. Another lohe may draw other starts from a seed.
    """

    series: tuple[Series, ...]
    n: int
    d: int
    theory: Theory
    versions: Mapping[str, str]

    @property
    def plan(self) -> Plan:
        """The plan of the first seed."""
        return self.series[0].plan

    @property
    def block_size(self) -> int:
        """Trials in a block."""
        return self.series[0].block_size

    def values(self) -> dict[str, Any]:
        """Return everything by name, as values that JSON can hold."""
        document = self.plan.document()
        shared = {name: value for name, value in document.items() if name not in _OF_ONE_SEED}
        seeds = [
            {
                "seed": series.plan.seed,
                "trials": series.plan.trials,
                "first": series.first,
                "earlier": list(series.earlier),
            }
            for series in self.series
        ]
        network = {"n": self.n, "d": self.d, "block_size": self.block_size}
        said = {"theory": asdict(self.theory), "versions": dict(self.versions)}
        values = shared | network | {"seeds": seeds} | said
        return values | {"digest": _digest(values)}

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Header:
        """Rebuild a header from its `values`.

        Raises
        ------
        InputError, KeyError, TypeError, ValueError
            If they are no header's, or were altered.
        """
        if values["digest"] != _digest({k: v for k, v in values.items() if k != "digest"}):
            raise ValueError("the plan was altered")
        size, n, d = (int(values[name]) for name in ("block_size", "n", "d"))
        series = []
        for seed in values["seeds"]:
            plan = Plan.read({**values, **{name: seed[name] for name in _OF_ONE_SEED}})
            earlier = tuple(int(trials) for trials in seed["earlier"])
            series.append(Series(plan, size, int(seed["first"]), earlier))
        names = {series.plan.seed for series in series}
        if not series or len(names) < len(series) or min(size, n, d) < 1:
            raise ValueError("the plan makes no sense")
        if any(not 0 <= one.first < one.blocks for one in series):
            raise ValueError("the first block is not of the plan")
        theory: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values["theory"].items()
        }
        horizons = len(series[0].plan.horizons)
        if not len(theory["predicted"]) == len(theory["certain"]) == horizons:
            raise ValueError("a prediction a horizon is needed")
        made_by = {str(name): str(number) for name, number in values["versions"].items()}
        return cls(tuple(series), n, d, Theory(**theory), made_by)


def _digest(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of the programs that sample here."""
    found = {"python": platform.python_version()}
    for package in ("lohe", "numpy", "scipy", "numba"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
