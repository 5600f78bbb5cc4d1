"""The search: it finds the page that teaches, and can be used by everybody, from disk too."""

import json
import os
import random
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
QUERIES = yaml.safe_load((HERE.parent / "search_queries.yml").read_text("utf-8"))
TABLE = {
    words: [wanted] if isinstance(wanted, str) else wanted
    for group in QUERIES.values()
    for words, wanted in group.items()
}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def open_dialog(page, server, name="first-look"):
    page.goto(f"{server.address}/{name}.html")
    page.keyboard.press("Control+K")
    return page.locator("#pst-search-dialog")


def ask(page, words):
    """Type words into the field that has the focus, and wait for what is found."""
    page.keyboard.press("Control+A")
    page.keyboard.type(words)
    page.wait_for_function(
        "words => [...document.querySelectorAll('.search-status')]"
        ".some(node => node.textContent.includes(`“${words}”`))",
        arg=words,
    )


@pytest.fixture(scope="module")
def search_page(browser, server):
    """A page in which the search is ready."""
    page = browser.new_page()
    page.goto(f"{server.address}/search.html")
    page.locator("article input[name=q]").focus()
    ask(page, "tensor")
    page.evaluate(
        "async () => { window.engine = await new BookSearch.Engine(BookSearch.data).fill(); }"
    )
    yield page
    page.close()


@pytest.fixture(scope="module")
def engine(search_page):
    """A function that asks the search."""
    return lambda words: search_page.evaluate("words => engine.search(words)", words)


def rank(answer, wanted):
    """Return the place of the first wanted page in an answer, from 1; 0 if it has none."""
    urls = [result["url"] for result in answer["results"]]
    places = [urls.index(f"{page}.html") + 1 for page in wanted if f"{page}.html" in urls]
    return min(places, default=0)


def test_the_page_that_teaches_comes_first(engine, site):
    # A site with some of the pages only, as in the tests of the build, is asked for these.
    table = {
        words: wanted
        for words, wanted in TABLE.items()
        if all((site / f"{page}.html").is_file() for page in wanted)
    }
    assert len(table) >= 60
    ranks = {words: rank(engine(words), wanted) for words, wanted in table.items()}
    behind = {words: place for words, place in ranks.items() if place != 1}
    print(json.dumps(behind, indent=1, ensure_ascii=False))
    # The bounds are the aim that the search was chosen by.
    assert len(behind) <= 0.1 * len(ranks), behind
    assert sum(not 1 <= place <= 3 for place in ranks.values()) <= 0.02 * len(ranks), behind


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("optimizer", "optimiser"), ("generalization", "generalisation"), ("color", "colour"),
        ("neighbor", "neighbour"), ("one-hot", "onehot"), ("backpropagation", "back propagation"),
        ("mini-batch", "minibatch"), ("60,000", "60000"), ("gradient", "gradients"),
    ],
)  # fmt: skip
def test_spellings_find_the_same_page(engine, one, other):
    first, second = engine(one)["results"], engine(other)["results"]
    assert first[0]["url"] == second[0]["url"]


def test_a_slip_is_mended_and_said(fresh_page, server):
    dialog = open_dialog(fresh_page, server)
    ask(fresh_page, "sotfmax")
    assert "“softmax”" in dialog.locator(".search-status").inner_text()
    assert dialog.locator(".search-title").first.inner_text() == "Turn scores into a loss"


def test_a_word_of_the_glossary_shows_its_definition(engine):
    results = engine("softmax")["results"]
    entry = next(result for result in results[:3] if result["kind"] == "glossary")
    assert entry["url"].startswith("glossary.html#term-")
    assert entry["excerpt"].startswith("The activation that turns scores into probabilities")


def test_excerpts_hold_text_of_the_pages_and_no_buttons(engine):
    for words in ("softmax", "light", "settings", "copy", "show the answer", "dark"):
        for result in engine(words)["results"]:
            for text in [result["excerpt"], *(part["excerpt"] for part in result["parts"])]:
                assert "Settings Light Dark" not in text
                assert "Show the answer" not in text
                assert "#" not in text.split("…")[0][-1:]


def test_numbers_are_found_as_the_pages_write_them(engine):
    for number in ("784", "128", "0.001"):
        results = engine(number)["results"]
        assert results, number
        assert any(number in part["excerpt"] for result in results for part in result["parts"])


