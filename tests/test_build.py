"""The build of the site: what is shown is never stale, and nothing runs twice for nothing."""

import errno
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import types
import venv
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

    def add(self, name, text):
        """Write one more page, and put it into the list of pages."""
        self.write(f"docs/{name}.md", text)
        self.replace("docs/index.md", "relu\n", f"relu\n{name}\n")

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

    def shown(self, *names):
        """Return what pages show of their output: the result and the time of the run."""
        pages = {name: (self.root / "html" / f"{name}.html").read_text() for name in names}
        found = r"relu gives (.*)\nrun at (\d+)"
        return {name: re.search(found, html).groups() for name, html in pages.items()}


@pytest.fixture
def book(tmp_path):
    return Book(tmp_path)


def built(book):
    code, said = book.build()
    assert code == 0, said
    return book.shown("relu")["relu"]


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


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("import time\n", "import time\nassert False, 'on purpose'\n", "on purpose"),
        (
            "import time\n",
            "import time, warnings\nwarnings.warn('look')\n",
            "stderr was found in the cell outputs",
        ),
        ("Some prose.", "Some {doc}`no-such-page`.", "no-such-page"),
        ("Some prose.", r"Some $\nonsense{x}$.", "cannot become MathML"),
    ],
    ids=["error", "warning", "reference", "formula"],
)
def test_what_is_wrong_on_a_page_stops_the_build(book, old, new, words):
    book.replace("docs/relu.md", old, new)
    code, said = book.build()
    assert code != 0
    assert words in said


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


def test_figures_without_a_real_alternative_text_stop_the_build(book):
    for name, alt in {"none": '""', "file": "figure.svg", "digest": "0123456789abcdef" * 2}.items():
        book.add(name, PAGE + FIGURE.replace("ALT", alt))
    code, said = book.build()
    assert code != 0
    for name in ("none", "file", "digest"):
        assert re.search(rf"{name}\.md.*this image needs an alternative text", said), said


FORMULA = """
```{math}
:label: eq-test
h = \\mathrm{relu}(x W + b)
```
See {eq}`eq-test`.
"""


def test_figures_have_their_alternative_texts_and_formulas_are_mathml(book):
    book.write("docs/relu.md", PAGE + FIGURE.replace("ALT", "A line that rises to 2.") + FORMULA)
    built(book)
    html = (book.root / "html/relu.html").read_text()
    assert 'alt="A line that rises to 2."' in html
    assert "<math" in html
    assert '<span class="eqno">(1)' in html
    assert "https://" not in "".join(re.findall(r"<(?:script|link)[^>]*>", html))


# -- what fails, and what is lost then ------------------------------------------------------


def page(*cells):
    header = PAGE.partition("# A page")[0]
    code = "\n".join(f"```{{code-cell}} ipython3\n{cell}\n```\n" for cell in cells)
    return f"{header}# A page\n\n{code}"


def test_a_failing_build_runs_all_pages_and_ends_with_what_failed(book):
    book.write("docs/index.md", INDEX.replace("relu\n", "relu\nsecond\nthird\n"))
    book.write("docs/relu.md", page("x = 2.5", "assert x < 1, 'x is small'"))
    book.write("docs/second.md", page("y = [1]", "assert y == [2]"))
    book.write("docs/third.md", page("print('third ran')"))
    code, said = book.build()
    assert code != 0
    end = said[said.index("2 of 3 pages that ran failed") :]
    assert re.search(r"docs/relu\.md:\d+\n  claim:  x < 1\n  came:   x is 2.5; expected: < 1", end)
    assert "x is small" in end
    assert "y is [1]; expected: == [2]" in end
    for word in ("Traceback", "Versions", "report this error", "Sphinx"):
        assert word not in end
    book.write("docs/relu.md", page("x = 0.5", "assert x < 1, 'x is small'"))
    book.write("docs/second.md", page("y = [1]", "assert y == [1]"))
    code, said = book.build()
    assert code == 0, said
    assert "2 pages to run" in said, said


def test_a_page_whose_cache_is_damaged_runs_again_and_no_other(book):
    book.add("whole", PAGE.replace("import time", "import time  # as nothing else does"))
    assert book.build()[0] == 0
    first = book.shown("relu", "whole")
    for entry in (book.root / "build/executed").glob("*/executed/*/base.ipynb"):
        if first["relu"][1] in entry.read_text():
            entry.write_bytes(entry.read_bytes()[:-100])
    for name in first:
        book.replace(f"docs/{name}.md", "Some prose.", "Some other prose.")
    code, said = book.build()
    assert code == 0, said
    now = book.shown(*first)
    assert now["relu"][0] == first["relu"][0]
    assert now["relu"] != first["relu"]
    assert now["whole"] == first["whole"]


def test_settings_in_the_home_of_whoever_builds_do_not_reach_the_pages(book, tmp_path, monkeypatch):
    home = tmp_path / "home"
    (home / ".config/matplotlib").mkdir(parents=True)
    (home / ".config/matplotlib/matplotlibrc").write_text("lines.linewidth: 7\n")
    (home / ".keras").mkdir()
    (home / ".keras/keras.json").write_text(json.dumps({"floatx": "float64", "backend": "jax"}))
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    check = "import matplotlib, keras\nassert matplotlib.rcParams['lines.linewidth'] == 1.5\n"
    check += "assert (keras.config.backend(), keras.config.floatx()) == ('tensorflow', 'float32')"
    book.write("docs/relu.md", page(check))
    code, said = book.build()
    assert code == 0, said
    for word in ("cuda", "absl", "encryption"):
        assert word not in said.lower(), "the log of a good build is free of chatter"


