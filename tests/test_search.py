"""What goes into the search index: the text of the pages, in pieces, without their buttons."""

import json
from pathlib import Path

import pytest
import yaml
from sphinx.application import Sphinx

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


@pytest.mark.parametrize(
    ("mathml", "line"),
    [
        ("<mi>x</mi> <mi>W</mi> <mo>+</mo> <mi>b</mi>", "xW + b"),
        ("<mo>(</mo><mi>x</mi><mo>)</mo>", "(x)"),
        ("<mfrac><mn>1</mn><mi>n</mi></mfrac>", "1 / n"),
        ("<mfrac>\n<mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow>\n<mi>c</mi>\n</mfrac>",
         "(a + b) / c"),
        ("<mfrac><mi>a</mi><mrow><mn>2</mn><mi>n</mi></mrow></mfrac>", "a / 2n"),
        ("<msup><mi>x</mi><mn>2</mn></msup>", "x^2"),
        ("<msup><mi>x</mi><mo>′</mo></msup>", "x^′"),
        ("<msup><mrow><mo>(</mo><mi>x</mi><mo>)</mo></mrow><mn>2</mn></msup>", "(x)^2"),
        ("<msup><mi>y</mi><mrow><mi>x</mi><mo>′</mo></mrow></msup>", "y^(x′)"),
        ("<mi>a</mi><mi>ln</mi><mi>b</mi>", "a ln b"),
        ("<msup><mi>e</mi><mrow><mo>−</mo><mi>z</mi></mrow></msup>", "e^(− z)"),
        ("<msub><mi>x</mi><mrow><mi>i</mi><mi>j</mi></mrow></msub>", "x_ij"),
        ("<msub><mi>x</mi><mrow><mi>i</mi><mo>,</mo><mi>j</mi></mrow></msub>", "x_(i,j)"),
        ("<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>", "x"),
        ("<mover><mi>x</mi><mo>¯</mo></mover><mi>y</mi>", "xy"),
        ("<munderover><mo>∑</mo><mi>k</mi><mn>9</mn></munderover><mi>x</mi>", "∑ x"),
        ("<munder><mo>∏</mo><mi>k</mi></munder><mi>x</mi>", "∏ x"),
        ("<mover></mover><mi>x</mi>", "x"),
        ("<msqrt><mi>x</mi></msqrt>", "√x"),
        ("<msqrt><mi>x</mi><mo>+</mo><mi>y</mi></msqrt>", "√(x + y)"),
        ("<mi>a</mi><mi>log</mi><mi>b</mi>", "a log b"),
        ("<mi>cos</mi><mo>\u2061</mo><mi>θ</mi>", "cos θ"),
        ("<mi>a</mi><mtext>if</mtext><mi>b</mi><mspace/><mi>c</mi>", "a if b c"),
        ("<mtr><mtd>1</mtd><mtd>2</mtd></mtr>", "1 2"),
        ("<mi>x</mi><annotation>x in TeX</annotation>", "x"),
    ],
)  # fmt: skip
def test_a_formula_becomes_a_line_that_can_be_read(mathml, line):
    html = f"<article><section id='s'><h1>T</h1><p>Let <math>{mathml}</math>!</p></section>"
    [page] = book_search.read_page(html, "page")
    assert page["text"] == f"Let {line}!"


def test_punctuation_stands_at_its_word_and_lines_become_one():
    assert book_search.tidy(" a \n  b , c ) . d :e ") == "a b, c). d :e"


def test_blocks_end_words_and_what_runs_on_in_a_line_does_not():
    html = """<article><section id="s"><h1>In<b>put</b></h1><ul><li>one</li><li>two</li></ul>
    <p>b<i>o</i><!-- no text -->ld</p>end<button>B</button><a class="x headerlink">#</a></section>
    <section><h2>No name</h2><p>Text.</p></section>
    <section id="bare"><p>belongs to what is around it</p></section></article>"""
    page, nameless = book_search.read_page(html, "page")
    assert (page["title"], page["text"]) == ("Input", "one two bold end")
    assert nameless == {"anchor": "", "title": "No name", "text": "Text.", "code": ""}


