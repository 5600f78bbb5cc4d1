"""The figures of dot products and units hold what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba
from matplotlib.patches import Arc, ConnectionPatch

from dlbook import plotting
from dlbook.plotting._style import BLUE, GREEN, INK, MUTED, ORANGE


def arrows(ax):
    return [(note.xyann, note.xy) for note in ax.texts if getattr(note, "arrow_patch", None)]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_triangle_has_both_vectors_their_difference_and_the_angle():
    left, _ = plotting.angle_and_shadow([1, 3], [4, 2]).axes
    assert [end for _, end in arrows(left)] == [(4, 2), (1, 3)]
    (third,) = left.lines
    assert third.get_xydata().tolist() == [[4, 2], [1, 3]]
    (arc,) = [patch for patch in left.patches if isinstance(patch, Arc)]
    assert arc.theta2 - arc.theta1 == pytest.approx(45)
    assert {"a", "b", "a − b", "θ"} <= set(texts(left))


def test_the_arc_takes_the_short_way_between_vectors_left_of_the_origin():
    left, _ = plotting.angle_and_shadow([-2, 1], [-2, -1]).axes
    (arc,) = [patch for patch in left.patches if isinstance(patch, Arc)]
    assert arc.theta2 - arc.theta1 == pytest.approx(2 * np.degrees(np.arctan(0.5)))


def test_the_shadow_ends_where_the_dotted_line_meets_the_other_vector_at_a_right_angle():
    a, b = np.array([1, 3]), np.array([4, 2])
    _, right = plotting.angle_and_shadow(a, b).axes
    fall, shadow = (line.get_xydata() for line in right.lines)
    np.testing.assert_allclose(fall[0], a)
    assert (fall[1] - a) @ b == pytest.approx(0, abs=1e-12)
    np.testing.assert_allclose(shadow, [[0, 0], [2, 1]])


def test_the_line_of_a_unit_is_where_it_changes_sides():
    w, b = np.array([4, 2]), -10
    (ax,) = plotting.on_and_off(w, b, [[4, 3], [1, 1]]).axes
    border, *levels = (line.get_xydata() for line in ax.lines if line.get_linestyle() != "None")
    np.testing.assert_allclose(border @ w + b, 0, atol=1e-9)
    for k, level in enumerate(levels, 1):
        np.testing.assert_allclose(level @ w + b, k * np.hypot(*w), atol=1e-9)
    (shade,) = ax.patches
    assert (shade.get_xy() @ w + b).min() > -1e-9


def test_points_carry_what_the_unit_gives_and_look_on_or_off():
    (ax,) = plotting.on_and_off([4, 2], -10, [[4, 3], [1, 1]]).axes
    assert {"12", "0", "on", "off", "w"} <= set(texts(ax))
    on, off = (line for line in ax.lines if line.get_linestyle() == "None")
    assert (on.get_marker(), off.get_marker()) == ("o", "s")


def images_and_numbers(image, weights, bias):
    figure = plotting.enlarged_unit(image, weights, bias, sizes=(4, 9, 3))
    network, *panels, last = figure.get_axes()
    return network, panels, texts(last)


def test_an_enlarged_unit_shows_its_weights_and_adds_up_the_products():
    image, weights = np.array([[1.0, 0.5], [0, 2]]), np.array([[2.0, -4], [1, -1]])
    _, panels, numbers = images_and_numbers(image, weights, 3)
    for panel, values in zip(panels, (image, weights, image * weights), strict=True):
        np.testing.assert_array_equal(panel.images[0].get_array(), values)
    assert numbers[1::2] == ["−2.00", "3.00", "1.00", "1.00"]


def test_an_enlarged_unit_below_zero_is_silent():
    *_, numbers = images_and_numbers(np.ones((2, 2)), -np.ones((2, 2)), 1)
    assert numbers[1::2] == ["−4.00", "1.00", "−3.00", "0.00"]


def test_one_unit_of_the_network_is_marked_with_all_that_leads_to_it():
    network, *_ = images_and_numbers(np.ones((2, 2)), np.ones((2, 2)), 0)
    assert {"4 pixels", "9 hidden units", "3 outputs", "⋮"} <= set(texts(network))
    edges = [line for line in network.lines if line.get_linestyle() == "-"]
    # Of nine hidden units six are drawn.
    assert len(edges) == 4 * 6 + 6 * 3
    marked = [edge for edge in edges if to_rgba(edge.get_color()) == to_rgba(BLUE)]
    assert len(marked) == 4
    assert len({tuple(edge.get_xydata()[1]) for edge in marked}) == 1


def test_vectors_of_both_panels_have_the_same_colours_and_their_names_beside_them():
    left, right = plotting.angle_and_shadow([1, 3], [4, 2]).axes
    for ax in (left, right):
        notes = [note for note in ax.texts if getattr(note, "arrow_patch", None)][:2]
        assert [to_hex(note.arrow_patch.get_edgecolor()) for note in notes] == [BLUE, ORANGE]
        named = {text.get_text(): text for text in ax.texts}
        assert (named["a"].get_color(), named["b"].get_color()) == (ORANGE, BLUE)
        for name, along in (("a", (1, 3)), ("b", (4, 2))):
            x, y = named[name].get_position()
            assert abs(along[0] * y - along[1] * x) / np.hypot(*along) == pytest.approx(0.22)
        assert (ax.get_xlabel(), ax.get_aspect()) == ("x", 1)
    assert (left.get_title(), right.get_title()) == (
        "the angle between them", "one's shadow on the other",
    )  # fmt: skip
    (shadow,) = [text for text in right.texts if text.get_text() == "shadow of a"]
    assert shadow.get_color() == right.lines[1].get_color() == GREEN
    x, y = shadow.xy
    assert (x / 2, y / 1) == pytest.approx((0.6, 0.6)), "it points at the shadow"


def test_numbers_of_points_stand_below_and_to_the_left_of_them():
    figure = plotting.on_and_off([4, 2], -10, [[4, 3], [1, 1]])
    figure.draw_without_rendering()
    (ax,) = figure.axes
    for text, point in (("12", (4, 3)), ("0", (1, 1))):
        (note,) = [note for note in ax.texts if note.get_text() == text]
        box, (x, y) = note.get_window_extent(), ax.transData.transform(point)
        assert box.x1 < x
        assert box.y1 < y


def test_the_side_where_a_unit_is_on_is_blue_and_named():
    (ax,) = plotting.on_and_off([4, 2], -10, [[4, 3], [1, 1]]).axes
    (shade,) = ax.patches
    assert to_hex(shade.get_facecolor()) == BLUE
    on, off = (line for line in ax.lines if line.get_linestyle() == "None")
    assert (on.get_color(), off.get_color()) == (BLUE, MUTED)
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert (colours["on"], colours["off"], colours["w"]) == (BLUE, MUTED, BLUE)
    (w,) = arrows(ax)
    assert np.subtract(w[1], w[0]) == pytest.approx([4, 2])
    border = ax.lines[0]
    assert (border.get_color(), border.get_linestyle()) == (INK, "--")
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["w · x + b = 0"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("first input", "second input")


def test_images_of_an_enlarged_unit_have_zero_in_the_middle_of_their_colours():
    _, panels, _ = images_and_numbers(np.array([[1.0, -3]]), np.array([[2.0, 0.5]]), 3)
    limits = [panel.images[0].get_clim() for panel in panels]
    assert limits == [(-3, 3), (-2, 2), (-2, 2)]
    assert {panel.images[0].get_cmap().name for panel in panels} == {"signs"}
    assert [panel.get_title() for panel in panels] == ["pixels x", "weights w", "products"]


def test_dotted_lines_lead_from_the_marked_unit_to_what_is_enlarged():
    figure = plotting.enlarged_unit(np.ones((2, 2)), np.ones((2, 2)), 0, sizes=(4, 9, 3))
    network, first, *_, last = figure.get_axes()
    (marked,) = [
        line.get_xydata()[0]
        for line in network.lines
        if line.get_marker() == "o" and line.get_markerfacecolor() == BLUE
    ]
    lines = [artist for artist in figure.artists if isinstance(artist, ConnectionPatch)]
    assert [line.xy1 for line in lines] == [tuple(marked)] * 2
    assert [line.coords2 for line in lines] == [first.transAxes, last.transAxes]
    assert {(to_hex(line.get_edgecolor()), line.get_linestyle()) for line in lines} == {(BLUE, ":")}
