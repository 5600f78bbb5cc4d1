"""Show the parts of the book in the list of pages, as the front page shows them.

The cards on the front page are the one place where the parts stand. A table of contents for each
part would do it, too, but Sphinx would then count the pages of each part from 1.
"""

import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

CARD = re.compile(r"^:::\{grid-item-card\} ([^\n]+)\n(.*?)^:::$", re.M | re.S)
PAGE = re.compile(r"\{doc\}`(?:[^`<]*<)?/?([\w-]+)>?`")


def parts_of(text: str) -> dict[str, list[str]]:
    """Return the titles of the parts with the names of their pages."""
    return {
        re.sub(r"^(\d+)\. ", r"Part \1: ", title.strip()): PAGE.findall(body)
        for title, body in CARD.findall(text)
    }


def in_parts(html: str, page: str, parts: dict[str, list[str]]) -> str:
    """Return a list of pages as a list for each part, under its title."""
    soup = BeautifulSoup(html, "html.parser")
    # A list for each table of contents on the front page.
    whole = soup.find_all("ul", recursive=False)
    items = [item for part in whole for item in part.find_all("li", recursive=False)]
    if not items:
        return html
    part_of = {name: part for part, names in parts.items() for name in names}
    lists: dict[str, list[str]] = {part: [] for part in parts}
    last = next(iter(parts), "")
    for item in items:
        link = item.find("a")
        if link is None:
            raise ValueError(f"the list of pages: expected a link in each item. Received: {item}")
        if link["href"] == "#":
            link["aria-current"] = "page"
        address = page if link["href"] == "#" else str(link["href"])
        last = part_of.get(posixpath.basename(address).removesuffix(".html"), last)
        lists.setdefault(last, []).append(str(item))
    return "\n".join(
        f'<p class="caption"><span class="caption-text">{part}</span></p>'
        f'<ul class="nav bd-sidenav">{"".join(there)}</ul>'
        for part, there in lists.items()
        if there
    )


@cache
def parts_on(front: Path) -> dict[str, list[str]]:
    """Return the parts that the front page shows; it is read once in a build."""
    return parts_of(front.read_text("utf-8")) if front.is_file() else {}


def offer(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: object
) -> None:
    """Let the template of the side bar ask for it."""
    parts = parts_on(Path(app.srcdir, f"{app.config.root_doc}.md"))
    context["in_parts"] = lambda html: in_parts(str(html), pagename, parts) if parts else html


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("html-page-context", offer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
