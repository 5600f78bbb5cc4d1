"""What `book_html` mends in the pages that theme and extensions write."""

import io
import os
import re
import struct

import book_html
import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from sphinx.application import Sphinx

pytestmark = pytest.mark.filterwarnings(  # sphinx-exercise asks for it
    "ignore:'sphinx.*[.]app' is deprecated"
)
# Sphinx warns of what an earlier build in the same process has registered.
REGISTERED = ["app.add_node", "app.add_directive", "app.add_role"]


class Book:
    """A small book, built in the process of the tests."""

    def __init__(self, folder, builder="html", extensions=(), **settings):
        self.folder, self.said, self.contexts = folder, io.StringIO(), {}
        self.app = Sphinx(
            folder, None, folder / builder, folder / f"{builder}-trees", builder,
            confoverrides={
                "extensions": ["sphinx_exercise", *extensions, "book_html"],
                "html_theme": "basic",
                "project": "A Small Book",
                "suppress_warnings": REGISTERED,
            } | settings,
            status=None, warning=self.said,
        )  # fmt: skip
        self.app.connect("html-page-context", self.keep, priority=999)

    def keep(self, app, pagename, templatename, context, doctree):
        """Keep what a template is given."""
        self.contexts[pagename] = dict(context)

    def build(self):
        self.app.build()
        return self

    def soup(self, page):
        path = self.folder / self.app.builder.name / page
        return BeautifulSoup(path.read_text("utf-8"), "html.parser")


def png(width, height):
    """Return the beginning of a PNG file, which tells its size."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII5x", 13, b"IHDR", width, height)


# --- figures -------------------------------------------------------------------------------------

FIGURES = """\
Figures
=======

.. image:: drawn.png
   :alt: drawn

.. image:: in/folder.svg
   :alt: vector

.. image:: drawn.png
   :alt: half
   :width: 50%

.. image:: drawn.png
   :alt: wide
   :width: 100

.. image:: drawn.png
   :alt: measured
   :width: 30px
   :height: 3em

.. image:: other.jpg
   :alt: unknown
"""


@pytest.fixture
def figures(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "index.rst").write_text(FIGURES)
    (tmp_path / "drawn.png").write_bytes(png(200, 101))
    (tmp_path / "in/folder.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="50"/>'
    )
    (tmp_path / "other.jpg").write_text("no picture")
    return tmp_path


def size(image):
    """Return width and height; docutils 0.21 puts them into a style."""
    style = dict(re.findall(r"(width|height): ([^;]*)", image.get("style", "")))
    width, height = (image.get(side, style.get(side)) for side in ("width", "height"))
    return width and width.removesuffix("px"), height and height.removesuffix("px")


def test_figures_have_a_size_and_drawn_ones_are_shown_smaller(figures):
    book = Book(figures).build()
    images = book.soup("index.html").find(role="main").find_all("img")
    assert {image["alt"]: size(image) for image in images} == {
        "drawn": ("172", "87"),  # 0.86 of 200 and 101
        "vector": ("100", "50"),
        "half": ("50%", None),
        "wide": ("86", None),
        "measured": ("30", "3em"),
        "unknown": (None, None),
    }
    assert "Error" not in book.said.getvalue()


def test_text_comes_before_all_figures_but_the_first(figures):
    images = Book(figures).build().soup("index.html").find(role="main").find_all("img")
    assert [image.get("fetchpriority") for image in images] == [None, *["low"] * 5]


def test_an_epub_file_has_no_attribute_that_it_does_not_know(figures):
    book = Book(figures, "epub", version="1", copyright="2026").build()
    images = book.soup("index.xhtml").find_all("img")
    assert [size(image)[0] for image in images if image["alt"] == "drawn"] == ["172"]
    assert not any("fetchpriority" in image.attrs for image in images)


def test_only_pages_of_html_get_sizes(figures):
    Book(figures, "pseudoxml").build()
    assert 'width="172"' not in (figures / "pseudoxml/index.pseudoxml").read_text()


# --- links in docstrings -------------------------------------------------------------------------

LINKS = """\
Links
=====

