"""The notebooks that readers take away: plain Markdown, no hidden cells, and how to run them."""

import copy
import functools
import io
import json
import tempfile
from pathlib import Path

import book_notebooks
import nbformat
import pytest
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import read_myst_markdown_notebook
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

SITE = "https://book.example/"
HEADER = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"
PAGES = {
    "index.md": "# The book\n\n```{toctree}\n:numbered:\n\npage\nother\nglossary\nworks\n```\n",
    "page.md": f"""{HEADER}# This page

({{math}}`x` is here.)

```{{math}}
:label: eq-here
x = 1
```

```{{figure}} picture.png
:name: fig-here

The caption
```

(part-here)=
## A part
""",
    "other.md": f"""{HEADER}# Another page

```{{math}}
:label: eq-first
y = 0
```

```{{math}}
:label: eq-there
y = 1
```

```{{figure}} picture.png
:name: fig-there

A caption
```

```{{list-table}} A table
:name: tab-there

* - 1
```

```{{code-block}} python
:name: code-there
:caption: A listing

pass
```

{"word " * 630}
""",
    "glossary.md": "# Words\n\n```{glossary}\nBayes’ rule\n  A rule.\nlayer\n  A part.\n```\n",
    "works.md": "# Works\n\n{cite}`one`, {cite}`three`\n\n```{bibliography}\n```\n",
    "works.bib": """
@book{one, author = {Ann One}, title = {A}, year = 2001, publisher = {P}}
@book{three, author = {Bo Two and Cy Three and Di Four}, title = {B}, year = 1999, publisher = {P}}
""",
    "code.py": 'def first():\n    return 1\n\n\ndef second():\n    x = "a: b"\n    return x\n',
}


KEPT = tempfile.TemporaryDirectory(prefix="dlbook-notebooks-")


@functools.cache
def known():
    """Return what Sphinx knows of a small book; the tests only read in it.

    It is kept in the process, not in a fixture, so that the mutants of `Plain` need not build it
    anew: nothing of theirs runs here.
    """
    folder = Path(KEPT.name)
    for name, text in PAGES.items():
        (folder / name).write_text(text, "utf-8")
    (folder / "picture.png").write_bytes(b"")
    extensions = ["myst_nb", "sphinxcontrib.bibtex", "book_reading_time", "book_notebooks"]
    with docutils_namespace():
        app = Sphinx(
            str(folder), None, str(folder / "out"), str(folder / "trees"), "dummy", status=None,
            confoverrides={
                "extensions": extensions, "nb_execution_mode": "off", "html_baseurl": SITE,
                "numfig": True, "bibtex_bibfiles": ["works.bib"], "project": "The book",
                "release": "1.2", "source_suffix": {".md": "myst-nb"},
            },
        )  # fmt: skip
        app.build()
    return app.env


@pytest.fixture
def plain():
    return book_notebooks.Plain(known(), "page", {"number": "42", "words": "a b"})


@pytest.fixture
def alone(plain):
    """The same for a site whose address nobody knows."""
    plain.site = ""
    return plain


# -- roles -----------------------------------------------------------------------------------

