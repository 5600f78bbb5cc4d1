"""Figures of the training loop: its steps, its losses, and what comes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dlbook import _checks
from dlbook.plotting._inputs import array, check_count, check_most, check_range
from dlbook.plotting._style import (
    BLUE,
    COLOURS,
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

MARKERS = ("o", "s", "^", "v", "x")
"""Markers in the order of the colours, so that no reader needs the colours to tell dots apart."""


@styled
def four_steps(steps: Sequence[str], *, ax: Axes | None = None) -> Figure:
    """Draw four steps as boxes that follow each other in a circle.

    Parameters
    ----------
    steps : sequence of str
        What stands in the boxes: top left, top right, bottom right, bottom left.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_count("steps", steps, 4, "one for each corner")
    ax = own_axes(ax, height=2.5)
    without_ticks(ax)
    box = {"boxstyle": "round,pad=0.6", "facecolor": "none", "edgecolor": BLUE, "linewidth": 1.6}
    corners = [(0, 1), (1, 1), (1, 0), (0, 0)]
    for k, ((x, y), step) in enumerate(zip(corners, steps, strict=True)):
        ax.text(x, y, f"{k + 1}. {step}", ha="center", va="center", bbox=box, linespacing=1.4)
    arrow = {"arrowstyle": "->", "color": INK, "linewidth": 1.4}
    for start, end in [
        ((0.36, 1), (0.64, 1)),
        ((1, 0.7), (1, 0.3)),
        ((0.64, 0), (0.36, 0)),
        ((0, 0.3), (0, 0.7)),
    ]:
        ax.annotate("", xy=end, xytext=start, arrowprops=arrow)
    ax.set(xlim=(-0.45, 1.45), ylim=(-0.4, 1.4))
    return figure_of(ax)