`index.html`, the page `in/other`, the module `dlbook.ops`, `dlbook.gone`, and `other`.

.. py:module:: dlbook.ops

.. toctree::

   in/other
"""


def test_names_of_pages_and_modules_are_links_from_everywhere(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "index.rst").write_text(LINKS)
    (tmp_path / "in/other.rst").write_text("Another page\n============\n\nSee `index`.\n")
    book = Book(tmp_path).build()
    paragraph = book.soup("index.html").find("p")
    links = {link.get_text(): link for link in paragraph.find_all("a")}
    assert {text: link["href"] for text, link in links.items()} == {
        "Another page": "in/other.html",
        "dlbook.ops": "#module-dlbook.ops",
    }
    assert links["dlbook.ops"].code is not None
    assert [code.get_text() for code in paragraph.find_all("code")] == ["dlbook.ops", "dlbook.gone"]
    assert [cite.get_text() for cite in paragraph.find_all("cite")] == ["index.html", "other"]
    back = book.soup("in/other.html").find("p").a
    assert (back.get_text(), back["href"]) == ("Links", "../index.html")
    said = book.said.getvalue()
    assert "index.rst:4: WARNING: py:obj reference target not found: dlbook.gone" in said
    assert said.count("WARNING") == 1


# --- exercises -----------------------------------------------------------------------------------

EXERCISES = """\
Exercises
=========

.. exercise:: Add
   :label: ex-add

   Add 1 and 1.

.. solution:: ex-add
   :class: dropdown

   It is two.

.. exercise:: Multiply
   :label: ex-multiply

   Multiply 1 by 1.

.. solution:: ex-multiply

   It is one.
