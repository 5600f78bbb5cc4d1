"""Write the reference of the package: every public module, in the order of the alphabet.

The page ``api`` holds a line ``.. modules``. In its place come a heading and an ``automodule``
for each module, so that no module is forgotten. It is reStructuredText, as docstrings are.
"""

import importlib
import inspect
import pkgutil
import re

from sphinx.application import Sphinx

import dlbook

LINE = ".. modules\n"


def modules() -> list[str]:
    """Return the names of the public modules that define something of their own."""
    names = sorted(
        module.name
        for module in pkgutil.walk_packages(dlbook.__path__, "dlbook.")
        if not re.search(r"\._", module.name)
    )
    return [name for name in names if defines_something(name)]


def defines_something(name: str) -> bool:
    members = vars(importlib.import_module(name)).items()
    return any(
        not key.startswith("_")
        and getattr(thing, "__module__", None) == name
        and (inspect.isroutine(thing) or inspect.isclass(thing))
        for key, thing in members
    )


def fill(app: Sphinx, page: str, source: list[str]) -> None:
    if page == "api":
        parts = [
            f"{name}\n{'-' * len(name)}\n\n.. automodule:: {name}\n   :members:\n"
            for name in modules()
        ]
        source[0] = source[0].replace(LINE, "\n".join(parts))


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
