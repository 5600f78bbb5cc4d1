"""What `book_epub` makes of Sphinx's EPUB file."""

import io
import re
import zipfile
from xml.etree import ElementTree as ET

import book_epub
import pytest
from sphinx.application import Sphinx
from sphinx.builders import _epub_base

MATHML = "http://www.w3.org/1998/Math/MathML"
PACKAGE = """<package><manifest>
    <item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
    <item id="a" href="a.xhtml" media-type="application/xhtml+xml" />
    <item id="b" href="b.xhtml" media-type="application/xhtml+xml" />
    <item id="s" href="logo.svg" media-type="image/svg+xml" />
  </manifest><spine><itemref idref="a" /><itemref idref="gone" /><itemref idref="b" /></spine>
</package>"""
SHEET = '<link rel="stylesheet" href="_static/{}.css" />'


@pytest.fixture
def book(tmp_path):
    """An EPUB file as Sphinx writes it, with a sheet beside it that came too late."""
    (tmp_path / "_static").mkdir()
    (tmp_path / "_static/late.css").write_text("p {}")
    path = tmp_path / "book.epub"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/epub+zip")
        file.writestr("content.opf", PACKAGE)
        file.writestr("a.xhtml", SHEET.format("early") + SHEET.format("late") + "<math/>")
        file.writestr("b.xhtml", SHEET.format("late") + "<svg/><math/>")
        file.writestr("nav.xhtml", "<nav/>")
        file.writestr("logo.svg", "<svg/>")
        file.writestr("_static/early.css", "p {}")
    return path


def test_formulas_use_the_attributes_of_mathml_3():
    formula = (
        f'<math xmlns="{MATHML}"><mfrac displaystyle="true" scriptlevel="0"><mi>a</mi>'
        '<mfrac displaystyle="true"><mi>b</mi><mi>c</mi></mfrac></mfrac><mo>=</mo>'
        '<mstyle displaystyle="true"><mi>d</mi></mstyle></math>'
    )
    changed = book_epub.to_xhtml(f"<p>Text {formula} and {formula}</p>")
    assert changed.startswith("<p>Text <math ")
    assert changed.count("</math>") == 2
    for found in re.findall(r"<math\b.*?</math>", changed):
        math = ET.fromstring(found)
        styled = [el.tag.partition("}")[2] for el in math.iter() if "displaystyle" in el.attrib]
        assert styled == ["mstyle", "mstyle", "mstyle"]
        assert "".join(math.itertext()) == "abc=d", "nothing is lost, and the order is kept"
        assert [el.tag.partition("}")[2] for el in math] == ["mstyle", "mo", "mstyle"]
        assert math[0].attrib == {"displaystyle": "true", "scriptlevel": "0"}


def test_what_follows_an_element_and_its_other_attributes_stay_where_they_are():
    ET.register_namespace("other", MATHML)  # as another library might have it
    formula = (
        f'<math xmlns="{MATHML}" display="block">\n<mtext>if</mtext> \n'
        '<mrow scriptlevel="1" class="c"><mi>x</mi></mrow> then <mi>y</mi>\n</math>'
    )
    assert book_epub.to_xhtml(f"{formula}.<math") == (
        f'<math xmlns="{MATHML}" display="block">\n<mtext>if</mtext> \n'
        '<mstyle scriptlevel="1"><mrow class="c"><mi>x</mi></mrow></mstyle> then <mi>y</mi>\n'
        "</math>.<math"
    )


def test_icons_name_their_language_once():
    named = '<svg xmlns="http://www.w3.org/2000/svg" class="i">'
    assert book_epub.to_xhtml('<svg class="i">') == named
    assert book_epub.to_xhtml(named) == named
    assert book_epub.to_xhtml(f'{named}<svg id="x"><svg id="y">') == (
        f'{named}<svg xmlns="http://www.w3.org/2000/svg" id="x">'
        '<svg xmlns="http://www.w3.org/2000/svg" id="y">'
    )


def test_the_line_that_folds_a_cell_holds_no_paragraphs():
    line = '<p class="collapsed admonition-title">Show <b>it</b></p><p class="other">x</p>'
    expected = (
        '<span class="collapsed admonition-title">Show <b>it</b></span><p class="other">x</p>'
    )
    assert book_epub.to_xhtml(line) == expected
    assert book_epub.to_xhtml('<p class="expanded more">Hide</p><p>y</p>') == (
        '<span class="expanded more">Hide</span><p>y</p>'
    )


def test_what_has_no_content_is_closed_once():
    html = '<img alt="a" src="b/"><br>x<br/><hr class="c" /><input disabled="disabled"><p>y</p>'
    assert book_epub.to_xhtml(html) == (
        '<img alt="a" src="b/"/><br/>x<br/><hr class="c" /><input disabled="disabled"/><p>y</p>'
    )
    kept = "<broken>z</broken><images></images>"
    assert book_epub.to_xhtml(kept) == kept


