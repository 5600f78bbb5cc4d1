"""`book_css` joins all style sheets into one, with what pages can use and nothing else."""

import hashlib
import os
import re

import book_css
import pytest
import tinycss2
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

BOOTSTRAP = """\
@charset "utf-8";
/* a comment */
.fa-solid, .used { color: red }
@font-face { font-family: "Font Awesome 6 Free"; src: url(../webfonts/fa.woff2) }
"""
OWN = """\
.used { background: url("img/Größe.svg") }
.unused { color: green }
.own, .fab { color: blue }
"""
INDEX = """\
Title
=====

.. container:: used

   Text.

.. container:: fa-solid fab own

   Text.

.. toctree::
   :hidden:

   in/other
"""


class Book:
    """A small book with sheets as the theme links them, with one of its own and one of a page."""

    def __init__(self, folder):
        self.folder, self.site = folder, folder / "html"
        self.write("index.rst", INDEX)
        self.write("in/other.rst", "Other\n=====\n\nText.\n")
        self.write("static/styles/bootstrap.css", BOOTSTRAP)
        self.write("static/book.css", OWN)
        self.write("static/vendor/page.css", ".page { color: red }")
        self.write("static/known.js", "let nothing;")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    def app(self, builder="html", **settings):
        return Sphinx(
            self.folder, None, self.folder / builder, self.folder / f"{builder}-trees", builder,
            confoverrides={
                "extensions": ["book_css"],
                "html_theme": "basic",
                "html_static_path": ["static"],
                "html_css_files": ["book.css", "vendor/page.css"],
                "html_js_files": ["known.js", "late.js", "https://example.org/far.js"],
                "version": "1", "copyright": "2026",
            } | settings,
            status=None, warning=None,
        )  # fmt: skip

    def build(self, builder="html", **settings):
        self.app(builder, **settings).build()

    def soup(self, page):
        return BeautifulSoup((self.site / page).read_text("utf-8"), "html.parser")

    @property
    def bundle(self):
        return (self.site / "_static/site.css").read_text("utf-8")


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]


# --- the build -----------------------------------------------------------------------------------


def test_pages_link_one_sheet_and_those_that_they_alone_have(book):
    book.build()
    version = digest(book.site / "_static/site.css")
    single = digest(book.site / "_static/vendor/page.css")
    for page, up in (("index.html", ""), ("in/other.html", "../"), ("search.html", "")):
        links = [link["href"] for link in book.soup(page).find_all("link", rel="stylesheet")]
        assert links == [
            f"{up}_static/site.css?v={version}", f"{up}_static/vendor/page.css?v={single}",
        ]  # fmt: skip


def test_the_sheet_has_what_pages_use_in_the_order_of_the_sheets(book):
    book.build()
    first, *rules = book.bundle.splitlines()
    assert re.fullmatch(r"/\* [0-9a-f]{16} \*/", first)
    theme = rules.index(".used{color: red}")
    own = rules.index('.used{background: url("img/Größe.svg")}')
    assert 0 < theme < own, "Sphinx's sheet is first, then the theme's, and the book's at the end"
    assert ".own,.fab{color: blue}" in rules, "only the theme's sheets bring the icon font"
    for unused in (".fa-solid", "Font Awesome", "a comment", "charset", ".unused", ".page"):
        assert unused not in book.bundle
    assert book.bundle.count(".used{color: red}") == 1


def test_sheets_and_words_that_other_extensions_bring_are_in_it(book):
    app = book.app()

    def add_sheet(app, pagename, templatename, context, doctree):
        app.add_css_file("late.css")

    def add_script(app, exception):
        book.write("html/_static/late.js", 'element.className = "made-by-script"')
        book.write("html/_static/late.css", ".made-by-script { color: red }")

    app.connect("html-page-context", add_sheet, priority=899)
    app.connect("build-finished", add_script, priority=899)
    app.build()
    assert ".made-by-script{color: red}" in book.bundle
    assert "late.css" not in str(book.soup("index.html"))


def test_the_sheet_is_made_anew_only_if_something_in_it_changes(book):
    book.build()
    made = book.site / "_static/site.css"
    first = book.bundle
    os.utime(made, (0, 0))
    book.write("index.rst", INDEX.replace("own", "own measured-12345"))
    book.build()
    assert "measured-12345" in str(book.soup("index.html"))
    assert made.stat().st_mtime == 0
    book.write("index.rst", INDEX.replace("own", "own unused"))
    book.build()
    assert ".unused{color: green}" in book.bundle
    assert book.bundle.splitlines()[0] != first.splitlines()[0]
    book.write("index.rst", INDEX)
    book.build()
    assert book.bundle == first


