"""Names in cells lead to their documentation, each once in a cell and only where that helps."""

import io
import sys
import types

import book_code_links
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

NUMPY = "https://numpy.org/doc/stable/reference/"
TENSORFLOW = "https://www.tensorflow.org/api_docs/python/"
OURS = """# Reference

```{py:module} ours
```

```{py:function} train
```

```{py:class} Layer
```

```{py:module} ours.losses
```

```{py:function} losses
```
"""


@pytest.fixture
def small_table(monkeypatch):
    """Only NumPy's names, and those of a module in the place of TensorFlow, which takes long."""
    large = types.ModuleType("tensorflow_of_the_tests")
    large.Dataset = type("DatasetV2", (), {"__module__": "tensorflow_of_the_tests.ops"})
    large._hidden = large.Dataset
    large.pi = 3.0
    monkeypatch.setitem(sys.modules, large.__name__, large)
    table = {name: book_code_links.MODULES[name] for name in ("numpy", "numpy.linalg")}
    table[large.__name__] = "tf/"
    monkeypatch.setattr(book_code_links, "MODULES", table)
    addresses = book_code_links.addresses
    addresses.cache_clear()
    yield
    addresses.cache_clear()


@pytest.mark.parametrize(("module", "place"), book_code_links.MODULES.items())
def test_names_stand_where_the_libraries_put_the_documentation_of_a_module(module, place):
    library, *inner = module.split(".")
    if library == "numpy":
        expected = f"generated/{module}."
    else:
        expected = "/".join(["tf", *["keras"] * (library == "keras"), *inner, ""])
    assert place == expected


def built(folder, *cells, language="ipython3", builder="html", page="page"):
    """Build a page with these cells; return the app."""
    body = "\n\n".join(f"```{{code-block}} {language}\n{cell}\n```" for cell in cells)
    (folder / "index.md").write_text(f"# Index\n\n```{{toctree}}\n{page}\nreference\n```\n")
    (folder / page).parent.mkdir(exist_ok=True)
    (folder / f"{page}.md").write_text(f"# Page\n\n{body}\n")
    (folder / "reference.md").write_text(OURS)
    (folder / "ours").mkdir(exist_ok=True)
    warnings = io.StringIO()
    with docutils_namespace():
        app = Sphinx(
            str(folder), None, str(folder / "out"), str(folder / "trees"), builder, status=None,
            confoverrides={
                "extensions": ["myst_parser", "book_code_links"], "html_theme": "basic",
                "source_suffix": {".md": "markdown"},
            },
            warning=warnings,
        )  # fmt: skip
        app.build()
    assert "already registered" not in warnings.getvalue(), "it is meant"
    return app


def links(folder, *cells, page="page", **options):
    """Return the links in each block of a page, as what is shown and where it leads."""
    built(folder, *cells, page=page, **options)
    html = (folder / f"out/{page}.html").read_text("utf-8")
    blocks = BeautifulSoup(html, "html.parser").select("div.highlight > pre")
    assert [block.get_text().rstrip("\n") for block in blocks] == list(cells), "the code is whole"
    return [
        [(link.get_text(), link["href"]) for link in block.select("a.code-link")]
        for block in blocks
    ]


pytestmark = pytest.mark.usefixtures("small_table")


def test_a_name_leads_to_its_documentation_once_in_each_cell(tmp_path):
    found = links(
        tmp_path,
        "import numpy as np\nx = np.zeros(3)\ny = np.zeros(4) + np.dot(x, x)",
        "np.zeros(2)",
    )
    zeros = ("np.zeros", f"{NUMPY}generated/numpy.zeros.html")
    assert found == [[zeros, ("np.dot", f"{NUMPY}generated/numpy.dot.html")], [zeros]]


def test_kinds_of_names_lead_to_the_pages_that_have_them(tmp_path):
    [found] = links(
        tmp_path,
        "import numpy as np\nimport tensorflow_of_the_tests as tf\nnp.float32(1)\nnp.abs(2)\n"
        "np.absolute(3)\nnp.linalg.norm(4)\nnp.random.default_rng(5)\ntf.Dataset()",
    )
    assert found == [
        ("np.float32", f"{NUMPY}arrays.scalars.html#numpy.float32"),
        ("np.abs", f"{NUMPY}generated/numpy.absolute.html"),
        ("np.linalg.norm", f"{NUMPY}generated/numpy.linalg.norm.html"),
        ("np.random.default_rng", f"{NUMPY}random/generator.html#numpy.random.default_rng"),
        ("tf.Dataset", f"{TENSORFLOW}tf/Dataset"),
    ]


