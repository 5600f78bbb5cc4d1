"""The task that tries mutants counts them as it says."""

import importlib.util
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "mutation.py"
spec = importlib.util.spec_from_file_location("mutation", SOURCE)
mutation = importlib.util.module_from_spec(spec)
spec.loader.exec_module(mutation)

SHOWN = """\
# dlbook.ops.x_f__mutmut_1: survived
--- src/dlbook/ops.py
+++ src/dlbook/ops.py
@@ -1,3 +1,3 @@
 def f(x):
-    return x + 1
+    return x - 1
"""
CHANGE = "- return x + 1\n+ return x - 1"


def test_a_change_is_what_was_and_what_is():
    assert mutation.change_of(SHOWN) == CHANGE


@pytest.mark.parametrize("status", ["survived", "no tests", "suspicious", "timeout", "segfault"])
def test_what_no_test_notices_is_alive_unless_it_is_explained(status):
    statuses = {"a": "killed", "b": "killed", "c": status, "d": "skipped"}
    result = mutation.judge(statuses, {"c": CHANGE}, {})
    alive = {"c": f"({status})\n{CHANGE}"}
    assert (result.killed, result.alive, result.explained) == (2, alive, [])
    assert result.score == 2 / 3
    result = mutation.judge(statuses, {"c": CHANGE}, {CHANGE: "nobody calls f"})
    assert (result.killed, result.alive, result.explained) == (2, {}, ["c"])
    assert result.score == 1


def test_each_module_and_each_of_its_tests_exists():
    files = {
        **{
            f"src/dlbook/{module}.py": tests
            for module, tests in (mutation.MODULES | mutation.OTHERS).items()
        },
        **{f"docs/_ext/{module}.py": tests for module, tests in mutation.EXTENSIONS.items()},
    }
    for name, tests in files.items():
        assert (mutation.ROOT / name).is_file()
        assert all((mutation.ROOT / "tests" / test).is_file() for test in tests)


def test_no_module_of_the_package_is_forgotten_but_what_only_lists_names_and_the_benchmarks():
    source = mutation.ROOT / "src" / "dlbook"
    modules = {path.relative_to(source).with_suffix("").as_posix() for path in source.rglob("*.py")}
    left = modules - mutation.MODULES.keys() - mutation.OTHERS.keys()
    assert {name for name in left if name.split("/")[-1] != "__init__"} == {
        "bench/__main__", "bench/contestants",
    }  # fmt: skip


@pytest.mark.parametrize(
    "module",
    [*mutation.MODULES, *mutation.OTHERS, *mutation.EXTENSIONS, *mutation.SCRIPTS],
)
def test_explanations_have_a_change_and_a_reason(module):
    for change, because in mutation.explanations(module).items():
        assert change.startswith("- ")
        assert len(because.split()) >= 4


def test_decorators_move_below_their_functions_and_mean_the_same():
    source = """
def tells(*words):
    def decorator(function):
        return lambda *values: [*words, *function(*values)]
    return decorator

@tells(
    "outer",
)
@tells("inner")  # which comes first
def plain(*values):
    return values

class Pair:
    @property
    def first(self):
        @tells("within")
        def nested():
            return ["nested"]
        return nested()

results = [plain(1, 2), Pair().first]
"""
    moved = mutation.decorated_below(source)
    assert "@" not in moved
    for code in (source, moved):
        names = {}
        exec(code, names)
        assert names["results"] == [["outer", "inner", 1, 2], ["within", "nested"]]