@pytest.mark.parametrize(
    "name",
    [
        *("p", "li", "dt", "dd", "tr", "td", "th", "div", "section", "figcaption", "table", "ul"),
        *("ol", "dl", "h1", "h2", "h3", "h4", "pre", "details", "figure", "blockquote"),
    ],
)
def test_words_of_two_blocks_are_never_one_word(name):
    html = f"<{name}>one</{name}><{name}>two</{name}>"
    node = book_search.BeautifulSoup(html, "html.parser")
    assert book_search.plain(node).split() == ["one", "two"]


@pytest.mark.parametrize(
    "name",
    [
        *("headerlink", "reading-time", "section-number", "eqno", "viewcode-back", "viewcode-link"),
        *("question-choices", "question-mistakes", "question-reasons", "copybtn"),
    ],
)
def test_what_is_no_text_of_the_page_is_not_in_the_index(name):
    html = f'<p>before <span class="more {name}">nothing</span> after</p>'
    assert book_search.plain(book_search.BeautifulSoup(html, "html.parser")) == "before after"


def test_a_heading_inside_of_something_else_is_not_that_of_the_section():
    html = """<article><section id="s"><h1>Title</h1><section id="aside"><div><h2>Box</h2></div>
    <p>inside</p></section></section></article>"""
    [page] = book_search.read_page(html, "page")
    assert page["text"] == "Box inside"


def test_sections_inside_of_something_else_are_pieces_too_and_words_before_the_text_are_not():
    html = """<p>Before.</p><article><section id="s"><h1>Title</h1><div><section id="in"><h2>Inner
    </h2><p>inside</p></section></div></section></article>"""
    page, inner = book_search.read_page(html, "page")
    assert (page["title"], page["text"]) == ("Title", "")
    assert (inner["anchor"], inner["title"], inner["text"]) == ("in", "Inner", "inside")


def test_code_is_kept_in_lines_without_those_that_are_empty():
    html = """<article><section id="s"><h1>T</h1><pre>for x in y:

    print(x)
</pre><p>It prints:</p><pre>
1


2</pre></section></article>"""
    [page] = book_search.read_page(html, "page")
    assert page["code"] == "for x in y:\nprint(x)\n1\n2"
    assert page["text"] == "It prints:"


def test_a_term_without_a_definition_is_left_out():
    html = """<article><section id="g"><h1>Words</h1><dl class="glossary"><dt id="term-a">a</dt>
    </dl><dl class="glossary"><dt>no anchor</dt><dd>d</dd><dt id="term-b">b</dt><dt id="term-c">
    c</dt><dd>B: <code>x</code></dd></dl><dl><dt id="other">no term</dt><dd>d</dd></dl>
    <section id="more"><h2>More</h2><p>words</p></section></section></article>"""
    page, *terms = book_search.read_page(html, "glossary")
    assert page["title"] == "Words"
    assert terms == [
        {"anchor": "term-b", "title": "b", "text": "B: x", "code": ""},
        {"anchor": "term-c", "title": "c", "text": "B: x", "code": ""},
    ]


def test_a_table_of_symbols_becomes_one_piece_for_each():
    html = """<article><section id="n"><h1>Symbols</h1><table id="tab-a"><thead><tr><th>Symbol</th>
    <th>Meaning</th><th>Code</th></tr></thead><tbody><tr><td><math><mi>x</mi></math></td><td>The
    input → <a>Page</a></td><td><code>x</code>, <code>images</code></td></tr><tr><td>y</td><td>The
    answer</td></tr><tr><td colspan="2">alone</td></tr></tbody></table>
    <table><tbody><tr><td>z</td><td>Scores</td><td>z</td></tr></tbody></table></section>
    </article>"""
    page, *found = book_search.read_page(html, "notation")
    assert page["title"] == "Symbols"
    assert found == [
        {"anchor": "tab-a", "title": "x", "text": "The input", "code": "x, images"},
        {"anchor": "tab-a", "title": "y", "text": "The answer", "code": ""},
        {"anchor": "", "title": "z", "text": "Scores", "code": "z"},
    ]


def test_an_object_has_its_signature_as_code_and_the_text_of_its_documentation():
    html = """<article><section id="m"><h1>module</h1><dl class="py function">
    <dt class="sig" id="m.relu"><span>m.</span><span>relu</span>(<em>x</em>)<a class="headerlink">#
    </a></dt><dd><p>Replace  negative</p><p>entries .</p><pre>relu(-1)</pre></dd></dl>
    <dl class="py data"><dt class="sig" id="m.SIZE">m.SIZE</dt></dl></section></article>"""
    _, relu, size = book_search.read_page(html, "reference")
    assert relu == {
        "anchor": "m.relu", "title": "m.relu", "text": "Replace negative entries.",
        "code": "m.relu(x)",
    }  # fmt: skip
    assert size == {"anchor": "m.SIZE", "title": "m.SIZE", "text": "", "code": "m.SIZE"}


