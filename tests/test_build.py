"""The build of the site: what is shown is never stale, and nothing runs twice for nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

INDEX = """\
# Test book

```{toctree}
relu
```
"""

PAGE = """\
---
file_format: mystnb
kernelspec:
  name: python3
---

# A page that uses relu

Some prose.

```{code-cell} ipython3
import time
import numpy as np
import dlbook
print("relu gives", dlbook.naive_relu(np.array([[-3.0, 7.0]])).tolist())
print("run at", time.time_ns())
```
"""


class Book:
    """A small book with a copy of the package, built by the real conf.py."""

    def __init__(self, root):
        self.root = root
        shutil.copy(ROOT / "conf.py", root)
        ignore = shutil.ignore_patterns("*.md", "*.rst", "__pycache__")
        shutil.copytree(ROOT / "docs", root / "docs", ignore=ignore)
        shutil.copytree(ROOT / "src", root / "src", ignore=ignore)
        self.write("docs/index.md", INDEX)
        self.write("docs/relu.md", PAGE)

    def write(self, path, text):
        (self.root / path).write_text(text)

    def replace(self, path, old, new):
        text = (self.root / path).read_text()
        assert text.count(old) == 1
        self.write(path, text.replace(old, new))

    def build(self):
        """Run sphinx-build as the docs session does; return its exit code and what it said."""
        run = subprocess.run(
            [sys.executable, "-m", "sphinx", "-c", ".", "-n", "-W", "--keep-going", "docs", "html"],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": str(self.root / "src")},
            capture_output=True,
            text=True,
            check=False,
        )
        return run.returncode, run.stdout + run.stderr

    def shown(self):
        """Return what the page shows of its output: the result and the time of the run."""
        html = (self.root / "html" / "relu.html").read_text()
        return re.search(r"relu gives (.*)\nrun at (\d+)", html).groups()


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path)


def built(book):
    code, said = book.build()
    assert code == 0, said
    return book.shown()


def test_output_follows_the_package_and_nothing_runs_twice_for_nothing(book):
    first = built(book)
    assert first[0] == "[[0.0, 7.0]]"

    assert built(book) == first, "a build without changes runs nothing"

    book.replace("docs/relu.md", "Some prose.", "Some other prose.")
    assert built(book) == first, "a change of prose runs nothing"
    assert "Some other prose." in (book.root / "html" / "relu.html").read_text()

    relu = "0 if x[i, j] <= 0 else x[i, j]"
    book.replace("src/dlbook/ops.py", relu, "100 + x[i, j]")
    changed = built(book)
    assert changed[0] == "[[97.0, 107.0]]", "a change of the package is seen"

    book.replace("src/dlbook/ops.py", "100 + x[i, j]", relu)
    assert built(book) == first, "and so is its undoing, from the cache of that state"


QUOTED = """
```{code-cell} ipython3
from myst_nb import glue
glue("relu-number", "1111", display=False)
```
"""


def test_a_page_that_quotes_a_number_of_another_follows_it(book):
    book.write("docs/index.md", INDEX.replace("relu\n", "relu\nother\n"))
    book.write("docs/other.md", "# Other page\n\nIt is {glue:text}`relu.md::relu-number:s`.\n")
    book.write("docs/relu.md", PAGE + QUOTED)
    built(book)
    assert "1111" in (book.root / "html" / "other.html").read_text()
    book.replace("docs/relu.md", "1111", "2222")
    built(book)
    assert "2222" in (book.root / "html" / "other.html").read_text()


def test_an_error_in_a_cell_stops_the_build(book):
    book.replace("docs/relu.md", "import time\n", "import time\nassert False, 'on purpose'\n")
    code, said = book.build()
    assert code != 0
    assert "on purpose" in said


def test_a_warning_that_a_cell_gives_stops_the_build(book):
    book.replace("docs/relu.md", "import time\n", "import time, warnings\nwarnings.warn('look')\n")
    code, said = book.build()
    assert code != 0
    assert "stderr was found in the cell outputs" in said


def test_a_broken_reference_stops_the_build(book):
    book.replace("docs/relu.md", "Some prose.", "Some {doc}`no-such-page`.")
    code, said = book.build()
    assert code != 0
    assert "no-such-page" in said


FIGURE = """
```{code-cell} ipython3
---
mystnb:
  image:
    alt: ALT
---
import matplotlib.pyplot as plt
plt.plot([1, 2]);
```
"""


@pytest.mark.parametrize("alt", ['""', "figure.svg", "0123456789abcdef0123456789abcdef"])
def test_a_figure_without_a_real_alternative_text_stops_the_build(book, alt):
    book.write("docs/relu.md", PAGE + FIGURE.replace("ALT", alt))
    code, said = book.build()
    assert code != 0
    assert "this image needs an alternative text" in said


def test_a_figure_with_an_alternative_text_is_shown_with_it(book):
    book.write("docs/relu.md", PAGE + FIGURE.replace("ALT", "A line that rises from 1 to 2."))
    built(book)
    assert 'alt="A line that rises from 1 to 2."' in (book.root / "html/relu.html").read_text()


FORMULA = """
```{math}
:label: eq-test
h = \\mathrm{relu}(x W + b)
```
See {eq}`eq-test`.
"""


def test_formulas_become_mathml_with_their_numbers(book):
    book.write("docs/relu.md", PAGE + FORMULA)
    built(book)
    html = (book.root / "html/relu.html").read_text()
    assert "<math" in html
    assert '<span class="eqno">(1)' in html
    assert "https://" not in "".join(re.findall(r"<(?:script|link)[^>]*>", html))


def test_a_formula_that_cannot_be_rendered_stops_the_build(book):
    book.write("docs/relu.md", PAGE + "\n$\\nonsense{x}$\n")
    code, said = book.build()
    assert code != 0
    assert "cannot become MathML" in said
