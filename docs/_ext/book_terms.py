"""Link each term of the glossary where a page first uses it.

Where a page sets a term in bold, it explains it, so that is the place; otherwise it is the first
paragraph with the term, after the list of what the reader will be able to do. Pages that link a
term by hand keep their link.
"""

import re
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

# Words that also have everyday meanings or others in Python are linked in bold only.
EVERYDAY = {"axis", "class", "example", "feature", "kernel", "label", "parameter", "rank"}
EVERYDAY |= {"representation", "shape", "training", "transpose", "vector", "weight"}
AIMS = "what-you-will-be-able-to-do"
# Terms are looked for in the paragraphs of these, and there not in the closed nodes.
TEXT = (
    nodes.document, nodes.section, nodes.list_item, nodes.bullet_list, nodes.enumerated_list,
)  # fmt: skip
CLOSED = (nodes.reference, nodes.literal, nodes.math, nodes.title, addnodes.pending_xref)


@cache
def terms(glossary: Path) -> list[str]:
    """Return the terms of the glossary, long ones first."""
    _, _, entries = glossary.read_text("utf-8").partition("{glossary}")
    found = re.findall(r"^([^\s:`{].*)$", entries, re.M)
    return sorted(found, key=len, reverse=True)


def pattern(names: list[str]) -> re.Pattern[str]:
    """Return what finds any of the terms, in the singular or with an s."""
    return re.compile(rf"(?<![\w-])({'|'.join(map(re.escape, names))})(?:s|es)?(?![\w-])", re.I)


class LinkTerms(SphinxTransform):
    """Put the links into the pages that run."""

    default_priority = 400  # before Sphinx resolves what a page refers to

    def apply(self, **kwargs: object) -> None:
        glossary = Path(self.env.srcdir, "glossary.md")
        if "kernelspec" not in self.env.metadata[self.env.docname] or not glossary.is_file():
            return
        self.env.note_dependency("glossary.md")
        names = {name.lower(): name for name in terms(glossary)}
        linked = {
            node["reftarget"].lower()
            for node in self.document.findall(addnodes.pending_xref)
            if node["reftype"] == "term"
        }
        paragraphs = [p for p in self.document.findall(nodes.paragraph) if self.is_open(p)]
        any_term = pattern(list(names.values()))
        for bold in [node for p in paragraphs for node in p.findall(nodes.strong)]:
            found = any_term.fullmatch(bold.astext())
            if found and found[1].lower() not in linked and isinstance(bold[0], nodes.Text):
                linked.add(found[1].lower())
                bold[:] = [self.link(names[found[1].lower()], bold.astext())]
        for paragraph in paragraphs:
            for text in list(paragraph.findall(nodes.Text)):
                if self.is_inside(text, paragraph):
                    continue
                parts, end = [], 0
                for found in any_term.finditer(text):
                    term = found[1].lower()
                    if term not in linked and term not in EVERYDAY:
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
            refdomain="std", refexplicit=True, reftarget=term, reftype="term", refwarn=True,
            refdoc=self.env.docname,
        )  # fmt: skip


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(LinkTerms)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
