"""`book_api` writes a page for each public module, and a list of them all."""

import os
import sys
import textwrap

import book_api
import pytest
from sphinx import addnodes
from sphinx.application import Sphinx

import dlbook

API = "Reference\n=========\n\nText before.\n\n.. modules\n\nText after.\n"


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package that stands in for the book's, with modules of all kinds."""
    root = tmp_path / "package" / "dlbook"
    files = {
        "__init__.py": '"""All."""\n\n\ndef everything(): ...\n',
        "shapes.py": '"""Shapes\n  of networks.\n\nMore.\n"""\n\n\nclass Shape:\n    """One."""\n',
        "numbers.py": '"""Numbers: ``+``."""\n\n\ndef first(): ...\n',
        "lent.py": '"""Lends."""\n\nfrom dlbook.shapes import Shape\n\nVALUE = 1\n',
        "hidden.py": '"""Hides."""\n\n\ndef _inner(): ...\n\n\nclass _Inner: ...\n',
        "_own.py": "def own(): ...\n",
        "plots/__init__.py": '"""Plots."""\n\n\ndef draw(): ...\n',
        "plots/lines.py": "def line(): ...\n",
        "plots/_inner.py": "def inner(): ...\n",
        "data/__init__.py": '"""Only a folder."""\n',
        "data/a.py": "if True:\n    def within(): ...\n\n\ndef load(): ...\n",
        "_secret/open.py": "def open(): ...\n",
        "readme.txt": "def nothing(): ...\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    monkeypatch.setattr(dlbook, "__path__", [str(root)])
    known = dict(sys.modules)
    yield root
    for name in set(sys.modules) - set(known):
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(root)):
            del sys.modules[name]
            if name.count(".") == 1:
                delattr(dlbook, name.partition(".")[2])


NAMES = ["dlbook.data.a", "dlbook.numbers", "dlbook.plots", "dlbook.plots.lines", "dlbook.shapes"]


def test_public_modules_that_define_something_are_found_in_order(package):
    assert book_api.modules() == NAMES


def test_the_modules_of_the_book_are_found():
    found = book_api.modules()
    assert {"dlbook.ops", "dlbook.layers", "dlbook.datasets.mnist"} <= set(found)
    assert "dlbook" not in found
    assert not [name for name in found if "._" in name]


@pytest.mark.parametrize(
    ("code", "defines"),
    [
        ("def name(): ...", True),
        ("class Name: ...", True),
        ("def _name(): ...\nclass Name: ...", True),
        ("def _name(): ...\nclass _Name: ...", False),
        ("from os import path\nvalue = 1", False),
        ("class _Name:\n    def method(self): ...", False),
        ("", False),
    ],
)
def test_a_module_that_lends_everything_defines_nothing(tmp_path, code, defines):
    (tmp_path / "module.py").write_text(code)
    assert book_api.defines_something(tmp_path / "module.py") is defines


def test_a_module_may_have_letters_of_any_language(tmp_path):
    (tmp_path / "module.py").write_text("# Größe\ndef f(): ...\n", "utf-8")
    assert book_api.defines_something(tmp_path / "module.py")


# --- in a build ----------------------------------------------------------------------------------


def book(folder):
    return Sphinx(
        folder, None, folder / "out", folder / "trees", "text",
        confoverrides={"extensions": ["sphinx.ext.autodoc", "book_api"]},
        status=None, warning=None,
    )  # fmt: skip


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    (folder / "index.rst").write_text("Title\n=====\n\n.. toctree::\n\n   api\n")
    (folder / "api.rst").write_text(API)
    return folder


def test_each_module_gets_a_page_with_all_its_members(package, docs):
    book(docs)
    pages = {path.stem: path.read_text("utf-8") for path in (docs / "api").iterdir()}
    assert sorted(pages) == NAMES
    assert pages["dlbook.plots.lines"] == textwrap.dedent("""\
        dlbook.plots.lines
        ==================

        .. automodule:: dlbook.plots.lines
           :members:
        """)


def test_pages_follow_the_modules_and_stay_as_they_are_without_a_change(package, docs):
    book(docs)
    pages = docs / "api"
    (pages / "dlbook.gone.rst").write_text("A module that is no more.")
    (pages / "notes.txt").write_text("This is no page.")
    (pages / "dlbook.shapes.rst").write_text("An old page.")
    (package / "lent.py").write_text("def own(): ...")
    (package / "numbers.py").unlink()
    for path in pages.iterdir():
        os.utime(path, (0, 0))
    book(docs)
    changed = {path.name for path in pages.iterdir() if path.stat().st_mtime > 0}
    assert changed == {"dlbook.shapes.rst", "dlbook.lent.rst"}
    assert "automodule:: dlbook.shapes" in (pages / "dlbook.shapes.rst").read_text()
    assert {path.name for path in pages.iterdir()} == {
        "notes.txt", "dlbook.data.a.rst", "dlbook.shapes.rst", "dlbook.lent.rst",
        "dlbook.plots.rst", "dlbook.plots.lines.rst",
    }  # fmt: skip


def test_a_book_without_a_reference_gets_no_pages(docs):
    (docs / "api.rst").unlink()
    book(docs)
    assert not (docs / "api").exists()


def test_the_list_has_each_module_with_its_first_sentence(package, docs):
    app = book(docs)
    app.build()
    text = (docs / "out/api.txt").read_text("utf-8")
    assert text == textwrap.dedent("""\
        Reference
        *********

        Text before.

        dlbook.data.a

        dlbook.numbers
           Numbers: "+".

        dlbook.plots
           Plots.

        dlbook.plots.lines

        dlbook.shapes
           Shapes of networks.

        Text after.
        """)
    [toctree] = app.env.get_doctree("api").findall(addnodes.toctree)
    assert toctree["hidden"], "the list stands in the side bar only"
    assert app.env.toctree_includes["api"] == [f"api/{name}" for name in NAMES]
    assert "class dlbook.shapes.Shape" in (docs / "out/api/dlbook.shapes.txt").read_text("utf-8")


def test_other_pages_keep_such_a_line(package, docs):
    page = "Title\n=====\n\n.. modules\n\n.. toctree::\n\n   api\n"
    (docs / "index.rst").write_text(page)
    app = book(docs)
    app.build()
    assert app.env.toctree_includes["index"] == ["api"]


def test_it_may_read_and_write_in_parallel(package, docs):
    extension = book(docs).extensions["book_api"]
    assert extension.parallel_read_safe is True
    assert extension.parallel_write_safe is True
    assert extension.metadata == {}, "and nothing that Sphinx does not know"
