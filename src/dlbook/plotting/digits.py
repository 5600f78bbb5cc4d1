"""Figures of handwritten digits and of what a network says about them."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import ArrayLike

from dlbook import _checks
from dlbook.plotting._inputs import array, check_count, check_range, classes
from dlbook.plotting._style import (
    BLUE,
    GREEN,
    INK,
    ORANGE,
    WIDTH,
    figure_of,
    own_axes,
    styled,
    without_ticks,
)


@styled
def digits(
    images: ArrayLike,
    labels: ArrayLike | None = None,
    predictions: ArrayLike | None = None,
    *,
    columns: int = 5,
) -> Figure:
    """Draw digits in a grid, each with its label and, if given, its prediction.

    Parameters
    ----------
    images : array_like, shape (n, height, width)
        Grey levels; 0 is drawn as the page's ground, the largest value as ink.
    labels : array_like of int, shape (n,), optional
        The true class of each image.
    predictions : array_like of int, shape (n,), optional
        The predicted class of each image. A wrong one is marked by colour and by a cross.
    columns : int, default 5
        How many digits stand in one row, at least 1.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    images = array("images", images, "n height width")
    _checks.whole_number("columns", columns, least=1)
    labels = None if labels is None else classes("labels", labels, len(images))
    if predictions is not None:
        predictions = classes("predictions", predictions, len(images))
    rows = -(-len(images) // columns)
    size = WIDTH / columns
    with_text = 0.3 if labels is not None or predictions is not None else 0.0
    figure, axes = plt.subplots(
        rows, columns, figsize=(WIDTH, rows * (size + with_text)), squeeze=False
    )
    for ax in axes.flat:
        without_ticks(ax)
    for k, (ax, image) in enumerate(zip(axes.flat, images, strict=False)):
        ax.imshow(image)
        text, colour = _title(k, labels, predictions)
        ax.set_title(text, color=colour)
    return figure


def _title(k: int, labels: ArrayLike | None, predictions: ArrayLike | None) -> tuple[str, str]:
    """Return text and colour of the title over image `k`."""
    label = None if labels is None else int(np.asarray(labels)[k])
    prediction = None if predictions is None else int(np.asarray(predictions)[k])
    if prediction is None:
        return ("" if label is None else f"{label}"), INK
    if label is None:
        return f"{prediction}?", INK
    if label == prediction:
        return f"{prediction} ✓", GREEN
    return f"{prediction} ✗ ({label})", ORANGE


@styled
def class_probabilities(
    probabilities: ArrayLike, *, label: int | None = None, ax: Axes | None = None
) -> Figure:
    """Draw the probabilities of the classes as bars on a logarithmic axis.

    Parameters
    ----------
    probabilities : array_like, shape (classes,)
        One probability for each class, each from 0 to 1.
    label : int, optional
        The true class; its bar is marked.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    shares = array("probabilities", probabilities, "classes")
    # What softmax gives in half precision may add up to a little more than 1.
    check_range("probabilities", shares, least=0, most=1.01)
    if label is not None:
        label = _checks.whole_number("label", label, least=0, most=len(shares) - 1)
    ax = own_axes(ax, height=2.8)
    # Exact zeros have no place on a logarithmic axis; they get the smallest bar.
    heights = np.maximum(shares.astype(float), 1e-12)
    bars = ax.bar(np.arange(len(heights)), heights, color=BLUE, width=0.7)
    if label is not None:
        bars[int(label)].set(facecolor=GREEN, hatch="//", edgecolor="white", linewidth=0)
        ax.set_title(f"label: {int(label)}")
    ax.set_yscale("log")
    ax.set(xlabel="class", ylabel="probability", xticks=np.arange(len(heights)), ylim=(None, 2))
    ax.grid(visible=False, axis="x")
    return figure_of(ax)


@styled
def layer_stack(
    sizes: Sequence[int], names: Sequence[str], steps: Sequence[str], *, ax: Axes | None = None
) -> Figure:
    """Draw a network as boxes of numbers, joined by the layers that turn one into the next.

    Parameters
    ----------
    sizes : sequence of int
        How many numbers each box stands for, at least 1; the logarithm sets its height.
    names : sequence of str
        What the numbers are, one name for each box.
    steps : sequence of str
        What happens between two boxes, one text fewer than boxes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_range("sizes, their number", len(sizes), least=1)
    check_range("sizes", sizes, least=1)
    check_count("names", names, len(sizes), "one for each of sizes")
    check_count("steps", steps, len(sizes) - 1, "one between each of sizes and the next")
    ax = own_axes(ax, height=2.3)
    without_ticks(ax)
    for k, (size, name) in enumerate(zip(sizes, names, strict=True)):
        height = 0.35 + 0.3 * np.log10(size)
        corner = (2 * k - 0.28, -height / 2)
        ax.add_patch(Rectangle(corner, 0.56, height, facecolor="none", edgecolor=BLUE, lw=1.6))
        ax.text(2 * k, 0, f"{size:,}", ha="center", va="center")
        ax.text(2 * k, -0.85, name, ha="center", va="center")
    for k, step in enumerate(steps):
        arrow = {"arrowstyle": "->", "color": INK}
        ax.annotate("", xy=(2 * k + 1.65, 0), xytext=(2 * k + 0.35, 0), arrowprops=arrow)
        ax.text(2 * k + 1, 0.12, step, ha="center", va="bottom")
    ax.set(xlim=(-0.8, 2 * len(sizes) - 1.2), ylim=(-1.0, 0.8))
    return figure_of(ax)