ROLES = {
    "{math}`a < b > c`": "$a < b > c$",
    "{glue:text}`number`": "42",
    "{glue:text}`number:.2f` and {glue:text}`words`": "42 and a b",
    "{glue:text}`other.md::number:s`": "42",
    "{reading-time}`other`": "4 minutes",
    "{cite}`one`": "(One, 2001)",
    "{cite:p}`one, three`": "(One, 2001; Two et al., 1999)",
    "{py:func}`dlbook.relu`": "`dlbook.relu`",
    "{py:func}`~dlbook.ops.relu`": "`relu`",
    "{py:class}`~X`": "`X`",
    "{py:func}`the function <dlbook.relu>`": "the function",
    "{kbd}`Enter`": "Enter",
    "{abbr}`shown <told>`": "shown",
    "{doc}`other`": f"[“Another page”]({SITE}other.html)",
    "{doc}`/other`": f"[“Another page”]({SITE}other.html)",
    "{doc}`that page <other>`": f"[that page]({SITE}other.html)",
    "{doc}`none`": f"[none]({SITE}none.html)",
    "{eq}`eq-here`": "(1)",
    "{eq}`eq-there`": f"[(2)]({SITE}other.html#equation-eq-there)",
    "{eq}`eq-none`": "(eq-none)",
    "{ref}`part-here`": f"[A part]({SITE}page.html#part-here)",
    "{ref}`that part <part-here>`": f"[that part]({SITE}page.html#part-here)",
    "{ref}`part-none`": "part-none",
    "{ref}`that part <part-none>`": "that part",
    "{numref}`fig-here`": "Fig. 1.1",
    "{numref}`fig-there`": f"[Fig. 2.1]({SITE}other.html#fig-there)",
    "{numref}`tab-there`": f"[Table 2.1]({SITE}other.html#tab-there)",
    "{numref}`code-there`": f"[Listing 2.1]({SITE}other.html#code-there)",
    "{numref}`fig-none`": "fig-none",
    "{term}`layer`": f"[layer]({SITE}glossary.html#term-layer)",
    "{term}`layers <layer>`": f"[layers]({SITE}glossary.html#term-layer)",
    "{term}`Bayes' rule`": f"[Bayes' rule]({SITE}glossary.html#term-Bayes-rule)",
    "{term}`none`": f"[none]({SITE}glossary.html)",
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ROLES.items())
def test_roles_become_plain_markdown(plain, text, expected):
    assert plain(f"Before {text}, after.") == f"Before {expected}, after."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{doc}`other`", "“Another page”"),
        ("{doc}`that page <other>`", "that page"),
        ("{eq}`eq-there`", "(2)"),
        ("{ref}`part-here`", "A part"),
        ("{numref}`fig-there`", "Fig. 2.1"),
        ("{term}`layers <layer>`", "layers"),
        ("```{button-ref} other\nGo on\n```", "- Go on"),
        ("````{explorer} x\n```{glue:figure} a\n:alt: A.\n```\n````", "figure here.* A."),
    ],
)
def test_links_are_text_where_nobody_knows_the_address_of_the_site(alone, text, expected):
    assert SITE not in alone(text)
    assert alone(text).endswith(expected)


def test_a_title_may_be_broken_over_two_lines(plain):
    assert plain("{doc}`that\npage <other>`") == f"[that\npage]({SITE}other.html)"


def test_a_number_that_no_cell_pasted_stops_the_build_with_its_name(plain):
    with pytest.raises(KeyError, match="nothing"):
        plain("{glue:text}`nothing`")


# -- directives ------------------------------------------------------------------------------

