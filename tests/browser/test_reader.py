"""What a reader does with the site: search, switch the theme, open the contents, take a page."""

import json

import pytest

WORDS = ["broadcasting", "overfitting", "NaiveDense", "chain rule", "backpropagation"]


@pytest.mark.parametrize("words", WORDS)
def test_search_finds(fresh_page, server, site, words):
    if not any(words in path.read_text() for path in site.glob("*.html")):
        pytest.skip(f"no page holds {words!r}")
    fresh_page.goto(f"{server.address}/index.html")
    fresh_page.keyboard.press("Control+K")
    fresh_page.keyboard.type(words)
    fresh_page.keyboard.press("Enter")
    fresh_page.wait_for_url("**/search.html?q=*")
    result = fresh_page.locator("#search-results li a").first
    result.wait_for()
    fresh_page.wait_for_timeout(300)
    result.click()
    fresh_page.wait_for_url(lambda url: "/search.html" not in url)
    text = fresh_page.locator("article").inner_text().lower()
    assert all(word.lower() in text for word in words.split())
    assert fresh_page.complaints == []


def test_search_works_from_disk(fresh_page, site):
    fresh_page.goto((site / "search.html").as_uri() + "?q=tensor")
    fresh_page.locator("#search-results li a").first.wait_for()


def theme(page):
    return page.evaluate("document.documentElement.dataset.theme")


@pytest.mark.parametrize("device", ["fresh_page", "phone"])
def test_theme_switch_works_by_mouse_and_is_remembered(request, server, device):
    page = request.getfixturevalue(device)
    page.emulate_media(color_scheme="light")
    page.goto(f"{server.address}/first-look.html")
    assert theme(page) == "light"
    page.locator(".theme-switch-button:visible").click()
    page.locator(".theme-change-button[data-mode=dark]:visible").click()
    assert theme(page) == "dark"
    page.goto(f"{server.address}/index.html")
    assert theme(page) == "dark"
    page.locator(".theme-switch-button:visible").click()
    page.locator(".theme-change-button[data-mode=auto]:visible").click()
    assert theme(page) == "light"


def test_theme_switch_works_by_keyboard(fresh_page, server):
    fresh_page.emulate_media(color_scheme="light")
    fresh_page.goto(f"{server.address}/first-look.html")
    fresh_page.locator(".theme-switch-button:visible").focus()
    fresh_page.keyboard.press("Enter")
    for _ in range(3):
        fresh_page.keyboard.press("ArrowDown")
    fresh_page.keyboard.press("Enter")
    assert theme(fresh_page) == "dark"


def test_dark_is_there_from_the_first_paint(fresh_page, server):
    fresh_page.emulate_media(color_scheme="dark")
    fresh_page.goto(f"{server.address}/first-look.html", wait_until="commit")
    fresh_page.wait_for_selector("body", state="attached")
    assert theme(fresh_page) == "dark"


@pytest.mark.parametrize("device", ["fresh_page", "phone"])
def test_search_button_opens_the_search_field(request, server, device):
    page = request.getfixturevalue(device)
    page.goto(f"{server.address}/first-look.html")
    page.locator(".search-button__button:visible").first.click()
    field = page.locator("#pst-search-dialog input")
    assert field.is_visible()
    assert field.evaluate("field => field === document.activeElement")
    page.keyboard.press("Escape")
    assert not field.is_visible()


def test_phone_opens_the_map_of_the_book_and_goes_to_a_page(phone, server):
    phone.goto(f"{server.address}/index.html")
    phone.locator(".primary-toggle:visible").click()
    phone.locator("dialog[open] a", has_text="Train your first network").click()
    phone.wait_for_url("**/first-look.html")


def test_phone_opens_the_contents_of_a_page(phone, server):
    phone.goto(f"{server.address}/first-look.html")
    phone.locator(".secondary-toggle:visible").click()
    phone.locator("dialog[open] a", has_text="Summary").click()
    phone.wait_for_url("**/first-look.html#summary")


