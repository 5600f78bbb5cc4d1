"""Live pages: readers change cells and run them, in the browser, with what this build tested.

A page with cells gets a button. What it loads is prepared by `book_live_files`; what the page's
cells are, and which of them can run without TensorFlow, is told by a JSON file for each page, which
is read when a reader asks for it and not before. `DLBOOK_LIVE=0` builds without all this.
"""

import ast
import json
import os
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import yaml
from book_execution import pages_of
from book_live_files import UnavailableError, artifacts, licences, prepare
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
FOLDER = "live"
STORE = "build/live"
PACKAGE = Path(__file__).parents[2] / "src" / "dlbook"
DIFFERENCES = Path(__file__).parent.parent / "live.yml"

# What cells import that the browser does not have.
ABSENT = {
    "tensorflow",
    "keras",
    "tensorboard",
    "subprocess",
    "multiprocessing",
    "nbformat",
    "sphinx",
}
ABSENT_PARTS = {"dlbook.event_files", "dlbook.bench.contestants"}
# Makers of layers with TensorFlow's variables, unless they are given another engine.
OF_AN_ENGINE = {"NaiveDense"}
# Calls that change what they are given: a hidden cell with one of them is never left out.
CHANGING = {
    "append", "apply_gradients", "assign", "clear", "extend", "fit", "insert", "minimize", "next",
    "one_training_step", "pop", "seed", "set_weights", "setattr", "shuffle", "sort", "step",
    "update", "update_weights",
}  # fmt: skip
DIRECTIVE = re.compile(
    r"^`{3,}\{((?:exercise|solution)-(?:start|end))\}[ ]*(.*)\n(?::label:[ ]*(.*))?",
    re.M,
)
# After what of a page the button comes.
TOP = re.compile(r'(<p class="[^"]*reading-time[^"]*">.*?</p>|</h1>)', re.S)
# Which parts code needs; runtime.js has the same patterns for what readers write.
NEEDS = {"matplotlib": re.compile(r"matplotlib|plotting|pyplot"), "mnist": re.compile(r"mnist")}


@dataclass
class Cell:
    """A code cell of a page, as the browser needs to know it."""

    index: int
    code: str
    tags: tuple[str, ...]
    exercise: str = ""
    solution: str = ""
    live: bool = True
    reason: str = ""
    skip: bool = False
    differs: str = ""
    binds: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)

    @property
    def kind(self) -> str:
        """What the cell is to the reader."""
        if "starting-point" in self.tags:
            return "start"
        if "mark" in self.tags:
            return "mark"
        if {"remove-cell", "site-only"} & set(self.tags):
            return "hidden"
        return "output" if "remove-input" in self.tags else "shown"

    def told(self) -> dict:
        """Return what the page's file says of the cell."""
        said = {"index": self.index, "code": self.code, "kind": self.kind, "live": self.live}
        given = {
            "exercise": self.exercise, "solution": self.solution, "reason": self.reason,
            "skip": self.skip, "differs": self.differs, "timing": "timing" in self.tags,
        }  # fmt: skip
        return said | {name: value for name, value in given.items() if value}


class Names(ast.NodeVisitor):
    """Collects which names code binds and loads, and which come from what is absent."""

    def __init__(self) -> None:
        self.binds: set[str] = set()
        self.loads: set[str] = set()
        self.absent: set[str] = set()
        self.calls: set[str] = set()
        self.layers_without_engine = False

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self.bind(name.asname or name.name.partition(".")[0], name.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for name in node.names:
            self.bind(name.asname or name.name, f"{node.module}.{name.name}")

    def bind(self, name: str, source: str) -> None:
        self.binds.add(name)
        if source.partition(".")[0] in ABSENT or any(map(source.startswith, ABSENT_PARTS)):
            self.absent.add(name)

    def visit_Name(self, node: ast.Name) -> None:
        (self.loads if isinstance(node.ctx, ast.Load) else self.binds).add(node.id)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.loads.add(node.target.id)
        self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.binds.add(node.name)
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.binds.add(node.name)
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)
        self.calls.add(name)
        given = {keyword.arg for keyword in node.keywords}
        if name in OF_AN_ENGINE and not given & {"engine", None}:
            self.layers_without_engine = True
        self.generic_visit(node)


def names_of(code: str) -> Names:
    found = Names()
    found.visit(ast.parse(code))
    return found


def cells_of(page) -> list[Cell]:
    """Return the code cells of a page with the exercises that they belong to."""
    cells, exercise, solution = [], "", ""
    for index, cell in enumerate(page.notebook.cells):
        if cell.cell_type == "markdown":
            for kind, argument, label in DIRECTIVE.findall(cell.source):
                if kind == "exercise-start":
                    exercise = label.strip()
                elif kind == "solution-start":
                    solution = argument.strip()
                elif kind == "exercise-end":
                    exercise = ""
                else:
                    solution = ""
        elif cell.cell_type == "code":
            tags = tuple(cell.metadata.get("tags", ()))
            cells.append(Cell(index, cell.source, tags, exercise, solution))
    return cells


