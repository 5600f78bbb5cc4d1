"""The figures of scores, losses and fitted lines hold what they are given."""

import numpy as np

from dlbook import plotting

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
