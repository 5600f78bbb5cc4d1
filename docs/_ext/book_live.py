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
import symtable
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from book_execution import pages_of
from book_live_files import UnavailableError, artifacts, licences, prepare, sha256
from book_runner import Page
from book_symbols import symbols_of
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
ABSENT_PARTS = {
    "dlbook.bench.contestants", "dlbook.data_parallel", "dlbook.event_files", "dlbook.workers",
    "importlib.metadata.distributions",
}  # fmt: skip
# Why cells that name NumPy's default integer differ.
OF_INTEGERS = (
    "in the browser Python is a program of 32 bits, so NumPy's whole numbers are int32 where a "
    "computer of 64 bits has int64."
)
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
TOP = re.compile(r'<p class="[^"]*reading-time[^"]*">.*?</p>', re.S)
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

    def told(self) -> dict[str, Any]:
        """Return what the page's file says of the cell."""
        said = {"index": self.index, "code": self.code, "kind": self.kind, "live": self.live}
        given = {
            "exercise": self.exercise, "solution": self.solution, "reason": self.reason,
            "skip": self.skip, "differs": self.differs, "timing": "timing" in self.tags,
        }  # fmt: skip
        return said | {name: value for name, value in given.items() if value}


@dataclass
class Names:
    """Which names of a page's code a cell binds and loads, and what it calls."""

    binds: set[str] = field(default_factory=set)
    loads: set[str] = field(default_factory=set)
    uses: set[str] = field(default_factory=set)
    absent: set[str] = field(default_factory=set)
    calls: set[str] = field(default_factory=set)
    layers_without_engine: bool = False