def decide(cells: list[Cell]) -> None:
    """Decide which cells can run without TensorFlow, and which hidden ones need not run at all.

    A cell that uses a name which comes from TensorFlow, or from a cell that cannot run, cannot run
    either. An import alone is no use: the browser has a stand-in that says why it does not work.
    """
    spoilt: dict[str, str] = {}
    found: list[Names] = []
    for cell in cells:
        try:
            names = names_of(cell.code)
        except SyntaxError:  # a starting point with a gap, or a command of IPython
            names = Names()
        found.append(names)
        cell.binds, cell.loads = names.binds, names.loads
        if "mark" in cell.tags or "starting-point" in cell.tags:
            continue
        bad = sorted(name for name in names.loads if name in spoilt and name not in names.absent)
        inside = sorted(names.absent & names.loads)
        if inside or "needs-tensorflow" in cell.tags or names.layers_without_engine:
            cell.live, cell.reason = False, "uses TensorFlow"
        elif bad:
            cell.live = False
            cell.reason = spoilt[bad[0]]
        for name in names.binds:
            spoilt.pop(name, None)
            if not cell.live:
                spoilt[name] = "needs what TensorFlow has computed"
        spoilt.update(dict.fromkeys(names.absent, "uses TensorFlow"))
    for place, cell in enumerate(cells):
        if cell.kind == "hidden" and cell.live:
            wanted = set().union(*(later.loads for later in cells[place + 1 :]))
            shaky = CHANGING & found[place].calls or re.search("random|rng", cell.code)
            cell.skip = not shaky and not cell.binds & wanted


def differences(page: str) -> list[dict]:
    """Return what is known to differ on a page, each with a piece of the cell's code."""
    if not DIFFERENCES.is_file():
        return []
    return (yaml.safe_load(DIFFERENCES.read_text("utf-8")) or {}).get(page, [])


def describe(page) -> dict | None:
    """Return what the browser needs to know of a page, or nothing if none of its cells can run."""
    cells = cells_of(page)
    decide(cells)
    for known in differences(page.name):
        for cell in cells:
            if known["code"] in cell.code and cell.kind != "hidden":
                cell.differs = known["because"]
    if not any(cell.live and cell.kind in {"shown", "start"} for cell in cells):
        return None
    code = "\n".join(cell.code for cell in cells if cell.live and not cell.skip)
    needs = [name for name, pattern in NEEDS.items() if pattern.search(code)]
    return {"page": page.name, "needs": needs, "cells": [cell.told() for cell in cells]}


class NameCells(SphinxPostTransform):
    """Give the cells of a page ids, by which the browser finds them."""

    default_priority = 910
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for node in self.document.findall(nodes.container):
            if node.get("nb_element") == "cell_code":
                node["ids"].append(f"cell-{node['cell_index']}")


def begin(app: Sphinx, config: Config) -> None:
    """Prepare the files before any page is written, or say why there are none."""
    if os.environ.get("DLBOOK_LIVE", "") == "0":
        LOGGER.info("no live pages: DLBOOK_LIVE=0")
        return
    try:
        parts = prepare(Path(app.confdir) / STORE, Path(app.srcdir), PACKAGE)
    except UnavailableError as reason:
        LOGGER.info("no live pages: %s", reason)
        return
    app.book_live = {
        name: {key: said[key] for key in ("file", "bytes", "unpacked")}
        for name, said in parts.items()
    }
    config.book_live_sizes = {name: round(said["bytes"] / 1e6) for name, said in parts.items()}


def megabytes(parts: dict[str, dict], needs: list[str]) -> int:
    """Return how much is loaded to make a page live."""
    names = ["python", "library", "book", *needs]
    return round(sum(parts[name]["bytes"] for name in names) / 1e6)


def add_button(app: Sphinx, pagename: str, templatename: str, context: dict, doctree) -> None:
    """Put the button on pages whose cells can run, and write down what their cells are."""
    parts = getattr(app, "book_live", {})
    if (
        not parts
        or app.builder.name != "html"
        or doctree is None
        or "kernelspec" not in app.env.metadata[pagename]
    ):
        return
    [page] = pages_of(app.env, [pagename])
    said = describe(page)
    if said is None:
        return
    target = Path(app.outdir, "_static", FOLDER, "pages", f"{pagename}.json")
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    size = megabytes(parts, said["needs"])
    button = (
        f'<div class="live-start pst-js-only" data-page="{pagename}">'
        f'<button type="button" class="live-button">Make this page live ({size} MB)</button>'
        "<p>Python then runs in your browser: change the code of this page, and run it.</p></div>"
    )
    before, mark, after = re.split(
        r'(<p class="[^"]*reading-time[^"]*">.*?</p>|</h1>)',
        context["body"],
        maxsplit=1,
        flags=re.S,
    )
    context["body"] = f"{before}{mark}\n{button}{after}"
    app.add_js_file(f"{FOLDER}/start.js")


def put_files(app: Sphinx, exception: Exception | None) -> None:
    """Put the prepared files, their list and their licences into the site."""
    target = Path(app.outdir, "_static", FOLDER)
    if exception or app.builder.name != "html":
        return
    parts = getattr(app, "book_live", {})
    if not parts:
        shutil.rmtree(target, ignore_errors=True)
        return
    wanted = {part["file"] for part in parts.values()}
    for old in target.glob("*.zst"):
        if old.name not in wanted:
            old.unlink()
    for name in wanted:
        if not (target / name).exists():
            shutil.copyfile(Path(app.confdir) / STORE / name, target / name)
    (target / "parts.json").write_text(json.dumps(parts), "utf-8")
    (target / "LICENCES.txt").write_bytes(licences(artifacts()))


def setup(app: Sphinx) -> dict[str, bool]:
    # A change of the sizes writes all pages anew, since they tell them.
    app.add_config_value("book_live_sizes", {}, "html")
    app.add_post_transform(NameCells)
    app.connect("config-inited", begin)
    app.connect("html-page-context", add_button, priority=940)
    app.connect("build-finished", put_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
