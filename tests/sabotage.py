"""Break what the check cells check, and see whether they notice: ``nox -s sabotage``.

A page runs as usual. After each cell with checks, the same cell is run again and again with one
of the names that it reads spoilt: the sign turned, the scale changed, the order reversed, the
result of a function falsified. A check that notices none of this cannot fail, whatever its
sentence says. Those that may not, with the reason, stand in ``sabotage.toml``.

Mutation testing (mutmut, cosmic-ray) does this for a package with tests; it changes the source,
and here that would run each page anew a thousand times. Spoiling the values costs one run.
"""

import argparse
import ast
import os
import re
import subprocess
import sys
import time
import types
from collections.abc import Callable, Iterator
from pathlib import Path

import nox
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
CELL = re.compile(r"^```\{code-cell\} ipython3\n(?:---\n(.*?)^---\n)?(.*?)^```$", re.M | re.S)
PATIENCE = float(os.environ.get("DLBOOK_PATIENCE", "60"))
"""Seconds for the sabotage of one cell; what is left then is told. Busy machines need more."""


# -- how a value is spoilt -------------------------------------------------------------------


def numeric(change: Callable) -> Callable:  # noqa: C901 - a case for each kind of value
    """Return a function that changes every number in a value: in arrays, lists and the like."""

    def spoil(value: object) -> object:
        match value:
            case None:
                return 1.0
            case bool() | np.bool_():
                return not value
            case int() | float() | np.number():
                return type(value)(change(value))
            case np.ndarray():
                return spoil_array(value)
            case str():
                return value + "?"
            case dict():
                return {key: spoil(each) for key, each in value.items()}
            case tuple() if hasattr(value, "_fields"):
                return type(value)(*map(spoil, value))
            case list() | tuple() | set():
                return type(value)(map(spoil, value))
        make = tensor_maker(value)
        return make(spoil(value.numpy())) if make else value

    def spoil_array(value: np.ndarray) -> np.ndarray:
        if value.dtype.kind == "b":
            return ~value
        return np.asarray(change(value)).astype(value.dtype) if value.dtype.kind in "iuf" else value

    return spoil


def tensor_maker(value: object) -> Callable | None:
    """Return what makes a tensor of the kind of a value, or None if it is no tensor."""
    module = type(value).__module__
    if not hasattr(value, "numpy"):
        return None
    if module.startswith("tensorflow"):
        return sys.modules["tensorflow"].constant
    return sys.modules[module].Tensor if module == "dlbook.autodiff" else None


def of_tensors(spoil: Callable) -> Callable:
    """Return a function that spoils tensors as it spoils arrays."""

    def spoil_all(value: object) -> object:
        make = tensor_maker(value)
        return make(spoil(value.numpy())) if make else spoil(value)

    return spoil_all


@of_tensors
def backwards(value: object) -> object:
    """Return what is in a row in the opposite order."""
    if isinstance(value, np.ndarray) and value.ndim:
        return value[::-1].copy()
    if type(value) in (list, tuple, str):
        return value[::-1]
    if type(value) is dict:
        return dict(zip(value, list(value.values())[::-1], strict=True))
    return value


@of_tensors
def one_short(value: object) -> object:
    """Return what is in a row without its last, and a single number as a row."""
    if isinstance(value, np.ndarray):
        return value[:-1] if value.ndim else value[None]
    if isinstance(value, (float, np.number)):
        return np.array([value])
    return value[:-1] if type(value) in (list, tuple, str) else value


@of_tensors
def turned(value: object) -> object:
    """Return an array with its axes in the opposite order."""
    return value.T if isinstance(value, np.ndarray) and value.ndim > 1 else value


@of_tensors
def of_another_dtype(value: object) -> object:
    """Return an array whose numbers take another number of bytes, or another dtype."""
    if isinstance(value, np.dtype):
        return np.dtype("complex128" if value != np.complex128 else "bool")
    if not isinstance(value, np.ndarray):
        return value
    return value.astype("float64" if value.dtype != np.float64 else "float32")


SABOTAGE = {
    "the sign turned": numeric(lambda x: -x if np.asarray(x).dtype.kind != "u" else 255 - x),
    "half as much again": numeric(lambda x: x * 1.5 + (np.asarray(x).dtype.kind in "iu")),
    "a third less": numeric(lambda x: x / 1.5),
    "nothing": numeric(lambda x: x * 0),
    "one more": numeric(lambda x: x + 1),
    "backwards": backwards,
    "one short": one_short,
    "turned": turned,
    "of another dtype": of_another_dtype,
}


def falsified(function: Callable, spoil: Callable) -> Callable:
    """Return a function that gives a spoilt result."""
    return lambda *args, **kwargs: spoil(function(*args, **kwargs))


