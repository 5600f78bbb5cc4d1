"""The figures of scores, losses and fitted lines hold what they are given."""

import numpy as np
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, COLOURS, INK, MUTED, ORANGE

X = np.linspace(0.1, 1, 10)


def legend(figure):
    (found,) = figure.legends
    return [text.get_text() for text in found.get_texts()]


def test_each_stage_has_a_bar_and_a_number_for_each_class():
    stages = {"score": [2.0, -1.0], "share": [0.952, 0.048]}
    figure = plotting.bar_stages(stages, ["cat", "dog"])
    assert [ax.get_title() for ax in figure.axes] == ["score", "share"]
    for ax, values in zip(figure.axes, stages.values(), strict=True):
        assert [bar.get_width() for bar in ax.patches] == values
    assert [text.get_text() for text in figure.axes[0].texts] == ["2", "\N{MINUS SIGN}1"]
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["cat", "dog"]


def test_the_first_class_stands_on_top():
    figure = plotting.bar_stages({"score": [1.0, 2.0]}, ["cat", "dog"])
    low, high = figure.axes[0].get_ylim()
    assert low > high


def test_curves_hold_their_values_and_differ_by_more_than_colour():
    ys = {f"curve {k}": X + k for k in range(5)}
    figure = plotting.curves(X, ys, xlabel="x", ylabel="loss", scales=("log", "linear"))
    (ax,) = figure.axes
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "linear")
    for line, (name, values) in zip(ax.lines, ys.items(), strict=True):
        assert line.get_label() == name
        np.testing.assert_array_equal(line.get_ydata(), values)
    assert len({str(line._unscaled_dash_pattern) for line in ax.lines}) == 5
    assert legend(figure) == list(ys)


def test_a_single_curve_needs_no_legend_and_can_have_marked_points():
    figure = plotting.curves(
        X, {"only": X}, xlabel="x", ylabel="y", points=[(0.5, 0.5, "half")], upright=0.3,
        limits=(0, 2),
    )  # fmt: skip
    (ax,) = figure.axes
    assert not figure.legends
    assert [text.get_text() for text in ax.texts] == ["half"]
    assert list(ax.lines[1].get_xdata()) == [0.3, 0.3]
    assert list(ax.lines[2].get_xydata()[0]) == [0.5, 0.5]
    assert ax.get_ylim() == (0, 2)


def test_panels_stand_one_below_the_other_with_one_legend():
    panels = {"loss": {"a": X, "b": 2 * X}, "slope": {"a": -X, "b": -2 * X}}
    figure = plotting.curves_below(X, panels, xlabel="score")
    assert [ax.get_ylabel() for ax in figure.axes] == ["loss", "slope"]
    assert figure.axes[-1].get_xlabel() == "score"
    for ax, ys in zip(figure.axes, panels.values(), strict=True):
        for line, values in zip(ax.lines, ys.values(), strict=True):
            np.testing.assert_array_equal(line.get_ydata(), values)
    assert legend(figure) == ["a", "b"]


def test_a_fitted_line_is_drawn_with_its_points_and_its_errors():
    x, y = [0.0, 1.0, 2.0], [1.0, 2.0, 4.0]
    figure = plotting.fitted_lines(x, y, {"start": (0.0, 0.0), "end": (1.5, 0.8), "third": (1, 1)})
    titles = [ax.get_title() for ax in figure.axes if ax.get_visible()]
    assert titles == ["start", "end", "third"]
    ax = figure.axes[1]
    (left, low), (right, high) = ax.lines[0].get_xydata()
    assert np.isclose((high - low) / (right - left), 1.5)
    assert np.isclose(low - 1.5 * left, 0.8)
    np.testing.assert_array_equal(ax.lines[1].get_xydata(), np.stack([x, y], axis=1))
    (errors,) = ax.collections
    segments = np.array(errors.get_segments())
    np.testing.assert_allclose(segments[:, 1, 1] - segments[:, 0, 1], [-0.2, 0.3, -0.2])


