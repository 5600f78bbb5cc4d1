"""Nothing that is published tells of the machine that built it: pages, figures, notebooks, EPUB."""

import getpass
import os
import re
import socket
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Homes, environments and temporary files of any machine, not only of the one that runs the tests.
ANYWHERE = re.compile(
    rb"(?<![\w.:])/(?:home|Users)/[a-z][\w.-]*/|(?<![\w.:/])/root/|[A-Z]:\\+Users\\+"
    rb"|(?<![\w.:])/(?:tmp|var/folders)/\w|site-packages/|ipykernel_\d+|\.pyenv/|file:///\w",
)
PICKLES = {".pkl", ".pickle", ".doctree", ".npy", ".joblib"}


def texts_of_the_project() -> bytes:
    """Return all that the project itself says: what stands there is nobody's secret.

    Hidden files beside it are left out: tools keep notes there that know this machine.
    """
    places = [ROOT / "docs", ROOT / "src", ROOT / "tests"]
    files = [p for place in places for p in place.rglob("*") if p.suffix != ".gz" and p.is_file()]
    files += [path for path in ROOT.glob("[!.]*") if path.is_file()]
    return b"\n".join(path.read_bytes() for path in files if path.suffix != ".pyc")


def told_by_this_machine() -> list[bytes]:
    """Return paths, names and values of the environment, as they might stand in a file."""
    values = {str(ROOT), sys.prefix, sys.base_prefix, str(Path.home()), tempfile.gettempdir()}
    values |= {getpass.getuser(), socket.gethostname(), socket.getfqdn()}
    for name, value in os.environ.items():
        # A path that leads to programs is many; a short value is a word of many texts.
        values |= set(value.split(os.pathsep)) if name.endswith("PATH") else {value}
    known = texts_of_the_project()
    long_enough = {value for value in values if len(value) >= 8 and value.strip()}
    forms = {form.encode() for value in long_enough for form in (value, value.replace("/", "\\/"))}
    return sorted(form for form in forms if form not in known)


def leaks(content: bytes, told: list[bytes]) -> list[str]:
    """Return what a file says of a machine, with the text around it."""
    places = [match.start() for match in ANYWHERE.finditer(content)]
    places += [content.find(value) for value in told if value in content]
    return [content[max(place - 40, 0) : place + 80].decode(errors="replace") for place in places]


def published(site: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the content of every file of the site, and of the books beside it."""
    for path in sorted(site.rglob("*")):
        if path.is_file():
            yield path.relative_to(site).as_posix(), path.read_bytes()
    for book in [*site.glob("*.epub"), *ROOT.glob("build/epub/*.epub")]:
        with zipfile.ZipFile(book) as file:
            for name in file.namelist():
                yield f"{book.name}/{name}", file.read(name)


def test_nothing_published_tells_of_the_machine_that_built_it(site):
    told = told_by_this_machine()
    found = {name: leaks(content, told) for name, content in published(site)}
    assert {name: texts[:3] for name, texts in found.items() if texts} == {}


def test_nothing_published_is_a_pickle(site):
    for name, content in published(site):
        assert Path(name).suffix not in PICKLES, name
        assert not content.startswith((b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")), name


@pytest.mark.parametrize(
    "content",
    [
        b'File "/home/ada/book/docs/tensors.md", line 3',
        b"/Users/ada/book",
        rb"C:\\Users\\ada\\book",
        b"in /root/book",
        b"<ipython-input-3> /tmp/ipykernel_123/456.py:2: DeprecationWarning",
        b"/usr/lib/python3/site-packages/numpy/core",
        b"<a href='file:///srv/book/index.html'>",
    ],
)
def test_finds_paths_of_any_machine(content):
    assert leaks(content, [])


def test_finds_what_only_this_machine_knows(monkeypatch, tmp_path):
    value, place = (word + 3 * "-to-itself" for word in ("kept", "/srv/left"))  # not in this file
    monkeypatch.setenv("DLBOOK_TRIED", value)
    monkeypatch.setattr(sys, "prefix", place)
    told = told_by_this_machine()
    assert leaks(f"token={value};".encode(), told)
    assert leaks(f"in {place}/bin".encode(), told)
    # The real checkout may have a name that the project's own words hold.
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert str(tmp_path).encode() in told_by_this_machine()


@pytest.mark.parametrize("content", [b"the root of a tree", b"https://example.org/home/page/x"])
def test_does_not_take_plain_words_for_leaks(content):
    assert leaks(content, []) == []
