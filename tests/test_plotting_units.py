"""The figures of dot products and units hold what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.patches import Arc

from dlbook import plotting
from dlbook.plotting._style import BLUE


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
