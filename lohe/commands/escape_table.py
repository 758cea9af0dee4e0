"""The part of ``lohe simulate`` that asks how long noise takes to carry a state away."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lohe.commands.common import Progress
    from lohe.dynamics.network import Network
    from lohe.proofs_numeric.basins.escape import Escape

__all__ = [
    "SampledEscape",
    "draw_sampled_escape",
    "escape_lines",
    "escape_result",
    "sample_escape",
]

_ROWS = 5
_SINCE = 0.1  # share of the horizon after which a constant rate is fitted
_NAMED = 5


@dataclass(frozen=True)
class SampledEscape:
    """Escapes from rest, and what is known of them exactly.

    Parameters
    ----------
    region
        In words.
    found
    exact_mean
        Mean time to leave, by quadrature; None where no formula applies.
    """

    region: str
    found: Escape
    exact_mean: float | None


def sample_escape(
    network: Network,
    region: str,
    *,
    noise: float,
    horizon: float,
    walkers: int,
    seed: int,
    step: float | None,
    confidence: float,
    workers: int,
    progress: Progress,
) -> SampledEscape:
    """Follow walkers from rest out of the region that the user named.

    Raises
    ------
    InputError
        If the region cannot be understood or does not fit the network, or another argument cannot
        be used.
    """
    import numpy as np

    from lohe.dynamics.equilibrium import resting_points
    from lohe.dynamics.errors import InputError
    from lohe.proofs_numeric.basins.escape import escape
    from lohe.proofs_numeric.basins.regions import (
        Caps,
        Region,
        Slips,
        certified_caps,
        elsewhere,
    )

    if not noise > 0:
        raise InputError("nothing escapes without noise; give --noise D")
    rest = resting_points(network)
    if np.isnan(rest).any():
        missing = int(np.flatnonzero(np.isnan(rest).any(axis=1))[0])
        raise InputError(f"oscillator {missing} has no resting point to escape from")
    chosen: Region
    angle: float | None = None
    if region == "slip":
        chosen, words = Slips(rest), "past the antipode of the resting point"
    elif region == "cap":
        chosen = certified_caps(network, rest)
        least, most = np.degrees([chosen.angles.min(), chosen.angles.max()])
        words = f"out of the certified caps (T6c, angles {least:.4g} to {most:.4g} degrees)"
    elif region.endswith(".sqlite"):
        others = _others(region, network)
        chosen, words = elsewhere(rest, others), f"to one of {len(others)} other attractors"
    else:
        try:
            angle = float(region)
        except ValueError as error:
            raise InputError(
                f"--escape is {region!r}; give cap, slip, an angle or a .basin.sqlite file"
            ) from error
        chosen, words = Caps(rest, angle), f"farther than {angle:g} rad from the resting point"
    found = escape(
        network,
        chosen,
        rest,
        diffusivity=noise,
        horizon=horizon,
        walkers=walkers,
        seed=seed,
        step=step,
        confidence=confidence,
        workers=workers,
        progress=progress,
    )
    return SampledEscape(words, found, _exact_mean(network, region, angle, noise))


def escape_result(sampled: SampledEscape) -> dict[str, Any]:
    """Return what is printed as JSON; an upper bound of the rate that is infinite becomes null."""
    found = sampled.found
    rate = found.rate(_SINCE * found.horizon)
    return {
        "region": sampled.region,
        "walkers": found.walkers,
        "exits": found.exits,
        "through": found.through,
        "step": found.step,
        "confidence": found.confidence,
        "survival": [asdict(row) for row in found.survival(_times(found))],
        "rate": None if rate is None else asdict(rate) | {"upper": _finite(rate.upper)},
        "exact_mean_time": sampled.exact_mean,
    }


def escape_lines(network: Network, sampled: SampledEscape) -> list[str]:
    """Return what is printed for people."""
    found = sampled.found
    lines = [
        f"escape {sampled.region}",
        f"sampled: {found.walkers} walkers from rest, noise D = {found.diffusivity[0]:g}, steps of "
        f"{found.step:.3g}, seed {found.seed}; bounds at {found.confidence:g} confidence, "
        "each by itself",
        f"{'time':>10}  {'inside':>8}  {'lower':>8}  {'upper':>8}",
    ]
    lines += [
        f"{row.time:>10.4g}  {row.fraction:>8.5f}  {row.lower:>8.5f}  {row.upper:>8.5f}"
        for row in found.survival(_times(found))
    ]
    most = sorted(found.through.items(), key=lambda item: (-item[1], item[0]))
    if most:
        named = ", ".join(f"{name} {count}" for name, count in most[:_NAMED])
        rest = f" and {len(most) - _NAMED} more" if len(most) > _NAMED else ""
        lines.append(f"{found.exits} left, through: {named}{rest}")
    else:
        lines.append("none left")
    rate = found.rate(_SINCE * found.horizon)
    if rate is None:
        lines.append("no walker is left to fit a rate: choose a shorter horizon")
    else:
        lines.append(
            f"rate if constant after time {rate.since:.4g}: {rate.estimate:.4g} per time, "
            f"in [{rate.lower:.4g}, {rate.upper:.4g}]"
            + ("" if rate.steady else "; but early and late rates differ: it is not constant")
        )
    if sampled.exact_mean is not None:
        lines.append(f"exact mean time from rest, by quadrature: {sampled.exact_mean:.6g}")
    return lines


def draw_sampled_escape(path: Path, sampled: SampledEscape, name: str) -> None:
    """Draw the share of walkers still inside over time."""
    from lohe.reports.escape_picture import draw_escape

    found = sampled.found
    title = f"{name}, noise D = {found.diffusivity[0]:g}: escape\n{sampled.region}"
    draw_escape(path, found, _SINCE * found.horizon, title)


def _others(path: str, network: Network) -> list[NDArray[np.float64]]:
    """Return the attractors that a campaign found beside the resting point."""
    from lohe.proofs_numeric.basins import campaign

    found = campaign.attractors(path, network).attractors
    return [each.point for each in found if not each.reference]


def _exact_mean(network: Network, region: str, angle: float | None, noise: float) -> float | None:
    """Return the mean time by quadrature: of one oscillator that turns only in the plane."""
    from lohe.dynamics.errors import InputError
    from lohe.dynamics.exit_times import mean_cap_exit_time, mean_slip_time
    from lohe.dynamics.sphere import norm

    if network.n > 1 or network.has_crosstalk:
        return None
    drive = float(norm(network.drive)[0])
    try:
        if region == "slip":
            turn = 0.0 if network.frequency is None else float(network.frequency[0, 1, 0])
            return mean_slip_time(drive, turn, noise)
        if angle is not None and not network.has_frequency:
            return mean_cap_exit_time(drive, noise, angle, network.d)
    except InputError:  # too long a time for a float
        return None
    return None


def _times(found: Escape) -> list[float]:
    return [found.horizon * (k + 1) / _ROWS for k in range(_ROWS)]


def _finite(value: float) -> float | None:
    return value if value < float("inf") else None