DIRECTIVES = {
    "```{math}\n:label: eq-here\nx = 1\n```": "$$\nx = 1 \\tag{1}\n$$",
    "```{math}\nx = 1\n```": "$$\nx = 1\n$$",
    "```{math}\n:label: eq-there\nx &= 1\n```": (
        "$$\n\\begin{aligned}x &= 1\\end{aligned} \\tag{2}\n$$"
    ),
    "```{note}\nA {math}`x`.\n```": "**Note**\n\nA $x$.",
    ":::{warning} Mind\nThis.\n:::": "**Mind**\n\nThis.",
    "```{admonition} Title\n:class: tip\nText.\n```": "**Title**\n\nText.",
    "```{tip}\nText.\n```": "**Tip**\n\nText.",
    "```{important}\nText.\n```": "**Important**\n\nText.",
    "```{seealso}\nText.\n```": "**Seealso**\n\nText.",
    "```{dropdown} More\n---\nopen: true\ncolor: red\n---\nText.\n```": "**More**\n\nText.",
    "````{note}\nText.\n\n```{math}\nx\n```\n````": "**Note**\n\nText.\n\n$$\nx\n$$",
    "````{div} narrow\n```{math}\nx\n```\n````": "$$\nx\n$$",
    (
        ":::::{grid} 2\n:gutter: 2\n::::{grid-item-card} One\n:link: a\n\nText.\n::::\n:::::"
    ): "**One**\n\nText.",
    "```{button-ref} other\n:color: primary\nGo on\n```": f"- [Go on]({SITE}other.html)",
    "```{exercise-start} Count\n:label: ex-a\n```\nHow many?\n```{exercise-end}\n```": (
        "### Exercise: Count\nHow many?"
    ),
    "```{solution-start} ex-a\n:class: dropdown\n```\nTwo.\n```{solution-end}\n```": (
        "**Answer.** Try it yourself first.\nTwo."
    ),
    "Text.\n\n```{bibliography}\n:filter: x\n```\n\nMore.": "Text.\n\nMore.",
    "```{toctree}\npage\n```": "",
    "```{python}\nx = 1\n```": "```{python}\nx = 1\n```",
    "```{console}\nls\n```": "```{console}\nls\n```",
    "```{text}\nx\n```": "```{text}\nx\n```",
    "```python\nx = 1\n```": "```python\nx = 1\n```",
    "```{glue:figure} x\n```": f"*[The page on the site]({SITE}page.html) shows this.*",
    "```{nb-exec-table}\n```": f"*[The page on the site]({SITE}page.html) shows this.*",
    "```{symbols}\n```": f"*[The page on the site]({SITE}page.html) shows this.*",
    "```{explorer} x\n:label: What\n\nText.\n```": (
        f"*[The page on the site]({SITE}page.html) has an interactive figure here.*"
    ),
    "````{explorer} x\n:label: X\n\n```{glue:figure} a\n:alt: One.\n```\n```{glue:figure} b\n"
    ":alt:  Two.\n```\n````": (
        f"*[The page on the site]({SITE}page.html) has an interactive figure here.* One.\n\nTwo."
    ),
}


@pytest.mark.parametrize(("text", "expected"), DIRECTIVES.items())
def test_directives_become_plain_markdown(plain, text, expected):
    assert plain(text) == expected


def test_places_to_refer_to_and_empty_lines_go(plain):
    text = "\n(a-place)=\n## Title\n\n\n\n\nText (b)=\n\n(other-place)=\n\n"
    assert plain(text) == "## Title\n\nText (b)="


LISTINGS = {
    ":pyobject: first": "def first():\n    return 1",
    ":pyobject: second\n:language: python\n:start-at: x =\n:dedent: 4": 'x = "a: b"\nreturn x',
    ":pyobject: second\n:start-at: 'x = \"a: b\"'\n:end-before: return\n:dedent:": 'x = "a: b"',
    ":lines: 2": "return 1",
    ":lines: 5-6\n:linenos:": 'def second():\n    x = "a: b"',
    ":end-at: 1\n:lineno-start: 3\n:unknown: x": "def first():\n    return 1",
}


@pytest.mark.parametrize(("options", "expected"), LISTINGS.items())
def test_a_listing_is_what_the_page_shows_of_a_file(plain, options, expected):
    assert plain(f"```{{literalinclude}} code.py\n{options}\n```") == f"```python\n{expected}\n```"


@pytest.mark.parametrize(
    "listing", ["none.py\n", "code.py\n:pyobject: third\n", "code.py\n:dedent: much\n"]
)
def test_a_listing_that_the_page_cannot_show_is_left_out(plain, listing):
    assert plain(f"Text.\n\n```{{literalinclude}} {listing}```") == "Text."


# -- questions -------------------------------------------------------------------------------

