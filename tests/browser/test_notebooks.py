"""The notebooks that the site offers: nothing that only Sphinx understands is left in them."""

import json
import os
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

SITE = Path(os.environ.get("DLBOOK_SITE", Path(__file__).parents[2] / "build" / "html"))
NOTEBOOKS = {path.stem: path for path in sorted(SITE.glob("_sources/*.ipynb"))}
if not NOTEBOOKS:
    pytest.skip("this site was built without running its pages", allow_module_level=True)
each = pytest.mark.parametrize("name", NOTEBOOKS)

# Roles, directives, fences of colons, labels, comments and options of MyST.
LEFT_OVER = re.compile(
    r"\{[\w:+-]+\}`|^\s*(?:`{3,}|~{3,}|:{3,})\{|^\s*:{3,}\s*$|^\([\w-]+\)=\s*$|^:[\w-]+:\s|^%\s|^\+\+\+",
    re.M,
)
PYTHON = re.compile(r"^```(?:python|console|text)\n.*?^```$", re.M | re.S)


def cells(name, kind):
    notebook = json.loads(NOTEBOOKS[name].read_text("utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


@each
def test_no_markup_of_the_site_is_left(name):
    for cell in cells(name, "markdown"):
        text = PYTHON.sub("", "".join(cell["source"]))
        found = LEFT_OVER.search(text)
        assert not found, text[max(0, found.start() - 80) : found.end() + 80]


@each
def test_the_first_cell_says_how_to_get_the_package(name):
    notebook = json.loads(NOTEBOOKS[name].read_text("utf-8"))
    first = "".join(notebook["cells"][0]["source"])
    assert re.search(r"`dlbook`, in version \d+\.\d+", first)
    if "lies beside this notebook" in first:
        wheel = re.search(r"`(dlbook-[\w.]+-py3-none-any\.whl)`", first)[1]
        assert (SITE / "_sources" / wheel).is_file()


@each
def test_figures_keep_caption_number_and_description(name, site):
    notebook = json.loads(NOTEBOOKS[name].read_text("utf-8"))
    pictures = [
        output
        for cell in notebook["cells"]
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    for output in pictures:
        assert len(output["metadata"]["image/png"]["alt"]) > 10
    captions = [
        text
        for cell in cells(name, "markdown")
        if (text := "".join(cell["source"])).startswith("**Fig. ")
    ]
    assert all(re.match(r"\*\*Fig\. \d+(?:\.\d+)*\.\*\* \w", text) for text in captions)
    # Those that the page shows and does not only paste.
    page = (site / f"{name}.html").read_text("utf-8")
    numbered = set(re.findall(r"Fig\. \d+(?:\.\d+)*", page))
    assert {text[2:].partition(".**")[0] for text in captions} <= numbered


CITED = re.compile(r"[^\W\d_][\w.’' -]+?, (?:19|20)\d\d\b")


@each
def test_works_are_cited_as_on_the_page(name, site):
    soup = BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")
    page = " ".join(soup.get_text().split())
    links = soup.select("a[href^='bibliography.html#']")
    there = " ".join("".join(cell["source"]) for cell in cells(name, "markdown"))
    brackets = re.findall(r"\(([^()]*\b(?:19|20)\d\d)\)", there)
    works = [work for each in brackets for work in each.split("; ") if CITED.fullmatch(work)]
    assert not set(works) - set(re.findall(CITED, page)), works
    assert bool(works) == bool(links)


@each
def test_what_a_program_printed_is_one_piece(name):
    for cell in cells(name, "code"):
        streams = [o["name"] for o in cell["outputs"] if o["output_type"] == "stream"]
        assert len(streams) == len(set(streams))


@each
def test_equations_keep_their_numbers(name, site):
    page = (site / f"{name}.html").read_text("utf-8")
    numbers = set(re.findall(r'class="eqno">\((\d+)\)', page))
    text = "\n".join("".join(cell["source"]) for cell in cells(name, "markdown"))
    assert set(re.findall(r"\\tag\{(\d+)\}", text)) == numbers