@styled
def batch_losses(
    losses: ArrayLike, batches_per_epoch: int, *, window: int = 100, ax: Axes | None = None
) -> Figure:
    """Draw the loss of every batch of a training run, and its moving average.

    Parameters
    ----------
    losses : array_like of float, shape (batches,)
        The loss of each batch, in the order of training; at least `window` of them.
    batches_per_epoch : int
        How many batches make an epoch, which is the unit of the horizontal axis; at least 1.
    window : int, default 100
        Over how many batches to average, at least 1.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    losses = array("losses", losses, "batches", finite=False).astype(float)
    _checks.whole_number("batches_per_epoch", batches_per_epoch, least=1)
    _checks.whole_number("window", window, least=1, most=len(losses))
    ax = own_axes(ax)
    epochs = np.arange(len(losses)) / batches_per_epoch
    ax.plot(epochs, losses, color=MUTED, linewidth=0.5, linestyle="-", label="each batch")
    average = np.convolve(losses, np.ones(window) / window, mode="valid")
    label = f"mean of {window} batches"
    centres = epochs[(window - 1) // 2 :][: len(average)]
    ax.plot(centres, average, color=ORANGE, linestyle="-", linewidth=2.2, label=label)
    end = len(losses) / batches_per_epoch
    ax.set(xlabel="epochs", ylabel="loss", xlim=(0, end), ylim=(0, None))
    ax.legend()
    return figure_of(ax)


@styled
def compared_accuracies(
    names: Sequence[str], accuracies: ArrayLike, *, ax: Axes | None = None
) -> Figure:
    """Draw the accuracies of several ways to train, one row for each, one dot for each seed.

    Parameters
    ----------
    names : sequence of str
        The ways, from the top.
    accuracies : array_like of float, shape (ways, seeds)
        What each reached with each seed, 0 to 1.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. A bar marks the mean of each row, which stands beside it.
    """
    check_range("names, their number", len(names), least=1)
    accuracies = array("accuracies", accuracies, f"{len(names)} seeds").astype(float)
    check_range("accuracies", accuracies, least=0, most=1)
    ax = own_axes(ax, height=0.9 + 0.34 * len(names))
    for row, values in enumerate(accuracies):
        mean = values.mean()
        ax.plot([mean, mean], [row - 0.3, row + 0.3], color=ORANGE, linestyle="-", linewidth=2.5)
        ax.plot(values, np.full(len(values), row), "o", color=BLUE, markersize=5, alpha=0.7)
        ax.text(1.02, row, f"{mean:.3f}", va="center", transform=ax.get_yaxis_transform())
    ax.set(xlabel="test accuracy", xlim=(0, 1), ylim=(len(names) - 0.5, -0.5))
    ax.set_yticks(range(len(names)), names)
    ax.set_title("mean", loc="right", x=1.11)
    return figure_of(ax)


@styled
def way_back(names: Sequence[str], forwards: Sequence[str], backwards: Sequence[str]) -> Figure:
    """Draw a chain of values: how each follows from the last, and how the gradient comes back.

    Parameters
    ----------
    names : sequence of str
        The values, first to last.
    forwards : sequence of str
        What leads from each value to the next: one fewer than values.
    backwards : sequence of str
        The gradient for each value but the first: as many as `forwards`.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. Forward arrows are solid and run on top, backward ones are dashed.
    """
    check_range("names, their number", len(names), least=1)
    check_count("forwards", forwards, len(names) - 1, "one from each of names to the next")
    check_count("backwards", backwards, len(forwards), "as many as forwards")
    ax = own_axes(None, height=2.3)
    without_ticks(ax)
    for k, name in enumerate(names):
        ring = {"boxstyle": "circle,pad=0.35", "facecolor": "none", "edgecolor": INK}
        ax.text(k, 0, name, ha="center", va="center", bbox=ring)
    for k, (forward, backward) in enumerate(zip(forwards, backwards, strict=True)):
        there = {"arrowstyle": "->", "color": BLUE, "connectionstyle": "arc3,rad=-0.35", "lw": 1.6}
        back = {**there, "color": ORANGE, "linestyle": "--"}
        ax.annotate("", xy=(k + 0.8, 0.12), xytext=(k + 0.2, 0.12), arrowprops=there)
        ax.annotate("", xy=(k + 0.2, -0.12), xytext=(k + 0.8, -0.12), arrowprops=back)
        ax.text(k + 0.5, 0.34, forward, ha="center", va="bottom", color=BLUE)
        ax.text(k + 0.5, -0.34, backward, ha="center", va="top", color=ORANGE)
    ax.set(xlim=(-0.3, len(names) - 0.7), ylim=(-0.85, 0.85))
    return figure_of(ax)


@styled
def losses_of_ways(
    names: Sequence[str],
    losses: ArrayLike,
    differences: Mapping[str, ArrayLike],
    bounds: Mapping[str, float],
) -> Figure:
    """Draw the losses of the same training done in several ways, and how far they lie apart.

    Parameters
    ----------
    names : sequence of str
        The ways, at most five. The first one is what the others are compared with.
    losses : array_like of float, shape (ways, steps)
        The loss of each step in each way.
    differences : mapping of str to array_like of float, shape (steps, ways)
        For each dtype, how far the gradients of each step are from those of the first way.
    bounds : mapping of str to float
        For each dtype, how far rounding may put them apart in one step, above 0.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: losses above; below, on a logarithmic axis, the differences of all ways but
        the first as dots, and the bounds as dashed lines. Differences of zero are left out.
    """
    check_range("names, their number", len(names), least=1)
    check_most("names", names, len(COLOURS))
    (losses,) = _checks.fitting({"losses": (losses, f"{len(names)} steps")}, finite=False)
    named = {
        f"differences[{dtype!r}]": (by_step, f"{losses.shape[1]} {len(names)}")
        for dtype, by_step in differences.items()
    }
    _checks.fitting(named, finite=False)
    for dtype in differences:
        _checks.real_number(f"bounds[{dtype!r}]", bounds.get(dtype), above=0)
    figure, (upper, lower) = plt.subplots(
        2, 1, figsize=(WIDTH, 5.4), sharex=True, height_ratios=[2, 3]
    )
    widths = np.linspace(7, 1.4, len(names))  # each line shows beside the one drawn over it
    values = zip(names, widths, np.asarray(losses), strict=True)
    for (name, width, way_losses), colour, style in zip(values, COLOURS, LINE_STYLES, strict=False):
        upper.plot(way_losses, label=name, color=colour, ls=style, linewidth=width)
    upper.set(ylabel="loss", ylim=(0, None))
    upper.legend()
    for dtype, by_step in differences.items():
        ways = zip(COLOURS, MARKERS, np.transpose(by_step), strict=False)
        for colour, marker, apart in list(ways)[1 : len(names)]:
            dots = np.where(apart > 0, apart, np.nan)
            lower.plot(dots, color=colour, ls="", marker=marker, markersize=3.5, alpha=0.8)
        lower.axhline(bounds[dtype], color=INK, ls="--", linewidth=1.2)
        text = f"bound of one step in {dtype}"
        place = (len(np.asarray(by_step)) - 1, 1.5 * bounds[dtype])
        lower.text(*place, text, ha="right", va="bottom")
    lower.set(yscale="log", xlabel="training step", ylabel="largest difference\nof a gradient")
    return figure


@styled
def sums_in_orders(sums: ArrayLike, exact: float, *, ax: Axes | None = None) -> Figure:
    """Draw how often a sum that is nearly 0 came out on either side of 0.

    Parameters
    ----------
    sums : array_like of float, shape (orders,)
        What came out when the same terms were added in several orders.
    exact : float
        The sum without any rounding.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure: a histogram with an edge at 0, in units of one ten-millionth.
    """
    (sums,) = _checks.fitting({"sums": (sums, "orders")})
    ax = own_axes(ax, height=2.8)
    scaled = np.asarray(sums, dtype=float) * 1e7
    width = max(np.ptp(scaled) / 30, 1e-3)
    edges = width * np.arange(
        min(np.floor(scaled.min() / width), -1), max(np.ceil(scaled.max() / width), 1) + 1
    )
    for side, colour, hatch in ((scaled <= 0, MUTED, "////"), (scaled > 0, BLUE, None)):
        look: dict[str, Any] = {"edgecolor": colour, "hatch": hatch, "linewidth": 0.8}
        look["facecolor"] = "none" if hatch else colour
        ax.hist(scaled[side], list(edges), **look)
    ax.axvline(exact * 1e7, color=ORANGE, linestyle="--", label="true value")
    ax.axvline(0, color=INK, linestyle="-", linewidth=1.4)
    for place, text in ((0.02, "off"), (0.98, "on")):
        align = "left" if text == "off" else "right"
        ax.text(place, 0.97, text, transform=ax.transAxes, ha=align, va="top")
    ax.set(xlabel="sum, in ten-millionths", ylabel="number of orders")
    ax.legend(loc="center right")
    return figure_of(ax)
