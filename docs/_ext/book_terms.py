"""Make glossary and list of symbols from one list, and link terms where a page first uses them.

The list is ``docs/terms.yml``. In the pages, ``{terms}`` becomes the glossary and
``{symbols} group`` a table of a group of symbols, each with a link to the page that introduces it.

Where a page sets a term in bold, it explains it, so that is the place of its link to the glossary;
otherwise it is the first paragraph with the term, after the list of what the reader will be able
to do. Pages that link a term by hand keep their link. Words that also have everyday meanings are
linked in bold only.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

LIST = "terms.yml"
PLACE = re.compile(r"^```\{(terms|symbols)\}[ ]*(\w*)\n((?::[\w-]+:[^\n]*\n)*)```$", re.M)
OPTION = re.compile(r"^:([\w-]+):[ ]*(.*)$", re.M)
AIMS = "what-you-will-be-able-to-do"
# Terms are looked for in the paragraphs of these, and there not in the closed nodes.
TEXT = (
    nodes.document, nodes.section, nodes.list_item, nodes.bullet_list, nodes.enumerated_list,
)  # fmt: skip
CLOSED = (nodes.reference, nodes.literal, nodes.math, nodes.title, addnodes.pending_xref)


@cache
def listed(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the terms and the symbols of the list."""
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(path.read_text("utf-8"))
    return found


def glossary(terms: list[dict[str, Any]], pages: set[str]) -> str:
    """Return the glossary in MyST; only pages that exist are named."""
    entries = []
    for term in terms:
        lines = term["text"].strip().splitlines()
        if term["page"] in pages:
            lines.append(f"→ {{doc}}`{term['page']}`")
        entries.append("\n".join([term["term"], *(f"  {line}" for line in lines)]))
    return "```{glossary}\n:sorted:\n\n" + "\n\n".join(entries) + "\n```"


def table(symbols: list[dict[str, Any]], options: dict[str, str], pages: set[str]) -> str:
    """Return a table of symbols in MyST, in the order of the list."""
    lines = [f"```{{list-table}} {options['caption']}", ":header-rows: 1"]
    lines += [f":name: {options['name']}", "", *row("Symbol", "Meaning", "In code")]
    for symbol in symbols:
        page = f" → {{doc}}`{symbol['page']}`" if symbol["page"] in pages else ""
        lines += row(symbol["symbol"], symbol["meaning"] + page, symbol["code"])
    return "\n".join([*lines, "```"])


def row(first: str, *others: str) -> list[str]:
    return [f"* - {first}", *(f"  - {other}".rstrip() for other in others)]


def fill_in(app: Sphinx, page: str, source: list[str]) -> None:
    """Put glossary and tables into the source of a page that asks for them."""

    def made(found: re.Match[str]) -> str:
        app.env.note_dependency(LIST)
        content, pages = listed(Path(app.srcdir, LIST)), set(app.env.found_docs)
        if found[1] == "terms":
            return glossary(content["terms"], pages)
        group = [symbol for symbol in content["symbols"] if symbol["group"] == found[2]]
        return table(group, dict(OPTION.findall(found[3])), pages)

    source[0] = PLACE.sub(made, source[0])


def pattern(names: list[str]) -> re.Pattern[str]:
    """Return what finds any of the terms, in the singular or with an s."""
    # Typography has made ’ of each ' in the text.
    any_name = "|".join(map(re.escape, names)).replace("'", "['’]")
    return re.compile(rf"(?<![\w-])({any_name})(?:s|es)?(?![\w-])", re.I)


def key(text: str) -> str:
    """Return a term in the form by which it is found."""
    return text.lower().replace("’", "'")


class LinkTerms(SphinxTransform):
    """Put the links into the pages that run."""

    default_priority = 400  # before Sphinx resolves what a page refers to

    def apply(self, **kwargs: object) -> None:
        known = Path(self.env.srcdir, LIST)
        there = known.is_file() and "glossary" in self.env.found_docs
        if "kernelspec" not in self.env.metadata[self.env.docname] or not there:
            return
        self.env.note_dependency(LIST)
        terms = listed(known)["terms"]
        names = {term["term"].lower(): term["term"] for term in terms}
        everyday = {term["term"].lower() for term in terms if term.get("everyday")}
        linked = {
            node["reftarget"].lower()
            for node in self.document.findall(addnodes.pending_xref)
            if node["reftype"] == "term"
        }
        paragraphs = [p for p in self.document.findall(nodes.paragraph) if self.is_open(p)]
        any_term = pattern(sorted(names.values(), key=len, reverse=True))
        for bold in [node for p in paragraphs for node in p.findall(nodes.strong)]:
            found = any_term.fullmatch(bold.astext())
            if found and key(found[1]) not in linked and isinstance(bold[0], nodes.Text):
                linked.add(key(found[1]))
                bold[:] = [self.link(names[key(found[1])], bold.astext())]
        for paragraph in paragraphs:
            for text in list(paragraph.findall(nodes.Text)):
                if self.is_inside(text, paragraph):
                    continue
                parts: list[nodes.Node] = []
                end = 0
                for found in any_term.finditer(text):
                    term = key(found[1])
                    if term not in linked and term not in everyday:
                        linked.add(term)
                        parts += [nodes.Text(text[end : found.start()])]
                        parts += [self.link(names[term], found[0])]
                        end = found.end()
                if parts:
                    text.parent.replace(text, [*parts, nodes.Text(text[end:])])

    def is_open(self, paragraph: nodes.paragraph) -> bool:
        """Tell whether a paragraph belongs to the text itself, behind the list of aims."""
        node = paragraph.parent
        while node is not None:
            if not isinstance(node, TEXT) or AIMS in node["ids"]:
                return False
            node = node.parent
        return True

    def is_inside(self, text: nodes.Text, paragraph: nodes.paragraph) -> bool:
        """Tell whether a text is part of something that is no place for a link."""
        node = text.parent
        while node is not paragraph:
            if isinstance(node, (*CLOSED, nodes.strong)):
                return True
            node = node.parent
        return False

    def link(self, term: str, text: str) -> addnodes.pending_xref:
        """Return a link to a term, as the role ``term`` makes it."""
        return addnodes.pending_xref(
            "", nodes.inline("", text, classes=["xref", "std", "std-term"]),
            refdomain="std", refexplicit=True, reftarget=term.replace("'", "’"),
            reftype="term", refwarn=True,
            refdoc=self.env.docname,
        )  # fmt: skip


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("source-read", fill_in)
    app.add_transform(LinkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
