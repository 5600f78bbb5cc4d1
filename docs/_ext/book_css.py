"""Serve one small style sheet in place of the theme's many large ones.

The theme, Bootstrap and the extensions bring nine style sheets with 530 kB, of which a page
uses a tenth, and a browser shows nothing before it has them all. When the pages are written,
this extension joins the sheets in their order into ``_static/site.css`` and leaves out each
rule that can apply nowhere: its selectors name a class or an id that no page and no script has.
Sheets in ``_static/vendor`` belong to single pages and stay as they are.
"""

import hashlib
import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Any

import tinycss2
from docutils import nodes
from sphinx.application import Sphinx

BUNDLE = "_static/site.css"
# The theme links these by itself, before all others; which of them exist depends on its version.
# Its theme.css does nothing but import Sphinx's basic.css.
THEME = ["basic.css", "styles/bootstrap.css", "styles/pydata-sphinx-theme.css"]
# Names that scripts put together from parts, so that they stand nowhere.
COMPOSED = re.compile(r"bs-tooltip-")
# The theme's icon font and the 2,600 rules that go with it; icons.css draws what is needed.
ICON_FONT = re.compile(r"\.fa[brs]?(?![\w])|\.fa-|Font Awesome|:host")
NOT_LOADED = {"fontawesome.js", "searchindex.js"}
NAME = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
WORD = re.compile(r"-?[A-Za-z_][\w-]*")
ARGUMENTS = re.compile(r":(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)")
# A style or a script of the site, with the version that it may have.
LINK = re.compile(r"""\b(href|src)="([^"?:]*_static/[^"?]+\.(?:css|js))(?:\?v=\w*)?\"""")
# What the script of the search fetches carries the version of the index.
INDEX = "_static/search/data.js"
ADDRESS = re.compile(r"""url\(\s*["']?(?!["']?(?:data:|https?:|#))([^"')]+)["']?\s*\)""")


def words_in_use(site: Path) -> set[str]:
    """Return the classes and ids of all pages, and every word of all scripts."""
    words: set[str] = set()
    for page in site.rglob("*.html"):
        for value in re.findall(r'\b(?:class|id)="([^"]*)"', page.read_text("utf-8")):
            words.update(value.split())
        for script in re.findall(r"<script[^>]*>([^<]+)", page.read_text("utf-8")):
            words.update(WORD.findall(script))
    for script in (site / "_static").rglob("*.js"):
        if script.name not in NOT_LOADED and "vendor" not in script.parts:
            words.update(WORD.findall(script.read_text("utf-8")))
    return words


def is_used(selector: str, words: set[str]) -> bool:
    """Tell whether a selector can match; what stands in ``:not()`` and the like is not asked."""
    names = NAME.findall(ARGUMENTS.sub("", selector).replace("\\", ""))
    return all(name in words or COMPOSED.match(name) for name in names)


def shorten(css: str, words: set[str], dropped: re.Pattern[str] | None) -> str:
    """Return the rules of a style sheet that can apply, without comments and empty space."""
    kept = []
    for rule in tinycss2.parse_rule_list(css, skip_comments=True, skip_whitespace=True):
        head = tinycss2.serialize(getattr(rule, "prelude", [])).strip()
        body = tinycss2.serialize(rule.content or []).strip() if hasattr(rule, "content") else ""
        if rule.type == "qualified-rule":
            selectors = [part for part in split(rule.prelude) if is_used(part, words)]
            if dropped:
                selectors = [part for part in selectors if not dropped.search(part)]
            if selectors and body:
                kept.append(f"{','.join(selectors)}{{{body}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword in {"media", "supports", "layer"}:
            if inner := shorten(body, words, dropped):
                kept.append(f"@{rule.lower_at_keyword} {head}{{{inner}}}")
        elif rule.type == "at-rule" and rule.lower_at_keyword not in {"charset", "import"}:
            belongs_to_icons = head.startswith("fa-") or ICON_FONT.search(body.replace("\\", ""))
            if not (dropped and belongs_to_icons):
                kept.append(f"@{rule.lower_at_keyword} {head}{{{body}}}")
    return "\n".join(kept)


def split(prelude: list[Any]) -> list[str]:
    """Split a list of selectors at its commas, but not at those that stand in brackets."""
    parts: list[list[Any]] = [[]]
    for piece in prelude:
        if piece == ",":
            parts.append([])
        else:
            parts[-1].append(piece)
    return [tinycss2.serialize(part).strip() for part in parts]


def move_addresses(css: str, source: str) -> str:
    """Rewrite relative addresses of a sheet so that they hold from the place of the bundle."""

    def moved(found: re.Match[str]) -> str:
        target = posixpath.join(posixpath.dirname(source), found[1])
        return f'url("{posixpath.relpath(target, posixpath.dirname(BUNDLE))}")'

    return ADDRESS.sub(moved, css)


def link_bundle(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Put the bundle in the place of the sheets that go into it."""
    if app.builder.name == "epub":  # its file is closed before all pages and sheets are known
        return
    sheets = [sheet for sheet in context["css_files"] if "vendor/" not in str(sheet.filename)]
    single = [sheet for sheet in context["css_files"] if sheet not in sheets]
    app.builder.book_sheets = [f"_static/{name}" for name in THEME] + [
        str(sheet.filename) for sheet in sheets
    ]
    context["css_files"] = [BUNDLE, *single]


def write_bundle(app: Sphinx, exception: Exception | None) -> None:
    """Write the bundle when all pages and all sheets are there."""
    sheets = getattr(app.builder, "book_sheets", None)
    if exception or not sheets:
        return
    site = Path(app.outdir)
    words = words_in_use(site)
    texts = {
        name: (site / name).read_text("utf-8")
        for name in dict.fromkeys(sheets)
        if (site / name).is_file()
    }
    # The same sheets, words and code give the same bundle, and need no second to make it again.
    # Words that no sheet has, such as those of measured times, are not asked: builds would differ.
    asked = words & set(NAME.findall("\0".join(texts.values()).replace("\\", "")))
    given = [Path(__file__).read_text("utf-8"), *texts.values(), *sorted(asked)]
    key = hashlib.sha256("\0".join(given).encode()).hexdigest()[:16]
    parts = [f"/* {key} */"]
    bundle = site / BUNDLE
    if not (bundle.is_file() and bundle.read_text("utf-8").startswith(parts[0])):
        for name, css in texts.items():
            themes = posixpath.dirname(name) == "_static/styles"
            parts.append(move_addresses(shorten(css, words, ICON_FONT if themes else None), name))
        bundle.write_text("\n".join(parts), "utf-8")
    name_versions(site)


def name_versions(site: Path) -> None:
    """Give addresses of styles and scripts a version, so that no browser shows old ones.

    Sphinx does it for files that are there before the pages; the bundle, the search index and what
    pages made for their explorers come after.
    """

    @cache
    def version(name: str) -> str:
        return hashlib.sha256((site / name).read_bytes()).hexdigest()[:8]

    def versioned(found: re.Match[str]) -> str:
        name = found[2][found[2].index("_static/") :]
        return f'{found[1]}="{found[2]}?v={version(name)}"' if (site / name).is_file() else found[0]

    index = version(INDEX) if (site / INDEX).is_file() else ""
    for page in site.rglob("*.html"):
        text = page.read_text("utf-8")
        new = re.sub(r' data-index="\w*"', f' data-index="{index}"', LINK.sub(versioned, text))
        if new != text:
            page.write_text(new, "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    # After the theme and all extensions have had their say.
    app.connect("html-page-context", link_bundle, priority=900)
    app.connect("build-finished", write_bundle, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
