"""What the experiments of ``lohe bench`` share: options, models, and running case by case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import emit, progress_bar

if TYPE_CHECKING:
    from lohe.proofs_numeric.experiments.population import Population

__all__ = [
    "Confidence",
    "Experiment",
    "Heads",
    "Horizon",
    "Output",
    "Plot",
    "Seed",
    "Solves",
    "Tolerance",
    "model_config",
    "model_facts",
    "read_models",
]

Heads = Annotated[
    list[Path],
    typer.Argument(help="*.head.npz files, or folders of them: of one model or of several."),
]
Horizon = Annotated[float, typer.Option(help="Time T at which starts are judged.")]
Tolerance = Annotated[float, typer.Option(help="Distance from the resting point that is settled.")]
Solves = Annotated[int, typer.Option(min=1, help="Starts per model.")]
Confidence = Annotated[float, typer.Option(help="That all bounds of the result hold together.")]
Seed = Annotated[int, typer.Option(min=0, help="Of oscillators, starts and frequencies.")]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Result file; by default named after the experiment."),
]
Plot = Annotated[Path | None, typer.Option(help="Also draw the result, as this SVG file.")]

Case = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Experiment:
    """An experiment that is run case by case into one file.

    Parameters
    ----------
    name
        Of the command.
    output
        The result file; None for ``NAME.json`` in the working folder.
    config
        What fixes the results, as JSON values.
    sources
        By case, the digest of the file that it reads, if that is not in `config`.
    """

    name: str
    output: Path | None
    config: Mapping[str, Any]
    sources: Mapping[str, str] = field(default_factory=dict)

    def run(self, cases: Mapping[str, Case], plot: Path | None = None, *, as_json: bool) -> None:
        """Run what the file does not hold yet, draw it if that is asked for, and print it."""
        from lohe.commands.bench_record import run_cases
        from lohe.commands.bench_tables import report

        path = self.output or Path(f"{self.name}.json")
        names = [*cases]
        with progress_bar(self.name) as progress:
            document = run_cases(
                path,
                self.name,
                self.config,
                cases,
                lambda case: progress(names.index(case), len(names)),
                sources=self.sources,
            )
        if plot is not None:
            from lohe.commands.bench_plots import draw

            draw(document, plot)
        emit(document, [*report(document), f"kept in {path}"], as_json=as_json)


def read_models(heads: list[Path]) -> tuple[Population, ...]:
    """Read heads and gather those of one model: of one folder, name and dimension.

    Raises
    ------
    InputError
        If there is no head, or one is missing or damaged.
    """
    from lohe.attention.head import Head
    from lohe.commands.instances import find_instances
    from lohe.dynamics.errors import InputError
    from lohe.proofs_numeric.experiments.population import group

    paths = [path for path in find_instances(heads) if path.name.endswith(".head.npz")]
    if not paths:
        raise InputError("no *.head.npz file is among those named; train a model first")
    named = []
    folders: dict[str, Path] = {}
    with progress_bar("reading heads") as progress:
        for done, path in enumerate(paths, start=1):
            head = Head.load(path)
            name = f"{head.name.split(' layer')[0]}, d = {head.anchors.shape[-1]}"
            if folders.setdefault(name, path.parent) != path.parent:
                name += f" ({path.parent.name})"
            named.append((name, head.network()))
            progress(done, len(paths))
    return group(named)


def model_config(models: tuple[Population, ...], **options: Any) -> dict[str, Any]:
    """Return what fixes the results on these models: their digests, and the options."""
    return {"models": {model.name: model.digest for model in models}} | options


def model_facts(model: Population) -> dict[str, Any]:
    """Return what a result says of a model."""
    return {"d": model.d, "oscillators": model.n, "heads": len(model.networks)}
