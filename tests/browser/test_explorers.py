"""The explorers, driven as readers drive them, and held against NumPy."""

import gzip
import json
import os
import re
import sys
from base64 import b64decode, b64encode
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "src"))  # these modules need NumPy only

from dlbook import playground  # noqa: E402

SITE = Path(os.environ.get("DLBOOK_SITE", ROOT / "build" / "html"))
# Which page has which explorer is for the pages to say.
PAGES = {
    name: path.stem
    for path in sorted(SITE.glob("*.html"))
    for name in re.findall(r'data-explorer="(\w+)"', path.read_text("utf-8"))
}


def by_name():
    return pytest.mark.parametrize("name", sorted(PAGES))


def place(page, name):
    return page.locator(f"[data-explorer={name}]")


def opened(page, server, name):
    """Open the page of an explorer, and return the explorer."""
    page.goto(f"{server.address}/{PAGES[name]}.html")
    place(page, name).locator(".explorer-app").wait_for()
    place(page, name).scroll_into_view_if_needed()
    return place(page, name)


# -- what holds for all ----------------------------------------------------------------------


def test_every_explorer_stands_on_a_page():
    assert set(PAGES) == {"broadcasting", "descent", "geometry", "playground", "training"}


@by_name()
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", ["fresh_page", "phone"])
def test_axe_finds_nothing(request, server, violations, name, theme, device):
    page = request.getfixturevalue(device)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    opened(page, server, name)
    assert violations(page, ".explorer") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.complaints == []


@by_name()
def test_colours_follow_a_switch_of_the_theme(fresh_page, server, name):
    fresh_page.emulate_media(color_scheme="light")
    app = opened(fresh_page, server, name).locator(".explorer-app")
    ground = "node => getComputedStyle(node).backgroundColor"
    before = app.evaluate(ground)
    fresh_page.evaluate("document.documentElement.dataset.theme = 'dark'")
    fresh_page.wait_for_function(
        "([selector, before]) => getComputedStyle(document.querySelector(selector))"
        ".backgroundColor !== before",
        arg=[f"[data-explorer={name}] .explorer-app", before],
    )


@by_name()
def test_a_still_figure_stands_on_paper_and_without_javascript(browser, server, name):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.address}/{PAGES[name]}.html")
    still = place(page, name).locator(".explorer-still")
    assert still.is_visible()
    assert len(still.inner_text()) > 60
    assert place(page, name).locator(".explorer-app").count() == 0
    context.close()
    page = browser.new_page()
    explorer = opened(page, server, name)
    assert not explorer.locator(".explorer-still").is_visible()
    page.emulate_media(media="print")
    assert explorer.locator(".explorer-still").is_visible()
    assert not explorer.locator(".explorer-app").is_visible()
    page.close()


@by_name()
def test_it_works_when_opened_from_disk(fresh_page, site, name):
    fresh_page.goto((site / f"{PAGES[name]}.html").as_uri())
    place(fresh_page, name).locator(".explorer-app").wait_for()


@pytest.mark.parametrize(
    ("name", "scripts"), [("notation", []), ("tensors", ["explore.js", "questions.js"])]
)
def test_pages_without_an_explorer_load_none_of_it(fresh_page, server, name, scripts):
    server.sent.clear()
    fresh_page.goto(f"{server.address}/{name}.html", wait_until="networkidle")
    assert sorted(re.findall(r"/explore/(\w+\.js)", " ".join(server.sent))) == scripts


def test_shared_elements_have_the_attributes_listeners_and_children_given(shared_page, server):
    opened(shared_page, server, "geometry")
    made, pressed, kinds = shared_page.evaluate(
        """() => {
            let pressed = 0;
            const { html, svg } = Explore;
            const given = { type: "button", disabled: true, hidden: false, "data-k": 3 };
            const button = html("button", given, "Go ", html("b", {}, "on"));
            const other = html("button", { onclick: () => { pressed += 1; } });
            other.click();
            const [line, empty] = [svg("g", { class: "a" }, svg("path")), html("p")];
            return [[button, line, empty].map((node) => node.outerHTML), pressed,
                [button, line].map((node) => node.namespaceURI.slice(-5))];
        }"""
    )
    assert made == [
        '<button type="button" disabled="" data-k="3">Go <b>on</b></button>',
        '<g class="a"><path></path></g>',
        "<p></p>",
    ]
    assert pressed == 1
    assert kinds == ["xhtml", "0/svg"]


def test_shared_numbers_have_a_real_minus_and_zero_has_none(shared_page, server):
    opened(shared_page, server, "geometry")
    texts = shared_page.evaluate(
        "() => [[-1.5], [2], [-0.004], [-0.006], [-0.04, 1], [-3, 0], [0.12345, 4]]"
        ".map((given) => Explore.number(...given))"
    )
    assert texts == ["−1.50", "2.00", "0.00", "−0.01", "0.0", "−3", "0.1235"]


def test_shared_watch_tells_a_switch_of_the_theme_and_nothing_else(fresh_page, server):
    fresh_page.emulate_media(color_scheme="light")
    opened(fresh_page, server, "geometry")
    told = fresh_page.evaluate(
        """async () => {
            const told = [];
            const { dataset } = document.documentElement;
            Explore.onTheme(() => told.push(dataset.theme));
            for (const [name, value] of [["theme", "dark"], ["other", "x"], ["theme", "light"]]) {
                dataset[name] = value;
                await new Promise((done) => setTimeout(done, 20));
            }
            return told;
        }"""
    )
    assert told == ["dark", "light"]


def test_shared_speaker_says_the_last_of_several_words_when_the_reader_pauses(shared_page, server):
    opened(shared_page, server, "geometry")
    role, name, early, heard, custom = shared_page.evaluate(
        """async () => {
            const { node, say } = Explore.speaker();
            const pause = (time) => new Promise((done) => setTimeout(done, time));
            const heard = [];
            const look = new MutationObserver(() => heard.push(node.textContent));
            look.observe(node, { childList: true });
            say("one");
            say("two");
            await pause(200);
            const early = node.textContent;
            say("three");
            await pause(500);
            say("three");
            await pause(500);
            return [node.getAttribute("role"), node.className, early, heard,
                Explore.speaker("seen").node.className];
        }"""
    )
    assert (role, name, custom) == ("status", "explorer-unseen", "seen")
    assert early == ""
    assert heard == ["three"], "what was said already is not said again"


def test_shared_start_waits_for_data_until_the_page_is_there(fresh_page, server):
    asked = []
    fresh_page.on("request", lambda request: asked.append(request.url))
    fresh_page.add_init_script("addEventListener('load', () => fetch('/loaded.txt'))")
    opened(fresh_page, server, "playground")
    names = [re.sub(r"\?.*", "", url.rpartition("/")[2]) for url in asked]
    assert names.count("playground-data.js") == 1
    assert names.index("playground-data.js") > names.index("loaded.txt")
    place = fresh_page.locator("[data-explorer=playground]")
    assert "is-live" in place.get_attribute("class")
    assert place.get_attribute("data-after") is None
    # When the page is there already, they are fetched at once, and only what is new starts.
    app = place.locator(".explorer-app").element_handle()
    fresh_page.evaluate(
        """() => {
            const place = Object.assign(document.createElement("div"), { className: "explorer" });
            Object.assign(place.dataset, { explorer: "late",
                after: document.querySelector("[src*='playground-data']").src });
            document.querySelector("article").append(place);
            window.built = [];
            Explore.register("late", (app, place) => window.built.push([place.dataset.explorer,
                place.dataset.after]));
            window.early = window.built.length;
            Explore.register("other", () => window.built.push("nowhere"));
        }"""
    )
    fresh_page.locator("[data-explorer=late].is-live > .explorer-app").wait_for(state="attached")
    assert fresh_page.evaluate("[window.early, window.built]") == [0, [["late", None]]]
    assert sum("playground-data.js" in url for url in asked) == 2
    assert place.locator(".explorer-app").count() == 1
    assert app.evaluate("node => node.isConnected")


@pytest.mark.parametrize("blocked", ["**/playground-data.js*", "**/explore/playground.js*"])
def test_shared_start_leaves_the_still_figure_where_something_is_missing(
    fresh_page, server, blocked
):
    fresh_page.route(blocked, lambda route: route.abort())
    fresh_page.goto(f"{server.address}/{PAGES['playground']}.html", wait_until="networkidle")
    explorer = place(fresh_page, "playground")
    assert explorer.locator(".explorer-still").is_visible()
    assert explorer.locator(".explorer-app").count() == 0


def test_shared_start_leaves_the_still_figure_where_an_explorer_fails(fresh_page, server):
    fresh_page.add_init_script("document.createElementNS = () => { throw new Error('no'); };")
    fresh_page.goto(f"{server.address}/{PAGES['geometry']}.html", wait_until="networkidle")
    explorer = place(fresh_page, "geometry")
    assert explorer.locator(".explorer-still").is_visible()
    assert explorer.locator(".explorer-app").count() == 0


# -- broadcasting ----------------------------------------------------------------------------

ALL_PAIRS = """(pairs) => {
    const fields = document.querySelectorAll("[data-explorer=broadcasting] input");
    const output = document.querySelector("[data-explorer=broadcasting] .broadcasting-output");
    return pairs.map((pair) => {
        pair.forEach((shape, k) => {
            fields[k].value = shape;
            fields[k].dispatchEvent(new InputEvent("input", { bubbles: true }));
        });
        const cells = [...output.querySelectorAll("tbody tr:last-child td")];
        return [output.dataset.result, cells.map((cell) => cell.textContent)];
    });
}"""


def in_numpy(one, other):
    try:
        return json.dumps(list(np.broadcast_shapes(one, other)), separators=(",", ":"))
    except ValueError:
        return "refused"


def test_broadcasting_agrees_with_numpy_on_500_pairs_of_shapes(fresh_page, server):
    opened(fresh_page, server, "broadcasting")
    rng = np.random.default_rng(0)
    shapes = [
        tuple(rng.choice([0, 1, 1, 1, 2, 3, 3, 3], size=rng.integers(0, 6)).tolist())
        for _ in range(1000)
    ]
    pairs = list(zip(shapes[::2], shapes[1::2], strict=True))
    expected = [in_numpy(*pair) for pair in pairs]
    assert 100 < expected.count("refused") < 400
    answers = fresh_page.evaluate(ALL_PAIRS, [[str(shape) for shape in pair] for pair in pairs])
    assert [result for result, _ in answers] == expected
    for result, cells in answers:
        if result == "refused":
            assert "✗" in cells
        else:
            assert cells == [str(length) for length in json.loads(result)]


