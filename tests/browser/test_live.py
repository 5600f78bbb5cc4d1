"""Live pages in a real browser: what they print, mark, draw and bear.

Every live page is made live, all its cells run, and what they print is compared with what the
build printed; every marked exercise is tried with the book's answer, with its starting point and
with the mistakes of ``tests/mistakes``. Where a page has no file in ``_static/live/pages``, it has
no cell that can run in a browser.
"""

import json
import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SITE = Path(os.environ.get("DLBOOK_SITE", ROOT / "build" / "html"))
LIVE = SITE / "_static" / "live"
PAGES = {
    path.stem: json.loads(path.read_text("utf-8")) for path in sorted(LIVE.glob("pages/*.json"))
}
if not PAGES:
    pytest.skip("this site was built without live pages", allow_module_level=True)
SMALL = "tensors" if "tensors" in PAGES else next(iter(PAGES))
MARKED = [
    (name, cell["exercise"])
    for name, page in PAGES.items()
    for cell in page["cells"]
    if cell["kind"] == "start"
]
PATIENCE = 600_000
"""Milliseconds that a page may take; machines that run tests are busy."""

# What the build shows below a cell, as text and as a number of figures.
BUILT = """() => dlbookLive.page.cells.map((cell) => {
    const still = cell.still;
    const pre = still ? [...still.querySelectorAll(".output pre")] : [];
    return {
        index: cell.told.index, kind: cell.told.kind, code: cell.told.code,
        differs: cell.told.differs ?? "", timing: Boolean(cell.told.timing),
        built: pre.map((node) => node.textContent).join("\\n"),
        figures: still ? still.querySelectorAll("img").length : 0,
        came: cell.result ? cell.result.text : null, error: cell.result?.error?.text ?? null,
        drawn: cell.result ? cell.result.figures.length : 0,
        markup: Boolean(still?.querySelector(".math, table, math")),
    };
})"""
NUMBER = re.compile(r"[-−]?\d[\d,_]*(?:\.\d*)?(?:e[-+]?\d+)?", re.IGNORECASE)


@pytest.fixture
def live(fresh_page, server):
    """Return a function that opens a page and makes it live."""
    fresh_page.set_default_timeout(PATIENCE)

    def bring(name, page=fresh_page):
        page.set_default_timeout(PATIENCE)
        page.goto(f"{server.address}/{name}.html")
        page.get_by_role("button", name="Make this page live").click()
        ready = page.locator("html[data-live=ready], .live-start [role=alert]")
        ready.wait_for(state="attached")
        assert page.locator(".live-start [role=alert]").count() == 0
        return page

    return bring


def run(page, code):
    return page.evaluate("code => dlbookLive.run(code)", code)


def numbers_and_words(text):
    """Split a text into its numbers and what stands between them, spaces aside."""
    words = "".join(NUMBER.sub("#", text).split())
    return [number.replace("−", "-").replace(",", "") for number in NUMBER.findall(text)], words


def last_digit(number):
    """Return what one more in the last digit of a printed number is worth."""
    mantissa, _, exponent = number.lower().partition("e")
    digits = len(mantissa.partition(".")[2])
    return 10.0 ** (int(exponent or 0) - digits)


def same(built, came):
    """Tell whether two texts say the same, to the digits that rounding allows.

    Another BLAS adds in another order, so that a printed float32 may end otherwise: each number
    may be off by one in its last digit, or by 1e-5 of its size, which is eighty roundings.
    """
    (there, words), (here, others) = numbers_and_words(built), numbers_and_words(came)
    if words != others or len(there) != len(here):
        return False
    for one, other in zip(there, here, strict=True):
        if one == other:
            continue
        if not set(one + other) & set(".eE"):  # a whole number is itself
            return False
        a, b = float(one), float(other)
        if abs(a - b) > 1.01 * max(last_digit(one), last_digit(other)) + 1e-5 * abs(a):
            return False
    return True


def test_texts_are_compared_to_the_last_digit_and_no_further():
    assert same("loss 0.1234, 3 of 5", "loss 0.1235, 3 of 5")
    assert same("[1.  2.5]", "[1.   2.5]")
    assert not same("loss 0.1234", "loss 0.1236")
    assert not same("3 of 5", "4 of 5")
    assert not same("dtype('int64')", "dtype('int32')")


