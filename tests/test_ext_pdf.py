"""How the pages of the site become one page, and what the browser is asked to print."""

import base64
import runpy
import sys
import types
from pathlib import Path

import book_pdf
import pytest
from bs4 import BeautifulSoup

LINKS = [
    "#", "first.html", "second.html", "first.html#part", "dlbook.api.html", "glossary.html",
    "in/third.html", "",
]  # fmt: skip
CONTENTS = "".join(f'<a class="reference internal" href="{link}">x</a>' for link in LINKS)
HEAD = (
    '<link rel="stylesheet" href="_static/a.css"><link rel="icon" href="i.svg">'
    '<link rel="stylesheet" href="_static/b.css">'
)


def page(content, head=""):
    return (
        f'<html><head>{head}</head><body><nav class="bd-links">{CONTENTS}</nav>'
        f'<article class="bd-article">{content}</article><article>Another.</article></body></html>'
    )


@pytest.fixture
def site(tmp_path):
    """A built site with two pages in its contents, one in a folder, and two of the appendix."""
    pages = {
        "index": page('<section id="top"><h1>The <i>book</i><a>#</a></h1></section>', HEAD),
        "first": page('<section id="part"><h1>First ä</h1></section>'),
        "second": page("<h1>Second</h1>"),
        "in/third": page("<h1>Third</h1>"),
        "glossary": page("<h1>Words</h1>"),
        "errata": page("<h1>Errata</h1>"),
    }
    (tmp_path / "in").mkdir()
    for name, html in pages.items():
        (tmp_path / f"{name}.html").write_text(html, "utf-8")
    return tmp_path


def taken(site, content, name="first", names=("index", "first", "second", "in/third")):
    """Return what the article of a page becomes."""
    (site / f"{name}.html").write_text(page(content), "utf-8")
    return book_pdf.taken(site, name, set(names))


def test_pages_come_in_the_order_of_the_contents_and_the_appendix_that_is_there_last(site):
    assert book_pdf.contents(site) == [
        "index", "first", "second", "in/third", "errata", "glossary",
    ]  # fmt: skip


def test_contents_are_only_what_the_list_of_pages_links_to(site):
    other = '<a class="reference internal" href="other.html">x</a>'
    html = (site / "index.html").read_text("utf-8").replace("</nav>", f"</nav>{other}")
    (site / "index.html").write_text(html, "utf-8")
    assert "other" not in book_pdf.contents(site)
    (site / "index.html").write_text('<div class="bd-links">' + other + "</div>", "utf-8")
    assert book_pdf.contents(site)[:2] == ["index", "other"]
    (site / "index.html").write_text('<nav class="bd-links"><a href="plain.html"></a></nav>')
    assert book_pdf.contents(site)[:2] == ["index", "plain"]


def test_ids_are_those_of_their_page_and_links_find_them(site):
    article = taken(
        site,
        '<h1 id="a">A</h1><p id="b"><a href="#a">here</a><a href="second.html#x">x</a>'
        '<a href="second.html">page</a><a href="in/third.html">third</a>'
        '<a href="./second.html">second</a><a name="old">old</a></p>',
    )
    assert article["id"] == "first"
    assert article.name == "article"
    assert [node["id"] for node in article.select("[id]")] == ["first--a", "first--b"]
    links = {link.get_text(): link["href"] for link in article.select("a[href]")}
    assert links == {
        "here": "#first--a", "x": "#second--x", "page": "#second", "third": "#in/third",
        "second": "#second",
    }  # fmt: skip


def test_links_to_the_reference_become_text_and_those_to_the_web_stay(site):
    article = taken(
        site,
        '<p>A <a href="dlbook.html#dlbook.relu"><code>relu</code></a>, '
        '<a href="https://a.example/x.html">web</a>, <a href="//b.example/second.html">b</a>, '
        '<a href="mailto:a@b.example">mail</a>, <a href="second.html">page</a></p>',
    )
    assert article.p.get_text() == "A relu, web, b, mail, page"
    assert article.p.code.parent is article.p
    assert [link["href"] for link in article.select("a")] == [
        "https://a.example/x.html", "//b.example/second.html", "mailto:a@b.example", "#second",
    ]  # fmt: skip


def test_what_only_screens_need_is_left_out_and_what_is_folded_is_open(site):
    article = taken(
        site,
        "<script>1</script><button>Copy</button><noscript>n</noscript><p>Text"
        '<a class="headerlink" href="#x">#</a></p><div class="explorer-app">app</div>'
        '<form id="searchbox">s</form><p class="start-here">go</p>'
        "<details><summary>More</summary>folded</details><details open>seen</details>",
    )
    assert article.get_text() == "TextMorefoldedseen"
    assert [details["open"] for details in article.select("details")] == ["", ""]


def test_a_page_without_an_article_is_named(site):
    (site / "second.html").write_text("<p>nothing</p>")
    with pytest.raises(
        ValueError, match=r"^second\.html: expected a page with an article\. Received: none$"
    ):
        book_pdf.taken(site, "second", set())


