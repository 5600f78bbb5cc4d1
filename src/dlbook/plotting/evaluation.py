"""Figures of how well a network does: its mistakes, and its curves of loss and accuracy."""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike

from dlbook import _checks
from dlbook.plotting._inputs import array, check_most, check_range, classes
from dlbook.plotting._style import (
    BLUE,
    COLOURS,
    GREEN,
    GRID,
    INK,
    LINE_STYLES,
    MUTED,
    ORANGE,
    WIDTH,
    figure_of,
    own_axes,
    styled,
    without_ticks,
)

MARKERS = ("o", "s", "^", "D", "v")


@styled
def confusion_matrix(counts: ArrayLike, *, ax: Axes | None = None) -> Figure:
    """Draw how often each label was taken for each class, with the mistakes standing out.

    The right answers on the diagonal are many times more than the mistakes, so they get
    no shade: the shades belong to the mistakes, and a zero is left out.

    Parameters
    ----------
    counts : array_like of int, shape (classes, classes)
        Rows are labels, columns are predictions.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    counts = array("counts", counts, "classes classes")
    counts = _checks.whole_numbers("counts", counts, least=0, most=2**62)
    ax = own_axes(ax, height=WIDTH)
    mistakes = counts - np.diag(np.diag(counts))
    darkest = max(mistakes.max(), 1)
    for (label, prediction), count in np.ndenumerate(counts):
        right = label == prediction
        cell = Rectangle(
            (prediction - 0.5, label - 0.5),
            1,
            1,
            facecolor="none" if right else (ORANGE, 0.45 * count / darkest),
            edgecolor=GRID,
            linewidth=0.6,
        )
        ax.add_patch(cell)
        if count:
            colour = MUTED if right else INK
            ax.text(prediction, label, f"{count}", ha="center", va="center", color=colour)
    classes = np.arange(len(counts))
    ax.set(
        xlabel="prediction",
        ylabel="label",
        xticks=classes,
        yticks=classes,
        xlim=(-0.5, len(counts) - 0.5),
        ylim=(len(counts) - 0.5, -0.5),
        aspect="equal",
    )
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    return figure_of(ax)


@styled
def confident_mistakes(images: ArrayLike, labels: ArrayLike, probabilities: ArrayLike) -> Figure:
    """Draw digits, each beside the probability of its prediction and of its label.

    Parameters
    ----------
    images : array_like, shape (n, height, width)
        Grey levels; 0 is drawn as the page's ground, the largest value as ink.
    labels : array_like of int, shape (n,)
        The true class of each image.
    probabilities : array_like, shape (n, classes)
        What the network says of each image; the largest is its prediction.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, two digits in a row.
    """
    images, probabilities = _checks.fitting(
        {"images": (images, "n height width"), "probabilities": (probabilities, "n classes")}
    )
    labels = classes("labels", labels, len(images), most=probabilities.shape[1] - 1)
    rows = -(-len(images) // 2)
    figure, axes = plt.subplots(
        rows, 4, figsize=(WIDTH, 1.0 * rows), squeeze=False, width_ratios=[1, 1.5, 1, 1.5]
    )
    pairs = axes.reshape(-1, 2)
    for ax in axes.flat:
        without_ticks(ax)
    for k, (image, label) in enumerate(zip(images, labels, strict=True)):
        picture, bars = pairs[k]
        picture.imshow(image)
        prediction = int(probabilities[k].argmax())
        looks = [("says", prediction, ORANGE), ("is", int(label), GREEN)]
        for place, (word, digit, colour) in enumerate(looks):
            probability = probabilities[k, digit]
            bars.barh(place, probability, 0.3, color=colour)
            text = f"{word} {digit}: {probability:.4f}"
            bars.text(0, place - 0.24, text, va="bottom", color=colour)
        bars.set(xlim=(0, 1), ylim=(1.4, -0.8))
    return figure


@styled
def sampling_spread(
    values: ArrayLike, centre: float, error: float, *, ax: Axes | None = None
) -> Figure:
    """Draw how measured accuracies scatter, with one and two standard errors marked.

    Parameters
    ----------
    values : array_like, shape (n,)
        The accuracies, from 0 to 1.
    centre : float
        The accuracy to mark in the middle.
    error : float
        The standard error, more than 0.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, a histogram in percent.
    """
    values = array("values", values, "n").astype(float)
    check_range("values", values, least=0, most=1)
    check_range("error", error, above=0)
    ax = own_axes(ax, height=2.9)
    ax.hist(100 * values, bins=30, color=(BLUE, 0.45), edgecolor=BLUE, linewidth=0.6)
    ax.axvline(100 * centre, color=INK, linestyle="-")
    for distance in (-2, -1, 1, 2):
        place = 100 * (centre + distance * error)
        ax.axvline(place, color=ORANGE, linestyle="--")
        sign = "\N{MINUS SIGN}" if distance < 0 else "+"
        text = f"{sign}{abs(distance)}s" if abs(distance) > 1 else f"{sign}s"
        ax.text(
            place, 1.01, text, transform=ax.get_xaxis_transform(), ha="center", color=ORANGE
        )  # fmt: skip
    ax.set(xlabel="accuracy in percent", ylabel="test sets")
    ax.grid(visible=False, axis="x")
    return figure_of(ax)


@styled
def learning_curves(
    curves: Mapping[str, Mapping[str, ArrayLike]], *, marked_epoch: int | None = None
) -> Figure:
    """Draw how quantities change from epoch to epoch: a panel for each, one over the other.

    Parameters
    ----------
    curves : mapping of str to (mapping of str to array_like of shape (epochs,))
        For each quantity, say ``"loss"``, its lines by name, at most five: one value for
        each epoch.
    marked_epoch : int, optional
        An epoch, counted from 1, to mark in all panels.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    for quantity, lines in curves.items():
        check_most(f"curves[{quantity!r}]", lines, len(COLOURS))
        for name, values in lines.items():
            array(f"curves[{quantity!r}][{name!r}]", values, "epochs", finite=False)
    if marked_epoch is not None:
        _checks.whole_number("marked_epoch", marked_epoch, least=1)
    figure, axes = plt.subplots(
        len(curves), 1, figsize=(WIDTH, 0.5 + 2.2 * len(curves)), sharex=True, squeeze=False
    )
    panels = list(axes.flat)
    for ax, (quantity, lines) in zip(panels, curves.items(), strict=True):
        looks = zip(lines.items(), COLOURS, LINE_STYLES, MARKERS, strict=False)
        for (name, values), colour, line_style, marker in looks:
            epochs = np.arange(1, 1 + len(np.asarray(values)))
            ax.plot(
                epochs, values, label=name, color=colour, linestyle=line_style, marker=marker,
                markersize=4,
            )  # fmt: skip
        if marked_epoch is not None:
            ax.axvline(marked_epoch, color=INK, linestyle=":", linewidth=2)
        ax.set_ylabel(quantity)
    panels[0].legend(ncols=2 if len(next(iter(curves.values()))) > 3 else 1)
    panels[-1].set_xlabel("epoch")
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure
