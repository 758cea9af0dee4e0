import base64
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import lohe
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.proofs_numeric.certify import certify
from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.reports import document
from lohe.reports.claims_text import claim_text, key_values
from lohe.reports.detail import Detail
from lohe.reports.document import SIZE_LIMIT, render, render_report
from lohe.reports.subjects import collect

QUESTIONS = [
    "What was examined, and what came of it?",
    "What is proved, refuted or undecided, and why?",
    "How strongly is each oscillator driven, and do its anchors agree?",
    "Do random starts settle when the theory says they do?",
    "Which tokens does each token attend to?",
    "What does settling look like?",
    "Which oscillators are the slowest and the most fragile?",
    "How well did the models learn?",
    "What does this rest on, and how can I check it?",
]


def test_the_page_is_small(page):
    assert len(page.encode()) < SIZE_LIMIT / 4


def test_every_section_asks_its_question(outline):
    positions = [outline.text.index(question) for question in QUESTIONS]
    assert positions == sorted(positions)


def test_the_page_is_whole_and_its_ids_are_unique(outline):
    assert len(outline.ids) == len(set(outline.ids))
    tags = {tag for tag, _ in outline.tags}
    assert {"main", "h1", "h2", "h3", "nav", "figure", "figcaption", "table", "caption"} <= tags
    for tag, attributes in outline.tags:
        if tag == "svg":
            assert set(attributes["aria-labelledby"].split()) <= set(outline.ids)
        if "aria-labelledby" in attributes:
            assert set(attributes["aria-labelledby"].split()) <= set(outline.ids)


def test_nothing_outside_the_file_is_referred_to(page, outline):
    local = ("#", "data:image/png;base64,")
    assert all(value.startswith(local) for _, _, value in outline.references)
    assert {value[1:] for _, _, value in outline.references if value[0] == "#"} <= set(outline.ids)
    assert not re.findall(r"""(?:src|href|action)\s*=\s*["']?\s*(?:https?:|//)""", page)
    assert not re.findall(r"url\(\s*[\"']?(?!#)", page)
    assert "@import" not in page


def test_only_the_pages_own_script_may_run(page, outline):
    policy = next(a["content"] for t, a in outline.tags if t == "meta" and "http-equiv" in a)
    assert "default-src 'none'" in policy
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "'unsafe-inline'" not in policy.split("script-src")[1].split(";")[0]


def test_the_verdicts_and_numbers_are_those_of_the_certificate(outline, certificate, basins):
    for name, claim in certificate.claims.items():
        assert claim_text(name).title in outline.text
        assert claim.reason in outline.text
        for _, text, value in key_values(name, claim):
            assert " ".join(text.split()) in outline.text
            assert value is None or repr(value) in outline.data
    shown = {name: outline.text.count(name) for name in ("proved", "refuted", "sampled")}
    assert all(shown.values())
    for basin in basins:
        assert {repr(basin.fraction), repr(basin.lower), repr(basin.predicted)} <= set(outline.data)


def test_the_worst_oscillators_are_the_networks(outline, network):
    norms = np.linalg.norm(network.drive, axis=-1)
    for value in np.sort(norms)[:10]:
        assert repr(float(value)) in outline.data


def test_the_same_input_gives_the_same_bytes_in_any_order(page, head, certificate, basins, build):
    runs = [build.run(1), build.run(0)]
    assert render(collect([certificate], basins[::-1], [head], runs)) == page


def test_another_process_writes_the_same_bytes(tmp_path, head, certificate):
    head.save(tmp_path / "a.head.npz")
    certificate.save(tmp_path / "a.certificate.json")
    here = render_report(
        tmp_path / "here.html",
        [tmp_path / "a.certificate.json"],
        networks=[tmp_path / "a.head.npz"],
    )
    code = (
        "from lohe.__main__ import main; import sys; "
        "sys.exit(main(['report', 'a.certificate.json', 'a.head.npz', '-o', 'there.html']))"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "MPLBACKEND": "svg"}
    subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, timeout=120
    )
    assert (tmp_path / "there.html").read_bytes() == here.path.read_bytes()
    assert here.sha256 == hashlib.sha256(here.path.read_bytes()).hexdigest()
    assert str(tmp_path) not in here.path.read_text(encoding="utf-8")


HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>$\\frac{\"'&\x00\x1b"


def test_hostile_text_stays_text(build, parse):
    words = (HOSTILE, "<b>", "{{ 7*7 }}", "$a$", "a\nb", "\N{RIGHT-TO-LEFT OVERRIDE}ltr")
    head = build.head(words=words, name=HOSTILE)
    network = head.network()
    claims = {"<i>new</i>": Claim(Verdict.UNDECIDED, HOSTILE, {HOSTILE: 1.0})}
    certificate = replace(certify(network), claims=claims, tool={HOSTILE: HOSTILE})
    run = build.run(0, mechanism=HOSTILE, task=HOSTILE)
    run = replace(run, metrics={HOSTILE: 1.0}, history=({HOSTILE: 1.0, "epoch": 1},))
    page = render(collect([certificate], (), [head], [run]), title=HOSTILE)
    outline = parse(page)
    tags = [tag for tag, _ in outline.tags]
    assert tags.count("script") == 1
    assert "img" not in tags
    assert "b" not in tags
    assert "i" not in tags
    assert not any(name.startswith("on") for _, found in outline.tags for name in found)
    assert "{{ 7*7 }}" in outline.text
    assert "\x1b" not in page
    assert len(outline.ids) == len(set(outline.ids))


def test_a_certificate_without_its_network_says_what_to_add(certificate, network):
    text = render(collect([certificate]))
    assert "its network was not given" in text
    assert network.digest[:12] in text
    assert "<svg" not in text


def test_a_basin_run_without_a_partner_says_so(basins, network):
    text = render(collect(basins=basins))
    assert "matches no certificate and no network given" in text
    assert "Nothing is proved" in text
    assert network.digest[:12] in text


def test_only_a_certificate_can_prove(network, certificate, basins):
    claimed = "Almost all starts settle in the end"
    assert basins[0].proved_volume == 1
    assert claimed in render(collect([certificate], basins, [network]))
    assert claimed not in render(collect([], basins, [network]))


def test_a_network_alone_proves_nothing(network, parse):
    text = parse(render(collect(networks=[network]))).text
    assert "Nothing is proved" in text
    assert QUESTIONS[1] not in text
    assert "No random starts were sampled" in text


def test_training_alone_makes_a_report(build, parse):
    runs = [build.run(s, mechanism) for mechanism in ("softmax", "fixed-query") for s in (0, 1, 2)]
    runs += [build.run(0, "softmax", d_osc=8)]
    text = parse(render(collect(training=runs))).text
    assert "Training report" in text
    assert "softmax, model d_osc 8" in text
    assert "0.9100 ± 0.010 0.9000 to 0.9200" in text


def test_coupled_networks_are_reported_without_the_flow_of_t1(parse):
    rng = np.random.default_rng(0)
    crosstalk = 0.1 * (1 - np.eye(4))
    network = Network(rng.normal(size=(4, 3)), crosstalk=crosstalk)
    text = parse(render(collect([certify(network)], (), [network]))).text
    assert "settle alone" in text
    assert "undecided" in text


def test_a_network_without_any_drive_is_reported():
    network = Network(np.zeros((3, 2)))
    text = render(collect([certify(network)], (), [network]))
    assert "Every oscillator settles on these inputs: refuted." in text
    assert "no oscillator has a drive" in text


def test_heads_beyond_the_limit_are_named_but_not_drawn(monkeypatch, build, parse):
    monkeypatch.setattr(document, "LEVELS", (Detail(1, 1, 3),))
    heads = [build.head(seed, name=f"h{seed}", sequences=2, tokens=3) for seed in range(3)]
    certificates = [certify(head.network()) for head in heads]
    outline = parse(render(collect(certificates, (), heads)))
    assert "2 of the heads are not drawn" in outline.text
    assert all(outline.text.count(head.name) > 2 for head in heads)
    drawn = [found["id"] for tag, found in outline.tags if tag == "title" and "id" in found]
    assert drawn
    assert all(name.startswith("head-1-") for name in drawn)


def test_detail_gives_way_to_size(monkeypatch, collection):
    monkeypatch.setattr(document, "LEVELS", (Detail(1, 1, 3), Detail(0, 0, 0)))
    drawn = render(collection)
    assert "<svg" in drawn
    monkeypatch.setattr(document, "SIZE_LIMIT", len(drawn.encode()) - 1)
    assert "<svg" not in render(collection)
    monkeypatch.setattr(document, "SIZE_LIMIT", 1000)
    with pytest.raises(InputError, match="too many for one report"):
        render(collection)


def test_large_networks_are_drawn_from_all_their_oscillators(tmp_path):
    rng = np.random.default_rng(0)
    network = Network(rng.normal(size=(60_000, 8)), labels=np.arange(60_000).astype(str))
    written = render_report(tmp_path / "a.html", [certify(network)], networks=[network])
    assert written.size < 500_000
    assert "60,000 oscillators" in written.path.read_text(encoding="utf-8")


def test_an_output_that_cannot_be_written_is_one_clear_line(tmp_path, network):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write .*choose another output path"):
        render_report(tmp_path / "file" / "a.html", networks=[network])
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_the_public_name_is_this_one():
    assert lohe.render_report is render_report


@pytest.mark.parametrize(("d", "drawn"), [(2, "on the circle"), (3, "on the sphere"), (5, None)])
def test_trajectories_are_drawn_where_the_dimension_allows(build, d, drawn):
    page = render(collect([], [], [build.head(d=d)]))
    assert ": approach" in page
    for place in ("on the circle", "on the sphere"):
        assert (f") {place}" in page) == (place == drawn)