def test_what_cannot_be_found_is_said_in_words(fresh_page, server):
    dialog = open_dialog(fresh_page, server)
    ask(fresh_page, "zzzzqqq")
    status = dialog.locator(".search-status").inner_text()
    assert status.startswith("Nothing found")
    assert "numbers as the pages write them" in status
    assert fresh_page.complaints == []


@pytest.mark.parametrize("device", ["fresh_page", "phone"])
def test_results_come_while_typing_and_keys_go_through_them(request, server, device):
    page = request.getfixturevalue(device)
    dialog = open_dialog(page, server)
    page.keyboard.type("chain")
    first = dialog.locator(".search-title").first
    first.wait_for()
    assert "results for “chain”" in dialog.locator("[role=status]").inner_text()
    page.keyboard.press("ArrowDown")
    assert first.evaluate("node => node === document.activeElement")
    page.keyboard.press("ArrowUp")
    assert dialog.locator("input").evaluate("node => node === document.activeElement")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/backpropagation.html")
    assert page.complaints == []


@pytest.mark.parametrize("device", ["fresh_page", "phone"])
def test_the_open_dialog_is_accessible_and_fits(request, server, violations, device):
    page = request.getfixturevalue(device)
    dialog = open_dialog(page, server)
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        ask(page, "softmax" if theme == "light" else "gradient")
        assert violations(page, rules=RULES) == []
    box = dialog.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= page.viewport_size["width"]
    assert box["y"] + box["height"] <= page.viewport_size["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    dialog.locator(".search-close").click()
    assert not dialog.is_visible()


def test_a_result_on_the_same_page_closes_the_dialog(fresh_page, server):
    dialog = open_dialog(fresh_page, server, "scores-to-loss")
    ask(fresh_page, "temperature")
    dialog.locator(".search-parts a").first.click()
    assert not dialog.is_visible()
    assert "#" in fresh_page.url


def test_the_drawer_of_a_phone_has_a_search_button_with_a_name(phone, server):
    phone.goto(f"{server.address}/first-look.html")
    phone.locator(".primary-toggle:visible").click()
    button = phone.locator("dialog[open]").get_by_role("button", name="Search")
    assert "Search" in button.inner_text()
    button.click()
    field = phone.locator("#pst-search-dialog input")
    assert field.is_visible()
    assert field.evaluate("field => field === document.activeElement")


def test_the_search_works_from_disk(fresh_page, site):
    fresh_page.goto((site / "first-look.html").as_uri())
    fresh_page.keyboard.press("Control+K")
    ask(fresh_page, "softmax")
    fresh_page.locator("#pst-search-dialog .search-title").first.click()
    fresh_page.wait_for_url("**/scores-to-loss.html")


def test_nothing_of_the_search_is_fetched_before_it_is_used(fresh_page, server):
    loaded = []
    fresh_page.on("request", lambda request: loaded.append(request.url))
    open_dialog(fresh_page, server)
    fresh_page.wait_for_function("() => typeof BookSearch === 'object' && BookSearch.Engine")
    late = ("engine.js", "data.js", "minisearch.js", "english-stemmer.js")
    page_loads = loaded[: next(i for i, url in enumerate(loaded) if "minisearch" in url)]
    assert not any(name in url for url in page_loads for name in late)


# -- the engine's own functions --------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "parts"),
    [
        ("The Loss falls.", "the loss falls", ""),
        ("60,000 images and 1 234 567, 0.5 or 2e-3", "60000 images and 1234567 0.5 or 2e-3", ""),
        ("1,5 and 12,3456", "1,5 and 12,3456", ""),
        ("Keras’s layer isn't Lagrange's", "keras layer isn't lagrange", ""),
        ("numerical_gradient x_1 b_2_w", "numerical_gradient x_1 b_2_w", "numerical gradient"),
        ("NaiveDense ReLU relu6", "naivedense relu relu6", "naive dense re lu"),
        ("one-hot mini‑batch-size", "one hot mini batch size", "onehot minibatchsize"),
        ("Poincaré: ∇f @ x ≤ ∞", "poincare ∇ f @ x ≤ ∞", ""),
        ("?!", "", ""),
    ],
)
def test_words_are_cut_as_readers_type_them(search_page, text, words, parts):
    plain, all_parts = search_page.evaluate(
        "text => [BookSearch.words(text), BookSearch.words(text, true)]", text
    )
    assert plain == words.split()
    assert sorted(all_parts) == sorted([*words.split(), *parts.split()])


