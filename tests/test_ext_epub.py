"""What `book_epub` makes of Sphinx's EPUB file."""

import re
import zipfile
from xml.etree import ElementTree as ET

import book_epub
import pytest

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
        f'<math xmlns="{book_epub.MATHML}"><mfrac displaystyle="true" scriptlevel="0"><mi>a</mi>'
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


def test_icons_name_their_language_once():
    named = '<svg xmlns="http://www.w3.org/2000/svg" class="i">'
    assert book_epub.to_xhtml('<svg class="i">') == named
    assert book_epub.to_xhtml(named) == named


def test_the_line_that_folds_a_cell_holds_no_paragraphs():
    line = '<p class="collapsed admonition-title">Show <b>it</b></p><p class="other">x</p>'
    expected = (
        '<span class="collapsed admonition-title">Show <b>it</b></span><p class="other">x</p>'
    )
    assert book_epub.to_xhtml(line) == expected


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


def test_the_same_parts_give_the_same_file_with_the_time_that_is_asked_for(book, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    book_epub.rewrite(book)
    first = book.read_bytes()
    book_epub.rewrite(book)
    assert book.read_bytes() == first
    with zipfile.ZipFile(book) as file:
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    book_epub.rewrite(book)
    with zipfile.ZipFile(book) as file:
        assert {info.date_time for info in file.infolist()} == {(2027, 1, 15, 8, 0, 0)}