def test_broadcasting_by_keyboard_says_what_comes_out(fresh_page, server):
    explorer = opened(fresh_page, server, "broadcasting")
    explorer.get_by_label("Shape of the first tensor").focus()
    fresh_page.keyboard.press("Control+A")
    fresh_page.keyboard.type("5 1 4")
    fresh_page.keyboard.press("Tab")
    fresh_page.keyboard.press("Control+A")
    fresh_page.keyboard.type("[3, 1]")
    status = explorer.get_by_role("status")
    fresh_page.wait_for_function(
        "node => node.textContent === 'The result has shape (5, 3, 4).'",
        arg=status.element_handle(),
    )
    assert "The second shape has no such axis" in explorer.locator("li").last.inner_text()


def test_broadcasting_draws_small_sums_and_marks_virtual_cells(fresh_page, server):
    explorer = opened(fresh_page, server, "broadcasting")
    explorer.get_by_role("button", name="(2, 3) and (3,)").click()
    label = explorer.get_by_role("img").last.get_attribute("aria-label")
    total = np.arange(1, 7).reshape(2, 3) + np.array([10, 20, 30])
    assert label == "sum: rows " + "; ".join(", ".join(map(str, row)) for row in total.tolist())
    assert explorer.locator("rect.is-virtual").count() == 3


def test_broadcasting_refuses_with_the_reason(fresh_page, server):
    explorer = opened(fresh_page, server, "broadcasting")
    explorer.get_by_role("button", name="(2, 3) and (2,)").click()
    assert "On axis −1, 3 meets 2" in explorer.locator(".explorer-verdict").inner_text()
    field = explorer.get_by_label("Shape of the second tensor")
    field.fill("2, -1")
    assert field.get_attribute("aria-invalid") == "true"
    assert "Received: -1" in explorer.locator(".explorer-error >> visible=true").inner_text()


def shapes_typed(page, explorer, one, other):
    """Type two shapes; return the rows of the table and the reasons, the last axis first."""
    explorer.get_by_label("Shape of the first tensor").fill(one)
    explorer.get_by_label("Shape of the second tensor").fill(other)
    rows = [
        row.locator("th, td").all_inner_texts()
        for row in explorer.locator(".broadcasting-table tr").all()
    ]
    return rows, explorer.locator(".explorer-reasons li").all_inner_texts()


NONE = "shape has no such axis, so 1 is put in front"
COMPARED = [
    ("2 3", "3", [["axis", "−2", "−1"], ["first", "2", "3"], ["second", "(1) → 2", "3"],
                  ["result", "2", "3"]],
     ["Both are 3: nothing to do.", f"The second {NONE} and stretched to 2."]),
    ("3", "1 1", [["axis", "−2", "−1"], ["first", "(1)", "3"], ["second", "1", "1 → 3"],
                  ["result", "1", "3"]],
     ["The second is 1: stretched to 3.", f"The first {NONE}."]),
    ("1", "4", [["axis", "−1"], ["first", "1 → 4"], ["second", "4"], ["result", "4"]],
     ["The first is 1: stretched to 4."]),
    ("5 3", "2", [["axis", "−2", "−1"], ["first", "5", "3 ✗"], ["second", "(1) → 5", "2 ✗"],
                  ["result", "5", "✗"]],
     ["3 and 2 differ, and neither is 1: refused.", f"The second {NONE} and stretched to 5."]),
]  # fmt: skip


def test_broadcasting_gives_the_reason_for_each_axis(fresh_page, server):
    explorer = opened(fresh_page, server, "broadcasting")
    for one, other, table, reasons in COMPARED:
        rows, said = shapes_typed(fresh_page, explorer, one, other)
        assert rows == table
        assert said == [f"Axis −{k + 1}: {reason}" for k, reason in enumerate(reasons)]
    assert explorer.locator("td.is-refused").all_inner_texts() == ["3 ✗", "2 ✗", "✗"]
    assert explorer.locator("td.is-added").all_inner_texts() == ["(1) → 5"]
    assert explorer.locator("td.is-result").all_inner_texts() == ["5"]
    assert explorer.locator(".explorer-verdict.is-refused").count() == 1
    assert explorer.locator(".broadcasting-picture, .explorer-note").count() == 0
    shapes_typed(fresh_page, explorer, "1", "4")
    assert explorer.locator("td.is-stretched").all_inner_texts() == ["1 → 4"]
    assert explorer.locator(".explorer-verdict.is-refused").count() == 0
    assert explorer.locator(".explorer-verdict").inner_text() == "The result has shape (4,)."


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("2, 2.5", "expected whole numbers such as 64, 3, 32. Received: 2.5"),
        ("1 1 1 1 1 1 1 1 1", "expected at most 8 axes here. Received: 9"),
        ("1 1000000000", "expected lengths below a billion. Received: a longer one"),
    ],
)
def test_broadcasting_says_what_is_no_shape_until_it_is_one(fresh_page, server, typed, error):
    explorer = opened(fresh_page, server, "broadcasting")
    field = explorer.get_by_label("Shape of the first tensor")
    output = explorer.locator(".broadcasting-output")
    field.fill(typed)
    assert explorer.locator(".explorer-error").all_inner_texts() == [error, ""]
    assert output.inner_text() == output.get_attribute("data-result") == ""
    fresh_page.wait_for_function(
        "node => node.textContent === 'One of the shapes cannot be read.'",
        arg=explorer.get_by_role("status").element_handle(),
    )
    field.fill("(1, 1x1×1 1 1, 1, 999999999)")
    assert explorer.locator(".explorer-error").all_inner_texts() == ["", ""]
    assert field.get_attribute("aria-invalid") == "false"
    # The second shape is that of the example, (3,).
    assert output.get_attribute("data-result") == "refused"
    verdict = explorer.locator(".explorer-verdict").inner_text()
    assert verdict == (
        "Refused: (1, 1, 1, 1, 1, 1, 1, 999999999) and (3,) do not fit. "
        "On axis −1, 999999999 meets 3."
    )
    assert fresh_page.complaints == []


def pictured(explorer):
    """Return the numbers that each picture of a sum shows, by its name."""
    labels = [node.get_attribute("aria-label") for node in explorer.get_by_role("img").all()]
    parts = [label.split(": rows ") for label in labels]
    return {name: [[int(x) for x in row.split(",")] for row in rows.split(";")]
            for name, rows in parts}  # fmt: skip


# Of each picture: does every number stand in its cell, and are the cells apart, with one margin?
WITHIN = """node => [...node.querySelectorAll("svg")].map((svg) => {
    const inside = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top
        && a.bottom <= b.bottom;
    const apart = (a, b) => a.left >= b.right || b.left >= a.right || a.top >= b.bottom
        || b.top >= a.bottom;
    const [whole, cells, entries] = [[svg], svg.querySelectorAll("rect"),
        svg.querySelectorAll("text")].map((nodes) => [...nodes].map((n) =>
            n.getBoundingClientRect()));
    const middle = (a) => [a.left + a.right, a.top + a.bottom];
    const edges = [cells[0].left - whole[0].left, cells[0].top - whole[0].top,
        whole[0].right - cells.at(-1).right, whole[0].bottom - cells.at(-1).bottom];
    return Math.max(...edges) - Math.min(...edges) < 0.5 && cells.every((cell, k) =>
        inside(cell, whole[0]) && inside(entries[k], cell)
        && Math.abs(middle(cell)[0] - middle(entries[k])[0]) < 1
        && Math.abs(middle(cell)[1] - middle(entries[k])[1]) < 8
        && cells.every((other, j) => j === k || apart(cell, other)));
})"""


DRAWN = [
    ((3, 1), (3,), 12), ((2, 3), (3,), 3), ((6,), (6, 1), 60), ((1, 6), (1,), 5), ((), (), 0),
    ((2, 2), (2, 2), 0),
]  # fmt: skip


def test_broadcasting_shows_numbers_and_copies_as_numpy(fresh_page, server):
    explorer = opened(fresh_page, server, "broadcasting")
    for one, other, virtual in DRAWN:
        shapes_typed(fresh_page, explorer, str(one), str(other))
        first = 1 + np.arange(np.prod(one, dtype=int)).reshape(one)
        second = 10 * (1 + np.arange(np.prod(other, dtype=int)).reshape(other))
        terms = [*np.broadcast_arrays(first, second), first + second]
        shown = dict(zip(("first", "second", "sum"), map(np.atleast_2d, terms), strict=True))
        assert pictured(explorer) == {name: term.tolist() for name, term in shown.items()}
        texts = explorer.locator("svg text").all_text_contents()
        assert texts == [str(number) for term in shown.values() for number in term.ravel()]
        assert explorer.locator("rect.is-virtual").count() == virtual
        stored = sum(term.size for term in (first, second) if term.size < shown["sum"].size)
        assert explorer.locator("rect.is-stored").count() == stored
        assert explorer.locator(".broadcasting-sign").all_inner_texts() == ["", "+", "="]
        assert explorer.evaluate(WITHIN) == [True, True, True]
        assert explorer.get_by_text("Two single numbers.").count() == (one == other == ())


def test_broadcasting_draws_no_more_than_six_rows_and_columns(fresh_page, server):
    explorer = opened(fresh_page, server, "broadcasting")
    for one, other in [("7", "1"), ("7 1", "1"), ("2 2 1", "1"), ("0 1", "1"), ("0", "1")]:
        shapes_typed(fresh_page, explorer, one, other)
        assert explorer.locator("svg").count() == 0
        assert "lengths from 1 to 6, are drawn" in explorer.locator(".explorer-note").inner_text()


# -- draw a digit ----------------------------------------------------------------------------

