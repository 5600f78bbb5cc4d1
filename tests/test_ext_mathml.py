"""Formulas become MathML when the site is built, with the spaces that typesetters set."""

import re
from xml.etree import ElementTree as ET

import book_mathml
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.errors import SphinxError


def mathml(tex, **settings):
    return book_mathml.to_mathml(tex, **{"block": False} | settings)


def shown(tex):
    """Return a formula as one line, with "_" for each thin space."""
    soup = BeautifulSoup(mathml(tex), "html.parser")
    for space in soup.find_all("mspace"):
        assert space.attrs == {"width": "0.1667em"}
        assert space.get_text() == ""
        space.string = "_"
    return re.sub(r"[\s\u2061]+", "", soup.get_text())


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\ln p", "ln_p"),
        (r"\log 2 + \exp x", "log_2+exp_x"),
        (r"\ln(p)", "ln(p)"),
        (r"\ln [p]", "ln[p]"),
        (r"\ln \left(p\right)", "ln(p)"),
        (r"\ln \lvert p \rvert", "ln|p|"),
        (r"\sin^2 x", "sin2_x"),
        (r"\log_2 8", "log2_8"),
        (r"\log_2(8)", "log2(8)"),
        (r"\log_{a_1} x", "loga1_x"),
        (r"\log_2(8) + x_1 y", "log2(8)+x1y"),
        (r"\sin^2(x)\cos^2 y^2 z", "sin2(x)cos2_y2z"),
        (r"x^2 y", "x2y"),
        (r"x_1 \ln p", "x1ln_p"),
    ],
)
def test_a_thin_space_follows_a_function_without_brackets(tex, expected):
    assert shown(tex) == expected


@pytest.mark.parametrize(
    ("tex", "room"),
    [
        (r"\max(0, x)", ("0", "0")),
        (r"\min [0, x]", ("0", "0")),
        (r"\max \{0, x\}", ("0", "0")),
        (r"\max x", ("0", "0.1667em")),
        (r"\max 0", ("0", "0.1667em")),
        (r"y = \min x", ("0", "0.1667em")),
    ],
)
def test_a_maximum_keeps_no_room_before_it_or_before_a_bracket(tex, room):
    [name] = BeautifulSoup(mathml(tex), "html.parser").find_all("mo", string=["max", "min"])
    assert (name["lspace"], name["rspace"]) == room
    assert name.get_text() in tex


def test_formulas_name_no_sign_that_an_xml_file_does_not_know():
    assert re.findall(r"&(?!#|amp;|lt;|gt;)", mathml(r"\ln p + \exp(x) < 1")) == []


def test_a_formula_stands_in_its_line_or_on_its_own():
    def display(**settings):
        return BeautifulSoup(mathml("x", **settings), "html.parser").math.get("display")

    assert (display(block=False), display(block=True)) == (None, "block")


def test_an_error_names_the_formula_and_what_is_wrong_with_it():
    with pytest.raises(
        SphinxError, match=r"cannot become MathML: .*\\nonsense.*: Unknown"
    ) as error:
        mathml(r"x + \nonsense")
    assert error.value.__cause__ is not None


# --- pages ---------------------------------------------------------------------------------------

PAGE = r"""
Title
=====

One :math:`x^2`, two :math:`y`. Three (:math:`z`). four :math:`u` ; five.

:math:`v`

**Bold** :math:`w`\ *;* :math:`v`

:math:`a`!

.. math::
   :label: loss

   l = \ln p

See :eq:`loss`.

.. math:: m = 1
"""


@pytest.fixture
def build(tmp_path):
    """Return a function that builds a book of one page, and returns that page."""

    def build(builder, text=PAGE):
        (tmp_path / "index.rst").write_text(text)
        app = Sphinx(
            tmp_path, None, tmp_path / builder, tmp_path / "trees", builder,
            confoverrides={
                "extensions": ["book_mathml"], "html_theme": "basic",
                "html_math_renderer": "mathml", "version": "1", "copyright": "2026",
            },
            status=None, warning=None,
        )  # fmt: skip
        app.build()
        [page] = (tmp_path / builder).glob("index.*")
        return BeautifulSoup(page.read_text("utf-8"), "html.parser")

    return build


@pytest.mark.parametrize("builder", ["html", "epub"])
def test_punctuation_stays_on_the_line_of_its_formula(build, builder):
    page = build(builder)
    kept = ["".join(span.get_text().split()) for span in page.select("span.formula")]
    assert kept == ["x2,", "y.", "z).", "a!"]
    assert all(span.math for span in page.select("span.formula"))
    paragraphs = ["".join(p.get_text().split()) for p in page.section.find_all("p")]
    assert paragraphs == ["Onex2,twoy.Three(z).fouru;five.", "v", "Boldw;v", "a!", "See(1)."]


def test_formulas_in_the_text_stay_in_it(build):
    formulas = build("html").select("p math")
    assert len(formulas) == 8
    assert not any(formula.has_attr("display") for formula in formulas)


def test_an_epub_file_can_read_a_page_with_formulas_as_xml(build, tmp_path):
    build("epub")
    page = ET.parse(tmp_path / "epub/index.xhtml")
    assert len(list(page.iter("{http://www.w3.org/1998/Math/MathML}math"))) == 10


def test_text_that_is_not_for_browsers_stays_as_it_is(build):
    page = build("pseudoxml").get_text()
    assert "formula" not in page


def test_formulas_need_no_script(build):
    page = build("html")
    assert len(page.find_all("math")) == 10
    assert not [script for script in page.find_all("script") if "math" in str(script).lower()]


def test_formulas_of_their_own_have_a_number_if_pages_refer_to_them(build):
    page = build("html")
    numbered, plain = page.select("div.math-block")
    assert numbered["id"] == "equation-loss"
    assert numbered.math["display"] == plain.math["display"] == "block"
    number = numbered.select_one(".eqno")
    assert number.get_text() == "(1)¶"
    assert (number.a["href"], number.a["title"]) == ("#equation-loss", "Link to this equation")
    assert number.find_previous_sibling().name == "math", "it follows the formula"
    assert page.find("a", string="(1)")["href"] == "#equation-loss"
    assert plain.select(".eqno") == []
    assert not plain.has_attr("id")
    assert numbered.parent is plain.parent, "each ends where it should"
    assert "".join(plain.parent.find_all(string=True, recursive=False)).strip() == ""
    assert "$" not in page.section.get_text()


def test_a_wrong_formula_stops_the_build(build):
    with pytest.raises(SphinxError, match="nonsense"):
        build("html", r"Text :math:`\nonsense`.")


def test_it_may_read_and_write_in_parallel(tmp_path):
    (tmp_path / "index.rst").write_text(PAGE)
    app = Sphinx(
        tmp_path, None, tmp_path / "out", tmp_path / "trees", "html",
        confoverrides={"extensions": ["book_mathml"]}, status=None, warning=None,
    )  # fmt: skip
    extension = app.extensions["book_mathml"]
    assert extension.parallel_read_safe is True
    assert extension.parallel_write_safe is True
    assert extension.metadata == {}, "and nothing that Sphinx does not know"
