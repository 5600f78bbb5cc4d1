"""The figures of first weights hold what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, COLOURS, MUTED, ORANGE


def test_each_way_has_a_line_in_both_panels_on_logarithmic_axes():
    forward = {"small": [1, 0.1, 0.01], "large": [1, 10, 100]}
    backward = {"small": [0.01, 0.1, 1], "large": [50, 5, 0.5]}
    upper, lower = plotting.sizes_by_layer(forward, backward).axes
    for ax, values in ((upper, forward), (lower, backward)):
        assert ax.get_yscale() == "log"
        assert [line.get_label() for line in ax.lines] == list(values)
        for line, sizes in zip(ax.lines, values.values(), strict=True):
            np.testing.assert_array_equal(line.get_xdata(), [0, 1, 2])
            np.testing.assert_array_equal(line.get_ydata(), sizes)
    assert lower.get_xlabel() == "layer"


def test_lines_differ_by_more_than_colour():
    sizes = {name: [1, 2] for name in "abcde"}
    for ax in plotting.sizes_by_layer(sizes, sizes).axes:
        looks = {(str(line.get_linestyle()), line.get_marker()) for line in ax.lines}
        assert len(looks) == 5


def test_both_ways_must_hold_the_same_lines():
    with pytest.raises(ValueError, match=r"backward: expected the ways \['a'\]\. Received"):
        plotting.sizes_by_layer({"a": [1]}, {"b": [1]})


def test_sums_are_counted_and_those_that_relu_cuts_are_hatched():
    (ax,) = plotting.sum_histogram([-1, -1, 0, 2, 2, 2]).axes
    bars = {round(bar.get_x() + bar.get_width() / 2, 6): bar for bar in ax.patches}
    assert {place: bar.get_height() for place, bar in bars.items()} == {-1: 2, 0: 1, 2: 3}
    assert {place: bool(bar.get_hatch()) for place, bar in bars.items()} == {
        -1: True,
        0: True,
        2: False,
    }


def test_the_spread_of_the_sums_is_marked_on_both_sides():
    (ax,) = plotting.sum_histogram([-3, 3]).axes
    assert [line.get_xdata()[0] for line in ax.lines] == [-3, 3]
    assert "±3.00" in ax.texts[0].get_text()


def test_ways_have_the_same_colour_in_both_panels_and_are_named_once():
    sizes = {name: [1, 2] for name in "abcde"}
    figure = plotting.sizes_by_layer(sizes, sizes)
    upper, lower = figure.axes
    for ax in (upper, lower):
        assert [line.get_color() for line in ax.lines] == list(COLOURS)
        assert ax.get_ylabel() == "size"
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        "forward: numbers", "backward: gradients",
    ]  # fmt: skip
    assert [text.get_text() for text in upper.get_legend().get_texts()] == list("abcde")
    assert lower.get_legend() is None


def test_bars_of_sums_have_their_colours_and_the_spread_its_number_above_them():
    (ax,) = plotting.sum_histogram([-1, -1, 0, 2, 2, 2]).axes
    looks = {to_hex(bar.get_facecolor()): bool(bar.get_hatch()) for bar in ax.patches}
    assert looks == {BLUE: False, ORANGE: True}
    assert {(line.get_color(), line.get_linestyle()) for line in ax.lines} == {(MUTED, "--")}
    (number,) = ax.texts
    x, y = number.get_position()
    assert x == ax.lines[1].get_xdata()[0]
    assert y > 3, "over the highest bar"
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["kept by relu", "set to 0 by relu"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("sum", "how often")
