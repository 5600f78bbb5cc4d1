"""Change the site's scripts in small ways, and see which changes the browser tests do not notice.

``nox -s mutation -- explore/descent --sample 20 --seed 1`` comes here: it tries 20 of the mutants
of ``docs/_static/explore/descent.js`` on a copy of the built site, so ``nox -s docs`` comes first.
tree-sitter reads the script, so that nothing in comments, regular expressions or sentences changes.
"""

import difflib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

ROOT = Path(__file__).parent.parent
SITE = Path(os.environ.get("DLBOOK_SITE", ROOT / "build" / "html"))
BROWSER = ROOT / "tests" / "browser"
PARSER = Parser(Language(tree_sitter_javascript.language()))

OPERATORS = {
    "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"],
    "===": ["!=="], "!==": ["==="], "&&": ["||"], "||": ["&&"], "??": ["&&"],
    "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"], "**": ["*"], ">>": ["<<"],
    "&": ["|"], "+=": ["-="], "-=": ["+="], "*=": ["/="], "/=": ["*="], "++": ["--"],
    "--": ["++"], "??=": ["="],
}  # fmt: skip
NAMES = {
    "min": "max", "max": "min", "floor": "ceil", "ceil": "floor", "some": "every",
    "every": "some", "replaceAll": "replace", "flatMap": "map",
}  # fmt: skip
"""Names after a point, and those that take their place."""

LONGEST = 6
"""No statement of more lines is removed: who would not notice that a whole explorer is missing?"""
PATIENCE = 8
"""So many seconds the tests wait for what should come."""


