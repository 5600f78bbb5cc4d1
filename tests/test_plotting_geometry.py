"""The figures of geometry hold what they are given."""

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.geometry import AffineMap, grid, rotation, scaling
from dlbook.plotting._style import BLUE, GREEN, GRID, MUTED, ORANGE, PURPLE


def grids_of(ax):
    """The squared papers in axes, as arrays of shape (lines, points, 2)."""
    return [
        np.array(paper.get_segments())
        for paper in ax.collections
        if isinstance(paper, LineCollection)
    ]


def texts(ax):
    return [text.get_text() for text in ax.texts]


def notes(ax):
    """The arrows in axes."""
    return [note for note in ax.texts if getattr(note, "arrow_patch", None)]


def arrows(ax):
    """Start and end of each arrow in axes."""
    return [(note.xyann, note.xy) for note in notes(ax)]


# Places up to 10, calculated in two ways of a few operations each: off by some eps (2e-16) of that.
NEAR = 1e-12


def test_vectors_are_added_tip_to_tail():
    (ax,) = plotting.vector_sum([3, 1], [-1, 2]).axes
    assert arrows(ax) == [((0, 0), (3, 1)), ((3, 1), (2, 3)), ((0, 0), (2, 3))]
    assert {"a = (3, 1)", "b = (−1, 2)", "a + b = (2, 3)"} <= set(texts(ax))


def test_a_vector_of_length_zero_can_be_added():
    (ax,) = plotting.vector_sum([0, 0], [1, 2]).axes
    assert {"a = (0, 0)", "b = (1, 2)", "a + b = (1, 2)"} <= set(texts(ax))


def test_each_map_has_a_panel_with_the_paper_before_and_after():
    paper = grid(1)
    moved = {"turned": rotation(1)(paper), "wide": scaling([2, 1])(paper)}
    axes = plotting.moved_grids(paper, moved).axes
    assert [ax.get_title() for ax in axes] == ["turned", "wide"]
    for ax, points in zip(axes, moved.values(), strict=True):
        before, after = grids_of(ax)
        np.testing.assert_array_equal(before, paper)
        np.testing.assert_array_equal(after, points)


def test_the_marked_square_and_the_basis_vectors_move_with_the_paper():
    move = AffineMap([[1, -1], [2, 0.5]], [3, 1])
    (ax,) = plotting.moved_grids(grid(1), {"moved": move(grid(1))}).axes
    before, after = (square.get_xy()[:-1] for square in ax.patches)
    np.testing.assert_array_equal(before, [[0, 0], [1, 0], [1, 1], [0, 1]])
    np.testing.assert_allclose(after, move(before), rtol=0, atol=NEAR)
    expected = [(move([0, 0]), move([1, 0])), (move([0, 0]), move([0, 1]))]
    np.testing.assert_allclose(arrows(ax), expected, rtol=0, atol=NEAR)


def test_the_letter_in_the_square_is_mirrored_by_a_mirror():
    (ax,) = plotting.moved_grids(grid(1), {"": scaling([-1, 1])(grid(1))}).axes
    before, after = (np.array(line.get_data()) for line in ax.lines)
    np.testing.assert_allclose(after, before * [[-1], [1]], rtol=0, atol=NEAR)


def test_all_panels_of_moved_paper_have_one_scale():
    moved = {str(k): scaling([k, k])(grid(1)) for k in (1, 2, 3)}
    axes = plotting.moved_grids(grid(1), moved).axes
    assert len(axes) == 3
    assert len({(ax.get_xlim(), ax.get_ylim(), ax.get_aspect()) for ax in axes}) == 1


def test_parts_of_folded_paper_are_drawn_apart_and_meet():
    paper = grid(1)
    parts = (paper[..., 0] < 0).astype(int)
    figure = plotting.folded_grids({"before": paper, "after": np.abs(paper)}, parts, ["a", "b"])
    before, after = figure.axes
    assert [ax.get_title() for ax in figure.axes] == ["before", "after"]
    right, left = before.lines[2:]
    assert right.get_color() != left.get_color()
    assert right.get_linestyle() != left.get_linestyle()
    step = 0.1  # each part reaches one point beyond the border
    assert np.nanmin(right.get_xdata()) == pytest.approx(-step, rel=0, abs=NEAR)
    assert np.nanmax(left.get_xdata()) == pytest.approx(0, rel=0, abs=NEAR)
    assert all(np.nanmin(line.get_xdata()) == 0 for line in after.lines[2:])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]


