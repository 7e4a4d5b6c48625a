"""The page in a real browser: nothing goes wrong, nothing leaves it, and everything on it works."""

import shutil
from contextlib import contextmanager
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from edgekit.report.html import html
from edgekit.report.rows import rows
from edgekit.spec.accuracy import Accuracy
from edgekit.store.measurement import Planned
from edgekit.store.operators import OperatorTime
from edgekit.store.result import read_result
from handmade import block, written

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# So that a browser without a network says nothing of its own.
PATIENCE_MS = 120_000
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
HOSTILE = '<script>document.body.dataset.hurt = "yes"</script>'
LABELS = ("alef", HOSTILE)
FILES = {"float32.tflite": 8.0, "int8.tflite": 3.0, "int8.onnx": 4.0, f"{HOSTILE}.onnx": 5.0}
PLOTS = ("tradeoff", "spread", "where", "drift", "operators", "confusion")


def result(folder, *, cpu="a cpu", files=FILES, cores=2):
    """Three processes of each file, whose speed drifts; each but one file is wrong on one image."""
    rng = np.random.default_rng(0)
    root = folder / "bundle"
    root.mkdir(parents=True)
    for index in range(4):
        Image.fromarray(rng.integers(0, 256, (40, 30, 3), np.uint8)).save(root / f"{index}.png")
    planned, blocks = [], []
    for file, milliseconds in files.items():
        tested = Accuracy(runtime="fake", images=952, right=900 + round(milliseconds), lost=5, won=2)
        planned.append(
            Planned(
                source="a",
                file=file,
                sha256=sha256(file.encode()).hexdigest(),
                bytes=5_000_000,
                precision="int8",
                tuning="none",
                runtime="fake",
                version="1",
                tested=tested,
            )
        )
        for process in range(3):
            times = (milliseconds * 1e6 * (1 + 0.02 * rng.standard_exponential(60) + 0.001 * np.arange(60))).astype(int).tolist()
            # Of these photographs the file of float32 is right on all.
            scores = {index: (1.0, 0.0) if index < 3 and (file != "float32.tflite" or index != 1) else (0.0, 1.0) for index in range(4)}
            blocks.append(
                block(
                    "a",
                    process,
                    times,
                    file=file,
                    sha256=sha256(file.encode()).hexdigest(),
                    scores=scores,
                    load_ns=10**7,
                    invoke_ns=(int(milliseconds * 9e5),),
                )
            )
        operators = tuple(OperatorTime(name=kind, type=kind, time_ns=time) for kind, time in (("Resize", 100_000), ("Conv", 2_000_000), (HOSTILE, 5)))
        blocks.append(block("a", 0, [], file=file, sha256=sha256(file.encode()).hexdigest(), purpose="operators", operators=operators))
    path = written(folder / f"{cores}.jsonl", *blocks, sources=("a",), environment={"cpu": cpu, "cores": cores}, plan=tuple(planned),
                   roots={"a": str(root)}, labels={"a": LABELS})  # fmt: skip
    return read_result(path)


