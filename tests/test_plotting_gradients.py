"""The figures of slopes, surfaces and paths hold what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, COLOURS, GREEN, INK, ORANGE

X, Y = np.linspace(-2, 2, 9), np.linspace(-1, 1, 5)
HEIGHTS = X**2 + Y[:, None] ** 2
PATH = np.array([[-1.5, 0.8], [-0.5, -0.4], [0.0, 0.1]])


def lines(ax):
    """The lines of an axes by their labels."""
    return {line.get_label(): line for line in ax.lines}


def legend(figure):
    (found,) = figure.legends
    return [text.get_text() for text in found.get_texts()]


def test_a_tangent_touches_its_point_and_has_its_slope():
    x = np.linspace(0, 4, 401)
    figure = plotting.tangent(x, x**2, (1.0, 1.0), 2.0, step=1.0)
    (ax,) = figure.axes
    left, right = lines(ax)["tangent, slope 2"].get_xydata()
    # Few operations on numbers up to 4: off by few eps (2e-16) of that.
    assert (right[1] - left[1]) / (right[0] - left[0]) == pytest.approx(2, rel=1e-14)
    assert left[1] + 2 * (1 - left[0]) == pytest.approx(1, rel=1e-14)
    gap = ax.lines[2].get_xydata()
    # Between points 0.01 apart the curve is taken for straight: off by 0.01**2 / 4 at most.
    np.testing.assert_allclose(gap, [[2, 3], [2, 4]], rtol=0, atol=2.6e-5)


def test_a_falling_tangent_has_a_minus_sign_in_its_name():
    x = np.linspace(-2, 0, 101)
    figure = plotting.tangent(x, x**2, (-1.0, 1.0), -2.0, step=0.5)
    assert "tangent, slope \N{MINUS SIGN}2" in lines(figure.axes[0])


def test_the_field_has_an_arrow_for_each_point_and_the_path():
    points = np.array([[1.0, 0.5], [-1.0, 0.5]])
    figure = plotting.gradient_field(X, Y, HEIGHTS, points, 2 * points, PATH)
    (ax,) = figure.axes
    (arrows,) = [artist for artist in ax.collections if hasattr(artist, "U")]
    np.testing.assert_array_equal(np.stack([arrows.U, arrows.V], axis=1), 2 * points)
    np.testing.assert_array_equal(arrows.get_offsets(), points)
    np.testing.assert_array_equal(lines(ax)["path of the descent"].get_xydata(), PATH)
    assert legend(figure) == ["path of the descent", "gradient"]


def test_each_step_size_has_a_panel_with_its_path_and_the_same_limits():
    figure = plotting.step_sizes(X, Y, HEIGHTS, {"small": PATH, "large": 3 * PATH})
    assert [ax.get_title() for ax in figure.axes] == ["small", "large"]
    for ax, factor in zip(figure.axes, (1, 3), strict=True):
        np.testing.assert_array_equal(ax.lines[0].get_xydata(), factor * PATH)
        assert ax.get_xlim() == (-2, 2)
        assert ax.get_ylim() == (-1, 1)


def test_paths_on_a_surface_differ_by_more_than_colour():
    names = ["a", "b", "c", "d", "e"]
    figure = plotting.surface_paths(X, Y, HEIGHTS, dict.fromkeys(names, PATH))
    (ax,) = figure.axes
    drawn = [lines(ax)[name] for name in names]
    assert len({line.get_marker() for line in drawn}) == 5
    assert len({str(line._unscaled_dash_pattern) for line in drawn}) == 5
    assert legend(figure) == names


def test_a_very_long_path_is_thin_and_has_few_markers():
    figure = plotting.surface_paths(X, Y, HEIGHTS, {"long": np.zeros((2000, 2)), "short": PATH})
    drawn = lines(figure.axes[0])
    assert drawn["long"].get_linewidth() < drawn["short"].get_linewidth()
    assert 2000 / drawn["long"].get_markevery() < 15
    assert drawn["short"].get_markevery() == 1


def test_contour_lines_lie_closer_together_near_the_bottom():
    figure = plotting.surface_paths(X, Y, HEIGHTS, {"path": PATH})
    (contours,) = [artist for artist in figure.axes[0].collections if hasattr(artist, "levels")]
    assert HEIGHTS.min() < contours.levels[0]
    assert contours.levels[-1] < HEIGHTS.max()
    assert np.all(np.diff(contours.levels, 2) > 0)


def test_losses_fall_on_a_logarithmic_axis():
    losses = {f"run {k}": 0.5 ** np.arange(20) * (k + 1) for k in range(6)}
    figure = plotting.descent_curves(losses)
    (ax,) = figure.axes
    assert ax.get_yscale() == "log"
    for name, values in losses.items():
        np.testing.assert_array_equal(lines(ax)[name].get_ydata(), values)
    assert len({line.get_marker() for line in ax.lines}) == 6


def test_marked_curves_have_their_points_above_or_below():
    figure = plotting.marked_curves(
        {"one": (X, X**2), "two": (X, -X), "three": (X, X)},
        {"one": [(0, 0, "low")], "two": [(0, 0, "^high")], "three": []},
    )
    assert [ax.get_title() for ax in figure.axes] == ["one", "two", "three", ""]
    (low,), (high,) = figure.axes[0].texts, figure.axes[1].texts
    assert (low.get_text(), low.get_va()) == ("low", "top")
    assert (high.get_text(), high.get_va()) == ("high", "bottom")
    assert not figure.axes[3].get_visible()


def test_a_saddle_is_drawn_in_space_with_its_paths():
    trail = np.array([[1.0, 0.5, 0.75], [0.0, 0.0, 0.0]])
    figure = plotting.saddle(X, Y, X**2 - Y[:, None] ** 2, {"down": trail})
    (ax,) = figure.axes
    np.testing.assert_array_equal(np.array(lines(ax)["down"].get_data_3d()).T, trail)
    assert legend(figure) == ["down"]


def test_the_gap_of_a_tangent_is_named_beside_it():
    x = np.linspace(0, 4, 401)
    (ax,) = plotting.tangent(x, x**2, (1.0, 1.0), 2.0, step=1.0).axes
    curve, tangent, gap, point = ax.lines
    assert [line.get_color() for line in ax.lines] == [BLUE, ORANGE, GREEN, INK]
    assert [line.get_linestyle() for line in (curve, tangent, gap)] == ["-", "--", ":"]
    (name,) = ax.texts
    assert (name.get_text(), name.get_color()) == ("error", GREEN)
    low, high = sorted(gap.get_ydata())
    assert name.xy[0] == gap.get_xdata()[0]
    assert low < name.xy[1] < high
    assert point.get_xydata().tolist() == [[1, 1]]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["f(x)", "tangent, slope 2"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "f(x)")


def test_arrows_of_a_field_are_not_cut_at_its_edge_and_stand_at_right_angles():
    points = np.array([[1.9, 0.9], [-1.9, -0.9]])
    figure = plotting.gradient_field(X, Y, HEIGHTS, points, points, PATH)
    (ax,) = figure.axes
    (arrows,) = [artist for artist in ax.collections if hasattr(artist, "U")]
    assert not arrows.get_clip_on()
    assert to_hex(arrows.get_facecolor()[0]) == BLUE
    assert ax.get_aspect() == 1
    assert lines(ax)["path of the descent"].get_color() == ORANGE
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("weight 0", "weight 1")


def test_each_path_starts_in_a_ring():
    figures = (
        plotting.step_sizes(X, Y, HEIGHTS, {"one": PATH}),
        plotting.surface_paths(X, Y, HEIGHTS, {"one": PATH}),
    )
    for figure in figures:
        path, ring = figure.axes[0].lines
        assert ring.get_xydata().tolist() == [PATH[0].tolist()]
        assert (ring.get_marker(), ring.get_markerfacecolor(), ring.get_color()) == (
            "o",
            "none",
            INK,
        )
        assert path.get_color() == BLUE


def test_paths_have_the_colours_of_the_book_and_a_sixth_one_is_ink():
    names = list("abcdef")
    (ax,) = plotting.surface_paths(X, Y, HEIGHTS, dict.fromkeys(names, PATH), names=("w", "b")).axes
    assert [lines(ax)[name].get_color() for name in names] == [*COLOURS, INK]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("w", "b")
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-1, 1))


def test_markers_of_descents_are_taken_in_turns():
    losses = {name: 0.5 ** np.arange(48) for name in "ab"}
    (ax,) = plotting.descent_curves(losses, xlabel="batch", ylabel="height").axes
    (first, every), (second, _) = (line.get_markevery() for line in ax.lines)
    assert (first, second, every) == (0, 2, 4), "markers of equal curves stand beside each other"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("batch", "height")
    assert [line.get_color() for line in ax.lines] == list(COLOURS[:2])


def test_marked_points_lie_where_they_are_said_to_with_their_names_over_or_under_them():
    curves = {"one": (X, X**2)}
    figure = plotting.marked_curves(curves, {"one": [(0, 0, "low"), (1, 1, "^high")]})
    figure.draw_without_rendering()
    ax = figure.axes[0]
    curve, *points = ax.lines
    np.testing.assert_array_equal(curve.get_xydata(), np.stack([X, X**2], axis=1))
    assert [point.get_xydata().tolist() for point in points] == [[[0, 0]], [[1, 1]]]
    assert {point.get_color() for point in points} == {ORANGE}
    for note, place, above in zip(ax.texts, ((0, 0), (1, 1)), (False, True), strict=True):
        x, y = ax.transData.transform(place)
        box = note.get_window_extent()
        assert box.x0 < x < box.x1
        assert box.y0 > y if above else box.y1 < y


def test_axes_of_a_saddle_have_names_and_no_numbers():
    trail = np.array([[1.0, 0.5, 0.75], [0.0, 0.0, 0.0]])
    (ax,) = plotting.saddle(X, Y, X**2 - Y[:, None] ** 2, {"a": trail, "b": trail}).axes
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("weight 0", "weight 1", "loss")
    assert not [*ax.get_xticks(), *ax.get_yticks(), *ax.get_zticks()]
    assert [line.get_color() for line in ax.lines] == list(COLOURS[:2])
    assert len({line.get_marker() for line in ax.lines}) == 2
