"""The page in a real browser: no errors, sorting, themes, a phone's width, print."""

import base64
import math
import re
import shutil

import numpy as np
import pytest

from lohe.dynamics.network import Network
from lohe.dynamics.settling import settle
from lohe.reports.bundles import chosen
from lohe.reports.document import render
from lohe.reports.ledger import shipped_record
from lohe.reports.subjects import collect
from tests.reports.conftest import make_head

pytestmark = pytest.mark.browser

_SCREENS = {"desktop": (1100, "light"), "dark": (1100, "dark"), "phone": (375, "light")}


@pytest.fixture(scope="module")
def driver():
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    service = shutil.which("chromedriver")
    if browser is None or service is None:
        pytest.skip("needs chromium and chromedriver on the path")
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(service))
    yield driver
    driver.quit()


@pytest.fixture
def opened(driver, page, tmp_path):
    """Open the page at a width and in a colour scheme; fail on any complaint of the browser."""
    path = tmp_path / "a.report.html"

    def open_page(width=1100, scheme="light", text=page):
        path.write_text(text, encoding="utf-8")
        driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
        )
        driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
        )
        driver.get(path.as_uri())
        return driver

    yield open_page
    assert driver.get_log("browser") == []


def background(driver):
    return driver.execute_script("return getComputedStyle(document.body).backgroundColor")


@pytest.mark.parametrize("which", ["page", "coupled_page", "systems_page", "audit_page"])
@pytest.mark.parametrize("screen", _SCREENS)
def test_nothing_is_wider_than_the_screen(opened, tmp_path, screen, which, request):
    width, scheme = _SCREENS[screen]
    driver = opened(width, scheme, request.getfixturevalue(which))
    size = driver.execute_script(
        "const e = document.documentElement; return [e.scrollWidth, e.scrollHeight]"
    )
    assert size[0] == width
    shot = driver.execute_cdp_cmd(
        "Page.captureScreenshot",
        {
            "captureBeyondViewport": True,
            "clip": {"x": 0, "y": 0, "width": width, "height": size[1], "scale": 1},
        },
    )
    picture = tmp_path / f"{screen}.png"
    picture.write_bytes(base64.b64decode(shot["data"]))
    assert picture.stat().st_size > 50_000


@pytest.mark.parametrize("which", ["page", "coupled_page", "systems_page", "audit_page"])
def test_every_picture_is_drawn_inside_its_frame(opened, which, request):
    driver = opened(375, text=request.getfixturevalue(which))
    outside = driver.execute_script(
        """return [...document.querySelectorAll("figure")].flatMap((figure) => {
          const frame = figure.getBoundingClientRect();
          return [...figure.querySelectorAll("svg text")].map((text) => {
            const box = text.getBoundingClientRect();
            const inside = box.left >= frame.left - 1 && box.right <= frame.right + 1
              && box.top >= frame.top && box.bottom <= frame.bottom;
            return inside && box.width > 0 ? "" : text.textContent;
          }).filter((name) => name);
        })"""
    )
    assert outside == []


@pytest.mark.parametrize("which", ["page", "coupled_page", "systems_page", "audit_page"])
def test_text_in_pictures_is_large_enough_on_a_phone(opened, which, request):
    driver = opened(375, text=request.getfixturevalue(which))
    smallest = driver.execute_script(
        """return Math.min(...[...document.querySelectorAll("figure svg text")].map((text) =>
          parseFloat(getComputedStyle(text).fontSize)
            * Math.hypot(text.getScreenCTM().a, text.getScreenCTM().b)))"""
    )
    assert smallest >= 8.5


def test_tables_sort_by_number_both_ways(opened):
    driver = opened()
    values = """const [table, column] = arguments;
        return [...table.tBodies[0].rows].map(
          (row) => row.cells[column].querySelector("data").value)"""
    table = driver.find_element("css selector", "#worst table")
    headings = table.find_elements("css selector", "th")
    column = next(k for k, h in enumerate(headings) if h.text.startswith("T2 time"))
    button = headings[column].find_element("css selector", "button")
    for state, reverse in (("ascending", False), ("descending", True)):
        button.click()
        found = [float(value) for value in driver.execute_script(values, table, column)]
        assert found == sorted(found, reverse=reverse)
        assert len(set(found)) > 1
        assert headings[column].get_attribute("aria-sort") == state


def test_the_theme_follows_the_system_and_the_button(opened):
    light = background(opened(scheme="light"))
    driver = opened(scheme="dark")
    dark = background(driver)
    assert light != dark
    button = driver.find_element("id", "theme")
    seen = []
    for _ in range(3):
        button.click()
        seen.append((button.text, background(driver)))
    assert seen == [("Theme: light", light), ("Theme: dark", dark), ("Theme: automatic", dark)]


