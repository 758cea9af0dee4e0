"""``lohe bench STUDY``: arms of a study trained from several seeds, and what they settle."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread

if TYPE_CHECKING:
    from lohe.attention.studies.results import Outcome, StudyResults
    from lohe.attention.studies.study import Case, Study

__all__ = ["STUDY_COMMANDS", "study_command"]

STUDY_COMMANDS = {
    "sva": "Agreement past a distractor: is it learnt more surely with oscillators?",
    "linzen": "Agreement in real sentences, with 1 to 5 attractors before the verb.",
    "kws": "Spoken keywords: oscillators against softmax, with and without positions.",
    "fsdd": "Spoken digits: the same questions on a second set.",
    "stories": "TinyStories: oscillators of dimension 2 to 32 against softmax as narrow.",
    "wikitext": "WikiText-2: oscillators of dimension 2 to 32 against softmax as narrow.",
    "sharpening": "Language: do readouts raised to a power match softmax?",
    "ablations": "Language: couplings, anchors, heads and width at dimension 8.",
    "recipes": "Language: is the learning rate the best for every mechanism?",
    "kuramoto": "Characters: phases against a rotary transformer of as many parameters.",
    "kuramoto-recipes": "Characters: is the learning rate the best for both mechanisms?",
    "accelerated": "TinyStories: classical attention against momentum, at equal oracle calls.",
    "stories-full": "TinyStories by the paper's full protocol; for an accelerator.",
    "wikitext-full": "WikiText-2 by the paper's full protocol; for an accelerator.",
}
"""Studies and what they ask, known here so that the command line need not load them."""

_Seeds = Annotated[
    int | None, typer.Option(min=1, help="Seeds 0, 1, ... of every arm, instead of the study's.")
]
_Arms = Annotated[str, typer.Option(help="Only the arms of such names, as in 'softmax*'.")]
_Workers = Annotated[int, typer.Option(min=1, help="Processes that train side by side.")]
_Work = Annotated[
    Path | None,
    typer.Option(help="Folder of the runs' checkpoints. By default runs/bench/STUDY."),
]
_Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Result file. By default bench_STUDY.json."),
]
_Device = Annotated[
    str, typer.Option(help="Where models run, as PyTorch calls it (cuda); cpu needs no PyTorch.")
]
_Plot = Annotated[Path | None, typer.Option(help="Also draw the arms, as this SVG file.")]
_List = Annotated[bool, typer.Option("--list", help="Only say which runs there are, and stop.")]

# A run may take hours between two signs of life.
_PATIENCE = float("inf")


def study_command(name: str) -> Callable[..., int]:
    """Return the command that runs a study."""

    def command(
        *,
        seeds: _Seeds = None,
        arms: _Arms = "*",
        workers: _Workers = 2,
        device: _Device = "cpu",
        work: _Work = None,
        output: _Output = None,
        plot: _Plot = None,
        list_only: _List = False,
        as_json: Json = False,
    ) -> int:
        single_blas_thread()
        from lohe.attention.studies.catalogue import STUDIES

        study = STUDIES[name].only(arms, seeds)
        folder = work or Path("runs") / "bench" / study.folder
        path = output or Path(f"bench_{name}.json")
        if list_only:
            return _print_list(study, path, folder, as_json=as_json)
        results = _run(study, path, folder, workers, device)
        if plot is not None:
            from lohe.commands.bench_study_plot import draw_study

            draw_study(study, results, plot)
        return _print_results(study, results, path, as_json=as_json)

    command.__doc__ = (
        f"{STUDY_COMMANDS[name]}\n\n"
        "Every run is a file in the work folder, written after each epoch, and a line in the "
        "result file once it is done. Interrupted or killed, the same command goes on; finished "
        "runs in the folder are taken over.\n\n"
        f"Example: `lohe bench {name} --seeds 3 --arms 'softmax*' -o bench_{name}.json`"
    )
    return command


def _run(study: Study, path: Path, folder: Path, workers: int, device: str) -> StudyResults:
    from lohe.attention.studies.results import Failure
    from lohe.attention.studies.run import run_study
    from lohe.attention.studies.run_case import PROCESSOR, Device
    from lohe.proofs_numeric.basins.executors import Processes, Serial

    where = PROCESSOR
    if device != where.name:
        from lohe.torch.transformer import transformer_on

        where = Device(device, transformer_on(device))
    place = Serial() if workers == 1 else Processes(workers, _PATIENCE, ahead=1)
    with progress_bar(f"bench {study.name}") as progress, place as executor:

        def note(case: Case, outcome: Outcome, done: int, total: int) -> None:
            if isinstance(outcome, Failure):
                found = f"failed: {outcome.reason}"
            else:
                score = outcome.metrics.get(study.metric, math.nan)
                found = f"{study.metric} {score:.5g}, {outcome.wall_s:.0f} s"
            sys.stderr.write(f"{done}/{total} {case.name}: {found}\n")
            progress(done, total)

        return run_study(path, study, folder, executor.run, device=where, note=note)


def _print_list(study: Study, path: Path, folder: Path, *, as_json: bool) -> int:
    """Say of each run whether it is done, has failed, was begun, or is still to be made."""
    from lohe.attention.studies.results import Failure, Finished
    from lohe.attention.studies.run import load_or_begin

    results = load_or_begin(path, study)
    states = {}
    for case in study.cases():
        outcome = results.outcome(case)
        if isinstance(outcome, Finished):
            states[case.name] = "done"
        elif isinstance(outcome, Failure):
            states[case.name] = f"failed: {outcome.reason}"
        elif (folder / f"{case.name}.training.json").exists():
            states[case.name] = "finished in the work folder"
        elif (folder / f"{case.name}.model.npz").exists():
            states[case.name] = "begun"
        else:
            states[case.name] = "to do"
    width = max(map(len, states))
    emit(
        {"study": study.name, "runs": states},
        [f"{name.ljust(width)}  {state}" for name, state in states.items()],
        as_json=as_json,
    )
    return 0


def _print_results(study: Study, results: StudyResults, path: Path, *, as_json: bool) -> int:
    import json

    from lohe.commands.bench_study_report import study_report
    from lohe.commands.bench_study_tables import to_mend

    lines = [*study_report(study, results), f"kept in {path}"]
    emit(json.loads(path.read_text(encoding="utf-8")), lines, as_json=as_json)
    return 2 if to_mend(study, results) else 0