"""


def test_answers_are_folded_away_without_scripts(tmp_path):
    (tmp_path / "index.rst").write_text(EXERCISES)
    soup = Book(tmp_path).build().soup("index.html")
    [folded] = soup.find_all("details")
    assert folded["class"] == ["answer"]
    assert folded.summary.find_next_sibling().find("p", string="It is two.")
    assert [
        (span["class"], span.get_text()) for span in folded.summary.find_all("span")
    ] == [(["collapsed"], "Show the answer"), (["expanded"], "Hide the answer")]  # fmt: skip
    assert not folded.find(string=re.compile("Add 1|Multiply"))
    written = (tmp_path / "html/index.html").read_text("utf-8")
    assert written.count("</details>") == 1
    assert written.index("It is two.") < written.index("</details>") < written.index("Multiply 1")
    two, one = soup.select(".solution")
    assert two.parent is folded
    assert "dropdown" not in two["class"], "the script of sphinx-togglebutton would fold it again"
    assert "It is one." in one.get_text()


def test_answers_are_not_folded_in_plain_text(tmp_path):
    (tmp_path / "index.rst").write_text(EXERCISES)
    Book(tmp_path, "pseudoxml").build()
    text = (tmp_path / "pseudoxml/index.pseudoxml").read_text()
    assert "It is two." in text
    assert "<details" not in text


def test_no_id_stands_twice_in_a_page(tmp_path):
    (tmp_path / "index.rst").write_text(EXERCISES)
    soup = Book(tmp_path).build().soup("index.html")
    names = [element["id"] for element in soup.find(role="main").find_all(id=True)]
    assert len(names) == len(set(names))
    assert {"ex-add", "ex-multiply", "exercises"} <= set(names), "links lead to these"


def test_an_element_keeps_its_other_ids(tmp_path):
    (tmp_path / "index.rst").write_text(
        "Page\n====\n\n.. _mine:\n\nExercise content\n----------------\n\nText.\n"
    )
    soup = Book(tmp_path).build().soup("index.html")
    names = [element["id"] for element in soup.find(role="main").find_all(id=True)]
    assert names[0] == "page"
    assert "mine" in names
    assert "exercise-content" not in names


# --- descriptions --------------------------------------------------------------------------------


def tree(*paragraphs):
    document = new_document("page")
    document += [nodes.paragraph("", text) for text in paragraphs]
    return document


def test_a_page_is_described_by_its_first_paragraph_that_says_enough():
    says = "This paragraph has more than forty letters in it."
    assert book_html.describe(tree("Too short.", says, "Another " + says)) == says
    assert book_html.describe(tree("x" * 40, "y" * 41)) == "y" * 41, "forty are not enough"


def test_a_description_stands_on_one_line():
    text = "A line of the source\nand  another line of\n\tthe same source."
    expected = "A line of the source and another line of the same source."
    assert book_html.describe(tree(text)) == expected


def test_a_description_ends_with_a_sentence():
    first, second = f"{'One ' * 10}two.", f"{'Three ' * 10}four?"
    third = f"{'Five ' * 20}six."
    assert book_html.describe(tree(f"{first} {second} {third}")) == f"{first} {second}"
    assert book_html.describe(tree(f"{first} {second} {third}"), limit=60) == first


def test_a_description_as_long_as_the_limit_is_kept_whole():
    assert book_html.describe(tree("ab " * 51 + "ab")) == "ab " * 51 + "ab"
    assert len("ab " * 51 + "ab") == 155
    assert book_html.describe(tree("ab " * 51 + "abc")) == "ab " * 50 + "ab …"


def test_a_full_stop_in_a_number_ends_no_sentence():
    text = f"The network has an accuracy of 0.98 {'and so on ' * 20}"
    assert book_html.describe(tree(text)).endswith(" …")


def test_a_sentence_that_says_little_is_no_description_alone():
    text = f"Look at this! No. {'It goes on and on ' * 10}"
    expected = text[:155].rpartition(" ")[0] + " …"
    assert book_html.describe(tree(text)) == expected


def test_a_page_without_paragraphs_has_no_description_of_its_own():
    assert book_html.describe(None) == ""
    assert book_html.describe(tree()) == ""
    assert book_html.describe(tree("short")) == ""


def test_every_page_has_a_description_and_lists_are_kept_from_search_engines(tmp_path):
    says = "This paragraph has more than forty letters in it."
    (tmp_path / "index.rst").write_text(f"Title\n=====\n\n{says}\n\n.. toctree::\n\n   404\n")
    (tmp_path / "404.rst").write_text("Here & *there*\n==============\n\n.. py:module:: m\n")
    contexts = Book(tmp_path).build().contexts
    assert {page: context["description"] for page, context in contexts.items()} == {
        "index": says,
        "404": "Here & there: A Small Book.",
        "genindex": "Index: A Small Book.",
        "py-modindex": "Python Module Index: A Small Book.",
        "search": "Search: A Small Book.",
    }
    kept = {page for page, context in contexts.items() if context["noindex"]}
    assert kept == {"404", "genindex", "py-modindex", "search"}


def test_the_layout_alone_says_how_wide_a_page_is(tmp_path):
    (tmp_path / "index.rst").write_text("Title\n=====\n\n.. meta::\n   :author: Nobody\n")
    tags = Book(tmp_path).build().contexts["index"]["metatags"]
    assert "viewport" not in tags
    assert tags.startswith('<meta content="Nobody" name="author" />'), "no empty line stays behind"


def test_a_page_that_an_extension_adds_may_lack_title_and_text(tmp_path):
    (tmp_path / "index.rst").write_text("Title\n=====\n")
    book = Book(tmp_path)
    book.app.connect("html-collect-pages", lambda app: [("extra", {}, "layout.html")])
    context = book.build().contexts["extra"]
    assert context["description"] == "A Small Book."
    assert context["metatags"] == ""
    assert "body" not in context


# --- what theme and extensions write -------------------------------------------------------------


def test_the_list_of_shown_sources_is_one_list(tmp_path):
    functions = {"json": "dumps", "json.decoder": "JSONDecoder", "json.encoder": "JSONEncoder"}
    sections = "".join(
        f".. py:module:: {module}\n\n.. py:function:: {name}()\n\n"
        for module, name in functions.items()
    )
    (tmp_path / "index.rst").write_text(f"Title\n=====\n\n{sections}")
    main = Book(tmp_path, extensions=["sphinx.ext.viewcode"]).build()
    body = BeautifulSoup(main.contexts["_modules/index"]["body"], "html.parser")
    assert body.h1.get_text() == "All modules for which code is available"
    [whole] = body.find_all("ul")
    assert [item.get_text() for item in whole.find_all("li", recursive=False)] == list(functions)
    assert whole.get_text() == "".join(functions), "and nothing else is in it"


REPORT = """---
file_format: mystnb
kernelspec:
  name: python3