@pytest.mark.parametrize(
    ("alike", "words"),
    [
        (True, "axes axis"),
        (True, "matrices matrix"),
        (True, "indices index"),
        (
            True,
            "optimise optimize optimizer optimisation optimized optimising optimizers optimises",
        ),
        (True, "colours color colored colouring colourful colorful"),
        (True, "labelled labeled labelling labeling label"),
        (True, "neighbours neighbor"),
        (True, "centre center"),
        (True, "grey gray"),
        (True, "layers layer"),
        (False, "vectorization vector"),
        (False, "generalization general"),
        (False, "four for"),
        (False, "noise noize"),
        (False, "axis x"),
        (False, "bias bia"),
    ],
)
def test_forms_of_a_word_meet_and_different_words_do_not(search_page, alike, words):
    stems = search_page.evaluate("words => words.map(BookSearch.stem)", words.split())
    assert len(set(stems)) == (1 if alike else len(stems)), stems


def test_names_and_what_is_no_english_word_stay_as_they_are(search_page):
    words = ["w1s", "x_is", "as", "naïves", "784", "∇"]
    assert search_page.evaluate("words => words.map(BookSearch.stem)", words) == words


def distance(a, b):
    """Count the slips between two words: a letter wrong, missing, too much, or two exchanged."""
    rows = {(i, j): max(i, j) for i in range(len(a) + 1) for j in range(len(b) + 1) if not i * j}
    for i, one in enumerate(a, 1):
        for j, other in enumerate(b, 1):
            ways = [rows[i - 1, j] + 1, rows[i, j - 1] + 1, rows[i - 1, j - 1] + (one != other)]
            if i > 1 and j > 1 and a[i - 2 : i] == b[j - 2 : j][::-1]:
                ways.append(rows[i - 2, j - 2] + 1)
            rows[i, j] = min(ways)
    return rows[len(a), len(b)]


def test_slips_are_counted_as_the_plain_algorithm_counts_them(search_page):
    rng = random.Random(0)
    pairs = [["".join(rng.choices("abc", k=rng.randrange(8))) for _ in "ab"] for _ in range(400)]
    expected = [distance(*pair) for pair in pairs]
    assert {0, 1, 2, 3, 4} <= set(expected)
    for limit in (2, 3, 9):
        counted = search_page.evaluate(
            "([pairs, limit]) => pairs.map(([a, b]) => BookSearch.slips(a, b, limit))",
            [pairs, limit],
        )
        assert [min(n, limit) for n in counted] == [min(n, limit) for n in expected]


def test_marks_are_put_on_all_forms_of_what_was_asked_for(search_page):
    text = "Layers: a NaiveDense layer, then relayed gradients_of a layer"
    parts = search_page.evaluate(
        "text => BookSearch.marked(text, ['layer', 'dense', 'gradient'])", text
    )
    assert "".join(part["text"] for part in parts) == text
    assert [part["text"] for part in parts if part["asked"]] == [
        "Layers", "NaiveDense", "layer", "gradients_of", "layer",
    ]  # fmt: skip
    assert all(part["text"] for part in parts)
    assert search_page.evaluate("BookSearch.marked('', ['a'])") == []


