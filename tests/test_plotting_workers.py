"""The figures of many workers say what is true of them."""

import numpy as np
import pytest

from dlbook import plotting


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_step_shows_the_parts_of_the_batch_and_the_sum_that_all_subtract():
    (ax,) = plotting.data_parallel_step([64, 63], [0.25, 0.5], learning_rate=0.2).axes
    shown = texts(ax)
    assert "batch of 127 examples" in shown
    assert {"worker 0\n64 examples", "worker 1\n63 examples"} <= set(shown)
    assert "all-reduce: 0.25 + 0.5 = 0.75" in shown
    assert shown.count("worker 0\n$w$ − 0.2 · 0.75") == 1
    assert shown.count("worker 1\n$w$ − 0.2 · 0.75") == 1


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_no_two_boxes_of_a_step_lie_on_each_other(workers):
    figure = plotting.data_parallel_step([8] * workers, [0.5] * workers)
    (ax,) = figure.axes
    figure.canvas.draw()
    boxes = [p.get_window_extent() for p in ax.patches if type(p).__name__ == "FancyBboxPatch"]
    assert len(boxes) == 2 * workers + 2
    for k, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[k + 1 :])


@pytest.mark.parametrize("workers", range(2, 7))
def test_after_the_last_round_of_the_ring_all_workers_hold_every_sum(workers):
    (ax,) = plotting.ring_rounds(workers).axes
    counts = np.array([int(text) for text in texts(ax)]).reshape(-1, workers, workers)
    assert len(counts) == 2 * (workers - 1) + 1
    assert np.all(counts[0] == 1)
    assert np.all(counts[-1] == workers)
    # After the first half each worker holds one whole sum, and each sum is held by one worker.
    halfway = counts[workers - 1] == workers
    assert np.all(halfway.sum(axis=0) == 1)
    assert np.all(halfway.sum(axis=1) == 1)
    # In each round every worker hears of one piece.
    assert np.all((counts[1:] != counts[:-1]).sum(axis=2) == 1)


def test_times_are_points_and_the_model_is_a_line():
    measured = {"1 worker": [2.0, 6.0], "2 workers": [5.0, 5.5]}
    predicted = {"1 worker": [2.1, 6.2], "2 workers": [4.0, 6.0]}
    (ax,) = plotting.step_times([16, 256], measured, predicted).axes
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    points, lines = ax.lines[::2], ax.lines[1::2]
    for drawn, values in ((points, measured), (lines, predicted)):
        assert [list(line.get_ydata()) for line in drawn] == list(values.values())
    assert {line.get_linestyle() for line in points} == {"None"}
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(measured)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["16", "256"]
    ax.figure.canvas.draw()
    legend = ax.get_legend().get_window_extent()
    assert legend.y0 >= ax.get_window_extent().y1, "the legend covers no point"


def test_the_dashed_line_of_scaling_is_where_n_workers_are_n_times_as_fast():
    (ax,) = plotting.scaling([1, 8, 1024], {"small": [1, 2, 3], "large": [1, 8, 500]}).axes
    dashed, *rest = ax.lines
    assert list(dashed.get_ydata()) == list(dashed.get_xdata()) == [1, 8, 1024]
    assert [list(line.get_ydata()) for line in rest] == [[1, 2, 3], [1, 8, 500]]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["1", "8", "1,024"]