---

# Report

Works are {cite}`met` and {cite}`book`.

```{exercise} Add
:label: ex-add
Add.
```

```{solution} ex-add
Two.
```

```{dropdown} Going *deeper*
:color: primary
Down here.
```

```{code-cell} ipython3
:tags: [hide-input]
1 + 1
```

```{code-cell} ipython3
:tags: [hide-cell]
2 + 2
```

```{bibliography}
```
"""
WORKS = """@inproceedings{met, author = {Ann One}, title = {First}, booktitle = {Proceedings of It},
    pages = {1--20}, year = 1998}
@incollection{book, author = {Bob Two}, title = {Second}, booktitle = {A Book}, publisher = {We},
    pages = {3--4}, year = 1999}
"""


@pytest.fixture
def report(tmp_path):
    """A page with something of all the extensions whose output is corrected."""
    (tmp_path / "index.md").write_text(REPORT)
    (tmp_path / "works.bib").write_text(WORKS)
    extensions = ["myst_nb", "sphinx_design", "sphinxcontrib.bibtex"]
    settings = {
        "bibtex_bibfiles": ["works.bib"], "nb_execution_mode": "off",
        # Sphinx would keep what extensions of other books in this process say.
        "source_suffix": {".rst": "restructuredtext", ".md": "myst-nb", ".ipynb": "myst-nb"},
    }  # fmt: skip
    return Book(tmp_path, extensions=extensions, **settings).build().soup("index.html")


def test_what_other_extensions_write_is_corrected(report):
    works = report.select(".citation")
    assert {work["role"] for work in works} == {"listitem"}
    assert [re.sub(r"\s+", " ", work.p.get_text()) for work in works] == [
        "Ann One. First. In Proceedings of It, pages 1–20. 1998.",
        "Bob Two. Second. In A Book, pages 3–4. We, 1999.",
    ]
    link = report.select_one(".solution .admonition-title")
    assert link.get_text() == "Solution to Exercise 1 (Add)"
    assert link.a.get_text() == "Exercise 1 (Add)"


def test_all_that_is_folded_looks_alike_and_says_what_it_holds(report):
    deeper, code, cell = report.find_all("details")
    assert deeper.attrs == {"class": ["deeper"]}
    assert str(deeper.summary) == "<summary>Going <em>deeper</em></summary>"
    assert deeper.div.attrs == {}
    assert deeper.div.p.get_text() == "Down here."
    assert deeper.find("svg") is None
    for details in (code, cell):
        assert "hide" in details["class"]
        assert "admonition" not in details["class"]
    assert code.summary.attrs == cell.summary.attrs == {}
    lines = [(line["class"], line.get_text()) for line in code.summary.find_all("p")]
    assert lines in (
        [],  # an older MyST-NB writes no paragraphs, whose look the theme would give them
        [
            (["collapsed", "summary-text"], "Show the code"),
            (["expanded", "summary-text"], "Hide the code"),
        ],
    )


API = """Reference
=========