DATA = "Explore.playground.unpack(Explore.playgroundData)"
LOOK_AT_ALL = f"""async () => {{
    const {{ network, answers }} = {DATA};
    const packed = Uint8Array.from(atob(window.testImages), (c) => c.charCodeAt(0));
    const said = [];
    const begin = performance.now();
    for (let k = 0; k < packed.length; k += 784) {{
        const x = Float64Array.from(packed.subarray(k, k + 784), (grey) => grey / 255);
        said.push(Explore.playground.answer(network, x).winner);
    }}
    const took = performance.now() - begin;
    return [said.join(""), answers, took / said.length];
}}"""


def mnist(name):
    """Read a file of the package as it is, since this session has no TensorFlow."""
    (path,) = (ROOT / "src/dlbook/datasets/data").rglob(f"*{name}*.gz")
    return np.frombuffer(gzip.decompress(path.read_bytes()), np.uint8)


def draw(page, explorer, points):
    """Draw a line through points, given as shares of the field's sides."""
    box = explorer.locator(".playground-pad").bounding_box()
    spots = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*spots[0])
    page.mouse.down()
    for spot in spots[1:]:
        page.mouse.move(*spot, steps=12)
    page.mouse.up()


def winner(explorer):
    return explorer.locator(".explorer-app").get_attribute("data-winner")


def test_all_test_images_get_the_answers_of_tensorflow(fresh_page, server):
    opened(fresh_page, server, "playground")
    images, labels = mnist("t10k-images")[16:], mnist("t10k-labels")[8:]
    fresh_page.evaluate("text => { window.testImages = text; }", b64encode(images).decode())
    said, answers, milliseconds = fresh_page.evaluate(LOOK_AT_ALL)
    said, answers = (np.array([int(digit) for digit in text]) for text in (said, answers))
    assert len(said) == len(answers) == len(labels) == 10_000
    assert np.mean(said == answers) >= 0.999
    assert np.mean(said == labels) >= 0.975
    assert milliseconds <= 15


def test_drawings_are_prepared_as_the_package_does_it(fresh_page, server):
    opened(fresh_page, server, "playground")
    rng = np.random.default_rng(0)
    drawings = [np.zeros((5, 7)), np.ones((1, 1)), np.ones((90, 1)), np.ones((2, 50))]
    for place in [(0, 0), (4, 6), (0, slice(None)), (slice(None), 0), (slice(1, 3), 2)]:
        drawings.append(np.zeros((5, 7)))
        drawings[-1][place] = 1
    for _ in range(20):
        height, width = rng.integers(3, 90, size=2)
        drawings.append(rng.random((height, width)) * (rng.random((height, width)) < 0.3))
    for ink in drawings:
        height, width = ink.shape
        field = fresh_page.evaluate(
            "([ink, w, h]) => Array.from(Explore.playground.toField(ink, w, h))",
            [ink.ravel().tolist(), int(width), int(height)],
        )
        expected = playground.to_field(ink)
        np.testing.assert_allclose(np.reshape(field, (28, 28)), expected, atol=1e-9)


# Many numbers come as text: one by one, the browser would take seconds to hand them over.
PACK = """const pack = (array) => {
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    let text = "";
    for (let k = 0; k < bytes.length; k += 8192) {
        text += String.fromCharCode(...bytes.subarray(k, k + 8192));
    }
    return btoa(text);
};
"""


def unpacked(text, kind):
    return np.frombuffer(b64decode(text), kind)


def weights_of(page):
    """Return the weights of the page's network as the package has them: W1, b1, W2, b2."""
    parts = page.evaluate(
        f"() => {{ {PACK} return Object.values({DATA}.network).map((part) => pack(part)); }}"
    )
    shapes = [(784, 512), (512,), (512, 10), (10,)]
    return [
        unpacked(part, np.float32).reshape(shape) for part, shape in zip(parts, shapes, strict=True)
    ]


def test_votes_are_those_of_the_package(fresh_page, server):
    opened(fresh_page, server, "playground")
    x, said, votes = fresh_page.evaluate(
        f"""() => {{
            const {{ network, images }} = {DATA};
            const x = Float64Array.from(images.subarray(0, 784), (grey) => grey / 255);
            const said = Explore.playground.answer(network, x);
            return [Array.from(x), [said.winner, said.rival],
                Array.from(Explore.playground.votes(network, x, said))];
        }}"""
    )
    weights = weights_of(fresh_page)
    expected = playground.pixel_votes(weights, x, *said)
    np.testing.assert_allclose(votes, expected, atol=1e-9)
    assert np.abs(expected).max() > 0.01


@pytest.mark.parametrize(
    ("digit", "strokes"),
    [
        ("1", [[(0.5, 0.1), (0.5, 0.9)]]),
        ("7", [[(0.25, 0.15), (0.75, 0.15), (0.45, 0.9)]]),
        (
            "0",
            [[(0.5 + 0.28 * np.sin(a), 0.5 - 0.4 * np.cos(a)) for a in np.linspace(0, 6.28, 24)]],
        ),
        ("4", [[(0.3, 0.1), (0.22, 0.55), (0.75, 0.55)], [(0.65, 0.1), (0.6, 0.9)]]),
    ],
)
def test_a_digit_drawn_by_mouse_is_read(fresh_page, server, digit, strokes):
    explorer = opened(fresh_page, server, "playground")
    for points in strokes:
        draw(fresh_page, explorer, points)
    assert winner(explorer) == digit
    numbers = explorer.locator(".playground-bars tbody td:last-child").all_inner_texts()
    assert sum(map(float, numbers)) == pytest.approx(1, abs=0.006)
    assert np.argmax([float(number) for number in numbers]) == int(digit)
    status = explorer.get_by_role("status")
    fresh_page.wait_for_function(
        "([node, digit]) => node.textContent.startsWith(`The network says ${digit}, with`)",
        arg=[status.element_handle(), digit],
    )


def test_a_small_drawing_in_a_corner_is_read_as_a_large_one(fresh_page, server):
    explorer = opened(fresh_page, server, "playground")
    points = [(0.25, 0.15), (0.75, 0.15), (0.45, 0.9)]
    draw(fresh_page, explorer, [(0.05 + 0.3 * x, 0.02 + 0.3 * y) for x, y in points])
    assert winner(explorer) == "7"


def test_a_finger_draws_without_moving_the_page(phone, server):
    explorer = opened(phone, server, "playground")
    pad = explorer.locator(".playground-pad")
    assert pad.evaluate("node => getComputedStyle(node).touchAction") == "none"
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    touch = phone.context.new_cdp_session(phone)
    x = box["x"] + box["width"] / 2
    for share in np.linspace(0.1, 0.9, 9):
        kind = "touchStart" if share < 0.11 else "touchMove"
        point = {"x": x, "y": box["y"] + share * box["height"]}
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [point]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    phone.wait_for_function(
        "node => node.dataset.winner === '1'",
        arg=explorer.locator(".explorer-app").element_handle(),
    )


def test_strokes_can_be_undone_and_cleared_by_keyboard(fresh_page, server):
    explorer = opened(fresh_page, server, "playground")
    draw(fresh_page, explorer, [(0.5, 0.1), (0.5, 0.9)])
    draw(fresh_page, explorer, [(0.2, 0.1), (0.8, 0.1)])
    explorer.get_by_role("button", name="Undo last stroke").focus()
    fresh_page.keyboard.press("Enter")
    assert winner(explorer) == "1"
    explorer.get_by_role("button", name="Clear").focus()
    fresh_page.keyboard.press("Space")
    assert winner(explorer) == ""
    assert explorer.locator(".explorer-verdict").inner_text() == "Nothing is drawn yet."


def test_test_digits_are_chosen_by_arrow_keys(fresh_page, server):
    explorer = opened(fresh_page, server, "playground")
    choices = explorer.get_by_role("radio")
    assert choices.count() == 20
    choices.first.focus()
    seen = [winner(explorer)]
    for _ in range(9):
        fresh_page.keyboard.press("ArrowRight")
        seen.append(winner(explorer))
    assert seen == list("0123456789")
    fresh_page.keyboard.press("ArrowRight")
    assert "but it is a" in explorer.locator(".explorer-verdict").inner_text()


# What the page shows: its texts and bars, and what each canvas holds.
SEEN = f"""() => {{
    {PACK}
    const {{ images, labels }} = {DATA};
    const app = document.querySelector("[data-explorer=playground] .explorer-app");
    const all = (selector) => [...app.querySelectorAll(selector)];
    const texts = (selector) => all(selector).map((node) => node.textContent);
    const pixels = (selector) => all(selector).map((canvas) => pack(canvas.getContext("2d")
        .getImageData(0, 0, canvas.width, canvas.height).data));
    const rows = all(".playground-bars tbody tr");
    return {{
        verdict: texts(".playground-verdict")[0],
        story: texts(".playground-story")[0],
        shown: [".playground-inside", ".playground-units"].map((name) =>
            app.querySelector(name).checkVisibility()),
        disabled: all(".playground-left button").map((button) => button.disabled),
        widths: all(".playground-fill").map((fill) => parseFloat(fill.style.width)),
        probabilities: rows.map((row) => row.lastChild.textContent),
        winners: rows.map((row) => row.classList.contains("is-winner")),
        labels: rows.map((row) => row.classList.contains("is-label")),
        captions: texts("figcaption"),
        spoken: all("figure canvas").map((canvas) => canvas.getAttribute("aria-label")),
        pad: pixels(".playground-pad")[0],
        choices: pixels(".playground-choice canvas"),
        figures: pixels("figure canvas"),
        checked: all("input").findIndex((input) => input.checked),
        images: pack(images),
        truths: labels,
    }};
}}"""


def look(page):
    """Return what the page shows; pixels have four numbers: red, green, blue and opaque."""
    seen = page.evaluate(SEEN)
    seen["pad"] = unpacked(seen["pad"], np.uint8).reshape(280, 280, 4)
    for name in ("choices", "figures"):
        seen[name] = [unpacked(text, np.uint8).reshape(28, 28, 4) for text in seen[name]]
    seen["images"] = unpacked(seen["images"], np.uint8).reshape(20, 784) / 255
    return seen


INK, BLUE, ORANGE = "--explore-ink", "--explore-blue", "--explore-orange"


