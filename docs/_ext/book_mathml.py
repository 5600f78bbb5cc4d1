"""Render mathematics as MathML when the site is built: no script, no font service, no jumps.

Two things that typesetters do are done here: a thin space follows the name of a function that has
no brackets, as in ln p, and a full stop or a comma stays on the line of the formula before it.
"""

import re

from docutils import nodes
from docutils.utils.math import MathError, latex2mathml
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

THIN = '<mspace width="0.1667em"></mspace>'
# Between a function and what it is applied to, unless that stands in brackets.
APPLIED = re.compile(r"(<mo>&#8289;</mo>)(?!\s*(?:<mrow>\s*)*<mo[^>]*>\s*[(\[|{])")
# The same where docutils writes no sign: the function has an exponent or a base, which may have
# one in its turn. What follows its own end is not searched for another end.
RAISED = re.compile(
    r"(<(msub|msup)>\s*<mi>(?:ln|log|exp|sin|cos|tan)</mi>"
    r"(?:(?!</?\2>).|<\2>(?:(?!</?\2>).)*</\2>)*</\2>)(?=\s*<m(?:i|n|sub|sup|frac|sqrt)>)",
    re.S,
)
# Browsers give names that docutils takes for operators room on both sides, even before a bracket.
OPERATOR = re.compile(r"<mo>(max|min)</mo>(?=\s*(<mo[^>]*>\s*[(\[{])?)")
PUNCTUATION = re.compile(r"[.,;:?!)’”]+")


def to_mathml(tex: str, *, block: bool) -> str:
    """Return the MathML for a formula in LaTeX notation; an error names the formula."""
    try:
        # The name of this sign is known in HTML only, and an EPUB file is XML.
        formula = latex2mathml.tex2mathml(tex, as_block=block)
    except MathError as error:
        raise SphinxError(f"this formula cannot become MathML: {tex!r}: {error}") from error
    spaced = APPLIED.sub(rf"\1{THIN}", formula.replace("&ApplyFunction;", "&#8289;"))
    spaced = OPERATOR.sub(
        lambda name: f'<mo lspace="0" rspace="{"0" if name[2] else "0.1667em"}">{name[1]}</mo>',
        spaced,
    )
    return RAISED.sub(rf"\1{THIN}", spaced)


class KeepPunctuation(SphinxPostTransform):
    """Keep the punctuation behind a formula on its line."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs: object) -> None:
        for formula in list(self.document.findall(nodes.math)):
            place = formula.parent.index(formula) + 1
            behind = formula.parent[place] if place < len(formula.parent) else None
            found = PUNCTUATION.match(behind) if isinstance(behind, nodes.Text) else None
            if found:
                parent = formula.parent
                kept = nodes.inline("", "", formula, nodes.Text(found[0]), classes=["formula"])
                parent[place - 1] = kept
                parent[place] = nodes.Text(behind[found.end() :])  # type: ignore[index]


def visit_math(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(to_mathml(node.astext(), block=False))
    raise nodes.SkipNode


def visit_displaymath(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math-block"))
    self.body.append(to_mathml(node.astext(), block=True))
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_post_transform(KeepPunctuation)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
