"""What a trained model is given to read: a window of its own test text, or tokens of a file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lohe.attention.task import Batch, Task
from lohe.attention.tasks.next_character import NextCharacter
from lohe.attention.tasks.next_word import NextWord
from lohe.attention.tasks.sva import SubjectVerbAgreement
from lohe.attention.tasks.texts import TEXTS, open_text
from lohe.dynamics.errors import InputError

__all__ = ["Reading", "labels_of", "read_tokens", "read_window", "reopen"]

Progress = Callable[[int, int], None] | None


@dataclass(frozen=True, eq=False)
class Reading:
    """One sequence.

    Parameters
    ----------
    batch
        With B = 1, without padding.
    labels : (T,) array of str
        What each token is.
    """

    batch: Batch
    labels: NDArray[np.str_]


def reopen(name: str, config: Mapping[str, Any], *, progress: Progress = None) -> Task:
    """Return the task that a model was trained on, from what its file says of it.

    Parameters
    ----------
    name, config
        `Checkpoint.task` and `Checkpoint.task_config`.
    progress
        Called with (bytes read, bytes in all) while an archive is unpacked.

    Raises
    ------
    InputError
        If its data set is not here or differs, or it has no test text that is read token by token.
    """
    task: Task
    if name == SubjectVerbAgreement.name:
        sizes = tuple(config["sizes"])
        task = SubjectVerbAgreement(
            config["sentences_seed"], ambiguous=config["ambiguous"], sizes=sizes
        )
    elif name in TEXTS:
        by_words = "words" in config
        trained = config["tokens" if by_words else "characters"]["training"]
        words = {"words": config["words"]} if by_words else {}
        task = open_text(name, length=config["length"], progress=progress, **words)
        if dict(task.config) != dict(config):  # trained on the first tokens only
            task = open_text(name, length=config["length"], tokens=trained, **words)
    else:
        raise InputError(
            f"the task {name!r} has no text to read; simulate the *.head.npz files of its model"
        )
    if dict(task.config) != dict(config):
        raise InputError(
            f"the data set of {name} here is not the one that the model was trained on; give "
            "--tokens FILE"
        )
    return task


def read_window(task: Task, number: int) -> Reading:
    """Return a window of the test text, or a sentence of the test set, without its padding.

    Raises
    ------
    InputError
        If there is none of that number.
    """
    found = None
    if number >= 0:
        found = next(islice(task.batches("test", 1), number, None), None)
    if found is None:
        raise InputError(f"the test text of {task.name} has no window {number}; they begin with 0")
    inputs, targets = found.inputs, found.targets
    if found.key_mask is not None:
        inputs = inputs[:, found.key_mask[0]]
    return Reading(Batch(inputs, targets, None, found.position), labels_of(task, inputs[0]))


def read_tokens(path: str | os.PathLike[str], vocabulary: int) -> Reading:
    """Read the numbers of tokens from a text file, between white space.

    Parameters
    ----------
    path
        The file; two numbers or more, from 0 to below `vocabulary`.
    vocabulary
        Of the model.

    Raises
    ------
    InputError
        If the file cannot be read or holds anything else.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is no text; write the numbers of tokens into it") from error
    try:
        tokens = np.array([int(word) for word in text.split()], dtype=np.int64)
    except (ValueError, OverflowError) as error:
        raise InputError(f"{path} holds more than the numbers of tokens") from error
    if tokens.size < 2:
        raise InputError(f"{path} holds {tokens.size} tokens; give at least 2")
    if tokens.min() < 0 or tokens.max() >= vocabulary:
        raise InputError(f"{path} has tokens outside the vocabulary, 0 to {vocabulary - 1}")
    labels = np.array([str(token) for token in tokens])
    # The last one is followed by nothing known; what a model says of it is not asked here.
    return Reading(Batch(tokens[None], np.roll(tokens, -1)[None]), labels)


def labels_of(task: Task, tokens: NDArray[np.integer[Any]]) -> NDArray[np.str_]:
    """Return what tokens (T,) of a task are: words, or characters."""
    if isinstance(task, NextWord):
        return np.asarray(np.array(task.vocabulary.words)[tokens])
    if isinstance(task, NextCharacter):
        return np.array(list(task.decode(tokens).decode("latin-1")))
    if isinstance(task, SubjectVerbAgreement):
        return np.asarray(np.array(task.vocabulary)[tokens])
    return np.array([str(token) for token in tokens])
