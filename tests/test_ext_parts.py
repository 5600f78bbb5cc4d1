"""`book_parts` shows the pages in the parts that the cards on the front page tell."""

import book_parts
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

FRONT = """\
# Book

A page that stands in no card: {doc}`other`.

::::{grid} 2
:::{grid-item-card} 1. Look
The first part: {doc}`one`, and {doc}`the second <two>`.
{doc}`/three`; but {ref}`four` is no page, and neither is `doc`.
:::
:::{grid-item-card} Understand, in 2. place
{doc}`under <in/four-a>`
:::
:::{grid-item-card} Empty
:::
::::

:::{note}
{doc}`five`
:::
"""
PARTS = {"Part 1: Look": ["one", "two"], "Then": ["three"]}


def test_cards_are_parts_and_their_links_are_pages():
    assert book_parts.parts_of(FRONT) == {
        "Part 1: Look": ["one", "two", "three"],
        "Understand, in 2. place": [],
        "Empty": [],
    }
    assert book_parts.parts_of("# No cards\n\n{doc}`one`\n") == {}


def items(*links):
    return "".join(f'<li class="toctree-l1"><a href="{link}">{link}</a></li>' for link in links)


def listed(html):
    """Return the titles with the links below each."""
    soup = BeautifulSoup(html, "html.parser")
    found = {}
    for title in soup.find_all("p", recursive=False):
        assert title["class"] == ["caption"]
        assert title.span["class"] == ["caption-text"]
        pages = title.find_next_sibling()
        assert (pages.name, pages["class"]) == ("ul", ["nav", "bd-sidenav"])
        assert pages.find_all(string=True, recursive=False) == [], "items and nothing else"
        found[title.get_text()] = [item.a["href"] for item in pages.find_all("li")]
    assert len(soup.find_all(True, recursive=False)) == 2 * len(found), "there is nothing else"
    assert "".join(soup.find_all(string=True, recursive=False)).strip() == ""
    return found


def test_each_part_has_a_list_of_its_own_under_its_title():
    html = f"<ul>{items('one.html', 'two.html', 'three.html')}</ul>"
    assert listed(book_parts.in_parts(html, "index", PARTS)) == {
        "Part 1: Look": ["one.html", "two.html"], "Then": ["three.html"],
    }  # fmt: skip


def test_parts_stand_in_their_own_order_and_only_if_they_have_pages():
    parts = PARTS | {"Empty": [], "Last": ["four"]}
    html = f"<ul>{items('four.html', 'one.html')}</ul>"
    assert list(listed(book_parts.in_parts(html, "index", parts))) == ["Part 1: Look", "Last"]


def test_a_page_without_a_part_stands_with_the_page_before_it():
    html = f"<ul>{items('zero.html', 'three.html', 'more.html', 'one.html')}</ul>"
    assert listed(book_parts.in_parts(html, "index", PARTS)) == {
        "Part 1: Look": ["zero.html", "one.html"], "Then": ["three.html", "more.html"],
    }  # fmt: skip


def test_several_lists_and_addresses_from_deeper_pages_are_understood():
    html = f"<ul>{items('../one.html')}</ul>\n<ul>{items('../three.html', '../two.html')}</ul>"
    assert listed(book_parts.in_parts(html, "in/deep", PARTS)) == {
        "Part 1: Look": ["../one.html", "../two.html"], "Then": ["../three.html"],
    }  # fmt: skip


def test_the_page_itself_is_marked_and_stands_in_its_part():
    html = f"<ul>{items('one.html', '#', 'two.html')}</ul>"
    shown = book_parts.in_parts(html, "three", PARTS)
    assert listed(shown) == {"Part 1: Look": ["one.html", "two.html"], "Then": ["#"]}
    assert 'aria-current="page"' in shown
    marks = [link.get("aria-current") for link in BeautifulSoup(shown, "html.parser").select("a")]
    assert marks == [None, None, "page"]
    assert list(listed(book_parts.in_parts(html, "in/three", PARTS))) == ["Part 1: Look", "Then"]


def test_a_number_may_stand_before_a_link():
    html = '<ul><li><span>3.</span> <a href="three.html">Three</a></li></ul>'
    assert listed(book_parts.in_parts(html, "index", PARTS)) == {"Then": ["three.html"]}


def test_lists_within_lists_stay_with_their_page():
    html = f'<ul><li><a href="one.html">1</a><ul>{items("three.html")}</ul></li></ul>'
    shown = book_parts.in_parts(html, "index", PARTS)
    assert shown.count("<li") == 2
    assert shown.count("caption-text") == 1


@pytest.mark.parametrize("html", ["", "<p>no list</p>", "<ul></ul>"])
def test_without_pages_nothing_changes(html):
    assert book_parts.in_parts(html, "index", PARTS) == html


def test_without_parts_all_pages_stand_together():
    html = f"<ul>{items('one.html', 'two.html')}</ul>"
    assert listed(book_parts.in_parts(html, "index", {})) == {"": ["one.html", "two.html"]}


def test_an_item_without_a_link_is_refused_and_shown():
    message = "the list of pages: expected a link in each item. Received: <li>one</li>"
    with pytest.raises(ValueError, match=f"^{message}$"):
        book_parts.in_parts("<ul><li>one</li></ul>", "index", PARTS)


# --- in a build ----------------------------------------------------------------------------------


def built(folder, front, source="index.md"):
    """Build a small book; return what the templates get, by page."""
    (folder / source).write_text(front, "utf-8")
    (folder / "one.md").write_text("# One\n")
    contexts = {}
    app = Sphinx(
        folder, None, folder / "html", folder / "trees", "html",
        confoverrides={
            "extensions": ["myst_parser", "book_parts"], "html_theme": "basic",
            "root_doc": source.partition(".")[0],
            # Sphinx would keep what extensions of other books in this process say.
            "source_suffix": {".rst": "restructuredtext", ".md": "markdown"},
        },
        status=None, warning=None,
    )  # fmt: skip
    app.connect(
        "html-page-context",
        lambda app, page, template, context, doctree: contexts.update({page: context["in_parts"]}),
        priority=900,
    )
    app.build()
    return app, contexts


CARD = ":::{grid-item-card} 1. Größe\n{doc}`one`\n:::\n"


@pytest.mark.parametrize("source", ["index.md", "front.md"])
def test_the_side_bar_of_each_page_asks_for_its_list(tmp_path, source):
    _, contexts = built(tmp_path, f"# Book\n\n```\n{CARD}```\n\n```\nend\n```\n", source)
    html = f"<ul>{items('#', 'other.html')}</ul>"
    assert listed(contexts["one"](html)) == {"Part 1: Größe": ["#", "other.html"]}
    assert set(contexts) >= {source.partition(".")[0], "one", "search"}


def test_a_book_without_parts_keeps_its_list_as_it_is(tmp_path):
    _, contexts = built(tmp_path, "# Book\n")
    html = object()
    assert contexts["one"](html) is html


def test_a_front_page_of_another_kind_has_no_parts(tmp_path):
    _, contexts = built(tmp_path, "Book\n====\n", "index.rst")
    html = f"<ul>{items('one.html')}</ul>"
    assert contexts["one"](html) == html


def test_it_may_read_and_write_in_parallel(tmp_path):
    app, _ = built(tmp_path, "# Book\n")
    extension = app.extensions["book_parts"]
    assert extension.parallel_read_safe is True
    assert extension.parallel_write_safe is True
    assert extension.metadata == {}, "and nothing that Sphinx does not know"