class Falsified:
    """A module of the package, one of whose functions gives spoilt results."""

    def __init__(self, module: types.ModuleType, name: str, spoil: Callable) -> None:
        self.__dict__.update(vars(module))
        self.__dict__[name] = falsified(getattr(module, name), spoil)


# -- cells -----------------------------------------------------------------------------------


class Sites(ast.NodeTransformer):
    """Turns each ``assert`` into a note of whether it holds, so that one run tells of all."""

    def __init__(self) -> None:
        self.lines: list[tuple[int, str]] = []

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        self.lines.append((node.lineno, ast.unparse(node.test)))
        call = ast.parse(f"_note({len(self.lines) - 1}, lambda: None)").body[0]
        call.value.args[1].body = node.test
        return ast.copy_location(call, node)


class SpoilOne(ast.NodeTransformer):
    """Spoils one of the values that a cell calculates with: the one with a certain number.

    Within a check these are the things that it reads, and the results of `calls`; to change the
    number that it expects, or what it makes of a value, would prove nothing.
    """

    def __init__(self, wanted: int, calls: set[str]) -> None:
        self.wanted, self.calls, self.inside = wanted, calls, False
        self.checks = 0
        self.seen: list[int | None] = []  # for each value, the number of the check that reads it

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        self.inside = True
        node.test = self.visit(node.test)
        self.inside = False
        self.checks += 1
        return node

    def is_value(self, node: ast.AST) -> bool:
        match node:
            case ast.Name() | ast.Subscript() | ast.Attribute():
                return isinstance(node.ctx, ast.Load)
            case ast.Call():
                return not self.inside or ast.unparse(node) in self.calls
            case ast.Constant():
                return not self.inside and type(node.value) in (int, float)
        return False

    def visit(self, node: ast.AST) -> ast.AST:
        if self.is_value(node):
            self.seen.append(self.checks if self.inside else None)
            if len(self.seen) - 1 == self.wanted:
                return ast.Call(ast.Name("_spoil", ast.Load()), [node], [])
        return super().visit(node)


def without_glue(tree: ast.Module) -> ast.Module:
    """Return a cell that pastes nothing."""
    tree.body = [node for node in tree.body if "glue" not in ast.unparse(node)]
    return tree