FILLER = "Here is more to read about other things, and it goes on for some time. "
SMALL = [
    {"url": "weights.html", "kind": "page", "title": "Meet the weights", "teaches": ["rotations"],
     "introduces": ["weight", "back prop"],
     "pieces": [
         {"anchor": "", "title": "Meet the weights", "text": "All begins here. " + 9 * FILLER,
          "code": ""},
         {"anchor": "far", "title": "Far away",
          "text": 3 * FILLER + "A zebra stands here, at the end of it. " + 4 * FILLER, "code": ""},
         {"anchor": "code", "title": "In code", "text": "Nothing but an ibis.",
          "code": "quagga  =\n np.ones(3)"},
         *({"anchor": f"n{k}", "title": f"Part {k}", "text": f"An okapi is here, {k}.", "code": ""}
           for k in range(5)),
         {"anchor": "long", "title": "Long", "text": "word " * 50 + "giraffe " + "word " * 50,
          "code": ""},
         {"anchor": "one", "title": "One", "text": "caracal" * 50, "code": ""},
         {"anchor": "fox", "title": "Foxes", "code": "",
          "text": "A fox may be a red one. " + 4 * FILLER + "The red fox runs away. It is gone."},
         {"anchor": "gnus", "title": "The gnu", "text": "A gnu. Where gnus are: gnu.", "code": ""},
         {"anchor": "exercises", "title": "Exercises", "text": "A llama. backpropagation.",
          "code": ""},
     ]},
    {"url": "other-things.html", "kind": "page", "title": "Others", "teaches": ["llama and alpaca"],
     "introduces": [], "pieces": [
         {"anchor": "", "title": "Others", "text": "A llama is no alpaca.", "code": ""},
         {"anchor": "gnu", "title": "Gnu", "text": "The gnu is a gnu, and gnus are.", "code": ""},
         {"anchor": "q", "title": "Why?", "text": "Is it so? Yes, a tapir. backpropagation",
          "code": ""},
     ]},
    {"url": "glossary.html", "kind": "glossary", "title": "Glossary", "teaches": [],
     "introduces": [], "pieces": [
         {"anchor": "", "title": "Glossary", "text": "All words.", "code": ""},
         {"anchor": "term-ibis", "title": "ibis", "text": "A bird.", "code": ""},
         {"anchor": "term-yak", "title": "yak", "text": "It has long hair.", "code": ""},
         {"anchor": "term-llama", "title": "llama", "text": "An animal. " + 5 * FILLER, "code": ""},
     ]},
    {"url": "api.html", "kind": "reference", "title": "Package", "teaches": [], "introduces": [],
     "pieces": [
         {"anchor": "", "title": "Package", "text": "All functions.", "code": ""},
         {"anchor": "z", "title": "zoo.llama", "text": "Return a llama.", "code": ""},
         {"anchor": "g", "title": "zoo.gnu", "text": "Return one.", "code": ""},
         {"anchor": "y", "title": "zoo.yak", "text": "Return a yak.", "code": ""},
     ]},
    {"url": "yaks.html", "kind": "about", "title": "About yaks", "teaches": ["yaks", "ibis"],
     "introduces": [], "pieces": [
         {"anchor": "", "title": "About yaks", "text": "Yaks wrote this, one yak a page.",
          "code": ""},
     ]},
]  # fmt: skip


@pytest.fixture(scope="module")
def small(search_page):
    """A function that asks the search in a book of five pages."""
    search_page.evaluate(
        "async (pages) => { window.small = await new BookSearch.Engine({ pages }).fill(); }", SMALL
    )
    return lambda words, *limit: search_page.evaluate(
        "given => small.search(...given)", [words, *limit]
    )


def test_an_excerpt_begins_with_its_sentence_or_with_dots(small):
    def excerpts(words):
        (result,) = small(words)["results"]
        return [part["excerpt"] for part in result["parts"]]

    (zebra,) = excerpts("zebra")
    assert zebra.startswith("A zebra stands here, at the end of it. Here is more")
    assert zebra.endswith(" …")
    assert 150 < len(zebra) <= 182
    assert excerpts("quagga") == ["quagga = np.ones(3)"]
    assert excerpts("tapir") == ["Yes, a tapir. backpropagation"]
    assert excerpts("caracal") == [("caracal" * 50)[:180] + " …"], "also where there is no space"
    assert excerpts("red fox") == ["The red fox runs away. It is gone."], "as it was asked for"
    assert excerpts("fox red")[0].startswith("A fox may be a red one. Here is more")
    (giraffe,) = excerpts("giraffe")
    assert giraffe.startswith("… word word ")
    assert giraffe.index("giraffe") == pytest.approx(88, abs=6)
    assert giraffe.endswith(" word …")
    assert 170 < len(giraffe) <= 184


def test_a_result_has_the_best_three_sections_and_the_beginning_of_its_page(small):
    (result,) = small("okapi")["results"]
    assert (result["url"], result["kind"]) == ("weights.html", "page")
    assert [part["title"] for part in result["parts"]] == ["Part 0", "Part 1", "Part 2"]
    assert result["parts"][0] == {
        "url": "weights.html#n0", "title": "Part 0", "excerpt": "An okapi is here, 0.",
    }  # fmt: skip
    assert result["excerpt"].startswith("All begins here. Here is more to read")
    assert result["excerpt"].endswith(" …")
    assert 200 < len(result["excerpt"]) <= 222


