"""The explorers, driven as readers drive them, and held against NumPy."""

import json
from pathlib import Path

import numpy as np
import pytest

AXE = next((Path(__file__).parent / "vendor").glob("axe-*.min.js"))
RUN_AXE = """async () => (await axe.run(".explorer", { resultTypes: ["violations"] })).violations
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`))"""
PAGES = {"broadcasting": "tensor-operations"}


def by_name(names=tuple(PAGES)):
    return pytest.mark.parametrize("name", names)


def place(page, name):
    return page.locator(f"[data-explorer={name}]")


def opened(page, server, name):
    """Open the page of an explorer, and return the explorer."""
    page.goto(f"{server.address}/{PAGES[name]}.html")
    place(page, name).locator(".explorer-app").wait_for()
    place(page, name).scroll_into_view_if_needed()
    return place(page, name)


# -- what holds for all ----------------------------------------------------------------------


@by_name()
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", ["fresh_page", "phone"])
def test_axe_finds_nothing(request, server, name, theme, device):
    page = request.getfixturevalue(device)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    opened(page, server, name)
    page.add_script_tag(path=AXE)
    assert page.evaluate(RUN_AXE) == []
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


def test_pages_without_an_explorer_load_none_of_it(fresh_page, server):
    server.sent.clear()
    fresh_page.goto(f"{server.address}/tensors.html", wait_until="networkidle")
    assert not [path for path in server.sent if "/explore/" in path]


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
