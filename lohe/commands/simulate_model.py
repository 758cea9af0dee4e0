"""``lohe simulate`` on a trained model: depth as time, and a head followed by itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lohe.commands.common import emit, progress_bar
from lohe.commands.depth_table import as_json, table
from lohe.commands.instances import stem
from lohe.commands.simulate_summary import check_size, draw_trajectories, summary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from lohe.attention.checkpoint import Checkpoint
    from lohe.attention.depth import Depth
    from lohe.attention.tasks.reading import Reading
    from lohe.dynamics.network import Network
    from lohe.dynamics.trajectories import Trajectories

__all__ = ["Asked", "simulate_model"]

_DEPTH_HORIZON, _FROZEN_HORIZON = 10.0, 20.0
_TRIALS = 20
_SETTLED = 1e-2


@dataclass(frozen=True)
class Asked:
    """The options of `lohe simulate` that models take, None where they were left out."""

    window: int | None
    tokens: Path | None
    layer: int | None
    head: int | None
    oscillator: int | None
    horizon: float | None
    start: str | None
    trials: int | None
    samples: int
    noise: float
    step: float | None
    seed: int

    @property
    def of_head(self) -> bool:
        """Whether a head is to be followed."""
        return self.layer is not None


def simulate_model(
    path: Path, asked: Asked, *, output: Path | None, plot: Path | None, json: bool
) -> int:
    """Follow a model through its layers, and one of its heads in time, and say what came of it.

    Raises
    ------
    InputError
        For options that do not go together, and as reading, following and writing do.
    """
    _check(asked)
    if plot is not None:
        from lohe.reports.motion_picture import check_ending

        check_ending(plot)
    from lohe.attention.checkpoint import Checkpoint
    from lohe.attention.follow import follow_layers

    state = Checkpoint.load(path)
    if asked.horizon is not None and not (asked.of_head or _is_fixed(state)):
        from lohe.dynamics.errors import InputError

        raise InputError(
            "--horizon is of fixed queries, or of a head that is followed; choose one by --layer, "
            "--head"
        )
    reading, read = _reading(state, asked)
    horizon = asked.horizon if asked.horizon is not None and not asked.of_head else None
    depth = follow_layers(state.model, reading, horizon=horizon or _DEPTH_HORIZON)
    name = stem(path) + _tag(asked)
    target = output or path.with_name(f"{name}.depth.npz")
    head = None
    if asked.of_head:
        network = _network(state, reading, asked)
        head = network, _follow(network, depth, asked)
    depth.save(target)
    result: dict[str, Any] = {
        "model": str(path),
        "architecture": depth.architecture,
        "mechanism": depth.mechanism,
        "task": state.task,
        "read": read,
        "tokens": len(depth.labels),
        "depth": str(target),
        "measures": {
            each.name: {"meaning": each.meaning, "values": as_json(each.values)}
            for each in depth.measures
        },
    }
    lines = [
        f"{stem(path)}: {depth.mechanism}, {depth.layers} layers; {len(depth.labels)} tokens, "
        f"{read}",
        *table(depth),
        f"kept in {target}",
    ]
    if head is not None:
        found, said = _save_head(target.with_name(name), *head, depth, asked)
        result["head"] = found
        lines += said
    if plot is not None:
        _draw(plot, name, depth, head, asked)
        result["plot"] = str(plot)
        lines.append(f"drawn in {plot}")
    emit(result, lines, as_json=json)
    return 0


def _check(asked: Asked) -> None:
    from lohe.dynamics.errors import InputError

    if (asked.layer is None) != (asked.head is None):
        raise InputError("--layer and --head go together; give both")
    if asked.window is not None and asked.tokens is not None:
        raise InputError("--window and --tokens both say what to read; give one")
    of_heads = {
        "--oscillator": asked.oscillator,
        "--start": asked.start,
        "--trials": asked.trials,
        "--noise": asked.noise or None,
        "--step": asked.step,
    }
    given = [name for name, value in of_heads.items() if value is not None]
    if given and not asked.of_head:
        raise InputError(f"{given[0]} is of a head that is followed; choose one by --layer, --head")


def _is_fixed(state: Checkpoint) -> bool:
    return str(state.model.config.mechanism) == "fixed_query"


def _reading(state: Checkpoint, asked: Asked) -> tuple[Reading, str]:
    """Return what the model reads, and what that is in words."""
    from lohe.attention.tasks.reading import read_tokens, read_window, reopen
    from lohe.dynamics.errors import InputError

    config = state.model.config
    if asked.tokens is None:
        with progress_bar(f"reading {state.task}") as progress:
            task = reopen(state.task, state.task_config, progress=progress)
        number = asked.window or 0
        return read_window(task, number), f"window {number} of the test text of {state.task}"
    if not config.vocabulary:
        raise InputError("the model reads features, not tokens; simulate its *.head.npz files")
    return read_tokens(asked.tokens, config.vocabulary), f"those of {asked.tokens.name}"


def _tag(asked: Asked) -> str:
    if asked.tokens is not None:
        return f"-{asked.tokens.stem}"
    return f"-window{asked.window}" if asked.window else ""


def _network(state: Checkpoint, reading: Reading, asked: Asked) -> Network:
    from lohe.attention.follow import network_of_head

    assert asked.layer is not None
    assert asked.head is not None
    return network_of_head(
        state.model, reading, asked.layer, asked.head, oscillator=asked.oscillator
    )


def _held(depth: Depth, asked: Asked) -> NDArray[np.floating[Any]] | None:
    """Return the points of a head's oscillators as the model holds them, (n, T, d)."""
    if "points" not in depth.states or asked.start not in {None, "model"}:
        return None
    points = depth.states["points"][asked.layer][:, asked.head].transpose(1, 0, 2)
    own = asked.oscillator
    found: NDArray[np.floating[Any]] = points if own is None else points[own : own + 1]
    return found


