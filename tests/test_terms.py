"""One list of terms and symbols: complete, and no page uses one before it is introduced."""

import re
from pathlib import Path

import book_terms
import pytest
import yaml

DOCS = Path(__file__).parent.parent / "docs"

LISTED = yaml.safe_load((DOCS / "terms.yml").read_text())
TERMS, SYMBOLS = LISTED["terms"], LISTED["symbols"]

CELL = re.compile(r"^```\{code-cell\}.*?^```$", re.M | re.S)
HEADER = re.compile(r"\A---\n.*?^---\n", re.M | re.S)
MATH = re.compile(r"\$\$(.*?)\$\$|^```\{math\}\n(.*?)^```$|(?<!\$)\$([^$\n]+)\$(?!\$)", re.M | re.S)
# Commands that lay a formula out, or spell a word in it.
LAYOUT = {
    r"\begin", r"\bigl", r"\bigr", r"\dfrac", r"\end", r"\frac", r"\left", r"\mathbf", r"\mathrm",
    r"\qquad", r"\quad", r"\right", r"\tag", r"\text", r"\tfrac",
}  # fmt: skip


def reading_order():
    """Return the names of the numbered pages that exist, in their order."""
    index = (DOCS / "index.md").read_text()
    (listing,) = re.findall(r"^:numbered: 1\n\n(.*?)^```$", index, re.M | re.S)
    return [page for page in listing.split() if (DOCS / f"{page}.md").exists()]


ORDER = reading_order()
SOURCES = {page: HEADER.sub("", (DOCS / f"{page}.md").read_text()) for page in ORDER}


def lines_of_text(page):
    """Yield the lines of a page without code, formulas, options and titles to read on."""
    text, _, _ = SOURCES[page].partition("\n## Further reading\n")
    text = MATH.sub(" ", CELL.sub("", text))
    for line in text.splitlines():
        if not re.match(r"^(:[\w-]+:|`{3,}|:{3,}|\([\w-]+\)=)", line):
            yield line


def plain(line):
    """Return a line without literals and roles, with the text of links to the glossary."""
    line = re.sub(r"\{term\}`([^`<]*?)\s*(?:<[^>]*>)?`", r"\1", line)
    return re.sub(r"(\{[\w:-]+\})?`[^`]*`", " ", line)


def formulas(page):
    for found in MATH.finditer(CELL.sub("", SOURCES[page])):
        yield re.sub(r"^:label:.*$", "", found[1] or found[2] or found[3] or "", flags=re.M)


def word(term):
    return re.compile(rf"(?<![\w-]){re.escape(term)}(?:s|es)?(?![\w-])", re.I)


def later_than(page):
    """Return the pages behind this one: a line that links to one of them announces something."""
    return ORDER[ORDER.index(page) + 1 :]


def pages_before(page):
    """Return the pages that come before the one that introduces something."""
    return ORDER[: ORDER.index(page)] if page in ORDER else []


@pytest.mark.parametrize("entries", [TERMS, SYMBOLS], ids=["terms", "symbols"])
def test_every_entry_names_a_page_of_the_book(entries):
    index = (DOCS / "index.md").read_text()
    for entry in entries:
        assert re.search(rf"^{re.escape(entry['page'])}$", index, re.M), entry


def test_terms_are_listed_once_and_in_order():
    names = [term["term"] for term in TERMS]
    assert names == sorted(set(names), key=str.lower)


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term["term"])
def test_no_page_uses_a_term_before_it_is_introduced(term):
    name, home = term["term"], term["page"]
    found = word(name)
    bold = re.compile(rf"\*\*{re.escape(name)}(?:s|es)?\*\*", re.I)
    for page in pages_before(home):
        for line in lines_of_text(page):
            announced = any(
                f"`{later}`" in line or f"<{later}>" in line for later in later_than(page)
            )
            used = bold.search(line) if term.get("everyday") else found.search(plain(line))
            assert announced or not used, f"{page}: {line}\n(introduced on {home})"


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term["term"])
def test_the_page_that_introduces_a_term_uses_it(term):
    if term["page"] in ORDER:
        text = "\n".join(map(plain, lines_of_text(term["page"])))
        assert word(term["term"]).search(text), f"{term['page']}: no {term['term']}"


@pytest.mark.parametrize("symbol", SYMBOLS, ids=lambda symbol: symbol["symbol"])
def test_no_page_uses_a_symbol_before_it_is_introduced(symbol):
    for command in symbol.get("tex", []):
        found = re.compile(re.escape(command) + r"(?![A-Za-z])")
        for page in pages_before(symbol["page"]):
            for formula in formulas(page):
                assert not found.search(formula), f"{page}: {formula}\n({symbol['page']})"


@pytest.mark.parametrize("page", ORDER)
def test_every_sign_of_a_formula_is_listed(page):
    known = {command for symbol in SYMBOLS for command in symbol.get("tex", [])} | LAYOUT
    for formula in formulas(page):
        unknown = set(re.findall(r"\\[A-Za-z]+", formula)) - known
        assert not unknown, f"{page}: {unknown} in {formula}"


def test_the_glossary_is_made_from_the_list_and_names_pages_that_exist():
    terms = [
        {"term": "batch", "page": "first-look", "text": "Examples\nin one step.\n"},
        {"term": "epoch", "page": "elsewhere", "text": "One pass."},
    ]
    assert book_terms.glossary(terms, {"first-look"}) == (
        "```{glossary}\n:sorted:\n\n"
        "batch\n  Examples\n  in one step.\n  → {doc}`first-look`\n\n"
        "epoch\n  One pass.\n```"
    )


def test_a_table_of_symbols_has_a_row_for_each():
    symbols = [{"symbol": "$x$", "meaning": "The input", "code": "", "page": "first-look"}]
    table = book_terms.table(symbols, {"name": "tab-x", "caption": "Letters"}, {"first-look"})
    assert table.startswith("```{list-table} Letters\n:header-rows: 1\n:name: tab-x\n")
    assert table.endswith("* - $x$\n  - The input → {doc}`first-look`\n  -\n```")


def test_all_symbols_are_shown_in_one_of_the_tables():
    shown = re.findall(r"^```\{symbols\} (\w+)$", (DOCS / "notation.md").read_text(), re.M)
    assert {symbol["group"] for symbol in SYMBOLS} == set(shown)
    assert len(shown) == len(set(shown))


def test_a_term_with_an_apostrophe_is_found_in_set_text():
    found = book_terms.pattern(["He's first weights"]).search("draw He’s first weights here")
    assert book_terms.key(found[1]) == "he's first weights"
