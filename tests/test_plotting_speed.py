"""The figures of what training costs hold what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, COLOURS, GREEN, MUTED

SECONDS = {"floor": 0.5, "our tape": 2.0, "other": 1.0}
PARTS = {"a": {"work": 1.0, "rest": 2.0}, "b": {"work": 1.0, "rest": 0.5}}


def names(ax):
    return [text.get_text() for text in ax.get_yticklabels()]


def test_contestants_stand_in_the_order_of_their_times_with_the_fastest_on_top():
    (ax,) = plotting.epoch_race(SECONDS).axes
    assert names(ax) == ["floor", "other", "our tape"]
    assert [bar.get_width() for bar in ax.patches] == [0.5, 1, 2]
    assert all(bar.get_x() == 0 for bar in ax.patches)
    heights = [ax.transData.transform((0, bar.get_y()))[1] for bar in ax.patches]
    assert heights == sorted(heights, reverse=True)
    assert ax.get_xlim()[0] == 0
    assert ax.get_xlabel() == "seconds"


def test_each_contestant_has_its_ratio_to_the_first_which_a_line_marks():
    (ax,) = plotting.epoch_race(SECONDS).axes
    assert [text.get_text() for text in ax.texts] == ["1.00 ×", "2.00 ×", "4.00 ×"]
    (line,) = ax.lines
    assert list(line.get_xdata()) == [0.5, 0.5]
    assert (line.get_color(), line.get_linestyle()) == (MUTED, "--")


def test_the_loops_of_the_book_are_told_apart_by_colour_and_hatch():
    (ax,) = plotting.epoch_race(SECONDS).axes
    looks = [(to_hex(bar.get_facecolor()), bar.get_hatch()) for bar in ax.patches]
    assert looks == [(BLUE, None), (BLUE, None), (GREEN, "//")]
    (ax,) = plotting.epoch_race(SECONDS, ours=("other",)).axes
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, True, False]


def test_the_parts_of_a_step_follow_each_other():
    (ax,) = plotting.time_shares(PARTS).axes
    assert names(ax) == ["a", "b"]
    bars = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    assert bars == [(0, 1), (0, 1), (1, 2), (1, 0.5)]
    assert ax.yaxis_inverted(), "the first program stands at the top"
    assert ax.get_xlabel() == "milliseconds for a step"


def test_parts_differ_by_colour_and_hatch_and_are_named_in_the_legend():
    kinds = {f"part {k}": 1.0 for k in range(5)}
    (ax,) = plotting.time_shares({"only": kinds}).axes
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == list(COLOURS)
    assert len({bar.get_hatch() for bar in ax.patches}) == 5
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(kinds)


def test_the_legend_of_the_parts_covers_no_bar():
    figure = plotting.time_shares(PARTS)
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert ax.get_legend().get_window_extent().y1 <= ax.get_window_extent().y0


def test_every_program_has_the_same_parts():
    with pytest.raises(ValueError, match=r"parts\['b'\]: expected the keys .*'rest'"):
        plotting.time_shares({"a": {"work": 1.0, "rest": 2.0}, "b": {"work": np.float64(1)}})