def test_the_page_that_explains_comes_first_and_then_the_definition(small):
    results = small("llama")["results"]
    assert [result["url"] for result in results] == [
        "other-things.html", "glossary.html#term-llama", "api.html#z", "weights.html",
    ]  # fmt: skip
    assert results[1]["excerpt"] == SMALL[2]["pieces"][3]["text"], "a definition stands whole"
    assert results[1]["page"] == "Glossary"
    assert len(small("llama", 2)["results"]) == 2
    urls = [result["url"] for result in small("yak")["results"]]
    assert urls == ["yaks.html", "glossary.html#term-yak", "api.html#y"], "also without such a page"
    urls = [result["url"] for result in small("ibis")["results"]]
    assert urls == ["yaks.html", "weights.html", "glossary.html#term-ibis"], (
        "a page comes before it"
    )
    urls = [result["url"] for result in small("gnu")["results"]]
    assert urls[1] == "api.html#g", "what has this name comes before other pages that use it"
    assert {urls[0], urls[2]} == {"weights.html", "other-things.html"}
    assert small("rotation")["results"][0]["url"] == "weights.html"


def test_what_was_typed_is_mended_only_where_the_book_has_no_such_word(small):
    for typed, words, corrected in [
        ("zebra", ["zebra"], ""),
        ("zebar", ["zebra"], "zebra"),
        ("zbra and LLAMA", ["zebra", "llama"], "zebra and llama"),
        ("giarfef", ["giraffe"], "giraffe"),
        ("zbr", ["zbr"], ""),
        ("zeb", ["zeb"], ""),
        ("back propagation", ["backpropagation"], ""),
        ("zebra_llama", ["zebra", "llama"], ""),
        ("the what", ["the", "what"], ""),
        ("what the llama", ["llama"], ""),
        ("llama llama", ["llama"], ""),
        ("okapi9", ["okapi9"], ""),
        ("", [], ""),
    ]:
        answer = small(typed)
        assert (answer["words"], answer["corrected"]) == (words, corrected), typed


def piece(anchor, title, text, code=""):
    return {"anchor": anchor, "title": title, "text": text, "code": code}


LARGER = [
    *SMALL,
    {"url": "big-numbers.html", "kind": "page", "title": "Naïve sums of 60,000 numbers",
     "teaches": ["matrix products", "vectorization"], "introduces": ["one-hot", "learning rate"],
     "pieces": [
         piece("", "Naïve sums of 60,000 numbers", "The axes of matrices, and a llama beside."),
         piece("products", "Products", "A product W @ x + b, and again W @ x + b. Then np.dot.",
               "y = W @ x + b  # a quokka"),
         piece("dots", "Dots", "Of W, x and b: a wombat, w1s and w2s, 0.01 or 1e-4; neuralnets.",
               "np.dot(W, x)"),
         piece("q", "Questions", "A wombat, a wombat, a wombat. One hot day, a one-hot vector."),
         piece("vectors", "Vectors", "The vectors are vectorised; general vectors generalise.",
               "vector = general(numbat)"),
         piece("species", "Species", "A zorille once, and its conv2ds. A zebrafish is no zebra. "
               "A sea-cow, two sea-cows, a fire-fly and a fire-fly.", 3 * "zorilla conv2d "),
         piece("colours", "Colours", "A grey centre, modelled by its neighbours' colour: greys."),
         piece("nets", "Nets", "The neural nets, neuralnets, neuralnets; a numbat and a numbat."),
     ]},
    {"url": "notation.html", "kind": "notation", "title": "Symbols", "teaches": [],
     "introduces": [], "pieces": [
         piece("", "Symbols", "All symbols."), piece("eta", "η, the learning rate", "A llama."),
         piece("w", "wombat", "The sign of a wombat. " + 4 * FILLER),
     ]},
    {"url": "references.html", "kind": "bibliography", "title": "Papers", "teaches": [],
     "introduces": [], "pieces": [
         piece("", "Papers", "What others wrote."),
         piece("wombat1986", "Wombat 1986", "On the wombat, its vectors and its numbat."),
     ]},
]  # fmt: skip
QUESTIONS = (
    """
llama|llamas|wombat|numbat|quokka|vector|vectors|vectorize|general|generalization|matrix|axis|axes
w1|w1s|w2|x|b|W @ x + b|np.dot|np dot|0.01|1e-4|60000|60,000|sixty|naive sums|sums naive|colors
gray center|model|modeling|neighbor|one-hot|one hot|onehot|hot one|learning rate|rate of learning
rates|neural nets|neuralnets|neuralnet|neural net|back propagation|other things|big numbers|meet
the weights|weight|fox|red fox|fox red|red|gnu|gnus|ibis|yak|yaks|zoo.llama|zoo_llama|zoo|okapi
Package|Glossary|Symbols|Papers|wombat 1986|1986|wombta|wobmat llama|vectqr|nunbat|numbats|x y z
llama alpaca yak|what is a llama?|is it so|why|tapir|things|begins|beg|be|animal bird hair|word
all|functions|signs|zorillo|convxd|sea cow|fire fly|zebra|zebra fish
conv2d|conv2ds|a wombat, a wombat|matrix product|products of matrices|product|W x|code|one
""".strip()
    .replace("\n", "|")
    .split("|")
)
ANSWERS = Path(__file__).with_name("answers.json")


