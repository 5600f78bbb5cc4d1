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

import numpy as np
import tomllib

ROOT = Path(__file__).parent.parent
CELL = re.compile(r"^```\{code-cell\} ipython3\n(?:---\n(.*?)^---\n)?(.*?)^```$", re.M | re.S)
PATIENCE = 20.0
"""Seconds for the sabotage of one cell; what is left then is told."""


PLACES = 400
"""More values than the checks of a cell name."""


# -- how a value is spoilt -------------------------------------------------------------------


def numeric(change: Callable) -> Callable:  # noqa: C901 - a case for each kind of value
    """Return a function that changes every number in a value: in arrays, lists and the like."""

    def spoil(value: object) -> object:
        match value:
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
        return sys.modules["tensorflow"].constant(spoil(value.numpy())) if of_tf(value) else value

    def spoil_array(value: np.ndarray) -> np.ndarray:
        if value.dtype.kind == "b":
            return ~value
        return np.asarray(change(value)).astype(value.dtype) if value.dtype.kind in "iuf" else value

    return spoil


def of_tf(value: object) -> bool:
    """Tell whether a value is a tensor of TensorFlow."""
    return type(value).__module__.startswith("tensorflow") and hasattr(value, "numpy")


def backwards(value: object) -> object:
    """Return what is in a row in the opposite order."""
    if isinstance(value, np.ndarray) and value.ndim:
        return value[::-1].copy()
    if type(value) in (list, tuple, str):
        return value[::-1]
    if type(value) is dict:
        return dict(zip(value, list(value.values())[::-1], strict=True))
    return value


def one_short(value: object) -> object:
    """Return what is in a row without its last, and a single number as a row."""
    if isinstance(value, np.ndarray):
        return value[:-1] if value.ndim else value[None]
    return value[:-1] if type(value) in (list, tuple, str) else value


def turned(value: object) -> object:
    """Return an array with its axes in the opposite order."""
    return value.T if isinstance(value, np.ndarray) and value.ndim > 1 else value


def of_another_dtype(value: object) -> object:
    """Return an array whose numbers take another number of bytes, and share no memory."""
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
    """Spoils one of the values in the checks: the one with a certain number."""

    def __init__(self, wanted: int) -> None:
        self.wanted, self.seen, self.inside = wanted, -1, False

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        self.inside = True
        node.test = self.visit(node.test)
        self.inside = False
        return node

    def visit(self, node: ast.AST) -> ast.AST:
        is_value = isinstance(node, (ast.Name, ast.Call, ast.Subscript)) and isinstance(
            getattr(node, "ctx", ast.Load()), ast.Load
        )
        if self.inside and is_value:
            self.seen += 1
            if self.seen == self.wanted:
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


def is_spoilt_alike(condition: str, names: dict) -> bool:
    """Tell whether a name stands twice in a condition, or nothing in it can be spoilt by name."""
    read = [node.id for node in ast.walk(ast.parse(condition)) if isinstance(node, ast.Name)]
    read = [name for name in read if not isinstance(names.get(name), types.ModuleType)]
    return len(set(read)) < len(read) or not any(
        spoilt(names, name, spoil) for name in set(read) for spoil in SABOTAGE.values()
    )


def sabotage_cell(source: str, names: dict) -> Iterator[tuple[int, str, str]]:
    """Yield line, condition and verdict of each check in a cell that noticed nothing."""
    sites = Sites()
    tree = ast.fix_missing_locations(sites.visit(without_glue(ast.parse(source))))
    code = compile(tree, "<sabotage>", "exec")
    todo = set(range(len(sites.lines))) - run_checks(code, names)  # what fails cannot be judged
    end = time.perf_counter() + PATIENCE

    for spoil in SABOTAGE.values():
        for name in names_read(ast.parse(source)):
            if todo and time.perf_counter() < end and (worse := spoilt(names, name, spoil)):
                todo -= run_checks(code, worse)
    # What stands on both sides of a condition is spoilt alike, so one side at a time.
    twice = {k for k in todo if is_spoilt_alike(sites.lines[k][1], names)}
    for each in range(PLACES if twice else 0):
        one = SpoilOne(each)
        variant = one.visit(without_glue(ast.parse(source)))
        if not todo & twice or one.seen < each or time.perf_counter() > end:
            break
        worse = compile(ast.fix_missing_locations(Sites().visit(variant)), "<sabotage>", "exec")
        for spoil in SABOTAGE.values():
            todo -= run_checks(worse, {**names, "_spoil": spoil}) & twice
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
    allowed = tomllib.loads((Path(__file__).parent / "sabotage.toml").read_text("utf-8"))
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
        if "assert" not in source:
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
