"""Reading times follow from what is on a page."""

import io
import os
import pickle
import re
from pathlib import Path

import book_reading_time as reading
import myst_nb.sphinx_ext  # noqa: F401 - once for all mutants
import pytest
from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"

PAGE = """\
---
file_format: mystnb
kernelspec:
  name: python3
---

# Six words stand in this title

And five in this one.

```{code-cell} ipython3
print("no words of prose")
```

```{code-cell} ipython3
---
tags: [remove-cell]
---
assert 1 + 1 == 2
```

```{math}
:label: eq-sum
1 + 1 = 2
```

```{question} How many
:answer: 2

What is 1 + 1?
```

```{exercise-start} Add
:label: ex-add
```
Add 1 and 1.
```{exercise-end}
```

```{solution-start} ex-add
:class: dropdown
```
It is two, of course.
```{code-cell} ipython3
1 + 1
```
```{solution-end}
```
"""


def test_a_page_is_measured_by_what_a_reader_sees_of_it():
    # The mark of the title counts as a word: what is counted is split at spaces.
    assert reading.measured(PAGE) == reading.Measures(
        words=12, cells=1, formulas=1, questions=1, exercises=1
    )


def test_what_is_no_text_is_not_counted():
    text = """\
(label)=
# Two words

:::{note}
:class: wide
Three more words.
:::

$$
x + y
$$

```{math}
x
```

```{code-cell} ipython3
---
tags: [remove-input]
---
pass
```

````{question} Which
:answer: 1

```text
a
```
````

```{exercise-start} One
```
Do it.
```{exercise-end}
```

```{exercise-start} Two
```
Do it.
```{exercise-end}
```

---
a line
---
"""
    assert reading.measured(text) == reading.Measures(
        words=3 + 3 + 4, cells=0, formulas=2, questions=1, exercises=2
    )
    assert reading.measured("---\na: b\n---\nOne.\n").words == 1


def test_folded_answers_cost_no_time():
    longer = PAGE.replace("It is two, of course.", "It is two, of course. " * 500)
    assert reading.measured(longer) == reading.measured(PAGE)


def test_more_words_cells_and_exercises_take_longer():
    base = reading.Measures(1800, 10, 3, 4, 5)
    assert base.reading == pytest.approx(1800 / 180 + 10 * 40 / 60 + 3 * 20 / 60)
    assert base.doing == pytest.approx(4 * 1 + 5 * 10)


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "1 minute"),
        (0.2, "1 minute"),
        (1.4, "1 minute"),
        (1.6, "2 minutes"),
        (7.4, "7 minutes"),
        (9.9, "10 minutes"),
        (10.6, "10 minutes"),
        (12.4, "10 minutes"),
        (13, "15 minutes"),
        (88, "90 minutes"),
        (89.9, "90 minutes"),
        (90, "1.5 hours"),
        (104, "1.5 hours"),
        (106, "2 hours"),
        (475, "8 hours"),
    ],
)
def test_times_are_said_as_people_say_them(minutes, words):
    assert reading.in_words(minutes) == words


def test_the_model_is_stated_as_it_is():
    stated = re.sub(r"\s+", " ", (DOCS / "how-built.md").read_text())
    assert f"{reading.WORDS_A_MINUTE} words a minute" in stated
    assert f"{reading.SECONDS_A_CELL} seconds for each cell" in stated
    assert f"{reading.SECONDS_A_FORMULA} seconds for each displayed formula" in stated
    assert f"{reading.MINUTES_AN_EXERCISE} minutes for each exercise" in stated
    assert "a minute for each question" in stated
    assert reading.MINUTES_A_QUESTION == 1


@pytest.mark.parametrize("page", sorted(DOCS.glob("*.md")), ids=lambda page: page.stem)
def test_a_chapter_is_read_in_one_sitting(page):
    if "{exercise-start}" in page.read_text():
        assert 5 < reading.measured(page.read_text()).reading < 45


FRONT = """\
# Front

All takes {reading-time}`all`, the page {reading-time}`page`, with exercises \
{reading-time}`everything`.

```{toctree}
page
```
"""


def application(folder, pages, warnings=None):
    """Write the pages that are given, and return what builds the book of a folder."""
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text)
    return Sphinx(
        folder, None, folder / "out", folder / "trees", "text",
        confoverrides={"extensions": ["myst_nb", "book_reading_time"], "nb_execution_mode": "off"},
        status=None, warning=warnings,
    )  # fmt: skip


def text_of(folder, page):
    return " ".join((folder / "out" / f"{page}.txt").read_text().split())


def prose(words):
    return " ".join(["word"] * words)


HEAD = PAGE.partition("# Six")[0]
QUESTION = "```{question} Which\nWhat?\n```\n"
EXERCISE = "```{exercise-start} Add\n```\nAdd.\n```{exercise-end}\n```\n"


def page(words, more=""):
    """Return a page of so many words, those of its title and its goal among them."""
    return f"{HEAD}# Page\n\nThe goal.\n\n{prose(words - 4)}\n\n{more}"


def test_pages_and_front_page_tell_the_time_and_follow_a_change(tmp_path):
    warnings = io.StringIO()
    application(tmp_path, {"index": FRONT, "page": page(7 * 180)}, warnings).build()
    shown = text_of(tmp_path, "page")
    assert "The goal. Reading time: about 7 minutes. word" in shown
    told = "All takes 7 minutes, the page 7 minutes, with exercises 7 minutes."
    assert told in text_of(tmp_path, "index")
    app = application(tmp_path, {"page": page(20 * 180)}, warnings)
    app.build()
    assert "about 20 minutes" in text_of(tmp_path, "page")
    assert "All takes 20 minutes" in text_of(tmp_path, "index"), "the front page has not changed"
    assert "book.reading-time" not in warnings.getvalue()
    assert app.is_parallel_allowed("read")
    assert app.is_parallel_allowed("write")