def test_the_best_answers_to_a_hundred_questions_are_those_that_were_written_down(search_page):
    """Weights have no right values, but a change of one that is not meant shall be noticed.

    With DLBOOK_RECORD=1 the answers are written down anew: read them before you commit them.
    """
    found = search_page.evaluate(
        """async ([pages, questions]) => {
             const engine = await new BookSearch.Engine({ pages }).fill();
             return Object.fromEntries(questions.map((one) => [one, engine.search(one)]));
        }""",
        [LARGER, QUESTIONS],
    )
    told = {
        question: {
            "read as": " ".join(answer["words"]) + f" {answer['corrected']!r}",
            "found": [
                f"{one['url']} {one['kind']} {len(one['excerpt'])} "
                + " ".join(f"{part['url'].partition('#')[2]}" for part in one["parts"])
                for one in answer["results"]
            ],
            "scores": [float(f"{one['score']:.4g}") for one in answer["results"]],
        }
        for question, answer in found.items()
    }
    if os.environ.get("DLBOOK_RECORD"):
        lines = (
            f"{json.dumps(question)}: {json.dumps(answer, ensure_ascii=False)}"
            for question, answer in told.items()
        )
        ANSWERS.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
    expected = json.loads(ANSWERS.read_text("utf-8"))
    # Another version of Chromium may round a logarithm otherwise: a unit of the last digit.
    scores = {question: answer.pop("scores") for question, answer in expected.items()}
    for question, answer in told.items():
        assert answer.pop("scores") == pytest.approx(scores[question], rel=1e-3), question
    assert told == expected


# -- the search as it is seen ----------------------------------------------------------------


def test_results_say_what_they_are_and_mark_what_was_asked_for(fresh_page, server):
    dialog = open_dialog(fresh_page, server)
    assert dialog.locator(".search-status").inner_text().startswith("Search finds words, names")
    ask(fresh_page, "softmax")
    page, entry = dialog.locator(".search-results > li").all()[:2]
    assert page.locator(".search-kind").count() == 0
    assert page.locator(".search-title").inner_text() == "Turn scores into a loss"
    assert page.locator(".search-title").get_attribute("href").endswith("/scores-to-loss.html")
    assert entry.locator(".search-kind").inner_text() == "Glossary"
    assert "search-glossary" in entry.get_attribute("class")
    assert entry.locator(".search-parts").count() == 0
    marked = {text.lower() for text in dialog.locator("mark").all_inner_texts()}
    assert "softmax" in marked
    assert all("softmax" in text for text in marked)
    part = page.locator(".search-parts > li").first
    assert "/scores-to-loss.html#" in part.locator("a").get_attribute("href")
    assert len(part.locator(".search-excerpt").inner_text()) > 20
    count = dialog.locator(".search-results > li").count()
    assert dialog.locator(".search-status").inner_text() == f"{count} results for “softmax”."
    dialog.locator("input").fill("")
    fresh_page.wait_for_function(
        "node => node.textContent.startsWith('Search finds words, names')",
        arg=dialog.locator(".search-status").element_handle(),
    )
    assert dialog.locator(".search-results > li").count() == 0