CHOICE = """\
```{question} Which
Look at {math}`x`.

Is it even?

- [ ] It is
  odd.

  Look again,
  at its end.

  And again.
- [x] It is even.

  Half of it is 2.

Zero is even, too.
```"""
CHOICE_PLAIN = """\
**Which**

Look at $x$.

Is it even?

- It is odd.
- It is even.

<details><summary>Show the answer</summary>

- **Wrong: It is odd.** Look again, at its end. And again.
- **Right: It is even.** Half of it is 2.
Zero is even, too.

</details>"""
NUMBER = """\
```{question} Subtract
:answer: -2.50
:tolerance: 0

What is 3 - 5.5?

- [2.5] The sign
  is missing.
- [ -8.5 ] That is another.

Go to the left.
- [3] This belongs to the mistakes.
```"""
NUMBER_PLAIN = """\
**Subtract**

What is 3 - 5.5?

<details><summary>Show the answer</summary>

The answer is \N{MINUS SIGN}2.50.
Go to the left.

Not 2.5: The sign is missing.

Not \N{MINUS SIGN}8.5: That is another.

Not 3: This belongs to the mistakes.

</details>"""
SHAPE = """\
```{question} Shape
:answer: (2, 3)
:kind: shape

Which
shape?

It has rows.

And columns.
```"""
SHAPE_PLAIN = """\
**Shape**

Which
shape?

<details><summary>Show the answer</summary>

The answer is (2, 3).
It has rows.

And columns.

</details>"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [(CHOICE, CHOICE_PLAIN), (NUMBER, NUMBER_PLAIN), (SHAPE, SHAPE_PLAIN)],
    ids=["choice", "number", "shape"],
)
def test_a_question_has_its_answer_folded_below(plain, text, expected):
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ('"{glue:text}`number`"', "42"),
        ("0.50", "0.50"),
        ("1_000", "1_000"),
        ("010", "010"),
        ("[2, 3]", "[2, 3]"),
    ],
)
def test_an_answer_is_shown_as_it_is_written(plain, given, shown):
    text = plain(f"```{{question}} Which\n:answer: {given}\n\nWhich?\n\nBecause.\n```")
    assert f"The answer is {shown}.\nBecause." in text


# -- outputs and captions --------------------------------------------------------------------


def test_captions_have_the_number_that_the_page_gives_them(plain):
    figure = {"name": "fig-here", "caption": "What {math}`x` is.\n"}
    assert plain.caption(figure) == "**Fig. 1.1.** What $x$ is."
    assert plain.caption({"caption": "No number."}) == "No number."
    assert plain.caption({"name": "fig-here"}) == "**Fig. 1.1.**"


def stream(text, name="stdout"):
    return nbformat.v4.new_output("stream", name=name, text=text)


def shown(**data):
    data = {name.replace("__", "/"): value for name, value in data.items()}
    return nbformat.v4.new_output("display_data", data, metadata={"image/png": {"width": 3}})


def test_pieces_of_print_are_joined_and_nothing_else():
    outputs = [
        stream("a"), stream("b"), stream("c", "stderr"), stream("d"), shown(text__plain="x"),
        stream("e"), stream("f"), stream("g"),
    ]  # fmt: skip
    before = copy.deepcopy(outputs)
    joined = book_notebooks.described(outputs, "")
    texts = [(output.get("name"), output.get("text")) for output in joined]
    assert texts == [
        ("stdout", "ab"), ("stderr", "c"), ("stdout", "d"), (None, None), ("stdout", "efg"),
    ]  # fmt: skip
    assert outputs == before, "what was given is as it was"
    assert book_notebooks.described([], "") == []


def test_pictures_have_their_description():
    picture, text = shown(image__png="AAAA"), shown(text__plain="x")
    bare = nbformat.v4.new_output("display_data", {"image/png": "AAAA"})
    del bare["metadata"]
    result = book_notebooks.described([picture, text, bare, stream("a")], "What it shows")
    assert [output.get("metadata") for output in result] == [
        {"image/png": {"width": 3, "alt": "What it shows"}}, {"image/png": {"width": 3}},
        {"image/png": {"alt": "What it shows"}}, None,
    ]  # fmt: skip
    assert result[0]["data"] == {"image/png": "AAAA"}
    assert picture["metadata"] == {"image/png": {"width": 3}}, "what was given is as it was"
    assert book_notebooks.described([picture], "") == [picture]


def test_pasted_texts_are_read_from_the_files_of_all_pages(tmp_path):
    def glued(*text):
        return {"data": {"text/plain": text[0] if len(text) == 1 else list(text)}}

    (tmp_path / "in").mkdir()
    one = {"a": glued("'ä: 1'"), "b": glued("12.5"), "c": glued("[1,\n", " 2]")}
    (tmp_path / "one.glue.json").write_text(json.dumps(one, ensure_ascii=False), "utf-8")
    two = {"d": glued("<Figure size>"), "e": glued("a b"), "f": {"data": {}}, "g": glued("x + y")}
    (tmp_path / "in" / "two.glue.json").write_text(json.dumps(two), "utf-8")
    (tmp_path / "other.json").write_text("no notes")
    assert book_notebooks.pasted(tmp_path) == {
        "a": "ä: 1", "b": "12.5", "c": "[1, 2]", "d": "<Figure size>", "e": "a b", "f": "",
        "g": "x + y",
    }  # fmt: skip


# -- notebooks -------------------------------------------------------------------------------

ABOUT = (
    "This notebook is a page of the book {}, version 1.2.\n"
    "To run it you need Python 3.10 to 3.13 and the book's package, `dlbook`, in version 1.2"
)


def fetching(source):
    install = f"%pip install --quiet {source}"
    return f"try:\n    import dlbook\nexcept ModuleNotFoundError:\n    {install}"


@pytest.mark.parametrize(
    ("site", "wheel", "repository", "source"),
    [
        (SITE, "d.whl", "", f"{SITE}_sources/d.whl"),
        (SITE, "d.whl", "me/book", f"{SITE}_sources/d.whl"),
        (SITE, "", "me/book", "git+https://github.com/me/book"),
        ("", "d.whl", "me/book", "git+https://github.com/me/book"),
    ],
)
def test_a_notebook_fetches_the_package_from_where_it_is_published(
    plain, monkeypatch, site, wheel, repository, source
):
    monkeypatch.setattr(book_notebooks, "REPOSITORY", repository)
    plain.site = site
    text, fetch = book_notebooks.how_to_run(plain, wheel)
    book = f"[*The book*]({SITE}page.html)" if site else "*The book*"
    said = f"{ABOUT.format(book)}; the next cell fetches it."
    assert text == {"cell_type": "markdown", "metadata": {}, "source": said}
    assert fetch == {
        "cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [],
        "source": fetching(source),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("site", "wheel", "place"),
    [
        ("", "d.whl", ", which lies beside this notebook as `d.whl`"),
        ("", "", ""),
        (SITE, "", ""),
    ],
)
def test_a_notebook_says_how_to_install_what_is_published_nowhere(
    plain, monkeypatch, site, wheel, place
):
    monkeypatch.setattr(book_notebooks, "REPOSITORY", "")
    plain.site = site
    [cell] = book_notebooks.how_to_run(plain, wheel)
    book = f"[*The book*]({SITE}page.html)" if site else "*The book*"
    said = (
        f"{ABOUT.format(book)}{place}.\n"
        f"Install it with pip: `%pip install {wheel or 'dlbook'}` in a cell."
    )
    assert cell == {"cell_type": "markdown", "metadata": {}, "source": said}


def code(source, *tags, outputs=(), **about):
    cell = nbformat.v4.new_code_cell(source, outputs=list(outputs), execution_count=3)
    if tags:
        cell.metadata["tags"] = list(tags)
    if about:
        cell.metadata["mystnb"] = about
    return cell


def test_a_cleaned_notebook_has_what_readers_see_and_is_valid(alone):
    picture = shown(image__png="AAAA")
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "other", "display_name": "Other"}, "source_map": [1]},
        cells=[
            nbformat.v4.new_markdown_cell("# {math}`x`\n"),
            nbformat.v4.new_markdown_cell("(a-place)=\n"),
            code("glue()", "remove-cell"), code("site()", "site-only", "hide-input"),
            code("hidden = 1", "hide-cell", outputs=[stream("a"), stream("b")]),
            code("plot()", outputs=[picture], image={"alt": "What"},
                 figure={"name": "fig-here", "caption": "It is {glue:text}`number`."}),
            code("draw()", outputs=[picture]),
        ],
    )  # fmt: skip
    notebook["cells"][-1]["source"] = ["dr", "aw()"]
    result = book_notebooks.clean(notebook, alone, "d.whl")
    nbformat.validate(result)
    kinds = [(cell["cell_type"][:2], cell["source"]) for cell in result["cells"][1:]]
    assert kinds == [
        ("ma", "# $x$"), ("co", "hidden = 1"), ("co", "plot()"), ("ma", "**Fig. 1.1.** It is 42."),
        ("co", "draw()"),
    ]  # fmt: skip
    assert "`d.whl`" in result["cells"][0]["source"], "the first cell says how to run it"
    assert all(cell["metadata"] == {} for cell in result["cells"]), "no tags of the site"
    identities = [cell["id"] for cell in result["cells"]]
    assert identities == [f"cell-{number}" for number in range(6)], "the same in every build"
    assert [output["text"] for output in result["cells"][2]["outputs"]] == ["ab"]
    assert result["cells"][3]["outputs"][0]["metadata"]["image/png"]["alt"] == "What"
    assert "alt" not in result["cells"][5]["outputs"][0]["metadata"]["image/png"]
    assert result["cells"][5]["execution_count"] == 3
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    assert result["metadata"] == {"kernelspec": kernel, "language_info": {"name": "python"}}
    assert (result["nbformat"], result["nbformat_minor"]) == (4, 5)


def test_a_cell_that_never_ran_is_kept_and_without_a_wheel_none_is_named(alone):
    notebook = {"cells": [{"cell_type": "code", "source": ["x = ", "1"], "metadata": {}}]}
    first, cell = book_notebooks.clean(notebook, alone)["cells"]
    assert "beside" not in first["source"]
    assert (cell["source"], cell["outputs"]) == ("x = 1", [])


# -- the build -------------------------------------------------------------------------------

PAGE = f"""{HEADER}# Täglich

