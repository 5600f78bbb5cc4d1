"""Questions that mark themselves.

The content of ``{question} Title`` is what is asked, and then a list. For a choice, each item
is one: ``[x]`` marks the right one, ``[ ]`` the others, and a second paragraph gives the reason.
With ``:answer:`` the reader types a number or, with ``:kind: shape``, a shape. The answer may be
a role such as ``{glue:text}``, so that the build computes it; text below the list explains it, and
an item such as ``[512] That is …`` says what is wrong with a wrong answer that one may expect.

Without JavaScript the answers are folded away below the question; on paper they are printed.
"""

import re
from typing import Any, ClassVar

from book_explorers import load
from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.writers.html5 import HTML5Translator

MARK = re.compile(r"^\[([^\]]*)\]\s*")
KINDS = ("number", "shape")
# What a reader presses for an answer; book.css shows one of the two, as for code that is folded.
SUMMARY = (
    '<summary><span class="collapsed">Show the answer</span>'
    '<span class="expanded">Hide the answer</span></summary>'
)


def with_minus(text: str) -> str:
    """Return a number with the sign that books print for minus."""
    return re.sub(r"^-(?=[\d.])", "\N{MINUS SIGN}", text)


class Tag(nodes.General, nodes.Element):
    """An HTML element with the attributes that are given."""


class QuestionTag(Tag):
    """The element around a question."""


def tag(name: str, css: str, *children: nodes.Node, **attributes: str) -> Tag:
    return Tag("", *children, tag=name, css=css, attributes=attributes)


def kind_option(argument: str) -> str:
    return directives.choice(argument, KINDS)


class Question(SphinxDirective):
    """Ask the reader something, and know the answer."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True
    option_spec: ClassVar = {
        "answer": directives.unchanged_required,
        "kind": kind_option,
        "tolerance": directives.unchanged_required,
    }

    def run(self) -> list[nodes.Node]:
        self.assert_has_content()
        title = self.arguments[0]
        content = self.parse_content_to_nodes()
        lists = [node for node in content if isinstance(node, nodes.bullet_list)]
        items = (
            [self.read_item(item) for item in lists[0].children if isinstance(item, nodes.Element)]
            if lists
            else []
        )
        place = content.index(lists[0]) if lists else len(content)
        prompt, explanation = content[:place], content[place + 1 :]
        if "answer" in self.options:
            kind = self.options.get("kind", "number")
            if not lists:
                prompt, explanation = content[:1], content[1:]
            body = self.typed(items, explanation)
        else:
            kind = "choice"
            body = self.choices(items, explanation)
        question = QuestionTag(
            "",
            tag("p", "question-title", nodes.Text(title)),
            tag("div", "question-prompt", *prompt),
            *body,
            tag="section",
            css="question",
            attributes={
                "data-question": kind,
                "data-tolerance": self.options.get("tolerance", "0"),
                "aria-label": f"Question: {title}",
            },
        )
        self.set_source_info(question)
        return [question]

    def read_item(self, item: nodes.Element) -> tuple[str, list[nodes.Node]]:
        """Return the mark of an item of the list, and what follows it."""
        first = item[0] if len(item) else None
        text = first[0] if isinstance(first, nodes.paragraph) and len(first) else None
        found = MARK.match(text.astext()) if isinstance(text, nodes.Text) else None
        if not (found and isinstance(first, nodes.paragraph)):
            raise self.error(
                "question: expected items that begin with a mark in brackets. "
                f"Received: {item.astext()[:40]!r}"
            )
        first[0] = nodes.Text(found.string[found.end() :])
        return found[1].strip(), list(item)

    def choices(
        self, items: list[tuple[str, list[nodes.Node]]], explanation: list[nodes.Node]
    ) -> list[nodes.Node]:
        marks = [mark for mark, _ in items]
        if marks.count("x") != 1 or not set(marks) <= {"x", ""}:
            received = ", ".join(f"[{mark or ' '}]" for mark in marks) or "no choices"
            raise self.error(
                "question: expected one choice with [x], and [ ] for the others. "
                f"Received: {received}"
            )
        offered, reasons = tag("ul", "question-choices"), tag("ul", "question-reasons")
        for mark, parts in items:
            if len(parts) < 2:
                raise self.error(f"question: expected a reason for {parts[0].astext()!r}")
            right = "true" if mark == "x" else "false"
            offered += tag("li", "", *parts[0].children, **{"data-right": right})
            verdict = "Right" if mark == "x" else "Wrong"
            head = nodes.paragraph("", "", nodes.strong("", f"{verdict}: "), *[
                child.deepcopy() for child in parts[0].children
            ])  # fmt: skip
            reasons += tag("li", "", head, tag("div", "question-reason", *parts[1:]))
        return [offered, self.folded(reasons, *explanation)]

    def typed(
        self, items: list[tuple[str, list[nodes.Node]]], explanation: list[nodes.Node]
    ) -> list[nodes.Node]:
        value, messages = self.parse_inline(with_minus(self.options["answer"]))
        solution = tag("p", "", nodes.Text("The answer is "), tag("span", "question-value", *value))
        solution += nodes.Text(".")
        mistakes = tag("ul", "question-mistakes")
        for mark, parts in items:
            head = tag("span", "question-mistake", nodes.Text(with_minus(mark)))
            mistakes += tag("li", "", tag("p", "", head, nodes.Text(": not quite.")),
                            tag("div", "question-reason", *parts))  # fmt: skip
        because = tag("div", "question-because", *explanation)
        return [self.folded(solution, because, *([mistakes] if items else [])), *messages]

    def folded(self, *children: nodes.Node) -> Tag:
        summary = nodes.raw("", SUMMARY, format="html")
        return tag("details", "question-answer", summary, *children)


def visit_tag(self: HTML5Translator, node: Tag) -> None:
    self.body.append(
        self.starttag(node, node["tag"], CLASS=node["css"], suffix="", **node["attributes"])
    )


def depart_tag(self: HTML5Translator, node: Tag) -> None:
    self.body.append(f"</{node['tag']}>")


def add_files(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load script and style sheet with the pages that ask something."""
    if doctree is not None and any(doctree.findall(QuestionTag)):
        load(app, context, "explore.js", "questions.js")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("question", Question)
    for node in (Tag, QuestionTag):
        app.add_node(node, html=(visit_tag, depart_tag))
    app.connect("html-page-context", add_files, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