def colour_of(page, name):
    text = page.evaluate(
        "name => getComputedStyle(document.documentElement).getPropertyValue(name)", name
    ).strip()
    return [int(text[k : k + 2], 16) for k in (1, 3, 5)]


def assert_painted(page, pixels, values, above):
    """See that a picture shows numbers by how opaque a pixel is, and their signs by its colour."""
    pixels, values = np.reshape(pixels, (-1, 4)), np.ravel(values)
    np.testing.assert_allclose(pixels[:, 3], 255 * np.abs(values), atol=1.1)
    for chosen, name in [(values > 0.5, above), (values < -0.5, ORANGE)]:
        # A canvas keeps colours times opacity, so they come back rounded.
        assert (np.abs(pixels[chosen, :3] - colour_of(page, name)) <= 3).all()


def assert_shown(page, seen, weights):
    """See that all that is shown fits to the eleventh image, which the network gets wrong."""
    W1, b1, W2, b2 = weights
    images = seen["images"]
    for pixels, image in zip(seen["choices"], images, strict=True):
        assert_painted(page, pixels, image, INK)
    x, truth = images[10], int(seen["truths"][10])
    hidden = np.maximum(x @ W1 + b1, 0)
    powers = np.exp(hidden @ W2 + b2)
    rival, best = np.argsort(powers)[-2:]
    assert best != truth, "this is one of the images that the network gets wrong"
    assert seen["verdict"] == f"The network says {best}, but it is a {truth}."
    assert seen["story"] == "The striped bar is that of the label."
    assert (seen["shown"], seen["disabled"], seen["checked"]) == ([True, True], [True, False], 10)
    shares = powers / powers.sum()
    np.testing.assert_allclose(seen["widths"], 100 * shares, atol=0.01)
    assert seen["probabilities"] == [f"{share:.3f}" for share in shares]
    assert (np.flatnonzero(seen["winners"]), np.flatnonzero(seen["labels"])) == ([best], [truth])
    votes = playground.pixel_votes([W1, b1, W2, b2], x, best, rival)
    units = np.argsort(-hidden)[:6]
    assert seen["captions"] == [
        "what the network sees",
        f"blue ink speaks for {best}, orange ink for {rival}",
        *(f"unit {unit}: {hidden[unit]:.2f}" for unit in units),
    ]
    assert seen["spoken"] == [
        "The 28 by 28 pixels that the network sees.",
        f"Which pixels speak for {best} rather than {rival}.",
        *(f"The weights of hidden unit {unit}." for unit in units),
    ]
    first, second, *others = seen["figures"]
    assert_painted(page, first, x, INK)
    assert_painted(page, second, votes / np.abs(votes).max(), BLUE)
    for unit, pixels in zip(units, others, strict=True):
        assert_painted(page, pixels, W1[:, unit] / np.abs(W1[:, unit]).max(), BLUE)
    # The field itself shows the image, ten times as large.
    large = np.kron(x.reshape(28, 28), np.ones((10, 10)))
    assert_painted(page, seen["pad"], large, INK)


def test_playground_shows_what_the_network_sees_and_weighs(fresh_page, server):
    fresh_page.emulate_media(color_scheme="light")
    explorer = opened(fresh_page, server, "playground")
    explorer.get_by_role("radio").nth(10).check()
    names = explorer.locator(".playground-choice").all_text_contents()
    labels = look(fresh_page)["truths"]
    assert names == [f"test digit {k}, a {label}" for k, label in enumerate(labels, 1)]
    weights = weights_of(fresh_page)
    for theme in ("light", "dark"):
        fresh_page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        assert_shown(fresh_page, look(fresh_page), weights)
    probabilities = explorer.locator(".playground-bars tbody td:last-child").all_inner_texts()
    best, rival = np.argsort([-float(text) for text in probabilities])[:2]
    words = explorer.locator(".playground-verdict").inner_text().removesuffix(".")
    words += f", with probability {probabilities[best]}; "
    words += f"next comes {rival} with {probabilities[rival]}."
    fresh_page.wait_for_function(
        "([node, words]) => node.textContent === words",
        arg=[explorer.get_by_role("status").element_handle(), words],
    )


def test_playground_tells_how_the_answer_changed_until_all_is_cleared(fresh_page, server):
    explorer = opened(fresh_page, server, "playground")
    assert explorer.locator(".playground-verdict").inner_text().endswith(", and that is right.")
    buttons = explorer.locator(".playground-left button")
    assert [button.is_disabled() for button in buttons.all()] == [True, False]
    draw(fresh_page, explorer, [(0.25, 0.15), (0.75, 0.15)])
    draw(fresh_page, explorer, [(0.75, 0.15), (0.45, 0.9)])
    seen = look(fresh_page)
    assert seen["checked"] == -1, "what is drawn is none of the images"
    assert (seen["disabled"], seen["shown"]) == ([False, False], [True, True])
    assert seen["verdict"] == "The network says 7."
    assert re.fullmatch(r"While you drew, the answer went \d( → \d)* → 7\.", seen["story"])
    went = re.findall(r"\d", seen["story"])
    assert all(one != other for one, other in pairwise(went))
    assert not any(seen["labels"])
    pad = seen["pad"]
    line = np.flatnonzero(pad[:100, 140, 3] > 128)
    assert (line.min(), line.max()) == pytest.approx((42 - 9, 42 + 9), abs=3), "a pen of 18"
    assert pad[100, 60, 3] == 0
    assert (np.abs(pad[42, 140, :3] - colour_of(fresh_page, INK)) <= 3).all()
    field = seen["figures"][0][:, :, 3] / 255
    rows = np.flatnonzero((field > 0.1).any(axis=1))
    assert np.ptp(rows) == pytest.approx(19, abs=1), "as in MNIST, a digit is 20 pixels high"
    # The line down is cut across about 2.4 times its 20 pixels, and slanted by 0.3 / 0.75.
    assert field[rows.min() + 10].sum() == pytest.approx(2.6, abs=0.5)
    buttons.first.click()
    undone = look(fresh_page)
    assert undone["disabled"] == [False, False]
    assert undone["pad"][150:, :, 3].max() == 0
    buttons.last.click()
    seen = look(fresh_page)
    assert (seen["disabled"], seen["shown"]) == ([True, True], [False, False])
    assert (seen["verdict"], seen["story"]) == ("Nothing is drawn yet.", "")
    assert (seen["widths"], seen["probabilities"]) == ([0] * 10, ["–"] * 10)
    assert not any([*seen["winners"], *seen["labels"], seen["pad"].any()])
    fresh_page.wait_for_function(
        "node => node.textContent === 'Nothing is drawn.'",
        arg=explorer.get_by_role("status").element_handle(),
    )
    # After Clear, and after an image, another drawing begins, of which this is the first answer.
    pad, story = explorer.locator(".playground-pad"), explorer.locator(".playground-story")
    pad.click()
    assert winner(explorer) not in {"", "7"}
    assert story.inner_text() == ""
    explorer.get_by_role("radio").nth(7).check()
    assert winner(explorer) == "7"
    pad.click()
    assert story.inner_text() == ""


def test_playground_sees_a_drawing_at_the_edge_as_one_in_the_middle(fresh_page, server):
    explorer = opened(fresh_page, server, "playground")
    seen = []
    for x in (0.5, 0.003, 0.997):
        explorer.get_by_role("button", name="Clear").click()
        draw(fresh_page, explorer, [(x, 0.1), (x, 0.9)])
        seen.append(look(fresh_page)["figures"][0][:, :, 3] / 255)
        # Rounding may put it a pixel to the left or right, so only the order within rows counts.
        np.testing.assert_allclose(np.sort(seen[-1]), np.sort(seen[0]), atol=0.15)


def test_playground_shows_a_stroke_while_it_is_drawn(fresh_page, server):
    explorer = opened(fresh_page, server, "playground")
    explorer.get_by_role("button", name="Clear").click()
    pad = explorer.locator(".playground-pad")
    box = pad.bounding_box()
    inked = "([pad, ...at]) => pad.getContext('2d').getImageData(...at, 1, 1).data[3] > 128"
    for k, at in enumerate([(140, 40), (140, 120), (140, 240)]):
        fresh_page.mouse.move(*(box["xy"[j]] + box["width"] * at[j] / 280 for j in range(2)))
        if k == 0:
            fresh_page.mouse.down()
        fresh_page.wait_for_function(inked, arg=[pad.element_handle(), *at])
    assert winner(explorer) == "1", "also before the button is let go"
    fresh_page.mouse.up()


def test_playground_draws_only_while_the_first_button_is_down(fresh_page, server):
    explorer = opened(fresh_page, server, "playground")
    pad = explorer.locator(".playground-pad")
    before = winner(explorer)
    for button in ("middle", "right"):
        pad.click(button=button)
    pad.hover(position={"x": 20, "y": 20})
    pad.hover(position={"x": 90, "y": 90})
    assert explorer.get_by_role("radio").first.is_checked()
    assert winner(explorer) == before
    pad.click()  # a point is a drawing, too
    seen = look(fresh_page)
    assert seen["verdict"].startswith("The network says ")
    assert seen["disabled"] == [False, False]
    assert fresh_page.complaints == []


# -- descent ---------------------------------------------------------------------------------

SURFACES = {
    "valleys": (lambda w: w**3 - w**2 / 4 - 2.4 * w + 0.4, [2.6]),
    "bowl": (lambda w: np.array([w[0], 3 * w[1]]), [-3.5, 1.7]),
    "ravine": (lambda w: np.array([w[0], 30 * w[1]]), [-4.0, 0.8]),
    "saddle": (lambda w: np.array([w[0], w[1] ** 3 / 2 - w[1]]), [2.5, 0.02]),
}
OPTIMIZERS = {
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.8}),
    "nesterov": ("SGD", {"momentum": 0.8, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {}),
    "adam": ("Adam", {}),
}
WALK = """([surface, optimizer, rate, start]) => {
    const settings = { rate, momentum: 0.8 };
    const run = Explore.descent.walk(surface, optimizer, settings, start);
    for (let k = 0; k < 40; k += 1) run.step();
    return [run.path, run.losses];
}"""


def path_of(explorer):
    return json.loads(explorer.locator(".explorer-app").get_attribute("data-path"))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("surface", SURFACES)
