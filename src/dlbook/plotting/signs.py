"""Figures of numbers above and below zero, one for each pixel of an image."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from numpy.typing import ArrayLike

from dlbook import _checks
from dlbook.plotting._inputs import array, check_count, check_range
from dlbook.plotting._style import BLUE, ORANGE, WIDTH, styled, without_ticks

# Blue above zero, orange below; zero is the page's ground.
SIGNS = LinearSegmentedColormap.from_list(
    "signs", [(0.0, ORANGE), (0.5, f"{ORANGE}00"), (0.5, f"{BLUE}00"), (1.0, BLUE)]
)


def _show(ax: Axes, image: ArrayLike, title: str, limit: float) -> AxesImage:
    """Show one image, whose colours are full at ``-limit`` and `limit`."""
    ax.set_title(title)
    ax.spines[:].set(visible=True, linewidth=0.6)
    return ax.imshow(image, cmap=SIGNS, vmin=-limit, vmax=limit)


def _fields(
    count: int, columns: int, *, title: float, below: float = 0
) -> tuple[Figure, list[Axes]]:
    """Return a figure with at least `count` empty square fields, in rows of `columns`."""
    rows = -(-count // columns)
    size = (WIDTH, rows * (WIDTH / columns + title) + below)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for ax in axes.flat:
        without_ticks(ax)
    return figure, list(axes.flat)


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
    images = array("images", images, "n height width").astype(float)
    check_count("titles", titles, len(images), "one for each image")
    _checks.whole_number("columns", columns, least=1)
    figure, axes = _fields(len(images), columns, title=0.3)
    for ax, image, title in zip(axes, images, titles, strict=False):
        _show(ax, image, title, np.abs(image).max() or 1.0)
    return figure


@styled
def weight_images(kernel: ArrayLike, units: Sequence[int], *, columns: int = 5) -> Figure:
    """Draw the weights that lead into some units of a layer as square images.

    Parameters
    ----------
    kernel : array_like of float, shape (height * height, outputs)
        The weights of a dense layer whose inputs are the pixels of square images.
    units : sequence of int
        Which outputs to show.
    columns : int, default 5
        How many images stand in one row, at least 1.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. Blue is above zero and orange below; all images share one scale, which ends
        at the 99th percentile of the weights' sizes.
    """
    kernel = array("kernel", kernel, "inputs outputs")
    height = round(len(kernel) ** 0.5)
    if height**2 != len(kernel):
        raise ValueError(
            f"kernel: expected as many rows as a square has pixels. Received: {len(kernel)}"
        )
    check_range("units, their number", len(units), least=1)
    check_range("units", units, least=0, most=kernel.shape[1] - 1)
    _checks.whole_number("columns", columns, least=1)
    limit = np.percentile(np.abs(kernel[:, list(units)]), 99) or 1.0
    figure, axes = _fields(len(units), columns, title=0.25, below=0.6)
    for ax, unit in zip(axes, units, strict=False):
        drawn = _show(ax, kernel[:, unit].reshape((height, height)), f"unit {unit}", limit)
    bar = figure.colorbar(drawn, ax=axes, location="bottom", aspect=40, shrink=0.8, extend="both")
    bar.set_ticks([-limit, 0, limit], labels=[f"−{limit:.2f}", "0", f"{limit:.2f}"])
    bar.set_label("weight")
    return figure
