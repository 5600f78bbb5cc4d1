"""The figures of mistakes and of learning curves hold what they are given."""

import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgba

from dlbook import plotting
from dlbook.plotting._style import COLOURS, GREEN, INK, MUTED, ORANGE

COUNTS = np.array([[900, 4, 0], [1, 800, 8], [0, 2, 700]])


def cells(ax):
    """Return the alpha of each cell's shade by (row, column)."""
    return {
        (round(cell.get_y() + 0.5), round(cell.get_x() + 0.5)): to_rgba(cell.get_facecolor())[3]
        for cell in ax.patches
    }


def test_every_count_but_zero_is_written_in_the_row_of_its_label():
    (ax,) = plotting.confusion_matrix(COUNTS).axes
    written = {(text.get_position()[::-1]): int(text.get_text()) for text in ax.texts}
    assert written == {place: n for place, n in np.ndenumerate(COUNTS) if n}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("prediction", "label")
    bottom, top = ax.get_ylim()
    assert top < bottom, "row 0 is on top"


def test_the_shade_belongs_to_the_mistakes_and_grows_with_their_number():
    (ax,) = plotting.confusion_matrix(COUNTS).axes
    shades = cells(ax)
    assert len(shades) == 9
    assert [shades[k, k] for k in range(3)] == [0, 0, 0]
    assert shades[0, 2] == 0
    assert 0 < shades[1, 0] < shades[2, 1] < shades[0, 1] < shades[1, 2] <= 1
    assert shades[0, 1] == shades[1, 2] / 2, "half of a number is exact"


def test_a_network_without_mistakes_can_be_drawn():
    (ax,) = plotting.confusion_matrix(np.diag([3, 4])).axes
    assert [text.get_text() for text in ax.texts] == ["3", "4"]
    assert set(cells(ax).values()) == {0}


def test_each_confident_mistake_has_its_picture_and_both_probabilities(rng):
    images = rng.integers(0, 256, size=(3, 28, 28), dtype=np.uint8)
    probabilities = np.array([[0.1, 0.7, 0.2], [0.9, 0.1, 0.0], [0.2, 0.3, 0.5]])
    figure = plotting.confident_mistakes(images, [2, 1, 0], probabilities)
    pairs = np.array(figure.axes).reshape(-1, 2)
    assert len(pairs) == 4, "two rows of two"
    for (picture, _), image in zip(pairs, images, strict=False):
        np.testing.assert_array_equal(picture.images[0].get_array(), image)
    texts = [[text.get_text() for text in bars.texts] for _, bars in pairs]
    assert texts == [
        ["says 1: 0.7000", "is 2: 0.2000"],
        ["says 0: 0.9000", "is 1: 0.1000"],
        ["says 2: 0.5000", "is 0: 0.2000"],
        [],
    ]
    widths = [[bar.get_width() for bar in bars.patches] for _, bars in pairs]
    assert widths == [[0.7, 0.2], [0.9, 0.1], [0.5, 0.2], []]


def test_curves_stand_in_the_panel_of_their_quantity_and_start_at_epoch_one():
    curves = {
        "loss": {"training": [3.0, 2.0, 1.0], "validation": [3.0, 2.5, 2.6]},
        "accuracy": {"training": [0.7, 0.8, 0.9]},
    }
    loss, accuracy = plotting.learning_curves(curves).axes
    assert [ax.get_ylabel() for ax in (loss, accuracy)] == ["loss", "accuracy"]
    drawn = {line.get_label(): line for line in loss.lines}
    assert list(drawn) == ["training", "validation"]
    for name, line in drawn.items():
        assert line.get_xdata().tolist() == [1, 2, 3]
        assert list(line.get_ydata()) == curves["loss"][name]
    assert len({line.get_linestyle() for line in loss.lines}) == 2
    assert len({line.get_marker() for line in loss.lines}) == 2
    assert [list(line.get_ydata()) for line in accuracy.lines] == [[0.7, 0.8, 0.9]]
    assert accuracy.get_xlabel() == "epoch"


def test_an_epoch_can_be_marked_in_every_panel():
    curves = {name: {"validation": [2.0, 1.0, 1.5]} for name in ("loss", "accuracy")}
    figure = plotting.learning_curves(curves, marked_epoch=2)
    for ax in figure.axes:
        assert list(ax.lines[-1].get_xdata()) == [2, 2]


def test_the_scatter_of_accuracies_is_counted_and_its_errors_are_marked(rng):
    values = 0.98 + 0.001 * rng.normal(size=500)
    (ax,) = plotting.sampling_spread(values, 0.98, 0.001).axes
    assert sum(bar.get_height() for bar in ax.patches) == 500
    lefts = [bar.get_x() for bar in ax.patches]
    assert min(lefts) == pytest.approx(100 * values.min()), "the axis is in percent"
    places = sorted(line.get_xdata()[0] for line in ax.lines)
    assert places == pytest.approx([97.8, 97.9, 98.0, 98.1, 98.2])
    assert [text.get_text() for text in ax.texts] == ["−2s", "−s", "+s", "+2s"]


def test_shades_are_orange_and_right_answers_are_quiet():
    (ax,) = plotting.confusion_matrix(COUNTS).axes
    shaded = [to_hex(cell.get_facecolor()) for cell in ax.patches if cell.get_facecolor()[3] > 0]
    assert set(shaded) == {ORANGE}
    for text in ax.texts:
        x, y = text.get_position()
        assert text.get_color() == (MUTED if x == y else INK)


def test_a_wrong_answer_is_orange_over_the_true_one_in_green(rng):
    images = rng.integers(0, 256, size=(1, 28, 28), dtype=np.uint8)
    figure = plotting.confident_mistakes(images, [1], np.array([[0.9, 0.1]]))
    bars = figure.axes[1]
    assert [to_hex(bar.get_facecolor()) for bar in bars.patches] == [ORANGE, GREEN]
    assert [text.get_color() for text in bars.texts] == [ORANGE, GREEN]
    tops = [bars.transData.transform((0, bar.get_y()))[1] for bar in bars.patches]
    assert tops[0] > tops[1]
    assert bars.get_xlim() == (0, 1)


def test_curves_of_a_quantity_are_named_in_the_first_panel_alone():
    curves = {name: {"training": [2.0, 1.0], "validation": [2.0, 1.5]} for name in ("a", "b")}
    upper, lower = plotting.learning_curves(curves).axes
    assert [text.get_text() for text in upper.get_legend().get_texts()] == [
        "training",
        "validation",
    ]
    assert lower.get_legend() is None
    assert [line.get_color() for line in lower.lines] == list(COLOURS[:2])


def test_lines_of_the_spread_have_their_names_over_them():
    (ax,) = plotting.sampling_spread([0.97, 0.98, 0.99], 0.98, 0.001).axes
    centre, *errors = ax.lines
    assert (centre.get_color(), centre.get_linestyle()) == (INK, "-")
    assert {(line.get_color(), line.get_linestyle()) for line in errors} == {(ORANGE, "--")}
    names = {text.get_text(): text.get_position() for text in ax.texts}
    for line, name in zip(errors, ("−2s", "−s", "+s", "+2s"), strict=True):
        assert names[name][0] == line.get_xdata()[0]
        assert names[name][1] > 1, "over the axes"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("accuracy in percent", "test sets")
