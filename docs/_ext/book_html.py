"""Mend the pages where theme and extensions leave something to be desired."""

import html
import re
from pathlib import Path
from typing import Any

from book_questions import SUMMARY
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.images import get_image_size
from sphinx_exercise.nodes import solution_node

# Extensions give every box of a kind the same id, which links cannot use and HTML does not allow.
REPEATED = {"exercise-content", "solution-content"}
CORRECTIONS = {
    # docutils, for the bibliography: a role that ARIA took back, in a list that needs items.
    r' role="doc-biblioentry"': ' role="listitem"',
    # pybtex: the pages of a paper in proceedings without the word, of one in a book with it.
    r"(In <em>[^<]*</em>, )(\d+–\d+)(?=\.)": r"\1pages \2",
    # sphinx-exercise: a link that begins with a space.
    r">Solution to(<a [^>]*>) ": r">Solution to \1",
    # MyST-NB, for hidden cells: a name that hides from screen readers the text that is seen.
    r'<summary aria-label="Toggle hidden content">': "<summary>",
    # MyST-NB, for folded code: classes of notes, whose look the theme gives it.
    r'<details class="admonition hide above-input">': '<details class="hide">',
    r'<p class="(collapsed|expanded) admonition-title">(Show|Hide) code cell source': (
        r'<p class="\1 summary-text">\2 the code'
    ),
    # sphinx-design, for what goes deeper: the look of a card, and an arrow of its own.
    r'<details class="sd-[^"]*sd-dropdown[^"]*">\s*<summary class="[^"]*">\s*'
    r'<span class="sd-summary-text">(.*?)</span>\s*<span class="sd-summary-state-marker.*?</span>'
    r'\s*</summary><div class="sd-summary-content[^"]*">': (
        r'<details class="deeper"><summary>\1</summary><div>'
    ),
}
# Pages whose titles stand in Sphinx's templates and nowhere else.
TITLED_BY_TEMPLATES = {
    "genindex": "Index", "py-modindex": "Python Module Index", "search": "Search",
}  # fmt: skip

# Figures are drawn with letters of 10.5 points at 96 pixels an inch. Shown at this share of that
# size they have 12 pixels where there is room, and more than 9 on a phone of 390.
SHOWN = 0.86


class SizeImages(SphinxPostTransform):
    """Give images their size, so that nothing jumps when they arrive.

    They do not load late: with all its figures a page weighs little, and so a printed, a saved
    and a photographed page has them all. But see `let_text_go_first`.
    """

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for image in self.document.findall(nodes.image):
            path = Path(self.env.srcdir, image["uri"])
            if "width" not in image and (size := get_image_size(path)):
                image["width"], image["height"] = map(str, size)
            if path.suffix == ".png":
                for side in ("width", "height"):
                    if str(image.get(side, "")).isdigit():
                        image[side] = str(round(SHOWN * int(image[side])))


class LinkPages(SphinxTransform):
    """Make links of the names of pages and modules in docstrings.

    As in "explained on the page `tensors`" and "the optimizers of `dlbook.optimizers`".
    """

    default_priority = 400

    def apply(self, **kwargs: object) -> None:
        for name in list(self.document.findall(nodes.title_reference)):
            text = name.astext()
            if text in self.env.found_docs:
                kind = {"refdomain": "std", "reftype": "doc", "reftarget": f"/{text}"}
                shown: nodes.TextElement = nodes.inline("", text, classes=["doc"])
            elif text.startswith("dlbook."):
                kind = {"refdomain": "py", "reftype": "obj", "reftarget": text}
                shown = nodes.literal("", text)
            else:
                continue
            link = addnodes.pending_xref(
                "", shown, **kind, refexplicit=False, refwarn=True, refdoc=self.env.docname
            )
            name.replace_self(link)


