"""The search: it finds the page that teaches, and can be used by everybody, from disk too."""

import json
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
QUERIES = yaml.safe_load((HERE.parent / "search_queries.yml").read_text("utf-8"))
TABLE = {
    words: [wanted] if isinstance(wanted, str) else wanted
    for group in QUERIES.values()
    for words, wanted in group.items()
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def open_dialog(page, server, name="first-look"):
    page.goto(f"{server.address}/{name}.html")
    page.keyboard.press("Control+K")
    return page.locator("#pst-search-dialog")


def ask(page, words):
    """Type words into the field that has the focus, and wait for what is found."""
    page.keyboard.press("Control+A")
    page.keyboard.type(words)
    page.wait_for_function(
        "words => [...document.querySelectorAll('.search-status')]"
        ".some(node => node.textContent.includes(`“${words}”`))",
        arg=words,
    )


@pytest.fixture(scope="module")
def engine(browser, server):
    """A page in which the search is ready, and a function that asks it."""
    page = browser.new_page()
    page.goto(f"{server.address}/search.html")
    page.locator("article input[name=q]").focus()
    ask(page, "tensor")
    page.evaluate(
        "async () => { window.engine = await new BookSearch.Engine(BookSearch.data).fill(); }"
    )
    yield lambda words: page.evaluate("words => engine.search(words)", words)
    page.close()


def rank(answer, wanted):
    """Return the place of the first wanted page in an answer, from 1; 0 if it has none."""
    urls = [result["url"] for result in answer["results"]]
    places = [urls.index(f"{page}.html") + 1 for page in wanted if f"{page}.html" in urls]
    return min(places, default=0)


def test_the_page_that_teaches_comes_first(engine, site):
    # A site with some of the pages only, as in the tests of the build, is asked for these.
    table = {
        words: wanted
        for words, wanted in TABLE.items()
        if all((site / f"{page}.html").is_file() for page in wanted)
    }
    assert len(table) >= 60
    ranks = {words: rank(engine(words), wanted) for words, wanted in table.items()}
    behind = {words: place for words, place in ranks.items() if place != 1}
    print(json.dumps(behind, indent=1, ensure_ascii=False))
    # The bounds are the aim that the search was chosen by.
    assert len(behind) <= 0.1 * len(ranks), behind
    assert sum(not 1 <= place <= 3 for place in ranks.values()) <= 0.02 * len(ranks), behind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("optimizer", "optimiser"), ("generalization", "generalisation"), ("color", "colour"),
        ("neighbor", "neighbour"), ("one-hot", "onehot"), ("backpropagation", "back propagation"),
        ("mini-batch", "minibatch"), ("60,000", "60000"), ("gradient", "gradients"),
    ],
)  # fmt: skip
def test_spellings_find_the_same_page(engine, one, other):
    first, second = engine(one)["results"], engine(other)["results"]
    assert first[0]["url"] == second[0]["url"]


def test_a_slip_is_mended_and_said(fresh_page, server):
    dialog = open_dialog(fresh_page, server)
    ask(fresh_page, "sotfmax")
    assert "“softmax”" in dialog.locator(".search-status").inner_text()
    assert dialog.locator(".search-title").first.inner_text() == "Turn scores into a loss"


def test_a_word_of_the_glossary_shows_its_definition(engine):
    results = engine("softmax")["results"]
    entry = next(result for result in results[:3] if result["kind"] == "glossary")
    assert entry["url"].startswith("glossary.html#term-")
    assert entry["excerpt"].startswith("The activation that turns scores into probabilities")


def test_excerpts_hold_text_of_the_pages_and_no_buttons(engine):
    for words in ("softmax", "light", "settings", "copy", "show the answer", "dark"):
        for result in engine(words)["results"]:
            for text in [result["excerpt"], *(part["excerpt"] for part in result["parts"])]:
                assert "Settings Light Dark" not in text
                assert "Show the answer" not in text
                assert "#" not in text.split("…")[0][-1:]


def test_numbers_are_found_as_the_pages_write_them(engine):
    for number in ("784", "128", "0.001"):
        results = engine(number)["results"]
        assert results, number
        assert any(number in part["excerpt"] for result in results for part in result["parts"])


def test_what_cannot_be_found_is_said_in_words(fresh_page, server):
    dialog = open_dialog(fresh_page, server)
    ask(fresh_page, "zzzzqqq")
    status = dialog.locator(".search-status").inner_text()
    assert status.startswith("Nothing found")
    assert "numbers as the pages write them" in status
    assert fresh_page.complaints == []


@pytest.mark.parametrize("device", ["fresh_page", "phone"])
def test_results_come_while_typing_and_keys_go_through_them(request, server, device):
    page = request.getfixturevalue(device)
    dialog = open_dialog(page, server)
    page.keyboard.type("chain")
    first = dialog.locator(".search-title").first
    first.wait_for()
    assert "results for “chain”" in dialog.locator("[role=status]").inner_text()
    page.keyboard.press("ArrowDown")
    assert first.evaluate("node => node === document.activeElement")
    page.keyboard.press("ArrowUp")
    assert dialog.locator("input").evaluate("node => node === document.activeElement")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/backpropagation.html")
    assert page.complaints == []


@pytest.mark.parametrize("device", ["fresh_page", "phone"])
def test_the_open_dialog_is_accessible_and_fits(request, server, violations, device):
    page = request.getfixturevalue(device)
    dialog = open_dialog(page, server)
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        ask(page, "softmax" if theme == "light" else "gradient")
        assert violations(page, rules=RULES) == []
    box = dialog.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    assert box["y"] + box["height"] <= page.viewport_size["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    dialog.locator(".search-close").click()
    assert not dialog.is_visible()


def test_a_result_on_the_same_page_closes_the_dialog(fresh_page, server):
    dialog = open_dialog(fresh_page, server, "scores-to-loss")
    ask(fresh_page, "temperature")
    dialog.locator(".search-parts a").first.click()
    assert not dialog.is_visible()
    assert "#" in fresh_page.url


def test_the_drawer_of_a_phone_has_a_search_button_with_a_name(phone, server):
    phone.goto(f"{server.address}/first-look.html")
    phone.locator(".primary-toggle:visible").click()
    button = phone.locator("dialog[open]").get_by_role("button", name="Search")
    assert "Search" in button.inner_text()
    button.click()
    field = phone.locator("#pst-search-dialog input")
    assert field.is_visible()
    assert field.evaluate("field => field === document.activeElement")


def test_the_search_works_from_disk(fresh_page, site):
    fresh_page.goto((site / "first-look.html").as_uri())
    fresh_page.keyboard.press("Control+K")
    ask(fresh_page, "softmax")
    fresh_page.locator("#pst-search-dialog .search-title").first.click()
    fresh_page.wait_for_url("**/scores-to-loss.html")


def test_nothing_of_the_search_is_fetched_before_it_is_used(fresh_page, server):
    loaded = []
    fresh_page.on("request", lambda request: loaded.append(request.url))
    open_dialog(fresh_page, server)
    fresh_page.wait_for_function("() => typeof BookSearch === 'object' && BookSearch.Engine")
    late = ("engine.js", "data.js", "minisearch.js", "english-stemmer.js")
    page_loads = loaded[: next(i for i, url in enumerate(loaded) if "minisearch" in url)]
    assert not any(name in url for url in page_loads for name in late)
