"""The figures of many workers say what is true of them."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch

from dlbook import plotting
from dlbook.plotting._style import BLUE, COLOURS, GREEN, INK, MUTED, ORANGE


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


@pytest.mark.parametrize("workers", [2, 3, 4])
def test_all_of_a_step_lies_in_the_figure_and_its_texts_in_their_boxes(workers):
    figure = plotting.data_parallel_step([8] * workers, [0.25] * workers)
    figure.draw_without_rendering()
    (ax,) = figure.axes
    view = ax.get_window_extent()
    boxes = [p.get_window_extent() for p in ax.patches if isinstance(p, FancyBboxPatch)]
    for box in boxes:
        assert view.x0 <= box.x0 < box.x1 <= view.x1
    written = [text.get_window_extent() for text in ax.texts if text.get_color() == INK]
    assert len(written) == len(boxes)
    for text in written:
        assert any(box.x0 < text.x0 < text.x1 < box.x1 and box.y0 < text.y0 < text.y1 < box.y1
                   for box in boxes)  # fmt: skip


def test_a_step_goes_down_from_the_batch_by_way_of_the_sum_to_the_weights():
    (ax,) = plotting.data_parallel_step([64, 64], [0.25, 0.5]).axes
    place = {text.get_text(): text.get_position() for text in ax.texts}
    rows = ("batch of 128 examples", "worker 0\n64 examples", "0.25",
            "all-reduce: 0.25 + 0.5 = 0.75", "worker 0\n$w$ − 0.1 · 0.75")  # fmt: skip
    heights = [place[text][1] for text in rows]
    assert heights == sorted(heights, reverse=True)
    assert place["worker 0\n64 examples"][0] < 0 < place["worker 1\n64 examples"][0]
    assert place["0.25"][0] < 0 < place["0.5"][0]
    colours = [to_hex(p.get_edgecolor()) for p in ax.patches if isinstance(p, FancyBboxPatch)]
    assert colours == [BLUE, *[GREEN] * 4, ORANGE]
    assert {text.get_color() for text in ax.texts if text.get_text()[:2] == "0."} == {ORANGE}


def test_whole_sums_of_the_ring_are_filled_and_stand_in_the_block_of_their_worker():
    (ax,) = plotting.ring_rounds(3).axes
    for cell, text in zip(ax.patches, ax.texts, strict=True):
        whole = text.get_text() == "3"
        assert (to_hex(cell.get_facecolor(), keep_alpha=True)[-2:] == "ff") == whole
        assert text.get_color() == ("white" if whole else INK)
        x, y = text.get_position()
        middle = (cell.get_x() + cell.get_width() / 2, cell.get_y() + cell.get_height() / 2)
        assert middle == pytest.approx((x, y))
    assert [text.get_text() for text in ax.get_xticklabels()] == [f"worker {k}" for k in range(3)]
    assert list(ax.get_xticks()) == [1.5, 5.5, 9.5]
    assert ax.yaxis_inverted(), "round 0 stands at the top"
    assert (ax.get_ylabel(), list(ax.get_yticks())) == ("rounds", [0, 1, 2, 3, 4])


def test_points_and_lines_of_a_number_of_workers_share_a_colour():
    times = {f"{n} workers": [2.0, 6.0] for n in range(5)}
    (ax,) = plotting.step_times([16, 256], times, times).axes
    points, lines = ax.lines[::2], ax.lines[1::2]
    assert [line.get_color() for line in points] == [line.get_color() for line in lines]
    assert [line.get_color() for line in points] == list(COLOURS)
    assert len({line.get_marker() for line in points}) == 5
    assert ax.get_legend().get_title().get_text() == "points: measured, lines: model"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("examples in a batch", "milliseconds a step")


def test_cases_of_scaling_differ_by_colour_and_marker_and_are_named():
    gains = {name: [1.0, 2.0] for name in "abcd"}
    (ax,) = plotting.scaling([1, 2], gains).axes
    dashed, *rest = ax.lines
    assert (dashed.get_color(), dashed.get_linestyle()) == (MUTED, "--")
    assert [line.get_color() for line in rest] == list(COLOURS[:4])
    assert len({line.get_marker() for line in rest}) == 4
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["as many times as workers", *"abcd"]
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("workers", "times as fast as one")
