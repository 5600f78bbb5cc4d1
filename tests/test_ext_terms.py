"""Terms are linked where a page first uses them, and lists are put where a page asks for them."""

import io
import os

import book_terms
import myst_nb.sphinx_ext  # noqa: F401 - once for all mutants
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

HEADER = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n\n"
LIST = """
terms:
- {term: batch, page: page, text: A few examples.}
- {term: batch size, page: elsewhere, text: How many they are.}
- {term: Bayes' rule, page: page, text: A rule.}
- {term: bias, page: page, text: A number.}
- {term: shape, page: page, everyday: true, text: How long the axes are.}
- {term: ReLU, page: page, text: A function.}
symbols:
- {symbol: $x$, meaning: The input, code: x, group: tensors, page: page}
- {symbol: $p$, meaning: The output, code: "", group: tensors, page: elsewhere}
- {symbol: $L$, meaning: The loss, code: loss, group: learning, page: page}
"""
GLOSSARY = "# Words\n\nText before.\n\n```{terms}\n```\n\nText behind.\n"


def application(folder, warnings=None):
    """Return what builds the book of a folder."""
    return Sphinx(
        folder / "source", None, folder / "html", folder / "doctrees", "html",
        confoverrides={
            "extensions": ["myst_nb", "book_terms"], "nb_execution_mode": "off",
            "myst_enable_extensions": ["dollarmath", "smartquotes"], "html_theme": "basic",
        },
        status=None, warning=warnings,
    )  # fmt: skip


def build(folder, pages, *, listed=LIST, glossary=GLOSSARY):
    """Build a book with these pages; return the application and the warnings."""
    pages = {name: f"{HEADER}# Page\n\n{text}\n" for name, text in pages.items()}
    source = folder / "source"
    source.mkdir(exist_ok=True)
    if listed:
        (source / "terms.yml").write_text(listed, "utf-8")
    if glossary:
        pages = pages | {"glossary": glossary}
    pages["index"] = "# Front\n\nA bias.\n\n```{toctree}\n:glob:\n\n*\nsub/*\n```\n"
    for name, text in pages.items():
        (source / name).parent.mkdir(exist_ok=True)
        (source / f"{name}.md").write_text(text, "utf-8")
    book_terms.listed.cache_clear()  # as in another process
    warnings = io.StringIO()
    app = application(folder, warnings)
    app.build()
    return app, warnings.getvalue()


def shown(folder, page):
    """Return what a page of the built book shows."""
    html = (folder / "html" / f"{page}.html").read_text("utf-8")
    return BeautifulSoup(html, "html.parser").find(role="main")


def links(folder, page="page"):
    """Return the links to the glossary, each as its text and the words right before it."""
    found = []
    for link in shown(folder, page).select("a[href*='#term-']"):
        before = link.previous_sibling
        found.append((str(before or "").split()[-1:], link.get_text(), link["href"]))
    return [(" ".join(before), text, href) for before, text, href in found]


AIMS = "## What you will be able to do\n\n- Name a batch, a **bias**.\n\n### More\n\nA batch.\n\n"
USES = [
    ("Batches and RELUs.", ["Batches", "RELUs"]),
    ("The batch size, and a batch.", ["batch size", "batch"]),
    ("A batch-wise sub-batch, rebatched by batching.", []),
    ("By Bayes' rule it is so.", ["Bayes’ rule"]),
    ("Use *a bias* here.", ["bias"]),
    ("- A list with a batch\n\n  - and with a bias\n\n1. and relu", ["batch", "bias", "relu"]),
    ("## A batch\n\n`batch`, [a batch](https://example.org), $batch$.", []),
    ("`batch` and *`batch`*, but then a batch.", ["batch"]),
    ("> A batch that is quoted.", []),
    ("```{note}\nA batch.\n```", []),
    ("A word, a **big batch**.", []),
    ("A batch, of **this batch**, bias.", ["batch", "bias"]),
    ("Out of shape, it has a **shape**.", ["shape"]),
    ("Out of shape, with a bias.", ["bias"]),
    ("A bias, then **`bias`** as code.", ["bias"]),
    ("A **batches** and **Bayes' rule**: a batch, by Bayes' rule.", ["batches", "Bayes’ rule"]),
    ("```{note}\nA **bias**.\n```\n\nA bias.", ["bias"]),
    ("A batch, {term}`the sets <batch>`, {term}`ReLU`, {doc}`index`, **batch**, relu",
     ["the sets", "ReLU"]),
    (AIMS + "## Begin\n\nThe batches have a biases.", ["batches", "biases"]),
]  # fmt: skip
FIRST = "Take a batch of relu and a bias, then\nbatches, a bias again, and end.\n\nA batch."
BOLD = "A bias comes first, and a bias.\n\nA **Bias** is a number, a **bias**."