def test_selectors_in_selectors_are_those_that_epubcheck_knows(book):
    with zipfile.ZipFile(book, "a") as file:
        file.writestr("_static/has.css", "p:has(> math, > b) > i:has( > b):has(u) {}")
        file.writestr("text.txt", ":has(> x)")
    book_epub.rewrite(book)
    with zipfile.ZipFile(book) as file:
        assert file.read("_static/has.css") == b"p:has(math,b) > i:has(b):has(u) {}"
        assert file.read("text.txt") == b":has(> x)"


def test_the_list_of_parts_says_what_pages_hold_and_names_no_others(book):
    book_epub.rewrite(book)
    with zipfile.ZipFile(book) as file:
        package = file.read("content.opf").decode()
        assert file.infolist()[0].filename == "mimetype"
        assert file.infolist()[0].compress_type == zipfile.ZIP_STORED
        assert file.read("_static/late.css") == b"p {}"
    items = {item.get("href"): item for item in ET.fromstring(package).iter("item")}
    assert {name: item.get("properties") for name, item in items.items()} == {
        "nav.xhtml": "nav", "a.xhtml": "mathml", "b.xhtml": "mathml svg", "logo.svg": None,
        "_static/late.css": None,
    }  # fmt: skip
    assert re.findall(r'idref="(\w+)"', package) == ["a", "b"]
    assert '"application/xhtml+xml" properties="mathml svg" />\n' in package
    assert '<spine><itemref idref="a" /><itemref idref="b" /></spine>' in package


def test_parts_that_are_listed_and_not_there_and_those_that_are_no_pages_stay_as_they_are():
    package = (
        '<manifest><item href="gone.xhtml" id="g" /><item id="t" href="math.txt"/>\n'
        '<item id="p" href="p.xhtml"/></manifest>\n'
        '<spine>\n  <itemref idref="g" />\n  <itemref idref="no" linear="no" /></spine>'
    )
    parts = {"math.txt": b"<math/>", "p.xhtml": b"<p>no formula</p>"}
    expected = package.replace('\n  <itemref idref="no" linear="no" />', "")
    assert book_epub.complete(package, parts) == expected


def test_what_a_page_holds_is_said_in_a_short_entry_too():
    package = '<item id="p" href="p.xhtml"/>'
    assert book_epub.complete(package, {"p.xhtml": b"<svg/>"}) == (
        '<item id="p" href="p.xhtml" properties="svg" />'
    )


def test_all_sheets_that_came_late_are_added_and_listed_once(tmp_path):
    names = ["_static/b.css", "_static/a.css", "_static/there.css", "_static/other.css"]
    (tmp_path / "_static").mkdir()
    for name in names:
        (tmp_path / name).write_text(f"/* {name} */")
    parts = {
        "content.opf": b'<manifest><item id="x" /></manifest>',
        "a.xhtml": (SHEET.format("b") + SHEET.format("there")).encode(),
        "sub/b.xhtml": b'\n<link href="" rel="stylesheet" href="../_static/a.css">'
        + SHEET.format("b").encode(),
        "c.txt": SHEET.format("other").encode(),
        "_static/there.css": b"there",
    }
    book_epub.add_late_sheets(parts, tmp_path)
    assert parts["content.opf"].decode() == (
        '<manifest><item id="x" />'
        '<item id="late-0" href="_static/a.css" media-type="text/css" />\n    '
        '<item id="late-1" href="_static/b.css" media-type="text/css" />\n    </manifest>'
    )
    assert parts["_static/a.css"] == b"/* _static/a.css */"
    assert parts["_static/b.css"] == b"/* _static/b.css */"
    assert parts["_static/there.css"] == b"there"
    assert len(parts) == 7


def test_the_same_parts_give_the_same_file_with_the_time_that_is_asked_for(book, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    book_epub.rewrite(book)
    first = book.read_bytes()
    book_epub.rewrite(book)
    assert book.read_bytes() == first
    with zipfile.ZipFile(book) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.external_attr >> 16 for info in file.infolist()} == {0o644}
        packed = {info.filename: info.compress_type for info in file.infolist()}
    assert packed.pop("mimetype") == zipfile.ZIP_STORED
    assert set(packed.values()) == {zipfile.ZIP_DEFLATED}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800005024")
    book_epub.rewrite(book)
    with zipfile.ZipFile(book) as file:
        assert {info.date_time for info in file.infolist()} == {(2027, 1, 15, 9, 23, 44)}


INDEX = """\
Book
====

.. raw:: html

   <svg class="icon"></svg><math><mi>x</mi></math>

Text.
"""


