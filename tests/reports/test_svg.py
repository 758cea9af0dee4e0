import re
from xml.etree import ElementTree as ET

import pytest

from lohe.reports.svg import COLOURS, add_legend, drawing_style, inline, new_figure, set_log_axis


def draw(key="k", label="line"):
    with drawing_style():
        figure, axes = new_figure()
        axes.plot([1, 10, 1000], [1, 2, 3], "o-", color=COLOURS["blue"], label=label)
        set_log_axis(axes.xaxis, 1e-6, 1e3)
        add_legend(figure)
        return inline(figure, key, "A <title>", "What it shows & more")


def test_the_same_figure_has_the_same_bytes():
    assert draw() == draw()


def test_a_figure_is_xml_with_a_name_and_a_description():
    root = ET.fromstring(draw())
    assert root.tag == "svg"
    assert root.attrib["role"] == "img"
    named = {child.attrib.get("id"): child.text for child in root.iter()}
    labels = root.attrib["aria-labelledby"].split()
    assert [named[label] for label in labels] == ["A <title>", "What it shows & more"]


def test_ids_are_unique_carry_the_key_and_are_referred_to():
    text = draw("abc")
    ids = re.findall(r' id="([^"]+)"', text)
    assert len(ids) == len(set(ids)) > 2
    assert all(name.startswith("abc-") for name in ids)
    referred = set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', text))
    assert {a or b for a, b in referred} <= set(ids)


def test_colours_are_variables_and_fonts_are_the_pages():
    text = draw()
    assert "var(--blue)" in text
    assert "font-family" not in text
    assert "#0072b2" not in text


@pytest.mark.parametrize("label", [r"$\frac{", "<script>alert(1)</script>", "狐 🦊", "a & b"])
def test_any_label_is_text(label):
    root = ET.fromstring(draw(label=label))
    assert label in {"".join(text.itertext()) for text in root.iter("text")}
    assert not list(root.iter("script"))


def test_nothing_outside_is_mentioned():
    assert "http" not in draw()


def test_the_users_own_matplotlib_settings_change_nothing():
    import matplotlib as mpl

    expected = draw()
    with mpl.rc_context({"font.size": 30, "axes.facecolor": "black", "svg.fonttype": "path"}):
        assert draw() == expected
        assert mpl.rcParams["font.size"] == 30