def test_a_work_is_found_by_its_author_and_by_all_of_its_text():
    html = """<article><section id="b"><h1>Works</h1><div class="citation" id="id1">
    <span>[B]</span><p>John S. Bridle. On outputs. In</p><p>Neurocomputing, 1990.</p></div>
    <div class="citation">no anchor</div></section></article>"""
    page, work = book_search.read_page(html, "bibliography")
    assert page["title"] == "Works"
    assert work == {
        "anchor": "id1", "title": "John S. Bridle",
        "text": "John S. Bridle. On outputs. In Neurocomputing, 1990.", "code": "",
    }  # fmt: skip


def test_the_article_is_cut_out_of_what_later_steps_write_around_it():
    article = '<article class="bd-article" role="main"><article class="bd-article">a</article>'
    article += "</article>"
    assert book_search.article_of(f"<p>{article}<p>") == article.removesuffix("</article>")
    assert book_search.article_of(article) == article.removesuffix("</article>")
    assert not book_search.article_of("</article><p>no article</p>")
    assert not book_search.article_of('<article class="bd-article">without an end')
    assert not book_search.article_of('</article><article class="bd-article">')


# -- the index of a small site -------------------------------------------------------------------

LAYOUT = """<html><body><p>The sidebar.</p><article class="bd-article">{% block body %}
{% endblock %}</article><p>The footer.</p></body></html>"""
CHAPTER = ":kernelspec: python3\n\n"


@pytest.fixture
def source(tmp_path):
    """The sources of a small book, with a page of each kind."""
    folder = tmp_path / "source"
    (folder / "templates").mkdir(parents=True)
    (folder / "templates/layout.html").write_text(LAYOUT)
    pages = {
        "index": ("Front", CHAPTER), "first": ("First", CHAPTER), "errata": ("Errata", CHAPTER),
        "how-built": ("Built", CHAPTER), "news": ("News", ""), "api": ("Package", ""),
        "glossary": ("Words", ""), "notation": ("Symbols", ""), "bibliography": ("Works", ""),
        "404": ("Lost", ""), "api-one": ("Module", ""),
    }  # fmt: skip
    for name, (title, head) in pages.items():
        text = f"{head}{title}\n======\n\nText «{name}».\n"
        if name == "index":
            text += "\n.. toctree::\n   :glob:\n\n   *\n"
        (folder / f"{name}.rst").write_text(text, "utf-8")
    (folder / "search.yml").write_text("first: [start, ‘begin’]\nnews: []\n", "utf-8")
    (folder / "terms.yml").write_text(
        "symbols: []\nterms:\n- {term: batch, page: first, text: A}\n"
        "- {term: α, page: first, text: A}\n- {term: c, page: news, text: C}\n",
        "utf-8",
    )
    return folder


def application(source, configuration=None, builder="html"):
    """Return what builds the book."""
    return Sphinx(
        source, configuration, source.parent / builder, source.parent / "doctrees", builder,
        confoverrides={"extensions": ["book_search"], "templates_path": ["templates"]},
        status=None, warning=None,
    )  # fmt: skip


def built(source, builder="html"):
    """Build the book; return the application, and what the page of the search loads."""
    site = source.parent / builder
    app = application(source, None, builder)
    app.build()
    data = site / book_search.DATA
    if not data.is_file():
        return app, None
    text = data.read_text("utf-8")
    assert text.startswith("BookSearch.data = {")
    assert text.endswith("};\n")
    pages = json.loads(text.removeprefix("BookSearch.data = ").removesuffix(";\n"))["pages"]
    return app, {page["url"]: page for page in pages}