def test_a_change_of_a_sheet_is_seen(book):
    book.build()
    book.write("static/book.css", OWN.replace("blue", "navy"))
    book.write("index.rst", INDEX + "\nMore text.\n")
    book.build()
    assert ".own,.fab{color: navy}" in book.bundle


def test_an_epub_file_keeps_the_sheets_that_it_knows(book):
    book.build("epub")
    page = (book.folder / "epub/index.xhtml").read_text("utf-8")
    assert "site.css" not in page
    assert "_static/book.css" in page
    assert not (book.folder / "epub/_static/site.css").exists()


def test_plain_text_needs_no_sheet(book):
    book.build("text")
    assert "Text." in (book.folder / "text/index.txt").read_text()
    assert not list(book.folder.glob("text/**/*.css"))


def test_a_build_that_fails_makes_no_sheet(book):
    app = book.app()

    def fail(app, exception):
        raise OSError("no room")

    app.connect("html-page-context", lambda app, page, *more: page == "search" and fail(app, None))
    with pytest.raises(Exception, match="no room"):
        app.build()
    assert (book.site / "index.html").is_file()
    assert not (book.site / "_static/site.css").exists()


def test_pages_are_read_but_not_written_in_parallel(book):
    extension = book.app().extensions["book_css"]
    assert extension.parallel_read_safe is True
    assert extension.parallel_write_safe is False, "each process would know its own sheets only"
    assert extension.metadata == {}, "and nothing that Sphinx does not know"


# --- versions ------------------------------------------------------------------------------------


def test_styles_and_scripts_that_are_there_have_the_version_of_their_content(book):
    app = book.app()

    def add_script(app, exception):
        book.write("html/_static/late.js", "let late;")

    app.connect("build-finished", add_script)
    app.build()
    sources = [script["src"] for script in book.soup("in/other.html").find_all("script", src=True)]
    static = book.site / "_static"
    assert f"../_static/late.js?v={digest(static / 'late.js')}" in sources
    assert f"../_static/known.js?v={digest(static / 'known.js')}" in sources
    assert "https://example.org/far.js" in sources


