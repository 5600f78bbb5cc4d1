"""Images of numbers with a sign: each pixel where it belongs, and zero on the ground."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from dlbook import plotting
from dlbook.plotting._style import BLUE, ORANGE
from dlbook.plotting.signs import SIGNS


def test_signed_images_are_scaled_around_zero_each_by_itself():
    figure = plotting.signed_images([np.diag([1.0, -2.0]), np.zeros((2, 2))], ["a", "b"])
    assert [ax.get_title() for ax in figure.axes] == ["a", "b", ""]
    assert figure.axes[0].images[0].get_clim() == (-2.0, 2.0)
    assert figure.axes[1].images[0].get_clim() == (-1.0, 1.0)


def test_weights_become_images_of_their_pixels(rng):
    kernel = rng.normal(size=(9, 4))
    figure = plotting.weight_images(kernel, [3, 1, 0], columns=2)
    shown = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in shown] == ["unit 3", "unit 1", "unit 0"]
    for ax, unit in zip(shown, [3, 1, 0], strict=True):
        np.testing.assert_array_equal(ax.images[0].get_array(), kernel[:, unit].reshape((3, 3)))


def test_all_weight_images_share_one_scale_around_zero(rng):
    figure = plotting.weight_images(rng.normal(size=(9, 4)), [0, 1, 2, 3])
    limits = {ax.images[0].get_clim() for ax in figure.axes if ax.images}
    ((low, high),) = limits
    assert low == -high < 0


def test_blue_is_above_zero_orange_below_and_zero_clear():
    assert SIGNS(0.0) == (*to_rgb(ORANGE), 1)
    assert SIGNS(1.0) == (*to_rgb(BLUE), 1)
    below, above = SIGNS(127), SIGNS(128)
    assert max(below[3], above[3]) < 0.01
    # Between two equal colours Matplotlib interpolates, which rounds: by few eps of 1.
    assert below[:3] == pytest.approx(to_rgb(ORANGE), rel=0, abs=1e-14)
    assert above[:3] == pytest.approx(to_rgb(BLUE), rel=0, abs=1e-14)


def test_images_fill_their_rows_from_the_left():
    figure = plotting.signed_images(np.zeros((5, 2, 2)), list("abcde"), columns=3)
    figure.draw_without_rendering()
    boxes = [ax.get_window_extent() for ax in figure.axes]
    assert boxes[0].x0 < boxes[1].x0 < boxes[2].x0
    assert boxes[0].y0 == pytest.approx(boxes[2].y0)
    assert boxes[0].y0 > boxes[3].y1
    assert all(ax.images[0].get_cmap() is SIGNS for ax in figure.axes[:5])
    assert not figure.axes[5].images


def test_the_scale_of_weights_says_what_its_ends_are():
    kernel = np.full((4, 2), 0.5)
    kernel[0] = -0.5
    bar = plotting.weight_images(kernel, [0, 1]).axes[-1]
    assert bar.get_xlabel() == "weight"
    labels = [text.get_text() for text in bar.get_xticklabels()]
    assert labels == ["−0.50", "0", "0.50"]
    assert bar.get_xlim() == (-0.5, 0.5)