class Reader:
    """Goes through statements in their order, and collects what they need from other cells."""

    def __init__(self) -> None:
        self.needed: set[str] = set()
        self.bound: set[str] = set()

    def read(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            match statement:
                case ast.FunctionDef() | ast.ClassDef():
                    self.use(*defined_with(statement))
                    self.bound.add(statement.name)
                case ast.With(items=items, body=body):
                    for item in items:
                        self.use(item.context_expr)
                        self.bind(item.optional_vars)
                    self.read(body)
                case ast.For(target=target, iter=values, body=body, orelse=other):
                    self.use(values)
                    self.bind(target)
                    self.read(body + other)
                case (
                    ast.If(test=test, body=body, orelse=other)
                    | ast.While(test=test, body=body, orelse=other)
                ):
                    self.use(test)
                    self.read(body + other)
                case ast.Try(body=body, handlers=handlers, orelse=other, finalbody=last):
                    self.read(body)
                    for handler in handlers:
                        self.use(*([handler.type] if handler.type else []))
                        self.bound |= {handler.name} if handler.name else set()
                        self.read(handler.body)
                    self.read(other + last)
                case ast.AugAssign(target=target):
                    names = {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
                    self.needed |= names - self.bound
                    self.use(statement.value)
                case _:
                    self.use(statement)
                    self.bind(statement)

    def use(self, *nodes: ast.AST) -> None:
        """Take note of what is loaded; loops inside an expression have names of their own."""
        for node in nodes:
            inner = [part for part in ast.walk(node) if isinstance(part, INNER)]
            own = {n.id for part in inner for n in names_in(part, ast.Store)}
            own |= {
                a.arg for part in inner if isinstance(part, ast.Lambda) for a in arguments(part)
            }
            self.needed |= {n.id for n in names_in(node, ast.Load)} - self.bound - own

    def bind(self, node: ast.AST | None) -> None:
        if node is None:
            return
        self.bound |= {name.id for name in names_in(node, ast.Store)}
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.bound |= {n.asname or n.name.partition(".")[0] for n in node.names}


def defined_with(definition: ast.FunctionDef | ast.ClassDef) -> list[ast.AST]:
    """Return what Python computes when it meets a definition, and not when that is called."""
    if isinstance(definition, ast.ClassDef):
        return [*definition.decorator_list, *definition.bases, *definition.keywords]
    result = [definition.returns] if definition.returns else []
    return [*definition.decorator_list, definition.args, *result]


INNER = ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda


def names_in(node: ast.AST, context: type) -> Iterator[ast.Name]:
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and isinstance(part.ctx, context):
            yield part


def arguments(function: ast.Lambda) -> list[ast.arg]:
    given = function.args
    rest = [part for part in (given.vararg, given.kwarg) if part]
    return [*given.posonlyargs, *given.args, *given.kwonlyargs, *rest]


def global_loads(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the global names that functions, classes and loops inside a cell load."""
    for child in table.get_children():
        for symbol in child.get_symbols():
            if symbol.is_global() and symbol.is_referenced():
                yield symbol.get_name()
        yield from global_loads(child)


def names_of(code: str) -> Names:
    """Return the names of a cell; those inside its functions are their own affair."""
    table = symbols_of(code)
    found = Names()
    for symbol in table.get_symbols():
        if symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace():
            found.binds.add(symbol.get_name())
    reader = Reader()
    reader.read(ast.parse(code).body)
    found.uses = {name.id for name in names_in(ast.parse(code), ast.Load)}
    found.loads = reader.needed | (set(global_loads(table)) - reader.bound)
    for node in ast.walk(ast.parse(code)):
        match node:
            case ast.Import(names=names):
                sources = {n.asname or n.name.partition(".")[0]: n.name for n in names}
                found.absent.update(name for name in sources if is_absent(sources[name]))
            case ast.ImportFrom(module=str(module), names=names):
                sources = {n.asname or n.name: f"{module}.{n.name}" for n in names}
                found.absent.update(name for name in sources if is_absent(sources[name]))
            case ast.Call(func=function, keywords=keywords):
                name = function.attr if isinstance(function, ast.Attribute) else ""
                name = name or ast.unparse(function)
                found.calls.add(name)
                if name in OF_AN_ENGINE and not {k.arg for k in keywords} & {"engine", None}:
                    found.layers_without_engine = True
    return found


def is_absent(source: str) -> bool:
    """Tell whether a module, or a name of one, is not there in the browser."""
    return source.partition(".")[0] in ABSENT or any(map(source.startswith, ABSENT_PARTS))


def cells_of(page: Page) -> list[Cell]:
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
        inside = sorted(names.absent & names.uses)
        if inside or "needs-tensorflow" in cell.tags or names.layers_without_engine:
            cell.live = False
            own = names.layers_without_engine or re.search(r"\b(tf|keras|tensorflow)\b", cell.code)
            cell.reason = "uses TensorFlow" if own or not inside else "uses other programs"
        elif bad:
            cell.live = False
            cell.reason = spoilt[bad[0]]
        for name in names.binds:
            spoilt.pop(name, None)
            if not cell.live:
                spoilt[name] = "needs what cannot be computed here"
        spoilt.update(dict.fromkeys(names.absent, "uses TensorFlow"))
    for place, cell in enumerate(cells):
        if cell.kind == "hidden" and cell.live:
            wanted = set().union(*(later.loads for later in cells[place + 1 :]))
            shaky = CHANGING & found[place].calls or re.search("random|rng", cell.code)
            cell.skip = not shaky and not cell.binds & wanted


@cache
def differences() -> dict[str, list[dict[str, str]]]:
    """Return what is known to differ, by page, each with a piece of the cell's code."""
    if not DIFFERENCES.is_file():
        return {}
    return yaml.safe_load(DIFFERENCES.read_text("utf-8")) or {}


def printed(doctree: nodes.document) -> dict[int, str]:
    """Return what the cells of a page printed when it was built."""
    found = {}
    for node in doctree.findall(nodes.container):
        if node.get("nb_element") == "cell_code":
            outputs = [n for n in node.findall(nodes.container) if is_output(n)]
            found[node["cell_index"]] = "\n".join(output.astext() for output in outputs)
    return found


def is_output(node: nodes.container) -> bool:
    return node.get("nb_element") == "cell_code_output"


def describe(page: Page, outputs: dict[int, str] | None = None) -> dict[str, Any] | None:
    """Return what the browser needs to know of a page, or nothing if none of its cells can run."""
    cells = cells_of(page)
    decide(cells)
    for cell in cells:
        if "int64" in (outputs or {}).get(cell.index, ""):
            cell.differs = OF_INTEGERS
    for known in differences().get(page.name, ()):
        for cell in cells:
            if known["code"] in cell.code and cell.kind != "hidden":
                cell.differs = known["because"]
    if not any(cell.live and cell.kind in {"shown", "start"} for cell in cells):
        return None
    code = "\n".join(cell.code for cell in cells if cell.live and not cell.skip)
    # Readers may draw on any page, so Matplotlib comes with each.
    needs = [name for name in NEEDS if name == "matplotlib" or NEEDS[name].search(code)]
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
    made_from = (Path(__file__), DIFFERENCES)
    config.book_live_told = {
        **{name: round(said["bytes"] / 1e6) for name, said in parts.items()},
        "from": [sha256(path.read_bytes()) for path in made_from],
    }


def megabytes(parts: dict[str, dict[str, Any]], needs: list[str]) -> int:
    """Return how much is loaded to make a page live."""
    names = ["python", "library", "book", *needs]
    return round(sum(parts[name]["bytes"] for name in names) / 1e6)


def add_button(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
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
    said = describe(page, printed(doctree))
    target = Path(app.outdir, "_static", FOLDER, "pages", f"{pagename}.json")
    target.unlink(missing_ok=True)  # of an earlier build, when cells of the page could run
    if said is None:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(said, ensure_ascii=False), "utf-8")
    size = megabytes(parts, said["needs"])
    button = (
        f'<div class="live-start pst-js-only" data-page="{pagename}">'
        f'<button type="button" class="live-button">Make this page live ({size} MB)</button>'
        "<p>Python then runs in your browser: change the code of this page, and run it.</p></div>"
    )
    body = context["body"]
    place = found.end() if (found := TOP.search(body)) else body.index("</h1>") + len("</h1>")
    context["body"] = f"{body[:place]}\n{button}{body[place:]}"
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
    # A change of the sizes, or of what is known to differ, writes all pages anew.
    app.add_config_value("book_live_told", {}, "html")
    app.add_post_transform(NameCells)
    app.connect("config-inited", begin)
    app.connect("html-page-context", add_button, priority=940)
    app.connect("build-finished", put_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