def test_paths_are_those_of_the_package(shared_page, server, surface, optimizer):
    from dlbook import optimizers
    from dlbook.autodiff import Variable

    if not shared_page.evaluate("typeof Explore === 'object' && 'descent' in Explore"):
        opened(shared_page, server, "descent")
    gradient, start = SURFACES[surface]
    path, _ = shared_page.evaluate(WALK, [surface, optimizer, 0.05, start])
    name, settings = OPTIMIZERS[optimizer]
    rule = getattr(optimizers, name)(learning_rate=0.05, **settings)
    w = Variable(start)
    expected = [w.numpy()]
    for _ in range(40):
        rule.apply_gradients([(gradient(w.numpy()), w)])
        expected.append(w.numpy())
    assert np.ptp(expected, axis=0).max() > 0.1
    np.testing.assert_allclose(path, expected, atol=1e-6)


@pytest.mark.parametrize("surface", SURFACES)
def test_gradients_are_the_slopes_of_the_losses(shared_page, server, surface):
    opened(shared_page, server, "descent")
    start = SURFACES[surface][1]
    slopes, differences = shared_page.evaluate(
        """([name, w]) => {
            const { loss, gradient } = Explore.descent.SURFACES[name];
            const moved = (k, by) => w.map((value, j) => value + (j === k ? by : 0));
            return [gradient(w), w.map((_, k) =>
                (loss(moved(k, 1e-5)) - loss(moved(k, -1e-5))) / 2e-5)];
        }""",
        [surface, start],
    )
    np.testing.assert_allclose(slopes, differences, rtol=1e-6, atol=1e-6)


def test_descent_steps_and_runs_by_keyboard(fresh_page, server):
    fresh_page.emulate_media(reduced_motion="reduce")
    explorer = opened(fresh_page, server, "descent")
    explorer.get_by_role("button", name="Step").focus()
    fresh_page.keyboard.press("Enter")
    np.testing.assert_allclose(path_of(explorer), [[-3.5, 1.7], [-3.15, 1.19]])
    fresh_page.keyboard.press("Tab")
    fresh_page.keyboard.press("Space")
    assert len(path_of(explorer)) == 62, "with reduced motion all steps are there at once"
    explorer.get_by_label("Start x").focus()
    fresh_page.keyboard.press("Home")
    assert path_of(explorer) == [[-4, 1.7]]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_descent_says_that_it_diverges(fresh_page, server, motion):
    fresh_page.emulate_media(reduced_motion=motion)
    explorer = opened(fresh_page, server, "descent")
    explorer.get_by_label("Step size").focus()
    fresh_page.keyboard.press("End")
    explorer.get_by_role("button", name="Run").click()
    expect(explorer.locator(".descent-verdict")).to_contain_text("It diverges")
    assert explorer.get_by_role("button", name="Run").is_visible(), "the run is over"
    assert explorer.get_by_role("button", name="Step").is_disabled()
    fresh_page.wait_for_function(
        "node => node.textContent.includes('It diverges')",
        arg=explorer.get_by_role("status").last.element_handle(),
    )
    explorer.get_by_role("button", name="Reset").click()
    assert path_of(explorer) == [[-3.5, 1.7]]
    assert explorer.get_by_role("button", name="Step").is_enabled()


def test_descent_starts_where_the_mouse_points_and_runs_in_time(fresh_page, server):
    explorer = opened(fresh_page, server, "descent")
    explorer.get_by_label("Function").select_option("saddle")
    explorer.get_by_label("Optimizer").select_option("adam")
    picture = explorer.locator(".descent-map")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    fresh_page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
    np.testing.assert_allclose(path_of(explorer), [[1.54, 1.54]], atol=0.03)
    explorer.get_by_role("button", name="Run").click()
    fresh_page.wait_for_function(
        "node => JSON.parse(node.dataset.path).length === 61",
        arg=explorer.locator(".explorer-app").element_handle(),
    )
    assert explorer.get_by_role("button", name="Run").is_visible()
    assert abs(path_of(explorer)[-1][1] - np.sqrt(2)) < 0.3, "it ends in the valley beside"


def test_momentum_is_offered_only_where_it_counts(fresh_page, server):
    explorer = opened(fresh_page, server, "descent")
    assert not explorer.get_by_label("Momentum").is_visible()
    explorer.get_by_label("Optimizer").select_option("nesterov")
    assert explorer.get_by_label("Momentum").is_visible()
    explorer.get_by_label("Function").select_option("valleys")
    assert not explorer.get_by_label("Start y").is_visible()


def told(explorer):
    return explorer.locator(".descent-verdict").inner_text()


def test_descent_tells_where_it_is_and_how_steep_it_is_there(fresh_page, server):
    fresh_page.emulate_media(reduced_motion="reduce")
    explorer = opened(fresh_page, server, "descent")
    assert told(explorer) == "After 0 steps: x = −3.5000, y = 1.7000, loss 10.4600, slope 6.1855."
    step = explorer.get_by_role("button", name="Step")
    step.click()
    assert told(explorer) == "After 1 step: x = −3.1500, y = 1.1900, loss 7.0854, slope 4.7610."
    step.click()
    text = "After 2 steps: x = −2.8350, y = 0.8330, loss 5.0594, slope 3.7792."
    assert told(explorer) == text
    plane, chart = explorer.get_by_role("img").all()
    assert plane.get_attribute("aria-label") == (
        f"Map with lines of equal loss of a bowl, with the path of the descent. {text}"
    )
    assert chart.get_attribute("aria-label") == "The loss over 2 steps, from 10.4600 to 5.0594."
    texts = chart.locator("text").all_text_contents()
    assert texts == ["highest 10.4600", "lowest 5.0594", "last 5.0594"]
    explorer.get_by_label("Function").select_option("valleys")
    assert plane.get_attribute("aria-label").startswith("Curve of a curve with two valleys, with")
    explorer.get_by_label("Function").select_option("ravine")
    explorer.get_by_label("Step size").fill("0")  # the logarithm of 1, with which y goes to −29 y
    for y, loss in [("0.8", "8073.6000"), ("0.9", "1.0·10^4")]:
        explorer.get_by_label("Start y").fill(y)
        step.click()
        assert chart.locator("text").last.text_content() == f"last {loss}"
    explorer.get_by_role("button", name="Reset").click()
    explorer.get_by_label("Start y").fill("0.8")
    explorer.get_by_label("Step size").focus()
    fresh_page.keyboard.press("End")
    for _ in range(2):
        step.click()
    # x goes from −4 to 4 and back, and y is multiplied by −59 in each step.
    assert chart.locator("text").all_text_contents() == [
        "highest 1.2·10^8", "lowest 17.6000", "last 1.2·10^8",
    ]  # fmt: skip
    assert told(explorer).startswith("It diverges: after 2 steps the point is far outside")


STARTS = {
    "valleys": ["x = 2.6000"],
    "bowl": ["x = −3.5000", "y = 1.7000"],
    "ravine": ["x = −4.0000", "y = 0.8000"],
    "saddle": ["x = 2.5000", "y = 0.0200"],
}
REACHES = {"valleys": 3, "bowl": 4, "ravine": 4.5, "saddle": 3}
RATES = {"sgd": 0.1, "momentum": 0.1, "nesterov": 0.1, "adagrad": 0.5, "rmsprop": 0.1, "adam": 0.2}


def test_descent_begins_where_function_and_optimizer_say(fresh_page, server):
    explorer = opened(fresh_page, server, "descent")
    rate = explorer.get_by_label("Step size")
    outputs = explorer.locator("output")
    assert outputs.all_text_contents() == ["0.1", "0.90", "−3.50", "1.70"]
    for optimizer, value in RATES.items():
        explorer.get_by_label("Optimizer").select_option(optimizer)
        assert rate.get_attribute("aria-valuetext") == outputs.first.inner_text() == str(value)
        shown = explorer.get_by_label("Momentum").is_visible()
        assert shown == (optimizer in {"momentum", "nesterov"})
    for surface, start in STARTS.items():
        explorer.get_by_label("Function").select_option(surface)
        assert told(explorer).startswith(f"After 0 steps: {', '.join(start)}, loss ")
        assert explorer.get_by_label("Start y").is_visible() == (len(start) == 2)
        for name in "xy"[: len(start)]:
            slider = explorer.get_by_label(f"Start {name}")
            slider.focus()
            for key, sign in [("Home", "−"), ("End", "")]:
                fresh_page.keyboard.press(key)
                # The slider goes in steps of 0.02, so that it may end a little before the edge.
                value = slider.get_attribute("aria-valuetext")
                assert value == f"{sign}{REACHES[surface]:.2f}"
                assert f"{name} = {value}" in told(explorer)
    assert rate.get_attribute("aria-valuetext") == "0.2", "the function leaves the step as it is"
    explorer.get_by_label("Optimizer").select_option("momentum")
    momentum = explorer.get_by_label("Momentum")
    momentum.focus()
    for key, value in [("Home", "0.00"), ("End", "0.98"), ("ArrowLeft", "0.96")]:
        fresh_page.keyboard.press(key)
        assert momentum.get_attribute("aria-valuetext") == value
    rate.focus()
    for key, value in [("Home", "0.001"), ("End", "2")]:
        fresh_page.keyboard.press(key)
        assert rate.get_attribute("aria-valuetext") == value


def numbers(text):
    return np.array([float(number) for number in re.findall(r"-?[\d.]+", text)])


def in_plane(points, reach):
    """Bring points of the map of 320 units, whose edge of 4 is left free, into the plane."""
    return (points - 160) / [156, -156] * reach


# How high a loss lies in the picture follows from these, so that nothing is drawn out of place.
LOSSES = {
    "valleys": lambda x: x**4 / 4 - x**3 / 12 - 1.2 * x**2 + 0.4 * x,
    "bowl": lambda x, y: x**2 / 2 + 3 * y**2 / 2,
    "ravine": lambda x, y: x**2 / 2 + 15 * y**2,
    "saddle": lambda x, y: x**2 / 2 - y**2 / 2 + y**4 / 8,
}


