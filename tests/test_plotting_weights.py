"""The figures of first weights hold what they are given."""

import numpy as np
import pytest

from dlbook import plotting


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
