"""``lohe hardware substrates``: the phase model of every substrate, and how far to trust it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar
from lohe.commands.hardware_options import Parameters, SubstrateOption, chosen

if TYPE_CHECKING:
    from lohe.hardware.phase_model import PhaseModel
    from lohe.hardware.reduction_error import ReductionError
    from lohe.hardware.substrates import Substrate

__all__ = ["substrates"]

_SHARES = (0.003, 0.01, 0.03, 0.1, 0.3)


def substrates(
    *,
    substrate: SubstrateOption = None,
    parameters: Parameters = None,
    check: Annotated[
        bool,
        typer.Option(help="Settle arrays of devices beside their phases, at rising strengths."),
    ] = False,
    oscillators: Annotated[int, typer.Option(min=2, help="Of an array with --check.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Of its drives and crosstalk.")] = 0,
    plot: Annotated[
        Path | None, typer.Option(help="Draw what --check finds, as this SVG file.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Reduce device equations to phases: frequency, coupling, lag, harmonics, power.

    The limit cycle, its phase response by the adjoint equation and the averaged coupling are
    computed from the device's parameters. Strength is the rate at which a unit drive pulls the
    phase, as a share of the oscillator's frequency.

    Example: `lohe hardware substrates --substrate mechanical --set stiffening=0`

    Example: `lohe hardware substrates --check --plot reduction.svg`
    """
    from lohe.dynamics.errors import InputError
    from lohe.hardware.phase_model import reduce_substrate
    from lohe.hardware.reduction_error import reduction_error

    if plot is not None and not check:
        raise InputError("--plot draws what --check finds; give both")
    devices = chosen(substrate, parameters)
    models = {name: reduce_substrate(device) for name, device in devices.items()}
    result: dict[str, Any] = {
        "experiment": "reduction",
        "substrates": {name: _facts(devices[name], models[name]) for name in devices},
    }
    lines = _table(devices, models)
    if check:
        errors = {}
        with progress_bar("arrays") as progress:
            for done, (name, device) in enumerate(devices.items()):
                progress(done, len(devices))
                errors[name] = reduction_error(
                    device, _SHARES, seed=seed, oscillators=oscillators, model=models[name]
                )
        result |= {"seed": seed, "oscillators": oscillators, "errors": _as_json(errors)}
        lines += ["", *_checked(errors)]
        if plot is not None:
            from lohe.commands.bench_plots import save
            from lohe.reports.reduction_picture import reduction_figure

            save(plot, reduction_figure, result)
    emit(result, lines, as_json=as_json)
    return 0


def _facts(device: Substrate, model: PhaseModel) -> dict[str, Any]:
    return {
        "frequency_hz": model.frequency / math.tau,
        "gain": model.drive.gain,
        "injected": device.injected,
        "lag": model.drive.lag,
        "crosstalk_lag": model.crosstalk.lag,
        "crosstalk_distortion": model.crosstalk.distortion,
        "decay_share": model.decay / model.frequency if model.decay < float("inf") else None,
        "power_w": device.power,
    }


def _table(devices: dict[str, Substrate], models: dict[str, PhaseModel]) -> list[str]:
    from lohe.commands.bench_tables import aligned

    rows: list[tuple[str, ...]] = []
    for name, model in models.items():
        facts = _facts(devices[name], model)
        decay = facts["decay_share"]
        rows.append(
            (
                name,
                _si(facts["frequency_hz"], "Hz"),
                f"{_si(model.scale(0.01), facts['injected'])}",
                f"{facts['lag']:+.3f}",
                f"{facts['crosstalk_lag']:+.3f}",
                f"{100 * facts['crosstalk_distortion']:.2g} %",
                "at once" if decay is None else f"{decay:.2g}",
                _si(facts["power_w"], "W"),
            )
        )
    titles = ("substrate", "frequency", "injection for strength 0.01", "lag", "lag of crosstalk")
    more = ("harmonics", "swing settles, per radian", "power")
    return aligned(((*titles, *more), rows))


def _checked(errors: dict[str, list[ReductionError]]) -> list[str]:
    from lohe.commands.bench_tables import aligned
    from lohe.hardware.reduction_error import good_up_to
    from lohe.reports.reduction_picture import BOUND

    rows = []
    for name, found in errors.items():
        good = good_up_to(found, BOUND)
        cells = [f"{_share(one.driven)} / {_share(one.coupled)}" for one in found]
        rows.append((name, *cells, "none" if good is None else f"{good:g}"))
    titles = ("device against phase, cycles", *(f"strength {share:g}" for share in _SHARES))
    table = aligned(((*titles, "below 1 % up to"), rows))
    return [*table, "(driven alone / with crosstalk of a tenth of a unit drive)"]


def _share(error: float) -> str:
    return "gone" if error == float("inf") else f"{error:.4f}"


def _as_json(errors: dict[str, list[ReductionError]]) -> dict[str, Any]:
    return {
        name: [
            {
                "share": one.share,
                "driven": one.driven if one.driven < float("inf") else None,
                "coupled": one.coupled if one.coupled < float("inf") else None,
            }
            for one in found
        ]
        for name, found in errors.items()
    }


def _si(value: float, unit: str) -> str:
    """Write a number with a prefix.

    Examples
    --------
    >>> _si(5.03e9, "Hz"), _si(1.2e-8, "A")
    ('5.03 GHz', '12 nA')
    """
    import math

    prefixes = "afpnµm kMGT"
    power = min(max(math.floor(math.log10(abs(value)) / 3), -6), 4) if value else 0
    return f"{value / 1000.0**power:.3g} {prefixes[power + 6].strip()}{unit}"
