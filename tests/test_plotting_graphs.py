"""What the figures of computation graphs show, besides what test_graphs.py reads of them."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from dlbook import plotting
from dlbook.plotting import _inputs
from dlbook.plotting._style import BLUE, GREEN, INK, MUTED, ORANGE, figure_of


def notes(ax):
    """Start, end and colour of each arrow."""
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    return [(a.xyann, a.xy, to_hex(a.arrow_patch.get_edgecolor())) for a in arrows]


def colour_of(ax):
    return {text.get_text(): to_hex(text.get_color()) for text in ax.texts}


def place_of(ax):
    return {text.get_text(): text.get_position() for text in ax.texts}


def test_boxes_of_a_graph_stand_in_the_order_of_their_edges():
    nodes = [("x", "constant", (2,)), ("f", "operation", (2,)), ("y", "result", ())]
    (ax,) = plotting.computation_graph(nodes, [(0, 1), (1, 2)]).axes
    place = place_of(ax)
    assert place["x\n(2,)"][1] < place["f\n(2,)"][1] < place["y"][1]
    assert ax.yaxis_inverted(), "further down is larger"
    assert {colour for *_, colour in notes(ax)} == {MUTED}
    frames = {text.get_text(): text.get_bbox_patch() for text in ax.texts if text.get_text()}
    assert to_hex(frames["x\n(2,)"].get_edgecolor()) == MUTED
    assert to_hex(frames["f\n(2,)"].get_edgecolor()) == INK
    assert frames["y"].get_edgecolor()[3] == 0


@pytest.fixture
def chain():
    return plotting.chain(list("xuy"), ["f", "g"], [1.0, 2.0, -6.0], [4.0, -0.5]).axes[0]


def test_the_chain_runs_to_the_right_on_top_and_back_below(chain):
    place = place_of(chain)
    assert [place[name][0] for name in "xuy"] == [0, 1, 2]
    assert place["−6"][0] == 2
    assert place["−6"][1] > 0 > place["× 4"][1]
    for (x0, y0), (x1, y1), colour in notes(chain):
        assert y0 == y1
        assert (x1 > x0) == (y0 > 0)
        assert colour == (GREEN if y0 > 0 else ORANGE)


def test_the_chain_has_one_colour_for_each_way(chain):
    colours = colour_of(chain)
    assert [colours[text] for text in ("f", "−6", "forwards: values")] == [GREEN] * 3
    back = ("× 4", "× −0.5", "−0.5", "backwards: derivatives of the last value")
    assert [colours[text] for text in back] == [ORANGE] * 4


def test_a_tape_is_written_downwards_and_read_upwards():
    (ax,) = plotting.tape(["first", "second"]).axes
    (down, up) = notes(ax)
    assert down[0][1] < down[1][1]
    assert up[0][1] > up[1][1]
    assert (down[2], up[2]) == (GREEN, ORANGE)
    colours = colour_of(ax)
    assert (colours["written forwards"], colours["read backwards"]) == (GREEN, ORANGE)
    assert [patch.get_xy() for patch in ax.patches] == [(0, -0.5), (0, 0.5)]
    place = place_of(ax)
    assert [place[number][1] for number in "01"] == [0, 1]


def test_a_small_network_has_its_weights_beside_their_arrows():
    names = [["i1", "i2"], ["h1", "h2"]]
    labels = [[["a", "b"], ["c", "d"]]]
    (ax,) = plotting.small_network(names, [[[1, 2], [3, 4]]], labels).axes
    place = place_of(ax)
    assert place["i1"][0] == place["i2"][0] < place["h1"][0] == place["h2"][0]
    assert place["i1"][1] > place["i2"][1]
    units = {"a": ("i1", "h1"), "b": ("i1", "h2"), "c": ("i2", "h1"), "d": ("i2", "h2")}
    ends = [(start, end) for start, end, _ in notes(ax)]
    for (name, (start, end)), weight in zip(units.items(), (1, 2, 3, 4), strict=True):
        assert (place[start], place[end]) in ends
        text = f"{name} = {weight:.2f}"
        start, along = np.array(place[start]), np.subtract(place[end], place[start])
        aside = np.array(place[text]) - start
        # Off the line by 0.11, and nearer to its start than to its end.
        distance = abs(along[0] * aside[1] - along[1] * aside[0]) / np.hypot(*along)
        assert distance == pytest.approx(0.11)
        assert 0 < aside @ along / (along @ along) < 0.5
        assert colour_of(ax)[text] == BLUE
        angle = {t.get_text(): t.get_rotation() for t in ax.texts}[text]
        assert np.tan(np.radians(angle)) == pytest.approx(along[1] / along[0])


def test_the_two_paths_have_a_colour_and_a_line_style_each():
    paths, area = plotting.two_paths(["x", "u", "v", "f"], [4, 3], [2, 1], step=0.5).axes
    assert [colour for *_, colour in notes(paths)] == [BLUE, BLUE, ORANGE, ORANGE]
    styles = [t.arrow_patch.get_linestyle() for t in paths.texts if getattr(t, "arrow_patch", None)]
    assert styles == ["-", "-", "--", "--"]
    colours = colour_of(paths)
    assert (colours["2 · 3 = 6"], colours["1 · 4 = 4"]) == (BLUE, ORANGE)
    place = place_of(paths)
    assert place["2 · 3 = 6"][1] > place["u"][1] > place["v"][1] > place["1 · 4 = 4"][1]
    looks = [(to_hex(patch.get_edgecolor()), patch.get_hatch() or None) for patch in area.patches]
    assert looks == [(INK, None), (BLUE, "////"), (ORANGE, "\\\\\\\\"), (MUTED, None)]
    assert colour_of(area) == {"f": INK, "u": INK, "v": INK}


def test_tables_go_forwards_in_green_and_back_in_orange():
    tables = [[[1.0, 2.0], [3.0, 0.0]], [[4.0], [-5.0]]]
    (ax,) = plotting.there_and_back(["X", "A"], tables, [[[1, 2], [3, 4]], [[5], [6]]], ["W"]).axes
    (there, back) = notes(ax)
    assert there[0][0] < there[1][0]
    assert back[0][0] > back[1][0]
    assert (there[2], back[2]) == (GREEN, ORANGE)
    colours = colour_of(ax)
    assert (colours["X"], colours["dA"]) == (GREEN, ORANGE)
    edges = [to_hex(patch.get_edgecolor()) for patch in ax.patches]
    assert edges == [GREEN] * 4 + [ORANGE] * 4 + [GREEN] * 2 + [ORANGE] * 2
    places = {text.get_text(): text.get_position() for text in ax.texts}
    corners = {patch.get_xy() for patch in ax.patches}
    # Each number stands in the middle of a cell that is wider than high.
    (width,) = {patch.get_width() for patch in ax.patches}
    assert width > 1
    for number in ("–5", "4", "6"):
        x, y = places[number]
        assert (x - width / 2, y - 0.5) in corners


def test_labels_of_a_small_network_have_the_shapes_of_its_weights():
    with pytest.raises(
        ValueError, match=r"^labels\[0\]: expected shape \(2, 1\). Received: .*\(1,"
    ):
        plotting.small_network([["x", "y"], ["z"]], [[[1.0], [2.0]]], [[["a"]]])


def test_a_number_of_a_figure_is_one_number():
    with pytest.raises(ValueError, match=r"^width: expected one number. Received: shape \(2,\)$"):
        _inputs._check_number("width", [1.0, 2.0])


def test_axes_that_were_removed_have_no_figure_to_give():
    ax = Figure().subplots()
    ax.remove()
    with pytest.raises(ValueError, match="^ax: expected axes that belong to a figure"):
        figure_of(ax)
