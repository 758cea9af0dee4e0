"""Draw the README's picture: ``python docs/picture.py`` writes docs/picture.svg."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

import lohe
from lohe.dynamics.settling import converged_probability
from lohe.dynamics.sphere import uniform

INK, BLUE, ORANGE, GREEN = "#30343b", "#0072b2", "#d55e00", "#009e73"
SEED = 4


def settling(axes: Axes, network: lohe.Network, anchors: np.ndarray, weights: np.ndarray) -> None:
    """Draw starts all round the circle that flow to the one resting point."""
    angle = np.linspace(0, 2 * np.pi, 400)
    axes.plot(np.cos(angle), np.sin(angle), color=INK, lw=0.8, alpha=0.4)
    rest = network.drive[0] / np.linalg.norm(network.drive[0])
    times = np.linspace(0, 3 / np.linalg.norm(network.drive[0]), 60)
    for number, start in enumerate(np.linspace(0.3, 2 * np.pi + 0.3, 12, endpoint=False)):
        x0 = np.array([np.cos(start), np.sin(start)])
        path = lohe.settle(x0, network.drive[0], times) * (1 - 0.025 * (number % 3 + 1))
        axes.plot(*path.T, color=BLUE, lw=1.2, alpha=0.8)
        axes.plot(*path[0], "o", color=BLUE, ms=3.5)
    axes.scatter(*(1.16 * anchors.T), s=30 + 160 * weights, color=ORANGE, zorder=3)
    for number, anchor in enumerate(anchors, start=1):
        axes.text(*(1.36 * anchor), str(number), ha="center", va="center", fontsize=8)
    arrow = {"arrowstyle": "-|>", "color": INK, "lw": 1.6}
    axes.annotate("", 0.86 * rest, (0, 0), arrowprops=arrow)
    axes.plot(*rest, "*", color=GREEN, ms=15, zorder=4)
    axes.set(xlim=(-1.45, 1.45), ylim=(-1.45, 1.45), aspect="equal")
    axes.axis("off")
    axes.set_title("One oscillator settles between\npinned anchors (size = coupling)")


def curve(axes: Axes, network: lohe.Network) -> None:
    """Draw the predicted settling curve and the sampled fractions."""
    times = np.linspace(0, 6, 200)
    norms = np.linalg.norm(network.drive, axis=-1)
    predicted = [converged_probability(norms, t, 1e-2, network.d).mean() for t in times]
    axes.plot(times, predicted, color=INK, lw=1.4, label="predicted by theorem T2")
    for horizon in (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0):
        basin = lohe.estimate_basin(network, 2000, seed=SEED, horizon=horizon, tolerance=1e-2)
        spread = [[basin.fraction - basin.lower], [basin.upper - basin.fraction]]
        label = "sampled, 99 % bounds" if horizon == 0.5 else None
        axes.errorbar(horizon, basin.fraction, spread, fmt="o", color=BLUE, ms=4, label=label)
    axes.set(xlabel="time", ylabel="settled starts", ylim=(-0.03, 1.05))
    axes.legend(frameon=False, loc="lower right", fontsize=9)
    axes.set_title("Settled starts over time:\ntheory and sampling")


def weights_row(axes: Axes, readout: np.ndarray) -> None:
    """Draw the attention weights, read out by cosine."""
    axes.bar(np.arange(1, readout.size + 1), readout, color=GREEN)
    axes.set(xlabel="key", ylabel="attention weight", xticks=np.arange(1, readout.size + 1))
    axes.set_title("Its cosines with the anchors\nare the attention weights")


def main() -> None:
    """Draw the three panels."""
    rng = np.random.default_rng(SEED)
    anchors = uniform(rng, (6,), 2)
    couplings = rng.gamma(1.0, size=(40, 6))
    network = lohe.Network(couplings=couplings, anchors=anchors)
    readout = np.maximum(0, 1 + anchors @ network.drive[0] / np.linalg.norm(network.drive[0]))
    style = {"svg.hashsalt": "lohe", "font.size": 10, "text.color": INK, "axes.edgecolor": INK}
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(11, 3.6), layout="constrained", facecolor="white")
        FigureCanvasSVG(figure)
        left, middle, right = figure.subplots(1, 3)
        settling(left, network, anchors, couplings[0] / couplings[0].max())
        curve(middle, network)
        weights_row(right, readout / readout.sum())
        for axes in (middle, right):
            axes.spines[["top", "right"]].set_visible(False)
        figure.savefig(Path(__file__).with_name("picture.svg"), metadata={"Date": None})


if __name__ == "__main__":
    main()
