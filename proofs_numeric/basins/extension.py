"""How a campaign that was begun goes on: to the end of its plan, or beyond it."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from typing import Any

from lohe.dynamics.errors import InputError
from lohe.proofs_numeric.basins.header import Header, Series, versions

__all__ = ["continued", "refuse_another_version"]


def continued(path: str | os.PathLike[str], stored: Header, asked: Series) -> Header:
    """Return the header under which a campaign goes on, or say why it cannot.

    More trials may be asked for than before, and, where no rule has judged the bounds yet, bounds
    that hold together with more or fewer others: neither changes what was sampled.

    Parameters
    ----------
    path
        For messages.
    stored
        What the file says.
    asked
        What is wanted now.

    Raises
    ------
    InputError
        If the two differ in anything else, or fewer trials are wanted.
    """
    plan, old = asked.plan, stored.series[0]
    if stored.plan.network_sha256 != plan.network_sha256:
        raise InputError(f"{path} holds a campaign of another network; choose another output path")
    if len(stored.series) > 1:
        raise InputError(
            f"{path} was merged of {len(stored.series)} seeds; go on with the files it came from"
        )
    free = {"trials"} if plan.stopping is not None else {"trials", "family"}
    here = json.loads(json.dumps(plan.document() | {"block_size": asked.block_size}))
    there = json.loads(json.dumps(old.plan.document() | {"block_size": old.block_size}))
    for key, value in here.items():
        if key not in free and there[key] != value:
            raise InputError(
                f"{path} holds another plan ({key} {_told(there[key])}, here {_told(value)}); "
                "choose another output path"
            )
    if plan.trials < old.plan.trials:
        raise InputError(
            f"{path} plans {old.plan.trials} trials, more than {plan.trials}; ask for at least as "
            "many, or choose another output path"
        )
    grown = plan.trials > old.plan.trials
    earlier = (*old.earlier, old.plan.trials) if grown else old.earlier
    series = replace(asked, first=min(asked.first, old.first), earlier=earlier)
    return replace(stored, series=(series,))


def refuse_another_version(path: str | os.PathLike[str], header: Header) -> None:
    """Raise if a campaign was begun by another lohe, which may draw other starts from its seed.

    Raises
    ------
    InputError
        If so.
    """
    then, now = header.versions.get("lohe", "unknown"), versions().get("lohe", "unknown")
    if then != now:
        raise InputError(
            f"{path} was begun by lohe {then}, and this is {now}; finish it with that version, or "
            "choose another output path"
        )


def _told(value: Any) -> str:
    return "none" if value is None else str(value)