It is {{glue:text}}`page-number`.

```{{code-cell}} ipython3
print("twice")
```

```{{code-cell}} ipython3
---
tags: [remove-cell]
---
glue("page-number", "7")
```
"""


def build(folder, builder="html", mode="cache", page="page", **settings):
    """Build a book whose page has run already; return what its templates are told, by page."""
    (folder / "index.md").write_text(f"# Index\n\n```{{toctree}}\n{page}\n```\n")
    path = folder / f"{page}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(PAGE, "utf-8")
    notebook = read_myst_markdown_notebook(PAGE, add_source_map=True, path=path)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    cells[0].outputs = [stream("on"), stream("ce")]
    kind = "application/papermill.record/"
    about = {"scrapbook": {"name": "page-number", "mime_prefix": kind}}
    record = {f"{kind}text/plain": "'7'"}
    cells[1].outputs = [nbformat.v4.new_output("display_data", record, metadata=about)]
    for cell in cells:
        cell.execution_count = 1
    notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "python"}
    bundle = CacheBundleIn(notebook, str(path), data={"execution_seconds": 1})
    get_cache(folder / "ran").cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    told = {}

    def listen(app, pagename, templatename, context, doctree):
        told[pagename] = {
            name: context[name] for name in ("notebook", "wheel", "launch") if name in context
        }

    warnings = io.StringIO()
    with docutils_namespace():
        app = Sphinx(
            str(folder), None, str(folder / "html"), str(folder / "trees"), builder, status=None,
            confoverrides={
                "extensions": ["myst_nb", "book_notebooks"], "nb_execution_mode": mode,
                "nb_execution_cache_path": str(folder / "ran"), "html_theme": "basic",
                "exclude_patterns": ["ran", "jupyter_execute"],
                "source_suffix": {".md": "myst-nb"}, **settings,
            },
            warning=warnings,
        )  # fmt: skip
        app.connect("html-page-context", listen, priority=900)
        app.build()
    if mode == "cache":
        assert warnings.getvalue() == ""
    assert app.extensions["book_notebooks"].parallel_read_safe
    assert app.extensions["book_notebooks"].parallel_write_safe
    return told


def test_a_page_that_ran_is_offered_with_its_outputs_and_no_other(tmp_path, monkeypatch):
    monkeypatch.setattr(book_notebooks, "REPOSITORY", "")
    told = build(tmp_path)
    assert told.pop("page") == {"notebook": "_sources/page.ipynb"}
    assert told.keys() >= {"index", "search", "genindex"}
    assert not any(told.values())
    assert [path.name for path in tmp_path.rglob("html/**/*.ipynb")] == ["page.ipynb"]
    text = (tmp_path / "html/_sources/page.ipynb").read_text("utf-8")
    assert text.startswith('{\n "cells": [')
    assert text.endswith("}\n")
    assert "# Täglich" in text, "readable as it is"
    notebook = nbformat.reads(text, as_version=4)
    nbformat.validate(notebook)
    assert [cell.source for cell in notebook.cells[1:]] == [
        "# Täglich\n\nIt is 7.", 'print("twice")',
    ]  # fmt: skip
    assert [output.text for output in notebook.cells[2].outputs] == ["once"]
    assert "d.whl" not in text


def test_a_page_in_a_folder_has_its_notebook_in_a_folder(tmp_path, monkeypatch):
    monkeypatch.setattr(book_notebooks, "REPOSITORY", "")
    told = build(tmp_path, page="part/one/page")
    assert told["part/one/page"] == {"notebook": "_sources/part/one/page.ipynb"}
    notebook = json.loads((tmp_path / "html/_sources/part/one/page.ipynb").read_text("utf-8"))
    assert notebook["cells"][1]["source"].endswith("It is 7.")


def test_the_wheel_lies_beside_the_notebooks_and_the_repository_gives_places_to_run(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(book_notebooks, "REPOSITORY", "me/book")
    wheel = tmp_path / "made" / "d.whl"
    wheel.parent.mkdir()
    wheel.write_bytes(b"wheel")
    told = build(tmp_path, book_wheel=str(wheel), html_baseurl=SITE)
    assert told["page"] == {
        "notebook": "_sources/page.ipynb", "wheel": "_sources/d.whl",
        "launch": {
            "Colab": "https://colab.research.google.com/github/me/book/blob/notebooks/page.ipynb",
            "Binder": "https://mybinder.org/v2/gh/me/book/notebooks?labpath=page.ipynb",
        },
    }  # fmt: skip
    assert (tmp_path / "html/_sources/d.whl").read_bytes() == b"wheel"
    notebook = json.loads((tmp_path / "html/_sources/page.ipynb").read_text("utf-8"))
    assert f"]({SITE}page.html)" in notebook["cells"][0]["source"]
    assert notebook["cells"][1]["source"] == fetching(f"{SITE}_sources/d.whl")


def test_notebooks_are_written_anew_when_the_wheel_is_another(tmp_path):
    for name in ("one.whl", "two.whl"):
        (tmp_path / name).write_bytes(b"wheel")
        told = build(tmp_path, book_wheel=str(tmp_path / name))
        assert told["page"]["wheel"] == f"_sources/{name}"


@pytest.mark.parametrize(("builder", "mode"), [("dirhtml", "cache"), ("html", "off")])
def test_other_builds_offer_nothing(tmp_path, builder, mode):
    told = build(tmp_path, builder, mode)
    assert told["page"] == {}
    assert not list((tmp_path / "html").rglob("*.ipynb"))
