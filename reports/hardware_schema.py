"""The shapes of ``.hardware.json`` files, checked before a report is made of them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from lohe.reports.cost_picture import PARTS, PHYSICAL
from lohe.reports.gradient_picture import MOST
from lohe.reports.reduction_picture import KINDS
from lohe.reports.training_back_picture import ALONE

__all__ = ["SCHEMAS"]

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Scores = Annotated[list[dict[str, float]], Field(min_length=1)]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


def _of(what: bool, why: str) -> None:
    if not what:
        raise ValueError(why)


def _fault_sizes(cases: Mapping[str, Any]) -> dict[str, list[float]]:
    """Return the sizes of each fault from names such as ``mismatch 0.1``, which rise or fall."""
    found: dict[str, list[float]] = {}
    for case in cases:
        fault, _, size = case.rpartition(" ")
        found.setdefault(fault, []).append(float(size))
    _of(bool(found), "there is no fault")
    for fault, sizes in found.items():
        _of(min(sizes) > 0, f"{fault} has a size that is not positive")
        steps = [b > a for a, b in pairwise(sizes)]
        _of(len(set(sizes)) == len(sizes) and len({*steps}) < 2, f"sizes of {fault} have no order")
    return found


class _Facts(_Part):
    frequency_hz: Positive
    lag: float
    power_w: NotNegative


class _Reduced(_Part):
    share: Positive
    driven: Positive | None
    coupled: Positive | None


class _Reduction(_Part):
    substrates: dict[str, _Facts]
    errors: dict[str, list[_Reduced]]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _of(self.errors.keys() <= self.substrates.keys(), "a substrate lacks its facts")
        shares = {tuple(one.share for one in found) for found in self.errors.values()}
        _of(len(shares) == 1, "substrates differ in their strengths")
        found = [one for each in self.errors.values() for one in each]
        seen = any(getattr(one, kind) is not None for one in found for kind in KINDS)
        _of(seen, "no substrate has an error")
        return self


class _Arm(_Part):
    arm: str
    devices: Annotated[int, Field(ge=1)]


class _Region(_Part):
    fault: str
    claim: Literal["rests", "reads"]
    for_all: NotNegative | None
    for_half: NotNegative | None


class _Scored(_Part):
    scores: Scores


class _Certified(_Part):
    regions: list[_Region]


class _Robustness(_Part):
    config: _Arm
    cases: dict[str, _Scored | _Certified]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        cases = dict(self.cases)
        certified = cases.pop("certified", None)
        _of(certified is None or isinstance(certified, _Certified), "certified has no regions")
        scores = {name: case.scores for name, case in cases.items() if isinstance(case, _Scored)}
        _of(len(scores) == len(cases), "a case has no scores")
        ideal = scores.pop("ideal")[0]
        metric = next(iter(ideal))
        _of("accuracy" in metric or ideal[metric] > 0, "the ideal score is not positive")
        _fault_sizes(scores)
        _of(all(metric in one for found in scores.values() for one in found), "a score is missing")
        return self


class _TrainingConfig(_Arm):
    imperfections: dict[str, Any]


class _Trained(_Part):
    scores: Scores
    validation: Scores | None = None
    history: list[dict[str, float]] | None = None


class _TrainBack(_Part):
    config: _TrainingConfig
    cases: dict[str, _Trained]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        cases, devices = self.cases, self.config.devices
        metrics = [*cases["ideal"].scores[0]]
        _of(bool(metrics), "there is no score")
        for name in ALONE:
            held = cases[name].validation or []
            _of(len(held) >= (1 if "ideal" in name else devices), f"{name} is short of instances")
            _of(all(metrics[0] in one for one in held), f"{name} lacks a validation score")
        for case in cases.values():
            _of(all(one.keys() >= {*metrics} for one in case.scores), "a score is missing")
        gradients = {name.rpartition(" ")[0] for name in cases if name not in ALONE}
        _of(bool(gradients), "no model was trained back")
        for gradient in gradients:
            for k in range(devices):
                epochs = cases[f"{gradient} {k}"].history or []
                scored = [f"validation_{metrics[0]}" in one for one in epochs]
                _of(bool(scored) and all(scored), f"{gradient} {k} lacks its history")
        return self


class _Quality(_Part):
    bias: NotNegative
    spread: NotNegative
    noticed: NotNegative
    settlings: Annotated[int, Field(ge=0)]


class _Estimated(_Part):
    gradients: dict[str, _Quality]


class _Gradients(_Part):
    cases: dict[str, _Estimated]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        _fault_sizes(self.cases)
        names = {tuple(case.gradients) for case in self.cases.values()}
        _of(len(names) == 1, "cases differ in their gradients")
        _of(1 <= len(names.pop()) <= MOST, f"a figure has 1 to {MOST} gradients")
        return self


class _Longest(_Part):
    longest: Positive


class _Energy(_Part):
    total: NotNegative
    sensitivities: dict[str, Annotated[list[Positive], Field(min_length=2, max_length=2)]]

    @model_validator(mode="before")
    @classmethod
    def _has_parts(cls, energy: Any) -> Any:
        _of(all(isinstance(energy[part], float | int) for part in PARTS), "a part is missing")
        return energy


class _Cost(_Part):
    class _Substrate(_Part):
        settling_s: _Longest
        joules_per_token: dict[str, _Energy]
        assumptions: dict[str, float]

    operations: dict[str, dict[str, int]]
    substrates: dict[str, _Substrate]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        parts = {frozenset(counts) for counts in self.operations.values()}
        _of(len(parts) == 1 and "total" in parts.pop(), "rows differ in their parts")
        _of(bool(self.substrates), "there is no substrate")
        for found in self.substrates.values():
            energies = found.joules_per_token
            _of(bool(energies[PHYSICAL].sensitivities), "nothing is said of what the cost hangs on")
        return self


SCHEMAS: Mapping[str, type[BaseModel]] = MappingProxyType(
    {
        "reduction": _Reduction,
        "robustness": _Robustness,
        "train-back": _TrainBack,
        "gradients": _Gradients,
        "cost": _Cost,
    }
)
"""By experiment, in the order of the report."""
