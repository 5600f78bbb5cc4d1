"""Make the book as one file valid by epubcheck, and the same in every build.

Sphinx 8 and 9 write an EPUB file whose manifest does not say which pages have formulas, whose
order names pages that were left out, whose parts carry the time of the build, and that leaves the
font of the formulas out. Extensions write for HTML what XHTML does not know. `nox -s epub` asks
epubcheck, the checker of the format's makers, and a part of this file can go when Sphinx has
learned it: then epubcheck says nothing without it, too.
"""

import os
import re
import time
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import _epub_base
from sphinx.util import logging

LOGGER = logging.getLogger(__name__)
MATHML = "http://www.w3.org/1998/Math/MathML"
RELATIVE = re.compile(rb"(:has\(|,)\s*>\s*")
"""Where a selector in a selector begins with a child."""
OPS = "http://www.idpf.org/2007/ops"
# Attributes that MathML 3, which the format knows, has on this element only.
STYLE = ("displaystyle", "scriptlevel")
FIRST = 315_532_800
"""The first second that a file in a zip archive can carry: 1980 begins."""


def to_mathml_3(found: re.Match[str]) -> str:
    """Put an element with a style of its own into one that only has the style."""
    ET.register_namespace("", MATHML)
    math = ET.fromstring(found[0])  # noqa: S314 - the build has just written it
    for parent in list(math.iter()):
        for place, child in enumerate(list(parent)):
            style = {name: child.attrib[name] for name in STYLE if name in child.attrib}
            if style and child.tag != f"{{{MATHML}}}mstyle":
                wrapper = ET.Element(f"{{{MATHML}}}mstyle", style)
                for name in style:
                    del child.attrib[name]
                wrapper.tail, child.tail = child.tail, None
                wrapper.append(child)
                parent[place] = wrapper
    return ET.tostring(math, encoding="unicode")


def to_xhtml(body: str) -> str:
    """Return the body of a page in the words of XHTML."""
    # sphinx-design's icons name no language of their own, as HTML allows.
    body = re.sub(r"<svg (?![^>]*xmlns=)", '<svg xmlns="http://www.w3.org/2000/svg" ', body)
    # MyST-NB puts paragraphs into the line that folds a cell away.
    body = re.sub(r'<p class="(collapsed|expanded) ([^"]*)">(.*?)</p>',
                  r'<span class="\1 \2">\3</span>', body)  # fmt: skip
    # Of tabs, all but one would be hidden for ever: each becomes a title and what it is of.
    body = re.sub(r'<input [^>]*name="sd-tab-set-[^>]*>\s*', "", body)
    body = re.sub(r'<label [^>]*class="sd-tab-label[^>]*>\s*(.*?)</label>',
                  r'<p class="rubric">\1</p>', body, flags=re.S)  # fmt: skip
    body = body.replace('class="sd-tab-content ', 'class="')
    # HTML does not close what has no content.
    body = re.sub(r"<(br|col|hr|img|input|source|wbr)\b([^<>]*[^<>/])?>", r"<\1\2/>", body)
    return re.sub(r"<math\b.*?</math>", to_mathml_3, body, flags=re.S)


def correct(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Correct what the page was made of."""
    if app.builder.name == "epub" and "body" in context:
        body = context["body"] = to_xhtml(context["body"])
        try:
            ET.fromstring(f'<body xmlns:epub="{OPS}">{body}</body>')  # noqa: S314 - our own page
        except ET.ParseError as error:
            line = body.splitlines()[error.position[0] - 1]
            LOGGER.warning(
                "what e-books hold must be XHTML (%s): %s", error, line, location=pagename
            )


def complete(package: str, parts: dict[str, bytes]) -> str:
    """Return the list of the book's parts with what it lacks, and without what is not there."""

    def declared(item: re.Match[str]) -> str:
        content = parts.get(item[1], b"")
        has = [name for name, mark in (("mathml", b"<math"), ("svg", b"<svg")) if mark in content]
        page = item[1].endswith(".xhtml")
        return (
            f'{item[0][:-2].rstrip()} properties="{" ".join(has)}" />' if has and page else item[0]
        )

    package = re.sub(r'<item [^>]*href="([^"]+)"(?![^>]*properties)[^>]*/>', declared, package)
    there = set(re.findall(r'<item [^>]*\bid="([^"]+)"', package))
    return re.sub(
        r'\s*<itemref idref="([^"]+)"[^>]*/>',
        lambda ref: ref[0] if ref[1] in there else "",
        package,
    )


def moment() -> tuple[int, int, int, int, int, int]:
    """Return the time that all parts carry: SOURCE_DATE_EPOCH, or the first that there is."""
    year, month, day, hour, minute, second, *_ = time.gmtime(
        max(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), FIRST)
    )
    return year, month, day, hour, minute, second


def add_late_sheets(parts: dict[str, bytes], folder: Path) -> None:
    """Add the style sheets that extensions put into the folder after Sphinx wrote the book."""
    pages = b"".join(content for name, content in parts.items() if name.endswith(".xhtml"))
    linked = {
        name.decode() for name in re.findall(rb'<link [^>]*href="(?:\.\./)*([^"]+\.css)"', pages)
    }
    items = ""
    for number, name in enumerate(sorted(linked - parts.keys())):
        parts[name] = (folder / name).read_bytes()
        items += f'<item id="late-{number}" href="{name}" media-type="text/css" />\n    '
    package = parts["content.opf"].decode()
    parts["content.opf"] = package.replace("</manifest>", f"{items}</manifest>").encode()


def rewrite(book: Path) -> None:
    """Write the file anew, with a complete list of its parts and one time for all of them."""
    with zipfile.ZipFile(book) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    add_late_sheets(parts, book.parent)
    for name, content in parts.items():
        if name.endswith(".css"):  # of selectors in selectors, epubcheck knows those of descendants
            parts[name] = RELATIVE.sub(rb"\1", content)
    parts["content.opf"] = complete(parts["content.opf"].decode(), parts).encode()
    with zipfile.ZipFile(book, "w") as file:
        for name, content in parts.items():
            info = zipfile.ZipInfo(name, moment())
            info.compress_type = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            file.writestr(info, content)


def finish(app: Sphinx, exception: Exception | None) -> None:
    """Rewrite the book when Sphinx has written it."""
    if not exception and app.builder.name == "epub":
        rewrite(Path(app.outdir, f"{app.config.epub_basename}.epub"))


def setup(app: Sphinx) -> dict[str, bool]:
    _epub_base.MEDIA_TYPES[".woff2"] = "font/woff2"
    app.connect("html-page-context", correct, priority=950)
    app.connect("build-finished", finish, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
