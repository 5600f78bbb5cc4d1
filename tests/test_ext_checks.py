"""Images need words for those who do not see them, and no page shows a number that is old."""

import io
import os

import book_checks
import nbformat
import pytest
from bs4 import BeautifulSoup
from myst_nb.ext.glue.crossref import read_glue_cache
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx

# Sphinx warns of what an earlier build in the same process has registered.
REGISTERED = ["app.add_node", "app.add_directive", "app.add_role"]
LATER = 4_000_000_000  # a time that no page has by itself
NEEDED = "this image needs an alternative text that says what is to be seen: "


def book(folder, **settings):
    return Sphinx(
        folder, None, folder / "html", folder / "trees", "html",
        confoverrides={
            "extensions": ["myst_nb", "book_checks"],
            "html_theme": "basic",
            "nb_execution_mode": "off",
            "source_suffix": {".md": "myst-nb", ".ipynb": "myst-nb"},
            "suppress_warnings": [*REGISTERED, *settings.pop("suppress", ())],
        } | settings,
        status=None, warning=io.StringIO(),
    )  # fmt: skip


def findings(folder, text, **settings):
    """Return the warnings about a page with this text."""
    (folder / "index.md").write_text(f"# Title\n\n{text}\n")
    for name in ("picture.png", "other.svg"):
        (folder / name).write_text("")
    app = book(folder, **settings)
    app.build()
    return [line for line in app._warning.getvalue().splitlines() if NEEDED in line]


@pytest.mark.parametrize(
    ("alt", "said"),
    [
        ("", "picture.png"),
        ("   ", "picture.png"),
        ("picture.png", "picture.png"),
        ("in/Other.SVG", "in/Other.SVG"),
        ("photo.jpeg", "photo.jpeg"),
        ("photo.jpg", "photo.jpg"),
        ("moving.gif", "moving.gif"),
        ("new.webp", "new.webp"),
        ("0123456789abcdef", "0123456789abcdef"),
        ("0123456789ABCDEF0123", "0123456789ABCDEF0123"),
    ],
)
def test_an_image_without_words_is_told_with_its_name_and_place(tmp_path, alt, said):
    [finding] = findings(tmp_path, f"Text.\n\n![{alt}](picture.png)")
    assert f"index.md:5: WARNING: {NEEDED}{said}" in finding
    assert "[book.alt]" in finding


def test_an_image_that_has_no_such_text_at_all_is_told(tmp_path):
    [finding] = findings(tmp_path, "```{image} picture.png\n```")
    assert f"{NEEDED}picture.png" in finding


def test_an_image_with_a_line_of_its_own_is_told_with_it(tmp_path):
    image = "```{image} picture.png\n:alt: picture.png\n```"
    [finding] = findings(tmp_path, f"Text.\n\nMore.\n\n{image}")
    assert f"index.md:7: WARNING: {NEEDED}picture.png" in finding


def test_every_image_is_told_that_has_no_words(tmp_path):
    text = "![](picture.png) ![A line that rises.](picture.png) ![](other.svg)"
    first, second = findings(tmp_path, text)
    assert "picture.png" in first
    assert "other.svg" in second


@pytest.mark.parametrize(
    "alt",
    [
        "A line that rises to 2.",
        "What picture.png shows",
        "The file.pngs",
        "0123456789abcde",
        "feed",
        "Ten digits in two rows",
    ],
)
def test_words_are_enough_whatever_they_are(tmp_path, alt):
    assert findings(tmp_path, f"![{alt}](picture.png)") == []


def test_the_check_can_be_left_out_by_its_name(tmp_path):
    assert findings(tmp_path, "![](picture.png)", suppress=["book.alt"]) == []


# --- numbers of other pages ----------------------------------------------------------------------


def notebook(path, text, **glued):
    """Write a page that glued these values."""
    cell = nbformat.v4.new_code_cell("pass")
    for name, value in glued.items():
        kind = "application/papermill.record/"
        metadata = {"scrapbook": {"name": name, "mime_prefix": kind}}
        data = {f"{kind}text/plain": repr(value)}
        cell.outputs.append(nbformat.v4.new_output("display_data", data, metadata=metadata))
    # Without names of their own the cells would be others in each build.
    cells = [nbformat.v4.new_markdown_cell(text, id="text"), cell]
    cell.id = "code"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)


@pytest.fixture
def shown(tmp_path):
    """Return a function that builds a book: its page `ran` glues a number, `quotes` shows it."""
    (tmp_path / "index.md").write_text("# Book\n\n```{toctree}\nran\nquotes\nplain\n```\n")
    (tmp_path / "plain.md").write_text("# Plain\n\nText.\n")
    notebook(tmp_path / "quotes.ipynb", "# Quotes\n\nIt is {glue:text}`ran.ipynb::x:s`.")

    def build(number, runs):
        """Return which pages were written, and what stands on the page that quotes."""
        pages = {name: tmp_path / "html" / f"{name}.html" for name in ("ran", "quotes", "plain")}
        for path in pages.values():
            if path.is_file():
                os.utime(path, (LATER, LATER))
        notebook(tmp_path / "ran.ipynb", f"# Ran\n\nWith {number}.", x=number)
        app = book(tmp_path)

        def run(app, page, source):
            if page == "ran" and runs:  # what MyST-NB notes when a page has run
                NbMetadataCollector.note_exec_update(app.env)

        app.connect("source-read", run)
        read_glue_cache.cache_clear()  # as in a process of its own
        app.build()
        assert NEEDED not in app._warning.getvalue()
        written = {name for name, path in pages.items() if path.stat().st_mtime != LATER}
        page = BeautifulSoup(pages["quotes"].read_text(), "html.parser")
        return written, page.find("p").get_text()

    return build


def test_pages_that_quote_are_written_anew_when_a_page_has_run(shown):
    assert shown("6", runs=True) == ({"ran", "quotes", "plain"}, "It is 6.")
    assert shown("7", runs=True) == ({"ran", "quotes"}, "It is 7.")


def test_pages_that_quote_stay_as_they_are_when_no_page_has_run(shown):
    shown("7", runs=True)
    written, _ = shown("8", runs=False)
    assert written == {"ran"}


def test_it_may_read_and_write_in_parallel(tmp_path):
    (tmp_path / "index.md").write_text("# Title\n")
    extension = book(tmp_path).extensions[book_checks.__name__]
    assert extension.parallel_read_safe is True
    assert extension.parallel_write_safe is True
    assert extension.metadata == {}, "and nothing that Sphinx does not know"