@pytest.mark.parametrize("surface", ["bowl", "ravine", "saddle"])
def test_descent_draws_lines_of_equal_loss_and_the_path_over_them(fresh_page, server, surface):
    fresh_page.emulate_media(reduced_motion="reduce")
    explorer = opened(fresh_page, server, "descent")
    explorer.get_by_label("Function").select_option(surface)
    explorer.get_by_label("Optimizer").select_option("adam")
    explorer.get_by_role("button", name="Run").click()
    reach, loss = REACHES[surface], LOSSES[surface]
    lines = [
        in_plane(numbers(line.get_attribute("d")).reshape(-1, 2), reach)
        for line in explorer.locator(".descent-contour").all()
    ]
    levels = [loss(*points.T) for points in lines]
    middles = [np.median(values) for values in levels]
    assert len(middles) == 11
    assert (np.diff(middles) > 0).all()
    # Chords between points 1/32 of the reach apart, and a picture that rounds to 0.1 units.
    grid = np.linspace(-reach, reach, 65)
    inside = loss(*np.meshgrid(grid, grid))
    for values, middle in zip(levels, middles, strict=True):
        assert len(values) > 20
        assert len(values) % 2 == 0
        assert np.abs(values - middle).max() < 0.03 * np.ptp(inside)
    below = [np.mean(inside < middle) for middle in middles]
    np.testing.assert_allclose(below, ((np.arange(11) + 0.5) / 11) ** 1.5, atol=0.01)
    axes = numbers(explorer.locator(".descent-map .descent-axis").get_attribute("d"))
    np.testing.assert_allclose(axes, [4, 160, 316, 160, 316, 4])
    path = np.array(path_of(explorer))
    line = numbers(explorer.locator(".descent-map .descent-path").get_attribute("points"))
    np.testing.assert_allclose(in_plane(line.reshape(-1, 2), reach), path, atol=0.001)
    spots = explorer.locator(".descent-map circle").evaluate_all(
        "nodes => nodes.map((node) => [...['cx', 'cy', 'r'].map((k) => +node.getAttribute(k)),"
        " node.getAttribute('class')])"
    )
    places = in_plane(np.array([spot[:2] for spot in spots]), reach)
    order = [*range(1, 60), 0, 60]  # the start and the last step lie over the others
    np.testing.assert_allclose(places, path[order], atol=0.001)
    kinds = [spot[2:] for spot in spots]
    assert kinds == 59 * [[2.5, "descent-step"]] + [[7, "descent-start"], [5, "descent-step"]]


def test_descent_draws_the_curve_and_the_path_on_it(fresh_page, server):
    fresh_page.emulate_media(reduced_motion="reduce")
    explorer = opened(fresh_page, server, "descent")
    explorer.get_by_label("Function").select_option("valleys")
    explorer.get_by_role("button", name="Run").click()
    drawn = explorer.locator(".descent-curve").get_attribute("d")
    number = r"-?\d+\.\d"
    assert re.fullmatch(rf"M{number} {number}(L{number} {number})+", drawn), "one line"
    curve = numbers(drawn).reshape(-1, 2)
    x = (curve[:, 0] - 160) / 156 * 3
    np.testing.assert_allclose(x, np.linspace(-3, 3, 121), atol=0.002)
    slope, height = np.polyfit(LOSSES["valleys"](x), curve[:, 1], 1)
    assert slope < 0, "higher losses stand higher"
    np.testing.assert_allclose(slope * LOSSES["valleys"](x) + height, curve[:, 1], atol=0.2)
    assert curve[:, 1].max() == 308
    assert np.interp(-2.8, x, curve[:, 1]) == pytest.approx(18, abs=0.5)
    points = numbers(explorer.locator(".descent-map .descent-path").get_attribute("points"))
    across, up = points.reshape(-1, 2).T
    path = np.array(path_of(explorer))[:, 0]
    np.testing.assert_allclose((across - 160) / 52, path, atol=0.001)
    np.testing.assert_allclose(up, slope * LOSSES["valleys"](path) + height, atol=0.2)


def test_descent_draws_the_loss_after_each_step(fresh_page, server):
    fresh_page.emulate_media(reduced_motion="reduce")
    explorer = opened(fresh_page, server, "descent")
    chart = explorer.locator(".descent-chart")
    for surface, steps in [("bowl", 2), ("saddle", 60)]:
        explorer.get_by_label("Function").select_option(surface)
        if steps == 60:
            explorer.get_by_role("button", name="Run").click()
        for _ in range(steps % 60):
            explorer.get_by_role("button", name="Step").click()
        losses = LOSSES[surface](*np.array(path_of(explorer)).T)
        x, y = numbers(chart.locator("polyline").get_attribute("points")).reshape(-1, 2).T
        np.testing.assert_allclose(x, 8 + np.arange(steps + 1) / max(steps, 20) * 304, atol=0.06)
        low, high = min(*losses, 0), max(losses)
        np.testing.assert_allclose(y, 130 - 106 * (losses - low) / (high - low), atol=0.06)
        zero = numbers(chart.locator(".descent-axis").get_attribute("d"))
        np.testing.assert_allclose(zero, [8, 130 + 106 * low / (high - low), 312], atol=0.06)
    assert low < 0, "the valleys of the saddle lie below zero"


def test_descent_can_be_paused_and_goes_on(fresh_page, server):
    explorer = opened(fresh_page, server, "descent")
    run = explorer.get_by_role("button", name="Run")
    pause = explorer.get_by_role("button", name="Pause")
    at_least = "([node, steps]) => JSON.parse(node.dataset.path).length > steps"
    app = explorer.locator(".explorer-app").element_handle()
    for way in (pause, explorer.get_by_role("button", name="Step")):
        before = len(path_of(explorer))
        run.click()
        fresh_page.wait_for_function(at_least, arg=[app, before + 2])
        assert pause.is_visible()
        way.click()
        steps = len(path_of(explorer))
        assert before + 2 < steps < before + 60
        fresh_page.wait_for_timeout(200)
        assert len(path_of(explorer)) == steps
        assert run.is_visible()
    run.click()
    explorer.get_by_label("Optimizer").select_option("adam")
    assert len(path_of(explorer)) == 1
    assert run.is_visible()


def test_descent_starts_only_where_the_first_button_presses_and_follows_it(fresh_page, server):
    explorer = opened(fresh_page, server, "descent")
    picture = explorer.locator(".descent-map")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()

    def at(x, y):
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    fresh_page.mouse.move(*at(0.3, 0.3))
    for button in ("middle", "right"):
        fresh_page.mouse.click(*at(0.6, 0.6), button=button)
    assert path_of(explorer) == [[-3.5, 1.7]]
    fresh_page.mouse.move(*at(0.5, 0.5))
    fresh_page.mouse.down()
    np.testing.assert_allclose(path_of(explorer), [[0, 0]], atol=0.03)
    fresh_page.mouse.move(*at(0.25, 0.9), steps=3)
    start = np.array([[-0.25, -0.4]]) * 320 / 156 * 4
    np.testing.assert_allclose(path_of(explorer), start, atol=0.03)
    ring = explorer.locator(".descent-start").bounding_box()
    middle = ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2
    assert middle == pytest.approx(at(0.25, 0.9), abs=1.5), "the ring lies under the pointer"
    fresh_page.mouse.up()
    fresh_page.mouse.move(*at(0.7, 0.2))
    np.testing.assert_allclose(path_of(explorer), start, atol=0.03)
    explorer.get_by_label("Function").select_option("valleys")
    fresh_page.mouse.click(*at(0.75, 0.2))
    np.testing.assert_allclose(path_of(explorer), [[0.25 * 320 / 156 * 3]], atol=0.03)


# -- geometry --------------------------------------------------------------------------------

MAPS = {
    "translation": ([[1, 0], [0, 1]], [1, 0.5]),
    "rotation": ([[3**0.5 / 2, -0.5], [0.5, 3**0.5 / 2]], [0, 0]),
    "scaling": ([[2, 0], [0, 0.5]], [0, 0]),
    "shear": ([[1, 1], [0, 1]], [0, 0]),
    "mirror": ([[-1, 0], [0, 1]], [0, 0]),
    "projection": ([[1, 0], [0, 0]], [0, 0]),
}


def points_of(explorer, selector):
    """Return the points of a line of the picture, in units of the plane."""
    text = explorer.locator(selector).first.get_attribute("points")
    points = np.array([[float(number) for number in pair.split(",")] for pair in text.split()])
    return (points - 180) / [40, -40]


def corners(explorer):
    return points_of(explorer, ".geometry-square")[::20]


def moved(name, points):
    W, b = map(np.array, MAPS[name])
    return points @ W.T + b


SQUARE = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])


@pytest.mark.parametrize("name", MAPS)
def test_presets_move_the_unit_square_as_numpy_does(fresh_page, server, name):
    explorer = opened(fresh_page, server, "geometry")
    explorer.get_by_label("First map", exact=True).select_option(name)
    np.testing.assert_allclose(corners(explorer), moved(name, SQUARE), atol=0.001)
    area = np.linalg.det(MAPS[name][0])
    text = explorer.locator(".geometry-verdict").inner_text().replace("−", "-")
    assert float(re.match(r"Determinant (-?[\d.]+):", text)[1]) == pytest.approx(area, abs=0.006)


@pytest.mark.parametrize("outer", ["rotation", "mirror", "translation"])
def test_two_maps_are_one(fresh_page, server, outer):
    explorer = opened(fresh_page, server, "geometry")
    explorer.get_by_label("First map", exact=True).select_option("shear")
    explorer.get_by_label("Then a second map").select_option(outer)
    expected = moved(outer, moved("shear", SQUARE))
    np.testing.assert_allclose(corners(explorer), expected, atol=0.001)
    one = json.loads(explorer.locator(".explorer-app").get_attribute("data-map"))
    np.testing.assert_allclose(SQUARE @ np.array(one["W"]).T + one["b"], expected, atol=1e-9)
    assert "The two maps are one map." in explorer.locator(".geometry-verdict").inner_text()


def test_relu_folds_what_lies_below_zero(fresh_page, server):
    explorer = opened(fresh_page, server, "geometry")
    explorer.get_by_label("First map", exact=True).select_option("rotation")
    explorer.get_by_label("relu after the first map").focus()
    fresh_page.keyboard.press("Space")
    expected = np.maximum(moved("rotation", SQUARE), 0)
    np.testing.assert_allclose(corners(explorer), expected, atol=0.001)
    assert points_of(explorer, ".geometry-after").min() >= 0
    assert "relu folds" in explorer.locator(".geometry-verdict").inner_text()


