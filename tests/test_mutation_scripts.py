"""The tool that changes the site's scripts changes what it should, and nothing else."""

import importlib.util
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def load(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # data classes look for the module that they belong to
    spec.loader.exec_module(module)
    return module


mutation, scripts = load("mutation"), load("mutation_scripts")
SCRIPTS = {name: HERE.parent / "docs" / "_static" / f"{name}.js" for name in mutation.SCRIPTS}


def changed(text):
    """Return all that the mutants make of a line."""
    return {mutant.of(text.encode()).decode() for mutant in scripts.mutants_of(text.encode())}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a < b", {"a <= b", "a >= b"}),
        ("x = -a;", {"x = a;", ";"}),
        ("x = 3;", {"x = 6;", ";"}),
        ("x = 0;", {"x = 1;", ";"}),
        ("x = 0.25;", {"x = 0.5;", ";"}),
        ("x = 60_000;", {"x = 120000;", ";"}),
        ("x = 0xff;", {"x = (2 * 0xff);", ";"}),
        ("f(true);", {"f(false);", ";"}),
        ("f(!x);", {"f(x);", ";"}),
        ("x += y;", {"x -= y;", ";"}),
        ("if (x) y;", {"if (true) y;", "if (false) y;", "if (x) ;"}),
        ("a.min(x);", {"a.max(x);", ";"}),
        ("a?.b;", {"a.b;", ";"}),
        ("a?.();", {"a();", ";"}),
        ("a?.[i];", {"a[i];", ";"}),
        ('f(x === "a");', {'f(x !== "a");', 'f(x === "");', ";"}),
        ('f(x ? "" : y);', {'f(true ? "" : y);', 'f(false ? "" : y);',
                            'f(x ? "changed" : y);', ";"}),
    ],
)  # fmt: skip
def test_a_mutant_changes_one_thing(line, expected):
    assert changed(line) | {";"} == expected | {";"}


@pytest.mark.parametrize(
    "line",
    ["// a < b", "/* 1 + 2 */", '"use strict";', "const words = 'a < b, 1';", "const r = /1+|!-/;"],
)
def test_nothing_changes_in_comments_texts_and_regular_expressions(line):
    assert changed(line) == set()


def test_what_a_text_computes_within_itself_changes_too():
    assert changed("const t = `1 ${a + b} < 3`;") == {"const t = `1 ${a - b} < 3`;"}


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_mutant_of_a_script_can_be_read_and_differs(name):
    source = SCRIPTS[name].read_bytes()
    mutants = scripts.mutants_of(source)
    assert len(mutants) > 40
    texts = {mutant.of(source) for mutant in mutants}
    assert len(texts) == len(mutants)
    assert source not in texts
    for mutant in mutants[::9]:
        assert not scripts.PARSER.parse(mutant.of(source)).root_node.has_error
        assert mutant.change(source).startswith("- ")


def test_a_change_shows_its_line_as_it_was_and_as_it_is():
    source = "// −\nfirst();\n  second(a < b);\n".encode()
    mutant = scripts.mutants_of(source)[1]
    assert mutant.line(source) == 3
    assert mutant.change(source) == "- second(a < b);\n+ ;"


def test_a_sample_is_the_same_for_a_seed_and_keeps_the_order():
    mutants = scripts.mutants_of(SCRIPTS["explore/descent"].read_bytes())
    some = scripts.sample_of(mutants, 20, 1)
    assert len(set(some)) == 20
    assert some == scripts.sample_of(mutants, 20, 1) != scripts.sample_of(mutants, 20, 2)
    assert some == sorted(some, key=mutants.index)
    assert scripts.sample_of(mutants, 0, 1) == scripts.sample_of(mutants, 9999, 1) == mutants


def test_a_script_is_exchanged_in_the_copy_of_the_site_only(tmp_path, monkeypatch):
    built = tmp_path / "built" / "_static" / "explore" / "descent.js"
    built.parent.mkdir(parents=True)
    built.write_text("as it is", "utf-8")
    monkeypatch.setattr(scripts, "SITE", tmp_path / "built")
    site = scripts.Site(tmp_path, "explore/descent", (["test_explorers.py"], "descent"))
    site.put(b"changed")
    assert site.place.read_text("utf-8") == "changed"
    assert built.read_text("utf-8") == "as it is"


def test_without_a_site_the_tool_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(scripts, "SITE", tmp_path)
    with pytest.raises(SystemExit, match="build it first"):
        scripts.try_script("explore/descent", (["test_explorers.py"], "x"), set(), size=1, seed=0)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_tests_of_each_script_exist_and_explanations_have_reasons(name):
    files, words = mutation.SCRIPTS[name]
    text = "".join((HERE / "browser" / file).read_text("utf-8") for file in files)
    wanted = words.replace("(", "").replace(")", "").replace(" and ", " or ").split(" or ")
    for word in wanted:
        assert word in text, word
    source = SCRIPTS[name].read_bytes()
    changes = {mutant.change(source) for mutant in scripts.mutants_of(source)}
    for change, because in mutation.explanations(name).items():
        assert change in changes, "the script has no such line any more"
        assert len(because.split()) >= 4