def test_the_index_holds_all_pages_with_their_kind_and_what_they_teach(source):
    _, pages = built(source)
    assert {name: page["kind"] for name, page in pages.items()} == {
        "index.html": "about", "first.html": "page", "errata.html": "about",
        "how-built.html": "about", "news.html": "about", "api.html": "reference",
        "api-one.html": "reference", "glossary.html": "glossary", "notation.html": "notation",
        "bibliography.html": "bibliography",
    }  # fmt: skip
    assert list(pages)[:3] == ["api.html", "api-one.html", "bibliography.html"], "in order"
    assert pages["first.html"] == {
        "url": "first.html", "kind": "page", "title": "First", "teaches": ["start", "‘begin’"],
        "introduces": ["batch", "α"],
        "pieces": [{"anchor": "first", "title": "First", "text": "Text «first».", "code": ""}],
    }  # fmt: skip
    assert pages["api.html"]["teaches"] == pages["api.html"]["introduces"] == []
    assert pages["news.html"]["introduces"] == ["c"]
    data = (source.parent / "html" / book_search.DATA).read_text("utf-8")
    assert "‘begin’" in data, "letters stand as they are, which is shorter"
    assert '", "' not in data
    assert '": ' not in data


def test_the_site_has_a_page_for_the_search_and_nothing_of_sphinx_own(source):
    app, _ = built(source)
    site = source.parent / "html"
    assert (site / "search.html").is_file()
    for name in book_search.UNUSED:
        assert not (site / name).exists()
    assert app.builder.indexer is None, "no time is spent on an index that is thrown away"
    assert app.is_parallel_allowed("read")
    assert app.is_parallel_allowed("write")


def test_the_page_of_the_search_has_a_title(source):
    (source / "templates/search.html").write_text("[{{ title }}]")
    built(source)
    assert (source.parent / "html/search.html").read_text() == "[Search]"


def test_other_builders_get_no_index_and_no_page_for_the_search(source):
    _, pages = built(source, "dirhtml")
    assert pages is None
    assert not (source.parent / "dirhtml/search").exists()


def test_a_book_without_lists_has_an_index_all_the_same(source):
    (source / "search.yml").unlink()
    (source / "terms.yml").unlink()
    _, pages = built(source)
    assert pages["first.html"]["teaches"] == pages["first.html"]["introduces"] == []


def test_the_index_is_made_when_other_extensions_have_changed_the_pages(source):
    (source / "conf.py").write_text("""
from pathlib import Path
def change(app, exception):
    page = Path(app.outdir, "first.html")
    page.write_text(page.read_text("utf-8").replace("Text", "Changed text"), "utf-8")
    assert not Path(app.outdir, "_static/search/data.js").exists()
def look(app, exception):
    assert Path(app.outdir, "_static/search/data.js").exists()
def setup(app):
    app.connect("build-finished", change, priority=799)
    app.connect("build-finished", look, priority=801)
""")
    app = application(source, source)
    app.build()
    data = (source.parent / "html" / book_search.DATA).read_text("utf-8")
    assert "Changed text «first»." in data


def test_a_build_that_fails_writes_no_index(source):
    def fail(app, env):
        raise ValueError("on purpose")

    app = application(source)
    app.connect("env-updated", fail)
    with pytest.raises(Exception, match="on purpose"):
        app.build()
    assert not (source.parent / "html" / book_search.DATA).exists()


def test_pages_that_did_not_change_are_not_read_again(source, monkeypatch):
    built(source)
    read = []
    whole = book_search.read_page
    monkeypatch.setattr(
        book_search, "read_page", lambda html, kind: read.append(kind) or whole(html, kind)
    )
    _, pages = built(source)
    assert read == []
    assert pages["first.html"]["pieces"][0]["text"] == "Text «first»."
    (source / "first.rst").write_text(f"{CHAPTER}First\n=====\n\nOther text.\n")
    _, pages = built(source)
    assert read == ["page"]
    assert pages["first.html"]["pieces"][0]["text"] == "Other text."
    (source / "news.rst").write_text(f"{CHAPTER}News\n====\n\nText «news».\n", "utf-8")
    _, pages = built(source)
    assert pages["news.html"]["kind"] == "page"
    assert read == ["page", "page"], "the kind has changed, though not the text"


@pytest.mark.parametrize("memo", ["", "no JSON", None])
def test_a_damaged_memory_of_earlier_builds_does_no_harm(source, memo):
    _, first = built(source)
    kept = source.parent / "doctrees/search.json"
    kept.unlink() if memo is None else kept.write_text(memo)
    (source / "search.yml").write_text("first: [other]\n")
    _, second = built(source)
    assert second["first.html"] == first["first.html"] | {"teaches": ["other"]}


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