def test_the_first_use_of_each_term_leads_to_the_glossary_and_no_word_is_lost(tmp_path):
    build(tmp_path, {"page": FIRST, "sub/page": "A bias."})
    assert links(tmp_path) == [
        ("a", "batch", "glossary.html#term-batch"),
        ("of", "relu", "glossary.html#term-ReLU"),
        ("a", "bias", "glossary.html#term-bias"),
    ]
    main = shown(tmp_path, "page")
    assert [p.get_text() for p in main.find_all("p")] == FIRST.split("\n\n")
    inline = main.select_one("a[href$=term-batch] span")
    assert {"xref", "std", "std-term"} <= set(inline["class"])
    assert links(tmp_path, "sub/page") == [("A", "bias", "../glossary.html#term-bias")]
    assert links(tmp_path, "index") == [], "this page is not run"


def test_what_counts_as_a_use_of_a_term(tmp_path):
    texts = dict(USES)
    names = {text: f"use-{number}" for number, text in enumerate(texts)}
    _, warnings = build(tmp_path, {names[text]: text for text in texts})
    found = {text: [term for _, term, _ in links(tmp_path, names[text])] for text in texts}
    assert found == texts
    assert "not in glossary" not in warnings


def test_a_term_is_linked_where_it_is_set_in_bold(tmp_path):
    build(tmp_path, {"page": BOLD})
    assert links(tmp_path) == [("", "Bias", "glossary.html#term-bias")]
    assert shown(tmp_path, "page").select_one("strong > a").get_text() == "Bias"


def test_the_glossary_is_put_where_it_is_asked_for(tmp_path):
    build(tmp_path, {"page": "Text."})
    main = shown(tmp_path, "glossary")
    told = {
        term["id"]: " ".join(term.find_next_sibling("dd").get_text(" ", strip=True).split())
        for term in main.select("dl.glossary dt")
    }
    assert told["term-batch"] == "A few examples. → Page"
    assert told["term-batch-size"] == "How many they are.", "there is no such page"
    assert len(told) == 6
    texts = [p.get_text() for p in main.find_all("p")]
    assert (texts[0], texts[-1]) == ("Text before.", "Text behind.")


@pytest.mark.parametrize("lacking", ["listed", "glossary"])
def test_without_a_list_or_a_glossary_there_are_no_links(tmp_path, lacking):
    glossary = "# Words\n\n```{glossary}\nbias\n  A number.\n```\n"
    options = {"listed": None, "glossary": glossary} if lacking == "listed" else {"glossary": None}
    app, warnings = build(tmp_path, {"page": "A bias.\n\n    ```{terms}\n    ```\n"}, **options)
    assert links(tmp_path) == []
    assert shown(tmp_path, "page").pre.get_text() == "```{terms}\n```\n", "it is an example"
    assert "not in glossary" not in warnings
    assert app.is_parallel_allowed("read")
    assert app.is_parallel_allowed("write")


def test_a_term_that_the_glossary_lacks_is_a_warning(tmp_path):
    glossary = "# Words\n\n```{glossary}\nbias\n  A number.\n```\n"
    _, warnings = build(tmp_path, {"page": "A bias, a batch."}, glossary=glossary)
    assert [text for _, text, _ in links(tmp_path)] == ["bias"]
    [warning] = [line for line in warnings.splitlines() if "not in glossary" in line]
    assert "page.md" in warning
    assert "batch" in warning


def test_a_table_holds_the_symbols_of_its_group(tmp_path):
    notation = (
        "```{symbols} tensors\n:name: tab-a\n:caption: All tensors\n```\n\n"
        "```{symbols}   learning\n:caption:   The loss\n:name: tab-b\n```\n\n"
        "See {ref}`tab-b` and {ref}`tab-a`.\n"
    )
    build(tmp_path, {"page": "Text.", "notation": notation})
    main = shown(tmp_path, "notation")
    tables = {
        table["id"]: [[cell.get_text(strip=True) for cell in row.find_all(["th", "td"])]
                      for row in table.find_all("tr")]
        for table in main.find_all("table")
    }  # fmt: skip
    head = ["Symbol", "Meaning", "In code"]
    assert {name: (rows[0], [row[1:] for row in rows[1:]]) for name, rows in tables.items()} == {
        "tab-a": (head, [["The input →Page", "x"], ["The output", ""]]),
        "tab-b": (head, [["The loss →Page", "loss"]]),
    }
    assert [rows[1][0] for rows in tables.values()] == ["\\(x\\)", "\\(L\\)"]
    captions = [found.get_text() for found in main.select("caption .caption-text")]
    assert captions == ["All tensors", "The loss"]
    assert [link.get_text() for link in main.select("p > a[href^='#tab']")] == captions[::-1]


def test_a_change_of_the_list_makes_the_pages_that_use_it_anew(tmp_path):
    pages = {"page": "A bias and a weight."}
    build(tmp_path, pages)
    assert [text for _, text, _ in links(tmp_path)] == ["bias"]
    listed = tmp_path / "source/terms.yml"
    listed.write_text(LIST.replace("term: bias", "term: weight"), "utf-8")
    later = listed.stat().st_mtime + 100
    os.utime(listed, (later, later))
    book_terms.listed.cache_clear()
    app = application(tmp_path)
    assert app.env.get_outdated_files(config_changed=False)[1] == {"page", "glossary"}
    app.build()
    assert [text for _, text, _ in links(tmp_path)] == ["weight"]
