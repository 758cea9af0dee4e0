"""What is printed of finished campaigns, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lohe.commands import basin_text
from lohe.commands.common import emit
from lohe.commands.instances import stem
from lohe.dynamics.errors import InputError

if TYPE_CHECKING:
    from lohe.dynamics.network import Network
    from lohe.proofs_numeric.basins.census import Census
    from lohe.proofs_numeric.basins.estimate import BasinEstimate
    from lohe.proofs_numeric.basins.plan import Stopping
    from lohe.proofs_numeric.basins.strata import Stratum

__all__ = ["Found", "found_in", "found_part", "print_found"]


@dataclass(frozen=True)
class Found:
    """What a campaign's file holds.

    Parameters
    ----------
    path
    n, d
        Oscillators and their dimension.
    estimates
        One per horizon.
    seeds
        More than one after a merge.
    strata
        Where starts are stratified.
    earlier
        Numbers of trials before the campaign was extended.
    anytime
        For each horizon, bounds that hold whenever one looks; only where the campaign was
        extended, or seeds were merged.
    census
        Where trials came to rest, if some did elsewhere and the network is at hand.
    part
        Which blocks the estimates are of; empty for all.
    rule
        What came of the stopping rule; empty where there is none.
    """

    path: Path
    n: int
    d: int
    estimates: tuple[BasinEstimate, ...]
    seeds: tuple[int, ...]
    strata: tuple[Stratum, ...] = ()
    earlier: tuple[int, ...] = ()
    anytime: tuple[tuple[float, float], ...] = ()
    census: Census | None = None
    part: str = ""
    rule: str = ""


def found_in(path: Path, network: Network | None = None) -> Found:
    """Read a finished campaign; with its network, also where trials came to rest elsewhere.

    Raises
    ------
    InputError
        If the file is missing, damaged, not finished, or of another network.
    """
    from lohe.proofs_numeric.basins import campaign
    from lohe.proofs_numeric.basins.anytime import anytime_bounds
    from lohe.proofs_numeric.basins.estimate import estimates
    from lohe.proofs_numeric.basins.strata import by_stratum

    header, tally = campaign.totals(path)
    plan = header.plan
    if network is not None and network.digest != plan.network_sha256:
        raise InputError(f"{path} holds a campaign of another network; give that one")
    earlier = tuple(trials for series in header.series for trials in series.earlier)
    elsewhere = tally.labels[-1]["elsewhere"]
    grown = earlier or len(header.series) > 1
    return Found(
        path=path,
        n=header.n,
        d=header.d,
        estimates=estimates(plan, tally, header.theory),
        seeds=tuple(series.plan.seed for series in header.series),
        strata=by_stratum(plan, tally) if plan.starts.kind == "strata" else (),
        earlier=earlier,
        anytime=anytime_bounds(plan, tally, header.theory.certain) if grown else (),
        census=campaign.attractors(path, network) if elsewhere and network else None,
        rule="" if plan.stopping is None else _rule(plan.stopping, met=tally.stopped),
    )


def _rule(stopping: Stopping, *, met: bool) -> str:
    wanted = f"a lower bound above {stopping.lower:g}" if stopping.lower is not None else ""
    if stopping.width is not None:
        wanted = f"bounds less than {stopping.width:g} apart"
    came = "stopped at the first block with" if met else "all planned starts were used without"
    return f"{came} {wanted} at the last horizon"


def found_part(path: Path, estimates: tuple[BasinEstimate, ...], blocks: tuple[int, int]) -> Found:
    """Return what a part of a campaign gave."""
    from lohe.proofs_numeric.basins.status import status

    now = status(path)
    first, end = blocks
    part = f"blocks {first}:{end} of {now.blocks}, {now.finished} of which are finished"
    return Found(path, now.n, now.d, estimates, now.seeds, part=part)


def print_found(found: Sequence[Found], *, as_json: bool) -> None:
    """Print one campaign, or several as one table."""
    if len(found) == 1:
        emit(_result(found[0]), _lines(found[0]), as_json=as_json)
    else:
        results = {"campaigns": [_result(one) for one in found]}
        emit(results, _together(found), as_json=as_json)


def _lines(found: Found) -> list[str]:
    first = found.estimates[0]
    return [
        f"{found.n} oscillators, d = {found.d}; sampled: {first.trials} "
        f"{basin_text.started(first.starts)}, {_seeds(found)}; settled is a distance <= "
        f"{first.tolerance:g}",
        *basin_text.sampled(found.estimates),
        basin_text.method(first),
        *_beside(found),
        basin_text.proved(first),
        f"kept in {found.path}",
    ]


def _together(found: Sequence[Found]) -> list[str]:
    first = found[0].estimates[0]
    estimates = [estimate for one in found for estimate in one.estimates]
    names = [stem_of(one.path) for one in found for _ in one.estimates]
    lines = [
        f"{len(found)} instances; sampled: {first.trials} {basin_text.started(first.starts)} of "
        f"each, {_seeds(found[0])}; settled is a distance <= {first.tolerance:g}",
        *basin_text.sampled(estimates, names),
        basin_text.method(first),
    ]
    proved: dict[str, list[str]] = {}
    for one in found:
        lines += [f"{stem_of(one.path)}: {line}" for line in _beside(one)]
        proved.setdefault(basin_text.proved(one.estimates[0]), []).append(stem_of(one.path))
    for statement, names in proved.items():
        whose = "each" if len(names) == len(found) else ", ".join(names)
        lines.append(f"{statement}: {whose}")
    folders = sorted({str(one.path.parent) for one in found})
    return [*lines, f"kept in {', '.join(folders)}"]


def _beside(found: Found) -> list[str]:
    """Return what belongs to the sampled table: parts, strata, attractors, reservations."""
    first, last = found.estimates[0], found.estimates[-1]
    lines = []
    if found.part:
        lines.append(f"this is a part: {found.part}; put parts together with lohe basin merge")
    if found.rule:
        lines.append(found.rule)
    if first.certified:
        lines.append(
            f"{first.certified} starts were followed only until a certified cap held the computed "
            "state: from there on it is proved that they settle in time"
        )
    if found.anytime:
        grown = f"{len(found.seeds)} seeds together"
        if found.earlier:
            grown = f"extended after {', '.join(map(str, found.earlier))} starts"
        bounds = basin_text.interval(*found.anytime[-1])
        lines.append(
            f"{grown}: if what was seen by then led to more, trust the bounds valid at any time, "
            f"{bounds} at the last horizon"
        )
    if found.strata:
        lines += basin_text.strata(found.strata)
    if found.census is not None:
        lines += basin_text.attractors(found.census)
    elif last.labels["elsewhere"] and not found.part:
        lines.append(f"which places: lohe basin show {found.path} --network FILE")
    return lines


def _seeds(found: Found) -> str:
    if len(found.seeds) == 1:
        return f"seed {found.seeds[0]}"
    return f"seeds {', '.join(map(str, found.seeds))} together"


def stem_of(path: Path) -> str:
    """Return a campaign file's name without what tells what it holds."""
    return stem(Path(path.name.removesuffix(".basin.sqlite")))