# -- what cells print ------------------------------------------------------------------------


def differences(page, name):
    """Run all cells of a page, and return those that print or draw what the build did not."""
    page.evaluate("dlbookLive.page.runAll()")
    wrong = []
    ran = 0
    for cell in page.evaluate(BUILT):
        if cell["came"] is None or cell["kind"] == "hidden":
            if cell["error"] and not cell["error"].splitlines()[-1].startswith("AssertionError"):
                wrong.append(f"hidden cell {cell['index']}: {cell['error']}")
            continue
        ran += 1
        if cell["error"]:
            wrong.append(f"cell {cell['index']}: {cell['error']}")
        elif not cell["timing"] and not cell["markup"]:
            built, came = cell["built"], cell["came"]
            if "int64" in cell["built"] and cell["differs"]:
                built, came = (text.replace("int64", "int32") for text in (built, came))
            elif cell["differs"]:
                continue
            texts = same(built, came)
            if not texts or cell["figures"] != cell["drawn"]:
                wrong.append(
                    f"cell {cell['index']}: {cell['code']}\n  built: {cell['built']}"
                    f" ({cell['figures']} figures)\n  came:  {cell['came']} ({cell['drawn']})"
                )
    expected = [
        cell
        for cell in PAGES[name]["cells"]
        if cell["live"] and cell["kind"] in {"shown", "output"}
    ]
    if ran != len(expected):
        wrong.append(f"{ran} cells ran, but {len(expected)} can")
    return wrong


def test_the_book_has_at_least_400_live_cells_and_40_marked_exercises():
    if len(PAGES) < 20:
        pytest.skip("this is a part of the book")
    kinds = [cell["kind"] for page in PAGES.values() for cell in page["cells"] if cell["live"]]
    assert sum(kind in {"shown", "output", "start"} for kind in kinds) >= 400
    assert len(MARKED) >= 40


# -- marked exercises ------------------------------------------------------------------------


def pieces(name):
    """Return the mistakes and the other right answers that the tests know, by exercise."""
    path = ROOT / "tests" / "mistakes" / f"{name}.py"
    if not path.is_file():
        return {}
    parts = re.split(r"^# %% (right: )?(\S+)[ ]*\n", path.read_text("utf-8"), flags=re.M)
    found = {}
    for right, label, code in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        found.setdefault(label, []).append((code, bool(right)))
    return found


CHECK = """async ({ label, code }) => {
    const page = dlbookLive.page;
    const cell = page.cells.find(({ told }) => told.kind === "start" && told.exercise === label);
    if (!cell.checkButton) return { right: null, words: "this exercise has no button" };
    cell.editor.dispatch({ changes: { from: 0, to: cell.editor.state.doc.length, insert: code } });
    await page.check(cell);
    return { right: cell.verdict.classList.contains("is-right"), words: cell.verdict.innerText };
}"""


def answer_of(name, label):
    """Return the book's answer: the cells of the solution that bind a name of the start."""
    cells = PAGES[name]["cells"]
    [start] = [c for c in cells if c["kind"] == "start" and c["exercise"] == label]
    asked = set(re.findall(r"^(?:def|class) (\w+)|^(\w+) =", start["code"], re.M))
    asked = {one or other for one, other in asked}
    shown = [c["code"] for c in cells if c.get("solution") == label and c["kind"] == "shown"]
    defining = [
        code
        for code in shown
        if asked & {a or b for a, b in re.findall(r"^(?:def|class) (\w+)|^(\w+) =", code, re.M)}
    ]
    return "\n\n".join(defining or shown)


def wrong_marks(page, name):
    """Try the book's answers, the starting points and the mistakes; return wrong verdicts."""
    wrong = []
    for label in [label for place, label in MARKED if place == name]:
        cells = PAGES[name]["cells"]
        [start] = [c for c in cells if c["kind"] == "start" and c["exercise"] == label]
        tries = [(answer_of(name, label), True), (start["code"], False)]
        for code, right in tries + pieces(name).get(label, []):
            said = page.evaluate(CHECK, {"label": label, "code": code})
            if said["right"] is not right or (not right and len(said["words"]) < 25):
                wrong.append(f"{label}: {said}\n{code}")
    return wrong


