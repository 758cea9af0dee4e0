"""``lohe tolerance`` on tokens: how far inputs may move before a drive is no longer certain."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lohe.commands.common import emit, progress_bar

if TYPE_CHECKING:
    from lohe.dynamics.tokens import Tokens

__all__ = ["tolerance_of_inputs"]

_LIMIT = 16.0
_WEAKEST = 5


def tolerance_of_inputs(path: Path, output: Path | None, *, as_json: bool) -> int:
    """Find the largest box of inputs that is proved for each oscillator; print and certify it.

    Returns
    -------
    int
        0 if some box is proved for all oscillators, 3 otherwise.
    """
    import numpy as np

    from lohe.dynamics.tokens import Tokens
    from lohe.proofs_numeric.input_box import certify_inputs, largest_radius
    from lohe.reports.formatting import lower, percent

    tokens = Tokens.load(path)
    with progress_bar("tolerance (inputs)") as progress:
        radii = largest_radius(tokens, limit=_LIMIT, progress=progress)
    together = float(radii.min())
    # The root mean square of the coordinates of the token, to measure its radius by.
    sizes = np.sqrt(np.square(tokens.tokens).mean(-1))[tokens.kept]
    relative = np.divide(radii, sizes, out=np.zeros_like(radii), where=sizes > 0)
    whole = "no box is proved for all oscillators together"
    if together:
        whole = (
            f"every coordinate of every token may move by {lower(together)}: every oscillator "
            "keeps its drive (L4)"
        )
    text = [
        f"tolerance of inputs: {tokens.n} oscillators in dimension {tokens.d}, {path}",
        whole,
        f"each by itself: median {lower(float(np.median(radii)))}, or "
        f"{percent(float(np.median(relative)))} of the root mean square of its token's coordinates",
        f"{int((radii == _LIMIT).sum())} of {tokens.n} reach {_LIMIT:g}, the largest tried",
        "the weakest:",
        *(f"  {_name(tokens, int(i))}: {lower(radii[i])}" for i in np.argsort(radii)[:_WEAKEST]),
    ]
    result: dict[str, Any] = {
        "instance": str(path),
        "tokens_sha256": tokens.digest,
        "oscillators": tokens.n,
        "dimension": tokens.d,
        "proved": together,
        "theorem": "L4",
        "limit": _LIMIT,
        "per_oscillator": radii.tolist(),
        "relative": relative.tolist(),
        "exit_code": 0 if together else 3,
    }
    if output is not None and together:
        certify_inputs(tokens, together).save(output)
        text += [f"written: {output}", f"check it: lohe verify {output} {path}"]
        result["written"] = {"certificate": str(output)}
    emit(result, text, as_json=as_json)
    return int(result["exit_code"])


def _name(tokens: Tokens, oscillator: int) -> str:
    """Return which token an oscillator stands for."""
    sequence, position = (int(index[oscillator]) for index in tokens.kept.nonzero())
    label = "" if tokens.labels is None else f" ({tokens.labels[sequence, position]})"
    return f"oscillator {oscillator}, token {position} of sequence {sequence}{label}"
