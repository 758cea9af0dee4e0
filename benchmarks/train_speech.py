"""Train the word tasks, both mechanisms, several seeds, and record what came of it.

    LOHE_DATA=... python benchmarks/train_speech.py kws --work runs/kws
    LOHE_DATA=... python benchmarks/train_speech.py fsdd --work runs/fsdd

Every choice of the small-data protocol was made on validation clips; the test clips are scored
here, once per run. Stop it and start it again as you like: finished runs are kept in --work, and
a run that was cut off goes on from its last epoch. Results go to benchmarks/results/TASK.json.
"""

from __future__ import annotations

import argparse
import json
import statistics
from pathlib import Path
from typing import Any

from lohe.attention.results import TrainingRun, machine, versions
from lohe.attention.tasks.fsdd import load_digits
from lohe.attention.tasks.speech import load_keywords
from lohe.attention.tasks.word_protocols import PROTOCOLS, word_config
from lohe.attention.tasks.words import WordTask
from lohe.attention.training import train
from lohe.dynamics.files import write_text

TASKS = {"kws": load_keywords, "fsdd": load_digits}
MECHANISMS = ("fixed_query", "softmax")
RESULTS = Path(__file__).parent / "results"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--work", type=Path, required=True, help="folder for runs, outside git")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument(
        "--settings",
        nargs="+",
        default=["small/none", "stock/none", "small/sinusoidal"],
        metavar="PROTOCOL/POSITIONS",
    )
    arguments = parser.parse_args()
    corpus = TASKS[arguments.task]()
    for setting in arguments.settings:
        name, positions = setting.split("/")
        protocol = PROTOCOLS[name]
        task = WordTask(corpus, protocol.augmentation)
        # Seeds outermost: an early stop still leaves both mechanisms at equal footing.
        for seed in range(arguments.seeds):
            for mechanism in MECHANISMS:
                folder = arguments.work / f"{name}-{positions}-{mechanism}-{seed}"
                record = folder / "run.training.json"
                if not record.exists():
                    config = word_config(mechanism, positions=positions)
                    _, run = train(
                        task,
                        config,
                        protocol.recipe,
                        seed=seed,
                        checkpoint=folder / "run.model.npz",
                    )
                    run.save(record)
                print(folder.name, TrainingRun.load(record).metrics, flush=True)
                write_text(RESULTS / f"{arguments.task}.json", summarise(arguments.work))


def summarise(work: Path) -> str:
    """Return all finished runs as JSON, with mean and spread over the seeds of each group."""
    runs: dict[tuple[str, str, str], list[TrainingRun]] = {}
    for record in sorted(work.glob("*/run.training.json")):
        protocol, positions, mechanism, _ = record.parent.name.split("-")
        runs.setdefault((protocol, positions, mechanism), []).append(TrainingRun.load(record))
    groups: list[dict[str, Any]] = []
    for (protocol, positions, mechanism), group in sorted(runs.items()):
        test = [run.metrics["test_accuracy"] for run in group]
        groups.append(
            {
                "protocol": protocol,
                "positions": positions,
                "mechanism": mechanism,
                "test_accuracy_mean": round(statistics.mean(test), 4),
                # The spread over seeds of a sample; one seed has none.
                "test_accuracy_sd": round(statistics.stdev(test), 4) if len(test) > 1 else None,
                "recipe": group[0].config["recipe"],
                "model": group[0].config["model"],
                "augmentation": group[0].config["task"]["augmentation"],
                "runs": [
                    {
                        "seed": run.seed,
                        "wall_s": round(run.wall_s, 1),
                        **{name: round(value, 4) for name, value in run.metrics.items()},
                    }
                    for run in sorted(group, key=lambda run: run.seed)
                ],
            }
        )
    first = next(iter(runs.values()))[0]
    document = {
        "task": first.task,
        "data": {k: v for k, v in first.config["task"].items() if k != "augmentation"},
        "versions": versions(),
        "machine": machine(),
        "groups": groups,
    }
    return json.dumps(document, indent=1) + "\n"


if __name__ == "__main__":
    main()
