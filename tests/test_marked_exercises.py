"""Exercises that mark a reader's program pass the answer and refuse starts and mistakes.

Of a page, those cells run once and in their order that an exercise needs, and only such as readers
see; then what readers start from, the mistakes and the answer are tried on a copy of the names.
"""

import ast
import builtins
import contextlib
import importlib.util
import io
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

spec = importlib.util.spec_from_file_location("marked", Path(__file__).parent / "marked.py")
marked = sys.modules["marked"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(marked)

PAGES = {}
for path in sorted(marked.DOCS.glob("*.md")):
    if exercises := marked.exercises_of(marked.cells_of(path.read_text("utf-8"))):
        PAGES[path.stem] = exercises
ALL = [pytest.param(page, label, id=label) for page in PAGES for label in PAGES[page]]


def run(code, names, place):
    """Run a cell and keep what it prints to itself."""
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, place, "exec"), names)
    plt.close("all")


def verdict(program, marks, names):
    """Return what the check cells say about a program, or nothing if it passes."""
    names = dict(names)
    try:
        for code in [program, *(cell.code for cell in marks)]:
            run(code, names, "program")
    except Exception as error:
        return error
    return None


def programs(page, exercise):
    """Return what the check cells must refuse, and what they must accept, each with its kind."""
    mistakes = [code for of, code in marked.programs_of(page) if of == exercise.label]
    others = [code for of, code in marked.programs_of(page, right=True) if of == exercise.label]
    start, answer = (
        "\n\n".join(cell.code for cell in part) for part in (exercise.start, exercise.answer)
    )
    refused = [("starting point", start), *(("mistake", code) for code in mistakes)]
    accepted = [("answer", answer), *(("other right program", code) for code in others)]
    return refused, accepted


def needs(exercise, refused, accepted):
    """Return the names of the page that the programs and the check cells of an exercise read."""
    found = [marked.names_of(code) for _, code in refused + accepted]
    found += [(cell.reads, cell.binds) for cell in exercise.marks]
    reads, binds = zip(*found, strict=True)
    return set().union(*reads) - set().union(*binds)


@pytest.mark.numeric
@pytest.mark.parametrize("page", PAGES)
def test_check_cells_pass_the_answer_and_refuse_starting_points_and_mistakes(page, monkeypatch):
    monkeypatch.chdir(marked.DOCS)
    names, wrong = {"__name__": "__main__"}, []
    cells, ran = marked.cells_of((marked.DOCS / f"{page}.md").read_text("utf-8")), set()
    for label, exercise in PAGES[page].items():
        refused, accepted = programs(page, exercise)
        place = next(k for k, cell in enumerate(cells) if cell.exercise == label)
        for cell in marked.needed_before(cells[:place], needs(exercise, refused, accepted)):
            if cell.line not in ran:
                ran.add(cell.line)
                run(cell.code, names, f"{page}.md:{cell.line}")
        for kind, program in refused:
            error = verdict(program, exercise.marks, names)
            if not isinstance(error, AssertionError) or not str(error).strip():
                wrong.append(f"{label}: a {kind} gets {error!r}:\n{program}")
        for kind, program in accepted:
            if error := verdict(program, exercise.marks, names):
                wrong.append(f"{label}: the {kind} gets {error!r}:\n{program}")
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize(("page", "label"), ALL)
def test_a_starting_point_only_defines_what_the_reader_completes(page, label):
    start = PAGES[page][label].start
    assert start, "an editor needs something to begin with"
    for cell in start:
        assert {"starting-point", "skip-execution"} <= set(cell.tags)
        # Notebooks have this cell too, so it must do nothing but define what the answer defines.
        for node in ast.parse(cell.code).body:
            assert isinstance(node, (ast.FunctionDef, ast.ClassDef)), ast.unparse(node)


@pytest.mark.parametrize(("page", "label"), ALL)
def test_each_expectation_says_in_words_what_is_expected(page, label):
    for cell in PAGES[page][label].marks:
        assert cell.hidden
        for node in ast.walk(ast.parse(cell.code)):
            if isinstance(node, ast.Assert):
                assert node.msg is not None, ast.unparse(node)


