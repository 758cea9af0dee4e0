"""``lohe bench``: the papers' experiments on the dynamics, and studies of trained models."""

from __future__ import annotations

import typer

from lohe.commands.bench_antipode import antipode
from lohe.commands.bench_certificates import certificates
from lohe.commands.bench_convergence import convergence, horizons
from lohe.commands.bench_decay import decay
from lohe.commands.bench_disorder import disorder
from lohe.commands.bench_study import STUDY_COMMANDS, study_command

__all__ = ["bench"]

bench = typer.Typer(
    help="Repeat the papers' experiments: on the dynamics, beside what theory predicts exactly, "
    "and on trained models, with seeds and intervals.\n\n"
    "Results are JSON files; the same command goes on where it was interrupted.\n\n"
    "Example: `lohe bench convergence runs/stories -o convergence.json`"
)
for _experiment in (convergence, horizons, antipode, disorder, decay, certificates):
    bench.command(_experiment.__name__)(_experiment)
for _study in STUDY_COMMANDS:
    bench.command(_study)(study_command(_study))
