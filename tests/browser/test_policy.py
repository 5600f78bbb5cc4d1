"""A page runs nothing that does not come from the site, whatever a reader or an address puts in."""

import re

import pytest
from bs4 import BeautifulSoup

POLICY = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "form-action": "'self'",
    "img-src": "'self' data: blob:",
    "script-src": "'self' 'wasm-unsafe-eval'",
    "style-src": "'self'",
    "worker-src": "'self'",
}
# Sets a mark on the window if it ever becomes markup or a script.
HOSTILE = [
    "<img src=x onerror=window.injected=1>",
    '"><script>window.injected=1</script>',
    "<svg onload=window.injected=1>",
    "javascript:window.injected=1",
    "');window.injected=1;('",
]
ADDRESSES = [
    "index.html?highlight={}",
    "index.html?q={}",
    "index.html#{}",
    "glossary.html#term-{}",
    "search.html?q=loss&highlight={}#{}",
    "search.html?check_keywords={}&area={}",
    "{}.html",
]
FOUND = """() => [
    window.injected && "the script ran",
    ...[...document.querySelectorAll("[onerror], [onload], [href*='injected'], [src='x']")]
        .map((el) => el.outerHTML),
].filter(Boolean)"""


def directives(soup):
    """Return the policy of a page; it stands before all that it is about."""
    found = soup.select("meta[http-equiv=Content-Security-Policy]")
    assert len(found) == 1
    first = soup.select_one("script, link[rel=stylesheet], style")
    assert first is None or first.sourceline > found[0].sourceline
    parts = (part.strip().partition(" ") for part in found[0]["content"].split(";"))
    return {name: sources for name, _, sources in parts}


def test_every_page_has_the_policy_and_nothing_that_it_forbids(site, every_page):
    soup = BeautifulSoup((site / f"{every_page}.html").read_text(), "html.parser")
    assert directives(soup) == POLICY
    assert [tag for tag in soup.select("script") if not tag.get("src")] == []
    assert soup.select("style, [style], base, iframe, object, embed, applet") == []
    handlers = [
        tag for tag in soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)
    ]
    assert handlers == []
    addresses = [tag.get("href") or tag.get("src") for tag in soup.select("[href], [src]")]
    assert [a for a in addresses if re.match(r"\s*(javascript|vbscript|data):", a, re.I)] == []
    assert [tag["src"] for tag in soup.select("[src]") if "//" in tag["src"]] == []
    assert [a for tag in soup.select("link") if "//" in (a := tag["href"])
            and tag["rel"] != ["canonical"]] == []  # fmt: skip


@pytest.mark.parametrize("place", ["served", "from disk"])
def test_policy_stops_what_does_not_come_from_the_site(fresh_page, server, site, place):
    start = server.address if place == "served" else site.as_uri()
    fresh_page.goto(f"{start}/index.html")
    # The same server under another name is another origin.
    foreign = server.address.replace("127.0.0.1", "localhost") + "/_static/foreign.js"
    fresh_page.evaluate(
        """async (foreign) => {
            const add = (name, properties) => new Promise((done) => {
                const tag = Object.assign(document.createElement(name), properties);
                tag.onload = tag.onerror = done;
                document.head.append(tag);
                setTimeout(done, 500);
            });
            await add("script", { textContent: "window.injected = 1" });
            await add("script", { src: "data:text/javascript,window.injected=1" });
            await add("script", { src: foreign });
            await add("style", { textContent: "h1 { color: red }" });
            const box = document.createElement("p");
            box.innerHTML = "<i onclick='window.injected=1' style='color: red'>x</i>";
            document.body.append(box);
            box.firstChild.click();
            await fetch(foreign).catch(() => {});
        }""",
        foreign,
    )
    assert fresh_page.evaluate("window.injected") is None
    stopped = {text.split()[3] for text in fresh_page.complaints if "error: policy:" in text}
    assert stopped == {
        "script-src-elem", "script-src-attr", "style-src-elem", "style-src-attr", "connect-src",
    }  # fmt: skip
    assert "/_static/foreign.js" not in server.sent


@pytest.mark.parametrize("place", ["served", "from disk"])
@pytest.mark.parametrize("words", HOSTILE)
def test_search_shows_hostile_words_as_words(fresh_page, server, site, place, words):
    start = server.address if place == "served" else site.as_uri()
    fresh_page.goto(f"{start}/index.html")
    fresh_page.keyboard.press("Control+K")
    fresh_page.keyboard.type(f"tensor {words}")
    fresh_page.keyboard.press("Enter")
    fresh_page.wait_for_url("**/search.html?q=*")
    status = fresh_page.locator("article .search-status")
    status.filter(has_text=re.compile(r"\S")).wait_for(state="attached")
    field = fresh_page.locator("form.bd-search input:visible")
    assert field.input_value() == f"tensor {words}"
    assert fresh_page.evaluate(FOUND) == []
    assert [text for text in fresh_page.complaints if "request: file:" not in text] == []


def test_marks_of_a_search_are_shown_and_hidden(fresh_page, server):
    fresh_page.goto(f"{server.address}/tensors.html?highlight=tensor")
    fresh_page.locator("article .highlighted").first.wait_for()
    fresh_page.get_by_text("Hide Search Matches").click()
    assert fresh_page.locator("article .highlighted").count() == 0
    assert fresh_page.complaints == []


@pytest.mark.parametrize("words", HOSTILE)
def test_addresses_put_nothing_into_a_page(fresh_page, server, words):
    for address in ADDRESSES:
        fresh_page.goto(f"{server.address}/{address.replace('{}', words)}")
        fresh_page.wait_for_timeout(200)
        assert fresh_page.evaluate(FOUND) == [], address
        # The address of a page that is not there, and its answer, are the reader's.
        told = [text for text in fresh_page.complaints if "404 (Not Found)" not in text]
        assert told == [], address
        fresh_page.goto("about:blank")


FIELDS = "article input:not([type]), article input[type=text]"


def test_fields_of_questions_and_explorers_show_what_is_typed_as_text(
    shared_page, server, page_with_fields
):
    shared_page.complaints.clear()
    shared_page.goto(f"{server.address}/{page_with_fields}.html")
    for field in shared_page.locator(FIELDS).all():
        if field.is_visible():
            for words in HOSTILE:
                field.fill(words)
                field.press("Enter")
    assert shared_page.evaluate(FOUND) == []
    assert shared_page.complaints == []


def test_there_are_fields_to_type_into(shared_page, server):
    shared_page.goto(f"{server.address}/first-look.html")
    assert shared_page.locator(FIELDS).count()
