"""How pages are run: side by side, to their end, with plain words about what does not hold."""

import importlib.util
import os
import re
import shutil
import sys
import types
from contextlib import closing
from pathlib import Path

import book_runner as runner
import numpy as np
import pytest
from book_execution import Cache

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


# -- pages -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def surroundings():
    """Undo what running pages does to the environment."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def run(tmp_path, **pages):
    runner.settle_surroundings(tmp_path)
    found = []
    for name, text in pages.items():
        (tmp_path / f"{name}.md").write_text(text)
        found.append(runner.read_page(tmp_path / f"{name}.md"))
    said = []
    runs = runner.run_pages(found, tmp_path, workers=2, tell=said.append)
    return {each.page: each for each in runs}, said, {page.name: page.path for page in found}


def test_each_failing_check_is_told_with_its_line_and_later_cells_run(tmp_path):
    text = page(
        "x = 1", "x = 2\n\nassert x == 3, 'three'", "x += 1", "def f():\n    assert x > 3\nf()"
    )
    runs, _, paths = run(tmp_path, one=text)
    first, second = runs["one"].failures
    lines = text.splitlines()
    assert lines[first.line - 1] == "assert x == 3, 'three'"
    assert (first.claim, first.values, first.words) == ("x == 3", "x is 2; expected: == 3", "three")
    assert lines[second.line - 1] == "f()"
    assert second.values == "x is 3; expected: > 3"
    words = runner.report(list(runs.values()), paths)
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


def test_pages_that_measure_time_run_alone_and_last(tmp_path):
    clock = "import time\nfrom pathlib import Path\n"
    note = "start = time.time(); time.sleep({}); "
    note += "Path('{}.txt').write_text(f'{{start}} {{time.time()}}')"
    timing = page("---\ntags: [timing]\n---\n" + clock + note.format(0.2, "alone"))
    runs, _, _ = run(
        tmp_path,
        alone=timing,
        a=page(clock + note.format(1, "a")),
        b=page(clock + note.format(1, "b")),
    )
    assert not any(each.failures for each in runs.values())
    spans = {
        name: tuple(map(float, (tmp_path / f"{name}.txt").read_text().split()))
        for name in ("a", "b", "alone")
    }
    assert spans["alone"][0] > max(spans["a"][1], spans["b"][1])
    assert spans["a"][0] < spans["b"][1], "side by side"
    assert spans["b"][0] < spans["a"][1]


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
def test_a_cache_without_a_sound_database_begins_anew(kept, damage):
    folder, pages = kept
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
    keep(folder, *pages)
    assert held(kept) == ["one", "two"]
