"""How pages are run: side by side, to their end, with plain words about what does not hold."""

import asyncio
import importlib.util
import json
import os
import re
import shutil
import sys
import time
import types
from contextlib import closing
from pathlib import Path

import book_execution
import book_runner as runner
import myst_nb.sphinx_ext  # noqa: F401 - once for all mutants
import nbformat
import numpy as np
import pytest
from book_execution import Cache
from sphinx.application import Sphinx
from sqlalchemy.exc import DBAPIError

ROOT = Path(__file__).parent.parent
HEADER = """\
---
file_format: mystnb
kernelspec:
  name: python3
---

"""


def load(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


explain = load("explain", ROOT / "docs/_kernel/profile_default/startup/explain.py")


def page(*cells):
    return (
        HEADER + "# A page\n\n" + "\n".join(f"```{{code-cell}} ipython3\n{c}\n```\n" for c in cells)
    )


# -- what is said of a check that fails ------------------------------------------------------


def explained(condition, **names):
    """Return what is said of a condition that is false."""
    names |= {"np": np}
    code = f"assert {condition}"
    file = "<cell>"
    explain.linecache.cache[file] = (len(code), None, [code], file)
    try:
        exec(compile(code, file, "exec"), names)
    except AssertionError as error:
        return explain.report(AssertionError, error, error.__traceback__, names)["values"]
    raise AssertionError(f"{condition} holds")


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        ("x.max() < 3", "x.max() is 4; expected: < 3"),
        ("0 < x.max() < y", "x.max() is 4; expected: < y, which is 2"),
        ("x.max() > 3 and x.min() > 3", "x.min() is 0; expected: > 3"),
        ("y > 3 or y < 1", "y is 2; expected: > 3; y is 2; expected: < 1"),
        ("(x < 3).all()", "2 of 5 elements of x < 3 are false; x is 3 there"),
        ("np.all(x < 3)", "2 of 5 elements of x < 3 are false; x is 3 there"),
        ("all(v < 3 for v in x)", "v < 3 is np.False_ where v is 3"),
        ("not x.any()", "not x.any() is False"),
        ("'a' == name", "'a'; expected: == name, which is 'b'"),
        (
            "np.allclose(x, x + 0.5, rtol=0, atol=0.125)",
            "x and x + 0.5 are 0.5 apart where they differ most; expected: at most 0.125",
        ),
    ],
)
def test_the_part_of_a_check_that_is_false_is_told_with_its_values(condition, words):
    assert explained(condition, x=np.arange(5.0), y=2, name="b") == words


def test_a_check_whose_parts_cannot_be_evaluated_again_is_told_all_the_same():
    numbers = iter([1])
    assert "cannot be evaluated a second time" in explained("next(numbers) == 2", numbers=numbers)


def test_long_values_are_shortened():
    assert len(explained("text == 'a'", text="b" * 10_000)) < 300


# -- what is known of a page without running it ------------------------------------------------


def notebook_of(*cells):
    """Return a notebook; a text is a cell of prose, a pair gives code and tags."""
    new = nbformat.v4
    return new.new_notebook(
        cells=[
            new.new_markdown_cell(cell)
            if isinstance(cell, str)
            else new.new_code_cell(cell[0], metadata={"tags": cell[1:]} if cell[1:] else {})
            for cell in cells
        ]
    )


def test_a_page_measures_time_if_one_of_its_cells_has_the_tag():
    def measures(*cells):
        return runner.Page("page", Path("page.md"), notebook_of(*cells)).measures_time

    assert measures("Text", ("a", "hide-input"), ("b", "remove-cell", "timing"))
    assert not measures("timing", ("timing",), ("b", "hide-input"))
    assert not measures(("a", "timing", "not-alone"), ("b", "not-alone"))
    assert measures(("a", "timing", "not-alone"), ("b", "timing"))


def test_the_code_of_a_page_is_counted_without_its_prose():
    cells = notebook_of("A long text.", ("abc",), ("de", "timing"))
    assert runner.Page("page", Path("page.md"), cells).code == 5