def test_code_is_copied_without_prompts_and_outputs(fresh_page, server):
    fresh_page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    fresh_page.goto(f"{server.address}/first-look.html")
    cell = fresh_page.locator(".cell_input .highlight").first
    cell.hover()
    cell.locator("button.copybtn").click()
    fresh_page.wait_for_function(
        "async () => (await navigator.clipboard.readText()).startsWith('import keras\\n')"
    )


def test_download_button_gives_the_executed_notebook_and_the_source(fresh_page, server):
    fresh_page.goto(f"{server.address}/first-look.html")
    fresh_page.locator(".dropdown-download-buttons > button").click()
    with fresh_page.expect_download() as notebook:
        fresh_page.locator(".btn-download-notebook-button").click()
    cells = json.loads(notebook.value.path().read_text())["cells"]
    assert any(cell.get("outputs") for cell in cells)
    with fresh_page.expect_download() as source:
        fresh_page.locator(".btn-download-source-button").click()
    assert source.value.path().read_text().startswith("---\nfile_format: mystnb")


def test_unknown_address_gives_the_books_own_page(fresh_page, server):
    fresh_page.goto(f"{server.address}/deep/down/nowhere.html")
    assert "Page not found" in fresh_page.locator("h1").inner_text()
    fresh_page.locator("article p a, article li a").first.click()
    fresh_page.wait_for_url("**/index.html")


BLOCKED = """
Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("denied", "SecurityError"); },
});
"""


def test_a_browser_that_blocks_site_data_gets_a_site_that_works(fresh_page, phone, server):
    for page in (fresh_page, phone):
        page.add_init_script(BLOCKED)
        page.emulate_media(color_scheme="light")
        page.goto(f"{server.address}/first-look.html")
        page.locator(".theme-switch-button:visible").click()
        page.locator(".theme-change-button[data-mode=dark]:visible").click()
        assert theme(page) == "dark"
    phone.locator(".primary-toggle:visible").click()
    phone.locator(
        "#pst-primary-sidebar-modal a:visible, .bd-sidebar-primary a:visible"
    ).first.wait_for()
    fresh_page.goto(f"{server.address}/search.html?q=tensor")
    fresh_page.locator("#search-results li a").first.wait_for()
    assert fresh_page.complaints + phone.complaints == []


def test_paper_is_light_and_has_the_title_and_then_the_theme_comes_back(fresh_page, server):
    fresh_page.emulate_media(color_scheme="dark")
    fresh_page.goto(f"{server.address}/first-look.html")
    fresh_page.evaluate(
        "addEventListener('beforeprint', () => { window.printed = document.documentElement.dataset"
        ".theme; })"
    )
    fresh_page.pdf()
    assert fresh_page.evaluate("window.printed") == "light"
    assert theme(fresh_page) == "dark"
    fresh_page.emulate_media(media="print")
    assert fresh_page.locator("article h1").first.is_visible()


def test_all_tabs_are_on_paper_each_below_its_title(fresh_page, server):
    fresh_page.goto(f"{server.address}/many-workers.html")
    tabs = fresh_page.locator("article .sd-tab-set")
    assert tabs.locator(".sd-tab-content").count() > 1
    shown = """tabs => [...tabs.children].filter((part) => part.checkVisibility())
        .map((part) => [part.localName, part.getBoundingClientRect().top])"""
    assert [name for name, _ in tabs.evaluate(shown)].count("div") == 1
    fresh_page.emulate_media(media="print")
    parts = tabs.evaluate(shown)
    names = [name for name, _ in parts]
    assert names == ["label", "div"] * tabs.locator(".sd-tab-content").count()
    places = [place for _, place in parts]
    assert places == sorted(places)


