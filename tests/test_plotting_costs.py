"""The figures of costs put measurements where they belong."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, COLOURS, ORANGE

CUBIC = {10: 0.002, 20: 0.014, 40: 0.128}


def line(ax, label):
    (found,) = [drawn for drawn in ax.lines if drawn.get_label() == label]
    return found


def test_a_race_has_one_bar_for_each_runner_on_a_logarithmic_axis():
    (ax,) = plotting.race({"loops": 1.83, "NumPy": 0.003}).axes
    assert [bar.get_width() for bar in ax.patches] == [1.83, 0.003]
    assert ax.get_xscale() == "log"
    assert ax.get_xlabel() == "time"
    assert [text.get_text() for text in ax.texts] == ["1.83 s", "3 ms"]
    assert ax.xaxis.get_major_formatter()(1e-8) == "10 ns"
    assert ax.xaxis.get_major_formatter()(1e-10) == "0.1 ns", "picoseconds are not of daily use"
    assert [text.get_text() for text in ax.get_yticklabels()] == ["loops", "NumPy"]


def test_the_first_runner_is_drawn_on_top():
    (ax,) = plotting.race({"first": 1.0, "second": 2.0, "third": 3.0}).axes
    heights = [ax.transData.transform((1, bar.get_y()))[1] for bar in ax.patches]
    assert heights == sorted(heights, reverse=True)


def test_a_race_can_be_drawn_on_given_axes():
    figure, ax = plt.subplots()
    assert plotting.race({"only": 1.0}, ax=ax) is figure
    assert len(ax.patches) == 1


def test_growth_shows_the_measurements():
    (ax,) = plotting.cost_growth({"dot": CUBIC}, {"dot": 3}).axes
    points = line(ax, "dot: $n^{3}$")
    assert dict(zip(points.get_xdata(), points.get_ydata(), strict=True)) == CUBIC
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


@pytest.mark.parametrize("exponent", [1, 2, 3])
def test_the_line_has_the_expected_slope_and_ends_at_the_last_measurement(exponent):
    (ax,) = plotting.cost_growth({"dot": CUBIC}, {"dot": exponent}).axes
    expected = ax.lines[1]
    x, y = np.log(expected.get_xdata()), np.log(expected.get_ydata())
    # Logarithms up to 7 are off by 1e-15 in all, and differ by 0.7.
    np.testing.assert_allclose(np.diff(y) / np.diff(x), exponent, rtol=1e-13)
    assert expected.get_ydata()[-1] == CUBIC[40]


def test_growth_of_more_work_than_there_are_colours_is_refused():
    work = {f"work {k}": CUBIC for k in range(6)}
    with pytest.raises(ValueError, match="seconds: expected at most 5 entries. Received: 6"):
        plotting.cost_growth(work, dict.fromkeys(work, 3))


def test_exponents_stand_beside_the_expected_ones():
    expected = {"add": 2, "dot": 3}
    measured = {"loops": {"dot": 2.8, "add": 1.9}, "NumPy": {"add": 2.1, "dot": 3.2}}
    (ax,) = plotting.exponents(expected, measured).axes
    assert line(ax, "loops").get_xdata().tolist() == [1.9, 2.8]
    assert line(ax, "NumPy").get_xdata().tolist() == [2.1, 3.2]
    (goals,) = ax.collections
    assert [segment[0, 0] for segment in goals.get_segments()] == [2, 3]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["add", "dot"]


def test_every_exponent_must_have_been_measured():
    with pytest.raises(ValueError, match=r"measured\['loops'\]: expected the keys .*'dot'"):
        plotting.exponents({"add": 2, "dot": 3}, {"loops": {"add": 2.0}})


def test_runners_differ_by_colour_and_hatch():
    (ax,) = plotting.race({f"runner {k}": 1.0 + k for k in range(5)}).axes
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == list(COLOURS)
    assert len({bar.get_hatch() for bar in ax.patches}) == 5


def test_times_of_a_race_stand_behind_their_bars():
    figure = plotting.race({"slow": 2.0, "fast": 0.01})
    figure.draw_without_rendering()
    (ax,) = figure.axes
    for bar, text in zip(ax.patches, ax.texts, strict=True):
        end, middle = ax.transData.transform((bar.get_width(), bar.get_y() + bar.get_height() / 2))
        box = text.get_window_extent()
        assert box.x0 > end
        assert box.y0 < middle < box.y1


def test_each_kind_of_work_has_its_colour_and_marker_and_its_line_the_same_colour():
    work = {f"work {k}": CUBIC for k in range(5)}
    (ax,) = plotting.cost_growth(work, dict.fromkeys(work, 3)).axes
    points, slopes = ax.lines[:10:2], ax.lines[1:10:2]
    assert [line.get_color() for line in points] == list(COLOURS)
    assert [line.get_color() for line in slopes] == list(COLOURS)
    assert len({line.get_marker() for line in points}) == 5
    assert {line.get_linestyle() for line in points} == {"None"}
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == [*(f"work {k}: $n^{{3}}$" for k in range(5)), "expected slope"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("size n", "seconds")


def test_a_linear_cost_is_called_n():
    (ax,) = plotting.cost_growth({"dot": CUBIC}, {"dot": 1}).axes
    assert ax.lines[0].get_label() == "dot: $n$"


def test_the_legend_of_growth_covers_no_point():
    figure = plotting.cost_growth({"dot": CUBIC}, {"dot": 3})
    figure.draw_without_rendering()
    (ax,) = figure.axes
    assert ax.get_legend().get_window_extent().y0 >= ax.get_window_extent().y1


def test_exponents_of_an_operation_stand_in_its_row():
    expected = {"add": 2, "dot": 3}
    measured = {"loops": {"dot": 2.8, "add": 1.9}, "NumPy": {"add": 2.1, "dot": 3.2}}
    (ax,) = plotting.exponents(expected, measured).axes
    for way, colour, marker in (("loops", BLUE, "o"), ("NumPy", ORANGE, "s")):
        assert [round(y) for y in line(ax, way).get_ydata()] == [0, 1]
        assert (line(ax, way).get_color(), line(ax, way).get_marker()) == (colour, marker)
    assert line(ax, "loops").get_ydata()[0] < line(ax, "NumPy").get_ydata()[0]
    assert ax.yaxis_inverted(), "the first operation stands at the top"
    assert list(ax.get_yticks()) == [0, 1]
    (goals,) = ax.collections
    for row, segment in enumerate(goals.get_segments()):
        assert segment[0, 1] < row < segment[1, 1]


def test_hatches_are_lighter_than_their_bars():
    figure = plotting.race({"hatched": 1.0, "plain": 2.0})
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba(), dtype=int)[::-1]
    (ax,) = figure.axes
    bar = ax.patches[0].get_window_extent()
    left = ax.get_window_extent().x0  # the bar begins at 0, which has no place
    inside = pixels[int(bar.y0) + 4 : int(bar.y1) - 4, int(left) + 4 : int(bar.x1) - 4]
    assert inside.reshape(-1, 4).max(axis=0).tolist() == [255] * 4, "some are white"
    blue = [int(BLUE[k : k + 2], 16) for k in (1, 3, 5)]
    # Between blue and white; blended colours are off by 1 of 255 where Agg rounds.
    assert np.all(inside[..., :3] >= np.array(blue) - 1)