def contrast(one, other):
    def luminance(colour):
        parts = [int(x) / 255 for x in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(opened, scheme):
    driver = opened(scheme=scheme)
    page = background(driver)
    colours = driver.execute_script(
        """return [...document.querySelectorAll("body, .badge, figcaption, th, a, .note, dd")].map(
          (e) => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor])"""
    )
    for text, ground in colours:
        behind = page if ground == "rgba(0, 0, 0, 0)" else ground
        assert contrast(text, behind) >= 4.5, (text, behind)


def test_it_reads_without_scripts(opened, driver):
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        opened()
        assert not driver.find_element("id", "theme").is_displayed()
        assert driver.find_element("css selector", "#verdicts table").is_displayed()
    finally:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_it_prints(opened, tmp_path):
    driver = opened(scheme="dark")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    lefts = driver.execute_script(
        """return [...document.querySelectorAll("h2, section > h3, p.text, .scroll caption")].map(
          (element) => Math.round(element.getBoundingClientRect().left))"""
    )
    assert len(set(lefts)) == 1
    assert background(driver) == "rgb(255, 255, 255)"
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    printed = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    body = base64.b64decode(printed["data"])
    (tmp_path / "a.report.pdf").write_bytes(body)
    assert body.startswith(b"%PDF")
    assert len(body) > 20_000


TOLD = re.compile(r"t = (\S+), (\S+)° from rest; most weight on key (\d+), (\S+) %")


def set_slider(driver, name, value):
    driver.execute_script(
        "const s = document.querySelector(`.settling [name=${arguments[0]}]`);"
        "s.value = arguments[1]; s.dispatchEvent(new Event('input'))",
        name, value,
    )  # fmt: skip


def told(driver):
    text = driver.find_element("css selector", ".settling output").text
    return [float(part) for part in TOLD.fullmatch(text).groups()]


@pytest.mark.parametrize("d", [2, 3, 8])
def test_what_is_played_is_the_exact_flow(opened, d):
    """Time, angle and weights are those of `lohe.settle` and of the readout."""
    head = make_head(d=d, tokens=8, sequences=1)
    subject = collect(networks=[head]).subjects[0]
    network = subject.network
    driver = opened(text=render(collect(networks=[head])))
    (_, oscillator), *_ = chosen(subject)
    norm = subject.drive_norms[oscillator]
    start = math.radians(120)
    for name, value in (("angle", 120), ("turn", 30), ("time", 0.15)):
        set_slider(driver, name, value)
    time, angle, key, share = told(driver)
    assert time == pytest.approx(0.15 * 12 / norm, rel=5e-3)
    rest = np.array([1.0, 0.0])
    x = settle(np.array([math.cos(start), math.sin(start)]), norm * rest, 0.15 * 12 / norm)
    assert angle == pytest.approx(math.degrees(math.acos(x[0])), abs=0.06)
    set_slider(driver, "time", 1)
    toward = network.drive[oscillator] / norm
    raw = np.where(network.visible[oscillator], 1 + network.anchors @ toward, 0)
    _, angle, key, share = told(driver)
    assert angle < 0.1
    assert key == 1 + raw.argmax()
    assert share == pytest.approx(100 * raw.max() / raw.sum(), abs=0.06)


@pytest.mark.parametrize("d", [2, 3])
def test_the_start_is_dragged_and_the_settling_plays(opened, d):
    driver = opened(text=render(collect(networks=[make_head(d=d, tokens=8)])))
    chains = pytest.importorskip("selenium.webdriver").ActionChains(driver)
    view = driver.find_element("css selector", ".settling .place svg")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", view)
    side = view.size["width"]
    chains.move_to_element_with_offset(view, round(0.2 * side), round(0.25 * side))
    chains.click_and_hold().move_by_offset(round(0.05 * side), 0).release().perform()
    time, angle, *_ = told(driver)
    assert time == 0
    assert angle > 95
    button = driver.find_element("css selector", ".settling button")
    button.click()
    assert button.text == "Pause"
    driver.execute_async_script("setTimeout(arguments[0], 600)")
    button.click()
    later, nearer, *_ = told(driver)
    assert later > 0
    assert nearer < angle


def test_a_drive_alone_is_played_without_weights(opened):
    network = Network(np.array([[3.0, 4.0], [0.5, 0.0]]))
    driver = opened(text=render(collect(networks=[network])))
    set_slider(driver, "time", 0.5)
    text = driver.find_element("css selector", ".settling output").text
    assert re.fullmatch(r"t = \S+, \S+° from rest", text)
    assert not driver.find_element("css selector", ".settling .weights").is_displayed()


def test_long_tables_can_be_filtered(opened):
    driver = opened(text=render(collect(audit=shipped_record())))
    box = driver.find_element("css selector", ".filter input")
    rows = driver.find_elements("css selector", "#audit tbody tr")
    box.send_keys("kuramoto theory")
    shown = [row for row in rows if row.is_displayed()]
    assert 0 < len(shown) < len(rows)
    assert all("kuramoto" in row.text for row in shown)
    told_rows = driver.find_element("css selector", ".filter output").text
    assert told_rows == f"{len(shown)} of {len(rows)} rows"
    box.clear()
    box.send_keys(" ")
    assert all(row.is_displayed() for row in rows)
