"""What the pages show of the package's code is what the package holds."""

import ast
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
SHOWN = re.compile(r"^(`{3,})\{literalinclude\} (\S+)\n(.*?)^\1$", re.M | re.S)
OPTION = re.compile(r"^:([\w-]+): *(.*)$", re.M)


def shown():
    """Yield source file and options of every function, class or method that a page shows."""
    for page in sorted(DOCS.glob("*.md")):
        for _, path, options in SHOWN.findall(page.read_text()):
            found = {key: value.strip('"') for key, value in OPTION.findall(options)}
            if "pyobject" not in found:
                continue
            yield pytest.param(page.parent / path, found, id=f"{page.stem}-{found['pyobject']}")


def node_named(module, name):
    """Return the function, class or method with the dotted `name`."""
    node = module
    for part in name.split("."):
        (node,) = (child for child in node.body if getattr(child, "name", None) == part)
    return node


@pytest.mark.parametrize(("path", "options"), list(shown()))
def test_the_head_of_a_shortened_function_is_that_of_the_package(path, options):
    source = path.read_text()
    node = node_named(ast.parse(source), options["pyobject"])
    if "prepend" in options:
        lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
        assert options["prepend"] == lines[0]


@pytest.mark.parametrize(("path", "options"), list(shown()))
def test_a_shortened_function_is_shown_from_behind_its_docstring(path, options):
    source = path.read_text()
    node = node_named(ast.parse(source), options["pyobject"])
    if "start-at" in options:
        lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
        first = next(k for k, line in enumerate(lines) if options["start-at"] in line)
        assert node.lineno + first > node.body[0].end_lineno
