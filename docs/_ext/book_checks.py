"""What the build does for every page: with -W a finding stops it, and no number goes stale."""

import re

from docutils import nodes
from myst_nb.ext.glue.utils import PendingGlueReference
from myst_nb.sphinx_ import NbMetadataCollector
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
FILE_NAME = re.compile(r"\S+\.(svg|png|jpe?g|gif|webp)|[0-9a-f]{16,}", re.IGNORECASE)


def check_alternative_texts(app: Sphinx, doctree: nodes.document) -> None:
    """Warn of images without an alternative text, or with a file name in its place."""
    for image in doctree.findall(nodes.image):
        text = image.get("alt", "").strip()
        if not text or FILE_NAME.fullmatch(text):
            # MyST counts the lines of the text, and gives an empty one the line 0.
            LOGGER.warning(
                "this image needs an alternative text that says what is to be seen: %s",
                text or image.get("uri"),
                location=image if image.line else image.parent,
                type="book",
                subtype="alt",
            )


def pages_that_quote(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages that show another page's numbers, to be written anew if a page has run."""
    if not NbMetadataCollector.new_exec_data(env):
        return []
    return [
        name for name in env.all_docs if any(env.get_doctree(name).findall(PendingGlueReference))
    ]


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("doctree-read", check_alternative_texts)
    app.connect("env-updated", pages_that_quote)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
