"""The figures of digits hold what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_hex

from dlbook import plotting
from dlbook.plotting._style import BLUE, GREEN, INK, ORANGE


@pytest.fixture
def images(rng):
    return rng.integers(0, 256, size=(7, 28, 28), dtype=np.uint8)


def titles(figure):
    return [ax.get_title() for ax in figure.axes]


def test_each_digit_has_its_picture_and_its_label(images):
    figure = plotting.digits(images, [3, 1, 4, 1, 5, 9, 2], columns=4)
    assert titles(figure) == ["3", "1", "4", "1", "5", "9", "2", ""]
    for ax, image in zip(figure.axes, images, strict=False):
        np.testing.assert_array_equal(ax.images[0].get_array(), image)
    assert not figure.axes[-1].images


def test_a_wrong_prediction_is_marked_with_the_true_label(images):
    figure = plotting.digits(images[:2], [3, 1], [3, 7])
    assert titles(figure)[:2] == ["3 ✓", "7 ✗ (1)"]


def test_predictions_without_labels_are_questions(images):
    assert titles(plotting.digits(images[:1], predictions=[8]))[0] == "8?"


def test_bars_have_the_heights_of_the_probabilities():
    figure = plotting.class_probabilities([0.9, 0.1, 0.0], label=0)
    (ax,) = figure.axes
    assert [bar.get_height() for bar in ax.patches] == [0.9, 0.1, 1e-12]
    assert ax.get_yscale() == "log"
    assert ax.get_title() == "label: 0"


def test_a_network_is_drawn_with_the_sizes_of_its_layers():
    figure = plotting.layer_stack([784, 10], ["in", "out"], ["dense"])
    texts = [text.get_text() for text in figure.axes[0].texts]
    assert {"784", "10", "in", "out", "dense"} <= set(texts)
    with pytest.raises(ValueError, match="names: expected 2 entries"):
        plotting.layer_stack([784, 10], ["in"], ["dense"])


def test_figures_leave_the_readers_settings_and_windows_alone(images):
    before = dict(plt.rcParams)
    figure = plotting.digits(images)
    assert dict(plt.rcParams) == before
    assert figure.number not in plt.get_fignums() if hasattr(figure, "number") else True


def test_a_figure_can_be_drawn_on_given_axes():
    figure, ax = plt.subplots()
    assert plotting.class_probabilities([0.5, 0.5], ax=ax) is figure
    assert len(ax.patches) == 2


def test_titles_are_green_if_right_orange_if_wrong_and_ink_without_a_verdict(images):
    def colours(*args, **kwargs):
        return [
            ax.title.get_color() for ax in plotting.digits(images[:2], *args, **kwargs).axes[:2]
        ]

    assert colours([3, 1], [3, 7]) == [GREEN, ORANGE]
    assert colours([3, 1]) == [INK, INK]
    assert colours(predictions=[3, 1]) == [INK, INK]


def test_digits_fill_their_rows_from_the_left(images):
    figure = plotting.digits(images, columns=4)
    figure.draw_without_rendering()
    corners = [(round(ax.get_position().y0, 3), ax.get_position().x0) for ax in figure.axes]
    rows = sorted({y for y, _ in corners}, reverse=True)
    assert [rows.index(y) for y, _ in corners] == [0, 0, 0, 0, 1, 1, 1, 1]
    assert [x for _, x in corners[:4]] == sorted(x for _, x in corners[:4])


def test_the_bar_of_the_label_is_marked_by_colour_and_hatch():
    (ax,) = plotting.class_probabilities([0.1, 0.7, 0.2], label=1).axes
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [BLUE, GREEN, BLUE]
    assert [bool(bar.get_hatch()) for bar in ax.patches] == [False, True, False]
    centres = [bar.get_x() + bar.get_width() / 2 for bar in ax.patches]
    # Off by an eps of 2 from the addition of half a width.
    np.testing.assert_allclose(centres, [0, 1, 2], rtol=0, atol=1e-15)
    assert list(ax.get_xticks()) == [0, 1, 2]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("class", "probability")


def test_without_a_label_no_bar_is_marked():
    (ax,) = plotting.class_probabilities([0.3, 0.7]).axes
    assert {to_hex(bar.get_facecolor()) for bar in ax.patches} == {BLUE}
    assert ax.get_title() == ""


def test_boxes_of_a_network_stand_in_order_and_grow_with_the_logarithm():
    (ax,) = plotting.layer_stack([1000, 100, 10], list("abc"), ["f", "g"]).axes
    boxes = [(box.get_x() + box.get_width() / 2, box.get_height()) for box in ax.patches]
    # Sums and products of few numbers up to 4 are off by few eps of that.
    np.testing.assert_allclose([x for x, _ in boxes], [0, 2, 4], rtol=0, atol=1e-14)
    np.testing.assert_allclose(np.diff([h for _, h in boxes]), [-0.3, -0.3], rtol=0, atol=1e-14)
    place = {text.get_text(): text.get_position() for text in ax.texts}
    assert [place[text][0] for text in ("1,000", "f", "100", "g", "10")] == [0, 1, 2, 3, 4]
    assert [place[name][0] for name in "abc"] == [0, 2, 4]
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    assert all(arrow.xyann[0] < arrow.xy[0] for arrow in arrows)
    assert {to_hex(arrow.arrow_patch.get_edgecolor()) for arrow in arrows} == {INK}