def test_a_mended_slip_is_told_with_the_number_of_results(fresh_page, server):
    dialog = open_dialog(fresh_page, server)
    ask(fresh_page, "sotfmax")
    count = dialog.locator(".search-results > li").count()
    told = f"No page has “sotfmax”. {count} results for “softmax”."
    assert dialog.locator(".search-status").inner_text() == told


def test_arrows_go_through_the_results_and_stop_at_both_ends(fresh_page, server):
    dialog = open_dialog(fresh_page, server)
    ask(fresh_page, "temperature")
    where = """() => [...document.querySelectorAll("#pst-search-dialog :is(input, li a)")]
        .indexOf(document.activeElement)"""
    links = dialog.locator("li a").count()
    assert links > 2
    for key, place in [("ArrowUp", 0), ("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1)]:
        fresh_page.keyboard.press(key)
        assert fresh_page.evaluate(where) == place
    for _ in range(links + 1):
        fresh_page.keyboard.press("ArrowDown")
    assert fresh_page.evaluate(where) == links
    dialog.locator(".search-close").focus()
    fresh_page.keyboard.press("ArrowDown")
    assert fresh_page.evaluate(where) == -1
    assert fresh_page.complaints == []


def test_a_search_that_could_not_be_loaded_can_be_tried_again(fresh_page, server):
    fresh_page.route("**/search/engine.js*", lambda route: route.abort())
    dialog = open_dialog(fresh_page, server)
    fresh_page.keyboard.type("softmax")
    status = dialog.locator(".search-status")
    failed = "The search could not be loaded. Try again when you are online."
    fresh_page.wait_for_function(
        "([node, words]) => node.textContent === words", arg=[status.element_handle(), failed]
    )
    fresh_page.unroute("**/search/engine.js*")
    fresh_page.keyboard.type(" ")
    dialog.locator(".search-title").first.wait_for()
    assert "results for “softmax”" in status.inner_text()


def test_what_is_typed_while_the_search_loads_is_answered_and_nothing_else(fresh_page, server):
    held = []
    fresh_page.route("**/search/data.js*", lambda route: held.append(route))
    dialog = open_dialog(fresh_page, server)
    status = dialog.locator(".search-status").element_handle()
    said = "([node, words]) => node.textContent.endsWith(words)"
    fresh_page.evaluate(
        """() => {
            window.said = [];
            const status = document.querySelector("#pst-search-dialog .search-status");
            new MutationObserver(() => window.said.push(status.textContent))
                .observe(status, { childList: true });
        }"""
    )
    fresh_page.keyboard.type("softmax")
    fresh_page.wait_for_function(said, arg=[status, "Searching …"])
    fresh_page.keyboard.press("Control+A")
    fresh_page.keyboard.type("gradient")
    fresh_page.wait_for_timeout(200)
    held[0].continue_()
    fresh_page.wait_for_function(said, arg=[status, "results for “gradient”."])
    assert "softmax" not in "".join(fresh_page.evaluate("said"))
    # Other results begin at the first, however far one has read.
    results = dialog.locator(".search-results")
    results.evaluate("list => { list.scrollTop = 200; }")
    assert results.evaluate("list => list.scrollTop") == 200
    ask(fresh_page, "momentum")
    assert results.evaluate("list => list.scrollTop") == 0
    said = fresh_page.evaluate("said")
    first = next(k for k, words in enumerate(said) if "results for" in words)
    assert "Searching …" not in said[first:], "old results stay until there are new ones"


def test_the_page_of_the_search_answers_its_address_and_its_form(fresh_page, server):
    fresh_page.goto(f"{server.address}/search.html?q=momentum")
    page = fresh_page.locator("article")
    page.locator(".search-title").first.wait_for()
    field = page.locator("input[name=q]")
    assert field.input_value() == "momentum"
    assert "results for “momentum”" in page.locator(".search-status").inner_text()
    field.fill("dropout")
    field.press("Enter")
    fresh_page.wait_for_function(
        "node => node.textContent.includes('results for “dropout”')",
        arg=page.locator(".search-status").element_handle(),
    )
    assert fresh_page.url.endswith("?q=momentum"), "the page is not loaded anew"
    fresh_page.goto(f"{server.address}/search.html")
    assert page.locator(".search-status").inner_text().startswith("Search finds words, names")
    assert field.input_value() == ""