def page_of(path, *results):
    path.write_text(html(results, rows(results)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        opened = started.chromium.launch(executable_path=CHROMIUM, args=QUIET, timeout=PATIENCE_MS)
        yield opened
        opened.close()


@contextmanager
def shown(browser, path, **options):
    """Open a page; at the end nothing has gone wrong on it, and nothing has left it."""
    context = browser.new_context(**options)
    context.set_default_timeout(PATIENCE_MS)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("body[data-ready]")
    yield page
    assert said == []
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [path.as_uri()]
    assert page.evaluate("document.body.dataset.hurt") is None
    context.close()


def column(page, name):
    titles = page.locator("thead th button").all_inner_texts()
    place = next(index for index, title in enumerate(titles) if title.rstrip(" ▲▼") == name)
    return [row.locator("td").nth(place).inner_text() for row in page.locator("tbody tr").all()]


def test_one_result_says_what_to_ship_and_draws_every_plot(browser, tmp_path):
    with shown(browser, page_of(tmp_path / "report.html", result(tmp_path))) as page:
        answers = page.locator(".answers li").all_inner_texts()
        assert answers[0].startswith("int8.tflite in fake (3.")
        assert "the fastest that loses at most 0.5 points" in answers[0]
        assert "float32.tflite in fake" in answers[1]
        for name in PLOTS:
            assert page.locator(f"#plot-{name} .main-svg").count(), name
        assert page.locator("#pictures img").count() == 2
        assert HOSTILE in page.locator("#pictures").inner_text()
        assert page.locator("#plot-confusion").get_by_text(HOSTILE).count() >= 1


def test_the_table_sorts_filters_and_is_reached_by_keyboard(browser, tmp_path):
    with shown(browser, page_of(tmp_path / "report.html", result(tmp_path))) as page:
        assert column(page, "file") == ["int8.tflite", "int8.onnx", f"{HOSTILE}.onnx", "float32.tflite"]
        page.get_by_role("button", name="file").focus()
        page.keyboard.press("Enter")
        assert column(page, "file") == [f"{HOSTILE}.onnx", "float32.tflite", "int8.onnx", "int8.tflite"]
        page.keyboard.press("Enter")
        assert column(page, "file")[0] == "int8.tflite"
        page.get_by_label("format").select_option("onnx")
        assert {name.rsplit(".")[-1] for name in column(page, "file")} == {"onnx"}
        page.get_by_label("find").fill("int8.onnx")
        assert column(page, "file") == ["int8.onnx"]
        page.get_by_label("find").fill("nothing like it")
        assert column(page, "file") == []
        page.get_by_label("find").fill("")
        second = page.locator("tbody tr").nth(1)
        second.focus()
        page.keyboard.press("Enter")
        assert second.get_attribute("aria-selected") == "true"
        assert second.locator("td").nth(0).inner_text() in page.locator("#details-name").inner_text()


def test_several_machines_stand_side_by_side(browser, tmp_path):
    results = [result(tmp_path / "one", cores=2), result(tmp_path / "two", cores=4)]
    with shown(browser, page_of(tmp_path / "report.html", *results)) as page:
        assert {text.split(":")[0] for text in page.locator(".answers li").all_inner_texts()} == {"a cpu, 2 cores", "a cpu, 4 cores"}
        assert page.locator("tbody tr").count() == 8
        page.get_by_label("machine").select_option("a cpu, 4 cores")
        assert page.locator("tbody tr").count() == 4


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_readable_on_a_phone_in_light_and_dark(browser, tmp_path, scheme):
    options = {"viewport": {"width": 360, "height": 740}, "color_scheme": scheme}
    with shown(browser, page_of(tmp_path / "report.html", result(tmp_path)), **options) as page:
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        before = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert before == ("rgb(13, 17, 23)" if scheme == "dark" else "rgb(255, 255, 255)")
        page.get_by_role("button", name="dark or light").click()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") != before


def test_many_rows_are_turned_page_by_page_as_strips(browser, tmp_path):
    files = {f"{index:03}.tflite": 1 + index / 10 for index in range(120)}
    with shown(browser, page_of(tmp_path / "report.html", result(tmp_path, files=files))) as page:
        assert page.locator("tbody tr").count() == 50
        page.get_by_role("button", name="next").click()
        assert page.locator("#pages span").inner_text() == "page 2 of 3"
        assert "Each strip has its least and greatest sample" in page.locator("#spread-hint").inner_text()
        page.get_by_label("find").fill("00")
        assert "Every timed image is a dot" in page.locator("#spread-hint").inner_text()


def test_a_page_can_be_printed(browser, tmp_path):
    with shown(browser, page_of(tmp_path / "report.html", result(tmp_path)), color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert not page.get_by_role("button", name="dark or light").is_visible()
        assert len(page.pdf()) > 10_000
