"""The list of works has the names and years by which pages cite them."""

import re

import pybtex.plugin
import pytest
from book_bibliography import cited_as
from bs4 import BeautifulSoup
from pybtex.database import parse_string
from sphinx.application import Sphinx


def work(authors, year=1998):
    text = f"@book{{key, author = {{{authors}}}, title = {{T}}, year = {year}, publisher = {{P}}}}"
    return parse_string(text, "bibtex").entries["key"]


@pytest.mark.parametrize(
    ("authors", "name"),
    [
        ("Ada Lovelace", "Lovelace, 1998"),
        ("Lovelace, Ada", "Lovelace, 1998"),
        ("Ada Lovelace and George Boole", "Lovelace and Boole, 1998"),
        ("Yann LeCun and Leon Bottou and Yoshua Bengio", "LeCun et al., 1998"),
        ("A One and B Two and C Three and D Four", "One et al., 1998"),
        ("Ludwig van Beethoven and Maria von der Leyen", "van Beethoven and von der Leyen, 1998"),
        ("Garcia Lopez, Ana", "Garcia Lopez, 1998"),
        ("{The dlbook authors}", "The dlbook authors, 1998"),
        (r"Kurt G{\"o}del and Pal Erd{\H o}s", "Gödel and Erdős, 1998"),
    ],
)
def test_a_work_is_named_as_pages_cite_it(authors, name):
    assert cited_as(work(authors)) == name


def test_the_year_is_that_of_the_work():
    assert cited_as(work("Ada Lovelace", 1843)) == "Lovelace, 1843"


WORKS = """\
@book{two, author = {Bob Two}, title = {Second}, year = 1999, publisher = {We}}
@book{one, author = {Ann One and Bob Two and Cy Three}, title = {First}, year = 2001,
    publisher = {We}}
"""


@pytest.fixture
def page(tmp_path, monkeypatch):
    # As in a new process: pybtex keeps what was registered first (and names this as it likes).
    monkeypatch.setattr(pybtex.plugin, "_RUNTIME_PLUGINS", {}, raising=False)
    (tmp_path / "works.bib").write_text(WORKS)
    (tmp_path / "index.rst").write_text(
        "Title\n=====\n\nBy :cite:`one` and :cite:t:`two`.\n\n.. bibliography::\n   :style: book\n"
    )
    app = Sphinx(
        tmp_path, None, tmp_path / "html", tmp_path / "trees", "html",
        confoverrides={
            "extensions": ["sphinxcontrib.bibtex", "book_bibliography"], "html_theme": "basic",
            "bibtex_bibfiles": ["works.bib"], "bibtex_reference_style": "author_year",
        },
        status=None, warning=None,
    )  # fmt: skip
    app.build()
    return app, BeautifulSoup((tmp_path / "html/index.html").read_text("utf-8"), "html.parser")


def test_the_style_of_the_book_lists_works_by_these_names(page):
    _, soup = page
    labels = [re.sub(r"[\[\]]", "", label.get_text()) for label in soup.select(".label")]
    assert labels == ["One et al., 2001", "Two, 1999"]
    titles = [work.p.get_text() for work in soup.select(".citation")]
    assert [re.search("First|Second", title)[0] for title in titles] == ["First", "Second"]
    cited = soup.find("p").get_text()
    assert re.sub(r"\s+", " ", cited) == "By [One et al., 2001] and Two [1999]."


def test_it_may_read_and_write_in_parallel(page):
    extension = page[0].extensions["book_bibliography"]
    assert extension.parallel_read_safe is True
    assert extension.parallel_write_safe is True
    assert extension.metadata == {}, "and nothing that Sphinx does not know"
