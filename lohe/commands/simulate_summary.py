"""What `lohe simulate` says of trajectories: a table, the same as JSON, and a picture."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lohe.dynamics.network import Network
    from lohe.dynamics.trajectories import Trajectories

__all__ = ["LARGEST", "check_size", "draw_trajectories", "summary"]

LARGEST = 2**31
"""Bytes of states that are kept at most."""

_ROWS = 6
_STARTS = {"rest": "rest", "uniform": "uniform starts", "given": "the states of the model"}


def check_size(network: Network, samples: int, trials: int) -> None:
    """Check that states at `samples` + 1 times can be kept.

    Raises
    ------
    InputError
        If there are too many, or `samples` is not positive.
    """
    from lohe.dynamics.errors import InputError

    if samples < 1:
        raise InputError(f"samples is {samples}; need at least 1")
    size = (samples + 1) * max(trials, 1) * network.drive.nbytes
    if size > LARGEST:
        raise InputError(
            f"the states would take {size / 2**30:.1f} GiB; ask for fewer --trials or --samples"
        )


def summary(network: Network, made: Trajectories) -> tuple[dict[str, Any], list[str]]:
    """Return what is said of trajectories as JSON, and as lines."""
    import numpy as np

    from lohe.dynamics.equilibrium import resting_points
    from lohe.dynamics.order import order_parameter
    from lohe.dynamics.sphere import distance
    from lohe.reports.formatting import plural

    # What nothing drives rests wherever all are turned to: there the others are compared with the
    # first oscillator, which leads where each hears only earlier ones (T11).
    led = _is_led(network)
    rest = np.full_like(network.drive, np.nan) if led else resting_points(network)
    known = ~np.isnan(rest).any(axis=1)
    origin = "the first" if led else "rest"
    rows: list[dict[str, float | None]] = []
    for index in np.unique(np.linspace(0, made.times.size - 1, _ROWS).astype(int)):
        states = made.states[index]
        seen = states[:, 1:] if led else states[:, known]
        angles = distance(seen, states[:, :1] if led else rest[known])
        measured = angles.size > 0
        rows.append(
            {
                "time": float(made.times[index]),
                "mean_angle": float(angles.mean()) if measured else None,
                "largest_angle": float(angles.max()) if measured else None,
                "order_parameter": float(order_parameter(states).mean()),
            }
        )
    noise = float(made.diffusivity[0])
    found = {
        "trials": made.states.shape[1],
        "start": made.start,
        "noise": noise,
        "step": made.step,
        "without_rest": int(np.count_nonzero(~known)),
        "angles_from": origin,
        "at": rows,
    }
    how = f"noise D = {noise:g}, steps up to {made.step:.3g}" if noise else "no noise"
    lines = [
        f"{plural(network.n, 'oscillator')}, d = {network.d}; "
        f"{plural(made.states.shape[1], 'trial')} from "
        f"{_STARTS[made.start]}, seed {made.seed}; {how}",
        f"{'time':>10}  {'mean angle':>10}  {'largest':>8}  {'order':>6}   (degrees from {origin})",
    ]
    for row in rows:
        mean, most = (_degrees(row[key]) for key in ("mean_angle", "largest_angle"))
        lines.append(f"{row['time']:>10.4g}  {mean:>10}  {most:>8}  {row['order_parameter']:>6.3f}")
    if not known.all() and not led:
        missing = plural(int(np.count_nonzero(~known)), "oscillator")
        lines.append(f"no resting point, and so no angle: {missing}")
    return found, lines


def _is_led(network: Network) -> bool:
    return network.n > 1 and network.has_crosstalk and not network.drive.any()


def _degrees(angle: float | None) -> str:
    return "-" if angle is None else f"{math.degrees(angle):.3f}"


def draw_trajectories(plot: Path, network: Network, made: Trajectories, name: str) -> None:
    """Draw trajectories of a network of that name."""
    from lohe.dynamics.equilibrium import resting_points
    from lohe.reports.formatting import plural
    from lohe.reports.motion_picture import draw_motion

    noise = float(made.diffusivity[0])
    rest = None if _is_led(network) else resting_points(network)
    title = f"{name}: {plural(network.n, 'oscillator')}, d = {network.d}, "
    title += plural(made.states.shape[1], "trial")
    title += f", noise D = {noise:g}" if noise else ", no noise"
    draw_motion(plot, made, rest, title)