def page(folder, text, name="index.html"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_an_old_version_is_replaced_and_what_is_missing_stays(tmp_path):
    (tmp_path / "_static/deep").mkdir(parents=True)
    (tmp_path / "_static/deep/a.js").write_text("a")
    a = digest(tmp_path / "_static/deep/a.js")
    old = (
        '<p>Größe</p><script src="../_static/deep/a.js?v=0ld"></script>'
        '<link href="../_static/gone.css?v=0ld"><script src="_static/gone.js"></script>'
        '<a href="_static/picture.svg">'
    )
    path = page(tmp_path, old, "in/page.html")
    book_css.name_versions(tmp_path)
    assert path.read_text("utf-8") == old.replace("a.js?v=0ld", f"a.js?v={a}")


def test_the_script_of_the_search_knows_the_version_of_the_index(tmp_path):
    path = page(tmp_path, '<script src="search.js" data-index=""></script>')
    book_css.name_versions(tmp_path)
    assert 'data-index=""' in path.read_text()
    (tmp_path / "_static/search").mkdir(parents=True)
    (tmp_path / "_static/search/data.js").write_text("words")
    for _ in range(2):
        book_css.name_versions(tmp_path)
        version = digest(tmp_path / "_static/search/data.js")
        assert f' data-index="{version}"' in path.read_text()
        (tmp_path / "_static/search/data.js").write_text("other words")


def test_pages_without_change_are_not_written_again(tmp_path):
    path = page(tmp_path, '<p data-index="">Größe</p>')
    os.utime(path, (0, 0))
    book_css.name_versions(tmp_path)
    assert path.stat().st_mtime == 0


# --- which words are in use ----------------------------------------------------------------------


def test_words_of_pages_and_scripts_are_in_use(tmp_path):
    page(tmp_path, '<p class="one  two-b" id="three" title="four">five</p>')
    page(
        tmp_path,
        '<i class="größe"></i><script src="x.js">el.add("six", -seven)</script>',
        "in/deep.html",
    )
    page(tmp_path, "eight = '.nine'; Größe", "_static/in/a.js")
    for name in ("_static/vendor/b.js", "_static/fontawesome.js", "_static/searchindex.js", "c.js"):
        page(tmp_path, "ten", name)
    assert book_css.words_in_use(tmp_path) == {
        "one", "two-b", "three", "größe", "el", "add", "six", "-seven", "eight", "nine", "Größe",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("selector", "used"),
    [
        ("p > a:hover", True),
        (".a", True),
        (".a.b #c", True),
        (".a .x", False),
        ("#x", False),
        (".a:not(.x)", True),
        (".a:not(.x):is(:where(.y))", True),
        (".x:not(.a)", False),
        (r".\-a", False),
        (".bs-tooltip-top", True),
        (".not-bs-tooltip-top", False),
        (".5", True),  # a number
    ],
)
def test_a_selector_is_kept_if_all_its_names_are_in_use(selector, used):
    assert book_css.is_used(selector, {"a", "b", "c", "5"}) is used


# --- what becomes of a sheet ---------------------------------------------------------------------


def short(css, *words, dropped=None):
    return book_css.shorten(css, set(words), dropped)


def test_selectors_that_match_nothing_go_and_the_others_stay():
    css = "/* c */ .a, .x , #b { color : red; } .x { top: 0 } .a {} p{}\n#b>i{left:0}"
    assert short(css, "a", "b") == ".a,#b{color : red;}\n#b>i{left:0}"


def test_commas_in_brackets_part_no_selectors():
    css = ':is(.a, :not(.b, i), #c) u, [title="(,"] { top: 0 }'
    assert short(css) == ':is(.a, :not(.b, i), #c) u,[title="(,"]{top: 0}'
    rule = tinycss2.parse_one_rule(css)
    assert len(book_css.split(rule.prelude)) == 2


def test_rules_within_conditions_are_shortened_and_empty_ones_go():
    css = (
        "@media (min-width: 9em) { .x { top: 0 } @SUPPORTS (top: 0) { .a { top: 0 } .x {} } }"
        "@media print { .x { top: 0 } } @layer base { .a { left: 0 } }"
    )
    assert short(css, "a") == (
        "@media (min-width: 9em){@supports (top: 0){.a{top: 0}}}\n@layer base{.a{left: 0}}"
    )


def test_what_concerns_no_selector_stays():
    css = "@font-face { src: url(a) } @page :first { margin: 0 } @keyframes k { from { top: 0 } }"
    assert short(css) == (
        "@font-face {src: url(a)}\n@page :first{margin: 0}\n@keyframes k{from { top: 0 }}"
    )
    assert short('@charset "utf-8"; @import url(b.css); p { top: 0 }') == "p{top: 0}"


def test_the_icon_font_goes_where_it_is_not_wanted():
    css = (
        ".fa, .a { top: 0 } .fa-x::before { top: 1px } :host { top: 2px } .face { top: 3px }"
        "@keyframes fa-spin { from { top: 0 } } @keyframes spin { from { top: 0 } }"
        '@font-face { font-family: "Font Awesome" } @font-face { font-family: Other }'
        "@media print { .fas { top: 0 } .a { top: 5px } }"
    )
    words = ("fa", "fa-x", "fas", "a", "face")
    assert short(css, *words, dropped=book_css.ICON_FONT).splitlines() == [
        ".a{top: 0}", ".face{top: 3px}", "@keyframes spin{from { top: 0 }}",
        "@font-face {font-family: Other}", "@media print{.a{top: 5px}}",
    ]  # fmt: skip
    assert len(short(css, *words).splitlines()) == 10


@pytest.mark.parametrize(
    ("address", "moved"),
    [
        ("url(../fonts/a.woff2)", 'url("fonts/a.woff2")'),
        ("url( 'img/b.png' )", 'url("styles/img/b.png")'),
        ('url("../../up.svg")', 'url("../up.svg")'),
        ("url(data:image/png;base64,AAAA)", "url(data:image/png;base64,AAAA)"),
        ("url('data:image/svg+xml,<svg/>')", "url('data:image/svg+xml,<svg/>')"),
        ('url("https://example.org/a.png")', 'url("https://example.org/a.png")'),
        ("url(#filter)", "url(#filter)"),
    ],
)
def test_addresses_hold_from_the_place_of_the_bundle(address, moved):
    css = f"p{{a: {address}; b: {address}}}"
    expected = f"p{{a: {moved}; b: {moved}}}"
    assert book_css.move_addresses(css, "_static/styles/theme.css") == expected
