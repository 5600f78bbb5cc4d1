"""What questions become on a page, and what their author is told when one cannot be asked."""

import io
import re

import book_questions
import nbformat
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace


def write(folder, page):
    """Write a book of one page that asks, with a cell that has run, and one that does not ask."""
    index = f"# Asking\n\n{page}\n\n```{{toctree}}\nquiet\n```\n"
    cells = [nbformat.v4.new_markdown_cell(index), glued("page-answer", "42")]
    about = {"language_info": {"name": "python", "pygments_lexer": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=about), folder / "index.ipynb")
    nbformat.write(
        nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Quiet\n\nNothing.")]),
        folder / "quiet.ipynb",
    )


def made(folder, page, *, handlers=()):
    """Build such a book; return the pages as soup, and what Sphinx warned of."""
    write(folder, page)
    warnings = io.StringIO()
    with docutils_namespace():
        app = sphinx(folder, warnings)
        for handler, priority in handlers:
            app.connect("html-page-context", handler, priority=priority)
        app.build()
    pages = {
        name: BeautifulSoup((folder / f"html/{name}.html").read_text("utf-8"), "html.parser")
        for name in ("index", "quiet")
    }
    return pages, warnings.getvalue()


def sphinx(folder, warnings):
    return Sphinx(
        str(folder), None, str(folder / "html"), str(folder / "trees"), "html", status=None,
        confoverrides={
            "extensions": ["myst_nb", "book_questions"], "nb_execution_mode": "off",
            "myst_enable_extensions": ["dollarmath"], "html_theme": "basic",
            "source_suffix": {".ipynb": "myst-nb", ".md": "myst-nb"},
        },
        warning=warnings,
    )  # fmt: skip


def glued(name, value):
    """Return a cell that glued a text, as it stands in an executed notebook."""
    kind = "application/papermill.record/"
    output = nbformat.v4.new_output(
        "display_data",
        {f"{kind}text/plain": repr(value)},
        metadata={"scrapbook": {"name": name, "mime_prefix": kind}},
    )
    return nbformat.v4.new_code_cell("pass", outputs=[output])


def asked(folder, page):
    """Return the one question of a page that is right."""
    pages, warnings = made(folder, page)
    assert warnings == ""
    [question] = pages["index"].select("section.question")
    return question


def texts(nodes):
    return [" ".join(node.get_text().split()) for node in nodes]


CHOICE = """\
```{question} Which one is it
Look at `x`.

Is it *even*?

- [ ] It is **odd**.

  Look again.

  And again.
- [x] It is even.

  Half of it is $2$.

Zero is even, too.
```
"""


def test_a_choice_offers_its_items_and_keeps_the_reasons_in_the_answer(tmp_path):
    question = asked(tmp_path, CHOICE)
    assert question["data-question"] == "choice"
    assert question["aria-label"] == "Question: Which one is it"
    parts = [child for child in question.children if child.name]
    assert [(part.name, part["class"]) for part in parts] == [
        ("p", ["question-title"]), ("div", ["question-prompt"]),
        ("ul", ["question-choices"]), ("details", ["question-answer"]),
    ]  # fmt: skip
    title, prompt, choices, answer = parts
    assert title.get_text() == "Which one is it"
    assert texts(prompt.select("p")) == ["Look at x.", "Is it even?"]
    assert prompt.select("code, em")[1].get_text() == "even", "the prompt is marked up"
    offered = choices.find_all("li", recursive=False)
    assert texts(offered) == ["It is odd.", "It is even."], "without marks and reasons"
    assert [item["data-right"] for item in offered] == ["false", "true"]
    assert not any(item.get("class") for item in question.select("li")), "they need no names"
    assert offered[0].strong.get_text() == "odd"
    reasons = answer.select("ul.question-reasons > li")
    heads = [item.p for item in reasons]
    assert texts(heads) == ["Wrong: It is odd.", "Right: It is even."]
    assert [head.strong.get_text() for head in heads] == ["Wrong: ", "Right: "]
    assert heads[0].select("strong")[1].get_text() == "odd", "the choice keeps its markup here, too"
    assert [texts(item.select("div.question-reason > p")) for item in reasons] == [
        ["Look again.", "And again."], [r"Half of it is \(2\)."],
    ]  # fmt: skip
    assert texts(answer.find_all("p", recursive=False)) == ["Zero is even, too."]