class DropRepeatedIds(SphinxPostTransform):
    """Take away ids that stand more than once in a page."""

    default_priority = 900

    def run(self, **kwargs: object) -> None:
        for node in self.document.findall(nodes.Element):
            if REPEATED & set(node.get("ids", ())):
                node["ids"] = [name for name in node["ids"] if name not in REPEATED]


class FoldAnswers(SphinxPostTransform):
    """Fold answers away, natively: it works without scripts, and search in the page opens them.

    sphinx-exercise leaves this to sphinx-togglebutton, a script whose buttons are not in the page
    before it has run.
    """

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for node in list(self.document.findall(solution_node)):
            if "dropdown" in node["classes"]:
                node["classes"].remove("dropdown")
                start = f'<details class="answer">{SUMMARY}'
                before, after = (
                    nodes.raw("", markup, format="html") for markup in (start, "</details>")
                )
                node.parent.insert(node.parent.index(node), before)
                node.parent.insert(node.parent.index(node) + 1, after)


def describe(doctree: nodes.document | None, limit: int = 155) -> str:
    """Return the first sentences of a page as its description, as long as they fit."""
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = " ".join(paragraph.astext().split())
        if len(text) > 40:
            if len(text) <= limit:
                return text
            sentences = re.match(rf".{{30,{limit}}}[.?!](?= )", text)
            return sentences[0] if sentences else text[:limit].rsplit(" ", 1)[0] + " …"
    return ""


def let_names_break(body: str) -> str:
    """Let long names of modules and classes break behind their dots and nowhere else."""
    return re.sub(
        r'(<h1>|<span class="(?:pre|classifier)">)((?:\w+\.)+\w+)(?=[<,])',
        lambda found: found[1] + found[2].replace(".", ".<wbr/>"),
        body,
    )


def let_text_go_first(body: str) -> str:
    """Ask the browser to fetch all figures but the first after styles and fonts."""
    first, image, others = body.partition("<img ")
    return first + image + others.replace("<img ", '<img fetchpriority="low" ')


def mend(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add a description, and correct what comes out of docutils."""
    title = context.get("title") or TITLED_BY_TEMPLATES.get(pagename, "")
    title = html.unescape(re.sub(r"<[^>]+>", "", title))  # the layout escapes it again
    names = ": ".join(filter(None, [title, app.config.project]))
    context["description"] = describe(doctree) or f"{names}."
    context["noindex"] = pagename in {"404", *TITLED_BY_TEMPLATES}
    # docutils says what the layout has said already.
    context["metatags"] = re.sub(
        r'<meta name="viewport"[^>]*>\s*', "", context.get("metatags") or ""
    )
    if pagename == "_modules/index":  # viewcode puts lists straight into lists
        items = "".join(re.findall(r"<li>.*?</li>", context["body"], re.S))
        context["body"] = f"{context['body'].partition('<ul')[0]}<ul>{items}</ul>"
    for wrong, right in CORRECTIONS.items():
        if "body" in context:
            context["body"] = re.sub(wrong, right, context["body"])
    if "body" in context and pagename.startswith("api"):
        context["body"] = let_names_break(context["body"])
    if "body" in context and app.builder.name != "epub":  # EPUB has no such attribute
        context["body"] = let_text_go_first(context["body"])


def guard_storage(app: Sphinx, exception: Exception | None) -> None:
    """Let the scripts of theme and Sphinx use what the layout defines in place of localStorage."""
    if exception or app.builder.name != "html":
        return
    for script in Path(app.outdir, "_static").rglob("*.js"):
        if script.name == "first.js":  # which defines it
            continue
        text = script.read_text("utf-8")
        guarded = re.sub(r"\b(?:window\.)?localStorage\b", "bookStorage", text)
        if guarded != text:
            script.write_text(guarded, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_transform(LinkPages)
    app.add_post_transform(SizeImages)
    app.add_post_transform(DropRepeatedIds)
    app.add_post_transform(FoldAnswers)
    app.connect("html-page-context", mend)
    app.connect("build-finished", guard_storage)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
