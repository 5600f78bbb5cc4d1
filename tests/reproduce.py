"""Build the book twice from nothing, and find what differs: ``nox -s reproduce``.

Both builds run every page anew, with other seeds of Python's hashes, in other time zones, with the
same SOURCE_DATE_EPOCH. Every file must then be the same to the byte, but for what cells with the
tag ``timing`` measured and drew: that is known from the executed pages of both builds, and covered
before the comparison wherever it is published. With names of pages, only these are built.
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "docs" / "_ext"))
from book_timed import MEASURED, TAG  # noqa: E402

COVERED = "[timing]"


@dataclass
class Timings:
    """What the cells with the tag ``timing`` gave in the builds that are compared.

    It is known of both builds together, since a number that one of them measured may stand in the
    other for something else, and has to be covered in both or in none.
    """

    texts: set[str] = field(default_factory=set)
    images: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)

    def add(self, notebook: dict) -> None:
        """Take up the cells of an executed page."""
        for cell in notebook["cells"]:
            if TAG not in cell["metadata"].get("tags", ()):
                continue
            self.sources.add("".join(cell["source"]))
            for output in cell.get("outputs", ()):
                self.add_output(output)

    def add_output(self, output: dict) -> None:
        """Take up texts, printed or glued, and the names that MyST-NB gives to images."""
        self.texts.update(line.strip() for line in "".join(output.get("text", ())).splitlines())
        for kind, content in output.get("data", {}).items():
            text = "".join(content)
            if kind.endswith("text/plain"):  # what is glued has a longer name
                self.texts.update(line.strip("'\" ") for line in text.splitlines())
            elif kind.startswith("image/"):
                svg = kind == "image/svg+xml"
                data = "\n".join(text.splitlines()).encode() if svg else b64decode(text)
                self.images.add(hashlib.sha256(data).hexdigest())
        self.texts.discard("")

    @classmethod
    def of(cls, *folders: Path) -> "Timings":
        """Read all executed pages in the caches of the builds."""
        timings = cls()
        for folder in folders:
            for path in folder.rglob("base.ipynb"):
                timings.add(json.loads(path.read_text("utf-8")))
        return timings

    def cover_text(self, text: str) -> str:
        """Cover what was measured in a text, the longest first."""
        values = map(re.escape, sorted(self.texts, key=len, reverse=True))
        return re.sub(rf"(?<![\w.])({'|'.join(values)})(?![\w.]*\w)", COVERED, text)

    def cover_images(self, text: str) -> str:
        """Cover the names of images that show what was measured."""
        return re.sub(r"\b[0-9a-f]{64}\b", lambda n: COVERED if n[0] in self.images else n[0], text)

    def cover_page(self, text: str) -> str:
        """Cover what was measured in a page."""
        soup = BeautifulSoup(self.cover_images(text), "html.parser")
        for measured in soup.select(MEASURED):
            measured.string = COVERED
        return str(soup)

    def cover_notebook(self, text: str) -> str:
        """Cover what was measured in a notebook."""
        notebook = json.loads(self.cover_images(text))
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                cell["source"] = self.cover_text(source)
            elif source in self.sources:
                cell["outputs"] = []
        return json.dumps(notebook)

    def cover_manifest(self, text: str) -> str:
        """Cover the images in the list of the parts of a book, which their names put in order."""
        lines = self.cover_images(text).splitlines()
        images = [re.sub(r' id="[^"]*"', "", line) for line in lines if "_images/" in line]
        return "\n".join([*(line for line in lines if "_images/" not in line), *sorted(images)])

    def cover(self, name: str, content: bytes) -> str:
        """Return the content of a file without what was measured."""
        text = content.decode("utf-8", "surrogateescape")
        if name.endswith((".html", ".xhtml")):
            return self.cover_page(text)
        if name.endswith(".ipynb"):
            return self.cover_notebook(text)
        if name.endswith("content.opf"):
            return self.cover_manifest(text)
        return self.cover_images(text)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return all files of a folder, and the parts of the books in it."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            name = path.relative_to(folder).as_posix()
            if path.suffix == ".epub":
                with zipfile.ZipFile(path) as book:
                    for part in book.infolist():
                        found[f"{name}/{part.filename}"] = book.read(part)
                        found[f"{name}/{part.filename} (time)"] = repr(part.date_time).encode()
            else:
                found[name] = path.read_bytes()
    return found


@dataclass
class Differences:
    """How two builds compare: files by name."""

    same: list[str] = field(default_factory=list)
    timed: list[str] = field(default_factory=list)
    wrong: dict[str, str] = field(default_factory=dict)


def first_difference(first: str, second: str) -> str:
    """Return where two texts part."""
    place = next(
        (k for k, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    here = slice(max(place - 60, 0), place + 60)
    return f"{first[here]!r}\n      {second[here]!r}"


def compare(first: dict[str, bytes], second: dict[str, bytes], timings: Timings) -> Differences:
    """Compare the files of two builds."""
    found = Differences()
    for name in sorted(first.keys() | second.keys()):
        if name not in first or name not in second:
            if COVERED in timings.cover_images(name):
                found.timed.append(name)
            else:
                found.wrong[name] = "is in one build only"
        elif first[name] == second[name]:
            found.same.append(name)
        else:
            covered = [timings.cover(name, files[name]) for files in (first, second)]
            if covered[0] == covered[1]:
                found.timed.append(name)
            else:
                found.wrong[name] = first_difference(*covered)
    return found


def build(folder: Path, pages: list[str], number: int) -> None:
    """Build the site and the EPUB file from nothing."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = [f"nb_execution_cache_path={folder / 'executed' / 'pages'}"]
    strict = ["-n", "-W", "--keep-going"]
    if pages:
        kept = {*pages, "index"}
        others = [path.name for path in (ROOT / "docs").glob("*.md") if path.stem not in kept]
        settings.append(",".join(["exclude_patterns=_*", *others]))
        strict = ["-q"]
    options = [part for setting in settings for part in ("-D", setting)]
    environment = os.environ | {
        "PYTHONHASHSEED": str(number),
        "TZ": ("UTC", "Pacific/Kiritimati")[number % 2],
        "DLBOOK_LOGS": str(folder / "tensorboard"),
    }
    environment.setdefault("SOURCE_DATE_EPOCH", "1767225600")  # 2026 begins
    for builder in ("html", "epub"):
        subprocess.run(
            [sys.executable, "-m", "sphinx", "-c", ".", *strict, *options, "-b", builder,
             "-d", str(folder / f"doctrees-{builder}"), "docs", str(folder / "made" / builder)],
            cwd=ROOT, env=environment, check=True, stderr=subprocess.DEVNULL if pages else None,
        )  # fmt: skip
    # Of the EPUB file its parts are looked at, not the folder from which it was packed.
    epub = folder / "made" / "epub"
    (epub / "dlbook.epub").rename(folder / "made" / "html" / "dlbook.epub")
    shutil.rmtree(epub)


def main(arguments: Iterable[str] | None = None) -> int:
    """Build twice, compare, report; return 1 if a file differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="*", help="names of pages; none: the whole book, strictly")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "reproduce")
    parser.add_argument(
        "--compare-only", action="store_true", help="take the builds that are there"
    )
    chosen = parser.parse_args(arguments)
    folders = [chosen.folder.resolve() / name for name in ("first", "second")]
    for number, folder in enumerate(folders, 1):
        if not chosen.compare_only:
            build(folder, chosen.pages, number)
    first, second = (files_of(folder / "made" / "html") for folder in folders)
    timings = Timings.of(*(folder / "executed" for folder in folders))
    found = compare(first, second, timings)
    for name, where in found.wrong.items():
        print(f"DIFFERS {name}\n      {where}")
    print(f"{len(found.same)} files are the same to the byte, {len(found.timed)} but for what was "
          f"timed, {len(found.wrong)} differ")  # fmt: skip
    return bool(found.wrong)


if __name__ == "__main__":
    raise SystemExit(main())
