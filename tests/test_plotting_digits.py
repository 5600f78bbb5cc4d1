"""The figures of digits hold what they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from dlbook import plotting


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