def test_the_line_of_a_cell_is_that_of_its_code(tmp_path):
    text = page("a = 1", "---\ntags: [x]\n---\nb = 2\nb", ":tags: [y]\n\nc = 3", "", "a = 1")
    (tmp_path / "page.md").write_text(text, "utf-8")
    found = runner.read_page(tmp_path / "page.md")
    assert (found.name, found.path) == ("page", tmp_path / "page.md")
    lines = ["", *text.splitlines()]
    code = [n for n, cell in enumerate(found.notebook.cells) if cell.cell_type == "code"]
    starts = [found.first_line(index) for index in code]
    assert [lines[start] for start in starts] == ["a = 1", "b = 2", "c = 3", "", "a = 1"]
    assert lines[starts[3] - 1] == "```{code-cell} ipython3", "without code, what follows the fence"
    assert starts == sorted(set(starts))


def test_a_cell_may_take_its_code_from_a_file_beside_the_page(tmp_path):
    (tmp_path / "code.py").write_text("a = 1")
    (tmp_path / "page.md").write_text(page(":load: code.py"), "utf-8")
    assert runner.read_page(tmp_path / "page.md").code == len("a = 1")


def error(*traceback, ename="ValueError", evalue="bad"):
    return nbformat.v4.new_output("error", ename=ename, evalue=evalue, traceback=list(traceback))


@pytest.fixture
def failing(tmp_path):
    """A function that gives what is said of a cell with these outputs; its code is in line 9."""
    text = page("x = 1\nassert x == 2")
    (tmp_path / "page.md").write_text(text, "utf-8")
    found = runner.read_page(tmp_path / "page.md")
    index = len(found.notebook.cells) - 1
    assert text.splitlines()[9] == "x = 1"

    def failure(*outputs):
        found.notebook.cells[index].outputs = list(outputs)
        return runner.failure_of(found, index)

    return failure


def test_what_the_kernel_tells_of_a_check_becomes_a_failure(failing):
    said = {"line": 2, "claim": "x == 2", "values": "x is 1", "words": "two"}
    printed = nbformat.v4.new_output("stream", text="printed")
    assert failing(printed, error("other"), error(json.dumps(said))) == runner.Failure(
        11, "x == 2", "x is 1", "two"
    )
    said |= {"words": "", "trace": ["line 1", "line 2"]}
    assert failing(error(json.dumps(said))).words == "line 1\nline 2"


def test_what_cannot_be_read_of_an_error_is_told_as_it_came(failing):
    assert failing() == runner.Failure(10, words="the cell failed and did not say why")
    assert failing(error("\x1b[31mSyntax\x1b[0;1mError\x1b[0m", "x = )")) == runner.Failure(
        10, words="SyntaxError\nx = )"
    )
    assert failing(error()) == runner.Failure(10, words="ValueError: bad")


