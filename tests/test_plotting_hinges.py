"""The figures of hinges draw the curves that they are given."""

import numpy as np
import pytest

from dlbook import plotting

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


def test_a_panel_without_its_marks_is_refused():
    with pytest.raises(IndexError):
        plotting.curve_panels(X, {"a": X, "b": X}, marks=[[1.0]])
