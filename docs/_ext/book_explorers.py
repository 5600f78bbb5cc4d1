"""Explorers: figures that the reader can change, with a still figure for those who cannot.

``{explorer} broadcasting`` puts the explorer of this name in its place. What stands in the
directive is seen without JavaScript and on paper, so it must say by itself what there is to
learn. The scripts and the style sheet are loaded only by the pages that have an explorer. Data
that a page has made for its explorer becomes a script of its own, so that text and figures do not
wait for it; a script, since pages opened from disk may read nothing else.
"""

import re
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

FOLDER = "explore"
SHEET = f"_static/{FOLDER}/explore.css"
# The explorers; each has a script of its name.
NAMES = ("broadcasting", "descent", "geometry", "playground", "training")
# The one for training ends with the field to draw in.
NEEDS = {"training": ["playground"]}
DATA = re.compile(r'<script type="application/json" id="([a-z]+)-data">(.*?)</script>', re.S)


class ExplorerNode(nodes.container):
    """The place of an explorer, around its still figure."""


class Explorer(SphinxDirective):
    """Put an explorer here; the content stands in its place where no script runs."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {"label": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        if name not in NAMES:
            raise self.error(f"explorer: expected one of {', '.join(NAMES)}. Received: {name}")
        if "label" not in self.options:
            raise self.error("explorer: expected a :label: that says what it is. Received: none")
        self.assert_has_content()
        node = ExplorerNode(explorer=name, label=self.options["label"])
        node += self.parse_content_to_nodes()
        self.set_source_info(node)
        return [node]


def visit_explorer(self: HTML5Translator, node: ExplorerNode) -> None:
    name = node["explorer"]
    self.body.append(
        self.starttag(
            node, "section", CLASS="explorer", **{"aria-label": node["label"]},
            **{"data-explorer": name},
        )
        + '<div class="explorer-still">\n'
    )  # fmt: skip


def depart_explorer(self: HTML5Translator, node: ExplorerNode) -> None:
    self.body.append("</div>\n</section>\n")


def add_files(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load scripts and style sheet with the pages that have an explorer."""
    found = [] if doctree is None else [n["explorer"] for n in doctree.findall(ExplorerNode)]
    if found:
        scripts = ["explore.js"]
        if data := DATA.search(context["body"]):
            # Hundreds of kilobytes: explore.js fetches them when the page is there.
            path = f"_static/{FOLDER}/{data[1]}-data.js"
            code = f"Explore.{data[1]}Data = {data[2]};\n".encode()
            target = Path(app.outdir, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(code)
            address = f"{context['pathto'](path, resource=True)}?v={sha256(code).hexdigest()[:8]}"
            mark = f'data-explorer="{data[1]}"'
            body = context["body"].replace(data[0], "")
            context["body"] = body.replace(mark, f'{mark} data-after="{address}"')
        names = [part for name in found for part in (*NEEDS.get(name, ()), name)]
        load(app, context, *scripts, *(f"{name}.js" for name in dict.fromkeys(names)))


def load(app: Sphinx, context: dict[str, Any], *scripts: str) -> None:
    """Load scripts of the folder, and its style sheet, with a page."""
    for script in scripts:
        app.add_js_file(f"{FOLDER}/{script}")
    # By hand, since another extension joins the sheets that all pages share.
    if SHEET not in {getattr(sheet, "filename", sheet) for sheet in context["css_files"]}:
        context["css_files"] = [*context["css_files"], SHEET]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("explorer", Explorer)
    app.add_node(ExplorerNode, html=(visit_explorer, depart_explorer))
    app.connect("html-page-context", add_files, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