def test_bars_of_a_stage_point_away_from_zero_with_their_numbers_at_the_end():
    figure = plotting.bar_stages({"score": [2.0, -1.0]}, ["cat", "dog"])
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert {to_hex(bar.get_facecolor()) for bar in ax.patches} == {BLUE}
    zero, *ends = ax.transData.transform([(0, 0), (2, 0), (-1, 0)])[:, 0]
    up, down = (text.get_window_extent() for text in ax.texts)
    assert up.x0 > ends[0] > zero > ends[1] > down.x1
    (line,) = ax.lines
    assert list(line.get_xdata()) == [0, 0]
    assert line.get_color() == MUTED


def test_curves_have_the_colours_of_the_book_and_labels_on_their_axes():
    ys = {f"curve {k}": X + k for k in range(5)}
    (ax,) = plotting.curves(X, ys, xlabel="step size", ylabel="loss").axes
    assert [line.get_color() for line in ax.lines] == list(COLOURS)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("step size", "loss")


def name_of_point(ys, point, **more):
    figure = plotting.curves(X, ys, xlabel="x", ylabel="y", points=[(*point, "the name")], **more)
    figure.draw_without_rendering()
    (ax,) = figure.axes
    (note,) = ax.texts
    return ax, note.get_window_extent(), ax.transData.transform(point)


def test_a_point_is_named_to_the_right_and_above_where_nothing_is_in_the_way():
    _, box, (x, y) = name_of_point({"falls": 1 - X}, (0.5, 0.5))
    assert box.x0 > x
    assert box.y0 > y


def test_the_name_of_a_point_keeps_off_the_curves_that_meet_there():
    ys = {"rises": X, "falls": 1 - X}
    for more in ({}, {"upright": 0.6}):
        ax, box, (x, _) = name_of_point(ys, (0.5, 0.5), **more)
        assert box.x1 < x or box.x0 > x
        for line in ax.lines:
            path = line.get_transform().transform_path(line.get_path())
            assert not path.intersects_bbox(box, filled=False)


def test_a_point_that_curves_surround_is_named_all_the_same():
    ys = {f"curve {k}": X + k / 60 for k in range(-2, 3)}
    ys["curve -2"] = np.where(np.arange(len(X)) % 2, -30, 30)
    _, box, (x, y) = name_of_point(ys, (0.5, 0.5))
    assert box.x0 > x
    assert box.y0 > y


def test_panels_have_the_same_look_for_the_same_name():
    panels = {"loss": {"a": X, "b": 2 * X}, "slope": {"a": -X, "b": -2 * X}}
    figure = plotting.curves_below(X, panels, xlabel="score")
    upper, lower = figure.axes
    for one, other in zip(upper.lines, lower.lines, strict=True):
        assert (one.get_color(), one.get_linestyle()) == (other.get_color(), other.get_linestyle())
    assert upper.lines[0].get_color() != upper.lines[1].get_color()
    figure.draw_without_rendering()
    assert upper.get_window_extent().y0 > lower.get_window_extent().y1
    assert figure.legends[0].get_window_extent().y0 > upper.get_window_extent().y1


def test_points_line_and_errors_of_a_fit_are_told_apart():
    lines = dict.fromkeys(("a", "b", "c", "d"), (1, 0))
    figure = plotting.fitted_lines([0, 1], [1, 1], lines, names=("day", "height"))
    for ax in figure.axes:
        line, points = ax.lines
        assert (line.get_color(), points.get_color(), points.get_marker()) == (BLUE, INK, "o")
        (errors,) = ax.collections
        assert to_hex(errors.get_color()[0]) == ORANGE
    assert [ax.get_xlabel() for ax in figure.axes] == ["", "", "day", "day"]
    assert [ax.get_ylabel() for ax in figure.axes] == ["height", "", "height", ""]
