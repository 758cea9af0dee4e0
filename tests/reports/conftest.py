"""One small head with all its results, made once, and the page that reports on it."""

from __future__ import annotations

from dataclasses import asdict, replace
from html.parser import HTMLParser

import numpy as np
import pytest

from lohe.attention.architecture import ARCHITECTURES
from lohe.attention.head import Head
from lohe.attention.results import TrainingRun
from lohe.dynamics import gallery
from lohe.dynamics.network import Network
from lohe.proofs_numeric.basins.estimate import estimate_basin
from lohe.proofs_numeric.certify import certify
from lohe.reports.document import render
from lohe.reports.ledger import shipped_record
from lohe.reports.subjects import collect

_WORDS = ("the", "dogs", "near", "a", "garden", "sleep")


def make_head(seed=0, *, sequences=5, tokens=6, d=2, name="tiny layer 0 head 0", words=_WORDS):
    rng = np.random.default_rng(seed)
    q, k = rng.normal(size=(2, sequences, tokens, 4))
    anchors = rng.normal(size=(tokens, d))
    anchors /= np.linalg.norm(anchors, axis=-1, keepdims=True)
    labels = None if words is None else np.tile(np.resize(words, tokens), (sequences, 1))
    return Head(q, k, anchors, causal=True, labels=labels, name=name)


def make_run(seed, mechanism="fixed-query", task="toy", d_osc=2, **changes):
    history = tuple(
        {"epoch": e, "loss": 1 / e, "validation_accuracy": 1 - 0.5**e} for e in range(1, 6)
    )
    run = TrainingRun(
        task=task,
        mechanism=mechanism,
        config={"model": {"d_osc": d_osc}},
        seed=seed,
        metrics={"test_accuracy": 0.9 + 0.01 * seed},
        history=history,
        wall_s=12.5,
        versions={"numpy": "2"},
        machine={"cores": 2},
    )
    return replace(run, **changes)


class Outline(HTMLParser):
    """Checks that tags balance, and collects ids, references and text by element."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.stack, self.ids, self.references, self.tags = [], [], [], []
        self.texts, self.data = [], []
        self.feed(text)
        self.close()
        assert self.stack == []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.tags.append((tag, found))
        self.ids += [found["id"]] if "id" in found else []
        self.references += [
            (tag, name, found[name]) for name in ("src", "href", "action") if name in found
        ]
        if tag == "data":
            self.data.append(found["value"])
        if tag not in self.VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.stack, f"</{tag}> closes nothing"
        assert self.stack.pop() == tag

    def handle_data(self, data):
        if not {"script", "style"} & set(self.stack):
            self.texts.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="session")
def head():
    return make_head()


@pytest.fixture(scope="session")
def network(head):
    return head.network()


@pytest.fixture(scope="session")
def certificate(network):
    return certify(network, mismatch=1e-3)


@pytest.fixture(scope="session")
def basins(network):
    return tuple(
        estimate_basin(network, 2000, seed=3, horizon=horizon, tolerance=1e-2)
        for horizon in (1.0, 4.0, 16.0)
    )


@pytest.fixture(scope="session")
def collection(head, certificate, basins):
    return collect([certificate], basins, [head], [make_run(0), make_run(1)])


@pytest.fixture(scope="session")
def page(collection):
    return render(collection)


@pytest.fixture(scope="session")
def coupled_page():
    """A page of networks that turn and hear each other, with a basin run."""
    ring, pair = gallery.anchored_circulant(8), gallery.anchored_pair(1.5)
    turning = gallery.detuned(3, 40, 0.4, rng=np.random.default_rng(1))
    basin = estimate_basin(pair, 200, seed=1, horizon=4.0, tolerance=1e-2)
    networks = [ring, pair, turning]
    return render(collect([certify(network) for network in networks], [basin], networks))


@pytest.fixture(scope="session")
def audit_page():
    return render(collect(audit=shipped_record()))


@pytest.fixture(scope="session")
def systems_page():
    """A page of systems side by side, and of a head of phases that nothing drives."""
    weights = np.tril(np.random.default_rng(2).exponential(size=(40, 40)), -1)
    weights[1:] /= 1.2 * weights[1:].sum(axis=1, keepdims=True)
    followers = Network(np.zeros((40, 2)), crosstalk=weights, labels=list("to be or not " * 4)[:40])
    text = {"length": 8, "characters": {"training": 100_000}, "sha256": "0"}
    runs = []
    for name, changes in (
        ("kuramoto", {}),
        ("rotary", {}),
        ("accelerated", {"family": "softmax", "scheme": "strang"}),
        ("accelerated", {"scheme": "exponential_adams_bashforth"}),
    ):
        config = ARCHITECTURES[name].config(8, 9, 9, width=8, heads=2, hidden=6, **changes)
        for seed in (0, 1):
            score = 2 + len(runs) / 10
            history = tuple({"epoch": e, "validation_bits": score + 1 / e} for e in range(1, 5))
            known = {"model": asdict(config), "recipe": {}, "task": text}
            runs.append(
                make_run(seed, config.mechanism, "enwik8", metrics={"test_bits": score},
                         history=history, config=known)
            )  # fmt: skip
    return render(collect([certify(followers, ["consensus"])], (), [followers], runs))


@pytest.fixture(scope="session")
def outline(page):
    return Outline(page)


@pytest.fixture(scope="session")
def parse():
    return Outline


@pytest.fixture(scope="session")
def build():
    """Makers of small inputs: `build.head(...)`, `build.run(...)`."""

    class Build:
        head = staticmethod(make_head)
        run = staticmethod(make_run)

    return Build