def test_without_scripts_a_phone_has_a_link_in_place_of_the_menu(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{server.address}/first-look.html")
    assert not page.locator(".primary-toggle").is_visible()
    page.locator(".contents-link").click()
    assert page.url.endswith("/index.html#a-map-of-the-book")
    assert page.locator("#a-map-of-the-book a.reference").first.is_visible()
    context.close()


def test_the_list_of_pages_shows_the_parts_and_the_page_that_is_open(fresh_page, server):
    fresh_page.goto(f"{server.address}/gradients.html")
    bar = fresh_page.locator(".bd-docs-nav")
    parts = bar.locator(".caption-text").all_inner_texts()
    assert parts[:2] == ["Part 1: Look", "Part 2: Tensors and space"]
    assert len(parts) == 6
    here = bar.locator("[aria-current=page]")
    assert here.count() == 1
    assert "Go downhill with gradients" in here.inner_text()


def test_the_list_of_pages_stays_folded_on_the_next_page(fresh_page, server):
    fresh_page.goto(f"{server.address}/gradients.html")
    bar, button = fresh_page.locator("#pst-primary-sidebar"), fresh_page.locator(".primary-toggle")
    assert bar.is_visible()
    button.click()
    assert not bar.is_visible()
    assert button.get_attribute("aria-expanded") == "false"
    fresh_page.goto(f"{server.address}/tensors.html")
    assert not bar.is_visible()
    button.click()
    assert bar.is_visible()


def test_the_sidebar_says_whether_it_is_there_and_a_phone_has_a_dialog(fresh_page, phone, server):
    button = fresh_page.locator(".primary-toggle")
    for page, folded in [("gradients", False), ("tensors", True), ("gradients", False)]:
        fresh_page.goto(f"{server.address}/{page}.html")
        assert button.get_attribute("aria-expanded") == str(not folded).lower()
        for now in (not folded, folded, not folded):
            button.click()
            assert button.get_attribute("aria-expanded") == str(not now).lower()
            assert fresh_page.locator("#pst-primary-sidebar").is_visible() != now
    assert fresh_page.locator("dialog[open]").count() == 0
    phone.goto(f"{server.address}/gradients.html")
    assert phone.locator(".primary-toggle").get_attribute("aria-expanded") is None
    phone.locator(".primary-toggle").click()
    assert phone.locator("dialog[open]").count() == 1
    assert phone.evaluate("bookStorage.getItem('sidebar')") is None


def test_a_formula_is_in_the_way_of_the_tab_key_only_where_it_can_be_scrolled(fresh_page, server):
    # Formulas that a cell printed are among these; the theme looks after them, too, and later.
    fresh_page.goto(f"{server.address}/backward-pass.html")
    right = """wide => {
        const boxes = [...document.querySelectorAll(".math-block")];
        const sticks = (box) => box.scrollWidth > box.clientWidth;
        return boxes.some(sticks) === wide
            && boxes.every((box) => box.getAttribute("tabindex") === (sticks(box) ? "0" : null));
    }"""
    for width, wide in [(1280, False), (300, True), (1280, False), (300, True)]:
        fresh_page.set_viewport_size({"width": width, "height": 900})
        fresh_page.wait_for_function(right, arg=wide)
    fresh_page.wait_for_timeout(500)
    assert fresh_page.evaluate(right, True)


def test_the_button_that_prints_prints_and_no_other_place_does(fresh_page, server):
    fresh_page.add_init_script("window.printed = 0; window.print = () => { window.printed += 1; };")
    fresh_page.goto(f"{server.address}/first-look.html")
    fresh_page.locator("article h1").click()
    fresh_page.locator(".dropdown-download-buttons > button").click()
    assert fresh_page.evaluate("printed") == 0
    fresh_page.locator(".btn-download-pdf-button i").click()
    assert fresh_page.evaluate("printed") == 1
    fresh_page.evaluate("document.dispatchEvent(new Event('click'))")
    assert fresh_page.complaints == []
