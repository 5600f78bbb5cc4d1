"""Write the search index: what is on the pages, in pieces that a result can lead to.

The pages are read as they were written, so that numbers and outputs are in the index, and buttons,
permalinks and wrong choices of questions are not. A piece is a section of a page, a term of the
glossary, a symbol, an object of the package or a work of the bibliography. The index is a script,
``_static/search/data.js``, since pages opened from disk may read nothing else; a browser fetches
it when the reader begins to search, and `docs/_static/search/engine.js` ranks what it holds.

``docs/search.yml`` says in readers' words what a page teaches, where its own words differ.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import yaml
from book_terms import LIST, listed
from book_timed import MEASURED
from bs4 import BeautifulSoup, Comment, Tag
from bs4.element import NavigableString, PageElement
from sphinx.application import Sphinx

DATA = "_static/search/data.js"
WORDS = "search.yml"
# What is on the page but not part of its text.
SKIPPED = {"button", "script", "style", "noscript", "summary", "template"}
SKIPPED_CLASSES = {
    "headerlink", "reading-time", "section-number", "eqno", "viewcode-back", "viewcode-link",
    "question-choices", "question-mistakes", "question-reasons", "copybtn",
}  # fmt: skip
# These stand on lines of their own; what else there is runs on in the sentence.
BLOCKS = {
    "p", "li", "dt", "dd", "tr", "td", "th", "div", "section", "figcaption", "table", "ul", "ol",
    "dl", "h1", "h2", "h3", "h4", "details", "figure", "blockquote",
}  # fmt: skip
HEADINGS = {"h1", "h2", "h3"}
# How formulas are written in a line.
BETWEEN = {"mfrac": " / ", "msup": "^", "msub": "_"}
APPLIES = "\u2061"  # between a function and what it is applied to: a sign that nobody sees
SPACED = set("=+−-·≈<>≤≥→∈⊙×/")
LEFT_OUT = {"genindex", "py-modindex", "search", "404"}
# What Sphinx brings for its own search, which has no place here.
UNUSED = ("searchindex.js", "_static/searchtools.js", "_static/language_data.js")


def formula(node: PageElement) -> str:
    """Return a formula in MathML as a line of text."""
    if isinstance(node, NavigableString):
        return str(node).replace(APPLIES, "").strip()
    parts = [
        formula(child) for child in node.children if isinstance(child, Tag) or str(child).strip()
    ]
    text = "".join(parts)
    if node.name in BETWEEN and len(parts) == 2:
        first = bracketed(parts[0]) if node.name == "mfrac" else parts[0]
        return f"{first}{BETWEEN[node.name]}{bracketed(parts[1])}"
    if node.name in {"mtd", "mtext", "mspace"} or (node.name == "mo" and text in SPACED):
        return f" {text} "
    match node.name:
        case "mover" | "munder" | "munderover" | "msubsup":
            return f"{parts[0]} " if parts and parts[0] in set("∑∏∫") else parts[0] if parts else ""
        case "msqrt":
            return f"√{bracketed(text)}"
        case "annotation":
            return ""
        case "mi" if len(text) > 1:  # the name of a function
            return f" {text} "
    return text


def bracketed(text: str) -> str:
    """Return a part of a formula so that one sees in a line where it ends."""
    text = " ".join(text.split())
    return f"({text})" if len(text) > 1 and not text.isalnum() else text


def tidy(text: str) -> str:
    """Return a text in one line, with one space between words and none before punctuation."""
    return re.sub(r" ([,.;:?!)])(?= |$)", r"\1", " ".join(text.split()))


class Piece:
    """A section that is being read."""

    def __init__(self, anchor: str = "", title: str = "") -> None:
        self.anchor, self.title = anchor, title
        self.text: list[str] = []
        self.code: list[str] = []

    def as_dict(self) -> dict[str, Any]:
        code = "\n".join(line.strip() for part in self.code for line in part.splitlines())
        return {
            "anchor": self.anchor, "title": self.title, "text": tidy("".join(self.text)),
            "code": re.sub(r"\n+", "\n", code).strip(),
        }  # fmt: skip


def is_skipped(node: Tag) -> bool:
    return node.name in SKIPPED or not SKIPPED_CLASSES.isdisjoint(node.get("class") or ())


def read(node: Tag, piece: Piece, pieces: list[Piece]) -> None:
    """Read a part of a page into the piece it belongs to; headings begin new pieces."""
    for child in node.children:
        if isinstance(child, Comment):
            continue
        if isinstance(child, NavigableString):
            piece.text.append(str(child))
        elif not isinstance(child, Tag) or is_skipped(child):
            continue
        elif child.name == "section" and (heading := child.find(HEADINGS, recursive=False)):
            inner = Piece(str(child.get("id", "")), plain(heading))
            pieces.append(inner)
            heading.decompose()
            read(child, inner, pieces)
        elif child.name == "math":
            piece.text.append(f" {formula(child)} ")
        elif child.name == "pre":
            piece.code.append(child.get_text())
        else:
            edge = " " if child.name in BLOCKS else ""
            piece.text.append(edge)
            read(child, piece, pieces)
            piece.text.append(edge)


def plain(node: Tag) -> str:
    """Return the text of a node, and nothing of what is skipped."""
    piece = Piece()
    read(node, piece, [])
    return tidy("\n".join(["".join(piece.text), *piece.code]))


def sections(article: Tag) -> list[dict[str, Any]]:
    """Return the sections of a page, the page itself first."""
    pieces: list[Piece] = []
    read(article, Piece(), pieces)
    return [piece.as_dict() for piece in pieces]


def definitions(article: Tag) -> list[dict[str, Any]]:
    """Return the terms of a glossary with what they mean."""
    found = []
    for term in article.select("dl.glossary > dt[id]"):
        meaning = term.find_next_sibling("dd")
        if meaning is not None:
            text = plain(meaning).partition("→")[0].strip()
            found.append({"anchor": term["id"], "title": plain(term), "text": text, "code": ""})
    return found


def symbols(article: Tag) -> list[dict[str, Any]]:
    """Return the symbols of the tables, under the section in which they stand."""
    found = []
    for row in article.select("table tbody tr"):
        cells = [plain(cell) for cell in row.find_all("td")]
        table = row.find_parent("table")
        if len(cells) >= 2 and table is not None:
            text = cells[1].partition("→")[0].strip()
            found.append({
                "anchor": str(table.get("id", "")), "title": cells[0], "text": text,
                "code": cells[2] if len(cells) > 2 else "",
            })  # fmt: skip
    return found


def objects(article: Tag) -> list[dict[str, Any]]:
    """Return the documented objects of the package."""
    found = []
    for signature in article.select("dt.sig[id]"):
        body = signature.find_next_sibling("dd")
        own = BeautifulSoup(str(body or ""), "html.parser")
        for inner in own.select("dl.py"):  # methods are objects of their own
            inner.decompose()
        name = str(signature["id"])
        text, code = Piece(), plain(signature)
        read(own, text, [])
        found.append({
            "anchor": name, "title": name, "text": tidy("".join(text.text)), "code": code,
        })  # fmt: skip
    return found


def works(article: Tag) -> list[dict[str, Any]]:
    """Return the works of a bibliography."""
    found = []
    for entry in article.select("div.citation[id]"):
        text = " ".join(plain(part) for part in entry.find_all("p"))
        title = re.split(r"(?<=\w{3})[.,] ", text, maxsplit=1)[0]
        found.append({"anchor": entry["id"], "title": title, "text": text, "code": ""})
    return found


def kind_of(page: str, chapters: set[str]) -> str:
    if page.startswith("api"):
        return "reference"
    if page in {"glossary", "notation", "bibliography"}:
        return page
    return "page" if page in chapters else "about"


def article_of(html: str) -> str:
    """Return the text's part of a page: what later steps of a build write stands outside of it."""
    start, end = html.find('<article class="bd-article"'), html.rfind("</article>")
    return html[start:end] if -1 < start < end else ""


