"""The form of what readers see: one look for one thing, and nothing torn apart."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STYLE = (ROOT / "src" / "dlbook" / "plotting" / "_style.py").read_text("utf-8")
COLOURS = dict(re.findall(r'^([A-Z]+) = "(#[0-9a-f]{6})"$', STYLE, re.M))

# What the filter of the figures makes of a colour, in the browser that shows it.
FILTERED = """([colour, filter]) => {
    const canvas = new OffscreenCanvas(1, 1);
    const brush = canvas.getContext("2d");
    brush.filter = filter;
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_explorers_have_the_colours_of_the_figures(fresh_page, server, theme):
    fresh_page.emulate_media(color_scheme=theme)
    fresh_page.goto(f"{server.address}/geometry.html")
    style = fresh_page.locator("figure img").first.evaluate("node => getComputedStyle(node).filter")
    for name in ("INK", "MUTED", "GRID", "BLUE", "ORANGE", "GREEN", "PURPLE"):
        explorer = fresh_page.evaluate(
            "name => getComputedStyle(document.documentElement).getPropertyValue(name)",
            f"--explore-{name.lower()}",
        ).strip()
        figure = fresh_page.evaluate(FILTERED, [COLOURS[name], style])
        ours = [int(explorer[k : k + 2], 16) for k in (1, 3, 5)]
        # Colours are whole numbers, and the filter rounds after each of its two parts.
        assert max(abs(a - b) for a, b in zip(ours, figure, strict=True)) <= 2, name


LOOK = """node => {
    const style = getComputedStyle(node);
    const names = ["display", "fontSize", "fontWeight", "paddingTop", "paddingLeft",
        "backgroundColor", "borderTopWidth", "borderLeftWidth", "borderTopColor", "borderRadius",
        "color", "cursor"];
    const box = node.getBoundingClientRect();
    const before = getComputedStyle(node, "::before").content;
    return JSON.stringify([...names.map((name) => style[name]), before, Math.round(box.height)]);
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_all_that_is_folded_away_looks_alike(fresh_page, server, width, theme):
    fresh_page.emulate_media(color_scheme=theme)
    fresh_page.set_viewport_size({"width": width, "height": 844})
    looks = {}
    kinds = ("hide", "answer", "question-answer", "deeper")
    for name in ("from-scratch", "many-workers", "scores-to-loss"):
        fresh_page.goto(f"{server.address}/{name}.html")
        for kind in kinds:
            for fold in fresh_page.locator(f"details.{kind} > summary").all():
                if fold.is_visible():
                    looks.setdefault(fold.evaluate(LOOK), set()).add(kind)
    assert len(looks) == 1, looks
    assert looks.popitem()[1] == set(kinds)


@pytest.mark.parametrize("kind", ["hide", "answer", "question-answer"])
def test_what_folds_says_what_a_press_will_do(fresh_page, server, kind):
    fresh_page.goto(f"{server.address}/scores-to-loss.html")
    button = fresh_page.locator(f"details.{kind} > summary").first
    before = button.inner_text().strip()
    button.click()
    after = button.inner_text().strip()
    assert re.fullmatch(r"Show the \w+", before)
    assert after == before.replace("Show", "Hide")


# Words on more than one line; addresses may break anywhere.
TORN = r"""() => {
    const article = document.querySelector(".bd-article");
    const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
    const torn = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const around = node.parentElement;
        const apart = "pre, math, a.external, .explorer-unseen";
        if (around.closest(apart) || !around.checkVisibility()) continue;
        for (const { index, 0: word } of node.data.matchAll(/[\p{L}\p{N}_]{2,}/gu)) {
            const range = document.createRange();
            range.setStart(node, index);
            range.setEnd(node, index + word.length);
            const boxes = [...range.getClientRects()].filter(({ width }) => width > 0);
            if (boxes.some(({ top }) => top >= boxes[0].bottom)) torn.push(word);
        }
    }
    return torn;
}"""

# Signs that stand at the beginning of a line, away from the formula or the link before them.
LOST = r"""() => [...document.querySelectorAll(".bd-article :is(math, a.reference, .pasted-text)")]
    .filter((node) => node.checkVisibility()).flatMap((node) => {
        let last = node;
        while (!last.nextSibling && getComputedStyle(last.parentElement).display === "inline") {
            last = last.parentElement;
        }
        const text = last.nextSibling;
        if (text?.nodeType !== Node.TEXT_NODE || !/^[.,;:?!)\]]/.test(text.data)) return [];
        const range = document.createRange();
        range.setStart(text, 0);
        range.setEnd(text, 1);
        const box = [...node.getClientRects()].pop();
        return range.getBoundingClientRect().top >= box.bottom ? [text.data.slice(0, 9)] : [];
    })"""


def test_no_word_is_torn_and_no_sign_is_lost_on_a_phone(shared_page, server, framed_page):
    shared_page.set_viewport_size({"width": 390, "height": 844})
    shared_page.goto(f"{server.address}/{framed_page}.html")
    folds = "document.querySelectorAll('.bd-article details')"
    shared_page.evaluate(f"{folds}.forEach((fold) => {{ fold.open = true; }})")
    shared_page.evaluate("document.fonts.ready")
    torn, lost = shared_page.evaluate(TORN), shared_page.evaluate(LOST)
    shared_page.evaluate(f"{folds}.forEach((fold) => {{ fold.open = false; }})")
    assert (torn, lost) == ([], [])


def test_a_thin_space_follows_names_of_functions_without_brackets(fresh_page, server):
    fresh_page.goto(f"{server.address}/notation.html")
    fresh_page.evaluate("document.fonts.ready")
    gaps = fresh_page.evaluate(
        """() => [...document.querySelectorAll("td math :is(mi, mo)")]
            .filter((node) => /^(ln|cos|sin|det|max)$/.test(node.textContent)).map((node) => {
                const math = node.closest("math");
                const others = [...math.querySelectorAll("mi, mn, mo")].filter((other) =>
                    node.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING &&
                    other.getBoundingClientRect().width > 0);
                const size = parseFloat(getComputedStyle(node).fontSize);
                const box = node.getBoundingClientRect();
                return [node.textContent, others[0]?.textContent ?? "",
                    others.length ? (others[0].getBoundingClientRect().left - box.right) / size : 0,
                    (box.left - math.getBoundingClientRect().left) / size];
            })"""
    )
    assert {name for name, *_ in gaps} == {"ln", "cos", "sin", "det", "max"}
    for name, follows, gap, before in gaps:
        # A sixth of the size of letters, and what letters have at their sides; none at a bracket.
        wanted = 1 / 6 if follows not in {"", "("} else 0
        assert abs(gap - wanted) < 0.08, (name, follows, gap)
        assert before < 0.08 or name != "max", (name, before)


def test_works_are_listed_by_the_names_that_pages_cite(fresh_page, server):
    fresh_page.goto(f"{server.address}/bibliography.html")
    names = {
        entry.get_attribute("id"): entry.locator(".label").inner_text()
        for entry in fresh_page.locator(".citation").all()
    }
    assert len(set(names.values())) == len(names) > 40
    for page in ("playground", "many-workers", "faster"):
        fresh_page.goto(f"{server.address}/{page}.html")
        for link in fresh_page.locator('a[href^="bibliography.html#id"]').all():
            cited = link.inner_text().replace("\N{NO-BREAK SPACE}", " ")
            assert names[link.get_attribute("href").partition("#")[2]] == f"[{cited}]"


def test_bars_of_almost_nothing_leave_no_mark(fresh_page, server):
    fresh_page.goto(f"{server.address}/playground.html")
    fresh_page.locator(".explorer-app").wait_for()
    rows = fresh_page.locator(".playground-bars tbody tr")
    for row in rows.all():
        share = float(row.locator("td").last.inner_text())
        width = row.locator(".playground-fill").bounding_box()["width"]
        track = row.locator(".playground-track").bounding_box()["width"]
        # Shares are written with three digits, and the track holds its padding and its axis, too.
        assert abs(width - share * track) < 0.0005 * track + 10 * share + 0.5


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_cells_have_the_frame_of_other_code(fresh_page, server, theme):
    fresh_page.emulate_media(color_scheme=theme)
    fresh_page.goto(f"{server.address}/playground.html")
    colours = [
        fresh_page.locator(place).first.evaluate("node => getComputedStyle(node).borderTopColor")
        for place in (".cell_input", "div.highlight-python pre")
    ]
    assert colours[0] == colours[1]