@pytest.mark.parametrize(("page", "label"), ALL)
def test_the_answer_defines_what_the_starting_point_asks_for(page, label):
    start, answer = PAGES[page][label].start, PAGES[page][label].answer
    asked_for = {name for cell in start for name in cell.binds}
    assert asked_for
    assert asked_for <= {name for cell in answer for name in cell.binds}


@pytest.mark.parametrize(("page", "label"), ALL)
def test_at_least_two_typical_mistakes_are_tried(page, label):
    assert [of for of, _ in marked.programs_of(page)].count(label) >= 2


def test_every_mistake_belongs_to_a_marked_exercise():
    for path in sorted((marked.DOCS.parent / "tests" / "mistakes").glob("*.py")):
        labels = {
            of for right in (True, False) for of, _ in marked.programs_of(path.stem, right=right)
        }
        assert labels <= set(PAGES[path.stem])


def test_at_least_forty_exercises_are_marked():
    assert len(ALL) >= 40


def free_lines(page):
    """Return the cells of a page that run without TensorFlow, by their lines."""
    cells = marked.cells_of((marked.DOCS / f"{page}.md").read_text("utf-8"))
    return {cell.line for cell in marked.free_of_tensorflow(cells)}


def test_at_least_forty_marked_exercises_run_without_tensorflow():
    """So that they can mark a reader's program in the browser, where TensorFlow cannot be."""
    live = [
        exercise.label
        for page, exercises in PAGES.items()
        for free in [free_lines(page)]
        for exercise in exercises.values()
        if free >= {cell.line for cell in exercise.answer + exercise.marks}
    ]
    assert len(live) >= 40


@pytest.mark.parametrize("page", sorted(path.stem for path in marked.DOCS.glob("*.md")))
def test_cells_read_only_what_cells_before_them_have_made(page):
    cells = marked.cells_of((marked.DOCS / f"{page}.md").read_text("utf-8"))
    # A function may call one that is defined after it, and a class itself.
    functions = {
        node.name
        for cell in cells
        for node in ast.parse(cell.code).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
    }
    made = set(dir(builtins)) | functions
    for cell in cells:
        if not cell.starting_point:
            assert cell.reads <= made, (cell.line, cell.reads - made)
            made |= cell.binds


# Pages about operations, gradients and training, of which TensorFlow is no part.
WITHOUT = [
    "autodiff",
    "backward-pass",
    "first-weights",
    "fit-a-line",
    "geometry",
    "gradients",
    "kinds-of-data",
    "playground",
    "relu-curves",
    "scores-to-loss",
    "spot-the-bug",
    "step-sizes",
    "tensor-operations",
    "tensors",
    "what-a-dot-product-means",
]


@pytest.mark.parametrize("page", WITHOUT)
def test_all_cells_of_pages_that_need_no_tensorflow_run_without_it(page):
    cells = marked.cells_of((marked.DOCS / f"{page}.md").read_text("utf-8"))
    assert free_lines(page) == {cell.line for cell in cells if not cell.starting_point}


def test_at_least_four_hundred_cells_run_without_tensorflow():
    assert sum(len(free_lines(path.stem)) for path in marked.DOCS.glob("*.md")) >= 400


def test_what_comes_from_tensorflow_is_followed_from_cell_to_cell():
    cells = ["import numpy as np", "import keras", "net = keras.Model()", "x = np.ones(2)"]
    cells += ["y = net(x)", "y = np.zeros(3)", "y + x", "with np.errstate(): net = 1", "net"]
    page = "\n".join(f"```{{code-cell}} ipython3\n{code}\n```\n" for code in cells)
    free = marked.free_of_tensorflow(marked.cells_of(page))
    assert [cell.code.strip() for cell in free] == [cells[k] for k in (0, 3, 5, 6, 7, 8)]


def test_a_layer_without_an_engine_needs_tensorflow():
    for code, needs_it in [
        ("NaiveDense(2, 3, None)", True),
        ("NaiveDense(2, 3, None, engine=autodiff)", False),
        ("NaiveDense(2, 3, None, **shared)", False),
        ("from tensorflow import nn", True),
        ("from dlbook.event_files import read_curve", True),
    ]:
        assert marked.needs_tensorflow(marked.Cell(code, 1, [])) == needs_it
