"""Reading times follow from what is on a page."""

import re
from pathlib import Path

import book_reading_time as reading
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
        (0.2, "1 minute"),
        (7.4, "7 minutes"),
        (12.4, "10 minutes"),
        (13, "15 minutes"),
        (88, "90 minutes"),
        (90, "1.5 hours"),
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


def built(folder, words):
    """Build a small book with a page of so many words; return the text of both pages."""
    (folder / "conf.py").write_text(
        'extensions = ["myst_nb", "book_reading_time"]\nnb_execution_mode = "off"\n'
    )
    (folder / "index.md").write_text(FRONT)
    header = PAGE.partition("# Six")[0]
    prose = " ".join(["word"] * words)
    (folder / "page.md").write_text(f"{header}# Page\n\nThe goal.\n\n{prose}\n")
    app = Sphinx(
        folder, folder, folder / "out", folder / "trees", "text",
        status=None, warning=None, warningiserror=True,
    )  # fmt: skip
    app.build()
    texts = [(folder / "out" / f"{page}.txt").read_text() for page in ("index", "page")]
    return [" ".join(text.split()) for text in texts]


def test_pages_and_front_page_tell_the_time_and_follow_a_change(tmp_path):
    front, page = built(tmp_path, 7 * 180)
    assert "The goal. Reading time: about 7 minutes. word" in page
    assert "All takes 7 minutes, the page 7 minutes, with exercises 7 minutes." in front
    front, page = built(tmp_path, 20 * 180)
    assert "about 20 minutes" in page
    assert "All takes 20 minutes" in front, "though the front page itself has not changed"