@dataclass(frozen=True)
class Mutant:
    """A part of a script, given in bytes, and what takes its place."""

    start: int
    end: int
    text: str

    def of(self, source: bytes) -> bytes:
        """Return the script with the change."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def line(self, source: bytes) -> int:
        """Return the number of the line that changes, from 1."""
        return source.count(b"\n", 0, self.start) + 1

    def change(self, source: bytes) -> str:
        """Return the lines as they are, after -, and as they become, after +."""
        old, new = (text.decode().splitlines() for text in (source, self.of(source)))
        changed = list(difflib.unified_diff(old, new, n=0, lineterm=""))[3:]
        return "\n".join(line[0] + " " + line[1:].strip() for line in changed)


def replacements(node: Node) -> Iterator[tuple[Node, str]]:
    """Give the parts of a node that a mutant replaces, each with what it puts there."""
    kind, text = node.type, node.text.decode()
    operator = node.child_by_field_name("operator")
    condition = node.child_by_field_name("condition")
    if operator is not None and kind != "unary_expression":
        yield from ((operator, other) for other in OPERATORS.get(operator.type, ()))
    elif operator is not None and operator.type in {"!", "-"}:
        yield operator, ""
    elif kind in {"if_statement", "ternary_expression"}:
        if condition.type == "parenthesized_expression":
            condition = condition.named_child(condition.named_child_count - 1)
        yield from ((condition, value) for value in ("true", "false"))
    elif kind.endswith("_statement") and can_go(node):
        yield node, ";"
    elif (new := other_value(node, text)) is not None:
        yield node, new


def other_value(node: Node, text: str) -> str | None:
    """Return what takes the place of a value or a name, or None if nothing does."""
    within = node.parent.type if node.parent else ""
    if node.type == "number":
        # A double is seen where one more is not: a picture of 321 units looks like one of 320.
        return doubled(text)
    if node.type in {"true", "false"}:
        return "false" if text == "true" else "true"
    if node.type in {"string", "template_string"} and decides(node):
        return '"changed"' if len(text) == 2 else '""'
    if node.type == "property_identifier" and within == "member_expression":
        return NAMES.get(text)
    if node.type == "optional_chain":
        return "." if within == "member_expression" else ""
    return None


def doubled(number: str) -> str:
    """Return twice a number, and 1 for 0."""
    try:
        return str(2 * (float(number) if "." in number else int(number)) or 1)
    except ValueError:  # 0xff and the like
        return f"(2 * {number})"


def decides(node: Node) -> bool:
    """Tell whether a text is compared, or chosen by a condition."""
    parent = node.parent
    if parent.type == "binary_expression":
        return parent.child_by_field_name("operator").type in {"===", "!==", "??"}
    return parent.type == "ternary_expression"


def can_go(node: Node) -> bool:
    """Tell whether a statement can be left out, and is not known to be missed."""
    simple = {"expression", "return", "throw", "continue", "break"}
    lines = node.end_point.row - node.start_point.row + 1
    return (
        node.type.removesuffix("_statement") in simple
        and lines <= LONGEST
        and not (node.type == "expression_statement" and node.named_child(0).type == "string")
    )


def mutants_of(source: bytes) -> list[Mutant]:
    """Return all mutants of a script, in their order."""
    found, nodes = [], [PARSER.parse(source).root_node]
    while nodes:
        node = nodes.pop()
        found += [Mutant(part.start_byte, part.end_byte, new) for part, new in replacements(node)]
        nodes += reversed(node.children)
    return list(dict.fromkeys(found))


def sample_of(mutants: list[Mutant], size: int, seed: int) -> list[Mutant]:
    """Draw some mutants, the same for a seed; 0 stands for all."""
    if not 0 < size < len(mutants):
        return mutants
    drawn = set(random.Random(seed).sample(range(len(mutants)), size))
    return [mutant for place, mutant in enumerate(mutants) if place in drawn]


class Site:
    """A copy of the built site, in which a script can be exchanged, and its tests."""

    def __init__(self, folder: Path, script: str, tests: tuple[list[str], str]) -> None:
        """Copy the site, and look at the tests of the script: their files and their names."""
        self.folder = folder / "html"
        # Names for the same files, in no time; so nothing but the script is ever written.
        shutil.copytree(SITE, self.folder, copy_function=os.link)
        self.place = self.folder / "_static" / f"{script}.js"
        self.tests = tests

    def put(self, source: bytes) -> None:
        """Put a script in the place of the one that is there."""
        self.place.unlink()
        self.place.write_bytes(source)

    def tried(self, seconds: float) -> str:
        """Run the tests: "survived" if they pass, "killed" if not, "timeout" if they take long."""
        names, words = self.tests
        command = [
            sys.executable, "-m", "pytest", "--confcutdir", str(BROWSER),
            *(str(BROWSER / name) for name in names),
            "-k", words, "-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly",
        ]  # fmt: skip
        environment = os.environ | {
            "DLBOOK_SITE": str(self.folder),
            "DLBOOK_PATIENCE": str(PATIENCE),
        }
        with tempfile.TemporaryFile("w+") as told:
            running = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=told, stderr=told, start_new_session=True
            )
            try:
                code = running.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.wait()
                return "timeout"
            told.seek(0)
            self.told = told.read()
        if code not in {0, 1}:
            raise SystemExit(f"pytest could not run {names}:\n{self.told[-3000:]}")
        return "killed" if code else "survived"


def try_script(
    script: str, tests: tuple[list[str], str], explained: set[str], *, size: int, seed: int
) -> tuple[dict[str, str], dict[str, str]]:
    """Try some mutants of a script; return by name what became of each, and what it changes.

    Those whose change is explained are not tried. Before, the tests must pass with the script as
    it is, and fail with one that only throws: so what is in its place is what runs.
    """
    if not (SITE / "index.html").is_file():
        raise SystemExit("There is no site to try scripts in: build it first, with `nox -s docs`.")
    source = (ROOT / "docs" / "_static" / f"{script}.js").read_bytes()
    statuses, changes = {}, {}
    with tempfile.TemporaryDirectory(dir=SITE.parent) as folder:
        site = Site(Path(folder), script, tests)
        site.put(source)
        begin = time.monotonic()
        if site.tried(600) != "survived":
            raise SystemExit(f"the tests fail with {script} as it is:\n{site.told[-3000:]}")
        limit = 3 * (time.monotonic() - begin) + 10 * PATIENCE
        site.put(b'throw new Error("spoilt");\n')
        if site.tried(limit) == "survived":
            raise SystemExit(f"the tests pass although {script} only throws: they do not run it")
        known = [mutant for mutant in mutants_of(source) if mutant.change(source) not in explained]
        for mutant in sample_of(known, size, seed):
            name = f"{script}.js:{mutant.line(source)}:{mutant.start}:{mutant.text}"
            site.put(mutant.of(source))
            statuses[name] = site.tried(limit)
            changes[name] = mutant.change(source)
            print(f"{statuses[name]:8} {name}", flush=True)
    return statuses, changes