def read_page(html: str, kind: str) -> list[dict[str, Any]]:
    """Return the pieces of the text of a written page."""
    article = BeautifulSoup(html, "html.parser").find("article")
    if article is None:
        return []
    for measured in article.select(MEASURED):  # other in each build, and nobody searches for it
        measured.replace_with("…" if measured.name == "span" else "")
    split = {
        "glossary": definitions, "notation": symbols, "reference": objects, "bibliography": works,
    }.get(kind)  # fmt: skip
    entries = split(article) if split else []
    found = sections(article)
    # The page itself is found by its title and its first words; its entries stand for the rest.
    return [*found[:1], *entries] if split else found


def pages_of(app: Sphinx) -> list[str]:
    return sorted(set(app.env.found_docs) - LEFT_OUT)


def make_index(app: Sphinx) -> dict[str, Any]:
    """Return all pages with their pieces; pages that did not change are not read again."""
    memo_file = Path(app.doctreedir, "search.json")
    try:
        memo = json.loads(memo_file.read_text("utf-8"))
    except (OSError, ValueError):
        memo = {}
    own = hashlib.sha256(Path(__file__).read_bytes())
    chapters = {name for name, meta in app.env.metadata.items() if "kernelspec" in meta}
    chapters -= {app.config.root_doc, "errata", "how-built"}
    words = Path(app.srcdir, WORDS)
    teaches = yaml.safe_load(words.read_text("utf-8")) if words.is_file() else {}
    terms = Path(app.srcdir, LIST)
    introduced = listed(terms)["terms"] if terms.is_file() else []
    kept, pages = {}, []
    for page in pages_of(app):
        html = article_of(Path(app.builder.get_outfilename(page)).read_text("utf-8"))
        kind = kind_of(page, chapters)
        digest = own.copy()
        digest.update(f"{kind}\0{html}".encode())
        key = digest.hexdigest()
        kept[key] = pieces = memo.get(key) or read_page(html, kind)
        if pieces:
            pages.append({
                "url": app.builder.get_target_uri(page),
                "kind": kind,
                "title": pieces[0]["title"],
                "teaches": teaches.get(page, []),
                "introduces": [term["term"] for term in introduced if term["page"] == page],
                "pieces": pieces,
            })  # fmt: skip
    memo_file.write_text(json.dumps(kept), "utf-8")
    return {"pages": pages}


def write_index(app: Sphinx, exception: Exception | None) -> None:
    """Write the index, and take away what Sphinx brings for its own search."""
    if exception or app.builder.name != "html":
        return
    site = Path(app.outdir)
    for name in UNUSED:
        (site / name).unlink(missing_ok=True)
    target = site / DATA
    target.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(make_index(app), ensure_ascii=False, separators=(",", ":"))
    target.write_text(f"BookSearch.data = {data};\n", "utf-8")


def search_page(app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    """Let Sphinx write the page of the search, though not its index."""
    return [("search", {"title": "Search"}, "search.html")] if app.builder.name == "html" else []


def leave_out_own_search(app: Sphinx) -> None:
    app.builder.search = False


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", leave_out_own_search)
    app.connect("html-collect-pages", search_page)
    # Before the style sheets are joined, which look at what scripts there are.
    app.connect("build-finished", write_index, priority=800)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
