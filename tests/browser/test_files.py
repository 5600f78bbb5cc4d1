"""What is published is only the site, and browsers never show an old part of it."""

import os
import re
from pathlib import Path

import pytest

SITE = Path(os.environ.get("DLBOOK_SITE", Path(__file__).parents[2] / "build" / "html"))


def test_every_file_beside_the_pages_is_asked_for(site):
    if (site / "_static" / "basic.css").exists():
        pytest.skip("Sphinx's own folder: nox leaves out what nobody asks for")
    texts = [
        path.read_text("utf-8") for end in ("html", "css", "js") for path in site.rglob(f"*.{end}")
    ]
    everything = "\n".join(texts)
    # Licences and notes lie beside what they are about.
    unasked = [
        path.relative_to(site).as_posix()
        for path in (site / "_static").rglob("*")
        if path.is_file()
        and path.name not in everything
        and "live" not in path.parts  # its runtime finds packages by a list of its own
        and not re.search(r"LICENSE|OFL|README|NOTICE|COPYING", path.name)
    ]
    assert unasked == []


def test_nothing_of_the_build_is_published(site):
    wrong = {".doctrees", ".buildinfo", "searchindex.js"}
    found = [p.relative_to(site).as_posix() for p in site.rglob("*") if p.name in wrong]
    if (site / "_static" / "basic.css").exists():
        found = [name for name in found if ".buildinfo" not in name]
    assert found == []
    if not (site / "_static" / "basic.css").exists():
        assert not list(site.rglob("*.map"))


def test_styles_and_scripts_carry_a_version(site):
    for page in [*site.glob("*.html"), *site.glob("api/*.html")]:
        text = page.read_text("utf-8")
        for address in re.findall(r'(?:href|src)="([^"]*_static/[^"]+\.(?:css|js)[^"]*)"', text):
            assert re.search(r"\?(?:v|digest)=\w+$", address), f"{page.name}: {address}"
        assert re.search(r' data-index="[0-9a-f]{8}"', text), page.name
