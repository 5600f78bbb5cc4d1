"""What cells with the tag ``timing`` paste is marked, and nothing else."""

import book_timed
import nbformat
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx


def cell(name, *tags, glued="1.5"):
    """Return a cell that glued something and showed something."""
    output = nbformat.v4.new_output(
        "display_data",
        {"application/papermill.record/text/plain": repr(glued)},
        metadata={"scrapbook": {"name": name, "mime_prefix": "application/papermill.record/"}},
    )
    shown = nbformat.v4.new_output("display_data", {"text/plain": "shown"})
    made = nbformat.v4.new_code_cell("pass", metadata={"tags": list(tags)})
    made.outputs = [shown, output, nbformat.v4.new_output("stream", text="printed")]
    return made


@pytest.fixture
def notebook():
    text = "# Page\n\nIt took {glue:text}`a` s of {glue:text}`b`, {glue:text}`a:s`."
    cells = [nbformat.v4.new_markdown_cell(text), cell("a", "timing"), cell("b", glued="7")]
    cells.append(nbformat.v4.new_code_cell("pass"))  # a cell without tags
    return nbformat.v4.new_notebook(cells=cells)


def test_only_what_a_timing_cell_glues_is_noted(notebook):
    book_timed.mark(notebook)
    notes = [
        [output.get("metadata", {}).get("scrapbook", {}).get("timed") for output in cell.outputs]
        for cell in notebook.cells[1:]
    ]
    assert notes == [[None, True, None], [None, None, None], []]


@pytest.mark.parametrize("marked", [True, False])
def test_what_was_measured_has_a_class_where_it_is_pasted(tmp_path, notebook, marked):
    if marked:
        book_timed.mark(notebook)
    nbformat.write(notebook, tmp_path / "index.ipynb")
    other = "# Other\n\nThere it was {glue:text}`index.ipynb::b:s`."
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(other)])
    nbformat.write(book, tmp_path / "other.ipynb")
    app = Sphinx(
        str(tmp_path), None, str(tmp_path / "html"), str(tmp_path / "doctrees"), "html",
        confoverrides={"extensions": ["book_timed"], "nb_execution_mode": "off"}, status=None,
    )  # fmt: skip
    app.build()
    page = BeautifulSoup((tmp_path / "html/index.html").read_text(), "html.parser")
    pasted = [(span.get_text(), "timed" in span["class"]) for span in page.select(".pasted-text")]
    assert pasted == [("1.5", marked), ("7", False), ("1.5", marked)]
    assert "There it was" in (tmp_path / "html/other.html").read_text()
    assert app.statuscode == 0
    assert app.is_parallel_allowed("read")
    assert app.is_parallel_allowed("write")
