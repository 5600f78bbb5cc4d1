"""The marked exercises of the pages, and the mistakes that their check cells must find.

A marked exercise has a cell with the tag ``starting-point`` and, in its solution, cells with the
tag ``mark``. Typical mistakes stand in ``tests/mistakes/<page>.py``, each below a line
``# %% ex-page-name``. Other right programs stand there too, below ``# %% right: ex-page-name``.
"""

import ast
import re
import symtable
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

TESTS = Path(__file__).parent
DOCS = TESTS.parent / "docs"
sys.path.insert(0, str(DOCS / "_ext"))
from book_symbols import symbols_of  # noqa: E402

PIECE = re.compile(
    r"^```\{code-cell\} ipython3\n(?:---\n(?P<head>.*?)^---\n)?(?P<code>.*?)^```$"
    r"|^```\{(?P<kind>exercise|solution)-start\}[^\n]*?(?P<of>ex-[\w-]+)?\n(?P<options>.*?)^```$"
    r"|^```\{(?P<end>exercise|solution)-end\}\n```$",
    re.M | re.S,
)
CHANGING = {"fit", "train", "one_training_step", "update_weights", "assign", "assign_sub", "append"}
"""Functions and methods that change what they are given."""

LABEL = re.compile(r"^:label: (\S+)$", re.M)
TITLE = re.compile(r"^# %% (right: )?(ex-[\w-]+)\n", re.M)


@dataclass
class Cell:
    """A cell of a page, with its tags and the exercise whose task or answer holds it."""

    code: str
    line: int
    tags: list[str]
    exercise: str = ""
    part: str = ""

    def __post_init__(self) -> None:
        self.reads, self.binds = names_of(self.code)

    @property
    def hidden(self) -> bool:
        return "remove-cell" in self.tags

    @property
    def starting_point(self) -> bool:
        return "starting-point" in self.tags

    @property
    def mark(self) -> bool:
        return "mark" in self.tags


@dataclass
class Exercise:
    """A marked exercise: what readers start from, the book's answer, and its check cells.

    Of the solution's visible cells those are the answer that bind a name of the starting point.
    """

    label: str
    start: list[Cell] = field(default_factory=list)
    answer: list[Cell] = field(default_factory=list)
    marks: list[Cell] = field(default_factory=list)


def names_of(code: str) -> tuple[set[str], set[str]]:
    """Return the names that a cell takes from others, and those that it binds or changes."""
    reads, binds = set(), set()

    def take(node: ast.AST) -> None:
        here, there = names_of_one(node)
        reads.update(here - binds)
        binds.update(there)

    def walk(block: list[ast.stmt]) -> None:
        for node in block:
            match node:
                case ast.With(items=items, body=body):
                    for item in items:
                        take(item.context_expr)
                        binds.update(n.id for n in ast.walk(item) if is_stored(n))
                    walk(body)
                case ast.For(target=target, iter=values, body=body, orelse=rest):
                    take(values)
                    binds.update(n.id for n in ast.walk(target) if is_stored(n))
                    walk(body + rest)
                case (
                    ast.While(test=test, body=body, orelse=rest)
                    | ast.If(test=test, body=body, orelse=rest)
                ):
                    take(test)
                    walk(body + rest)
                case ast.Try(body=body, handlers=handlers, orelse=rest, finalbody=last):
                    walk(body)
                    for handler in handlers:
                        binds.update({handler.name} - {None})
                        walk(handler.body)
                    walk(rest + last)
                case _:
                    take(node)

    walk(ast.parse(code).body)
    return reads, binds