@pytest.mark.parametrize("name", PAGES)
def test_cells_do_what_the_build_did_and_marks_find_mistakes(live, name):
    page = live(name)
    wrong = differences(page, name) + wrong_marks(page, name) + page.complaints
    assert not wrong, "\n\n".join(wrong)


# -- what a page bears -----------------------------------------------------------------------


def test_nothing_is_loaded_before_the_click(fresh_page, server):
    server.sent.clear()
    fresh_page.goto(f"{server.address}/{SMALL}.html", wait_until="networkidle")
    loaded = [path for path in server.sent if "/live/" in path]
    assert [path.partition("?")[0] for path in loaded] == ["/_static/live/start.js"]
    assert server.sent[loaded[0]] < 2000


def test_what_is_transferred_stays_within_its_bounds(live, server):
    server.sent.clear()
    page = live(SMALL)
    first = sum(
        size for path, size in server.sent.items() if not re.search("matplotlib|mnist", path)
    )
    page.evaluate("dlbookLive.page.rest")
    run(page, "from dlbook.datasets import mnist\nfrom dlbook import plotting")
    assert first <= 20_000_000
    assert sum(server.sent.values()) <= 35_000_000
    assert page.complaints == []


def test_works_without_the_network_once_loaded_and_again_from_the_cache(live, server):
    page = live(SMALL)
    page.evaluate("dlbookLive.page.rest")
    page.context.set_offline(True)
    code = "import numpy as np\nimport matplotlib.pyplot as plt\nplt.plot(np.arange(3) ** 2)"
    result = run(page, code)
    assert result["error"] is None
    assert len(result["figures"]) == 1
    page.evaluate("dlbookLive.stop()")
    assert run(page, "6 * 7")["text"] == "42"
    page.context.set_offline(False)
    server.sent.clear()
    live(SMALL)
    assert sum(size for path, size in server.sent.items() if path.endswith(".zst")) == 0


