"""Train the word tasks, both mechanisms, several seeds, and record what came of it.

    LOHE_DATA=... python benchmarks/train_speech.py kws --work runs/kws
    LOHE_DATA=... python benchmarks/train_speech.py fsdd --work runs/fsdd

A setting is PROTOCOL/POSITIONS. The protocols of `lohe train` are scored on the test clips, once
per run; the variants that they were chosen among are scored on validation clips alone. Stop it
and start it again as you like: finished runs are kept in --work, and a run that was cut off goes
on from its last epoch. Results go to benchmarks/results/TASK.json.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

# Before NumPy is loaded: the matrices are too small for a second BLAS thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from lohe.attention.results import TrainingRun
from lohe.attention.tasks.augment import NONE
from lohe.attention.tasks.fsdd import load_digits
from lohe.attention.tasks.speech import load_keywords
from lohe.attention.tasks.word_protocols import PROTOCOLS, SMALL_DATA, STOCK, Protocol, word_config
from lohe.attention.tasks.words import WordTask
from lohe.attention.training import train
from lohe.dynamics.files import write_text
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson

TASKS = {"kws": load_keywords, "fsdd": load_digits}
MECHANISMS = ("fixed_query", "softmax")
RESULTS = Path(__file__).parent / "results"

VARIED = ("mechanism", "positions")
"""Of the model, what a group has of its own; the rest is common to all."""


def small(*, rate: float = 1e-2, epochs: int = 60, **augmentation: float) -> Protocol:
    """Return the small-data protocol with other strengths of augmentation, rate or length."""
    recipe = replace(SMALL_DATA.recipe, learning_rate=rate, epochs=epochs)
    return Protocol(recipe, replace(SMALL_DATA.augmentation, **augmentation))


VARIANTS = {
    "longer": Protocol(replace(STOCK.recipe, epochs=60), NONE),
    "faster": Protocol(SMALL_DATA.recipe, NONE),
    "placed": small(tempo=0, warp=0),
    "striped": small(bands=8, frames=8),
    "noisy": small(noise=3),
    "slower": small(rate=3e-3),
    "twice": small(epochs=120),
}
"""What the small-data protocol was chosen among, and from, on validation clips."""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--work", type=Path, required=True, help="folder for runs, outside git")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--mechanisms", nargs="+", choices=MECHANISMS, default=MECHANISMS)
    parser.add_argument(
        "--settings",
        nargs="+",
        default=["small/none", "stock/none", "small/sinusoidal"],
        metavar="PROTOCOL/POSITIONS",
        help=f"protocols: {', '.join(PROTOCOLS | VARIANTS)}",
    )
    arguments = parser.parse_args()
    corpus = TASKS[arguments.task]()
    for setting in arguments.settings:
        name, positions = setting.split("/")
        protocol = (PROTOCOLS | VARIANTS)[name]
        task = WordTask(corpus, protocol.augmentation)
        # Seeds outermost: an early stop still leaves both mechanisms on an equal footing.
        for seed in range(arguments.seeds):
            for mechanism in arguments.mechanisms:
                folder = arguments.work / f"{name}-{positions}-{mechanism}-{seed}"
                record = folder / "run.training.json"
                if not record.exists():
                    config = word_config(mechanism=mechanism, positions=positions)
                    checkpoint = folder / "run.model.npz"
                    _, run = train(task, config, protocol.recipe, seed=seed, checkpoint=checkpoint)
                    run.save(record)
                print(folder.name, TrainingRun.load(record).wall_s, flush=True)
                write_text(RESULTS / f"{arguments.task}.json", summarise(arguments.work))


def summarise(work: Path) -> str:
    """Return all finished runs as JSON, with mean and spread over the seeds of each group."""
    runs: dict[tuple[str, str, str], list[TrainingRun]] = {}
    for record in sorted(work.glob("*/run.training.json")):
        protocol, positions, mechanism, _ = record.parent.name.split("-")
        runs.setdefault((protocol, positions, mechanism), []).append(TrainingRun.load(record))
    first = next(iter(runs.values()))[0]
    document = {
        "task": first.task,
        "data": {k: v for k, v in first.config["task"].items() if k != "augmentation"},
        "model": {k: v for k, v in first.config["model"].items() if k not in VARIED},
        "versions": first.versions,
        "machine": first.machine,
        "groups": [summarise_group(*key, group) for key, group in sorted(runs.items())],
    }
    return json.dumps(document, indent=1) + "\n"


def summarise_group(
    protocol: str, positions: str, mechanism: str, runs: list[TrainingRun]
) -> dict[str, Any]:
    """Return one setting of one mechanism: the scores of each seed, their mean and spread."""
    # A variant was looked at to choose a protocol: its test clips stay unseen.
    splits = ("validation", "test") if protocol in PROTOCOLS else ("validation",)
    group: dict[str, Any] = {
        "protocol": protocol,
        "positions": positions,
        "mechanism": mechanism,
        "recipe": runs[0].config["recipe"],
        "augmentation": runs[0].config["task"]["augmentation"],
    }
    for split in splits:
        accuracy = [run.metrics[f"{split}_accuracy"] for run in runs]
        group[f"{split}_accuracy_mean"] = round(statistics.mean(accuracy), 4)
        # The sample's spread over seeds; one seed has none.
        if len(runs) > 1:
            group[f"{split}_accuracy_sd"] = round(statistics.stdev(accuracy), 4)
    group["runs"] = [
        {"seed": run.seed, "wall_s": round(run.wall_s, 1)}
        | {k: round(v, 4) for k, v in run.metrics.items() if k.startswith(splits)}
        | {f"{split}_accuracy_95": interval(run, split) for split in splits}
        for run in sorted(runs, key=lambda run: run.seed)
    ]
    return group


def interval(run: TrainingRun, split: str) -> tuple[float, float]:
    """Return 95 % bounds on a run's accuracy over clips like these; seeds share the clips."""
    clips = run.config["task"]["clips"][split]
    right = round(run.metrics[f"{split}_accuracy"] * clips)
    lower, upper = clopper_pearson(right, clips, 0.95)
    return round(lower, 4), round(upper, 4)


if __name__ == "__main__":
    main()