def test_questions_and_exercises_are_told_apart_from_reading(tmp_path):
    # Directives of other extensions are unknown here, which is no matter.
    pages = {"index": FRONT, "page": page(3 * 180, 2 * QUESTION + EXERCISE)}
    application(tmp_path, pages).build()
    assert (
        "The goal. Reading time: about 3 minutes, and 10 minutes for the questions and exercises."
    ) in text_of(tmp_path, "page")
    assert ("All takes 3 minutes, the page 3 minutes, with exercises 15 minutes.") in text_of(
        tmp_path, "index"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"{HEAD}",
        f"{HEAD}Text without a title.\n",
        f"{HEAD}# A title alone\n",
        f"{HEAD}# Title\n\n- a list\n",
        "# Title\n\nA page that is not run.\n",
        f"# Title\n\n{prose(50)}\n\nfile_format: mystnb\n",
    ],
)
def test_pages_without_a_goal_and_those_that_are_not_run_tell_no_time(tmp_path, text):
    application(tmp_path, {"index": "# Front", "page": text}).build()
    assert "Reading time" not in text_of(tmp_path, "page")


def test_the_time_stands_behind_the_goal_and_has_a_class_of_its_own(tmp_path):
    text = f"{HEAD}# Page\n\n```text\na\n```\n\nGoal.\n\nMore.\n\n## Part\n\nMore.\n"
    app = application(tmp_path, {"index": "# Front", "page": text})
    app.build()
    first, _, goal, line, more, _ = app.env.get_doctree("page").children[0].children
    assert (first.astext(), goal.astext(), more.astext()) == ("Page", "Goal.", "More.")
    assert line["classes"] == ["reading-time"]
    assert line.astext() == "Reading time: about 1 minute."


def test_pages_that_are_looked_at_are_not_counted(tmp_path):
    times = "{reading-time}`all` {reading-time}`everything` {reading-time}`a`"
    pages = {
        "index": f"{page(40 * 180)}\n\n```{{toctree}}\n:glob:\n\n*\n```\n",
        "how-built": page(40 * 180), "plain": f"# Plain\n\n{prose(40 * 180)}\n\nIt is {times}.",
        "a": page(4 * 180), "b": page(3 * 180, EXERCISE),
    }  # fmt: skip
    application(tmp_path, pages).build()
    assert "It is 7 minutes 15 minutes 4 minutes." in text_of(tmp_path, "plain")


def test_a_page_that_is_not_counted_is_a_warning_that_names_it_and_the_place(tmp_path):
    warnings = io.StringIO()
    text = "# Front\n\nOne.\n\nIt takes {reading-time}`nowhere`.\n"
    application(tmp_path, {"index": text}, warnings).build()
    assert "It takes ?." in text_of(tmp_path, "index")
    [line] = [line for line in warnings.getvalue().splitlines() if "Received" in line]
    assert "index.md:5: WARNING: reading-time: expected a page that is run." in line
    assert "Received: nowhere [book.reading-time]" in line


def test_a_page_that_goes_takes_its_time_with_it(tmp_path):
    pages = {"index": FRONT, "page": page(4 * 180), "other": page(5 * 180)}
    application(tmp_path, pages).build()
    assert "All takes 9 minutes" in text_of(tmp_path, "index")
    (tmp_path / "other.md").unlink()
    application(tmp_path, {}).build()
    assert "All takes 4 minutes" in text_of(tmp_path, "index")


def test_pages_that_tell_times_are_written_anew_only_if_one_has_changed(tmp_path):
    pages = {
        "index": "# Front\n\n```{toctree}\npage\ntold\nother\n```\n", "page": page(4 * 180),
        "told": "# Told\n\nAll takes {reading-time}`all`.\n", "other": "# Other\n\nText.\n",
    }  # fmt: skip
    application(tmp_path, pages).build()
    places = [tmp_path / f"out/{name}.txt" for name in ("told", "other")]

    def written_anew(changed):
        for place in places:
            os.utime(place, (2**32, 2**32))  # far ahead
        application(tmp_path, {"page": changed}).build()
        return [place.stem for place in places if place.stat().st_mtime != 2**32]

    assert written_anew(page(4 * 180).replace("goal", "Goal")) == []
    assert written_anew(page(9 * 180)) == ["told"]
    assert written_anew(page(9 * 180).replace("goal", "Goal")) == []


def test_what_another_process_has_read_is_counted_too(tmp_path):
    pages = {"index": FRONT, "page": page(4 * 180), "other": page(5 * 180), "plain": "# Plain"}
    app = application(tmp_path, pages)
    app.build()
    process = pickle.loads(pickle.dumps(app.env))
    for name in ("page", "other"):
        reading.times(process)[name] = reading.Measures(7 * 180, 0, 0, 0, 0)
    app.emit("env-merge-info", app.env, ["page", "plain"], process)
    assert reading.time_of(app.env, "page") == "7 minutes"
    assert reading.time_of(app.env, "other") == "5 minutes", "this process had not read it"
    assert reading.time_of(app.env, "all") == "10 minutes"


def test_an_environment_of_another_version_is_not_used(tmp_path):
    app = application(tmp_path, {"index": "# Front"})
    assert "book_reading_time" in app.registry.get_envversion(app)