# -- the task of nox -------------------------------------------------------------------------

NOX = [sys.executable, "-m", "nox", "--no-venv", "--no-install", "-s", "docs"]
# What the noxfile asks for is in the environment of the tests; old versions of nox do not see it.
THIS_NOX = {"NOX_SCRIPT_MODE": "none"}


@pytest.fixture
def nox_book(book):
    wanted = "noxfile.py", "pyproject.toml", "constraints.txt", "README.md", "LICENSE"
    for name in wanted:
        (book.root / name).write_bytes((ROOT / name).read_bytes())
    return book


def start(book, **environment):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.Popen(
        NOX, cwd=book.root, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(book.root / "src"), "PATH": path, **THIS_NOX}
        | environment,
    )  # fmt: skip


def nox(book, **environment):
    process = start(book, **environment)
    said, _ = process.communicate()
    return process.returncode, said


def site(book):
    folder = book.root / "build/html"
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_build_that_fails_leaves_the_site_that_was_there(nox_book):
    code, said = nox(nox_book)
    assert code == 0, said
    before = site(nox_book)
    assert Path("index.html") in before
    nox_book.replace("docs/relu.md", "import time\n", "import time\nassert 1 == 2\n")
    code, said = nox(nox_book)
    assert code != 0
    assert "expected: == 2" in said
    assert site(nox_book) == before
    nox_book.replace("docs/relu.md", "assert 1 == 2\n", "")
    nox_book.replace("docs/relu.md", "Some prose.", "Some {doc}`no-such-page`.")
    for _ in range(2):  # Sphinx itself would tell a warning only once
        code, said = nox(nox_book)
        assert code != 0
        assert "no-such-page" in said
        assert site(nox_book) == before
    nox_book.replace("docs/relu.md", "Some {doc}`no-such-page`.", "Some new prose.")
    code, said = nox(nox_book)
    assert code == 0, said
    assert b"Some new prose." in site(nox_book)[Path("relu.html")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=lambda n: n.name)
def test_a_build_that_is_ended_leaves_the_site_and_no_kernels(nox_book, all_end, number):
    assert nox(nox_book)[0] == 0
    before = site(nox_book)
    nox_book.replace(
        "docs/relu.md", "import time\n",
        "import time, os\nfrom pathlib import Path\n"
        "Path('pid').write_text(str(os.getpid()))\ntime.sleep(120)\n",
    )  # fmt: skip
    process = start(nox_book)
    pid = nox_book.root / "docs/pid"
    for _ in range(600):
        if pid.exists() and pid.read_text():
            break
        time.sleep(0.1)
    kernel = int(pid.read_text())
    os.killpg(process.pid, number)
    process.communicate(timeout=60)
    assert site(nox_book) == before
    assert all_end([kernel])
    nox_book.replace("docs/relu.md", "time.sleep(120)\n", "")
    code, said = nox(nox_book)
    assert code == 0, said


def test_a_build_that_was_killed_between_its_two_renamings_is_mended(nox_book):
    assert nox(nox_book)[0] == 0
    before = site(nox_book)
    (nox_book.root / "build/html").rename(nox_book.root / "build/html.old")
    nox_book.replace("docs/relu.md", "import time\n", "import time\nassert 1 == 2\n")
    assert nox(nox_book)[0] != 0
    assert site(nox_book) == before


@pytest.mark.skipif(os.name != "posix", reason="other systems know no locale C")
def test_with_the_locale_c_the_sessions_find_a_package_whose_path_has_umlauts(tmp_path):
    folder, environment = tmp_path / "Bücher", tmp_path / "environment"
    folder.mkdir()
    (folder / "some_package.py").touch()
    venv.create(environment, symlinks=True)
    [places] = environment.glob("lib/python*/site-packages")
    (places / "there.pth").write_text(f"{folder}\n", "utf-8")
    session = [str(environment / "bin/python"), "-c", "import some_package"]
    code = f"import subprocess, noxfile\nsubprocess.run({session!r}, check=True)"
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=ROOT, env=os.environ | {"LC_ALL": "C"}, check=True)


@pytest.mark.parametrize("kind", ["of a file", "of a folder"])
def test_a_site_that_cannot_be_written_leaves_the_one_that_was_there(
    noxfile, tmp_path, monkeypatch, kind
):
    place, made = tmp_path / "html", tmp_path / "made"
    for folder in (place, made):
        folder.mkdir()
        (folder / "index.html").write_text(folder.name)
    full = OSError(errno.ENOSPC, "No space left on device")

    def copy(source, goal, **how):
        goal.mkdir()
        (goal / "half").touch()
        raise shutil.Error([("one", "two", str(full))]) if kind == "of a file" else full

    def error(words):
        raise SystemExit(words)

    monkeypatch.setattr(shutil, "copytree", copy)
    with pytest.raises(SystemExit, match="html stays as it was.*No space left on device"):
        noxfile.put_in_place(types.SimpleNamespace(error=error), made, place)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["html", "made"]
    assert (place / "index.html").read_text() == "html"
