"""Figures that hold a program against its oracle, or against its mended twin."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from dlbook import _checks
from dlbook.plotting._inputs import array, check_most
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
    right = _checks.numbers("oracle", oracle)
    axes = " ".join(map(str, right.shape))
    pair = _checks.fitting({"oracle": (right, axes), "computed": (computed, axes)})
    x, y = (values.ravel() for values in pair)
    both = np.concatenate([x, y])
    ends = [both.min(), both.max()]
    ax = own_axes(ax, height=3.6)
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
        The loss of each batch, for each run; at most five runs.
    window : int, default 20
        Over how many steps to take the mean, from 1 to the number of steps.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.figure.Figure
        The figure.
    """
    check_most("losses", losses, len(COLOURS))
    runs = {
        name: array(f"losses[{name!r}]", values, "steps", finite=False)
        for name, values in losses.items()
    }
    _checks.whole_number("window", window, least=1, most=min(map(len, runs.values())))
    ax = own_axes(ax, height=2.9)
    for (name, values), colour, style in zip(runs.items(), COLOURS, LINE_STYLES, strict=False):
        means = np.convolve(values.astype(float), np.full(window, 1 / window), "valid")
        steps = np.arange(len(means)) + window
        ax.plot(steps, means, color=colour, linestyle=style, label=name)
    ax.set(xlabel="training step", ylabel=f"loss, mean of {window} steps", ylim=(0, None))
    ax.legend()
    return figure_of(ax)
