"""The figures of hinges draw the curves that they are given."""

import numpy as np
import pytest

from dlbook import plotting
from dlbook.plotting._style import BLUE, COLOURS, INK, MUTED, ORANGE

X = np.linspace(0, 2, 21)


def lines(ax):
    return {line.get_label(): line for line in ax.lines}


def test_hinges_stand_at_the_left_and_their_sum_at_the_right():
    hinges = {"one": np.maximum(X, 0), "two": -2 * np.maximum(X - 1, 0)}
    left, right = plotting.hinge_sum(X, hinges, 3).axes
    for name, values in hinges.items():
        np.testing.assert_array_equal(lines(left)[name].get_ydata(), values)
    (total,) = right.lines
    np.testing.assert_allclose(total.get_ydata(), 3 + hinges["one"] + hinges["two"])
    assert len({line.get_linestyle() for line in left.lines}) == 2


def test_each_curve_has_a_panel_with_its_target_and_the_places_where_it_bends():
    curves = {"a": X, "b": X**2, "c": -X}
    marks = [[0.5], [0.5, 1.0], []]
    axes = plotting.curve_panels(X, curves, target=np.sin(X), marks=marks).axes
    assert [ax.get_title() for ax in axes if ax.get_visible()] == ["a", "b", "c"]
    for ax, values, places in zip(axes, curves.values(), marks, strict=False):
        drawn = lines(ax)
        np.testing.assert_array_equal(drawn["hinges"].get_ydata(), values)
        np.testing.assert_array_equal(drawn["target"].get_ydata(), np.sin(X))
        assert drawn["where they bend"].get_xdata().tolist() == places


def test_curves_without_a_target_have_no_legend():
    figure = plotting.curve_panels(X, {"a": X, "b": -X})
    assert not figure.legends
    assert [len(ax.lines) for ax in figure.axes] == [1, 1]


def test_errors_stand_over_their_sizes_one_circle_for_each_run():
    built, trained = [0.2, 0.05], [[0.1, 0.4, 0.3], [0.02, 0.03, 0.01]]
    (ax,) = plotting.errors_by_size([4, 8], built, trained).axes
    drawn = lines(ax)
    assert drawn["built, evenly spaced"].get_ydata().tolist() == built
    circles = drawn["trained, one run each"].get_xydata().tolist()
    assert circles == [[n, e] for n, row in zip([4, 8], trained, strict=True) for e in row]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert ax.get_xticks().tolist() == [4, 8]


def test_a_curve_may_have_no_marks():
    first, second, *_ = plotting.curve_panels(X, {"a": X, "b": X}, marks=[[], [1.0]]).axes
    assert [ax.lines[-1].get_xdata().tolist() for ax in (first, second)] == [[], [1.0]]


def test_a_panel_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="^marks: expected 2 entries, one for each curve.*: 1$"):
        plotting.curve_panels(X, {"a": X, "b": X}, marks=[[1.0]])


def test_hinges_have_a_colour_each_and_their_names_below():
    hinges = dict.fromkeys("abcde", X)
    figure = plotting.hinge_sum(X, hinges, 0.5)
    left, right = figure.axes
    assert [line.get_color() for line in left.lines] == list(COLOURS)
    assert right.lines[0].get_color() == INK
    assert (left.get_title(), right.get_title()) == ("the hinges", "0.5 and their sum")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == list("abcde")
    figure.draw_without_rendering()
    assert figure.legends[0].get_window_extent().y1 < left.get_window_extent().y0


def test_targets_are_dashed_and_marks_stand_at_the_foot():
    figure = plotting.curve_panels(X, {"a": X, "b": -X}, target=X, marks=[[0.5], [1.0]])
    figure.draw_without_rendering()
    for ax in figure.axes:
        drawn = lines(ax)
        assert (drawn["target"].get_color(), drawn["target"].get_linestyle()) == (ORANGE, "--")
        assert (drawn["hinges"].get_color(), drawn["hinges"].get_linestyle()) == (BLUE, "-")
        marks = drawn["where they bend"]
        assert (marks.get_color(), marks.get_marker(), marks.get_clip_on()) == (MUTED, "^", False)
        places = marks.get_transform().transform(marks.get_xydata())
        assert places[:, 1] == pytest.approx(ax.get_window_extent().y0)
        assert ax.get_xlabel() == "x"
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["target", "hinges", "where they bend"]


def test_built_and_trained_errors_differ_by_colour_and_marker():
    (ax,) = plotting.errors_by_size([4, 8], [0.2, 0.05], [[0.1], [0.02]]).axes
    looks = [(line.get_color(), line.get_marker(), line.get_fillstyle()) for line in ax.lines]
    assert looks == [(INK, "s", "full"), (BLUE, "o", "none")]
    assert [label.get_text() for label in ax.get_xticklabels()] == ["4", "8"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("hinges", "typical error")
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["built, evenly spaced", "trained, one run each"]
