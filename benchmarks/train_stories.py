"""Language models of stories: softmax, and oscillators of several dimensions.

Run ``python benchmarks/train_stories.py`` from the repository, with the data set ``tinystories``
(see `lohe data`); it takes about ten minutes a model on one idle core. Stopped, it goes on where
it was. The models, with their heads, lie in folders of runs/stories, for `lohe bench`; the result
is benchmarks/results/stories.json.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import Any

# Before NumPy is loaded: the matrices are too small for a second BLAS thread.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from lohe.attention.tasks.next_word import NextWord
from lohe.attention.tasks.stories import load_stories
from lohe.attention.tasks.stories_training import train_stories
from lohe.dynamics.files import write_text

MODELS: dict[str, dict[str, Any]] = {
    "softmax": {"mechanism": "softmax"},
    "d2": {"d_osc": 2},
    "d8": {"d_osc": 8},
    "d32": {"d_osc": 32},
    "d8-free": {"d_osc": 8, "anchor_kind": "free"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", default=[*MODELS], help=f"of {', '.join(MODELS)}")
    parser.add_argument("--seeds", type=int, default=1, help="runs per model")
    parser.add_argument("--runs", type=Path, default=Path("runs/stories"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/stories.json"))
    arguments = parser.parse_args()
    task = NextWord(load_stories())
    document: dict[str, Any] = {
        "unknown_share": {split: task.unknown_share(split) for split in ("validation", "test")},
        "models": {},
    }
    for name in arguments.models:
        runs = [
            train_stories(arguments.runs / name, seed=seed, task=task, **MODELS[name]).run
            for seed in range(arguments.seeds)
        ]
        document["models"][name] = {
            "test_perplexity": [run.metrics["test_perplexity"] for run in runs],
            "validation_perplexity": [run.metrics["validation_perplexity"] for run in runs],
            "config": runs[0].config,
            "wall_s": [run.wall_s for run in runs],
        }
        document |= {"versions": runs[0].versions, "machine": runs[0].machine}
        print(
            f"{name:8s} test perplexity {document['models'][name]['test_perplexity']}", flush=True
        )
        write_text(arguments.output, json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