def places_in(picture):
    """Bring geometry's picture into view; return what finds its points on the screen."""
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()

    def at(x, y):
        return box["x"] + box["width"] * (0.5 + x / 9), box["y"] + box["height"] * (0.5 - y / 9)

    return at


def test_tips_and_origin_can_be_dragged(fresh_page, server):
    explorer = opened(fresh_page, server, "geometry")
    explorer.get_by_label("First map", exact=True).select_option("identity")
    at = places_in(explorer.locator(".geometry-picture"))

    for start, end in [((1, 0), (2, 1)), ((0, 0), (-1, 0.5))]:
        fresh_page.mouse.move(*at(*start))
        fresh_page.mouse.down()
        fresh_page.mouse.move(*at(*end), steps=5)
        fresh_page.mouse.up()
    one = json.loads(explorer.locator(".explorer-app").get_attribute("data-map"))
    np.testing.assert_allclose(one["W"], [[2, 0], [1, 1]], atol=0.06)
    np.testing.assert_allclose(one["b"], [-1, 0.5], atol=0.06)
    assert explorer.get_by_label("First map", exact=True).input_value() == "own"


def test_sliders_move_the_plane_by_keyboard_and_the_result_is_announced(fresh_page, server):
    explorer = opened(fresh_page, server, "geometry")
    explorer.get_by_label("First map", exact=True).select_option("identity")
    explorer.get_by_label("W, row 1, column 1").focus()
    for _ in range(20):
        fresh_page.keyboard.press("ArrowRight")
    np.testing.assert_allclose(corners(explorer)[1], [2, 0], atol=0.001)
    fresh_page.wait_for_function(
        "node => node.textContent.startsWith('Determinant 2.00: areas are multiplied by 2.00')",
        arg=explorer.get_by_role("status").last.element_handle(),
    )


LABELS = ["W, row 1, column 1", "W, row 1, column 2", "W, row 2, column 1", "W, row 2, column 2",
          "b, entry 1", "b, entry 2"]  # fmt: skip


def data_of(explorer):
    """Return the six numbers of the map, as the sliders have them: W by rows, then b."""
    one = json.loads(explorer.locator(".explorer-app").get_attribute("data-map"))
    return [*one["W"][0], *one["W"][1], *one["b"]]


def test_geometry_gives_each_entry_a_slider_of_its_own(fresh_page, server):
    explorer = opened(fresh_page, server, "geometry")
    first = explorer.get_by_label("First map", exact=True)
    outputs = explorer.locator("output")
    assert outputs.all_inner_texts() == ["0.87", "−0.50", "0.50", "0.87", "0.00", "0.00"]
    first.select_option("identity")
    expected = [1, 0, 0, 1, 0, 0]
    for k, label in enumerate(LABELS):
        slider = explorer.get_by_label(label)
        slider.focus()
        for key, value in [("End", 3), ("Home", -3), ("ArrowRight", -2.95)]:
            fresh_page.keyboard.press(key)
            expected[k] = value
            assert data_of(explorer) == pytest.approx(expected)
            text = f"{value:.2f}".replace("-", "−")
            assert slider.get_attribute("aria-valuetext") == outputs.nth(k).inner_text() == text
        assert first.input_value() == "own"
    first.select_option("own")
    assert data_of(explorer) == pytest.approx(expected), "one's own map is the one that is there"
    first.select_option("identity")
    assert data_of(explorer) == [1, 0, 0, 1, 0, 0]
    sliders = [explorer.get_by_label(label).input_value() for label in LABELS]
    assert sliders == ["1", "0", "0", "1", "0", "0"]


ONE_MAP = "The two maps are one map."
TURNED = "Determinant −1.00: areas are multiplied by 1.00, and left and right change places."
FOLDED = "relu folds what lies below zero, so no single matrix does the whole."
FLAT = "Determinant 0.00: areas vanish; the plane is pressed onto a line or a point."
SHOWN = [
    ("projection", "identity", False, FLAT),
    ("mirror", "identity", False, TURNED),
    ("scaling", "mirror", False, f"{TURNED} {ONE_MAP}"),
    ("rotation", "identity", False, "Determinant 1.00: areas are multiplied by 1.00."),
    ("mirror", "shear", True, f"The first map has determinant −1.00. {FOLDED}"),
]


def assert_drawn(explorer, first, second, relu):
    """See that grid, square, arrows, handles and the label of the picture show the maps."""

    def whole(points):
        points = moved(first, np.array(points))
        points = np.maximum(points, 0) if relu else points
        return points if second == "identity" else moved(second, points)

    tips = whole([[1, 0], [0, 1], [0, 0]])
    corner, other, origin = (
        ", ".join(f"{value:.2f}".replace("-0.00", "0.00").replace("-", "−") for value in tip)
        for tip in tips
    )
    picture = explorer.locator(".geometry-picture")
    assert picture.get_attribute("aria-label") == (
        "The grid and the unit square before and after the map. "
        f"The corner (1, 0) goes to ({corner}), the corner (0, 1) to ({other}), "
        f"the origin to ({origin})."
    )
    lines = [[(a, -3), (a, 3)] for a in range(-3, 4)], [[(-3, a), (3, a)] for a in range(-3, 4)]
    grid = [line for pair in zip(*lines, strict=True) for line in pair]
    shown = explorer.locator(".geometry-before, .geometry-after, .geometry-arrow, .geometry-unit")
    texts = shown.evaluate_all("nodes => nodes.map((node) => node.getAttribute('points'))")
    drawn = [(numbers(text).reshape(-1, 2) - 180) / [40, -40] for text in texts]
    np.testing.assert_allclose(drawn[:14], grid, atol=0.001)
    shares = np.linspace(0, 1, 121)[:, None]
    for (start, end), line in zip(grid, drawn[14:28], strict=True):
        points = (1 - shares) * start + shares * end
        np.testing.assert_allclose(line, whole(points), atol=0.001)
    np.testing.assert_allclose(drawn[28], SQUARE, atol=0.001)
    for tip, arrow in zip(np.eye(2), drawn[29:], strict=True):
        np.testing.assert_allclose(arrow, whole(np.linspace(0, 1, 21)[:, None] * tip), atol=0.001)
    edge = points_of(explorer, ".geometry-square")
    ends = np.roll(SQUARE, -1, axis=0)
    pieces = [a + (b - a) * np.arange(20)[:, None] / 20 for a, b in zip(SQUARE, ends, strict=True)]
    np.testing.assert_allclose(edge, whole(np.concatenate(pieces)), atol=0.001)
    handles = explorer.locator(".geometry-handle")
    assert [handle.is_visible() for handle in handles.all()] == 3 * [
        not relu and second == "identity"
    ]
    spots = handles.evaluate_all(
        "nodes => nodes.map((node) => [+node.getAttribute('cx'), +node.getAttribute('cy')])"
    )
    np.testing.assert_allclose((np.array(spots) - 180) / [40, -40], tips, atol=0.001)


def test_geometry_says_and_draws_what_the_maps_do(fresh_page, server):
    explorer = opened(fresh_page, server, "geometry")
    for first, second, relu, words in SHOWN:
        explorer.get_by_label("First map", exact=True).select_option(first)
        explorer.get_by_label("Then a second map").select_option(second)
        explorer.get_by_label("relu after the first map").set_checked(relu)
        assert explorer.locator(".geometry-verdict").inner_text() == words
        assert_drawn(explorer, first, second, relu)


def test_geometry_writes_the_formula_with_its_numbers(fresh_page, server):
    explorer = opened(fresh_page, server, "geometry")
    formula = explorer.locator(".geometry-formula")

    def written():
        return "".join(formula.text_content().split())

    explorer.get_by_label("First map", exact=True).select_option("shear")
    assert written() == "x↦(1.001.000.001.00)x+(0.000.00)"
    explorer.get_by_label("Then a second map").select_option("translation")
    shear, shift = "(1.001.000.001.00)", "(1.000.000.001.00)"
    assert written() == (
        f"x↦{shift}({shear}x+(0.000.00))+(1.000.50)={shear}x+(1.000.50)"
    )  # fmt: skip
    assert formula.locator("math").count() == 2
    relu = explorer.get_by_label("relu after the first map")
    relu.check()
    assert written() == f"x↦{shift}relu({shear}x+(0.000.00))+(1.000.50)"
    assert formula.locator("math").count() == 1
    explorer.get_by_label("Then a second map").select_option("identity")
    assert written() == f"x↦relu({shear}x+(0.000.00))"
    assert formula.locator("mtr").count() == 4


def test_geometry_lets_only_what_is_held_be_dragged_and_not_too_far(fresh_page, server):
    explorer = opened(fresh_page, server, "geometry")
    explorer.get_by_label("First map", exact=True).select_option("translation")
    at = places_in(explorer.locator(".geometry-picture"))

    def drag(start, end, button="left"):
        fresh_page.mouse.move(*at(*start))
        fresh_page.mouse.down(button=button)
        fresh_page.mouse.move(*at(*end), steps=5)
        fresh_page.mouse.up(button=button)

    for button in ("middle", "right"):
        drag((1, 1.5), (2, 2), button=button)
    fresh_page.mouse.move(*at(1, 1.5))
    fresh_page.mouse.move(*at(1.1, 1.6))
    assert data_of(explorer) == [1, 0, 0, 1, 1, 0.5]
    # The tip of the second arrow: what is dragged is where it goes, so b is taken off.
    drag((1, 1.5), (2.5, 2.5))
    np.testing.assert_allclose(data_of(explorer), [1, 1.5, 0, 2, 1, 0.5], atol=0.051)
    assert all(abs(20 * value - round(20 * value)) < 1e-9 for value in data_of(explorer))
    explorer.get_by_label("First map", exact=True).select_option("identity")
    drag((0, 1), (-4.2, 4.2))
    drag((1, 0), (4.2, -4.2))
    assert data_of(explorer) == [3, -3, -3, 3, 0, 0]


# -- a training in the browser ---------------------------------------------------------------