def names_read(tree: ast.AST) -> list[str]:
    """Return the names that a cell reads, and as ``module.function`` what it calls of modules."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            found[f"{node.value.id}.{node.attr}"] = None
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            found[node.id] = None
    return list(found)


def spoilt(names: dict, name: str, spoil: Callable) -> dict | None:
    """Return the names with one of them spoilt, or None where there is nothing to spoil."""
    first, _, attribute = name.partition(".")
    value = names.get(first)
    if attribute:
        is_ours = isinstance(value, types.ModuleType) and value.__name__.startswith("dlbook")
        if not is_ours or not isinstance(getattr(value, attribute, None), types.FunctionType):
            return None
        return {**names, first: Falsified(value, attribute, spoil)}
    if first not in names or first.startswith("_") or isinstance(value, (type, types.ModuleType)):
        return None
    if isinstance(value, types.FunctionType):
        return {**names, first: falsified(value, spoil)}
    try:
        changed = spoil(value)
    except Exception:  # a value that cannot be spoilt in this way
        return None
    return None if changed is value else {**names, first: changed}


def run_checks(code: types.CodeType, names: dict) -> set[int]:
    """Run a cell and return which of its checks did not hold; -1 if the cell itself failed."""
    noticed = set()

    def note(number: int, test: Callable) -> None:
        try:
            if not test():
                noticed.add(number)
        except Exception:  # an error stops a build as well as a false claim
            noticed.add(number)

    try:
        with np.errstate(all="ignore"):
            exec(code, {**names, "_note": note})
    except Exception:
        noticed.add(-1)
    return noticed


def can_be_spoilt(names: dict, name: str) -> bool:
    """Tell whether there is anything to spoil in what a name stands for."""
    return any(spoilt(names, name, spoil) for spoil in SABOTAGE.values())


def calls_to_spoil(condition: str, names: dict) -> set[str]:
    """Return the calls in a condition whose results are spoilt, since their names do not do.

    That is so where a name stands twice, so that both sides are spoilt alike, where nothing in
    the condition can be spoilt by name, and for methods of things that cannot be spoilt.
    """
    calls = [node for node in ast.walk(ast.parse(condition)) if isinstance(node, ast.Call)]
    read = [node.id for node in ast.walk(ast.parse(condition)) if isinstance(node, ast.Name)]
    known = [name for name in read if not isinstance(names.get(name), types.ModuleType)]
    if len(set(known)) < len(known) or not any(can_be_spoilt(names, each) for each in set(known)):
        return {ast.unparse(call) for call in calls}
    return {
        ast.unparse(call)
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id in known
        and not can_be_spoilt(names, call.func.value.id)
    }


def sabotage_cell(source: str, names: dict) -> Iterator[tuple[int, str, str]]:
    """Yield line, condition and verdict of each check in a cell that noticed nothing."""
    sites = Sites()
    tree = ast.fix_missing_locations(sites.visit(without_glue(ast.parse(source))))
    code = compile(tree, "<sabotage>", "exec")
    todo = set(range(len(sites.lines))) - run_checks(code, names)  # what fails cannot be judged
    end = time.perf_counter() + PATIENCE

    # What the checks themselves read is tried first: a cell may take a second, and patience ends.
    checked = {name for _, condition in sites.lines for name in names_read(ast.parse(condition))}
    for name in sorted(names_read(ast.parse(source)), key=lambda name: name not in checked):
        for spoil in SABOTAGE.values():
            if todo and time.perf_counter() < end and (worse := spoilt(names, name, spoil)):
                todo -= run_checks(code, worse)
    # What the cell makes itself cannot be spoilt before: so each value in it, one at a time: those
    # that the checks read, which notice it at once, then the others, the last of them first.
    calls = set().union(*(calls_to_spoil(sites.lines[k][1], names) for k in todo))
    counting = SpoilOne(-1, calls)
    counting.visit(without_glue(ast.parse(source)))
    for each in sorted(range(len(counting.seen)), key=lambda k: (counting.seen[k] is None, -k)):
        if not todo or time.perf_counter() > end:
            break
        if counting.seen[each] is not None and counting.seen[each] not in todo:
            continue
        variant = SpoilOne(each, calls).visit(without_glue(ast.parse(source)))
        worse = compile(ast.fix_missing_locations(Sites().visit(variant)), "<sabotage>", "exec")
        for spoil in SABOTAGE.values():
            todo -= run_checks(worse, {**names, "_spoil": spoil})
    late = "" if time.perf_counter() < end else f" in {PATIENCE:.0f} s"
    for number in sorted(todo):
        yield *sites.lines[number], f"notices nothing{late}"


def sabotage_page(path: Path) -> int:
    """Run a page with sabotage, print the checks that notice nothing, and return their number."""
    import warnings

    from IPython.core.interactiveshell import InteractiveShell

    warnings.simplefilter("ignore")
    shell = InteractiveShell.instance()
    shell.display_pub.publish = lambda *args, **kwargs: None
    shell.displayhook.write_format_data = lambda *args, **kwargs: None
    shell.displayhook.write_output_prompt = lambda *args, **kwargs: None
    text = path.read_text("utf-8")
    os.chdir(path.resolve().parent)  # where the build runs it
    allowed = nox.project.load_toml(ROOT / "tests" / "sabotage.toml")
    known = allowed.get(path.stem, {})
    checks = weak = 0
    for found in CELL.finditer(text):
        head, source = found[1] or "", found[2]
        if "skip-execution" in head:  # what readers start from in a marked exercise
            continue
        first = text[: found.start(2)].count("\n") + 1
        before = dict(shell.user_ns)
        result = shell.run_cell(source, store_history=False)
        if not result.success:
            print(f"{path}:{first}: the cell fails: {result.error_in_exec}", file=sys.__stdout__)
            weak += 1
            continue
        # Of the marks in exercises `test_marked_exercises.py` proves that they notice mistakes.
        if "assert" not in source or re.search(r"tags:.*\bmark\b", head):
            continue
        checks += source.count("assert ")
        for line, condition, reason in sabotage_cell(source, before):
            if condition in known:
                continue
            weak += 1
            print(f"{path}:{first + line - 1}: {reason}: {condition}", file=sys.__stdout__)
    print(f"{path}: {weak} of {checks} checks are weak", file=sys.__stdout__, flush=True)
    return weak


def main() -> int:
    """Sabotage pages, each in a process of its own; return 1 if a check notices nothing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("pages", nargs="*", type=Path, help="files of pages; all by default")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    pages = options.pages or sorted((ROOT / "docs").glob("*.md"))
    pages = [path for path in pages if "file_format: mystnb" in path.read_text("utf-8")]
    if options.here:
        weak = sum(map(sabotage_page, pages))
        sys.__stdout__.flush()
        os._exit(bool(weak))  # TensorFlow's threads need no farewell
    environment = os.environ | {"MPLBACKEND": "agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
    failed = 0
    for path in pages:
        command = [sys.executable, __file__, "--here", str(path)]
        done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
        lines = [line for line in done.stdout.splitlines() if line.startswith(str(path))]
        print("\n".join(lines) or f"{path}: {done.stderr[-1500:]}", flush=True)
        failed += done.returncode != 0
    print(f"{failed} of {len(pages)} pages have weak checks")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
