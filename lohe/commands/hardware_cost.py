"""``lohe hardware cost``: operations, seconds and joules of a stage of attention."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit
from lohe.commands.hardware_options import Parameters, SubstrateOption, chosen

if TYPE_CHECKING:
    from lohe.hardware.cost import Assumptions, AttentionShape
    from lohe.hardware.phase_model import PhaseModel

__all__ = ["cost"]

_LISTEN = 10  # periods over which a phase is measured


def cost(
    head: Annotated[
        Path | None,
        typer.Argument(help="A *.head.npz file: its size, coupling and drives count."),
    ] = None,
    *,
    tokens: Annotated[int, typer.Option(min=1, help="T; of a head, its own.")] = 128,
    heads: Annotated[int, typer.Option(min=1, help="H; of a head, 1.")] = 4,
    d_osc: Annotated[int, typer.Option(min=1, help="Dimension; of a head, its own.")] = 8,
    causal: Annotated[bool, typer.Option(help="Query i sees keys up to i.")] = True,
    coupling: Annotated[str, typer.Option(help="relu, softplus, elu or squareplus.")] = "relu",
    drive: Annotated[
        float, typer.Option(help="Norm of the smallest drive that must settle; of a head, its own.")
    ] = 1.0,
    strength: Annotated[
        float, typer.Option(help="Coupling rate of a unit drive, as a share of the frequency.")
    ] = 0.01,
    error: Annotated[float, typer.Option(help="Distance from rest that is settled.")] = 1e-2,
    missed: Annotated[float, typer.Option(help="Share of starts that may be further.")] = 1e-3,
    multiply_add: Annotated[float, typer.Option(help="Joules of a digital one.")] = 1.5e-12,
    exponential: Annotated[float, typer.Option(help="Joules of a digital one.")] = 1.5e-11,
    write: Annotated[float, typer.Option(help="Joules to set a coupling.")] = 1e-12,
    read: Annotated[float, typer.Option(help="Joules to read a number.")] = 2.6e-12,
    substrate: SubstrateOption = None,
    parameters: Parameters = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw energies and what they hang on, as this SVG file.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Count what a stage costs: softmax, all digital, settling physical, readout physical.

    Times are those of T2 at the substrate's coupling rate; energies are printed with all that is
    assumed, and with what each assumption does to them if it is three times as large or small.

    Example: `lohe hardware cost --tokens 49 --heads 2 --d-osc 2 --no-causal --strength 0.01`

    Example: `lohe hardware cost runs/sva-fixed_query-seed0-layer0-head0.head.npz --substrate
    electrical --plot cost.svg`
    """
    import numpy as np

    from lohe.hardware.cost import ROWS, AttentionShape, count_operations, settling_seconds
    from lohe.hardware.phase_model import reduce_substrate

    drives = np.array([drive])
    shape = AttentionShape(tokens, heads, d_osc, causal)
    if head is not None:
        shape, coupling, drives = _of_head(head)
    counts = {row: count_operations(shape, row, coupling) for row in ROWS}
    digital = {
        "multiply_add": multiply_add, "exponential": exponential, "write": write, "read": read
    }  # fmt: skip
    result: dict[str, Any] = {
        "experiment": "cost",
        "shape": {"tokens": shape.tokens, "heads": shape.heads, "d_osc": shape.d_osc,
                  "causal": shape.causal, "coupling": coupling},
        "operations": {row: {"total": one.total, **vars(one)} for row, one in counts.items()},
        "substrates": {},
    }  # fmt: skip
    lines = [*_counts(counts), ""]
    for name, device in chosen(substrate, parameters).items():
        model = reduce_substrate(device)
        seconds = settling_seconds(
            drives,
            d_osc=shape.d_osc,
            frequency=model.frequency,
            share=strength,
            error=error,
            missed=missed,
        )
        assumed = _assume(model, seconds.longest, digital)
        found, text = _energies(name, shape, assumed, coupling)
        result["substrates"][name] = found | {
            "settling_s": {"median": seconds.median, "longest": seconds.longest},
            "periods": seconds.periods,
        }
        lines += [
            f"{name}: settles in {seconds.longest:.3g} s ({seconds.periods:.0f} periods, the "
            f"smallest drive of norm {drives.min():.3g}; the median {seconds.median:.3g} s)",
            *text,
            "",
        ]
    if plot is not None:
        from lohe.commands.bench_plots import save
        from lohe.reports.cost_picture import cost_figure

        save(plot, cost_figure, result)
    emit(result, lines[:-1], as_json=as_json)
    return 0


def _of_head(path: Path) -> tuple[AttentionShape, str, Any]:
    import numpy as np

    from lohe.attention.head import Head
    from lohe.dynamics.errors import InputError
    from lohe.hardware.cost import AttentionShape

    head = Head.load(path)
    norms = np.linalg.norm(head.network().drive, axis=-1)
    if not (norms > 0).all():
        raise InputError(f"{path} has an oscillator without drive, which never settles")
    shape = AttentionShape(head.q.shape[1], 1, head.anchors.shape[-1], head.causal)
    return shape, head.coupling, norms


def _assume(model: PhaseModel, settling: float, digital: dict[str, float]) -> Assumptions:
    from lohe.hardware.cost import Assumptions

    listening = _LISTEN * math.tau / model.frequency
    return Assumptions(power=model.power, settling=settling, listening=listening, **digital)


def _counts(counts: dict[str, Any]) -> list[str]:
    from lohe.commands.bench_tables import aligned

    parts = ("coupling", "drive", "resting_point", "readout", "normaliser", "total")
    rows = [(row, *(f"{getattr(one, part):,}" for part in parts)) for row, one in counts.items()]
    return aligned((("operations", *(part.replace("_", " ") for part in parts)), rows))


def _energies(
    name: str, shape: AttentionShape, assumed: Assumptions, coupling: str
) -> tuple[dict[str, Any], list[str]]:
    from lohe.commands.bench_tables import aligned
    from lohe.hardware.cost import ROWS, energy_of_token, sensitivities

    found: dict[str, Any] = {"assumptions": vars(assumed), "joules_per_token": {}}
    rows = []
    for row in ROWS:
        energy = energy_of_token(shape, row, assumed, coupling=coupling)
        hangs = sensitivities(shape, row, assumed, coupling=coupling)
        found["joules_per_token"][row] = {
            "total": energy.total,
            **vars(energy),
            "sensitivities": {one.name: [one.low, one.high] for one in hangs},
        }
        parts = (energy.digital, energy.conversion, energy.oscillators, energy.total)
        most = f"{hangs[0].name.replace('_', ' ')}: {hangs[0].low:.2g} to {hangs[0].high:.2g} J"
        rows.append((row, *(f"{part:.3g}" for part in parts), most))
    titles = ("joules a token", "digital", "conversion", "oscillators", "total")
    return found, aligned(((*titles, "hangs most on (a third to thrice)"), rows))
