"""``lohe hardware gradients``: bias and spread of gradients that an array is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lohe.commands.common import Json, emit
from lohe.commands.hardware_runs import recorded

__all__ = ["gradients"]

_EXPERIMENT = "gradients"


def gradients(
    *,
    oscillators: Annotated[int, typer.Option(min=1, help="Of the array.")] = 8,
    d_osc: Annotated[int, typer.Option(min=2, help="Their dimension.")] = 2,
    uses: Annotated[int, typer.Option(min=2, help="Of the device, for each fault.")] = 400,
    nudge: Annotated[
        float, typer.Option(help="Of a further drive, as a share of the median drive.")
    ] = 0.2,
    samples: Annotated[int, typer.Option(min=1, help="Of simultaneous perturbations.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of the array and its uses.")] = 0,
    output: Annotated[Path, typer.Option("-o", "--output", help="Result file.")] = Path(
        "gradients.hardware.json"
    ),
    plot: Annotated[
        Path | None, typer.Option(help="Draw bias and spread against sizes, as this SVG file.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Ask one array many times for the gradient of a loss by its drives, in every way, and compare.

    The truth is the gradient at rest without noise. Shown are, as shares of it, the bias of the
    mean, or below what it lies, and in brackets the spread of one estimate. Interrupted, the same
    command goes on.

    Example: `lohe hardware gradients --nudge 0.05 --plot gradients.svg`
    """
    from dataclasses import asdict

    from lohe.commands.bench_record import seed_of
    from lohe.hardware.in_situ.answers import ANSWERS
    from lohe.hardware.in_situ.quality import ASKED_OF, gradient_quality

    names = [*ANSWERS]
    cases: dict[str, Any] = {}
    for fault, arrays in ASKED_OF.items():
        for array in arrays:

            def case(array: Any = array) -> dict[str, Any]:
                found = gradient_quality(
                    array, names, oscillators=oscillators, d_osc=d_osc, uses=uses, nudge=nudge,
                    samples=samples, seed=seed_of(seed, "gradients"),
                )  # fmt: skip
                return {"gradients": {name: asdict(found[name]) for name in names}}

            cases[f"{fault} {getattr(array, fault):g}"] = case
    config = {
        "oscillators": oscillators, "d_osc": d_osc, "uses": uses, "nudge": nudge,
        "samples": samples, "seed": seed,
    }  # fmt: skip
    document = recorded(output, _EXPERIMENT, config, cases)
    if plot is not None:
        from lohe.commands.bench_plots import save
        from lohe.reports.gradient_picture import gradient_figure

        save(plot, gradient_figure, document)
    emit(document, [*_lines(document, [*cases]), f"kept in {output}"], as_json=as_json)
    return 0


def _lines(document: dict[str, Any], order: list[str]) -> list[str]:
    from lohe.commands.bench_tables import aligned
    from lohe.reports.gradient_picture import quality_text

    names = [*document["cases"][order[0]]["gradients"]]
    rows = []
    for case in order:
        found = document["cases"][case]["gradients"]
        rows.append((case, *(quality_text(found[name]) for name in names)))
    settlings = document["cases"][order[0]]["gradients"]
    rows.append(("further settlings", *(str(settlings[name]["settlings"]) for name in names)))
    return aligned((("array", *names), rows))
