"""What holds for every page of the site, in both themes and at three widths."""

import hashlib
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

VENDOR = Path(__file__).parent / "vendor"
AXE = VENDOR / "axe-4.14.1.min.js"

# Long enough for a sentence, and no name of a file or hash of one.
BAD_ALT = re.compile(r"\S+\.(svg|png|jpe?g|gif|webp)|[0-9a-f]{16,}|.{0,14}", re.IGNORECASE)

WHAT_STICKS_OUT = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const boxed = (el) => el && el !== document.body &&
        (/auto|scroll|hidden|clip/.test(getComputedStyle(el).overflowX) || boxed(el.parentElement));
    return [`scrolls sideways: ${root.scrollWidth} of ${root.clientWidth}`].concat(
        [...document.body.querySelectorAll("*")]
            .filter((el) => el.getBoundingClientRect().right > root.clientWidth + 1 && !boxed(el))
            .slice(0, 5).map((el) => "  " + el.outerHTML.slice(0, 120)));
}"""
# The theme looks again which boxes scroll, 300 ms after a page has heard of its new width. On a
# busy machine that takes its time, so the page itself waits: the listeners have heard of it by the
# frame after, and of two timers the one that is set first and shorter ends first.
RESIZED = """async (width) => {
    const frame = () => new Promise(requestAnimationFrame);
    do await frame(); while (innerWidth !== width);
    await frame();
    await new Promise((resolve) => setTimeout(resolve, 350));
}"""
# Of the radio buttons of a group, Tab reaches one, and the arrow keys reach the others.
USABLE = """() => {
    const wanted = "a[href], button, input, select, textarea, summary, [tabindex='0']";
    const usable = [...document.querySelectorAll(wanted)].filter((el) =>
        el.checkVisibility({ visibilityProperty: true }) && !el.disabled && el.tabIndex >= 0 &&
        el.type !== "hidden" && el.getClientRects().length &&
        !(el.type === "radio" && el !== document.querySelector(`[name="${el.name}"]`)));
    usable.forEach((el, index) => { el.dataset.testUsable = index; });
    window.reached = new Set();
    document.addEventListener("focusin", ({ target }) => window.reached.add(target));
    return usable.length;
}"""
NOT_REACHED = """() => [...document.querySelectorAll("[data-test-usable]")]
    .filter((el) => !window.reached.has(el) && el.checkVisibility({ visibilityProperty: true }))
    .map((el) => el.outerHTML.slice(0, 200))"""


@pytest.fixture
def at(shared_page, server):
    """Bring the shared page to an address, a theme and a width; load only what is not there."""

    def bring(page, theme, width):
        if (shared_page.viewport_size or {}).get("width") != width:
            shared_page.set_viewport_size({"width": width, "height": 900})
            shared_page.evaluate(RESIZED, width)
        shared_page.emulate_media(color_scheme=theme)
        address = f"{server.address}/{page}.html"
        if shared_page.url != address:
            shared_page.complaints.clear()
            shared_page.goto(address, wait_until="load")
        shared_page.wait_for_function(
            "theme => document.documentElement.dataset.theme === theme", arg=theme
        )
        return shared_page

    return bring


def test_axe_is_the_released_one():
    digest = hashlib.sha256(AXE.read_bytes()).hexdigest()
    assert f"`{digest}`" in (VENDOR / "README.md").read_text()


def test_page_is_sound_in_both_themes_at_three_widths(at, violations, page, like_others):
    # The dark theme has the same elements in other colours, so there only contrast is asked for,
    # and no width has colours of its own. Between phone and desktop nothing is new but the space.
    contrast = ["color-contrast"]
    looks = [
        (1280, "light", {}),
        (1280, "dark", None if like_others else {"rules": contrast}),
        (820, "light", None),
        (390, "light", None if like_others else {"without": contrast}),
    ]
    problems = []
    for width, theme, asked in looks:
        view = at(page, theme, width)
        found = [] if asked is None else violations(view, **asked)
        found += view.evaluate(WHAT_STICKS_OUT) + view.complaints
        problems += [f"{theme} {width}: {problem}" for problem in found]
        view.complaints.clear()
    assert not problems, "\n".join(problems)


def test_images_have_a_real_alternative_text_and_keep_their_place(site, page):
    text = BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "html.parser")
    for image in text.select("article img"):
        alt, source = image.get("alt", ""), image["src"]
        assert not BAD_ALT.fullmatch(alt), f"{source}: {alt!r}"
        assert image.get("width"), f"{source} has no size, so the text jumps when it arrives"


def walk_by_keyboard(view):
    """Go through a page with the Tab key, and return what can be used and was not reached."""
    view.reload()
    count = view.evaluate(USABLE)
    assert count >= 3
    for pressed in range(count + 40):
        view.keyboard.press("Tab")
        if pressed >= count and view.evaluate("document.activeElement === document.body"):
            break
    return view.evaluate(NOT_REACHED)


def test_keyboard_reaches_everything_that_can_be_used(at, framed_page):
    assert walk_by_keyboard(at(framed_page, "light", 1280)) == []


# The text of a page is the same on a phone, and the frame around it is that of all pages.
in_all_frames = pytest.mark.parametrize(
    "name", ["index", "first-look", "playground", "api", "search", "404"]
)


@in_all_frames
def test_keyboard_reaches_everything_on_a_phone(at, name):
    assert walk_by_keyboard(at(name, "light", 390)) == []


@in_all_frames
def test_skip_link_leads_to_the_content(at, name):
    view = at(name, "light", 1280)
    view.reload()
    view.keyboard.press("Tab")
    link = view.locator(":focus")
    assert link.inner_text() == "Skip to main content"
    assert link.bounding_box()["y"] >= 0, "it is seen when it has the focus"
    view.keyboard.press("Enter")
    view.wait_for_url("**#main-content", wait_until="commit")
    view.keyboard.press("Tab")
    assert view.evaluate("!!document.activeElement.closest('#main-content')")


def test_first_visit_keeps_to_the_policy_and_the_weight_budget(fresh_page, server, framed_page):
    server.sent.clear()
    fresh_page.goto(f"{server.address}/{framed_page}.html", wait_until="load")
    # What waits below the fold counts, too.
    fresh_page.evaluate(
        "document.querySelectorAll('img[loading]').forEach(i => i.removeAttribute('loading'))"
    )
    fresh_page.wait_for_load_state("networkidle")
    budget = 1_800_000 if framed_page == "playground" else 900_000
    heaviest = "\n".join(f"{size:9,} {path}" for path, size in server.sent.most_common(8))
    assert sum(server.sent.values()) <= budget, heaviest
    assert len(server.sent) <= 60
    assert fresh_page.complaints == []


def test_page_opens_from_disk(fresh_page, site, framed_page):
    if framed_page == "404":
        pytest.skip("a server shows this page at any depth, so its addresses begin at the root")
    fresh_page.complaints.clear()
    requests = []
    fresh_page.on("request", lambda request: requests.append(request.url))
    fresh_page.goto((site / f"{framed_page}.html").as_uri(), wait_until="load")
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    assert [c for c in fresh_page.complaints if not c.startswith("outside request: file:")] == []
    broken = fresh_page.eval_on_selector_all(
        "img:not([loading='lazy'])", "all => all.filter(i => !i.naturalWidth).map(i => i.src)"
    )
    assert broken == []
    assert fresh_page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight") != "700"
