#!/usr/bin/env -S uv run --script
# /// script
# requires-python = ">=3.10"
# dependencies = ["nox[uv]>=2025.5.1"]
# ///
"""The tasks of the book: ``nox -l`` lists them; ``nox -s docs`` builds the site."""

import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox

nox.needs_version = ">=2025.5.1"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["docs", "tests"]

# Every page and many tests import TensorFlow anew. Compiled modules, kept in the sessions' own
# environments, make that 3 seconds rather than 8, so we overrule who asked for none.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

PROJECT = nox.project.load_toml("pyproject.toml")
CONSTRAINTS = "constraints.txt"
SITE = Path("build/html")
# -n reports every broken reference, -W makes warnings errors, --keep-going shows all of them.
SPHINX = ["-c", ".", "-n", "-W", "--keep-going", "docs", str(SITE)]
EPUB = [*SPHINX[:5], "-b", "epub", "-d", "build/epub-doctrees", "docs", "build/epub"]


def install(session: nox.Session, *groups: str, package: bool = True) -> None:
    """Install dependency groups at the versions of the constraints file, and the package."""
    wanted = [
        requirement
        for group in groups
        for requirement in nox.project.dependency_groups(PROJECT, group)
    ]
    session.install("--constraint", CONSTRAINTS, *wanted, *(["--editable", "."] if package else []))


@nox.session
def docs(session: nox.Session) -> None:
    """Build the site into build/html; pages that did not change are not run again."""
    # Sitemap and previews need the site's address, which the publishing workflow gives.
    install(session, "publish" if os.environ.get("DLBOOK_SITE_URL") else "docs")
    session.run("sphinx-build", *SPHINX, *session.posargs)
    if os.environ.get("DLBOOK_SITE_URL"):
        session.run("sphinx-build", *EPUB)
        shutil.copy("build/epub/dlbook.epub", SITE)
    session.log(f"Open {(SITE / 'index.html').resolve()} in a browser.")


@nox.session(default=False)
def epub(session: nox.Session) -> None:
    """Build the whole book as one file, build/epub/dlbook.epub."""
    install(session, "docs")
    session.run("sphinx-build", *EPUB, *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run the tests of the package and of the build."""
    install(session, "tests")
    # Two at a time, as each process holds TensorFlow; `-- -n 0 --pdb` gives one, and a debugger.
    session.run(
        "python", "-m", "pytest", "--numprocesses", "2", "--dist", "worksteal", *session.posargs
    )


@nox.session
def browser(session: nox.Session) -> None:
    """Look at every page of the built site with Chromium; `nox -s docs` comes first."""
    install(session, "browser", package=False)
    # Another Chromium than /usr/bin/chromium: DLBOOK_CHROMIUM=/path/to/it.
    session.run(
        "python", "-m", "pytest", "--confcutdir", "tests/browser", "tests/browser",
        "--numprocesses", "auto",
        *session.posargs,
    )  # fmt: skip


@nox.session
def notebooks(session: nox.Session) -> None:
    """Run every notebook that the built site offers, with the package and nothing of the docs."""
    install(session, "notebooks")
    files = session.posargs or [str(path) for path in sorted(SITE.glob("_sources/*.ipynb"))]
    if not files:
        session.error("There are no notebooks: build the site first, with `nox -s docs`.")
    with tempfile.TemporaryDirectory() as scratch:
        copies = [shutil.copy(name, scratch) for name in files]
        command = ("jupyter", "execute", "--timeout", "600")
        with ThreadPoolExecutor(2) as pool:  # most notebooks keep one core busy
            list(pool.map(lambda name: session.run(*command, name), copies))


@nox.session
def linkcheck(session: nox.Session) -> None:
    """Ask for every external link of the book; this needs the network."""
    install(session, "docs")
    session.run("sphinx-build", "-b", "linkcheck", *SPHINX[:2], "docs", "build/linkcheck")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, spelling and project metadata."""
    install(session, "lint", package=False)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("oxlint", "--deny-warnings", "docs/_static")
    session.run("codespell")
    session.run("validate-pyproject", "pyproject.toml")
    session.run("zizmor", "--offline", "--quiet", ".github")


@nox.session
def types(session: nox.Session) -> None:
    """Check the type hints of the package."""
    install(session, "types")
    session.run("mypy", *session.posargs)


@nox.session
def serve(session: nox.Session) -> None:
    """Show a live preview of the site that rebuilds when a page or the package changes."""
    install(session, "serve")
    session.run(
        "sphinx-autobuild", *SPHINX[:3], *SPHINX[5:], "--watch", "src", "--watch", "conf.py",
        "--re-ignore", r"/build/", *session.posargs,
    )  # fmt: skip


@nox.session
def tensorboard(session: nox.Session) -> None:
    """Open TensorBoard on the event files that the pages wrote when the site was built."""
    install(session, "docs")
    session.run("tensorboard", "--logdir", "build/tensorboard", *session.posargs)


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Measure speed and memory next to NumPy, Keras and others; write build/bench."""
    install(session, "bench")
    session.run("python", "-m", "dlbook.bench", *session.posargs)


@nox.session
def package(session: nox.Session) -> None:
    """Build wheel and sdist into dist/ and check both."""
    install(session, "package", package=False)
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", "--installer", "uv" if shutil.which("uv") else "pip")
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
    """Write the constraints file anew, with the newest versions that fit together."""
    session.install("uv")
    groups = [part for group in PROJECT["dependency-groups"] for part in ("--group", group)]
    session.run(
        "uv", "pip", "compile", "pyproject.toml", *groups, "--universal", "--upgrade",
        "--python-version", "3.10", "--no-header", "--no-annotate", "--output-file", CONSTRAINTS,
        *session.posargs,
    )  # fmt: skip


if __name__ == "__main__":
    nox.main()
