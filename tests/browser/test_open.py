"""What is shut when a page comes: menus, drawers, dialogs; and readers with needs of their own."""

import pytest

WHAT_STICKS_OUT = """() => [...document.querySelectorAll("body *")].filter((node) => {
    const boxed = (el) => el && el !== document.body &&
        (/auto|scroll|hidden|clip/.test(getComputedStyle(el).overflowX) || boxed(el.parentElement));
    return node.getBoundingClientRect().right > document.documentElement.clientWidth + 1 &&
        !boxed(node);
}).slice(0, 5).map((node) => node.outerHTML.slice(0, 120))"""
MENUS = {
    "take away": ".dropdown-download-buttons > button",
    "theme": ".theme-switch-button:visible",
    "pages": ".primary-toggle:visible",
    "contents": ".secondary-toggle:visible",
    "search": ".search-button__button:visible",
}


@pytest.mark.parametrize("menu", MENUS)
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 820, 390])
def test_axe_finds_nothing_when_a_menu_is_open(fresh_page, server, violations, menu, theme, width):
    fresh_page.set_viewport_size({"width": width, "height": 844})
    fresh_page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    fresh_page.goto(f"{server.address}/first-look.html")
    button = fresh_page.locator(MENUS[menu])
    if not button.count():
        pytest.skip(f"at {width} pixels there is no button for it")
    button.first.click()
    fresh_page.wait_for_timeout(400)
    assert violations(fresh_page) == []
    assert fresh_page.complaints == []


def test_axe_finds_nothing_when_all_answers_are_open(phone, server, violations):
    phone.goto(f"{server.address}/scores-to-loss.html")
    phone.evaluate("document.querySelectorAll('details').forEach((node) => { node.open = true; })")
    assert violations(phone) == []


def test_on_touch_copy_buttons_and_permalinks_are_seen(phone, server):
    phone.goto(f"{server.address}/scores-to-loss.html")
    for selector in ("button.copybtn", "h2 a.headerlink", ".eqno a.headerlink"):
        node = phone.locator(f"article {selector}").first
        assert node.evaluate(
            "node => { const style = getComputedStyle(node);"
            " return style.visibility === 'visible' && Number(style.opacity) > 0.5"
            " && node.getClientRects().length > 0; }"
        ), selector
    assert phone.evaluate(WHAT_STICKS_OUT) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_whatever_has_the_focus_shows_it(fresh_page, server, width):
    fresh_page.set_viewport_size({"width": width, "height": 844})
    fresh_page.goto(f"{server.address}/first-look.html")
    for _ in range(60):
        fresh_page.keyboard.press("Tab")
        seen = fresh_page.evaluate(
            """() => {
                const node = document.activeElement;
                if (node === document.body) return true;
                const ring = (el) => {
                    const style = getComputedStyle(el);
                    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0)
                        || style.boxShadow !== "none";
                };
                return ring(node) || ring(node.parentElement) || node.outerHTML.slice(0, 200);
            }"""
        )
        assert seen is True


def test_text_of_twice_the_size_does_not_widen_a_phones_page(phone, server):
    for name in ("first-look", "scores-to-loss", "index", "glossary"):
        phone.goto(f"{server.address}/{name}.html")
        phone.evaluate(
            "() => { const sheet = new CSSStyleSheet();"
            " sheet.replaceSync('html { font-size: 200% }');"
            " document.adoptedStyleSheets.push(sheet); }"
        )
        wide = phone.evaluate("document.documentElement.scrollWidth")
        assert wide <= 390, (name, wide, phone.evaluate(WHAT_STICKS_OUT))


def test_bars_stay_where_the_system_chooses_the_colours(fresh_page, server):
    fresh_page.emulate_media(forced_colors="active")
    fresh_page.goto(f"{server.address}/playground.html")
    bar = fresh_page.locator(".playground-fill").first
    bar.wait_for(state="attached")
    colour, ground = bar.evaluate(
        "node => [getComputedStyle(node).backgroundColor,"
        " getComputedStyle(node.closest('.explorer-app')).backgroundColor]"
    )
    assert colour not in {ground, "rgba(0, 0, 0, 0)"}


def test_who_asks_for_more_contrast_gets_it(fresh_page, server):
    fresh_page.emulate_media(contrast="more", color_scheme="light")
    fresh_page.goto(f"{server.address}/first-look.html")
    note = fresh_page.locator(".reading-time")
    assert note.evaluate("node => getComputedStyle(node).color") == "rgb(0, 0, 0)"


def test_a_descent_that_diverges_keeps_the_focus(fresh_page, server):
    fresh_page.goto(f"{server.address}/gradients.html")
    explorer = fresh_page.locator("[data-explorer=descent]")
    rate = explorer.get_by_role("slider").first
    rate.focus()
    fresh_page.keyboard.press("End")
    step = explorer.get_by_role("button", name="Step")
    step.focus()
    for _ in range(60):
        fresh_page.keyboard.press("Enter")
    assert "diverges" in explorer.inner_text()
    assert step.evaluate("node => node === document.activeElement")
