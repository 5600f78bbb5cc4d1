"""The figures of training hold what they are given."""

import numpy as np
import pytest

from dlbook import plotting


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
