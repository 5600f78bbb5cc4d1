"""A server and a browser for the built site; every test shares them."""

import functools
import gzip
import http.server
import os
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parents[2] / "docs" / "_ext"))

from book_pdf import CHROMIUM, FLAGS

SITE = Path(os.environ.get("DLBOOK_SITE", Path(__file__).parents[2] / "build" / "html")).resolve()
TEXT = {".html", ".css", ".js", ".svg", ".json", ".txt", ".xml", ".md", ".ipynb", ".inv"}

if not (SITE / "index.html").is_file():
    pytest.exit(f"There is no site in {SITE}: build it first, with `nox -s docs`.", returncode=2)

ALL_PAGES = sorted(
    path.relative_to(SITE).with_suffix("").as_posix()
    for path in SITE.rglob("*.html")
    if "_static" not in path.parts
)
# Listings of source code are all alike, and so is the frame around the pages of the reference:
# two of each stand for all where a look at every single one would tell nothing new.
LISTINGS = [page for page in ALL_PAGES if page.startswith("_modules/")]
REFERENCE = [page for page in ALL_PAGES if page.startswith("api/")]


def pages_with(mark):
    """Return the pages of the book whose markup has a text."""
    return [path.stem for path in sorted(SITE.glob("*.html")) if mark in path.read_text("utf-8")]


ASKING = pages_with("data-question=")
SETS = {
    "asking_page": ASKING,
    "page_with_fields": sorted({*ASKING, *pages_with("data-explorer=")}),
    "every_page": ALL_PAGES,
    "page": [page for page in ALL_PAGES if page not in LISTINGS[:-2]],
    "framed_page": [page for page in ALL_PAGES if page not in LISTINGS[:-1] + REFERENCE[:-2]],
}


def pytest_generate_tests(metafunc):
    """Run a test once for each page of the set that its argument names."""
    for name in SETS.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(name, SETS[name])


def pytest_collection_modifyitems(config, items):
    """Let each worker begin with its share of the live pages, some of which take minutes.

    pytest-xdist first gives each worker a part of the list, and later what others have left. A
    long test that came last would keep one core busy and the others waiting.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    live = [item for item in items if item.path.name == "test_live.py"]
    others = [item for item in items if item.path.name != "test_live.py"]
    ends = [place * len(others) // workers for place in range(workers + 1)]
    items[:] = [
        item
        for place in range(workers)
        for item in live[place::workers] + others[ends[place] : ends[place + 1]]
    ]


@pytest.fixture
def like_others(page):
    """Tell whether a page is one of the reference, which has two that stand for all."""
    return page in REFERENCE[:-2]


@pytest.fixture(scope="session")
def site():
    """The folder that holds the built site."""
    return SITE


@functools.cache
def compressed(path: Path) -> bytes:
    return gzip.compress(path.read_bytes())


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves the site as a good host does: compressed, and with its own page for errors."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, status = Path(self.translate_path(self.path)), 200
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            path, status = SITE / "404.html", 404
        packed = path.suffix in TEXT
        body = compressed(path) if packed else path.read_bytes()
        self.send_response(status)
        self.send_header("Content-Type", self.guess_type(str(path)))
        if packed:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.sent[self.path] += len(body)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="session")
def server():
    """The running server; ``server.sent`` counts the bytes that each address took."""
    handler = functools.partial(Handler, directory=str(SITE))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.sent = Counter()
        running.address = f"http://127.0.0.1:{running.server_port}"
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


# Chromium keeps a page of its own ready for what drops from the address bar, in every new window.
# Nobody sees it here, and it takes a third of the time of a test with a page of its own. Chromium
# reads only the last list of features, so what Playwright switches off and matters comes along.
SWITCHED_OFF = (
    "WebUIOmniboxPopup", "WebUIOmniboxAimPopup",
    "AimEnabled", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable", "HttpsUpgrades", "LensOverlay", "MediaRouter",
    "NetworkTimeServiceQuerying", "OptimizationHints", "PaintHolding", "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)  # fmt: skip


@pytest.fixture(scope="session")
def browser():
    flags = [*FLAGS, "--disable-features=" + ",".join(SWITCHED_OFF)]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield running
        running.close()


# What the policy of a page forbids is among the complaints, also where the browser is silent.
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) => console.error(
    `policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile || ""}`));"""


def watch(page, address):
    """Collect in ``page.complaints`` what the page must never do."""
    page.complaints = []
    # `nox -s mutation` waits less, since it breaks on purpose what the tests wait for.
    page.set_default_timeout(1000 * float(os.environ.get("DLBOOK_PATIENCE", "30")))

    def on_console(message):
        if message.type in {"error", "warning"}:
            page.complaints.append(f"console {message.type}: {message.text}")

    def on_request(request):
        if not request.url.startswith((address, "data:", "blob:")):
            page.complaints.append(f"outside request: {request.url}")

    page.on("console", on_console)
    page.on("pageerror", lambda error: page.complaints.append(f"script error: {error}"))
    page.on("request", on_request)
    page.add_init_script(REPORT_VIOLATIONS)
    return page


AXE = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text("utf-8")
# What still fades in has other colours than what it will be, so it is brought to its end; waiting
# for it may take for ever, since the browser lets what is out of sight stand still. Some things
# move for ever.
RUN_AXE = """async ([within, rules, without]) => {
    document.getAnimations()
        .filter(({ effect }) => effect.getComputedTiming().endTime < Infinity)
        .forEach((animation) => animation.finish());
    const options = {
        resultTypes: ["violations"],
        ...(rules && { runOnly: rules }),
        rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
    };
    const { violations } = await axe.run(within ?? document, options);
    return violations.flatMap(({ id, impact, nodes }) =>
        nodes.map((node) => `axe ${id} (${impact}): ${node.html.slice(0, 200)} ${node.any
            .concat(node.all, node.none).map((check) => check.message).join("; ").slice(0, 200)}`));
}"""


@pytest.fixture(scope="session")
def violations():
    """A function that says what axe finds on a page, or within an element.

    All rules are asked, or those that are named, or all but some.
    """

    def find(page, within=None, *, rules=None, without=()):
        # Not as a script of the page, which its policy forbids.
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE)
        return page.evaluate(RUN_AXE, [within, rules, list(without)])

    return find


@pytest.fixture(scope="session")
def shared_page(browser, server):
    """One page for all tests that leave no traces in it."""
    context = browser.new_context(reduced_motion="reduce")
    yield watch(context.new_page(), server.address)
    context.close()


@pytest.fixture
def fresh_page(browser, server):
    """A page as a first visitor has it: nothing stored, nothing cached."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield watch(context.new_page(), server.address)
    context.close()


@pytest.fixture
def phone(browser, server):
    """A first visitor's phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    yield watch(context.new_page(), server.address)
    context.close()