def test_the_single_page_has_all_articles_under_the_sheets_of_the_site(site):
    html = book_pdf.single_page(site)
    assert html.startswith("<!DOCTYPE html>")
    soup = BeautifulSoup(html, "html.parser")
    assert soup.title.get_text() == "The book"
    assert (soup.html["lang"], soup.html["data-theme"]) == ("en", "light")
    assert soup.select_one("meta[charset]")["charset"] == "utf-8"
    sheets = [link["href"] for link in soup.select("head > link")]
    assert sheets == ["_static/a.css", "_static/b.css"]
    assert "break-before: page" in soup.select_one("head > style").get_text()
    # The theme's sheets set what stands in these elements.
    place = "body > main.bd-main > div.bd-content > div.bd-article-container > article"
    articles = soup.select(place)
    assert [article["id"] for article in articles] == [
        "index", "first", "second", "in/third", "errata", "glossary",
    ]  # fmt: skip
    assert articles[1].h1.get_text() == "First ä"
    assert html.count("<article") == 6
    assert html.count("</html>") == 1


def test_the_sheet_of_the_explorers_is_there_where_the_site_has_it(site):
    sheet = site / "_static" / "explore" / "explore.css"
    sheet.parent.mkdir(parents=True)
    sheet.write_text("p {}")
    soup = BeautifulSoup(book_pdf.single_page(site), "html.parser")
    sheets = [(link["rel"], link["href"]) for link in soup.select("head > link")]
    assert sheets[2:] == [(["stylesheet"], "_static/explore/explore.css")]


def test_a_book_without_a_title_has_the_name_of_the_package(site):
    (site / "index.html").write_text(page("<p>no title</p>"), "utf-8")
    assert "<title>dlbook</title>" in book_pdf.single_page(site)


class Browser:
    """Stands in for playwright and its browser: notes what it is asked, and prints a text.

    Whether the real one prints what is asked for, `nox -s pdf` shows.
    """

    def __init__(self, monkeypatch, printed=b"%PDF of the book"):
        self.asked, self.printed = [], printed
        self.chromium = self.context = self
        module = types.ModuleType("playwright.sync_api")
        module.sync_playwright = lambda: self
        package = types.ModuleType("playwright")
        package.sync_api = module
        monkeypatch.setitem(sys.modules, "playwright", package)
        monkeypatch.setitem(sys.modules, "playwright.sync_api", module)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.asked.append("end")

    def launch(self, executable_path, args):
        self.asked.append((executable_path, args))
        return self

    def new_page(self):
        return self

    def goto(self, address, wait_until, timeout):
        path = Path(address.removeprefix("file://"))
        self.asked.append((path, path.read_text("utf-8"), wait_until, timeout))

    def new_cdp_session(self, page):
        assert page is self
        return self

    def send(self, command, options):
        self.asked.append((command, options))
        if self.printed is None:
            raise RuntimeError("no paper")
        return {"data": base64.b64encode(self.printed).decode()}

    def close(self):
        self.asked.append("close")


def test_the_single_page_is_printed_from_beside_the_pages_and_goes(site, monkeypatch):
    browser = Browser(monkeypatch)
    whole = book_pdf.single_page(site)
    target = site / "new" / "folder" / "book.pdf"
    book_pdf.print_book(site, target)
    assert target.read_bytes() == b"%PDF of the book"
    started, (path, text, wait, timeout), (command, options), *ends = browser.asked
    assert started == (book_pdf.CHROMIUM, book_pdf.FLAGS)
    # A printer needs no network, so what asks for it is off, as in the browser tests; nor a screen.
    unneeded = {"background-networking", "component-update", "sync", "quic", "gpu"}
    assert {f"--disable-{what}" for what in unneeded} <= set(book_pdf.FLAGS)
    assert {"--no-first-run", "--no-sandbox"} <= set(book_pdf.FLAGS)
    assert path.parent == site.resolve(), "figures and fonts are found by their paths"
    assert text == whole
    assert wait == "load", "with all figures"
    assert timeout >= 60_000, "a book takes long to load"
    assert command == "Page.printToPDF"
    assert ends == ["close", "end"]
    assert not path.exists()
    # What readers of the file rely on: numbers of pages, an outline, tags, and paper of size A4.
    assert options["displayHeaderFooter"]
    assert 'class="pageNumber"' in options["footerTemplate"]
    assert "date" not in options["headerTemplate"], "nothing but an empty line above"
    assert BeautifulSoup(options["headerTemplate"], "html.parser").get_text() == ""
    assert options["headerTemplate"], "else the browser writes its own"
    assert options["generateDocumentOutline"]
    assert options["generateTaggedPDF"]
    assert not options["printBackground"], "dark grounds would cost ink"
    size = options["paperWidth"] * 25.4, options["paperHeight"] * 25.4
    assert size == pytest.approx((210, 297), abs=0.5)
    margins = [options[f"margin{side}"] for side in ("Top", "Bottom", "Left", "Right")]
    assert all(0.5 <= margin <= 1 for margin in margins)
    assert len(options) == 12, "the names of all are known to the browser"


def test_when_printing_fails_nothing_stays_in_the_site(site, monkeypatch):
    Browser(monkeypatch, printed=None)
    before = sorted(site.rglob("*"))
    with pytest.raises(RuntimeError, match="no paper"):
        book_pdf.print_book(site, site / "book.pdf")
    assert sorted(site.rglob("*")) == before


def test_a_book_that_is_there_is_printed_anew(site, monkeypatch):
    target = site / "book.pdf"
    target.write_bytes(b"old")
    Browser(monkeypatch, printed=b"new")
    book_pdf.print_book(site, target)
    assert target.read_bytes() == b"new"


def test_as_a_program_it_takes_the_site_and_the_file(site, monkeypatch):
    Browser(monkeypatch)
    target = site / "book.pdf"
    monkeypatch.setattr(sys, "argv", ["book_pdf.py", str(site), str(target)])
    runpy.run_path(book_pdf.__file__, run_name="__main__")
    assert target.read_bytes() == b"%PDF of the book"