def _result(found: Found) -> dict[str, Any]:
    first = found.estimates[0]
    result: dict[str, Any] = {
        "path": str(found.path),
        "network_sha256": first.network_sha256,
        "trials": first.trials,
        "seed": first.seed,
        "seeds": list(found.seeds),
        "starts": first.starts.kind,
        "tolerance": first.tolerance,
        "confidence": first.confidence,
        "family": first.family,
        "interval": first.interval,
        "certified": first.certified,
        "part": found.part or None,
        "stopping": found.rule or None,
        "proved": {"volume": first.proved_volume, "theorem": first.theorem or None},
        "sampled": [_sampled(estimate) for estimate in found.estimates],
    }
    if found.earlier:
        result["extended_after"] = list(found.earlier)
    if found.anytime:
        for row, (lower, upper) in zip(result["sampled"], found.anytime, strict=True):
            row |= {"anytime_lower": lower, "anytime_upper": upper}
    if found.strata:
        result["strata"] = [vars(stratum) for stratum in found.strata]
    if found.census is not None:
        result["attractors"] = [
            {
                "reference": one.reference,
                "proved": one.enclosure is not None,
                "stable": one.stable,
                "reason": one.reason or None,
                "point": one.point.tolist(),
                "sampled": vars(one.share),
            }
            for one in found.census.attractors
        ]
    return result


def _sampled(estimate: BasinEstimate) -> dict[str, Any]:
    return {
        "horizon": estimate.horizon,
        "converged": estimate.converged,
        "fraction": estimate.fraction,
        "lower": estimate.lower,
        "upper": estimate.upper,
        "labels": estimate.labels,
        "predicted": estimate.predicted,
    }
