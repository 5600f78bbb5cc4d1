"""The figures of tensors hold what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, GREEN, INK, MUTED, ORANGE


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, size=(3, 28, 20), dtype=np.uint8)


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_a_digit_is_drawn_with_the_numbers_of_its_rows_and_columns(images):
    (ax,) = plotting.digit(images[0]).axes
    np.testing.assert_array_equal(ax.images[0].get_array(), images[0])
    assert (ax.get_yticks()[0], ax.get_yticks()[-1]) == (0, 27)
    assert (ax.get_xticks()[0], ax.get_xticks()[-1]) == (0, 19)
    assert "axis 0" in ax.get_ylabel()
    assert "axis 1" in ax.get_xlabel()


def test_a_digit_can_be_drawn_on_given_axes(images):
    figure, ax = plt.subplots()
    assert plotting.digit(images[0], ax=ax) is figure
    assert len(ax.images) == 1


def test_a_crop_shows_what_its_slices_take(images):
    windows = {
        "corner": (slice(14, None), slice(10, None)),
        "middle": (slice(7, -7), slice(5, -5)),
    }
    whole, *parts = plotting.crops(images[0], windows).axes
    np.testing.assert_array_equal(whole.images[0].get_array(), images[0])
    assert [ax.get_title() for ax in parts] == ["corner", "middle"]
    for ax, window in zip(parts, windows.values(), strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), images[0][window])


def test_the_outline_of_a_crop_runs_around_its_pixels(images):
    whole, _ = plotting.crops(images[0], {"part": (slice(7, -7), slice(5, None))}).axes
    (outline,) = whole.patches
    # The centre of pixel k is at k, so its edges are half a pixel away.
    assert outline.get_xy() == (4.5, 6.5)
    assert (outline.get_width(), outline.get_height()) == (15, 14)


def test_all_crops_share_the_grey_levels_of_the_image(images):
    figure = plotting.crops(images[0], {"part": (slice(0, 2), slice(0, 2))})
    limits = [ax.images[0].get_clim() for ax in figure.axes]
    assert limits[0] == limits[1] == (images[0].min(), images[0].max())


@pytest.mark.parametrize(
    ("tensor", "shape"),
    [
        (np.array(7), "()"),
        (np.array([4, 0, 2]), "(3,)"),
        (np.array([[1, 2], [3, 4], [5, 6]]), "(3, 2)"),
        (np.arange(12).reshape(2, 2, 3), "(2, 2, 3)"),
    ],
)
def test_a_tensor_is_drawn_with_its_numbers_its_name_and_its_shape(tensor, shape):
    (ax,) = plotting.number_grids([tensor], ["name"]).axes
    *numbers, name, shape_below = texts(ax)
    assert sorted(map(int, numbers)) == sorted(tensor.ravel().tolist())
    assert (name, shape_below) == ("name", shape)
    assert len(ax.patches) == tensor.size


def test_the_first_sheet_of_a_stack_lies_in_front():
    (ax,) = plotting.number_grids([np.array([[[1]], [[2]], [[3]]])], ["stack"]).axes
    level = {text.get_text(): text.get_zorder() for text in ax.texts[:3]}
    assert level["1"] > level["2"] > level["3"]


def test_each_tensor_needs_a_name():
    with pytest.raises(
        ValueError, match="names: expected 2 entries, one for each of arrays. Received: 1"
    ):
        plotting.number_grids([np.array(1), np.array(2)], ["one"])


def test_negative_numbers_have_a_true_minus_sign():
    (ax,) = plotting.number_grids([np.array([-1.5])], ["x"]).axes
    assert texts(ax)[0] == "\N{MINUS SIGN}1.5"


def test_axes_are_labelled_with_their_lengths(images):
    (ax,) = plotting.tensor_axes(images).axes
    assert set(texts(ax)) >= {"axis 0: images", "axis 1: 28 rows", "axis 2: 20 columns"}


def test_the_first_image_of_the_stack_lies_in_front(images):
    (ax,) = plotting.tensor_axes(images).axes
    by_level = sorted(ax.images, key=lambda picture: -picture.get_zorder())
    for picture, image in zip(by_level, images, strict=True):
        np.testing.assert_array_equal(picture.get_array(), image)


def test_figures_leave_the_readers_settings_alone(images):
    before = dict(plt.rcParams)
    plotting.tensor_axes(images)
    assert dict(plt.rcParams) == before


def test_picked_entries_are_marked_and_stand_beside_their_positions():
    matrix = np.array([[1, 7, 2], [8, 0, 1], [3, 2, 5]])
    (ax,) = plotting.picked_entries(matrix, [0, 2], [1, 0]).axes
    written = texts(ax)
    assert {"(0, 1)", "(2, 0)", "matrix", "positions", "result"} <= set(written)
    assert "(1, 2)" not in written
    tinted = [patch for patch in ax.patches if getattr(patch, "get_facecolor", None)]
    marked = {
        (round(cell.get_y()) - 1, round(cell.get_x()))
        for cell in tinted
        if 0 < cell.get_facecolor()[3] < 1 and cell.get_x() < 3
    }
    assert marked == {(0, 1), (2, 0)}
    # The nine entries of the matrix and the two that were picked.
    assert [written.count(number) for number in "738"] == [2, 2, 1]


def test_outlines_of_crops_have_the_look_of_the_frames_of_what_they_show(images):
    windows = {"corner": (slice(14, None), slice(10, None)), "middle": (slice(7, -7), slice(5, -5))}
    whole, *parts = plotting.crops(images[0], windows).axes
    looks = [(to_hex(patch.get_edgecolor()), patch.get_linestyle()) for patch in whole.patches]
    assert looks == [(BLUE, "-"), (ORANGE, "--")]
    for ax, look in zip(parts, looks, strict=True):
        spines = {(to_hex(s.get_edgecolor()), s.get_linestyle()) for s in ax.spines.values()}
        assert spines == {look}


def test_numbers_of_a_tensor_stand_in_its_rows_and_columns():
    (ax,) = plotting.number_grids([np.array([[1, 2], [3, 4]]), np.array([7, 8])], ["a", "b"]).axes
    place = {text.get_text(): text.get_position() for text in ax.texts}
    assert place["1"][1] == place["2"][1] < place["3"][1]
    assert place["1"][0] == place["3"][0] < place["4"][0] < place["7"][0] < place["8"][0]
    assert ax.yaxis_inverted()
    assert place["a"][1] < place["1"][1]
    assert place["(2, 2)"][0] == place["a"][0]
    assert place["(2, 2)"][1] > place["3"][1]
    colours = {text.get_text(): text.get_color() for text in ax.texts}
    assert (colours["a"], colours["(2,)"]) == (INK, MUTED)


def test_what_is_picked_stands_beside_its_row():
    (ax,) = plotting.picked_entries([[1, 7, 2], [8, 0, 4], [3, 6, 5]], [0, 2], [1, 0]).axes
    place = {text.get_text(): text.get_position() for text in ax.texts}
    assert place["(0, 1)"][1] == place["1"][1] != place["(2, 0)"][1]
    assert place["(2, 0)"][1] == place["5"][1]
    # The last of equal texts is the result.
    assert place["7"][1] == place["(0, 1)"][1]
    assert place["matrix"][0] < place["positions"][0] < place["result"][0] == place["7"][0]
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert [arrow.xy[1] for arrow in arrows] == [place["(0, 1)"][1], place["(2, 0)"][1]]
    assert all(arrow.xyann[0] < arrow.xy[0] < place["7"][0] for arrow in arrows)
    framed = [to_hex(patch.get_edgecolor()) for patch in ax.patches]
    assert [framed.count(colour) for colour in (ORANGE, GREEN)] == [2, 2]


def test_each_axis_of_the_images_has_an_arrow_in_the_colour_of_its_name(images):
    (ax,) = plotting.tensor_axes(images).axes
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    down, along, deep = [np.subtract(arrow.xy, arrow.xyann) for arrow in arrows]
    assert down.tolist() == [0, 28]
    assert along.tolist() == [20, 0]
    assert deep[0] > 0 > deep[1], "into the depth is to the right and up"
    assert ax.yaxis_inverted()
    colours = [to_hex(arrow.arrow_patch.get_edgecolor()) for arrow in arrows]
    assert colours == [BLUE, ORANGE, GREEN]
    names = {text.get_text(): text.get_color() for text in ax.texts if text.get_text()}
    assert names == {"axis 1: 28 rows": BLUE, "axis 2: 20 columns": ORANGE, "axis 0: images": GREEN}


def test_sheets_of_images_lie_to_the_right_and_above_the_one_before(images):
    (ax,) = plotting.tensor_axes(images).axes
    corners = [picture.get_extent()[::3] for picture in reversed(ax.images)]
    shifts = np.diff(corners, axis=0)
    # Multiples of 10 and of -3, sums of which round.
    np.testing.assert_allclose(shifts, [[10, -3]] * 2, rtol=0, atol=1e-14)