@pytest.fixture
def application(tmp_path, monkeypatch):
    """A function that returns what builds a small book with a font."""
    monkeypatch.setitem(_epub_base.MEDIA_TYPES, ".woff2", "")  # which is undone in the end
    del _epub_base.MEDIA_TYPES[".woff2"]
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    source = tmp_path / "source"
    (source / "static").mkdir(parents=True)
    (source / "static/letters.woff2").write_bytes(b"font")
    (source / "index.rst").write_text(INDEX)

    def make(builder, *extensions, warning=None):
        return Sphinx(
            source, None, tmp_path / builder, tmp_path / "doctrees", builder,
            confoverrides={
                "extensions": ["book_epub", *extensions], "html_static_path": ["static"],
                "project": "Small", "epub_basename": "small", "html_theme": "basic",
            },
            status=None, warning=warning,
        )  # fmt: skip

    return make


def test_a_book_is_corrected_when_all_else_is_done(application, tmp_path):
    def add(app, pagename, templatename, context, doctree):
        if pagename == "index":
            context["body"] += f'<svg id="late"></svg>{SHEET.format("late")}'

    def write(app, exception):
        (tmp_path / "epub/_static/late.css").write_text("p {}")

    app = application("epub")
    app.connect("html-page-context", add, priority=949)
    app.connect("build-finished", write, priority=949)
    app.build()
    with zipfile.ZipFile(tmp_path / "epub/small.epub") as file:
        page = file.read("index.xhtml").decode()
        package = file.read("content.opf").decode()
        assert file.read("_static/late.css") == b"p {}"
        assert file.read("_static/letters.woff2") == b"font"
        assert {info.date_time[0] for info in file.infolist()} == {1980}
    assert page.count('<svg xmlns="http://www.w3.org/2000/svg" ') == 2
    found = ET.fromstring(package).iterfind(".//{*}item")
    items = {item.get("href"): item.attrib for item in found}
    assert items["index.xhtml"]["properties"] == "mathml svg"
    assert items["_static/letters.woff2"]["media-type"] == "font/woff2"
    assert items["_static/late.css"]["media-type"] == "text/css"
    assert app.is_parallel_allowed("read")
    assert app.is_parallel_allowed("write")


TABS = """\
Book
====

.. tab-set::

   .. tab-item:: First *way*

      One.

   .. tab-item:: Second
      :class-label: other
      :class-content: wide

      Two.
"""


def test_all_tabs_of_an_e_book_are_shown_with_their_titles(application, tmp_path):
    (tmp_path / "source/index.rst").write_text(TABS)
    app = application("epub", "sphinx_design")
    app.build()
    with zipfile.ZipFile(tmp_path / "epub/small.epub") as file:
        page = ET.fromstring(file.read("index.xhtml"))
    assert not list(page.iterfind(".//{*}input"))
    assert not list(page.iterfind(".//{*}label"))
    (tabs,) = page.iterfind(".//{*}div[@class='sd-tab-set docutils']")
    found = [(part.tag.partition("}")[2], part.get("class")) for part in tabs]
    assert found == [
        ("p", "rubric"), ("div", "docutils"), ("p", "rubric"), ("div", "wide docutils"),
    ]  # fmt: skip
    words = ["".join(part.itertext()).strip() for part in tabs]
    assert words == ["First way", "One.", "Second", "Two."]


@pytest.mark.parametrize(
    ("html", "words", "shown"),
    [
        ("<p>right</p><br><p class='x'>&amp;</p>", None, None),
        ("<p>left\nopen", "mismatched tag: line ", "): open</section>"),
        ("<p>one</p>\n<p>a&nbsp;b</p>\n<p>two</p>", "undefined entity", "): <p>a&nbsp;b</p>"),
        ("<input disabled>", "not well-formed", "): <input disabled/>"),
    ],
)
def test_a_page_that_is_no_xhtml_is_told_with_the_line_that_is_wrong(
    application, tmp_path, html, words, shown
):
    source = tmp_path / "source/index.rst"
    lines = "".join(f"   {line}\n" for line in html.split("\n"))
    source.write_text(f"Book\n====\n\n.. raw:: html\n\n{lines}")
    warnings = io.StringIO()
    app = application("epub", warning=warnings)
    app.build()
    said = [line for line in warnings.getvalue().splitlines() if "XHTML" in line]
    if words is None:
        assert said == []
        return
    (line,) = said
    assert f"{source}: WARNING: what e-books hold must be XHTML ({words}" in line
    assert shown in line


def test_a_site_stays_as_it_is(application, tmp_path):
    app = application("html")
    app.build()
    assert '<svg class="icon">' in (tmp_path / "html/index.html").read_text()
    assert not (tmp_path / "html/small.epub").exists()


def test_a_build_that_fails_tells_its_own_error(application):
    def fail(app, env):
        raise ValueError("on purpose")

    app = application("epub")
    app.connect("env-updated", fail)
    with pytest.raises(Exception, match="on purpose"):
        app.build()