def test_a_part_that_is_pressed_to_a_point_becomes_a_dot():
    paper = grid(1)
    parts = 1 * (paper.sum(axis=-1) < 0)
    pressed = np.where(parts[..., None] == 1, 0, paper)
    (ax,) = plotting.folded_grids({"pressed": pressed}, parts, ["stays", "is lost"]).axes
    dots = [line.get_xydata().tolist() for line in ax.lines if line.get_marker() == "o"]
    assert dots == [[[0, 0]]]


@pytest.fixture
def two_classes(rng):
    return rng.normal(size=(40, 2)), np.arange(40) % 2


def test_each_stage_shows_both_classes_their_paper_and_the_cut(two_classes):
    points, labels = two_classes
    stages = {"first": points, "second": points * [5, 1]}
    papers = [grid(1), 5 * grid(1)]
    cuts = [[1, 0, -0.5], [1, 2, -1]]
    axes = plotting.unfolded_classes(stages, labels, papers, cuts).axes
    for ax, place, paper, cut in zip(axes, stages.values(), papers, cuts, strict=True):
        np.testing.assert_array_equal(grids_of(ax)[0], paper)
        first, second = (c.get_offsets() for c in ax.collections if len(c.get_offsets()) > 1)
        np.testing.assert_array_equal(first, place[labels == 0])
        np.testing.assert_array_equal(second, place[labels == 1])
        on_cut = np.column_stack([ax.lines[0].get_xydata(), np.ones(2)]) @ cut
        np.testing.assert_allclose(on_cut, 0, rtol=0, atol=100 * NEAR)  # it reaches far beyond 10
        left, right = ax.get_xlim()
        assert left < place[:, 0].min() < place[:, 0].max() < right


def test_a_plane_without_a_border_can_be_drawn(two_classes):
    axis = np.linspace(-2, 2, 5)
    field = np.stack(np.meshgrid(axis, axis), axis=-1)
    figure = plotting.class_regions(*two_classes, field, np.full((5, 5), 0.2))
    assert len(figure.axes) == 1


def test_regions_have_their_border_where_the_probability_is_one_half(two_classes):
    axis = np.linspace(-2, 2, 41)
    field = np.stack(np.meshgrid(axis, axis), axis=-1)
    probabilities = 1 / (1 + np.exp(-(field[..., 0] - 1)))
    ax, *_ = plotting.class_regions(*two_classes, field, probabilities).axes
    border = np.concatenate([path.vertices for path in ax.collections[1].get_paths()])
    # Between the points of the field, 0.1 apart, Matplotlib takes the probability for straight, and
    # it is so by symmetry: 1 is one of the points, or as near to it as float64 comes.
    np.testing.assert_allclose(border[:, 0], 1, rtol=0, atol=NEAR)
    assert np.ptp(border[:, 1]) == 4


def test_the_pieces_around_a_parallelogram_fill_its_rectangle():
    (a, b), (c, d) = matrix = np.array([[3.0, 1], [1, 2]])
    (ax,) = plotting.area_by_cutting(matrix).axes
    *pieces, whole = (patch.get_xy()[:-1] for patch in ax.patches)
    np.testing.assert_array_equal(whole, [[0, 0], [a, c], [a + b, c + d], [b, d]])
    areas = [area_of(corners) for corners in (*pieces, whole)]
    assert sum(areas) == pytest.approx((a + b) * (c + d))
    assert areas[-1] == pytest.approx(a * d - b * c)
    assert sorted(areas[:-1]) == pytest.approx(sorted(2 * [b * c, a * c / 2, b * d / 2]))
    labels = [text.get_text() for text in ax.texts]
    assert [labels.count(name) for name in ("b c", "½ a c", "½ b d")] == [2, 2, 2]


