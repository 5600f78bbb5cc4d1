"""Figures that hold a program against its oracle, or against its mended twin."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dlbook.plotting._style import BLUE, COLOURS, INK, LINE_STYLES, figure_of, own_axes, styled


@styled
def agreement(oracle: ArrayLike, computed: ArrayLike, *, ax: Axes | None = None) -> Figure:
    """Draw what a program computed against what its oracle says: right is on the diagonal.

    Parameters
    ----------
    oracle : array_like, any shape
        The values that are known to be right.
    computed : array_like of the same shape
        The values of the program under test.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    ax = own_axes(ax, height=3.6)
    x, y = np.ravel(oracle), np.ravel(computed)
    both = np.concatenate([x, y])
    ends = [both.min(), both.max()]
    ax.plot(ends, ends, color=INK, linestyle="--", linewidth=1.2, label="equal")
    ax.scatter(x, y, s=14, color=BLUE, alpha=0.45, linewidths=0, label="one entry")
    ax.set(xlabel="what the oracle says", ylabel="what the program says")
    ax.locator_params(nbins=6)
    ax.legend(loc="upper left")
    return figure_of(ax)


@styled
def rival_losses(
    losses: Mapping[str, ArrayLike], *, window: int = 20, ax: Axes | None = None
) -> Figure:
    """Draw the losses of runs over their steps, each as a moving mean.

    Parameters
    ----------
    losses : mapping of str to array_like of shape (steps,)
        The loss of each batch, for each run.
    window : int, default 20
        Over how many steps to take the mean, from 1 to the number of steps.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    ax = own_axes(ax, height=2.9)
    for (name, values), colour, style in zip(losses.items(), COLOURS, LINE_STYLES, strict=False):
        means = np.convolve(np.asarray(values, dtype=float), np.full(window, 1 / window), "valid")
        steps = np.arange(len(means)) + window
        ax.plot(steps, means, color=colour, linestyle=style, label=name)
    ax.set(xlabel="training step", ylabel=f"loss, mean of {window} steps", ylim=(0, None))
    ax.legend()
    return figure_of(ax)
