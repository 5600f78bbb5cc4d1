"""Every link inside the site leads to a page and to a place on it; the markup is well formed."""

import functools
from urllib.parse import unquote, urljoin, urlsplit

import html5lib
from bs4 import BeautifulSoup

# Parse errors of an old parser that today's HTML allows, or that MathML brings.
ALLOWED = set()


@functools.cache
def soup(path):
    return BeautifulSoup(path.read_text(), "html.parser")


@functools.cache
def places(path):
    return {tag["id"] for tag in soup(path).select("[id]")}


def test_internal_links_lead_to_a_file_and_to_a_place_in_it(site, every_page):
    broken = []
    for tag in soup(site / f"{every_page}.html").select("[href], [src]"):
        link = tag.get("href") or tag.get("src")
        target = urlsplit(urljoin(f"http://site/{every_page}.html", link))
        if target.netloc != "site":
            continue
        path = site / (unquote(target.path).lstrip("/") or "index.html")
        place = unquote(target.fragment)
        if not path.is_file():
            broken.append(f"{link}: no such file")
        elif place and path.suffix == ".html" and place not in places(path):
            broken.append(f"{link}: no such place")
    assert broken == []


def test_names_of_places_are_unique(site, every_page):
    ids = [tag["id"] for tag in soup(site / f"{every_page}.html").select("[id]")]
    assert [name for name in set(ids) if ids.count(name) > 1] == []


def test_markup_is_well_formed(site, every_page):
    parser = html5lib.HTMLParser()
    parser.parse((site / f"{every_page}.html").read_text())
    assert [(place, code) for place, code, _ in parser.errors if code not in ALLOWED] == []
