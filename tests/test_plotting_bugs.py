"""The figures of spot-the-bug and of the summary show what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, COLOURS, GREEN, INK, ORANGE


def test_each_entry_stands_at_what_the_oracle_and_the_program_say(rng):
    oracle, computed = rng.normal(size=(2, 4, 3))
    figure = plotting.agreement(oracle, computed)
    (points,) = figure.axes[0].collections
    np.testing.assert_array_equal(
        np.asarray(points.get_offsets()), np.column_stack([oracle.ravel(), computed.ravel()])
    )


def test_the_line_of_agreement_spans_all_values():
    figure = plotting.agreement([1.0, 2.0], [-5.0, 7.0])
    (line,) = figure.axes[0].lines
    np.testing.assert_array_equal(line.get_xdata(), [-5, 7])
    np.testing.assert_array_equal(line.get_ydata(), line.get_xdata())


def test_losses_are_drawn_as_means_over_the_steps_before():
    figure = plotting.rival_losses({"a": [4.0, 2.0, 3.0, 1.0], "b": [1.0, 1.0, 1.0, 1.0]}, window=2)
    (ax,) = figure.axes
    first, second = ax.lines
    np.testing.assert_array_equal(first.get_xdata(), [2, 3, 4])
    # Halves of small whole numbers, and their sums, are exact.
    np.testing.assert_array_equal(first.get_ydata(), [3, 2.5, 2])
    np.testing.assert_array_equal(second.get_ydata(), [1, 1, 1])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]
    assert first.get_linestyle() != second.get_linestyle()


@pytest.fixture
def loop():
    return plotting.training_loop(["a", "b", "c"], ["d", "e"], result="again").axes[0]


def test_the_loop_has_its_boxes_in_their_places(loop):
    places = {text.get_text(): text.get_position() for text in loop.texts if text.get_text()}
    top, bottom = places["a"][1], places["d"][1]
    assert [places[name][1] for name in "bc"] == [top, top]
    assert [places[name][1] for name in ("e", "again")] == [bottom, bottom]
    assert bottom < top
    assert places["a"][0] < places["b"][0] < places["c"][0]
    assert [places[name][0] for name in ("d", "e", "again")] == [places[n][0] for n in "cba"]


def test_the_loop_is_closed(loop):
    arrows = [text for text in loop.texts if hasattr(text, "xyann") and text.arrow_patch]
    nearest = {}
    names = [text for text in loop.texts if len(text.get_text()) == 1]
    for arrow in arrows:
        ends = [
            min(names, key=lambda name: np.hypot(*np.subtract(name.get_position(), end)))
            for end in (arrow.xyann, arrow.xy)
        ]
        nearest[ends[0].get_text()] = ends[1].get_text()
    assert nearest == {"a": "b", "b": "c", "c": "d", "d": "e", "e": "b"}


def test_agreement_has_points_and_a_diagonal_that_the_legend_names():
    (ax,) = plotting.agreement([1.0, 2.0], [1.0, 3.0]).axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("what the oracle says", "what the program says")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["equal", "one entry"]
    (diagonal,), (points,) = ax.lines, ax.collections
    assert (diagonal.get_color(), diagonal.get_linestyle()) == (INK, "--")
    assert to_hex(points.get_facecolor()[0]) == BLUE
    assert 0 < points.get_alpha() < 1, "points on each other are seen"


def test_the_axis_of_losses_starts_at_zero_and_says_over_what_it_averages():
    (ax,) = plotting.rival_losses({"a": [4.0, 2.0, 3.0], "b": [1.0, 1.0, 1.0]}, window=2).axes
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("training step", "loss, mean of 2 steps")
    assert ax.get_ylim()[0] == 0
    assert [line.get_color() for line in ax.lines] == list(COLOURS[:2])


def test_boxes_of_the_loop_have_a_colour_for_data_the_way_there_and_the_way_back(loop):
    boxes = {
        tuple(np.round(np.mean(patch.get_path().get_extents(), axis=0), 6)): patch
        for patch in loop.patches
    }
    places = {text.get_text(): text.get_position() for text in loop.texts if text.get_text()}
    colours = {name: to_hex(boxes[places[name]].get_edgecolor()) for name in "abcde"}
    assert colours == {"a": GREEN, "b": BLUE, "c": BLUE, "d": ORANGE, "e": ORANGE}
    assert places["again"] not in boxes, "what the loop is for is no step"
