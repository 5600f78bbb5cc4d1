"""`book_symbols` tells the names of a cell, the same for every Python."""

import pytest
from book_symbols import symbols_of


def names(code, kind="is_assigned"):
    """Return the names of a cell that are of a kind."""
    return {
        symbol.get_name() for symbol in symbols_of(code).get_symbols() if getattr(symbol, kind)()
    }


def test_names_that_a_cell_binds_and_uses_are_told_apart():
    code = "import numpy as np\nx = np.ones(n)\nfor i in x:\n    print(i)\n"
    assert names(code) == {"x", "i"}
    assert names(code, "is_imported") == {"np"}
    assert names(code, "is_referenced") == {"np", "n", "x", "print", "i"}


@pytest.mark.parametrize(
    "code",
    [
        "[item for item in rows]",
        "{item for item in rows}",
        "{item: 1 for item in rows}",
        "sum(item for item in rows)",
        "[[item for item in row] for row in rows]",
        "[value for item in rows for value in item if value]",
        "print([item for item in rows][0])",
        "x = [{item: [part for part in item] for item in row} for row in rows]",
    ],
)
def test_variables_of_comprehensions_are_no_names_of_the_cell(code):
    assert names(code) <= {"x"}
    used = names(code, "is_referenced")
    assert used.isdisjoint({"item", "part", "row", "value"}), "they are used where they are bound"


def used(table):
    """Return all global names that a cell uses, in its functions and comprehensions, too."""
    found = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module")
    }
    return found.union(*map(used, table.get_children()))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("[a + b for a in rows]", {"b", "rows"}),
        ("{a: c for a in rows if test(a)}", {"c", "rows", "test"}),
        ("{a for a in [b for b in rows]}", {"rows"}),
        ("def f(x):\n    return [x + y + z for y in w]", {"z", "w"}),
        ("lambda x: [x + y for y in range(3)]", {"range"}),
    ],
)
def test_names_from_elsewhere_are_found_in_comprehensions(code, expected):
    assert used(symbols_of(code)) == expected


def test_functions_and_classes_keep_their_tables():
    table = symbols_of("def f(x):\n    y = [z for z in x]\n    return y\n\nclass C:\n    v = 1\n")
    assert [child.get_name() for child in table.get_children()] == ["f", "C"]
    function = table.get_children()[0]
    assert set(function.get_locals()) == {"x", "y"}
    assert set(function.get_parameters()) == {"x"}


def test_code_that_is_no_python_is_refused():
    with pytest.raises(SyntaxError):
        symbols_of("x = = 1")


def test_code_that_contradicts_itself_is_refused_with_the_name_of_a_cell():
    with pytest.raises(SyntaxError, match="before global declaration") as error:
        symbols_of("x = 1\nglobal x")
    assert error.value.filename == "<cell>"
