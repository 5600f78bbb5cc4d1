"""Where explorers stand on a page, and what a page with an explorer loads."""

import io
import json
import re
from pathlib import Path

import book_explorers
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

ROOT = Path(__file__).parent.parent
STILL = "```{{explorer}} {}\n:label: What it is\n\nA *still* figure.\n\nAnd a sentence.\n```\n"
DATA = '```{{raw}} html\n<script type="application/json" id="{}-data">{}</script>\n```\n'


def sphinx(folder, warnings=None):
    return Sphinx(
        str(folder), None, str(folder / "html"), str(folder / "trees"), "html", status=None,
        confoverrides={
            "extensions": ["myst_parser", "book_explorers"], "html_theme": "basic",
            "source_suffix": {".md": "markdown"},
        },
        warning=warnings,
    )  # fmt: skip


def made(folder, *handlers, sheet="", **pages):
    """Build a book of these pages, perhaps with a sheet for all; return them as soup."""
    listed = "\n".join(name.replace("__", "/") for name in pages)
    (folder / "index.md").write_text(f"# Index\n\n```{{toctree}}\n{listed}\n```\n")
    for name, text in pages.items():
        path = folder / f"{name.replace('__', '/')}.md"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# Page\n\n{text}")
    warnings = io.StringIO()
    with docutils_namespace():
        app = sphinx(folder, warnings)
        if sheet:
            app.add_css_file(sheet)
        for handler, priority in handlers:
            app.connect("html-page-context", handler, priority=priority)
        app.build()
    assert warnings.getvalue() == ""
    return {
        name: BeautifulSoup(
            (folder / f"html/{name.replace('__', '/')}.html").read_text("utf-8"), "html.parser"
        )
        for name in ("index", *pages)
    }


def loaded(page):
    """Return which files of the explorers a page loads, in their order."""
    files = page.select("script[src], link[rel=stylesheet]")
    addresses = [(node.get("src") or node["href"]).partition("?")[0] for node in files]
    return [address for address in addresses if "explore/" in address]


def test_the_still_figure_stands_in_the_place_of_the_explorer(tmp_path):
    page = made(tmp_path, page=STILL.format("descent"))["page"]
    [section] = page.select("section.explorer")
    assert section["data-explorer"] == "descent"
    assert section["aria-label"] == "What it is"
    assert not section.has_attr("data-after"), "there is nothing to wait for"
    [still] = [child for child in section.children if child.name]
    assert (still.name, still["class"]) == ("div", ["explorer-still"])
    paragraphs = [child for child in still.children if child.name]
    assert [p.get_text() for p in paragraphs] == ["A still figure.", "And a sentence."]
    assert paragraphs[0].em.get_text() == "still"
    assert list(section.stripped_strings) == ["A", "still", "figure.", "And a sentence."]
    assert section.next_sibling.strip() == ""
    html = (tmp_path / "html/page.html").read_text("utf-8")
    assert "<section" in html
    assert "</div>\n</section>\n" in html, "small letters, as EPUB needs them"


def test_only_pages_with_explorers_load_their_scripts_and_each_once(tmp_path):
    pages = made(
        tmp_path, one=STILL.format("geometry"), quiet="Nothing.", in__deep=STILL.format("descent"),
        two=STILL.format("descent") + STILL.format("broadcasting") + STILL.format("descent"),
    )  # fmt: skip
    folder = "_static/explore/"
    expected = {
        "index": [],
        "quiet": [],
        "one": ["explore.css", "explore.js", "geometry.js"],
        "two": ["explore.css", "explore.js", "descent.js", "broadcasting.js"],
    }
    for name, files in expected.items():
        assert loaded(pages[name]) == [folder + file for file in files], name
    deep = ["explore.css", "explore.js", "descent.js"]
    assert loaded(pages["in__deep"]) == [f"../{folder}{file}" for file in deep]


def test_the_explorer_for_training_has_the_field_to_draw_in_loaded_before_it(tmp_path):
    pages = made(
        tmp_path, one=STILL.format("training"),
        two=STILL.format("training") + STILL.format("playground"),
    )  # fmt: skip
    for name in ("one", "two"):
        scripts = [Path(address).name for address in loaded(pages[name])]
        assert scripts == ["explore.css", "explore.js", "playground.js", "training.js"]


def test_the_sheet_comes_after_another_extension_has_joined_the_sheets_of_all_pages(tmp_path):
    def join(app, pagename, templatename, context, doctree):
        context["css_files"] = ["_static/all.css"]

    page = made(tmp_path, (join, 900), page=STILL.format("descent"))["page"]
    sheets = [link["href"] for link in page.select("link[rel=stylesheet]")]
    assert sheets == ["_static/all.css", "_static/explore/explore.css"]


def test_a_sheet_that_is_there_already_is_not_loaded_twice(tmp_path):
    def load_too(app, pagename, templatename, context, doctree):
        book_explorers.load(app, context, "more.js")

    page = made(tmp_path, (load_too, 960), page=STILL.format("descent"))["page"]
    names = [Path(address).name for address in loaded(page)]
    assert names == ["explore.css", "explore.js", "descent.js", "more.js"]