def _follow(network: Network, depth: Depth, asked: Asked) -> Trajectories:
    import numpy as np

    from lohe.dynamics import trajectories
    from lohe.dynamics.errors import InputError
    from lohe.proofs_numeric.basins.horizons import horizons_from_theory

    held = _held(depth, asked)
    if held is None and asked.start == "model":
        raise InputError("this model holds no states to start from; choose another --start")
    if held is not None and asked.trials is not None:
        raise InputError("each oscillator of the head is a trial; leave --trials out")
    horizon = asked.horizon
    if horizon is None:
        driven = bool(network.drive.any())
        horizon = horizons_from_theory(network, _SETTLED)[-1] if driven else _FROZEN_HORIZON
    if not 0 < horizon < float("inf"):
        raise InputError(f"horizon is {horizon}; it must be positive")
    count = len(held) if held is not None else _TRIALS if asked.trials is None else asked.trials
    check_size(network, asked.samples, count)
    start: Any = asked.start or "uniform"
    with progress_bar("trajectories") as progress:
        return trajectories.simulate(
            network,
            np.linspace(0.0, horizon, asked.samples + 1).tolist(),
            count,
            seed=asked.seed,
            start=start if held is None else held.astype(np.float64),
            diffusivity=asked.noise,
            step=asked.step,
            progress=progress,
        )


def _save_head(
    base: Path, network: Network, made: Trajectories, depth: Depth, asked: Asked
) -> tuple[dict[str, Any], list[str]]:
    own = "" if asked.oscillator is None else f"-oscillator{asked.oscillator}"
    stem_ = base.with_name(f"{base.name}-layer{asked.layer}-head{asked.head}{own}")
    files = {
        "network": stem_.with_name(f"{stem_.name}.network.npz"),
        "trajectories": stem_.with_name(f"{stem_.name}.trajectories.npz"),
    }
    network.save(files["network"])
    made.save(files["trajectories"])
    found, settled = summary(network, made)
    result: dict[str, Any] = {
        "layer": asked.layer,
        "head": asked.head,
        "oscillator": asked.oscillator,
        "network": str(files["network"]),
        "network_sha256": network.digest,
        "path": str(files["trajectories"]),
        "horizon": float(made.times[-1]),
        "trajectories": found,
    }
    lines = ["", f"layer {asked.layer}, head {asked.head}, by itself", *settled]
    kinds = [each for each in depth.measures if each.name.endswith("_attracted")]
    if asked.oscillator is None and kinds:
        share = float(kinds[0].values[asked.layer, asked.head])
        result["attracted"] = share
        lines.append(
            f"time runs as for a step of 1, and backwards for the {1 - share:.0%} of the head's "
            "oscillators whose step is negative"
            if share < 1
            else "time runs as for a step of 1; every oscillator of the head has a positive one"
        )
    lines += [f"kept in {file}" for file in files.values()]
    lines.append(f"certify it: lohe certify {files['network']}")
    return result, lines


def _draw(
    plot: Path,
    name: str,
    depth: Depth,
    head: tuple[Network, Trajectories] | None,
    asked: Asked,
) -> None:
    if head is not None:
        draw_trajectories(plot, *head, f"{name}, layer {asked.layer}, head {asked.head}")
        return
    from lohe.reports.depth_picture import draw_depth

    draw_depth(plot, depth, f"{name}: {depth.mechanism}, {len(depth.labels)} tokens")