def is_stored(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def names_of_one(node: ast.AST) -> tuple[set[str], set[str]]:
    """Return the global names that a statement or an expression reads, and those that it binds."""
    reads, binds = set(), set()

    def visit(scope: symtable.SymbolTable) -> None:
        outermost = scope.get_type() == "module"
        for symbol in scope.get_symbols():
            if (outermost or symbol.is_global()) and symbol.is_referenced():
                reads.add(symbol.get_name())
            if outermost and (symbol.is_assigned() or symbol.is_imported()):
                binds.add(symbol.get_name())
        for child in scope.get_children():
            visit(child)

    visit(symbols_of(ast.unparse(node)))
    if isinstance(
        node, ast.Assign
    ):  # unlike an assignment to a new name, these change what is there
        targets = [part for target in node.targets for part in ast.walk(target)]
        changed = [part.value for part in targets if isinstance(part, ast.Subscript)]
        binds |= {part.id for part in changed if isinstance(part, ast.Name)} & reads
    for part in ast.walk(node):
        match part:
            case ast.Call(func=ast.Name(id=name), args=[ast.Name(id=given), *_]):
                binds |= {given} & reads if name in CHANGING else set()
            case ast.Call(func=ast.Attribute(value=value, attr=name)) if name in CHANGING:
                binds |= {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} & reads
    return reads, binds


def cells_of(text: str) -> list[Cell]:
    """Return the cells of a page in their order."""
    cells, exercise, part = [], "", ""
    for found in PIECE.finditer(text):
        if found["kind"]:
            if part:
                raise ValueError(
                    f"{exercise}: expected its {part}-end before the next. Received: none"
                )
            label = found["of"] if found["kind"] == "solution" else None
            exercise, part = label or LABEL.search(found["options"])[1], found["kind"]
        elif found["end"]:
            exercise, part = "", ""
        else:
            head = yaml.safe_load(found["head"]) if found["head"] else {}
            line = text[: found.start("code")].count("\n") + 1
            cells.append(Cell(found["code"], line, head.get("tags", []), exercise, part))
    return cells


def exercises_of(cells: list[Cell]) -> dict[str, Exercise]:
    """Return the marked exercises among the cells of a page, by their labels."""
    found = {cell.exercise: Exercise(cell.exercise) for cell in cells if cell.mark}
    for cell in cells:
        if exercise := found.get(cell.exercise):
            if cell.part == "exercise" and cell.starting_point:
                exercise.start.append(cell)
            elif cell.part == "solution" and cell.mark:
                exercise.marks.append(cell)
            elif cell.part == "solution" and not cell.hidden:
                asked_for = {name for each in exercise.start for name in each.binds}
                if asked_for & cell.binds:
                    exercise.answer.append(cell)
    return found


def needed_before(cells: list[Cell], names: set[str]) -> list[Cell]:
    """Return those of the visible cells that bind the names, or what these need in their turn."""
    chosen, names = [], set(names)
    for cell in reversed(cells):
        if not cell.hidden and not cell.starting_point and cell.binds & names:
            chosen.append(cell)
            names |= cell.reads
    return chosen[::-1]


def programs_of(page: str, *, right: bool = False) -> list[tuple[str, str]]:
    """Return the mistakes written down for a page, or the other right answers, with labels."""
    path = TESTS / "mistakes" / f"{page}.py"
    if not path.exists():
        return []
    parts = TITLE.split(path.read_text("utf-8"))[1:]
    triples = zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    return [(label, code) for is_right, label, code in triples if bool(is_right) == right]


def needs_tensorflow(cell: Cell) -> bool:
    """Tell whether a cell itself loads TensorFlow, whatever the cells before it have made."""
    for node in ast.walk(ast.parse(cell.code)):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module)):
                modules = [module]
            case ast.Call(func=ast.Name(id="NaiveDense"), keywords=keywords):
                # Without an engine a layer takes its variables from TensorFlow.
                given = {keyword.arg for keyword in keywords}
                modules = [] if given & {"engine", None} else ["tensorflow"]
            case _:
                continue
        # The event files are those that Keras writes.
        if {"tensorflow", "keras"} & {name.partition(".")[0] for name in modules}:
            return True
        if "dlbook.event_files" in modules:
            return True
    return False


def free_of_tensorflow(cells: list[Cell]) -> list[Cell]:
    """Return the cells that run without TensorFlow, since they need no name that it has made."""
    free, made_with_it = [], set()
    for cell in cells:
        if cell.starting_point:
            continue
        if needs_tensorflow(cell) or cell.reads & made_with_it:
            made_with_it |= cell.binds
        else:
            made_with_it -= cell.binds
            free.append(cell)
    return free
