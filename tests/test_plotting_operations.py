"""The figures of operations show right numbers and the entries that meet."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, GREEN, MUTED, ORANGE

WEIGHTS = np.array([[1, 2], [3, 4], [10, 0]])


def texts(ax):
    return [text.get_text() for text in ax.texts]


def cells(ax, colour):
    """Return the numbers that stand in cells framed in `colour`, in reading order."""
    numbers = {text.get_position(): text.get_text() for text in ax.texts}
    places = [
        (patch.get_y() + 0.5, patch.get_x() + 0.5)
        for patch in ax.patches
        if to_hex(patch.get_edgecolor()) == colour
    ]
    return [numbers[x, y] for y, x in sorted(places)]


def test_an_equation_shows_arrays_signs_and_names():
    product = WEIGHTS @ np.array([3, -1])
    parts = [WEIGHTS, "·", np.array([3, -1]), "=", product]
    (ax,) = plotting.equation(parts, ["W", "x", "W · x"]).axes
    assert texts(ax) == [
        *("1", "2", "3", "4", "10", "0", "W"),
        *("·", "3", "\N{MINUS SIGN}1", "x"),
        *("=", "1", "5", "30", "W · x"),
    ]


def test_a_vector_of_an_equation_stands_upright():
    (ax,) = plotting.equation([np.array([1, 5, 30])], ["x"]).axes
    assert len({patch.get_x() for patch in ax.patches}) == 1
    assert len({patch.get_y() for patch in ax.patches}) == 3


def test_only_the_result_of_an_equation_is_tinted():
    parts = [np.array([1, 2]), "+", np.array([3, 4]), "=", np.array([4, 6])]
    (ax,) = plotting.equation(parts, ["x", "y", "sum"]).axes
    assert cells(ax, GREEN) == ["4", "6"]


def test_each_array_of_an_equation_needs_a_name():
    with pytest.raises(
        ValueError, match="names: expected 2 entries, one for each array. Received: 1"
    ):
        plotting.equation([np.array([1]), "=", np.array([1])], ["x"])


def test_a_product_shows_the_row_and_the_column_that_meet():
    y = np.array([[3, 0, 1], [-1, 2, 1]])
    (ax,) = plotting.matrix_product(WEIGHTS, y, row=1, column=0).axes
    assert cells(ax, BLUE) == ["3", "4"]
    assert cells(ax, ORANGE) == ["3", "\N{MINUS SIGN}1"]
    assert cells(ax, GREEN) == ["5"]
    assert texts(ax)[-1] == "row 1 meets column 0: 3 · 3 + 4 · (\N{MINUS SIGN}1) = 5"


def test_a_product_shows_every_entry_that_numpy_gives(rng):
    x, y = rng.integers(100, 999, size=(2, 3)), rng.integers(100, 999, size=(3, 4))
    (ax,) = plotting.matrix_product(x, y).axes
    shown = texts(ax)
    for value in (x @ y).ravel():
        assert f"{value:g}" in shown
    assert {"x (2, 3)", "y (3, 4)", "product\n(2, 4)"} <= set(shown)


def test_broadcasting_marks_what_is_stored_and_what_is_a_copy():
    x, y = np.array([[1, 2], [3, 4], [5, 6]]), np.array([10, 20])
    (ax,) = plotting.broadcasting(x, y).axes
    assert cells(ax, BLUE) == ["10", "20"]
    dashed = [patch for patch in ax.patches if patch.get_linestyle() == "--"]
    assert len(dashed) == (len(x) - 1) * len(y)
    shown = texts(ax)
    assert {"x (3, 2)", "y (2,)", "x + y (3, 2)"} <= set(shown)
    assert all(f"{value}" in shown for value in (x + y).ravel())


def test_parts_of_an_equation_stand_from_left_to_right_with_their_names_below():
    parts = [np.array([1, 2]), "+", np.array([3, 4]), "=", np.array([4, 6])]
    (ax,) = plotting.equation(parts, ["x", "y", "sum"]).axes
    place = {text.get_text(): text.get_position() for text in ax.texts}
    across = [place[text][0] for text in ("x", "+", "y", "=", "sum")]
    assert across == sorted(across)
    assert place["1"][0] == place["x"][0]
    assert len({place[name][1] for name in ("x", "y", "sum")}) == 1
    assert ax.yaxis_inverted()
    assert place["x"][1] > max(place[number][1] for number in "1236")


def test_an_entry_of_a_product_stands_where_its_row_and_its_column_cross():
    y = np.array([[3, 0, 7], [-1, 2, 8]])
    (ax,) = plotting.matrix_product(WEIGHTS, y, row=1, column=2).axes
    place = {text.get_text(): text.get_position() for text in ax.texts}
    across, down = ax.lines
    entry = place["53"]  # 3 · 7 + 4 · 8
    assert set(across.get_ydata()) == {entry[1]}
    assert set(down.get_xdata()) == {entry[0]}
    assert place["7"][0] == entry[0]
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert [colours[n] for n in ("x (3, 2)", "y (2, 3)", "product\n(3, 3)")] == [
        BLUE, ORANGE, GREEN,
    ]  # fmt: skip


def test_each_row_of_a_broadcast_sum_stands_beside_its_terms():
    (ax,) = plotting.broadcasting([[1, 2], [3, 4]], [10, 20]).axes
    place = {text.get_text(): text.get_position() for text in ax.texts}
    assert place["1"][1] == place["11"][1]
    assert place["4"][1] == place["24"][1]
    assert place["1"][0] < place["+"][0] < place["="][0] < place["11"][0]
    quiet = [text for text in ax.texts if text.get_color() == MUTED]
    assert [text.get_text() for text in quiet] == ["10", "20"]
    assert {text.get_position()[1] for text in quiet} == {place["4"][1]}
    legend = ax.get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["stored once", "virtual copy"]
