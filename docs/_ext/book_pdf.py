"""Make one file of the whole book for paper: all pages of the built site behind each other.

`nox -s pdf` runs this. The pages are taken from the site in the order of its contents and joined
to a single page, whose links lead to places in it; Chromium prints that page with page numbers,
an outline and tags, so that readers of PDF files and screen readers find their way.

``python docs/_ext/book_pdf.py build/html build/pdf/dlbook.pdf`` does the same without nox.
"""

import base64
import os
import posixpath
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag

# Where runners of GitHub and others have it.
PLACES = ["/usr/bin/chromium", "/usr/bin/google-chrome", "/usr/bin/chromium-browser"]
FOUND = [path for path in PLACES if Path(path).exists()]
CHROMIUM = os.environ.get("DLBOOK_CHROMIUM", (FOUND or PLACES)[0])
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
# What stands on paper behind the pages of the contents; the reference is for screens.
APPENDIX = ["errata", "how-built", "glossary", "notation", "bibliography"]
NOT_PRINTED = "script, button, noscript, .headerlink, .explorer-app, #searchbox, .start-here"
STYLE = "<style>.bd-article + .bd-article { break-before: page }</style>"
FOOTER = """<div style="width:100%;font:8px sans-serif;text-align:center;color:#444">
<span class="pageNumber"></span></div>"""


def contents(site: Path) -> list[str]:
    """Return the names of the pages in the order of the book."""
    start = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    links = start.select(".bd-links a.reference.internal, nav.bd-links a")
    names = [re.sub(r"\.html.*", "", str(link.get("href"))) for link in links]
    pages = [name for name in names if name not in {"#", "", *APPENDIX} and "api" not in name]
    return [
        "index",
        *dict.fromkeys(pages),
        *(n for n in APPENDIX if (site / f"{n}.html").is_file()),
    ]


def taken(site: Path, name: str, names: set[str]) -> Tag:
    """Return the article of a page, with ids of its own and links into the single page."""
    soup = BeautifulSoup((site / f"{name}.html").read_text("utf-8"), "html.parser")
    article = soup.select_one("article.bd-article")
    if article is None:
        raise ValueError(f"{name}.html: expected a page with an article. Received: none")
    for node in article.select(NOT_PRINTED):
        node.decompose()
    for details in article.select("details"):
        details["open"] = ""
    for node in article.select("[id]"):
        node["id"] = f"{name}--{node['id']}"
    for link in article.select("a[href]"):
        parts = urlsplit(str(link["href"]))
        page = re.sub(r"\.html$", "", posixpath.normpath(parts.path)) if parts.path else name
        if parts.scheme or parts.netloc:
            continue
        if page in names:
            link["href"] = f"#{page}--{parts.fragment}" if parts.fragment else f"#{page}"
        else:  # of the reference: the text is enough on paper
            link.unwrap()
    article["id"] = name
    return article


def single_page(site: Path) -> str:
    """Return the whole book as one page."""
    names = contents(site)
    start = BeautifulSoup((site / "index.html").read_text("utf-8"), "html.parser")
    sheets = "".join(str(link) for link in start.select("link[rel=stylesheet]"))
    explore = site / "_static" / "explore" / "explore.css"
    if explore.is_file():
        sheets += '<link rel="stylesheet" href="_static/explore/explore.css">'
    articles = "\n".join(str(taken(site, name, set(names))) for name in names)
    title = start.select_one("article h1")
    words = title.get_text().rstrip("#").strip() if title else "dlbook"
    return (
        f'<!DOCTYPE html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{words}</title>{sheets}{STYLE}</head><body><main class='bd-main'>"
        f"<div class='bd-content'><div class='bd-article-container'>{articles}</div></div></main>"
        "</body></html>"
    )


def print_book(site: Path, target: Path) -> None:
    """Print the book into a file."""
    # Here, since all else is done, and tested, without a browser.
    from playwright.sync_api import sync_playwright

    page_file = site / "_book.html"  # beside the pages, so that figures and fonts are found
    page_file.write_text(single_page(site), "utf-8")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()
            page.goto(page_file.resolve().as_uri(), wait_until="load", timeout=120_000)
            made = page.context.new_cdp_session(page).send(
                "Page.printToPDF",
                {
                    "displayHeaderFooter": True, "headerTemplate": "<span></span>",
                    "footerTemplate": FOOTER, "generateDocumentOutline": True,
                    "generateTaggedPDF": True, "printBackground": False,
                    "paperWidth": 8.27, "paperHeight": 11.69, "marginTop": 0.7,
                    "marginBottom": 0.8, "marginLeft": 0.75, "marginRight": 0.75,
                },
            )  # fmt: skip
            browser.close()
    finally:
        page_file.unlink()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(base64.b64decode(made["data"]))


if __name__ == "__main__":
    print_book(Path(sys.argv[1]), Path(sys.argv[2]))