def test_the_answer_is_folded_below_a_line_that_says_what_it_does(tmp_path):
    answer = asked(tmp_path, CHOICE).details
    assert not answer.has_attr("open")
    assert texts(answer.summary.select("span.collapsed")) == ["Show the answer"]
    assert texts(answer.summary.select("span.expanded")) == ["Hide the answer"]
    assert next(child for child in answer.children if child.name) is answer.summary


NUMBER = """\
```{question} Subtract
:answer: -2

What is 3 - 5?

Take 5 from 3.

- [2] The sign is missing.
- [ -8 ] That is `-3 - 5`.

  Read it again.

Go 5 to the left.
```
"""


def test_a_number_is_typed_and_what_stands_around_the_list_is_prompt_and_explanation(tmp_path):
    question = asked(tmp_path, NUMBER)
    assert (question["data-question"], question["data-tolerance"]) == ("number", "0")
    assert texts(question.select(".question-prompt > p")) == ["What is 3 - 5?", "Take 5 from 3."]
    answer = question.select_one("details.question-answer")
    parts = [child for child in answer.children if child.name]
    assert [(part.name, part.get("class")) for part in parts] == [
        ("summary", None), ("p", None), ("div", ["question-because"]),
        ("ul", ["question-mistakes"]),
    ]  # fmt: skip
    assert parts[1].get_text() == "The answer is \N{MINUS SIGN}2."
    assert texts(parts[1].select("span.question-value")) == ["\N{MINUS SIGN}2"]
    assert texts(parts[2].select("p")) == ["Go 5 to the left."]
    mistakes = parts[3].find_all("li", recursive=False)
    assert not any(node.get("class") for item in mistakes for node in (item, item.p))
    assert texts(item.p for item in mistakes) == ["2: not quite.", "\N{MINUS SIGN}8: not quite."]
    heads = [item.select_one("p > span.question-mistake") for item in mistakes]
    assert texts(heads) == ["2", "\N{MINUS SIGN}8"]
    assert [texts(item.select("div.question-reason > p")) for item in mistakes] == [
        ["The sign is missing."], ["That is -3 - 5.", "Read it again."],
    ]  # fmt: skip


@pytest.mark.parametrize("page", [CHOICE, NUMBER])
def test_names_of_elements_are_small_as_the_book_for_readers_of_epub_needs_them(tmp_path, page):
    made(tmp_path, page)
    html = (tmp_path / "html/index.html").read_text("utf-8")
    names = re.findall(r"<(\w+)", html[html.index("<h1>Asking") :])
    assert names.count("li") >= 2
    assert all(name.islower() for name in names)


def test_without_a_list_the_first_paragraph_asks_and_the_others_explain(tmp_path):
    page = "```{question} Shape\n:answer: (2, 3)\n:kind: shape\n\nWhich?\n\nRows.\n\nColumns.\n```"
    question = asked(tmp_path, page)
    assert question["data-question"] == "shape"
    assert texts(question.select(".question-prompt > p")) == ["Which?"]
    assert texts(question.select(".question-because > p")) == ["Rows.", "Columns."]
    assert question.select_one(".question-value").get_text() == "(2, 3)"
    assert not question.select(".question-mistakes"), "no empty list"


def test_an_answer_may_come_from_a_cell_and_has_the_tolerance_that_is_given(tmp_path):
    page = (
        '```{question} Computed\n:answer: "{glue:text}`page-answer`"\n:tolerance: 0.5\n\nHow many?'
        "\n\n- [41] One more.\n```"
    )
    question = asked(tmp_path, page)
    assert question.select_one(".question-value").get_text() == "42"
    assert question["data-tolerance"] == "0.5"


def test_an_answer_that_cannot_be_read_is_reported_where_it_stands(tmp_path):
    page = '```{question} Computed\n:answer: "{nothing}`1`"\n\nHow many?\n```'
    _, warnings = made(tmp_path, page)
    assert 'Unknown interpreted text role "nothing"' in warnings
    assert re.search(r"index\.ipynb(\.ipynb)?:1000\d: ", warnings)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("-3", "\N{MINUS SIGN}3"),
        ("-.5", "\N{MINUS SIGN}.5"),
        ("3-2", "3-2"),
        ("-x", "-x"),
        ("(-3, 2)", "(-3, 2)"),
        ("--3", "--3"),
        ("1e-3", "1e-3"),
    ],
)
def test_only_a_hyphen_before_a_number_becomes_a_minus(text, shown):
    assert book_questions.with_minus(text) == shown


