"""Sphinx configuration of the book: builds docs/ into build/html."""

import gc
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import sys
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parent
BUILD = ROOT / "build"
sys.path.insert(0, str(ROOT / "docs" / "_ext"))

from book_runner import TIMEOUT, settle_surroundings  # noqa: E402 - its folder has just been named

# A build makes hundreds of thousands of nodes that live to its end; looking for dead ones among
# them after every 700 new ones takes a quarter of a build in which nothing changed.
gc.set_threshold(200_000, 20, 20)

project = "The mathematical building blocks of neural networks"
author = "The dlbook authors"
copyright = "2026, the dlbook authors"
release = version = importlib.metadata.version("dlbook")
language = "en"

extensions = [
    "book_api",
    "book_bibliography",
    "book_checks",
    "book_code_links",
    "book_css",
    "book_epub",
    "book_execution",
    "book_explorers",
    "book_html",
    "book_live",
    "book_mathml",
    "book_notebooks",
    "book_parts",
    "book_questions",
    "book_reading_time",
    "book_search",
    "book_terms",
    "book_timed",
    "myst_nb",
    "notfound.extension",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "sphinx_copybutton",
    "sphinx_design",
    "sphinx_exercise",
    "sphinxcontrib.bibtex",
]
# Relative to the source folder; the paths below are relative to this file.
exclude_patterns = ["_*", "**/__pycache__"]
templates_path = ["docs/_templates"]

# -- pages -----------------------------------------------------------------------------------

myst_enable_extensions = ["amsmath", "colon_fence", "deflist", "dollarmath", "smartquotes"]
myst_dmath_double_inline = True
myst_heading_anchors = 3
numfig = True
math_numfig = False
bibtex_bibfiles = [str(ROOT / "docs" / "references.bib")]
bibtex_reference_style = "author_year"

# -- the reference of the package ------------------------------------------------------------

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # the docstrings give types, shapes and ranges
numpydoc_show_class_members = False
# numpydoc brings autosummary, which would import every module to look for tables to make.
autosummary_generate = False
# Names of other libraries: their inventories are on the network, which the build does not use.
nitpick_ignore_regex = [
    ("py:.*", r"(np|numpy|tf|tensorflow|keras|matplotlib|collections|typing)\..*"),
]

# -- execution -------------------------------------------------------------------------------


def package_digest() -> str:
    """Return a digest of all that a page's output depends on, besides the page itself."""
    digest = hashlib.sha256()
    libraries = "numpy", "tensorflow", "keras", "matplotlib", "tensorboard"
    for name in (*libraries, "ipykernel", "sphinx", "myst-nb"):
        digest.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    digest.update(f"{platform.python_version()} {platform.machine()}\n".encode())
    package = Path(importlib.util.find_spec("dlbook").origin).parent
    kernel = ROOT / "docs" / "_kernel"
    for folder in (package, kernel):
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(folder)}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


nb_execution_mode = "cache"
# jupyter-cache looks at a page's cells only. A cache of its own for each state of the package
# makes it run them again when what they import has changed; Sphinx sees the new setting and
# reads every page again.
nb_execution_cache_path = str(BUILD / "executed" / package_digest())
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = TIMEOUT
# What to begin with where nobody has measured yet; `build/executed/seconds.json` knows better.
book_long_pages = [
    "overfitting", "bad-start", "evaluation", "relu-curves", "from-scratch", "first-look",
    "four-ways", "playground", "first-weights",
]  # fmt: skip
nb_merge_streams = True
# Nothing that a cell writes to standard error reaches the reader, and with -W it stops the build.
nb_output_stderr = "remove-warn"

# The package for the notebooks that readers take away; nox builds it before the pages.
book_wheel = next((str(path) for path in (BUILD / "wheel").glob("*.whl")), "")

# The settings of IPython, Matplotlib and Keras, in place of those of whoever builds the book.
settle_surroundings(BUILD)
# Where pages write the event files that `nox -s tensorboard` opens.
os.environ.setdefault("DLBOOK_LOGS", str(BUILD / "tensorboard"))

# -- the site --------------------------------------------------------------------------------

# The publishing workflow knows the site's address; a local build has none and invents none.
SITE_URL = os.environ.get("DLBOOK_SITE_URL", "")
if SITE_URL:
    extensions += ["sphinx_sitemap", "sphinxext.opengraph"]
    html_baseurl = ogp_site_url = SITE_URL.rstrip("/") + "/"
    sitemap_url_scheme = "{link}"
    sitemap_excludes = ["404.html", "genindex.html", "py-modindex.html", "search.html"]
    ogp_enable_meta_description = False  # book_html.py writes it
# The page for unknown addresses is served at any depth, so its links start at the root.
notfound_urls_prefix = urlsplit(SITE_URL).path.rstrip("/") + "/"

html_theme = "sphinx_book_theme"
html_title = "dlbook"
html_static_path = ["docs/_static"]
html_css_files = ["icons.css", "book.css"]
html_js_files = ["book.js", ("search/search.js", {"data-index": ""})]
html_math_renderer = "mathml"
html_copy_source = True
html_domain_indices = False  # the reference lists all modules on one page
html_show_sourcelink = False
html_favicon = "docs/_static/logo.svg"
# Without scripts the site is light; with them layout.html follows the reader's system.
html_context = {"default_mode": "light"}
if SITE_URL:
    # nox builds these beside the site that is published
    html_context |= {"epub": "dlbook.epub", "pdf": "dlbook.pdf"}
html_sidebars = {"**": ["navbar-logo.html", "search-button-field.html", "sbt-sidebar-nav.html"]}
html_theme_options = {
    "logo": {
        "image_light": "docs/_static/logo.svg",
        "image_dark": "docs/_static/logo.svg",
        "text": "dlbook",
    },
    "navbar_end": [],
    "navbar_persistent": [],
    "max_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": False,
    "use_fullscreen_button": False,
    "use_source_button": False,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}
copybutton_exclude = ".linenos, .gp, .go"

# -- the book as one file: `nox -s epub` -----------------------------------------------------

epub_basename = epub_uid = epub_identifier = "dlbook"
epub_description = "What a neural network computes, and how it learns: executed, tested pages."
epub_show_urls = "no"
epub_exclude_files = ["404.xhtml", "genindex.xhtml", "py-modindex.xhtml", "search.xhtml"]
suppress_warnings = ["epub.unknown_project_files"]  # the fonts of the site, which it leaves out
