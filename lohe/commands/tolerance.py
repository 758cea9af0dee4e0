"""``lohe tolerance``: how much every device may be off before a claim is no longer proved."""

from __future__ import annotations

from math import degrees
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar
from lohe.commands.instances import kind, read_instance, stem
from lohe.commands.tolerance_inputs import tolerance_of_inputs

if TYPE_CHECKING:
    from lohe.dynamics.network import Network
    from lohe.proofs_numeric.tolerance import Tolerance
    from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["tolerance"]

_FIGURES = ("mismatch", "crosstalk", "frequency", "anchors")
# The device that stands for "all together" unless proportions are given: one per cent each.
_TYPICAL = 0.01


def tolerance(
    instance: Annotated[
        Path, typer.Argument(help="A *.network.npz, *.head.npz or *.tokens.npz file.")
    ],
    *,
    vary: Annotated[
        list[str] | None,
        typer.Option(help="A figure to vary alone; repeat for several. By default each."),
    ] = None,
    mismatch: Annotated[
        float, typer.Option(help="Its proportion, if figures vary together.")
    ] = 0.0,
    crosstalk: Annotated[float, typer.Option(help="Likewise.")] = 0.0,
    frequency: Annotated[float, typer.Option(help="Likewise.")] = 0.0,
    anchors: Annotated[float, typer.Option(help="Likewise.")] = 0.0,
    claim: Annotated[str, typer.Option(help="unique_stable or local_cap.")] = "unique_stable",
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Write a certificate of the box found; for one direction."
        ),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw each oscillator's tolerance: .svg, .png or .pdf.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Find the largest box of devices for which a claim is proved.

    The figures are those of `lohe certify`: the relative error of a coupling (mismatch), the row
    sum of the crosstalk's errors, the norm of a frequency's error, the displacement of an anchor.
    Each is varied alone, and all together in the proportions of a device that is one per cent off
    (crosstalk and frequency: of the median drive). Whatever is printed as proved was proved; what
    is printed as refuted is a device that is known to fail. Exit code 0: some box is proved; 1:
    the stored network itself fails; 3: neither.

    Of *.tokens.npz, it is the inputs that vary: how far each coordinate of each token may move
    before some oscillator's drive is no longer certain.

    Example: `lohe tolerance layer0.head.npz --vary mismatch --plot layer0.svg`

    Example: `lohe tolerance layer0.head.npz --mismatch 1 --anchors 0.5 -o box.certificate.json`

    Example: `lohe tolerance layer0.tokens.npz`
    """
    from lohe.proofs_numeric.tolerance import tolerance as find_tolerance

    proportions = dict(zip(_FIGURES, (mismatch, crosstalk, frequency, anchors), strict=True))
    if kind(instance) == "tokens":
        _check_inputs(vary or [], proportions, plot, claim)
        return tolerance_of_inputs(instance, output, as_json=as_json)
    network = read_instance(instance)
    directions = _directions(network, vary or [], proportions)
    _check_files(output, plot, directions, claim)
    found = {}
    for name, direction in directions.items():
        with progress_bar(f"tolerance ({name})") as progress:
            found[name] = find_tolerance(network, **direction, claim=claim, progress=progress)
    title = f"{network.n} oscillators in dimension {network.d}, {instance}"
    text = [f"tolerance of {claim}: {title}", *_lines(found)]
    written = {}
    if plot is not None:
        from lohe.reports.tolerance_picture import draw_tolerances

        draw_tolerances(plot, found, f"Proved tolerance of {claim}: {instance.name}")
        written["plot"] = plot
    if output is not None and found[next(iter(found))].head:
        written |= _write_certificate(network, found[next(iter(found))], instance, output)
    text += [f"written: {path}" for path in written.values()]
    if "certificate" in written:
        stored = written.get("network", instance)
        text.append(f"check it: lohe verify {output} {stored}")
    code = _exit_code(found)
    emit(_result(network, instance, found, written, code), text, as_json=as_json)
    return code


def _directions(
    network: Network, vary: list[str], proportions: dict[str, float]
) -> dict[str, dict[str, float]]:
    """Return the directions asked for, or each figure that applies, and all of them together."""
    import numpy as np

    from lohe.dynamics.errors import InputError

    unknown = sorted(set(vary) - set(_FIGURES))
    if unknown:
        raise InputError(f"cannot vary {unknown[0]!r}; choose from {', '.join(_FIGURES)}")
    together = {name: value for name, value in proportions.items() if value}
    chosen: dict[str, dict[str, float]] = {name: {name: 1.0} for name in vary}
    if together or vary:
        return chosen | ({"together": together} if together else {})
    strength = float(np.median(np.sqrt((network.drive**2).sum(axis=1))))
    typical = {"frequency": _TYPICAL * strength} if strength else {}
    if strength and network.n > 1:
        typical["crosstalk"] = _TYPICAL * strength
    if network.couplings is not None:
        typical |= {"mismatch": _TYPICAL, "anchors": _TYPICAL}
    if not typical:
        raise InputError("no oscillator has a drive to measure errors by; give proportions")
    ordered = {name: typical[name] for name in _FIGURES if name in typical}
    return {name: {name: 1.0} for name in ordered} | {"together": ordered}


def _check_inputs(
    vary: list[str], proportions: dict[str, float], plot: Path | None, claim: str
) -> None:
    """Refuse what has no meaning where inputs vary."""
    from lohe.dynamics.errors import InputError

    given = {"--vary": bool(vary), "--plot": plot is not None, "--claim": claim != "unique_stable"}
    given |= {f"--{name}": value != 0 for name, value in proportions.items()}
    for option, used in given.items():
        if used:
            raise InputError(f"{option} is about devices; of tokens, the inputs vary: leave it out")


def _check_files(
    output: Path | None, plot: Path | None, directions: dict[str, dict[str, float]], claim: str
) -> None:
    """Refuse at once what could not be written after a long search."""
    from lohe.dynamics.errors import InputError

    if output is not None and len(directions) > 1:
        raise InputError("a certificate is about one box; give one direction, as --vary mismatch")
    if plot is not None and claim == "local_cap":
        raise InputError("local_cap is about all oscillators together; leave out --plot")
    if plot is not None and plot.suffix not in (".svg", ".png", ".pdf"):
        raise InputError(f"{plot} ends in none of .svg, .png, .pdf; choose one of these")


def _write_certificate(
    network: Network, found: Tolerance, instance: Path, output: Path
) -> dict[str, Path]:
    from lohe.proofs_numeric.certify import certify

    written = {"certificate": output}
    devices = found.box
    certificate = certify(
        network,
        found.claim,
        mismatch=devices.mismatch,
        crosstalk=devices.crosstalk,
        frequency=devices.frequency,
        anchors=devices.anchors,
    )
    if instance.name.endswith(".head.npz"):
        written["network"] = output.with_name(f"{stem(output)}.network.npz")
        network.save(written["network"])
    certificate.save(output)
    return written


def _figures(devices: Uncertainty) -> dict[str, float]:
    return {name: getattr(devices, name) for name in _FIGURES}


def _exit_code(found: dict[str, Tolerance]) -> int:
    if any(each.head for each in found.values()):
        return 0
    return 1 if any(each.refuted_at == 0 for each in found.values()) else 3


def _result(
    network: Network,
    instance: Path,
    found: dict[str, Tolerance],
    written: dict[str, Path],
    code: int,
) -> dict[str, Any]:
    return {
        "instance": str(instance),
        "network_sha256": network.digest,
        "oscillators": network.n,
        "dimension": network.d,
        "exit_code": code,
        "written": {name: str(path) for name, path in written.items()},
        "directions": {
            name: {
                "claim": each.claim,
                "direction": _figures(each.direction),
                "theorem": each.theorem,
                "proved": each.head,
                "box": _figures(each.box),
                "refuted_at": each.refuted_at,
                "effects": [
                    {
                        "share": effect.share,
                        "box": _figures(effect.uncertainty),
                        "angle_upper": effect.angle_upper,
                        "weight_error_upper": effect.weight_error_upper,
                    }
                    for effect in each.effects
                ],
                "per_oscillator": None
                if each.per_oscillator is None
                else each.per_oscillator.tolist(),
            }
            for name, each in found.items()
        },
    }


def _lines(found: dict[str, Tolerance]) -> list[str]:
    from lohe.reports.formatting import lower, upper
    from lohe.reports.tolerance_picture import QUANTITIES

    rows: list[tuple[str, ...]] = [
        ("varied", "proved up to", "refuted at", "by", "median oscillator", "in")
    ]
    for name, each in found.items():
        scales = each.per_oscillator
        rows.append(
            (
                name,
                lower(each.head) if each.head else "nothing",
                "-" if each.refuted_at is None else upper(each.refuted_at),
                each.theorem or "-",
                "-" if scales is None else lower(_median(each)),
                QUANTITIES[name],
            )
        )
    text = _table(rows)
    for name, each in found.items():
        if name == "together":
            parts = [f"{k} {v:.4g}" for k, v in _figures(each.direction).items() if v]
            text.append(f"together: a device with {', '.join(parts)}")
    effects: list[tuple[str, ...]] = [("at", "of its box", "resting points move", "weights change")]
    for name, each in found.items():
        effects += [
            (
                name,
                f"{effect.share:.0%}",
                "any angle" if effect.angle_upper > 3.1415 else f"{_degrees(effect.angle_upper)}°",
                "-" if effect.weight_error_upper is None else upper(effect.weight_error_upper),
            )
            for effect in each.effects
        ]
    if len(effects) > 1:
        text += ["at most, over all oscillators and devices:", *_table(effects)]
    for name, each in found.items():
        if not each.head:
            why = "the stored network itself fails"
            if each.refuted_at != 0:
                why = "the stored network is not proved by T1, T5, T6, T6a or T6b"
            text.append(f"{name}: no box, since {why}")
    return text


def _median(found: Tolerance) -> float:
    import numpy as np

    return float(np.median(found.per_oscillator)) if found.per_oscillator is not None else 0.0


def _degrees(angle: float) -> str:
    from lohe.reports.formatting import upper

    return upper(degrees(angle))


def _table(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