def test_a_sheet_that_all_pages_load_is_not_loaded_twice(tmp_path):
    pages = made(tmp_path, sheet="explore/explore.css", page=STILL.format("descent"))
    names = [Path(address).name for address in loaded(pages["page"])]
    assert names == ["explore.css", "explore.js", "descent.js"]
    assert [Path(address).name for address in loaded(pages["index"])] == ["explore.css"]


def with_data(folder, value, place="page"):
    """Build a page whose explorer for drawing has data; return the page and the data's address."""
    text = DATA.format("playground", json.dumps(value, indent=1)) + STILL.format("playground")
    page = made(folder, **{place: f"{text}\n{STILL.format('training')}\nAfter it.\n"})[place]
    sections = page.select("section.explorer")
    assert [section["data-explorer"] for section in sections] == ["playground", "training"]
    assert not sections[1].has_attr("data-after"), "the data of one explorer is not another's"
    return page, sections[0]["data-after"]


def test_the_data_of_an_explorer_becomes_a_script_that_the_page_does_not_wait_for(tmp_path):
    value = {"weights": [1, 2], "name": "ü </p>"}
    page, address = with_data(tmp_path, value)
    assert re.fullmatch(r"_static/explore/playground-data\.js\?v=[0-9a-f]{8}", address)
    code = (tmp_path / "html" / address.partition("?")[0]).read_text("utf-8")
    found = re.fullmatch(r"Explore\.playgroundData = (.*);\n", code, re.S)
    assert json.loads(found[1]) == value
    assert not page.select('script[type="application/json"]'), "it does not stand in the page, too"
    assert "weights" not in str(page)
    still = ["A", "still", "figure.", "And a sentence."]
    [shown] = page.select("section:has(> h1)")
    assert list(shown.stripped_strings)[2:] == [*still, *still, "After it."], "all else is there"


def test_the_address_of_the_data_changes_with_the_data_and_is_right_in_a_folder(tmp_path):
    _, first = with_data(tmp_path, [1], "in__deep")
    assert first.startswith("../_static/explore/playground-data.js?v=")
    _, again = with_data(tmp_path, [1], "in__deep")
    assert again == first
    (tmp_path / "html/in/deep.html").unlink()
    _, other = with_data(tmp_path, [2], "in__deep")
    assert other != first
    assert other.partition("?")[0] == first.partition("?")[0]


def test_data_stays_where_it_is_on_a_page_without_an_explorer(tmp_path):
    page = made(tmp_path, page=DATA.format("playground", "[1]"))["page"]
    assert page.select_one("script#playground-data").get_text() == "[1]"
    assert not (tmp_path / "html/_static/explore/playground-data.js").exists()


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (
            "```{explorer} nothing\n:label: What\n\nStill.\n```",
            f"explorer: expected one of {', '.join(book_explorers.NAMES)}. Received: nothing",
        ),
        (
            "```{explorer} descent\n\nStill.\n```",
            "ERROR: explorer: expected a :label: that says what it is. Received: none [",
        ),
        (
            "```{explorer} descent\n:label:\n\nStill.\n```",
            "Invalid option value for 'label': None: argument required",
        ),
        (
            "```{explorer} descent\n:label: What\n```",
            'Content block expected for the "explorer" directive; none found.',
        ),
        ("```{explorer}\n```", "1 argument(s) required, 0 supplied"),
    ],
)
def test_an_explorer_that_cannot_be_shown_tells_why(tmp_path, page, words):
    (tmp_path / "index.md").write_text(f"# Index\n\n{page}\n")
    warnings = io.StringIO()
    with docutils_namespace():
        sphinx(tmp_path, warnings).builder.read()
    assert words in warnings.getvalue()
    assert re.search(r"index\.md:[345]: ", warnings.getvalue()), "it names the line"


def test_an_explorer_keeps_its_place_and_pages_are_read_and_written_side_by_side(tmp_path):
    (tmp_path / "index.md").write_text(f"# Index\n\n{STILL.format('geometry')}")
    with docutils_namespace():
        app = sphinx(tmp_path)
        app.builder.read()
    [node] = app.env.get_doctree("index").findall(book_explorers.ExplorerNode)
    assert (node.source, node.line) == (str(tmp_path / "index.md"), 3)
    extension = app.extensions["book_explorers"]
    assert extension.parallel_read_safe
    assert extension.parallel_write_safe


def test_each_explorer_has_a_script_of_its_name():
    scripts = {path.stem for path in (ROOT / "docs/_static/explore").glob("*.js")}
    assert set(book_explorers.NAMES) <= scripts
    assert set(book_explorers.NEEDS) <= set(book_explorers.NAMES)
    for needed in book_explorers.NEEDS.values():
        assert set(needed) <= set(book_explorers.NAMES)
