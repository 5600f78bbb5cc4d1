"""What goes into the search index: the text of the pages, in pieces, without their buttons."""

from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]

book_search = pytest.importorskip("book_search", reason="needs the packages that build the site")

PAGE = """
<article class="bd-article">
<section id="top"><h1><span class="section-number">3. </span>Title<a class="headerlink">#</a></h1>
<p>The first    sentence, with <b>bold</b>.</p><p class="reading-time">Reading time: 3 minutes</p>
<section id="part"><h2>A part<a class="headerlink" href="#part">#</a></h2>
<p>The number is <span>60,000</span> , and <math><mi>p</mi><mo>=</mo><mfrac><mn>1</mn><mrow>
<mn>1</mn><mo>+</mo><mi>x</mi></mrow></mfrac></math>.</p>
<div><button>Copy</button><pre>print(784)
</pre></div>
<section class="question"><p>Why?</p><ul class="question-choices"><li>A wrong choice.</li></ul>
<details><summary>Show the answer</summary><p>Because.</p></details></section>
<script>var light = "dark";</script>
</section></section></article>
"""


def test_sections_become_pieces_with_text_and_code_apart():
    first, part = book_search.read_page(PAGE, "page")
    assert first == {
        "anchor": "top", "title": "Title", "text": "The first sentence, with bold.", "code": "",
    }  # fmt: skip
    assert part["anchor"] == "part"
    assert part["title"] == "A part"
    assert part["code"] == "print(784)"
    assert part["text"] == "The number is 60,000, and p = 1 / (1 + x). Why? Because."


def test_a_glossary_becomes_terms_with_their_definitions():
    html = """<article class="bd-article"><section id="g"><h1>Words</h1><dl class="glossary">
    <dt id="term-bias">bias<a class="headerlink">#</a></dt><dd><p>A number. → <a>A page</a></p></dd>
    </dl></section></article>"""
    _, term = book_search.read_page(html, "glossary")
    assert term == {"anchor": "term-bias", "title": "bias", "text": "A number.", "code": ""}


def test_objects_do_not_hold_the_words_of_their_methods():
    html = """<article class="bd-article"><section id="m"><h1>module</h1><dl class="py class">
    <dt class="sig" id="m.Layer"><span>Layer</span></dt><dd><p>A layer.</p><dl class="py method">
    <dt class="sig" id="m.Layer.call"><span>call</span></dt><dd><p>Call it.</p></dd></dl></dd></dl>
    </section></article>"""
    _, layer, call = book_search.read_page(html, "reference")
    assert (layer["title"], layer["text"]) == ("m.Layer", "A layer.")
    assert (call["title"], call["text"]) == ("m.Layer.call", "Call it.")


def test_what_was_measured_is_not_in_the_index():
    html = """<article class="bd-article"><section id="s"><h1>Speed</h1>
    <p>It took <span class="pasted-text timed">12</span> ms for <span class="pasted-text">7</span>.
    </p><div class="cell tag_timing"><div class="cell_input"><pre>run()</pre></div>
    <div class="cell_output"><pre>13 ms</pre></div></div>
    <div class="cell"><div class="cell_output"><pre>14</pre></div></div>
    <div class="page-times"><table><tr><td>15</td></tr></table></div></section></article>"""
    [page] = book_search.read_page(html, "page")
    assert page["text"] == "It took … ms for 7."
    assert page["code"] == "run()\n14"


def test_a_page_without_an_article_has_no_pieces():
    assert book_search.read_page("<p>nothing</p>", "page") == []


def test_every_page_says_in_readers_words_what_it_teaches_and_only_once():
    words = yaml.safe_load((ROOT / "docs" / "search.yml").read_text("utf-8"))
    pages = {path.stem for path in (ROOT / "docs").glob("*.*") if path.suffix in {".md", ".rst"}}
    assert words.keys() == pages - {"404"}
    for page, phrases in words.items():
        assert len(phrases) == len({phrase.lower() for phrase in phrases}), page


def test_the_table_of_queries_is_large_and_names_pages_that_exist():
    groups = yaml.safe_load((ROOT / "tests" / "search_queries.yml").read_text("utf-8"))
    queries = [query for group in groups.values() for query in group]
    assert len(queries) >= 60
    assert len(queries) == len(set(queries))
    for group in groups.values():
        for wanted in group.values():
            for page in [wanted] if isinstance(wanted, str) else wanted:
                assert any((ROOT / "docs" / f"{page}.{end}").is_file() for end in ("md", "rst"))


def test_the_list_of_pages_is_shown_in_the_parts_of_the_front_page():
    book_parts = pytest.importorskip("book_parts")
    parts = book_parts.parts_of((ROOT / "docs" / "index.md").read_text("utf-8"))
    titles = list(parts)
    assert titles[0] == "Part 1: Look"
    assert len(titles) == 6
    pages = [page for names in parts.values() for page in names]
    assert len(pages) == len(set(pages)), "no page stands in two parts"
    html = (
        '<ul class="nav"><li><a href="../first-look.html">1</a></li>'
        '<li><a class="current" href="#">2</a></li></ul>'
        '<ul class="nav"><li><a href="../errata.html">E</a></li></ul>'
    )
    shown = book_parts.in_parts(html, "tensors", parts)
    assert [title for title in titles if title in shown] == [titles[0], titles[1], titles[-1]]
    assert '<a aria-current="page" class="current" href="#">' in shown
    assert shown.count("<li>") == 3, "no page is lost"