def test_the_report_tells_each_failure_by_page_and_says_nothing_if_there_is_none(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    paths = {name: tmp_path / f"docs/{name}.md" for name in "abc"}
    fine = runner.Run("c")
    assert runner.report([fine], paths) == ""
    runs = [
        runner.Run("b", failures=[runner.Failure(7, words="NameError\nx")]),
        fine,
        runner.Run("a", failures=[
            runner.Failure(3, "x == 2", "x is 1", "two"), runner.Failure(5, "y", "y is 0"),
        ]),
    ]  # fmt: skip
    assert (
        runner.report(runs, paths)
        == f"""2 of 3 pages that ran failed:

docs{os.sep}a.md:3
  claim:  x == 2
  came:   x is 1
  words:  two

docs{os.sep}a.md:5
  claim:  y
  came:   y is 0

docs{os.sep}b.md:7
  words:  NameError
          x"""
    )


def test_what_is_alike_comes_in_the_order_of_names():
    pages = [types.SimpleNamespace(name=name, code=1) for name in "bca"]
    assert [each.name for each in runner.in_order(pages, {})] == ["a", "b", "c"]


def test_the_settings_of_kernels_are_where_they_are_looked_for():
    assert (runner.KERNEL / "matplotlibrc").is_file()
    assert (runner.KERNEL / "profile_default" / "startup").is_dir()


def test_kernels_find_their_settings_in_the_folder_and_not_at_home(tmp_path, monkeypatch):
    unset = "MPLBACKEND", "TF_USE_LEGACY_KERAS", "PYTHONWARNINGS", "PYTHONOPTIMIZE"
    for name in unset:
        monkeypatch.setenv(name, "1")
    monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    for _ in range(2):  # also where an earlier build has been
        runner.settle_surroundings(tmp_path)
    set_now = {
        name: os.environ.get(name)
        for name in (*unset, "KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "IPYTHONDIR", "MATPLOTLIBRC")
    }
    ipython = tmp_path / "ipython"
    assert set_now == {
        **dict.fromkeys(unset), "KERAS_BACKEND": "tensorflow", "TF_CPP_MIN_LOG_LEVEL": "2",
        "IPYTHONDIR": str(ipython), "MATPLOTLIBRC": str(ipython / "matplotlibrc"),
    }  # fmt: skip
    assert (ipython / "matplotlibrc").is_file()
    assert (ipython / "profile_default/startup/explain.py").is_file()
    for name in ("MPLCONFIGDIR", "KERAS_HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"):
        assert Path(os.environ[name]) == tmp_path / "homes" / name.lower()
        assert Path(os.environ[name]).is_dir()
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    runner.settle_surroundings(tmp_path)
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0", "who looks for an error may see more"


def test_words_of_libraries_come_after_all_and_their_chatter_does_not(capfd):
    with runner.without_chatter():
        os.write(2, b"cudart_stub.cc:31] Could not find cuda drivers\nSomething is wrong\n\xff\n")
        assert capfd.readouterr().err == ""
    print("afterwards", file=sys.stderr)
    assert capfd.readouterr().err == "Something is wrong\n�\nafterwards\n"


def test_words_of_libraries_are_not_lost_in_an_error(capfd):
    def fail():
        with runner.without_chatter():
            os.write(2, b"said before the error\n")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert capfd.readouterr().err == "said before the error\n"


def test_as_many_pages_run_at_a_time_as_this_process_has_cores(monkeypatch):
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert runner.cores() == allowed
    mine = {0: {2, 5, 7}}
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    monkeypatch.setattr(os, "sched_getaffinity", mine.get, raising=False)
    assert runner.cores() == 3
    monkeypatch.delattr(os, "sched_getaffinity")
    assert runner.cores() == 6, "not every system can tell"
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert runner.cores() == 1


# -- pages -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def surroundings(monkeypatch):
    """Undo what running pages does to the environment."""
    # Where mutants are tried, the extensions lie elsewhere.
    monkeypatch.setattr(runner, "KERNEL", ROOT / "docs" / "_kernel")
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def run(tmp_path, **pages):
    """Run pages, and return how they went, what was told, and the pages."""
    runner.settle_surroundings(tmp_path)
    found = {}
    for name, text in pages.items():
        path = tmp_path / f"{name}.md"
        path.write_text(text)
        found[path.stem] = runner.read_page(path)
    said = []
    runs = runner.run_pages(list(found.values()), tmp_path, workers=2, tell=said.append)
    return {each.page: each for each in runs}, said, found


def test_each_failing_check_is_told_with_its_line_and_later_cells_run(tmp_path):
    text = page(
        "x = 1", "x = 2\n\nassert x == 3, 'three'", "x += 1", "def f():\n    assert x > 3\nf()"
    )
    runs, _, pages = run(tmp_path, one=text)
    first, second = runs["one"].failures
    lines = text.splitlines()
    assert lines[first.line - 1] == "assert x == 3, 'three'"
    assert (first.claim, first.values, first.words) == ("x == 3", "x is 2; expected: == 3", "three")
    assert lines[second.line - 1] == "f()"
    assert second.values == "x is 3; expected: > 3"
    words = runner.report(list(runs.values()), {"one": pages["one"].path})
    assert f"one.md:{first.line}\n  claim:  x == 3\n  came:   x is 2; expected: == 3" in words


def test_after_another_error_the_page_stops_and_the_error_is_told(tmp_path):
    runs, _, _ = run(tmp_path, one=page("1 / 0", "assert False"), two=page("print('fine')"))
    (failure,) = runs["one"].failures
    assert "ZeroDivisionError: division by zero" in failure.words
    assert runs["two"].failures == []


def test_a_cell_that_cannot_be_parsed_and_a_kernel_that_dies_are_told(tmp_path):
    killed = page("import os, signal", "os.kill(os.getpid(), signal.SIGKILL)")
    runs, _, _ = run(tmp_path, one=page("x = )"), two=killed)
    assert "SyntaxError" in runs["one"].failures[0].words
    (failure,) = runs["two"].failures
    assert "the kernel died" in failure.words
    assert killed.splitlines()[failure.line - 1].startswith("os.kill")


def test_progress_names_the_pages_and_how_many_are_left(tmp_path):
    _, said, _ = run(tmp_path, one=page("1"), two=page("2"))
    assert said[0].startswith("2 pages to run")
    assert {"running one", "running two"} <= set(said)
    assert re.fullmatch(r"ran (one|two) in \d+ s, 0 left", said[-1])


MEETING = """
from pathlib import Path
from time import monotonic, sleep
Path("{}.on").touch()
end = monotonic() + 120
while not Path("{}.on").exists() and monotonic() < end:
    sleep(0.02)
assert Path("{}.on").exists(), "the other page did not run at the same time"
sleep(0.1)
Path("{}.done").touch()
"""
ALONE = """---
tags: [timing]
---
from pathlib import Path
assert Path("a.done").exists() and Path("b.done").exists()
"""


def test_pages_run_side_by_side_and_those_that_measure_time_alone_and_last(tmp_path):
    runs, _, _ = run(
        tmp_path,
        alone=page(ALONE),
        a=page(MEETING.format("a", "b", "b", "a")),
        b=page(MEETING.format("b", "a", "a", "b")),
    )
    assert [each.failures for each in runs.values()] == [[], [], []]
    assert list(runs)[-1] == "alone"


def test_the_longest_page_comes_first():
    pages = [
        types.SimpleNamespace(name=name, code=code)
        for name, code in zip("abcd", (9, 1, 5, 7), strict=True)
    ]
    ordered = runner.in_order(pages, {"b": 3.0, "c": 40.0})
    assert [each.name for each in ordered] == ["c", "b", "a", "d"]


def test_chatter_of_tensorflow_is_left_out_and_other_words_are_not():
    text = (
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
        "I0000 00:00:1 1 cudart_stub.cc:31] Could not find cuda drivers on your machine\n"
        "E0000 00:00:1 1 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error\n"
        "\nSomething is really wrong\n"
    )
    assert runner.heard(text) == ["Something is really wrong"]


# -- who is told what, and which threads there are ---------------------------------------------


def told(monkeypatch, folder, *pages, **how):
    """Run pages without kernels, and return what was told, what each got, and who was done."""
    given, said, ended, begun = {}, [], [], asyncio.Event()

    async def run_page(page, log, threads):
        given[page.name] = log, threads
        if page.name == "first":
            await begun.wait()
        if page.name == "second":
            begun.set()
        failed = [runner.Failure(3, words="bad")] if page.name == "bad" else []
        return runner.Run(page.name, 2.4, failed, ["a", "b"] if page.name == "talks" else [])

    monkeypatch.setattr(runner, "run_page", run_page)
    folder /= "new/build"
    runs = runner.run_pages(
        [runner.Page(name, Path("page.md"), notebook_of(*cells)) for name, *cells in pages],
        folder, tell=said.append, done=lambda page, run: ended.append((page.name, run.page)), **how,
    )  # fmt: skip
    assert ended == [(run.page, run.page) for run in runs]
    return said, given, [run.page for run in runs]


def test_each_page_is_told_when_it_begins_and_how_it_ended(monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "cores", lambda: 6)
    pages = ("short", ("x",)), ("bad", ("xx",)), ("a/b", ("x", "timing")), ("talks", ("y",))
    said, given, order = told(monkeypatch, tmp_path, *pages, workers=1, seconds={"talks": 9.0})
    assert said == [
        "4 pages to run: 3 of them 1 at a time, then 1 that measure time, alone",
        "running talks", "ran talks in 2 s, 3 left", "  talks: a", "  talks: b",
        "running bad", "FAILED bad in 2 s, 2 left",
        "running short", "ran short in 2 s, 1 left",
        "running a/b", "ran a/b in 2 s, 0 left",
    ]  # fmt: skip
    assert order == ["talks", "bad", "short", "a/b"]
    logs = tmp_path / "new/build/logs"
    assert given["a/b"][0] == logs / "a-b.log"
    assert logs.is_dir()


def test_pages_that_measure_time_begin_with_the_longest(monkeypatch, tmp_path):
    pages = ("one", ("x", "timing")), ("two", ("xx", "timing")), ("three", ("x", "timing"))
    _, _, order = told(monkeypatch, tmp_path, *pages, seconds={"three": 2.0})
    assert order == ["three", "two", "one"]


def test_pages_side_by_side_share_the_cores_and_one_alone_has_all_but_in_blas(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(runner, "cores", lambda: 6)
    for name in runner.THREADS:
        monkeypatch.delenv(name, raising=False)
    pages = ("first", ("x",)), ("second", ("x",)), ("alone", ("x", "timing"))
    for workers, share in ((2, "3"), (4, "1"), (8, "1"), (None, "1")):
        said, given, _ = told(monkeypatch, tmp_path, *pages, workers=workers)
        assert f"2 of them {workers or 6} at a time" in said[0]
        assert "; now first" in "".join(said)
        both = {"OPENBLAS_NUM_THREADS": share, "TF_NUM_INTRAOP_THREADS": share}
        assert [given[name][1] for name in ("first", "second")] == [both, both]
        assert given["alone"][1] == {"OPENBLAS_NUM_THREADS": "1"}
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    _, given, _ = told(monkeypatch, tmp_path, *pages, workers=2)
    chosen = {"OPENBLAS_NUM_THREADS": "4", "TF_NUM_INTRAOP_THREADS": "3"}
    assert given["first"][1] == chosen, "whoever builds may choose another number"
    assert given["alone"][1] == {"OPENBLAS_NUM_THREADS": "1"}, "but not for a clock"


def test_a_kernel_runs_beside_its_page_and_leaves_nothing_of_the_time(tmp_path, monkeypatch):
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "5")
    folder = tmp_path / "docs"
    folder.mkdir()
    code = "import os\nprint(os.getcwd(), flush=True)\nos.write(2, b'strange words\\n')\n"
    code += "print(os.environ['OPENBLAS_NUM_THREADS'], os.environ['TF_NUM_INTRAOP_THREADS'])"
    start = time.perf_counter()
    runs, said, pages = run(tmp_path, **{"docs/one": page(code, "1")})
    assert 0 < runs["one"].seconds < time.perf_counter() - start
    assert runs["one"].failures == []
    assert runs["one"].said == ["strange words"]
    assert "  one: strange words" in said
    notebook = pages["one"].notebook
    assert notebook.metadata["language_info"]["name"] == "python"
    first, second = (cell for cell in notebook.cells if cell.cell_type == "code")
    share = max(1, runner.cores() // 2)
    (output,) = first.outputs
    assert output.text == f"{folder}\n{share} 5\n"
    assert (first.execution_count, second.execution_count) == (1, 2)
    assert not any("execution" in cell.metadata for cell in notebook.cells)


def test_what_a_page_that_measures_time_needs_wins_over_what_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "4")
    code = "---\ntags: [timing]\n---\nimport os\nprint(os.environ['OPENBLAS_NUM_THREADS'])"
    _, _, pages = run(tmp_path, one=page(code))
    (cell,) = (cell for cell in pages["one"].notebook.cells if cell.cell_type == "code")
    assert [output.text for output in cell.outputs] == ["1\n"]


def test_a_cell_that_takes_too_long_is_told(tmp_path, monkeypatch):
    execute = runner.run_cell

    async def too_long(client, page, index):
        if page.notebook.cells[index].source == "2":
            raise runner.CellTimeoutError("timed out")
        return await execute(client, page, index)

    monkeypatch.setattr(runner, "run_cell", too_long)
    text = page("1", "2", "3")
    runs, _, _ = run(tmp_path, one=text)
    line = text.splitlines().index("2") + 1
    assert runs["one"].failures == [
        runner.Failure(line, words="the cell was not done after 600 seconds")
    ]


def test_pages_are_run_from_a_terminal_without_sphinx(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("DLBOOK_LOGS", raising=False)
    for name, text in (("one", page("1")), ("two", page("x = 1")), ("plain", "# No cells\n")):
        (tmp_path / f"{name}.md").write_text(text + "\n\u2212\n", "utf-8")
    calls, failures = [], []

    def run_pages(pages, folder, *, workers, tell):
        calls.append(([page.name for page in pages], folder, workers))
        tell("told")
        return [runner.Run(page.name, 1.0, failures) for page in pages]

    monkeypatch.setattr(runner, "run_pages", run_pages)
    monkeypatch.chdir(tmp_path)
    files = ["one.md", "plain.md", "two.md"]
    assert runner.main([*files, "--workers", "3", "--folder", "aside"]) == 0
    assert calls.pop() == (["one", "two"], tmp_path / "aside", 3)
    assert capsys.readouterr().out == "told\n2 pages ran, and all their claims hold\n"
    assert os.environ["DLBOOK_LOGS"] == str(tmp_path / "aside" / "tensorboard")
    assert os.environ["IPYTHONDIR"] == str(tmp_path / "aside" / "ipython")
    failures.append(runner.Failure(10, words="NameError"))
    assert runner.main(["two.md"]) == 1
    names, folder, workers = calls.pop()
    assert (names, folder.exists(), workers) == (["two"], False, None), "nothing is left of it"
    assert "two.md:10\n  words:  NameError" in capsys.readouterr().out
    assert os.environ["DLBOOK_LOGS"] == str(tmp_path / "aside" / "tensorboard"), "as it was set"


def test_the_program_that_runs_pages_says_what_it_takes(capsys):
    with pytest.raises(SystemExit):
        runner.main(["--help"])
    words = " ".join(capsys.readouterr().out.split())
    for part in (
        "Run the pages that are named, and return 1 if a claim does not hold.",
        "files of pages, docs/*.md", "how many pages at a time", "where settings and logs go",
    ):  # fmt: skip
        assert part in words


# -- what a build runs -------------------------------------------------------------------------


LONG = {"book_long_pages": ["two", "three"]}


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A function that builds a book and returns which pages it ran, without kernels.

    What runs the pages gives each the output "ran NAME", or the failures that are given.
    """
    source = tmp_path / "source"
    source.mkdir()
    texts = {"one": page("1"), "two": page("2", "22"), "plain": "# No cells\n"}
    for name, text in texts.items():
        (source / f"{name}.md").write_text(text, "utf-8")
    (source / "index.rst").write_text("Front\n=====\n\n.. toctree::\n   :glob:\n\n   *\n")

    def build(mode="cache", failures=None, error=None, settings=LONG):
        calls = []

        def run_pages(pages, folder, *, seconds, tell, done):
            assert folder == tmp_path / "build"
            calls.append((sorted(each.name for each in pages), seconds))
            runs = []
            for each in pages:
                if error:
                    raise error
                assert each.first_line(1) == 10, "a failure of its first cell has a line"
                for cell in each.notebook.cells:
                    if cell.cell_type == "code":
                        shown = {"text/plain": f"ran {each.name}"}
                        cell.outputs = [nbformat.v4.new_output("display_data", shown)]
                runs.append(runner.Run(each.name, 2.5, (failures or {}).get(each.name, [])))
                done(each, runs[-1])
            return runs

        monkeypatch.setattr(book_execution, "run_pages", run_pages)
        app = Sphinx(
            source, None, tmp_path / "html", tmp_path / "doctrees", "html",
            confoverrides={
                "extensions": ["myst_nb", "book_execution"], "nb_execution_mode": mode,
                "nb_execution_cache_path": str(tmp_path / "build/executed"),
                "html_theme": "basic", **settings,
            },
            status=None, warning=None,
        )  # fmt: skip
        app.build()
        assert app.is_parallel_allowed("read")
        assert app.is_parallel_allowed("write")
        return calls

    return build


def test_a_build_runs_pages_with_cells_once_and_again_when_they_change(book, tmp_path):
    hints = {"two": runner.TIMEOUT, "three": runner.TIMEOUT - 1}
    assert book() == [(["one", "two"], hints)]
    assert "ran one" in (tmp_path / "html/one.html").read_text()
    assert "ran two" in (tmp_path / "html/two.html").read_text()
    assert book() == []
    (tmp_path / "source/one.md").write_text(page("1", "3"), "utf-8")
    assert book() == [(["one"], {"one": 2.5, "two": 2.5, "three": runner.TIMEOUT - 1})]
    (tmp_path / "source/one.md").write_text(page("1", "3") + "\nMore text.\n", "utf-8")
    assert book() == [], "only the text has changed"
    # The session that runs the notebooks reads it there, too.
    times = json.loads((tmp_path / "build/seconds.json").read_text("utf-8"))
    assert times == {"one": 2.5, "two": 2.5}


def test_the_pages_of_a_build_are_read_with_its_settings(book, tmp_path):
    # With this extension, what stands in the note is no cell; read otherwise, it would be a second.
    note = ":::{note}\n```{code-cell} ipython3\n2\n```\n:::\n"
    (tmp_path / "source/one.md").write_text(page("1", ":load: code.py") + note, "utf-8")
    (tmp_path / "source/code.py").write_text("3")
    calls = book(settings={"myst_enable_extensions": ["colon_fence"]})
    assert calls == [(["one", "two"], {})], "and long pages need not be named"
    assert (tmp_path / "html/one.html").read_text().count("ran one") == 2


def test_a_build_that_shows_the_layout_alone_runs_nothing(book, tmp_path):
    assert book("off") == []
    assert not (tmp_path / "build").exists()


def test_a_build_without_changed_pages_opens_no_cache(book, tmp_path):
    book()
    shutil.rmtree(tmp_path / "build")
    assert book() == []
    assert not (tmp_path / "build").exists()


def test_what_does_not_hold_stops_the_build_and_what_held_is_kept(book, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failures = {"two": [runner.Failure(9, "x == 2", "x is 1")]}
    with pytest.raises(SystemExit) as stopped:
        book(failures=failures)
    where = Path("source", "two.md")
    assert stopped.value.code == (
        f"\n1 of 2 pages that ran failed:\n\n{where}:9\n  claim:  x == 2\n  came:   x is 1\n\n"
        "The site was not built: mend the text or the code."
    )
    assert not (tmp_path / "html/one.html").exists()
    assert [names for names, _ in book()] == [["two"]]


@pytest.mark.parametrize("error", [OSError("disk full"), DBAPIError("insert", {}, "disk full")])
def test_a_build_that_cannot_keep_what_it_ran_says_so_in_words(book, error):
    with pytest.raises(SystemExit, match=r"^\nThe pages could not be run: .*disk full"):
        book(error=error)


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ('{"one": 1, "two": "2.5"}', {"one": 1.0, "two": 2.5}),
        ("", {}),
        ("[1]", {}),
        ('{"one": "long"}', {}),
        ('{"one": 1', {}),
        (None, {}),
    ],
)
def test_how_long_pages_took_is_read_if_it_can_be(tmp_path, text, times):
    if text is not None:
        (tmp_path / "seconds.json").write_text(text)
    assert book_execution.measured(tmp_path / "seconds.json") == times


def test_an_entry_that_could_not_be_written_leaves_no_half(kept, monkeypatch):
    folder, pages = kept
    pages[0].notebook.cells[-1].source = "name = 'another'"
    write = Path.write_text

    def full(path, *arguments, **options):
        if path.name == "digest.txt":
            raise OSError("disk full")
        return write(path, *arguments, **options)

    with closing(Cache(folder)) as cache, monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        place = cache.place(pages[0].notebook)
        with pytest.raises(OSError, match="disk full"):
            cache.add(pages[0], runner.Run("one", 1.5))
    assert not place.parent.exists()
    assert held(kept) == ["two"]


# -- the cache of what has run -----------------------------------------------------------------


def keep(folder, *pages):
    """Add pages to a cache, opened anew as a build does."""
    with closing(Cache(folder)) as cache:
        for each in pages:
            cache.add(each, runner.Run(each.name, 1.5))


@pytest.fixture
def kept(tmp_path):
    """The folder of a cache, and two pages that it holds."""
    pages = []
    for name in ("one", "two"):
        path = tmp_path / f"{name}.md"
        path.write_text(page(f"name = {name!r}"), "utf-8")
        pages.append(runner.read_page(path))
    keep(tmp_path / "executed", *pages)
    return tmp_path / "executed", pages


def held(kept):
    """Return the names of the pages that the cache holds, opened anew as the next build does."""
    folder, pages = kept
    with closing(Cache(folder)) as cache:
        return [each.name for each in pages if cache.holds(each.notebook)]


def test_what_has_run_is_held(kept):
    _, pages = kept
    assert held(kept) == ["one", "two"]
    pages[0].notebook.cells[-1].source = "name = 'another'"
    assert held(kept) == ["two"]


@pytest.mark.parametrize("damage", ["cut", "gone", "no digest", "other digest", "no folder"])
def test_a_damaged_entry_is_not_held_and_can_be_added_again(kept, damage):
    folder, pages = kept
    with closing(Cache(folder)) as cache:
        entry = cache.place(pages[0].notebook)
    if damage == "cut":
        entry.write_bytes(entry.read_bytes()[:-10])
    elif damage == "gone":
        entry.unlink()
    elif damage == "no digest":
        (entry.parent / "digest.txt").unlink()
    elif damage == "other digest":
        (entry.parent / "digest.txt").write_bytes(b"\xff\xfe")
    else:
        shutil.rmtree(entry.parent)
    assert held(kept) == ["two"]
    keep(folder, pages[0])
    assert held(kept) == ["one", "two"]


@pytest.mark.parametrize("damage", ["gone", "nonsense", "empty", "cut"])
def test_a_cache_without_a_sound_database_begins_anew(kept, damage, monkeypatch):
    folder, pages = kept
    told = []
    tells = types.SimpleNamespace(info=lambda words, *values: told.append(words % values))
    monkeypatch.setattr(book_execution, "LOGGER", tells)
    database = folder / "global.db"
    if damage == "gone":
        database.unlink()
    elif damage == "nonsense":
        database.write_bytes(b"nonsense" * 1000)
    elif damage == "empty":
        database.write_bytes(b"")
    else:
        database.write_bytes(database.read_bytes()[:5000])
    assert held(kept) == []
    words = r"(?s)the cache of executed pages cannot be read \((?!None).+\): it begins anew"
    assert bool(told) == (damage != "gone"), "without a file there is nothing that cannot be read"
    assert all(re.match(words, line) for line in told), told
    keep(folder, *pages)
    assert held(kept) == ["one", "two"]
