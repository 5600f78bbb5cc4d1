"""Figures of numbers above and below zero that belong to pixels."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dlbook.plotting._style import BLUE, ORANGE, WIDTH, styled, without_ticks

# Zero is the page's ground.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", [(0.0, ORANGE), (0.5, f"{ORANGE}00"), (0.5, f"{BLUE}00"), (1.0, BLUE)]
)


@styled
def signed_images(images: ArrayLike, titles: Sequence[str], *, columns: int = 3) -> Figure:
    """Draw images of numbers with a sign: blue above zero, orange below, nothing at zero.

    Parameters
    ----------
    images : array_like of real numbers, shape (n, height, width)
        The images; in each the number furthest from zero has the full colour.
    titles : sequence of str
        One title for each image.
    columns : int, default 3
        How many images stand in one row, at least 1.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    images = np.asarray(images, dtype=float)
    rows = -(-len(images) // columns)
    size = WIDTH / columns
    figure, axes = plt.subplots(rows, columns, figsize=(WIDTH, rows * (size + 0.3)), squeeze=False)
    for ax in axes.flat:
        without_ticks(ax)
    for ax, image, title in zip(axes.flat, images, titles, strict=False):
        most = np.abs(image).max() or 1.0
        ax.imshow(image, cmap=SIGNED, vmin=-most, vmax=most)
        ax.set_title(title, fontsize=10)
        ax.spines[:].set_visible(True)
    return figure
