"""Say at the top of each page, and on the front page, how long reading takes.

The times are computed from the sources by a plain model, which `how-built` states: so many words
of prose a minute, so long for each cell, displayed formula, question and exercise. The role
``{reading-time}`` gives the time of a page, as ``{reading-time}`gradients` ``, or of all pages:
``{reading-time}`all` `` without exercises and ``{reading-time}`everything` `` with them.
"""

import re
from dataclasses import dataclass

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

LOGGER = logging.getLogger(__name__)

WORDS_A_MINUTE = 180
"""Adults read plain prose at about 240 words a minute; prose with formulas goes slower."""
SECONDS_A_CELL = 40
SECONDS_A_FORMULA = 20
MINUTES_A_QUESTION = 1
MINUTES_AN_EXERCISE = 10

# These pages are looked at, not read.
NOT_COUNTED = {"index", "how-built"}

HEADER = re.compile(r"\A---\n.*?^---\n", re.M | re.S)
CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?:---\n(.*?)^---\n)?.*?^```$", re.M | re.S)
QUESTION = re.compile(r"^(`{3,})\{question\}.*?^\1$", re.M | re.S)
EXERCISE = re.compile(r"^```\{exercise-start\}.*?^```\{exercise-end\}$", re.M | re.S)
SOLUTION = re.compile(r"^```\{solution-start\}.*?^```\{solution-end\}$", re.M | re.S)
FORMULA = re.compile(r"^```\{math\}.*?^```$|^\$\$.*?\$\$$", re.M | re.S)
MARKUP = re.compile(r"^(:[\w-]+:.*|`{3,}.*|:{3,}.*|\([\w-]+\)=)$", re.M)
UNSEEN = ("remove-cell", "remove-input")


@dataclass(frozen=True)
class Measures:
    """What there is to read and to do on a page."""

    words: int
    cells: int
    formulas: int
    questions: int
    exercises: int

    @property
    def reading(self) -> float:
        """Minutes for the text, its code and its formulas."""
        seconds = SECONDS_A_CELL * self.cells + SECONDS_A_FORMULA * self.formulas
        return self.words / WORDS_A_MINUTE + seconds / 60

    @property
    def doing(self) -> float:
        """Minutes for the questions and the exercises."""
        return MINUTES_A_QUESTION * self.questions + MINUTES_AN_EXERCISE * self.exercises


def measured(source: str) -> Measures:
    """Count what a page in MyST holds; answers that are folded away do not count."""
    text = HEADER.sub("", source)
    text, _ = SOLUTION.subn("", text)
    text, exercises = EXERCISE.subn("", text)
    text, questions = QUESTION.subn("", text)
    heads = [found[1] or "" for found in CELL.finditer(text)]
    cells = sum(not any(tag in head for tag in UNSEEN) for head in heads)
    text, formulas = FORMULA.subn("", CELL.sub("", text))
    words = len(MARKUP.sub("", text).split())
    return Measures(words, cells, formulas, questions, exercises)


def in_words(minutes: float) -> str:
    """Return a time as people say it: exact times would promise too much."""
    if minutes >= 90:
        hours = round(minutes / 30) / 2
        return f"{hours:g} hours"
    step = 1 if minutes < 10 else 5
    rounded = max(1, step * round(minutes / step))
    return f"{rounded} minute{'s' if rounded > 1 else ''}"


def times(env: BuildEnvironment) -> dict[str, Measures]:
    """Return what was counted on each page, kept in the environment."""
    if not hasattr(env, "book_reading_times"):
        env.book_reading_times = {}
    return env.book_reading_times


def time_of(env: BuildEnvironment, page: str, place: nodes.Node | None = None) -> str:
    """Return the time of a page, or of all pages, in words."""
    found = times(env)
    if page == "all":
        return in_words(sum(page.reading for page in found.values()))
    if page == "everything":
        return in_words(sum(page.reading + page.doing for page in found.values()))
    if page not in found:
        LOGGER.warning(
            "reading-time: expected a page that is run. Received: %s", page,
            location=place, type="book", subtype="reading-time",
        )  # fmt: skip
        return "?"
    return in_words(found[page].reading)


def count(app: Sphinx, page: str, source: list[str]) -> None:
    if page not in NOT_COUNTED and "file_format: mystnb" in source[0][:200]:
        times(app.env)[page] = measured(source[0])


class ShowTime(SphinxTransform):
    """Put the time of a page behind its first paragraph, the one that gives its goal."""

    default_priority = 390

    def apply(self, **kwargs: object) -> None:
        found = times(self.env).get(self.env.docname)
        section = next(self.document.findall(nodes.section), nodes.section())
        goal = next((node for node in section if isinstance(node, nodes.paragraph)), None)
        if found is None or goal is None:
            return
        text = f"Reading time: about {in_words(found.reading)}"
        if found.doing:
            text += f", and {in_words(found.doing)} for the questions and exercises"
        line = nodes.paragraph("", f"{text}.", classes=["reading-time"])
        section.insert(section.index(goal) + 1, line)


class PendingTime(nodes.Inline, nodes.Element):
    """A time that is known when all pages have been read."""


class ReadingTime(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        place = PendingTime(page=self.text)
        self.set_source_info(place)
        return [place], []


class Insert(SphinxPostTransform):
    """Replace the times that waited for the other pages."""

    default_priority = 5

    def run(self, **kwargs: object) -> None:
        for node in list(self.document.findall(PendingTime)):
            node.replace_self(nodes.Text(time_of(self.env, node["page"], node)))


def purge(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    times(env).pop(page, None)


def merge(app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment) -> None:
    times(env).update({page: times(other)[page] for page in pages if page in times(other)})


def pages_that_tell(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Return the pages with times of others, to be written anew when any time has changed."""
    if getattr(env, "book_times_told", None) == times(env):
        return []
    env.book_times_told = dict(times(env))
    return [name for name in env.all_docs if any(env.get_doctree(name).findall(PendingTime))]


def setup(app: Sphinx) -> dict[str, bool | int]:
    app.connect("source-read", count)
    app.add_transform(ShowTime)
    app.add_role("reading-time", ReadingTime())
    app.add_node(PendingTime)
    app.add_post_transform(Insert)
    app.connect("env-purge-doc", purge)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", pages_that_tell)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
