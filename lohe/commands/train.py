"""``lohe train``: one subcommand per task."""

from __future__ import annotations

import typer

from lohe.commands.train_stories import stories
from lohe.commands.train_sva import sva
from lohe.commands.train_text import text
from lohe.commands.train_words import fsdd, kws

__all__ = ["train"]

train = typer.Typer(
    help="Train a small transformer whose attention is oscillators or softmax.\n\n"
    "Example: `lohe train sva --seed 0 -o runs`"
)
for _task in (sva, kws, fsdd, stories, text):
    train.command(_task.__name__)(_task)
