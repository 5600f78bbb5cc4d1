"""The figures of training hold what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, COLOURS, INK, MUTED, ORANGE


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_steps_of_the_loop_are_numbered():
    (ax,) = plotting.four_steps(["fetch", "forward", "backward", "update"]).axes
    assert {"1. fetch", "2. forward", "3. backward", "4. update"} <= set(texts(ax))
    with pytest.raises(ValueError, match="steps: expected 4 entries"):
        plotting.four_steps(["fetch"])


def test_each_batch_is_drawn_in_units_of_epochs():
    losses = np.arange(12.0)
    (ax,) = plotting.batch_losses(losses, 4, window=3).axes
    each = ax.lines[0]
    np.testing.assert_array_equal(each.get_xdata(), np.arange(12) / 4)
    np.testing.assert_array_equal(each.get_ydata(), losses)
    assert ax.get_xlim() == (0, 3)


def test_the_moving_average_of_a_straight_line_lies_on_it():
    losses = np.arange(12.0)
    (ax,) = plotting.batch_losses(losses, 4, window=3).axes
    average = ax.lines[1]
    # Means of three numbers up to 11, as sums of thirds: off by few eps (2e-16) of that.
    np.testing.assert_allclose(average.get_ydata(), 4 * average.get_xdata(), rtol=0, atol=1e-14)
    assert len(average.get_ydata()) == 10


def test_each_way_has_a_dot_for_each_seed_and_its_mean():
    accuracies = [[0.25, 0.5, 0.75], [0.9, 0.9, 0.9]]
    (ax,) = plotting.compared_accuracies(["one", "two"], accuracies).axes
    dots = [line for line in ax.lines if line.get_marker() == "o"]
    bars = [line for line in ax.lines if line.get_marker() != "o"]
    for row in range(2):
        np.testing.assert_array_equal(dots[row].get_xdata(), accuracies[row])
        np.testing.assert_array_equal(dots[row].get_ydata(), [row] * 3)
        np.testing.assert_array_equal(bars[row].get_xdata(), np.mean(accuracies[row]))
    assert texts(ax) == ["0.500", "0.900"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["one", "two"]
    assert ax.yaxis_inverted(), "the first way stands at the top"


def test_the_way_back_has_as_many_arrows_as_the_way_forward():
    (ax,) = plotting.way_back(["x", "h", "L"], ["layer", "loss"], ["dW", "dh"]).axes
    assert {"x", "h", "L", "layer", "loss", "dW", "dh"} <= set(texts(ax))
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert len(arrows) == 4
    with pytest.raises(
        ValueError, match="backwards: expected 1 entry, as many as forwards. Received: 0"
    ):
        plotting.way_back(["x", "h"], ["layer"], [])


def test_losses_are_drawn_over_each_other_and_differences_below():
    losses = [[3.0, 2.0, 1.0], [3.0, 2.5, 1.25]]
    differences = {"half": [[0.0, 0.0], [0.0, 0.5], [0.0, 0.25]], "whole": [[0.0, 4.0]] * 3}
    figure = plotting.losses_of_ways(["one", "two"], losses, differences, {"half": 1, "whole": 8})
    upper, lower = figure.axes
    for line, expected in zip(upper.lines, losses, strict=True):
        np.testing.assert_array_equal(line.get_ydata(), expected)
    half, half_bound, whole, whole_bound = lower.lines
    # No difference has no place on a logarithmic axis.
    np.testing.assert_array_equal(half.get_ydata(), [np.nan, 0.5, 0.25])
    np.testing.assert_array_equal(whole.get_ydata(), [4, 4, 4])
    assert set(half_bound.get_ydata()) == {1}
    assert set(whole_bound.get_ydata()) == {8}
    assert {"bound of one step in half", "bound of one step in whole"} <= set(texts(lower))
    assert lower.get_yscale() == "log"
    with pytest.raises(
        ValueError, match=r"losses: expected shape \(1, steps\). Received: shape \(2, 3\)"
    ):
        plotting.losses_of_ways(["one"], losses, differences, {"half": 1, "whole": 8})
    with pytest.raises(TypeError, match=r"bounds\['whole'\]: expected .* Received: None"):
        plotting.losses_of_ways(["one", "two"], losses, differences, {"half": 1})


def test_sums_are_counted_on_their_side_of_zero():
    sums = np.array([-3e-8, -2e-8, -1e-8, 2e-8])
    (ax,) = plotting.sums_in_orders(sums, 1e-8).axes
    bars = [(bar.get_x(), bar.get_x() + bar.get_width(), bar.get_height()) for bar in ax.patches]
    assert sum(height for _, end, height in bars if end <= 1e-9) == 3
    assert sum(height for start, _, height in bars if start >= -1e-9) == 1
    true_value, zero = ax.lines
    np.testing.assert_allclose(true_value.get_xdata(), [0.1, 0.1])
    np.testing.assert_array_equal(zero.get_xdata(), [0, 0])
    assert {"off", "on"} <= set(texts(ax))


def test_the_steps_of_the_loop_go_round_to_the_right_first():
    (ax,) = plotting.four_steps(list("abcd")).axes
    place = {text.get_text(): text.get_position() for text in ax.texts if text.get_text()}
    assert [place[f"{k}. {step}"] for k, step in enumerate("abcd", 1)] == [
        (0, 1), (1, 1), (1, 0), (0, 0),
    ]  # fmt: skip
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    ways = [np.sign(np.round(np.subtract(arrow.xy, arrow.xyann), 6)).tolist() for arrow in arrows]
    assert ways == [[1, 0], [0, -1], [-1, 0], [0, 1]]
    assert {to_hex(arrow.arrow_patch.get_edgecolor()) for arrow in arrows} == {INK}
    frames = [text.get_bbox_patch() for text in ax.texts if text.get_text()]
    assert {to_hex(frame.get_edgecolor()) for frame in frames} == {BLUE}


def test_the_average_stands_out_from_the_batches():
    (ax,) = plotting.batch_losses(np.arange(12.0), 4, window=3).axes
    each, average = ax.lines
    assert (each.get_color(), average.get_color()) == (MUTED, ORANGE)
    assert each.get_linewidth() < average.get_linewidth()
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["each batch", "mean of 3 batches"]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_ylim()[0]) == ("epochs", "loss", 0)


def test_means_of_accuracies_stand_in_their_rows_to_the_right_of_the_axes():
    (ax,) = plotting.compared_accuracies(["one", "two"], [[0.25, 0.75], [0.9, 0.9]]).axes
    bars = [line for line in ax.lines if line.get_marker() == "None"]
    assert {bar.get_color() for bar in bars} == {ORANGE}
    assert [np.mean(bar.get_ydata()) for bar in bars] == pytest.approx([0, 1])
    assert {line.get_color() for line in ax.lines if line.get_marker() == "o"} == {BLUE}
    assert [text.get_position()[1] for text in ax.texts] == [0, 1]
    assert all(text.get_position()[0] > 1 for text in ax.texts), "in shares of the axes"
    assert (ax.get_xlim(), ax.get_xlabel()) == ((0, 1), "test accuracy")
    assert ax.get_title(loc="right") == "mean"


def test_forward_arrows_run_on_top_and_backward_ones_below_dashed():
    (ax,) = plotting.way_back(["x", "h", "L"], ["layer", "loss"], ["dW", "dh"]).axes
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    for arrow in arrows:
        forward = arrow.xy[0] > arrow.xyann[0]
        assert (arrow.xy[1] > 0) == (arrow.xyann[1] > 0) == forward
        colour = to_hex(arrow.arrow_patch.get_edgecolor())
        assert colour == (BLUE if forward else ORANGE)
        assert (arrow.arrow_patch.get_linestyle() == "--") != forward
    place = {text.get_text(): text.get_position() for text in ax.texts}
    assert [place[name] for name in "xhL"] == [(0, 0), (1, 0), (2, 0)]
    assert [place[name][0] for name in ("layer", "dW", "loss", "dh")] == [0.5, 0.5, 1.5, 1.5]
    assert place["layer"][1] > 0 > place["dW"][1]
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert (colours["layer"], colours["dW"]) == (BLUE, ORANGE)


def test_each_way_has_one_colour_above_and_below_and_a_width_that_shows_it():
    losses, names = [[3.0, 2.0]] * 3, ["one", "two", "three"]
    figure = plotting.losses_of_ways(names, losses, {"half": [[0, 1, 2]] * 2}, {"half": 4})
    upper, lower = figure.axes
    assert [line.get_color() for line in upper.lines] == list(COLOURS[:3])
    widths = [line.get_linewidth() for line in upper.lines]
    assert widths == sorted(widths, reverse=True), "none hides one that is drawn before it"
    assert len({line.get_linestyle() for line in upper.lines}) == 3
    *ways, bound = lower.lines
    assert [line.get_color() for line in ways] == list(COLOURS[1:3])
    assert len({line.get_marker() for line in ways}) == 2
    assert (bound.get_color(), bound.get_linestyle()) == (INK, "--")
    assert [text.get_text() for text in upper.get_legend().get_texts()] == names
    (name,) = lower.texts
    assert name.get_position()[1] > 4, "over its line"
    assert lower.get_xlabel() == "training step"


def test_the_two_sides_of_zero_are_told_apart_by_colour_and_hatch():
    figure = plotting.sums_in_orders(np.array([-2e-8, -1e-8, 2e-8]), 1e-8)
    (ax,) = figure.axes
    looks = {
        (bar.get_x() >= -1e-9, to_hex(bar.get_edgecolor()), bool(bar.get_hatch()))
        for bar in ax.patches
        if bar.get_height()
    }
    assert looks == {(False, MUTED, True), (True, BLUE, False)}
    figure.draw_without_rendering()
    zero = ax.transData.transform((0, 0))[0]
    off, on = (text.get_window_extent() for text in ax.texts)
    assert off.x1 < zero < on.x0
    assert [line.get_color() for line in ax.lines] == [ORANGE, INK]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("sum, in ten-millionths", "number of orders")