.. py:function:: dlbook.a_part.name_of(x)
"""


def test_long_names_break_behind_their_dots_in_the_reference_only(tmp_path):
    (tmp_path / "api").mkdir()
    for page in ("index", "api/part"):
        toctree = "\n.. toctree::\n\n   api/part\n" if page == "index" else ""
        (tmp_path / f"{page}.rst").write_text(
            f"dlbook.a_part\n=============\n\n``dlbook.a_part``\n{toctree}"
        )
    book = Book(tmp_path).build()
    for page, breaks in (("api/part", 1), ("index", 0)):
        main = book.soup(f"{page}.html").find(role="main")
        assert len(main.h1.find_all("wbr")) == breaks
        assert main.h1.get_text().startswith("dlbook.a_part")
        assert len(main.code.find_all("wbr")) == breaks


def test_only_whole_names_break_and_only_behind_their_dots():
    broken = {
        "<h1>a.b_c.d<a>": "<h1>a.<wbr/>b_c.<wbr/>d<a>",
        '<span class="pre">a.b</span>': '<span class="pre">a.<wbr/>b</span>',
        '<span class="classifier">a.b, c.d</span>': (
            '<span class="classifier">a.<wbr/>b, c.d</span>'
        ),
        '<span class="pre">0.5 of it</span>': '<span class="pre">0.5 of it</span>',
        '<span class="other">a.b</span>': '<span class="other">a.b</span>',
        "<h1>word<a>": "<h1>word<a>",
    }
    assert {body: book_html.let_names_break(body) for body in broken} == broken


# --- scripts -------------------------------------------------------------------------------------

SCRIPT = """// Größe
localStorage.mode = window.localStorage.getItem("mode");
const mylocalStorage = {}; var localStorages;
"""
GUARDED = """// Größe
bookStorage.mode = bookStorage.getItem("mode");
const mylocalStorage = {}; var localStorages;
"""
PLAIN = "// Größe\nlet nothing;\n"
SCRIPTS = {"other.js": SCRIPT, "deep/down.js": SCRIPT, "first.js": SCRIPT, "plain.js": PLAIN}


@pytest.fixture
def scripts(tmp_path):
    (tmp_path / "index.rst").write_text("Title\n=====\n")
    (tmp_path / "static/deep").mkdir(parents=True)
    for name, text in SCRIPTS.items():
        (tmp_path / "static" / name).write_text(text, "utf-8")
        os.utime(tmp_path / "static" / name, (0, 0))
    (tmp_path / "static/readme.txt").write_text(SCRIPT, "utf-8")
    (tmp_path / "more").mkdir()
    (tmp_path / "more/own.js").write_text(SCRIPT, "utf-8")

    def read(folder):
        return {name: (folder / "_static" / name).read_text("utf-8") for name in SCRIPTS}

    return tmp_path, read


def test_scripts_use_the_storage_that_the_layout_defines(scripts):
    folder, read = scripts
    Book(folder, html_static_path=["static"], html_extra_path=["more"]).build()
    assert (folder / "html/own.js").read_text("utf-8") == SCRIPT, "it belongs to no page"
    assert read(folder / "html") == {
        "other.js": GUARDED, "deep/down.js": GUARDED, "first.js": SCRIPT, "plain.js": PLAIN,
    }  # fmt: skip
    assert (folder / "html/_static/readme.txt").read_text("utf-8") == SCRIPT
    assert (folder / "html/_static/plain.js").stat().st_mtime == 0, "it need not be written"
    assert (folder / "html/_static/other.js").stat().st_mtime > 0


def test_other_builders_keep_the_scripts_as_they_are(scripts):
    folder, read = scripts
    Book(folder, "dirhtml", html_static_path=["static"]).build()
    assert read(folder / "dirhtml") == SCRIPTS


def test_a_build_that_fails_changes_no_scripts(scripts):
    folder, read = scripts
    book = Book(folder, html_static_path=["static"])

    def fail(app, *context):
        raise OSError("no room")

    book.app.connect("html-page-context", fail)
    with pytest.raises(Exception, match="no room"):
        book.build()
    assert read(folder / "html") == SCRIPTS


def test_it_may_read_and_write_in_parallel(tmp_path):
    (tmp_path / "index.rst").write_text("Title\n=====\n")
    extension = Book(tmp_path).app.extensions["book_html"]
    assert extension.parallel_read_safe is True
    assert extension.parallel_write_safe is True
    assert extension.metadata == {}, "and nothing that Sphinx does not know"
