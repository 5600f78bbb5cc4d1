"""Link names in code cells to their documentation: ours, NumPy's, TensorFlow's and Keras'.

sphinx-codeautolink finds the names and what they are. As an extension it does not work here: it
fails at the sections of sphinx-exercise, and it forgets the links of MyST pages between builds.
So its functions are called when a cell is written. In each cell a name is linked once.
"""

import functools
import importlib
import inspect
import re
from typing import Any

import numpy as np
from book_runner import without_chatter
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.writers.html5 import HTML5Translator
from sphinx_codeautolink.extension.block import clean_ipython, construct_name_pattern
from sphinx_codeautolink.extension.resolve import CouldNotResolve, resolve_location
from sphinx_codeautolink.parse import parse_names

NUMPY = "https://numpy.org/doc/stable/reference/{}.html"
TENSORFLOW = "https://www.tensorflow.org/api_docs/python/{}"
# The modules that cells use, each with the name that its documentation has for it.
MODULES = {
    "numpy": "generated/numpy.",
    "numpy.linalg": "generated/numpy.linalg.",
    "tensorflow": "tf/",
    "tensorflow.data": "tf/data/",
    "tensorflow.io": "tf/io/",
    "tensorflow.math": "tf/math/",
    "tensorflow.nn": "tf/nn/",
    "tensorflow.random": "tf/random/",
    "tensorflow.train": "tf/train/",
    "keras": "tf/keras/",
    "keras.callbacks": "tf/keras/callbacks/",
    "keras.config": "tf/keras/config/",
    "keras.initializers": "tf/keras/initializers/",
    "keras.layers": "tf/keras/layers/",
    "keras.losses": "tf/keras/losses/",
    "keras.models": "tf/keras/models/",
    "keras.optimizers": "tf/keras/optimizers/",
    "keras.ops": "tf/keras/ops/",
    "keras.utils": "tf/keras/utils/",
}


@functools.cache
def addresses() -> dict[str, str]:
    """Return where each public function and class of the libraries is documented."""
    found = {}
    for value in (np.random.default_rng, np.random.Generator):
        address = NUMPY.format("random/generator") + f"#numpy.random.{value.__name__}"
        found[f"numpy.random.{value.__name__}"] = address
        found[f"{value.__module__}.{value.__name__}"] = address
    with without_chatter():
        modules = {name: importlib.import_module(name) for name in MODULES}
    for module_name, module in modules.items():
        place = MODULES[module_name]
        for name in dir(module):
            value = getattr(module, name)
            if name.startswith("_") or not callable(value):
                continue
            if inspect.isclass(value) and issubclass(value, np.generic):
                address = NUMPY.format("arrays.scalars") + f"#numpy.{value.__name__}"
            elif isinstance(value, np.ufunc):  # some have a second, shorter name
                address = NUMPY.format(place + value.__name__)
            else:
                base = NUMPY if module_name.startswith("numpy") else TENSORFLOW
                address = base.format(place + name)
            found[f"{module_name}.{name}"] = address
            # The place where it is defined: codeautolink looks for classes there.
            if hasattr(value, "__qualname__"):
                found.setdefault(f"{value.__module__}.{value.__qualname__}", address)
    return found


def find_names(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Note for each cell which of its names are documented, and where."""
    cells = [
        node
        for node in doctree.findall(nodes.literal_block)
        if node.get("language") in {"ipython3", "ipython"}
    ]
    if not cells or app.builder.format != "html":
        return
    known = dict(addresses())
    ours = app.env.get_domain("py").objects
    for name in ours:
        # Where a module and the function in it have one name, the package has the function.
        entry = ours.get(f"{name}.{name.rpartition('.')[2]}", ours[name])
        known[name] = f"{app.builder.get_relative_uri(page, entry.docname)}#{entry.node_id}"
    before = 0
    sources: list[str] = []
    for cell in cells:
        _, source = clean_ipython(cell.astext())
        sources.append(source.rstrip("\n"))
        try:
            names = parse_names("\n".join(sources), cell)
        except SyntaxError:
            sources.pop()
            continue
        linked = []
        for name in names:
            name.lineno -= before
            name.end_lineno -= before
            if name.lineno < 1 or not name.code_str:
                continue
            try:
                key = resolve_location(name, known)
            except CouldNotResolve:
                continue
            # The name of a variable would lead to its class, which helps nobody. A class may
            # have another name where it is defined, as TFRecordDatasetV2, than it is known by.
            names_of = {key.split(".")[-1], known.get(key, "").split("/")[-1]}
            if key in known and name.code_str.split(".")[-1] in names_of:
                linked.append((name, known[key]))
        cell["links"] = linked
        before += sources[-1].count("\n") + 1


def visit_literal_block(self: HTML5Translator, node: nodes.literal_block) -> None:
    """Write a block of code as Sphinx does, and put the links into it."""
    try:
        HTML5Translator.visit_literal_block(self, node)
    except nodes.SkipNode:
        if node.get("links"):
            self.body[-1] = with_links(self.body[-1], node["links"])
        raise


def depart_literal_block(self: HTML5Translator, node: nodes.literal_block) -> None:
    HTML5Translator.depart_literal_block(self, node)


def with_links(html: str, links: list[Any]) -> str:
    """Return a highlighted block with links around the names, each address once."""
    opening, start, rest = html.partition("<pre>")
    lines = rest.split("\n")
    seen = set()
    for name, address in links:
        first, last = name.lineno - 1, name.end_lineno
        selected = "\n".join(lines[first:last])
        found = re.search(construct_name_pattern(name), selected)
        if address in seen or not found:
            continue
        seen.add(address)
        begin, end = found.span()
        begin += len(found[1])
        link = f'<a class="code-link" href="{address}">{selected[begin:end]}</a>'
        lines[first:last] = (selected[:begin] + link + selected[end:]).split("\n")
    return opening + start + "\n".join(lines)


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-resolved", find_names)
    app.add_node(
        nodes.literal_block, override=True, html=(visit_literal_block, depart_literal_block)
    )
    return {"parallel_read_safe": True, "parallel_write_safe": True}
