"""A study: arms that differ in one thing, each trained from several seeds, as data."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any

from numpy.typing import NDArray

from lohe.attention.items import Answers
from lohe.attention.model import Model
from lohe.attention.recipe import Recipe
from lohe.attention.task import Task
from lohe.dynamics.errors import InputError

__all__ = ["SOFTMAX", "Arm", "Case", "Setting", "Study"]


SOFTMAX = {"mechanism": "softmax"}
"""What an arm changes of a setting's model whose attention is oscillators."""

_OF_OSCILLATORS = frozenset(
    {
        "mechanism",
        "d_osc",
        "coupling",
        "anchor_kind",
        "anchor_margin",
        "readout_exponent",
        "learned_exponent",
        "mask_readout",
        "two_sided",
        "coherence",
    }
)


@dataclass(frozen=True)
class Setting:
    """A task as a study trains on it: the data, the protocol's model and recipe.

    Parameters
    ----------
    task
        The data.
    config
        The protocol's model, of any architecture; an arm changes fields of it.
    recipe
        The protocol's recipe; an arm changes fields of it.
    examine
        Further scores of a trained model, by name, such as the accuracy on shuffled frames.
    answers
        Which test items the outputs on the test split get right, by the name of the score that
        is their mean; None where nobody asks.
    """

    task: Task
    config: Any
    recipe: Recipe
    examine: Callable[[Model, Task], Mapping[str, float]] | None = None
    answers: Callable[[NDArray[Any]], Mapping[str, Answers]] | None = None


@dataclass(frozen=True)
class Arm:
    """One way to train.

    Parameters
    ----------
    name
        Short, plain and unique in its study; results are kept under it.
    setting
        Name of a setting; see `lohe.attention.studies.settings`.
    options
        Arguments of that setting, such as ``{"ambiguous": True}``; JSON values.
    model
        Fields of the setting's model to set otherwise.
    recipe
        Fields of `Recipe` to set otherwise than the setting does.
    seeds
        Of the runs; arms of one study share seeds, so that differences are paired.
    against
        Name of the arm to compare it with; without one, `Study.rival` finds softmax of its shape.
    """

    name: str
    setting: str
    options: Mapping[str, Any] = field(default_factory=dict)
    model: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    against: str = ""

    def document(self) -> dict[str, Any]:
        """Return what fixes a run of the arm beside its seed, as JSON values."""
        return {
            "setting": self.setting,
            "options": dict(self.options),
            "model": dict(self.model),
            "recipe": dict(self.recipe),
        }


@dataclass(frozen=True)
class Case:
    """One run: an arm and a seed."""

    arm: Arm
    seed: int

    @property
    def name(self) -> str:
        """Name that the result, and the files of the run, are kept under."""
        return f"{self.arm.name}-seed{self.seed}"


@dataclass(frozen=True)
class Study:
    """A question, and the runs that answer it.

    Parameters
    ----------
    name
        Of the command ``lohe bench NAME`` and of its files.
    question
        What it is to settle, in one sentence.
    arms
        In the order of the table.
    metric
        The score that arms are compared by, such as ``"test_accuracy"``.
    larger_is_better
        Whether a larger score is better.
    failure
        A run whose score is worse than this has failed; None where nothing is called so.
    folder
        Name of the folder that the runs are kept in, by default the study's own name. Studies
        that have arms in common share a folder, and each run is trained once.

    Raises
    ------
    InputError
        If two arms have one name, or an arm has no seed.
    """

    name: str
    question: str
    arms: tuple[Arm, ...]
    metric: str
    larger_is_better: bool = True
    failure: float | None = None
    folder: str = ""

    def __post_init__(self) -> None:
        names = [arm.name for arm in self.arms]
        if len({*names}) < len(names):
            raise InputError(f"two arms of the study {self.name} have one name")
        if not all(arm.seeds for arm in self.arms):
            raise InputError(f"an arm of the study {self.name} has no seed")
        object.__setattr__(self, "folder", self.folder or self.name)

    def only(self, arms: str = "*", seeds: int | None = None) -> Study:
        """Return a part of the study, or the same arms with another number of seeds.

        Parameters
        ----------
        arms
            Names of the arms to keep, as a pattern with ``*`` and ``?``.
        seeds
            Train every arm from the seeds 0, ..., seeds - 1; None for those of the study.

        Raises
        ------
        InputError
            If no arm has such a name.

        Examples
        --------
        >>> study = Study("s", "?", (Arm("a1", "sva"), Arm("b1", "sva")), "test_accuracy")
        >>> [case.name for case in study.only("a*", seeds=2).cases()]
        ['a1-seed0', 'a1-seed1']
        """
        kept = [arm for arm in self.arms if fnmatchcase(arm.name, arms)]
        if not kept:
            names = ", ".join(arm.name for arm in self.arms)
            raise InputError(f"no arm is called {arms!r}; the study {self.name} has {names}")
        if seeds is not None:
            kept = [replace(arm, seeds=tuple(range(seeds))) for arm in kept]
        return replace(self, arms=tuple(kept))

    def rival(self, arm: Arm) -> Arm | None:
        """Return the arm to compare an arm with; None if the study has none.

        That is the one it names, or the softmax arm of the data, recipe and shape of an arm of
        oscillators.

        Examples
        --------
        >>> arms = Arm("d8", "sva", model={"d_osc": 8}), Arm("s", "sva", model=SOFTMAX)
        >>> Study("s", "?", arms, "test_accuracy").rival(arms[0]).name
        's'
        """
        if arm.against:
            return next((other for other in self.arms if other.name == arm.against), None)
        if arm.model.get("mechanism") == "softmax":
            return None
        shape = {name: arm.model[name] for name in arm.model if name not in _OF_OSCILLATORS}
        wanted = replace(arm, model=shape | SOFTMAX).document()
        return next((other for other in self.arms if other.document() == wanted), None)

    def cases(self) -> Iterator[Case]:
        """Yield the runs, all arms of one seed before the next seed."""
        seeds = dict.fromkeys(seed for arm in self.arms for seed in arm.seeds)
        for seed in seeds:
            for arm in self.arms:
                if seed in arm.seeds:
                    yield Case(arm, seed)