@pytest.mark.parametrize(
    ("options", "content", "words"),
    [
        ("", "", 'Content block expected for the "question" directive; none found.'),
        ("", "Why?", "expected one choice with [x], and [ ] for the others. Received: no choices"),
        (
            "",
            "Why?\n\n- [ ] A\n\n  No.\n- [ ] B\n\n  No.",
            "expected one choice with [x], and [ ] for the others. Received: [ ], [ ]",
        ),
        (
            "",
            "Why?\n\n- [x] A\n\n  Yes.\n- [x] B\n\n  Yes.",
            "expected one choice with [x], and [ ] for the others. Received: [x], [x]",
        ),
        (
            "",
            "Why?\n\n- [x] A\n\n  Yes.\n- [7] B\n\n  No.",
            "expected one choice with [x], and [ ] for the others. Received: [x], [7]",
        ),
        ("", "Why?\n\n- [x] A *b* c.", "expected a reason for 'A b c.'"),
        (
            "",
            f"Why?\n\n- [x] A\n\n  Yes.\n- {'No mark ' * 9}",
            f"expected items that begin with a mark in brackets. Received: '{'No mark ' * 5}'",
        ),
        (":answer: 1", "Why?\n\n- 2 [x]", "a mark in brackets. Received: '2 [x]'"),
        (":answer: 1", "Why?\n\n- *[2]* A", "a mark in brackets. Received: '[2] A'"),
        (":answer: 1", "Why?\n\n- ~~~\n  [2] A\n  ~~~", "in brackets. Received: '[2] A\\n'"),
        (":answer: 1", "Why?\n\n-\n- [2] A", "a mark in brackets. Received: ''"),
        (":answer: 1\n:kind: word", "Why?", '"word" unknown; choose from "number", or "shape"'),
        (":answer:", "Why?", "Invalid option value for 'answer': None: argument required"),
        (":answer: 1\n:tolerance:", "Why?", "Invalid option value for 'tolerance': None"),
    ],
)
def test_a_question_that_cannot_be_asked_tells_why(tmp_path, options, content, words):
    lines = ["```{question} A title", *[options] * bool(options), *[content] * bool(content), "```"]
    write(tmp_path, "\n".join(lines))
    warnings = io.StringIO()
    with docutils_namespace():
        sphinx(tmp_path, warnings).builder.read()
    assert words in warnings.getvalue()
    # Lines of notebooks are counted from 10000 for each cell; older MyST-NB repeats the ending.
    assert re.search(r"index\.ipynb(\.ipynb)?:1000\d: ", warnings.getvalue()), "it names the line"


def test_only_pages_that_ask_load_script_and_style_sheet(tmp_path):
    pages, _ = made(tmp_path, f"{CHOICE}\n\n{NUMBER}")
    found = {
        name: [
            (node.get("src") or node["href"]).partition("?")[0]
            for node in page.select("script[src], link[rel=stylesheet]")
            if "explore/" in str(node)
        ]
        for name, page in pages.items()
    }
    assert found == {
        "index": [
            "_static/explore/explore.css", "_static/explore/explore.js",
            "_static/explore/questions.js",
        ],
        "quiet": [],
    }  # fmt: skip


def test_the_sheet_comes_after_another_extension_has_joined_the_sheets_of_all_pages(tmp_path):
    def join(app, pagename, templatename, context, doctree):
        context["css_files"] = ["_static/all.css"]

    pages, _ = made(tmp_path, CHOICE, handlers=[(join, 900)])
    sheets = [link["href"] for link in pages["index"].select("link[rel=stylesheet]")]
    assert sheets == ["_static/all.css", "_static/explore/explore.css"]


def test_a_question_keeps_its_place_and_pages_are_read_and_written_side_by_side(tmp_path):
    (tmp_path / "index.md").write_text(f"# Asking\n\n{CHOICE}")
    with docutils_namespace():
        app = sphinx(tmp_path, None)
        app.builder.read()
    [question] = app.env.get_doctree("index").findall(book_questions.QuestionTag)
    assert question.source == str(tmp_path / "index.md")
    assert question.line == 3
    extension = app.extensions["book_questions"]
    assert extension.parallel_read_safe
    assert extension.parallel_write_safe
