"""Every page of the book keeps to the form that CONTRIBUTING.md gives."""

import ast
import builtins
import re
from pathlib import Path

import pytest
import yaml

import dlbook

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(DOCS.glob("*.md"))
EXECUTED = [page for page in PAGES if "file_format: mystnb" in page.read_text()]
# These pages have a form of their own.
SPECIAL = {"index", "errata", "how-built", "summary"}
CHAPTERS = [page for page in EXECUTED if page.stem not in SPECIAL]

HEADER = """\
---
file_format: mystnb
kernelspec:
  name: python3
---
"""
CELL = re.compile(r"^```\{code-cell\} ipython3\n(?:---\n(.*?)^---\n)?(.*?)^```$", re.M | re.S)
BOXED = re.compile(r"^```\{(exercise|solution)-start\}.*?^```\{\1-end\}$", re.M | re.S)


def cells_in(text):
    """Yield the metadata and the code of each cell."""
    for head, code in CELL.findall(text):
        yield yaml.safe_load(head) if head else {}, code


def cells(page):
    yield from cells_in(page.read_text())


def tags(metadata):
    return metadata.get("tags", [])


def by_name(pages):
    return pytest.mark.parametrize("page", pages, ids=lambda page: page.stem)


@by_name(EXECUTED)
def test_header_is_the_common_one(page):
    assert page.read_text().startswith(HEADER)


@by_name(EXECUTED)
def test_every_cell_is_found_by_these_tests(page):
    assert len(list(cells(page))) == page.read_text().count("{code-cell}")


@by_name(EXECUTED)
def test_visible_cells_have_at_most_twelve_lines(page):
    for metadata, code in cells(page):
        if not {"remove-cell", "remove-input", "hide-input"} & set(tags(metadata)):
            lines = [line for line in code.splitlines() if line.strip()]
            assert len(lines) <= 12, code


@by_name(EXECUTED)
def test_visible_code_is_as_wide_as_its_box_on_a_laptop(page):
    text = page.read_text()
    boxes = "\n".join(match[0] for match in BOXED.finditer(text))
    for part, width in ((BOXED.sub("", text), 87), (boxes, 78)):
        for metadata, code in cells_in(part):
            if "remove-cell" not in tags(metadata):
                assert max(map(len, code.splitlines())) <= width, code


@by_name(EXECUTED)
def test_no_page_defines_a_public_name_of_the_package(page):
    for _, code in cells(page):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                assert node.name not in dlbook.__all__


def names_made(tree):
    """Return the names that code binds: by assignment, import, definition or as a parameter."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.ExceptHandler(name=str(name)):
                yield name
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((alias.asname or alias.name).partition(".")[0] for alias in names)


@by_name(EXECUTED)
def test_visible_cells_need_no_hidden_ones(page):
    """Downloaded notebooks, and readers who type, have the visible cells only."""
    hidden = {"remove-cell", "site-only"}
    visible = [ast.parse(code) for meta, code in cells(page) if not hidden & set(tags(meta))]
    made = {name for tree in visible for name in names_made(tree)} | set(dir(builtins))
    used = {n.id for tree in visible for n in ast.walk(tree) if isinstance(n, ast.Name)}
    assert used <= made


@by_name(PAGES)
def test_equations_of_other_pages_are_named_with_their_page(page):
    """Each page counts its equations from 1, and a link shows nothing but the number."""
    text = page.read_text()
    for line in text.splitlines():
        for label in re.findall(r"\{eq\}`eq-([\w-]+)`", line):
            assert f":label: eq-{label}\n" in text or "{doc}" in line, line


@by_name(EXECUTED)
def test_glue_stands_only_in_removed_cells(page):
    for metadata, code in cells(page):
        if "glue" in code:
            assert "remove-cell" in tags(metadata), code


@by_name(EXECUTED)
def test_glued_names_carry_the_name_of_their_page(page):
    for _, code in cells(page):
        for name in re.findall(r"glue\(\s*f?\"([^\"]+)\"", code):
            assert name.startswith(f"{page.stem}-")


@by_name(EXECUTED)
def test_every_claim_in_a_check_cell_can_fail(page):
    for _, code in cells(page):
        for node in ast.walk(ast.parse(code)):
            if isinstance(node, ast.Assert):
                assert not isinstance(node.test, (ast.Constant, ast.Tuple)), ast.unparse(node)


@by_name(EXECUTED)
def test_figures_have_a_name_a_caption_and_an_alternative_text(page):
    for metadata, code in cells(page):
        if code.strip().splitlines()[-1].startswith("plotting.") and page.stem != "index":
            mystnb = metadata.get("mystnb", {})
            assert mystnb.get("figure", {}).get("caption"), code
            assert mystnb["figure"]["name"].startswith(f"fig-{page.stem}-")
            assert len(mystnb.get("image", {}).get("alt", "")) > 20, code


@by_name(CHAPTERS)
def test_page_has_the_parts_of_its_form_in_order(page):
    headings = re.findall(r"^## (.*)$", page.read_text(), re.M)
    assert headings[:2] == ["What you will be able to do", "What you need"]
    assert headings[-3:] == ["Summary", "Exercises", "Further reading"]


@by_name(CHAPTERS)
def test_page_has_at_least_three_exercises_with_answers_that_run(page):
    text = page.read_text()
    exercises = re.findall(r"```\{exercise-start\}.*\n:label: (.*)", text)
    answers = re.findall(r"```\{solution-start\} (\S+)\n(.*?)\{solution-end\}", text, re.S)
    assert len(exercises) >= 3
    assert [label for label, _ in answers] == exercises
    for label, answer in answers:
        assert ":class: dropdown" in answer, label
        assert "{code-cell}" in answer, label


@by_name(CHAPTERS)
def test_prose_has_between_900_and_2500_words(page):
    prose = CELL.sub("", page.read_text().removeprefix(HEADER))
    prose = re.sub(r"^(`{3,})\{question\}.*?^\1$", "", prose, flags=re.M | re.S)
    prose = re.sub(r"^(:[\w-]+:.*|`{3,}.*)$", "", prose, flags=re.M)
    assert 900 <= len(prose.split()) <= 2500


def test_each_slip_of_the_source_has_an_anchor_and_a_cell_that_shows_it():
    parts = re.split(r"^\((errata-[a-z-]+)\)=$", (DOCS / "errata.md").read_text(), flags=re.M)[1:]
    slips = dict(zip(parts[::2], parts[1::2], strict=True))
    assert len(slips) == 11
    for label, section in slips.items():
        assert "remove-cell" in section, label
        assert section.count("{code-cell}") >= 2, label


@by_name(CHAPTERS)
def test_the_summary_links_to_every_chapter(page):
    assert f"{{doc}}`{page.stem}`" in (DOCS / "summary.md").read_text()