def test_a_failure_shows_the_readers_own_lines_only(live):
    page = live(SMALL)
    code = "import numpy as np\n\ndef halve(a):\n    return a @ np.ones(4)\n\nhalve(np.ones(3))"
    error = run(page, code)["error"]
    assert error["name"] == "ValueError"
    assert "return a @ np.ones(4)" in error["text"]
    assert "halve(np.ones(3))" in error["text"]
    assert set(re.findall(r'File "([^"]*)"', error["text"])) == {"<cell run>"}
    for code, name in [
        ("1 +", "SyntaxError"), ("import sys; sys.exit()", "SystemExit"), ("f()", "NameError"),
        ("def f(): return f()\nf()", "RecursionError"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("[0] * (1 << 29)", "MemoryError"), ("input()", "EOFError"),
        ("import tensorflow as tf; tf.constant(1)", "ImportError"),
    ]:  # fmt: skip
        assert run(page, code)["error"]["name"] == name, code
    ended = run(page, "import os; os._exit(1)")["error"]
    assert "started afresh" in ended["text"]
    assert run(page, "1 + 1")["text"] == "2"


def test_stop_ends_an_endless_loop_and_python_is_there_again_soon(live):
    page = live(SMALL)
    page.evaluate("void dlbookLive.run('kept = 1\\nwhile True: pass')")
    page.wait_for_timeout(500)
    # The time of a busy machine is no promise, but a fresh start may not compile anew.
    took = page.evaluate(
        "async () => { const start = performance.now(); await dlbookLive.stop();"
        " return performance.now() - start; }"
    )
    assert took < 10_000
    assert run(page, "kept")["error"]["name"] == "NameError"


def test_output_without_end_is_cut_and_harms_nothing(live):
    page = live(SMALL)
    result = run(page, "for _ in range(50_000): print('x' * 1000)")
    assert result["error"] is None
    assert len(result["text"]) < 210_000
    assert "more characters are not shown" in result["text"]
    result = run(page, "import os\nfor _ in range(50): os.write(1, b'y' * 1_000_000)")
    assert len(result["text"]) < 210_000
    assert "'x'" in run(page, "repr('x') * 10_000_000")["text"]
    assert run(page, "1 + 1")["text"] == "2"


def test_a_thousand_runs_take_no_more_memory(live):
    page = live(SMALL)
    measure = """async (n) => {
        for (let k = 0; k < n; k += 1) await dlbookLive.run("x = [0] * 1000; print(x[:3])");
    }"""
    memory = "import gc; gc.collect(); len(gc.get_objects())"
    page.evaluate(measure, 50)
    run(page, memory)
    before = int(run(page, memory)["text"])
    page.evaluate(measure, 1000)
    # What a run leaves behind would be there a thousand times; ten objects are none.
    assert int(run(page, memory)["text"]) < before + 1000


def test_the_progress_bar_of_a_training_is_one_line(live):
    page = live(SMALL)
    code = """
import numpy as np
from dlbook import NaiveDense, NaiveSequential, autodiff, fit
model = NaiveSequential([NaiveDense(4, 3, autodiff.softmax, engine=autodiff, seed=0)])
fit(model, np.ones((8, 4), "float32"), np.zeros(8, int), epochs=1, batch_size=2, verbose=1);
"""
    text = run(page, code)["text"]
    assert text.startswith("Epoch 0/0\n4/4 - loss: ")
    assert text.count("\n") == 2


# -- cells and keyboard ----------------------------------------------------------------------


def first_cell(page):
    return page.locator(".cell.is-live").first


def test_editors_run_reset_and_let_the_keyboard_out(live):
    page = live(SMALL)
    cell = first_cell(page)
    editor = cell.locator(".cm-content")
    editor.click()
    page.keyboard.press("Control+A")
    page.keyboard.type("print(40 + 2)")
    page.keyboard.press("Shift+Enter")
    cell.locator(".live-output", has_text="42").wait_for()
    page.locator(".live-unseen", has_text="42").wait_for(state="attached")
    editor.press("Escape")
    page.keyboard.press("Tab")
    assert not page.evaluate("document.activeElement.closest('.cm-editor')")
    cell.get_by_role("button", name="Reset").click()
    assert "print(40 + 2)" not in editor.inner_text()
    assert cell.locator(".live-output").inner_text() == ""


def test_a_cell_first_runs_those_before_it(live):
    page = live(SMALL)
    last = page.locator(".cell.is-live:not(.answer *)").last
    last.scroll_into_view_if_needed()
    last.get_by_role("button", name="Run this cell").click()
    last.locator(".live-status", has_text="Done.").wait_for()
    assert page.evaluate("dlbookLive.page.cells.filter((cell) => cell.ran).length") > 3


@pytest.mark.parametrize("asked", [True, False])
def test_edits_survive_a_reload_only_if_the_reader_asks(live, asked):
    page = live(SMALL)
    if asked:
        page.get_by_label("Remember my changes").check()
    first_cell(page).locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("changed = 1")
    live(SMALL)
    assert ("changed = 1" in first_cell(page).locator(".cm-content").inner_text()) is asked


@pytest.mark.parametrize("device", ["fresh_page", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_when_live_and_nothing_sticks_out(
    request, live, violations, device, theme
):
    page = request.getfixturevalue(device)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    live(SMALL, page)
    page.evaluate("async () => { await dlbookLive.page.run(dlbookLive.page.cells[0]); }")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.complaints == []


def test_a_page_from_disk_says_what_to_do(fresh_page, site):
    fresh_page.goto((site / f"{SMALL}.html").as_uri())
    fresh_page.get_by_role("button", name="Make this page live").click()
    words = fresh_page.get_by_role("alert").inner_text()
    assert "opened from disk" in words
    assert "http.server" in words


def test_an_old_browser_is_told_so(fresh_page, server):
    fresh_page.add_init_script("WebAssembly.validate = () => false")
    fresh_page.goto(f"{server.address}/{SMALL}.html")
    fresh_page.get_by_role("button", name="Make this page live").click()
    assert "too old" in fresh_page.get_by_role("alert").inner_text()