def area_of(corners):
    """The area of a polygon, by the shoelace formula."""
    x, y = corners.T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def test_vectors_have_their_names_in_their_colours_beside_them():
    (ax,) = plotting.vector_sum([3, 1], [1, 2]).axes
    colours = [to_hex(note.arrow_patch.get_edgecolor()) for note in notes(ax)]
    assert colours == [BLUE, ORANGE, GREEN]
    named = {text.get_text(): text for text in ax.texts}
    expected = {"a = (3, 1)": BLUE, "b = (1, 2)": ORANGE, "a + b = (4, 3)": GREEN}
    assert {name: named[name].get_color() for name in expected} == expected
    for name, start, end in (
        ("a = (3, 1)", (0, 0), (3, 1)),
        ("b = (1, 2)", (3, 1), (4, 3)),
        ("a + b = (4, 3)", (0, 0), (4, 3)),
    ):
        along, aside = np.subtract(end, start), np.subtract(named[name].get_position(), start)
        turn = along[0] * aside[1] - along[1] * aside[0]
        assert abs(turn) / np.hypot(*along) == pytest.approx(0.28)
        assert (turn > 0) == (name == "a + b = (4, 3)"), "the sum is named on the other side"
    assert ax.get_aspect() == 1


def test_moved_paper_is_told_from_the_paper_before_by_colour():
    (ax,) = plotting.moved_grids(grid(1), {"moved": scaling([2, 2])(grid(1))}).axes
    before, after = [paper for paper in ax.collections if isinstance(paper, LineCollection)]
    assert (to_hex(before.get_edgecolor()[0]), to_hex(after.get_edgecolor()[0])) == (GRID, PURPLE)
    quiet, marked = ax.patches
    assert (to_hex(quiet.get_edgecolor()), quiet.get_linestyle()) == (MUTED, "--")
    assert to_hex(marked.get_edgecolor()) == GREEN
    assert [to_hex(note.arrow_patch.get_edgecolor()) for note in notes(ax)] == [BLUE, ORANGE]


def test_classes_have_a_colour_and_a_marker_each_and_names(two_classes):
    points, labels = two_classes
    stages, cuts = {"first": points}, [[1, 0, 0]]
    axis = np.linspace(-2, 2, 5)
    field = np.stack(np.meshgrid(axis, axis), axis=-1)
    for figure, names in (
        (plotting.unfolded_classes(stages, labels, [grid(1)], cuts), ["straight cut"]),
        (plotting.class_regions(points, labels, field, np.full((5, 5), 0.2)), []),
    ):
        clouds = [c for c in figure.axes[0].collections if isinstance(c, PathCollection)]
        assert [to_hex(cloud.get_facecolor()[0]) for cloud in clouds] == [BLUE, ORANGE]
        circle, triangle = (cloud.get_paths()[0].vertices for cloud in clouds)
        assert len(circle) != len(triangle)
        legend = [text.get_text() for text in figure.legends[0].get_texts()]
        assert legend == ["class 0", "class 1", *names]


def test_the_region_of_class_1_is_dotted(two_classes):
    axis = np.linspace(-2, 2, 5)
    field = np.stack(np.meshgrid(axis, axis), axis=-1)
    (ax,) = plotting.class_regions(*two_classes, field, (field[..., 0] + 2) / 4).axes
    regions = ax.collections[0]
    assert regions.hatches == ["", ".."]
    assert [to_hex(colour) for colour in regions.get_facecolor()] == [BLUE, ORANGE]
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_aspect()) == ("x", "y", 1)


def test_pieces_of_the_same_area_have_the_same_colour():
    (ax,) = plotting.area_by_cutting([[3, 1], [1, 2]]).axes
    colours = [to_hex(patch.get_edgecolor()) for patch in ax.patches]
    assert colours == [MUTED, MUTED, BLUE, BLUE, ORANGE, ORANGE, GREEN]
    for patch, label in zip(ax.patches, ax.texts, strict=False):
        assert patch.contains_point(ax.transData.transform(label.get_position()))
    corners = {line.get_xydata()[0].tolist() == [3, 1] for line in ax.lines}
    assert corners == {True, False}
    ticks = [label.get_text() for label in (*ax.get_xticklabels(), *ax.get_yticklabels())]
    assert ticks == ["0", "a", "a + b", "0", "d", "c + d"]
    assert [*ax.get_xticks(), *ax.get_yticks()] == [0, 3, 4, 0, 2, 3]
