"""Mark on a page what was measured, so that nothing else depends on it.

Each build measures other times. What cells with the tag ``timing`` print and draw stands within
their output; what they glue stands anywhere in the text. This gives it the class ``timed``, by
which the index of the search leaves it out, and `nox -s reproduce` forgives it. MyST-NB's role
``glue:text`` does not tell from which cell a text comes.
"""

from docutils import nodes
from myst_nb.ext.glue.roles import PasteTextRole
from myst_nb.ext.glue.utils import RetrievalError, retrieve_glue_data
from nbformat import NotebookNode
from sphinx.application import Sphinx

TAG = "timing"
CLASS = "timed"
# What was measured on a built page; the last is the table of how long each page ran.
MEASURED = f".{CLASS}, .tag_{TAG} .cell_output, .page-times"


def mark(notebook: NotebookNode) -> None:
    """Note in an executed notebook, for all that is glued, whether it was measured."""
    for cell in notebook.cells:
        if TAG in cell.metadata.get("tags", ()):
            for output in cell.outputs:
                if scrapbook := output.get("metadata", {}).get("scrapbook"):
                    scrapbook[CLASS] = True


class PasteText(PasteTextRole):
    """MyST-NB's role, which gives a class of its own to what was measured."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the pasted text, and the messages about it."""
        pasted, messages = super().run()
        try:
            found = retrieve_glue_data(self.document, self.text.partition(":")[0])
        except RetrievalError:  # of another page
            return pasted, messages
        if found.metadata.get("scrapbook", {}).get(CLASS):
            for node in pasted:
                if isinstance(node, nodes.inline):
                    node["classes"].append(CLASS)
        return pasted, messages


def setup(app: Sphinx) -> dict[str, bool]:
    """Take the place of MyST-NB's role."""
    app.setup_extension("myst_nb")
    app.add_role_to_domain("glue", "text", PasteText(), override=True)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
