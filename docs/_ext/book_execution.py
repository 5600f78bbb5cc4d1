"""Run the pages that changed before Sphinx reads them, side by side, into MyST-NB's cache.

MyST-NB runs a page when Sphinx reads it: one after the other, and at the first error the build
stops with Sphinx's words. This extension fills the cache beforehand with `book_runner`, and when
claims do not hold, it stops the build with their list and nothing else. What stands in the cache
is used only if it is whole: each entry has a digest beside it, which is written last.
"""

import hashlib
import json
import shutil
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import book_timed
from book_runner import TIMEOUT, Page, Run, report, run_pages
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sqlalchemy.exc import DBAPIError

LOGGER = logging.getLogger(__name__)
DIGEST = "digest.txt"


class Cache:
    """MyST-NB's cache of executed notebooks, which notices damage; close it after use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = get_cache(str(folder))
        try:
            self.cache.list_cache_records()
        except Exception as error:
            LOGGER.info("the cache of executed pages cannot be read (%s): it begins anew", error)
            self.close()
            shutil.rmtree(folder, ignore_errors=True)
            self.cache = get_cache(str(folder))

    def close(self) -> None:
        """End the connections to the database."""
        self.cache.db.dispose()

    def place(self, notebook: NotebookNode) -> Path:
        """Return the file of an executed notebook."""
        _, key = self.cache.create_hashed_notebook(notebook)
        return self.folder / "executed" / key / "base.ipynb"

    def holds(self, notebook: NotebookNode) -> bool:
        """Tell whether the notebook has been executed; what is damaged is taken away."""
        try:
            record = self.cache.match_cache_notebook(notebook)
        except KeyError:
            return False
        place = self.place(notebook)
        try:
            digest = (place.parent / DIGEST).read_text("ascii")
            whole = hashlib.sha256(place.read_bytes()).hexdigest() == digest
        except (OSError, UnicodeDecodeError):
            whole = False
        if not whole:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()  # jupyter-cache removes only records that have a file
            self.cache.remove_cache(record.pk)
        return whole

    def add(self, page: Page, run: Run) -> None:
        """Keep an executed notebook."""
        bundle = CacheBundleIn(
            page.notebook, str(page.path), data={"execution_seconds": run.seconds}
        )
        place = self.place(page.notebook)
        book_timed.mark(page.notebook)
        try:
            self.cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
            digest = hashlib.sha256(place.read_bytes()).hexdigest()
            (place.parent / DIGEST).write_text(digest, "ascii")
        except OSError:  # the half of it would fill what room is left on the disk
            shutil.rmtree(place.parent, ignore_errors=True)
            raise


def pages_of(env: BuildEnvironment, names: Iterable[str]) -> list[Page]:
    """Return those of the documents that have cells."""
    pages = []
    for name in sorted(names):
        path = Path(env.doc2path(name))
        text = path.read_text("utf-8") if path.suffix == ".md" else ""
        if is_myst_markdown_notebook(text):
            notebook = read_myst_markdown_notebook(
                text, config=env.myst_config, add_source_map=True, path=path
            )
            pages.append(Page(name, path, notebook))
    return pages


def run_what_changed(app: Sphinx, env: BuildEnvironment, names: list[str]) -> None:
    """Run the pages that will be read and are not in the cache."""
    if app.config.nb_execution_mode != "cache":  # `-D nb_execution_mode=off` shows the layout alone
        return
    pages = pages_of(env, names)
    if not pages:
        return
    folder = Path(app.config.nb_execution_cache_path)
    folder.mkdir(parents=True, exist_ok=True)
    with closing(Cache(folder)) as cache:
        pages = [page for page in pages if not cache.holds(page.notebook)]
        if pages:
            run_into(cache, pages, app)


def run_into(cache: Cache, pages: list[Page], app: Sphinx) -> None:
    """Run pages and keep them in the cache; stop if a claim does not hold."""
    folder = cache.folder
    times = folder.parent / "seconds.json"
    known = measured(times)
    hints = {name: TIMEOUT - rank for rank, name in enumerate(app.config.book_long_pages)}

    def keep(page: Page, run: Run) -> None:
        if not run.failures:
            cache.add(page, run)
            known[page.name] = run.seconds
            times.write_text(json.dumps(known), "utf-8")

    try:
        runs = run_pages(pages, folder.parent, seconds=hints | known, tell=LOGGER.info, done=keep)
    except (OSError, DBAPIError) as error:  # a full disk, above all
        raise SystemExit(f"\nThe pages could not be run: {error}") from None
    if words := report(runs, {page.name: page.path for page in pages}):
        # Not an error of Sphinx, which would add its versions and a traceback to these words.
        raise SystemExit(f"\n{words}\n\nThe site was not built: mend the text or the code.")


def measured(times: Path) -> dict[str, float]:
    """Return how long pages took before, or nothing where that is not known."""
    try:
        return {
            str(name): float(value) for name, value in json.loads(times.read_text("utf-8")).items()
        }
    except (OSError, ValueError, AttributeError):
        return {}


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_config_value("book_long_pages", [], "")
    app.connect("env-before-read-docs", run_what_changed)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