def test_names_of_the_package_lead_to_the_reference(tmp_path):
    cell = "import ours\nours.train()\nfrom ours import Layer\nlayer = Layer()\nours.losses()"
    assert links(tmp_path, cell) == [
        [
            ("ours", "reference.html#module-ours"),
            ("ours.train", "reference.html#ours.train"),
            ("Layer", "reference.html#ours.Layer"),
            ("ours.losses", "reference.html#ours.losses.losses"),
        ]
    ]
    cell = "import ours\nours.train()"
    [[_, (shown, address)]] = links(tmp_path, cell, page="in/page")
    assert (shown, address) == ("ours.train", "../reference.html#ours.train")


def test_variables_lead_nowhere(tmp_path):
    cell = "import numpy as np\nrng = np.random.Generator(1)\nrng\nprint(rng, open)"
    address = f"{NUMPY}random/generator.html#numpy.random.Generator"
    assert links(tmp_path, cell) == [[("np.random.Generator", address)]]


def test_a_cell_that_is_not_python_takes_no_links_from_those_after_it(tmp_path):
    found = links(
        tmp_path,
        "import numpy as np",
        "x = = 1\nnp.zeros(1)",
        "np.ones(1)\n\nnp.dot(1,\n  2)",
        "%time np.zeros(3)\n!ls np.zeros\nnp.full(3, 1)",
        "np.eye(1)",
    )
    assert [[shown for shown, _ in block] for block in found] == [
        [], [], ["np.ones", "np.dot"], ["np.full"], ["np.eye"],
    ]  # fmt: skip


def test_a_name_over_two_lines_is_found_where_it_begins(tmp_path):
    cell = "import numpy as np\n(np\n .zeros(3))\nnp.ones(2)"
    [found] = links(tmp_path, cell)
    assert [shown for shown, _ in found] == ["np\n .zeros", "np.ones"]


def test_only_cells_have_links(tmp_path):
    cell = "import numpy as np\nnp.zeros(3)"
    assert links(tmp_path, cell, language="python") == [[]]
    [found] = links(tmp_path, cell, language="ipython")
    assert [shown for shown, _ in found] == ["np.zeros"]


def test_a_block_with_markup_in_it_is_written_as_sphinx_does(tmp_path):
    built(tmp_path, "x = 1\n```\n\n```{parsed-literal}\nlook at *this*\n```\n\n```\n:::")
    html = (tmp_path / "out/page.html").read_text("utf-8")
    [block] = BeautifulSoup(html, "html.parser").select("pre.literal-block")
    assert block.get_text().strip() == "look at this"
    assert block.em.get_text() == "this"
    assert html.count("<pre") == html.count("</pre>") == 3


def test_other_builds_have_the_code_without_links(tmp_path):
    built(tmp_path, "import numpy as np\nnp.zeros(3)", builder="text")
    text = (tmp_path / "out/page.txt").read_text("utf-8")
    assert "np.zeros(3)" in text


def test_pages_without_cells_do_not_look_for_the_libraries(tmp_path, monkeypatch):
    def refuse():
        raise AssertionError("no page has a cell")

    monkeypatch.setattr(book_code_links, "addresses", refuse)
    app = built(tmp_path, "x = 1", language="python")
    assert app.extensions["book_code_links"].parallel_read_safe
    assert app.extensions["book_code_links"].parallel_write_safe


def test_the_table_has_public_names_that_can_be_called():
    table = book_code_links.addresses()
    assert table["numpy.zeros"] == f"{NUMPY}generated/numpy.zeros.html"
    assert table["numpy.random.Generator"] == (
        f"{NUMPY}random/generator.html#numpy.random.Generator"
    )
    ours = {name: address for name, address in table.items() if "tensorflow" in name}
    assert ours == {
        "tensorflow_of_the_tests.Dataset": f"{TENSORFLOW}tf/Dataset",
        "tensorflow_of_the_tests.ops.DatasetV2": f"{TENSORFLOW}tf/Dataset",
    }  # fmt: skip
    assert "numpy.pi" not in table
    assert "numpy._core" not in table
    assert not [name for name in table if name.rpartition(".")[2].startswith("_")]
