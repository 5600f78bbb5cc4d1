"""Write the reference of the package: a page for every public module, so that none is forgotten.

The pages are made anew in ``docs/api`` before each build; git ignores them. They are
reStructuredText, as docstrings are. The page ``api`` lists them where it says ``.. modules``.
"""

import ast
import importlib
import inspect
import re
from pathlib import Path

from sphinx.application import Sphinx

import dlbook

LINE = ".. modules\n"


def modules() -> list[str]:
    """Return the names of the public modules that define something of their own.

    They are read, not imported: Matplotlib alone would add half a second to each build.
    """
    package = Path(dlbook.__path__[0])
    found = []
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package).with_suffix("").parts
        name = ".".join(["dlbook", *(part for part in parts if part != "__init__")])
        if name != "dlbook" and not re.search(r"\._", name) and defines_something(path):
            found.append(name)
    return sorted(found)


def defines_something(path: Path) -> bool:
    """Tell whether a module has a public function or class that no other module lends it."""
    return any(
        isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        for node in ast.parse(path.read_bytes()).body
    )


def write_pages(app: Sphinx) -> None:
    """Write a page for each module, and take away those of modules that are no more."""
    if not (Path(app.srcdir) / "api.rst").is_file():
        return
    folder = Path(app.srcdir) / "api"
    folder.mkdir(exist_ok=True)
    wanted = {}
    for name in modules():
        # A page that is the same stays the same, so that nothing is built for nothing.
        text = f"{name}\n{'=' * len(name)}\n\n.. automodule:: {name}\n   :members:\n"
        wanted[folder / f"{name}.rst"] = text
    for path in set(folder.glob("*.rst")) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")


def list_modules(app: Sphinx, page: str, source: list[str]) -> None:
    """List the modules, each with the first sentence of its docstring."""
    if page == "api":
        entries = [".. toctree::\n   :hidden:\n\n" + "".join(f"   api/{m}\n" for m in modules())]
        for name in modules():
            summary = (inspect.getdoc(importlib.import_module(name)) or "").partition("\n\n")[0]
            entries.append(f":doc:`api/{name}`\n   {' '.join(summary.split())}\n")
        source[0] = source[0].replace(LINE, "\n".join(entries))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", write_pages)
    app.connect("source-read", list_modules)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
