"""Run one campaign per instance, so that all their bounds hold together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lohe.commands.basin_progress import campaign_bar
from lohe.commands.basin_result import Found, found_in, found_part, print_found
from lohe.commands.instances import find_instances, kind, read_instance, stem
from lohe.dynamics.errors import InputError

if TYPE_CHECKING:
    from lohe.dynamics.network import Network

__all__ = ["Asked", "run_files"]


@dataclass(frozen=True)
class Asked:
    """What to sample of every instance, and who does it.

    Parameters
    ----------
    trials, tolerance, confidence, seed
    horizons
        Empty for those that T2 suggests.
    sampling
        ``starts``, ``stopping``, ``records`` and ``engine``.
    execution
        ``workers``, ``scheduler``, and perhaps ``patience``.
    blocks
        The part of each campaign to run; None for all.
    """

    trials: int
    tolerance: float
    confidence: float
    seed: int
    horizons: tuple[float, ...]
    sampling: Mapping[str, Any]
    execution: Mapping[str, Any]
    blocks: tuple[int, int] | None

    def horizons_of(self, network: Network) -> tuple[float, ...]:
        """Return the horizons at which the starts of a network are judged."""
        from lohe.proofs_numeric.basins.horizons import horizons_from_theory

        given = tuple(sorted(set(self.horizons)))
        return given or horizons_from_theory(network, self.tolerance)


def run_files(
    instances: Sequence[Path], output: Path | None, asked: Asked, *, as_json: bool
) -> int:
    """Run a campaign for each instance, and print what all of them found."""
    files = [path for path in find_instances(instances) if kind(path) == "network"]
    if not files:
        raise InputError("tokens have no basin of their own; give their .head.npz file")
    if len(instances) == 1 and not instances[0].is_dir():
        target = output or files[0].with_name(f"{stem(files[0])}.basin.sqlite")
        network = read_instance(files[0])
        horizons = asked.horizons_of(network)
        family = len(horizons)
        one = _run(target, network, asked, horizons=horizons, family=family, title="basin")
        found = [one]
    else:
        found = _run_several(files, output, asked)
    print_found(found, as_json=as_json)
    return 0


def _run_several(files: Sequence[Path], output: Path | None, asked: Asked) -> list[Found]:
    targets = [(output or file.parent) / f"{stem(file)}.basin.sqlite" for file in files]
    if len(set(targets)) < len(targets):
        twice = next(target for target in targets if targets.count(target) > 1)
        raise InputError(f"two files would both be sampled in {twice}; give one of them")
    horizons: list[tuple[float, ...]] = []
    found: list[Found] = []
    for file in files:
        with _naming(file):
            horizons.append(asked.horizons_of(read_instance(file)))
    family = sum(map(len, horizons))
    for file, target, times in zip(files, targets, horizons, strict=True):
        title = f"basin {len(found) + 1}/{len(files)} {stem(file)}"
        with _naming(file):
            network = read_instance(file)
            one = _run(target, network, asked, horizons=times, family=family, title=title)
        found.append(one)
    return found


@contextmanager
def _naming(file: Path) -> Iterator[None]:
    """Put a file's name before an error that names none."""
    try:
        yield
    except InputError as error:
        if stem(file) in str(error):
            raise
        raise InputError(f"{file}: {error}") from error


def _run(
    path: Path,
    network: Network,
    asked: Asked,
    *,
    horizons: tuple[float, ...],
    family: int,
    title: str,
) -> Found:
    """Run, continue or extend one campaign."""
    from lohe.proofs_numeric.basins import campaign

    with campaign_bar(title) as (progress, watch):
        estimates = campaign.run(
            path,
            network,
            asked.trials,
            seed=asked.seed,
            horizons=horizons,
            tolerance=asked.tolerance,
            confidence=asked.confidence,
            family=family,
            blocks=asked.blocks,
            progress=progress,
            watch=watch,
            **asked.sampling,
            **asked.execution,
        )
    if asked.blocks is not None:
        return found_part(path, estimates, asked.blocks)
    return found_in(path, network)