# In place of the page's Python: it tells what it is asked, and is told what to answer.
STAND_IN = """ready => {
    document.documentElement.dataset.live = "ready";
    window.asked = [];
    const words = () => document.querySelector(".training-words").textContent;
    const cell = (live, code, name) => ({ told: { live, code }, name });
    window.dlbookLive = { stop: () => asked.push("stop"), page: {
        cells: [cell(true, "train(3)", "calls it"), cell(false, "def train(count):", "is dead"),
            cell(true, "import os\\ndef train(count, tell):\\n    pass", "defines it")],
        run: async ({ name }) => { asked.push(name, words()); return ready; },
        busy: (what, act) => { asked.push(what.name, words()); return act(); },
        execute: ({ code, quiet }, hear) => new Promise((end) => {
            asked.push(code, quiet);
            window.training = { hear: (name, value) => hear({ kind: "data", name, value }), end,
                other: () => hear({ kind: "text", name: "batch", value: [9, 9, 9] }) };
        }),
    } };
}"""


def packed(array):
    text = b64encode(np.ascontiguousarray(array).tobytes()).decode()
    return {"dtype": str(array.dtype), "shape": list(array.shape), "base64": text}


def assert_curve(explorer, losses):
    """See that the losses of the first of four batches stand where they belong."""
    points = numbers(explorer.locator(".training-loss").get_attribute("points")).reshape(-1, 2)
    # The axes are 44 units from the left and 34 from below, and end 4 and 8 before the edge.
    assert explorer.locator(".training-axis").get_attribute("d") == "M44 8 V186 H516"
    across = explorer.locator("svg > text")
    assert (across.get_attribute("x"), across.get_attribute("y")) == ("282", "216")
    expected = [[44 + 472 * (k + 0.5) / 4, 186 - 178 * loss / 2.5] for k, loss in enumerate(losses)]
    np.testing.assert_allclose(points, expected, atol=0.06)
    ticks = explorer.locator("svg.training-chart g text")
    assert ticks.all_text_contents() == ["0.00", "1.25", "2.50"]
    places = ticks.evaluate_all("ticks => ticks.map((tick) => ['x', 'y'].map((k) =>"
                                " +tick.getAttribute(k)))")  # fmt: skip
    assert places == [[38, 191], [38, 102], [38, 13]]


def test_training_shows_the_loss_as_it_falls_and_then_a_field_to_draw_in(fresh_page, server):
    explorer = opened(fresh_page, server, "training")
    words, bar = explorer.locator(".training-words"), explorer.get_by_role("progressbar")
    ten, sixty = explorer.get_by_role("button", name="Train on").all()
    stop = explorer.get_by_role("button", name="Stop")
    assert words.inner_text() == "Nothing has been trained yet."
    assert bar.evaluate("bar => [bar.value, bar.max]") == [0, 1]
    assert (ten.is_enabled(), sixty.is_enabled(), stop.is_enabled()) == (True, True, False)
    fresh_page.evaluate(STAND_IN, {})
    ten.click()
    fresh_page.wait_for_function("() => window.training")
    *asked, code, quiet = fresh_page.evaluate("asked")
    assert asked == ["defines it", "Running the cells that the training needs …",
                     "the training", "Starting to train …"]  # fmt: skip
    assert "train(10000, lambda done, of, loss:" in code
    assert quiet
    assert (ten.is_enabled(), sixty.is_enabled(), stop.is_enabled()) == (False, False, True)
    stop.click()
    assert fresh_page.evaluate("asked.at(-1)") == "stop"
    losses = [2.5, 1.25, 0.5]
    for k, loss in enumerate(losses):
        fresh_page.evaluate("value => training.hear('batch', value)", [k + 1, 4, loss])
    fresh_page.evaluate("training.other()")
    across = explorer.locator("svg > text")
    fresh_page.wait_for_function(
        "node => node.textContent === 'loss of each batch; 3 of 4 batches'",
        arg=across.element_handle(),
    )
    assert words.inner_text() == "Training: batch 3 of 4, loss 0.50."
    assert bar.evaluate("bar => [bar.value, bar.max]") == [0.75, 1]
    assert_curve(explorer, losses)
    weights = random_weights()
    images = np.zeros((10, 784), np.uint8)
    images[:, 300:310] = 255
    for name, value in [("seconds", 12.34), ("accuracy", 0.97125), ("images", packed(images)),
                        ("weights", [packed(weight) for weight in weights])]:  # fmt: skip
        fresh_page.evaluate("given => training.hear(...given)", [name, value])
    fresh_page.evaluate("training.end({})")
    desk = explorer.locator(".playground-desk")
    desk.wait_for()
    told = (
        "Trained on 10,000 images in 12.3 s: right on 97.1 % of the 10,000 test images. "
        "Now draw a digit for it."
    )
    assert (words.inner_text(), bar.evaluate("bar => bar.value")) == (told, 1)
    assert (ten.is_enabled(), sixty.is_enabled(), stop.is_enabled()) == (True, True, False)
    shown = explorer.locator(".playground-bars tbody td:last-child").all_inner_texts()
    hidden = np.maximum(images[0] / 255 @ weights[0] + weights[1], 0)
    powers = np.exp(hidden @ weights[2] + weights[3])
    assert shown == [f"{power / powers.sum():.3f}" for power in powers]
    assert explorer.get_by_role("radio").count() == 10
    fresh_page.wait_for_function(
        "([node, told]) => node.textContent === told",
        arg=[explorer.get_by_role("status").last.element_handle(), told],
    )
    sixty.click()
    fresh_page.wait_for_function("() => asked.at(-2).includes('train(60000, lambda')")
    assert desk.count() == 0, "what was there goes when another training begins"
    assert fresh_page.complaints == []


def test_training_that_ends_with_an_error_keeps_its_curve(fresh_page, server):
    explorer = opened(fresh_page, server, "training")
    fresh_page.evaluate(STAND_IN, {})
    explorer.get_by_role("button", name="Train on").first.click()
    fresh_page.wait_for_function("() => window.training")
    fresh_page.evaluate(
        "() => { for (let k = 1; k <= 201; k += 1) training.hear('batch', [k, 201, 0.25]); }"
    )
    fresh_page.evaluate("training.end({ error: { text: 'Traceback\\nKeyboardInterrupt' } })")
    fresh_page.wait_for_function(
        "node => node.textContent === 'The training ended: KeyboardInterrupt'",
        arg=explorer.locator(".training-words").element_handle(),
    )
    line = explorer.locator(".training-loss")
    # A loss below a half does not fill the picture, and 200 points are enough for it.
    fresh_page.wait_for_function(
        "node => node.getAttribute('points')?.split(' ').length === 101", arg=line.element_handle()
    )
    points = numbers(line.get_attribute("points")).reshape(-1, 2)
    np.testing.assert_allclose(points[:, 0], 44 + 472 * (np.arange(101) + 0.5) / 101, atol=0.06)
    np.testing.assert_array_equal(points[:, 1], 97)
    assert fresh_page.complaints == []


def random_weights():
    rng = np.random.default_rng(0)
    shapes = [(784, 512), (512,), (512, 10), (10,)]
    return [(rng.normal(size=shape) / 20).astype(np.float32) for shape in shapes]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("dlbookLive.page.run = async () => null", "a cell before it failed"),
        ("dlbookLive.page.run = async () => ({ error: { text: 'In\\nNameError: x' } })",
         "NameError: x"),
        ("dlbookLive.page.cells.length = 2", "no cell of this page defines train"),
    ],
    ids=["a cell before it", "an error", "no cell"],
)  # fmt: skip
def test_training_says_why_it_ended(fresh_page, server, change, words):
    explorer = opened(fresh_page, server, "training")
    fresh_page.evaluate(STAND_IN, {})
    fresh_page.evaluate(f"() => {{ {change}; }}")
    button = explorer.get_by_role("button", name="Train on").first
    button.click()
    fresh_page.wait_for_function(
        "([node, words]) => node.textContent === `The training ended: ${words}`",
        arg=[explorer.locator(".training-words").element_handle(), words],
    )
    assert button.is_enabled()
    assert explorer.get_by_role("button", name="Stop").is_disabled()


def test_training_makes_the_page_live_first_or_says_why_not(fresh_page, server):
    explorer = opened(fresh_page, server, "training")
    words = explorer.locator(".training-words").element_handle()
    button = explorer.get_by_role("button", name="Train on").first
    said = "([node, words]) => node.textContent === words"
    fresh_page.evaluate("document.querySelector('.live-start')?.remove()")
    button.click()
    missing = "The training ended: this page was built without Python for the browser"
    fresh_page.wait_for_function(said, arg=[words, missing])
    # A button like that of the page, which tells that it was pressed.
    fresh_page.evaluate(
        """() => {
            const box = Explore.html("div", { class: "live-start" },
                Explore.html("button", { onclick: () => { window.pressed = true; } }, "Live"));
            document.querySelector("article").prepend(box);
        }"""
    )
    button.click()
    fresh_page.wait_for_function(said, arg=[words, "Making this page live first …"])
    assert fresh_page.evaluate("pressed")
    fresh_page.evaluate(
        "document.querySelector('.live-start').append(Explore.html('p', { role: 'alert' }, 'Old.'))"
    )
    fresh_page.wait_for_function(said, arg=[words, "The training ended: Old."])
    fresh_page.evaluate("document.querySelector('.live-start [role=alert]').remove()")
    button.click()
    fresh_page.wait_for_timeout(250)
    assert explorer.locator(".training-words").inner_text() == "Making this page live first …"
    fresh_page.evaluate(STAND_IN, {})
    fresh_page.wait_for_function("() => window.training")


def test_training_draws_the_means_of_neighbours_where_there_are_many(shared_page, server):
    opened(shared_page, server, "training")
    rng = np.random.default_rng(0)
    for length, most, width in [(7, 10, 1), (10, 10, 1), (11, 10, 2), (469, 200, 3), (30, 10, 3)]:
        values = rng.random(length)
        means = shared_page.evaluate(
            "given => Explore.training.thinned(...given)", [values.tolist(), most]
        )
        parts = [values[k : k + width].mean() for k in range(0, length, width)]
        np.testing.assert_allclose(means, parts, atol=1e-12)
